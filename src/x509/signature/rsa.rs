//! RSA signatures with PKCS #1 v1.5 padding (RFC 8017 section 8.2) and RSASSA-PSS (section 8.1, RFC 4055).

use ::rsa::{BoxedUint, Pkcs1v15Sign, PublicKey, pss::Pss, traits::SignatureScheme};
use ring::signature::{self as ring_signature, RsaParameters, RsaPublicKeyComponents};
use sha2::{Sha224, Sha256, Sha384, Sha512};

use super::digest::{Digest, SHA_1, SHA_224, SHA_256, SHA_384, SHA_512};
use super::{SignatureCheck, Signed, oid_and_parameters};
use crate::x509::der::{Element, Reader};
use crate::x509::spki::{KeyAlgorithm, RsaNumbers};
use crate::x509::strict::{is_algorithm, is_well_formed};

/// The largest modulus that OpenSSL and this program use, in bits; it bounds the time of a check.
const MOST_BITS: usize = 16_384;

/// Verifies a PKCS #1 v1.5 signature. A key under id-RSASSA-PSS makes no such signature (RFC 4055 section 1.2).
pub(super) fn pkcs1(signed: &Signed<'_>) -> SignatureCheck {
    let KeyAlgorithm::Rsa { bits } = signed.key.algorithm else { return SignatureCheck::Invalid };
    let (Some(digest), Ok(numbers)) = (signed.digest, numbers(signed)) else { return cannot(signed) };
    let by_ring = match () {
        () if digest.oid == SHA_256.oid => Some(&ring_signature::RSA_PKCS1_2048_8192_SHA256),
        () if digest.oid == SHA_384.oid => Some(&ring_signature::RSA_PKCS1_2048_8192_SHA384),
        () if digest.oid == SHA_512.oid => Some(&ring_signature::RSA_PKCS1_2048_8192_SHA512),
        () => None,
    };
    if let Some(parameters) = by_ring.filter(|_| (2048..=8192).contains(&bits)) {
        return fast(signed, &numbers, parameters);
    }
    let Some(compute) = digest.compute else { return signed.unsupported() };
    let octets = compute(signed.message);
    slow(
        signed,
        &numbers,
        Pkcs1v15Sign { hash_len: Some(octets.len()), prefix: digest.prefix.into() },
        &octets,
    )
}

/// Verifies an RSASSA-PSS signature.
pub(super) fn pss(signed: &Signed<'_>) -> SignatureCheck {
    let (KeyAlgorithm::Rsa { bits } | KeyAlgorithm::RsaPss { bits }) = signed.key.algorithm else {
        return SignatureCheck::Invalid;
    };
    let Some(chosen) = signed.parameters.and_then(Parameters::read) else { return signed.unsupported() };
    // The parameters of a key limit those of its signatures (RFC 4055 section 3.3).
    if let (KeyAlgorithm::RsaPss { .. }, Some(of_key)) = (signed.key.algorithm, signed.key.parameters) {
        match Parameters::read(of_key) {
            Some(of_key) if chosen.is_within(&of_key) => {}
            Some(_) => return SignatureCheck::Invalid,
            None => return signed.unsupported(),
        }
    }
    let Ok(numbers) = numbers(signed) else { return cannot(signed) };
    let by_ring = match chosen.salt {
        32 if chosen.digest.oid == SHA_256.oid => Some(&ring_signature::RSA_PSS_2048_8192_SHA256),
        48 if chosen.digest.oid == SHA_384.oid => Some(&ring_signature::RSA_PSS_2048_8192_SHA384),
        64 if chosen.digest.oid == SHA_512.oid => Some(&ring_signature::RSA_PSS_2048_8192_SHA512),
        _ => None,
    };
    if let Some(parameters) = by_ring.filter(|_| (2048..=8192).contains(&bits)) {
        return fast(signed, &numbers, parameters);
    }
    let Some(compute) = chosen.digest.compute else { return signed.unsupported() };
    let octets = compute(signed.message);
    match () {
        () if chosen.digest.oid == SHA_224.oid => {
            slow(signed, &numbers, Pss::<Sha224>::new_with_salt(chosen.salt), &octets)
        }
        () if chosen.digest.oid == SHA_256.oid => {
            slow(signed, &numbers, Pss::<Sha256>::new_with_salt(chosen.salt), &octets)
        }
        () if chosen.digest.oid == SHA_384.oid => {
            slow(signed, &numbers, Pss::<Sha384>::new_with_salt(chosen.salt), &octets)
        }
        () if chosen.digest.oid == SHA_512.oid => {
            slow(signed, &numbers, Pss::<Sha512>::new_with_salt(chosen.salt), &octets)
        }
        () => signed.unsupported(),
    }
}

/// Whether this program can read the parameters of a key under id-RSASSA-PSS.
pub(super) fn has_readable_parameters(parameters: Option<&[u8]>) -> bool {
    parameters.is_none_or(|parameters| Parameters::read(parameters).is_some())
}

