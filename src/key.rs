//! Checks that the parts of a private key match, computes its SubjectPublicKeyInfo, and wipes the private key from
//! memory: RFC 5208, 5915, 5958, 8017, 8410.

use std::fmt;

use crypto_bigint::{BoxedUint, ConcatenatingMul, NonZero};
use ed25519_dalek::SigningKey;
use p256::elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use p256::elliptic_curve::{self, AffinePoint, CurveArithmetic, FieldBytesSize, SecretKey};
use pkcs1::{RsaPrivateKeyRef, RsaPublicKeyRef, UintRef};
use pkcs8::der::asn1::{AnyRef, BitStringRef, OctetStringRef};
use pkcs8::der::{self, Decode, Encode};
use pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use pkcs8::{ObjectIdentifier, PrivateKeyInfoRef};
use sec1::EcPrivateKey;
use zeroize::Zeroizing;

use crate::x509::{PublicKey, rsa_numbers};

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// Maximum size of an RSA integer in bits; OpenSSL has the same limit for the modulus.
const LARGEST_RSA: usize = 16_384;

/// The container format of a private key, as named by the PEM label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// `PRIVATE KEY`: PKCS #8 (RFC 5208, RFC 5958).
    Pkcs8,
    /// `RSA PRIVATE KEY`: PKCS #1 (RFC 8017 appendix A.1.2).
    Pkcs1,
    /// `EC PRIVATE KEY`: SEC 1 (RFC 5915).
    Sec1,
}

impl Container {
    /// Returns the container format for a PEM label.
    ///
    /// Errors: an encrypted private key, an unsupported container format.
    pub fn of_label(label: &str) -> Result<Self, KeyError> {
        match label {
            "PRIVATE KEY" => Ok(Self::Pkcs8),
            "RSA PRIVATE KEY" => Ok(Self::Pkcs1),
            "EC PRIVATE KEY" => Ok(Self::Sec1),
            "ENCRYPTED PRIVATE KEY" => Err(KeyError::Encrypted),
            "OPENSSH PRIVATE KEY" => Err(KeyError::OpenSsh),
            _ => Err(KeyError::Unsupported),
        }
    }
}

/// Returns the public key of a private key.
///
/// Errors: the key is not in this container format, has an unsupported algorithm, or has parts that do not match.
pub fn public_key(container: Container, der: &[u8]) -> Result<PublicKey, KeyError> {
    let spki = match container {
        Container::Pkcs8 => from_pkcs8(der)?,
        Container::Pkcs1 => from_pkcs1(der)?,
        Container::Sec1 => from_sec1(der, None)?,
    };
    PublicKey::from_spki(spki).map_err(|_| KeyError::Unreadable)
}

/// Returns the public key of a private key in DER; tries all container formats.
///
/// Errors: as [`public_key`].
pub fn public_key_from_der(der: &[u8]) -> Result<PublicKey, KeyError> {
    let mut last = KeyError::Unreadable;
    for container in [Container::Pkcs8, Container::Pkcs1, Container::Sec1] {
        match public_key(container, der) {
            Err(KeyError::Unreadable) => {}
            Err(error) => last = error,
            key => return key,
        }
    }
    Err(last)
}

/// Returns the SubjectPublicKeyInfo of an RSAPublicKey, with the NULL parameters of RFC 3279 section 2.3.1.
///
/// Errors: not an RSAPublicKey.
pub fn public_key_from_pkcs1(der: &[u8]) -> Result<PublicKey, KeyError> {
    RsaPublicKeyRef::from_der(der)?;
    PublicKey::from_spki(spki(pkcs1::ALGORITHM_ID, der)?).map_err(|_| KeyError::Unreadable)
}

/// Re-encodes an RSA key with the NULL parameters of RFC 3279 section 2.3.1 and with integers in the shortest form;
/// returns `None` for other keys. Some tools hash the re-encoded key, but verifiers hash the octets in the certificate.
pub fn re_encoded(subject_public_key_info: &[u8]) -> Option<Vec<u8>> {
    let [modulus, public_exponent] = rsa_numbers(subject_public_key_info)?;
    let public = RsaPublicKeyRef {
        modulus: UintRef::new(modulus).ok()?,
        public_exponent: UintRef::new(public_exponent).ok()?,
    };
    spki(pkcs1::ALGORITHM_ID, &public.to_der().ok()?).ok()
}

fn from_pkcs8(der: &[u8]) -> Result<Vec<u8>, KeyError> {
    let info = PrivateKeyInfoRef::try_from(der).map_err(|_| KeyError::Unreadable)?;
    let secret = info.private_key.as_bytes();
    match info.algorithm.oid {
        RSA_ENCRYPTION => from_pkcs1(secret),
        EC_PUBLIC_KEY => {
            let curve = info.algorithm.parameters.ok_or(KeyError::Unreadable)?;
            // Explicit parameters are a SEQUENCE. They are refused, because the certificate may encode the same key in
            // another way, and a record of this encoding would not match.
            let curve = curve.decode_as::<ObjectIdentifier>().map_err(|_| KeyError::Unsupported)?;
            from_sec1(secret, Some(curve))
        }
        ED25519 => {
            let seed = ed25519_seed(secret)?;
            let key = SigningKey::from_bytes(&seed);
            let public = key.verifying_key().to_bytes();
            fits(info.public_key.map(|stored| stored.raw_bytes() == public))?;
            spki(AlgorithmIdentifierRef { oid: ED25519, parameters: None }, &public)
        }
        _ => Err(KeyError::Unsupported),
    }
}

