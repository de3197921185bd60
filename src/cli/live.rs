//! The arguments of lookups and of `probe`.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use time::OffsetDateTime;

use super::args::{LookupArgs, ProbeArgs};
use super::{UsageError, are_hosts, are_paths, clock, parsed, stdin_once};
use crate::live::Service;
use crate::live::find::Families;
use crate::live::starttls::Protocol;
use crate::owner::{Endpoint, HostName, NameError, Origin, Port};
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
    /// The services to probe, or the domain that names them.
    pub target: Target,
    /// The STARTTLS protocol; `None` for the usual protocol of each port.
    pub protocol: Option<Protocol>,
    /// The name to say in EHLO; `None` for the name of this machine.
    pub helo: Option<HostName>,
    /// The XMPP domain to say to the services.
    pub xmpp_domain: Option<HostName>,
    /// The name servers to compare.
    pub name_servers: NameServers,
    /// The number of days before the expiry of a certificate from which to warn.
    pub warn_days: u16,
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

/// The services to probe.
#[derive(Debug)]
pub enum Target {
    /// These services.
    Services(Vec<Service>),
    /// The MX hosts of a domain, at these ports.
    Mx(HostName, Vec<Port>),
    /// The servers in the SRV records of an XMPP domain.
    Xmpp(HostName),
}

/// The name servers of the zone to ask, each by itself.
#[derive(Debug)]
pub enum NameServers {
    /// None.
    None,
    /// Those of the NS records.
    Zone,
    /// These.
    Listed(Vec<SocketAddr>),
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
        // As dig and kdig write it.
        let bare = text.trim_start_matches('@');
        let (address, port) = bare.split_once(['#', '@']).unwrap_or((bare, "53"));
        let address = address.trim_matches(['[', ']']).parse().ok();
        match address
            .zip(port.parse().ok())
            .map(|(address, port): (IpAddr, u16)| SocketAddr::new(address, port))
        {
            Some(meant) if meant.port() == 53 => {
                UsageError::new(message, &format!("did you mean `{option} {}`?", meant.ip()))
            }
            Some(meant) => UsageError::new(message, &format!("did you mean `{option} '{meant}'`?")),
            None => UsageError::new(
                message,
                &format!("examples: {option} 192.0.2.53, {option} '[2001:db8::53]:5353'"),
            ),
        }
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
        let wrong = |message: &str, hint| Err(UsageError::new(message.to_owned(), hint));
        let given = self.port.as_deref().map(|ports| {
            ports
                .iter()
                .map(|port| parsed(port.trim_matches(' '), "--port"))
                .collect::<Result<Vec<Port>, NameError>>()
        });
        let given = given.transpose()?;
        let xmpp_domain: Option<HostName> =
            self.xmpp_domain.as_deref().map(|domain| parsed(domain, "--xmpp-domain")).transpose()?;
        let ports = given.clone().unwrap_or_else(|| vec![Port::SMTP]);
        let target = match (self.hosts.as_slice(), &self.mx, &xmpp_domain) {
            ([], Some(domain), _) => Target::Mx(parsed(domain, "--mx")?, ports),
            ([], None, Some(_)) if given.is_some() => {
                return wrong(
                    "--port has no effect: SRV records contain the ports",
                    "remove --port, or give HOST",
                );
            }
            ([], None, Some(domain)) => Target::Xmpp(domain.clone()),
            ([], None, None) => return wrong("HOST is missing", "give HOST, or --mx DOMAIN"),
            (hosts, ..) => Target::Services(services(hosts, given.as_deref(), self.starttls)?),
        };
        let name_servers = match self.server.as_slice() {
            [] => NameServers::None,
            [one] if one == "ns" => NameServers::Zone,
            all => {
                let all = all.iter().map(|text| server(text, "--server"));
                NameServers::Listed(all.collect::<Result<_, _>>()?)
            }
        };
        Ok(ProbeRequest {
            target,
            protocol: self.starttls,
            helo: self.helo.as_deref().map(|name| parsed(name, "--helo")).transpose()?,
            xmpp_domain,
            name_servers,
            warn_days: self.warn_days,
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

/// The services of these hosts, each once.
///
/// Errors: an invalid host, or ports that no host uses.
fn services(
    hosts: &[String],
    ports: Option<&[Port]>,
    protocol: Option<Protocol>,
) -> Result<Vec<Service>, UsageError> {
    hosts.iter().try_for_each(|list| are_hosts(list))?;
    let endpoints = hosts.iter().map(|list| Endpoint::parse_list(list)).collect::<Result<Vec<_>, _>>()?;
    let endpoints: Vec<Endpoint> = endpoints.into_iter().flatten().collect();
    if ports.is_some()
        && endpoints.iter().all(|endpoint| !matches!(endpoint, Endpoint::Server { port: None, .. }))
    {
        let message = "--port has no effect: each HOST has a port of its own".to_owned();
        return Err(UsageError::new(message, "use one or the other"));
    }
    let ports = ports.unwrap_or(&[Port::SMTP]);
    let mut services = Vec::new();
    for (host, port) in servers(&endpoints, ports)? {
        let service = Service::at(host, port, protocol);
        if !services.contains(&service) {
            services.push(service);
        }
    }
    Ok(services)
}

/// The hosts and ports of these endpoints; `ports` are for endpoints without a port.
///
/// Errors: an owner name that does not contain a host and a port.
pub(super) fn servers(endpoints: &[Endpoint], ports: &[Port]) -> Result<Vec<(HostName, Port)>, UsageError> {
    let mut servers = Vec::new();
    for endpoint in endpoints {
        match endpoint {
            Endpoint::Server { host, port: Some(port), .. } => servers.push((host.clone(), *port)),
            Endpoint::Server { host, .. } => servers.extend(ports.iter().map(|port| (host.clone(), *port))),
            Endpoint::Owner(owner) => match (owner.host(), owner.port()) {
                (Some(host), Some(port)) => servers.push((host, port)),
                _ => {
                    let message = format!("'{owner}' does not name a server");
                    return Err(UsageError::new(message, "give HOST or HOST:PORT"));
                }
            },
        }
    }
    Ok(servers)
}
