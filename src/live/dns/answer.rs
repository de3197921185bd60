//! The record types, answers and errors of lookups.

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
    /// Name servers.
    Ns,
    /// The servers of a service.
    Srv,
    /// The CNAME record at the name itself; the lookup does not follow the record.
    Cname,
}

impl Kind {
    pub(super) fn rtype(self) -> Rtype {
        match self {
            Self::A => Rtype::A,
            Self::Aaaa => Rtype::AAAA,
            Self::Mx => Rtype::MX,
            Self::Tlsa => Rtype::TLSA,
            Self::Ns => Rtype::NS,
            Self::Srv => Rtype::SRV,
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
    /// The chain of trust from a trust anchor is complete and valid.
    Secure,
    /// There is no chain of trust from a trust anchor, for this reason.
    Insecure(Insecurity),
    /// Validation failed, for this reason.
    Bogus(String),
}

impl Security {
    /// Returns the worse of two security statuses; of two insecure ones, the first.
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
    /// No DS record of the zone is usable, and some have an unsupported algorithm (RFC 4035 section 5.2).
    Algorithms {
        /// The zone, with its final dot.
        zone: String,
        /// The unsupported algorithm numbers.
        algorithms: Vec<u8>,
    },
    /// Every DS record of the zone has an unsupported digest type.
    Digests {
        /// The zone, with its final dot.
        zone: String,
        /// The digest type numbers.
        digests: Vec<u8>,
    },
    /// An NSEC3 record with opt-out may hide an unsigned delegation (RFC 5155 section 6).
    OptOut,
    /// The NSEC3 records of the denial use too many hash iterations: this number (RFC 9276 section 3.2).
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
        /// The preference; lower values are preferred.
        preference: u16,
        /// The host name; the root for a null MX (RFC 7505).
        exchange: DomainName,
    },
    /// A TLSA record.
    Tlsa(Published),
    /// The name of a name server.
    Ns(DomainName),
    /// A server of a service (RFC 2782).
    Srv {
        /// The priority; lower values are preferred.
        priority: u16,
        /// The port; 0 if no server offers the service.
        port: u16,
        /// The host name; the root if no server offers the service.
        target: DomainName,
    },
    /// The target of a CNAME record.
    Cname(DomainName),
}

/// The answer to a lookup; `data` is empty if no such record exists or the answer is bogus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The worst security status of the records and of all CNAME records that were followed.
    pub security: Security,
    /// The name at the end of the CNAME chain.
    pub canonical: DomainName,
    /// The owner name of the records in the zone: the canonical name or, if the records were expanded from a
    /// wildcard, that wildcard. If a DNAME record answers a CNAME lookup, the owner of the DNAME record.
    pub holder: DomainName,
    /// The records.
    pub data: Vec<Data>,
    /// The TTL in seconds that the zone signed (RFC 4034 section 3.1.4); `None` without secure records.
    pub ttl: Option<u32>,
    /// If the answer is secure, the earliest expiration of the signatures over the data, the CNAME records and the
    /// zone keys.
    pub expires: Option<Expiry>,
}

/// The expiration of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiry {
    /// The name and type of the signed records.
    pub records: String,
    /// The expiration time.
    pub at: OffsetDateTime,
}

impl Expiry {
    /// Returns the earlier expiration; `None` if both are `None`.
    pub(super) fn first(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        one.into_iter().chain(other).min_by_key(|expiry| expiry.at)
    }
}

/// The reason why a lookup failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupError {
    /// The name and type of the lookup.
    pub question: String,
    /// The reason.
    pub reason: String,
    /// Whether the name servers failed: they did not answer, or answered with an error. Otherwise, this program could
    /// not use their answer.
    pub is_of_servers: bool,
}

impl fmt::Display for LookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no answer for {}: {}", self.question, self.reason)
    }
}

impl std::error::Error for LookupError {}
