//! Recognises text that is not a zone file, such as the output of `host`, so that the error can name it.

use std::fmt;

/// Text that operators give for DNS records, but that is not in the form of a zone file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// The output of `host` or `unbound-host`.
    Host,
    /// The output of `nslookup`.
    Nslookup,
    /// YAML, such as the output of `dig +yaml`.
    Yaml,
    /// JSON, such as the output of `kdig +json`.
    Json,
    /// A log of Postfix, or the output of `posttls-finger`.
    Postfix,
    /// Settings of unbound.
    Unbound,
    /// Commands for `nsupdate`.
    Nsupdate,
    /// The output of `diff` of this program.
    Changes,
    /// A table with `|` between the columns.
    Table,
    /// HTML.
    Html,
    /// UTF-16, as some programs of Windows write it.
    Utf16,
    /// BIND's binary form of a zone.
    Raw,
}

/// Writes what the text is.
impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host => "the output of host",
            Self::Nslookup => "the output of nslookup",
            Self::Yaml => "YAML",
            Self::Json => "JSON",
            Self::Postfix => "a log of Postfix",
            Self::Unbound => "settings of unbound",
            Self::Nsupdate => "commands for nsupdate",
            Self::Changes => "the output of tlsagen diff",
            Self::Table => "a table",
            Self::Html => "HTML",
            Self::Utf16 => "text in UTF-16",
            Self::Raw => "a zone in the raw form of BIND",
        })
    }
}

impl Foreign {
    /// Tells the user what to give instead.
    pub(super) fn hint(self) -> &'static str {
        match self {
            Self::Utf16 => "convert it with `iconv -f UTF-16 -t UTF-8`",
            Self::Raw => "convert it with `named-compilezone -f raw -o - ZONE FILE`",
            Self::Unbound => "give only the records, without `local-data:` and quotation marks",
            _ => "give the output of `dig NAME TLSA`, or lines of a zone file",
        }
    }

    /// Recognises octets that are not UTF-8 text.
    pub(super) fn of_octets(octets: &[u8]) -> Option<Self> {
        match octets {
            [0, 0, 0, 0..=3, 0, 0, 0, 0..=3, ..] => Some(Self::Raw),
            [0xff, 0xfe, ..]
            | [0xfe, 0xff, ..]
            | [0, 1..=255, 0, 1..=255, ..]
            | [1..=255, 0, 1..=255, 0, ..] => Some(Self::Utf16),
            _ => None,
        }
    }

    /// Recognises a line that is not in the form of a zone file.
    pub(super) fn of_line(line: &str) -> Option<Self> {
        let line = line.split(';').next().unwrap_or_default().trim();
        if is_record(line) {
            return None;
        }
        let starts = |starts: &[&str]| starts.iter().any(|start| line.starts_with(start));
        let contains = |parts: &[&str]| parts.iter().any(|part| line.contains(part));
        Some(if starts(&["posttls-finger: "]) || contains(&[" posttls-finger[", " postfix/"]) {
            Self::Postfix
        } else if starts(&["Using domain server:", "Trying \"", "Host "])
            || contains(&[" is an alias for ", " has no ", " has TLSA record ", " has address "])
        {
            Self::Host
        } else if starts(&["Server:", "Address:", "Name:", "Non-authoritative answer", "** ", "*** "])
            || contains(&["\trdata_52 = ", "\tcanonical name = "])
        {
            Self::Nslookup
        } else if starts(&["local-data:", "local-zone:", "server:"]) {
            Self::Unbound
        } else if starts(&["update ", "server ", "zone ", "prereq "]) || line == "send" {
            Self::Nsupdate
        } else if starts(&["+ ", "- "]) && contains(&[" IN TLSA ", " IN TYPE52 "]) && !line.contains('\'') {
            Self::Changes
        } else if starts(&["- ", "---", "type: "]) {
            Self::Yaml
        } else if starts(&["{", "["]) {
            Self::Json
        } else if starts(&["<"]) {
            Self::Html
        } else if contains(&["|"]) {
            Self::Table
        } else {
            return None;
        })
    }
}

/// Whether a line has the form of a record: a word, then a class or a common type among the next words.
fn is_record(line: &str) -> bool {
    const WORDS: [&str; 9] = ["IN", "A", "AAAA", "TLSA", "TYPE52", "CNAME", "MX", "NS", "TXT"];
    let is_one = |word: &str| WORDS.iter().any(|known| word.eq_ignore_ascii_case(known));
    let is_labelled = line.split_whitespace().next().is_some_and(|word| word.ends_with(':'));
    let is_told = line.starts_with(['+', '-', '<', '{'])
        || [" has ", "update ", "|"].iter().any(|sign| line.contains(sign));
    !is_told && !is_labelled && line.split_whitespace().skip(1).take(3).any(is_one)
}
