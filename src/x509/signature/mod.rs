//! Verifies signatures (RFC 5280 section 4.1.1.3): one table of signature algorithms, with the algorithms of RFC 3279,
//! 4055, 5758 and 8410.

mod digest;
mod ecdsa;
mod rsa;

use x509_parser::asn1_rs::{Oid, oid};

use super::der::Reader;
use super::spki::{KeyAlgorithm, KeyParts};
use digest::{Digest, MD2, MD4, MD5, SHA_1, SHA_224, SHA_256, SHA_384, SHA_512};

/// The result of verifying a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureCheck {
    /// The signature was made with this key.
    Valid,
    /// The signature was made with another key, or the signed data was changed.
    Invalid,
    /// The verifier does not support this signature algorithm or key type, which the text describes.
    Unsupported(String),
}

impl<T, E> From<Result<T, E>> for SignatureCheck {
    fn from(verified: Result<T, E>) -> Self {
        verified.map_or(Self::Invalid, |_| Self::Valid)
    }
}

/// The keys that make the signatures of an algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Rsa,
    /// RSA keys, with or without the restriction to RSASSA-PSS.
    RsaPss,
    Ec,
    Ed25519,
    Ed448,
    Dsa,
}

impl Family {
    fn has(self, key: KeyAlgorithm) -> bool {
        match key {
            KeyAlgorithm::Rsa { .. } => matches!(self, Self::Rsa | Self::RsaPss),
            KeyAlgorithm::RsaPss { .. } => self == Self::RsaPss,
            key if key.is_ec() => self == Self::Ec,
            KeyAlgorithm::Ed25519 => self == Self::Ed25519,
            KeyAlgorithm::Ed448 => self == Self::Ed448,
            KeyAlgorithm::Dsa => self == Self::Dsa,
            _ => false,
        }
    }
}

/// A signature algorithm.
struct Algorithm {
    oid: Oid<'static>,
    family: Family,
    /// The digest; `None` if the parameters name the digest, or if the algorithm includes it.
    digest: Option<&'static Digest>,
    /// The security in bits, as OpenSSL counts it, of an algorithm without a digest of its own.
    security: u16,
    /// The TLS signature schemes (RFC 8446 section 4.2.3) with this algorithm.
    tls: &'static [u16],
    verify: fn(&Signed<'_>) -> SignatureCheck,
}

impl Algorithm {
    const fn rsa(oid: Oid<'static>, digest: &'static Digest, tls: &'static [u16]) -> Self {
        Self { oid, family: Family::Rsa, digest: Some(digest), security: 0, tls, verify: rsa::pkcs1 }
    }

    const fn ec(oid: Oid<'static>, digest: &'static Digest, tls: &'static [u16]) -> Self {
        Self { oid, family: Family::Ec, digest: Some(digest), security: 0, tls, verify: ecdsa::ecdsa }
    }

    /// DSA, which TLS 1.3 and mail clients no longer use; no signature is verified.
    const fn dsa(oid: Oid<'static>, digest: &'static Digest) -> Self {
        let verify = |signed: &Signed<'_>| signed.unsupported();
        Self { oid, family: Family::Dsa, digest: Some(digest), security: 0, tls: &[], verify }
    }
}

/// Each signature algorithm of certificates and of TLS handshakes.
static ALGORITHMS: [Algorithm; 20] = [
    Algorithm::rsa(oid!(1.2.840.113549.1.1.11), &SHA_256, &[0x0401]),
    Algorithm::rsa(oid!(1.2.840.113549.1.1.12), &SHA_384, &[0x0501]),
    Algorithm::rsa(oid!(1.2.840.113549.1.1.13), &SHA_512, &[0x0601]),
    Algorithm::rsa(oid!(1.2.840.113549.1.1.14), &SHA_224, &[]),
    Algorithm::rsa(oid!(1.2.840.113549.1.1.5), &SHA_1, &[]),
    Algorithm::rsa(oid!(1.3.14.3.2.29), &SHA_1, &[]),
    Algorithm::rsa(oid!(1.2.840.113549.1.1.4), &MD5, &[]),
    Algorithm::rsa(oid!(1.2.840.113549.1.1.3), &MD4, &[]),
    Algorithm::rsa(oid!(1.2.840.113549.1.1.2), &MD2, &[]),
    Algorithm {
        oid: RSASSA_PSS,
        family: Family::RsaPss,
        digest: None,
        security: 0,
        // rsa_pss_rsae and rsa_pss_pss with SHA-256, SHA-384 and SHA-512.
        tls: &[0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b],
        verify: rsa::pss,
    },
    Algorithm::ec(oid!(1.2.840.10045.4.3.2), &SHA_256, &[0x0403]),
    Algorithm::ec(oid!(1.2.840.10045.4.3.3), &SHA_384, &[0x0503]),
    Algorithm::ec(oid!(1.2.840.10045.4.3.4), &SHA_512, &[0x0603]),
    Algorithm::ec(oid!(1.2.840.10045.4.3.1), &SHA_224, &[]),
    Algorithm::ec(oid!(1.2.840.10045.4.1), &SHA_1, &[]),
    Algorithm {
        oid: oid!(1.3.101.112),
        family: Family::Ed25519,
        digest: None,
        security: 128,
        tls: &[0x0807],
        verify: ecdsa::ed25519,
    },
    // No released crate verifies Ed448.
    Algorithm {
        oid: oid!(1.3.101.113),
        family: Family::Ed448,
        digest: None,
        security: 224,
        tls: &[0x0808],
        verify: |signed| signed.unsupported(),
    },
    Algorithm::dsa(oid!(1.2.840.10040.4.3), &SHA_1),
    Algorithm::dsa(oid!(2.16.840.1.101.3.4.3.1), &SHA_224),
    Algorithm::dsa(oid!(2.16.840.1.101.3.4.3.2), &SHA_256),
];

const RSASSA_PSS: Oid<'static> = oid!(1.2.840.113549.1.1.10);

/// A signature, its key and the signed data.
pub(super) struct Signed<'a> {
    key: KeyParts<'a>,
    oid: &'a [u8],
    digest: Option<&'static Digest>,
    /// The DER of the parameters in the AlgorithmIdentifier.
    parameters: Option<&'a [u8]>,
    message: &'a [u8],
    signature: &'a [u8],
}

