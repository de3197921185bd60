//! JSON documents for records, changes, reports, probes and rollovers, in the shape of `schema.json`.

mod check;
#[cfg(feature = "live")]
mod probe;
mod records;
#[cfg(feature = "live")]
mod rollover;

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::diagnostic::Finding;
use crate::records::Published;
use crate::verify::Judged;
pub(super) use check::reports;
#[cfg(feature = "live")]
pub(super) use probe::probe;
pub(super) use records::{changes, records};
#[cfg(feature = "live")]
pub(super) use rollover::rollover;

/// The JSON Schema of all documents.
pub const SCHEMA: &str = include_str!("schema.json");

/// The version of the shape; it grows when a field changes its meaning or goes.
const VERSION: u8 = 2;

/// A document: the fields that all documents have, and `body`.
#[derive(Serialize)]
struct Document<'a, B> {
    schema: u8,
    kind: &'static str,
    #[serde(flatten)]
    body: B,
    findings: Vec<JsonFinding<'a>>,
}

/// Returns a document as text. The conversion cannot fail, because a document contains only strings, numbers and
/// booleans.
fn document<'a, B: Serialize>(
    kind: &'static str,
    body: B,
    findings: impl IntoIterator<Item = &'a Finding>,
    single_line: bool,
) -> String {
    let findings = findings.into_iter().map(JsonFinding::new).collect();
    let document = Document { schema: VERSION, kind, body, findings };
    let text = match single_line {
        true => serde_json::to_string(&document),
        false => serde_json::to_string_pretty(&document),
    };
    text.unwrap_or_default() + "\n"
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    code: &'static str,
    severity: String,
    host: Option<&'a str>,
    owner: Option<&'a str>,
    about: Option<&'a str>,
    message: &'a str,
}

impl<'a> JsonFinding<'a> {
    fn new(finding: &'a Finding) -> Self {
        let Finding { code, severity, about, host, owner, message } = finding;
        Self {
            code: code.name(),
            severity: severity.to_string(),
            host: host.as_deref(),
            owner: owner.as_deref(),
            about: about.as_deref(),
            message,
        }
    }
}

/// The data of a record.
#[derive(Serialize)]
struct JsonData {
    usage: u8,
    selector: u8,
    matching_type: u8,
    data: String,
}

impl JsonData {
    fn new(record: &Published) -> Self {
        let Published { usage, selector, matching_type, data } = record;
        Self { usage: *usage, selector: *selector, matching_type: *matching_type, data: hex::encode(data) }
    }
}

/// A published record and its status.
#[derive(Serialize)]
struct JsonJudged<'a> {
    #[serde(flatten)]
    data: JsonData,
    status: String,
    depth: Option<usize>,
    subject: Option<&'a str>,
    reason: Option<&'a str>,
}

impl<'a> JsonJudged<'a> {
    fn all(judged: &'a [Judged]) -> Vec<Self> {
        judged.iter().map(Self::new).collect()
    }

    fn new(judged: &'a Judged) -> Self {
        let described = judged.described.as_ref();
        Self {
            data: JsonData::new(&judged.record),
            status: judged.status.to_string(),
            depth: described.and_then(|described| described.depth),
            subject: described.map(|described| described.subject.as_str()),
            reason: judged.reason.as_deref(),
        }
    }
}

fn rfc3339(time: Option<OffsetDateTime>) -> Option<String> {
    time.and_then(|time| time.format(&Rfc3339).ok())
}
