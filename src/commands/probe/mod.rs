//! `probe`: examines servers as a DANE client does and prints the result.

mod blocks;
mod look;

use blocks::Blocks;
use look::Look;

use super::outcome::{NO, Outcome, UNDETERMINED, report_lines};
use super::reading::read;
use super::source::resolver;
use super::trouble::{InFile, Trouble};
use crate::advice;
use crate::cli::{ProbeRequest, Target};
use crate::diagnostic::Finding;
use crate::files;
use crate::live::discover::{self, Discovery};
use crate::live::dns::Resolver;
use crate::live::find::Dnssec;
use crate::live::starttls::Hello;
use crate::live::{ClientVerdict, Deadline, Examination, Host, Service, Survey};
use crate::owner::{HostName, Owner, Transport};
use crate::records::{PublishedSet, RecordsError};
use crate::render::{self, Palette, ProbeSheet, ReportFormat};
use crate::text;

pub(super) fn probe(request: &ProbeRequest, palette: Palette) -> Result<Outcome, Trouble> {
    let resolver = resolver(&request.lookup, request.now)?;
    let given = request.records.as_deref().map(|file| Ok::<_, Trouble>((file, read(file)?))).transpose()?;
    let given_at = |owners: &[Owner]| match &given {
        Some((file, octets)) => {
            PublishedSet::read(octets, request.origin.as_ref(), owners).map(Some).in_file(file)
        }
        None => Ok(None),
    };
    // An unreadable file is reported before any lookup.
    given_at(&[])?;
    // An unwritable file is reported before the first line is printed.
    if let Some(file) = &request.save {
        files::check_writable(file).in_file(file)?;
    }
    let deadline = Deadline::after(request.deadline);
    let resolver = resolver.with_deadline(deadline.at());
    let mut findings = Vec::new();
    let found = discovered(&resolver, request);
    let (discovery, failure) = match found.map_err(|dnssec| dnssec.within(&deadline)) {
        Ok(discovery) => (discovery, None),
        Err(dnssec) => (Discovery::default(), Some(dnssec)),
    };
    let domain = domain_of(&request.target);
    if let Some(domain) = domain {
        findings.extend(advice::probe::of_discovery(domain, &discovery, failure.as_ref()));
    }
    let services: Vec<Service> = discovery.services.iter().flatten().cloned().collect();
    let owner = |service: &Service| Owner::new(service.port, Transport::Tcp, &service.host).ok();
    let owners: Vec<Owner> = services.iter().filter_map(owner).collect();
    let given = given_at(&owners)?;
    if let (Some(given), Some(file)) = (&given, &request.records)
        && given.has_bare_records()
        && owners.len() > 1
    {
        return Err(RecordsError::bare(owners.len())).in_file(file);
    }
    let client = request.helo.as_ref().map_or_else(files::host_name, |name| name.as_str().to_owned());
    let examination = Examination {
        hello: &Hello { client, xmpp_domain: request.xmpp_domain.clone() },
        nexthops: &discovery.nexthops,
        timeout: request.lookup.timeout,
        deadline,
        now: request.now,
    };
    let look = Look { resolver: &resolver, request, deadline, given: given.as_ref() };
    let mut blocks =
        Blocks::new(discovery.services.len(), (request.format == ReportFormat::Text).then_some(palette));
    if let Some(domain) = domain {
        blocks.begin(&render::probe_domain(domain, &discovery))?;
    }
    let mut places = Vec::new();
    for (place, service) in discovery.services.iter().enumerate() {
        match service {
            Ok(_) => places.push(place),
            Err(misnamed) => blocks.add(place, Host::misnamed(misnamed.clone()))?,
        }
    }
    let survey = Survey { locate: &|service| look.locate(service), examination: &examination };
    survey.run(&services, |at, seen| {
        let (Some(service), Some(place)) = (services.get(at), places.get(at)) else { return Ok(()) };
        blocks.add(*place, Host::new(service.clone(), seen))
    })?;
    let hosts = blocks.finish();
    findings.extend(advice::probe::findings(&hosts, request.now, request.warn_days));
    let of_failure = failure.as_ref().map(|dnssec| dnssec.verdict().unwrap_or(ClientVerdict::Unknown));
    let verdict = ClientVerdict::of_all(hosts.iter().map(Host::verdict).chain(of_failure));
    if let Some(file) = &request.save {
        findings.extend(save(file, &hosts)?);
    }
    let sheet = ProbeSheet {
        verdict,
        domain: domain.map(|domain| (domain, &discovery, failure.as_ref())),
        hosts: &hosts,
        findings: &findings,
        now: request.now,
        warn_days: request.warn_days,
    };
    // In text format, the lines of the hosts are already printed.
    let text = render::probe(&sheet, request.format, palette);
    Ok(Outcome {
        data: text.into_bytes(),
        talk: report_lines(&findings, request.quiet, request.format),
        status: match (request.format, verdict) {
            (ReportFormat::Nagios, _) => render::nagios_state(verdict, &findings).status(),
            (_, ClientVerdict::Pass) => 0,
            (_, ClientVerdict::Fail) => NO,
            (_, ClientVerdict::NoDane | ClientVerdict::Unknown) => UNDETERMINED,
        },
    })
}

/// The domain whose records name the services.
fn domain_of(target: &Target) -> Option<&HostName> {
    match target {
        Target::Services(_) => None,
        Target::Mx(domain, _) | Target::Xmpp(domain) => Some(domain),
    }
}

/// The services of the target.
///
/// Errors: why the services of a domain are unknown.
fn discovered(resolver: &Resolver, request: &ProbeRequest) -> Result<Discovery, Dnssec> {
    match &request.target {
        Target::Services(services) => Ok(Discovery {
            services: services.iter().cloned().map(Ok).collect(),
            nexthops: request.xmpp_domain.iter().cloned().collect(),
            ..Discovery::default()
        }),
        Target::Mx(domain, ports) => discover::mail_hosts(resolver, domain, ports, request.protocol),
        Target::Xmpp(domain) => discover::xmpp_servers(resolver, domain),
    }
}

/// Writes the served certificates to `file`, if there are any; otherwise returns a finding.
fn save(file: &str, hosts: &[Host]) -> Result<Option<Finding>, Trouble> {
    let served = render::pem(hosts);
    if served.is_empty() {
        return Ok(Some(advice::probe::nothing_served(&text::file_name(file))));
    }
    files::write(file, &served).in_file(file)?;
    Ok(None)
}
