//! Reads a certificate, the key of a certification request, or a public key from DER: RFC 5280 section 4.1.
//!
//! A TLSA record is computed from the original octets, so each part is kept as a range of the DER and is never
//! re-encoded. A part that no record needs, such as a date, may be unreadable: records can still be generated.

mod der;
mod error;
mod extensions;
mod name;
mod public_key;
mod signature;
mod spki;

use std::fmt;
use std::ops::Range;

use time::OffsetDateTime;
use x509_parser::extensions::{
    AuthorityKeyIdentifier, ExtendedKeyUsage, GeneralName, KeyUsage, NameConstraints,
};
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;

use crate::owner::HostName;

use der::Reader;
pub use error::X509Error;
use extensions::{Extensions, parsed};
pub use name::folded_name;
pub use public_key::PublicKey;
pub use signature::{DigestStrength, SignatureCheck};
pub use spki::{KeyAlgorithm, rsa_numbers};

/// A certificate whose outer structure has been parsed. The parts are stored as ranges of the DER.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    tbs: Range<usize>,
    is_version_1: bool,
    serial: Range<usize>,
    issuer: Range<usize>,
    validity: Validity,
    subject: Range<usize>,
    spki: Range<usize>,
    signature_algorithm: Range<usize>,
    signature: Range<usize>,
    extensions: Extensions,
}

/// notBefore and notAfter; `None` for a date that is not in the format of RFC 5280 section 4.1.2.5. Clients refuse a
/// certificate with such a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// Start of the validity period.
    pub not_before: Option<OffsetDateTime>,
    /// End of the validity period.
    pub not_after: Option<OffsetDateTime>,
}

impl Validity {
    /// Reads the content of the Validity SEQUENCE.
    fn read(content: &[u8]) -> Self {
        let mut rest = content;
        let mut next = || {
            let element = Reader::new(rest).any("validity").ok()?;
            let time = ASN1Time::from_der(rest).ok().filter(|_| element.is_certificate_time(rest));
            let time = time.map(|(_, time)| time.to_datetime());
            rest = rest.get(element.all.end..)?;
            time
        };
        Self { not_before: next(), not_after: next() }
    }
}

impl Certificate {
    /// Reads a certificate; `der` must not contain anything else.
    ///
    /// Errors: not a certificate, extra data after the certificate, two different signature algorithms, a
    /// basicConstraints extension that is unreadable or occurs twice.
    pub fn from_der(der: Vec<u8>) -> Result<Self, X509Error> {
        let (certificate, length) = Self::walk(der)?;
        match certificate.der.len() - length {
            0 => Ok(certificate),
            octets => Err(X509Error::Trailing { octets }),
        }
    }

    /// Reads the certificate at the start of `der` and ignores the data after it, such as OpenSSL's trust settings in a
    /// TRUSTED CERTIFICATE block.
    ///
    /// Errors: as [`Certificate::from_der`], except for extra data.
    pub fn from_der_prefix(der: Vec<u8>) -> Result<Self, X509Error> {
        let (mut certificate, length) = Self::walk(der)?;
        certificate.der.truncate(length);
        Ok(certificate)
    }

