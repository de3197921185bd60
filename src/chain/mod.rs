//! The end entities of a file and their certification paths, by issuer, key identifier and signature: RFC 5280
//! section 6.
//!
//! The order of the file does not matter. Each signature is verified at most once, and only if a caller needs the
//! result: a hook that needs the record of one certificate does not spend time on the signatures of the CAs above it.

mod budget;
mod issuers;
mod member;
mod place;
mod roles;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet, VecDeque};

use crate::input::Located;
use crate::owner::HostName;
use crate::x509::SignatureCheck;

pub use budget::Budget;
use issuers::Issuers;
pub use member::{Link, Member};
pub use place::{ChainError, Place};
use roles::Role;

/// The distinct certificates of a file, and the candidate issuers of each.
#[derive(Debug)]
pub struct Chain {
    /// The certificates in file order.
    certificates: Vec<Located>,
    /// The names of the server.
    hosts: HashSet<HostName>,
    /// The number of `hosts` that each certificate names.
    named: Vec<usize>,
    /// The role of each certificate.
    roles: Vec<Role>,
    issuers: Issuers,
    repeated: Vec<Located>,
    checked: RefCell<HashMap<(usize, usize), SignatureCheck>>,
    /// The certificates with at least one check.
    started: RefCell<HashSet<usize>>,
    budget: Budget,
}

impl Chain {
    /// Sorts certificates into CAs and end entities, as the module `roles` describes. `hosts` are the names of the server.
    ///
    /// Errors: there are too many candidate issuers.
    pub fn new(certificates: Vec<Located>, hosts: &[HostName], budget: &Budget) -> Result<Self, ChainError> {
        let mut chain = Self::of(certificates, hosts, budget.clone());
        chain.roles = roles::roles(&chain)?;
        Ok(chain)
    }

    /// The chain that a server sent: the first certificate is the end entity, whatever its extensions say, and the
    /// others are CAs.
    pub fn served(certificates: Vec<Located>) -> Self {
        let mut chain = Self::of(certificates, &[], Budget::default());
        let roles = std::iter::once(Role::EndEntity).chain(std::iter::repeat(Role::Ca));
        chain.roles = roles.take(chain.certificates.len()).collect();
        chain
    }

    fn of(certificates: Vec<Located>, hosts: &[HostName], budget: Budget) -> Self {
        let (certificates, repeated) = without_repetitions(certificates);
        let hosts: HashSet<HostName> = hosts.iter().cloned().collect();
        let mut named = Vec::with_capacity(certificates.len());
        let names_of = |at: &Located| hosts.iter().filter(|host| at.certificate.names_host(host)).count();
        // In the same loop, because in a large file a certificate does not stay in the processor's cache.
        let issuers = Issuers::among(certificates.iter().inspect(|at| named.push(names_of(at))));
        Self {
            certificates,
            hosts,
            named,
            roles: Vec::new(),
            issuers,
            repeated,
            checked: RefCell::default(),
            started: RefCell::default(),
            budget,
        }
    }

