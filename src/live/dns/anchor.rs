//! Reads trust anchors from text: DS and DNSKEY records, one per line (RFC 4034 sections 2.2 and 5.3).

use std::fmt;

use domain::base::iana::SecurityAlgorithm;
use domain::utils::{base16, base64};

use super::name::{Name, lower};
use super::rrset::{Dnskey, Ds};
use super::signature::{is_supported, is_usable};
use crate::diagnostic::Advise;

/// The DS records of the root's key-signing keys, 20326 (2017) and 38696 (2024), which IANA publishes at
/// <https://data.iana.org/root-anchors/root-anchors.xml>; copied on 2026-11-24 from Debian's dns-root-data.
pub(super) const ROOT: &str = "\
. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D
. IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16
";

/// A key that is trusted by configuration.
#[derive(Debug, Clone)]
pub(super) struct Anchor {
    /// The apex of the zone that the key signs.
    pub(super) zone: Name,
    pub(super) key: AnchorKey,
}

impl Anchor {
    fn is_usable(&self) -> bool {
        match &self.key {
            AnchorKey::Ds(ds) => is_usable(ds),
            AnchorKey::Dnskey(key) => is_supported(key.algorithm()),
        }
    }
}

/// The trusted key, given as a DNSKEY record or by its digest in a DS record.
#[derive(Debug, Clone)]
pub(super) enum AnchorKey {
    Ds(Ds),
    Dnskey(Dnskey),
}

/// Why trust anchors cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnchorError {
    /// The line number, counted from 1; 0 if the error concerns the whole text.
    pub line: usize,
    /// The reason; never quotes the text.
    pub reason: &'static str,
}

impl fmt::Display for AnchorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(self.reason),
            line => write!(f, "line {line}: {}", self.reason),
        }
    }
}

impl std::error::Error for AnchorError {}

impl Advise for AnchorError {
    fn hint(&self) -> Option<String> {
        Some(
            "a trust anchor is a DS or DNSKEY record, as `dig DS` or `dnssec-dsfromkey` prints it".to_owned(),
        )
    }
}

/// Parses the trust anchors in `text`: DS and DNSKEY records; a semicolon starts a comment.
///
/// Errors: a line is not a DS or DNSKEY record; a zone has only unsupported anchors; or there is no anchor at all,
/// which would make every answer insecure.
pub(super) fn read(text: &str) -> Result<Vec<Anchor>, AnchorError> {
    let mut anchors = Vec::new();
    for (line, entry) in entries(text) {
        let words: Vec<&str> = entry.iter().map(String::as_str).collect();
        anchors.push((line, anchor(&words).map_err(|reason| AnchorError { line, reason })?));
    }
    let usable: Vec<Anchor> =
        anchors.iter().filter(|(_, anchor)| anchor.is_usable()).map(|(_, anchor)| anchor.clone()).collect();
    let is_lost = |anchor: &Anchor| !usable.iter().any(|other| other.zone == anchor.zone);
    match anchors.iter().find(|(_, anchor)| is_lost(anchor)) {
        // If this anchor were ignored, answers from its zone would be bogus or insecure.
        Some((line, _)) => Err(AnchorError {
            line: *line,
            reason: "unsupported algorithm or digest type, and the zone has no usable trust anchor",
        }),
        None if usable.is_empty() => Err(AnchorError { line: 0, reason: "no DS or DNSKEY record" }),
        None => Ok(usable),
    }
}

/// Splits `text` into records and returns the first line number and the words of each record. Parentheses join lines
/// (RFC 1035 section 5.1).
fn entries(text: &str) -> Vec<(usize, Vec<String>)> {
    let mut entries = Vec::new();
    let (mut words, mut start, mut is_open) = (Vec::new(), 0, false);
    for (number, line) in text.lines().enumerate() {
        let code = line.split(';').next().unwrap_or_default();
        if words.is_empty() {
            start = number + 1;
        }
        for piece in code.split_inclusive(['(', ')']) {
            words.extend(piece.trim_end_matches(['(', ')']).split_whitespace().map(str::to_owned));
            is_open = if piece.ends_with('(') { true } else { is_open && !piece.ends_with(')') };
        }
        if !is_open && !words.is_empty() {
            entries.push((start, std::mem::take(&mut words)));
        }
    }
    if !words.is_empty() {
        entries.push((start, words));
    }
    entries
}

