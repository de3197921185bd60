//! A certificate of a chain, and its distance from an end entity: RFC 5280 section 6.1.

use std::fmt;
use std::hash::{Hash, Hasher};

use super::{Chain, ChainError, Place, Role};
use crate::input::Located;
use crate::owner::HostName;
use crate::x509::Certificate;

/// One certificate of a chain.
#[derive(Debug, Clone, Copy)]
pub struct Member<'c> {
    chain: &'c Chain,
    index: usize,
    located: &'c Located,
}

impl<'c> Member<'c> {
    pub(super) fn new(chain: &'c Chain, index: usize, located: &'c Located) -> Self {
        Self { chain, index, located }
    }

    /// The index of the certificate in the chain.
    pub(super) fn index(self) -> usize {
        self.index
    }

    /// The certificate.
    pub fn certificate(self) -> &'c Certificate {
        &self.located.certificate
    }

    /// The line of the BEGIN marker, counted from 1; `None` for DER and for certificates that a server sent.
    pub fn line(self) -> Option<usize> {
        self.located.line
    }

    /// Whether the certificate is a CA.
    pub fn is_ca(self) -> bool {
        self.chain.role(self.index) == Some(Role::Ca)
    }

    /// Whether the certificate is an end entity.
    pub fn is_end_entity(self) -> bool {
        self.chain.role(self.index) == Some(Role::EndEntity)
    }

    /// Whether the certificate names `host`, as [`Certificate::names_host`] tells.
    pub fn names_host(self, host: &HostName) -> bool {
        let names_all = self.chain.named.get(self.index) == Some(&self.chain.hosts.len());
        names_all && self.chain.hosts.contains(host) || self.certificate().names_host(host)
    }

    /// Whether issuer name and subject name are equal (RFC 5280 section 7.1).
    pub(super) fn is_self_issued(self) -> bool {
        self.chain.issuers.is_self_issued(self.index)
    }

    /// Whether the file contains a candidate issuer: a certificate with the issuer's name or key identifier.
    pub fn has_issuer(self) -> bool {
        self.chain.has_candidates(self)
    }

    /// Verifies the certificate's signature, if the file contains a candidate issuer.
    ///
    /// Errors: the file is damaged or contains parts of two chains.
    pub fn confirm(self) -> Result<(), ChainError> {
        self.chain.confirm(self)
    }

    /// Returns the certification path of this certificate: the CAs above it, nearest first, up to depth `deepest`. Only
    /// verified signatures are followed.
    ///
    /// Errors: the file is damaged or contains parts of two chains.
    pub fn path(self, deepest: Option<usize>) -> Result<Vec<Link<'c>>, ChainError> {
        let (links, damage) = self.path_up_to_damage(deepest);
        damage.map_or(Ok(links), Err)
    }

    /// Returns the path up to the first signature that does not verify, and the error for that signature.
    pub fn path_up_to_damage(self, deepest: Option<usize>) -> (Vec<Link<'c>>, Option<ChainError>) {
        if !self.has_issuer() {
            return (Vec::new(), None);
        }
        let (above, damage) = self.chain.climb(vec![(self, 0)], deepest);
        let link = |(member, depth)| Link { member, depth: Some(depth) };
        (above.into_iter().map(link).collect(), damage)
    }

    /// Returns the line and subject, for messages.
    pub fn place(self) -> Place {
        Place::of(self.located)
    }
}

/// Two members are equal if they are the same certificate of the same chain.
impl PartialEq for Member<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.located, other.located)
    }
}

impl Eq for Member<'_> {}

impl Hash for Member<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::from_ref(self.located).hash(state);
    }
}

/// Writes the subject, and the line number if it is known.
impl fmt::Display for Member<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place().fmt(f)
    }
}

/// A certificate, and its distance from an end entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Link<'c> {
    /// The certificate.
    pub member: Member<'c>,
    /// Number of signatures between the certificate and the end entity: 0 for the end entity. `None` if no end entity
    /// of the file has a path to the certificate.
    pub depth: Option<usize>,
}
