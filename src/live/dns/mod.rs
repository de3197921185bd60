//! Looks up DNS records and validates DNSSEC in this process: RFC 4035 section 5, RFC 6840.
//!
//! No name server is trusted. Each reply is limited in size, reduced to the requested RRset or one alias, and validated
//! along the chain of trust to the owner name of that RRset. A lookup returns exactly the RRset that was validated.
//! Each alias is followed with a new query.
//!
//! | file | job |
//! |---|---|
//! | `answer` | the record types, answers and errors of lookups |
//! | `follow` | follows CNAME and DNAME records, with a new query for each |
//! | `exchange` | sends a query to a server, over UDP and TCP |
//! | `reply` | parses a reply and keeps the records that answer the question |
//! | `rrset` | groups records into RRsets in canonical form, with their signatures |
//! | `signature` | verifies that a zone signed an RRset |
//! | `denial` | verifies proofs that a name or record does not exist |
//! | `trust` | finds the zone of a name, from a trust anchor downward |
//! | `anchor` | parses trust anchors |
//! | `name` | names in wire form |

mod anchor;
mod answer;
mod denial;
mod exchange;
mod follow;
mod name;
mod reply;
mod rrset;
mod signature;
mod trust;

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::base::iana::Rcode;
use time::OffsetDateTime;

use crate::owner::DomainName;
pub use anchor::AnchorError;
use anchor::{Anchor, AnchorKey};
pub use answer::{Answer, Data, Expiry, Insecurity, Kind, LookupError, Security};
pub use exchange::Exchange;
use exchange::{Authoritative, OverTcp, Sockets};
use name::Name;
use reply::Question;
use signature::{Budget, Clock, Zone};
use trust::{Lookup, Place};

/// The reason why a lookup at one server failed.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Failure {
    /// No reply to a question, or an unreadable reply.
    NoReply { question: Question, reason: String, is_silent: bool },
    /// The server returned this error code.
    Rcode { question: Question, rcode: Rcode },
    /// The signatures are missing or invalid.
    Bogus(String),
    /// This program cannot verify this type of signature.
    Unable(String),
    /// The lookup needs more than a limit allows; the text names the limit.
    Limit(String),
    /// The server cannot be used for DNSSEC lookups.
    Server(String),
}

impl Failure {
    fn is_of_servers(&self) -> bool {
        matches!(self, Self::NoReply { .. } | Self::Rcode { .. })
    }

    /// Returns the error message, which names the question unless it is `first`, the question of the lookup itself.
    fn reason(&self, first: &Question) -> String {
        let about = |question: &Question| match question == first {
            true => String::new(),
            false => format!("{question}: "),
        };
        match self {
            Self::NoReply { question, reason, .. } => format!("{}{reason}", about(question)),
            Self::Rcode { question, rcode } => format!("{}the server answered {rcode}", about(question)),
            Self::Bogus(reason) | Self::Unable(reason) | Self::Server(reason) => reason.clone(),
            Self::Limit(bound) => format!("the lookup exceeds a limit: {bound}"),
        }
    }
}

/// A validating stub resolver with several servers.
pub struct Resolver {
    servers: Vec<Box<dyn Exchange>>,
    /// The order in which servers are queried; a server that did not answer moves to the end.
    order: Mutex<Vec<usize>>,
    anchors: Vec<Anchor>,
    /// A cache of the zone and security status of each name. If the `bool` is true, all names below have the same zone
    /// and security status.
    places: Mutex<HashMap<Name, (Place, bool)>>,
    timeout: Duration,
    deadline: Option<Instant>,
    now: OffsetDateTime,
}

impl Resolver {
    /// Creates a resolver that queries `servers` over UDP and TCP and trusts the DS and DNSKEY records in `anchors`, by
    /// default the DS records of the root.
    ///
    /// `timeout` applies to each lookup at each server; signatures must be valid at `now`.
    ///
    /// Errors: `anchors` cannot be read, or contains no anchor.
    pub fn new(
        servers: &[SocketAddr],
        anchors: Option<&str>,
        timeout: Duration,
        now: OffsetDateTime,
    ) -> Result<Self, AnchorError> {
        let over_sockets = |server: &SocketAddr| -> Box<dyn Exchange> { Box::new(Sockets(*server)) };
        Self::over(servers.iter().map(over_sockets).collect(), anchors, timeout, now)
    }

    /// Creates a resolver like [`Self::new`] that sends its queries with the given implementations of [`Exchange`].
    ///
    /// Errors: `anchors` cannot be read, or contains no anchor.
    pub fn over(
        servers: Vec<Box<dyn Exchange>>,
        anchors: Option<&str>,
        timeout: Duration,
        now: OffsetDateTime,
    ) -> Result<Self, AnchorError> {
        let anchors = anchor::read(anchors.unwrap_or(anchor::ROOT))?;
        let order = Mutex::new((0..servers.len()).collect());
        Ok(Self { servers, order, anchors, places: Mutex::default(), timeout, deadline: None, now })
    }

    /// Sets a deadline for all lookups.
    pub fn with_deadline(self, deadline: Instant) -> Self {
        Self { deadline: Some(deadline), ..self }
    }

