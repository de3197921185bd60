//! What this machine published at each owner, and which RRsets caches may hold.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Answer, Records, Rrset};
use crate::records::Published;

/// The memory of one machine, by owner name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// The time of the clock since when the service has used the chain to install.
    #[serde(default)]
    pub(super) installed: Option<u64>,
    /// The time of the clock since when each call that reached an address missed that chain.
    #[serde(default)]
    pub(super) unsent: Option<u64>,
    /// The memory of each owner.
    pub(super) owners: BTreeMap<String, OwnerMemory>,
}

/// The memory of one owner.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OwnerMemory {
    /// The records of its own chains that this machine published or found published.
    pub(super) own: Records,
    /// The other records that this machine published: those of standby keys, sibling CAs and other machines.
    #[serde(default)]
    pub(super) given: Records,
    /// The records that no address sends any more, each with the time of the clock since when.
    #[serde(default)]
    pub(super) unserved: BTreeMap<Published, u64>,
    /// The name at which the records exist: the owner or what it is an alias of.
    #[serde(default)]
    holder: Option<String>,
    /// The servers that have answered.
    #[serde(default)]
    known: BTreeSet<String>,
    /// The RRset that each server gave last.
    servers: BTreeMap<String, Rrset>,
    /// The RRsets that caches may hold.
    pub(super) cached: Vec<Cached>,
}

/// An RRset that caches may hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cached {
    /// The records; `None` if unknown: RRsets from before this machine first saw records at a server.
    pub(super) records: Option<Records>,
    /// The TTL in seconds.
    ttl: u32,
    /// The time of the clock at which caches no longer hold the RRset; `None` while a server may give it.
    pub(super) until: Option<u64>,
}

impl Cached {
    fn is(&self, rrset: &Rrset) -> bool {
        self.records.as_ref() == Some(&rrset.records) && self.ttl == rrset.ttl
    }
}

/// When an RRset with this TTL is no longer in a cache, if no server gives it since `now`. Twice the TTL, for caches
/// that ask other caches.
pub(super) fn gone(ttl: u32, now: u64) -> u64 {
    now.saturating_add(2 * u64::from(ttl))
}

impl OwnerMemory {
    /// Adds what the servers answer about `holder` at the time `now`.
    pub(super) fn observe(&mut self, holder: &str, answers: &[Answer], now: u64) {
        // Records that are new to this machine at a server may follow others that it did not see: those of a machine
        // that published first, since the last call. The same holds behind a new alias.
        let had_none = |answer: &Answer| {
            let is_new = match self.servers.get(&answer.server) {
                Some(rrset) => rrset.records.is_empty(),
                None => !self.known.contains(&answer.server),
            };
            is_new && answer.rrset.as_ref().is_ok_and(|rrset| !rrset.records.is_empty())
        };
        let is_other_holder = self.holder.as_ref().is_some_and(|known| known != holder);
        let has_new = is_other_holder || answers.iter().any(had_none);
        self.holder = Some(holder.to_owned());
        if is_other_holder {
            self.servers.clear();
        }
        let answered = answers.iter().filter(|answer| answer.rrset.is_ok());
        self.known.extend(answered.map(|answer| answer.server.clone()));
        for Answer { server, rrset } in answers {
            if let Ok(rrset) = rrset {
                self.servers.insert(server.clone(), rrset.clone());
            }
        }
        let listed: BTreeSet<&String> = answers.iter().map(|answer| &answer.server).collect();
        self.servers.retain(|server, _| listed.contains(server));
        // A server that does not answer may give its last RRset, also when it comes back.
        let current: Vec<&Rrset> = self.servers.values().filter(|rrset| !rrset.records.is_empty()).collect();
        for rrset in &current {
            match self.cached.iter_mut().find(|cached| cached.is(rrset)) {
                Some(cached) => cached.until = None,
                None => self.cached.push(Cached {
                    records: Some(rrset.records.clone()),
                    ttl: rrset.ttl,
                    until: None,
                }),
            }
        }
        // Between two calls, the TTL may have risen before the records changed.
        let ttl = current.iter().map(|rrset| rrset.ttl).max().unwrap_or(0);
        // A server that does not answer may also transfer an RRset that the others give only for a time.
        let is_complete = answers.iter().all(|answer| answer.rrset.is_ok());
        for cached in &mut self.cached {
            if is_complete && !current.iter().any(|rrset| cached.is(rrset)) {
                cached.until.get_or_insert(gone(cached.ttl.max(ttl), now));
            }
        }
        if has_new {
            let ttl = self.cached.iter().map(|cached| cached.ttl).max().unwrap_or(0);
            self.cached.retain(|cached| cached.records.is_some());
            self.cached.push(Cached { records: None, ttl, until: Some(gone(ttl, now)) });
        }
        self.cached.retain(|cached| cached.until.is_none_or(|until| until > now));
    }

    /// Whether no server gives a record, and no cache may hold one.
    pub(super) fn is_bare(&self) -> bool {
        self.cached.is_empty()
    }

    /// The largest TTL that a cache may hold, in seconds.
    pub(super) fn largest_ttl(&self) -> u32 {
        self.cached.iter().map(|cached| cached.ttl).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rrset(data: &[u8], ttl: u32) -> Rrset {
        let record = |octet: &u8| Published { usage: 3, selector: 1, matching_type: 1, data: vec![*octet] };
        Rrset { records: data.iter().map(record).collect(), ttl }
    }

    /// The memory after these answers of two servers, each with its time.
    #[track_caller]
    fn after(answers: &[(u64, [Option<Rrset>; 2])]) -> OwnerMemory {
        let mut memory = OwnerMemory::default();
        for (now, rrsets) in answers {
            let answer = |(number, rrset): (usize, &Option<Rrset>)| Answer {
                server: number.to_string(),
                rrset: rrset.clone().ok_or("no reply".to_owned()),
            };
            let answers: Vec<Answer> = rrsets.iter().enumerate().map(answer).collect();
            memory.observe("holder", &answers, *now);
        }
        memory
    }

    #[track_caller]
    fn holds(memory: &OwnerMemory, records: Option<Records>, until: Option<u64>) {
        let is_held = |cached: &Cached| cached.records == records && cached.until == until;
        assert!(memory.cached.iter().any(is_held), "{:?}", memory.cached);
    }

    #[test]
    fn a_ttl_that_rose_counts_for_the_older_records() {
        let (old, new) = (rrset(&[1], 60), rrset(&[1, 2], 3_600));
        let memory =
            after(&[(0, [Some(old.clone()), Some(old.clone())]), (500, [Some(new.clone()), Some(new)])]);
        holds(&memory, Some(old.records), Some(500 + 7_200));
    }

    #[test]
    fn records_of_a_zone_that_had_none_may_follow_others() {
        let (none, new) = (rrset(&[], 0), rrset(&[1], 60));
        let memory = after(&[(0, [Some(none.clone()), Some(none)]), (500, [Some(new.clone()), Some(new)])]);
        holds(&memory, None, Some(500 + 120));
    }

    #[test]
    fn a_silent_server_may_give_what_the_others_gave_meanwhile() {
        let (low, high) = (rrset(&[1], 60), rrset(&[1], 3_600));
        let mut calls = vec![
            (0, [Some(low.clone()), Some(low.clone())]),
            (500, [Some(high.clone()), None]),
            (600, [Some(low.clone()), None]),
            (20_000, [Some(low.clone()), None]),
        ];
        holds(&after(&calls), Some(high.records.clone()), None);
        calls.push((30_000, [Some(low.clone()), Some(low)]));
        holds(&after(&calls), Some(high.records), Some(30_000 + 7_200));
    }
}
