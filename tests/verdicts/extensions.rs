//! The contents of extensions: RFC 5280 section 4.2 and a few of other documents.

use crate::craft::Extension;
use crate::der::{boolean, integer, joined, named_bits, oid, seq, tlv};

pub(crate) const BASIC: &str = "2.5.29.19";
pub(crate) const KEY_USAGE: &str = "2.5.29.15";
pub(crate) const EXTENDED: &str = "2.5.29.37";
pub(crate) const CONSTRAINTS: &str = "2.5.29.30";
pub(crate) const ALT_NAME: &str = "2.5.29.17";
pub(crate) const SUBJECT_ID: &str = "2.5.29.14";
pub(crate) const AUTHORITY_ID: &str = "2.5.29.35";
pub(crate) const POLICIES: &str = "2.5.29.32";
pub(crate) const NETSCAPE: &str = "2.16.840.1.113730.1.1";
pub(crate) const PROXY: &str = "1.3.6.1.5.5.7.1.14";
pub(crate) const TIMESTAMPS: &str = "1.3.6.1.4.1.11129.2.4.2";
pub(crate) const UNKNOWN: &str = "1.3.6.1.4.1.99999.1";

pub(crate) const SERVER: &str = "1.3.6.1.5.5.7.3.1";
pub(crate) const CLIENT: &str = "1.3.6.1.5.5.7.3.2";
pub(crate) const ANY_PURPOSE: &str = "2.5.29.37.0";
pub(crate) const MS_SGC: &str = "1.3.6.1.4.1.311.10.3.3";
pub(crate) const NS_SGC: &str = "2.16.840.1.113730.4.1";

/// Bits of keyUsage.
pub(crate) const DIGITAL_SIGNATURE: u8 = 0;
pub(crate) const KEY_ENCIPHERMENT: u8 = 2;
pub(crate) const KEY_AGREEMENT: u8 = 4;
pub(crate) const CERT_SIGN: u8 = 5;
pub(crate) const CRL_SIGN: u8 = 6;

pub(crate) fn ca(length: Option<u64>) -> Extension {
    let length = length.map(integer).unwrap_or_default();
    Extension::new(BASIC, seq(&[boolean(true), length])).critical()
}

/// The cA field is FALSE by its absence; a path length is not allowed then.
pub(crate) fn no_ca(length: Option<u64>) -> Extension {
    Extension::new(BASIC, seq(&[length.map(integer).unwrap_or_default()]))
}

pub(crate) fn key_usage(set: &[u8]) -> Extension {
    Extension::new(KEY_USAGE, named_bits(set)).critical()
}

pub(crate) fn extended(purposes: &[&str]) -> Extension {
    let purposes: Vec<Vec<u8>> = purposes.iter().map(|purpose| oid(purpose)).collect();
    Extension::new(EXTENDED, seq(&purposes))
}

pub(crate) fn netscape(set: &[u8]) -> Extension {
    Extension::new(NETSCAPE, named_bits(set))
}

/// A GeneralName.
pub(crate) fn dns(name: &str) -> Vec<u8> {
    tlv(0x82, name.as_bytes())
}

pub(crate) fn mail(address: &str) -> Vec<u8> {
    tlv(0x81, address.as_bytes())
}

pub(crate) fn uri(text: &str) -> Vec<u8> {
    tlv(0x86, text.as_bytes())
}

pub(crate) fn ip(octets: &[u8]) -> Vec<u8> {
    tlv(0x87, octets)
}

pub(crate) fn directory(name: &[u8]) -> Vec<u8> {
    tlv(0xa4, name)
}

pub(crate) fn other_name() -> Vec<u8> {
    tlv(0xa0, &joined(&[oid("1.3.6.1.5.5.7.8.7"), tlv(0xa0, &tlv(22, b"_mail.example.com"))]))
}

pub(crate) fn alt_names(names: &[Vec<u8>]) -> Extension {
    Extension::new(ALT_NAME, seq(names))
}

