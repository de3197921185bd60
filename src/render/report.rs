//! What published records are to a chain, as text for a terminal and as JSON.

use std::fmt::Write;

use serde::Serialize;

use super::changes::published;
use super::{Format, JsonFinding, data, json_findings, json_text};
use crate::advice::Finding;
use crate::chain::Chain;
use crate::generate;
use crate::owner::{Origin, Owner};
use crate::records::{Found, Published};
use crate::tlsa::{Params, Tlsa, Usage};
use crate::verify::{Coverage, Judgement, Report, Status, Verdict};
use crate::x509::Certificate;

/// One owner and what came out for it.
#[derive(Debug)]
pub struct Examined<'a> {
    /// The asked-for owner.
    pub owner: &'a Owner,
    /// What is published there, if anything is.
    pub found: Option<Found>,
    /// What it is to the chain.
    pub report: Report,
    /// The verdict that was asked for: the publisher's, or the client's.
    pub verdict: Verdict,
    /// Why a client uses no records there, if that is so.
    pub why: Option<String>,
    /// What to know about it.
    pub findings: Vec<Finding>,
}

impl Examined<'_> {
    fn records(&self) -> &[Published] {
        self.found.as_ref().map_or(&[], |found| found.records.as_slice())
    }

    /// Where missing records belong.
    fn holder(&self) -> &Owner {
        self.found.as_ref().map_or(self.owner, |found| &found.holder)
    }

    fn missing(&self, origin: Option<&Origin>) -> impl Iterator<Item = String> {
        let owner = self.holder().relative_to(origin);
        self.report.missing.iter().map(move |tlsa| format!("{owner} IN TLSA {}", data(tlsa, Format::Zone)))
    }
}

/// Colours for a terminal, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Palette {
    /// Text alone.
    Plain,
    /// Escape sequences of ECMA-48 about statuses and verdicts.
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

