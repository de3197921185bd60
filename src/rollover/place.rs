//! What is published, served and remembered at one owner, and what follows for it.

use std::collections::BTreeSet;

use super::memory::gone;
use super::{Change, Exceptions, Observed, OwnerMemory, Reason, Records, Rrset, Triple, Wanted, triple};
use crate::records::Published;

/// Whether, at the owner with this index, each triple in the records has a record that matches the chain.
pub(super) type Covers<'a, C> = &'a dyn Fn(usize, &Records, &C) -> bool;

/// The RRsets of the servers that answered.
pub(super) fn rrsets<C>(seen: &Observed<C>) -> impl Iterator<Item = &Rrset> {
    seen.answers.iter().filter_map(|answer| answer.rrset.as_ref().ok())
}

/// The distinct reasons, in their order.
pub(super) fn without_repetitions(reasons: Vec<Reason>) -> Vec<Reason> {
    let mut distinct = Vec::new();
    for reason in reasons {
        if !distinct.contains(&reason) {
            distinct.push(reason);
        }
    }
    distinct
}

/// One owner, and what is asked about it.
pub(super) struct Place<'a, C> {
    pub(super) place: usize,
    pub(super) seen: &'a Observed<C>,
    pub(super) memory: OwnerMemory,
    pub(super) wanted: &'a Wanted<C>,
    /// The wanted records.
    pub(super) records: Records,
    /// The records that some server gives.
    pub(super) published: Records,
    pub(super) exceptions: Exceptions,
    pub(super) covers: Covers<'a, C>,
}

