//! The names whose records are kept, and the aliases of a text, as hashes: RFC 1034 section 3.6.2.
//!
//! A zone may have any number of names, so none that is not relevant is kept in memory.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use super::{MOST_ALIASES, RecordsError, RecordsProblem};
use crate::owner::{DomainName, Owner};

/// The relevant names and the wildcards that may cover them, as hashes. Another name with the same hash is kept too,
/// but has no effect.
#[derive(Default)]
pub(super) struct Names {
    state: RandomState,
    /// Sorted, for a binary search.
    hashes: Vec<u64>,
    /// The hosts of the requested owners and the domains above them, sorted.
    hosts: Vec<u64>,
}

/// An alias, as hashes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Alias {
    owner: u64,
    /// The target, and the wildcard that may cover the target.
    targets: [u64; 2],
    /// The line of the entry.
    line: usize,
}

/// The aliases of a text and the owners of its other records.
#[derive(Default)]
pub(super) struct Aliases {
    aliases: Vec<Alias>,
    /// The owners of the records that cannot be beside a CNAME record.
    others: Vec<u64>,
}

impl Names {
    fn hash(&self, name: &str) -> u64 {
        self.state.hash_one(name)
    }

    /// The hashes of a name and of the wildcard that may cover the name.
    fn both(&self, name: &DomainName) -> [u64; 2] {
        let wildcard = name.wildcard();
        [self.hash(name.as_str()), self.hash(wildcard.as_ref().map_or("", DomainName::as_str))]
    }

    pub(super) fn of(owners: &[Owner]) -> Self {
        let mut names = Self::default();
        names.hashes = owners.iter().flat_map(|owner| names.both(owner.name())).collect();
        names.hashes.sort_unstable();
        names.hosts = owners
            .iter()
            .flat_map(|owner| above(owner.name().as_str()).skip(2))
            .map(|host| names.hash(host))
            .collect();
        names.hosts.sort_unstable();
        names
    }

    /// Whether `name` resembles a requested owner: the owner with more labels after it, as a missing final dot gives,
    /// or another service of the same host or of a domain above it.
    pub(super) fn is_near(&self, name: &DomainName) -> bool {
        let name = name.as_str();
        let host = above(name).nth(2).map(|host| self.hash(host));
        host.is_some_and(|host| self.hosts.binary_search(&host).is_ok())
            || name.match_indices('.').any(|(at, _)| name.get(..at).is_some_and(|start| self.contains(start)))
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.hashes.binary_search(&self.hash(name)).is_ok()
    }

    /// Adds the names to which the aliases of relevant names lead; returns whether any name was added.
    pub(super) fn follow(&mut self, aliases: &Aliases) -> bool {
        let aliases = &aliases.aliases;
        let mut known: HashSet<u64> = self.hashes.iter().copied().collect();
        let before = known.len();
        let mut open = self.hashes.clone();
        for _ in 0..MOST_ALIASES {
            let mut next = Vec::new();
            for name in open {
                let from = aliases.partition_point(|alias| alias.owner < name);
                let of_name = aliases.iter().skip(from).take_while(|alias| alias.owner == name);
                next.extend(of_name.flat_map(|alias| alias.targets).filter(|target| known.insert(*target)));
            }
            open = next;
        }
        let leads_on = known.len() > before;
        self.hashes = known.into_iter().collect();
        self.hashes.sort_unstable();
        leads_on
    }
}

/// Returns the name and the names above it, without the root.
fn above(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |name| Some(name.split_once('.')?.1))
}

impl Aliases {
    pub(super) fn add(&mut self, names: &Names, owner: &DomainName, target: &DomainName, line: usize) {
        self.aliases.push(Alias { owner: names.hash(owner.as_str()), targets: names.both(target), line });
    }

    /// Notes that `owner` has a record that cannot be beside a CNAME record.
    pub(super) fn add_other(&mut self, names: &Names, owner: &DomainName) {
        let owner = names.hash(owner.as_str());
        // Most owners have all their records in one place.
        if self.others.last() != Some(&owner) {
            self.others.push(owner);
        }
    }

    /// Sorts the aliases, so that [`Names::follow`] can use them.
    ///
    /// Errors: an alias with other records, or with two targets (RFC 1034 section 3.6.2, RFC 2181 section 10.1).
    pub(super) fn sort(&mut self) -> Result<(), RecordsError> {
        self.aliases.sort_unstable();
        self.others.sort_unstable();
        let has_other = |alias: &&Alias| self.others.binary_search(&alias.owner).is_ok();
        let beside = self.aliases.iter().filter(has_other).map(|alias| alias.line).min();
        let pairs = self.aliases.iter().zip(self.aliases.iter().skip(1));
        let two = pairs.filter(|(one, next)| one.owner == next.owner && one.targets != next.targets);
        let two = two.map(|(one, next)| one.line.max(next.line)).min();
        match beside.or(two) {
            Some(line) => Err(RecordsError { line, problem: RecordsProblem::Alias }),
            None => Ok(()),
        }
    }
}
