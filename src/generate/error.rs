//! Errors that prevent the generation of the requested records from a file, with hints.

use std::fmt;

use crate::chain::{ChainError, Place};
use crate::diagnostic::{Advise, Code};
use crate::input::InputError;
use crate::text::file_name;
use crate::tlsa::{DataError, Params};

/// A file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MaterialError {
    /// The contents cannot be read.
    Input(InputError),
    /// The certificates allow too many paths.
    Chain(ChainError),
    /// A private key beside end entities belongs to none of them.
    KeyMismatch {
        /// Line of BEGIN, counted from 1; `None` for DER.
        line: Option<usize>,
    },
}

impl From<InputError> for MaterialError {
    fn from(error: InputError) -> Self {
        Self::Input(error)
    }
}

impl From<ChainError> for MaterialError {
    fn from(error: ChainError) -> Self {
        Self::Chain(error)
    }
}

impl Advise for MaterialError {
    fn code(&self) -> Option<Code> {
        match self {
            Self::Input(error) => error.code(),
            Self::Chain(error) => error.code(),
            Self::KeyMismatch { .. } => Some(Code::KeyMismatch),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Input(error) => error.hint(),
            Self::Chain(error) => error.hint(),
            Self::KeyMismatch { .. } => {
                Some("put the key of the certificate into the file, or remove this key".to_owned())
            }
        }
    }
}

impl fmt::Display for MaterialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(error) => error.fmt(f),
            Self::Chain(error) => error.fmt(f),
            Self::KeyMismatch { line } => {
                if let Some(line) = line {
                    write!(f, "line {line}: ")?;
                }
                f.write_str("this private key belongs to none of the server certificates in the file")
            }
        }
    }
}

impl std::error::Error for MaterialError {}

/// The reason why the requested records cannot be generated from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenerateError {
    /// The file.
    pub file: String,
    /// The problem with the file.
    pub problem: Problem,
}

/// A problem that would make the records wrong or incomplete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The certificates do not form a certification path.
    Chain(ChainError),
    /// The association data is invalid.
    Data {
        /// The usage, selector and matching type.
        params: Params,
        /// The error in the data.
        error: DataError,
    },
    /// Usages 1 and 3 need an end entity, and the file has none.
    NoEndEntity {
        /// The usage, selector and matching type.
        params: Params,
    },
    /// Usages 0 and 2 need the issuer of the end entity, and the file does not contain this issuer.
    NoIssuer {
        /// The usage, selector and matching type.
        params: Params,
        /// The end entity.
        certificate: Place,
        /// The issuer's name.
        issuer: String,
    },
    /// The issuer of the end entity is in the file, but is not a CA.
    IssuerIsNoCa {
        /// The usage, selector and matching type.
        params: Params,
        /// The end entity.
        certificate: Place,
    },
    /// A self-signed end entity cannot be a trust anchor.
    EndEntityAsAnchor {
        /// The usage, selector and matching type.
        params: Params,
        /// The end entity.
        certificate: Place,
    },
    /// A bare key can be described only by usages 1 and 3 with selector 1.
    KeyOnly {
        /// The usage, selector and matching type.
        params: Params,
    },
    /// Usages 1 and 3 describe depth 0, usages 0 and 2 describe depth 1 and above.
    DepthOfUsage {
        /// The usage, selector and matching type.
        params: Params,
        /// The depth.
        depth: usize,
    },
    /// The path has no certificate at this depth.
    NoSuchDepth {
        /// The depth.
        depth: usize,
        /// The end entity.
        certificate: Place,
        /// The number of certificates above the end entity.
        length: usize,
    },
    /// Depths are counted from an end entity, and the file has none.
    DepthWithoutEndEntity,
}

impl From<ChainError> for Problem {
    fn from(error: ChainError) -> Self {
        Self::Chain(error)
    }
}

