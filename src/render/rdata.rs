//! Record data only: `3 1 1 hex` (RFC 6698 section 2.2), written once for all owners.

use super::Sheet;
use super::lines::{append_data, of_owner};

pub(super) fn records(sheet: &Sheet<'_>) -> String {
    let mut text = String::new();
    of_owner(&mut text, sheet, "", append_data);
    text
}
