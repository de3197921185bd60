//! Decides the step from the memory, the published RRsets, the served chains and the clock.

use std::collections::{BTreeMap, BTreeSet};

use super::memory::gone;
use super::{
    Change, Exceptions, Memory, Observed, OwnerMemory, Reason, Records, Rrset, Step, Triple, Wanted, triple,
};
use crate::records::Published;

/// The step, and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The step.
    pub step: Step,
    /// The changes to send to the name servers.
    pub changes: Vec<Change>,
    /// The reasons.
    pub reasons: Vec<Reason>,
    /// Published records that are not wanted and that this machine did not publish: the index of the owner, and the
    /// record. They are never removed.
    pub others: Vec<(usize, Published)>,
}

/// Whether, at the owner with this index, each triple in the records has a record that matches the chain.
pub(super) type Covers<'a, C> = &'a dyn Fn(usize, &Records, &C) -> bool;

/// Decides the next step at the time `now`, in seconds of the clock, and updates `memory`.
pub fn decide<C>(
    memory: &mut Memory,
    observed: &[Observed<C>],
    wanted: &Wanted<C>,
    exceptions: Exceptions,
    now: u64,
    covers: Covers<'_, C>,
) -> Decision {
    let mut places = Vec::new();
    for (place, seen) in observed.iter().enumerate() {
        let of_owner = memory.owners.entry(seen.owner.clone()).or_default();
        of_owner.observe(&seen.answers, now);
        of_owner.own.extend(own_found(seen, wanted));
        of_owner.unserved = unserved(of_owner, place, seen, wanted, now, covers);
        let published = rrsets(seen).flat_map(|rrset| &rrset.records).cloned().collect();
        let (memory, records) = (of_owner.clone(), wanted.records());
        places.push(Place { place, seen, memory, wanted, records, published, exceptions, covers });
    }
    let mut decision = Case { places, wanted, exceptions, now }.decide();
    for change in &decision.changes {
        let owner = observed.get(change.place).map(|seen| &seen.owner);
        if let Some(of_owner) = owner.and_then(|owner| memory.owners.get_mut(owner)) {
            of_owner.own.extend(change.add.iter().cloned());
        }
    }
    decision.others = others(memory, observed, wanted);
    decision
}

/// The published records of chains that this machine installs or uses.
fn own_found<'a, C>(seen: &'a Observed<C>, wanted: &'a Wanted<C>) -> impl Iterator<Item = Published> + 'a {
    let in_use = wanted.in_use.iter().flat_map(|material| &material.records);
    let of_chains = wanted.new.records.iter().chain(in_use);
    let is_published = |record: &&Published| rrsets(seen).any(|rrset| rrset.records.contains(*record));
    of_chains.filter(is_published).cloned()
}

/// The published records of this machine that are not wanted and that match no served chain, each with the time since
/// when that is so.
///
/// None before the installation: until then, a machine that shares the key and that no probe has reached uses an old
/// chain too. None while an address sends a chain of such a record: that machine may have installed a later chain and
/// not have reloaded its service, which then sends a chain that no probe has seen.
fn unserved<C>(
    memory: &OwnerMemory,
    place: usize,
    seen: &Observed<C>,
    wanted: &Wanted<C>,
    now: u64,
    covers: Covers<'_, C>,
) -> BTreeMap<Published, u64> {
    let records = wanted.records();
    let published: Records = rrsets(seen).flat_map(|rrset| &rrset.records).cloned().collect();
    let own: Records = memory.own.intersection(&published).cloned().collect();
    let unwanted = own.difference(&records);
    let is_served = |record: &Published| {
        let alone = Records::from([record.clone()]);
        seen.served.iter().any(|served| covers(place, &alone, &served.chain))
    };
    if !wanted.is_installed || unwanted.clone().any(is_served) {
        return BTreeMap::new();
    }
    unwanted.map(|record| (record.clone(), memory.unserved.get(record).copied().unwrap_or(now))).collect()
}