/// Parses `OWNER [TTL] [CLASS] DS|DNSKEY NUMBER NUMBER NUMBER DATA...`.
fn anchor(words: &[&str]) -> Result<Anchor, &'static str> {
    let is_type = |word: &&str| ["DS", "DNSKEY"].iter().any(|kind| word.eq_ignore_ascii_case(kind));
    let at = words.iter().position(is_type).ok_or("not a DS or DNSKEY record")?;
    let (head, rest) = words.split_at(at);
    let [owner, between @ ..] = head else { return Err("the record has no owner") };
    let is_ttl_or_class = |word: &&str| word.eq_ignore_ascii_case("IN") || word.parse::<u32>().is_ok();
    if !between.iter().all(is_ttl_or_class) {
        return Err("not a DS or DNSKEY record");
    }
    if !owner.ends_with('.') {
        return Err("the owner must end with a dot");
    }
    let zone = owner.parse::<Name>().map_err(|_| "the owner is not a domain name")?;
    let [kind, first, second, third, data @ ..] = rest else { return Err("the record is incomplete") };
    let short = |word: &str| word.parse::<u8>().map_err(|_| "a number is not in the range 0 to 255");
    let long: u16 = first.parse().map_err(|_| "the key tag or flags are not in the range 0 to 65535")?;
    let data = data.concat();
    let unreadable = "the key or digest cannot be read";
    let key = if kind.eq_ignore_ascii_case("DS") {
        let digest: Vec<u8> = base16::decode_vec(&data).map_err(|_| unreadable)?;
        let (algorithm, digest_type) = (SecurityAlgorithm::from_int(short(second)?), short(third)?);
        // Digest lengths: RFC 4034 section 5.1.4, RFC 4509 section 2.2 and RFC 6605 section 2.
        let octets = [(1, 20), (2, 32), (4, 48)].into_iter().find(|(known, _)| *known == digest_type);
        if octets.is_some_and(|(_, octets)| octets != digest.len()) {
            return Err("the digest has the wrong length for its type");
        }
        AnchorKey::Ds(Ds::new(long, algorithm, digest_type.into(), digest).map_err(|_| unreadable)?)
    } else {
        let octets: Vec<u8> = base64::decode(&data).map_err(|_| unreadable)?;
        let algorithm = SecurityAlgorithm::from_int(short(third)?);
        AnchorKey::Dnskey(Dnskey::new(long, short(second)?, algorithm, octets).map_err(|_| unreadable)?)
    };
    Ok(Anchor { zone: lower(&zone), key })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn error(text: &str) -> String {
        read(text).unwrap_err().to_string()
    }

    #[test]
    fn the_forms_that_tools_print() {
        assert_eq!(read(ROOT).unwrap().len(), 2);
        let key = "Example. 3600 IN DNSKEY 257 3 13 (\n mdsswUyr3DPW132mOi8V9xESWE8jTo0d ; half\n xCjjnopKl+GqJxpVXckHAeF+ KkxLbxIL )\n";
        let anchors = read(&format!("; comment\n\n{key}. ds 1 8 2 {} CD\n", "ab".repeat(31))).unwrap();
        let zones: Vec<String> =
            anchors.iter().map(|anchor| super::super::name::text(&anchor.zone)).collect();
        assert_eq!(zones, ["example", "."]);
    }

    #[test]
    fn what_is_no_anchor_has_its_line_and_is_not_shown() {
        assert_eq!(error("; nothing\n"), "no DS or DNSKEY record");
        for (text, expected) in [
            (". IN A 192.0.2.1\n", "line 1: not a DS or DNSKEY record"),
            ("\n. IN DNSKEY 257 3 8 aaaa\n. IN DS 1 8\n", "line 3: the record is incomplete"),
            ("example DS 1 8 2 aa\n", "line 1: the owner must end with a dot"),
            (". DS 1 8 2 aax\n", "line 1: the key or digest cannot be read"),
            (". DS 1 8 2 aabb\n", "line 1: the digest has the wrong length for its type"),
            (". DS 1 16 9 aabb\n", "line 1: unsupported algorithm or digest type"),
            (". DNSKEY 257 3 8 a!\n", "line 1: the key or digest cannot be read"),
            (". DS 65536 8 2 aa\n", "line 1: the key tag"),
            (". DS 1 256 2 aa\n", "line 1: a number"),
            (". x DS 1 8 2 aa\n", "line 1: not a DS"),
        ] {
            assert!(error(text).starts_with(expected), "{text}: {}", error(text));
        }
    }
}
