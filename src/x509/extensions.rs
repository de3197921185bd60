//! The certificate extensions that this program uses: RFC 5280 section 4.2.
//!
//! basicConstraints must be readable and must not occur twice, because it decides whether the certificate is a CA. A
//! defect in another extension is not an error, because it does not change any record.

use x509_parser::extensions::{BasicConstraints, KeyUsage};
use x509_parser::oid_registry::{
    OID_CT_LIST_SCT, OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER, OID_X509_EXT_BASIC_CONSTRAINTS,
    OID_X509_EXT_CERT_TYPE, OID_X509_EXT_CRL_DISTRIBUTION_POINTS, OID_X509_EXT_EXTENDED_KEY_USAGE,
    OID_X509_EXT_KEY_USAGE, OID_X509_EXT_NAME_CONSTRAINTS, OID_X509_EXT_SUBJECT_ALT_NAME,
    OID_X509_EXT_SUBJECT_KEY_IDENTIFIER,
};
use x509_parser::prelude::FromDer;

use super::der::{Element, Reader};
use super::error::X509Error;
use super::general_names::{AuthorityKey, NameConstraints, each_general_name, names_inside};
use super::octets::Span;
use super::strict::{is_bits, is_well_formed};

/// The extensions that OpenSSL accepts if they are critical (X509_supported_extension in v3_purp.c): basicConstraints,
/// keyUsage, subjectAltName, extendedKeyUsage, nameConstraints, certificatePolicies, policyMappings, policyConstraints,
/// inhibitAnyPolicy, cRLDistributionPoints, Netscape's certificate type, the two of RFC 3779, OCSP nocheck and
/// proxyCertInfo. Clients reject a certificate with another critical extension, even a key identifier.
const SUPPORTED: [&[u8]; 15] = [
    &[0x55, 0x1d, 0x13],
    &[0x55, 0x1d, 0x0f],
    &[0x55, 0x1d, 0x11],
    &[0x55, 0x1d, 0x25],
    &[0x55, 0x1d, 0x1e],
    &[0x55, 0x1d, 0x20],
    &[0x55, 0x1d, 0x21],
    &[0x55, 0x1d, 0x24],
    &[0x55, 0x1d, 0x36],
    &[0x55, 0x1d, 0x1f],
    &[0x60, 0x86, 0x48, 0x01, 0x86, 0xf8, 0x42, 0x01, 0x01],
    IP_RESOURCES,
    AS_RESOURCES,
    &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x05],
    PROXY_CERT_INFO,
];
const IP_RESOURCES: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x07];
const AS_RESOURCES: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x08];
const PROXY_CERT_INFO: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x0e];

