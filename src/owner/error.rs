//! Errors for text that is not a name or port, with hints.

use std::borrow::Cow;
use std::fmt;

use crate::diagnostic::{Advise, Code};
use crate::text::Shown;

/// The error for text that is not a name or port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameError {
    /// The text, if it may be shown.
    given: Shown,
    /// The reason why the text is invalid.
    pub problem: NameProblem,
}

/// The reason why text is not a name or port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameProblem {
    /// Not a port number.
    Port,
    /// An IP address, or a name that would be parsed as an IP address.
    IpAddress,
    /// Invalid U-labels, or an A-label that does not decode.
    Idna,
    /// A character that IDNA forbids, such as a quotation mark.
    Sign(char),
    /// Only digits instead of a host name.
    Number,
    /// A full owner name with a malformed prefix.
    OwnerPrefix,
    /// An empty name.
    Empty,
    /// Two dots in a row.
    EmptyLabel,
    /// A label that is invalid in host names.
    Label {
        /// The label.
        label: Shown,
        /// Whether the name contains white space.
        has_blank: bool,
    },
    /// A label that is invalid in owner names.
    OwnerLabel(Shown),
    /// The owner name of another record type; contains the label that identifies the type.
    OtherType(&'static str),
    /// A label longer than 63 octets, with its length.
    LabelLength(usize),
    /// A name longer than 253 characters, with its length: the prefix counts, the final dot does not.
    NameLength(usize),
    /// A full owner name followed by a port.
    OwnerPort,
}

impl NameError {
    pub(super) fn new(text: &str, problem: NameProblem) -> Self {
        let given = match problem {
            NameProblem::Port => Shown::number(text),
            _ => Shown::name(text),
        };
        Self { given, problem }
    }

    /// Returns the error for a label that is invalid in host names.
    pub(super) fn label(name: &str, label: &str) -> Self {
        let has_blank = name.contains(char::is_whitespace);
        let label = Shown::name(label).at("it");
        Self::new(name, NameProblem::Label { label, has_blank })
    }

    /// Sets the place on the command line, such as `HOST`, to print if the text may not be shown. Keeps a place that is
    /// already set.
    #[must_use]
    pub fn at(self, place: impl Into<Cow<'static, str>>) -> Self {
        Self { given: self.given.at(place), ..self }
    }
}

impl Advise for NameError {
    fn code(&self) -> Option<Code> {
        matches!(self.problem, NameProblem::IpAddress).then_some(Code::HostIp)
    }

    fn hint(&self) -> Option<String> {
        let hint = match &self.problem {
            NameProblem::IpAddress => {
                Some("give the host name of the server; for mail, this is the host in the MX record")
            }
            NameProblem::OtherType("_dmarc" | "_mta-sts") => {
                Some("mail servers never look up TLSA records there: give the host in the MX record")
            }
            NameProblem::OtherType(_) => {
                Some("SMIMEA (RFC 8162) and OPENPGPKEY (RFC 7929) records describe mail users, not servers")
            }
            NameProblem::Port => Some("write `-p 25,465`, or `mx.example:465` for one host"),
            NameProblem::Number => Some(
                "give HOST before the parameters, as in `tlsagen fullchain.pem mx.example 3 1 1`; give several ports as `-p 25,587`",
            ),
            NameProblem::OwnerPrefix => Some("give only the host name, and give the port with -p"),
            NameProblem::Empty => {
                Some("check for an unset shell variable, or a comma or colon without a name")
            }
            NameProblem::Sign(_) => Some("type the name by hand, or copy it from plain text"),
            NameProblem::OwnerPort => Some("drop the port: the owner name already contains it"),
            NameProblem::Label { .. } if !self.given.is_text() => Some(
                "give the file first, then HOST; HOST is a plain name such as mx.example, without scheme or path",
            ),
            NameProblem::Label { has_blank: true, .. } => {
                Some("separate several hosts with commas: a.example,b.example")
            }
            NameProblem::Label { .. } => Some(
                "give a plain host name such as mx.example, or a full owner name such as _25._tcp.mx.example",
            ),
            _ => None,
        };
        hint.map(str::to_owned)
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = &self.given;
        // A label is part of the name, so it is not shown either.
        let shown = |label: &Shown| if given.is_text() { label.to_string() } else { "it".to_owned() };
        match &self.problem {
            NameProblem::Port => write!(
                f,
                "{given} is not a port: expected a number from 1 to 65535 without sign or leading zero, or the name of a service such as smtp (RFC 6698 section 3)"
            ),
            NameProblem::IpAddress => {
                write!(f, "{given} is an IP address, but TLSA records need a host name (RFC 6698 section 3)")
            }
            NameProblem::Idna => write!(f, "{given} is not a valid internationalised host name (RFC 5890)"),
            NameProblem::Sign(sign) => write!(
                f,
                "{given} is not a host name: '{}' (U+{:04X}) is not a letter (RFC 5892 section 2)",
                crate::text::printable(sign.encode_utf8(&mut [0; 4])),
                u32::from(*sign)
            ),
            NameProblem::Number => write!(f, "{given} is a number, not a host name"),
            NameProblem::OwnerPrefix => write!(
                f,
                "{given} is not the owner name of a TLSA record: expected _PORT._TRANSPORT.HOST, as in _25._tcp.mx.example (RFC 6698 section 3)"
            ),
            NameProblem::Empty => f.write_str("the host name is empty"),
            NameProblem::EmptyLabel => write!(f, "{given} has an empty label (RFC 1035 section 2.3.1)"),
            NameProblem::Label { label, .. } => write!(
                f,
                "{given} is not a host name: {} may contain only letters, digits and inner hyphens (RFC 1123 section 2.1)",
                shown(label)
            ),
            NameProblem::OwnerLabel(label) => {
                write!(
                    f,
                    "{given} is not an owner name: {} may contain only letters, digits, '-' and '_'",
                    shown(label)
                )
            }
            NameProblem::OtherType(label) => {
                write!(f, "{given} is the owner name of another record type ({label})")
            }
            NameProblem::LabelLength(length) => {
                write!(
                    f,
                    "{given} has a label of {length} octets, the maximum is 63 (RFC 1035 section 2.3.4)"
                )
            }
            NameProblem::NameLength(length) => {
                write!(f, "{given} has {length} characters, the maximum is 253 (RFC 1035 section 2.3.4)")
            }
            NameProblem::OwnerPort => write!(f, "{given} has a port after a full owner name"),
        }
    }
}

impl std::error::Error for NameError {}
