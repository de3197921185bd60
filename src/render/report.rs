//! Reports of `check` as text and JSON.

use std::fmt::Write;

use serde::Serialize;

use super::changes::published;
use super::{Format, JsonFinding, data, json_findings, json_text};
use crate::diagnostic::Finding;
use crate::owner::Origin;
use crate::records::Published;
use crate::text::printable;
use crate::tlsa::Params;
use crate::verify::{Coverage, Judged, Needed, Report, Status, Verdict};

/// The output format of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFormat {
    /// Text for people.
    Text,
    /// An object, or an array of objects for several owners.
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

/// A report, its verdict and its findings.
#[derive(Debug)]
pub struct Examined {
    /// The statuses of the records.
    pub report: Report,
    /// The requested verdict: for the publisher, or for clients.
    pub verdict: Verdict,
    /// Why clients use no records there, if so.
    pub why: Option<String>,
    /// The findings about the owner.
    pub findings: Vec<Finding>,
}

impl Examined {
    fn missing(&self, origin: Option<&Origin>) -> impl Iterator<Item = String> {
        let owner = self.report.holder.relative_to(origin);
        self.report.missing.iter().map(move |tlsa| format!("{owner} IN TLSA {}", data(tlsa, Format::Zone)))
    }
}

/// Colours for a terminal, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Palette {
    /// No colours.
    Plain,
    /// ECMA-48 escape sequences around statuses and verdicts.
    Colour,
}

impl Palette {
    pub(super) fn good(self, text: &str) -> String {
        self.paint(GREEN, text)
    }

    pub(super) fn bad(self, text: &str) -> String {
        self.paint(RED, text)
    }

    pub(super) fn open(self, text: &str) -> String {
        self.paint(YELLOW, text)
    }

    fn paint(self, colour: u8, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Colour => format!("\u{1b}[{colour}m{text}\u{1b}[0m"),
        }
    }
}

const GREEN: u8 = 32;
const RED: u8 = 31;
const YELLOW: u8 = 33;

/// All reports as one text.
pub fn reports(
    examined: &[Examined],
    origin: Option<&Origin>,
    format: ReportFormat,
    palette: Palette,
) -> String {
    if format == ReportFormat::Json {
        let documents: Vec<Document<'_>> =
            examined.iter().map(|examined| document(examined, origin)).collect();
        return match documents.as_slice() {
            [only] => json_text(only),
            all => json_text(&all),
        };
    }
    let texts: Vec<String> = examined.iter().map(|examined| text(examined, origin, palette)).collect();
    texts.join("\n")
}

/// The verdict, the records with their statuses, and for each certificate the records that it needs.
fn text(examined: &Examined, origin: Option<&Origin>, palette: Palette) -> String {
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
    let missing: Vec<String> = examined.missing(origin).collect();
    if !missing.is_empty() && examined.verdict != Verdict::Covered {
        let _ = writeln!(text, "missing:");
        for line in missing {
            let _ = writeln!(text, "{line}");
        }
    }
    text
}

/// A line for each record, with its status and reason.
pub(super) fn record_lines(judged: &[Judged], palette: Palette) -> String {
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

/// The record, with the middle of long data omitted to keep the line short.
fn shortened(record: &Published) -> String {
    let text = published(record);
    match (text.get(..48), text.get(text.len().saturating_sub(16)..)) {
        (Some(head), Some(tail)) if record.data.len() > 64 => format!("{head}...{tail}"),
        _ => text,
    }
}

fn remark(judged: &Judged) -> String {
    let described = judged.described.as_ref();
    let depth = described.and_then(|described| described.depth).map(|depth| format!("depth {depth}"));
    let subject = described.map(|described| described.subject.clone());
    let parts = [depth, subject, judged.reason.clone()];
    let said: Vec<String> = parts.into_iter().flatten().collect();
    match said.is_empty() {
        true => String::new(),
        false => format!("  {}", said.join(", ")),
    }
}

#[derive(Serialize)]
struct Document<'a> {
    owner: String,
    verdict: String,
    records: Vec<JsonJudgement<'a>>,
    triples: Vec<JsonTriple>,
    missing: Vec<String>,
    findings: Vec<JsonFinding<'a>>,
}

#[derive(Serialize)]
pub(super) struct JsonJudgement<'a> {
    usage: u8,
    selector: u8,
    matching_type: u8,
    data: String,
    status: String,
    depth: Option<usize>,
    subject: Option<&'a str>,
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonTriple {
    usage: u8,
    selector: u8,
    matching_type: u8,
    /// null if undetermined.
    covered: Option<bool>,
}

fn document<'a>(examined: &'a Examined, origin: Option<&Origin>) -> Document<'a> {
    let triple = |(params, coverage): &(Params, Coverage)| JsonTriple {
        usage: params.usage.number(),
        selector: params.selector.number(),
        matching_type: params.matching_type.number(),
        covered: match coverage {
            Coverage::Covered => Some(true),
            Coverage::Uncovered => Some(false),
            Coverage::Undecided => None,
        },
    };
    Document {
        owner: examined.report.owner.to_string(),
        verdict: examined.verdict.to_string(),
        records: json_judgements(&examined.report.judged),
        triples: examined.report.triples.iter().map(triple).collect(),
        missing: examined.missing(origin).collect(),
        findings: json_findings(&examined.findings),
    }
}

pub(super) fn json_judgements(judged: &[Judged]) -> Vec<JsonJudgement<'_>> {
    judged.iter().map(json_judgement).collect()
}

fn json_judgement(judged: &Judged) -> JsonJudgement<'_> {
    let Judged { record, status, described, reason, .. } = judged;
    JsonJudgement {
        usage: record.usage,
        selector: record.selector,
        matching_type: record.matching_type,
        data: hex::encode(&record.data),
        status: status.to_string(),
        depth: described.as_ref().and_then(|described| described.depth),
        subject: described.as_ref().map(|described| described.subject.as_str()),
        reason: reason.as_deref(),
    }
}
