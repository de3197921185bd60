//! The right answer for a name, from the zone data alone: RFC 1034 section 4.3.2, RFC 4592, RFC 6672.

use std::collections::BTreeSet;

use crate::denial::Denial;
use crate::tree::World;
use crate::wire::{CNAME, DNAME, DS, Name, target};
use crate::zone::Zone;

/// How well the right answer can be proven: the worst step of the lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// Every step can be proven.
    Secure,
    /// A step needs an NSEC3 record with opt-out, which proves nothing about insecure delegations.
    OptOut,
    /// A step needs NSEC3 with more iterations than a validator accepts (RFC 9276 section 3.2).
    Iterations,
    /// A step is in a zone without a chain of trust that the validator can verify.
    Unsigned,
}

/// The records of a name and type, after all CNAMEs and DNAMEs.
#[derive(Clone, Debug)]
pub(crate) struct Truth {
    /// RDATA in canonical form; empty if no such records exist.
    pub(crate) data: BTreeSet<Vec<u8>>,
    pub(crate) canonical: Name,
    /// The owner of the records: the canonical name or a wildcard.
    pub(crate) holder: Name,
    pub(crate) standing: Standing,
    /// All zones that the lookup passes through.
    pub(crate) zones: Vec<Name>,
}

/// More steps than any chain of CNAMEs and DNAMEs has, except a loop.
const MOST_STEPS: usize = 9;

impl World {
    /// Returns the right answer; `None` if the CNAMEs or DNAMEs form a loop.
    pub(crate) fn truth(&self, name: &Name, rtype: u16) -> Option<Truth> {
        let mut name = name.clone();
        let mut standing = Standing::Secure;
        let mut zones = Vec::new();
        for _ in 0..MOST_STEPS {
            let zone = self.zone(&name, rtype);
            zones.push(zone.apex.clone());
            if !self.is_signed(zone) {
                standing = standing.max(Standing::Unsigned);
            }
            let above = name.ancestors().skip(1).take_while(|above| above.is_within(&zone.apex));
            if let Some(dname) = above.filter_map(|above| zone.get(&above, DNAME)).last() {
                name = name.moved(&dname.owner, &target(&dname.data[0]));
                continue;
            }
            let holder = holder(zone, &name);
            let at = |rtype| holder.as_ref().and_then(|holder| zone.get(holder, rtype));
            if let Some(alias) = at(CNAME).filter(|_| rtype != CNAME) {
                standing = standing.max(proof(zone, &name, false));
                name = target(&alias.data[0]);
                continue;
            }
            let data = at(rtype).map(|set| set.canonical()).unwrap_or_default();
            standing = standing.max(proof(zone, &name, data.is_empty()));
            let holder = holder.unwrap_or_else(|| name.clone());
            return Some(Truth { data, canonical: name, holder, standing, zones });
        }
        None
    }

    /// Whether each delegation from the root down to the zone has a DS record of a known algorithm.
    pub(crate) fn is_signed(&self, zone: &Zone) -> bool {
        if zone.apex.count() == 0 {
            return true;
        }
        let parent = self.zone(&zone.apex, DS);
        let known = |ds: &Vec<u8>| matches!(ds[2], 8 | 10 | 13 | 14 | 15);
        parent.get(&zone.apex, DS).is_some_and(|set| set.data.iter().any(known)) && self.is_signed(parent)
    }
}

fn exists(zone: &Zone, name: &Name) -> bool {
    zone.sets.keys().any(|(owner, _)| owner.is_within(name))
}

/// Returns the name itself, or the wildcard at its closest encloser (RFC 4592 section 3.3.1).
fn holder(zone: &Zone, name: &Name) -> Option<Name> {
    if exists(zone, name) {
        return Some(name.clone());
    }
    let encloser = name.ancestors().find(|above| exists(zone, above))?;
    Some(encloser.wildcard()).filter(|wildcard| exists(zone, wildcard))
}

/// How well a zone can prove that a name or type does not exist, or that an answer comes from a wildcard.
fn proof(zone: &Zone, name: &Name, is_denial: bool) -> Standing {
    let exists = exists(zone, name);
    match zone.denial {
        _ if exists && !is_denial => Standing::Secure,
        Some(Denial::Nsec3 { iterations: 151.., .. }) => Standing::Iterations,
        Some(Denial::Nsec3 { opt_out: true, .. }) if !exists || zone.matching(name).is_none() => {
            Standing::OptOut
        }
        Some(_) => Standing::Secure,
        None => Standing::Unsigned,
    }
}
