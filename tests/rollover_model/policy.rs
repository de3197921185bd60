//! The policy under test, and policies with one fault each, which the model must find.

use tlsagen::rollover::{
    Change, Clock, Decision, Exceptions, Memory, Observed, Reading, Records, Step, Wanted, decide,
};

use crate::chains::{Chain, covers};
use crate::machine::State;

/// A policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    /// The program's.
    Right,
    /// It never looks at what the service sends.
    NeverProbes,
    /// It removes all published records that are not wanted.
    RetiresRecordsOfOthers,
    /// Its wait has nothing to do with the TTL.
    WaitsOneSecond,
    /// It accepts a chain file with another private key.
    AcceptsOtherKeys,
    /// It installs as soon as the records are published.
    NeverWaits,
    /// Without a state, it assumes that caches hold only what the servers give now.
    TrustsEmptyState,
    /// It does not count servers that do not answer.
    IgnoresSilentServers,
    /// It does not count addresses that do not answer.
    IgnoresUnreachedAddresses,
    /// It measures waits by the wall clock.
    TrustsWallClock,
}

impl Policy {
    /// One call of the program; returns the decision and the time of the clock.
    pub(crate) fn call(
        self,
        state: &mut State,
        mut observed: Observed<Chain>,
        wanted: &Wanted<Chain>,
        reading: Reading,
    ) -> (Decision, u64) {
        match self {
            Self::NeverProbes => {
                observed.served.clear();
                observed.unreached.clear();
            }
            Self::WaitsOneSecond => {
                let rrsets = observed.answers.iter_mut().filter_map(|answer| answer.rrset.as_mut().ok());
                rrsets.for_each(|rrset| rrset.ttl = 1);
            }
            Self::IgnoresSilentServers => observed.answers.retain(|answer| answer.rrset.is_ok()),
            Self::IgnoresUnreachedAddresses => observed.unreached.clear(),
            _ => {}
        }
        let now = self.advance(&mut state.clock, reading);
        let exceptions = Exceptions { accept_outage: self == Self::NeverWaits, ..Exceptions::default() };
        let observed = [observed];
        let decide = |memory: &mut Memory| {
            decide(memory, &observed, wanted, exceptions, now, &|_, records, chain| covers(records, chain))
        };
        if self == Self::TrustsEmptyState && state.memory == Memory::default() {
            decide(&mut state.memory);
            forget_unknown(&mut state.memory);
        }
        let mut decision = decide(&mut state.memory);
        if self == Self::RetiresRecordsOfOthers && wanted.is_installed {
            retire_others(&mut decision, &observed[0], wanted);
        }
        (decision, now)
    }

    fn advance(self, clock: &mut Option<Clock>, reading: Reading) -> u64 {
        let clock = clock.get_or_insert_with(|| Clock::new(reading.clone()));
        let (before, wall) = (clock.seconds, reading.wall - clock.last.wall);
        clock.advance(reading);
        if self == Self::TrustsWallClock {
            clock.seconds = before + u64::try_from(wall).unwrap_or(0);
        }
        clock.seconds
    }
}

/// Removes the RRsets that caches may hold from before the first call.
fn forget_unknown(memory: &mut Memory) {
    let mut json = serde_json::to_value(&*memory).unwrap();
    for owner in json["owners"].as_object_mut().unwrap().values_mut() {
        owner["cached"].as_array_mut().unwrap().retain(|cached| !cached["records"].is_null());
    }
    *memory = serde_json::from_value(json).unwrap();
}

fn retire_others(decision: &mut Decision, observed: &Observed<Chain>, wanted: &Wanted<Chain>) {
    let rrsets = observed.answers.iter().filter_map(|answer| answer.rrset.as_ref().ok());
    let published: Records = rrsets.flat_map(|rrset| &rrset.records).cloned().collect();
    let wanted = wanted.records();
    let remove: Records = published.difference(&wanted).cloned().collect();
    if remove.is_empty() || !matches!(decision.step, Step::Steady | Step::Retire) {
        return;
    }
    let after = published.intersection(&wanted).cloned().collect();
    decision.step = Step::Retire;
    decision.changes = vec![Change { place: 0, ttl: None, add: Records::new(), remove, after }];
}
