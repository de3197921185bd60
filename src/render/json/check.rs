//! Reports of `check` in JSON.

use serde::Serialize;

use super::super::ReportSheet;
use super::records::{JsonRecord, Place};
use super::{JsonJudged, document};
use crate::advice::published::Examined;
use crate::owner::Origin;
use crate::records::Published;
use crate::tlsa::Params;
use crate::verify::{Coverage, Report};

#[derive(Serialize)]
struct Check<'a> {
    verdict: String,
    reports: Vec<JsonReport<'a>>,
}

/// The report about one owner.
#[derive(Serialize)]
struct JsonReport<'a> {
    owner: String,
    host: Option<String>,
    holder: String,
    verdict: String,
    reason: Option<&'a str>,
    records: Vec<JsonJudged<'a>>,
    triples: Vec<JsonTriple>,
    missing: Vec<JsonRecord<'a>>,
}

#[derive(Serialize)]
struct JsonTriple {
    usage: u8,
    selector: u8,
    matching_type: u8,
    /// `null` if the coverage is undetermined.
    covered: Option<bool>,
}

/// Writes all reports.
pub(in super::super) fn reports(sheet: &ReportSheet<'_>) -> String {
    let reports = sheet.examined.iter().map(|examined| report(examined, sheet.origin)).collect();
    document("check", Check { verdict: sheet.verdict.to_string(), reports }, sheet.findings(), false)
}

fn report<'a>(examined: &'a Examined, origin: Option<&Origin>) -> JsonReport<'a> {
    let Report { owner, holder, judged, triples, missing, .. } = &examined.report;
    let place = Place { owner: holder, ttl: None, origin };
    JsonReport {
        owner: owner.to_string(),
        host: owner.host().map(|host| host.as_str().to_owned()),
        holder: holder.to_string(),
        verdict: examined.verdict.to_string(),
        reason: examined.why.as_deref(),
        records: JsonJudged::all(judged),
        triples: triples.iter().map(triple).collect(),
        missing: missing.iter().map(|tlsa| JsonRecord::published(place, &Published::from(tlsa))).collect(),
    }
}

fn triple((params, coverage): &(Params, Coverage)) -> JsonTriple {
    JsonTriple {
        usage: params.usage.number(),
        selector: params.selector.number(),
        matching_type: params.matching_type.number(),
        covered: match coverage {
            Coverage::Covered => Some(true),
            Coverage::Uncovered => Some(false),
            Coverage::Undecided => None,
        },
    }
}
