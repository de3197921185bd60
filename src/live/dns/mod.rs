//! DNSSEC-validated lookups in process: RFC 4035 section 5. The only user of the resolver of `domain`.
//!
//! No resolver on the way is trusted: it is asked with CD set, and its answers are validated here.

mod read;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use domain::base::iana::Rcode;
use domain::base::{MessageBuilder, Name, Rtype};
use domain::dnssec::validator::anchor::TrustAnchors;
use domain::dnssec::validator::context::{ValidationContext, ValidationState};
use domain::net::client::protocol::{TcpConnect, UdpConnect};
use domain::net::client::request::{ComposeRequest, RequestMessage, SendRequest};
use domain::net::client::{dgram, dgram_stream, multi_stream, stream};
use tokio::runtime::{Builder, Runtime};

use crate::records::Published;
use read::{has_soa, read, text_of};

/// The key-signing keys of the root, 20326 (2017) and 38696 (2024), as IANA publishes their DS records at
/// <https://data.iana.org/root-anchors/root-anchors.xml>, read on 2026-11-24 from Debian's dns-root-data.
const ROOT_ANCHORS: &str = "\
. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D
. IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16
";

/// What a lookup asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// IPv4 addresses.
    A,
    /// IPv6 addresses.
    Aaaa,
    /// Mail exchangers.
    Mx,
    /// TLSA records.
    Tlsa,
    /// The alias alone, not what stands behind it.
    Cname,
}

impl Kind {
    fn rtype(self) -> Rtype {
        match self {
            Self::A => Rtype::A,
            Self::Aaaa => Rtype::AAAA,
            Self::Mx => Rtype::MX,
            Self::Tlsa => Rtype::TLSA,
            Self::Cname => Rtype::CNAME,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.rtype())
    }
}

/// What DNSSEC says of an answer (RFC 4035 section 4.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Security {
    /// Signed up to a trust anchor.
    Secure,
    /// Proven to be unsigned, or without a trust anchor above.
    Insecure,
    /// It should be signed and is not, or not rightly; with the validator's reason.
    Bogus(String),
}

/// One record of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// An address.
    Address(IpAddr),
    /// A mail exchanger.
    Mx {
        /// The lowest is the first choice.
        preference: u16,
        /// The host, lower case, without the final dot; empty for the null MX of RFC 7505.
        exchange: String,
    },
    /// A TLSA record.
    Tlsa(Published),
    /// The target of an alias, lower case, without the final dot.
    Cname(String),
}

/// A validated answer; a proven denial has no data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What DNSSEC says of all of it, aliases included.
    pub security: Security,
    /// The name behind all aliases, lower case, without the final dot.
    pub canonical: String,
    /// Where the records stand: the canonical name, or a wildcard, if a signature says so.
    pub holder: String,
    /// The records there.
    pub data: Vec<Data>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupError {
    /// What was asked for.
    pub question: String,
    /// What went wrong.
    pub reason: String,
}

impl fmt::Display for LookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no answer for {}: {}", self.question, self.reason)
    }
}

impl std::error::Error for LookupError {}

/// Someone who looks names up and validates the answers.
pub trait Lookup {
    /// The records of `kind` at `name`.
    ///
    /// Errors: no server answers in time, or the answer is a failure or garbage.
    fn lookup(&self, name: &str, kind: Kind) -> Result<Answer, LookupError>;
}

type NameServer = (Upstream, ValidationContext<Upstream>);

type Upstream = dgram_stream::Connection<UdpConnect, RequestMessage<Vec<u8>>>;

/// The resolver of `domain`, one server after another.
pub struct Resolver {
    runtime: Runtime,
    servers: Vec<NameServer>,
    timeout: Duration,
    /// Whether the anchors are the root's.
    from_root: bool,
}

