//! Certificates to end entities and their paths, by issuer, key identifier and signature: RFC 5280 section 6.
//!
//! Nothing depends on the order of the file. Only the links that a caller asks for are verified,
//! each once: a hook that wants one record should not pay for the signatures above it.

mod issuers;
mod place;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{Hash, Hasher};

use crate::input::Located;
use crate::owner::HostName;
use crate::x509::{Certificate, SignatureCheck};

use issuers::Issuers;
pub use place::{ChainError, Place};

/// Place of a certificate among those of its [`Chain`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Index(usize);

/// A CA above an end entity; its depth is 1 for the end entity's issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Which certificate.
    pub index: Index,
    /// Links between it and the end entity.
    pub depth: usize,
}

/// The certificates of a file, each once, with what they are to each other.
#[derive(Debug)]
pub struct Chain {
    certificates: Vec<Located>,
    is_ca: Vec<bool>,
    issuers: Issuers,
    repeated: Vec<Located>,
    checked: RefCell<HashMap<(usize, usize), SignatureCheck>>,
}

impl Chain {
    /// Sorts certificates into CAs and end entities.
    pub fn new(certificates: Vec<Located>) -> Self {
        let (certificates, repeated) = without_repetitions(certificates);
        let issuers = Issuers::among(&certificates);
        let is_ca = vec![false; certificates.len()];
        let checked = RefCell::default();
        let mut chain = Self { certificates, is_ca, issuers, repeated, checked };
        chain.is_ca = chain.find_cas();
        chain
    }

    /// A chain as a server sent it: whatever its first certificate says of itself, it is the server's own, and
    /// the others stand above it.
    pub fn served(certificates: Vec<Located>) -> Self {
        let mut chain = Self::new(certificates);
        for (index, is_ca) in chain.is_ca.iter_mut().enumerate() {
            *is_ca = index > 0;
        }
        chain
    }

    /// CA:TRUE, or without basicConstraints (as in version 1) a key that signed another certificate here. What
    /// signed nothing here but itself may as well be a server's own: `openssl req -x509` marks that as a CA too.
    fn find_cas(&self) -> Vec<bool> {
        let issued = self.issuers.wanted_by(|child| !self.is_self_issued(child), self.certificates.len());
        let mut is_ca: Vec<bool> = (self.certificates.iter().zip(&issued))
            .map(|(Located { certificate, .. }, issued)| match certificate.basic_constraints_ca() {
                Some(true) if certificate.is_self_issued() && !issued => is_lone_ca(certificate),
                says => says == Some(true),
            })
            .collect();
        let says =
            |index: usize| self.certificates.get(index).and_then(|at| at.certificate.basic_constraints_ca());
        if !(0..self.certificates.len())
            .any(|index| says(index).is_none() && issued.get(index) == Some(&true))
        {
            return is_ca;
        }
        for child in (0..self.certificates.len()).filter(|child| !self.is_self_issued(*child)) {
            for issuer in self.candidates(child).into_iter().take(MOST_CANDIDATES) {
                let undecided = issuer != child && says(issuer).is_none();
                if let Some(is_ca) = is_ca.get_mut(issuer).filter(|is_ca| undecided && !**is_ca) {
                    *is_ca = self.check(child, issuer) != SignatureCheck::Invalid;
                }
            }
        }
        is_ca
    }

    fn is_self_issued(&self, index: usize) -> bool {
        self.certificates.get(index).is_some_and(|at| at.certificate.is_self_issued())
    }

    /// Those that have the key identifier or the name that `child` asks for, the likeliest first.
    fn candidates(&self, child: usize) -> Vec<usize> {
        let Some(Located { certificate, .. }) = self.certificates.get(child) else { return Vec::new() };
        let (by_key_id, by_name) = self.issuers.of(child);
        let mut candidates = by_key_id.to_vec();
        // Both lists are in file order.
        candidates.extend(by_name.iter().filter(|index| by_key_id.binary_search(index).is_err()));
        // A self-signed certificate among its namesakes is its own likeliest issuer.
        if certificate.is_self_issued()
            && let Some(place) = candidates.iter().position(|candidate| *candidate == child)
        {
            candidates.swap(0, place);
        }
        candidates
    }

    fn check(&self, child: usize, issuer: usize) -> SignatureCheck {
        if let Some(known) = self.checked.borrow().get(&(child, issuer)) {
            return known.clone();
        }
        let pair = self.certificates.get(child).zip(self.certificates.get(issuer));
        let result = pair.map_or(SignatureCheck::Invalid, |(child, issuer)| {
            child.certificate.check_signature(&issuer.certificate)
        });
        self.checked.borrow_mut().insert((child, issuer), result.clone());
        result
    }

