//! Records, reports and changes to text; one file for each format, and `lines` for what the formats of lines share.

mod generic;
mod json;
mod lines;
mod nsupdate;
mod palette;
#[cfg(feature = "live")]
mod pem;
mod rdata;
mod terminal;
#[cfg(test)]
mod tests;
mod zone;

use crate::diagnostic::Finding;
use crate::generate::Record;
#[cfg(feature = "live")]
use crate::live::{ClientVerdict, Host};
use crate::owner::{Origin, Owner};
use crate::records::Published;
use crate::verify::{Report, Verdict};

pub use palette::Palette;
#[cfg(feature = "live")]
pub use pem::pem;

/// The shape of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `owner IN TLSA 3 1 1 hex`, for a zone file.
    Zone,
    /// `3 1 1 hex`, the record data alone.
    Rdata,
    /// `owner IN TYPE52 \# 35 hex` (RFC 3597 section 5).
    Generic,
    /// One object with records and findings.
    Json,
    /// Commands for nsupdate, each owner with its own `send`.
    Nsupdate,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 5] = [Self::Zone, Self::Rdata, Self::Generic, Self::Json, Self::Nsupdate];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Zone => "zone",
            Self::Rdata => "rdata",
            Self::Generic => "generic",
            Self::Json => "json",
            Self::Nsupdate => "nsupdate",
        }
    }
}

/// How records are to be written.
#[derive(Debug, Clone)]
pub struct Style {
    /// The shape.
    pub format: Format,
    /// The TTL in seconds; nsupdate output has 3600 without one, as nsupdate wants one.
    pub ttl: Option<u32>,
    /// Owners below it are written relative to it in zone and generic output.
    pub origin: Option<Origin>,
    /// Comment lines before the records of each certificate.
    pub comments: bool,
    /// An empty line between certificates.
    pub groups: bool,
}

/// What is written: all records for each owner.
#[derive(Clone, Copy)]
struct Sheet<'a> {
    owners: &'a [Owner],
    records: &'a [Record<'a>],
    findings: &'a [Finding],
    style: &'a Style,
}

/// All `records` for each of `owners`, as one text.
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

/// The shape of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangesFormat {
    /// Zone-file lines with `+` and `-` in front.
    Zone,
    /// One object with the records to add and to remove, and findings.
    Json,
    /// Commands for nsupdate, each owner with its own `send`.
    Nsupdate,
}

impl ChangesFormat {
    /// All formats.
    pub const ALL: [Self; 3] = [Self::Zone, Self::Json, Self::Nsupdate];

    /// Its name on the command line.
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
    /// Where the records stand: behind a CNAME, its target.
    pub holder: Owner,
    /// Records to publish.
    pub add: Vec<&'a Record<'a>>,
    /// Records to retire.
    pub remove: Vec<&'a Published>,
}

/// All changes as one text: lines with `+` and `-`, JSON, or a script for nsupdate that names exact record data.
pub fn changes(
    changes: &[OwnerChanges<'_>],
    findings: &[Finding],
    format: ChangesFormat,
    ttl: Option<u32>,
    origin: Option<&Origin>,
) -> String {
    match format {
        ChangesFormat::Zone => changes.iter().map(|at| zone::changes(at, ttl, origin)).collect(),
        ChangesFormat::Json => json::changes(changes, findings),
        ChangesFormat::Nsupdate => changes.iter().map(|at| nsupdate::changes(at, ttl)).collect(),
    }
}

/// The shape of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFormat {
    /// Lines for a reader.
    Text,
    /// An object, or an array of several.
    Json,
}

impl ReportFormat {
    /// All formats.
    pub const ALL: [Self; 2] = [Self::Text, Self::Json];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

/// A report, and what is said beside it.
#[derive(Debug)]
pub struct Examined {
    /// What the records are to the chain.
    pub report: Report,
    /// The verdict that was asked for: the publisher's, or the client's.
    pub verdict: Verdict,
    /// Why a client uses no records there, if that is so.
    pub why: Option<String>,
    /// What to know about it.
    pub findings: Vec<Finding>,
}

impl Examined {
    fn missing(&self, origin: Option<&Origin>) -> impl Iterator<Item = String> {
        let owner = self.report.holder.relative_to(origin);
        self.report.missing.iter().map(move |tlsa| format!("{owner} IN TLSA {}", lines::data(tlsa)))
    }
}

/// All reports as one text.
pub fn reports(
    examined: &[Examined],
    origin: Option<&Origin>,
    format: ReportFormat,
    palette: Palette,
) -> String {
    match format {
        ReportFormat::Text => {
            let reports = examined.iter().map(|examined| terminal::report(examined, origin, palette));
            reports.collect::<Vec<_>>().join("\n")
        }
        ReportFormat::Json => json::reports(examined, origin),
    }
}

/// A host's lines: one for each address and kind of key, with its records below.
#[cfg(feature = "live")]
pub fn probe_host(host: &Host, palette: Palette) -> String {
    terminal::probe_host(host, palette)
}

/// What a probe says of all hosts together: the last line of text, or all of it as JSON.
#[cfg(feature = "live")]
pub fn probe(
    verdict: ClientVerdict,
    hosts: &[Host],
    findings: &[Finding],
    format: ReportFormat,
    palette: Palette,
) -> String {
    match format {
        ReportFormat::Text => terminal::probe_verdict(verdict, palette),
        ReportFormat::Json => json::probe(verdict, hosts, findings),
    }
}
