//! Forgeries made of genuine signed records at the wrong name, and of records that the attacker signs.

use crate::authority::add;
use crate::forger::Draft;
use crate::records::{false_data, with_signer};
use crate::signer::VALID;
use crate::wire::{CNAME, DNAME, DNSKEY, DS, NOERROR, NS, NSEC, NSEC3, NXDOMAIN, Name, RRSIG, SOA};
use crate::zone::{Set, Zone};

impl<'w> Draft<'w> {
    /// Returns the zone that the question is about, or sometimes its parent or any zone.
    fn some_zone(&mut self) -> &'w Zone {
        let world = self.world;
        match self.numbers.below(8) {
            0 => &world.zones[self.numbers.below(world.zones.len())],
            1 => world.zone(&world.zone(&self.message.name, self.message.rtype).apex, DS),
            _ => world.zone(&self.message.name, self.message.rtype),
        }
    }

    fn some_set(&mut self, is_fit: impl Fn(&Set) -> bool) -> Option<&'w Set> {
        let zone = self.some_zone();
        let all: Vec<&Set> =
            zone.sets.values().chain(zone.hashed.values()).filter(|set| is_fit(set)).collect();
        self.pick(&all).copied()
    }

    /// Returns NSEC or NSEC3 records that match or cover the name, a name above, or a wildcard there; sometimes only a
    /// part of them, or others of the zone.
    fn proofs(&mut self, zone: &'w Zone) -> Vec<&'w Set> {
        let name = self.message.name.clone();
        let names = name.ancestors().filter(|above| above.is_within(&zone.apex));
        let names: Vec<Name> = names.flat_map(|above| [above.wildcard(), above]).collect();
        let mut sets: Vec<&Set> = names
            .iter()
            .flat_map(|name| zone.matching(name).into_iter().chain(zone.covering(name)))
            .collect();
        if self.chance(4) {
            let all = zone.sets.values().chain(zone.hashed.values());
            sets = all.filter(|set| matches!(set.rtype, NSEC | NSEC3)).collect();
        }
        if self.chance(2) {
            let one_in = self.numbers.below(3) + 2;
            sets.retain(|_| self.numbers.below(one_in) > 0);
        }
        sets
    }

    fn some_rcode(&mut self) {
        let rcode = if self.chance(2) { NXDOMAIN } else { NOERROR };
        self.message.set_rcode(rcode);
    }
}

pub(crate) fn add_set(draft: &mut Draft<'_>) {
    if let Some(set) = draft.some_set(|_| true) {
        let section = draft.numbers.below(2);
        draft.message.sections[section].extend(set.records());
    }
}

/// Replays a set of the requested type, or a CNAME, at the queried name.
pub(crate) fn replay_set(draft: &mut Draft<'_>) {
    let rtype = draft.message.rtype;
    if let Some(set) = draft.some_set(|set| set.rtype == rtype || set.rtype == CNAME) {
        draft.message.sections[0] = set.records_at(&draft.message.name);
        draft.message.set_rcode(NOERROR);
    }
}

pub(crate) fn replay_signatures(draft: &mut Draft<'_>) {
    let rtype = draft.message.rtype;
    let Some(set) = draft.some_set(|set| set.rtype == rtype && !set.signatures.is_empty()) else { return };
    for record in draft.message.sections[0].iter_mut().filter(|record| record.covered() == rtype) {
        if record.rtype == RRSIG {
            record.rdata.clone_from(&set.signatures[0]);
        }
    }
}

pub(crate) fn add_proof(draft: &mut Draft<'_>) {
    let zone = draft.some_zone();
    let proofs = draft.proofs(zone);
    add(&mut draft.message.sections[1], &proofs);
}

/// Removes the data, and adds NSEC or NSEC3 records of the zone that may pass for a proof.
pub(crate) fn deny(draft: &mut Draft<'_>) {
    let zone = draft.some_zone();
    let proofs = draft.proofs(zone);
    draft.message.sections[0].clear();
    draft.message.sections[1] = zone.soa().records();
    add(&mut draft.message.sections[1], &proofs);
    draft.some_rcode();
}

pub(crate) fn replay_wildcard(draft: &mut Draft<'_>) {
    let rtype = draft.message.rtype;
    let is_fit = |set: &Set| set.owner.is_wildcard() && (set.rtype == rtype || set.rtype == CNAME);
    if let Some(set) = draft.some_set(is_fit) {
        draft.message.sections[0] = set.records_at(&draft.message.name);
        draft.message.set_rcode(NOERROR);
    }
}

