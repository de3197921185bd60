//! Builds owner names of TLSA RRsets from host, port and transport: RFC 6698 section 3, RFC 1035 section 2.3.4.

mod domain_name;
mod endpoint;
mod error;
mod host;

use std::fmt;
use std::str::FromStr;

pub use domain_name::DomainName;
pub use endpoint::Endpoint;
pub use error::{NameError, NameProblem};
pub use host::HostName;
use host::{check_label, check_length};

use crate::text::Shown;

/// A TCP, UDP or SCTP port, 1 to 65535, written without sign or leading zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port(u16);

impl Port {
    /// The port for mail between servers, to which RFC 7672 applies.
    pub const SMTP: Self = Self(25);

    /// Returns the port number.
    pub fn number(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The names of services that DANE protects, most of them in the registry of IANA (RFC 6335), and their ports.
const SERVICES: [(&str, u16); 23] = [
    ("smtp", 25),
    ("submission", 587),
    ("submissions", 465),
    ("smtps", 465),
    ("lmtp", 24),
    ("imap", 143),
    ("imaps", 993),
    ("pop3", 110),
    ("pop3s", 995),
    ("sieve", 4190),
    ("http", 80),
    ("https", 443),
    ("ftp", 21),
    ("ftps", 990),
    ("ldap", 389),
    ("ldaps", 636),
    ("nntp", 119),
    ("nntps", 563),
    ("xmpp-client", 5222),
    ("xmpp-server", 5269),
    ("xmpp", 5222),
    ("postgresql", 5432),
    ("domain-s", 853),
];

impl Port {
    /// Returns the names of services that can be given instead of a port number.
    pub fn services() -> impl Iterator<Item = &'static str> {
        SERVICES.iter().map(|(name, _)| *name)
    }

    /// Parses a number; `None` for anything else.
    fn of_number(text: &str) -> Option<Self> {
        let digits = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
        text.parse().ok().filter(|_| digits && !text.starts_with('0')).map(Self)
    }
}

/// Parses a number, or the name of a service in upper or lower case.
impl FromStr for Port {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let named = || SERVICES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        let port = Self::of_number(text).or_else(|| named().map(|(_, port)| Self(*port)));
        port.ok_or_else(|| NameError::new(text, NameProblem::Port))
    }
}

/// The transport label (RFC 6698 section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// `_tcp`
    Tcp,
    /// `_udp`
    Udp,
    /// `_sctp`
    Sctp,
}

impl Transport {
    /// All transports that RFC 6698 section 3 defines.
    pub const ALL: [Self; 3] = [Self::Tcp, Self::Udp, Self::Sctp];

