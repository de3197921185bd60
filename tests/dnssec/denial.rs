//! NSEC and NSEC3: the chains of a zone, and the records for each proof (RFC 4034 section 4, RFC 5155).

use std::collections::BTreeSet;

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use crate::wire::{DS, NS, NSEC, NSEC3, Name, RRSIG};
use crate::zone::{Set, Zone};

/// How a zone proves that a name or type does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Denial {
    Nsec,
    Nsec3 { iterations: u16, salt: Vec<u8>, opt_out: bool },
}

/// Returns the NSEC3 hash of a name (RFC 5155 section 5).
pub(crate) fn hash(name: &Name, iterations: u16, salt: &[u8]) -> Vec<u8> {
    let mut octets = name.canonical();
    for _ in 0..=iterations {
        octets = digest(&SHA1_FOR_LEGACY_USE_ONLY, &[&octets, salt].concat()).as_ref().to_vec();
    }
    octets
}

/// Encodes 20 octets in Base32 with the extended hex alphabet (RFC 4648 section 7).
fn base32(octets: &[u8]) -> String {
    let digits = octets.chunks(5).flat_map(|chunk| {
        let number = chunk.iter().fold(0_u64, |number, octet| number << 8 | u64::from(*octet));
        (0..8).rev().map(move |at| usize::try_from(number >> (5 * at) & 31).unwrap())
    });
    digits.map(|digit| char::from(b"0123456789abcdefghijklmnopqrstuv"[digit])).collect()
}

/// Returns the type bitmap of RFC 4034 section 4.1.2; all types in these tests are below 256.
fn bitmap(types: &BTreeSet<u16>) -> Vec<u8> {
    let Some(last) = types.last() else { return Vec::new() };
    let mut bits = vec![0_u8; usize::from(last / 8) + 1];
    for rtype in types {
        bits[usize::from(rtype / 8)] |= 0x80 >> (rtype % 8);
    }
    [vec![0, u8::try_from(bits.len()).unwrap()], bits].concat()
}

impl Zone {
    /// Adds the NSEC records to the sets, or fills in the NSEC3 records.
    pub(crate) fn make_chain(&mut self) {
        match self.denial.clone().unwrap() {
            Denial::Nsec => self.make_nsec(),
            Denial::Nsec3 { iterations, salt, opt_out } => self.make_nsec3(iterations, &salt, opt_out),
        }
    }

    fn make_nsec(&mut self) {
        let owners: Vec<Name> =
            self.nodes.iter().filter(|name| self.types(name).next().is_some()).cloned().collect();
        for (at, owner) in owners.iter().enumerate() {
            let mut types: BTreeSet<u16> = self.types(owner).collect();
            types.extend([NSEC, RRSIG]);
            let next = &owners[(at + 1) % owners.len()];
            let set = Set::new(owner, NSEC, vec![[next.canonical(), bitmap(&types)].concat()]);
            self.sets.insert((owner.clone(), NSEC), set);
        }
    }

    fn make_nsec3(&mut self, iterations: u16, salt: &[u8], opt_out: bool) {
        let insecure = |name: &Name| self.is_insecure_cut(name);
        // Opt-out leaves out insecure delegations, and empty non-terminals that exist only because of them.
        let is_left_out = |name: &&Name| {
            let mut owners = self.sets.keys().filter(|(owner, _)| owner.is_within(name));
            opt_out && owners.all(|(owner, _)| insecure(owner))
        };
        let nodes: Vec<&Name> = self.nodes.iter().filter(|name| !is_left_out(name)).collect();
        let mut hashes: Vec<(Vec<u8>, &Name)> =
            nodes.into_iter().map(|name| (hash(name, iterations, salt), name)).collect();
        hashes.sort();
        let mut all = Vec::new();
        for (at, (own, name)) in hashes.iter().enumerate() {
            let mut types: BTreeSet<u16> = self.types(name).collect();
            if !types.is_empty() && !insecure(name) {
                types.insert(RRSIG);
            }
            let mut rdata = vec![1, u8::from(opt_out)];
            rdata.extend(iterations.to_be_bytes());
            rdata.push(u8::try_from(salt.len()).unwrap());
            rdata.extend(salt);
            rdata.push(20);
            rdata.extend(&hashes[(at + 1) % hashes.len()].0);
            rdata.extend(bitmap(&types));
            all.push((own.clone(), Set::new(&self.apex.child(&base32(own)), NSEC3, vec![rdata])));
        }
        self.hashed.extend(all);
    }

