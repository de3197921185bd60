//! Decides the next step of a key rollover: publish, wait, install or retire (RFC 7671 section 8.1). Performs no I/O.
//!
//! The rule behind every step: each RRset that a cache may hold must cover each chain that a server may send. An RRset
//! covers a chain if, for each triple (usage, selector, matching type) in it, a record matches the chain; an empty
//! RRset covers every chain, because clients then do not use DANE.
//!
//! | file | job |
//! |---|---|
//! | `clock` | counts the time that has certainly passed between calls |
//! | `memory` | remembers what this machine published, and which RRsets caches may hold |
//! | `place` | what follows from all this for one owner |
//! | `decide` | decides the step for all owners |
//! | `state` | reads and writes the contents of the state file |
//! | `reason` | the reasons for a step, as text |

mod clock;
mod decide;
mod memory;
mod place;
mod reason;
mod state;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::records::Published;

pub use clock::{Clock, Jump, Reading};
pub use decide::{Decision, decide};
pub use memory::Memory;
use memory::OwnerMemory;
pub use reason::Reason;
pub use state::{Identity, State, StateError};

/// The data of TLSA records.
pub type Records = BTreeSet<Published>;

/// A TLSA RRset; without records if none exist.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rrset {
    /// The data of its records.
    pub records: Records,
    /// The TTL in seconds.
    pub ttl: u32,
}

/// The triple of numbers of a record: usage, selector and matching type.
pub type Triple = (u8, u8, u8);

/// The triple of a record.
pub fn triple(record: &Published) -> Triple {
    (record.usage, record.selector, record.matching_type)
}

/// What one call sees of one owner; `C` is a chain.
#[derive(Debug, Clone)]
pub struct Observed<C> {
    /// The owner name that clients ask for.
    pub owner: String,
    /// The name at which the records exist: the owner, the end of its CNAME chain, or a wildcard.
    pub holder: String,
    /// The RRset at each authoritative server.
    pub answers: Vec<Answer>,
    /// The chains that the addresses of the host send.
    pub served: Vec<Served<C>>,
    /// The addresses or key types that were not examined, each with the reason.
    pub unreached: Vec<Unreached>,
}

/// The RRset that an authoritative server gives.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The name or address of the server.
    pub server: String,
    /// The RRset, or why the server does not count as having answered.
    pub rrset: Result<Rrset, String>,
}

/// A chain that an address sends.
#[derive(Debug, Clone)]
pub struct Served<C> {
    /// The address and port.
    pub at: String,
    /// The chain.
    pub chain: C,
    /// Whether its end entity is one of those to install.
    pub is_wanted: bool,
}

/// An address, or one key type of an address, that was not examined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreached {
    /// The address and port.
    pub at: String,
    /// The reason.
    pub reason: String,
}

/// A chain and its records for the wanted triples.
#[derive(Debug, Clone)]
pub struct Material<C> {
    /// The chain.
    pub chain: C,
    /// Its records.
    pub records: Records,
}

/// What the operator wants.
#[derive(Debug, Clone)]
pub struct Wanted<C> {
    /// The chain to install, with all its end entities.
    pub new: Material<C>,
    /// The chain that the service uses, if known.
    pub in_use: Option<Material<C>>,
    /// The records of standby keys and sibling CAs.
    pub next: Records,
    /// Whether the service already uses the chain to install.
    pub is_installed: bool,
}

impl<C> Wanted<C> {
    /// The records that must be published.
    pub fn records(&self) -> Records {
        let in_use = self.in_use.iter().flat_map(|material| &material.records);
        self.new.records.iter().chain(in_use).chain(&self.next).cloned().collect()
    }
}

/// Exceptions that the operator asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exceptions {
    /// Do not require that the addresses were examined.
    pub unprobed: bool,
    /// Install although senders with older records will refuse the server.
    pub accept_outage: bool,
}

/// The next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing to do.
    Steady,
    /// Publish the additions.
    Publish,
    /// Wait at least until this time of the [`Clock`], in seconds, if a time is known.
    Wait(Option<u64>),
    /// The service may use the chain. If the operator accepts an outage, it may last until this time of the [`Clock`].
    Install(Option<u64>),
    /// Remove the records.
    Retire,
    /// The operator must act.
    Blocked,
    /// Something could not be looked up.
    Undetermined,
}

impl Step {
    /// The word for the step, in messages and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::Publish => "publish",
            Self::Wait(_) => "wait",
            Self::Install(_) => "install",
            Self::Retire => "retire",
            Self::Blocked => "blocked",
            Self::Undetermined => "undetermined",
        }
    }
}

/// The changes at one owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The index of the owner.
    pub place: usize,
    /// The largest published TTL in seconds; `None` if no record is published.
    pub ttl: Option<u32>,
    /// The records to publish.
    pub add: Records,
    /// The records to remove.
    pub remove: Records,
    /// All records after the change.
    pub after: Records,
}