    /// Returns the transport name: the label without the underscore.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        }
    }

    /// Returns the transport of the second label of an owner name, such as `_tcp`.
    fn of_label(label: &str) -> Option<Self> {
        let name = label.strip_prefix('_')?;
        Self::ALL.into_iter().find(|transport| transport.name() == name)
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The owner name of a TLSA RRset.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner(DomainName);

impl Owner {
    /// Builds the owner name `_port._transport.host` (RFC 6698 section 3).
    ///
    /// Errors: the name is longer than RFC 1035 section 2.3.4 allows.
    pub fn new(port: Port, transport: Transport, host: &HostName) -> Result<Self, NameError> {
        let name = format!("_{port}._{transport}.{}", host.as_str());
        check_length(&name, &name)?;
        Ok(Self(DomainName::new(&name)))
    }

    /// Converts the name of an RRset found in the DNS or in a zone file. The name need not have the form of RFC 6698
    /// section 3: the target of a CNAME record may be `_311._dane.example`.
    ///
    /// Returns `None` if the name is too long or would need escapes.
    pub fn found(name: &DomainName) -> Option<Self> {
        let text = name.as_str();
        let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-_*".contains(&octet);
        let is_label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(plain);
        (text.len() <= 253 && text.split('.').all(is_label)).then(|| Self(name.clone()))
    }

    /// Returns the owner name as a domain name.
    pub fn name(&self) -> &DomainName {
        &self.0
    }

    /// Returns the port, if the name has the form of RFC 6698 section 3.
    pub fn port(&self) -> Option<Port> {
        self.split().map(|(port, ..)| port)
    }

    /// Returns the transport, if the name has the form of RFC 6698 section 3.
    pub fn transport(&self) -> Option<Transport> {
        self.split().map(|(_, transport, _)| transport)
    }

    /// Returns the TLSA base domain, if the name has the form of RFC 6698 section 3.
    pub fn host(&self) -> Option<HostName> {
        self.split().and_then(|(_, _, host)| host.parse().ok())
    }

    fn split(&self) -> Option<(Port, Transport, &str)> {
        let mut labels = self.0.as_str().splitn(3, '.');
        let port = Port::of_number(labels.next()?.strip_prefix('_')?)?;
        Some((port, Transport::of_label(labels.next()?)?, labels.next()?))
    }

    /// Returns the name relative to `origin`: `@` for the origin itself, or the absolute name if the name is not below
    /// `origin`.
    pub fn relative_to(&self, origin: Option<&Origin>) -> String {
        let below = origin.and_then(|origin| self.0.relative_to(&origin.0));
        below.map_or_else(|| self.to_string(), str::to_owned)
    }
}

/// Writes the absolute name with its final dot.
impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Owner {
    type Err = NameError;

    /// Parses a full owner name. Labels consist of letters, digits, `-` and `_`; the first label may be `*`. Converts
    /// U-labels to A-labels.
    fn from_str(text: &str) -> Result<Self, NameError> {
        let name = text.strip_suffix('.').unwrap_or(text);
        if let Some(other) =
            OTHERS.into_iter().find(|other| name.split('.').any(|label| label.eq_ignore_ascii_case(other)))
        {
            return Err(NameError::new(text, NameProblem::OtherType(other)));
        }
        // If the name starts with port and transport labels, the rest must be a valid host name.
        if let Some((port, transport, host)) = service(name) {
            return Self::new(port.parse()?, transport, &host.parse()?);
        }
        let a_labels = name.split('.').map(|label| match label.is_ascii() {
            true => Ok(label.to_ascii_lowercase()),
            false => host::to_ascii(label),
        });
        let name = a_labels.collect::<Result<Vec<_>, _>>()?.join(".");
        for (index, label) in name.split('.').enumerate() {
            check_label(text, label)?;
            let wildcard = index == 0 && label == "*";
            let plain = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_';
            if !wildcard && !label.bytes().all(plain) {
                return Err(NameError::new(text, NameProblem::OwnerLabel(Shown::name(label).at("it"))));
            }
        }
        check_length(text, &name)?;
        check_prefix(text, &name)?;
        Ok(Self(DomainName::new(&name)))
    }
}

/// Labels of the owners of other records: RFC 8162, RFC 7929, RFC 7489 section 6.1, RFC 8461 section 3.1.
const OTHERS: [&str; 4] = ["_smimecert", "_openpgpkey", "_dmarc", "_mta-sts"];

/// Splits a name of the form of RFC 6698 section 3 into port, transport and host.
fn service(name: &str) -> Option<(&str, Transport, &str)> {
    let (port, rest) = name.split_once('.')?;
    let (transport, host) = rest.split_once('.')?;
    let port = port.strip_prefix('_').filter(|port| port.starts_with(|c: char| c.is_ascii_digit()))?;
    let transport = Transport::of_label(&transport.to_ascii_lowercase())?;
    Some((port, transport, host))
}

/// Rejects malformed prefixes such as `_25.mx.example`: clients never look up records at such names. The name
/// `*._tcp.mx.example` is valid for all ports; a name without port and transport labels is valid because it may be a
/// CNAME target.
///
/// Errors: a port without a transport, or a transport without a port (RFC 6698 section 3).
fn check_prefix(text: &str, name: &str) -> Result<(), NameError> {
    let transport = |label: &str| Transport::of_label(label).is_some();
    let labels: Vec<&str> = name.split('.').collect();
    let (first, rest) = labels.split_first().map_or(("", &[][..]), |(first, rest)| (*first, rest));
    let port = first.strip_prefix('_').filter(|port| port.starts_with(|c: char| c.is_ascii_digit()));
    // `service` has already handled names with a port label followed by a transport label.
    let second_is_transport = rest.len() > 1 && rest.first().is_some_and(|label| transport(label));
    match port {
        None if second_is_transport && first == "*" => {}
        None if !second_is_transport && !transport(first) => {}
        _ => return Err(NameError::new(text, NameProblem::OwnerPrefix)),
    }
    match rest.iter().skip(1).any(|label| transport(label)) {
        true => Err(NameError::new(text, NameProblem::OwnerPrefix)),
        false => Ok(()),
    }
}

/// The origin of a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(DomainName);

/// Writes the absolute name with its final dot.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Origin {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text == "." {
            return Ok(Self(DomainName::new(text)));
        }
        text.parse().map(|Owner(name)| Self(name))
    }
}

#[cfg(test)]
mod tests;
