//! The certificate extensions that this program uses: RFC 5280 section 4.2.
//!
//! basicConstraints must be readable and must not occur twice, because it decides whether the certificate is a CA. A
//! defect in another extension is not an error, because it does not change any record.

use std::collections::HashSet;
use std::ops::Range;

use x509_parser::extensions::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, NameConstraints,
};
use x509_parser::oid_registry::{
    OID_CT_LIST_SCT, OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER, OID_X509_EXT_BASIC_CONSTRAINTS,
    OID_X509_EXT_EXTENDED_KEY_USAGE, OID_X509_EXT_KEY_USAGE, OID_X509_EXT_NAME_CONSTRAINTS,
    OID_X509_EXT_SUBJECT_ALT_NAME, OID_X509_EXT_SUBJECT_KEY_IDENTIFIER,
};
use x509_parser::prelude::FromDer;

use super::der::{Element, Reader};
use super::error::X509Error;

/// Critical extensions that OpenSSL accepts but this program does not read: certificatePolicies, policyMappings,
/// policyConstraints, inhibitAnyPolicy, cRLDistributionPoints and Netscape's certificate type.
const KNOWN_TO_CLIENTS: [&[u8]; 6] = [
    &[0x55, 0x1d, 0x20],
    &[0x55, 0x1d, 0x21],
    &[0x55, 0x1d, 0x24],
    &[0x55, 0x1d, 0x36],
    &[0x55, 0x1d, 0x1f],
    &[0x60, 0x86, 0x48, 0x01, 0x86, 0xf8, 0x42, 0x01, 0x01],
];

/// The values of the extensions that this program uses. If an extension occurs twice, only the first value is kept.
#[derive(Clone, Default)]
pub(super) struct Extensions {
    pub(super) basic_constraints: Option<BasicConstraints>,
    pub(super) key_usage: Option<Range<usize>>,
    pub(super) subject_key_id: Option<Range<usize>>,
    pub(super) authority_key_id: Option<Range<usize>>,
    pub(super) subject_alt_name: Option<Range<usize>>,
    pub(super) signed_timestamps: Option<Range<usize>>,
    pub(super) extended_key_usage: Option<Range<usize>>,
    pub(super) name_constraints: Option<Range<usize>>,
    /// Whether a critical extension is unknown to clients.
    pub(super) has_unknown_critical: bool,
    /// The names of the extensions that occur twice.
    repeated: Vec<&'static str>,
}

impl Extensions {
    /// Reads the extensions in `wrapper`, the `[3]` element of tbsCertificate.
    ///
    /// Errors: not a list of extensions, a basicConstraints extension that is unreadable or occurs twice.
    pub(super) fn walk(der: &[u8], wrapper: &Element) -> Result<Self, X509Error> {
        let mut wrapped = wrapper.inside(der);
        let list = wrapped.sequence("extensions")?;
        wrapped.end("extensions")?;
        let mut items = list.inside(der);
        let mut found = Self::default();
        let mut others = HashSet::new();
        while !items.is_empty() {
            let mut parts = items.sequence("extension")?.inside(der);
            let oid = parts.object_identifier("extension")?;
            let is_critical = parts.optional_boolean()?;
            let value = parts.octet_string("extension")?;
            parts.end("extension")?;
            let oid = oid.content_octets(der);
            if oid == OID_X509_EXT_BASIC_CONSTRAINTS.as_bytes() {
                found.set_basic_constraints(der, &value.content)?;
            } else if let Some((place, name)) = found.place(oid) {
                match place {
                    None => *place = Some(value.content),
                    Some(_) => found.repeated.push(name),
                }
            } else {
                found.has_unknown_critical |= is_critical && !KNOWN_TO_CLIENTS.contains(&oid);
                if !others.insert(oid) {
                    found.repeated.push("another extension");
                }
            }
        }
        Ok(found)
    }

    fn set_basic_constraints(&mut self, der: &[u8], value: &Range<usize>) -> Result<(), X509Error> {
        const PART: &str = "the basicConstraints extension";
        let constraints = parsed::<BasicConstraints>(der, value).ok_or(X509Error::Structure(PART))?;
        match self.basic_constraints.replace(constraints) {
            None => Ok(()),
            Some(_) => Err(X509Error::Repeated(PART)),
        }
    }

