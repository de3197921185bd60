//! Domain names, compared without regard to case: RFC 1034 section 3.1, RFC 4343.

use std::borrow::Borrow;
use std::fmt;

/// An absolute domain name in lower case; `Display` writes the final dot. Host names, owners and origins contain this
/// type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName(String);

impl DomainName {
    /// Converts `text`, with or without a final dot, to a name; the root is `.` or empty.
    ///
    /// Does not check the text and does not decode escapes.
    pub fn new(text: &str) -> Self {
        Self(text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase())
    }

    /// Returns the name without its final dot, as shown in messages; the root is empty.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the name is the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the labels from left to right, without the root label.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.0.split('.').filter(|label| !label.is_empty())
    }

    /// Returns the wildcard `*.parent`, which may apply if this name does not exist (RFC 4592); `None` for the root.
    pub fn wildcard(&self) -> Option<Self> {
        let (_, above) = self.0.split_once('.').unwrap_or((&self.0, ""));
        (!self.is_root()).then(|| Self(format!("*.{above}").trim_end_matches('.').to_owned()))
    }

    /// Returns the name relative to `origin`, without a final dot; `@` for the origin itself; `None` if the name is not
    /// below `origin`.
    pub fn relative_to(&self, origin: &Self) -> Option<&str> {
        match self.0.strip_suffix(origin.as_str()) {
            Some("") => Some("@"),
            Some(below) if origin.is_root() => Some(below),
            Some(below) => below.strip_suffix('.'),
            None => None,
        }
    }
}

/// Borrows the text without the final dot; the hash is computed from the same text, as `Borrow` requires.
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
