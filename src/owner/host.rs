//! Host names in A-labels: RFC 1123 section 2.1, RFC 5890.

use std::net::IpAddr;
use std::str::FromStr;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

use super::{DomainName, NameError, NameProblem};

/// A host name in A-labels: the TLSA base domain of RFC 6698 section 3.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostName(DomainName);

impl HostName {
    /// Returns the name without its final dot, as shown in messages.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Returns the host name as a domain name.
    pub fn name(&self) -> &DomainName {
        &self.0
    }

    /// Whether the name has only one label; such a name is probably not fully qualified.
    pub fn is_single_label(&self) -> bool {
        self.0.labels().nth(1).is_none()
    }
}

impl FromStr for HostName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let absolute = text.strip_suffix('.').unwrap_or(text);
        if absolute.parse::<IpAddr>().is_ok() || absolute.starts_with('[') {
            return Err(NameError::new(text, NameProblem::IpAddress));
        }
        let ascii = to_ascii(absolute)?;
        // IDNA maps the full stops of other scripts to a dot, so the result may end with a dot. Only one final dot is
        // removed.
        let name = if absolute == text { ascii.strip_suffix('.').unwrap_or(&ascii) } else { &ascii };
        for label in name.split('.') {
            check_label(text, label)?;
            let octets = label.as_bytes();
            let ldh = octets.iter().all(|octet| octet.is_ascii_alphanumeric() || *octet == b'-');
            if !ldh || octets.first() == Some(&b'-') || octets.last() == Some(&b'-') {
                return Err(NameError::label(text, label));
            }
        }
        // A host name whose last label is a number would be parsed as an IP address (RFC 1123 section 2.1).
        if name.rsplit('.').next().is_some_and(|label| label.bytes().all(|octet| octet.is_ascii_digit())) {
            return Err(NameError::new(text, NameProblem::IpAddress));
        }
        check_length(text, name)?;
        Ok(Self(DomainName::new(name)))
    }
}

/// Converts the name to lower-case A-labels; ASCII names without A-labels need no IDNA processing.
pub(super) fn to_ascii(name: &str) -> Result<String, NameError> {
    let lower = name.to_ascii_lowercase();
    if lower.is_ascii() && !lower.split('.').any(|label| label.starts_with("xn--")) {
        return Ok(lower);
    }
    // UTS 46 allows some characters that IDNA forbids; users copy such characters from word processors and web pages.
    let is_sign = |c: char| {
        matches!(c, '\u{80}'..='\u{b6}' | '\u{b8}'..='\u{bf}' | '\u{d7}' | '\u{f7}'
            | '\u{2000}'..='\u{200b}' | '\u{200e}'..='\u{206f}')
    };
    if let Some(sign) = name.chars().find(|c| is_sign(*c)) {
        return Err(NameError::new(name, NameProblem::Sign(sign)));
    }
    Uts46::new()
        .to_ascii(name.as_bytes(), AsciiDenyList::EMPTY, Hyphens::CheckFirstLast, DnsLength::Ignore)
        .map(|ascii| ascii.into_owned())
        .map_err(|_| NameError::new(name, NameProblem::Idna))
}

pub(super) fn check_label(name: &str, label: &str) -> Result<(), NameError> {
    match label.len() {
        0 if name.is_empty() => Err(NameError::new(name, NameProblem::Empty)),
        0 => Err(NameError::new(name, NameProblem::EmptyLabel)),
        1..=63 => Ok(()),
        length => Err(NameError::new(name, NameProblem::LabelLength(length))),
    }
}

/// Checks the length of a name.
///
/// Errors: the name is longer than 255 octets in wire form, which is 253 characters without the final dot.
pub(super) fn check_length(name: &str, absolute: &str) -> Result<(), NameError> {
    match absolute.len() {
        0..=253 => Ok(()),
        length => Err(NameError::new(name, NameProblem::NameLength(length))),
    }
}
