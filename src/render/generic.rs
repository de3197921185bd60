//! Lines for name servers that do not support the TLSA type: `owner IN TYPE52 \# 35 hex` (RFC 3597 section 5).

use std::fmt::Write;

use super::Sheet;
use super::lines;
use crate::tlsa::Tlsa;

pub(super) fn records(sheet: &Sheet<'_>) -> String {
    lines::of_zone(sheet, "TYPE52", append_data)
}

/// Appends the length of the RDATA in octets, then the RDATA in hexadecimal.
fn append_data(text: &mut String, tlsa: &Tlsa) {
    let params = tlsa.params();
    let (usage, selector) = (params.usage.number(), params.selector.number());
    let matching_type = params.matching_type.number();
    let length = tlsa.data().len() + 3;
    // Writing into a String cannot fail.
    let _ = write!(text, "\\# {length} {usage:02x}{selector:02x}{matching_type:02x}");
    lines::append_hex(text, tlsa.data());
}
