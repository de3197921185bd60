//! Errors in a PEM file, with their lines and hints how to correct them.

use std::fmt;

/// An error in a PEM file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PemError {
    /// The line of the error, counted from 1.
    pub line: usize,
    /// The error.
    pub problem: PemProblem,
}

/// The kind of error at a line of a PEM file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PemProblem {
    /// A malformed BEGIN or END line. The message omits the text, because the line may contain a part of a private key.
    NotQuiteMarker,
    /// BEGIN inside an open block.
    BeginInside {
        /// The label of the open block.
        label: String,
        /// The line of the BEGIN marker of the open block.
        begin: usize,
    },
    /// END whose label differs from the label of the open block.
    EndMismatch {
        /// The label of END.
        label: String,
        /// The label of the open block.
        opened: String,
        /// The line of BEGIN.
        begin: usize,
    },
    /// END without an open block; contains the label of END.
    EndOutside(String),
    /// A block without END; contains its label.
    Unclosed(String),
    /// BEGIN with an unknown label that contains CERT; contains the label.
    UnknownLabel(String),
    /// Base64 data of a certificate outside a block.
    LostData,
    /// A block without data; contains its label.
    Empty(String),
    /// A blank line between data lines.
    BlankLine,
    /// A header such as Proc-Type.
    Header,
    /// An octet that is not a base64 character.
    Base64Octet(u8),
    /// Data after the padding.
    AfterPadding,
    /// Incomplete or wrongly padded base64 data.
    Base64End,
}

impl PemProblem {
    /// Tells the operator how to correct the error.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotQuiteMarker => {
                "start the line in the first column with exactly five dashes, as in -----BEGIN CERTIFICATE-----"
            }
            Self::Header => {
                "decrypt the block if it is encrypted, otherwise remove the header lines (RFC 7468 section 2)"
            }
            Self::Base64Octet(128..) => {
                "the text seems to come from a word processor or a web page: use the original file"
            }
            Self::UnknownLabel(_) => "a certificate must be in a -----BEGIN CERTIFICATE----- block",
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
            Self::NotQuiteMarker => f.write_str("malformed BEGIN or END line"),
            Self::BeginInside { label, begin } => {
                write!(f, "BEGIN inside the {label} block that starts on line {begin} and has no END")
            }
            Self::EndMismatch { label, opened, begin } => {
                write!(f, "END {label} does not match BEGIN {opened} on line {begin}")
            }
            Self::EndOutside(label) => write!(f, "END {label} without a BEGIN"),
            Self::Unclosed(label) => write!(f, "the file ends inside this {label} block"),
            Self::UnknownLabel(label) => write!(f, "unknown PEM label for a certificate: {label}"),
            Self::LostData => f.write_str("certificate data outside a PEM block"),
            Self::Empty(label) => write!(f, "the {label} block is empty"),
            Self::BlankLine => f.write_str("a blank line between data lines"),
            Self::Header => f.write_str("a header line in a PEM block"),
            Self::Base64Octet(octet @ 128..) => write!(f, "octet {octet:#04x} is not a base64 character"),
            Self::Base64Octet(octet) => {
                write!(f, "'{}' is not a base64 character", char::from(*octet).escape_default())
            }
            Self::AfterPadding => f.write_str("base64 data after the padding"),
            Self::Base64End => f.write_str("the base64 data is incomplete or wrongly padded"),
        }
    }
}

impl std::error::Error for PemError {}
