//! A TCP connection with a deadline.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// A connection with one deadline for all reads and writes.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    deadline: Instant,
}

impl Wire {
    /// Connects to `address`; the deadline is `timeout` from now.
    ///
    /// Errors: the server refuses the connection or does not answer in time.
    pub fn connect(address: SocketAddr, timeout: Duration) -> io::Result<Self> {
        if timeout.is_zero() {
            return Err(late());
        }
        let deadline = Instant::now() + timeout;
        let stream = TcpStream::connect_timeout(&address, timeout)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, deadline })
    }

    /// Moves the deadline to at most `limit` from now.
    pub(super) fn shorten(&mut self, limit: Duration) {
        self.deadline = self.deadline.min(Instant::now() + limit);
    }

    /// The remaining time.
    fn left(&self) -> io::Result<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        // A socket timeout of zero would mean no timeout.
        if left.is_zero() { Err(late()) } else { Ok(left) }
    }
}

/// Returns why a connection failed, in plain words.
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => "timed out".to_owned(),
        ErrorKind::UnexpectedEof => "the server closed the connection".to_owned(),
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
            "the server reset the connection".to_owned()
        }
        ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable | ErrorKind::AddrNotAvailable => {
            "no route to the address".to_owned()
        }
        kind => kind.to_string(),
    }
}

fn late() -> io::Error {
    io::Error::new(ErrorKind::TimedOut, "timed out")
}

/// Replaces `WouldBlock`, which the standard library returns for a socket timeout, with `TimedOut`.
fn in_words(error: io::Error) -> io::Error {
    if error.kind() == ErrorKind::WouldBlock { late() } else { error }
}

impl Read for Wire {
    fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(octets).map_err(in_words)
    }
}

impl Write for Wire {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(octets).map_err(in_words)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
