//! Reads a certificate, the key of a certification request, or a public key from DER: RFC 5280 section 4.1.
//!
//! A TLSA record is computed from the original octets, so each part is kept as a range of the DER and is never
//! re-encoded. A part that no record needs, such as a date, may be unreadable: records can still be generated.

mod canonical;
mod der;
mod error;
mod extensions;
mod general_names;
mod name;
mod octets;
mod profile;
mod public_key;
mod signature;
mod spki;
mod strict;

use std::fmt;
use std::sync::OnceLock;

use time::OffsetDateTime;
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;

pub use canonical::{Attribute, canonical_name};
use der::Reader;
pub use error::X509Error;
use extensions::Extensions;
pub use general_names::{GeneralName, Kind, NameConstraints, Subtree};
pub use octets::SharedDer;
use octets::{Octets, Span};
pub use profile::CaStatus;
pub use public_key::PublicKey;
pub use signature::{SignatureCheck, Strength, TLS_SCHEMES};
pub use spki::{KeyAlgorithm, rsa_numbers};
pub use strict::is_certificate;

/// A certificate whose outer structure has been parsed. The parts are stored as ranges of the DER.
#[derive(Clone)]
pub struct Certificate {
    der: Octets,
    tbs: Span,
    is_version_1: bool,
    serial: Span,
    issuer: Span,
    validity: Validity,
    subject: Span,
    spki: Span,
    key_algorithm: KeyAlgorithm,
    signature_algorithm: Span,
    signature: Span,
    ending: [u8; 8],
    extensions: Extensions,
    names: OnceLock<Box<Names>>,
    is_key_readable: OnceLock<bool>,
    is_readable: OnceLock<bool>,
}

