//! What is wrong with a PEM file, where, and what to do about it.

use std::fmt;

/// What is wrong with a PEM file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PemError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: PemProblem,
}

/// What is wrong at a line of a PEM file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PemProblem {
    /// A malformed BEGIN or END line. Its text is not shown, because it may contain a part of a private key.
    NotQuiteMarker,
    /// BEGIN inside an open block.
    BeginInside {
        /// The label of the open block.
        label: String,
        /// The line of its BEGIN.
        begin: usize,
    },
    /// END with another label than the open block.
    EndMismatch {
        /// The label of END.
        label: String,
        /// The label of the open block.
        opened: String,
        /// The line of BEGIN.
        begin: usize,
    },
    /// END without an open block, with its label.
    EndOutside(String),
    /// The file ends inside this block.
    Unclosed(String),
    /// An unknown label that contains CERT.
    UnknownLabel(String),
    /// Base64 of a certificate outside a block.
    LostData,
    /// A block without data.
    Empty(String),
    /// A blank line between data lines.
    BlankLine,
    /// A header such as Proc-Type.
    Header,
    /// An octet that is not base64.
    Base64Octet(u8),
    /// Data after the padding.
    AfterPadding,
    /// Too few or too many characters.
    Base64End,
}

impl PemProblem {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotQuiteMarker => {
                "a marker starts in the first column with exactly five dashes, as in -----BEGIN CERTIFICATE-----"
            }
            Self::Header => {
                "the block is encrypted or annotated; certificates have no headers (RFC 7468 section 2)"
            }
            Self::Base64Octet(128..) => {
                "the text seems to come from a word processor or a web page: use the original file"
            }
            Self::UnknownLabel(_) => "certificates are in -----BEGIN CERTIFICATE----- blocks",
            _ => "the file is damaged: copy it again from its source",
        }
    }
}

impl fmt::Display for PemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl fmt::Display for PemProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotQuiteMarker => f.write_str("this line looks like a PEM marker but is not one"),
            Self::BeginInside { label, begin } => {
                write!(f, "BEGIN inside the {label} block of line {begin}, which has no END")
            }
            Self::EndMismatch { label, opened, begin } => {
                write!(f, "END {label} does not match BEGIN {opened} of line {begin}")
            }
            Self::EndOutside(label) => write!(f, "END {label} without a BEGIN"),
            Self::Unclosed(label) => write!(f, "the file ends inside this {label} block"),
            Self::UnknownLabel(label) => write!(f, "unknown kind of certificate block: {label}"),
            Self::LostData => f.write_str("certificate data outside a PEM block"),
            Self::Empty(label) => write!(f, "the {label} block is empty"),
            Self::BlankLine => f.write_str("a blank line between data lines"),
            Self::Header => f.write_str("a header line in a PEM block"),
            Self::Base64Octet(octet @ 128..) => write!(f, "octet {octet:#04x} is neither base64 nor ASCII"),
            Self::Base64Octet(octet) => {
                write!(f, "'{}' is not a base64 character", char::from(*octet).escape_default())
            }
            Self::AfterPadding => f.write_str("base64 data after its padding"),
            Self::Base64End => f.write_str("the base64 data is incomplete or wrongly padded"),
        }
    }
}

impl std::error::Error for PemError {}
