//! One call of the program: what it sees, what is wanted, and what a decision must never contain.

use tlsagen::rollover::{
    Answer, Change, Decision, Material, Observed, Records, Rrset, Served, Step, Unreached, Wanted,
};

use crate::chains::{CA, Chain, EE, record};
use crate::policy::Policy;
use crate::world::World;

impl World {
    /// Calls the program on `machine` for the chain that the hook copied.
    pub(crate) fn call(&mut self, machine: usize, chain: usize) -> Result<Decision, String> {
        let observed = self.observed(machine, chain);
        let wanted = self.wanted(machine, chain);
        let reading = self.machines[machine].reading(self.now);
        let ttl = self.zone.ttl();
        let mut rrsets = observed.answers.iter().filter_map(|answer| answer.rrset.as_ref().ok());
        self.machines[machine].saw_ttl |= rrsets.any(|rrset| rrset.ttl == ttl);
        self.machines[machine].ever_wanted.extend(wanted.records());
        let state = &mut self.machines[machine].state;
        let (decision, at) = self.policy.call(state, observed.clone(), &wanted, reading);
        self.figures.count(decision.step);
        self.say(|_| format!("machine {machine}, chain {chain}: {decision:?} at {at}"));
        if self.policy == Policy::Right {
            self.check_decision(machine, &decision, &observed, &wanted, at)?;
        }
        Ok(decision)
    }

    fn observed(&mut self, machine: usize, chain: usize) -> Observed<Chain> {
        let answers = self.zone.servers.iter().enumerate().map(|(number, server)| {
            let rrset = Rrset { records: server.records.clone(), ttl: server.ttl };
            let rrset = if server.is_up && server.is_visible { Ok(rrset) } else { Err("silent".to_owned()) };
            Answer { server: number.to_string(), rrset }
        });
        let answers = answers.collect();
        let (mut served, mut unreached) = (Vec::new(), Vec::new());
        for address in 0..self.setup.addresses.len() {
            let at = format!("address {address}");
            // One handshake for each key type; each reaches any of the machines at the address.
            for key_type in 0..2 {
                let members = self.setup.addresses[address].len();
                let answering = self.setup.addresses[address][self.numbers.below(members)];
                let answering = &self.machines[answering];
                if answering.down_until > self.now {
                    unreached.push(Unreached { at: at.clone(), reason: "down".to_owned() });
                    continue;
                }
                let sent = &self.chains[answering.served];
                let is_wanted = sent.id == chain;
                let of_type = sent.by_key().nth(key_type);
                served.extend(of_type.map(|chain| Served { at: at.clone(), chain, is_wanted }));
            }
        }
        let owner = format!("owner of machine {machine}");
        Observed { holder: owner.clone(), owner, answers, served, unreached }
    }

    fn wanted(&self, machine: usize, chain: usize) -> Wanted<Chain> {
        let material = |id: usize| {
            let chain = self.chains[id].clone();
            Material { records: chain.records(&self.triples), chain }
        };
        let of_machine = &self.machines[machine];
        let is_installed = of_machine.in_use == chain;
        Wanted {
            new: material(chain),
            in_use: Some(material(of_machine.in_use)),
            next: self.next(machine),
            is_installed,
        }
    }

    /// The records of `--next`.
    fn next(&self, machine: usize) -> Records {
        let group = &self.groups[self.machines[machine].group];
        let mut next: Records = group.standby.iter().map(|key| record(EE, *key)).collect();
        if self.setup.has_siblings && self.triples.contains(&CA) {
            next.extend(group.cas.map(|ca| record(CA, ca)));
        }
        if self.setup.is_bare {
            // The operator keeps `--next` up to date with the chains of machines that have other keys.
            let others = self.machines.iter().filter(|other| other.group != self.machines[machine].group);
            for other in others {
                let chains = [self.groups[other.group].chain, other.in_use, other.served];
                next.extend(chains.into_iter().flat_map(|id| self.chains[id].records(&self.triples)));
            }
        }
        next
    }

    fn check_decision(
        &self,
        machine: usize,
        decision: &Decision,
        observed: &Observed<Chain>,
        wanted: &Wanted<Chain>,
        at: u64,
    ) -> Result<(), String> {
        let rrsets = observed.answers.iter().filter_map(|answer| answer.rrset.as_ref().ok());
        let published: Records = rrsets.flat_map(|rrset| &rrset.records).cloned().collect();
        let wrong = |what: &str| Err(format!("machine {machine}: {what}"));
        let has = |is: fn(&Change) -> bool| decision.changes.iter().all(is) && !decision.changes.is_empty();
        let is_of_step = match decision.step {
            Step::Publish => has(|change| !change.add.is_empty() && change.remove.is_empty()),
            Step::Retire => has(|change| change.add.is_empty() && !change.remove.is_empty()),
            _ => decision.changes.is_empty(),
        };
        if !is_of_step {
            return wrong("the changes do not belong to the step");
        }
        if matches!(decision.step, Step::Wait(Some(until)) if until <= at) {
            return wrong("it waits for the past");
        }
        let ever = &self.machines[machine].ever_wanted;
        for change in &decision.changes {
            let of_wanted = wanted.records();
            if !change.add.is_subset(&of_wanted) || !change.add.is_disjoint(&published) {
                return wrong("it adds a record that is not wanted or is published");
            }
            if !change.remove.is_subset(&published) || !change.remove.is_disjoint(&of_wanted) {
                return wrong("it removes a record that is wanted or not published");
            }
            if !change.remove.is_subset(ever) {
                return wrong("it removes a record that it never wanted");
            }
            let mut after = published.clone();
            after.extend(change.add.iter().cloned());
            after.retain(|record| !change.remove.contains(record));
            if after != change.after {
                return wrong("the records after the change are not those that result");
            }
        }
        Ok(())
    }
}
