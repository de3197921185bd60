//! A public key outside a certificate: a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) or a request (RFC 2986).

use super::der::{Element, Reader};
use super::error::X509Error;
use super::name;
use super::signature::{self, SignatureCheck};
use super::spki::check_structure;

/// A public key without a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    spki: Vec<u8>,
    subject: Option<String>,
}

impl PublicKey {
    /// Reads `spki`, the DER of a SubjectPublicKeyInfo.
    ///
    /// Errors: not a SubjectPublicKeyInfo, or octets after it.
    pub fn from_spki(spki: Vec<u8>) -> Result<Self, X509Error> {
        let element = Reader::new(&spki).sequence("the SubjectPublicKeyInfo")?;
        trailing(&spki, &element)?;
        check_structure(&spki, &element)?;
        Ok(Self { spki, subject: None })
    }

    /// Reads the key of a PKCS #10 request. The signature of the request must verify, if its algorithm is supported
    /// (RFC 2986 section 4).
    ///
    /// Errors: not a request, octets after it, a signature that does not verify.
    pub fn from_request(der: &[u8]) -> Result<Self, X509Error> {
        let outer = Reader::new(der).sequence("the CertificationRequest")?;
        trailing(der, &outer)?;
        let mut parts = outer.inside(der);
        let info = parts.sequence("certificationRequestInfo")?;
        let algorithm = parts.sequence("signatureAlgorithm")?;
        let signature = parts.bit_string("signature")?;
        parts.end("the CertificationRequest")?;
        let mut fields = info.inside(der);
        fields.integer("version")?;
        let subject = fields.sequence("subject")?;
        let spki = fields.sequence("subjectPKInfo")?;
        check_structure(der, &spki)?;
        let signature = der.get(signature).unwrap_or_default();
        let key = spki.octets(der);
        match signature::check(key, algorithm.octets(der), info.octets(der), signature) {
            SignatureCheck::Invalid => Err(X509Error::RequestSignature),
            SignatureCheck::Valid | SignatureCheck::Unsupported(_) => {
                Ok(Self { spki: key.to_vec(), subject: Some(name::to_text(subject.octets(der))) })
            }
        }
    }

    /// Its SubjectPublicKeyInfo, which selector 1 hashes.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The subject of its request as text (RFC 4514); `None` if it comes from another source.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }
}

fn trailing(der: &[u8], element: &Element) -> Result<(), X509Error> {
    match der.len() - element.all.end {
        0 => Ok(()),
        octets => Err(X509Error::Trailing { octets }),
    }
}