impl<C> Place<'_, C> {
    pub(super) fn owner(&self) -> String {
        self.seen.owner.clone()
    }

    /// Whether each server that answered gives all of `records`.
    pub(super) fn is_everywhere(&self, records: &Records) -> bool {
        rrsets(self.seen).all(|rrset| rrset.records.is_superset(records))
    }

    /// The wanted records that no server gives.
    pub(super) fn missing(&self) -> Records {
        self.records.difference(&self.published).cloned().collect()
    }

    pub(super) fn covers(&self, records: &Records, chain: &C) -> bool {
        (self.covers)(self.place, records, chain)
    }

    /// The first triple in `records` without a record that matches the chain.
    pub(super) fn uncovered(&self, records: &Records, chain: &C) -> Option<Triple> {
        let triples: BTreeSet<Triple> = records.iter().map(triple).collect();
        triples.into_iter().find(|wanted| {
            let of_triple = records.iter().filter(|record| triple(record) == *wanted).cloned().collect();
            !self.covers(&of_triple, chain)
        })
    }

    /// Each chain that senders may get: where, and the first triple of `records` that does not cover it.
    pub(super) fn uncovered_chains(&self, records: &Records) -> impl Iterator<Item = Reason> {
        let in_use = self.wanted.in_use.iter().map(|material| (None, &material.chain));
        let served = self.seen.served.iter().map(|served| (Some(served.at.clone()), &served.chain));
        in_use.chain(served).filter_map(move |(at, chain)| {
            let triple = self.uncovered(records, chain)?;
            Some(Reason::Uncovered { owner: self.owner(), at, triple })
        })
    }

    /// Why the missing records cannot be published yet: a triple that is new at this owner must cover each chain that
    /// senders may get.
    pub(super) fn obstacles(&self) -> Vec<Reason> {
        let missing = self.missing();
        let mut obstacles = Vec::new();
        for rrset in rrsets(self.seen) {
            let known: BTreeSet<Triple> = rrset.records.iter().map(triple).collect();
            let after = rrset.records.union(&missing).cloned();
            let new: Records = after.filter(|record| !known.contains(&triple(record))).collect();
            if new.is_empty() {
                continue;
            }
            obstacles.extend(self.uncovered_chains(&new));
            obstacles.extend(self.unreached());
        }
        without_repetitions(obstacles)
    }

    /// The addresses that were not examined and that count.
    pub(super) fn unreached(&self) -> impl Iterator<Item = Reason> {
        let unreached = self.seen.unreached.iter().filter(|_| !self.exceptions.unprobed);
        unreached
            .map(|unreached| Reason::Unreached { at: unreached.at.clone(), error: unreached.reason.clone() })
    }

    pub(super) fn silent(&self) -> impl Iterator<Item = Reason> {
        self.seen.answers.iter().filter_map(|answer| {
            let error = answer.rrset.as_ref().err()?.clone();
            Some(Reason::Silent { owner: self.owner(), server: answer.server.clone(), error })
        })
    }

    /// The servers that lack a wanted record that another server gives, or that still give a removed one.
    pub(super) fn lagging(&self) -> impl Iterator<Item = Reason> {
        let wanted: Records = self.records.intersection(&self.published).cloned().collect();
        let is_removed = move |record: &Published| {
            self.memory.own.contains(record)
                && !self.records.contains(record)
                && !rrsets(self.seen).all(|rrset| rrset.records.contains(record))
        };
        let lags =
            move |rrset: &Rrset| !rrset.records.is_superset(&wanted) || rrset.records.iter().any(&is_removed);
        let lagging = self.seen.answers.iter().filter(move |answer| answer.rrset.as_ref().is_ok_and(&lags));
        lagging.map(|answer| Reason::Lags { owner: self.owner(), server: answer.server.clone() })
    }

    /// Whether each RRset that a cache may hold covers the new chain.
    pub(super) fn is_ready(&self) -> bool {
        self.ready_at().is_none()
    }

    /// When the last RRset that does not cover the new chain leaves the caches; the inner `None` if a server still
    /// gives such an RRset.
    pub(super) fn ready_at(&self) -> Option<Option<u64>> {
        let wrong = self.memory.cached.iter().filter(|cached| match &cached.records {
            Some(records) => !self.covers(records, &self.wanted.new.chain),
            None => true,
        });
        let times: Vec<Option<u64>> = wrong.map(|cached| cached.until).collect();
        let times = times.into_iter();
        times.reduce(|one, other| one.zip(other).map(|(one, other)| one.max(other)))
    }

    /// That the addresses send other chains than the one to install, if it is so.
    pub(super) fn elsewhere(&self) -> impl Iterator<Item = Reason> {
        let is_elsewhere =
            !self.seen.served.is_empty() && !self.seen.served.iter().any(|served| served.is_wanted);
        is_elsewhere.then(|| Reason::NotReloaded { owner: self.owner() }).into_iter()
    }

    /// The addresses that send the chain to install before it may be installed.
    pub(super) fn early(&self) -> impl Iterator<Item = Reason> {
        let early = self.seen.served.iter().filter(|served| served.is_wanted);
        early.filter(|_| self.wanted.in_use.is_some()).map(|served| Reason::Early { at: served.at.clone() })
    }

    /// The published records of this machine that it no longer wants.
    pub(super) fn retired(&self) -> Records {
        let own = self.memory.own.union(&self.memory.given).filter(|record| self.published.contains(*record));
        own.filter(|record| !self.records.contains(*record)).cloned().collect()
    }

    /// The records that may be removed at the time `now`, and the reasons why others may not, with the time at which
    /// they may if it is known.
    ///
    /// A record must have been unserved for as long as caches hold it: behind a load balancer or an anycast address, a
    /// machine that shares the key may be hidden, and install later than this one.
    pub(super) fn removable(&self, now: u64) -> (Records, Vec<Reason>, Option<u64>) {
        let (mut removable, mut kept, mut until) = (Records::new(), Vec::new(), None);
        let retired = self.retired();
        for record in &retired {
            // A triple that is no longer wanted can go as a whole: the other triples cover the same chains.
            let mut of_triple = self.published.iter().filter(|other| triple(other) == triple(record));
            if of_triple.all(|other| retired.contains(other)) && retired.len() < self.published.len() {
                removable.insert(record.clone());
                continue;
            }
            let Some(since) = self.memory.unserved.get(record) else {
                let alone = Records::from([record.clone()]);
                // What this machine published for others stays without a word while they use it.
                let of_own = self.seen.served.iter().filter(|_| self.memory.own.contains(record));
                let still = of_own.filter(|served| self.covers(&alone, &served.chain));
                kept.extend(
                    still.map(|served| Reason::StillServed { at: served.at.clone(), record: record.clone() }),
                );
                continue;
            };
            let end = gone(self.memory.largest_ttl(), *since);
            match end <= now {
                true => {
                    removable.insert(record.clone());
                }
                false => {
                    kept.push(Reason::Recent { owner: self.owner(), record: record.clone() });
                    until = until.max(Some(end));
                }
            }
        }
        (removable, kept, until)
    }

    /// The change that adds and removes these records.
    pub(super) fn change(&self, add: Records, remove: Records) -> Change {
        let ttl = rrsets(self.seen).filter(|rrset| !rrset.records.is_empty()).map(|rrset| rrset.ttl).max();
        let after = self.published.union(&add).filter(|record| !remove.contains(*record)).cloned().collect();
        Change { place: self.place, ttl, add, remove, after }
    }
}