    /// Returns the field that stores the value of the extension `oid`, and the name of that extension.
    fn place(&mut self, oid: &[u8]) -> Option<(&mut Option<Range<usize>>, &'static str)> {
        let known = [
            (OID_X509_EXT_KEY_USAGE, &mut self.key_usage, "keyUsage"),
            (OID_X509_EXT_SUBJECT_KEY_IDENTIFIER, &mut self.subject_key_id, "subjectKeyIdentifier"),
            (OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER, &mut self.authority_key_id, "authorityKeyIdentifier"),
            (OID_X509_EXT_SUBJECT_ALT_NAME, &mut self.subject_alt_name, "subjectAltName"),
            (OID_CT_LIST_SCT, &mut self.signed_timestamps, "signedCertificateTimestampList"),
            (OID_X509_EXT_EXTENDED_KEY_USAGE, &mut self.extended_key_usage, "extendedKeyUsage"),
            (OID_X509_EXT_NAME_CONSTRAINTS, &mut self.name_constraints, "nameConstraints"),
        ];
        known.into_iter().find(|(known, ..)| known.as_bytes() == oid).map(|(_, place, name)| (place, name))
    }

    /// The names of the extensions that occur twice or cannot be read.
    pub(super) fn unreadable(&self, der: &[u8]) -> Vec<&'static str> {
        let read = [
            ("keyUsage", is_read::<KeyUsage>(der, self.key_usage.as_ref())),
            (
                "subjectKeyIdentifier",
                self.subject_key_id.as_ref().is_none_or(|value| is_octet_string(der, value)),
            ),
            (
                "authorityKeyIdentifier",
                is_read::<AuthorityKeyIdentifier<'_>>(der, self.authority_key_id.as_ref()),
            ),
            ("subjectAltName", dns_names(der, self.subject_alt_name.as_ref()).is_some()),
            ("extendedKeyUsage", is_read::<ExtendedKeyUsage<'_>>(der, self.extended_key_usage.as_ref())),
            ("nameConstraints", is_read::<NameConstraints<'_>>(der, self.name_constraints.as_ref())),
        ];
        let unreadable = read.into_iter().filter(|(_, is_read)| !is_read).map(|(name, _)| name);
        unreadable.chain(self.repeated.iter().copied()).collect()
    }
}

/// Parses an extension value with x509-parser.
pub(super) fn parsed<'a, T: FromDer<'a, x509_parser::error::X509Error>>(
    der: &'a [u8],
    value: &Range<usize>,
) -> Option<T> {
    T::from_der(der.get(value.clone())?).ok().map(|(_, value)| value)
}

/// Whether an extension is absent or can be read.
fn is_read<'a, T: FromDer<'a, x509_parser::error::X509Error>>(
    der: &'a [u8],
    value: Option<&Range<usize>>,
) -> bool {
    value.is_none_or(|value| parsed::<T>(der, value).is_some())
}

fn is_octet_string(der: &[u8], value: &Range<usize>) -> bool {
    let mut value = Reader::new(der.get(value.clone()).unwrap_or_default());
    value.octet_string("").is_ok() && value.is_empty()
}

/// Returns the DNS names of a subjectAltName (RFC 5280 section 4.2.1.6) in lower case; `None` if the extension cannot
/// be read.
///
/// A DNS name that is not valid text is kept, although it cannot match a host: clients ignore the common name if the
/// certificate has any DNS name.
pub(super) fn dns_names(der: &[u8], value: Option<&Range<usize>>) -> Option<Vec<String>> {
    /// The tag number of dNSName, an implicitly tagged IA5String.
    const DNS_NAME: u8 = 2;
    let Some(value) = value else { return Some(Vec::new()) };
    let value = der.get(value.clone())?;
    let mut names = Reader::new(value).sequence("").ok()?.inside(value);
    let mut found = Vec::new();
    while !names.is_empty() {
        match names.optional_context(DNS_NAME).ok()? {
            Some(name) => {
                found.push(String::from_utf8_lossy(name.content_octets(value)).to_ascii_lowercase())
            }
            None => names.any("").map(|_| ()).ok()?,
        }
    }
    Some(found)
}
