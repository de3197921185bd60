//! The moment by which a call ends, and what it leaves out.

use std::fmt;
use std::time::{Duration, Instant};

use super::find::Dnssec;
use super::survey::{MOST_ADDRESSES, MOST_HOSTS};

/// When a call ends, whatever the other sides do.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    at: Instant,
    limit: Duration,
}

/// Time-outs of sockets may end this much early.
const SLACK: Duration = Duration::from_millis(20);

impl Deadline {
    /// `limit` from now.
    pub fn after(limit: Duration) -> Self {
        Self { at: Instant::now() + limit, limit }
    }

    /// The moment itself.
    pub fn at(&self) -> Instant {
        self.at
    }

    /// What is left of the time; nothing once it is over.
    pub(super) fn left(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    pub(super) fn is_over(&self) -> bool {
        self.left() <= SLACK
    }

    /// What is left out because its turn did not come in time.
    pub(super) fn not_started(&self) -> Omission {
        Omission::NotStarted(self.limit)
    }

    /// What was begun and not finished in time.
    pub(super) fn not_finished(&self) -> Omission {
        Omission::NotFinished(self.limit)
    }

    /// The outcome of a lookup that found no server; where the deadline ended it, that is the reason.
    pub fn explain(&self, dnssec: Dnssec) -> Dnssec {
        match dnssec {
            Dnssec::Unreachable(_) if self.is_over() => Dnssec::NotVisited(self.not_finished()),
            _ => dnssec,
        }
    }
}

/// Why a host or an address was not visited, or not to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Omission {
    /// Its turn did not come within this time.
    NotStarted(Duration),
    /// It was begun and not finished within this time.
    NotFinished(Duration),
    /// A host past [`MOST_HOSTS`].
    ManyHosts,
    /// An address past [`MOST_ADDRESSES`] of its host.
    ManyAddresses,
}

impl fmt::Display for Omission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted(limit) => write!(f, "not visited within --deadline {}", limit.as_secs()),
            Self::NotFinished(limit) => write!(f, "not finished within --deadline {}", limit.as_secs()),
            Self::ManyHosts => write!(f, "not visited: more than {MOST_HOSTS} hosts"),
            Self::ManyAddresses => write!(f, "not visited: more than {MOST_ADDRESSES} addresses of a host"),
        }
    }
}
