//! What a lookup asks for, and what it brings.

use std::fmt;
use std::net::IpAddr;

use domain::base::Rtype;
use time::OffsetDateTime;

use crate::owner::DomainName;
use crate::records::Published;

/// What a lookup asks for.
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
    /// The alias at the name, which is not followed.
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

/// What DNSSEC says of an answer (RFC 4035 section 4.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Security {
    /// Signed up to a trust anchor.
    Secure,
    /// Not signed, and proven to need no signature; with the reason.
    Insecure(Insecurity),
    /// It should be signed and is not, or not rightly; with the reason.
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

/// Why an answer needs no signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Insecurity {
    /// The zone, with its final dot, has no DS record in its parent.
    Unsigned(String),
    /// Every DS record of the zone is of an algorithm that cannot be validated here (RFC 4035 section 5.2).
    Algorithms {
        /// The zone, with its final dot.
        zone: String,
        /// The algorithms.
        algorithms: Vec<u8>,
    },
    /// Every DS record of the zone is of a digest type that cannot be computed here.
    Digests {
        /// The zone, with its final dot.
        zone: String,
        /// The digest types.
        digests: Vec<u8>,
    },
    /// An NSEC3 record with opt-out may hide an unsigned delegation (RFC 5155 section 6).
    OptOut,
    /// The denial has that many NSEC3 iterations (RFC 9276 section 3.2).
    Iterations(u16),
    /// No trust anchor is above the name.
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
            Self::OptOut => f.write_str("NSEC3 opt-out allows an unsigned delegation there"),
            Self::Iterations(number) => {
                write!(f, "NSEC3 with {number} iterations proves nothing (RFC 9276 section 3.2)")
            }
            Self::NoAnchor => f.write_str("no trust anchor is at or above the name"),
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
        /// The lowest is the first choice.
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
    /// What DNSSEC says of all of it, aliases included.
    pub security: Security,
    /// The name at the end of all aliases.
    pub canonical: DomainName,
    /// Where the records are: the canonical name, the wildcard whose signature they carry, or the owner of the DNAME
    /// record that an alias follows from.
    pub holder: DomainName,
    /// The records there.
    pub data: Vec<Data>,
    /// The signature that ends first of those over the data, over its aliases and over the keys of their zones, where the
    /// data is secure.
    pub expires: Option<Expiry>,
}

/// When a signature ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiry {
    /// The name and type of the records that it is over.
    pub records: String,
    /// Its end.
    pub at: OffsetDateTime,
}

impl Expiry {
    /// The earlier of the two, if there are any.
    pub(super) fn first(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        one.into_iter().chain(other).min_by_key(|expiry| expiry.at)
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupError {
    /// What was asked for.
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
