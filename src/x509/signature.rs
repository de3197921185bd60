//! Verifies signatures: RFC 5280 section 4.1.1.3, with the algorithms of RFC 3279, 4055, 5758 and 8410.

use ring::signature as ring_signature;
use ring::signature::{RsaParameters, VerificationAlgorithm};
use x509_parser::asn1_rs::{Any, FromDer};
use x509_parser::asn1_rs::{Oid, oid};
use x509_parser::oid_registry::{
    OID_NIST_HASH_SHA256, OID_NIST_HASH_SHA384, OID_NIST_HASH_SHA512, OID_PKCS1_MD5WITHRSAENC,
    OID_PKCS1_RSASSAPSS, OID_PKCS1_SHA1WITHRSA, OID_PKCS1_SHA256WITHRSA, OID_PKCS1_SHA384WITHRSA,
    OID_PKCS1_SHA512WITHRSA, OID_SHA1_WITH_RSA, OID_SIG_ECDSA_WITH_SHA256, OID_SIG_ECDSA_WITH_SHA384,
    OID_SIG_ED25519,
};
use x509_parser::signature_algorithm::RsaSsaPssParams;

use super::der::Reader;
use super::spki::{KeyAlgorithm, KeyParts, RsaNumbers};

const MD2_WITH_RSA: Oid<'static> = oid!(1.2.840.113549.1.1.2);
const ECDSA_WITH_SHA1: Oid<'static> = oid!(1.2.840.10045.4.1);
const DSA_WITH_SHA1: Oid<'static> = oid!(1.2.840.10040.4.3);

/// The result of verifying a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureCheck {
    /// The signature was made with this key.
    Valid,
    /// The signature was made with another key, or the signed data was changed.
    Invalid,
    /// The verifier does not support this signature algorithm or key type; contains a description.
    Unsupported(String),
}

/// Whether clients still accept the digest algorithm of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestStrength {
    /// SHA-2 or better, or an unknown digest.
    Accepted,
    /// MD2, MD5 or SHA-1; contains the name.
    Weak(&'static str),
}

/// Returns the strength of the digest algorithm in a signature's AlgorithmIdentifier.
pub(super) fn digest_strength(identifier: &[u8]) -> DigestStrength {
    let Some((oid, _)) = oid_and_parameters(identifier) else { return DigestStrength::Accepted };
    let weak = [
        (MD2_WITH_RSA, "MD2"),
        (OID_PKCS1_MD5WITHRSAENC, "MD5"),
        (OID_PKCS1_SHA1WITHRSA, "SHA-1"),
        (OID_SHA1_WITH_RSA, "SHA-1"),
        (ECDSA_WITH_SHA1, "SHA-1"),
        (DSA_WITH_SHA1, "SHA-1"),
    ];
    let found = weak.iter().find(|(weak, _)| weak.as_bytes() == oid);
    found.map_or(DigestStrength::Accepted, |(_, name)| DigestStrength::Weak(name))
}

/// Verifies `signature` over `message` with the key in `spki`; `identifier` is the content of the AlgorithmIdentifier.
pub(super) fn check_message(
    spki: &[u8],
    identifier: &[u8],
    message: &[u8],
    signature: &[u8],
) -> SignatureCheck {
    match u8::try_from(identifier.len()) {
        Ok(length @ 0..=0x7f) => {
            let identifier = [&[0x30, length], identifier].concat();
            check(spki, &identifier, message, signature)
        }
        _ => {
            SignatureCheck::Unsupported("a signature algorithm identifier longer than 127 octets".to_owned())
        }
    }
}

