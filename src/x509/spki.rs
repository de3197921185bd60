//! Parses a SubjectPublicKeyInfo and determines the key algorithm: RFC 5280 section 4.1.2.7.

use std::fmt;

use x509_parser::oid_registry::{
    OID_EC_P256, OID_KEY_TYPE_DSA, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_NIST_EC_P521,
    OID_PKCS1_RSAENCRYPTION, OID_PKCS1_RSASSAPSS, OID_SIG_ED448, OID_SIG_ED25519,
};

use super::der::{Element, Reader};
use super::error::X509Error;

/// Checks that `spki` contains an AlgorithmIdentifier and a BIT STRING that is not empty.
pub(super) fn check_structure(der: &[u8], spki: &Element) -> Result<(), X509Error> {
    parts(der, spki).map(|_| ())
}

/// Returns the content of the AlgorithmIdentifier and the octets of the key.
fn parts<'a>(der: &'a [u8], spki: &Element) -> Result<(&'a [u8], &'a [u8]), X509Error> {
    const PART: &str = "the subjectPublicKeyInfo";
    let mut fields = spki.inside(der);
    let algorithm = fields.sequence(PART)?;
    algorithm.inside(der).object_identifier(PART)?;
    let key = fields.bit_string(PART)?;
    fields.end(PART)?;
    Ok((algorithm.content_octets(der), der.get(key).unwrap_or_default()))
}

/// The key algorithm and the key octets of a SubjectPublicKeyInfo.
pub(super) struct KeyParts<'a> {
    pub(super) algorithm: KeyAlgorithm,
    /// The DER of the parameters in the AlgorithmIdentifier.
    pub(super) parameters: Option<&'a [u8]>,
    pub(super) key: &'a [u8],
}

impl<'a> KeyParts<'a> {
    pub(super) fn of(spki: &'a [u8]) -> Option<Self> {
        let element = Reader::new(spki).sequence("").ok()?;
        let (identifier, key) = parts(spki, &element).ok()?;
        let mut fields = Reader::new(identifier);
        let oid = fields.object_identifier("").ok()?.content_octets(identifier);
        let parameters = fields.any("").ok().map(|element| element.octets(identifier));
        let algorithm = if oid == OID_PKCS1_RSAENCRYPTION.as_bytes() {
            RsaNumbers::of(key)
                .map_or(KeyAlgorithm::Other, |numbers| KeyAlgorithm::Rsa { bits: numbers.bits() })
        } else if oid == OID_PKCS1_RSASSAPSS.as_bytes() {
            RsaNumbers::of(key)
                .map_or(KeyAlgorithm::Other, |numbers| KeyAlgorithm::RsaPss { bits: numbers.bits() })
        } else if oid == OID_KEY_TYPE_EC_PUBLIC_KEY.as_bytes() {
            match parameters.and_then(Curve::read) {
                Some(Curve::Named { octets, .. }) if !is_point(key, octets) => KeyAlgorithm::Other,
                Some(Curve::Named { algorithm, .. }) => algorithm,
                Some(Curve::Explicit) => KeyAlgorithm::EcExplicit,
                None => KeyAlgorithm::Other,
            }
        } else if oid == OID_SIG_ED25519.as_bytes() && key.len() == 32 && parameters.is_none() {
            KeyAlgorithm::Ed25519
        } else if oid == OID_SIG_ED448.as_bytes() && key.len() == 57 && parameters.is_none() {
            KeyAlgorithm::Ed448
        } else if oid == OID_KEY_TYPE_DSA.as_bytes() {
            KeyAlgorithm::Dsa
        } else {
            KeyAlgorithm::Other
        };
        Some(Self { algorithm, parameters, key })
    }
}

/// ECParameters (RFC 5480 section 2.1.1).
enum Curve {
    /// A named curve, with the length of a coordinate in octets.
    Named { algorithm: KeyAlgorithm, octets: usize },
    /// Explicit parameters instead of a named curve.
    Explicit,
}