/// Returns the digest of an RSASSA-PSS signature with these parameters.
pub(super) fn pss_digest(parameters: Option<&[u8]>) -> Option<&'static Digest> {
    Parameters::read(parameters?).map(|parameters| parameters.digest)
}

/// The parameters of RSASSA-PSS (RFC 4055 section 3.1), with the same digest for message and mask.
struct Parameters {
    digest: &'static Digest,
    /// The length of the salt in octets.
    salt: usize,
}

impl Parameters {
    /// Reads the parameters; `None` if they cannot be read or if this program does not support them.
    fn read(der: &[u8]) -> Option<Self> {
        const MGF1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08];
        let outer = Reader::new(der).sequence("").ok()?;
        let mut fields = outer.inside(der);
        let [hash, mask, salt, trailer] = [0, 1, 2, 3].map(|tag| fields.optional_context(tag));
        let is_whole = outer.all.end == der.len() && fields.is_empty() && is_well_formed(der);
        let inside = |tagged: &Element| {
            let mut reader = tagged.inside(der);
            reader.any("").ok().filter(|_| reader.is_empty())
        };
        let algorithm = |tagged: Element| {
            let element = inside(&tagged).filter(|element| is_algorithm(der, element))?;
            oid_and_parameters(element.octets(der))
        };
        let digest = |oid: &[u8]| {
            let of = |digest: &&&Digest| digest.oid.as_bytes() == oid;
            [&SHA_1, &SHA_224, &SHA_256, &SHA_384, &SHA_512].iter().find(of).copied()
        };
        let number = |tagged: Element| {
            let element = inside(&tagged).filter(|element| element.identifier() == 2)?;
            let octets = element.content_octets(der);
            (octets.len() <= 4 && octets.first() < Some(&0x80))
                .then(|| octets.iter().fold(0, |number, octet| number << 8 | usize::from(*octet)))
        };
        let hash = hash.ok()?.map_or(Some(&SHA_1), |tagged| digest(algorithm(tagged)?.0))?;
        let mask = mask.ok()?.map_or(Some(&SHA_1), |tagged| {
            let (oid, parameters) = algorithm(tagged)?;
            let (hash, _) = oid_and_parameters(parameters.filter(|_| oid == MGF1)?)?;
            digest(hash)
        })?;
        let salt = salt.ok()?.map_or(Some(20), number)?;
        let trailer = trailer.ok()?.map_or(Some(1), number)?;
        let is_supported = is_whole && mask.oid == hash.oid && trailer == 1;
        is_supported.then_some(Self { digest: hash, salt })
    }

    fn is_within(&self, of_key: &Self) -> bool {
        self.digest.oid == of_key.digest.oid && self.salt >= of_key.salt
    }
}

/// Returns modulus and exponent.
///
/// Errors: `Invalid` if no signature verifies with this key, `Unsupported` if this program does not use such a key.
fn numbers<'a>(signed: &Signed<'a>) -> Result<RsaNumbers<'a>, SignatureCheck> {
    let numbers = RsaNumbers::of(signed.key.key).ok_or(SignatureCheck::Invalid)?;
    let exponent = numbers
        .exponent
        .iter()
        .try_fold(0_u64, |value, octet| Some(value.checked_mul(256)? + u64::from(*octet)));
    match exponent {
        // Even, or smaller than 3: not the exponent of an RSA key.
        _ if numbers.exponent.last().is_none_or(|octet| octet % 2 == 0) => Err(SignatureCheck::Invalid),
        Some(0..3) => Err(SignatureCheck::Invalid),
        Some(value) if value < 1 << 33 => Ok(numbers),
        _ => Err(signed.unsupported()),
    }
}

/// Returns why [`numbers`] fails, or that the algorithm is unsupported.
fn cannot(signed: &Signed<'_>) -> SignatureCheck {
    numbers(signed).err().unwrap_or_else(|| signed.unsupported())
}

/// Verifies with ring, which supports moduli of 2048 to 8192 bits. ring parses only strict DER, but RSA keys in other
/// encodings are in use, so ring is given modulus and exponent.
fn fast(signed: &Signed<'_>, numbers: &RsaNumbers<'_>, parameters: &'static RsaParameters) -> SignatureCheck {
    let RsaNumbers { modulus: n, exponent: e, .. } = numbers;
    RsaPublicKeyComponents { n, e }.verify(parameters, signed.message, signed.signature).into()
}

/// Verifies with the `rsa` crate, which supports all sizes.
fn slow(
    signed: &Signed<'_>,
    numbers: &RsaNumbers<'_>,
    scheme: impl SignatureScheme,
    digest: &[u8],
) -> SignatureCheck {
    let [n, e] = [numbers.modulus, numbers.exponent].map(BoxedUint::from_be_slice_vartime);
    match PublicKey::new_with_size_limits(n, e, 1..=MOST_BITS) {
        Ok(key) => key.verify(scheme, digest, signed.signature).into(),
        Err(::rsa::Error::ModulusTooLarge) => signed.unsupported(),
        Err(_) => SignatureCheck::Invalid,
    }
}
