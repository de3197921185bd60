//! Line and subject of a certificate for messages, and the errors of a certification path.

use std::fmt;

use crate::diagnostic::{Advise, Code};
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
    /// The certificates allow more paths than the program searches.
    TooManyPaths,
}

impl fmt::Display for ChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at =
            |certificate: &Place| certificate.line.map(|line| format!("line {line}: ")).unwrap_or_default();
        match self {
            Self::Damaged { certificate, issuers } => {
                let issuers: Vec<String> = issuers.iter().take(3).map(Place::to_string).collect();
                write!(
                    f,
                    "{}the signature of {} does not verify with the key of {} (RFC 5280 section 4.1.1.3)",
                    at(certificate),
                    certificate.subject,
                    issuers.join(" or ")
                )
            }
            Self::OtherName { certificate, issuer } => {
                let subject = &certificate.subject;
                write!(
                    f,
                    "{}{issuer} signed {subject}, but {subject} names another issuer (RFC 5280 section 6.1.3)",
                    at(certificate)
                )
            }
            Self::TooManyPaths => f.write_str(
                "too many certification paths: the search is limited to the work of 33,000 ECDSA P-256 signature checks",
            ),
        }
    }
}

impl std::error::Error for ChainError {}

impl Advise for ChainError {
    fn code(&self) -> Option<Code> {
        (*self != Self::TooManyPaths).then_some(Code::ChainGap)
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::TooManyPaths => {
                "give a file with only the certificates that the server sends, such as fullchain.pem".to_owned()
            }
            _ => "the file is damaged or contains parts of two chains: copy it from the ACME client or the CA again"
                .to_owned(),
        })
    }
}
