//! Why octets are no certificate, request or public key.

use std::fmt;

/// Why octets are no certificate, request or public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum X509Error {
    /// This part is missing or not DER.
    Structure(&'static str),
    /// Octets behind the element.
    Trailing {
        /// Their number.
        octets: usize,
    },
    /// signatureAlgorithm differs from the signed copy of itself.
    SignatureAlgorithms,
    /// The request's own signature does not verify.
    RequestSignature,
}

impl fmt::Display for X509Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Structure(part) => write!(f, "cannot read {part} (RFC 5280 section 4.1)"),
            Self::Trailing { octets } => write!(f, "other octets follow the DER element: {octets}"),
            Self::SignatureAlgorithms => f.write_str(
                "the two signature algorithms of the certificate differ (RFC 5280 section 4.1.1.2)",
            ),
            Self::RequestSignature => {
                f.write_str("the request's signature does not fit its key (RFC 2986 section 4.2)")
            }
        }
    }
}

impl std::error::Error for X509Error {}
