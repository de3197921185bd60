//! The world of one schedule, in virtual seconds.

use std::collections::BTreeMap;

use tlsagen::rollover::{Change, Triple};

use crate::chains::{Chain, covers};
use crate::figures::Figures;
use crate::machine::{BEGIN, Machine};
use crate::numbers::Numbers;
use crate::policy::Policy;
use crate::setup::Setup;
use crate::zone::Zone;

/// What happens at a time.
#[derive(Debug)]
pub(crate) enum Event {
    /// Something that the machines do not control.
    Chance,
    /// A machine starts its hook.
    Run(usize),
    /// The next command of a hook.
    Hook(usize, Command),
    /// A secondary asks the primary.
    Transfer(usize),
    /// A server runs again.
    Start(usize),
    /// A server can be reached again.
    Show(usize),
    /// A service is reloaded.
    Reload(usize),
    /// A service is made to read the file in use.
    Attach(usize),
}

/// A command of a hook, in the round with this number.
#[derive(Debug)]
pub(crate) enum Command {
    /// Copies CHAIN.
    Copy(usize),
    /// Calls the program for the copied chain.
    Call(usize, usize),
    /// Sends the changes to the primary.
    Send(usize, Vec<Change>),
    /// Replaces the file in use by the copied chain.
    Replace(usize, usize),
    /// Reloads the service.
    Load(usize),
}

/// Machines that share a chain.
#[derive(Debug)]
pub(crate) struct Group {
    /// The chain in CHAIN.
    pub(crate) chain: usize,
    /// The standby keys in `--next`.
    pub(crate) standby: Vec<u16>,
    /// The CAs that its chains may have.
    pub(crate) cas: [u16; 2],
}

pub(crate) struct World {
    pub(crate) now: u64,
    pub(crate) numbers: Numbers,
    pub(crate) policy: Policy,
    pub(crate) setup: Setup,
    pub(crate) zone: Zone,
    pub(crate) groups: Vec<Group>,
    pub(crate) machines: Vec<Machine>,
    pub(crate) chains: Vec<Chain>,
    pub(crate) triples: Vec<Triple>,
    pub(crate) keys: u16,
    /// The time between chance events, and between hooks, is up to twice this number of seconds.
    pace: u64,
    /// Whether faults happen.
    pub(crate) is_faulty: bool,
    pub(crate) figures: Figures,
    queue: BTreeMap<(u64, u64), Event>,
    trace: Option<Vec<String>>,
}

/// Chance events of a schedule.
const CHANCES: usize = 26;

impl World {
    /// Runs a schedule. The error has the trace, if one is wanted, and what is wrong.
    pub(crate) fn run(seed: u64, policy: Policy, is_traced: bool) -> Result<Figures, String> {
        let mut world = Self::new(seed, policy, is_traced);
        let result = world.faults().and_then(|()| match policy {
            Policy::Right => world.settle(),
            // A fault must be found while a service is refused, not because the end is not reached.
            _ => Ok(()),
        });
        match result {
            Ok(()) => Ok(world.figures),
            Err(wrong) => {
                let mut lines = world.trace.take().unwrap_or_default();
                lines.push(format!("{:8} {wrong}", world.now - BEGIN));
                Err(lines.join("\n"))
            }
        }
    }

    fn new(seed: u64, policy: Policy, is_traced: bool) -> Self {
        let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        (0..8).for_each(|_| _ = numbers.next());
        let setup = Setup::any(&mut numbers);
        let mut world = Self {
            now: BEGIN,
            numbers,
            policy,
            zone: Zone::new(setup.servers, &Default::default(), setup.ttl),
            groups: Vec::new(),
            machines: Vec::new(),
            chains: Vec::new(),
            triples: setup.triples.clone(),
            keys: 0,
            pace: u64::from(setup.ttl),
            setup,
            is_faulty: true,
            figures: Figures { schedules: 1, ..Figures::default() },
            queue: BTreeMap::new(),
            trace: is_traced.then(Vec::new),
        };
        world.start();
        world
    }

    fn start(&mut self) {
        self.say(|world| format!("{:?}", world.setup));
        for group in 0..=*self.setup.groups.iter().max().unwrap() {
            let first = if self.setup.has_siblings { 0 } else { u16::try_from(group).unwrap() * 2 };
            let cas = [first + 1, first + 2];
            let number = 1 + usize::from(self.one_in(3));
            let keys = self.new_keys(number);
            let chain = self.new_chain(keys, cas[0], true);
            let standby = if self.one_in(2) { self.new_keys(1) } else { Vec::new() };
            self.groups.push(Group { chain, standby, cas });
        }
        for (number, group) in self.setup.groups.clone().into_iter().enumerate() {
            let uptime = self.gap(BEGIN);
            self.machines.push(Machine::new(group, self.groups[group].chain, uptime));
            let first = self.gap(u64::from(self.setup.ttl));
            self.after(first, Event::Run(number));
        }
        if !self.setup.is_bare {
            let records = self.chains.iter().flat_map(|chain| chain.records(&self.triples)).collect();
            self.zone = Zone::new(self.setup.servers, &records, self.setup.ttl);
        }
        self.after(1, Event::Chance);
    }

