//! Examines servers as a DANE client does: RFC 7671 section 7, RFC 7672 section 2. Only this module uses sockets.
//!
//! For each host, looks up the addresses and TLSA records, connects to each address once per key type, and checks the
//! chain that the server sends in the same way as `check` checks the chain in a file.

pub mod authorities;
mod deadline;
pub mod dns;
pub mod find;
mod host;
pub mod starttls;
mod survey;
pub mod tls;
mod wire;

use std::fmt;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use time::OffsetDateTime;

use crate::chain::Chain;
use crate::input::Located;
use crate::owner::{HostName, Port};
use crate::records::Found;
use crate::verify::{Policy, Report, Verdict, verify_served};
use crate::x509::Certificate;

pub use deadline::{Deadline, MOST_ADDRESSES, MOST_HOSTS, Omission};
use find::Server;
pub use host::Host;
use starttls::{Protocol, StarttlsError};
pub use survey::{Examined, Survey};
use tls::{KeyKind, Possession, TlsError};
use wire::Wire;

/// The verdict of a client about an address, a host, or all hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientVerdict {
    /// A client authenticates the server.
    Pass,
    /// A client that uses the records refuses the server.
    Fail,
    /// Undetermined.
    Unknown,
}

impl fmt::Display for ClientVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
        })
    }
}

impl ClientVerdict {
    /// Returns the worst verdict: fail is worse than unknown, and unknown is worse than pass. Returns unknown if there
    /// are no verdicts.
    pub fn of_all(verdicts: impl IntoIterator<Item = Self>) -> Self {
        let mut all = None;
        for verdict in verdicts {
            all = Some(match (all, verdict) {
                (Some(Self::Fail), _) | (_, Self::Fail) => Self::Fail,
                (Some(Self::Unknown), _) | (_, Self::Unknown) => Self::Unknown,
                _ => Self::Pass,
            });
        }
        all.unwrap_or(Self::Unknown)
    }
}

/// How to examine servers.
#[derive(Debug, Clone)]
pub struct Examination<'a> {
    /// The port.
    pub port: Port,
    /// The application protocol, which determines how TLS is started.
    pub protocol: Protocol,
    /// Whether the servers are mail servers that receive mail from other mail servers, so RFC 7672 applies.
    pub on_smtp: bool,
    /// Additional reference identifiers (RFC 7672 section 3.2.2).
    pub nexthops: &'a [HostName],
    /// Time limit per connection, from connecting to the end of the handshake.
    pub timeout: Duration,
    /// The deadline of the whole probe.
    pub deadline: Deadline,
    /// The current time.
    pub now: OffsetDateTime,
}

impl Examination<'_> {
    /// The result for an address that is not examined.
    fn omitted(&self, address: IpAddr, omission: Omission) -> Visited {
        let address = SocketAddr::new(address, self.port.number());
        Visited {
            omission: Some(omission),
            ..without_handshake(address, ClientVerdict::Unknown, omission.to_string())
        }
    }
}

/// The result for one address and one key type.
#[derive(Debug)]
pub struct Visited {
    /// Address and port.
    pub address: SocketAddr,
    /// The algorithm of the server's key; `None` without a handshake.
    pub algorithm: Option<String>,
    /// The verdict of a client.
    pub verdict: ClientVerdict,
    /// Whether the server proved possession of its private key; `None` without a handshake.
    pub key_proven: Option<bool>,
    /// The reason for an incomplete or failed result.
    pub error: Option<String>,
    /// The statuses of the records for the chain that the server sent.
    pub report: Option<Report>,
    /// The certificates that the server sent, in DER, the server's own first.
    pub served: Vec<Vec<u8>>,
    /// The key type of another certificate that the server may have, and why that certificate was not examined.
    pub unseen: Option<String>,
    /// Whether this machine has no route to the address.
    pub has_no_route: bool,
    /// Why the address was not examined completely.
    pub omission: Option<Omission>,
}

