//! DNSSEC-validated lookups in process: RFC 4035 section 5, RFC 6840.
//!
//! No server on the way is trusted. Each question has a reply of its own, which is bounded, reduced to the one RRset
//! that was asked for (or one alias) and validated along the chain of trust of its owner; the RRset that was validated
//! is what a lookup returns. Aliases are followed by asking again.
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

/// Why a lookup at one server ends without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Failure {
    /// No reply to a question, or one that cannot be read.
    NoReply { question: Question, reason: String, is_silent: bool },
    /// The server failed or refused.
    Rcode { question: Question, rcode: Rcode },
    /// What should be signed is not, or not rightly.
    Bogus(String),
    /// A signature of a kind that cannot be verified here.
    Unable(String),
    /// A bound of the lookup is exhausted: this one.
    Limit(String),
    /// The server is not one to ask.
    Server(String),
}

impl Failure {
    /// In words, for a lookup that asked `question` first.
    fn reason(&self, first: &Question) -> String {
        let about = |question: &Question| match question == first {
            true => String::new(),
            false => format!("{question}: "),
        };
        match self {
            Self::NoReply { question, reason, .. } => format!("{}{reason}", about(question)),
            Self::Rcode { question, rcode } => format!("{}the server answered {rcode}", about(question)),
            Self::Bogus(reason) | Self::Unable(reason) | Self::Server(reason) => reason.clone(),
            Self::Limit(bound) => format!("the lookup would have {bound}"),
        }
    }
}

/// A stub resolver that validates, one server after another.
pub struct Resolver {
    servers: Vec<Box<dyn Exchange>>,
    /// The order in which they are asked: one that did not answer is the last.
    order: Mutex<Vec<usize>>,
    anchors: Vec<Anchor>,
    /// Where names are, and whether everything below them is there too.
    places: Mutex<HashMap<Name, (Place, bool)>>,
    timeout: Duration,
    deadline: Option<Instant>,
    now: OffsetDateTime,
}

impl Resolver {
    /// Asks `servers` over UDP and TCP, and trusts the DS and DNSKEY records in `anchors` or else those of the root.
    ///
    /// `timeout` is for each lookup at each server; signatures are held against `now`.
    ///
    /// Errors: trust anchors that cannot be read, or none.
    pub fn new(
        servers: &[SocketAddr],
        anchors: Option<&str>,
        timeout: Duration,
        now: OffsetDateTime,
    ) -> Result<Self, AnchorError> {
        let over_sockets = |server: &SocketAddr| -> Box<dyn Exchange> { Box::new(Sockets(*server)) };
        Self::over(servers.iter().map(over_sockets).collect(), anchors, timeout, now)
    }

    /// As [`Self::new`], over anything that answers queries.
    ///
    /// Errors: trust anchors that cannot be read, or none.
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

    /// Ends every lookup by `deadline`.
    pub fn with_deadline(self, deadline: Instant) -> Self {
        Self { deadline: Some(deadline), ..self }
    }

    /// The records of `kind` at `name`.
    ///
    /// The next server is asked where one does not answer or its answer is bogus, which is the answer if no other is
    /// better.
    ///
    /// Errors: no server answers in time, or the answer is a failure or cannot be read.
    pub fn lookup(&self, name: &DomainName, kind: Kind) -> Result<Answer, LookupError> {
        let error = |reason: String| LookupError { question: format!("{} {kind}", name.as_str()), reason };
        let parsed = name.to_string().parse::<Name>().map_err(|_| error("not a domain name".to_owned()))?;
        let question = Question { name: name::lower(&parsed), rtype: kind.rtype() };
        let mut reason = "no name server is known".to_owned();
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

    /// The time that signatures are held against.
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

    /// Why there is no reply by `until`, in words.
    fn reason(&self, error: &io::Error, until: Instant) -> String {
        match error.kind() {
            ErrorKind::TimedOut | ErrorKind::WouldBlock if self.deadline == Some(until) => {
                "no reply before the deadline of the call".to_owned()
            }
            ErrorKind::TimedOut | ErrorKind::WouldBlock => {
                format!("no reply within {} seconds", self.timeout.as_secs())
            }
            _ => error.to_string(),
        }
    }
}

/// The addresses of `nameserver` lines in the text of resolv.conf(5).
pub fn system_servers(text: &str) -> Vec<SocketAddr> {
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix("nameserver"));
    lines
        .filter_map(|rest| rest.trim().parse().ok())
        .map(|address: IpAddr| SocketAddr::new(address, 53))
        .collect()
}