/// All reports as one text, for a reader or (`json`) for a program.
pub fn reports(
    examined: &[Examined<'_>],
    chain: &Chain,
    origin: Option<&Origin>,
    json: bool,
    palette: Palette,
) -> String {
    if json {
        let documents: Vec<Document<'_>> =
            examined.iter().map(|examined| document(examined, origin)).collect();
        return match documents.as_slice() {
            [only] => json_text(only),
            all => json_text(&all),
        };
    }
    let texts: Vec<String> = examined.iter().map(|examined| text(examined, chain, origin, palette)).collect();
    texts.join("\n")
}

/// The verdict, each record with its status, then under each certificate the record it would need.
fn text(examined: &Examined<'_>, chain: &Chain, origin: Option<&Origin>, palette: Palette) -> String {
    let mut text = String::new();
    let verdict = match examined.verdict {
        Verdict::Covered => palette.good("covered"),
        Verdict::Unknown => palette.open("unknown"),
        verdict => palette.bad(&verdict.to_string()),
    };
    let holder = examined.holder();
    let behind = if holder == examined.owner { String::new() } else { format!(" (records at {holder})") };
    let reason = match (&examined.why, &examined.found) {
        (Some(why), _) => format!(", {}", crate::text::printable(why)),
        (None, None) => ", no TLSA record is published there".to_owned(),
        (None, Some(_)) => String::new(),
    };
    // Writing into a String cannot fail.
    let _ = writeln!(text, "{}{behind}: {verdict}{reason}", examined.owner);
    text.push_str(&record_lines(examined.records(), &examined.report.records, palette));
    for (depth, certificate) in by_depth(chain) {
        let until = certificate
            .validity()
            .not_after
            .map_or_else(|| "(unreadable)".to_owned(), |time| time.date().to_string());
        let subject = match certificate.subject() {
            subject if subject.is_empty() && !certificate.dns_names().is_empty() => {
                certificate.dns_names().join(" ")
            }
            subject if subject.is_empty() => certificate.called(),
            subject => subject,
        };
        let _ = writeln!(
            text,
            "depth {depth}: {}, {}, until {until}",
            crate::text::printable(&subject),
            certificate.key_algorithm()
        );
        for tlsa in needed(depth == 0, certificate, &examined.report) {
            let is_published = examined.records().iter().any(|record| record.is(&tlsa));
            let mark = if is_published { "published" } else { "not published" };
            let _ = writeln!(text, "  {mark:14} {}", shortened(&Published::from(&tlsa)));
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

/// A line for each record, with its status and what there is to say of it.
pub(super) fn record_lines(records: &[Published], judgements: &[Judgement], palette: Palette) -> String {
    let mut text = String::new();
    for (record, judgement) in records.iter().zip(judgements) {
        let status = format!("{:10}", judgement.status);
        let status = match judgement.status {
            Status::Match => palette.good(&status),
            Status::Failed => palette.bad(&status),
            Status::Unmatched | Status::Unverified => palette.open(&status),
            Status::Unusable | Status::Ignored => status,
        };
        // Writing into a String cannot fail.
        let _ = writeln!(text, "  {status} {}{}", shortened(record), remark(judgement));
    }
    text
}

/// End entities and their paths, each certificate once, with its depth.
fn by_depth(chain: &Chain) -> Vec<(usize, &Certificate)> {
    let mut all = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for end_entity in chain.end_entities() {
        // A damaged path was an error before.
        let path = chain.path(end_entity, None).unwrap_or_default();
        let steps =
            std::iter::once((end_entity, 0)).chain(path.into_iter().map(|step| (step.index, step.depth)));
        for (index, depth) in steps.filter(|(index, _)| seen.insert(*index)) {
            all.extend(chain.certificate(index).map(|certificate| (depth, certificate)));
        }
    }
    all
}

/// The records that describe a certificate, in the triples that are published, or else the usual one.
fn needed(is_end_entity: bool, certificate: &Certificate, report: &Report) -> Vec<Tlsa> {
    let fits = |params: &Params| params.usage.is_trust_anchor() != is_end_entity;
    let mut wanted: Vec<Params> = report.triples.iter().map(|(params, _)| *params).filter(fits).collect();
    if wanted.is_empty() {
        let usage = if is_end_entity { Usage::DaneEe } else { Usage::DaneTa };
        wanted.push(Params { usage, ..Params::DEFAULT });
    }
    wanted.into_iter().filter_map(|params| generate::describe(certificate, params).ok()).collect()
}

/// Long data by its two ends, so that a line stays readable.
fn shortened(record: &Published) -> String {
    let text = published(record);
    match (text.get(..48), text.get(text.len().saturating_sub(16)..)) {
        (Some(head), Some(tail)) if record.data.len() > 64 => format!("{head}...{tail}"),
        _ => text,
    }
}

fn remark(judgement: &Judgement) -> String {
    let depth = judgement.depth.map(|depth| format!("depth {depth}"));
    let parts = [depth, judgement.subject.clone(), judgement.reason.clone()];
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
    /// null where it cannot be decided.
    covered: Option<bool>,
}

fn document<'a>(examined: &'a Examined<'_>, origin: Option<&Origin>) -> Document<'a> {
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
        owner: examined.owner.to_string(),
        verdict: examined.verdict.to_string(),
        records: json_judgements(examined.records(), &examined.report.records),
        triples: examined.report.triples.iter().map(triple).collect(),
        missing: examined.missing(origin).collect(),
        findings: json_findings(&examined.findings),
    }
}

pub(super) fn json_judgements<'a>(
    records: &[Published],
    judgements: &'a [Judgement],
) -> Vec<JsonJudgement<'a>> {
    let json = |(record, judgement): (&Published, &'a Judgement)| JsonJudgement {
        usage: record.usage,
        selector: record.selector,
        matching_type: record.matching_type,
        data: hex::encode(&record.data),
        status: judgement.status.to_string(),
        depth: judgement.depth,
        subject: judgement.subject.as_deref(),
        reason: judgement.reason.as_deref(),
    };
    records.iter().zip(judgements).map(json).collect()
}