/// Examines an address of a host once for each key type.
fn examine(address: IpAddr, server: &Server, examination: &Examination<'_>) -> Vec<Visited> {
    let address = SocketAddr::new(address, examination.port.number());
    let mut seen = Vec::new();
    let mut missed = Vec::new();
    for kind in KeyKind::ALL {
        match visit(address, &server.base, kind, examination) {
            Ok(served) => seen.push(judge(address, served, server, examination)),
            Err(error) => {
                // If the error does not depend on the key type, the other key type would fail too.
                let is_over = error.of_kind().is_none();
                missed.push((kind, error));
                if is_over {
                    break;
                }
            }
        }
    }
    if let Some(first) = seen.first_mut() {
        // There are only two key types, so at most one was missed.
        let Some((kind, error)) = missed.first() else { return seen };
        let unseen = match error.verdict() {
            ClientVerdict::Fail if error.of_kind().is_none() => format!("{kind}: {error}"),
            _ => format!("{kind}: not examined: {error}"),
        };
        match error.of_kind() {
            Some(OfKind::Surely) => {}
            Some(OfKind::Perhaps) => first.unseen = Some(unseen),
            None => seen.push(Visited {
                omission: error.omission(),
                ..without_handshake(address, error.verdict(), unseen)
            }),
        }
        return seen;
    }
    // Show the most serious error: a refusal before any other error, and last an error that only means that the server
    // has no certificate of the key type.
    let error = missed.iter().map(|(_, error)| error).max_by_key(|error| match error.verdict() {
        ClientVerdict::Fail => 2,
        _ if error.of_kind().is_none() => 1,
        _ => 0,
    });
    let endpoint = error.map(|error| Visited {
        has_no_route: error.is_no_route(),
        omission: error.omission(),
        ..without_handshake(address, error.verdict(), error.to_string())
    });
    endpoint.into_iter().collect()
}

fn without_handshake(address: SocketAddr, verdict: ClientVerdict, error: String) -> Visited {
    Visited {
        address,
        algorithm: None,
        verdict,
        key_proven: None,
        error: Some(error),
        report: None,
        served: Vec::new(),
        unseen: None,
        has_no_route: false,
        omission: None,
    }
}

/// Why a connection returned no certificate chain.
enum VisitError {
    Connect(std::io::Error),
    Starttls(StarttlsError),
    Tls(TlsError),
    /// The deadline of the probe expired before the time limit of the connection.
    Omitted(Omission),
}

impl VisitError {
    fn is_timeout(&self) -> bool {
        match self {
            Self::Connect(error)
            | Self::Starttls(StarttlsError::Io(error))
            | Self::Tls(TlsError::Io(error)) => error.kind() == ErrorKind::TimedOut,
            _ => false,
        }
    }

    fn omission(&self) -> Option<Omission> {
        let Self::Omitted(omission) = self else { return None };
        Some(*omission)
    }

    fn is_no_route(&self) -> bool {
        let Self::Connect(error) = self else { return false };
        /// The Linux error EAFNOSUPPORT, which kernels without IPv6 return. The standard library has no ErrorKind for
        /// this error.
        const NO_SUCH_FAMILY: i32 = 97;
        matches!(error.kind(), ErrorKind::NetworkUnreachable | ErrorKind::AddrNotAvailable)
            || error.raw_os_error() == Some(NO_SUCH_FAMILY)
    }

    /// Returns how certain it is, given this error, that the server has no certificate of the key type; `None` if the
    /// error does not depend on the key type.
    fn of_kind(&self) -> Option<OfKind> {
        match self {
            Self::Tls(TlsError::NothingInCommon) => Some(OfKind::Surely),
            // rustls servers send this alert if they have no certificate of the key type.
            Self::Tls(TlsError::Refused(alert)) if alert == "access_denied" => Some(OfKind::Surely),
            Self::Tls(TlsError::Refused(_) | TlsError::Closed) => Some(OfKind::Perhaps),
            _ => None,
        }
    }

