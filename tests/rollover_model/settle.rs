//! After the faults: every machine must become steady within a bounded number of calls.

use tlsagen::rollover::Step;

use crate::setup::TTLS;
use crate::world::World;

/// The most rounds until all machines are steady, with two rounds per TTL for machines that no probe is sure to see, and
/// else one per largest TTL: two TTLs for caches before the installation, two before the old record goes, and as much
/// again for what was interrupted.
const ROUNDS: u64 = 16;
/// The most calls of a machine in a round.
const CALLS: usize = 6;

impl World {
    pub(crate) fn settle(&mut self) -> Result<(), String> {
        self.say(|_| "no more faults".to_owned());
        self.is_faulty = false;
        for server in 0..self.zone.servers.len() {
            self.zone.servers[server].is_up = true;
            self.zone.servers[server].is_visible = true;
        }
        self.check()?;
        self.transfer_now()?;
        for group in 0..self.groups.len() {
            if !self.chains[self.groups[group].chain].fits {
                self.renew(group);
            }
        }
        for machine in 0..self.machines.len() {
            self.machines[machine].down_until = 0;
            self.machines[machine].is_detached = false;
            self.load(machine)?;
        }
        let is_hidden = (0..self.machines.len()).any(|machine| self.setup.is_hidden(machine));
        let period = u64::from(if is_hidden { self.zone.ttl() / 2 } else { TTLS[TTLS.len() - 1] });
        for round in 1..=ROUNDS {
            let mut is_steady = true;
            for machine in 0..self.machines.len() {
                is_steady &= self.is_steady_after_calls(machine)?;
            }
            if is_steady {
                self.figures.rounds = round;
                return Ok(());
            }
            self.now += period;
        }
        Err(format!("not steady after {ROUNDS} rounds"))
    }

    /// Runs the hook of a machine without faults. Returns whether it had nothing to do.
    fn is_steady_after_calls(&mut self, machine: usize) -> Result<bool, String> {
        for call in 0..CALLS {
            let chain = self.groups[self.machines[machine].group].chain;
            let decision = self.call(machine, chain)?;
            self.now += 1;
            match decision.step {
                Step::Publish | Step::Retire => {
                    for change in &decision.changes {
                        self.zone.update(change, self.now);
                    }
                    self.check()?;
                    self.transfer_now()?;
                }
                Step::Install(_) => {
                    self.machines[machine].in_use = chain;
                    self.load(machine)?;
                }
                Step::Steady => return Ok(call == 0 && self.machines[machine].in_use == chain),
                _ => return Ok(false),
            }
        }
        Err(format!("machine {machine}: {CALLS} calls in one run of the hook"))
    }

    fn transfer_now(&mut self) -> Result<(), String> {
        (1..self.zone.servers.len()).for_each(|server| self.zone.transfer(server, self.now));
        self.check()
    }
}
