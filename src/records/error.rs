//! Errors in the text of published records, with hints.

use std::fmt;

use super::foreign::Foreign;
use crate::diagnostic::Advise;

/// The reason why published records cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordsError {
    /// The line of the entry, counted from 1; 0 for the whole text.
    pub line: usize,
    /// The problem in that line or text.
    pub problem: RecordsProblem,
}

/// The problem with an entry or with the whole text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordsProblem {
    /// A `(` without `)`.
    OpenParenthesis,
    /// A `)` without `(`.
    ClosingParenthesis,
    /// A missing closing quotation mark.
    Quote,
    /// A relative name without a known origin; contains the name only if the name may be shown.
    NoOrigin(Option<String>),
    /// An entry that starts with a blank, although no previous entry has an owner.
    NoOwner,
    /// An entry without a record type.
    NoType,
    /// A word that is not a TTL, a class or a record type; contains the word only if it may be shown.
    UnknownType {
        /// The word.
        word: Option<String>,
        /// Whether the line starts with a blank, so that it has no owner.
        is_indented: bool,
    },
    /// A class or TTL that occurs twice in one entry.
    Twice(&'static str),
    /// A class other than IN.
    OtherClass(String),
    /// A value that is not a TTL.
    Ttl,
    /// Quotation marks or escapes in data that is not text.
    Quoted {
        /// The record type.
        record_type: String,
    },
    /// A CNAME record beside other records, or two CNAME records with different targets.
    Alias,
    /// Two different SOA records or two different DNAME records of one owner.
    Two,
    /// Entries with and without owners in one text.
    Mixed,
    /// A byte order mark.
    ByteOrderMark,
    /// Text that is not a zone file.
    Foreign(Foreign),
    /// A lookup without an answer, or with an error response.
    NoAnswer,
    /// A truncated answer, which does not contain all records.
    Truncated,
    /// PEM, which may be a private key, so no part of the text is shown.
    Pem,
    /// DER, which may be a private key, so no part of the data is shown.
    Der,
    /// A TLSA or CNAME record, or a directive, that cannot be read.
    Unreadable {
        /// The record type or directive.
        what: String,
        /// The reason.
        reason: String,
    },
    /// A TLSA record without association data.
    NoData,
    /// Record data without an owner, although several owners are requested.
    Bare {
        /// The number of requested owners.
        owners: usize,
    },
    /// An unsupported directive; contains its name only if the name may be shown.
    Directive(Option<String>),
}

impl RecordsError {
    /// Creates the error for record data without an owner; `owners` is the number of requested owners.
    pub fn bare(owners: usize) -> Self {
        Self { line: 0, problem: RecordsProblem::Bare { owners } }
    }
}

impl RecordsProblem {
    /// Tells the user how to solve the problem.
    fn hint(&self) -> &'static str {
        match self {
            Self::NoOrigin(_) => "give the zone name with --origin, or include the zone's $ORIGIN line",
            Self::Directive(_) => {
                "give the zone without directives, as `named-compilezone -o -` or `dig` prints it"
            }
            Self::Bare { .. } => {
                "give one host and port, or records with their owners, as dig prints them without +short"
            }
            Self::NoAnswer => {
                "look up the records again, or ask another name server: this output does not show whether records exist"
            }
            Self::Truncated => "look up the records again over TCP, as with `dig +tcp`",
            Self::UnknownType { is_indented: true, .. } => {
                "a line that starts with a blank has the owner of the line above: write an owner at the start of the line"
            }
            Self::UnknownType { .. } => {
                "the type of these records is TLSA, or TYPE52 in the form of RFC 3597"
            }
            Self::Twice(_) => "give it once: name servers do not load a zone with this line",
            Self::OtherClass(_) => "remove this line: name servers do not load it in a zone of the class IN",
            Self::Ttl => "give seconds, such as 3600, or units, as in 1h30m",
            Self::Quoted { .. } => {
                "remove the quotation marks and backslashes: name servers do not load a zone with this line"
            }
            Self::Alias => {
                "remove one of the records: name servers do not load a zone with both (RFC 1034 section 3.6.2)"
            }
            Self::Two => "remove one of the records: name servers do not load a zone with both",
            Self::Mixed => "give either lines with owners, or the output of `dig +short` alone",
            Self::ByteOrderMark => "save the file as UTF-8 without a byte order mark: name servers refuse it",
            Self::Foreign(foreign) => foreign.hint(),
            Self::NoData => {
                "a TLSA record consists of usage, selector, matching type and hex data (RFC 6698 section 2.2)"
            }
            _ => "give zone-file lines, the output of `dig` (also +short), or RFC 3597 lines",
        }
    }
}

impl Advise for RecordsError {
    fn hint(&self) -> Option<String> {
        Some(self.problem.hint().to_owned())
    }
}

impl fmt::Display for RecordsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => self.problem.fmt(f),
            line => write!(f, "line {line}: {}", self.problem),
        }
    }
}

impl fmt::Display for RecordsProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OpenParenthesis => f.write_str("missing ')' for this '('"),
            Self::ClosingParenthesis => f.write_str("')' without '('"),
            Self::Quote => f.write_str("missing closing quotation mark"),
            Self::NoOrigin(None) => f.write_str("a name is relative, but there is no origin"),
            Self::NoOrigin(Some(name)) => write!(f, "the name {name} is relative, but there is no origin"),
            Self::NoOwner => f.write_str("the entry has no owner, and no previous entry has one"),
            Self::NoType => f.write_str("the entry has no record type"),
            Self::UnknownType { word: Some(word), .. } => write!(f, "'{word}' is not a record type"),
            Self::UnknownType { word: None, .. } => f.write_str("this entry has no known record type"),
            Self::Twice(what) => write!(f, "the {what} occurs twice in this entry"),
            Self::OtherClass(class) => write!(f, "this entry has the class {class}, not IN"),
            Self::Ttl => f.write_str("$TTL needs one TTL"),
            Self::Quoted { record_type } => {
                write!(f, "the data of this {record_type} record has quotation marks or backslashes")
            }
            Self::Alias => f.write_str("this owner has a CNAME record and another record"),
            Self::Two => f.write_str("this owner has another record of this type, and may have only one"),
            Self::Mixed => f.write_str("some records have an owner, and others have none"),
            Self::ByteOrderMark => f.write_str("the file starts with a byte order mark"),
            Self::Foreign(foreign) => write!(f, "found {foreign}, expected DNS records"),
            Self::NoAnswer => f.write_str("the name server did not answer or returned an error"),
            Self::Truncated => f.write_str("the answer is truncated: records are missing"),
            Self::Pem => f.write_str("found a PEM block, expected DNS records"),
            Self::Der => f.write_str("found binary data (DER), expected DNS records"),
            Self::Unreadable { what, reason } => {
                write!(f, "cannot read this {what}: {reason}")
            }
            Self::NoData => f.write_str("the TLSA record has no association data"),
            Self::Bare { owners } => {
                write!(f, "the record data has no owner, but {owners} owners are requested")
            }
            Self::Directive(Some(name)) => write!(f, "{name} is not supported"),
            Self::Directive(None) => f.write_str("this directive is not supported"),
        }
    }
}

impl std::error::Error for RecordsError {}
