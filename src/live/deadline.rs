//! The deadline of a probe, and the reasons why hosts or addresses are not examined.

use std::fmt;
use std::time::{Duration, Instant};

/// Maximum number of services per probe: pairs of a host and a port.
pub const MOST_HOSTS: usize = 64;

/// Maximum number of addresses per service.
pub const MOST_ADDRESSES: usize = 32;

/// The deadline of a probe.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    at: Instant,
    limit: Duration,
}

/// Socket timeouts may expire up to this long before the deadline.
const SLACK: Duration = Duration::from_millis(20);

impl Deadline {
    /// A deadline `limit` from now.
    pub fn after(limit: Duration) -> Self {
        Self { at: Instant::now() + limit, limit }
    }

    /// The deadline as an instant.
    pub fn at(&self) -> Instant {
        self.at
    }

    /// The remaining time; zero after the deadline.
    pub(super) fn left(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    pub(super) fn is_over(&self) -> bool {
        self.left() <= SLACK
    }

    /// Returns the omission of a host or address whose examination did not start in time.
    pub(super) fn not_started(&self) -> Omission {
        Omission::NotStarted(self.limit)
    }

    /// Returns the omission of a host or address whose examination started, but did not finish in time.
    pub(super) fn not_finished(&self) -> Omission {
        Omission::NotFinished(self.limit)
    }
}

/// Why a host or an address was not examined completely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Omission {
    /// The examination did not start within this time limit.
    NotStarted(Duration),
    /// The examination started, but did not finish within this time limit.
    NotFinished(Duration),
    /// The probe has more than [`MOST_HOSTS`] services.
    ManyHosts,
    /// The host has more than [`MOST_ADDRESSES`] addresses.
    ManyAddresses,
}

impl fmt::Display for Omission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted(limit) => write!(f, "not examined within --deadline {}", limit.as_secs()),
            Self::NotFinished(limit) => write!(f, "not finished within --deadline {}", limit.as_secs()),
            Self::ManyHosts => write!(f, "not examined: more than {MOST_HOSTS} hosts and ports"),
            Self::ManyAddresses => {
                write!(f, "not examined: more than {MOST_ADDRESSES} addresses of one host")
            }
        }
    }
}
