//! Sends one query to one name server and receives the reply: RFC 1035 section 4.2, RFC 7766.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use super::super::wire::{Wire, reason};
use super::reply;

/// Sends a query to one name server.
pub trait Exchange: Send + Sync {
    /// Sends the message `query` and returns the reply, both without a length prefix.
    ///
    /// Errors: no reply by `until`, or a network error.
    fn exchange(&self, query: &[u8], until: Instant) -> io::Result<Vec<u8>>;
}

/// A name server, queried over UDP and, if the reply is truncated, over TCP.
#[derive(Debug)]
pub(super) struct Sockets(pub(super) SocketAddr);

/// Time to wait before the first retry over UDP; doubled for each further retry.
const FIRST_WAIT: Duration = Duration::from_millis(1_000);

/// Maximum size of a datagram in octets.
const LARGEST_DATAGRAM: usize = 65_535;

impl Exchange for Sockets {
    fn exchange(&self, query: &[u8], until: Instant) -> io::Result<Vec<u8>> {
        // Even a short timeout must leave time for one retry.
        let mut wait = FIRST_WAIT.min(left(until)? / 2);
        loop {
            let round = (Instant::now() + wait).min(until);
            match self.datagram(query, round) {
                Ok(reply) if reply::is_truncated(&reply) => {
                    let over_tcp = |error: io::Error| io::Error::new(error.kind(), OverTcp(reason(&error)));
                    return self.stream(query, until).map_err(over_tcp);
                }
                Err(error) if error.kind() == ErrorKind::TimedOut && round < until => wait *= 2,
                reply => return reply,
            }
        }
    }
}

/// Why a query over TCP failed, which followed a truncated reply over UDP.
#[derive(Debug)]
pub(super) struct OverTcp(String);

impl fmt::Display for OverTcp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the reply over UDP is truncated, and over TCP: {}", self.0)
    }
}

impl std::error::Error for OverTcp {}

/// A name server that must answer from its own zone data, not from a cache.
#[derive(Debug)]
pub(super) struct Authoritative(pub(super) Sockets);

impl Exchange for Authoritative {
    fn exchange(&self, query: &[u8], until: Instant) -> io::Result<Vec<u8>> {
        let reply = self.0.exchange(query, until)?;
        match reply::not_authoritative(&reply) {
            None => Ok(reply),
            Some(reason) => Err(io::Error::other(reason)),
        }
    }
}

impl Sockets {
    /// Sends one datagram from a new random port and returns the reply; ignores replies to other queries.
    fn datagram(&self, query: &[u8], until: Instant) -> io::Result<Vec<u8>> {
        let any = match self.0 {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        };
        let socket = UdpSocket::bind(any)?;
        socket.connect(self.0)?;
        socket.send(query)?;
        let mut octets = vec![0; LARGEST_DATAGRAM];
        loop {
            socket.set_read_timeout(Some(left(until)?))?;
            match socket.recv(&mut octets) {
                Ok(length) => {
                    let reply = octets.get(..length).unwrap_or_default();
                    if reply::answers(reply, query) {
                        return Ok(reply.to_vec());
                    }
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return Err(late());
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn stream(&self, query: &[u8], until: Instant) -> io::Result<Vec<u8>> {
        let length = u16::try_from(query.len()).map_err(|_| io::Error::from(ErrorKind::InvalidInput))?;
        let mut wire = Wire::connect(self.0, left(until)?)?;
        wire.write_all(&[&length.to_be_bytes()[..], query].concat())?;
        let mut length = [0; 2];
        wire.read_exact(&mut length)?;
        let mut reply = vec![0; usize::from(u16::from_be_bytes(length))];
        wire.read_exact(&mut reply)?;
        Ok(reply)
    }
}

/// Returns the time left until `until`.
///
/// Errors: no time is left.
fn left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    // A socket timeout of zero would mean no timeout.
    if left.is_zero() { Err(late()) } else { Ok(left) }
}

pub(super) fn late() -> io::Error {
    io::Error::new(ErrorKind::TimedOut, "timed out")
}
