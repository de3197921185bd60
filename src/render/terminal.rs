//! Reports and probes as text for people.

use std::fmt::Write;

#[cfg(feature = "live")]
use time::OffsetDateTime;

use super::{Palette, missing};
use crate::advice::published::Examined;
#[cfg(feature = "live")]
use crate::live::{ClientVerdict, Host, discover::Discovery};
#[cfg(feature = "live")]
use crate::owner::HostName;
use crate::owner::Origin;
use crate::records::Published;
use crate::text::printable;
use crate::verify::{Judged, Needed, Report, Status, Verdict};

/// Writes the verdict, the records with their statuses, and the records that each certificate needs.
pub(super) fn report(examined: &Examined, origin: Option<&Origin>, palette: Palette) -> String {
    let Report { owner, holder, judged, needed, .. } = &examined.report;
    let mut text = String::new();
    let verdict = match examined.verdict {
        Verdict::Covered => palette.good("covered"),
        Verdict::Unknown => palette.open("unknown"),
        verdict => palette.bad(&verdict.to_string()),
    };
    let place = if holder == owner { String::new() } else { format!(" (records at {holder})") };
    let reason = match &examined.why {
        Some(why) => format!(", {}", printable(why)),
        None if judged.is_empty() => ", no TLSA record is published".to_owned(),
        None => String::new(),
    };
    // Writing into a String cannot fail.
    let _ = writeln!(text, "{owner}{place}: {verdict}{reason}");
    text.push_str(&record_lines(judged, palette));
    for Needed { depth, subject, algorithm, not_after, records } in needed {
        let until = not_after.map_or_else(|| "(unreadable)".to_owned(), |time| time.date().to_string());
        let _ = writeln!(text, "depth {depth}: {}, {algorithm}, until {until}", printable(subject));
        for (tlsa, is_published) in records {
            let mark = if *is_published { "published" } else { "not published" };
            let _ = writeln!(text, "  {mark:14} {}", shortened(&Published::from(tlsa)));
        }
    }
    let missing: Vec<String> = missing(&examined.report, origin).collect();
    if !missing.is_empty() && examined.verdict != Verdict::Covered {
        let _ = writeln!(text, "missing:");
        for line in missing {
            let _ = writeln!(text, "{line}");
        }
    }
    text
}

/// Writes a line for each record, with its status and reason.
fn record_lines(judged: &[Judged], palette: Palette) -> String {
    let mut text = String::new();
    for judged in judged {
        let status = format!("{:10}", judged.status);
        let status = match judged.status {
            Status::Match => palette.good(&status),
            Status::Failed => palette.bad(&status),
            Status::Unmatched | Status::Unverified => palette.open(&status),
            Status::Unusable | Status::Ignored => status,
        };
        // Writing into a String cannot fail.
        let _ = writeln!(text, "  {status} {}{}", shortened(&judged.record), remark(judged));
    }
    text
}

/// Returns the record as text; omits the middle of long data to keep the line short.
pub(super) fn shortened(record: &Published) -> String {
    let text = record.to_string();
    match (text.get(..48), text.get(text.len().saturating_sub(16)..)) {
        (Some(head), Some(tail)) if record.data.len() > 64 => format!("{head}...{tail}"),
        _ => text,
    }
}

fn remark(judged: &Judged) -> String {
    let described = judged.described.as_ref();
    let depth = described.and_then(|described| described.depth).map(|depth| format!("depth {depth}"));
    let subject = described.map(|described| described.subject.clone());
    let place: Vec<String> = depth.into_iter().chain(subject).collect();
    let parts = [Some(place.join(", ")).filter(|place| !place.is_empty()), judged.reason.clone()];
    let said: Vec<String> = parts.into_iter().flatten().collect();
    match said.is_empty() {
        true => String::new(),
        false => format!("  {}", said.join(": ")),
    }
}

/// Writes the records that name the services of `domain`, and whether they are signed; nothing if there are none.
#[cfg(feature = "live")]
pub fn probe_domain(domain: &HostName, discovery: &Discovery) -> String {
    let mut hosts: Vec<String> = Vec::new();
    for service in discovery.services.iter().flatten() {
        let host = match service.preference {
            Some(preference) => format!("{preference} {}", service.host.as_str()),
            None => service.host.as_str().to_owned(),
        };
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    match discovery.is_secure {
        Some(is_secure) if !hosts.is_empty() => {
            let security = if is_secure { "secure" } else { "insecure" };
            format!("{}: {} ({security})\n", domain.as_str(), hosts.join(", "))
        }
        _ => String::new(),
    }
}

/// Writes one line for each address and key type of a service, followed by the lines of the records and of the served
/// certificates.
#[cfg(feature = "live")]
pub fn probe_host(host: &Host, palette: Palette) -> String {
    let mut text = String::new();
    // Writing into a String cannot fail.
    if host.endpoints.is_empty() || host.dnssec.verdict().is_some() {
        let _ = writeln!(text, "{}: {} ({})", host.place(), paint(palette, host.verdict()), host.dnssec);
    }
    for endpoint in &host.endpoints {
        let tls = endpoint.tls.as_ref().map(|tls| format!(" {} {}", tls.version, tls.algorithm));
        let error = endpoint.error.as_deref().map(|error| format!(" ({})", printable(error)));
        let (tls, error) = (tls.unwrap_or_default(), error.unwrap_or_default());
        let verdict = paint(palette, endpoint.verdict);
        let _ = writeln!(text, "{} {}{tls}: {verdict}{error}", host.host(), endpoint.address);
        match &endpoint.report {
            Some(report) => text.push_str(&record_lines(&report.judged, palette)),
            None => {
                for record in &host.records {
                    let _ = writeln!(text, "  published  {}", shortened(record));
                }
            }
        }
        for (depth, certificate) in endpoint.served.iter().enumerate() {
            let validity = certificate.validity();
            let date = |time: Option<OffsetDateTime>| {
                time.map_or_else(|| "(unreadable)".to_owned(), |time| time.date().to_string())
            };
            let _ = writeln!(
                text,
                "  depth {depth}: {}, {} to {}, issuer {}",
                printable(&certificate.called()),
                date(validity.not_before),
                date(validity.not_after),
                printable(&certificate.issuer()),
            );
        }
    }
    text
}

/// The verdict line of all hosts, which is printed last.
#[cfg(feature = "live")]
pub(super) fn probe_verdict(verdict: ClientVerdict, palette: Palette) -> String {
    format!("verdict: {}\n", paint(palette, verdict))
}

#[cfg(feature = "live")]
fn paint(palette: Palette, verdict: ClientVerdict) -> String {
    let word = verdict.to_string();
    match verdict {
        ClientVerdict::Pass => palette.good(&word),
        ClientVerdict::Fail => palette.bad(&word),
        ClientVerdict::NoDane | ClientVerdict::Unknown => palette.open(&word),
    }
}
