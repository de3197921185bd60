//! The extensions of a certificate by their places: RFC 5280 section 4.2.

use std::ops::Range;

use x509_parser::oid_registry::{
    OID_CT_LIST_SCT, OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER, OID_X509_EXT_BASIC_CONSTRAINTS,
    OID_X509_EXT_EXTENDED_KEY_USAGE, OID_X509_EXT_KEY_USAGE, OID_X509_EXT_NAME_CONSTRAINTS,
    OID_X509_EXT_SUBJECT_ALT_NAME, OID_X509_EXT_SUBJECT_KEY_IDENTIFIER,
};

use super::X509Error;
use super::der::Element;

/// The values of the extensions that are asked for here.
#[derive(Clone, Default)]
pub(super) struct Extensions {
    pub(super) key_usage: Option<Range<usize>>,
    pub(super) subject_key_id: Option<Range<usize>>,
    pub(super) authority_key_id: Option<Range<usize>>,
    pub(super) subject_alt_name: Option<Range<usize>>,
    pub(super) signed_timestamps: Option<Range<usize>>,
    pub(super) extended_key_usage: Option<Range<usize>>,
    pub(super) name_constraints: Option<Range<usize>>,
}

/// The places of the extension values, and that of basicConstraints apart.
///
/// Errors: another structure, an extension that stands there twice (RFC 5280 section 4.2).
pub(super) fn walk(der: &[u8], wrapper: &Element) -> Result<(Extensions, Option<Range<usize>>), X509Error> {
    let mut wrapped = wrapper.inside(der);
    let list = wrapped.sequence("extensions")?;
    wrapped.end("extensions")?;
    let mut items = list.inside(der);
    let mut found = Extensions::default();
    let mut basic_constraints = None;
    while !items.is_empty() {
        let mut parts = items.sequence("extension")?.inside(der);
        let oid = parts.object_identifier("extension")?;
        parts.optional_boolean()?;
        let value = parts.octet_string("extension")?;
        parts.end("extension")?;
        let oid = oid.content_octets(der);
        let place = if oid == OID_X509_EXT_BASIC_CONSTRAINTS.as_bytes() {
            &mut basic_constraints
        } else if oid == OID_X509_EXT_KEY_USAGE.as_bytes() {
            &mut found.key_usage
        } else if oid == OID_X509_EXT_SUBJECT_KEY_IDENTIFIER.as_bytes() {
            &mut found.subject_key_id
        } else if oid == OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER.as_bytes() {
            &mut found.authority_key_id
        } else if oid == OID_X509_EXT_SUBJECT_ALT_NAME.as_bytes() {
            &mut found.subject_alt_name
        } else if oid == OID_CT_LIST_SCT.as_bytes() {
            &mut found.signed_timestamps
        } else if oid == OID_X509_EXT_EXTENDED_KEY_USAGE.as_bytes() {
            &mut found.extended_key_usage
        } else if oid == OID_X509_EXT_NAME_CONSTRAINTS.as_bytes() {
            &mut found.name_constraints
        } else {
            continue;
        };
        if place.replace(value.content).is_some() {
            return Err(X509Error::Structure("an extension that stands there twice"));
        }
    }
    Ok((found, basic_constraints))
}