/// Adds NSEC or NSEC3 records that cover the whole name or an empty non-terminal instead of the next closer name.
pub(crate) fn replay_wildcard_with_proof(draft: &mut Draft<'_>) {
    replay_wildcard(draft);
    let zone = draft.world.zone(&draft.message.name, draft.message.rtype);
    let mut proofs = draft.proofs(zone);
    proofs.extend(zone.covering(&draft.message.name));
    add(&mut draft.message.sections[1], &proofs);
}

/// Replays the NSEC of a wildcard, which lacks the type, at the queried name or before it (CVE-2017-15105).
pub(crate) fn expand_denial(draft: &mut Draft<'_>) {
    let zone = draft.world.zone(&draft.message.name, draft.message.rtype);
    let name = draft.message.name.clone();
    let above = |set: &&Set| name.is_below(&set.owner.suffix(set.owner.count() - 1));
    let all = zone.sets.values().filter(|set| set.rtype == NSEC && set.owner.is_wildcard());
    let all: Vec<&Set> = all.filter(above).collect();
    let Some(set) = draft.pick(&all).copied() else { return deny(draft) };
    let before = set.owner.suffix(set.owner.count() - 1).child("!");
    let owner = if draft.chance(4) { before } else { name };
    draft.message.sections = [vec![], zone.soa().records(), vec![]];
    draft.message.sections[1].extend(set.records_at(&owner));
    draft.some_rcode();
}

/// Denies with the NSEC or NSEC3 record of the delegation in the parent, as if it applied to names below.
pub(crate) fn parent_side(draft: &mut Draft<'_>) {
    let zone = draft.world.zone(&draft.message.name, draft.message.rtype);
    let parent = draft.world.zone(&zone.apex, DS);
    draft.message.sections[0].clear();
    draft.message.sections[1] = parent.soa().records();
    let name = draft.message.name.clone();
    let proofs: Vec<&Set> = parent
        .matching(&zone.apex)
        .into_iter()
        .chain(parent.covering(&name))
        .chain(parent.covering(&name.wildcard()))
        .collect();
    add(&mut draft.message.sections[1], &proofs);
    draft.some_rcode();
}

/// Denies the DS with the NSEC or NSEC3 of the child's apex, which lacks DS, instead of the parent's.
pub(crate) fn child_apex(draft: &mut Draft<'_>) {
    // The zone that contains the name, even for a DS query.
    let zone = draft.world.zone(&draft.message.name, SOA);
    draft.message.sections[0].clear();
    draft.message.sections[1] = zone.soa().records();
    let proofs: Vec<&Set> = zone.matching(&zone.apex).into_iter().collect();
    add(&mut draft.message.sections[1], &proofs);
    draft.message.set_rcode(NOERROR);
}

/// Removes the answer, and adds the NSEC or NSEC3 of an insecure delegation as proof that the DS does not exist.
pub(crate) fn strip_ds(draft: &mut Draft<'_>) {
    let zone = draft.some_zone();
    let insecure = |cut: &&Name| zone.get(cut, NS).is_some() && zone.get(cut, DS).is_none();
    let cuts: Vec<Name> = zone.cuts().filter(insecure).cloned().collect();
    draft.message.sections[0].clear();
    draft.message.sections[1] = zone.soa().records();
    if let Some(cut) = draft.pick(&cuts).cloned() {
        let proofs: Vec<&Set> = zone.matching(&cut).into_iter().collect();
        let records = proofs.iter().flat_map(|set| set.records());
        let at_name = draft.chance(2);
        let name = draft.message.name.clone();
        draft.message.sections[1].extend(records.map(|mut record| {
            if at_name {
                record.owner = name.clone();
            }
            record
        }));
    }
    draft.message.set_rcode(NOERROR);
}

/// Signs a set with the attacker's key; the signer's name is that of the real zone or another.
fn signed_by_attacker(draft: &mut Draft<'_>, set: &mut Set) {
    let real = draft.world.zone(&set.owner, set.rtype).apex.clone();
    let signers = [real, Name::new("attacker"), Name::new("evil"), Name::new("victim"), Name::root()];
    let signer = if draft.chance(2) { signers[0].clone() } else { draft.pick(&signers).unwrap().clone() };
    let rdata = draft.world.attacker.rrsig(set, &signer, VALID);
    set.signatures = vec![match draft.chance(4) {
        // Replace the signer's name after signing.
        true => with_signer(&rdata, &signers[0]),
        false => rdata,
    }];
}

