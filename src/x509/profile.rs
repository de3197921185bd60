//! What a certificate says about its use, as clients read it in path validation: RFC 5280 sections 4.2 and 6.1.

use x509_parser::extensions::{ExtendedKeyUsage, KeyUsage};

use super::canonical::{self, Attribute};
use super::der::Reader;
use super::extensions::{bit_octets, parsed};
use super::general_names::{
    AuthorityKey, GeneralName, Kind, NameConstraints, each_general_name, general_names,
};
use super::octets::Span;
use super::{Certificate, KeyAlgorithm, signature, strict};
use crate::owner::HostName;

/// Whether a certificate is a CA (X509_check_ca in OpenSSL's v3_purp.c).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaStatus {
    /// Not a CA.
    No,
    /// basicConstraints contains CA:TRUE.
    Yes,
    /// A CA only as the top of a path: a certificate without basicConstraints that is a self-signed certificate of
    /// version 1, or has keyCertSign in keyUsage.
    AtTop,
}

impl Certificate {
    /// The cA field of basicConstraints; `None` if the extension is absent (RFC 5280 section 4.2.1.9).
    pub fn basic_constraints_ca(&self) -> Option<bool> {
        self.extensions.basic_constraints.as_ref().map(|constraints| constraints.ca)
    }

    /// Whether clients accept this certificate as a CA (RFC 5280 section 6.1.4).
    pub fn ca_status(&self) -> CaStatus {
        let can_sign = self.key_usage_cert_sign();
        match self.basic_constraints_ca() {
            _ if can_sign == Some(false) || self.defect().is_some() => CaStatus::No,
            Some(true) => CaStatus::Yes,
            Some(false) => CaStatus::No,
            None if self.is_version_1 && self.is_self_signed() => CaStatus::AtTop,
            None if can_sign == Some(true) => CaStatus::AtTop,
            // Netscape's type of CAs: SSL_CA.
            None if self.netscape_type().is_some_and(|bits| bits & 0x04 != 0) => CaStatus::AtTop,
            None => CaStatus::No,
        }
    }

    /// Whether clients take the certificate for self-signed, without verifying the signature (EXFLAG_SS in OpenSSL's
    /// v3_purp.c).
    pub fn is_self_signed(&self) -> bool {
        self.is_self_issued() && self.accepts_issuer(self) && self.may_be_signed_by(self) == Some(true)
    }

    /// The pathLenConstraint: the number of CAs that may be below this CA in a path, not counting self-issued
    /// certificates (RFC 5280 section 4.2.1.9).
    pub fn path_length(&self) -> Option<usize> {
        let length = self.extensions.basic_constraints.as_ref()?.path_len_constraint?;
        Some(usize::try_from(length).unwrap_or(usize::MAX))
    }

