//! Why octets are not a certificate, request or public key.

use std::fmt;

/// Why octets are not a certificate, request or public key.
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
    /// This part contains extra data.
    Superfluous(&'static str),
    /// This BIT STRING has unused bits.
    UnusedBits(&'static str),
    /// This part occurs twice.
    Repeated(&'static str),
    /// Extra octets after the element.
    Trailing {
        /// Their number.
        octets: usize,
    },
    /// signatureAlgorithm differs from the signature field of tbsCertificate.
    SignatureAlgorithms,
    /// The request's own signature does not verify.
    RequestSignature,
}

impl fmt::Display for X509Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Structure(part) => write!(f, "cannot read {part} (RFC 5280 section 4.1)"),
            Self::Ber { part, form } => {
                write!(
                    f,
                    "{part} has {form}: this is BER, but certificates must be DER (RFC 5280 section 4.1)"
                )
            }
            Self::Superfluous(part) => {
                write!(f, "{part} contains extra data (RFC 5280 section 4.1)")
            }
            Self::UnusedBits(part) => {
                write!(f, "{part} is not a whole number of octets (RFC 5280 section 4.1)")
            }
            Self::Repeated(part) => write!(f, "{part} occurs twice (RFC 5280 section 4.2)"),
            Self::Trailing { octets } => write!(f, "extra octets follow the DER element: {octets}"),
            Self::SignatureAlgorithms => f.write_str(
                "the two signature algorithms of the certificate differ (RFC 5280 section 4.1.1.2)",
            ),
            Self::RequestSignature => {
                f.write_str("the request's signature does not verify with its key (RFC 2986 section 4.2)")
            }
        }
    }
}

impl std::error::Error for X509Error {}
