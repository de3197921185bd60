//! How a schedule starts: machines, addresses, name servers, triples.

use tlsagen::rollover::Triple;

use crate::chains::{CA, EE};
use crate::numbers::Numbers;

pub(crate) const TTLS: [u32; 4] = [60, 300, 3_600, 86_400];

/// What does not change within a schedule, except `triples`.
#[derive(Debug)]
pub(crate) struct Setup {
    /// The group of each machine. The machines of a group have the same chain, renewed at the same time.
    pub(crate) groups: Vec<usize>,
    /// The machines that answer at each address.
    pub(crate) addresses: Vec<Vec<usize>>,
    pub(crate) servers: usize,
    pub(crate) ttl: u32,
    /// The triples that the operator asks for.
    pub(crate) triples: Vec<Triple>,
    /// Whether the operator adds a triple later, at all machines at once.
    pub(crate) adds_triple: bool,
    /// Whether all groups use the same CAs, which are in `--next` at each machine. Machines with different keys need
    /// this to add `2 1 1`: the new triple must cover the chains of all.
    pub(crate) has_siblings: bool,
    /// Whether nothing is published at first. Machines with different keys then need the records of the others in
    /// `--next`: the first RRset must cover the chains of all.
    pub(crate) is_bare: bool,
}

impl Setup {
    pub(crate) fn any(numbers: &mut Numbers) -> Self {
        let (groups, addresses): (&[usize], &[&[usize]]) = match numbers.below(10) {
            0..=3 => (&[0], &[&[0]]),
            4 => (&[0, 1], &[&[0], &[1]]),
            5 => (&[0, 0], &[&[0], &[1]]),
            6 => (&[0, 0, 1], &[&[0], &[1], &[2]]),
            7 => (&[0, 1], &[&[0, 1]]),
            8 => (&[0, 1, 2], &[&[0], &[1], &[2]]),
            _ => (&[0, 0], &[&[0, 1]]),
        };
        // The first RRset must cover a machine that no probe is sure to see, so the operator publishes it when both
        // have the same chain.
        let has_hidden = groups == [0, 0] && addresses.len() == 1;
        let adds_triple = numbers.below(3) == 0;
        let starts_with_two = !adds_triple && numbers.below(2) == 0;
        Self {
            groups: groups.to_vec(),
            addresses: addresses.iter().map(|machines| machines.to_vec()).collect(),
            servers: 1 + numbers.below(3),
            ttl: TTLS[numbers.below(TTLS.len())],
            triples: if starts_with_two { vec![EE, CA] } else { vec![EE] },
            adds_triple,
            has_siblings: if adds_triple { groups.len() > 1 } else { numbers.below(2) == 0 },
            is_bare: numbers.below(4) == 0 && !has_hidden,
        }
    }

    /// Whether another machine answers at the same address. No probe is sure to see this machine then, so its service
    /// must send the file that is in use.
    pub(crate) fn shares_address(&self, machine: usize) -> bool {
        self.addresses.iter().any(|machines| machines.len() > 1 && machines.contains(&machine))
    }

    /// Whether a machine of the same group answers at the same address. When one of them has installed the new chain,
    /// it cannot see whether the other has. It retires after two TTLs, so the other must not be later than that: its
    /// hook runs more often than once per TTL, is not killed, keeps its state, and sees all servers.
    pub(crate) fn is_hidden(&self, machine: usize) -> bool {
        let is_twin = |other: &usize| *other != machine && self.groups[*other] == self.groups[machine];
        let mut of_machine = self.addresses.iter().filter(|machines| machines.contains(&machine));
        of_machine.any(|machines| machines.iter().any(is_twin))
    }
}
