//! The TLSA record's fields and association data: RFC 6698 section 2, names of RFC 7218.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256, Sha512};

/// A TLSA record whose numbers are registered and whose data has the right length (RFC 6698 section 2.1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tlsa {
    params: Params,
    data: Vec<u8>,
}

impl Tlsa {
    /// The record that describes `octets`, the DER of a Certificate or of a SubjectPublicKeyInfo.
    ///
    /// Errors: `octets` is empty, or (matching type 0) does not fit into one record.
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

    /// A record with known association data.
    ///
    /// Errors: the data's length does not fit the matching type, or it is the digest of nothing.
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

/// RDATA holds 65,535 octets at most, three of them before the data (RFC 1035 section 3.2.1).
const MAX_DATA: usize = 65_535 - 3;

/// SHA-256 and SHA-512 of zero octets: what a broken pipe into a digest command publishes.
fn is_digest_of_nothing(data: &[u8]) -> bool {
    (data.len() == 32 && data == Sha256::digest(b"").as_slice())
        || (data.len() == 64 && data == Sha512::digest(b"").as_slice())
}

/// Why association data cannot be that of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataError {
    /// No octets, or the digest of no octets.
    Nothing,
    /// A digest of the wrong length; both in octets.
    Length {
        /// What the matching type asks for.
        expected: usize,
        /// What was there.
        length: usize,
    },
    /// More octets than one record holds.
    TooLong {
        /// What was there.
        length: usize,
    },
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("the association data would be the digest of nothing"),
            Self::Length { expected, length } => {
                write!(f, "the digest has {length} octets, its matching type asks for {expected}")
            }
            Self::TooLong { length } => {
                write!(f, "{length} octets do not fit into one record (RFC 1035 section 3.2.1)")
            }
        }
    }
}

impl std::error::Error for DataError {}

/// Certificate usage (RFC 6698 section 2.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Usage {
    /// 0: a CA of a path that PKIX validates as well.
    PkixTa,
    /// 1: an end entity whose path PKIX validates as well.
    PkixEe,
    /// 2: a trust anchor asserted by the domain.
    DaneTa,
    /// 3: an end entity asserted by the domain.
    DaneEe,
}

impl Usage {
    /// The registered number.
    pub fn number(self) -> u8 {
        match self {
            Self::PkixTa => 0,
            Self::PkixEe => 1,
            Self::DaneTa => 2,
            Self::DaneEe => 3,
        }
    }

    /// Whether it describes a CA above the end entity (0 and 2) rather than the end entity (1 and 3).
    pub fn is_trust_anchor(self) -> bool {
        matches!(self, Self::PkixTa | Self::DaneTa)
    }

    /// Whether PKIX validation is asked for as well (0 and 1).
    pub fn is_pkix(self) -> bool {
        matches!(self, Self::PkixTa | Self::PkixEe)
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}

/// Selector (RFC 6698 section 2.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Selector {
    /// 0: the whole certificate.
    Cert,
    /// 1: its SubjectPublicKeyInfo.
    Spki,
}

impl Selector {
    /// The registered number.
    pub fn number(self) -> u8 {
        match self {
            Self::Cert => 0,
            Self::Spki => 1,
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}

/// Matching type (RFC 6698 section 2.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchingType {
    /// 0: the selected octets themselves.
    Full,
    /// 1: their SHA-256 digest.
    Sha2_256,
    /// 2: their SHA-512 digest.
    Sha2_512,
}

impl MatchingType {
    /// The registered number.
    pub fn number(self) -> u8 {
        match self {
            Self::Full => 0,
            Self::Sha2_256 => 1,
            Self::Sha2_512 => 2,
        }
    }

    /// Octets of the digest, if it is one.
    pub fn digest_length(self) -> Option<usize> {
        match self {
            Self::Full => None,
            Self::Sha2_256 => Some(32),
            Self::Sha2_512 => Some(64),
        }
    }
}

impl fmt::Display for MatchingType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}

/// Usage, selector and matching type, the `3 1 1` of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Params {
    /// Certificate usage.
    pub usage: Usage,
    /// Selector.
    pub selector: Selector,
    /// Matching type.
    pub matching_type: MatchingType,
}

impl Params {
    /// `3 1 1`, the choice for most servers (RFC 7671 section 5.1).
    pub const DEFAULT: Self =
        Self { usage: Usage::DaneEe, selector: Selector::Spki, matching_type: MatchingType::Sha2_256 };

