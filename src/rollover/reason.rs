//! The reasons for a step, as text.

use std::fmt;

use super::Triple;
use crate::records::Published;

/// Why a step is taken, or why no other step is taken yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// An authoritative server did not answer.
    Silent {
        /// The owner name that was asked for.
        owner: String,
        /// The server.
        server: String,
        /// What went wrong.
        error: String,
    },
    /// An authoritative server has an older RRset than others.
    Lags {
        /// The owner name.
        owner: String,
        /// The server.
        server: String,
    },
    /// Caches may hold an RRset that does not cover the chain.
    Cached {
        /// The owner name.
        owner: String,
    },
    /// An address, or one of its key types, was not examined.
    Unreached {
        /// The address and port.
        at: String,
        /// What went wrong.
        error: String,
    },
    /// A published triple has no record that matches the chain to install.
    ForeignTriple {
        /// The owner name.
        owner: String,
        /// The triple.
        triple: Triple,
    },
    /// An address sends a chain that the records do not cover, or would not cover after the step.
    Uncovered {
        /// The owner name.
        owner: String,
        /// The address and port; `None` for the chain in use.
        at: Option<String>,
        /// The triple without a matching record.
        triple: Triple,
    },
    /// A record cannot be removed, because an address still sends a chain that it matches.
    StillServed {
        /// The address and port.
        at: String,
        /// The record.
        record: Published,
    },
    /// A record is not removed yet, because machines behind a shared address may still send a chain that it matches.
    Recent {
        /// The owner name.
        owner: String,
        /// The record.
        record: Published,
    },
    /// An address sends the chain to install before it may be installed.
    Early {
        /// The address and port.
        at: String,
    },
    /// No address sends the chain that the service is said to use.
    NotReloaded {
        /// The owner name.
        owner: String,
    },
}

impl Reason {
    /// The action to take, if there is one.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Silent { .. } => {
                "check that name server; --server lists the servers to ask, and must name every server of the zone"
                    .to_owned()
            }
            Self::Lags { server, .. } => format!("if this lasts, check the zone transfer to {server}"),
            Self::Unreached { .. } => {
                "check the service; --unprobed continues without looking at the addresses, only for this call"
                    .to_owned()
            }
            Self::ForeignTriple { triple, .. } | Self::Uncovered { at: None, triple, .. } => {
                format!("add {} to the arguments, or remove the records of that triple", Params(*triple))
            }
            Self::Uncovered { at: Some(_), .. } => {
                "reload the service if it should send another chain; if another machine sends it, give its certificate with --next"
                    .to_owned()
            }
            Self::NotReloaded { .. } => {
                "reload the service, and check that it reads the file of --in-use".to_owned()
            }
            Self::Early { .. } => {
                "let the service read the file of --in-use, not the files of the ACME client".to_owned()
            }
            Self::Cached { .. } | Self::StillServed { .. } | Self::Recent { .. } => return None,
        })
    }
}

struct Params(Triple);

/// A record with the first octets of its data.
struct Short<'a>(&'a Published);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data = &self.0.data;
        let start = hex::encode(data.get(..8).unwrap_or(data));
        write!(f, "{} {start}...", Params(super::triple(self.0)))
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (usage, selector, matching_type) = self.0;
        write!(f, "{usage} {selector} {matching_type}")
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent { owner, server, error } => {
                write!(f, "name server {server} did not answer for {owner}: {error}")
            }
            Self::Lags { owner, server } => {
                write!(f, "name server {server} has other records at {owner} than the other name servers")
            }
            Self::Cached { owner } => {
                write!(f, "caches may still hold older records at {owner} that do not match the new chain")
            }
            Self::Unreached { at, error } => write!(f, "{at} was not examined: {error}"),
            Self::ForeignTriple { owner, triple } => write!(
                f,
                "{owner} has records with {}, but none that matches the new chain (RFC 7671 section 8)",
                Params(*triple)
            ),
            Self::Uncovered { owner, at: Some(at), triple } => write!(
                f,
                "{at} sends a chain that no record with {} at {owner} matches (RFC 7671 section 8)",
                Params(*triple)
            ),
            Self::Uncovered { owner, at: None, triple } => write!(
                f,
                "no record with {} at {owner} matches the chain in use (RFC 7671 section 8)",
                Params(*triple)
            ),
            Self::StillServed { at, record } => {
                write!(f, "{at} still sends the chain of {}", Short(record))
            }
            Self::Recent { owner, record } => {
                write!(f, "{} at {owner} must stay until two TTLs after its last use", Short(record))
            }
            Self::Early { at } => {
                write!(f, "{at} already sends the new chain, before its record is in every cache")
            }
            Self::NotReloaded { owner } => {
                write!(f, "no address sends the chain of --in-use ({owner})")
            }
        }
    }
}
