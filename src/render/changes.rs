//! Changes as zone-file lines, JSON and nsupdate commands.

use serde::Serialize;

use super::{Format, JsonFinding, JsonRecord, NSUPDATE_TTL, data, json_findings, json_record, json_text};
use crate::diagnostic::Finding;
use crate::generate::Record;
use crate::owner::{Origin, Owner};
use crate::records::Published;

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
    /// Where the records are: the owner, or the target of its CNAME.
    pub holder: Owner,
    /// Records to publish.
    pub add: Vec<&'a Record<'a>>,
    /// Records to remove.
    pub remove: Vec<&'a Published>,
}

#[derive(Serialize)]
struct Document<'a> {
    add: Vec<JsonRecord<'a>>,
    remove: Vec<JsonRecord<'a>>,
    findings: Vec<JsonFinding<'a>>,
}

/// All changes as text. In nsupdate format, each record to remove is given with its data.
pub fn changes(
    changes: &[OwnerChanges<'_>],
    findings: &[Finding],
    format: ChangesFormat,
    ttl: Option<u32>,
    origin: Option<&Origin>,
) -> String {
    match format {
        ChangesFormat::Json => json_text(&Document {
            add: changes
                .iter()
                .flat_map(|at| at.add.iter().map(|record| json_record(&at.holder, record)))
                .collect(),
            remove: changes
                .iter()
                .flat_map(|at| at.remove.iter().map(|record| json_published(&at.holder, record)))
                .collect(),
            findings: json_findings(findings),
        }),
        ChangesFormat::Nsupdate => {
            changes.iter().map(|at| nsupdate(at, ttl.unwrap_or(NSUPDATE_TTL))).collect()
        }
        ChangesFormat::Zone => changes.iter().map(|at| lines(at, ttl, origin)).collect(),
    }
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

/// The additions and deletions of one owner in one message, so that no client sees only some of them (RFC 2136
/// section 3.7).
fn nsupdate(at: &OwnerChanges<'_>, ttl: u32) -> String {
    let owner = &at.holder;
    let mut text = String::new();
    for record in &at.add {
        text.push_str(&format!(
            "update add {owner} {ttl} IN TLSA {}\n",
            data(&record.tlsa, Format::Nsupdate)
        ));
    }
    for record in &at.remove {
        text.push_str(&format!("update delete {owner} IN TLSA {}\n", published(record)));
    }
    if !text.is_empty() {
        text.push_str("send\n");
    }
    text
}

fn lines(at: &OwnerChanges<'_>, ttl: Option<u32>, origin: Option<&Origin>) -> String {
    let owner = at.holder.relative_to(origin);
    let ttl = ttl.map(|ttl| format!("{ttl} ")).unwrap_or_default();
    let added =
        at.add.iter().map(|record| format!("+ {owner} {ttl}IN TLSA {}\n", data(&record.tlsa, Format::Zone)));
    let removed = at.remove.iter().map(|record| format!("- {owner} IN TLSA {}\n", published(record)));
    added.chain(removed).collect()
}

/// The data of a published record as text; its numbers may be unregistered.
pub(super) fn published(record: &Published) -> String {
    let Published { usage, selector, matching_type, data } = record;
    format!("{usage} {selector} {matching_type} {}", hex::encode(data))
}
