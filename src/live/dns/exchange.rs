//! One query to one name server, and its reply: RFC 1035 section 4.2, RFC 7766.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use super::super::wire::Wire;
use super::reply;

/// Sends a query to one name server.
pub trait Exchange: Send + Sync {
    /// The reply to `query`, both whole messages without a length in front of them.
    ///
    /// Errors: there is no reply by `until`, or no way to the server.
    fn exchange(&self, query: &[u8], until: Instant) -> io::Result<Vec<u8>>;
}

/// A name server that is asked over UDP, and over TCP where a reply does not fit.
#[derive(Debug)]
pub(super) struct Sockets(pub(super) SocketAddr);

/// The time until the first repetition over UDP; each later one takes twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(1_000);

/// Octets of the largest datagram.
const LARGEST_DATAGRAM: usize = 65_535;

impl Exchange for Sockets {
    fn exchange(&self, query: &[u8], until: Instant) -> io::Result<Vec<u8>> {
        // A time-out of a second or two would leave no time for a repetition.
        let mut wait = FIRST_WAIT.min(left(until)? / 2);
        loop {
            let round = (Instant::now() + wait).min(until);
            match self.datagram(query, round) {
                Ok(reply) if reply::is_truncated(&reply) => {
                    let over_tcp =
                        |error: io::Error| io::Error::new(error.kind(), format!("over TCP: {error}"));
                    return self.stream(query, until).map_err(over_tcp);
                }
                Err(error) if error.kind() == ErrorKind::TimedOut && round < until => wait *= 2,
                reply => return reply,
            }
        }
    }
}

impl Sockets {
    /// One datagram, from a port that the system chooses anew each time. Replies to other questions are passed over.
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

/// What is left of the time.
fn left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    // A time-out of nothing would mean for ever.
    if left.is_zero() { Err(late()) } else { Ok(left) }
}

pub(super) fn late() -> io::Error {
    io::Error::new(ErrorKind::TimedOut, "no reply in time")
}
