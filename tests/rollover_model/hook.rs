//! The hook of a machine: calls the program up to six times and does what it says.

use tlsagen::rollover::{Change, Step};

use crate::policy::Policy;
use crate::setup::TTLS;
use crate::world::{Command, Event, World};

const ROUNDS: usize = 6;

impl World {
    pub(crate) fn start_hook(&mut self, machine: usize) -> Result<(), String> {
        let ttl = u64::from(self.zone.ttl());
        let next = match self.setup.is_hidden(machine) {
            true => ttl / 4 + self.below(ttl / 4),
            false => self.gap_of_pace(),
        };
        self.after(next, Event::Run(machine));
        if self.machines[machine].is_busy {
            return Ok(());
        }
        self.say(|_| format!("machine {machine}: hook"));
        self.machines[machine].is_busy = true;
        self.command(machine, Command::Copy(0))
    }

    /// Performs a command of the hook.
    pub(crate) fn command(&mut self, machine: usize, command: Command) -> Result<(), String> {
        let is_due = matches!(command, Command::Load(_)) && self.setup.shares_address(machine);
        if self.one_in(25) && !is_due && !self.setup.is_hidden(machine) {
            self.say(|_| format!("machine {machine}: hook killed before {command:?}"));
            self.machines[machine].is_busy = false;
            return Ok(());
        }
        let next = match command {
            Command::Copy(ROUNDS) => None,
            Command::Copy(round) => {
                Some(Command::Call(round, self.groups[self.machines[machine].group].chain))
            }
            Command::Call(round, chain) => self.call_of_hook(machine, round, chain)?,
            Command::Send(round, changes) => {
                let is_sent = self.send(&changes)?;
                is_sent.then_some(Command::Copy(round + 1))
            }
            Command::Replace(round, chain) => {
                self.machines[machine].in_use = chain;
                Some(Command::Load(round))
            }
            Command::Load(round) => {
                self.reload(machine)?;
                Some(Command::Copy(round + 1))
            }
        };
        match next {
            Some(next) => {
                // The commands from copy to reload take less than two of the smallest TTL.
                let slow = u64::from(TTLS[0]) / 4;
                let pause = if self.one_in(8) { self.below(slow) } else { self.below(3) };
                self.after(pause, Event::Hook(machine, next));
            }
            None => self.machines[machine].is_busy = false,
        }
        Ok(())
    }

    fn call_of_hook(
        &mut self,
        machine: usize,
        round: usize,
        chain: usize,
    ) -> Result<Option<Command>, String> {
        // The program refuses a chain file with another private key as wrong input.
        if !self.chains[chain].fits && self.policy != Policy::AcceptsOtherKeys {
            return Ok(None);
        }
        let decision = self.call(machine, chain)?;
        Ok(match decision.step {
            Step::Publish | Step::Retire => Some(Command::Send(round, decision.changes)),
            Step::Install(_) => Some(Command::Replace(round, chain)),
            _ => None,
        })
    }

    /// Sends changes to the primary. Returns whether that seems to succeed.
    fn send(&mut self, changes: &[Change]) -> Result<bool, String> {
        let is_refused = self.one_in(8) || !self.zone.servers[0].is_visible;
        if is_refused || self.one_in(8) {
            self.say(|_| format!("update {}", if is_refused { "refused" } else { "lost" }));
            return Ok(!is_refused);
        }
        for change in changes {
            if self.zone.update(change, self.now) {
                (1..self.zone.servers.len()).for_each(|server| self.transfer_later(server));
            }
        }
        self.check()?;
        Ok(true)
    }

    /// Reloads the service of a machine, at once, later or not at all.
    fn reload(&mut self, machine: usize) -> Result<(), String> {
        let is_sure = self.setup.shares_address(machine);
        match self.below(6) {
            0 if !is_sure => {
                self.say(|_| format!("machine {machine}: reload fails"));
                Ok(())
            }
            1 if !is_sure => {
                let later = self.gap(4 * u64::from(self.zone.ttl()));
                self.after(later, Event::Reload(machine));
                Ok(())
            }
            _ => self.load(machine),
        }
    }
}
