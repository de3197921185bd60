//! Decides the step from the memory, the published RRsets, the served chains and the clock.

use std::collections::{BTreeMap, BTreeSet};

use super::memory::gone;
use super::place::{Covers, Place, rrsets, without_repetitions};
use super::{Change, Exceptions, Memory, Observed, OwnerMemory, Reason, Records, Step, Wanted};
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
    /// For how many seconds no address has sent the installed chain; `None` if one sends it or none was examined.
    pub unsent: Option<u64>,
}

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
        of_owner.observe(&seen.holder, &seen.answers, now);
        of_owner.own.extend(own_found(seen, wanted));
        let mut unserved = unserved(of_owner, place, seen, wanted, now, covers);
        if !seen.unreached.is_empty() && !exceptions.unprobed {
            // An address that was not examined may send any chain.
            unserved.retain(|record, _| of_owner.unserved.contains_key(record));
        }
        of_owner.unserved = unserved;
        let published = rrsets(seen).flat_map(|rrset| &rrset.records).cloned().collect();
        let (memory, records) = (of_owner.clone(), wanted.records());
        places.push(Place { place, seen, memory, wanted, records, published, exceptions, covers });
    }
    memory.installed = wanted.is_installed.then(|| memory.installed.unwrap_or(now));
    let mut served = observed.iter().flat_map(|seen| &seen.served).peekable();
    let is_examined = served.peek().is_some();
    let is_sent = served.any(|served| served.is_wanted);
    if is_sent || !wanted.is_installed {
        memory.unsent = None;
    } else if is_examined {
        memory.unsent.get_or_insert(now);
    }
    let mut decision = Case { places, wanted, exceptions, now, installed: memory.installed }.decide();
    for change in &decision.changes {
        let owner = observed.get(change.place).map(|seen| &seen.owner);
        if let Some(of_owner) = owner.and_then(|owner| memory.owners.get_mut(owner)) {
            let is_used = |record: &Published| {
                wanted.in_use.as_ref().is_some_and(|in_use| in_use.records.contains(record))
            };
            let is_given = |record: &Published| wanted.next.contains(record) && !is_used(record);
            let (given, own) = change.add.iter().cloned().partition(is_given);
            merge(&mut of_owner.given, given);
            merge(&mut of_owner.own, own);
        }
    }
    decision.others = others(memory, observed, wanted);
    decision.unsent = memory.unsent.filter(|_| is_examined).map(|since| now.saturating_sub(since));
    decision
}

fn merge(records: &mut Records, mut more: Records) {
    records.append(&mut more);
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
/// chain too. None of the own chains while an address sends a chain of such a record: that machine may have installed a
/// later chain and not have reloaded its service, which then sends a chain that no probe has seen.
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
    let unwanted = |of: &Records| {
        of.intersection(&published).filter(|record| !records.contains(*record)).cloned().collect::<Records>()
    };
    let is_served = |record: &Published| {
        let alone = Records::from([record.clone()]);
        seen.served.iter().any(|served| covers(place, &alone, &served.chain))
    };
    if !wanted.is_installed {
        return BTreeMap::new();
    }
    let (own, given) = (unwanted(&memory.own), unwanted(&memory.given));
    let is_any_served = own.iter().any(is_served);
    let own = own.iter().filter(|_| !is_any_served);
    let unserved = own.chain(given.iter().filter(|record| !is_served(record)));
    unserved.map(|record| (record.clone(), memory.unserved.get(record).copied().unwrap_or(now))).collect()
}

fn others<C>(memory: &Memory, observed: &[Observed<C>], wanted: &Wanted<C>) -> Vec<(usize, Published)> {
    let records = wanted.records();
    let mut others = BTreeSet::new();
    for (place, seen) in observed.iter().enumerate() {
        let own = memory.owners.get(&seen.owner);
        let is_own = |record: &Published| {
            own.is_some_and(|of_owner| of_owner.own.contains(record) || of_owner.given.contains(record))
        };
        let is_other = |record: &&Published| !records.contains(*record) && !is_own(record);
        let published = rrsets(seen).flat_map(|rrset| &rrset.records);
        others.extend(published.filter(is_other).map(|record| (place, record.clone())));
    }
    others.into_iter().collect()
}

/// All owners together.
struct Case<'a, C> {
    places: Vec<Place<'a, C>>,
    wanted: &'a Wanted<C>,
    exceptions: Exceptions,
    now: u64,
    /// Since when the chain to install has been installed.
    installed: Option<u64>,
}

/// The seconds that a service may need to load a chain that was installed.
const RELOAD: u64 = 10;

impl<'a, C> Case<'a, C> {
    fn decide(&self) -> Decision {
        let is_unanswered = |place: &Place<'_, C>| rrsets(place.seen).next().is_none();
        if self.places.iter().any(is_unanswered) {
            return undetermined(self.all(|place| place.silent().collect()));
        }
        match self.wanted.is_installed {
            true => self.settling(self.after_installation()),
            false => self.before_installation(),
        }
    }

    /// Waits instead, if the only obstacle is that the service may not have loaded the installed chain yet.
    fn settling(&self, decision: Decision) -> Decision {
        let is_of_service = |reason: &Reason| {
            matches!(
                reason,
                Reason::Uncovered { at: Some(_), .. }
                    | Reason::Unreached { .. }
                    | Reason::StillServed { .. }
                    | Reason::NotReloaded { .. }
            )
        };
        let is_obstacle = matches!(decision.step, Step::Blocked | Step::Undetermined);
        let settled = self.installed.map(|installed| installed.saturating_add(RELOAD));
        match settled.filter(|settled| *settled > self.now) {
            Some(settled) if is_obstacle && decision.reasons.iter().all(is_of_service) => {
                Decision { step: Step::Wait(Some(settled)), ..decision }
            }
            _ => decision,
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
            let early = self.all(|place| place.early().collect());
            return Decision { reasons: [early, publish.reasons].concat(), ..publish };
        }
        // Without any record, senders do not use DANE, so the new chain can be installed first.
        if is_ready && self.places.iter().all(|place| is_published(place) || place.memory.is_bare()) {
            return step(Step::Install(None), Vec::new());
        }
        if self.exceptions.accept_outage && silent.is_empty() && self.places.iter().all(is_published) {
            // No end is known while a server gives records that do not match.
            let ends: Option<Vec<u64>> = self.places.iter().filter_map(Place::ready_at).collect();
            return step(Step::Install(ends.and_then(|ends| ends.into_iter().max())), self.waits());
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
        let reasons = self.all(|place| place.early().collect()).into_iter().chain(self.waits());
        step(Step::Wait(ends.max()), reasons.collect())
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
            if !place.retired().is_empty() && place.unreached().next().is_some() {
                return undetermined(place.unreached().collect());
            }
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
            () => step(Step::Steady, self.all(|place| place.elsewhere().collect())),
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
    Decision { step, changes: Vec::new(), reasons, others: Vec::new(), unsent: None }
}

fn undetermined(reasons: Vec<Reason>) -> Decision {
    step(Step::Undetermined, reasons)
}
