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
        let mut subject = at.certificate.subject();
        if subject.is_empty() {
            let name = at.certificate.dns_names().into_iter().next();
            subject = name
                .map_or("a certificate without a subject".to_owned(), |name| crate::x509::printable(&name));
        }
        Self { line: at.line, subject }
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
}

impl fmt::Display for ChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Damaged { certificate, issuers } = self;
        if let Some(line) = certificate.line {
            write!(f, "line {line}: ")?;
        }
        let issuers: Vec<String> = issuers.iter().take(3).map(Place::to_string).collect();
        write!(
            f,
            "the signature of {} does not verify with the key of {} (RFC 5280 section 4.1.1.3)",
            certificate.subject,
            issuers.join(" or ")
        )
    }
}

impl std::error::Error for ChainError {}
