//! `probe`: examines servers as a DANE client does and prints the result.

mod blocks;

use blocks::Blocks;

use super::outcome::{NO, Outcome, UNDETERMINED, lines};
use super::reading::read;
use super::source::resolver;
use super::trouble::{InFile, Trouble};
use crate::advice;
use crate::cli::{ProbeRequest, Target};
use crate::files;
use crate::live::dns::Resolver;
use crate::live::find::{self, Dnssec, Server};
use crate::live::starttls::Protocol;
use crate::live::{ClientVerdict, Deadline, Examination, Host, Survey};
use crate::owner::{HostName, Owner, Port, Transport};
use crate::records::{Found, PublishedSet, RecordsError};
use crate::render::{self, Palette, ReportFormat};
use crate::text;

pub(super) fn probe(request: &ProbeRequest, palette: Palette) -> Result<Outcome, Trouble> {
    let resolver = resolver(&request.lookup, request.now)?;
    let given = request.records.as_deref().map(|file| Ok::<_, Trouble>((file, read(file)?))).transpose()?;
    let given_at = |hosts: &[&HostName], port| match &given {
        Some((file, octets)) => {
            let owners = hosts.iter().filter_map(|host| Owner::new(port, Transport::Tcp, host).ok());
            let owners: Vec<Owner> = owners.collect();
            PublishedSet::read(octets, request.origin.as_ref(), &owners).map(Some).in_file(file)
        }
        None => Ok(None),
    };
    // An unreadable file is reported before any lookup.
    given_at(&[], Port::SMTP)?;
    // An unwritable file is reported before the first line is printed.
    if let Some(file) = &request.save {
        files::check_writable(file).in_file(file)?;
    }
    let deadline = Deadline::after(request.deadline);
    let resolver = resolver.with_deadline(deadline.at());
    let mut findings = Vec::new();
    let (hosts, port, nexthops) = match &request.target {
        Target::Host(host, port) => (vec![Ok(host.clone())], *port, Vec::new()),
        Target::Mx(domain, port) => match find::exchanges(&resolver, domain) {
            Ok(exchanges) => {
                if !exchanges.is_secure {
                    findings.push(advice::probe::mx_insecure(domain));
                }
                findings.extend(exchanges.remark.iter().map(advice::probe::of_remark));
                (exchanges.hosts, *port, exchanges.nexthops)
            }
            Err(dnssec) => {
                findings.push(advice::probe::without_mx(domain, &dnssec.within(&deadline)));
                (Vec::new(), *port, Vec::new())
            }
        },
    };
    let given = given_at(&hosts.iter().flatten().collect::<Vec<_>>(), port)?;
    if let (Some(given), Some(file)) = (&given, &request.records)
        && given.has_bare_records()
        && hosts.len() > 1
    {
        return Err(RecordsError::bare(hosts.len())).in_file(file);
    }
    let examination = Examination {
        port,
        protocol: request.protocol.unwrap_or_else(|| match &request.target {
            Target::Host(..) => Protocol::of_port(port.number()),
            Target::Mx(..) => Protocol::Smtp,
        }),
        // If SMTP is only the default for a port other than 25, the service is mail submission, to which RFC 7672 does
        // not apply (RFC 7672 section 7).
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
    let mut blocks = Blocks::new(hosts.len(), (request.format == ReportFormat::Text).then_some(palette));
    let (mut names, mut places) = (Vec::new(), Vec::new());
    for (place, host) in hosts.iter().enumerate() {
        match host {
            Ok(host) => {
                names.push(host);
                places.push(place);
            }
            Err((name, error)) => {
                blocks.add(place, Host::without_endpoints(name.clone(), error.clone().into()))?;
            }
        }
    }
    let survey = Survey { locate: &locate, examination: &examination };
    survey.run(&names, |at, seen| {
        let (Some(host), Some(place)) = (names.get(at), places.get(at)) else { return Ok(()) };
        blocks.add(*place, Host::new(host.as_str().to_owned(), seen, given.is_some()))
    })?;
    let hosts = blocks.finish();
    findings.extend(advice::probe::findings(&hosts));
    let verdict = ClientVerdict::of_all(hosts.iter().map(Host::verdict));
    if let Some(file) = &request.save {
        let served = render::pem(&hosts);
        if served.is_empty() {
            findings.push(advice::probe::nothing_served(&text::file_name(file)));
        } else {
            files::write(file, &served).in_file(file)?;
        }
    }
    // In text format, the lines of the hosts are already printed.
    let text = render::probe(verdict, &hosts, &findings, request.format, palette);
    let talk = lines(&findings, request.quiet).collect();
    let status = match verdict {
        ClientVerdict::Pass => 0,
        ClientVerdict::Fail => NO,
        ClientVerdict::Unknown => UNDETERMINED,
    };
    Ok(Outcome { data: text.into_bytes(), talk, status })
}

/// Returns the server with its records from a file and its addresses, signed or not, from the DNS.
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
