//! DNSSEC-validated lookups in process: RFC 4035 section 5, RFC 6840.
//!
//! No server on the way is trusted. Each question gets its own reply, which is limited in size, reduced to the
//! requested RRset (or one alias) and validated along the chain of trust of its owner. A lookup returns exactly the
//! validated RRset. Aliases are followed with new questions.
//!
//! | file | job |
//! |---|---|
//! | `answer` | what a lookup asks for, and what it brings |
//! | `follow` | the question, and one more for each alias |
//! | `exchange` | a query to a server, over UDP and TCP |
//! | `reply` | the reply's octets to what the question needs |
//! | `rrset` | records to RRsets in canonical form, with their signatures |
//! | `signature` | whether a zone signed an RRset |
//! | `denial` | whether a zone proves that something does not exist |
//! | `trust` | the zone that a name is in, from an anchor downward |
//! | `anchor` | trust anchors as text |
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
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::base::iana::Rcode;
use time::OffsetDateTime;

use crate::owner::DomainName;
pub use anchor::AnchorError;
use anchor::{Anchor, AnchorKey};
pub use answer::{Answer, Data, Expiry, Insecurity, Kind, LookupError, Security};
pub use exchange::Exchange;
use exchange::Sockets;
use name::Name;
use reply::Question;
use signature::{Budget, Clock};
use trust::{Lookup, Place};

/// Why a lookup at one server got no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Failure {
    /// No reply to a question, or an unreadable reply.
    NoReply { question: Question, reason: String, is_silent: bool },
    /// The server returned this error.
    Rcode { question: Question, rcode: Rcode },
    /// The signatures are missing or invalid.
    Bogus(String),
    /// The signature is of a kind that this program cannot verify.
    Unable(String),
    /// The lookup exceeds this limit.
    Limit(String),
    /// The server cannot be used for DNSSEC lookups.
    Server(String),
}

impl Failure {
    /// The message for a lookup whose first question is `question`.
    fn reason(&self, first: &Question) -> String {
        let about = |question: &Question| match question == first {
            true => String::new(),
            false => format!("{question}: "),
        };
        match self {
            Self::NoReply { question, reason, .. } => format!("{}{reason}", about(question)),
            Self::Rcode { question, rcode } => format!("{}the server answered {rcode}", about(question)),
            Self::Bogus(reason) | Self::Unable(reason) | Self::Server(reason) => reason.clone(),
            Self::Limit(bound) => format!("the lookup needs {bound}"),
        }
    }
}

/// A validating stub resolver with several servers.
pub struct Resolver {
    servers: Vec<Box<dyn Exchange>>,
    /// The order in which servers are asked; a server that did not answer moves to the end.
    order: Mutex<Vec<usize>>,
    anchors: Vec<Anchor>,
    /// A cache: for each name, its zone and security status, and whether these also apply to all names below it.
    places: Mutex<HashMap<Name, (Place, bool)>>,
    timeout: Duration,
    deadline: Option<Instant>,
    now: OffsetDateTime,
}

impl Resolver {
    /// A resolver that asks `servers` over UDP and TCP and trusts the DS and DNSKEY records in `anchors`, by default
    /// those of the root.
    ///
    /// `timeout` applies to each lookup at each server; signature times are checked against `now`.
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

    /// Like [`Self::new`], over any implementation of [`Exchange`].
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
    /// If a server does not answer, or its answer is bogus, asks the next one; returns the bogus answer if none is
    /// better.
    ///
    /// Errors: no server answers in time, or the reply is an error or unreadable.
    pub fn lookup(&self, name: &DomainName, kind: Kind) -> Result<Answer, LookupError> {
        let error = |reason: String| LookupError { question: format!("{} {kind}", name.as_str()), reason };
        let parsed = name.to_string().parse::<Name>().map_err(|_| error("not a domain name".to_owned()))?;
        let question = Question { name: name::lower(&parsed), rtype: kind.rtype() };
        let mut reason = "no name server is configured".to_owned();
        let mut bogus = None;
        let order = self.order.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for at in order {
            let Some(server) = self.servers.get(at) else { continue };
            let until = Instant::now() + self.timeout;
            let lookup = Lookup {
                resolver: self,
                server: server.as_ref(),
                until: self.deadline.map_or(until, |deadline| until.min(deadline)),
                clock: Clock::new(self.now),
                budget: Budget::of_lookup(),
            };
            match lookup.follow(&question) {
                Ok(answer) if matches!(answer.security, Security::Bogus(_)) => {
                    bogus.get_or_insert(answer);
                }
                Ok(answer) => return Ok(answer),
                Err(failure) => {
                    if matches!(failure, Failure::NoReply { is_silent: true, .. }) {
                        self.ask_last(at);
                    }
                    reason = failure.reason(&question);
                }
            }
        }
        bogus.ok_or_else(|| error(reason))
    }

    /// The time against which signatures are checked.
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

    /// The message for a missing reply.
    fn reason(&self, error: &io::Error, until: Instant) -> String {
        match error.kind() {
            ErrorKind::TimedOut | ErrorKind::WouldBlock if self.deadline == Some(until) => {
                "no reply before the deadline".to_owned()
            }
            ErrorKind::TimedOut | ErrorKind::WouldBlock => {
                format!("no reply within {} seconds", self.timeout.as_secs())
            }
            _ => error.to_string(),
        }
    }
}

/// The addresses in the `nameserver` lines of a resolv.conf(5) file.
pub fn system_servers(text: &str) -> Vec<SocketAddr> {
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix("nameserver"));
    lines
        .filter_map(|rest| rest.trim().parse().ok())
        .map(|address: IpAddr| SocketAddr::new(address, 53))
        .collect()
}
