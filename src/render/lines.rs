//! Code shared by the formats that write one line per record.

use std::fmt::Write;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Sheet;
use crate::generate::{Item, Record, Source};
use crate::text::file_name;
use crate::tlsa::Tlsa;

/// The start of a comment in zone files and in the input of nsupdate.
const SEMICOLON: &str = "; ";

/// Appends the data of a record to a text.
pub(super) type Append = fn(&mut String, &Tlsa);

/// Appends the lines of one owner: for each record, `before` and what `data` appends. Also appends comments and empty
/// lines if requested.
pub(super) fn of_owner(text: &mut String, sheet: &Sheet<'_>, before: &str, data: Append) {
    let mut last: Option<&Source<'_>> = None;
    for Record { source, tlsa } in sheet.records {
        if !last.is_some_and(|last| last.is(source)) {
            if sheet.style.groups && !text.is_empty() {
                text.push('\n');
            }
            if sheet.style.comments {
                comment(text, source);
            }
        }
        last = Some(source);
        text.push_str(before);
        data(text, tlsa);
        text.push('\n');
    }
}

/// Returns the zone-file lines of all owners, with the name of the type and what `data` appends.
pub(super) fn of_zone(sheet: &Sheet<'_>, record_type: &str, data: Append) -> String {
    let ttl = ttl(sheet.style.ttl);
    let origin = sheet.style.origin.as_ref();
    let mut text = String::new();
    for owner in sheet.owners {
        let before = format!("{} {ttl}IN {record_type} ", owner.relative_to(origin));
        of_owner(&mut text, sheet, &before, data);
    }
    text
}

/// The TTL and a space, or an empty string if no TTL was requested.
pub(super) fn ttl(ttl: Option<u32>) -> String {
    ttl.map(|ttl| format!("{ttl} ")).unwrap_or_default()
}

/// The data of a record as text: `3 1 1 hex`.
pub(super) fn data(tlsa: &Tlsa) -> String {
    let mut text = String::new();
    append_data(&mut text, tlsa);
    text
}

/// Appends the data of a record as text: `3 1 1 hex`.
pub(super) fn append_data(text: &mut String, tlsa: &Tlsa) {
    // Writing into a String cannot fail.
    let _ = write!(text, "{} ", tlsa.params());
    text.push_str(&hex::encode(tlsa.data()));
}

/// Appends comment lines about the certificate or key of the next records.
fn comment(text: &mut String, source: &Source<'_>) {
    match source.item {
        Item::Certificate(link) => {
            let certificate = link.member.certificate();
            let validity = certificate.validity();
            let time = |time: Option<OffsetDateTime>| {
                let text = time.and_then(|time| time.format(&Rfc3339).ok());
                text.unwrap_or_else(|| "(unreadable)".to_owned())
            };
            for (name, value) in [
                ("subject", certificate.subject()),
                ("issuer", certificate.issuer()),
                ("notBefore", time(validity.not_before)),
                ("notAfter", time(validity.not_after)),
            ] {
                for part in [SEMICOLON, name, "=", &value, "\n"] {
                    text.push_str(part);
                }
            }
        }
        Item::Key(key) => {
            let subject = key.subject().map(|subject| format!(", subject={subject}")).unwrap_or_default();
            for part in [SEMICOLON, "key of ", &file_name(&source.material.file), &subject, "\n"] {
                text.push_str(part);
            }
        }
    }
}
