//! Writes records, reports and changes as text: zone files (RFC 1035 section 5.1), RFC 3597, nsupdate and JSON.

mod changes;
#[cfg(feature = "live")]
mod probe;
mod report;

use std::fmt::Write;

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::diagnostic::Finding;
use crate::generate::{Item, Record, Source};
use crate::owner::{Origin, Owner};
use crate::text::file_name;
use crate::tlsa::Tlsa;

pub use changes::{ChangesFormat, OwnerChanges, changes};
#[cfg(feature = "live")]
pub use probe::{pem, probe_host, probe_json, probe_verdict};
pub use report::{Examined, Palette, ReportFormat, reports};

/// The output format of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `owner IN TLSA 3 1 1 hex`, for a zone file.
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

/// How to write records.
#[derive(Debug, Clone)]
pub struct Style {
    /// The output format.
    pub format: Format,
    /// The TTL in seconds; nsupdate requires one, so `None` means 3600 there.
    pub ttl: Option<u32>,
    /// In zone and generic output, owners below this origin are written relative to it.
    pub origin: Option<Origin>,
    /// Whether to write comment lines before the records of each certificate.
    pub comments: bool,
    /// Whether to write an empty line between certificates.
    pub groups: bool,
}

/// The TTL in nsupdate commands without `--ttl`, in seconds.
const NSUPDATE_TTL: u32 = 3600;

/// The `records` of each of `owners`, as text.
pub fn render(owners: &[Owner], records: &[Record<'_>], findings: &[Finding], style: &Style) -> String {
    let mut text = String::new();
    if style.format == Format::Json {
        return json_text(&document(owners, records, findings));
    }
    let data: Vec<String> = records.iter().map(|record| data(&record.tlsa, style.format)).collect();
    let ttl = style.ttl.map(|ttl| format!("{ttl} ")).unwrap_or_default();
    let blank_lines = style.groups && style.format != Format::Nsupdate;
    for (number, owner) in owners.iter().enumerate() {
        let before = match style.format {
            Format::Rdata if number > 0 => break,
            Format::Rdata | Format::Json => String::new(),
            Format::Nsupdate => {
                format!("update add {owner} {} IN TLSA ", style.ttl.unwrap_or(NSUPDATE_TTL))
            }
            Format::Zone => format!("{} {ttl}IN TLSA ", owner.relative_to(style.origin.as_ref())),
            Format::Generic => format!("{} {ttl}IN TYPE52 ", owner.relative_to(style.origin.as_ref())),
        };
        let mut last: Option<&Source<'_>> = None;
        for (Record { source, .. }, data) in records.iter().zip(&data) {
            if !last.is_some_and(|last| last.is(source)) {
                if blank_lines && !text.is_empty() {
                    text.push('\n');
                }
                if style.comments {
                    comment(&mut text, source);
                }
            }
            last = Some(source);
            for part in [&before, data.as_str(), "\n"] {
                text.push_str(part);
            }
        }
        if style.format == Format::Nsupdate && !records.is_empty() {
            text.push_str("send\n");
        }
    }
    text
}

/// The data of a record as text: `3 1 1 hex`, or in RFC 3597 form.
fn data(tlsa: &Tlsa, format: Format) -> String {
    let params = tlsa.params();
    let octets = tlsa.data();
    let mut text = String::with_capacity(2 * octets.len() + 16);
    // Writing into a String cannot fail.
    let _ = if format == Format::Generic {
        let (usage, selector) = (params.usage.number(), params.selector.number());
        let matching_type = params.matching_type.number();
        write!(text, "\\# {} {usage:02x}{selector:02x}{matching_type:02x}", octets.len() + 3)
    } else {
        write!(text, "{params} ")
    };
    text.push_str(&hex::encode(octets));
    text
}

/// Appends `; ` comment lines about the certificate or key of the next records.
fn comment(text: &mut String, source: &Source<'_>) {
    match source.item {
        Item::Certificate(link) => {
            let certificate = link.member.certificate();
            let validity = certificate.validity();
            let time = |time| rfc3339(time).unwrap_or_else(|| "(unreadable)".to_owned());
            for (name, value) in [
                ("subject", certificate.subject()),
                ("issuer", certificate.issuer()),
                ("notBefore", time(validity.not_before)),
                ("notAfter", time(validity.not_after)),
            ] {
                for part in ["; ", name, "=", &value, "\n"] {
                    text.push_str(part);
                }
            }
        }
        Item::Key(key) => {
            let subject = key.subject().map(|subject| format!(", subject={subject}")).unwrap_or_default();
            for part in ["; key of ", &file_name(&source.material.file), &subject, "\n"] {
                text.push_str(part);
            }
        }
    }
}

fn rfc3339(time: Option<OffsetDateTime>) -> Option<String> {
    time.and_then(|time| time.format(&Rfc3339).ok())
}

/// The JSON document of record output.
#[derive(Serialize)]
struct Document<'a> {
    records: Vec<JsonRecord<'a>>,
    findings: Vec<JsonFinding<'a>>,
}

/// A record in JSON; published records have no source.
#[derive(Serialize)]
struct JsonRecord<'a> {
    owner: String,
    usage: u8,
    selector: u8,
    matching_type: u8,
    data: String,
    source: Option<JsonSource<'a>>,
}

#[derive(Serialize)]
struct JsonSource<'a> {
    file: &'a str,
    depth: Option<usize>,
    subject: Option<String>,
    issuer: Option<String>,
    serial: Option<String>,
    not_before: Option<String>,
    not_after: Option<String>,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    code: &'static str,
    severity: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<&'a str>,
    message: &'a str,
}

fn document<'a>(owners: &[Owner], records: &'a [Record<'_>], findings: &'a [Finding]) -> Document<'a> {
    let of_owner = |owner| records.iter().map(move |record| json_record(owner, record));
    Document { records: owners.iter().flat_map(of_owner).collect(), findings: json_findings(findings) }
}

fn json_record<'a>(owner: &Owner, record: &'a Record<'_>) -> JsonRecord<'a> {
    let params = record.tlsa.params();
    JsonRecord {
        owner: owner.to_string(),
        usage: params.usage.number(),
        selector: params.selector.number(),
        matching_type: params.matching_type.number(),
        data: hex::encode(record.tlsa.data()),
        source: Some(json_source(&record.source)),
    }
}

fn json_findings(findings: &[Finding]) -> Vec<JsonFinding<'_>> {
    findings.iter().map(json_finding).collect()
}

fn json_finding(finding: &Finding) -> JsonFinding<'_> {
    JsonFinding {
        code: finding.code.name(),
        severity: finding.severity.to_string(),
        about: finding.about.as_deref(),
        message: &finding.message,
    }
}

/// A document as text; it contains only strings and numbers, so this cannot fail.
fn json_text(document: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}

fn json_source<'a>(source: &Source<'a>) -> JsonSource<'a> {
    let file = source.material.file.as_str();
    match source.item {
        Item::Certificate(link) => {
            let certificate = link.member.certificate();
            let validity = certificate.validity();
            JsonSource {
                file,
                depth: link.depth,
                subject: Some(certificate.subject()),
                issuer: Some(certificate.issuer()),
                serial: Some(certificate.serial()),
                not_before: rfc3339(validity.not_before),
                not_after: rfc3339(validity.not_after),
            }
        }
        Item::Key(key) => JsonSource {
            file,
            depth: None,
            subject: key.subject().map(str::to_owned),
            issuer: None,
            serial: None,
            not_before: None,
            not_after: None,
        },
    }
}
