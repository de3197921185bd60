//! Validates certification paths from an end entity to a trust anchor: RFC 5280 section 6.1.
//!
//! Clients differ in the path that they choose when a file allows several. Hence two walks: [`first()`] follows the first
//! fitting issuer, as OpenSSL does, and [`any()`] searches all paths, as GnuTLS and RFC 4158 do. Both apply the same
//! rules, those of OpenSSL.

mod any;
mod constraints;
mod first;
mod rules;

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;

use time::OffsetDateTime;

use crate::chain::{Chain, ChainError, Member};
use crate::owner::HostName;
use crate::x509::{Certificate, SignatureCheck};

pub use any::any;
pub use first::first;
pub use rules::{DEFAULT_LEVEL, POSTFIX_LEVEL, is_strong_enough};

/// The number of certificates above which a client looks for no further issuer: OpenSSL's default depth, and the end
/// entity.
pub const LONGEST: usize = 101;

/// A certificate of a path.
#[derive(Debug, Clone, Copy)]
pub enum Node<'a> {
    /// A certificate that the server sends.
    Sent(Member<'a>),
    /// A certificate of a record or of the trust store.
    Other(&'a Certificate),
}

impl<'a> Node<'a> {
    /// The certificate.
    pub fn certificate(self) -> &'a Certificate {
        match self {
            Self::Sent(member) => member.certificate(),
            Self::Other(certificate) => certificate,
        }
    }

    /// Whether both are the same certificate, octet by octet.
    fn is(self, other: Self) -> bool {
        self.certificate().der() == other.certificate().der()
    }
}

/// Writes the subject, and the line number if it is known.
impl fmt::Display for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sent(member) => member.fmt(f),
            Self::Other(certificate) => f.write_str(&certificate.called()),
        }
    }
}

/// Which certificates and keys may end a path.
pub struct Anchors<'q, 'a> {
    /// Whether a usable record of usage 2 matches this certificate.
    pub is_dane: &'q dyn Fn(&Certificate) -> bool,
    /// Whether a usable record of usage 0 matches this certificate.
    pub is_pkix: &'q dyn Fn(&Certificate) -> bool,
    /// Whether a usable record of usage 1 matches the end entity.
    pub is_end_entity: bool,

    /// Whether there are usable records of usages 0 and 1, which need a trust store.
    pub has_pkix: bool,
    /// The SubjectPublicKeyInfo of each record `2 1 0` (RFC 7671 section 5.2.2).
    pub keys: Vec<&'a [u8]>,
    /// The certificates of the records with selector 0 and matching type 0 (RFC 7671 section 5.2.1).
    pub carried: Vec<&'a Certificate>,
}

/// The question whether a client accepts the chain of an end entity.
pub struct Question<'q, 'a> {
    /// The certificates that the server sends.
    pub chain: &'a Chain,
    /// The server's own certificate.
    pub end_entity: Member<'a>,
    /// The ends of the path.
    pub anchors: Anchors<'q, 'a>,
    /// The trust store for usages 0 and 1.
    pub store: &'a [Certificate],
    /// The names of which the end entity must have one; without names, the name is not checked.
    pub names: &'q [HostName],
    /// The time at which the path must be valid.
    pub now: OffsetDateTime,
    /// The required security in bits.
    pub level: u16,
    /// The signatures that have been verified.
    pub checks: &'q Checks<'a>,
}

/// A valid path.
#[derive(Debug, Clone)]
pub struct Path<'a> {
    /// The certificates, starting with the end entity.
    pub nodes: Vec<Node<'a>>,
    /// The number of signatures between the end entity and the certificate or key that the record matches.
    pub depth: usize,
    /// The SubjectPublicKeyInfo of the bare key at which the path ends; it verified the signature of the last
    /// certificate.
    pub key: Option<&'a [u8]>,
}

/// Why a client does not accept a path.
#[derive(Debug, Clone)]
pub struct Refusal<'a> {
    /// The certificates of the path, starting with the end entity.
    pub nodes: Vec<Node<'a>>,
    /// Whether the path ends at a certificate or key that a record matches.
    pub is_anchored: bool,
    /// The reason.
    pub reason: Reason,
}

/// The reason of a [`Refusal`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// No path leads to a certificate or key that a record matches.
    NoAnchor,
    /// The path breaks a rule, which the text describes.
    Broken(String),
    /// This program does not support an algorithm in the path, which the text describes.
    Unsupported(String),
}

/// The answer of a client: a valid path, or why there is none.
///
/// The error is a limit of the search: [`ChainError::TooManyPaths`].
pub type Answer<'a> = Result<Result<Path<'a>, Refusal<'a>>, ChainError>;

/// Signatures that have been verified, for certificates that are not in the chain; the chain remembers its own.
#[derive(Debug, Default)]
pub struct Checks<'a> {
    others: RefCell<HashMap<Addresses, (&'a Certificate, SignatureCheck)>>,
}

/// The addresses of a certificate and of a key.
type Addresses = (*const Certificate, *const u8);

impl<'a> Checks<'a> {
    /// Verifies the signature of `child` with the key of `issuer`.
    fn check(&self, chain: &Chain, child: Node<'a>, issuer: Node<'a>) -> Result<SignatureCheck, ChainError> {
        match (child, issuer) {
            (Node::Sent(child), Node::Sent(issuer)) => chain.check(child, issuer),
            _ => self.check_key(chain, child, issuer.certificate().spki()),
        }
    }

    /// Returns the first of `keys` that verifies the signature of `child`; the inner error describes an algorithm that
    /// this program does not support.
    fn find_key(
        &self,
        chain: &Chain,
        child: Node<'a>,
        keys: impl Iterator<Item = &'a [u8]>,
    ) -> Result<Result<Option<&'a [u8]>, String>, ChainError> {
        let mut unsupported = None;
        for key in keys {
            match self.check_key(chain, child, key)? {
                SignatureCheck::Valid => return Ok(Ok(Some(key))),
                SignatureCheck::Invalid => {}
                SignatureCheck::Unsupported(what) => {
                    unsupported = unsupported.or(Some(format!("this program does not support {what}")));
                }
            }
        }
        Ok(unsupported.map_or(Ok(None), Err))
    }

    /// Verifies the signature of `child` with the key in the SubjectPublicKeyInfo `spki`.
    fn check_key(
        &self,
        chain: &Chain,
        child: Node<'a>,
        spki: &'a [u8],
    ) -> Result<SignatureCheck, ChainError> {
        let child = child.certificate();
        // All keys outlive this value, so an address stands for one key.
        let pair = (std::ptr::from_ref(child), spki.as_ptr());
        if let Some((_, known)) = self.others.borrow().get(&pair) {
            return Ok(known.clone());
        }
        chain.charge(child.check_cost(spki))?;
        let result = child.check_signature_by(spki);
        self.others.borrow_mut().insert(pair, (child, result.clone()));
        Ok(result)
    }
}
