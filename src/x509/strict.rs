//! Whether clients can read a certificate at all: what OpenSSL's `d2i_X509` refuses, beyond what this program needs to
//! read for a record.

use super::canonical::canonical_name;
use super::der::{Element, Reader};
use super::error::X509Error;

const BOOLEAN: u8 = 1;
const INTEGER: u8 = 2;
const BIT_STRING: u8 = 3;
const NULL: u8 = 5;
const OBJECT_IDENTIFIER: u8 = 6;
const SEQUENCE: u8 = 16;
const SET: u8 = 17;
const CONSTRUCTED: u8 = 0x20;

/// The deepest nesting of elements.
const DEEPEST: usize = 32;

/// Whether `content` is that of an INTEGER (X.690 section 8.3.2).
pub(super) fn is_integer(content: &[u8]) -> bool {
    match content {
        [] => false,
        [0, next, ..] => *next >= 0x80,
        [0xff, next, ..] => *next < 0x80,
        _ => true,
    }
}

/// Whether `content` is that of an OBJECT IDENTIFIER (X.690 section 8.19).
pub(super) fn is_oid(content: &[u8]) -> bool {
    let ends = |octet: &u8| *octet < 0x80;
    let starts_with_padding = content.split_inclusive(ends).any(|arc| arc.first() == Some(&0x80));
    content.last().is_some_and(ends) && !starts_with_padding
}

/// Whether `content` is that of a BIT STRING (X.690 section 8.6).
pub(super) fn is_bits(content: &[u8]) -> bool {
    content.first().is_some_and(|unused| *unused < 8)
}

/// Whether each element in `der` has the form of its universal type (X.690 section 8): lengths, and contents of the
/// primitive types.
pub(super) fn is_well_formed(der: &[u8]) -> bool {
    all_well_formed(der, Reader::new(der), DEEPEST)
}

fn all_well_formed(der: &[u8], mut reader: Reader<'_>, depth: usize) -> bool {
    while !reader.is_empty() {
        let element = match reader.any("") {
            Ok(element) => element,
            // Clients read BER lengths, but this program does not: what follows is unknown.
            Err(error) => return matches!(error, X509Error::Ber { .. }),
        };
        let (is_constructed, number) = (element.identifier() & CONSTRUCTED != 0, element.identifier() & 0x1f);
        let content = element.content_octets(der);
        let is_primitive = |is_good: bool| !is_constructed && is_good;
        let is_good = match element.identifier() & 0xc0 {
            0 => match number {
                SEQUENCE | SET => is_constructed,
                BOOLEAN => is_primitive(content.len() == 1),
                INTEGER => is_primitive(is_integer(content)),
                BIT_STRING => is_primitive(is_bits(content)),
                NULL => is_primitive(content.is_empty()),
                OBJECT_IDENTIFIER => is_primitive(is_oid(content)),
                _ => !is_constructed,
            },
            _ => true,
        };
        let is_nested = !is_constructed || depth > 0 && all_well_formed(der, element.inside(der), depth - 1);
        if !is_good || !is_nested {
            return false;
        }
    }
    true
}

/// Whether clients can read the certificate `der`, even if this program cannot.
pub fn is_certificate(der: &[u8]) -> bool {
    is_well_formed(der) && has_fields(der).is_some_and(|has| has)
}

/// Whether the fields of tbsCertificate have the types of RFC 5280 section 4.1.
fn has_fields(der: &[u8]) -> Option<bool> {
    let mut parts = Reader::new(der).sequence("").ok()?.inside(der);
    let mut fields = parts.sequence("").ok()?.inside(der);
    let version = fields.optional_context(0).ok()?;
    fields.integer("").ok()?;
    let algorithm = fields.sequence("").ok()?;
    let issuer = fields.sequence("").ok()?;
    let validity = fields.sequence("").ok()?;
    let subject = fields.sequence("").ok()?;
    let key = fields.sequence("").ok()?;
    let unique = [fields.optional_context(1).ok()?, fields.optional_context(2).ok()?];
    let extensions = fields.optional_context(3).ok()?;
    let is_version = |version: &Element| {
        let mut inside = version.inside(der);
        version.identifier() == 0xa0 && inside.integer("").is_ok() && inside.is_empty()
    };
    let is_unique = |id: &Element| id.identifier() & CONSTRUCTED == 0 && is_bits(id.content_octets(der));
    let is_time = |time: &Element| [23, 24].contains(&time.identifier());
    let mut times = validity.inside(der);
    let mut key = key.inside(der);
    let both = [times.any("").ok()?, times.any("").ok()?];
    Some(
        version.as_ref().is_none_or(is_version)
            && is_algorithm(der, &algorithm)
            && is_algorithm(der, &key.sequence("").ok()?)
            && [issuer, subject].iter().all(|name| is_name(name.octets(der)))
            && both.iter().all(is_time)
            && times.is_empty()
            && unique.iter().flatten().all(is_unique)
            && extensions.is_none_or(|wrapper| wrapper.identifier() == 0xa3),
    )
}

/// Whether clients can read a name, as far as this program can tell.
fn is_name(der: &[u8]) -> bool {
    canonical_name(der).is_some() || has_ber(der, Reader::new(der), DEEPEST)
}

/// Whether an element has a length in BER that is not DER.
fn has_ber(der: &[u8], mut reader: Reader<'_>, depth: usize) -> bool {
    while !reader.is_empty() {
        match reader.any("") {
            Ok(element) if element.identifier() & CONSTRUCTED != 0 && depth > 0 => {
                if has_ber(der, element.inside(der), depth - 1) {
                    return true;
                }
            }
            Ok(_) => {}
            Err(error) => return matches!(error, X509Error::Ber { .. }),
        }
    }
    false
}

/// Whether an AlgorithmIdentifier has an OID and at most one element of parameters.
pub(super) fn is_algorithm(der: &[u8], element: &Element) -> bool {
    let mut fields = element.inside(der);
    let is_oid = fields.object_identifier("").is_ok();
    is_oid && (fields.is_empty() || fields.any("").is_ok() && fields.is_empty())
}
