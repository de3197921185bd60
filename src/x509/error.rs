//! Errors of reading a certificate, a certification request or a public key.

use std::fmt;

/// The reason why the input is not a certificate, a certification request or a public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum X509Error {
    /// This part is missing or not DER.
    Structure(&'static str),
    /// A part with a length encoding that BER allows but DER does not.
    Ber {
        /// The name of the part.
        part: &'static str,
        /// The defect of the length encoding.
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
        /// The number of extra octets.
        octets: usize,
    },
    /// signatureAlgorithm differs from the signature field of tbsCertificate.
    SignatureAlgorithms,
    /// The signature of the certification request does not verify with the key in the request.
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
            Self::Trailing { octets } => write!(f, "extra data after the DER element (octets: {octets})"),
            Self::SignatureAlgorithms => f.write_str(
                "signatureAlgorithm and the signature field of tbsCertificate differ (RFC 5280 section 4.1.1.2)",
            ),
            Self::RequestSignature => f.write_str(
                "the signature of the request does not verify with the key in the request (RFC 2986 section 4.2)",
            ),
        }
    }
}

impl std::error::Error for X509Error {}
