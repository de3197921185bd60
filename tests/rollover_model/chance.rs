//! What the machines do not control: renewals, operators, failures of servers and services, clocks.

use crate::chains::CA;
use crate::machine::State;
use crate::setup::TTLS;
use crate::world::{Event, World};

impl World {
    pub(crate) fn chance(&mut self) -> Result<(), String> {
        let machine = self.numbers.below(self.machines.len());
        let is_hidden = self.setup.is_hidden(machine);
        match self.below(100) {
            0..=19 => {
                let group = self.numbers.below(self.groups.len());
                self.renew(group);
            }
            20..=23 => self.change_standby(),
            24..=29 if !is_hidden && self.zone.servers.len() > 1 => {
                let server = 1 + self.numbers.below(self.zone.servers.len() - 1);
                if self.zone.servers[server].is_up {
                    self.say(|_| format!("server {server} stops"));
                    self.zone.stop(server, self.now);
                    let later = self.long();
                    self.after(later, Event::Start(server));
                }
            }
            30..=35 if !is_hidden => {
                let server = self.numbers.below(self.zone.servers.len());
                self.say(|_| format!("server {server} cannot be reached"));
                self.zone.servers[server].is_visible = false;
                let later = self.long();
                self.after(later, Event::Show(server));
            }
            36..=43 => {
                self.say(|_| format!("machine {machine} reboots"));
                self.machines[machine].reboot(self.now);
                return self.load(machine);
            }
            44..=51 => {
                let seconds = i64::try_from(self.gap(3_000_000)).unwrap();
                let seconds = if self.one_in(2) { -seconds } else { seconds };
                self.say(|_| format!("the clock of machine {machine} jumps by {seconds}"));
                self.machines[machine].jump(seconds);
            }
            // An empty state cannot know a larger TTL of older RRsets.
            52..=56 if !is_hidden && self.zone.is_ttl_settled(self.now) => {
                self.say(|_| format!("machine {machine} loses its state"));
                self.machines[machine].state = State::default();
                self.machines[machine].saw_ttl = false;
            }
            // A TTL that a machine never saw cannot be known.
            57..=62 if !is_hidden && self.machines.iter().all(|machine| machine.saw_ttl) => {
                self.change_ttl();
                return self.check();
            }
            63..=69 if !self.setup.shares_address(machine) => {
                self.say(|_| format!("the service of machine {machine} reads another file"));
                self.machines[machine].is_detached = true;
                let later = self.long();
                self.after(later, Event::Attach(machine));
            }
            70..=77 => {
                let seconds = self.long();
                self.say(|_| format!("machine {machine} does not answer probes for {seconds} seconds"));
                self.machines[machine].down_until = self.now + seconds;
            }
            78..=87 => return self.load(machine),
            88..=91 if self.setup.adds_triple && !self.triples.contains(&CA) => {
                self.say(|_| "the operator adds 2 1 1".to_owned());
                self.triples.push(CA);
            }
            _ => {}
        }
        Ok(())
    }

    /// How long a fault lasts: up to eight TTLs.
    fn long(&mut self) -> u64 {
        let most = 8 * u64::from(self.zone.ttl());
        if self.one_in(2) { self.gap(most) } else { 1 + self.below(most) }
    }

    pub(crate) fn renew(&mut self, group: usize) {
        let old = self.chains[self.groups[group].chain].clone();
        let kind = self.below(10);
        let keys = match kind {
            0..=2 => old.keys,
            3..=5 if !self.groups[group].standby.is_empty() => {
                std::mem::take(&mut self.groups[group].standby)
            }
            _ => {
                let is_other = self.one_in(6);
                self.new_keys(if is_other { 3 - old.keys.len() } else { old.keys.len() })
            }
        };
        let fits = kind != 9 || !self.is_faulty;
        let cas = self.groups[group].cas;
        let ca = if self.one_in(3) { cas[self.numbers.below(2)] } else { old.ca };
        let chain = self.new_chain(keys, ca, fits);
        self.groups[group].chain = chain;
        self.say(|world| format!("group {group}: CHAIN is {:?}", world.chains[chain]));
    }

    /// The operator makes a new standby key, or drops the old one.
    fn change_standby(&mut self) {
        let group = self.numbers.below(self.groups.len());
        let number = self.numbers.below(3);
        let keys = self.new_keys(number);
        self.say(|_| format!("group {group}: standby keys {keys:?}"));
        self.groups[group].standby = keys;
    }

    fn change_ttl(&mut self) {
        let ttl = TTLS[self.numbers.below(TTLS.len())];
        if ttl == self.zone.ttl() {
            return;
        }
        self.say(|_| format!("the operator changes the TTL to {ttl}"));
        self.zone.change_ttl(ttl, self.now);
        self.machines.iter_mut().for_each(|machine| machine.saw_ttl = false);
        (1..self.zone.servers.len()).for_each(|server| self.transfer_later(server));
    }
}
