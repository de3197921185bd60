//! Why octets are no certificate, request or public key.

use std::fmt;

/// Why octets are no certificate, request or public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum X509Error {
    /// This part is missing or not DER.
    Structure(&'static str),
    /// A part with a length that BER allows and DER does not.
    Ber {
        /// The part.
        part: &'static str,
        /// What is wrong with its length.
        form: &'static str,
    },
    /// This part holds more than belongs there.
    Superfluous(&'static str),
    /// This BIT STRING is not made of whole octets.
    UnusedBits(&'static str),
    /// This part stands there twice.
    Repeated(&'static str),
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
            Self::Ber { part, form } => {
                write!(f, "{part} has {form}: that is BER, and a certificate is DER (RFC 5280 section 4.1)")
            }
            Self::Superfluous(part) => {
                write!(f, "{part} holds more than belongs there (RFC 5280 section 4.1)")
            }
            Self::UnusedBits(part) => write!(f, "{part} is not made of whole octets (RFC 5280 section 4.1)"),
            Self::Repeated(part) => write!(f, "{part} stands there twice (RFC 5280 section 4.2)"),
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