/// Subject and issuer in the form in which names are compared; no issuer if its octets equal those of the subject.
type Names = (Option<Vec<u8>>, Option<Option<Vec<u8>>>);

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
        let octets = Octets::alone(der);
        Self::whole(octets.get(), octets.clone())
    }

    /// Reads a certificate whose octets `der` will be those of `all` from place `at`; `der` must not contain anything
    /// else. The certificate can be used when `all` is complete.
    ///
    /// Errors: as [`Certificate::from_der`].
    pub fn from_part(der: &[u8], all: &SharedDer, at: usize) -> Result<Self, X509Error> {
        Self::whole(der, Octets::new(all, at..at + der.len()))
    }

    fn whole(der: &[u8], octets: Octets) -> Result<Self, X509Error> {
        let (certificate, length) = Self::walk(der, octets)?;
        match der.len() - length {
            0 => Ok(certificate),
            octets => Err(X509Error::Trailing { octets }),
        }
    }

    /// Reads the certificate at the start of `der` and ignores the data after it, such as OpenSSL's trust settings in a
    /// TRUSTED CERTIFICATE block.
    ///
    /// Errors: as [`Certificate::from_der`], except for extra data.
    pub fn from_der_prefix(der: Vec<u8>) -> Result<Self, X509Error> {
        let octets = Octets::alone(der);
        let (mut certificate, length) = Self::walk(octets.get(), octets.clone())?;
        certificate.der.truncate(length);
        Ok(certificate)
    }

    /// Reads the certificate at the start of `der`, whose place is `octets`; also returns its length.
    fn walk(der: &[u8], octets: Octets) -> Result<(Self, usize), X509Error> {
        // A `Span` has 32 bits.
        if u32::try_from(der.len()).is_err() {
            return Err(X509Error::Structure("Certificate"));
        }
        let outer = Reader::new(der).sequence("Certificate")?;
        let mut parts = outer.inside(der);
        let tbs = parts.sequence("tbsCertificate")?;
        let signature_algorithm = parts.sequence("signatureAlgorithm")?;
        let signature = parts.bit_string("signatureValue")?;
        parts.end("Certificate")?;

        let mut fields = tbs.inside(der);
        let version = fields.optional_context(0)?;
        let serial = fields.integer("serialNumber")?;
        let inner_algorithm = fields.sequence("signature")?;
        let issuer = fields.sequence("issuer")?;
        let validity = fields.sequence("validity")?;
        let subject = fields.sequence("subject")?;
        let spki = fields.sequence("subjectPublicKeyInfo")?;
        spki::check_structure(der, &spki)?;
        fields.optional_context(1)?;
        fields.optional_context(2)?;
        let extensions = fields.optional_context(3)?;
        fields.end("tbsCertificate")?;
        if inner_algorithm.octets(der) != signature_algorithm.octets(der) {
            return Err(X509Error::SignatureAlgorithms);
        }
        let extensions = match extensions {
            Some(wrapper) => Extensions::walk(der, &wrapper)?,
            None => Extensions::default(),
        };
        let certificate = Self {
            tbs: tbs.all.into(),
            is_version_1: version.is_none_or(|version| version.content_octets(der) == VERSION_1),
            serial: serial.content.into(),
            issuer: issuer.all.into(),
            validity: Validity::read(der.get(validity.content).unwrap_or_default()),
            subject: subject.all.into(),
            key_algorithm: KeyAlgorithm::of(spki.octets(der)),
            spki: spki.all.into(),
            signature_algorithm: signature_algorithm.all.into(),
            ending: der.get(..outer.all.end).and_then(<[u8]>::last_chunk).copied().unwrap_or_default(),
            signature: signature.into(),
            extensions,
            names: OnceLock::new(),
            is_key_readable: OnceLock::new(),
            is_readable: OnceLock::new(),
            der: octets,
        };
        Ok((certificate, outer.all.end))
    }

    fn part(&self, span: Span) -> &[u8] {
        span.get(self.der())
    }

    /// The DER of the whole certificate, unchanged, which selector 0 selects (RFC 6698 section 2.1.2).
    pub fn der(&self) -> &[u8] {
        self.der.get()
    }

    /// The last octets of the certificate, those of its signature: they tell most certificates apart.
    pub fn ending(&self) -> [u8; 8] {
        self.ending
    }

    /// The DER of the SubjectPublicKeyInfo, unchanged, which selector 1 selects (RFC 6698 section 2.1.2).
    pub fn spki(&self) -> &[u8] {
        self.part(self.spki)
    }

    /// The DER of the subject name.
    pub fn subject_der(&self) -> &[u8] {
        self.part(self.subject)
    }

    /// The DER of the issuer name.
    pub fn issuer_der(&self) -> &[u8] {
        self.part(self.issuer)
    }

    /// The subject in the form in which names are compared (RFC 5280 section 7.1); `None` if it cannot be read.
    pub fn subject_canonical(&self) -> Option<&[u8]> {
        self.names().0.as_deref()
    }

    /// The issuer in the form in which names are compared (RFC 5280 section 7.1); `None` if it cannot be read.
    pub fn issuer_canonical(&self) -> Option<&[u8]> {
        let (subject, issuer) = self.names();
        issuer.as_ref().unwrap_or(subject).as_deref()
    }

    fn names(&self) -> &Names {
        self.names.get_or_init(|| {
            let (subject, issuer) = (self.subject_der(), self.issuer_der());
            Box::new((canonical_name(subject), (issuer != subject).then(|| canonical_name(issuer))))
        })
    }

    /// Whether the issuer name equals the subject name of `issuer` (RFC 5280 section 7.1).
    pub fn names_issuer(&self, issuer: &Self) -> bool {
        self.issuer_canonical().is_some_and(|name| issuer.subject_canonical() == Some(name))
    }

    /// Whether issuer name and subject name are equal (RFC 5280 section 7.1).
    pub fn is_self_issued(&self) -> bool {
        self.names_issuer(self)
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
        hex::encode(self.part(self.serial))
    }

    /// The validity period (RFC 5280 section 4.1.2.5).
    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// Whether the certificate contains signed certificate timestamps, as certificates of public CAs do (RFC 6962
    /// section 3.3).
    pub fn has_signed_timestamps(&self) -> bool {
        self.extensions.signed_timestamps.is_some()
    }

    /// The strength of the signature algorithm; `None` for an unknown algorithm.
    pub fn signature_strength(&self) -> Option<Strength> {
        signature::strength(self.part(self.signature_algorithm))
    }

    /// Verifies the signature of this certificate with the key of `issuer`.
    pub fn check_signature(&self, issuer: &Self) -> SignatureCheck {
        self.check_signature_by(issuer.spki())
    }

    /// Verifies the signature of a TLS handshake message with the key of this certificate and the signature scheme
    /// `scheme` (RFC 8446 section 4.2.3).
    pub fn check_tls(&self, scheme: u16, message: &[u8], signature: &[u8]) -> SignatureCheck {
        signature::check_tls(self.spki(), scheme, message, signature)
    }

    /// Returns the cost of verifying the signature of this certificate with the key in the SubjectPublicKeyInfo `spki`,
    /// in microseconds of a current processor.
    pub fn check_cost(&self, spki: &[u8]) -> usize {
        signature::cost(spki, self.part(self.signature_algorithm)) + self.part(self.tbs).len() / 400
    }

    /// Verifies the signature of this certificate with the key in the SubjectPublicKeyInfo `spki`.
    pub fn check_signature_by(&self, spki: &[u8]) -> SignatureCheck {
        signature::check(
            spki,
            self.part(self.signature_algorithm),
            self.part(self.tbs),
            self.part(self.signature),
        )
    }
}

/// The DER of version 1. Version 1 is the default, so valid DER omits the field (RFC 5280 section 4.1.2.1).
const VERSION_1: [u8; 3] = [0x02, 0x01, 0x00];

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.subject())
    }
}
