//! The result of checking records against a chain: a status for each record, a verdict, and the missing records.

use std::fmt;

use time::OffsetDateTime;

use crate::chain::ChainError;
use crate::owner::Owner;
use crate::records::Published;
use crate::tlsa::{Params, Tlsa};
use crate::x509::KeyAlgorithm;

/// The status of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The record authenticates the server.
    Match,
    /// The record matches no certificate of the chain.
    Unmatched,
    /// Clients skip the record.
    Unusable,
    /// Clients prefer a stronger digest with the same usage and selector (RFC 7671 section 9).
    Ignored,
    /// The association data matches a certificate of the chain, but the record does not authenticate the server.
    Failed,
    /// The result is undetermined.
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

/// The result for all records together. A later verdict is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Every published triple of usage, selector and matching type covers every end entity.
    Covered,
    /// There is no record, or the result is undetermined.
    Unknown,
    /// Some record authenticates the server, but some triple does not cover every end entity.
    Partial,
    /// No record authenticates the server; as the verdict for clients, no record authenticates some end entity.
    NotCovered,
}

impl Verdict {
    /// All verdicts, best first.
    pub const ALL: [Self; 4] = [Self::Covered, Self::Unknown, Self::Partial, Self::NotCovered];
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

/// Whether the records of a triple authenticate every end entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// The records authenticate every end entity.
    Covered,
    /// The records do not authenticate every end entity.
    Uncovered,
    /// The result of a record is undetermined, and no record matches.
    Undecided,
}

/// The depth and the subject of a certificate that a record matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// Number of signatures between the certificate and the end entity; `None` if there is no path.
    pub depth: Option<usize>,
    /// The subject.
    pub subject: String,
    /// The reason why clients at OpenSSL's default security level reject the path, if they do.
    pub weakness: Option<String>,
}

/// A published record and its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The record.
    pub record: Published,
    /// The parameters; `None` if clients cannot use the record.
    pub params: Option<Params>,
    /// The status.
    pub status: Status,
    /// The certificate that the record describes.
    pub described: Option<Described>,
    /// The reason why the record does not match.
    pub reason: Option<String>,
}

/// A certificate of the chain and its records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needed {
    /// Number of signatures between the certificate and the end entity.
    pub depth: usize,
    /// The subject, or the DNS names if the subject is empty.
    pub subject: String,
    /// The algorithm of the key.
    pub algorithm: KeyAlgorithm,
    /// The expiry date; `None` if the date is unreadable.
    pub not_after: Option<OffsetDateTime>,
    /// The records of the certificate for the published triples, or its default record if no triple applies, and
    /// whether each record is published.
    pub records: Vec<(Tlsa, bool)>,
}

/// The result of checking the records of one owner against a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The requested owner.
    pub owner: Owner,
    /// The name at which records exist or must be added: the owner, the end of the owner's CNAME chain, or a wildcard.
    pub holder: Owner,
    /// The records and their statuses, in the order of the text or response.
    pub judged: Vec<Judged>,
    /// The triples of usable records and their coverage, in the order of the records (RFC 7671 section 8).
    pub triples: Vec<(Params, Coverage)>,
    /// The verdict for the publisher: whether every triple covers every end entity.
    pub verdict: Verdict,
    /// The verdict for clients: whether some record authenticates each end entity.
    pub any: Verdict,
    /// The end entities and the CAs above them, each once.
    pub needed: Vec<Needed>,
    /// The records to publish to make every triple cover every end entity.
    pub missing: Vec<Tlsa>,
    /// The reason why `missing` contains no record for the parameters of a published record, but 3 1 1 or nothing:
    /// clients would not accept such a record.
    pub obstacle: Option<String>,
    /// The error for the first signature that does not verify; `needed` contains no certificate above that signature.
    pub damage: Option<ChainError>,
}

impl Report {
    /// The records, in the order of `judged`.
    pub fn records(&self) -> impl Iterator<Item = &Published> {
        self.judged.iter().map(|judged| &judged.record)
    }

    /// Whether this record is published.
    pub fn has(&self, tlsa: &Tlsa) -> bool {
        self.records().any(|record| record.is(tlsa))
    }
}
