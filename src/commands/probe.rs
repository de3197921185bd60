//! `probe`: what a DANE client sees.

use anyhow::Context as _;

use super::{Outcome, findings_as_talk, read};
use crate::advice::{Finding, Severity};
use crate::cli::notes::SYSTEM_SERVERS;
use crate::cli::{LookupRequest, ProbeRequest, Target};
use crate::files;
use crate::live::dns::{Resolver, system_servers};
use crate::live::find::{self, Dnssec, Server};
use crate::live::starttls::Protocol;
use crate::live::{self, ClientVerdict, Examination, Host};
use crate::owner::{HostName, Owner, Port, Transport};
use crate::records::{PublishedSet, RecordsError};
use crate::render::{self, Palette};

/// The resolver that is asked for.
pub(super) fn resolver(request: &LookupRequest) -> anyhow::Result<Resolver> {
    let anchors = match &request.trust_anchor {
        Some(file) => Some(super::source::text_of(file)?),
        None => None,
    };
    let servers = match request.server {
        Some(server) => vec![server],
        None => system_servers(&String::from_utf8_lossy(&read(SYSTEM_SERVERS)?)),
    };
    let resolver = Resolver::new(&servers, anchors.as_ref().map(|text| text.as_str()), request.timeout);
    resolver.with_context(|| {
        request.trust_anchor.as_deref().map_or_else(|| "the root's keys".to_owned(), files::name)
    })
}

/// Why a client uses no records.
pub(super) fn finding(dnssec: &Dnssec, severity: Severity) -> Finding {
    let code = match dnssec {
        Dnssec::Secure | Dnssec::Given | Dnssec::NotGiven(_) | Dnssec::NoRecords => "dns-no-records",
        Dnssec::Insecure(_) => "dns-insecure",
        Dnssec::Bogus(_) => "dns-bogus",
        Dnssec::Unreachable(_) => "dns-unreachable",
        Dnssec::NoHost(_) => "no-host",
    };
    let message = match dnssec {
        Dnssec::Bogus(_) => format!("{dnssec} (RFC 7672 section 2.1.1)"),
        Dnssec::NoHost(reason) => reason.clone(),
        _ => format!("{dnssec} (RFC 7672 section 2.2)"),
    };
    Finding { code, severity, message }
}

pub(super) fn probe(request: &ProbeRequest, palette: Palette) -> anyhow::Result<Outcome> {
    let resolver = resolver(&request.lookup)?;
    let given =
        request.records.as_deref().map(|file| Ok::<_, anyhow::Error>((file, read(file)?))).transpose()?;
    let given_at = |hosts: &[&HostName], port| match &given {
        Some((file, octets)) => {
            let owners = hosts.iter().filter_map(|host| Owner::new(port, Transport::Tcp, host).ok());
            let owners: Vec<Owner> = owners.collect();
            let set = PublishedSet::read(octets, request.origin.as_ref(), &owners);
            set.map(Some).with_context(|| files::name(file))
        }
        None => Ok(None),
    };
    // A file that cannot be read is an error before anybody is asked for the hosts.
    given_at(&[], Port::SMTP)?;
    let mut findings = Vec::new();
    let (hosts, port, nexthops) = match &request.target {
        Target::Host(host, port) => (vec![Ok(host.clone())], *port, Vec::new()),
        Target::Mx(domain, port) => match find::exchanges(&resolver, domain) {
            Ok(exchanges) => {
                if !exchanges.is_secure {
                    let message = format!(
                        "insecure MX: the mail hosts of {} are not signed, so that anyone could name others (RFC 7672 section 2.2.1)",
                        domain.as_str()
                    );
                    findings.push(Finding { code: "mx-insecure", severity: Severity::Warning, message });
                }
                (exchanges.hosts, *port, exchanges.nexthops)
            }
            Err(dnssec) => {
                findings.push(finding(&dnssec, Severity::Warning));
                (Vec::new(), *port, Vec::new())
            }
        },
    };
    let given = given_at(&hosts.iter().flatten().collect::<Vec<_>>(), port)?;
    if let (Some(given), Some(file)) = (&given, &request.records)
        && given.has_bare_records()
        && hosts.len() > 1
    {
        return Err(anyhow::Error::from(RecordsError::bare(hosts.len())).context(files::name(file)));
    }
    let examination = Examination {
        port,
        protocol: request.protocol.unwrap_or_else(|| match &request.target {
            Target::Host(..) => Protocol::of_port(port.number()),
            Target::Mx(..) => Protocol::Smtp,
        }),
        // SMTP that is guessed from another port is submission (RFC 7672 section 7).
        on_smtp: port == Port::SMTP
            || request.protocol == Some(Protocol::Smtp)
            || matches!(request.target, Target::Mx(..)),
        nexthops: &nexthops,
        timeout: request.lookup.timeout,
        now: request.now,
    };
    let mut seen = Vec::new();
    for host in hosts {
        seen.push(match host {
            Ok(host) => {
                files::progress(&format!("probing {} ...", host.as_str()));
                look_at(&resolver, &host, given.as_ref(), request, &examination, &mut findings)
            }
            Err((name, error)) => without_endpoints(name, error.into(), &mut findings),
        });
    }
    files::progress("");
    let verdict = ClientVerdict::of_all(seen.iter().map(Host::verdict));
    if let Some(file) = &request.save {
        let served = render::pem(&seen);
        if served.is_empty() {
            let message = format!("no certificate was served: {} is not written", files::name(file));
            findings.push(Finding { code: "nothing-served", severity: Severity::Warning, message });
        } else {
            files::write(file, &served).with_context(|| files::name(file))?;
        }
    }
    let text = render::probe(verdict, &seen, &findings, request.json, palette);
    let talk = findings_as_talk(&findings, request.quiet, None).collect();
    let status = match verdict {
        ClientVerdict::Pass => 0,
        ClientVerdict::Fail => super::check::NO,
        ClientVerdict::Unknown => super::check::CANNOT_TELL,
    };
    Ok(Outcome { data: text.into_bytes(), talk, status })
}