impl Resolver {
    /// Asks `servers`, and trusts the DS and DNSKEY records in `anchors` or else those of the root.
    ///
    /// Errors: trust anchors that cannot be read, or none; a system that gives no runtime.
    pub fn new(
        servers: &[SocketAddr],
        anchors: Option<&str>,
        timeout: Duration,
    ) -> Result<Self, AnchorError> {
        let text = anchors.unwrap_or(ROOT_ANCHORS);
        let has_key = |line: &str| {
            let words = line.split(';').next().unwrap_or_default().split_whitespace();
            words.into_iter().any(|word| ["DS", "DNSKEY"].iter().any(|kind| word.eq_ignore_ascii_case(kind)))
        };
        if !text.lines().any(has_key) {
            // Without an anchor everything would look unsigned.
            return Err(AnchorError("no DS or DNSKEY record".to_owned()));
        }
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| AnchorError(error.to_string()))?;
        let mut all = Vec::new();
        for server in servers {
            let anchors =
                TrustAnchors::from_u8(text.as_bytes()).map_err(|error| AnchorError(error.to_string()))?;
            let upstream = connect(&runtime, *server, timeout);
            all.push((upstream.clone(), ValidationContext::new(anchors, upstream)));
        }
        Ok(Self { runtime, servers: all, timeout, from_root: anchors.is_none() })
    }

    async fn ask(
        &self,
        (upstream, context): &NameServer,
        name: &Name<Vec<u8>>,
        kind: Kind,
    ) -> Result<Step, String> {
        let mut pending = upstream.send_request(question(name, kind.rtype())?);
        let mut message = pending.get_response().await.map_err(|error| error.to_string())?;
        match message.header().rcode() {
            Rcode::NOERROR | Rcode::NXDOMAIN => {}
            rcode => return Err(format!("the server says {rcode}")),
        }
        let whole = read(&message, &text_of(name), kind, Security::Secure)?;
        if whole.data.is_empty() && whole.canonical != text_of(name) && !has_soa(&message) {
            return Ok(Step::Alias);
        }
        let (state, extended) =
            context.validate_msg(&mut message).await.map_err(|error| error.to_string())?;
        let security = match state {
            ValidationState::Secure => Security::Secure,
            ValidationState::Insecure | ValidationState::Indeterminate => Security::Insecure,
            ValidationState::Bogus if self.from_root && !has_root(upstream).await => {
                return Err("this server does not answer for the root: ask a resolver, \
                            or give --trust-anchor with the zone's own DS"
                    .to_owned());
            }
            ValidationState::Bogus => {
                let text = extended.and_then(|extended| {
                    let text = String::from_utf8_lossy(extended.text_slice()?).into_owned();
                    Some(if text.is_empty() { extended.code().to_string() } else { text })
                });
                Security::Bogus(text.unwrap_or_else(|| "signatures do not hold".to_owned()))
            }
        };
        Ok(Step::Answer(read(&message, &text_of(name), kind, security)?))
    }

    /// The answer, behind the aliases that a server without recursion leaves to us.
    async fn follow(&self, server: &NameServer, name: &Name<Vec<u8>>, kind: Kind) -> Result<Answer, String> {
        let mut name = name.clone();
        let mut security = Security::Secure;
        for _ in 0..MOST_ALIASES {
            match self.ask(server, &name, kind).await? {
                Step::Answer(answer) => {
                    return Ok(Answer { security: worse(security, answer.security), ..answer });
                }
                Step::Alias => {
                    let Step::Answer(alias) = self.ask(server, &name, Kind::Cname).await? else { break };
                    let Some(Data::Cname(target)) = alias.data.first() else { break };
                    name = format!("{target}.").parse().map_err(|_| "an alias of no name".to_owned())?;
                    security = worse(security, alias.security);
                }
            }
        }
        Err("its aliases have no end".to_owned())
    }
}

fn question(name: &Name<Vec<u8>>, rtype: Rtype) -> Result<RequestMessage<Vec<u8>>, String> {
    let mut message = MessageBuilder::new_vec();
    message.header_mut().set_rd(true);
    let mut message = message.question();
    message.push((name, rtype)).map_err(|error| error.to_string())?;
    let mut request = RequestMessage::new(message).map_err(|error| error.to_string())?;
    // CD: a validating server would keep from us what it calls bogus, and the reason with it.
    request.header_mut().set_cd(true);
    request.set_dnssec_ok(true);
    Ok(request)
}

/// Whether a server has the root's keys: one that serves zones alone has not, and that is no forgery.
async fn has_root(upstream: &Upstream) -> bool {
    let Ok(request) = question(&Name::root(), Rtype::DNSKEY) else { return false };
    let Ok(message) = upstream.send_request(request).get_response().await else { return false };
    message.answer().is_ok_and(|answer| answer.flatten().any(|record| record.rtype() == Rtype::DNSKEY))
}

/// What one question brought.
enum Step {
    Answer(Answer),
    /// An alias, and nothing of what stands behind it.
    Alias,
}

/// Aliases in a row that are followed.
const MOST_ALIASES: usize = 8;

fn worse(one: Security, other: Security) -> Security {
    match (&one, &other) {
        (Security::Bogus(_), _) => one,
        (_, Security::Bogus(_)) | (Security::Secure, _) => other,
        (Security::Insecure, _) => one,
    }
}

impl Lookup for Resolver {
    fn lookup(&self, name: &str, kind: Kind) -> Result<Answer, LookupError> {
        let error = |reason: String| LookupError { question: format!("{name} {kind}"), reason };
        let parsed: Name<Vec<u8>> = format!("{name}.").parse().map_err(|_| error("not a name".to_owned()))?;
        let mut reason = "no name server is known".to_owned();
        for server in &self.servers {
            let answer = self.runtime.block_on(async {
                tokio::time::timeout(self.timeout, self.follow(server, &parsed, kind)).await
            });
            match answer {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(said)) => reason = said,
                Err(_) => reason = format!("nothing within {} seconds", self.timeout.as_secs()),
            }
        }
        Err(error(reason))
    }
}

/// UDP with EDNS, and TCP where that is cut.
fn connect(runtime: &Runtime, server: SocketAddr, timeout: Duration) -> Upstream {
    let mut streams = stream::Config::new();
    streams.set_response_timeout(timeout);
    let mut datagrams = dgram::Config::new();
    datagrams.set_read_timeout(Duration::from_secs(2).min(timeout));
    datagrams.set_max_retries(3);
    datagrams.set_udp_payload_size(Some(1232));
    let config = dgram_stream::Config::from_parts(datagrams, multi_stream::Config::from(streams));
    let (connection, transport) =
        dgram_stream::Connection::with_config(UdpConnect::new(server), TcpConnect::new(server), config);
    runtime.spawn(async move { transport.run().await });
    connection
}

/// Why no resolver can be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnchorError(String);

impl fmt::Display for AnchorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot use these trust anchors: {}", self.0)
    }
}

impl std::error::Error for AnchorError {}

/// The addresses of `nameserver` lines in the text of resolv.conf(5).
pub fn system_servers(text: &str) -> Vec<SocketAddr> {
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix("nameserver"));
    lines
        .filter_map(|rest| rest.trim().parse().ok())
        .map(|address: IpAddr| SocketAddr::new(address, 53))
        .collect()
}
