//! Zone-file lines: `owner [TTL] IN TLSA 3 1 1 hex` (RFC 1035 section 5.1, RFC 6698 section 2.2).

use std::fmt::Display;

use super::lines::{self, append_data, data};
use super::{OwnerChanges, Sheet};
use crate::owner::Origin;

pub(super) fn records(sheet: &Sheet<'_>) -> String {
    lines::of_zone(sheet, "TLSA", append_data)
}

/// Writes the changes at one owner as lines that start with `+` or `-`.
pub(super) fn changes(at: &OwnerChanges<'_>, ttl: Option<u32>, origin: Option<&Origin>) -> String {
    let add = at.add.iter().map(|record| data(&record.tlsa));
    change_lines(&at.holder.relative_to(origin), ttl, add, &at.remove)
}

/// The lines of these additions and deletions.
pub(super) fn change_lines(
    owner: &str,
    ttl: Option<u32>,
    add: impl IntoIterator<Item = impl Display>,
    remove: impl IntoIterator<Item = impl Display>,
) -> String {
    let ttl = lines::ttl(ttl);
    let added = add.into_iter().map(|record| format!("+ {owner} {ttl}IN TLSA {record}\n"));
    let removed = remove.into_iter().map(|record| format!("- {owner} IN TLSA {record}\n"));
    added.chain(removed).collect()
}
