//! What published records are to a chain: a status for each, a verdict for all, and what is missing.

use std::fmt;

use time::OffsetDateTime;

use crate::chain::ChainError;
use crate::owner::Owner;
use crate::records::Published;
use crate::tlsa::{Params, Tlsa};
use crate::x509::KeyAlgorithm;

/// What a record is to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It authenticates the server.
    Match,
    /// It describes nothing in the chain.
    Unmatched,
    /// Clients pass it over.
    Unusable,
    /// A stronger digest with the same usage and selector hides it (RFC 7671 section 9).
    Ignored,
    /// It describes a certificate of the chain, and still the server is not authenticated.
    Failed,
    /// That cannot be decided here.
    Unverified,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Match => "match",
            Self::Unmatched => "unmatched",
            Self::Unusable => "unusable",
            Self::Ignored => "ignored",
            Self::Failed => "failed",
            Self::Unverified => "unverified",
        })
    }
}

/// What all records are together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Every triple covers every end entity.
    Covered,
    /// Some clients will succeed, or some triple covers nothing.
    Partial,
    /// No record authenticates the server.
    NotCovered,
    /// There is no record, or it cannot be decided.
    Unknown,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Covered => "covered",
            Self::Partial => "partial",
            Self::NotCovered => "not-covered",
            Self::Unknown => "unknown",
        })
    }
}

/// Whether a triple's records authenticate the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// For every end entity.
    Covered,
    /// Not for all.
    Uncovered,
    /// Some record of it cannot be decided, and none is known to match.
    Undecided,
}

/// What a record describes, in words that outlive the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// Signatures between it and the end entity, where a path leads there.
    pub depth: Option<usize>,
    /// Its subject.
    pub subject: String,
}

/// A published record, and what it is to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The record.
    pub record: Published,
    /// Its parameters, where they are registered and its data has their length.
    pub params: Option<Params>,
    /// What it is to a client.
    pub status: Status,
    /// What it describes.
    pub described: Option<Described>,
    /// Why it is not a match.
    pub reason: Option<String>,
}

/// A certificate of the chain, and the records that describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needed {
    /// Signatures between it and the end entity.
    pub depth: usize,
    /// Its subject, or the DNS names of a certificate without one.
    pub subject: String,
    /// The algorithm of its key.
    pub algorithm: KeyAlgorithm,
    /// When it expires; `None` if that cannot be read.
    pub not_after: Option<OffsetDateTime>,
    /// The records in the published triples that fit it, or else the usual one; whether each is published.
    pub records: Vec<(Tlsa, bool)>,
}

/// What the records at one owner are to a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The asked-for owner.
    pub owner: Owner,
    /// Where the records are, and missing ones belong: the owner, the end of its aliases, or a wildcard.
    pub holder: Owner,
    /// For each record, in its order.
    pub judged: Vec<Judged>,
    /// For each triple of usable records, in the order of the records (RFC 7671 section 8).
    pub triples: Vec<(Params, Coverage)>,
    /// The publisher's question: is every triple right?
    pub verdict: Verdict,
    /// The client's question: does some record authenticate every end entity?
    pub any: Verdict,
    /// The end entities and the CAs above them, each once.
    pub needed: Vec<Needed>,
    /// Records to publish, so that every triple covers every end entity.
    pub missing: Vec<Tlsa>,
    /// What is wrong with the first link of a path that does not hold: nothing above it is in `needed`.
    pub damage: Option<ChainError>,
}

impl Report {
    /// The records, in their order.
    pub fn records(&self) -> impl Iterator<Item = &Published> {
        self.judged.iter().map(|judged| &judged.record)
    }

    /// Whether this record is published.
    pub fn has(&self, tlsa: &Tlsa) -> bool {
        self.records().any(|record| record.is(tlsa))
    }
}
