//! Domain names as the DNS compares them: RFC 1034 section 3.1, RFC 4343.

use std::borrow::Borrow;
use std::fmt;

/// An absolute domain name in lower case; every host, owner and origin is one. Printed with its final dot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName(String);

impl DomainName {
    /// The name that `text` spells, with or without its final dot; the root is `.`, or empty.
    ///
    /// It is not checked: escapes stay as they are.
    pub fn new(text: &str) -> Self {
        Self(text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase())
    }

    /// Without its final dot, as messages name hosts; the root is empty.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Its labels, the first one first; none of the root.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.0.split('.').filter(|label| !label.is_empty())
    }

    /// The wildcard that stands in for it where it does not exist (RFC 4592); `None` of the root.
    pub fn wildcard(&self) -> Option<Self> {
        let (_, above) = self.0.split_once('.').unwrap_or((&self.0, ""));
        (!self.is_root()).then(|| Self(format!("*.{above}").trim_end_matches('.').to_owned()))
    }

    /// The part below `origin`, without a final dot; `@` for the origin itself. `None` for other names.
    pub fn relative_to(&self, origin: &Self) -> Option<&str> {
        match self.0.strip_suffix(origin.as_str()) {
            Some("") => Some("@"),
            Some(below) if origin.is_root() => Some(below),
            Some(below) => below.strip_suffix('.'),
            None => None,
        }
    }
}

/// By its text without the final dot, which its hash is of too.
impl Borrow<str> for DomainName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.", self.0)
    }
}
