//! Examines servers as a DANE client does: RFC 7671 section 7, RFC 7672 section 2. Only this module uses sockets.
//!
//! For each host, looks up the addresses and TLSA records, connects to each address once per key type, and checks the
//! chain that the server sends in the same way as `check` checks the chain in a file.

pub mod authorities;
mod deadline;
pub mod discover;
pub mod dns;
pub mod find;
mod host;
pub mod name_server;
mod parting;
mod protocol;
pub mod starttls;
mod survey;
pub mod tls;
mod visit;
mod wire;

use std::fmt;
use std::time::Duration;

use time::OffsetDateTime;

use crate::owner::{HostName, Port};

pub use deadline::{Deadline, MOST_ADDRESSES, MOST_HOSTS, Omission};
pub use host::Host;
use starttls::{Hello, Protocol};
pub use survey::{Examined, Survey};
use visit::examine;
pub use visit::{Tls, Visited};

/// The verdict of a client about an address, a service, or all services. A later verdict is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClientVerdict {
    /// A client authenticates the server.
    Pass,
    /// No DANE applies: nothing is signed or published, or clients can use no record (RFC 7672 section 2.2).
    NoDane,
    /// This program could not look.
    Unknown,
    /// DANE clients do not deliver to the server.
    Fail,
}

impl fmt::Display for ClientVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pass => "pass",
            Self::NoDane => "none",
            Self::Unknown => "unknown",
            Self::Fail => "fail",
        })
    }
}

impl ClientVerdict {
    /// All verdicts, best first.
    pub const ALL: [Self; 4] = [Self::Pass, Self::NoDane, Self::Unknown, Self::Fail];

    /// Returns the worst verdict; unknown if there are no verdicts.
    pub fn of_all(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts.into_iter().max().unwrap_or(Self::Unknown)
    }
}

/// A service to examine: a host and a port, and how its clients use them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The host.
    pub host: HostName,
    /// The port.
    pub port: Port,
    /// The application protocol, which determines how TLS is started.
    pub protocol: Protocol,
    /// Whether the server receives mail from other mail servers, so RFC 7672 applies.
    pub on_smtp: bool,
    /// The preference of the MX record that names the host.
    pub preference: Option<u16>,
}

impl Service {
    /// The service at a port. Without `protocol`, SMTP at a port other than 25 is the submission of mail, to which RFC
    /// 7672 does not apply (RFC 7672 section 7).
    pub fn at(host: HostName, port: Port, protocol: Option<Protocol>) -> Self {
        Self {
            host,
            port,
            protocol: protocol.unwrap_or_else(|| Protocol::of_port(port.number())),
            on_smtp: port == Port::SMTP || protocol == Some(Protocol::Smtp),
            preference: None,
        }
    }
}

/// Writes host and port.
impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host.as_str(), self.port)
    }
}

/// How to examine services.
#[derive(Debug, Clone)]
pub struct Examination<'a> {
    /// The names to say in the dialogs.
    pub hello: &'a Hello,
    /// Additional reference identifiers (RFC 7672 section 3.2.2, RFC 7673 section 4.1).
    pub nexthops: &'a [HostName],
    /// Time limit per connection, from connecting to the end of the dialog.
    pub timeout: Duration,
    /// The deadline of the whole probe.
    pub deadline: Deadline,
    /// The current time.
    pub now: OffsetDateTime,
}
