//! JSON output for records, changes, reports and probes.

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

#[cfg(feature = "live")]
use super::RolloverSheet;
use super::{OwnerChanges, Sheet, missing};
use crate::advice::published::Examined;
use crate::diagnostic::Finding;
use crate::generate::{Item, Record, Source};
#[cfg(feature = "live")]
use crate::live::{ClientVerdict, Host, Visited};
use crate::owner::{Origin, Owner};
use crate::records::Published;
#[cfg(feature = "live")]
use crate::rollover::{Change, Records as Rdata};
use crate::tlsa::Params;
use crate::verify::{Coverage, Judged};

/// Records and findings.
#[derive(Serialize)]
struct Records<'a> {
    records: Vec<JsonRecord<'a>>,
    findings: Vec<JsonFinding<'a>>,
}

/// Writes all records for each owner.
pub(super) fn records(sheet: &Sheet<'_>) -> String {
    let of_owner = |owner| sheet.records.iter().map(move |record| json_record(owner, record));
    let records = sheet.owners.iter().flat_map(of_owner).collect();
    let document = Records { records, findings: json_findings(sheet.findings) };
    if sheet.style.single_line { json_line(&document) } else { json_text(&document) }
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

/// Returns a document as text. The conversion cannot fail, because a document contains only strings, numbers and
/// booleans.
fn json_text(document: &impl Serialize) -> String {
    with_line_end(serde_json::to_string_pretty(document))
}

/// Returns a document as one line of text.
fn json_line(document: &impl Serialize) -> String {
    with_line_end(serde_json::to_string(document))
}

fn with_line_end(text: serde_json::Result<String>) -> String {
    let mut text = text.unwrap_or_default();
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

fn rfc3339(time: Option<OffsetDateTime>) -> Option<String> {
    time.and_then(|time| time.format(&Rfc3339).ok())
}

/// Records to add, records to remove, and findings.
#[derive(Serialize)]
struct Changes<'a> {
    add: Vec<JsonRecord<'a>>,
    remove: Vec<JsonRecord<'a>>,
    findings: Vec<JsonFinding<'a>>,
}

/// Writes all changes.
pub(super) fn changes(changes: &[OwnerChanges<'_>], findings: &[Finding]) -> String {
    let add = changes.iter().flat_map(|at| at.add.iter().map(|record| json_record(&at.holder, record)));
    let remove =
        changes.iter().flat_map(|at| at.remove.iter().map(|record| json_published(&at.holder, record)));
    json_text(&Changes { add: add.collect(), remove: remove.collect(), findings: json_findings(findings) })
}

fn json_published<'a>(owner: &Owner, record: &Published) -> JsonRecord<'a> {
    JsonRecord {
        owner: owner.to_string(),
        usage: record.usage,
        selector: record.selector,
        matching_type: record.matching_type,
        data: hex::encode(&record.data),
        source: None,
    }
}

/// A step of a rollover.
#[cfg(feature = "live")]
#[derive(Serialize)]
struct Rollover<'a> {
    step: &'static str,
    until: Option<&'a str>,
    reasons: &'a [String],
    changes: Vec<JsonChange<'a>>,
    findings: Vec<JsonFinding<'a>>,
}

/// The change at one owner, and all records after the change.
#[cfg(feature = "live")]
#[derive(Serialize)]
struct JsonChange<'a> {
    owner: String,
    ttl: Option<u32>,
    add: Vec<JsonRecord<'a>>,
    remove: Vec<JsonRecord<'a>>,
    after: Vec<JsonRecord<'a>>,
}

/// Writes a step of a rollover.
#[cfg(feature = "live")]
pub(super) fn rollover(sheet: &RolloverSheet<'_>) -> String {
    let change = |(owner, ttl, change): (&Owner, Option<u32>, &Change)| {
        let of = |records: &Rdata| records.iter().map(|record| json_published(owner, record)).collect();
        JsonChange {
            owner: owner.to_string(),
            ttl,
            add: of(&change.add),
            remove: of(&change.remove),
            after: of(&change.after),
        }
    };
    json_text(&Rollover {
        step: sheet.step,
        until: sheet.until,
        reasons: sheet.reasons,
        changes: sheet.changes().map(change).collect(),
        findings: json_findings(sheet.findings),
    })
}

/// The report about one owner.
#[derive(Serialize)]
struct JsonReport<'a> {
    owner: String,
    verdict: String,
    records: Vec<JsonJudgement<'a>>,
    triples: Vec<JsonTriple>,
    missing: Vec<String>,
    findings: Vec<JsonFinding<'a>>,
}

#[derive(Serialize)]
struct JsonJudgement<'a> {
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
    /// `null` if the coverage is undetermined.
    covered: Option<bool>,
}

/// Writes one report as an object, or several reports as an array.
pub(super) fn reports(examined: &[Examined], origin: Option<&Origin>) -> String {
    let reports: Vec<JsonReport<'_>> = examined.iter().map(|examined| report(examined, origin)).collect();
    match reports.as_slice() {
        [only] => json_text(only),
        all => json_text(&all),
    }
}

fn report<'a>(examined: &'a Examined, origin: Option<&Origin>) -> JsonReport<'a> {
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
    JsonReport {
        owner: examined.report.owner.to_string(),
        verdict: examined.verdict.to_string(),
        records: json_judgements(&examined.report.judged),
        triples: examined.report.triples.iter().map(triple).collect(),
        missing: missing(&examined.report, origin).collect(),
        findings: json_findings(&examined.findings),
    }
}

fn json_judgements(judged: &[Judged]) -> Vec<JsonJudgement<'_>> {
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

#[cfg(feature = "live")]
#[derive(Serialize)]
struct Probe<'a> {
    verdict: String,
    hosts: Vec<JsonHost<'a>>,
    findings: Vec<JsonFinding<'a>>,
}

#[cfg(feature = "live")]
#[derive(Serialize)]
struct JsonHost<'a> {
    host: &'a str,
    owner: Option<String>,
    dnssec: &'static str,
    endpoints: Vec<JsonEndpoint<'a>>,
}

#[cfg(feature = "live")]
#[derive(Serialize)]
struct JsonEndpoint<'a> {
    address: String,
    algorithm: Option<&'a str>,
    verdict: String,
    key_proven: Option<bool>,
    error: Option<&'a str>,
    records: Vec<JsonJudgement<'a>>,
}

/// Writes the results of a probe.
#[cfg(feature = "live")]
pub(super) fn probe(verdict: ClientVerdict, hosts: &[Host], findings: &[Finding]) -> String {
    json_text(&document(verdict, hosts, findings))
}

#[cfg(feature = "live")]
fn document<'a>(verdict: ClientVerdict, hosts: &'a [Host], findings: &'a [Finding]) -> Probe<'a> {
    let endpoint = |endpoint: &'a Visited| JsonEndpoint {
        address: endpoint.address.to_string(),
        algorithm: endpoint.algorithm.as_deref(),
        verdict: endpoint.verdict.to_string(),
        key_proven: endpoint.key_proven,
        error: endpoint.error.as_deref(),
        records: match &endpoint.report {
            Some(report) => json_judgements(&report.judged),
            None => Vec::new(),
        },
    };
    let host = |host: &'a Host| JsonHost {
        host: &host.host,
        owner: host.owner.as_ref().map(ToString::to_string),
        dnssec: host.dnssec.word(),
        endpoints: host.endpoints.iter().map(endpoint).collect(),
    };
    Probe {
        verdict: verdict.to_string(),
        hosts: hosts.iter().map(host).collect(),
        findings: json_findings(findings),
    }
}