    /// The issuers of `child` whose keys verify its signature, or that the verifier cannot tell about.
    ///
    /// Errors: there are candidates, and none of them signed it, or the one that did has another name.
    fn issuers(&self, child: usize) -> Result<Vec<usize>, ChainError> {
        let candidates = self.few_candidates(child)?;
        let with = |wanted: fn(&SignatureCheck) -> bool| -> Vec<usize> {
            candidates.iter().copied().filter(|issuer| wanted(&self.check(child, *issuer))).collect()
        };
        let mut found = with(|check| *check == SignatureCheck::Valid);
        if found.is_empty() && !candidates.is_empty() {
            found = with(|check| matches!(check, SignatureCheck::Unsupported(_)));
            if found.is_empty() {
                return Err(self.damaged(child, &candidates));
            }
        }
        let named: Vec<usize> =
            found.iter().copied().filter(|issuer| self.is_named(child, *issuer)).collect();
        match (found.first(), named.is_empty()) {
            (Some(other), true) => Err(ChainError::OtherName {
                certificate: self.place(Index(child)),
                issuer: self.place(Index(*other)),
            }),
            _ => Ok(named),
        }
    }

    /// Whether `child` gives the name of `issuer` for its issuer (RFC 5280 section 6.1.3).
    fn is_named(&self, child: usize, issuer: usize) -> bool {
        let pair = self.certificates.get(child).zip(self.certificates.get(issuer));
        pair.is_some_and(|(child, issuer)| child.certificate.names_issuer(&issuer.certificate))
    }

    /// The candidates, if one can try them all.
    fn few_candidates(&self, child: usize) -> Result<Vec<usize>, ChainError> {
        let candidates = self.candidates(child);
        match candidates.len() {
            0..=MOST_CANDIDATES => Ok(candidates),
            count => Err(ChainError::TooMany { certificate: self.place(Index(child)), count }),
        }
    }

    /// Verifies the certificate's own signature, as far as its issuer is in the file.
    ///
    /// Errors: the file is damaged or mixed up.
    pub fn confirm(&self, index: Index) -> Result<(), ChainError> {
        if self.is_self_issued(index.0) && self.check(index.0, index.0) == SignatureCheck::Valid {
            return Ok(());
        }
        let candidates = self.few_candidates(index.0)?;
        let mut unsupported = candidates.is_empty();
        for issuer in &candidates {
            match self.check(index.0, *issuer) {
                SignatureCheck::Valid => return Ok(()),
                SignatureCheck::Unsupported(_) => unsupported = true,
                SignatureCheck::Invalid => {}
            }
        }
        if unsupported { Ok(()) } else { Err(self.damaged(index.0, &candidates)) }
    }

    fn damaged(&self, child: usize, candidates: &[usize]) -> ChainError {
        let place = |index: usize| self.certificates.get(index).map(Place::of);
        ChainError::Damaged {
            certificate: place(child).unwrap_or_default(),
            issuers: candidates.iter().filter_map(|issuer| place(*issuer)).collect(),
        }
    }

    /// The CAs above `start`, nearest first, up to `deepest` links away; all links up to there are verified.
    ///
    /// Errors: the file is damaged or mixed up.
    pub fn path(&self, start: Index, deepest: Option<usize>) -> Result<Vec<Step>, ChainError> {
        self.climb(vec![Step { index: start, depth: 0 }], deepest)
    }

    /// The CAs of a file without end entities: those that issued nothing here first, then their issuers.
    ///
    /// Errors: the file is damaged or mixed up.
    pub fn path_of_cas(&self) -> Result<Vec<Step>, ChainError> {
        let mut issuing = HashSet::new();
        for child in 0..self.certificates.len() {
            issuing.extend(self.issuers(child)?.into_iter().filter(|issuer| *issuer != child));
        }
        let everyone = || (0..self.certificates.len()).map(Index);
        let lowest = everyone().filter(|index| !issuing.contains(&index.0));
        let lowest: Vec<Step> = lowest.map(|index| Step { index, depth: 1 }).collect();
        let mut steps = lowest.clone();
        steps.extend(self.climb(lowest, None)?);
        // CAs that certify each other in a circle have no lowest one.
        for index in everyone() {
            if !steps.iter().any(|step| step.index == index) {
                steps.push(Step { index, depth: 1 });
            }
        }
        Ok(steps)
    }

    fn climb(&self, starts: Vec<Step>, deepest: Option<usize>) -> Result<Vec<Step>, ChainError> {
        let mut seen: HashSet<usize> = starts.iter().map(|step| step.index.0).collect();
        let mut waiting = VecDeque::from(starts);
        let mut steps = Vec::new();
        while let Some(step) = waiting.pop_front() {
            if deepest.is_some_and(|deepest| step.depth >= deepest) {
                self.confirm(step.index)?;
                continue;
            }
            for issuer in self.issuers(step.index.0)? {
                if self.is_ca(Index(issuer)) && seen.insert(issuer) {
                    let above = Step { index: Index(issuer), depth: step.depth + 1 };
                    steps.push(above);
                    waiting.push_back(above);
                }
            }
        }
        Ok(steps)
    }

    /// The certificate at `index`.
    pub fn certificate(&self, index: Index) -> Option<&Certificate> {
        self.certificates.get(index.0).map(|at| &at.certificate)
    }

    /// Where it stands and what it is called.
    pub fn place(&self, index: Index) -> Place {
        self.certificates.get(index.0).map(Place::of).unwrap_or_default()
    }

