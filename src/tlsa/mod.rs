//! The TLSA record's fields and association data: RFC 6698 section 2, with the names of RFC 7218.

mod params;

use std::fmt;
use std::sync::LazyLock;

use sha2::{Digest, Sha256, Sha512};

pub use params::{MatchingType, Params, ParamsError, Selector, Usage};

/// A TLSA record with registered numbers and with data of the right length (RFC 6698 section 2.1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tlsa {
    params: Params,
    data: Vec<u8>,
}

impl Tlsa {
    /// Creates the record that describes `octets`, the DER of a Certificate or of a SubjectPublicKeyInfo.
    ///
    /// Errors: `octets` is empty, or is too long for one record with matching type 0.
    pub fn describing(params: Params, octets: &[u8]) -> Result<Self, DataError> {
        if octets.is_empty() {
            return Err(DataError::Nothing);
        }
        let data = match params.matching_type {
            MatchingType::Full => octets.to_vec(),
            MatchingType::Sha2_256 => Sha256::digest(octets).to_vec(),
            MatchingType::Sha2_512 => Sha512::digest(octets).to_vec(),
        };
        Self::new(params, data)
    }

    /// Creates a record with this association data.
    ///
    /// Errors: the data has the wrong length for the matching type, or is the digest of an empty input.
    pub fn new(params: Params, data: Vec<u8>) -> Result<Self, DataError> {
        let length = data.len();
        match params.matching_type.digest_length() {
            Some(expected) if expected != length => return Err(DataError::Length { expected, length }),
            None if length == 0 => return Err(DataError::Nothing),
            None if length > MAX_DATA => return Err(DataError::TooLong { length }),
            _ => {}
        }
        if is_digest_of_nothing(&data) {
            return Err(DataError::Nothing);
        }
        Ok(Self { params, data })
    }

    /// Certificate usage, selector and matching type.
    pub fn params(&self) -> Params {
        self.params
    }

    /// The certificate association data, in octets.
    pub fn data(&self) -> &[u8] {
        &self.data
    }
}

/// Maximum length of association data in octets: RDATA has at most 65,535 octets, and the three fields before the data
/// take one octet each (RFC 1035 section 3.2.1).
const MAX_DATA: usize = 65_535 - 3;

/// Whether `data` is the SHA-256 or SHA-512 digest of an empty input. A script that hashes the output of a failed
/// command publishes such a digest.
pub fn is_digest_of_nothing(data: &[u8]) -> bool {
    static SHA2_256: LazyLock<[u8; 32]> = LazyLock::new(|| Sha256::digest(b"").into());
    static SHA2_512: LazyLock<[u8; 64]> = LazyLock::new(|| Sha512::digest(b"").into());
    match data.len() {
        32 => data == *SHA2_256,
        64 => data == *SHA2_512,
        _ => false,
    }
}

/// An error in association data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataError {
    /// The data is empty, or is the digest of an empty input.
    Nothing,
    /// The digest has the wrong length.
    Length {
        /// The length in octets that the matching type requires.
        expected: usize,
        /// The actual length in octets.
        length: usize,
    },
    /// The data is too long for one record.
    TooLong {
        /// The actual length in octets.
        length: usize,
    },
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("the association data is empty, or is the digest of an empty input"),
            Self::Length { expected, length } => {
                write!(f, "the digest has {length} octets, but the matching type requires {expected}")
            }
            Self::TooLong { length } => {
                write!(
                    f,
                    "the association data of {length} octets is too long for one record (RFC 1035 section 3.2.1)"
                )
            }
        }
    }
}

impl std::error::Error for DataError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_the_same_parameters() {
        let words = ["dane-ee", "SPKI", "Sha2-256", "PKIX-CA", "cert", "full", "dane-ca", "PKEY", "sha-512"];
        let parsed = Params::parse_all(&words).unwrap();
        assert_eq!(parsed.iter().map(Params::to_string).collect::<Vec<_>>(), ["3 1 1", "0 0 0", "2 1 2"]);
    }

    #[test]
    fn unregistered_numbers_are_refused() {
        for (words, error) in [
            (["4", "1", "1"], "'4' is not a certificate usage"),
            (["03", "1", "1"], "'03' is not a certificate usage"),
            (["3", "2", "1"], "'2' is not a selector"),
            (["3", "1", "+1"], "parameter 3 is not a matching type"),
        ] {
            let refused = Params::parse_all(&words).unwrap_err().to_string();
            assert!(refused.starts_with(error), "{refused}");
        }
        assert_eq!(Params::parse_all(&["3", "1"]), Err(ParamsError::Count(2)));
    }

    #[test]
    fn the_digest_of_nothing_is_no_record() {
        let nothing =
            hex::decode("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855").unwrap();
        assert_eq!(Tlsa::new(Params::DEFAULT, nothing), Err(DataError::Nothing));
        let sha2_512 = Params { matching_type: MatchingType::Sha2_512, ..Params::DEFAULT };
        let nothing = "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce\
                       47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e";
        assert_eq!(Tlsa::new(sha2_512, hex::decode(nothing).unwrap()), Err(DataError::Nothing));
        assert_eq!(Tlsa::describing(Params::DEFAULT, b""), Err(DataError::Nothing));
        let full = Params { matching_type: MatchingType::Full, ..Params::DEFAULT };
        assert_eq!(Tlsa::describing(full, b""), Err(DataError::Nothing));
    }

    #[test]
    fn data_must_have_the_length_of_its_matching_type() {
        let error = DataError::Length { expected: 32, length: 31 };
        assert_eq!(Tlsa::new(Params::DEFAULT, vec![1; 31]), Err(error));
        let full = Params { matching_type: MatchingType::Full, ..Params::DEFAULT };
        assert_eq!(Tlsa::new(full, vec![1; 65_533]), Err(DataError::TooLong { length: 65_533 }));
        assert!(Tlsa::new(full, vec![1; 65_532]).is_ok());
    }
}
