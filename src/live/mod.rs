//! What a DANE client sees: RFC 7671 section 7, RFC 7672 section 2. The only user of sockets.
//!
//! A name is looked up, its addresses are connected to, and what each serves for each kind of key is judged by the
//! records that were found, as `check` judges a file.

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

pub use deadline::{Deadline, Omission};
use find::Server;
pub use host::Host;
use starttls::{Protocol, StarttlsError};
pub use survey::{Examined, MOST_ADDRESSES, MOST_HOSTS, Survey};
use tls::{KeyKind, Possession, TlsError};
use wire::Wire;

/// What a client makes of an endpoint, a host, or all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientVerdict {
    /// A client authenticates the server.
    Pass,
    /// A client that has the records refuses the server.
    Fail,
    /// It cannot be told.
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
    /// Fail beats unknown, unknown beats pass; nothing at all is unknown.
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

/// How servers are to be looked at.
#[derive(Debug, Clone)]
pub struct Examination<'a> {
    /// The port.
    pub port: Port,
    /// What is spoken there before TLS.
    pub protocol: Protocol,
    /// Whether that is mail between servers, where RFC 7672 holds.
    pub on_smtp: bool,
    /// Further names that a certificate may have (RFC 7672 section 3.2.2).
    pub nexthops: &'a [HostName],
    /// The time limit of each connection, from connecting to the end of the handshake.
    pub timeout: Duration,
    /// When all of them end.
    pub deadline: Deadline,
    /// The clock.
    pub now: OffsetDateTime,
}

impl Examination<'_> {
    /// The entry of an address that is not visited.
    fn omitted(&self, address: IpAddr, omission: Omission) -> Visited {
        let address = SocketAddr::new(address, self.port.number());
        Visited {
            omission: Some(omission),
            ..without_handshake(address, ClientVerdict::Unknown, omission.to_string())
        }
    }
}

/// What one address serves for one kind of key.
#[derive(Debug)]
pub struct Visited {
    /// Address and port.
    pub address: SocketAddr,
    /// The algorithm of the server's key, where there was a handshake.
    pub algorithm: Option<String>,
    /// What a client makes of it.
    pub verdict: ClientVerdict,
    /// Whether the server has the key of its certificate; `None` without a handshake.
    pub key_proven: Option<bool>,
    /// Why there is no more to say.
    pub error: Option<String>,
    /// The records and what they are to the served chain.
    pub report: Option<Report>,
    /// The DER of the served certificates, the server's own first.
    pub served: Vec<Vec<u8>>,
    /// A kind of key that the server perhaps has a further certificate for, and why that was not seen.
    pub unseen: Option<String>,
    /// Whether this machine has no way to the address at all.
    pub has_no_route: bool,
    /// That the address was not visited, or not to the end.
    pub omission: Option<Omission>,
}

/// Looks at an address of a host, once for each kind of key.
fn examine(address: IpAddr, server: &Server, examination: &Examination<'_>) -> Vec<Visited> {
    let address = SocketAddr::new(address, examination.port.number());
    let mut seen = Vec::new();
    let mut missed = Vec::new();
    for kind in KeyKind::ALL {
        match visit(address, &server.base, kind, examination) {
            Ok(served) => seen.push(judge(address, served, server, examination)),
            Err(error) => {
                // Where it is not for the kind of key, one try tells as much as two.
                let is_over = error.of_kind().is_none();
                missed.push((kind, error));
                if is_over {
                    break;
                }
            }
        }
    }
    if let Some(first) = seen.first_mut() {
        // There are two kinds: one was seen, one was missed.
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
    // A refusal counts for more than an error, and that for more than nothing in common.
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

/// Why a visit gave no chain.
enum VisitError {
    Connect(std::io::Error),
    Starttls(StarttlsError),
    Tls(TlsError),
    /// The time of the call is over, not that of the visit.
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
        /// Linux's EAFNOSUPPORT, for which the standard library has no name: a kernel without IPv6.
        const NO_SUCH_FAMILY: i32 = 97;
        matches!(error.kind(), ErrorKind::NetworkUnreachable | ErrorKind::AddrNotAvailable)
            || error.raw_os_error() == Some(NO_SUCH_FAMILY)
    }

    /// Whether it is because of the kind of key, so that another kind may bring more.
    fn of_kind(&self) -> Option<OfKind> {
        match self {
            Self::Tls(TlsError::NothingInCommon) => Some(OfKind::Surely),
            // rustls' servers say so without a certificate of the kind.
            Self::Tls(TlsError::Refused(alert)) if alert == "access_denied" => Some(OfKind::Surely),
            Self::Tls(TlsError::Refused(_) | TlsError::Closed) => Some(OfKind::Perhaps),
            _ => None,
        }
    }

    /// A server that cannot be reached tells nothing, and neither does one that speaks, but not with this program;
    /// one that refuses TLS fails every client that has records.
    fn verdict(&self) -> ClientVerdict {
        match self {
            Self::Starttls(StarttlsError::NotOffered(_))
            | Self::Tls(TlsError::Refused(_) | TlsError::WithoutKey) => ClientVerdict::Fail,
            _ => ClientVerdict::Unknown,
        }
    }
}

/// Whether a server has no certificate for a kind of key.
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
            let error = format!("a certificate of the server cannot be read: {error}");
            return without_handshake(address, ClientVerdict::Unknown, error);
        }
    };
    let algorithm = certificates.first().map(|leaf| leaf.certificate.key_algorithm().to_string());
    let mut names = server.names(examination.on_smtp);
    names.extend(examination.nexthops.iter().cloned());
    let policy = Policy { names: &names, on_smtp: examination.on_smtp, store: None, now: examination.now };
    let found = Found { holder: server.holder.clone(), records: server.records.clone() };
    let report = verify_served(&server.owner, found, &Chain::served(certificates), &policy);
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
        error: (!is_proven).then(|| format!("possession of the key is not proven: {}", served.possession)),
        report: Some(report),
        served: served.certificates,
        unseen: None,
        has_no_route: false,
        omission: None,
    }
}
