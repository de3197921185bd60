//! What certificates are called in messages, and what is wrong between them.

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

/// Why certificates give no path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChainError {
    /// None of the issuers that a certificate names signed it.
    Damaged {
        /// The certificate.
        certificate: Place,
        /// Those with the name or key identifier of its issuer.
        issuers: Vec<Place>,
    },
    /// The key of another certificate signed it, but it gives another name for its issuer.
    OtherName {
        /// The certificate.
        certificate: Place,
        /// The one with that key.
        issuer: Place,
    },
    /// More certificates could be its issuer than are tried.
    TooMany {
        /// The certificate.
        certificate: Place,
        /// Their number.
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
                    "{issuer} signed {subject}, which gives another name for its issuer (RFC 5280 section 6.1.3)"
                )
            }
            Self::TooMany { count, .. } => {
                write!(
                    f,
                    "{count} certificates have the name or key identifier of the issuer of {subject}, too many to try"
                )
            }
        }
    }
}

impl std::error::Error for ChainError {}
