//! What happened in schedules.

use std::collections::BTreeMap;

use tlsagen::rollover::Step;

#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) schedules: u64,
    pub(crate) events: u64,
    pub(crate) queued: u64,
    pub(crate) calls: u64,
    pub(crate) steps: BTreeMap<&'static str, u64>,
    /// The most rounds of calls until all machines were steady after the faults.
    pub(crate) rounds: u64,
}

impl Figures {
    pub(crate) fn count(&mut self, step: Step) {
        self.calls += 1;
        *self.steps.entry(step.name()).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.schedules += other.schedules;
        self.events += other.events;
        self.queued += other.queued;
        self.calls += other.calls;
        other.steps.into_iter().for_each(|(name, number)| *self.steps.entry(name).or_default() += number);
        self.rounds = self.rounds.max(other.rounds);
    }
}
