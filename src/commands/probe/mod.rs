//! `probe`: what a DANE client sees.

mod blocks;
mod findings;

use anyhow::Context as _;
use time::OffsetDateTime;

use blocks::Blocks;
pub(super) use findings::{finding, remark_finding};
use findings::{insecure_mx, of_host, omissions, without_mx};

use super::{Outcome, findings_as_talk, read};
use crate::advice::{Finding, Severity};
use crate::cli::notes::SYSTEM_SERVERS;
use crate::cli::{LookupRequest, ProbeRequest, Target};
use crate::files;
use crate::live::dns::{Resolver, system_servers};
use crate::live::find::{self, Dnssec, Server};
use crate::live::starttls::Protocol;
use crate::live::{ClientVerdict, Deadline, Examination, Examined, Host, Survey};
use crate::owner::{HostName, Owner, Port, Transport};
use crate::records::{Found, PublishedSet, RecordsError};
use crate::render::{self, Palette};
use crate::text;

/// The resolver that is asked for.
pub(super) fn resolver(request: &LookupRequest, now: OffsetDateTime) -> anyhow::Result<Resolver> {
    let anchors = match &request.trust_anchor {
        Some(file) => Some(super::source::text_of(file)?),
        None => None,
    };
    let servers = match request.server {
        Some(server) => vec![server],
        None => system_servers(&String::from_utf8_lossy(&read(SYSTEM_SERVERS)?)),
    };
    let anchors = anchors.as_ref().map(|text| text.as_str());
    let resolver = Resolver::new(&servers, anchors, request.timeout, now);
    resolver.with_context(|| {
        request.trust_anchor.as_deref().map_or_else(|| "the root's keys".to_owned(), text::file_name)
    })
}

pub(super) fn probe(request: &ProbeRequest, palette: Palette) -> anyhow::Result<Outcome> {
    let resolver = resolver(&request.lookup, request.now)?;
    let given =
        request.records.as_deref().map(|file| Ok::<_, anyhow::Error>((file, read(file)?))).transpose()?;
    let given_at = |hosts: &[&HostName], port| match &given {
        Some((file, octets)) => {
            let owners = hosts.iter().filter_map(|host| Owner::new(port, Transport::Tcp, host).ok());
            let owners: Vec<Owner> = owners.collect();
            let set = PublishedSet::read(octets, request.origin.as_ref(), &owners);
            set.map(Some).with_context(|| text::file_name(file))
        }
        None => Ok(None),
    };
    // A file that cannot be read is an error before anybody is asked for the hosts.
    given_at(&[], Port::SMTP)?;
    // Where nothing can be written is an error before the first line too.
    if let Some(file) = &request.save {
        files::check_writable(file).with_context(|| text::file_name(file))?;
    }
    let deadline = Deadline::after(request.deadline);
    let resolver = resolver.with_deadline(deadline.at());
    let mut findings = Vec::new();
    let (hosts, port, nexthops) = match &request.target {
        Target::Host(host, port) => (vec![Ok(host.clone())], *port, Vec::new()),
        Target::Mx(domain, port) => match find::exchanges(&resolver, domain) {
            Ok(exchanges) => {
                if !exchanges.is_secure {
                    findings.push(insecure_mx(domain));
                }
                findings.extend(exchanges.remark.iter().map(remark_finding));
                (exchanges.hosts, *port, exchanges.nexthops)
            }
            Err(dnssec) => {
                findings.push(without_mx(domain, &deadline.explain(dnssec)));
                (Vec::new(), *port, Vec::new())
            }
        },
    };
    let given = given_at(&hosts.iter().flatten().collect::<Vec<_>>(), port)?;
    if let (Some(given), Some(file)) = (&given, &request.records)
        && given.has_bare_records()
        && hosts.len() > 1
    {
        return Err(anyhow::Error::from(RecordsError::bare(hosts.len())).context(text::file_name(file)));
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
        deadline,
        now: request.now,
    };
    let locate = |host: &HostName| match &given {
        Some(given) => with_records(&resolver, host, given, request, port),
        None => find::locate(&resolver, host, port, Transport::Tcp, request.families),
    };
    let mut blocks = Blocks::new(hosts.len(), (!request.json).then_some(palette));
    let (mut names, mut places) = (Vec::new(), Vec::new());
    for (place, host) in hosts.iter().enumerate() {
        match host {
            Ok(host) => {
                names.push(host);
                places.push(place);
            }
            Err((name, error)) => {
                let dnssec = Dnssec::from(error.clone());
                let findings = vec![finding(&dnssec, Severity::Warning)];
                blocks.add(place, without_endpoints(name.clone(), dnssec), findings)?;
            }
        }
    }
    let survey = Survey { locate: &locate, examination: &examination };
    survey.run(&names, |at, seen| {
        let (Some(host), Some(place)) = (names.get(at), places.get(at)) else { return Ok(()) };
        let (host, findings) = known(host, seen, given.is_some());
        blocks.add(*place, host, findings)
    })?;
    let (hosts, of_hosts) = blocks.finish();
    findings.extend(of_hosts);
    findings.extend(omissions(&hosts));
    let verdict = ClientVerdict::of_all(hosts.iter().map(Host::verdict));
    if let Some(file) = &request.save {
        let served = render::pem(&hosts);
        if served.is_empty() {
            let message = format!("no certificate was served: {} is not written", text::file_name(file));
            findings.push(Finding { code: "nothing-served", severity: Severity::Warning, message });
        } else {
            files::write(file, &served).with_context(|| text::file_name(file))?;
        }
    }
    // The lines of the hosts are printed already.
    let text = match request.json {
        true => render::probe_json(verdict, &hosts, &findings),
        false => render::probe_verdict(verdict, palette),
    };
    let talk = findings_as_talk(&findings, request.quiet, None).collect();
    let status = match verdict {
        ClientVerdict::Pass => 0,
        ClientVerdict::Fail => super::check::NO,
        ClientVerdict::Unknown => super::check::CANNOT_TELL,
    };
    Ok(Outcome { data: text.into_bytes(), talk, status })
}

/// A host of which all is known, and what is said of it.
fn known(host: &HostName, seen: Result<Examined, Dnssec>, is_given: bool) -> (Host, Vec<Finding>) {
    let name = host.as_str().to_owned();
    match seen {
        Ok(mut examined) => {
            let findings = of_host(host, &mut examined);
            let Examined { server, endpoints } = examined;
            let dnssec = if is_given { Dnssec::Given } else { Dnssec::Secure };
            (
                Host { host: name, owner: Some(server.owner), dnssec, records: server.records, endpoints },
                findings,
            )
        }
        // All of those are named together.
        Err(dnssec @ Dnssec::NotVisited(_)) => (without_endpoints(name, dnssec), Vec::new()),
        Err(dnssec) => {
            let findings = vec![finding(&dnssec, Severity::Warning)];
            (without_endpoints(name, dnssec), findings)
        }
    }
}

/// A host that no client connects to with DANE, with the reason.
fn without_endpoints(host: String, dnssec: Dnssec) -> Host {
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
    let (addresses, remarks) = find::addresses(resolver, host, request.families)?;
    let (host, base, Found { holder, records }) = (host.clone(), host.clone(), found);
    Ok(Server { host, base, owner, holder, addresses, records, remarks })
}