impl Signed<'_> {
    fn unsupported(&self) -> SignatureCheck {
        let number = Oid::new(self.oid.into()).to_id_string();
        SignatureCheck::Unsupported(format!(
            "signature algorithm {number}, issuer key: {}",
            self.key.algorithm
        ))
    }
}

/// Verifies `signature` over `message` with the key in `spki`; `identifier` is the DER of the AlgorithmIdentifier.
pub(super) fn check(spki: &[u8], identifier: &[u8], message: &[u8], signature: &[u8]) -> SignatureCheck {
    let unsupported = |what: &str| SignatureCheck::Unsupported(what.to_owned());
    let Some(key) = KeyParts::of(spki) else { return unsupported("an unreadable key") };
    let Some((oid, parameters)) = oid_and_parameters(identifier) else {
        return unsupported("an unreadable signature algorithm");
    };
    let algorithm = find(oid);
    let digest = algorithm.and_then(|algorithm| algorithm.digest);
    let signed = Signed { key, oid, digest, parameters, message, signature };
    match can_sign(signed.key.algorithm, oid) {
        Some(false) => SignatureCheck::Invalid,
        _ => algorithm.map_or_else(|| signed.unsupported(), |algorithm| (algorithm.verify)(&signed)),
    }
}

/// Verifies a handshake signature with the TLS signature scheme `scheme` (RFC 8446 section 4.2.3).
pub(super) fn check_tls(spki: &[u8], scheme: u16, message: &[u8], signature: &[u8]) -> SignatureCheck {
    let algorithm = ALGORITHMS.iter().find(|algorithm| algorithm.tls.contains(&scheme));
    let (Some(algorithm), Some(key)) = (algorithm, KeyParts::of(spki)) else {
        return SignatureCheck::Unsupported(format!("TLS signature scheme {scheme:#06x}"));
    };
    let parameters = match scheme {
        0x0804 | 0x0809 => Some(PSS_SHA_256),
        0x0805 | 0x080a => Some(PSS_SHA_384),
        0x0806 | 0x080b => Some(PSS_SHA_512),
        _ => None,
    };
    let signed = Signed {
        key,
        oid: algorithm.oid.as_bytes(),
        digest: algorithm.digest,
        parameters: parameters.as_ref().map(<[u8; 54]>::as_slice),
        message,
        signature,
    };
    match algorithm.family.has(signed.key.algorithm) {
        true => (algorithm.verify)(&signed),
        false => SignatureCheck::Invalid,
    }
}

/// Returns the cost of verifying a signature, in microseconds, as measured with a release build; that of RSA is for the
/// largest exponent. The size of the message is not included.
pub(super) fn cost(spki: &[u8], identifier: &[u8]) -> usize {
    let digest = oid_and_parameters(identifier).and_then(|(oid, _)| find(oid)?.digest);
    let Some(key) = KeyParts::of(spki) else { return 1 };
    let is_fast = digest.is_some_and(|digest| ecdsa::is_fast(&key, digest));
    match key.algorithm {
        KeyAlgorithm::Rsa { bits } | KeyAlgorithm::RsaPss { bits } if bits <= 16_384 => {
            1 + bits * bits / 28_000
        }
        KeyAlgorithm::Ed25519 => 60,
        KeyAlgorithm::EcP256 => {
            if is_fast {
                60
            } else {
                330
            }
        }
        KeyAlgorithm::EcP384 => {
            // The time of ring: the budget does not depend on the processor.
            if is_fast { 750 } else { 1250 }
        }
        KeyAlgorithm::EcP521 => 1300,
        KeyAlgorithm::EcSecp256k1 => 130,
        KeyAlgorithm::EcBrainpoolP256r1 => 520,
        KeyAlgorithm::EcBrainpoolP384r1 => 1450,
        _ => 1,
    }
}