    fn walk(der: Vec<u8>) -> Result<(Self, usize), X509Error> {
        let outer = Reader::new(&der).sequence("Certificate")?;
        let mut parts = outer.inside(&der);
        let tbs = parts.sequence("tbsCertificate")?;
        let signature_algorithm = parts.sequence("signatureAlgorithm")?;
        let signature = parts.bit_string("signatureValue")?;
        parts.end("Certificate")?;

        let mut fields = tbs.inside(&der);
        let version = fields.optional_context(0)?;
        let serial = fields.integer("serialNumber")?;
        let inner_algorithm = fields.sequence("signature")?;
        let issuer = fields.sequence("issuer")?;
        let validity = fields.sequence("validity")?;
        let subject = fields.sequence("subject")?;
        let spki = fields.sequence("subjectPublicKeyInfo")?;
        spki::check_structure(&der, &spki)?;
        fields.optional_context(1)?;
        fields.optional_context(2)?;
        let extensions = fields.optional_context(3)?;
        fields.end("tbsCertificate")?;
        if inner_algorithm.octets(&der) != signature_algorithm.octets(&der) {
            return Err(X509Error::SignatureAlgorithms);
        }
        let extensions = match extensions {
            Some(wrapper) => Extensions::walk(&der, &wrapper)?,
            None => Extensions::default(),
        };
        let certificate = Self {
            tbs: tbs.all,
            is_version_1: version.is_none_or(|version| version.content_octets(&der) == VERSION_1),
            serial: serial.content,
            issuer: issuer.all,
            validity: Validity::read(der.get(validity.content).unwrap_or_default()),
            subject: subject.all,
            spki: spki.all,
            signature_algorithm: signature_algorithm.all,
            signature,
            extensions,
            der,
        };
        Ok((certificate, outer.all.end))
    }

    fn part(&self, range: &Range<usize>) -> &[u8] {
        self.der.get(range.clone()).unwrap_or_default()
    }

    /// The DER of the whole certificate, unchanged, which selector 0 selects (RFC 6698 section 2.1.2).
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The DER of the SubjectPublicKeyInfo, unchanged, which selector 1 selects (RFC 6698 section 2.1.2).
    pub fn spki(&self) -> &[u8] {
        self.part(&self.spki)
    }

    /// The DER of the subject name.
    pub fn subject_der(&self) -> &[u8] {
        self.part(&self.subject)
    }

    /// The DER of the issuer name.
    pub fn issuer_der(&self) -> &[u8] {
        self.part(&self.issuer)
    }

    /// Whether the issuer name equals the subject name of `issuer`, byte for byte or after conversion of both names to
    /// text (RFC 5280 section 7.1).
    pub fn names_issuer(&self, issuer: &Self) -> bool {
        self.issuer_der() == issuer.subject_der() || name::is_same(self.issuer_der(), issuer.subject_der())
    }

    /// Whether issuer name and subject name are equal byte for byte.
    pub fn is_self_issued(&self) -> bool {
        self.subject_der() == self.issuer_der()
    }

    /// The subject as text (RFC 4514), without control characters.
    pub fn subject(&self) -> String {
        name::to_text(self.subject_der())
    }

    /// The issuer as text (RFC 4514), without control characters.
    pub fn issuer(&self) -> String {
        name::to_text(self.issuer_der())
    }

    /// The name of the certificate in messages: the subject, or the first DNS name if the subject is empty.
    pub fn called(&self) -> String {
        let subject = Some(self.subject()).filter(|subject| !subject.is_empty());
        let name = || self.dns_names().first().map(|name| crate::text::printable(name));
        subject.or_else(name).unwrap_or_else(|| "a certificate without a subject".to_owned())
    }

    /// The organization names of the subject.
    pub fn subject_organizations(&self) -> Vec<String> {
        name::organizations(self.subject_der())
    }

    /// The organization names of the issuer.
    pub fn issuer_organizations(&self) -> Vec<String> {
        name::organizations(self.issuer_der())
    }

    /// The common names of the subject.
    pub fn common_names(&self) -> Vec<String> {
        name::common_names(self.subject_der())
    }

    /// The serial number in lower-case hex.
    pub fn serial(&self) -> String {
        hex::encode(self.part(&self.serial))
    }

    /// The validity period (RFC 5280 section 4.1.2.5).
    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// The cA field of basicConstraints; `None` if the extension is absent (RFC 5280 section 4.2.1.9).
    pub fn basic_constraints_ca(&self) -> Option<bool> {
        self.extensions.basic_constraints.as_ref().map(|constraints| constraints.ca)
    }

