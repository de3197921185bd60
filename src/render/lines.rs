//! Code shared by the formats that write one line per record.

use std::fmt::Write;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Sheet;
use crate::generate::{Item, Record, Source};
use crate::text::file_name;
use crate::tlsa::Tlsa;
use crate::x509::Certificate;

/// The start of a comment in zone files and in the input of nsupdate.
const SEMICOLON: &str = "; ";

/// Appends the data of a record to a text.
pub(super) type Append = fn(&mut String, &Tlsa);

/// Appends the lines of one owner: for each record, `before` and what `data` appends. Also appends comments and empty
/// lines if requested.
pub(super) fn of_owner(text: &mut String, sheet: &Sheet<'_>, before: &str, data: Append) {
    let mut last: Option<&Source<'_>> = None;
    let mut issuer = Issuer::default();
    // Room for the lines without comments; in zone format, the parameters and the end of a line take 7 octets.
    text.reserve(sheet.records.iter().map(|record| before.len() + 7 + 2 * record.tlsa.data().len()).sum());
    for Record { source, tlsa } in sheet.records {
        if !last.is_some_and(|last| last.is(source)) {
            if sheet.style.groups && !text.is_empty() {
                text.push('\n');
            }
            if sheet.style.comments {
                comment(text, source, &mut issuer);
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
    append_hex(text, tlsa.data());
}

/// Appends `octets` in lower-case hex.
pub(super) fn append_hex(text: &mut String, octets: &[u8]) {
    let mut digits = [0; 128];
    for part in octets.chunks(digits.len() / 2) {
        let digits = digits.get_mut(..2 * part.len()).unwrap_or_default();
        // The buffer has the right length, and the digits are ASCII.
        let _ = hex::encode_to_slice(part, digits);
        text.push_str(std::str::from_utf8(digits).unwrap_or_default());
    }
}

/// The name of the last issuer: most certificates of a file have the same.
#[derive(Default)]
struct Issuer<'a> {
    der: &'a [u8],
    text: String,
}

impl<'a> Issuer<'a> {
    fn of(&mut self, certificate: &'a Certificate) -> &str {
        if self.der != certificate.issuer_der() {
            *self = Self { der: certificate.issuer_der(), text: certificate.issuer() };
        }
        &self.text
    }
}

/// Appends comment lines about the certificate or key of the next records.
fn comment<'a>(text: &mut String, source: &Source<'a>, issuer: &mut Issuer<'a>) {
    match source.item {
        Item::Certificate(link) => {
            let certificate = link.member.certificate();
            let validity = certificate.validity();
            let (mut start, mut end) = ([0; TIME], [0; TIME]);
            for (name, value) in [
                ("subject", certificate.subject().as_str()),
                ("issuer", issuer.of(certificate)),
                ("notBefore", time_in(&mut start, validity.not_before)),
                ("notAfter", time_in(&mut end, validity.not_after)),
            ] {
                for part in [SEMICOLON, name, "=", value, "\n"] {
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

/// The length of the longest time in octets, and more.
const TIME: usize = 40;

/// Writes a time into `buffer` (RFC 3339).
fn time_in(buffer: &mut [u8; TIME], time: Option<OffsetDateTime>) -> &str {
    let written = time.and_then(|time| time.format_into(&mut buffer.as_mut_slice(), &Rfc3339).ok());
    let text = written.and_then(|length| std::str::from_utf8(buffer.get(..length)?).ok());
    text.unwrap_or("(unreadable)")
}