/// The TLS signature schemes (RFC 8446 section 4.2.3) of the table, the most preferred first, and whether their keys are
/// RSA keys.
pub const TLS_SCHEMES: [(u16, bool); 14] = [
    (0x0503, false),
    (0x0403, false),
    (0x0807, false),
    (0x0603, false),
    (0x0808, false),
    (0x0806, true),
    (0x0805, true),
    (0x0804, true),
    (0x0601, true),
    (0x0501, true),
    (0x0401, true),
    (0x080b, true),
    (0x080a, true),
    (0x0809, true),
];

/// The parameters of RSASSA-PSS with SHA-256, SHA-384 and SHA-512: a salt as long as the digest (RFC 8446 section
/// 4.2.3).
const PSS_SHA_256: [u8; 54] = pss_parameters(1, 32);
const PSS_SHA_384: [u8; 54] = pss_parameters(2, 48);
const PSS_SHA_512: [u8; 54] = pss_parameters(3, 64);

/// The DER of RSASSA-PSS-params (RFC 4055 section 3.1) for the digest with the last arc `arc` below 2.16.840.1.101.3.4.2
/// and a salt of `salt` octets.
const fn pss_parameters(arc: u8, salt: u8) -> [u8; 54] {
    [
        0x30, 0x34, 0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, arc,
        0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08,
        0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, arc, 0x05, 0x00, 0xa2, 0x03,
        0x02, 0x01, salt,
    ]
}

/// Whether clients can read this key: the key has the form that its algorithm requires, and a point is on its curve.
pub(super) fn is_readable(spki: &[u8]) -> bool {
    KeyParts::of(spki).is_some_and(|key| match key.algorithm {
        KeyAlgorithm::Other => false,
        KeyAlgorithm::RsaPss { .. } => rsa::has_readable_parameters(key.parameters),
        _ => ecdsa::is_on_curve(&key),
    })
}

/// Whether a key of this algorithm can make signatures with the algorithm `oid`; `None` if `oid` is unknown.
///
/// A key of another family cannot have made a signature, so verification is not attempted.
pub(super) fn can_sign(key: KeyAlgorithm, oid: &[u8]) -> Option<bool> {
    match find(oid) {
        Some(algorithm) => Some(algorithm.family.has(key)),
        // Unknown algorithms in the arcs of RSA and ECDSA.
        None if oid.starts_with(&RSA_ARC) => Some(Family::RsaPss.has(key)).filter(|has| !has),
        None if oid.starts_with(&EC_ARC) => Some(Family::Ec.has(key)).filter(|has| !has),
        None => None,
    }
}

/// PKCS #1 and ANSI X9.62 signatures.
const RSA_ARC: [u8; 8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
const EC_ARC: [u8; 6] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04];

fn find(oid: &[u8]) -> Option<&'static Algorithm> {
    ALGORITHMS.iter().find(|algorithm| algorithm.oid.as_bytes() == oid)
}

/// The strength of a signature algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strength {
    /// The security in bits, as OpenSSL counts it (X509_get_signature_info).
    pub security: u16,
    /// The name of the digest, if known.
    pub digest: Option<&'static str>,
}

/// Returns the strength of the algorithm in a signature's AlgorithmIdentifier; `None` for an unknown algorithm.
pub(super) fn strength(identifier: &[u8]) -> Option<Strength> {
    let (oid, parameters) = oid_and_parameters(identifier)?;
    let algorithm = find(oid)?;
    let digest = match algorithm.oid == RSASSA_PSS {
        true => Some(rsa::pss_digest(parameters)?),
        false => algorithm.digest,
    };
    let security = digest.map_or(algorithm.security, |digest| digest.security);
    Some(Strength { security, digest: digest.map(|digest| digest.name) })
}

/// Splits an AlgorithmIdentifier into the content of the OID and the DER of the parameters.
pub(super) fn oid_and_parameters(identifier: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let sequence = Reader::new(identifier).sequence("").ok()?;
    let mut fields = sequence.inside(identifier);
    let oid = fields.object_identifier("").ok()?;
    let parameters = fields.any("").ok().map(|parameters| parameters.octets(identifier));
    Some((oid.content_octets(identifier), parameters))
}

#[cfg(test)]
mod tests {
    use super::{ALGORITHMS, Family, TLS_SCHEMES};

    #[test]
    fn every_tls_scheme_of_the_table_is_offered_and_no_other() {
        let is_rsa = |family| matches!(family, Family::Rsa | Family::RsaPss);
        let of = |algorithm: &super::Algorithm| {
            algorithm.tls.iter().map(|scheme| (*scheme, is_rsa(algorithm.family))).collect::<Vec<_>>()
        };
        let mut of_table: Vec<(u16, bool)> = ALGORITHMS.iter().flat_map(of).collect();
        let mut offered = TLS_SCHEMES.to_vec();
        of_table.sort_unstable();
        offered.sort_unstable();
        assert_eq!(offered, of_table);
    }
}
