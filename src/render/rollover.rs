//! The changes of a rollover step in each format.

use super::{ChangesFormat, json, nsupdate, zone};
use crate::diagnostic::Finding;
use crate::owner::{Origin, Owner};
use crate::rollover::Change;

/// A step and its changes.
pub struct RolloverSheet<'a> {
    /// The word for the step.
    pub step: &'static str,
    /// The time until which to wait, or until which an outage lasts (RFC 3339).
    pub until: Option<&'a str>,
    /// The reasons.
    pub reasons: &'a [String],
    /// The changes.
    pub changes: &'a [Change],
    /// The names at which the records exist, by the index of the owner.
    pub holders: &'a [Owner],
    /// The findings.
    pub findings: &'a [Finding],
    /// The requested TTL in seconds; `None` for the published TTL.
    pub ttl: Option<u32>,
}

impl RolloverSheet<'_> {
    /// The changes, each with its owner and TTL.
    pub(super) fn changes(&self) -> impl Iterator<Item = (&Owner, Option<u32>, &Change)> {
        self.changes
            .iter()
            .filter_map(|change| Some((self.holders.get(change.place)?, self.ttl.or(change.ttl), change)))
    }
}

/// Writes the changes of a step; in JSON, also the step itself.
pub fn rollover(sheet: &RolloverSheet<'_>, format: ChangesFormat, origin: Option<&Origin>) -> String {
    let all = sheet.changes();
    match format {
        ChangesFormat::Zone => all
            .map(|(owner, ttl, change)| {
                zone::change_lines(&owner.relative_to(origin), ttl, &change.add, &change.remove)
            })
            .collect(),
        ChangesFormat::Nsupdate => all
            .map(|(owner, ttl, change)| nsupdate::change_lines(owner, ttl, &change.add, &change.remove))
            .collect(),
        ChangesFormat::Json => json::rollover(sheet, origin),
    }
}
