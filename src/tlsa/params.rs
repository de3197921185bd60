//! Usage, selector and matching type, by number and by name: RFC 6698 sections 2.1.1 to 2.1.3, RFC 7218.

use std::fmt;
use std::str::FromStr;

use crate::text::Shown;

/// Certificate usage (RFC 6698 section 2.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Usage {
    /// 0: a CA in a certification path that must also pass PKIX validation.
    PkixTa,
    /// 1: an end entity whose certification path must also pass PKIX validation.
    PkixEe,
    /// 2: a trust anchor asserted by the domain.
    DaneTa,
    /// 3: an end entity asserted by the domain.
    DaneEe,
}

impl Usage {
    /// Returns the value with this number; `None` if the number is not registered (RFC 7218 section 2).
    pub fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::PkixTa,
            1 => Self::PkixEe,
            2 => Self::DaneTa,
            3 => Self::DaneEe,
            _ => return None,
        })
    }

    /// The registered number.
    pub fn number(self) -> u8 {
        match self {
            Self::PkixTa => 0,
            Self::PkixEe => 1,
            Self::DaneTa => 2,
            Self::DaneEe => 3,
        }
    }

    /// Whether the usage describes a CA above the end entity (0 and 2) rather than the end entity (1 and 3).
    pub fn is_trust_anchor(self) -> bool {
        matches!(self, Self::PkixTa | Self::DaneTa)
    }

    /// Whether the usage also requires PKIX validation (0 and 1).
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
    /// 1: the certificate's SubjectPublicKeyInfo.
    Spki,
}

impl Selector {
    /// Returns the value with this number; `None` if the number is not registered (RFC 7218 section 2).
    pub fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Cert,
            1 => Self::Spki,
            _ => return None,
        })
    }

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
    /// 1: the SHA-256 digest of the selected octets.
    Sha2_256,
    /// 2: the SHA-512 digest of the selected octets.
    Sha2_512,
}

impl MatchingType {
    /// Returns the value with this number; `None` if the number is not registered (RFC 7218 section 2).
    pub fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Full,
            1 => Self::Sha2_256,
            2 => Self::Sha2_512,
            _ => return None,
        })
    }

    /// The registered number.
    pub fn number(self) -> u8 {
        match self {
            Self::Full => 0,
            Self::Sha2_256 => 1,
            Self::Sha2_512 => 2,
        }
    }

    /// Length of the digest in octets; `None` if the data is not a digest.
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

/// The triple of usage, selector and matching type, such as `3 1 1`.
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

    /// Parses the triples in a list of words such as `3 1 1 2 1 1`. Each word is a number, or a name in upper or lower
    /// case.
    ///
    /// Errors: a word that is not a registered number or name, or an incomplete triple.
    pub fn parse_all<S: AsRef<str>>(words: &[S]) -> Result<Vec<Self>, ParamsError> {
        let mut all = Vec::new();
        let mut numbered = words.iter().map(S::as_ref).enumerate();
        while numbered.len() > 0 {
            // Parse each word before counting the words: an error about an invalid word is more helpful.
            let usage = next(&mut numbered)?;
            let selector = next(&mut numbered)?;
            let matching_type = next(&mut numbered)?;
            let (Some(usage), Some(selector), Some(matching_type)) = (usage, selector, matching_type) else {
                return Err(ParamsError::Count(words.len()));
            };
            all.push(Self { usage, selector, matching_type });
        }
        Ok(all)
    }
}

/// Parses the next word, if there is one; an error contains the position of the word.
fn next<'a, T: FromStr<Err = ParamsError>>(
    words: &mut impl Iterator<Item = (usize, &'a str)>,
) -> Result<Option<T>, ParamsError> {
    let parsed =
        words.next().map(|(index, word)| word.parse().map_err(|error: ParamsError| error.at(index + 1)));
    parsed.transpose()
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.usage, self.selector, self.matching_type)
    }
}

/// An error in the arguments for usage, selector and matching type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParamsError {
    /// The word is not a certificate usage.
    Usage(Shown),
    /// The word is not a selector.
    Selector(Shown),
    /// The word is not a matching type.
    MatchingType(Shown),
    /// The number of words is not a multiple of three.
    Count(usize),
}

impl ParamsError {
    /// Sets the position of the parameter, counted from 1. The message shows the position if the word must not be
    /// shown.
    fn at(self, number: usize) -> Self {
        let at = |word: Shown| word.at(format!("parameter {number}"));
        match self {
            Self::Usage(word) => Self::Usage(at(word)),
            Self::Selector(word) => Self::Selector(at(word)),
            Self::MatchingType(word) => Self::MatchingType(at(word)),
            Self::Count(count) => Self::Count(count),
        }
    }
}

impl fmt::Display for ParamsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(word) => write!(
                f,
                "{word} is not a certificate usage: use 0 (PKIX-TA), 1 (PKIX-EE), 2 (DANE-TA) or 3 (DANE-EE) (RFC 7218 section 2.1)"
            ),
            Self::Selector(word) => {
                write!(f, "{word} is not a selector: use 0 (Cert) or 1 (SPKI) (RFC 7218 section 2.2)")
            }
            Self::MatchingType(word) => write!(
                f,
                "{word} is not a matching type: use 0 (Full), 1 (SHA2-256) or 2 (SHA2-512) (RFC 7218 section 2.3)"
            ),
            Self::Count(count) => write!(
                f,
                "{count} parameter{} given, but each record takes three: usage, selector and matching type, such as 3 1 1",
                if *count == 1 { "" } else { "s" }
            ),
        }
    }
}

impl std::error::Error for ParamsError {}

/// Looks up `word` in `names`, ignoring case. `names` contains numbers, registered names, and the spellings of the old
/// shell script.
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
        lookup(word, &names).ok_or_else(|| ParamsError::Usage(Shown::name(word)))
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
        lookup(word, &names).ok_or_else(|| ParamsError::Selector(Shown::name(word)))
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
        lookup(word, &names).ok_or_else(|| ParamsError::MatchingType(Shown::name(word)))
    }
}
