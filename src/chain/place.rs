//! Line and subject of a certificate for messages, and the errors of a certification path.

use std::fmt;

use crate::input::Located;

/// Line and subject of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The line of the BEGIN marker, counted from 1; `None` for DER.
    pub line: Option<usize>,
    /// The subject (RFC 4514), or the first DNS name if the subject is empty.
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

/// An error in a certification path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChainError {
    /// The signature does not verify with the key of any candidate issuer.
    Damaged {
        /// The certificate.
        certificate: Place,
        /// The candidate issuers: certificates with the issuer's name or key identifier.
        issuers: Vec<Place>,
    },
    /// The key of `issuer` signed `certificate`, but `certificate` names another issuer.
    OtherName {
        /// The certificate.
        certificate: Place,
        /// The certificate whose key verifies the signature.
        issuer: Place,
    },
    /// The certificate has too many candidate issuers.
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
                    "{subject} has too many candidate issuers: {count} certificates have the issuer's name or key identifier"
                )
            }
        }
    }
}

impl std::error::Error for ChainError {}