    /// Whether extendedKeyUsage is absent or contains serverAuth (RFC 5280 section 4.2.1.12) or one of its two
    /// predecessors. Clients do not take anyExtendedKeyUsage for serverAuth.
    pub fn allows_server_auth(&self) -> bool {
        // Server gated cryptography of Microsoft and Netscape.
        const GATED: [&[u8]; 2] = [
            &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x0a, 0x03, 0x03],
            &[0x60, 0x86, 0x48, 0x01, 0x86, 0xf8, 0x42, 0x04, 0x01],
        ];
        let Some(value) = self.extensions.extended_key_usage else { return true };
        parsed::<ExtendedKeyUsage<'_>>(self.der(), value).is_some_and(|usage| {
            usage.server_auth || usage.other.iter().any(|oid| GATED.contains(&oid.as_bytes()))
        })
    }

    /// Whether Netscape's certificate type is absent or contains SSL server.
    pub fn allows_netscape_server(&self) -> bool {
        self.netscape_type().is_none_or(|bits| bits & 0x40 != 0)
    }

    /// The first octet of Netscape's certificate type.
    fn netscape_type(&self) -> Option<u8> {
        bit_octets(self.part(self.extensions.netscape_type?))?.first().copied().or(Some(0))
    }

    /// The name constraints (RFC 5280 section 4.2.1.10); `None` if the extension is absent or cannot be read.
    pub fn name_constraints(&self) -> Option<NameConstraints<'_>> {
        NameConstraints::read(self.part(self.extensions.name_constraints?))
    }

    /// The names of subjectAltName (RFC 5280 section 4.2.1.6); empty if the extension is absent or cannot be read.
    pub fn general_names(&self) -> Vec<GeneralName<'_>> {
        let value = self.extensions.subject_alt_name.map(|value| self.part(value));
        value.and_then(general_names).unwrap_or_default()
    }

    /// The attributes of the subject; empty if the subject cannot be read.
    pub fn subject_attributes(&self) -> Vec<Attribute<'_>> {
        let mut attributes = Vec::new();
        let read = canonical::each_attribute(self.subject_der(), |attribute| attributes.push(attribute));
        read.map(|()| attributes).unwrap_or_default()
    }

    /// Whether the certificate has a critical extension that clients do not know. Clients reject such a certificate
    /// (RFC 5280 section 4.2).
    pub fn has_unknown_critical_extension(&self) -> bool {
        self.extensions.has_unknown_critical
    }

    /// Whether this is a proxy certificate (RFC 3820).
    pub fn is_proxy(&self) -> bool {
        self.extensions.is_proxy
    }

    /// Whether the certificate certifies IP addresses or AS numbers (RFC 3779).
    pub fn has_network_resources(&self) -> bool {
        self.extensions.has_network_resources()
    }

    /// Whether clients can read the certificate at all. If they cannot, they refuse a chain with it, even if it is on no
    /// path.
    pub fn is_readable(&self) -> bool {
        *self.is_readable.get_or_init(|| strict::is_certificate(self.der()))
    }

    /// The first part for which clients reject the certificate: a name or an extension that cannot be read, or an
    /// extension that occurs twice.
    pub fn defect(&self) -> Option<&'static str> {
        match (self.subject_canonical(), self.issuer_canonical()) {
            (None, _) => Some("the subject"),
            (_, None) => Some("the issuer"),
            _ if self.is_proxy()
                && (self.basic_constraints_ca() == Some(true) || self.extensions.has_alternative_name()) =>
            {
                Some("proxyCertInfo")
            }
            _ => self.extensions.defects().next(),
        }
    }

    /// Whether clients can read the public key.
    pub fn has_readable_key(&self) -> bool {
        *self.is_key_readable.get_or_init(|| signature::is_readable(self.spki()))
    }

    /// Whether authorityKeyIdentifier is absent or fits `issuer`: its key identifier, serial number and issuer name
    /// each, if present (RFC 5280 section 4.2.1.1; X509_check_akid in OpenSSL's v3_purp.c).
    pub fn accepts_issuer(&self, issuer: &Self) -> bool {
        let Some(value) = self.extensions.authority_key_id else { return true };
        let Some(asked) = AuthorityKey::read(self.part(value)) else { return false };
        let key_id = asked.key_id.zip(issuer.key_id_octets());
        let name = asked.issuer.iter().find(|name| name.kind == Kind::Directory);
        let name = name.map(|name| canonical::canonical_name(name.content));
        key_id.is_none_or(|(asked, has)| asked == has)
            && asked.serial.is_none_or(|serial| serial == issuer.part(issuer.serial))
            && name.is_none_or(|name| name.is_some_and(|name| issuer.issuer_canonical() == Some(&name[..])))
    }

    /// Whether a key like that of `issuer` makes signatures like that of this certificate; `None` for an unknown
    /// signature algorithm.
    pub fn may_be_signed_by(&self, issuer: &Self) -> Option<bool> {
        let (oid, _) = signature::oid_and_parameters(self.part(self.signature_algorithm))?;
        signature::can_sign(issuer.key_algorithm(), oid)
    }

    /// Whether keyUsage allows signing certificates (RFC 5280 section 4.2.1.3); `None` if the extension is absent,
    /// `Some(false)` if it cannot be read.
    pub fn key_usage_cert_sign(&self) -> Option<bool> {
        let value = self.extensions.key_usage?;
        Some(self.key_usage(value).is_some_and(|usage| usage.key_cert_sign()))
    }

    /// Whether keyUsage allows any use in a TLS handshake (RFC 5246 section 7.4.2); `None` if the extension is absent
    /// or cannot be read.
    pub fn key_usage_tls(&self) -> Option<bool> {
        let usage = self.key_usage(self.extensions.key_usage?)?;
        Some(usage.digital_signature() || usage.key_encipherment() || usage.key_agreement())
    }

    fn key_usage(&self, value: Span) -> Option<KeyUsage> {
        parsed::<KeyUsage>(self.der(), value)
    }

    /// The subject key identifier (RFC 5280 section 4.2.1.2).
    pub fn subject_key_id(&self) -> Option<&[u8]> {
        self.key_id_octets().filter(|id| !id.is_empty())
    }

    fn key_id_octets(&self) -> Option<&[u8]> {
        let value = self.part(self.extensions.subject_key_id?);
        let string = Reader::new(value).octet_string("subjectKeyIdentifier").ok()?;
        value.get(string.content)
    }

    /// The key identifier of the issuer, from authorityKeyIdentifier (RFC 5280 section 4.2.1.1).
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        let value = self.part(self.extensions.authority_key_id?);
        AuthorityKey::read(value)?.key_id.filter(|id| !id.is_empty())
    }

    /// The DNS names of subjectAltName, in lower case (RFC 5280 section 4.2.1.6); empty if the extension is absent or
    /// cannot be read.
    ///
    /// A DNS name that is not valid text is kept, although it cannot match a host: clients ignore the common name if the
    /// certificate has any DNS name.
    pub fn dns_names(&self) -> Vec<String> {
        let names = self.general_names().into_iter().filter(|name| name.kind == Kind::Dns);
        names.map(|name| String::from_utf8_lossy(name.content).to_ascii_lowercase()).collect()
    }

    /// The names of the extensions that occur twice or cannot be read. Clients may refuse such a certificate.
    pub fn unreadable_extensions(&self) -> Vec<&'static str> {
        self.extensions.unreadable()
    }

    /// Whether the certificate names `host`: in a DNS name or, if it has no DNS names, in a common name (RFC 7672
    /// section 3.2.3). As clients require, a wildcard matches only the first label, and only if at least two labels
    /// follow.
    pub fn names_host(&self, host: &HostName) -> bool {
        let parent =
            host.as_str().split_once('.').map(|(_, parent)| parent).filter(|parent| parent.contains('.'));
        let is_named = |name: &[u8]| {
            name.eq_ignore_ascii_case(host.as_str().as_bytes())
                || name
                    .strip_prefix(b"*.")
                    .zip(parent)
                    .is_some_and(|(rest, parent)| rest.eq_ignore_ascii_case(parent.as_bytes()))
        };
        // OpenSSL ignores a subjectAltName that occurs twice.
        let by_dns_name = self.any_dns_name(is_named).filter(|_| !self.extensions.repeats("subjectAltName"));
        by_dns_name.unwrap_or_else(|| self.common_names().iter().any(|name| is_named(name.as_bytes())))
    }

    /// Whether a DNS name satisfies `is`; `None` if there is none, or if the extension cannot be read.
    fn any_dns_name(&self, is: impl Fn(&[u8]) -> bool) -> Option<bool> {
        let mut found = None;
        each_general_name(self.part(self.extensions.subject_alt_name?), |name| {
            if name.kind == Kind::Dns {
                found = Some(found == Some(true) || is(name.content));
            }
        })?;
        found
    }

    /// Whether the certificate is for a server, by its names: it has a DNS name, or a common name that is a host name
    /// of two labels or more. The common name of a CA that keyUsage allows to sign certificates does not count, because
    /// some public roots are named after the CA's domain.
    pub fn has_server_name(&self) -> bool {
        let is_host = |name: &String| {
            let host = name.trim_start_matches("*.");
            host.contains('.') && host.parse::<HostName>().is_ok()
        };
        let is_ca = self.basic_constraints_ca() == Some(true) && self.key_usage_cert_sign() == Some(true);
        self.any_dns_name(|_| true).is_some()
            || !is_ca && self.common_names().iter().any(|name| is_host(&name.to_ascii_lowercase()))
    }

    /// The algorithm of the public key.
    pub fn key_algorithm(&self) -> KeyAlgorithm {
        self.key_algorithm
    }
}