    /// The triples in a row of words: `3 1 1 2 1 1`, numbers or names in any case.
    ///
    /// Errors: a word that is no such number or name, or words left over.
    pub fn parse_all<S: AsRef<str>>(words: &[S]) -> Result<Vec<Self>, ParamsError> {
        let mut all = Vec::new();
        for triple in words.chunks(3) {
            // A word that fits nowhere says more than their number.
            let mut words_of = triple.iter().map(S::as_ref);
            let usage = words_of.next().map(str::parse).transpose()?;
            let selector = words_of.next().map(str::parse).transpose()?;
            let matching_type = words_of.next().map(str::parse).transpose()?;
            let (Some(usage), Some(selector), Some(matching_type)) = (usage, selector, matching_type) else {
                return Err(ParamsError::Count(words.len()));
            };
            all.push(Self { usage, selector, matching_type });
        }
        Ok(all)
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.usage, self.selector, self.matching_type)
    }
}

/// Why words are no parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParamsError {
    /// Not a certificate usage.
    Usage(String),
    /// Not a selector.
    Selector(String),
    /// Not a matching type.
    MatchingType(String),
    /// The number of words is no multiple of three.
    Count(usize),
}

impl fmt::Display for ParamsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(word) => write!(
                f,
                "'{word}' is no certificate usage: 0 PKIX-TA, 1 PKIX-EE, 2 DANE-TA or 3 DANE-EE (RFC 7218 section 2.1)"
            ),
            Self::Selector(word) => {
                write!(f, "'{word}' is no selector: 0 Cert or 1 SPKI (RFC 7218 section 2.2)")
            }
            Self::MatchingType(word) => write!(
                f,
                "'{word}' is no matching type: 0 Full, 1 SHA2-256 or 2 SHA2-512 (RFC 7218 section 2.3)"
            ),
            Self::Count(count) => write!(
                f,
                "{count} parameter{} given: they come in threes, usage, selector and matching type, as in 3 1 1",
                if *count == 1 { "" } else { "s" }
            ),
        }
    }
}

impl std::error::Error for ParamsError {}

/// Looks `word` up among registered names and the spellings of the old shell script.
fn lookup<T: Copy>(word: &str, names: &[(&str, T)]) -> Option<T> {
    names.iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
}

impl FromStr for Usage {
    type Err = ParamsError;

    fn from_str(word: &str) -> Result<Self, ParamsError> {
        let names = [
            ("0", Self::PkixTa),
            ("1", Self::PkixEe),
            ("2", Self::DaneTa),
            ("3", Self::DaneEe),
            ("PKIX-TA", Self::PkixTa),
            ("PKIX-EE", Self::PkixEe),
            ("DANE-TA", Self::DaneTa),
            ("DANE-EE", Self::DaneEe),
            ("pkix-ca", Self::PkixTa),
            ("dane-ca", Self::DaneTa),
        ];
        lookup(word, &names).ok_or_else(|| ParamsError::Usage(word.to_owned()))
    }
}

impl FromStr for Selector {
    type Err = ParamsError;

    fn from_str(word: &str) -> Result<Self, ParamsError> {
        let names = [
            ("0", Self::Cert),
            ("1", Self::Spki),
            ("Cert", Self::Cert),
            ("SPKI", Self::Spki),
            ("pkey", Self::Spki),
        ];
        lookup(word, &names).ok_or_else(|| ParamsError::Selector(word.to_owned()))
    }
}

impl FromStr for MatchingType {
    type Err = ParamsError;

    fn from_str(word: &str) -> Result<Self, ParamsError> {
        let names = [
            ("0", Self::Full),
            ("1", Self::Sha2_256),
            ("2", Self::Sha2_512),
            ("Full", Self::Full),
            ("SHA2-256", Self::Sha2_256),
            ("SHA2-512", Self::Sha2_512),
            ("sha256", Self::Sha2_256),
            ("sha-256", Self::Sha2_256),
            ("sha512", Self::Sha2_512),
            ("sha-512", Self::Sha2_512),
        ];
        lookup(word, &names).ok_or_else(|| ParamsError::MatchingType(word.to_owned()))
    }
}

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
            (["4", "1", "1"], ParamsError::Usage("4".into())),
            (["03", "1", "1"], ParamsError::Usage("03".into())),
            (["3", "2", "1"], ParamsError::Selector("2".into())),
            (["3", "1", "+1"], ParamsError::MatchingType("+1".into())),
        ] {
            assert_eq!(Params::parse_all(&words), Err(error));
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
