//! The questions and answers of lookups.

use std::fmt;
use std::net::IpAddr;

use domain::base::Rtype;
use time::OffsetDateTime;

use crate::owner::DomainName;
use crate::records::Published;

/// The record type of a lookup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// IPv4 addresses.
    A,
    /// IPv6 addresses.
    Aaaa,
    /// Mail exchangers.
    Mx,
    /// TLSA records.
    Tlsa,
    /// A CNAME record at the name itself, which is not followed.
    Cname,
}

impl Kind {
    pub(super) fn rtype(self) -> Rtype {
        match self {
            Self::A => Rtype::A,
            Self::Aaaa => Rtype::AAAA,
            Self::Mx => Rtype::MX,
            Self::Tlsa => Rtype::TLSA,
            Self::Cname => Rtype::CNAME,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.rtype())
    }
}

/// The security status of an answer (RFC 4035 section 4.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Security {
    /// Signed up to a trust anchor.
    Secure,
    /// Proven to be unsigned, with the reason.
    Insecure(Insecurity),
    /// The signatures are missing or invalid, with the reason.
    Bogus(String),
}

impl Security {
    /// The worse of the two.
    pub(super) fn and(self, other: Self) -> Self {
        match (&self, &other) {
            (Self::Bogus(_), _) | (Self::Insecure(_), Self::Secure | Self::Insecure(_)) => self,
            _ => other,
        }
    }
}

/// Why an answer is insecure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Insecurity {
    /// The zone, with its final dot, has no DS record in its parent.
    Unsigned(String),
    /// Every DS record of the zone has an unsupported algorithm (RFC 4035 section 5.2).
    Algorithms {
        /// The zone, with its final dot.
        zone: String,
        /// The algorithms.
        algorithms: Vec<u8>,
    },
    /// Every DS record of the zone has an unsupported digest type.
    Digests {
        /// The zone, with its final dot.
        zone: String,
        /// The digest types.
        digests: Vec<u8>,
    },
    /// An NSEC3 record with opt-out may hide an unsigned delegation (RFC 5155 section 6).
    OptOut,
    /// The denial has this number of NSEC3 iterations, which is too high (RFC 9276 section 3.2).
    Iterations(u16),
    /// There is no trust anchor at or above the name.
    NoAnchor,
}

impl fmt::Display for Insecurity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |numbers: &[u8]| {
            let mut numbers = numbers.to_vec();
            numbers.sort_unstable();
            numbers.dedup();
            numbers.iter().map(u8::to_string).collect::<Vec<_>>().join(" and ")
        };
        match self {
            Self::Unsigned(zone) => write!(f, "the zone {zone} is unsigned"),
            Self::Algorithms { zone, algorithms } => {
                write!(
                    f,
                    "{zone} is signed with algorithm {}, which this program cannot validate",
                    list(algorithms)
                )
            }
            Self::Digests { zone, digests } => write!(
                f,
                "the DS records of {zone} have digest type {}, which this program cannot validate",
                list(digests)
            ),
            Self::OptOut => {
                f.write_str("the zone uses NSEC3 opt-out, so the name may be in an unsigned delegation")
            }
            Self::Iterations(number) => {
                write!(
                    f,
                    "the zone uses {number} NSEC3 iterations, too many to validate (RFC 9276 section 3.2)"
                )
            }
            Self::NoAnchor => f.write_str("there is no trust anchor at or above the name"),
        }
    }
}

/// One record of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// An address.
    Address(IpAddr),
    /// A mail exchanger.
    Mx {
        /// The lowest value is preferred.
        preference: u16,
        /// The host; the root for the null MX of RFC 7505.
        exchange: DomainName,
    },
    /// A TLSA record.
    Tlsa(Published),
    /// The target of an alias.
    Cname(DomainName),
}

/// An answer; a denial has no data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The security status of the answer and of all CNAME records on the way.
    pub security: Security,
    /// The name at the end of the CNAME chain.
    pub canonical: DomainName,
    /// Where the records are: the canonical name, the wildcard that they were expanded from, or for a CNAME lookup
    /// the owner of the DNAME record above.
    pub holder: DomainName,
    /// The records.
    pub data: Vec<Data>,
    /// If the data is secure, the first signature to expire of those over the data, the CNAME records and the zone
    /// keys.
    pub expires: Option<Expiry>,
}

/// When a signature expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiry {
    /// The name and type of the signed records.
    pub records: String,
    /// The expiration time.
    pub at: OffsetDateTime,
}

impl Expiry {
    /// The earlier of the two, if any.
    pub(super) fn first(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        one.into_iter().chain(other).min_by_key(|expiry| expiry.at)
    }
}

/// Why a lookup got no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupError {
    /// The name and type of the lookup.
    pub question: String,
    /// What went wrong.
    pub reason: String,
}

impl fmt::Display for LookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no answer for {}: {}", self.question, self.reason)
    }
}

impl std::error::Error for LookupError {}