impl Advise for GenerateError {
    fn code(&self) -> Option<Code> {
        match &self.problem {
            Problem::Chain(error) => error.code(),
            Problem::Data { error: DataError::Nothing, .. } => Some(Code::InputEmpty),
            Problem::Data { .. } => Some(Code::Mtype0),
            Problem::NoEndEntity { .. } => Some(Code::EeNoLeaf),
            Problem::NoIssuer { .. } | Problem::IssuerIsNoCa { .. } => Some(Code::TaNoCa),
            Problem::EndEntityAsAnchor { .. } => Some(Code::TaLeaf),
            Problem::KeyOnly { .. } => Some(Code::KeyOnly),
            Problem::DepthOfUsage { .. } | Problem::NoSuchDepth { .. } | Problem::DepthWithoutEndEntity => {
                None
            }
        }
    }

    fn hint(&self) -> Option<String> {
        let text = match &self.problem {
            Problem::Chain(error) => return error.hint(),
            Problem::Data { error: DataError::TooLong { .. }, .. } => {
                "use matching type 1, the SHA-256 digest"
            }
            Problem::Data { .. } => return None,
            Problem::NoEndEntity { .. } => {
                "give the file that starts with the server's certificate, such as fullchain.pem"
            }
            Problem::NoIssuer { issuer, .. } => {
                return Some(format!("the issuer {issuer} is missing: give fullchain.pem, or use 3 1 1"));
            }
            Problem::IssuerIsNoCa { .. } => "use 3 1 1, or a certificate that a CA has issued",
            Problem::EndEntityAsAnchor { .. } => "use 3 1 1: usage 3 describes the server's own certificate",
            Problem::KeyOnly { .. } => "use 3 1 1, 3 1 2, 1 1 1 or 1 1 2, or give the certificate",
            Problem::DepthOfUsage { .. } => {
                "depth 0 is the server's certificate, depth 1 is its issuer: use --depth 0 with usages 1 and 3, and --depth 1 or higher with usages 0 and 2"
            }
            Problem::NoSuchDepth { .. } => "omit --depth to get every CA of the path",
            Problem::DepthWithoutEndEntity => "omit --depth, or give fullchain.pem",
        };
        Some(text.to_owned())
    }
}

impl fmt::Display for GenerateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", file_name(&self.file), self.problem)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chain(error) => error.fmt(f),
            Self::Data { params, error } => write!(f, "cannot make a {params} record: {error}"),
            Self::NoEndEntity { params } => write!(
                f,
                "a {params} record describes the server's certificate, but this file contains only CA certificates (RFC 7671 section 5.1)"
            ),
            Self::NoIssuer { params, certificate, .. } => write!(
                f,
                "a {params} record describes a CA, but this file does not contain the issuer of {certificate} (RFC 7671 section 5.2)"
            ),
            Self::IssuerIsNoCa { params, certificate } => write!(
                f,
                "a {params} record describes a CA, but the issuer of {certificate} in this file is not a CA (RFC 5280 section 4.2.1.9)"
            ),
            Self::EndEntityAsAnchor { params, certificate } => write!(
                f,
                "a {params} record describes a CA, but {certificate} is a self-signed server certificate, which clients reject as a CA (RFC 7671 section 5.2)"
            ),
            Self::KeyOnly { params } => {
                write!(
                    f,
                    "a {params} record needs a certificate, but this file contains only a key (RFC 7671 section 5.1)"
                )
            }
            Self::DepthOfUsage { params, depth } => {
                let usage = params.usage;
                write!(f, "--depth {depth} cannot be used with usage {usage} (RFC 7671 section 5)")
            }
            Self::NoSuchDepth { depth, certificate, length } => {
                let plural = if *length == 1 { "" } else { "s" };
                write!(
                    f,
                    "no certificate at depth {depth}: the file contains {length} CA{plural} above {certificate}"
                )
            }
            Self::DepthWithoutEndEntity => f.write_str(
                "--depth counts from the server's certificate, but this file contains no server certificate",
            ),
        }
    }
}

impl std::error::Error for GenerateError {}
