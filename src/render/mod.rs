//! Writes records, reports and changes as text: one file per format, and `lines` for code shared by the line formats.

mod generic;
mod json;
mod lines;
mod nagios;
mod nsupdate;
mod palette;
#[cfg(feature = "live")]
mod pem;
mod prometheus;
mod rdata;
#[cfg(feature = "live")]
mod rollover;
mod terminal;
#[cfg(test)]
mod tests;
mod zone;

use time::OffsetDateTime;

use crate::advice::published::Examined;
use crate::diagnostic::Finding;
use crate::generate::Record;
#[cfg(feature = "live")]
use crate::live::{ClientVerdict, Host, discover::Discovery, find::Dnssec};
#[cfg(feature = "live")]
use crate::owner::HostName;
use crate::owner::{Origin, Owner};
use crate::records::Published;
use crate::verify::{Report, Verdict};

pub use json::SCHEMA;
#[cfg(feature = "live")]
pub use nagios::nagios_state;
pub use nagios::{nagios_failure, nagios_state_of_reports};
pub use palette::Palette;
#[cfg(feature = "live")]
pub use pem::pem;
#[cfg(feature = "live")]
pub use rollover::{RolloverSheet, rollover};

/// The output format of records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// `owner IN TLSA 3 1 1 hex`, for a zone file.
    #[default]
    Zone,
    /// `3 1 1 hex`: only the record data.
    Rdata,
    /// `owner IN TYPE52 \# 35 hex` (RFC 3597 section 5).
    Generic,
    /// One object with records and findings.
    Json,
    /// Commands for nsupdate, with one `send` per owner.
    Nsupdate,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 5] = [Self::Zone, Self::Rdata, Self::Generic, Self::Json, Self::Nsupdate];

    /// The name of the format on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Zone => "zone",
            Self::Rdata => "rdata",
            Self::Generic => "generic",
            Self::Json => "json",
            Self::Nsupdate => "nsupdate",
        }
    }

    /// Whether `chain` adds comments by default: not in record data, which programs read line by line.
    pub fn has_comments_in_chain(self) -> bool {
        self != Self::Rdata
    }

    /// The description of the format, for the help.
    pub fn description(self) -> &'static str {
        match self {
            Self::Zone => "zone lines",
            Self::Rdata => "record data only",
            Self::Generic => "RFC 3597 lines",
            Self::Json => "JSON",
            Self::Nsupdate => "nsupdate commands",
        }
    }
}

/// How to write records.
#[derive(Debug, Clone)]
pub struct Style {
    /// The output format.
    pub format: Format,
    /// The TTL in seconds. `None` writes no TTL, except in nsupdate format, which requires a TTL and gets 3600.
    pub ttl: Option<u32>,
    /// In zone and generic output, owners below this origin are written relative to it.
    pub origin: Option<Origin>,
    /// Whether to write comment lines before the records of each certificate.
    pub comments: bool,
    /// Whether to write an empty line between the records of different certificates.
    pub groups: bool,
    /// Whether to write the whole JSON object on one line.
    pub single_line: bool,
}

/// The input of the functions that write records in one format.
#[derive(Clone, Copy)]
struct Sheet<'a> {
    owners: &'a [Owner],
    records: &'a [Record<'a>],
    findings: &'a [Finding],
    style: &'a Style,
}

/// Writes `records` for each of `owners` as text.
pub fn render(owners: &[Owner], records: &[Record<'_>], findings: &[Finding], style: &Style) -> String {
    let sheet = Sheet { owners, records, findings, style };
    match style.format {
        Format::Zone => zone::records(&sheet),
        Format::Rdata => rdata::records(&sheet),
        Format::Generic => generic::records(&sheet),
        Format::Json => json::records(&sheet),
        Format::Nsupdate => nsupdate::records(&sheet),
    }
}

/// The output format of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangesFormat {
    /// Zone-file lines that start with `+` or `-`.
    Zone,
    /// One object with the records to add, the records to remove, and the findings.
    Json,
    /// Commands for nsupdate, with one `send` per owner.
    Nsupdate,
}

impl ChangesFormat {
    /// All formats.
    pub const ALL: [Self; 3] = [Self::Zone, Self::Json, Self::Nsupdate];

    /// The name of the format on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Zone => "zone",
            Self::Json => "json",
            Self::Nsupdate => "nsupdate",
        }
    }
}

