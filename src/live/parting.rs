//! The end of a connection: a server of TLS 1.3 refuses a client without a certificate only after the handshake (RFC 8446
//! section 4.4.2.4).

use std::io::{self, Read, Write};
use std::time::Duration;

use rustls::{ClientConnection, Stream};

use super::wire::Wire;

/// Maximum number of octets to read after the handshake.
const LONGEST: usize = 32 * 1024;

/// Time limit for what a server says after the handshake.
const PATIENCE: Duration = Duration::from_secs(3);

/// Says `hello`, if any, waits for the reply, and closes the connection. Without `hello`, waits for the end of a
/// connection whose server asked for a certificate.
///
/// Errors: the connection fails, perhaps with an alert from the server.
pub(super) fn part(
    connection: &mut ClientConnection,
    wire: &mut Wire,
    hello: Option<&str>,
    is_client_asked: bool,
) -> io::Result<()> {
    wire.shorten(PATIENCE);
    let mut stream = Stream::new(connection, wire);
    let mut outcome = Ok(());
    if let Some(hello) = hello {
        outcome = stream.write_all(hello.as_bytes()).and_then(|()| read(&mut stream, is_whole_reply));
        let _ = stream.write_all(b"QUIT\r\n");
    }
    stream.conn.send_close_notify();
    // The reply is known, so errors while closing the connection do not matter.
    let _ = stream.conn.write_tls(stream.sock);
    match hello.is_none() && is_client_asked {
        true => read(&mut stream, |_| false),
        false => outcome,
    }
}

/// Reads until `is_end`, the end of the connection or the maximum length.
fn read(stream: &mut impl Read, is_end: impl Fn(&[u8]) -> bool) -> io::Result<()> {
    let (mut octets, mut part) = (Vec::new(), [0; 512]);
    while octets.len() < LONGEST && !is_end(&octets) {
        match stream.read(&mut part)? {
            0 => break,
            length => octets.extend(part.iter().take(length)),
        }
    }
    Ok(())
}

/// Whether the octets end with the last line of a reply (RFC 5321 section 4.2.1).
fn is_whole_reply(octets: &[u8]) -> bool {
    let Some(lines) = octets.strip_suffix(b"\n") else { return false };
    lines.rsplit(|octet| *octet == b'\n').next().and_then(|line| line.get(3)) != Some(&b'-')
}
