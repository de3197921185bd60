//! Why text is no name, port or transport, and what to do about it.

use std::fmt;

/// Why text is no name, port or transport.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameError {
    /// Not a port number.
    Port(String),
    /// Not a transport.
    Transport(String),
    /// An IP address, or a name that would be read as one.
    IpAddress(String),
    /// U-labels that IDNA refuses, or an A-label that stands for none.
    Idna(String),
    /// A sign that IDNA forbids, such as a quotation mark.
    Sign {
        /// The whole name.
        name: String,
        /// The sign.
        sign: char,
    },
    /// Digits alone, where a host is wanted.
    Number(String),
    /// A full owner name that is not quite one.
    OwnerPrefix(String),
    /// Two dots in a row, or no label at all.
    EmptyLabel(String),
    /// A label that no host name has.
    Label {
        /// The whole name.
        name: String,
        /// The label.
        label: String,
    },
    /// A label that no owner name has.
    OwnerLabel {
        /// The whole name.
        name: String,
        /// The label.
        label: String,
    },
    /// The owner of another record type.
    OtherType {
        /// The whole name.
        name: String,
        /// The label that tells.
        label: String,
    },
    /// A label longer than 63 octets.
    LabelLength {
        /// The label.
        label: String,
        /// Its octets.
        length: usize,
    },
    /// A name longer than 253 characters.
    NameLength {
        /// The name.
        name: String,
        /// Its characters, the prefix included, without the final dot.
        length: usize,
    },
    /// A full owner name with a port behind it.
    OwnerPort(String),
}

impl NameError {
    /// The stable code of the diagnostic, if it has one.
    pub fn code(&self) -> Option<&'static str> {
        matches!(self, Self::IpAddress(_)).then_some("host-ip")
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::IpAddress(_) => Some("give the name of the MX host, the one its MX record points to"),
            Self::OtherType { .. } => {
                Some("SMIMEA (RFC 8162) and OPENPGPKEY (RFC 7929) records describe mail users, not servers")
            }
            Self::Port(_) => Some("as in `-p 25,465`, or `mx.example:465` for one host"),
            Self::Number(_) => Some(
                "HOST comes before the parameters, as in `tlsagen fullchain.pem mx.example 3 1 1`; several ports go in `-p 25,587`",
            ),
            Self::OwnerPrefix(_) => Some("give the host alone and its port with -p"),
            Self::Sign { .. } => Some("type the name, or copy it from a plain text"),
            Self::Label { name, .. } if name.contains(char::is_whitespace) => {
                Some("separate several hosts with commas: a.example,b.example")
            }
            Self::OwnerPort(_) => Some("leave the port away: the name starts with it"),
            Self::Label { .. } => Some(
                "give a plain host name such as mx.example, or a full owner name such as _25._tcp.mx.example",
            ),
            _ => None,
        }
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(text) => write!(
                f,
                "'{text}' is no port: a number from 1 to 65535 without sign or leading zero (RFC 6698 section 3)"
            ),
            Self::Transport(text) => {
                write!(f, "'{text}' is no transport of RFC 6698 section 3: tcp, udp or sctp")
            }
            Self::IpAddress(text) => {
                write!(f, "'{text}' is an IP address; TLSA records belong to host names (RFC 6698 section 3)")
            }
            Self::Idna(text) => {
                write!(f, "'{}' is no internationalised host name (RFC 5890)", text.escape_debug())
            }
            Self::Sign { name, sign } => write!(
                f,
                "'{}' is no host name: '{}' (U+{:04X}) is no letter (RFC 5892 section 2)",
                name.escape_debug(),
                sign.escape_debug(),
                u32::from(*sign)
            ),
            Self::Number(text) => write!(f, "'{text}' is a number, and no host name"),
            Self::OwnerPrefix(text) => write!(
                f,
                "'{}' is no owner name of a TLSA record: _PORT._TRANSPORT.HOST, as in _25._tcp.mx.example (RFC 6698 section 3)",
                text.escape_debug()
            ),
            Self::EmptyLabel(text) if text.is_empty() => f.write_str("the host name is empty"),
            Self::EmptyLabel(text) => {
                write!(f, "'{}' has an empty label (RFC 1035 section 2.3.1)", text.escape_debug())
            }
            Self::Label { name, label } => write!(
                f,
                "'{}' is no host name: '{}' is not made of letters, digits and inner hyphens (RFC 1123 section 2.1)",
                name.escape_debug(),
                label.escape_debug()
            ),
            Self::OwnerLabel { name, label } => write!(
                f,
                "'{}' is no owner name: '{}' is not made of letters, digits, '-' and '_'",
                name.escape_debug(),
                label.escape_debug()
            ),
            Self::OtherType { name, label } => {
                write!(f, "'{name}' is the owner of another record type: {label}")
            }
            Self::LabelLength { label, length } => {
                write!(f, "label '{label}' has {length} octets, 63 are allowed (RFC 1035 section 2.3.4)")
            }
            Self::NameLength { name, length } => {
                write!(f, "'{name}' has {length} characters, 253 are allowed (RFC 1035 section 2.3.4)")
            }
            Self::OwnerPort(text) => write!(f, "'{text}' has a port behind a full owner name"),
        }
    }
}

impl std::error::Error for NameError {}
