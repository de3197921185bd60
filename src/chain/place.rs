//! The name of a certificate in messages, and the errors of a path.

use std::fmt;

use crate::input::Located;

/// Line and subject of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The line of its BEGIN marker, counted from 1; `None` for DER.
    pub line: Option<usize>,
    /// The subject (RFC 4514), or the first DNS name of a certificate without one.
    pub subject: String,
}

impl Place {
    pub(super) fn of(at: &Located) -> Self {
        Self { line: at.line, subject: at.certificate.called() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{} (line {line})", self.subject),
            None => f.write_str(&self.subject),
        }
    }
}

/// Why the certificates form no path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChainError {
    /// No certificate with the name or key identifier of the issuer signed it.
    Damaged {
        /// The certificate.
        certificate: Place,
        /// The certificates with the name or key identifier of its issuer.
        issuers: Vec<Place>,
    },
    /// Another certificate's key signed it, but it names another issuer.
    OtherName {
        /// The certificate.
        certificate: Place,
        /// The certificate with that key.
        issuer: Place,
    },
    /// It has more candidate issuers than are tried.
    TooMany {
        /// The certificate.
        certificate: Place,
        /// The number of candidate issuers.
        count: usize,
    },
}

impl fmt::Display for ChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Damaged { certificate, .. }
        | Self::OtherName { certificate, .. }
        | Self::TooMany { certificate, .. }) = self;
        if let Some(line) = certificate.line {
            write!(f, "line {line}: ")?;
        }
        let subject = &certificate.subject;
        match self {
            Self::Damaged { issuers, .. } => {
                let issuers: Vec<String> = issuers.iter().take(3).map(Place::to_string).collect();
                let issuers = issuers.join(" or ");
                write!(
                    f,
                    "the signature of {subject} does not verify with the key of {issuers} (RFC 5280 section 4.1.1.3)"
                )
            }
            Self::OtherName { issuer, .. } => {
                write!(
                    f,
                    "{issuer} signed {subject}, but {subject} names another issuer (RFC 5280 section 6.1.3)"
                )
            }
            Self::TooMany { count, .. } => {
                write!(
                    f,
                    "too many candidate issuers of {subject}: {count} certificates have the name or key identifier of its issuer"
                )
            }
        }
    }
}

impl std::error::Error for ChainError {}
