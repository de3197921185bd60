//! What is said of a probe beside its verdicts.

use time::format_description::well_known::Rfc3339;

use crate::advice::{Finding, Severity};
use crate::live::dns::Expiry;
use crate::live::find::{Dnssec, Remark};
use crate::live::{Examined, Host, MOST_ADDRESSES, MOST_HOSTS, Omission};
use crate::owner::HostName;

/// Why a client uses no records.
pub(in crate::commands) fn finding(dnssec: &Dnssec, severity: Severity) -> Finding {
    let code = match dnssec {
        Dnssec::Secure | Dnssec::Given | Dnssec::NotGiven(_) | Dnssec::NoRecords => "dns-no-records",
        Dnssec::Insecure(_) => "dns-insecure",
        Dnssec::Bogus(_) => "dns-bogus",
        Dnssec::Unreachable(_) => "dns-unreachable",
        Dnssec::NoHost(_) => "no-host",
        Dnssec::NotVisited(_) => "not-visited",
    };
    let message = match dnssec {
        Dnssec::Bogus(_) => format!("{dnssec} (RFC 7672 section 2.1.1)"),
        Dnssec::NoHost(reason) => reason.clone(),
        Dnssec::NotVisited(omission) => omission.to_string(),
        _ => format!("{dnssec} (RFC 7672 section 2.2)"),
    };
    Finding { code, severity, message }
}

/// What is worth knowing of a lookup.
pub(in crate::commands) fn remark_finding(remark: &Remark) -> Finding {
    match remark {
        Remark::PassedOver { host, kind, reason } => Finding {
            code: "family-passed-over",
            severity: Severity::Warning,
            message: format!("the {kind} records of {host} are passed over: {reason} (RFC 7672 section 2.2)"),
        },
        Remark::EndsSoon(Expiry { records, at }) => Finding {
            code: "signature-ends",
            severity: Severity::Hint,
            message: format!(
                "the signature of {records} expires {}: is the zone signed anew in time? (RFC 4035 section 5.3.1)",
                at.format(&Rfc3339).unwrap_or_default()
            ),
        },
    }
}

/// The mail hosts of `domain` are not signed.
pub(super) fn insecure_mx(domain: &HostName) -> Finding {
    let message = format!(
        "insecure MX: the mail hosts of {} are not signed, so that anyone could name others (RFC 7672 section 2.2.1)",
        domain.as_str()
    );
    Finding { code: "mx-insecure", severity: Severity::Warning, message }
}

/// Why the mail hosts of `domain` are not known.
pub(super) fn without_mx(domain: &HostName, dnssec: &Dnssec) -> Finding {
    let mut finding = finding(dnssec, Severity::Warning);
    if let Dnssec::NotVisited(omission) = dnssec {
        finding.message = format!("the MX lookup of {}: {omission}", domain.as_str());
    }
    finding
}

/// What is worth knowing of a host that was found. Addresses that this machine has no way to are taken out, unless
/// there are no others.
pub(super) fn of_host(host: &HostName, examined: &mut Examined) -> Vec<Finding> {
    let Examined { server, endpoints } = examined;
    let mut findings: Vec<Finding> = server.remarks.iter().map(remark_finding).collect();
    let without = endpoints.iter().filter(|endpoint| endpoint.has_no_route).count();
    let visited = endpoints.iter().filter(|endpoint| endpoint.omission.is_none()).count();
    if without > 0 && without < visited {
        let message = "no route to some of the addresses from here: they are passed over".to_owned();
        findings.push(Finding { code: "no-route", severity: Severity::Hint, message });
        endpoints.retain(|endpoint| !endpoint.has_no_route);
    }
    for endpoint in endpoints.iter() {
        let Some(unseen) = &endpoint.unseen else { continue };
        let message = format!("{} {}: {unseen} (RFC 7671 section 8)", host.as_str(), endpoint.address);
        findings.push(Finding { code: "key-kind-unseen", severity: Severity::Hint, message });
    }
    findings
}

/// What was not visited, or not to the end: hosts past the bound, addresses past theirs, and what the deadline cut off.
pub(super) fn omissions(hosts: &[Host]) -> Vec<Finding> {
    let many = hosts.iter().filter(|host| host.dnssec == Dnssec::NotVisited(Omission::ManyHosts));
    let many: Vec<String> = many.map(|host| host.host.clone()).collect();
    let mut messages = Vec::new();
    if !many.is_empty() {
        messages.push(format!("at most {MOST_HOSTS} hosts are visited; left out: {}", listed(&many)));
    }
    for host in hosts {
        let many = host.endpoints.iter().filter(|at| at.omission == Some(Omission::ManyAddresses));
        let many: Vec<String> = many.map(|endpoint| endpoint.address.ip().to_string()).collect();
        if !many.is_empty() {
            let (host, addresses) = (&host.host, listed(&many));
            messages.push(format!(
                "at most {MOST_ADDRESSES} addresses of {host} are visited; left out: {addresses}"
            ));
        }
    }
    let late: Vec<(String, Omission)> =
        hosts.iter().filter_map(|host| Some((host.host.clone(), late(host)?))).collect();
    if let Some((_, Omission::NotStarted(limit) | Omission::NotFinished(limit))) = late.first() {
        let names: Vec<String> = late.iter().map(|(host, _)| host.clone()).collect();
        messages.push(format!(
            "not visited, or not to the end, within --deadline {}: {}",
            limit.as_secs(),
            listed(&names)
        ));
    }
    let finding = |message| Finding { code: "not-visited", severity: Severity::Warning, message };
    messages.into_iter().map(finding).collect()
}

/// What the deadline cut off of a host, if anything.
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

/// Names that are listed; of more, the number is said.
const LISTED: usize = 16;

fn listed(names: &[String]) -> String {
    let shown = names.get(..LISTED).unwrap_or(names).join(", ");
    match names.len().saturating_sub(LISTED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
