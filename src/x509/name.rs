//! Distinguished names as text: RFC 4514.

use std::borrow::Cow;

use x509_parser::asn1_rs::{Oid, ToDer, oid};
use x509_parser::oid_registry::{
    OID_X509_COMMON_NAME, OID_X509_COUNTRY_NAME, OID_X509_LOCALITY_NAME, OID_X509_ORGANIZATION_NAME,
    OID_X509_ORGANIZATIONAL_UNIT, OID_X509_STATE_OR_PROVINCE_NAME, OID_X509_STREET_ADDRESS,
};
use x509_parser::prelude::FromDer;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

use super::canonical::each_attribute;
use crate::text::is_unsafe;

/// The short names of RFC 4514 section 3.
static SHORT_NAMES: [(Oid<'static>, &str); 9] = [
    (OID_X509_COMMON_NAME, "CN"),
    (OID_X509_LOCALITY_NAME, "L"),
    (OID_X509_STATE_OR_PROVINCE_NAME, "ST"),
    (OID_X509_ORGANIZATION_NAME, "O"),
    (OID_X509_ORGANIZATIONAL_UNIT, "OU"),
    (OID_X509_COUNTRY_NAME, "C"),
    (OID_X509_STREET_ADDRESS, "STREET"),
    (oid!(0.9.2342.19200300.100.1.25), "DC"),
    (oid!(0.9.2342.19200300.100.1.1), "UID"),
];

/// Returns the name as text, last part first (RFC 4514 section 2.1), or `(unreadable name)` if the name cannot be read.
pub(super) fn to_text(der: &[u8]) -> String {
    let Some(name) = read(der) else { return "(unreadable name)".to_owned() };
    let parts: Vec<_> = name.iter_rdn().collect();
    let mut text = String::new();
    for (place, part) in parts.into_iter().rev().enumerate() {
        for (number, attribute) in part.iter().enumerate() {
            match (place, number) {
                (0, 0) => {}
                (_, 0) => text.push(','),
                _ => text.push('+'),
            }
            append_attribute(&mut text, attribute);
        }
    }
    text
}

/// Parses a name. x509-parser stops without an error at a part that it cannot read, so this function returns `None` if
/// x509-parser returned fewer attributes than the name contains.
fn read(der: &[u8]) -> Option<X509Name<'_>> {
    let (_, name) = X509Name::from_der(der).ok()?;
    let mut attributes = 0;
    each_attribute(der, |_| attributes += 1)?;
    (name.iter_attributes().count() == attributes).then_some(name)
}

/// The values of commonName.
pub(super) fn common_names(der: &[u8]) -> Vec<String> {
    values(der, |name| name.iter_common_name().filter_map(string).map(Cow::into_owned).collect())
}

/// The values of organizationName.
pub(super) fn organizations(der: &[u8]) -> Vec<String> {
    values(der, |name| name.iter_organization().filter_map(string).map(Cow::into_owned).collect())
}

fn values(der: &[u8], read: fn(&X509Name) -> Vec<String>) -> Vec<String> {
    X509Name::from_der(der).map(|(_, name)| read(&name)).unwrap_or_default()
}

fn string<'a>(attribute: &'a AttributeTypeAndValue<'_>) -> Option<Cow<'a, str>> {
    match attribute.attr_value().tag() {
        // BMPString: big-endian UTF-16.
        tag if tag.0 == 30 => {
            let units = attribute.as_slice().chunks(2).map(|pair| match pair {
                [high, low] => u16::from_be_bytes([*high, *low]),
                _ => 0xfffd,
            });
            Some(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
        }
        // UTF8String, NumericString, PrintableString, TeletexString, IA5String, VisibleString.
        tag if matches!(tag.0, 12 | 18 | 19 | 20 | 22 | 26) => {
            std::str::from_utf8(attribute.as_slice()).ok().map(Cow::Borrowed)
        }
        _ => None,
    }
}

/// Appends an attribute as `CN=value`. If the type has no short name or the value is not text, the value is written as
/// `#` and its DER in hex (RFC 4514 section 2.4).
fn append_attribute(text: &mut String, attribute: &AttributeTypeAndValue) {
    let short = SHORT_NAMES.iter().find(|(oid, _)| oid == attribute.attr_type());
    match (short, string(attribute)) {
        (Some((_, short)), Some(value)) => {
            text.push_str(short);
            text.push('=');
            append_escaped(text, &value);
        }
        (short, _) => {
            let number = attribute.attr_type().to_id_string();
            let der = attribute.attr_value().to_der_vec().unwrap_or_default();
            text.push_str(short.map_or(number.as_str(), |(_, short)| short));
            text.push_str("=#");
            text.push_str(&hex::encode(der));
        }
    }
}

/// Appends `value`, escaped as in RFC 4514 section 2.4. Control characters become hex pairs, so a name never spans two
/// lines.
fn append_escaped(text: &mut String, value: &str) {
    let last = value.chars().count().saturating_sub(1);
    for (index, c) in value.chars().enumerate() {
        let edge_blank = c == ' ' && (index == 0 || index == last);
        if matches!(c, '"' | '+' | ',' | ';' | '<' | '>' | '\\') || edge_blank || (c == '#' && index == 0) {
            text.push('\\');
            text.push(c);
        } else if is_unsafe(c) {
            text.extend(c.encode_utf8(&mut [0; 4]).bytes().map(|octet| format!("\\{octet:02X}")));
        } else {
            text.push(c);
        }
    }
}
