//! Rules about the result of a probe, and findings about lookups.

use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::Rule;
use super::words::Findings;
use crate::diagnostic::Severity::{Hint, Warning};
use crate::diagnostic::{Code, Finding, Severity};
use crate::live::discover::Discovery;
use crate::live::dns::Expiry;
use crate::live::find::{Dnssec, Remark};
use crate::live::name_server::{Given, NameServer, deviating};
use crate::live::{Host, MOST_ADDRESSES, MOST_HOSTS, Omission, Visited};
use crate::owner::HostName;
use crate::records::Published;

/// Rules about one host, in the order in which their findings are printed.
const RULES: &[Rule<Host>] = &[
    Rule::new(Code::DnsNoRecords, |host| dnssec(host, Code::DnsNoRecords)),
    Rule::new(Code::DnsInsecure, |host| dnssec(host, Code::DnsInsecure)),
    Rule::new(Code::DnsBogus, |host| dnssec(host, Code::DnsBogus)),
    Rule::new(Code::DnsUnreachable, |host| dnssec(host, Code::DnsUnreachable)),
    Rule::new(Code::TlsaLookupFails, |host| dnssec(host, Code::TlsaLookupFails)),
    Rule::new(Code::NoHost, |host| dnssec(host, Code::NoHost)),
    Rule::new(Code::FamilyPassedOver, |host| remarks(host, Code::FamilyPassedOver)),
    Rule::new(Code::SignatureEnds, |host| remarks(host, Code::SignatureEnds)),
    Rule::new(Code::ServerDiffers, server_differs),
    Rule::new(Code::ServerFails, server_fails),
    Rule::new(Code::NoRoute, no_route),
    Rule::new(Code::KeyKindUnseen, key_kind_unseen),
];

/// Rules about all hosts together.
const RULES_OF_ALL: &[Rule<[Host]>] = &[Rule::new(Code::NotVisited, not_visited)];

/// The findings about all hosts of one probe. Certificates that expire within `days` days of `now` are reported.
pub fn findings(hosts: &[Host], now: OffsetDateTime, days: u16) -> Vec<Finding> {
    let mut findings = Vec::new();
    for host in hosts {
        let rules = RULES.iter().flat_map(|rule| rule.findings(host));
        let expiries = expiries(host, now, days).into_iter();
        let all =
            rules.chain(expiries.map(|(severity, text)| Finding::new(Code::ServedExpires, severity, &text)));
        let owner = host.owner.as_ref().map(ToString::to_string);
        let all = all.map(|finding| finding.of(Some(host.host().to_owned()), owner.clone()));
        match hosts.len() {
            1 => findings.extend(all),
            _ => findings.extend(all.map(|finding| finding.about(host.place()))),
        }
    }
    findings.extend(RULES_OF_ALL.iter().flat_map(|rule| rule.findings(hosts)));
    findings
}

/// Returns the code of a DNSSEC result that prevents clients from using DANE; `None` for other results.
fn code_of(dnssec: &Dnssec) -> Option<Code> {
    match dnssec {
        Dnssec::Secure | Dnssec::Given => None,
        Dnssec::NotGiven(_) | Dnssec::NoRecords => Some(Code::DnsNoRecords),
        Dnssec::Insecure(_) => Some(Code::DnsInsecure),
        Dnssec::Bogus(_) => Some(Code::DnsBogus),
        Dnssec::Failing(_) => Some(Code::TlsaLookupFails),
        Dnssec::Unreachable(_) => Some(Code::DnsUnreachable),
        Dnssec::NoHost(_) => Some(Code::NoHost),
        Dnssec::NotVisited(_) => Some(Code::NotVisited),
    }
}

/// Returns the finding about a lookup that returned no records that clients can use.
pub fn of_lookup(dnssec: &Dnssec) -> Finding {
    Finding::new(code_of(dnssec).unwrap_or(Code::DnsNoRecords), Warning, &dnssec.to_string())
}

/// Converts a remark about a lookup to a finding.
pub fn of_remark(remark: &Remark) -> Finding {
    let (code, severity, text) = said_of(remark);
    Finding::new(code, severity, &text)
}

/// The findings about the records that name the services of `domain`; `failure` is the reason why they are unknown.
pub fn of_discovery(domain: &HostName, discovery: &Discovery, failure: Option<&Dnssec>) -> Vec<Finding> {
    let name = domain.as_str();
    let failure = failure.map(|dnssec| match dnssec {
        Dnssec::NotVisited(omission) => {
            Finding::new(Code::NotVisited, Warning, &format!("the lookup of the hosts of {name}: {omission}"))
        }
        dnssec => of_lookup(dnssec),
    });
    let insecure = || {
        let text = format!(
            "insecure MX: the MX records of {name} are unsigned, so an attacker can substitute other hosts"
        );
        Finding::new(Code::MxInsecure, Warning, &text)
    };
    let insecure = (discovery.is_secure == Some(false)).then(insecure);
    let all = failure.into_iter().chain(insecure).chain(discovery.remark.iter().map(of_remark));
    all.map(|finding| finding.of(Some(name.to_owned()), None)).collect()
}

/// Reports that `--save` had no certificate to write to `file`.
pub fn nothing_served(file: &str) -> Finding {
    Finding::new(
        Code::NothingServed,
        Warning,
        &format!("no server sent a certificate: {file} was not written"),
    )
}

fn dnssec(host: &Host, code: Code) -> Findings {
    let is_said = code_of(&host.dnssec) == Some(code);
    is_said.then(|| (Warning, host.dnssec.to_string())).into_iter().collect()
}

