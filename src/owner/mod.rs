//! Host, port and transport to the owner name of a TLSA RRset: RFC 6698 section 3, RFC 1035 section 2.3.4.

mod endpoint;
mod error;
mod host;

use std::fmt;
use std::str::FromStr;

pub use endpoint::Endpoint;
pub use error::{NameError, NameProblem};
pub use host::HostName;
use host::{check_label, check_length};

use crate::text::Shown;

/// A TCP, UDP or SCTP port, 1 to 65535, written without sign or leading zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port(u16);

impl Port {
    /// The port of mail between servers, where RFC 7672 holds.
    pub const SMTP: Self = Self(25);

    /// The number.
    pub fn number(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Port {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let digits = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
        match text.parse() {
            Ok(number) if digits && !text.starts_with('0') => Ok(Self(number)),
            _ => Err(NameError::new(text, NameProblem::Port)),
        }
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

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        })
    }
}

impl FromStr for Transport {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        [Self::Tcp, Self::Udp, Self::Sctp]
            .into_iter()
            .find(|transport| transport.to_string() == text)
            .ok_or_else(|| NameError::new(text, NameProblem::Transport))
    }
}

/// The owner name of a TLSA RRset, lower case, absolute, without the final dot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner(String);

impl Owner {
    /// `_port._transport.host` (RFC 6698 section 3).
    ///
    /// Errors: the name is longer than RFC 1035 section 2.3.4 allows.
    pub fn new(port: Port, transport: Transport, host: &HostName) -> Result<Self, NameError> {
        let name = format!("_{port}._{transport}.{}", host.as_str());
        check_length(&name, &name)?;
        Ok(Self(name))
    }

    /// A name that the DNS or a zone file has for the records, whatever its labels are called: `_311._dane.example` is as
    /// good as any target of a CNAME record. With or without its final dot.
    ///
    /// `None` for a name that would have to be escaped, or that is too long.
    pub fn found(name: &str) -> Option<Self> {
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-_*".contains(&octet);
        let is_label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(plain);
        (name.len() <= 253 && name.split('.').all(is_label)).then_some(Self(name))
    }

    /// The port, where the name has the shape of RFC 6698 section 3.
    pub fn port(&self) -> Option<Port> {
        self.split().map(|(port, _)| port)
    }

    /// The transport, where the name has the shape of RFC 6698 section 3.
    pub fn transport(&self) -> Option<Transport> {
        self.split().and_then(|_| self.0.split('.').nth(1)?.strip_prefix('_')?.parse().ok())
    }

    /// The TLSA base domain, where the name has the shape of RFC 6698 section 3.
    pub fn host(&self) -> Option<HostName> {
        self.split().and_then(|(_, host)| host.parse().ok())
    }

    fn split(&self) -> Option<(Port, &str)> {
        let mut labels = self.0.splitn(3, '.');
        let port = labels.next()?.strip_prefix('_')?.parse().ok()?;
        labels.next()?.strip_prefix('_')?.parse::<Transport>().ok()?;
        Some((port, labels.next()?))
    }

    /// The name below `origin` without it, `@` for the origin itself, or else the absolute name.
    pub fn relative_to(&self, origin: Option<&Origin>) -> String {
        match origin {
            Some(origin) if self.0 == origin.0 => return "@".to_owned(),
            Some(origin) if origin.0.is_empty() => return self.0.clone(),
            Some(origin) => {
                let below = self.0.strip_suffix(origin.0.as_str()).and_then(|name| name.strip_suffix('.'));
                if let Some(name) = below {
                    return name.to_owned();
                }
            }
            None => {}
        }
        self.to_string()
    }
}

/// The absolute name with its final dot.
impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.", self.0)
    }
}

impl FromStr for Owner {
    type Err = NameError;

    /// A full owner name: labels of letters, digits, `-` and `_`, or `*` as the first; U-labels are converted.
    fn from_str(text: &str) -> Result<Self, NameError> {
        let name = text.strip_suffix('.').unwrap_or(text);
        // Of a service's owner the rest is a host name, with all that is asked of one.
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
            if let Some(other) = ["_smimecert", "_openpgpkey"].into_iter().find(|other| label == *other) {
                return Err(NameError::new(text, NameProblem::OtherType(other)));
            }
        }
        check_length(text, &name)?;
        check_prefix(text, &name)?;
        Ok(Self(name))
    }
}