fn look_at(
    resolver: &Resolver,
    host: &HostName,
    given: Option<&PublishedSet>,
    request: &ProbeRequest,
    examination: &Examination<'_>,
    findings: &mut Vec<Finding>,
) -> Host {
    let server = match given {
        Some(given) => with_records(resolver, host, given, request, examination.port),
        None => find::locate(resolver, host, examination.port, Transport::Tcp, request.families),
    };
    match server {
        Ok(server) => {
            let mut endpoints = live::examine(&server, examination);
            let routes = endpoints.iter().filter(|endpoint| !endpoint.has_no_route).count();
            if routes > 0 && routes < endpoints.len() {
                let message = "no route to some of the addresses from here: they are passed over".to_owned();
                findings.push(Finding { code: "no-route", severity: Severity::Hint, message });
                endpoints.retain(|endpoint| !endpoint.has_no_route);
            }
            for endpoint in &endpoints {
                let Some(unseen) = &endpoint.unseen else { continue };
                let message =
                    format!("{} {}: {unseen} (RFC 7671 section 8)", host.as_str(), endpoint.address);
                findings.push(Finding { code: "key-kind-unseen", severity: Severity::Hint, message });
            }
            let owner = Some(server.owner);
            let dnssec = if given.is_some() { Dnssec::Given } else { Dnssec::Secure };
            let host = host.as_str().to_owned();
            Host { host, owner, dnssec, records: server.records, endpoints }
        }
        Err(dnssec) => without_endpoints(host.as_str().to_owned(), dnssec, findings),
    }
}

/// A host that no client connects to with DANE, with the reason.
fn without_endpoints(host: String, dnssec: Dnssec, findings: &mut Vec<Finding>) -> Host {
    findings.push(finding(&dnssec, Severity::Warning));
    Host { host, owner: None, dnssec, records: Vec::new(), endpoints: Vec::new() }
}

/// Addresses from the DNS, whatever it says of them, and records from a file.
fn with_records(
    resolver: &Resolver,
    host: &HostName,
    given: &PublishedSet,
    request: &ProbeRequest,
    port: Port,
) -> Result<Server, Dnssec> {
    let owner = Owner::new(port, Transport::Tcp, host)?;
    let found = given.at(&owner).ok_or_else(|| Dnssec::NotGiven(owner.clone()))?;
    let addresses = find::addresses(resolver, host, request.families)?;
    Ok(Server { host: host.clone(), base: host.clone(), owner, addresses, records: found.records })
}