/// Verifies `signature` over `message` with the key in `spki`; `identifier` is the DER of the AlgorithmIdentifier.
pub(super) fn check(spki: &[u8], identifier: &[u8], message: &[u8], signature: &[u8]) -> SignatureCheck {
    let Some(issuer) = KeyParts::of(spki) else {
        return SignatureCheck::Unsupported("an unreadable key".to_owned());
    };
    let verified = match choose(&issuer, identifier) {
        Choice::Use(algorithm) => {
            ring_signature::UnparsedPublicKey::new(algorithm, issuer.key).verify(message, signature)
        }
        Choice::Rsa(algorithm, RsaNumbers { modulus: n, exponent: e, .. }) => {
            ring_signature::RsaPublicKeyComponents { n, e }.verify(algorithm, message, signature)
        }
        Choice::Mismatch => return SignatureCheck::Invalid,
        Choice::Lacking(what) => return SignatureCheck::Unsupported(what),
    };
    verified.map_or(SignatureCheck::Invalid, |()| SignatureCheck::Valid)
}

enum Choice<'a> {
    Use(&'static dyn VerificationAlgorithm),
    /// ring parses RSA keys only in strict DER, but keys in other encodings are in use. Therefore, ring receives the
    /// modulus and the exponent.
    Rsa(&'static RsaParameters, RsaNumbers<'a>),
    /// A key of this type cannot make a signature with this algorithm.
    Mismatch,
    /// The verifier does not support this signature algorithm or key type.
    Lacking(String),
}

fn choose<'a>(issuer: &KeyParts<'a>, identifier: &[u8]) -> Choice<'a> {
    let Some((oid, parameters)) = oid_and_parameters(identifier) else {
        return Choice::Lacking("an unreadable signature algorithm".to_owned());
    };
    let number = Oid::new(oid.into()).to_id_string();
    let lacking =
        || Choice::Lacking(format!("signature algorithm {number}, issuer key: {}", issuer.algorithm));
    // RSA, ECDSA and Ed25519 signatures each need a key of the same type. A key of another type, or an unreadable key,
    // cannot have made the signature, so verification is not attempted.
    let fits = match issuer.algorithm {
        KeyAlgorithm::Rsa { .. } | KeyAlgorithm::RsaPss { .. } => !is_ecdsa(oid) && !is_ed25519(oid),
        KeyAlgorithm::EcP256 | KeyAlgorithm::EcP384 | KeyAlgorithm::EcP521 | KeyAlgorithm::EcOther => {
            !is_rsa(oid) && !is_ed25519(oid)
        }
        KeyAlgorithm::Ed25519 => is_ed25519(oid),
        _ => !is_rsa(oid) && !is_ecdsa(oid) && !is_ed25519(oid),
    };
    if !fits {
        return Choice::Mismatch;
    }
    let ecdsa = |sha_256, sha_384| match oid {
        // ring supports only uncompressed points.
        _ if issuer.key.first() != Some(&4) => lacking(),
        oid if oid == OID_SIG_ECDSA_WITH_SHA256.as_bytes() => Choice::Use(sha_256),
        oid if oid == OID_SIG_ECDSA_WITH_SHA384.as_bytes() => Choice::Use(sha_384),
        _ => lacking(),
    };
    match issuer.algorithm {
        KeyAlgorithm::Rsa { bits } | KeyAlgorithm::RsaPss { bits } => {
            let Some(numbers) = RsaNumbers::of(issuer.key) else { return Choice::Mismatch };
            match exponent_use(numbers.exponent) {
                Exponent::Impossible => Choice::Mismatch,
                Exponent::Usable => rsa(oid, parameters, bits)
                    .map_or_else(lacking, |algorithm| Choice::Rsa(algorithm, numbers)),
                Exponent::Large => lacking(),
            }
        }
        KeyAlgorithm::EcP256 => {
            ecdsa(&ring_signature::ECDSA_P256_SHA256_ASN1, &ring_signature::ECDSA_P256_SHA384_ASN1)
        }
        KeyAlgorithm::EcP384 => {
            ecdsa(&ring_signature::ECDSA_P384_SHA256_ASN1, &ring_signature::ECDSA_P384_SHA384_ASN1)
        }
        KeyAlgorithm::Ed25519 => Choice::Use(&ring_signature::ED25519),
        _ => lacking(),
    }
}