/// Port, transport and host of a name of the shape of RFC 6698 section 3.
fn service(name: &str) -> Option<(&str, Transport, &str)> {
    let (port, rest) = name.split_once('.')?;
    let (transport, host) = rest.split_once('.')?;
    let port = port.strip_prefix('_').filter(|port| port.starts_with(|c: char| c.is_ascii_digit()))?;
    let transport = transport.strip_prefix('_')?.to_ascii_lowercase().parse().ok()?;
    Some((port, transport, host))
}

/// Names the owner of a service where it is nearly that: `_25.mx.example` is a slip of the pen, and nobody asks
/// for its records. `*._tcp.mx.example` is for all ports, and a name without such labels a CNAME's target.
///
/// Errors: a port without its transport, or a transport without its port (RFC 6698 section 3).
fn check_prefix(text: &str, name: &str) -> Result<(), NameError> {
    let transport =
        |label: &str| label.strip_prefix('_').is_some_and(|label| label.parse::<Transport>().is_ok());
    let labels: Vec<&str> = name.split('.').collect();
    let (first, rest) = labels.split_first().map_or(("", &[][..]), |(first, rest)| (*first, rest));
    let port = first.strip_prefix('_').filter(|port| port.starts_with(|c: char| c.is_ascii_digit()));
    // A port with its transport was found before.
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

/// The origin of a zone, lower case, without the final dot; the root is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

/// The absolute name with its final dot.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.", self.0)
    }
}