pub(crate) fn replace_ds(draft: &mut Draft<'_>) {
    let name = draft.message.name.clone();
    let mut set = Set::new(&name, DS, vec![draft.world.attacker.ds(&name)]);
    signed_by_attacker(draft, &mut set);
    if draft.chance(3) {
        // Add the DS to the genuine set and its signature.
        set.signatures.clear();
        draft.message.sections[0].extend(set.records());
    } else {
        draft.message.sections[0] = set.records();
    }
}

pub(crate) fn replace_keys(draft: &mut Draft<'_>) {
    let mut set = Set::new(&draft.message.name, DNSKEY, vec![draft.world.attacker.dnskey()]);
    signed_by_attacker(draft, &mut set);
    draft.message.sections[0] = set.records();
}

pub(crate) fn add_key(draft: &mut Draft<'_>) {
    let set = Set::new(&draft.message.name, DNSKEY, vec![draft.world.attacker.dnskey()]);
    draft.message.sections[0].extend(set.records());
    if draft.chance(2) {
        let keys = draft.message.sections[0].iter().filter(|record| record.rtype == DNSKEY);
        let mut set = Set::new(&draft.message.name, DNSKEY, keys.map(|key| key.rdata.clone()).collect());
        signed_by_attacker(draft, &mut set);
        draft.message.sections[0] = set.records();
    }
}

/// Attack D: false data, signed by the attacker.
pub(crate) fn resign(draft: &mut Draft<'_>) {
    let (name, rtype) = (draft.message.name.clone(), draft.message.rtype);
    let rtype = if draft.chance(4) { CNAME } else { rtype };
    let mut set = Set::new(&name, rtype, vec![false_data(rtype)]);
    signed_by_attacker(draft, &mut set);
    if draft.chance(3) {
        draft.message.sections[0].extend(set.records());
    } else {
        draft.message.sections[0] = set.records();
        draft.message.sections[1].clear();
    }
    draft.message.set_rcode(NOERROR);
}

/// Denies with an NSEC at the queried name or at the apex, signed by the attacker.
pub(crate) fn resign_denial(draft: &mut Draft<'_>) {
    let zone = draft.world.zone(&draft.message.name, draft.message.rtype);
    let owner = if draft.chance(2) { draft.message.name.clone() } else { zone.apex.clone() };
    // A bitmap of NS, as at a delegation, or of NS and SOA at the apex: the zone contains nothing else.
    let types: &[u8] = if owner == zone.apex { &[0, 1, 0x22] } else { &[0, 1, 0x20] };
    let mut set = Set::new(&owner, NSEC, vec![[zone.apex.octets(), types.to_vec()].concat()]);
    signed_by_attacker(draft, &mut set);
    draft.message.sections = [vec![], [zone.soa().records(), set.records()].concat(), vec![]];
    draft.some_rcode();
}

/// Replays a genuine DNAME of some zone, with the CNAME that it produces for the queried name.
pub(crate) fn replay_dname(draft: &mut Draft<'_>) {
    let Some(set) = draft.some_set(|set| set.rtype == DNAME) else { return };
    let above = draft.message.name.clone();
    let above = above.suffix(draft.numbers.below(above.count().max(1)));
    let owner = if draft.chance(3) { set.owner.clone() } else { above };
    draft.message.sections[0] = set.records_at(&owner);
    if draft.message.name.is_below(&owner) {
        let next = draft.message.name.moved(&owner, &crate::wire::target(&set.data[0]));
        let alias = Set::new(&draft.message.name, CNAME, vec![next.octets()]);
        draft.message.sections[0].extend(alias.records());
    }
}

/// Replaces the sections with those of a genuine reply for another type, or for another name in the zone.
pub(crate) fn other_reply(draft: &mut Draft<'_>) {
    let zone = draft.some_zone();
    let keys: Vec<(Name, u16)> = zone.sets.keys().cloned().collect();
    let Some((name, rtype)) = draft.pick(&keys).cloned() else { return };
    let (name, rtype) = match draft.numbers.below(3) {
        0 => (draft.message.name.clone(), rtype),
        1 => (name.child("nothing"), draft.message.rtype),
        _ => (name, draft.message.rtype),
    };
    let reply = draft.world.answer(&name, rtype, crate::authority::Mode::Recursive);
    draft.message.set_rcode(reply.rcode());
    draft.message.sections = reply.sections;
}
