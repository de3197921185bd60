//! ECDSA and EdDSA signatures: RFC 5758 section 3.2 and RFC 8410.

use ecdsa::elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use ecdsa::elliptic_curve::{AffinePoint, CurveArithmetic, FieldBytesSize};
use ecdsa::signature::hazmat::PrehashVerifier;
use ecdsa::{EcdsaCurve, Signature, VerifyingKey};
use ring::signature::{self as ring_signature, UnparsedPublicKey, VerificationAlgorithm};

use super::digest::{Digest, SHA_256, SHA_384};
use super::{SignatureCheck, Signed};
use crate::x509::der::Reader;
use crate::x509::spki::{KeyAlgorithm, KeyParts};

/// Verifies an ECDSA signature.
pub(super) fn ecdsa(signed: &Signed<'_>) -> SignatureCheck {
    let (key, Some(digest)) = (&signed.key, signed.digest) else { return signed.unsupported() };
    if let Some(check) = p384_by_graviola(signed, digest) {
        return check;
    }
    let by_ring: Option<&dyn VerificationAlgorithm> = match key.algorithm {
        _ if !is_fast(key, digest) => None,
        KeyAlgorithm::EcP256 if digest.oid == SHA_256.oid => Some(&ring_signature::ECDSA_P256_SHA256_ASN1),
        KeyAlgorithm::EcP256 if digest.oid == SHA_384.oid => Some(&ring_signature::ECDSA_P256_SHA384_ASN1),
        KeyAlgorithm::EcP384 if digest.oid == SHA_256.oid => Some(&ring_signature::ECDSA_P384_SHA256_ASN1),
        KeyAlgorithm::EcP384 if digest.oid == SHA_384.oid => Some(&ring_signature::ECDSA_P384_SHA384_ASN1),
        _ => None,
    };
    if let Some(algorithm) = by_ring {
        return UnparsedPublicKey::new(algorithm, key.key).verify(signed.message, signed.signature).into();
    }
    match key.algorithm {
        KeyAlgorithm::EcP256 => on_curve::<p256::NistP256>(signed),
        KeyAlgorithm::EcP384 => on_curve::<p384::NistP384>(signed),
        KeyAlgorithm::EcP521 => on_curve::<p521::NistP521>(signed),
        KeyAlgorithm::EcSecp256k1 => on_curve::<k256::Secp256k1>(signed),
        KeyAlgorithm::EcBrainpoolP256r1 => on_curve::<bp256::BrainpoolP256r1>(signed),
        KeyAlgorithm::EcBrainpoolP384r1 => on_curve::<bp384::BrainpoolP384r1>(signed),
        _ => signed.unsupported(),
    }
}

/// Whether ring (or graviola, on P-384) verifies signatures with this key and digest. It is faster, but reads only
/// uncompressed points.
pub(super) fn is_fast(key: &KeyParts<'_>, digest: &Digest) -> bool {
    let is_curve = matches!(key.algorithm, KeyAlgorithm::EcP256 | KeyAlgorithm::EcP384);
    let is_digest = digest.oid == SHA_256.oid || digest.oid == SHA_384.oid;
    is_curve && is_digest && key.key.first() == Some(&4)
}

