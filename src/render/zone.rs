//! Zone-file lines: `owner [TTL] IN TLSA 3 1 1 hex` (RFC 1035 section 5.1, RFC 6698 section 2.2).

use super::lines::{self, data};
use super::{OwnerChanges, Sheet};
use crate::owner::Origin;

pub(super) fn records(sheet: &Sheet<'_>) -> String {
    let ttl = lines::ttl(sheet.style.ttl);
    let origin = sheet.style.origin.as_ref();
    lines::of_owners(
        sheet,
        lines::SEMICOLON,
        |owner| format!("{} {ttl}IN TLSA ", owner.relative_to(origin)),
        data,
    )
}

/// Writes the changes at one owner as lines that start with `+` or `-`.
pub(super) fn changes(at: &OwnerChanges<'_>, ttl: Option<u32>, origin: Option<&Origin>) -> String {
    let owner = at.holder.relative_to(origin);
    let ttl = lines::ttl(ttl);
    let added = at.add.iter().map(|record| format!("+ {owner} {ttl}IN TLSA {}\n", data(&record.tlsa)));
    let removed = at.remove.iter().map(|record| format!("- {owner} IN TLSA {record}\n"));
    added.chain(removed).collect()
}