/// The changes at one owner.
#[derive(Debug)]
pub struct OwnerChanges<'a> {
    /// The name at which the records exist: the owner, the end of its CNAME chain, or a wildcard.
    pub holder: Owner,
    /// Records to publish.
    pub add: Vec<&'a Record<'a>>,
    /// Records to remove.
    pub remove: Vec<&'a Published>,
}

/// Writes all changes as text. In nsupdate format, each deletion contains the data of the record.
pub fn changes(
    changes: &[OwnerChanges<'_>],
    findings: &[Finding],
    format: ChangesFormat,
    ttl: Option<u32>,
    origin: Option<&Origin>,
) -> String {
    match format {
        ChangesFormat::Zone => changes.iter().map(|at| zone::changes(at, ttl, origin)).collect(),
        ChangesFormat::Json => json::changes(changes, findings, ttl, origin),
        ChangesFormat::Nsupdate => changes.iter().map(|at| nsupdate::changes(at, ttl)).collect(),
    }
}

/// The output format of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFormat {
    /// Text for people.
    Text,
    /// One JSON object.
    Json,
    /// A line for Nagios and its kin.
    Nagios,
    /// Metrics for Prometheus.
    Prometheus,
}

impl ReportFormat {
    /// All formats.
    pub const ALL: [Self; 4] = [Self::Text, Self::Json, Self::Nagios, Self::Prometheus];

    /// The name of the format on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Nagios => "nagios",
            Self::Prometheus => "prometheus",
        }
    }
}

/// Returns the missing records as zone lines without a TTL.
fn missing(report: &Report, origin: Option<&Origin>) -> impl Iterator<Item = String> {
    let owner = report.holder.relative_to(origin);
    report.missing.iter().map(move |tlsa| format!("{owner} IN TLSA {}", lines::data(tlsa)))
}

/// The reports of all owners.
#[derive(Clone, Copy)]
pub struct ReportSheet<'a> {
    /// The worst verdict.
    pub verdict: Verdict,
    /// The reports.
    pub examined: &'a [Examined],
    /// The origin of relative names.
    pub origin: Option<&'a Origin>,
    /// The time of the check.
    pub now: OffsetDateTime,
}

impl ReportSheet<'_> {
    /// The findings of all reports.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.examined.iter().flat_map(|examined| &examined.findings)
    }
}

/// Writes all reports as one text.
pub fn reports(sheet: &ReportSheet<'_>, format: ReportFormat, palette: Palette) -> String {
    match format {
        ReportFormat::Text => {
            let reports = sheet.examined.iter();
            let reports = reports.map(|examined| terminal::report(examined, sheet.origin, palette));
            reports.collect::<Vec<_>>().join("\n")
        }
        ReportFormat::Json => json::reports(sheet),
        ReportFormat::Nagios => nagios::reports(sheet),
        ReportFormat::Prometheus => prometheus::reports(sheet),
    }
}

/// The results of a probe.
#[cfg(feature = "live")]
#[derive(Clone, Copy)]
pub struct ProbeSheet<'a> {
    /// The worst verdict.
    pub verdict: ClientVerdict,
    /// The domain that names the services, its records, and why they are unknown.
    pub domain: Option<(&'a HostName, &'a Discovery, Option<&'a Dnssec>)>,
    /// The results of the services.
    pub hosts: &'a [Host],
    /// The findings.
    pub findings: &'a [Finding],
    /// The time of the probe.
    pub now: OffsetDateTime,
    /// The number of days before the expiry of a certificate from which to warn.
    pub warn_days: u16,
}

#[cfg(feature = "live")]
impl ProbeSheet<'_> {
    /// The first expiry of a served certificate; `None` if no certificate was served.
    fn first_expiry(&self) -> Option<OffsetDateTime> {
        let endpoints = self.hosts.iter().flat_map(|host| &host.endpoints);
        endpoints.flat_map(|endpoint| &endpoint.served).filter_map(|one| one.validity().not_after).min()
    }
}

#[cfg(feature = "live")]
pub use terminal::{probe_domain, probe_host};

/// Writes the results of a probe for all services: the last line in text format, or the whole document.
#[cfg(feature = "live")]
pub fn probe(sheet: &ProbeSheet<'_>, format: ReportFormat, palette: Palette) -> String {
    match format {
        ReportFormat::Text => terminal::probe_verdict(sheet.verdict, palette),
        ReportFormat::Json => json::probe(sheet),
        ReportFormat::Nagios => nagios::probe(sheet),
        ReportFormat::Prometheus => prometheus::probe(sheet),
    }
}