    /// The certificates whose subject is `name`, in the form in which names are compared.
    pub fn named<'c>(&'c self, name: &[u8]) -> impl Iterator<Item = Member<'c>> + use<'c> {
        self.at(self.issuers.named(name))
    }

    /// All certificates in file order, each once.
    pub fn members(&self) -> impl Iterator<Item = Member<'_>> {
        self.certificates.iter().enumerate().map(|(index, located)| Member::new(self, index, located))
    }

    fn member(&self, index: usize) -> Option<Member<'_>> {
        self.certificates.get(index).map(|located| Member::new(self, index, located))
    }

    fn role(&self, index: usize) -> Option<Role> {
        self.roles.get(index).copied()
    }

    /// Returns the members with these indices.
    fn at<'c>(&'c self, indices: &[usize]) -> impl Iterator<Item = Member<'c>> {
        indices.iter().filter_map(|index| self.member(*index))
    }

    /// Returns the certificates with the key identifier or name of `child`'s issuer, most likely issuer first.
    fn candidates<'c>(&'c self, child: Member<'c>) -> Vec<Member<'c>> {
        let (by_key_id, by_name) = self.issuers.of(child.index());
        let mut candidates: Vec<Member> = self.at(by_key_id).collect();
        // Both lists are in file order, so a binary search works.
        let by_name = self.at(by_name).filter(|other| by_key_id.binary_search(&other.index()).is_err());
        candidates.extend(by_name);
        // A self-issued certificate most likely signed itself.
        if child.is_self_issued()
            && let Some(place) = candidates.iter().position(|candidate| *candidate == child)
        {
            candidates.swap(0, place);
        }
        candidates
    }

    /// Verifies the signature of `child` with the key of `issuer`; each pair is verified once. The first check of each
    /// certificate is free if it is not unusually expensive, because every certificate of a sound file needs one.
    ///
    /// Errors: the budget does not suffice.
    pub fn check(&self, child: Member<'_>, issuer: Member<'_>) -> Result<SignatureCheck, ChainError> {
        let pair = (child.index(), issuer.index());
        if let Some(known) = self.checked.borrow().get(&pair) {
            return Ok(known.clone());
        }
        let cost = child.certificate().check_cost(issuer.certificate().spki());
        let is_first = self.started.borrow_mut().insert(child.index());
        self.charge(if is_first { cost.saturating_sub(budget::FREE) } else { cost })?;
        let result = child.certificate().check_signature(issuer.certificate());
        self.checked.borrow_mut().insert(pair, result.clone());
        Ok(result)
    }

    /// Takes `units` from the budget.
    ///
    /// Errors: the budget does not suffice.
    pub fn charge(&self, units: usize) -> Result<(), ChainError> {
        self.budget.take(units)
    }

    /// Returns the candidates whose key verifies the signature of `child`. If there are none, returns the candidates
    /// for which the verifier does not support the signature algorithm or the key type.
    ///
    /// Errors: no candidate signed `child`, `child` names another issuer, or the budget does not suffice.
    fn issuers<'c>(&'c self, child: Member<'c>) -> Result<Vec<Member<'c>>, ChainError> {
        let candidates = self.candidates(child);
        let (mut found, mut unsupported) = (Vec::new(), Vec::new());
        for issuer in &candidates {
            match self.check(child, *issuer)? {
                SignatureCheck::Valid => found.push(*issuer),
                SignatureCheck::Unsupported(_) => unsupported.push(*issuer),
                SignatureCheck::Invalid => {}
            }
        }
        if found.is_empty() && !candidates.is_empty() {
            found = unsupported;
            if found.is_empty() {
                return Err(damaged(child, &candidates));
            }
        }
        // RFC 5280 section 6.1.3.
        let is_named = |issuer: &&Member| child.certificate().names_issuer(issuer.certificate());
        let named: Vec<Member> = found.iter().filter(is_named).copied().collect();
        match (found.first(), named.is_empty()) {
            (Some(other), true) => {
                Err(ChainError::OtherName { certificate: child.place(), issuer: other.place() })
            }
            _ => Ok(named),
        }
    }

    fn confirm(&self, member: Member<'_>) -> Result<(), ChainError> {
        let is_self_issued = member.is_self_issued();
        if is_self_issued && self.check(member, member)? == SignatureCheck::Valid {
            return Ok(());
        }
        let candidates = self.candidates(member);
        let mut unsupported = candidates.is_empty();
        for issuer in &candidates {
            match self.check(member, *issuer)? {
                SignatureCheck::Valid => return Ok(()),
                SignatureCheck::Unsupported(_) => unsupported = true,
                SignatureCheck::Invalid => {}
            }
        }
        if unsupported { Ok(()) } else { Err(damaged(member, &candidates)) }
    }

    /// Returns the certificates of a file without end entities in path order: first the CAs that issued no other
    /// certificate of the file, then their issuers.
    ///
    /// Errors: the file is damaged or contains parts of two chains.
    pub fn path_of_cas(&self) -> Result<Vec<Link<'_>>, ChainError> {
        let mut issuing = HashSet::new();
        for child in self.members() {
            issuing.extend(self.issuers(child)?.into_iter().filter(|issuer| *issuer != child));
        }
        let lowest: Vec<_> = self.members().filter(|member| !issuing.contains(member)).collect();
        // The loop above has verified all signatures, so `climb` returns no error.
        let (above, _) = self.climb(lowest.iter().map(|member| (*member, 1)).collect(), None);
        let mut all = lowest;
        all.extend(above.into_iter().map(|(member, _)| member));
        // CAs that certify each other in a cycle have no lowest CA, so `climb` does not find them.
        let known: HashSet<Member> = all.iter().copied().collect();
        all.extend(self.members().filter(|member| !known.contains(member)));
        Ok(all.into_iter().map(|member| Link { member, depth: None }).collect())
    }

    /// Returns the CAs above `starts` with their depths, up to the first signature that does not verify, and the error
    /// for that signature.
    fn climb<'c>(
        &'c self,
        starts: Vec<(Member<'c>, usize)>,
        deepest: Option<usize>,
    ) -> (Vec<(Member<'c>, usize)>, Option<ChainError>) {
        let mut seen: HashSet<Member> = starts.iter().map(|(member, _)| *member).collect();
        let mut waiting = VecDeque::from(starts);
        let mut above = Vec::new();
        while let Some((member, depth)) = waiting.pop_front() {
            let issuers = match deepest.is_some_and(|deepest| depth >= deepest) {
                true => self.confirm(member).map(|()| Vec::new()),
                false => self.issuers(member),
            };
            let issuers = match issuers {
                Ok(issuers) => issuers,
                Err(damage) => return (above, Some(damage)),
            };
            for issuer in issuers {
                if issuer.is_ca() && seen.insert(issuer) {
                    above.push((issuer, depth + 1));
                    waiting.push_back((issuer, depth + 1));
                }
            }
        }
        (above, None)
    }

    /// The end entities in file order.
    pub fn end_entities(&self) -> impl Iterator<Item = Member<'_>> {
        self.members().filter(|member| member.is_end_entity())
    }

    /// Whether the file contains an end entity.
    pub fn has_end_entity(&self) -> bool {
        self.roles.contains(&Role::EndEntity)
    }

    fn has_candidates(&self, member: Member<'_>) -> bool {
        let (by_key_id, by_name) = self.issuers.of(member.index());
        !by_key_id.is_empty() || !by_name.is_empty()
    }

    /// Returns the certificates that repeat an earlier certificate of the file. A file with several end entities may
    /// repeat CAs, because each chain needs them.
    pub fn needless_repetitions(&self) -> Vec<Place> {
        let several = self.end_entities().nth(1).is_some();
        let shared = |at: &&Located| several && at.certificate.basic_constraints_ca() == Some(true);
        self.repeated.iter().filter(|at| !shared(at)).map(Place::of).collect()
    }

    /// Returns the CAs that, by name and key identifier, are not in the chain of any end entity. Returns no CAs if the
    /// file has no end entity.
    pub fn strays(&self) -> Vec<Member<'_>> {
        if !self.has_end_entity() {
            return Vec::new();
        }
        let above = self.issuers.above(self.end_entities().map(Member::index));
        self.members().zip(above).filter(|(_, above)| !above).map(|(member, _)| member).collect()
    }

    /// Returns the first certificate that comes after all its candidate issuers in the file, and the last of these
    /// issuers.
    pub fn out_of_order(&self) -> Option<(Member<'_>, Member<'_>)> {
        self.members().find_map(|child| {
            let (by_key_id, by_name) = self.issuers.of(child.index());
            // Both lists are in file order, so the last element of each list is its highest index.
            let last = self.member(by_key_id.last().max(by_name.last()).copied()?)?;
            let wrong = last.index() < child.index() && !self.is_repeated_after(child, last);
            wrong.then_some((child, last))
        })
    }

    /// Whether `issuer` occurs again after `child`: a file may contain several chains, each in order.
    fn is_repeated_after(&self, child: Member<'_>, issuer: Member<'_>) -> bool {
        let again = |at: &Located| at.certificate.der() == issuer.certificate().der();
        self.repeated.iter().any(|at| at.line > child.line() && again(at))
    }

    /// Returns the certificates whose signature was not verified because its algorithm is unsupported, each with the
    /// name of the algorithm.
    pub fn unverified(&self) -> Vec<(Member<'_>, String)> {
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
        links.into_iter().filter_map(|(child, what)| Some((self.member(child)?, what))).collect()
    }
}

fn damaged(child: Member<'_>, candidates: &[Member<'_>]) -> ChainError {
    ChainError::Damaged {
        certificate: child.place(),
        issuers: candidates.iter().map(|issuer| issuer.place()).collect(),
    }
}

/// Returns the distinct certificates in file order, and the repeated certificates.
fn without_repetitions(certificates: Vec<Located>) -> (Vec<Located>, Vec<Located>) {
    // Most files have no repetitions, and then the ends of the signatures tell all certificates apart.
    let mut seen = HashSet::with_capacity(certificates.len());
    if certificates.iter().all(|at| seen.insert(at.certificate.ending())) {
        drop(seen);
        return (certificates, Vec::new());
    }
    let mut seen = HashSet::with_capacity(certificates.len());
    let first: Vec<bool> = certificates.iter().map(|at| seen.insert(at.certificate.der())).collect();
    drop(seen);
    if !first.contains(&false) {
        return (certificates, Vec::new());
    }
    let mut first = first.into_iter();
    certificates.into_iter().partition(|_| first.next().unwrap_or(true))
}