/// The values of the extensions that this program uses. If an extension occurs twice, only the first value is kept.
#[derive(Clone, Default)]
pub(super) struct Extensions {
    pub(super) basic_constraints: Option<BasicConstraints>,
    basic_constraints_value: Option<Span>,
    pub(super) key_usage: Option<Span>,
    pub(super) subject_key_id: Option<Span>,
    pub(super) authority_key_id: Option<Span>,
    pub(super) subject_alt_name: Option<Span>,
    pub(super) signed_timestamps: Option<Span>,
    pub(super) extended_key_usage: Option<Span>,
    pub(super) name_constraints: Option<Span>,
    pub(super) netscape_type: Option<Span>,
    distribution_points: Option<Span>,
    /// Whether a critical extension is unknown to clients.
    pub(super) has_unknown_critical: bool,
    /// Whether the certificate has proxyCertInfo (RFC 3820).
    pub(super) is_proxy: bool,
    ip_resources: Option<Span>,
    as_resources: Option<Span>,
    has_issuer_alternative_name: bool,
    /// The names of the extensions with a field that occur twice.
    repeated: Vec<&'static str>,
    /// Whether another extension occurs twice.
    repeats_other: bool,
    /// The names of the extensions for which clients reject the certificate because they cannot be read.
    unreadable: Vec<&'static str>,
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
        let mut others: Vec<&[u8]> = Vec::new();
        while !items.is_empty() {
            let mut parts = items.sequence("extension")?.inside(der);
            let oid = parts.object_identifier("extension")?;
            let is_critical = parts.optional_boolean()?;
            let value = parts.octet_string("extension")?;
            parts.end("extension")?;
            let oid = oid.content_octets(der);
            found.has_unknown_critical |= is_critical && !SUPPORTED.contains(&oid);
            found.is_proxy |= oid == PROXY_CERT_INFO;
            found.has_issuer_alternative_name |= oid == [0x55, 0x1d, 0x12];
            if oid == OID_X509_EXT_BASIC_CONSTRAINTS.as_bytes() {
                found.set_basic_constraints(der, value.content.into())?;
            } else if let Some((place, name)) = found.place(oid) {
                match place {
                    None => *place = Some(value.content.into()),
                    Some(_) => found.repeated.push(name),
                }
            } else {
                others.push(oid);
            }
        }
        others.sort_unstable();
        found.repeats_other = others.windows(2).any(|pair| matches!(pair, [one, next] if one == next));
        // Checked while the octets are in the processor's cache: later, this took a tenth of the time of a large file.
        found.unreadable = found.find_unreadable(der);
        Ok(found)
    }

    fn set_basic_constraints(&mut self, der: &[u8], value: Span) -> Result<(), X509Error> {
        const PART: &str = "the basicConstraints extension";
        let constraints = parsed::<BasicConstraints>(der, value).ok_or(X509Error::Structure(PART))?;
        self.basic_constraints_value = Some(value);
        match self.basic_constraints.replace(constraints) {
            None => Ok(()),
            Some(_) => Err(X509Error::Repeated(PART)),
        }
    }

    /// Returns the field that stores the value of the extension `oid`, and the name of that extension.
    fn place(&mut self, oid: &[u8]) -> Option<(&mut Option<Span>, &'static str)> {
        let known = [
            (OID_X509_EXT_KEY_USAGE, &mut self.key_usage, "keyUsage"),
            (OID_X509_EXT_SUBJECT_KEY_IDENTIFIER, &mut self.subject_key_id, "subjectKeyIdentifier"),
            (OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER, &mut self.authority_key_id, "authorityKeyIdentifier"),
            (OID_X509_EXT_SUBJECT_ALT_NAME, &mut self.subject_alt_name, "subjectAltName"),
            (OID_CT_LIST_SCT, &mut self.signed_timestamps, "signedCertificateTimestampList"),
            (OID_X509_EXT_EXTENDED_KEY_USAGE, &mut self.extended_key_usage, "extendedKeyUsage"),
            (OID_X509_EXT_NAME_CONSTRAINTS, &mut self.name_constraints, "nameConstraints"),
            (OID_X509_EXT_CERT_TYPE, &mut self.netscape_type, "Netscape's certificate type"),
            (OID_X509_EXT_CRL_DISTRIBUTION_POINTS, &mut self.distribution_points, "cRLDistributionPoints"),
        ];
        if oid == IP_RESOURCES {
            return Some((&mut self.ip_resources, "the list of IP addresses"));
        }
        if oid == AS_RESOURCES {
            return Some((&mut self.as_resources, "the list of AS numbers"));
        }
        known.into_iter().find(|(known, ..)| known.as_bytes() == oid).map(|(_, place, name)| (place, name))
    }

    /// Whether the extension of this name occurs twice.
    pub(super) fn repeats(&self, name: &str) -> bool {
        self.repeated.contains(&name)
    }

    /// The names of the extensions that occur twice or cannot be read.
    pub(super) fn unreadable(&self) -> Vec<&'static str> {
        let other = Some("another extension").filter(|_| self.repeats_other);
        self.defects().chain(other).collect()
    }

    /// Whether the certificate certifies IP addresses or AS numbers (RFC 3779).
    pub(super) fn has_network_resources(&self) -> bool {
        self.ip_resources.is_some() || self.as_resources.is_some()
    }

    /// Whether the certificate has subjectAltName or issuerAltName.
    pub(super) fn has_alternative_name(&self) -> bool {
        self.subject_alt_name.is_some() || self.has_issuer_alternative_name
    }

    /// The names of the extensions for which clients reject the certificate, because they occur twice or cannot be
    /// read (EXFLAG_INVALID in OpenSSL's v3_purp.c).
    pub(super) fn defects(&self) -> impl Iterator<Item = &'static str> {
        self.unreadable.iter().chain(&self.repeated).copied()
    }

    /// Returns the field `unreadable`.
    fn find_unreadable(&self, der: &[u8]) -> Vec<&'static str> {
        let can = |value: Option<Span>, read: fn(&[u8]) -> bool| {
            let value = value.map(|value| value.get(der));
            value.is_none_or(|value| first_is_well_formed(value) && read(value))
        };
        let read = [
            ("basicConstraints", can(self.basic_constraints_value, |_| true)),
            // RFC 5280 section 4.2.1.3: at least one bit must be set.
            (
                "keyUsage",
                can(self.key_usage, |der| parse::<KeyUsage>(der).is_some_and(|usage| usage.flags != 0)),
            ),
            ("subjectKeyIdentifier", can(self.subject_key_id, is_octet_string)),
            ("authorityKeyIdentifier", can(self.authority_key_id, |der| AuthorityKey::read(der).is_some())),
            ("subjectAltName", can(self.subject_alt_name, |der| each_general_name(der, |_| ()).is_some())),
            ("extendedKeyUsage", can(self.extended_key_usage, is_list_of_oids)),
            ("nameConstraints", can(self.name_constraints, |der| NameConstraints::read(der).is_some())),
            ("Netscape's certificate type", can(self.netscape_type, |der| bit_octets(der).is_some())),
            ("cRLDistributionPoints", can(self.distribution_points, has_distribution_points)),
            ("the list of IP addresses", can(self.ip_resources, has_ip_resources)),
            ("the list of AS numbers", can(self.as_resources, has_as_resources)),
        ];
        read.into_iter().filter(|(_, is_read)| !is_read).map(|(name, _)| name).collect()
    }
}

