//! Record data only: `3 1 1 hex` (RFC 6698 section 2.2), written once for all owners.

use super::Sheet;
use super::lines::{SEMICOLON, data, of_owner};

pub(super) fn records(sheet: &Sheet<'_>) -> String {
    let data: Vec<String> = sheet.records.iter().map(|record| data(&record.tlsa)).collect();
    let mut text = String::new();
    of_owner(&mut text, sheet, SEMICOLON, "", &data);
    text
}