    /// Whether clients accept this certificate as the CA at the top of a certification path (RFC 5280 section 6.1.4).
    /// If basicConstraints is present, it decides; otherwise, a certificate is a CA if it is self-issued and of version
    /// 1, or if its keyUsage allows signing certificates.
    pub fn is_ca_at_top(&self) -> bool {
        let old_root = || self.is_version_1 && self.is_self_issued();
        self.basic_constraints_ca().unwrap_or_else(|| old_root() || self.key_usage_cert_sign() == Some(true))
    }

    /// The pathLenConstraint: the number of CAs that may be below this CA in a path, not counting self-issued
    /// certificates (RFC 5280 section 4.2.1.9).
    pub fn path_length(&self) -> Option<usize> {
        let length = self.extensions.basic_constraints.as_ref()?.path_len_constraint?;
        Some(usize::try_from(length).unwrap_or(usize::MAX))
    }

    /// Whether extendedKeyUsage is absent or contains serverAuth (RFC 5280 section 4.2.1.12).
    pub fn allows_server_auth(&self) -> bool {
        let Some(value) = &self.extensions.extended_key_usage else { return true };
        parsed::<ExtendedKeyUsage>(&self.der, value).is_some_and(|usage| usage.server_auth)
    }

    /// Whether the nameConstraints extension is present (RFC 5280 section 4.2.1.10).
    pub fn has_name_constraints(&self) -> bool {
        self.extensions.name_constraints.is_some()
    }

    /// Whether nameConstraints cannot be read or limits names other than DNS names.
    pub fn has_other_constraints(&self) -> bool {
        let Some(value) = &self.extensions.name_constraints else { return false };
        let Some(constraints) = parsed::<NameConstraints<'_>>(&self.der, value) else { return true };
        let subtrees = [constraints.permitted_subtrees, constraints.excluded_subtrees];
        let mut bases = subtrees.iter().flatten().flatten().map(|subtree| &subtree.base);
        bases.any(|base| !matches!(base, GeneralName::DNSName(_)))
    }

    /// Whether the certificate has a critical extension that clients do not know. Clients refuse such a certificate
    /// (RFC 5280 section 4.2).
    pub fn has_unknown_critical_extension(&self) -> bool {
        self.extensions.has_unknown_critical
    }

    /// Whether the key identifier or the serial number in authorityKeyIdentifier differs from that of `issuer`
    /// (RFC 5280 section 4.2.1.1).
    pub fn asks_for_another(&self, issuer: &Self) -> bool {
        let Some(value) = &self.extensions.authority_key_id else { return false };
        let Some(asked) = parsed::<AuthorityKeyIdentifier<'_>>(&self.der, value) else { return false };
        let other_id =
            self.authority_key_id().zip(issuer.subject_key_id()).is_some_and(|(asked, has)| asked != has);
        let other_serial =
            asked.authority_cert_serial.is_some_and(|serial| serial != issuer.part(&issuer.serial));
        other_id || other_serial
    }

    /// Whether keyUsage allows signing certificates (RFC 5280 section 4.2.1.3); `None` if the extension is absent,
    /// `Some(false)` if it cannot be read.
    pub fn key_usage_cert_sign(&self) -> Option<bool> {
        let value = self.extensions.key_usage.as_ref()?;
        Some(self.key_usage(value).is_some_and(|usage| usage.key_cert_sign()))
    }

    /// Whether keyUsage allows any use in a TLS handshake (RFC 5246 section 7.4.2); `None` if the extension is absent
    /// or cannot be read.
    pub fn key_usage_tls(&self) -> Option<bool> {
        let usage = self.key_usage(self.extensions.key_usage.as_ref()?)?;
        Some(usage.digital_signature() || usage.key_encipherment() || usage.key_agreement())
    }

    fn key_usage(&self, value: &Range<usize>) -> Option<KeyUsage> {
        parsed::<KeyUsage>(&self.der, value)
    }

