//! Steps of `rollover` in JSON.

use serde::Serialize;

use super::super::RolloverSheet;
use super::document;
use super::records::{JsonRecord, Place};
use crate::owner::{Origin, Owner};
use crate::rollover::{Change, Records};

#[derive(Serialize)]
struct Rollover<'a> {
    step: &'static str,
    until: Option<&'a str>,
    reasons: &'a [String],
    changes: Vec<JsonChange<'a>>,
}

/// The change at one owner, and all records after the change.
#[derive(Serialize)]
struct JsonChange<'a> {
    owner: String,
    name: Option<String>,
    ttl: Option<u32>,
    add: Vec<JsonRecord<'a>>,
    remove: Vec<JsonRecord<'a>>,
    after: Vec<JsonRecord<'a>>,
}

/// Writes a step of a rollover.
pub(in super::super) fn rollover(sheet: &RolloverSheet<'_>, origin: Option<&Origin>) -> String {
    let change = |(owner, ttl, change): (&Owner, Option<u32>, &Change)| {
        let place = Place { owner, ttl, origin };
        let of = |records: &Records| {
            records.iter().map(|record| JsonRecord::published(place, record)).collect::<Vec<_>>()
        };
        JsonChange {
            owner: owner.to_string(),
            name: origin.map(|origin| owner.relative_to(Some(origin))),
            ttl,
            add: of(&change.add),
            remove: of(&change.remove),
            after: of(&change.after),
        }
    };
    let body = Rollover {
        step: sheet.step,
        until: sheet.until,
        reasons: sheet.reasons,
        changes: sheet.changes().map(change).collect(),
    };
    document("rollover", body, sheet.findings, false)
}