/// Returns the 32 octets of a CurvePrivateKey (RFC 8410 section 7).
fn ed25519_seed(secret: &[u8]) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let seed = <&OctetStringRef>::from_der(secret)?;
    seed.as_bytes().try_into().map(Zeroizing::new).map_err(|_| KeyError::Unreadable)
}

fn from_pkcs1(der: &[u8]) -> Result<Vec<u8>, KeyError> {
    let key = RsaPrivateKeyRef::from_der(der)?;
    if key.other_prime_infos.is_some() {
        return Err(KeyError::Unsupported);
    }
    let numbers = [key.modulus, key.public_exponent, key.private_exponent, key.prime1, key.prime2];
    let numbers = numbers.into_iter().chain([key.exponent1, key.exponent2, key.coefficient]);
    // Large integers are refused: the arithmetic below needs stack space, and its time grows with the square of the
    // number of bits.
    if let Some(bits) = numbers.map(bits).max().filter(|bits| *bits > LARGEST_RSA) {
        return Err(KeyError::TooLarge { bits });
    }
    let number = |octets: &[u8]| Zeroizing::new(BoxedUint::from_be_slice_vartime(octets));
    let modulus = number(key.modulus.as_bytes());
    let exponent = number(key.public_exponent.as_bytes());
    let primes = [key.prime1, key.prime2].map(|prime| number(prime.as_bytes()));
    let [p, q] = &primes;
    let product = Zeroizing::new(p.concatenating_mul(&**q));
    fits(Some(*product == *modulus))?;
    // Checks that e * dP = 1 (mod p - 1), and the same for q. This also detects a changed exponent.
    for (prime, secret_exponent) in primes.iter().zip([key.exponent1, key.exponent2]) {
        let secret_exponent = number(secret_exponent.as_bytes());
        let order = Zeroizing::new(prime.wrapping_sub(BoxedUint::one()));
        let order = NonZero::new((*order).clone()).into_option().ok_or(KeyError::Mismatch)?;
        let product = Zeroizing::new(exponent.concatenating_mul(&*secret_exponent));
        let remainder = Zeroizing::new(product.rem(&order));
        let _order = Zeroizing::new(order.get());
        fits(Some(*remainder == BoxedUint::one()))?;
    }
    let public = key.public_key().to_der()?;
    spki(pkcs1::ALGORITHM_ID, &public)
}

fn bits(number: UintRef<'_>) -> usize {
    let octets = number.as_bytes();
    let unused = octets.first().map_or(0, |first| first.leading_zeros());
    (8 * octets.len()).saturating_sub(usize::try_from(unused).unwrap_or(0))
}

fn from_sec1(der: &[u8], curve: Option<ObjectIdentifier>) -> Result<Vec<u8>, KeyError> {
    let key = EcPrivateKey::from_der(der).map_err(|_| match has_explicit_parameters(der) {
        true => KeyError::Unsupported,
        false => KeyError::Unreadable,
    })?;
    let inner = key.parameters.and_then(|parameters| parameters.named_curve());
    fits(curve.zip(inner).map(|(outer, inner)| outer == inner))?;
    let curve = curve.or(inner).ok_or(KeyError::Unreadable)?;
    let point = match curve {
        P256 => public_point::<p256::NistP256>(&key)?,
        P384 => public_point::<p384::NistP384>(&key)?,
        _ => return Err(KeyError::Unsupported),
    };
    spki(AlgorithmIdentifierRef { oid: EC_PUBLIC_KEY, parameters: Some(AnyRef::from(&curve)) }, &point)
}

