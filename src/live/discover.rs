//! Finds the services of a domain: the MX hosts of a mail domain, and the servers of an XMPP domain: RFC 5321 section 5.1,
//! RFC 7672 section 2.2.1, RFC 7673 section 3.

use super::Service;
use super::dns::{Answer, Data, Kind, Resolver, Security};
use super::find::{Dnssec, Remark};
use super::starttls::Protocol;
use crate::owner::{DomainName, HostName, NameError, Owner, Port};

/// A record that names no host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misnamed {
    /// The invalid host name.
    pub name: String,
    /// Why it is invalid.
    pub error: Box<NameError>,
}

/// The services of a domain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discovery {
    /// The services, most preferred first.
    pub services: Vec<Result<Service, Misnamed>>,
    /// The domain and, for mail, its signed CNAME target; a certificate may contain either name (RFC 7672 section 3.2.2,
    /// RFC 7673 section 4).
    pub nexthops: Vec<HostName>,
    /// Whether the records that name the services, or the proof of their absence, are signed; `None` if no record
    /// names them.
    pub is_secure: Option<bool>,
    /// A remark if the signatures of these records expire soon.
    pub remark: Option<Remark>,
}

/// The services at `ports` of each MX host of `domain`, or of `domain` itself if it has no MX records (RFC 5321 section
/// 5.1). Without `protocol`, the services at unusual ports speak SMTP.
///
/// Errors: there is no answer, the answer is bogus, or the domain accepts no mail.
pub fn mail_hosts(
    resolver: &Resolver,
    domain: &HostName,
    ports: &[Port],
    protocol: Option<Protocol>,
) -> Result<Discovery, Dnssec> {
    let answer = resolver.lookup(domain.name(), Kind::Mx)?;
    let remark = Remark::on_expiry(&answer, resolver.now());
    let is_secure = is_secure(&answer)?;
    let mut nexthops = vec![domain.clone()];
    if let Ok(canonical) = answer.canonical.as_str().parse()
        && is_secure
        && canonical != *domain
    {
        nexthops.push(canonical);
    }
    let mut all: Vec<(u16, DomainName)> = answer
        .data
        .into_iter()
        .filter_map(|data| match data {
            Data::Mx { preference, exchange } => Some((preference, exchange)),
            _ => None,
        })
        .collect();
    all.sort();
    if !all.is_empty() && all.iter().all(|(_, exchange)| exchange.is_root()) {
        return Err(Dnssec::NoHost(format!("{} accepts no mail (RFC 7505)", domain.as_str())));
    }
    let mut hosts: Vec<(Option<u16>, Result<HostName, Misnamed>)> = Vec::new();
    for (preference, exchange) in all {
        let host = host_of(&exchange);
        if !hosts.iter().any(|(_, known)| *known == host) {
            hosts.push((Some(preference), host));
        }
    }
    if hosts.is_empty() {
        hosts.push((None, Ok(domain.clone())));
    }
    let mut services = Vec::new();
    for (preference, host) in hosts {
        match host {
            Ok(host) => services.extend(ports.iter().map(|port| {
                let protocol = protocol.or_else(|| Protocol::usual(port.number())).unwrap_or(Protocol::Smtp);
                let on_smtp = protocol == Protocol::Smtp;
                Ok(Service { host: host.clone(), port: *port, protocol, on_smtp, preference })
            })),
            Err(error) => services.push(Err(error)),
        }
    }
    Ok(Discovery { services, nexthops, is_secure: Some(is_secure), remark })
}

/// The labels of the XMPP services (RFC 6120 section 3.2.1), and their protocols.
const XMPP: [(&str, Protocol); 2] =
    [("_xmpp-client._tcp", Protocol::Xmpp), ("_xmpp-server._tcp", Protocol::XmppServer)];

/// The services in the SRV records of an XMPP domain.
///
/// Errors: there is no answer, the answer is insecure or bogus, or the domain has no XMPP service.
pub fn xmpp_servers(resolver: &Resolver, domain: &HostName) -> Result<Discovery, Dnssec> {
    let (mut services, mut remark) = (Vec::new(), None);
    for (labels, protocol) in XMPP {
        let name = DomainName::new(&format!("{labels}.{}", domain.as_str()));
        let name = Owner::found(&name).ok_or_else(|| none(domain))?;
        let answer = resolver.lookup(name.name(), Kind::Srv)?;
        if let Security::Insecure(why) = &answer.security
            && !answer.data.is_empty()
        {
            // Clients then ignore the TLSA records (RFC 7673 section 3.1).
            return Err(Dnssec::Insecure(format!("the SRV records of {}: {why}", name.name().as_str())));
        }
        is_secure(&answer)?;
        remark = remark.or_else(|| Remark::on_expiry(&answer, resolver.now()));
        let mut all: Vec<(u16, DomainName, u16)> = answer
            .data
            .into_iter()
            .filter_map(|data| match data {
                Data::Srv { priority, port, target } if !target.is_root() => Some((priority, target, port)),
                _ => None,
            })
            .collect();
        all.sort();
        for (priority, target, port) in all {
            let service = host_of(&target).and_then(|host| {
                let port = port.to_string().parse().map_err(|error| misnamed(&target, error))?;
                Ok(Service { host, port, protocol, on_smtp: false, preference: Some(priority) })
            });
            if !services.contains(&service) {
                services.push(service);
            }
        }
    }
    match services.is_empty() {
        true => Err(none(domain)),
        false => Ok(Discovery { services, nexthops: vec![domain.clone()], is_secure: Some(true), remark }),
    }
}

fn none(domain: &HostName) -> Dnssec {
    Dnssec::NoHost(format!("{} has no SRV record of an XMPP service", domain.as_str()))
}

/// Whether the answer is signed.
///
/// Errors: the answer is bogus.
fn is_secure(answer: &Answer) -> Result<bool, Dnssec> {
    match &answer.security {
        Security::Bogus(reason) => Err(Dnssec::Bogus(reason.clone())),
        Security::Secure => Ok(true),
        Security::Insecure(_) => Ok(false),
    }
}

fn host_of(name: &DomainName) -> Result<HostName, Misnamed> {
    name.as_str().parse().map_err(|error| misnamed(name, error))
}

fn misnamed(name: &DomainName, error: NameError) -> Misnamed {
    let shown = if name.is_root() { "." } else { name.as_str() };
    Misnamed { name: shown.to_owned(), error: Box::new(error) }
}
