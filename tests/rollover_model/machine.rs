//! A machine: its files, its service, its state and its clocks.

use tlsagen::rollover::{Clock, Memory, Reading, Records};

/// The memory and the clock of a machine, which the program writes to one file.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) memory: Memory,
    pub(crate) clock: Option<Clock>,
}

/// A machine of the host. Chains are given by their id.
#[derive(Debug)]
pub(crate) struct Machine {
    /// The index of its group.
    pub(crate) group: usize,
    /// The chain in the file of `--in-use`.
    pub(crate) in_use: usize,
    /// The chain that the service sends.
    pub(crate) served: usize,
    /// Whether the service reads another file, which contains what it sends now.
    pub(crate) is_detached: bool,
    /// Until when probes get no answer.
    pub(crate) down_until: u64,
    pub(crate) state: State,
    /// Whether a hook runs.
    pub(crate) is_busy: bool,
    /// Whether a call with this state has seen the present TTL of the zone.
    pub(crate) saw_ttl: bool,
    /// The records that it ever wanted.
    pub(crate) ever_wanted: Records,
    boots: u64,
    booted_at: u64,
    wall_surplus: i64,
}

/// The wall clock at the start of a schedule.
const START: i64 = 1_790_000_000;

impl Machine {
    pub(crate) fn new(group: usize, chain: usize, uptime: u64) -> Self {
        Self {
            group,
            in_use: chain,
            served: chain,
            is_detached: false,
            down_until: 0,
            state: State::default(),
            is_busy: false,
            saw_ttl: false,
            ever_wanted: Records::new(),
            boots: 0,
            booted_at: BEGIN - uptime.min(BEGIN),
            wall_surplus: 0,
        }
    }

    pub(crate) fn reading(&self, now: u64) -> Reading {
        Reading {
            wall: START + i64::try_from(now).unwrap() + self.wall_surplus,
            boot: self.boots.to_string(),
            uptime: now - self.booted_at,
        }
    }

    pub(crate) fn reboot(&mut self, now: u64) {
        self.boots += 1;
        self.booted_at = now;
    }

    pub(crate) fn jump(&mut self, seconds: i64) {
        self.wall_surplus += seconds;
    }
}

/// The time at which a schedule starts.
pub(crate) const BEGIN: u64 = 1_000_000;