impl Curve {
    /// Returns `None` for a named curve that is not in SEC 2, ANSI X9.62, Brainpool or SM2.
    ///
    /// An unregistered curve, or a point whose size does not match the curve, indicates a damaged file.
    fn read(parameters: &[u8]) -> Option<Self> {
        // Explicit parameters are a SEQUENCE that starts with a version.
        if Reader::new(parameters)
            .sequence("")
            .is_ok_and(|outer| outer.inside(parameters).integer("").is_ok())
        {
            return Some(Self::Explicit);
        }
        let octets = coordinate_octets(parameters)?;
        let algorithm = match parameters.get(2..) {
            Some(oid) if oid == OID_EC_P256.as_bytes() => KeyAlgorithm::EcP256,
            Some(oid) if oid == OID_NIST_EC_P384.as_bytes() => KeyAlgorithm::EcP384,
            Some(oid) if oid == OID_NIST_EC_P521.as_bytes() => KeyAlgorithm::EcP521,
            Some([0x2b, 0x81, 0x04, 0x00, 10]) => KeyAlgorithm::EcSecp256k1,
            Some([0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 7]) => KeyAlgorithm::EcBrainpoolP256r1,
            Some([0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 11]) => KeyAlgorithm::EcBrainpoolP384r1,
            _ => KeyAlgorithm::EcOther { bits: octets * 8 },
        };
        Some(Self::Named { algorithm, octets })
    }
}

/// Returns the length of a coordinate on a named curve, in octets; `parameters` is the DER of the curve's OID.
fn coordinate_octets(parameters: &[u8]) -> Option<usize> {
    const X9_62: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01];
    const SEC_2: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00];
    const BRAINPOOL: &[u8] = &[0x06, 0x09, 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01];
    const SM2: &[u8] = &[0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d];
    if parameters == SM2 {
        return Some(32);
    }
    let (number, arc) = parameters.split_last()?;
    let octets = match (arc, number) {
        (X9_62, 1..=3) => 24,
        (X9_62, 4..=6) => 30,
        (X9_62, 7) => 32,
        (SEC_2, 6 | 7) => 14,
        (SEC_2, 4 | 5) => 15,
        (SEC_2, 28 | 29) => 16,
        (SEC_2, 22 | 23) => 17,
        (SEC_2, 8 | 9 | 30) => 20,
        (SEC_2, 1 | 2 | 15) => 21,
        (SEC_2, 31) => 24,
        (SEC_2, 24 | 25) => 25,
        (SEC_2, 32 | 33) => 28,
        (SEC_2, 3 | 26 | 27) => 30,
        (SEC_2, 10) => 32,
        (SEC_2, 16 | 17) => 36,
        (SEC_2, 34) => 48,
        (SEC_2, 36 | 37) => 52,
        (SEC_2, 35) => 66,
        (SEC_2, 38 | 39) => 72,
        (BRAINPOOL, 1 | 2) => 20,
        (BRAINPOOL, 3 | 4) => 24,
        (BRAINPOOL, 5 | 6) => 28,
        (BRAINPOOL, 7 | 8) => 32,
        (BRAINPOOL, 9 | 10) => 40,
        (BRAINPOOL, 11 | 12) => 48,
        (BRAINPOOL, 13 | 14) => 64,
        _ => return None,
    };
    Some(octets)
}

/// Whether `key` has the form of a point (SEC 1 section 2.3.3) with coordinates of `octets` octets.
fn is_point(key: &[u8], octets: usize) -> bool {
    match key.first() {
        Some(2 | 3) => key.len() == 1 + octets,
        Some(4 | 6 | 7) => key.len() == 1 + 2 * octets,
        _ => false,
    }
}

/// Modulus and exponent of an RSAPublicKey (RFC 8017 appendix A.1.1).
pub(super) struct RsaNumbers<'a> {
    /// The modulus without leading zeros.
    pub(super) modulus: &'a [u8],
    /// The public exponent without leading zeros.
    pub(super) exponent: &'a [u8],
}

impl<'a> RsaNumbers<'a> {
    /// Reads modulus and exponent as unsigned integers, as OpenSSL does: the leading zero octet may be missing, and
    /// extra zeros are ignored.
    pub(super) fn of(key: &'a [u8]) -> Option<Self> {
        let mut fields = Reader::new(key).sequence("").ok()?.inside(key);
        let [modulus, exponent] = [fields.integer("").ok()?, fields.integer("").ok()?];
        fields.end("").ok()?;
        let octets = [modulus.content_octets(key), exponent.content_octets(key)];
        let [modulus, exponent] = octets.map(|octets| {
            let first = octets.iter().position(|octet| *octet != 0)?;
            octets.get(first..)
        });
        Some(Self { modulus: modulus?, exponent: exponent? })
    }