    fn faults(&mut self) -> Result<(), String> {
        let mut chances = 0;
        while chances < CHANCES {
            let ((at, _), event) = self.queue.pop_first().unwrap();
            self.now = self.now.max(at);
            chances += usize::from(matches!(event, Event::Chance));
            self.happen(event)?;
        }
        self.queue.clear();
        Ok(())
    }

    fn happen(&mut self, event: Event) -> Result<(), String> {
        self.figures.events += 1;
        match event {
            Event::Chance => {
                self.chance()?;
                // Old RRsets with a larger TTL stay for long, so not all schedules go on at the pace of the new TTL.
                let of_ttl = [self.zone.ttl(), self.zone.largest_ttl()];
                self.pace = u64::from(of_ttl[self.numbers.below(2)]);
                let gap = self.gap_of_pace();
                self.after(gap, Event::Chance);
                Ok(())
            }
            Event::Run(machine) => self.start_hook(machine),
            Event::Hook(machine, command) => self.command(machine, command),
            Event::Transfer(server) => {
                self.say(|_| format!("server {server} transfers"));
                self.zone.transfer(server, self.now);
                self.check()
            }
            Event::Start(server) => {
                self.say(|_| format!("server {server} starts"));
                self.zone.servers[server].is_up = true;
                self.transfer_later(server);
                self.check()
            }
            Event::Show(server) => {
                self.say(|_| format!("server {server} can be reached again"));
                self.zone.servers[server].is_visible = true;
                Ok(())
            }
            Event::Reload(machine) => self.load(machine),
            Event::Attach(machine) => {
                self.machines[machine].is_detached = false;
                self.load(machine)
            }
        }
    }

    /// The secondary transfers the zone after a while.
    pub(crate) fn transfer_later(&mut self, server: usize) {
        let ttl = u64::from(self.zone.ttl());
        let lag = if self.one_in(4) { 1 + self.below(6 * ttl) } else { self.gap(ttl / 4) };
        self.after(lag, Event::Transfer(server));
    }

    /// The service reads its file.
    pub(crate) fn load(&mut self, machine: usize) -> Result<(), String> {
        let of_machine = &mut self.machines[machine];
        if of_machine.is_detached {
            return Ok(());
        }
        of_machine.served = of_machine.in_use;
        let served = of_machine.served;
        self.say(|world| format!("machine {machine} sends {:?}", world.chains[served]));
        match self.chains[served].fits {
            true => self.check(),
            false => Err(format!("machine {machine} does not offer TLS: its private key does not fit")),
        }
    }

    /// Each RRset that a cache may hold covers each chain that a service sends.
    pub(crate) fn check(&self) -> Result<(), String> {
        for (number, machine) in self.machines.iter().enumerate() {
            let chain = &self.chains[machine.served];
            for records in self.zone.in_caches(self.now) {
                if !covers(records, chain) {
                    return Err(format!("machine {number} sends {chain:?}, a cache has {records:?}"));
                }
            }
        }
        Ok(())
    }

    pub(crate) fn new_keys(&mut self, number: usize) -> Vec<u16> {
        (0..number).for_each(|_| self.keys += 1);
        (0..number).map(|back| self.keys - u16::try_from(back).unwrap()).collect()
    }

    pub(crate) fn new_chain(&mut self, keys: Vec<u16>, ca: u16, fits: bool) -> usize {
        let id = self.chains.len();
        self.chains.push(Chain { id, keys, ca, fits });
        id
    }

    pub(crate) fn after(&mut self, seconds: u64, event: Event) {
        self.figures.queued += 1;
        self.queue.insert((self.now + seconds, self.figures.queued), event);
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.numbers.next() % bound.max(1)
    }

    pub(crate) fn one_in(&mut self, number: u64) -> bool {
        self.below(number) == 0
    }

    /// A time from 1 to about `most` seconds, of any order of magnitude.
    pub(crate) fn gap(&mut self, most: u64) -> u64 {
        let bits = self.below(u64::from(most.max(2).ilog2()) + 1);
        1 + self.below(2 << bits)
    }

    pub(crate) fn gap_of_pace(&mut self) -> u64 {
        let most = 2 * self.pace;
        if self.one_in(2) { self.gap(most) } else { 1 + self.below(most) }
    }

    pub(crate) fn say(&mut self, text: impl FnOnce(&Self) -> String) {
        if self.trace.is_none() {
            return;
        }
        let line = format!("{:8} {}", self.now - BEGIN, text(self));
        self.trace.as_mut().unwrap().push(line);
    }
}
