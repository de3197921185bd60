//! Reads the words before the data of an entry, TTL, class and type: RFC 1035 section 5.1, RFC 3597 section 5.

use std::mem;

use domain::base::iana::Rtype;

use super::RecordsProblem;
use super::entries::Words;
use crate::text::{Shown, domain_name};

/// Types that only some programs know. They occur in exports, and `dig` prints the last ones.
const PRIVATE: [&str; 13] = [
    "ALIAS",
    "ANAME",
    "APEXALIAS",
    "ENAME",
    "LUA",
    "ADDR",
    "CURL",
    "URL",
    "MBOXFW",
    "WEBFWD",
    "REDIRECT",
    "KEYDATA",
    "NSAP-PTR",
];

/// Types of which a zone has no records: `OPT`, and those from 128 to 255 (RFC 6895 section 3.1).
fn is_meta(record_type: Rtype) -> bool {
    record_type == Rtype::OPT || (128..=255).contains(&record_type.to_int())
}

/// Reads the words of an entry up to its type. Returns the type, or `None` for a type without a number.
///
/// Errors: no type, a class or TTL that occurs twice, a class other than IN, or a word that is none of the three.
pub(super) fn type_of<'a>(
    words: &mut Words<'a>,
    is_indented: bool,
) -> Result<(&'a str, Option<Rtype>), RecordsProblem> {
    let (mut class, mut has_ttl) = (None, false);
    loop {
        let word = words.next().ok_or(RecordsProblem::NoType)?;
        if is_class(word) {
            if class.replace(word).is_some() {
                return Err(RecordsProblem::Twice("class"));
            }
        } else if seconds(word).is_some() {
            if mem::replace(&mut has_ttl, true) {
                return Err(RecordsProblem::Twice("TTL"));
            }
        } else {
            // dig prints the signature of a message as a record of the class ANY.
            let is_signature = word == "TSIG" && class == Some("ANY");
            // The `domain` crate accepts a sign, as in `TYPE+52`.
            let record_type =
                word.parse().ok().filter(|known| is_signature || !is_meta(*known) && !word.contains('+'));
            let is_private = || PRIVATE.iter().any(|private| private.eq_ignore_ascii_case(word));
            if record_type.is_none() && !is_private() {
                return Err(RecordsProblem::UnknownType { word: shown(word), is_indented });
            }
            return match class {
                Some(class) if !is_internet(class) && !is_signature => {
                    Err(RecordsProblem::OtherClass(class.to_ascii_uppercase()))
                }
                _ => Ok((word, record_type)),
            };
        }
    }
}

/// Returns the word if it can be the misspelt name of a type, or an owner name, and not part of a key.
fn shown(word: &str) -> Option<String> {
    let is_owner = word.starts_with('_') && word.contains('.') && domain_name(word).is_some();
    (is_owner || word.len() <= 12 && Shown::option(word).is_text()).then(|| word.to_owned())
}

/// Returns the seconds of a TTL, which may have BIND's units, such as `1h30m`.
pub(super) fn seconds(word: &str) -> Option<u32> {
    if word.bytes().all(|octet| octet.is_ascii_digit()) {
        return word.parse().ok();
    }
    if !word.is_ascii() {
        return None;
    }
    let mut total: u32 = 0;
    for part in word.split_inclusive(|c: char| !c.is_ascii_digit()) {
        let (number, unit) = part.split_at(part.len().checked_sub(1)?);
        let unit = match unit {
            "s" | "S" => 1,
            "m" | "M" => 60,
            "h" | "H" => 3600,
            "d" | "D" => 86400,
            "w" | "W" => 604_800,
            _ => return None,
        };
        total = total.checked_add(number.parse::<u32>().ok()?.checked_mul(unit)?)?;
    }
    Some(total)
}

fn is_class(word: &str) -> bool {
    let generic = word.get(..5).filter(|start| start.eq_ignore_ascii_case("CLASS"));
    let number = generic.and_then(|_| word.get(5..)).unwrap_or_default();
    ["IN", "CH", "HS", "CS", "ANY", "NONE"].iter().any(|class| word.eq_ignore_ascii_case(class))
        || number.parse::<u16>().is_ok()
}

fn is_internet(class: &str) -> bool {
    class.eq_ignore_ascii_case("IN") || class.eq_ignore_ascii_case("CLASS1")
}