    fn is_insecure_cut(&self, name: &Name) -> bool {
        *name != self.apex && self.get(name, NS).is_some() && self.get(name, DS).is_none()
    }

    /// Returns the NSEC or NSEC3 record that matches `name`.
    pub(crate) fn matching(&self, name: &Name) -> Option<&Set> {
        match self.denial.as_ref()? {
            Denial::Nsec => self.get(name, NSEC),
            Denial::Nsec3 { iterations, salt, .. } => self.hashed.get(&hash(name, *iterations, salt)),
        }
    }

    /// Returns the NSEC or NSEC3 record that covers `name`.
    pub(crate) fn covering(&self, name: &Name) -> Option<&Set> {
        match self.denial.as_ref()? {
            Denial::Nsec => {
                let all = self.sets.values().filter(|set| set.rtype == NSEC);
                all.take_while(|set| set.owner < *name).last()
            }
            Denial::Nsec3 { iterations, salt, .. } => {
                let before = self.hashed.range(..hash(name, *iterations, salt)).next_back();
                before.or(self.hashed.last_key_value()).map(|(_, set)| set)
            }
        }
    }

    /// Returns the closest encloser: the longest existing name at or above `name`.
    pub(crate) fn closest_encloser(&self, name: &Name) -> Name {
        name.ancestors().find(|name| self.nodes.contains(name)).unwrap()
    }

    /// Returns the proof that `name`, which exists, does not have a type.
    pub(crate) fn prove_no_data(&self, name: &Name) -> Vec<&Set> {
        match (&self.denial, self.matching(name)) {
            (None, _) => Vec::new(),
            (_, Some(set)) => vec![set],
            // `name` is an empty non-terminal.
            (Some(Denial::Nsec), None) => self.covering(name).into_iter().collect(),
            (Some(Denial::Nsec3 { .. }), None) => self.prove_encloser(name),
        }
    }

    /// Returns the proof that neither `name` nor a wildcard that matches it exists.
    pub(crate) fn prove_no_name(&self, name: &Name) -> Vec<&Set> {
        let wildcard = self.closest_encloser(name).wildcard();
        let mut proof = self.prove_no_closer(name);
        if let Some(Denial::Nsec3 { .. }) = self.denial {
            proof = self.prove_encloser(name);
        }
        proof.extend(self.covering(&wildcard));
        proof
    }

    /// Returns the proof that the wildcard for `name` exists but does not have a type.
    pub(crate) fn prove_wildcard_no_data(&self, name: &Name) -> Vec<&Set> {
        let wildcard = self.closest_encloser(name).wildcard();
        let mut proof = self.prove_no_closer(name);
        if let Some(Denial::Nsec3 { .. }) = self.denial {
            proof = self.prove_encloser(name);
        }
        proof.extend(self.matching(&wildcard));
        proof
    }

    /// Returns the proof that no name closer to `name` exists than the wildcard that the answer was expanded from.
    pub(crate) fn prove_no_closer(&self, name: &Name) -> Vec<&Set> {
        let next_closer = name.suffix(self.closest_encloser(name).count() + 1);
        self.covering(&next_closer).into_iter().collect()
    }

    /// Returns the closest encloser proof (RFC 5155 section 7.2.1), of the closest provable encloser if opt-out omits
    /// names.
    fn prove_encloser(&self, name: &Name) -> Vec<&Set> {
        let Some(encloser) = name.ancestors().find(|name| self.matching(name).is_some()) else {
            return Vec::new();
        };
        let next_closer = name.suffix(encloser.count() + 1);
        self.matching(&encloser).into_iter().chain(self.covering(&next_closer)).collect()
    }
}
