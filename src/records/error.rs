//! Why text gives no published records, and what to do about it.

use std::fmt;

use crate::diagnostic::Advise;

/// Why text gives no published records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordsError {
    /// The line of the entry, counted from 1; 0 for the whole text.
    pub line: usize,
    /// What is wrong.
    pub problem: RecordsProblem,
}

/// What is wrong with an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordsProblem {
    /// An opening parenthesis without its closing one.
    OpenParenthesis,
    /// An opening parenthesis inside of parentheses.
    SecondParenthesis,
    /// A closing parenthesis without its opening one.
    ClosingParenthesis,
    /// A quotation mark without its other half.
    Quote,
    /// A relative name where no origin is known; the name only if it may be shown.
    NoOrigin(Option<String>),
    /// An entry that starts with a blank, and no owner before it.
    NoOwner,
    /// No record type.
    NoType,
    /// dig got no answer, or a failure.
    NoAnswer,
    /// PEM, which may be a private key: none of it is shown.
    Pem,
    /// DER, which may be a private key: none of it is shown.
    Der,
    /// An entry of a TLSA or CNAME record, or a directive, that cannot be read.
    Unreadable {
        /// The record type or directive.
        what: String,
        /// The reader's reason.
        reason: String,
    },
    /// A TLSA record without association data.
    NoData,
    /// Data without an owner, where several owners were asked for.
    Bare {
        /// Their number.
        owners: usize,
    },
    /// A directive that is not followed; its name only if it may be shown.
    Directive(Option<String>),
}

impl RecordsError {
    /// Data without an owner can belong to one owner only.
    pub fn bare(owners: usize) -> Self {
        Self { line: 0, problem: RecordsProblem::Bare { owners } }
    }
}

impl RecordsProblem {
    /// What to do about it.
    fn hint(&self) -> &'static str {
        match self {
            Self::NoOrigin(_) => "give the zone's name with --origin, or its $ORIGIN line",
            Self::Directive(_) => "give the zone as one text: `named-compilezone -o -`, or what `dig` prints",
            Self::Bare { .. } => {
                "ask for one host and port, or give records with their owners, as dig prints without +short"
            }
            Self::NoAnswer => "ask again, or another name server: nothing is known of the records",
            Self::NoData => "RFC 6698 section 2.2: usage, selector, matching type, then hex",
            _ => "zone-file lines, the output of `dig` (also +short), or RFC 3597 lines can be read",
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
            Self::OpenParenthesis => f.write_str("this '(' is never closed"),
            Self::SecondParenthesis => f.write_str("a '(' inside of parentheses"),
            Self::ClosingParenthesis => f.write_str("a ')' without its '('"),
            Self::Quote => f.write_str("a quotation mark without its other half"),
            Self::NoOrigin(None) => f.write_str("a name is relative, and no origin is known"),
            Self::NoOrigin(Some(name)) => write!(f, "the name {name} is relative, and no origin is known"),
            Self::NoOwner => f.write_str("an entry without an owner, and none before it"),
            Self::NoType => f.write_str("no record type in this entry"),
            Self::NoAnswer => f.write_str("the name server gave no answer, or a failure"),
            Self::Pem => f.write_str("a PEM block, where DNS records are expected"),
            Self::Der => f.write_str("binary data (DER), where DNS records are expected"),
            Self::Unreadable { what, reason } => {
                write!(f, "cannot read this {what}: {reason}")
            }
            Self::NoData => f.write_str("a TLSA record without association data"),
            Self::Bare { owners } => write!(f, "record data without an owner, and {owners} owners asked for"),
            Self::Directive(Some(name)) => write!(f, "{name} is not followed"),
            Self::Directive(None) => f.write_str("this directive is not followed"),
        }
    }
}

impl std::error::Error for RecordsError {}