fn rsa(oid: &[u8], parameters: Option<&[u8]>, bits: usize) -> Option<&'static RsaParameters> {
    let in_range = |smallest: usize| (smallest..=8192).contains(&bits);
    if oid == OID_PKCS1_SHA256WITHRSA.as_bytes() && in_range(1024) {
        Some(&ring_signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY)
    } else if oid == OID_PKCS1_SHA384WITHRSA.as_bytes() && in_range(2048) {
        Some(&ring_signature::RSA_PKCS1_2048_8192_SHA384)
    } else if oid == OID_PKCS1_SHA512WITHRSA.as_bytes() && in_range(1024) {
        Some(&ring_signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY)
    } else if (oid == OID_PKCS1_SHA1WITHRSA.as_bytes() || oid == OID_SHA1_WITH_RSA.as_bytes())
        && in_range(1024)
    {
        Some(&ring_signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY)
    } else if oid == OID_PKCS1_RSASSAPSS.as_bytes() && in_range(2048) {
        pss(parameters?)
    } else {
        None
    }
}

/// Selects the RSASSA-PSS algorithm. ring supports the combinations of RFC 8446 section 4.2.3: the same digest for
/// message and mask, and a salt as long as the digest.
fn pss(parameters: &[u8]) -> Option<&'static RsaParameters> {
    let (_, parameters) = Any::from_der(parameters).ok()?;
    let parameters = RsaSsaPssParams::try_from(&parameters).ok()?;
    let digest = parameters.hash_algorithm_oid();
    let mask = parameters.mask_gen_algorithm().ok()?;
    if mask.hash != *digest || parameters.trailer_field() != 1 {
        return None;
    }
    match parameters.salt_length() {
        32 if *digest == OID_NIST_HASH_SHA256 => Some(&ring_signature::RSA_PSS_2048_8192_SHA256),
        48 if *digest == OID_NIST_HASH_SHA384 => Some(&ring_signature::RSA_PSS_2048_8192_SHA384),
        64 if *digest == OID_NIST_HASH_SHA512 => Some(&ring_signature::RSA_PSS_2048_8192_SHA512),
        _ => None,
    }
}

/// Whether ring can verify with an RSA public exponent.
enum Exponent {
    /// Not a valid public exponent: even, or smaller than 3.
    Impossible,
    /// Supported by ring.
    Usable,
    /// Not supported by ring: 2^33 or larger.
    Large,
}

fn exponent_use(octets: &[u8]) -> Exponent {
    let value =
        octets.iter().try_fold(0_u64, |value, octet| Some(value.checked_mul(256)? + u64::from(*octet)));
    match value {
        _ if octets.last().is_none_or(|octet| octet % 2 == 0) => Exponent::Impossible,
        Some(0..3) => Exponent::Impossible,
        Some(value) if value < 1 << 33 => Exponent::Usable,
        _ => Exponent::Large,
    }
}

/// Whether `oid` is an RSA signature algorithm: in the PKCS #1 arc, or the second OID of SHA-1 with RSA.
fn is_rsa(oid: &[u8]) -> bool {
    shares_arc(oid, &OID_PKCS1_RSASSAPSS) || oid == OID_SHA1_WITH_RSA.as_bytes()
}

fn is_ecdsa(oid: &[u8]) -> bool {
    // The OIDs of the other ECDSA algorithms are below the parent arc of ecdsa-with-SHA1.
    shares_arc(oid, &ECDSA_WITH_SHA1)
}

fn is_ed25519(oid: &[u8]) -> bool {
    oid == OID_SIG_ED25519.as_bytes()
}

fn shares_arc(oid: &[u8], other: &Oid<'_>) -> bool {
    other.as_bytes().split_last().is_some_and(|(_, arc)| oid.starts_with(arc))
}

/// Splits an AlgorithmIdentifier into the content of the OID and the DER of the parameters.
fn oid_and_parameters(identifier: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let sequence = Reader::new(identifier).sequence("").ok()?;
    let mut fields = sequence.inside(identifier);
    let oid = fields.object_identifier("").ok()?;
    let parameters = fields.any("").ok().map(|parameters| parameters.octets(identifier));
    Some((oid.content_octets(identifier), parameters))
}