    /// The number of significant bits of the modulus.
    fn bits(&self) -> usize {
        let leading = self.modulus.first().map_or(0, |octet| octet.leading_zeros());
        self.modulus.len() * 8 - usize::try_from(leading).unwrap_or_default()
    }
}

/// Returns modulus and exponent of an rsaEncryption key, without leading zeros; `None` for other keys.
pub fn rsa_numbers(spki: &[u8]) -> Option<[&[u8]; 2]> {
    let is_rsa = |parts: &KeyParts<'_>| matches!(parts.algorithm, KeyAlgorithm::Rsa { .. });
    let numbers = RsaNumbers::of(KeyParts::of(spki).filter(is_rsa)?.key)?;
    Some([numbers.modulus, numbers.exponent])
}

/// The algorithm of a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyAlgorithm {
    /// rsaEncryption.
    Rsa {
        /// Significant bits of the modulus.
        bits: usize,
    },
    /// id-RSASSA-PSS.
    RsaPss {
        /// Significant bits of the modulus.
        bits: usize,
    },
    /// ECDSA on P-256.
    EcP256,
    /// ECDSA on P-384.
    EcP384,
    /// ECDSA on P-521.
    EcP521,
    /// ECDSA on secp256k1.
    EcSecp256k1,
    /// ECDSA on brainpoolP256r1.
    EcBrainpoolP256r1,
    /// ECDSA on brainpoolP384r1.
    EcBrainpoolP384r1,
    /// ECDSA on another curve.
    EcOther {
        /// The size of a coordinate, in bits.
        bits: usize,
    },
    /// ECDSA with explicit curve parameters, which RFC 5480 section 2.1.1 forbids.
    EcExplicit,
    /// Ed25519.
    Ed25519,
    /// Ed448.
    Ed448,
    /// DSA.
    Dsa,
    /// Another algorithm, or a key that cannot be read.
    Other,
}

impl KeyAlgorithm {
    /// Returns the key algorithm of a SubjectPublicKeyInfo.
    pub fn of(spki: &[u8]) -> Self {
        KeyParts::of(spki).map_or(Self::Other, |parts| parts.algorithm)
    }

    /// Whether the key is for ECDSA.
    pub(super) fn is_ec(self) -> bool {
        matches!(
            self,
            Self::EcP256
                | Self::EcP384
                | Self::EcP521
                | Self::EcSecp256k1
                | Self::EcBrainpoolP256r1
                | Self::EcBrainpoolP384r1
                | Self::EcOther { .. }
                | Self::EcExplicit
        )
    }

    /// The security of the key in bits, rounded down to the levels of OpenSSL (EVP_PKEY_get_security_bits); `None` for
    /// keys whose security this program does not know.
    pub fn security(self) -> Option<u16> {
        match self {
            Self::Rsa { bits } | Self::RsaPss { bits } => Some(match bits {
                1963.. => 112,
                920.. => 80,
                _ => 0,
            }),
            Self::EcOther { bits } => Some(match bits {
                224.. => 112,
                160.. => 80,
                _ => 0,
            }),
            Self::Dsa | Self::EcExplicit | Self::Other => None,
            _ => Some(128),
        }
    }
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(f, "RSA {bits}"),
            Self::RsaPss { bits } => write!(f, "RSA-PSS {bits}"),
            Self::EcP256 => f.write_str("ECDSA P-256"),
            Self::EcP384 => f.write_str("ECDSA P-384"),
            Self::EcP521 => f.write_str("ECDSA P-521"),
            Self::EcSecp256k1 => f.write_str("ECDSA secp256k1"),
            Self::EcBrainpoolP256r1 => f.write_str("ECDSA brainpoolP256r1"),
            Self::EcBrainpoolP384r1 => f.write_str("ECDSA brainpoolP384r1"),
            Self::EcOther { .. } => f.write_str("ECDSA on another curve"),
            Self::EcExplicit => f.write_str("ECDSA with explicit curve parameters"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Ed448 => f.write_str("Ed448"),
            Self::Dsa => f.write_str("DSA"),
            Self::Other => f.write_str("an unknown algorithm"),
        }
    }
}
