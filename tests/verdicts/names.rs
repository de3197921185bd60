//! Distinguished names in the spellings that clients compare in different ways.

use crate::chance::Choices;
use crate::der::{joined, oid, seq, tlv};
use crate::numbers::Numbers;

/// How a common name is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    Utf8,
    Printable,
    Ia5,
    T61,
    Bmp,
    UpperCase,
    Spaces,
    Printable2,
    /// An RDN of two attributes.
    MultiValued,
    /// Two RDNs.
    Organization,
    /// An empty SEQUENCE.
    Empty,
}

/// Other spellings of the same name for clients that follow RFC 5280 section 7.1.
pub(crate) const SAME: [Spelling; 8] = [
    Spelling::Utf8,
    Spelling::Printable,
    Spelling::Ia5,
    Spelling::T61,
    Spelling::Bmp,
    Spelling::UpperCase,
    Spelling::Spaces,
    Spelling::Printable2,
];

impl Spelling {
    /// Mostly the usual one.
    pub(crate) fn of_entity(numbers: &mut Numbers) -> Self {
        match numbers.below(40) {
            0 => Self::MultiValued,
            1 => Self::Organization,
            2 => Self::Empty,
            3..6 => Self::Printable,
            6 => numbers.pick(&SAME),
            _ => Self::Utf8,
        }
    }

    /// Seldom another one than that of the entity.
    pub(crate) fn once(self, numbers: &mut Numbers) -> Self {
        match numbers.below(60) {
            0 if SAME.contains(&self) => numbers.pick(&SAME),
            _ => self,
        }
    }
}

/// A distinguished name.
pub(crate) fn name(text: &str, spelling: Spelling) -> Vec<u8> {
    let value = match spelling {
        Spelling::Printable => tlv(19, text.as_bytes()),
        Spelling::Ia5 => tlv(22, text.as_bytes()),
        Spelling::T61 => tlv(20, text.as_bytes()),
        Spelling::Bmp => {
            tlv(30, &text.encode_utf16().flat_map(|unit| unit.to_be_bytes()).collect::<Vec<u8>>())
        }
        Spelling::UpperCase => tlv(12, text.to_uppercase().as_bytes()),
        Spelling::Spaces => tlv(12, format!(" {} ", text.replace(' ', "   ")).as_bytes()),
        Spelling::Printable2 => tlv(19, text.to_lowercase().replace(' ', "  ").as_bytes()),
        _ => tlv(12, text.as_bytes()),
    };
    let attribute = |of: &str, value: &[u8]| seq(&[oid(of), value.to_vec()]);
    let common_name = attribute("2.5.4.3", &value);
    let organization = attribute("2.5.4.10", &tlv(12, b"Test"));
    match spelling {
        Spelling::Empty => seq::<Vec<u8>>(&[]),
        Spelling::MultiValued => seq(&[tlv(0x31, &joined(&[common_name, organization]))]),
        Spelling::Organization => seq(&[tlv(0x31, &organization), tlv(0x31, &common_name)]),
        _ => seq(&[tlv(0x31, &common_name)]),
    }
}