/// Verifies a signature on P-384 with graviola, in half the time of ring; `None` for another key or digest, a signature
/// or a point of another form, or a processor that graviola does not support. Not inlined, for the reason of `on_curve`.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
#[inline(never)]
fn p384_by_graviola(signed: &Signed<'_>, digest: &Digest) -> Option<SignatureCheck> {
    use graviola::hashing::{Sha256, Sha384};
    use graviola::signing::ecdsa::{P384, VerifyingKey};
    let is_p384 = signed.key.algorithm == KeyAlgorithm::EcP384 && is_fast(&signed.key, digest);
    if !is_p384 || !graviola::util::is_cpu_supported() {
        return None;
    }
    let key = VerifyingKey::<P384>::from_x962_uncompressed(signed.key.key).ok()?;
    let both = scalars(signed.signature, 48)?;
    let verified = match digest.oid == SHA_256.oid {
        true => key.verify::<Sha256>(&[signed.message], &both),
        false => key.verify::<Sha384>(&[signed.message], &both),
    };
    Some(verified.into())
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn p384_by_graviola(_: &Signed<'_>, _: &Digest) -> Option<SignatureCheck> {
    None
}

/// Verifies a signature in pure Rust. Inlined, it would add 300 KB to `ecdsa`, which every signature loads.
#[inline(never)]
fn on_curve<C>(signed: &Signed<'_>) -> SignatureCheck
where
    C: EcdsaCurve + CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let Some(digest) = signed.digest.and_then(|digest| digest.compute) else { return signed.unsupported() };
    let Ok(key) = VerifyingKey::<C>::from_sec1_bytes(signed.key.key) else {
        return match signed.key.key.first() {
            // A compressed or uncompressed point that is not on the curve.
            Some(2..=4) => SignatureCheck::Invalid,
            _ => signed.unsupported(),
        };
    };
    let field = ecdsa::elliptic_curve::FieldBytes::<C>::default().len();
    let scalars = scalars(signed.signature, field).and_then(|both| Signature::<C>::from_slice(&both).ok());
    // Some crates accept only the lower of the two values of s, which verify alike.
    let verified =
        scalars.map(|signature| key.verify_prehash(&digest(signed.message), &signature.normalize_s()));
    match verified {
        Some(Ok(())) => SignatureCheck::Valid,
        _ => SignatureCheck::Invalid,
    }
}

/// Whether the point of a key is on its curve; true for keys without a point and for curves that are not supported.
pub(super) fn is_on_curve(key: &KeyParts<'_>) -> bool {
    fn is_point<C>(key: &[u8]) -> bool
    where
        C: EcdsaCurve + CurveArithmetic,
        AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
        FieldBytesSize<C>: ModulusSize,
    {
        // The hybrid form is the uncompressed one with the parity of y in its first octet.
        let (key, is_hybrid) = match key {
            [first @ (6 | 7), rest @ ..] if rest.last().is_some_and(|y| y & 1 == first & 1) => {
                ([&[4], rest].concat(), true)
            }
            key => (key.to_vec(), false),
        };
        is_hybrid | matches!(key.first(), Some(2..=4)) && VerifyingKey::<C>::from_sec1_bytes(&key).is_ok()
    }
    match key.algorithm {
        KeyAlgorithm::EcP256 => is_point::<p256::NistP256>(key.key),
        KeyAlgorithm::EcP384 => is_point::<p384::NistP384>(key.key),
        KeyAlgorithm::EcP521 => is_point::<p521::NistP521>(key.key),
        KeyAlgorithm::EcSecp256k1 => is_point::<k256::Secp256k1>(key.key),
        KeyAlgorithm::EcBrainpoolP256r1 => is_point::<bp256::BrainpoolP256r1>(key.key),
        KeyAlgorithm::EcBrainpoolP384r1 => is_point::<bp384::BrainpoolP384r1>(key.key),
        _ => true,
    }
}

/// Converts an ECDSA-Sig-Value (RFC 3279 section 2.2.3) to `r` and `s` of `octets` octets each.
fn scalars(signature: &[u8], octets: usize) -> Option<Vec<u8>> {
    let outer = Reader::new(signature).sequence("").ok()?;
    let mut fields = outer.inside(signature);
    let [r, s] = [fields.integer("").ok()?, fields.integer("").ok()?];
    fields.end("").ok()?;
    let mut both = Vec::with_capacity(2 * octets);
    for number in [r, s] {
        let number = match number.content_octets(signature) {
            // A leading zero only where the next octet would make the number negative: X.690 section 8.3.2.
            [0, rest @ ..] if rest.first().is_some_and(|first| *first >= 0x80) => rest,
            number if number.first().is_some_and(|first| (1..0x80).contains(first)) => number,
            _ => return None,
        };
        both.resize(both.len() + octets.checked_sub(number.len())?, 0);
        both.extend_from_slice(number);
    }
    (outer.all.end == signature.len()).then_some(both)
}

/// Verifies an Ed25519 signature.
pub(super) fn ed25519(signed: &Signed<'_>) -> SignatureCheck {
    UnparsedPublicKey::new(&ring_signature::ED25519, signed.key.key)
        .verify(signed.message, signed.signature)
        .into()
}