/// Parses an extension value with x509-parser; like clients, ignores data after it.
pub(super) fn parsed<'a, T: FromDer<'a, x509_parser::error::X509Error>>(
    der: &'a [u8],
    value: Span,
) -> Option<T> {
    parse(value.get(der))
}

fn parse<'a, T: FromDer<'a, x509_parser::error::X509Error>>(der: &'a [u8]) -> Option<T> {
    T::from_der(der).ok().map(|(_, value)| value)
}

/// Whether the first element in `der` and those inside it have the forms of their types.
fn first_is_well_formed(der: &[u8]) -> bool {
    Reader::new(der).any("").is_ok_and(|first| is_well_formed(first.octets(der)))
}

fn is_list_of_oids(der: &[u8]) -> bool {
    all(der, Reader::new(der), |item| item.identifier() == 6)
}

fn is_octet_string(der: &[u8]) -> bool {
    Reader::new(der).octet_string("").is_ok()
}

/// Returns the octets of a BIT STRING, with the unused bits cleared.
pub(super) fn bit_octets(der: &[u8]) -> Option<Vec<u8>> {
    let string = Reader::new(der).any("").ok().filter(|string| string.identifier() == 3)?;
    let (unused, octets) = string.content_octets(der).split_first().filter(|(unused, _)| **unused < 8)?;
    let mut octets = octets.to_vec();
    if let Some(last) = octets.last_mut() {
        *last &= 0xff << unused;
    }
    Some(octets)
}