    /// Looks up the records of `kind` at `name`.
    ///
    /// If a server does not answer, or its answer is bogus, queries the next server. Returns the first bogus answer if
    /// no server gives a better one.
    ///
    /// Errors: no server gave a usable answer in time.
    pub fn lookup(&self, name: &DomainName, kind: Kind) -> Result<Answer, LookupError> {
        let mut is_of_servers = false;
        let error = |reason: String, is_of_servers| LookupError {
            question: format!("{} {kind}", name.as_str()),
            reason,
            is_of_servers,
        };
        let parsed =
            name.to_string().parse::<Name>().map_err(|_| error("not a domain name".to_owned(), false))?;
        let question = Question { name: name::lower(&parsed), rtype: kind.rtype() };
        let mut reason = "no name server is configured".to_owned();
        let mut bogus = None;
        let order = self.order.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for at in order {
            let Some(server) = self.servers.get(at) else { continue };
            match self.lookup_at(server.as_ref()).follow(&question) {
                Ok(answer) if matches!(answer.security, Security::Bogus(_)) => {
                    bogus.get_or_insert(answer);
                }
                Ok(answer) => return Ok(answer),
                Err(failure) => {
                    if matches!(failure, Failure::NoReply { is_silent: true, .. }) {
                        self.ask_last(at);
                    }
                    is_of_servers = failure.is_of_servers();
                    reason = failure.reason(&question);
                }
            }
        }
        bogus.ok_or_else(|| error(reason, is_of_servers))
    }

    /// Finds the signed zone of `name`, with its validated keys.
    ///
    /// Errors: the zone is unsigned, the chain of trust is broken, or no server gave a usable answer in time.
    pub fn zone_of(&self, name: &DomainName) -> Result<SignedZone, LookupError> {
        let error = |reason: String| LookupError {
            question: format!("the zone of {name}"),
            reason,
            is_of_servers: false,
        };
        let parsed = name.to_string().parse::<Name>().map_err(|_| error("not a domain name".to_owned()))?;
        let question = Question { name: name::lower(&parsed), rtype: Kind::Tlsa.rtype() };
        let mut reason = "no name server is configured".to_owned();
        for server in &self.servers {
            match self.lookup_at(server.as_ref()).place(&question.name) {
                Ok(Place::Secure(zone)) => return Ok(SignedZone(zone)),
                Ok(Place::Doubtful(_, insecurity) | Place::Insecure(insecurity)) => {
                    reason = format!("insecure: {insecurity}");
                }
                Err(failure) => reason = failure.reason(&question),
            }
        }
        Err(error(reason))
    }

    /// Creates a resolver that asks one authoritative server of `zone`, validates with the keys of `zone`, and accepts
    /// only authoritative answers.
    pub fn of_zone(zone: &SignedZone, server: SocketAddr, timeout: Duration, now: OffsetDateTime) -> Self {
        let anchor = |key: &signature::Key| Anchor {
            zone: zone.0.apex.clone(),
            key: AnchorKey::Dnskey(key.dnskey.clone()),
        };
        Self {
            servers: vec![Box::new(Authoritative(Sockets(server)))],
            order: Mutex::new(vec![0]),
            anchors: zone.0.keys.iter().map(anchor).collect(),
            places: Mutex::default(),
            timeout,
            deadline: None,
            now,
        }
    }

    fn lookup_at<'r>(&'r self, server: &'r dyn Exchange) -> Lookup<'r> {
        let until = Instant::now() + self.timeout;
        Lookup {
            resolver: self,
            server,
            until: self.deadline.map_or(until, |deadline| until.min(deadline)),
            clock: Clock::new(self.now),
            budget: Budget::of_lookup(),
        }
    }

    /// Returns the time at which signatures must be valid.
    pub fn now(&self) -> OffsetDateTime {
        self.now
    }

    fn anchors_of(&self, zone: &Name) -> impl Iterator<Item = &AnchorKey> {
        self.anchors.iter().filter(move |anchor| anchor.zone == *zone).map(|anchor| &anchor.key)
    }

    fn ask_last(&self, server: usize) {
        let mut order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        order.retain(|at| *at != server);
        order.push(server);
    }

    fn places(&self) -> MutexGuard<'_, HashMap<Name, (Place, bool)>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the message for a failed exchange.
    fn reason(&self, error: &io::Error, until: Instant) -> String {
        let over_tcp = error.get_ref().and_then(|inner| inner.downcast_ref::<OverTcp>());
        match error.kind() {
            _ if over_tcp.is_some() => error.to_string(),
            ErrorKind::TimedOut | ErrorKind::WouldBlock if self.deadline == Some(until) => {
                "no reply before the deadline".to_owned()
            }
            ErrorKind::TimedOut | ErrorKind::WouldBlock => {
                format!("no reply within {} seconds", self.timeout.as_secs())
            }
            // The server is not the one that was meant.
            ErrorKind::Other => error.to_string(),
            _ => super::wire::reason(error),
        }
    }
}

/// A signed zone with its validated keys.
#[derive(Debug, Clone)]
pub struct SignedZone(Arc<Zone>);

impl SignedZone {
    /// The apex of the zone.
    pub fn apex(&self) -> DomainName {
        name::domain_name(&self.0.apex)
    }
}

/// Parses the addresses in the `nameserver` lines of a resolv.conf(5) file.
pub fn system_servers(text: &str) -> Vec<SocketAddr> {
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix("nameserver"));
    lines
        .filter_map(|rest| rest.trim().parse().ok())
        .map(|address: IpAddr| SocketAddr::new(address, 53))
        .collect()
}
