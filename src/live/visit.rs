//! Examines one address of a service, once for each key type: RFC 7671 section 5, RFC 7672 section 2.2.

use std::fmt;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};

use super::deadline::Omission;
use super::find::Server;
use super::name_server::deviating;
use super::starttls::{self, StarttlsError};
use super::tls::{self, KeyKind, Possession, TlsError};
use super::wire::{Wire, reason};
use super::{ClientVerdict, Examination, Service};
use crate::chain::Chain;
use crate::input::Located;
use crate::records::{Found, Published};
use crate::verify::{Policy, Report, Status, Verdict, verify_served};
use crate::x509::Certificate;

/// The result for one address and one key type.
#[derive(Debug)]
pub struct Visited {
    /// Address and port.
    pub address: SocketAddr,
    /// What the handshake showed; `None` without a handshake.
    pub tls: Option<Tls>,
    /// The verdict of a client.
    pub verdict: ClientVerdict,
    /// The reason for an incomplete or failed result.
    pub error: Option<String>,
    /// The statuses of the records for the chain that the server sent.
    pub report: Option<Report>,
    /// The certificates that the server sent, the server's own first.
    pub served: Vec<Certificate>,
    /// The key type of another certificate that the server may have, and why that certificate was not examined.
    pub unseen: Option<String>,
    /// Whether this machine has no route to the address.
    pub has_no_route: bool,
    /// Why the address was not examined completely.
    pub omission: Option<Omission>,
}

/// What a handshake showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// The protocol version, such as `TLSv1.3`.
    pub version: &'static str,
    /// The algorithm of the server's key.
    pub algorithm: String,
    /// Whether the server proved possession of its private key.
    pub key_proven: bool,
}

/// Examines an address of a host once for each key type.
pub(super) fn examine(
    address: IpAddr,
    service: &Service,
    server: &Server,
    examination: &Examination<'_>,
) -> Vec<Visited> {
    let address = SocketAddr::new(address, service.port.number());
    let mut seen = Vec::new();
    let mut missed = Vec::new();
    for kind in KeyKind::ALL {
        match visit(address, service, server, kind, examination) {
            Ok(served) => seen.push(judge(address, served, service, server, examination)),
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

/// The result for an address that is not examined.
pub(super) fn omitted(address: IpAddr, service: &Service, omission: Omission) -> Visited {
    let address = SocketAddr::new(address, service.port.number());
    Visited {
        omission: Some(omission),
        ..without_handshake(address, ClientVerdict::Unknown, omission.to_string())
    }
}

fn without_handshake(address: SocketAddr, verdict: ClientVerdict, error: String) -> Visited {
    Visited {
        address,
        tls: None,
        verdict,
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
            Self::Starttls(StarttlsError::NotOffered(_) | StarttlsError::Rejected(_))
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
            Self::Connect(error) => write!(f, "cannot connect: {}", reason(error)),
            Self::Starttls(error) => error.fmt(f),
            Self::Tls(error) => error.fmt(f),
            Self::Omitted(omission) => omission.fmt(f),
        }
    }
}

fn visit(
    address: SocketAddr,
    service: &Service,
    server: &Server,
    kind: KeyKind,
    examination: &Examination<'_>,
) -> Result<tls::Served, VisitError> {
    let Examination { timeout, deadline, hello, .. } = examination;
    let left = deadline.left();
    let base = server.base.as_str();
    let dialog = || {
        let mut wire = Wire::connect(address, left.min(*timeout)).map_err(VisitError::Connect)?;
        starttls::start(&mut wire, service.protocol, base, hello).map_err(VisitError::Starttls)?;
        let again = starttls::again(service.protocol, hello);
        tls::handshake(&mut wire, base, kind, again.as_deref()).map_err(VisitError::Tls)
    };
    dialog().map_err(|error| match error.is_timeout() && left < *timeout {
        true => VisitError::Omitted(deadline.not_finished()),
        false => error,
    })
}

fn judge(
    address: SocketAddr,
    served: tls::Served,
    service: &Service,
    server: &Server,
    examination: &Examination<'_>,
) -> Visited {
    let failed = |verdict, error| without_handshake(address, verdict, error);
    let certificates = served.certificates.iter().map(|der| Certificate::from_der(der.clone()));
    let certificates: Vec<Certificate> = match certificates.collect::<Result<_, _>>() {
        Ok(certificates) => certificates,
        Err(error) => {
            let error = format!("cannot read a certificate from the server: {error}");
            return failed(ClientVerdict::Unknown, error);
        }
    };
    let Some(leaf) = certificates.first() else {
        return failed(ClientVerdict::Fail, "the server sent no certificate".to_owned());
    };
    let is_proven = served.possession == Possession::Proven;
    let tls =
        Tls { version: served.version, algorithm: leaf.key_algorithm().to_string(), key_proven: is_proven };
    let located = |certificate: &Certificate| Located { line: None, certificate: certificate.clone() };
    let chain = Chain::served(certificates.iter().map(located).collect());
    let mut names = server.names(service.on_smtp);
    names.extend(examination.nexthops.iter().cloned());
    let policy = Policy { names: &names, on_smtp: service.on_smtp, store: None, now: examination.now };
    let report_of = |records: &[Published]| {
        let found = Found { holder: server.holder.clone(), records: records.to_vec() };
        verify_served(&server.owner, found, &chain, &policy)
    };
    let report = match report_of(&server.records) {
        Ok(report) => report,
        Err(error) => return failed(ClientVerdict::Unknown, error.to_string()),
    };
    let doubt =
        (!is_proven).then(|| format!("possession of the private key not verified: {}", served.possession));
    let (mut verdict, mut error) = match verdict_of(&report) {
        ClientVerdict::Pass if doubt.is_some() => (ClientVerdict::Unknown, doubt),
        ClientVerdict::NoDane if !server.records.is_empty() => {
            let error = "all records are unusable: clients encrypt without authenticating".to_owned();
            (ClientVerdict::NoDane, Some(error))
        }
        verdict => (verdict, doubt),
    };
    // Until the zone is the same everywhere, clients may find the records of any of its name servers.
    for (name_server, given) in deviating(&server.name_servers, &server.records) {
        let there = report_of(&given.records).map_or(ClientVerdict::Unknown, |report| verdict_of(&report));
        if there > verdict {
            (verdict, error) = (there, Some(format!("with the records that {name_server} gives")));
        }
    }
    Visited {
        address,
        tls: Some(tls),
        verdict,
        error,
        report: Some(report),
        served: certificates,
        unseen: None,
        has_no_route: false,
        omission: None,
    }
}

/// The verdict of a client that finds these records; clients that can use none of them do not authenticate (RFC 6698
/// section 4.1, RFC 7672 section 2.2).
fn verdict_of(report: &Report) -> ClientVerdict {
    let is_unusable = report.judged.iter().all(|judged| judged.status == Status::Unusable);
    match report.any {
        _ if is_unusable => ClientVerdict::NoDane,
        Verdict::Covered => ClientVerdict::Pass,
        Verdict::Unknown => ClientVerdict::Unknown,
        Verdict::Partial | Verdict::NotCovered => ClientVerdict::Fail,
    }
}