/// Whether each element in `name` is an attribute of a distinguished name.
fn is_relative_name(name: &Element, der: &[u8]) -> bool {
    let mut inside = name.inside(der);
    while !inside.is_empty() {
        let Ok(attribute) = inside.sequence("") else { return false };
        let mut parts = attribute.inside(der);
        if parts.object_identifier("").is_err() || parts.any("").is_err() || !parts.is_empty() {
            return false;
        }
    }
    true
}

/// Whether `der` is the IPAddrBlocks of RFC 3779 section 2.2.3.
fn has_ip_resources(der: &[u8]) -> bool {
    let is_family = |family: &Element| {
        let mut parts = family.inside(der);
        parts.octet_string("").is_ok() && is_choice(der, parts, |reader| reader.is_bit_string())
    };
    all(der, Reader::new(der), is_family)
}

/// Whether `der` is the ASIdentifiers of RFC 3779 section 3.2.3.
fn has_as_resources(der: &[u8]) -> bool {
    let Ok(outer) = Reader::new(der).sequence("") else { return false };
    let mut parts = outer.inside(der);
    let mut choice = |tag| match parts.optional_context(tag) {
        Ok(Some(part)) => is_choice(der, part.inside(der), |reader| reader.integer("").is_ok()),
        other => other.is_ok(),
    };
    choice(0) && choice(1) && parts.end("").is_ok()
}

/// Whether the rest of `parts` is NULL, or a list of values and of pairs of values.
fn is_choice(der: &[u8], mut parts: Reader<'_>, is_value: fn(&mut Reader<'_>) -> bool) -> bool {
    let Ok(choice) = parts.any("") else { return false };
    let is_pair = |item: &Element| {
        let mut both = item.inside(der);
        item.identifier() == 0x30 && is_value(&mut both) && is_value(&mut both) && both.is_empty()
    };
    let is_item = |item: &Element| is_value(&mut Reader::new(item.octets(der))) || is_pair(item);
    let is_list = || all(der, choice.reader(der), is_item);
    parts.is_empty() && (choice.octets(der) == [5, 0] || is_list())
}

/// Whether `reader` reads a SEQUENCE next, whose elements all satisfy `is`.
fn all(der: &[u8], mut reader: Reader<'_>, is: impl Fn(&Element) -> bool) -> bool {
    let Ok(sequence) = reader.sequence("") else { return false };
    let mut inside = sequence.inside(der);
    while !inside.is_empty() {
        if !inside.any("").is_ok_and(|element| is(&element)) {
            return false;
        }
    }
    true
}

/// Whether `der` is a list of DistributionPoints, each with a point or an issuer (RFC 5280 section 4.2.1.13).
fn has_distribution_points(der: &[u8]) -> bool {
    let is_point = |point: &Element| {
        let mut parts = point.inside(der);
        let [name, reasons, issuer] = [0, 1, 2].map(|tag| parts.optional_context(tag));
        let (Ok(name), Ok(reasons), Ok(issuer)) = (name, reasons, issuer) else { return false };
        let is_name = |name: &Element| {
            let mut inside = name.inside(der);
            let choice = inside.any("").ok();
            let is_choice = choice.is_some_and(|choice| match choice.identifier() {
                0xa0 => names_inside(&choice, der).is_some(),
                0xa1 => is_relative_name(&choice, der),
                _ => false,
            });
            name.identifier() == 0xa0 && is_choice && inside.is_empty()
        };
        let is_reasons =
            |reasons: &Element| reasons.identifier() == 0x81 && is_bits(reasons.content_octets(der));
        point.identifier() == 0x30
            && parts.is_empty()
            && name.as_ref().is_none_or(is_name)
            && reasons.as_ref().is_none_or(is_reasons)
            && issuer.as_ref().is_none_or(|issuer| names_inside(issuer, der).is_some())
            && (name.is_some() || issuer.is_some_and(|issuer| !issuer.content.is_empty()))
    };
    all(der, Reader::new(der), is_point)
}