    /// The subject key identifier (RFC 5280 section 4.2.1.2).
    pub fn subject_key_id(&self) -> Option<&[u8]> {
        let value = self.part(self.extensions.subject_key_id.as_ref()?);
        let string = Reader::new(value).any("subjectKeyIdentifier").ok()?;
        value.get(string.content).filter(|id| !id.is_empty())
    }

    /// The key identifier of the issuer, from authorityKeyIdentifier (RFC 5280 section 4.2.1.1).
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        let value = self.part(self.extensions.authority_key_id.as_ref()?);
        let (_, extension) = AuthorityKeyIdentifier::from_der(value).ok()?;
        extension.key_identifier.map(|id| id.0).filter(|id| !id.is_empty())
    }

    /// The DNS names of subjectAltName, in lower case (RFC 5280 section 4.2.1.6).
    pub fn dns_names(&self) -> Vec<String> {
        extensions::dns_names(&self.der, self.extensions.subject_alt_name.as_ref()).unwrap_or_default()
    }

    /// The names of the extensions that occur twice or cannot be read. Clients may refuse such a certificate.
    pub fn unreadable_extensions(&self) -> Vec<&'static str> {
        self.extensions.unreadable(&self.der)
    }

    /// Whether the certificate names `host`: in a DNS name or, if it has no DNS names, in a common name (RFC 7672
    /// section 3.2.3). As clients require, a wildcard matches only the first label, and only if at least two labels
    /// follow.
    pub fn names_host(&self, host: &HostName) -> bool {
        let mut names = self.dns_names();
        if names.is_empty() {
            names = self.common_names().iter().map(|name| name.to_ascii_lowercase()).collect();
        }
        let parent =
            host.as_str().split_once('.').map(|(_, parent)| parent).filter(|parent| parent.contains('.'));
        names.iter().any(|name| {
            name == host.as_str() || name.strip_prefix("*.").is_some_and(|rest| Some(rest) == parent)
        })
    }

    /// Whether the certificate contains signed certificate timestamps, as certificates of public CAs do (RFC 6962
    /// section 3.3).
    pub fn has_signed_timestamps(&self) -> bool {
        self.extensions.signed_timestamps.is_some()
    }

    /// Whether the key is an RSA key whose integers are not in valid DER.
    pub fn has_odd_rsa_key(&self) -> bool {
        spki::has_odd_numbers(self.spki())
    }

    /// The algorithm of the public key.
    pub fn key_algorithm(&self) -> KeyAlgorithm {
        KeyAlgorithm::of(self.spki())
    }

    /// Whether clients still accept the digest algorithm of the signature.
    pub fn digest_strength(&self) -> DigestStrength {
        signature::digest_strength(self.part(&self.signature_algorithm))
    }

    /// Verifies the signature of this certificate with the key of `issuer`.
    pub fn check_signature(&self, issuer: &Self) -> SignatureCheck {
        self.check_signature_by(issuer.spki())
    }

    /// Verifies `signature` over `message` with the key of this certificate; `identifier` is the content of the
    /// AlgorithmIdentifier.
    pub fn check_message(&self, identifier: &[u8], message: &[u8], signature: &[u8]) -> SignatureCheck {
        signature::check_message(self.spki(), identifier, message, signature)
    }

    /// Verifies the signature of this certificate with the key in the SubjectPublicKeyInfo `spki`.
    pub fn check_signature_by(&self, spki: &[u8]) -> SignatureCheck {
        signature::check(
            spki,
            self.part(&self.signature_algorithm),
            self.part(&self.tbs),
            self.part(&self.signature),
        )
    }
}

/// The DER of version 1. Version 1 is the default, so valid DER omits the field (RFC 5280 section 4.1.2.1).
const VERSION_1: [u8; 3] = [0x02, 0x01, 0x00];

/// Returns the content without the header if `der` is exactly one SEQUENCE, otherwise `None`.
pub fn sequence_content(der: &[u8]) -> Option<&[u8]> {
    let element = Reader::new(der).sequence("").ok()?;
    (element.all.end == der.len()).then(|| element.content_octets(der))
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.subject())
    }
}
