//! The plain-text dialog before TLS, for each protocol: RFC 3207 and others.
//!
//! The input is read octet by octet, so that the TLS session never reads plain text that was sent before TLS
//! (CVE-2011-0411). The number of octets and the time are limited.

use std::fmt;
use std::io::{self, Read, Write};

pub use super::protocol::Protocol;
use super::wire::reason;
use crate::owner::HostName;
use crate::text::printable;

/// The names that this program says in a dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// The name of this machine, for EHLO and LHLO.
    pub client: String,
    /// The XMPP domain; `None` for the name of the server.
    pub xmpp_domain: Option<HostName>,
}

/// Why TLS could not be started.
#[derive(Debug)]
pub enum StarttlsError {
    /// The connection failed or timed out.
    Io(io::Error),
    /// The server refuses this client before the client asks for TLS.
    Refused(String),
    /// Something else than a reply before the client asks for TLS.
    Unexpected(String),
    /// A temporary error from the server before the client asks for TLS.
    Busy(String),
    /// The server does not offer STARTTLS.
    NotOffered(String),
    /// The server offers STARTTLS, but rejects the command.
    Rejected(String),
    /// The server sent more than 32 KiB before TLS.
    TooLong,
}

impl From<io::Error> for StarttlsError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl fmt::Display for StarttlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, said) = match self {
            Self::Io(error) => return write!(f, "connection failed before TLS: {}", reason(error)),
            Self::TooLong => return f.write_str("the server sent more than 32 KiB before TLS"),
            Self::Refused(said) => ("the server refuses this client", said),
            Self::Unexpected(said) => ("unexpected reply from the server", said),
            Self::Busy(said) => ("the server reported a temporary error", said),
            Self::NotOffered(said) => ("the server does not offer STARTTLS", said),
            Self::Rejected(said) => ("STARTTLS rejected", said),
        };
        write!(f, "{what}: {}", printable(said.trim_end()))
    }
}

impl std::error::Error for StarttlsError {}

/// Maximum number of octets that a server may send before TLS; real servers send a few hundred.
const LONGEST: usize = 32 * 1024;

/// A connection, and the number of octets that the server may still send before TLS.
struct Dialog<'a, S> {
    stream: &'a mut S,
    left: usize,
}

/// Returns the command with which a client greets the server, without its name; `None` if a dialog has none.
fn greeting(protocol: Protocol) -> Option<&'static str> {
    match protocol {
        Protocol::Smtp => Some("EHLO"),
        Protocol::Lmtp => Some("LHLO"),
        _ => None,
    }
}

/// Returns what a client says first after the handshake (RFC 3207 section 4.2); `None` if nothing.
pub fn again(protocol: Protocol, hello: &Hello) -> Option<String> {
    greeting(protocol).map(|greeting| format!("{greeting} {}\r\n", hello.client))
}

/// Runs the dialog on `stream` until TLS can start; `host` is the name of the server.
///
/// Errors: see [`StarttlsError`].
pub fn start(
    stream: &mut (impl Read + Write),
    protocol: Protocol,
    host: &str,
    hello: &Hello,
) -> Result<(), StarttlsError> {
    let mut dialog = Dialog { stream, left: LONGEST };
    match protocol {
        Protocol::Direct => Ok(()),
        Protocol::Smtp | Protocol::Lmtp => dialog.smtp(&again(protocol, hello).unwrap_or_default()),
        Protocol::Imap => {
            let is_bye = |line: &str| line.to_ascii_uppercase().starts_with("* BYE");
            let greeting = dialog.until(|_| true, |line| line.starts_with("* ") && !is_bye(line));
            greeting.map_err(before_tls(is_bye))?;
            dialog.send("a STARTTLS\r\n")?;
            dialog.until(|line| line.starts_with("a "), |line| line.to_ascii_uppercase().starts_with("A OK"))
        }
        Protocol::Pop3 => {
            // SYS/TEMP is a temporary error (RFC 3206 section 4).
            dialog.expect("+OK").map_err(before_tls(|line| line.starts_with("-ERR [SYS/TEMP]")))?;
            dialog.send("STLS\r\n")?;
            dialog.expect("+OK")
        }
        Protocol::Sieve => {
            let is_end =
                |line: &str| ["OK", "NO", "BYE"].iter().any(|end| line.to_ascii_uppercase().starts_with(end));
            let is_good = |line: &str| line.to_ascii_uppercase().starts_with("OK");
            let is_bye = |line: &str| line.to_ascii_uppercase().starts_with("BYE");
            dialog.until(is_end, is_good).map_err(before_tls(is_bye))?;
            dialog.send("STARTTLS\r\n")?;
            dialog.until(is_end, is_good)
        }
        Protocol::Ftp => {
            dialog.reply("220", true).map_err(before_tls(is_transient))?;
            dialog.send("AUTH TLS\r\n")?;
            dialog.reply("234", true).map(|_| ())
        }
        Protocol::Nntp => {
            dialog.expect("20").map_err(before_tls(|line| line.starts_with("400")))?;
            dialog.send("STARTTLS\r\n")?;
            dialog.expect("382")
        }
        Protocol::Xmpp | Protocol::XmppServer => {
            let space = if protocol == Protocol::Xmpp { "jabber:client" } else { "jabber:server" };
            dialog.xmpp(space, hello.xmpp_domain.as_ref().map_or(host, HostName::as_str))
        }
        Protocol::Postgres => {
            // SSLRequest: length 8, then request code 80877103.
            dialog.write(&[0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])?;
            match dialog.octet()? {
                b'S' => Ok(()),
                b'N' => Err(StarttlsError::NotOffered("N".to_owned())),
                other => Err(StarttlsError::Refused(char::from(other).to_string())),
            }
        }
        Protocol::Ldap => dialog.ldap(),
    }
}