fn said_of(remark: &Remark) -> (Code, Severity, String) {
    match remark {
        Remark::PassedOver { host, kind, reason } => {
            let text = format!(
                "cannot look up the {kind} records of {host}, so these addresses were not examined: {reason}"
            );
            (Code::FamilyPassedOver, Warning, text)
        }
        Remark::EndsSoon(Expiry { records, at }) => {
            let at = at.format(&Rfc3339).unwrap_or_default();
            let text = format!(
                "the signature of {records} expires at {at}: check that the zone is re-signed in time"
            );
            (Code::SignatureEnds, Hint, text)
        }
    }
}

fn remarks(host: &Host, wanted: Code) -> Findings {
    let said = host.remarks.iter().map(said_of).filter(|(code, ..)| *code == wanted);
    said.map(|(_, severity, text)| (severity, text)).collect()
}

fn server_differs(host: &Host) -> Findings {
    let list = |records: &[&Published]| {
        let shown: Vec<String> = records.iter().map(ToString::to_string).collect();
        shown.join(", ")
    };
    let said = |(server, given): (&NameServer, &Given)| {
        let more: Vec<_> = given.records.iter().filter(|record| !host.records.contains(record)).collect();
        let less: Vec<_> = host.records.iter().filter(|record| !given.records.contains(record)).collect();
        let parts = [("does not give", list(&less)), ("also gives", list(&more))];
        let parts = parts.iter().filter(|(_, list)| !list.is_empty());
        let parts: Vec<String> = parts.map(|(verb, list)| format!("{verb} {list}")).collect();
        (Warning, format!("{server} {}", parts.join(" and ")))
    };
    deviating(&host.name_servers, &host.records).map(said).collect()
}

fn server_fails(host: &Host) -> Findings {
    let failed = host.name_servers.iter().filter_map(|(server, given)| Some((server, given.as_ref().err()?)));
    failed.map(|(server, reason)| (Warning, format!("{server}: {reason}"))).collect()
}

/// Reports each served certificate that has expired, or expires within `days` days.
fn expiries(host: &Host, now: OffsetDateTime, days: u16) -> Findings {
    let mut seen = Vec::new();
    let mut findings = Findings::new();
    for certificate in host.endpoints.iter().flat_map(|endpoint| &endpoint.served) {
        let Some(not_after) = certificate.validity().not_after else { continue };
        let left = not_after - now;
        if left > Duration::days(days.into()) || seen.contains(&certificate.der()) {
            continue;
        }
        seen.push(certificate.der());
        let (name, date) = (certificate.called(), not_after.date());
        let text = match left.is_negative() {
            true => format!("the served certificate {name} expired on {date}"),
            false => {
                let when = match left.whole_days() {
                    0 => "today".to_owned(),
                    1 => "in 1 day".to_owned(),
                    days => format!("in {days} days"),
                };
                format!("the served certificate {name} expires on {date}, {when}")
            }
        };
        findings.push((Warning, text));
    }
    findings
}

fn no_route(host: &Host) -> Findings {
    let text = "this machine has no route to some addresses, so they were not examined".to_owned();
    host.is_partly_unrouted.then_some((Hint, text)).into_iter().collect()
}

fn key_kind_unseen(host: &Host) -> Findings {
    let said = |endpoint: &Visited| {
        let unseen = endpoint.unseen.as_ref()?;
        Some((Hint, format!("{} {}: {unseen}", host.host(), endpoint.address)))
    };
    host.endpoints.iter().filter_map(said).collect()
}

/// Reports hosts and addresses beyond the limits, and hosts that were not finished before the deadline.
fn not_visited(hosts: &[Host]) -> Findings {
    let many = hosts.iter().filter(|host| host.dnssec == Dnssec::NotVisited(Omission::ManyHosts));
    let mut findings = Findings::new();
    if let Some(many) = listed(many.map(|host| host.place())) {
        findings.push((
            Warning,
            format!("only the first {MOST_HOSTS} pairs of host and port are examined; skipped: {many}"),
        ));
    }
    for host in hosts {
        let many = host.endpoints.iter().filter(|at| at.omission == Some(Omission::ManyAddresses));
        if let Some(addresses) = listed(many.map(|endpoint| endpoint.address.ip().to_string())) {
            let text = format!(
                "only the first {MOST_ADDRESSES} addresses of {} are examined; skipped: {addresses}",
                host.host()
            );
            findings.push((Warning, text));
        }
    }
    let late: Vec<(String, Omission)> =
        hosts.iter().filter_map(|host| Some((host.place(), late(host)?))).collect();
    if let Some((_, Omission::NotStarted(limit) | Omission::NotFinished(limit))) = late.first() {
        let limit = limit.as_secs();
        let names = listed(late.iter().map(|(host, _)| host.clone())).unwrap_or_default();
        let text = format!("not finished within --deadline {limit}: {names}");
        findings.push((Warning, text));
    }
    findings
}

/// Returns the first omission of a host that the deadline caused, if any.
fn late(host: &Host) -> Option<Omission> {
    let of_host = match host.dnssec {
        Dnssec::NotVisited(omission) => Some(omission),
        _ => None,
    };
    let omissions = of_host.into_iter().chain(host.endpoints.iter().filter_map(|at| at.omission));
    let is_late =
        |omission: &Omission| matches!(omission, Omission::NotStarted(_) | Omission::NotFinished(_));
    omissions.into_iter().find(is_late)
}

/// Maximum number of names in a list; further names are only counted.
const LISTED: usize = 16;

fn listed(names: impl Iterator<Item = String>) -> Option<String> {
    let names: Vec<String> = names.collect();
    let shown = names.get(..LISTED).unwrap_or(&names).join(", ");
    match names.len() {
        0 => None,
        count if count <= LISTED => Some(shown),
        count => Some(format!("{shown} and {} more", count - LISTED)),
    }
}