fn others<C>(memory: &Memory, observed: &[Observed<C>], wanted: &Wanted<C>) -> Vec<(usize, Published)> {
    let records = wanted.records();
    let mut others = BTreeSet::new();
    for (place, seen) in observed.iter().enumerate() {
        let own = memory.owners.get(&seen.owner).map(|of_owner| &of_owner.own);
        let is_other =
            |record: &&Published| !records.contains(*record) && !own.is_some_and(|own| own.contains(*record));
        let published = rrsets(seen).flat_map(|rrset| &rrset.records);
        others.extend(published.filter(is_other).map(|record| (place, record.clone())));
    }
    others.into_iter().collect()
}

fn rrsets<C>(seen: &Observed<C>) -> impl Iterator<Item = &Rrset> {
    seen.answers.iter().filter_map(|answer| answer.rrset.as_ref().ok())
}

/// One owner, and what is asked about it.
struct Place<'a, C> {
    place: usize,
    seen: &'a Observed<C>,
    memory: OwnerMemory,
    wanted: &'a Wanted<C>,
    /// The wanted records.
    records: Records,
    /// The records that some server gives.
    published: Records,
    exceptions: Exceptions,
    covers: Covers<'a, C>,
}

impl<C> Place<'_, C> {
    fn owner(&self) -> String {
        self.seen.owner.clone()
    }

    /// Whether each server that answered gives all of `records`.
    fn is_everywhere(&self, records: &Records) -> bool {
        rrsets(self.seen).all(|rrset| rrset.records.is_superset(records))
    }

    /// The wanted records that no server gives.
    fn missing(&self) -> Records {
        self.records.difference(&self.published).cloned().collect()
    }

    fn covers(&self, records: &Records, chain: &C) -> bool {
        (self.covers)(self.place, records, chain)
    }

    /// The first triple in `records` without a record that matches the chain.
    fn uncovered(&self, records: &Records, chain: &C) -> Option<Triple> {
        let triples: BTreeSet<Triple> = records.iter().map(triple).collect();
        triples.into_iter().find(|wanted| {
            let of_triple = records.iter().filter(|record| triple(record) == *wanted).cloned().collect();
            !self.covers(&of_triple, chain)
        })
    }

    /// Each chain that senders may get: where, and the first triple of `records` that does not cover it.
    fn uncovered_chains(&self, records: &Records) -> impl Iterator<Item = Reason> {
        let in_use = self.wanted.in_use.iter().map(|material| (None, &material.chain));
        let served = self.seen.served.iter().map(|served| (Some(served.at.clone()), &served.chain));
        in_use.chain(served).filter_map(move |(at, chain)| {
            let triple = self.uncovered(records, chain)?;
            Some(Reason::Uncovered { owner: self.owner(), at, triple })
        })
    }

    /// Why the missing records cannot be published yet: a triple that is new at this owner must cover each chain that
    /// senders may get.
    fn obstacles(&self) -> Vec<Reason> {
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
    fn unreached(&self) -> impl Iterator<Item = Reason> {
        let unreached = self.seen.unreached.iter().filter(|_| !self.exceptions.unprobed);
        unreached
            .map(|unreached| Reason::Unreached { at: unreached.at.clone(), error: unreached.reason.clone() })
    }

    fn silent(&self) -> impl Iterator<Item = Reason> {
        self.seen.answers.iter().filter_map(|answer| {
            let error = answer.rrset.as_ref().err()?.clone();
            Some(Reason::Silent { owner: self.owner(), server: answer.server.clone(), error })
        })
    }

    /// The servers that lack a wanted record that another server gives, or that still give a removed one.
    fn lagging(&self) -> impl Iterator<Item = Reason> {
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
    fn is_ready(&self) -> bool {
        self.memory.cached.iter().all(|cached| match &cached.records {
            Some(records) => self.covers(records, &self.wanted.new.chain),
            None => self.is_unchanged(),
        })
    }

    /// Whether the new chain has the same records as the chain in use.
    fn is_unchanged(&self) -> bool {
        self.wanted.in_use.as_ref().is_some_and(|in_use| in_use.records == self.wanted.new.records)
    }

    /// When the last RRset that does not cover the new chain leaves the caches; the inner `None` if a server still
    /// gives such an RRset.
    fn ready_at(&self) -> Option<Option<u64>> {
        let wrong = self.memory.cached.iter().filter(|cached| match &cached.records {
            Some(records) => !self.covers(records, &self.wanted.new.chain),
            None => !self.is_unchanged(),
        });
        let times: Vec<Option<u64>> = wrong.map(|cached| cached.until).collect();
        let times = times.into_iter();
        times.reduce(|one, other| one.zip(other).map(|(one, other)| one.max(other)))
    }

    /// The records that may be removed at the time `now`, and the reasons why others may not, with the time at which
    /// they may if it is known.
    ///
    /// A record must have been unserved for as long as caches hold it: behind a load balancer or an anycast address, a
    /// machine that shares the key may be hidden, and install later than this one.
    fn removable(&self, now: u64) -> (Records, Vec<Reason>, Option<u64>) {
        let (mut removable, mut kept, mut until) = (Records::new(), Vec::new(), None);
        for record in
            self.memory.own.intersection(&self.published).filter(|record| !self.records.contains(*record))
        {
            let Some(since) = self.memory.unserved.get(record) else {
                let alone = Records::from([record.clone()]);
                let still = self.seen.served.iter().filter(|served| self.covers(&alone, &served.chain));
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
    fn change(&self, add: Records, remove: Records) -> Change {
        let ttl = rrsets(self.seen).filter(|rrset| !rrset.records.is_empty()).map(|rrset| rrset.ttl).max();
        let after = self.published.union(&add).filter(|record| !remove.contains(*record)).cloned().collect();
        Change { place: self.place, ttl, add, remove, after }
    }
}

/// All owners together.
struct Case<'a, C> {
    places: Vec<Place<'a, C>>,
    wanted: &'a Wanted<C>,
    exceptions: Exceptions,
    now: u64,
}

impl<'a, C> Case<'a, C> {
    fn decide(&self) -> Decision {
        let is_unanswered = |place: &Place<'_, C>| rrsets(place.seen).next().is_none();
        if self.places.iter().any(is_unanswered) {
            return undetermined(self.all(|place| place.silent().collect()));
        }
        match self.wanted.is_installed {
            true => self.after_installation(),
            false => self.before_installation(),
        }
    }

    fn all(&self, reasons: impl Fn(&Place<'a, C>) -> Vec<Reason>) -> Vec<Reason> {
        without_repetitions(self.places.iter().flat_map(reasons).collect())
    }

    fn before_installation(&self) -> Decision {
        let new = &self.wanted.new.records;
        let silent = self.all(|place| place.silent().collect());
        let is_ready = silent.is_empty() && self.places.iter().all(Place::is_ready);
        let is_published = |place: &Place<'_, C>| place.is_everywhere(new);
        if is_ready && self.places.iter().all(is_published) {
            return step(Step::Install(None), Vec::new());
        }
        let (publish, obstacles) = self.publish();
        if let Some(publish) = publish {
            return publish;
        }
        // Without any record, senders do not use DANE, so the new chain can be installed first.
        if is_ready && self.places.iter().all(|place| is_published(place) || place.memory.is_bare()) {
            return step(Step::Install(None), Vec::new());
        }
        if self.exceptions.accept_outage && self.places.iter().all(is_published) {
            let ends = self.places.iter().filter_map(|place| place.ready_at().flatten());
            return step(Step::Install(ends.max()), self.waits());
        }
        if let Some(stuck) = self.stuck(silent, obstacles) {
            return stuck;
        }
        let foreign = self.all(|place| {
            let current = rrsets(place.seen)
                .filter_map(|rrset| place.uncovered(&rrset.records, &self.wanted.new.chain));
            current.map(|triple| Reason::ForeignTriple { owner: place.owner(), triple }).collect()
        });
        if !foreign.is_empty() {
            return step(Step::Blocked, foreign);
        }
        let ends = self.places.iter().filter_map(|place| place.ready_at().flatten());
        step(Step::Wait(ends.max()), self.waits())
    }

    /// The owners whose caches may hold records that do not match the new chain.
    fn waits(&self) -> Vec<Reason> {
        self.all(|place| match place.is_ready() {
            true => Vec::new(),
            false => vec![Reason::Cached { owner: place.owner() }],
        })
    }

    fn after_installation(&self) -> Decision {
        let silent = self.all(|place| place.silent().collect());
        let (publish, obstacles) = self.publish();
        if let Some(publish) = publish {
            return publish;
        }
        if let Some(stuck) = self.stuck(silent, obstacles) {
            return stuck;
        }
        let uncovered = self.all(|place| {
            rrsets(place.seen).flat_map(|rrset| place.uncovered_chains(&rrset.records)).collect()
        });
        if !uncovered.is_empty() {
            return step(Step::Blocked, uncovered);
        }
        self.retire()
    }

    fn retire(&self) -> Decision {
        let (mut changes, mut kept, mut uncovered) = (Vec::new(), Vec::new(), Vec::new());
        let mut until = None;
        for place in &self.places {
            let (removable, still, of_place) = place.removable(self.now);
            let is_served = still.iter().any(|reason| matches!(reason, Reason::StillServed { .. }));
            if is_served && !place.seen.served.iter().any(|served| served.is_wanted) {
                uncovered.push(Reason::NotReloaded { owner: place.owner() });
            }
            until = until.max(of_place);
            kept.extend(still);
            if removable.is_empty() {
                continue;
            }
            let unreached: Vec<Reason> = place.unreached().collect();
            if !unreached.is_empty() {
                return undetermined(unreached);
            }
            for rrset in rrsets(place.seen) {
                let rest = rrset.records.difference(&removable).cloned().collect();
                uncovered.extend(place.uncovered_chains(&rest));
            }
            changes.push(place.change(Records::new(), removable));
        }
        match () {
            () if !uncovered.is_empty() => {
                step(Step::Blocked, without_repetitions(uncovered.into_iter().chain(kept).collect()))
            }
            () if !changes.is_empty() => Decision { changes, ..step(Step::Retire, Vec::new()) },
            () if !kept.is_empty() => step(Step::Wait(until), without_repetitions(kept)),
            () => step(Step::Steady, Vec::new()),
        }
    }

    /// The step that publishes the missing records of the owners where that is safe; and the obstacles at the others.
    fn publish(&self) -> (Option<Decision>, Vec<Reason>) {
        let (mut changes, mut all) = (Vec::new(), Vec::new());
        for place in self.places.iter().filter(|place| !place.missing().is_empty()) {
            let obstacles = place.obstacles();
            match obstacles.is_empty() {
                true => changes.push(place.change(place.missing(), Records::new())),
                false => all.extend(obstacles),
            }
        }
        let all = without_repetitions(all);
        match changes.is_empty() {
            true => (None, all),
            false => (Some(Decision { changes, ..step(Step::Publish, all.clone()) }), all),
        }
    }

    /// The step if records cannot be published, a server did not answer, or servers disagree.
    fn stuck(&self, silent: Vec<Reason>, obstacles: Vec<Reason>) -> Option<Decision> {
        let is_unreached = |reason: &Reason| matches!(reason, Reason::Unreached { .. });
        let lagging = self.all(|place| place.lagging().collect());
        match () {
            () if obstacles.iter().any(|reason| !is_unreached(reason)) => {
                Some(step(Step::Blocked, obstacles))
            }
            () if !silent.is_empty() || !obstacles.is_empty() => {
                Some(undetermined(silent.into_iter().chain(obstacles).chain(lagging).collect()))
            }
            () if !lagging.is_empty() => {
                let ttl = self.places.iter().map(|place| place.memory.largest_ttl()).max().unwrap_or(0);
                Some(step(Step::Wait(Some(gone(ttl, self.now))), lagging))
            }
            () => None,
        }
    }
}

fn step(step: Step, reasons: Vec<Reason>) -> Decision {
    Decision { step, changes: Vec::new(), reasons, others: Vec::new() }
}

fn undetermined(reasons: Vec<Reason>) -> Decision {
    step(Step::Undetermined, reasons)
}

fn without_repetitions(reasons: Vec<Reason>) -> Vec<Reason> {
    let mut distinct = Vec::new();
    for reason in reasons {
        if !distinct.contains(&reason) {
            distinct.push(reason);
        }
    }
    distinct
}