    /// All certificates in file order, each once.
    pub fn indices(&self) -> impl Iterator<Item = Index> + use<> {
        (0..self.certificates.len()).map(Index)
    }

    /// Every certificate that is no CA, in file order.
    pub fn end_entities(&self) -> Vec<Index> {
        self.indices().filter(|index| !self.is_ca(*index)).collect()
    }

    /// Whether there is a certificate that is no CA.
    pub fn has_end_entity(&self) -> bool {
        self.is_ca.contains(&false)
    }

    /// Whether it is a CA.
    pub fn is_ca(&self, index: Index) -> bool {
        self.is_ca.get(index.0).copied().unwrap_or(false)
    }

    /// Whether the file holds a certificate with the name or key identifier of its issuer.
    pub fn has_issuer(&self, index: Index) -> bool {
        let (by_key_id, by_name) = self.issuers.of(index.0);
        !by_key_id.is_empty() || !by_name.is_empty()
    }

    /// What stands in the file a second time, but for CAs that end the chain of another end entity.
    pub fn repeated_in_vain(&self) -> Vec<Place> {
        let several = self.is_ca.iter().filter(|is_ca| !**is_ca).nth(1).is_some();
        let shared = |at: &&Located| several && at.certificate.basic_constraints_ca() == Some(true);
        self.repeated.iter().filter(|at| !shared(at)).map(Place::of).collect()
    }

    /// CAs that by name and key identifier are on no path of an end entity.
    pub fn strays(&self) -> Vec<Index> {
        let end_entities: Vec<usize> = self.end_entities().iter().map(|index| index.0).collect();
        if end_entities.is_empty() {
            return Vec::new();
        }
        let above = self.issuers.above(&end_entities, self.certificates.len());
        self.indices().filter(|index| above.get(index.0) == Some(&false)).collect()
    }

    /// The first certificate that stands behind all its issuers, with one of them.
    pub fn out_of_order(&self) -> Option<(Place, Place)> {
        self.indices().find_map(|child| {
            let (by_key_id, by_name) = self.issuers.of(child.0);
            // Both lists are in file order.
            let last = by_key_id.last().max(by_name.last()).copied()?;
            let wrong = last < child.0 && !self.is_repeated_behind(child.0, last);
            wrong.then(|| (self.place(child), self.place(Index(last))))
        })
    }

    /// Whether the issuer stands in the file once more, behind `child`: a file of several chains is not out of order.
    fn is_repeated_behind(&self, child: usize, issuer: usize) -> bool {
        let pair = self.certificates.get(child).zip(self.certificates.get(issuer));
        pair.is_some_and(|(child, issuer)| {
            let again = |at: &Located| at.certificate.der() == issuer.certificate.der();
            self.repeated.iter().any(|at| at.line > child.line && again(at))
        })
    }

    /// The links taken on trust so far, and what the verifier lacks for each.
    pub fn unverified(&self) -> Vec<(Place, String)> {
        let checked = self.checked.borrow();
        let valid: HashSet<usize> = checked
            .iter()
            .filter(|(_, check)| **check == SignatureCheck::Valid)
            .map(|((child, _), _)| *child)
            .collect();
        let mut links: Vec<_> = checked
            .iter()
            .filter_map(|((child, _), check)| match check {
                SignatureCheck::Unsupported(what) if !valid.contains(child) => Some((*child, what.clone())),
                _ => None,
            })
            .collect();
        links.sort();
        links.dedup();
        links.into_iter().map(|(child, what)| (self.place(Index(child)), what)).collect()
    }
}

/// The certificates of one name that are tried as the issuer of another. A CA has a few: old and new keys,
/// cross-signed ones. Each may cost a signature check, so a file of thousands would take for ever.
const MOST_CANDIDATES: usize = 16;

/// The certificates in file order, and those whose octets were there before.
fn without_repetitions(certificates: Vec<Located>) -> (Vec<Located>, Vec<Located>) {
    let mut seen = HashSet::new();
    let first: Vec<bool> = certificates.iter().map(|at| seen.insert(Octets(at.certificate.der()))).collect();
    drop(seen);
    let mut first = first.into_iter();
    certificates.into_iter().partition(|_| first.next().unwrap_or(true))
}

/// A certificate's DER; its start, with the serial number, and the end of its signature tell most of them
/// apart, so that is all that is hashed.
#[derive(PartialEq, Eq)]
struct Octets<'a>(&'a [u8]);

impl Hash for Octets<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.first_chunk::<48>().hash(state);
        self.0.last_chunk::<16>().hash(state);
    }
}

/// What a self-signed certificate alone in its file is: `openssl req -x509` marks a server's as CA:TRUE too.
fn is_lone_ca(certificate: &Certificate) -> bool {
    certificate.basic_constraints_ca() == Some(true)
        && certificate.key_usage_cert_sign().unwrap_or_else(|| {
            let is_host_name = |name: &String| name.trim_start_matches("*.").parse::<HostName>().is_ok();
            certificate.dns_names().is_empty() && !certificate.common_names().iter().any(is_host_name)
        })
}