impl FromStr for Origin {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text == "." {
            return Ok(Self(String::new()));
        }
        text.parse().map(|Owner(name)| Self(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn owners(host: &str) -> Vec<String> {
        let ports = [Port::SMTP];
        let endpoints = Endpoint::parse_list(host).unwrap();
        let owners = endpoints.iter().flat_map(|e| e.owners(&ports, Transport::Tcp).unwrap());
        owners.map(|owner| owner.to_string()).collect()
    }

    #[track_caller]
    fn error(host: &str) -> String {
        let result = Endpoint::parse_list(host).and_then(|endpoints| {
            endpoints.iter().map(|e| e.owners(&[Port::SMTP], Transport::Tcp)).collect::<Result<Vec<_>, _>>()
        });
        result.unwrap_err().to_string()
    }

    #[test]
    fn one_final_dot_always() {
        assert_eq!(owners("mx.example"), ["_25._tcp.mx.example."]);
        assert_eq!(owners("MX.Example.:465,b.example"), ["_465._tcp.mx.example.", "_25._tcp.b.example."]);
        assert_eq!(owners("TLSA._dane.example."), ["tlsa._dane.example."]);
        assert_eq!(owners("*._tcp.mx.example"), ["*._tcp.mx.example."]);
    }

    #[test]
    fn u_labels_become_a_labels() {
        assert_eq!(owners("bücher.example"), ["_25._tcp.xn--bcher-kva.example."]);
        assert_eq!(owners("BÜCHER。example"), ["_25._tcp.xn--bcher-kva.example."]);
        assert_eq!(owners("xn--bcher-kva.example"), ["_25._tcp.xn--bcher-kva.example."]);
        assert_eq!(owners("straße.example"), ["_25._tcp.xn--strae-oqa.example."]);
        assert!(error("xn--a.example").contains("RFC 5890"));
    }

    #[test]
    fn addresses_and_other_names_are_refused() {
        for host in
            ["192.0.2.1", "192.0.2.1.", "192.0.2.1:25", "::1", "[2001:db8::1]:25", "[2001:db8::1]", "10.1"]
        {
            assert!(error(host).contains("IP address"), "{host}");
        }
        for host in [
            "",
            "mx.example,",
            "mx..example",
            "-mx.example",
            "mx-.example",
            "m x.example",
            "mx.example/",
            "a_b.example",
            "mx\n.example",
            ".",
        ] {
            error(host);
        }
        assert!(error("x._smimecert.example").contains("another record type"));
        assert!(error("_25._tcp.mx.example:25").contains("has a port after a full owner name"));
        assert!(error("mx.example:25:587").contains("'25:587' is not a port"));
        assert!(error("mx.example:25,587").contains("'587' is a number"));
    }

    #[test]
    fn nearly_an_owner_of_a_service_is_refused() {
        for name in [
            "_25.mx.example",
            "25._tcp.mx.example",
            "_tcp.mx.example",
            "_25_tcp.mx.example",
            "_25._tls.mx.example",
        ] {
            assert!(error(name).contains("_PORT._TRANSPORT"), "{name}");
        }
        error("mx._25._tcp.example");
        error("_25._tcp._25._tcp.mx.example");
        error("_25._tcp");
        assert!(error("_25._tcp.192.0.2.1").contains("IP address"));
        error("_25._tcp.-x.example");
        error("_25._tcp.a_b.example");
        error("mx.example..");
        assert_eq!(owners("_25._tcp.bücher.example"), ["_25._tcp.xn--bcher-kva.example."]);
        assert_eq!(owners("_dane.bücher.example"), ["_dane.xn--bcher-kva.example."]);
        for name in ["*._tcp.mx.example", "_dane.mx.example", "tlsa._dane.example", "_sip._dane.example"] {
            owners(name);
        }
    }

    #[test]
    fn names_of_the_dns_may_be_called_anything() {
        for name in [
            "_311._dane.example",
            "_25._dane.example",
            "_tlsa._tcp.example.",
            "dane._tcp.example",
            "_Tcp.example",
        ] {
            let owner = Owner::found(name).unwrap().to_string();
            assert_eq!(owner, format!("{}.", name.trim_end_matches('.').to_ascii_lowercase()));
        }
        for name in [
            "",
            ".",
            "a..example",
            "a b.example",
            "a;.example",
            "a\\.b.example",
            "(.example",
            &"a.".repeat(128),
        ] {
            assert_eq!(Owner::found(name), None, "{name}");
        }
    }

    #[test]
    fn quotation_marks_are_no_letters() {
        for host in ["“mx.example”", "mx’s.example", "«mx».example", "mx\u{a0}.example", "mx\u{200b}.example"]
        {
            assert!(error(host).contains("RFC 58"), "{host}");
        }
        owners("l·l.example");
    }

    #[test]
    fn ports_are_plain_numbers() {
        for port in ["0", "025", "+25", "65536", "", "smtp", "２５"] {
            assert!(error(&format!("mx.example:{port}")).contains("is not a port"), "{port}");
            error(&format!("_{port}._tcp.mx.example"));
        }
        assert_eq!(owners("mx.example:65535"), ["_65535._tcp.mx.example."]);
    }

    #[test]
    fn lengths_count_after_the_prefix() {
        let label = "a".repeat(63);
        let host = |last: usize| format!("{label}.{label}.{label}.{}", "b".repeat(last));
        assert_eq!(owners(&host(52)).first().unwrap().len(), 254);
        assert!(error(&host(53)).contains("254 characters"));
        assert!(error(&format!("{label}a.example")).contains("64 octets"));
    }

    #[test]
    fn the_origin_shortens_names_below_it_only() {
        let owner: Owner = "_25._tcp.mx.example".parse().unwrap();
        let relative = |origin: &str| owner.relative_to(Some(&origin.parse().unwrap()));
        assert_eq!(relative("Example."), "_25._tcp.mx");
        assert_eq!(relative("x.example"), "_25._tcp.mx.example.");
        assert_eq!(relative("ample"), "_25._tcp.mx.example.");
        assert_eq!(relative("_25._tcp.mx.example"), "@");
        assert_eq!(relative("."), "_25._tcp.mx.example");
    }

    #[test]
    fn port_and_base_are_found_again() {
        let owner: Owner = "_465._tcp.mx.example".parse().unwrap();
        assert_eq!(
            (owner.port().unwrap().to_string(), owner.host().unwrap().as_str().to_owned()),
            ("465".into(), "mx.example".into())
        );
        assert_eq!("tlsa._dane.example".parse::<Owner>().unwrap().port(), None);
    }
}
