//! Why a file does not give the records that were asked for, and what to do about it.

use std::fmt;

use crate::chain::{ChainError, Place};
use crate::diagnostic::{Advise, Code};
use crate::text::file_name;
use crate::tlsa::{DataError, Params};

/// Why a file does not give the records that were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenerateError {
    /// The file.
    pub file: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What keeps a set of records from being right and complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The certificates do not fit each other.
    Chain(ChainError),
    /// The association data would be no data.
    Data {
        /// The triple.
        params: Params,
        /// What is wrong with it.
        error: DataError,
    },
    /// Usages 1 and 3 need an end entity.
    NoEndEntity {
        /// The triple.
        params: Params,
    },
    /// Usages 0 and 2 need the CA above the end entity.
    NoIssuer {
        /// The triple.
        params: Params,
        /// The end entity.
        certificate: Place,
        /// The name of its issuer.
        issuer: String,
    },
    /// The end entity's issuer is there, but is not a CA.
    IssuerIsNoCa {
        /// The triple.
        params: Params,
        /// The end entity.
        certificate: Place,
    },
    /// A self-signed end entity is no trust anchor.
    EndEntityAsAnchor {
        /// The triple.
        params: Params,
        /// The end entity.
        certificate: Place,
    },
    /// A key without a certificate gives selector 1 of usages 1 and 3 only.
    KeyOnly {
        /// The triple.
        params: Params,
    },
    /// Usages 1 and 3 stand at depth 0, usages 0 and 2 above it.
    DepthOfUsage {
        /// The triple.
        params: Params,
        /// The depth.
        depth: usize,
    },
    /// The path is shorter.
    NoSuchDepth {
        /// The depth.
        depth: usize,
        /// The end entity.
        certificate: Place,
        /// The certificates above it.
        length: usize,
    },
    /// Depth counts from an end entity.
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
            Problem::Chain(_) => Some(Code::ChainGap),
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
            Problem::Chain(_) => {
                "the file is damaged, or mixes certificates of two chains: copy it again from where it was issued"
            }
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
            Problem::KeyOnly { .. } => "use 3 1 1 or 3 1 2 (1 1 1 or 1 1 2), or give the certificate",
            Problem::DepthOfUsage { .. } => {
                "0 is the end entity, 1 its issuer: usages 1 and 3 go with 0, usages 0 and 2 with 1 and above"
            }
            Problem::NoSuchDepth { .. } => "leave --depth away for every CA of the path",
            Problem::DepthWithoutEndEntity => "leave --depth away, or give fullchain.pem",
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
            Self::Data { params, error } => write!(f, "no record {params}: {error}"),
            Self::NoEndEntity { params } => write!(
                f,
                "{params} describes the server's certificate, and this file holds CAs only (RFC 7671 section 5.1)"
            ),
            Self::NoIssuer { params, certificate, .. } => write!(
                f,
                "{params} describes a CA, and this file does not hold the issuer of {certificate} (RFC 7671 section 5.2)"
            ),
            Self::IssuerIsNoCa { params, certificate } => write!(
                f,
                "{params} describes a CA, and the issuer of {certificate} in this file is none (RFC 5280 section 4.2.1.9)"
            ),
            Self::EndEntityAsAnchor { params, certificate } => write!(
                f,
                "{params} describes a CA, and {certificate} is a self-signed server certificate, which verifiers reject there (RFC 7671 section 5.2)"
            ),
            Self::KeyOnly { params } => {
                write!(
                    f,
                    "{params} needs a certificate, and this file holds a key alone (RFC 7671 section 5.1)"
                )
            }
            Self::DepthOfUsage { params, depth } => {
                let usage = params.usage;
                write!(f, "--depth {depth} does not go with usage {usage} (RFC 7671 section 5)")
            }
            Self::NoSuchDepth { depth, certificate, length } => {
                let plural = if *length == 1 { "" } else { "s" };
                write!(
                    f,
                    "no certificate at depth {depth}: the file holds {length} CA{plural} above {certificate}"
                )
            }
            Self::DepthWithoutEndEntity => {
                f.write_str("--depth counts from the end entity's certificate, and this file holds none")
            }
        }
    }
}

impl std::error::Error for GenerateError {}