/// Subtrees of GeneralNames.
pub(crate) fn constraints(permitted: &[Vec<u8>], excluded: &[Vec<u8>]) -> Extension {
    let subtrees = |tag, names: &[Vec<u8>]| match names {
        [] => Vec::new(),
        names => tlv(tag, &joined(&names.iter().map(|name| seq(&[name])).collect::<Vec<_>>())),
    };
    Extension::new(CONSTRAINTS, seq(&[subtrees(0xa0, permitted), subtrees(0xa1, excluded)])).critical()
}

/// A permitted DNS name with these `minimum` and `maximum` fields, which RFC 5280 does not allow.
pub(crate) fn bounded_constraint(name: &str, minimum: Option<u8>, maximum: Option<u8>) -> Extension {
    let field = |tag, value: Option<u8>| value.map(|value| tlv(tag, &[value])).unwrap_or_default();
    let subtree = seq(&[dns(name), field(0x80, minimum), field(0x81, maximum)]);
    Extension::new(CONSTRAINTS, seq(&[tlv(0xa0, &subtree)])).critical()
}

pub(crate) fn subject_id(id: &[u8]) -> Extension {
    Extension::new(SUBJECT_ID, tlv(4, id))
}

/// A key identifier, or the issuer and serial of the issuer's certificate, or both.
pub(crate) fn authority_id(id: Option<&[u8]>, certificate: Option<(&[u8], u64)>) -> Extension {
    let id = id.map(|id| tlv(0x80, id)).unwrap_or_default();
    let certificate = certificate.map(|(issuer, serial)| {
        let mut number = integer(serial);
        number[0] = 0x82;
        joined(&[tlv(0xa1, &directory(issuer)), number])
    });
    Extension::new(AUTHORITY_ID, seq(&[id, certificate.unwrap_or_default()]))
}

pub(crate) fn policies(ids: &[&str]) -> Extension {
    let ids: Vec<Vec<u8>> = ids.iter().map(|id| seq(&[oid(id)])).collect();
    Extension::new(POLICIES, seq(&ids))
}

pub(crate) fn proxy() -> Extension {
    Extension::new(PROXY, seq(&[seq(&[oid("1.3.6.1.5.5.7.21.1")])])).critical()
}

/// A SignedCertificateTimestampList without entries that anyone could check.
pub(crate) fn timestamps() -> Extension {
    Extension::new(TIMESTAMPS, tlv(4, &[0, 4, 0, 2, 0, 0]))
}

/// Extensions that seldom occur, readable or not, by identifier and content.
pub(crate) fn rare() -> Vec<Extension> {
    let null = || tlv(5, &[]);
    vec![
        Extension::new("2.5.29.36", seq(&[tlv(0x80, &[0])])),
        Extension::new("2.5.29.36", seq::<Vec<u8>>(&[])),
        Extension::new("2.5.29.33", seq(&[seq(&[oid("2.23.140.1.2.1"), oid("2.23.140.1.2.2")])])),
        Extension::new("2.5.29.54", integer(0)),
        Extension::new("2.5.29.31", seq(&[seq(&[tlv(0xa0, &tlv(0xa0, &uri("http://c.example/crl")))])])),
        Extension::new("2.5.29.31", null()),
        Extension::new("2.5.29.46", null()),
        Extension::new("2.5.29.18", seq(&[mail("ca@example.com")])),
        Extension::new("2.5.29.16", null()),
        Extension::new("2.5.29.9", null()),
        Extension::new("1.3.6.1.5.5.7.1.1", null()),
        Extension::new("1.3.6.1.5.5.7.1.3", null()),
        Extension::new("1.3.6.1.5.5.7.1.7", null()),
        Extension::new("1.3.6.1.5.5.7.1.7", seq::<Vec<u8>>(&[])),
        Extension::new("1.3.6.1.5.5.7.1.8", null()),
        Extension::new("1.3.6.1.5.5.7.1.24", seq(&[integer(5)])),
        Extension::new("1.3.6.1.5.5.7.48.1.5", null()),
        Extension::new("1.3.6.1.4.1.11129.2.4.3", null()),
        Extension::new("2.16.840.1.113730.1.13", tlv(22, b"comment")),
    ]
}
