//! Commands for nsupdate. Each owner has a separate `send`, because an update message covers one zone (RFC 2136).

use std::fmt::Display;

use super::lines::{append_data, data, of_owner};
use super::{OwnerChanges, Sheet, Style};
use crate::owner::Owner;

/// The TTL in seconds if none is requested, because nsupdate requires a TTL.
const TTL: u32 = 3600;

pub(super) fn records(sheet: &Sheet<'_>) -> String {
    // Write no empty line, because an empty line makes nsupdate send the message.
    let style = Style { groups: false, ..sheet.style.clone() };
    let sheet = Sheet { style: &style, ..*sheet };
    let mut text = String::new();
    for owner in sheet.owners {
        of_owner(
            &mut text,
            &sheet,
            &format!("update add {owner} {} IN TLSA ", style.ttl.unwrap_or(TTL)),
            append_data,
        );
        if !sheet.records.is_empty() {
            text.push_str("send\n");
        }
    }
    text
}

/// Writes all additions and deletions of one owner as one message, so that no client sees only some of them (RFC 2136
/// section 3.7).
pub(super) fn changes(at: &OwnerChanges<'_>, ttl: Option<u32>) -> String {
    let add = at.add.iter().map(|record| data(&record.tlsa));
    change_lines(&at.holder, ttl, add, &at.remove)
}

/// The message with these additions and deletions.
pub(super) fn change_lines(
    owner: &Owner,
    ttl: Option<u32>,
    add: impl IntoIterator<Item = impl Display>,
    remove: impl IntoIterator<Item = impl Display>,
) -> String {
    let ttl = ttl.unwrap_or(TTL);
    let add = add.into_iter().map(|record| format!("update add {owner} {ttl} IN TLSA {record}\n"));
    let remove = remove.into_iter().map(|record| format!("update delete {owner} IN TLSA {record}\n"));
    let mut text: String = add.chain(remove).collect();
    if !text.is_empty() {
        text.push_str("send\n");
    }
    text
}