/// Computes the uncompressed public point. If the key contains a public point, it must equal the computed point.
fn public_point<C>(key: &EcPrivateKey<'_>) -> Result<Vec<u8>, KeyError>
where
    C: CurveArithmetic,
    FieldBytesSize<C>: ModulusSize,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
{
    let secret = SecretKey::<C>::from_slice(key.private_key).map_err(|_| KeyError::Unreadable)?;
    let public = secret.public_key();
    let stored = key.public_key.map(elliptic_curve::PublicKey::<C>::from_sec1_bytes);
    fits(stored.map(|stored| stored.is_ok_and(|stored| stored == public)))?;
    Ok(public.to_sec1_point(false).as_bytes().to_vec())
}

/// Whether an ECPrivateKey has explicit parameters instead of a named curve (RFC 5480 section 2.1.1).
fn has_explicit_parameters(der: &[u8]) -> bool {
    let fields = AnyRef::from_der(der).map(|outer| outer.value()).unwrap_or_default();
    // The fields are version, privateKey and [0] parameters.
    let mut reader = match der::SliceReader::new(fields) {
        Ok(reader) => reader,
        Err(_) => return false,
    };
    let mut next = || AnyRef::decode(&mut reader).ok();
    next();
    next();
    next().is_some_and(|parameters| parameters.value().first() == Some(&0x30))
}

fn spki(algorithm: AlgorithmIdentifierRef<'_>, public: &[u8]) -> Result<Vec<u8>, KeyError> {
    let subject_public_key = BitStringRef::from_bytes(public)?;
    Ok(SubjectPublicKeyInfoRef { algorithm, subject_public_key }.to_der()?)
}

/// Returns an error if `agrees` is `Some(false)`: the key contains a value twice, and the two copies differ. `None`
/// means that the key contains the value only once.
fn fits(agrees: Option<bool>) -> Result<(), KeyError> {
    if agrees == Some(false) { Err(KeyError::Mismatch) } else { Ok(()) }
}

/// The reason why a private key is not accepted. No variant contains a part of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyError {
    /// The key is encrypted.
    Encrypted,
    /// The key is in the OpenSSH container format.
    OpenSsh,
    /// The key type or the container format is not supported.
    Unsupported,
    /// An integer of an RSA key has more than 16,384 bits.
    TooLarge {
        /// The number of bits of this integer.
        bits: usize,
    },
    /// The parts of the key do not match.
    Mismatch,
    /// The data does not have the structure that the PEM label names.
    Unreadable,
}

impl KeyError {
    /// Tells the operator how to correct the error.
    pub fn hint(self) -> Option<&'static str> {
        match self {
            Self::Encrypted | Self::Unsupported => Some(
                "export the public key with `openssl pkey -in KEYFILE -pubout -out key.pub.pem` and use that file",
            ),
            Self::OpenSsh => Some(
                "export the public key with `ssh-keygen -e -m PKCS8 -f KEYFILE > key.pub.pem` and use that file",
            ),
            Self::TooLarge { .. } => {
                Some("create a smaller key: servers and clients refuse a key of this size")
            }
            Self::Mismatch | Self::Unreadable => Some("the file is damaged: copy it again from its source"),
        }
    }
}

impl From<der::Error> for KeyError {
    fn from(_: der::Error) -> Self {
        Self::Unreadable
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge { bits } => {
                return write!(f, "an integer of the RSA private key has {bits} bits; the limit is 16384 bits");
            }
            Self::Encrypted => "the private key is encrypted",
            Self::OpenSsh => "private keys in the OpenSSH format are not supported",
            Self::Unsupported => {
                "unsupported private key type; supported types: RSA, Ed25519, and ECDSA with the named curves P-256 and P-384 (in PKCS #8, PKCS #1 or SEC 1)"
            }
            Self::Mismatch => "the parts of the private key do not match",
            Self::Unreadable => "cannot read the private key",
        })
    }
}

impl std::error::Error for KeyError {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Encodes an element in DER.
    fn der(tag: der::Tag, content: &[u8]) -> Vec<u8> {
        AnyRef::new(tag, content).unwrap().to_der().unwrap()
    }

    fn rsa(bits: [usize; 8]) -> Vec<u8> {
        // Encodes an INTEGER with `bits` bits, with a leading zero octet if the first bit would otherwise be a sign.
        let integer = |bits: usize| {
            let mut octets = vec![0xff; bits.div_ceil(8)];
            octets[0] = 0xff >> (octets.len() * 8 - bits);
            if octets[0] & 0x80 != 0 {
                octets.insert(0, 0);
            }
            der(der::Tag::Integer, &octets)
        };
        der(der::Tag::Sequence, &[der(der::Tag::Integer, &[0]), bits.map(integer).concat()].concat())
    }

    #[test]
    fn an_rsa_key_of_too_many_bits_is_refused_before_any_arithmetic() {
        let usual = [2048, 17, 2048, 1024, 1024, 1024, 1024, 1024];
        for container in [Container::Pkcs1, Container::Pkcs8] {
            let read = |bits| match container {
                Container::Pkcs8 => {
                    let algorithm = pkcs1::ALGORITHM_ID.to_der().unwrap();
                    let info =
                        [der(der::Tag::Integer, &[0]), algorithm, der(der::Tag::OctetString, &rsa(bits))]
                            .concat();
                    public_key(container, &der(der::Tag::Sequence, &info)).unwrap_err()
                }
                _ => public_key(container, &rsa(bits)).unwrap_err(),
            };
            assert_eq!(read(usual), KeyError::Mismatch);
            for at in 0..8 {
                let mut bits = usual;
                bits[at] = 16_384;
                assert_eq!(read(bits), KeyError::Mismatch);
                bits[at] = 16_385;
                assert_eq!(read(bits), KeyError::TooLarge { bits: 16_385 });
                bits[at] = 2_500_000;
                assert_eq!(read(bits), KeyError::TooLarge { bits: 2_500_000 });
            }
        }
        let said = KeyError::TooLarge { bits: 16_385 }.to_string();
        assert_eq!(said, "an integer of the RSA private key has 16385 bits; the limit is 16384 bits");
    }
}
