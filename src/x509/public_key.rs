//! A public key outside a certificate: a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) or a request (RFC 2986).

use super::der::{Element, Reader};
use super::error::X509Error;
use super::name;
use super::signature::{self, SignatureCheck};
use super::spki::{KeyAlgorithm, KeyParts, check_structure, rsa_numbers};

/// A public key without a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    spki: Vec<u8>,
    subject: Option<String>,
}

impl PublicKey {
    /// Reads `spki`, the DER of a SubjectPublicKeyInfo.
    ///
    /// Errors: not a SubjectPublicKeyInfo, or extra data after the SubjectPublicKeyInfo.
    pub fn from_spki(spki: Vec<u8>) -> Result<Self, X509Error> {
        let element = Reader::new(&spki).sequence("the SubjectPublicKeyInfo")?;
        trailing(&spki, &element)?;
        check_structure(&spki, &element)?;
        Ok(Self { spki, subject: None })
    }

    /// Reads the key of a PKCS #10 certification request. If the signature algorithm is supported, the signature of the
    /// request must verify (RFC 2986 section 4).
    ///
    /// Errors: not a request, extra data after the request, a signature that does not verify.
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

    /// The DER of the SubjectPublicKeyInfo, which selector 1 selects.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// Whether `spki` is a SubjectPublicKeyInfo of the same key, perhaps in another encoding.
    pub fn is_key_of(&self, spki: &[u8]) -> bool {
        match (rsa_numbers(&self.spki), rsa_numbers(spki)) {
            _ if self.spki == spki => true,
            (Some(own), Some(other)) => own == other,
            _ => match (KeyParts::of(&self.spki), KeyParts::of(spki)) {
                (Some(own), Some(other)) => own.key == other.key || is_compressed(other.key, own.key),
                _ => false,
            },
        }
    }

    /// Whether clients can read the key; true for keys of unknown algorithms.
    pub fn is_readable(&self) -> bool {
        let is_known = KeyAlgorithm::of(&self.spki) != KeyAlgorithm::Other;
        !is_known || signature::is_readable(&self.spki)
    }

    /// The subject of the certification request as text (RFC 4514); `None` if the key is not from a request.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }
}

/// Whether `compressed` is the compressed form of the point `point` (SEC 1 section 2.3.3).
fn is_compressed(compressed: &[u8], point: &[u8]) -> bool {
    let ([sign @ (2 | 3), x @ ..], [4, both @ ..]) = (compressed, point) else { return false };
    let (own_x, y) = both.split_at(both.len() / 2);
    own_x == x && y.last().is_some_and(|last| 2 + (last & 1) == *sign)
}

fn trailing(der: &[u8], element: &Element) -> Result<(), X509Error> {
    match der.len() - element.all.end {
        0 => Ok(()),
        octets => Err(X509Error::Trailing { octets }),
    }
}