/// Turns a rejection before the STARTTLS command into a temporary error or a refusal of this client.
fn before_tls(is_busy: impl Fn(&str) -> bool) -> impl Fn(StarttlsError) -> StarttlsError {
    move |error| match error {
        StarttlsError::Rejected(line) if is_busy(&line) => StarttlsError::Busy(line),
        StarttlsError::Rejected(line) if is_refusal(&line) => StarttlsError::Refused(line),
        StarttlsError::Rejected(line) => StarttlsError::Unexpected(line),
        error => error,
    }
}

/// Whether the line is a negative reply of one of the protocols.
fn is_refusal(line: &str) -> bool {
    let is_code = line.get(..3).is_some_and(|code| code.bytes().all(|octet| octet.is_ascii_digit()));
    is_code || ["* ", "-ERR", "NO", "BYE"].iter().any(|start| line.starts_with(start))
}

/// Whether the reply code is temporary: 4yz, or 120 of FTP (RFC 5321 section 4.2.1, RFC 959 section 4.2).
fn is_transient(line: &str) -> bool {
    line.starts_with('4') || line.starts_with("120")
}

impl<S: Read + Write> Dialog<'_, S> {
    fn octet(&mut self) -> Result<u8, StarttlsError> {
        self.left = self.left.checked_sub(1).ok_or(StarttlsError::TooLong)?;
        let mut octet = [0];
        self.stream.read_exact(&mut octet)?;
        let [octet] = octet;
        Ok(octet)
    }

    /// Reads a line, without its CRLF.
    fn line(&mut self) -> Result<String, StarttlsError> {
        let mut line = Vec::new();
        loop {
            match self.octet()? {
                b'\n' => break,
                octet => line.push(octet),
            }
        }
        let text = String::from_utf8_lossy(&line);
        Ok(text.trim_end_matches('\r').to_owned())
    }

    fn write(&mut self, octets: &[u8]) -> Result<(), StarttlsError> {
        self.stream.write_all(octets)?;
        Ok(self.stream.flush()?)
    }

    fn send(&mut self, text: &str) -> Result<(), StarttlsError> {
        self.write(text.as_bytes())
    }

    /// Reads a line, which must start with `good`.
    fn expect(&mut self, good: &str) -> Result<(), StarttlsError> {
        let line = self.line()?;
        if line.starts_with(good) { Ok(()) } else { Err(StarttlsError::Rejected(line)) }
    }

    /// Reads lines up to the first that satisfies `is_end`; that line must satisfy `is_good`.
    fn until(
        &mut self,
        is_end: impl Fn(&str) -> bool,
        is_good: impl Fn(&str) -> bool,
    ) -> Result<(), StarttlsError> {
        loop {
            let line = self.line()?;
            if is_end(&line) {
                return if is_good(&line) { Ok(()) } else { Err(StarttlsError::Rejected(line)) };
            }
        }
    }

    /// Reads a reply of one or more lines; the last line must start with `code` (RFC 5321 section 4.2.1). Inside a
    /// reply of FTP, lines need no code (RFC 959 section 4.2).
    fn reply(&mut self, code: &str, is_ftp: bool) -> Result<Vec<String>, StarttlsError> {
        let mut lines = Vec::new();
        loop {
            let line = self.line()?;
            let is_inside = is_ftp && !lines.is_empty() && !line.starts_with(&format!("{code} "));
            let goes_on = is_inside || line.as_bytes().get(3) == Some(&b'-');
            if !line.starts_with(code) && !goes_on {
                return Err(StarttlsError::Rejected(line));
            }
            lines.push(line);
            if !goes_on {
                return Ok(lines);
            }
        }
    }

    /// `hello` is the first line of the client.
    fn smtp(&mut self, hello: &str) -> Result<(), StarttlsError> {
        self.reply("220", false).map_err(before_tls(is_transient))?;
        self.send(hello)?;
        let offers = self.reply("250", false).map_err(|error| match error {
            // A server without extensions (RFC 5321 section 4.2.4).
            StarttlsError::Rejected(line) if line.starts_with("500") || line.starts_with("502") => {
                StarttlsError::NotOffered(line)
            }
            error => before_tls(is_transient)(error),
        })?;
        let is_offer =
            |line: &String| line.get(4..).is_some_and(|offer| offer.trim().eq_ignore_ascii_case("STARTTLS"));
        if !offers.iter().any(is_offer) {
            return Err(StarttlsError::NotOffered("not in the list of extensions".to_owned()));
        }
        self.send("STARTTLS\r\n")?;
        self.reply("220", false).map(|_| ())
    }

    /// `space` is the namespace of the stream, `domain` the XMPP domain.
    fn xmpp(&mut self, space: &str, domain: &str) -> Result<(), StarttlsError> {
        self.send(&format!(
            "<?xml version='1.0'?><stream:stream xmlns='{space}' \
             xmlns:stream='http://etherx.jabber.org/streams' to='{domain}' version='1.0'>"
        ))?;
        let features = self.tags(&["</stream:features>", "<stream:features/>", "</stream:error>"])?;
        if let Some((_, error)) = features.split_once("<stream:error>") {
            return Err(StarttlsError::Refused(error.to_owned()));
        }
        if !features.contains("urn:ietf:params:xml:ns:xmpp-tls") {
            return Err(StarttlsError::NotOffered("not in the list of features".to_owned()));
        }
        self.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")?;
        let mut answer = self.tags(&[">"])?;
        if !answer.ends_with("/>") {
            answer.push_str(&self.tags(&["</proceed>", "</failure>", "/>"])?);
        }
        if answer.contains("<proceed") { Ok(()) } else { Err(StarttlsError::Rejected(answer)) }
    }

    /// Reads up to and including one of `ends`.
    fn tags(&mut self, ends: &[&str]) -> Result<String, StarttlsError> {
        let mut octets = Vec::new();
        while !ends.iter().any(|end| octets.ends_with(end.as_bytes())) {
            octets.push(self.octet()?);
        }
        Ok(String::from_utf8_lossy(&octets).into_owned())
    }

    fn ldap(&mut self) -> Result<(), StarttlsError> {
        let mut request = vec![0x30, 0x1d, 0x02, 0x01, 0x01, 0x77, 0x18, 0x80, 0x16];
        request.extend_from_slice(b"1.3.6.1.4.1.1466.20037");
        self.write(&request)?;
        // An LDAPMessage is a SEQUENCE; its length is in the short form, or in one, two or four octets.
        let refused = || StarttlsError::Rejected("the reply is not a successful ExtendedResponse".to_owned());
        if self.octet()? != 0x30 {
            return Err(refused());
        }
        let length = match self.octet()? {
            length @ 0..=0x7f => usize::from(length),
            0x81 => usize::from(self.octet()?),
            0x82 => usize::from(self.octet()?) * 256 + usize::from(self.octet()?),
            0x84 => {
                let octets = [self.octet()?, self.octet()?, self.octet()?, self.octet()?];
                usize::try_from(u32::from_be_bytes(octets)).unwrap_or(usize::MAX)
            }
            _ => return Err(refused()),
        };
        let mut response = Vec::new();
        for _ in 0..length {
            response.push(self.octet()?);
        }
        // messageID 1, then the tag of the ExtendedResponse, [APPLICATION 24].
        let after_id = response.strip_prefix(&[0x02, 0x01, 0x01, 0x78]).ok_or_else(refused)?;
        // The length field has one to five octets. The next field is resultCode, an ENUMERATED of one octet.
        let code = after_id.windows(3).take(6).find(|window| window.starts_with(&[0x0a, 0x01]));
        if code == Some(&[0x0a, 0x01, 0x00]) { Ok(()) } else { Err(refused()) }
    }
}
