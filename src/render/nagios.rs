//! One line for Nagios and its kin: the plug-in guidelines of Monitoring Plugins, section "Plugin Output for Nagios".

#[cfg(feature = "live")]
use super::ProbeSheet;
use super::ReportSheet;
use crate::diagnostic::{Finding, Severity};
#[cfg(feature = "live")]
use crate::live::ClientVerdict;
use crate::text::printable;
use crate::verify::Verdict;

/// The state of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Everything is right.
    Ok,
    /// Something needs attention.
    Warning,
    /// The service fails.
    Critical,
    /// The state is undetermined.
    Unknown,
}

impl State {
    /// The exit status of a plug-in.
    pub fn status(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// The state of a good verdict.
    fn good<'f>(mut findings: impl Iterator<Item = &'f Finding>) -> Self {
        match findings.any(|finding| finding.severity != Severity::Hint) {
            true => Self::Warning,
            false => Self::Ok,
        }
    }
}

/// Writes the line of a call that failed, from the lines of its error.
pub fn nagios_failure(lines: &[String]) -> String {
    line(State::Unknown, &lines.join("; "), &[])
}

/// The state that a check shows.
pub fn nagios_state_of_reports(sheet: &ReportSheet<'_>) -> State {
    match sheet.verdict {
        Verdict::Covered => State::good(sheet.findings()),
        Verdict::Partial => State::Warning,
        Verdict::NotCovered => State::Critical,
        Verdict::Unknown => State::Unknown,
    }
}

/// Writes the line of a check.
pub(super) fn reports(sheet: &ReportSheet<'_>) -> String {
    let mut said: Vec<String> = sheet
        .examined
        .iter()
        .map(|examined| {
            let why = examined.why.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
            format!("{}: {}{why}", examined.report.owner, examined.verdict)
        })
        .collect();
    said.extend(first_warning(sheet.findings()));
    line(nagios_state_of_reports(sheet), &said.join(", "), &[])
}

/// The state that a probe shows.
#[cfg(feature = "live")]
pub fn nagios_state(verdict: ClientVerdict, findings: &[Finding]) -> State {
    match verdict {
        ClientVerdict::Pass => State::good(findings.iter()),
        ClientVerdict::Fail => State::Critical,
        ClientVerdict::NoDane | ClientVerdict::Unknown => State::Unknown,
    }
}

/// Writes the line of a probe: each service that does not pass with its reason, and the number of the others.
#[cfg(feature = "live")]
pub(super) fn probe(sheet: &ProbeSheet<'_>) -> String {
    let (good, bad): (Vec<_>, Vec<_>) =
        sheet.hosts.iter().partition(|host| host.verdict() == ClientVerdict::Pass);
    let mut said: Vec<String> = bad
        .iter()
        .map(|host| {
            let reason = host.reason().map(|reason| format!(" ({reason})")).unwrap_or_default();
            format!("{}: {}{reason}", host.place(), host.verdict())
        })
        .collect();
    if let Some((domain, _, Some(failure))) = sheet.domain {
        said.push(format!("{}: {failure}", domain.as_str()));
    }
    match good.as_slice() {
        [] => {}
        [only] => said.push(format!("{}: pass", only.place())),
        several => said.push(format!("{} services pass", several.len())),
    }
    said.extend(first_warning(sheet.findings.iter()).filter(|_| bad.is_empty()));
    let endpoints = || sheet.hosts.iter().flat_map(|host| &host.endpoints);
    let failed = endpoints().filter(|endpoint| endpoint.verdict == ClientVerdict::Fail).count();
    let mut data = vec![format!("endpoints={};;;0", endpoints().count()), format!("failed={failed};;0;0")];
    if let Some(expiry) = sheet.first_expiry() {
        data.push(format!(
            "days={};{}:",
            (expiry - sheet.now).whole_seconds().div_euclid(86_400),
            sheet.warn_days
        ));
    }
    line(nagios_state(sheet.verdict, sheet.findings), &said.join(", "), &data)
}

/// The first warning or error, and the number of the others.
fn first_warning<'f>(findings: impl Iterator<Item = &'f Finding>) -> Option<String> {
    let mut serious = findings.filter(|finding| finding.severity != Severity::Hint);
    let first = serious.next()?.to_string();
    match serious.count() {
        0 => Some(first),
        more => Some(format!("{first} (and {more} more)")),
    }
}

/// A vertical bar would start the performance data.
fn line(state: State, said: &str, data: &[String]) -> String {
    let said = printable(said).replace('|', "/");
    let data = if data.is_empty() { String::new() } else { format!(" | {}", data.join(" ")) };
    format!("DANE {} - {said}{data}\n", state.word())
}
