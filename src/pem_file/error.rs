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
    /// A BEGIN or END line with a flaw. Its text is not shown: it may hold a piece of a private key.
    NotQuiteMarker,
    /// BEGIN before the block above was closed.
    BeginInside {
        /// The open block.
        label: String,
        /// Its line.
        begin: usize,
    },
    /// END of something else than what is open.
    EndMismatch {
        /// What END says.
        label: String,
        /// What BEGIN said.
        opened: String,
        /// The line of BEGIN.
        begin: usize,
    },
    /// END where no block is open.
    EndOutside(String),
    /// The file ends in this block.
    Unclosed(String),
    /// A label with CERT in it that nobody uses.
    UnknownLabel(String),
    /// Base64 of a certificate outside of a block.
    LostData,
    /// A block without data.
    Empty(String),
    /// A blank line between data lines.
    BlankLine,
    /// A header such as Proc-Type.
    Header,
    /// An octet that is not base64.
    Base64Octet(u8),
    /// Data behind the padding.
    AfterPadding,
    /// Characters are missing or too many.
    Base64End,
}

impl PemProblem {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotQuiteMarker => {
                "markers start at the first column with exactly five dashes, as in -----BEGIN CERTIFICATE-----"
            }
            Self::Header => {
                "an encrypted or annotated block; certificates have no headers (RFC 7468 section 2)"
            }
            Self::Base64Octet(128..) => {
                "text from a word processor or a web page? copy the file itself, as it was issued"
            }
            Self::UnknownLabel(_) => "certificates stand in -----BEGIN CERTIFICATE----- blocks",
            _ => "the file is damaged: copy it again from where it was issued",
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
                write!(f, "END {label} closes the {opened} block of line {begin}")
            }
            Self::EndOutside(label) => write!(f, "END {label} without a BEGIN"),
            Self::Unclosed(label) => write!(f, "the file ends inside this {label} block"),
            Self::UnknownLabel(label) => write!(f, "unknown kind of certificate block: {label}"),
            Self::LostData => f.write_str("certificate data outside of a PEM block"),
            Self::Empty(label) => write!(f, "the {label} block is empty"),
            Self::BlankLine => f.write_str("a blank line between data lines"),
            Self::Header => f.write_str("a header line in a PEM block"),
            Self::Base64Octet(octet @ 128..) => write!(f, "octet {octet:#04x} is no base64, nor ASCII"),
            Self::Base64Octet(octet) => write!(f, "'{}' is no base64", char::from(*octet).escape_default()),
            Self::AfterPadding => f.write_str("base64 data behind its padding"),
            Self::Base64End => f.write_str("the base64 data ends too early or is not padded properly"),
        }
    }
}

impl std::error::Error for PemError {}