    /// Returns fail if the server refuses TLS or does not have the private key, because every DANE client then fails.
    /// Returns unknown for all other errors.
    fn verdict(&self) -> ClientVerdict {
        match self {
            Self::Starttls(StarttlsError::NotOffered(_))
            | Self::Tls(TlsError::Refused(_) | TlsError::WithoutKey) => ClientVerdict::Fail,
            _ => ClientVerdict::Unknown,
        }
    }
}

/// How certain it is that the server has no certificate of a key type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OfKind {
    Surely,
    Perhaps,
}

impl fmt::Display for VisitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) => write!(f, "cannot connect: {error}"),
            Self::Starttls(error) => error.fmt(f),
            Self::Tls(error) => error.fmt(f),
            Self::Omitted(omission) => omission.fmt(f),
        }
    }
}

fn visit(
    address: SocketAddr,
    base: &HostName,
    kind: KeyKind,
    examination: &Examination<'_>,
) -> Result<tls::Served, VisitError> {
    let Examination { timeout, deadline, .. } = examination;
    let left = deadline.left();
    let dialog = || {
        let mut wire = Wire::connect(address, left.min(*timeout)).map_err(VisitError::Connect)?;
        starttls::start(&mut wire, examination.protocol, base.as_str()).map_err(VisitError::Starttls)?;
        tls::handshake(&mut wire, base.as_str(), kind).map_err(VisitError::Tls)
    };
    dialog().map_err(|error| match error.is_timeout() && left < *timeout {
        true => VisitError::Omitted(deadline.not_finished()),
        false => error,
    })
}

fn judge(
    address: SocketAddr,
    served: tls::Served,
    server: &Server,
    examination: &Examination<'_>,
) -> Visited {
    let certificates: Result<Vec<Located>, _> = served
        .certificates
        .iter()
        .map(|der| Ok(Located { line: None, certificate: Certificate::from_der(der.clone())? }))
        .collect::<Result<_, crate::x509::X509Error>>();
    let certificates = match certificates {
        Ok(certificates) if !certificates.is_empty() => certificates,
        Ok(_) => {
            return without_handshake(
                address,
                ClientVerdict::Fail,
                "the server sent no certificate".to_owned(),
            );
        }
        Err(error) => {
            let error = format!("cannot read a certificate of the server: {error}");
            return without_handshake(address, ClientVerdict::Unknown, error);
        }
    };
    let algorithm = certificates.first().map(|leaf| leaf.certificate.key_algorithm().to_string());
    let mut names = server.names(examination.on_smtp);
    names.extend(examination.nexthops.iter().cloned());
    let policy = Policy { names: &names, on_smtp: examination.on_smtp, store: None, now: examination.now };
    let found = Found { holder: server.holder.clone(), records: server.records.clone() };
    let report = match verify_served(&server.owner, found, &Chain::served(certificates), &policy) {
        Ok(report) => report,
        Err(error) => return without_handshake(address, ClientVerdict::Unknown, error.to_string()),
    };
    let is_unknown = matches!(served.possession, Possession::Unknown(_));
    let verdict = match report.any {
        Verdict::Covered if is_unknown => ClientVerdict::Unknown,
        Verdict::Covered => ClientVerdict::Pass,
        Verdict::Unknown => ClientVerdict::Unknown,
        Verdict::Partial | Verdict::NotCovered => ClientVerdict::Fail,
    };
    let is_proven = served.possession == Possession::Proven;
    Visited {
        address,
        algorithm,
        verdict,
        key_proven: Some(is_proven),
        error: (!is_proven)
            .then(|| format!("possession of the private key not verified: {}", served.possession)),
        report: Some(report),
        served: served.certificates,
        unseen: None,
        has_no_route: false,
        omission: None,
    }
}
