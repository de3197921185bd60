//! The arguments of lookups and of `probe`.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use time::OffsetDateTime;

use super::args::{LookupArgs, ProbeArgs};
use super::{UsageError, are_paths, clock, parsed, stdin_once};
use crate::live::find::Families;
use crate::live::starttls::Protocol;
use crate::owner::{Endpoint, HostName, Origin, Port};
use crate::render::ReportFormat;
use crate::text::Shown;

/// Options for DNS queries.
#[derive(Debug, Clone)]
pub struct LookupRequest {
    /// The name server; `None` for the system's name servers.
    pub server: Option<SocketAddr>,
    /// A file of trust anchors; `None` for the built-in root keys.
    pub trust_anchor: Option<String>,
    /// Time limit per lookup and per connection.
    pub timeout: Duration,
}

/// The arguments of `probe`.
#[derive(Debug)]
pub struct ProbeRequest {
    /// The server or mail domain to probe.
    pub target: Target,
    /// The STARTTLS protocol; `None` for the usual protocol of the port.
    pub protocol: Option<Protocol>,
    /// A file of records to use instead of the DNS, `-` for standard input.
    pub records: Option<String>,
    /// The origin of relative names in `records`.
    pub origin: Option<Origin>,
    /// Options for DNS queries.
    pub lookup: LookupRequest,
    /// Time limit for all lookups and connections together.
    pub deadline: Duration,
    /// The address families to connect to.
    pub families: Families,
    /// The file to which the served certificates are written.
    pub save: Option<String>,
    /// The output format.
    pub format: ReportFormat,
    /// The time of `--at`, otherwise the current time.
    pub now: OffsetDateTime,
    /// Whether to print errors only.
    pub quiet: bool,
}

/// The server or mail domain to probe.
#[derive(Debug)]
pub enum Target {
    /// One server.
    Host(HostName, Port),
    /// The MX hosts of a domain, and their port.
    Mx(HostName, Port),
}

impl LookupArgs {
    pub(super) fn request(&self) -> Result<LookupRequest, UsageError> {
        Ok(LookupRequest {
            server: self.dns.as_deref().map(|text| server(text, "--dns")).transpose()?,
            trust_anchor: self.trust_anchor.clone(),
            timeout: Duration::from_secs(self.timeout),
        })
    }
}

/// Parses the address of a name server, the value of `option`.
pub(super) fn server(text: &str, option: &str) -> Result<SocketAddr, UsageError> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().map(|address: IpAddr| SocketAddr::new(address, 53));
    address.or_else(|_| text.parse()).map_err(|_| {
        let given = Shown::name(text).at("its value");
        let message = format!("{option}: {given} is not the address of a name server");
        UsageError::new(message, &format!("examples: {option} 192.0.2.53, {option} '[2001:db8::53]:5353'"))
    })
}

impl ProbeArgs {
    pub(super) fn request(self) -> Result<ProbeRequest, UsageError> {
        stdin_once([&self.records, &self.lookup.trust_anchor].into_iter().flatten())?;
        are_paths(&[("--records", self.records.as_ref()), ("--save", self.save.as_ref())])?;
        are_paths(&[("--trust-anchor", self.lookup.trust_anchor.as_ref())])?;
        if self.save.as_deref() == Some("-") {
            let message = "--save needs a file: standard output is used for the verdict".to_owned();
            return Err(UsageError::new(message, "example: --save served.pem"));
        }
        let port = self.port.as_deref().map(|port| parsed(port, "--port")).transpose()?;
        let target = match (&self.host, &self.mx) {
            (Some(host), _) => match host.parse()? {
                Endpoint::Server { port: Some(_), .. } | Endpoint::Owner(_) if port.is_some() => {
                    let message = "--port has no effect: HOST has a port of its own".to_owned();
                    return Err(UsageError::new(message, "use one or the other"));
                }
                Endpoint::Server { host, port: own, .. } => {
                    Target::Host(host, own.or(port).unwrap_or(Port::SMTP))
                }
                Endpoint::Owner(owner) => match (owner.host(), owner.port()) {
                    (Some(host), Some(port)) => Target::Host(host, port),
                    _ => {
                        let message = format!("'{owner}' does not name a server");
                        return Err(UsageError::new(message, "give HOST or HOST:PORT"));
                    }
                },
            },
            (None, Some(domain)) => Target::Mx(parsed(domain, "--mx")?, port.unwrap_or(Port::SMTP)),
            (None, None) => {
                return Err(UsageError::new("HOST is missing".to_owned(), "give HOST, or --mx DOMAIN"));
            }
        };
        Ok(ProbeRequest {
            target,
            protocol: self.starttls,
            records: self.records,
            origin: self.origin.as_deref().map(|origin| parsed(origin, "--origin")).transpose()?,
            lookup: self.lookup.request()?,
            deadline: Duration::from_secs(self.deadline),
            families: match (self.v4, self.v6) {
                (true, _) => Families::V4,
                (_, true) => Families::V6,
                _ => Families::All,
            },
            save: self.save,
            format: self.format,
            now: clock(self.at)?,
            quiet: self.quiet,
        })
    }
}
