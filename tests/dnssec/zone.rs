//! A zone as data: its records, nodes and signatures.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::denial::Denial;
use crate::signer::{KSK, Key, VALID, ZSK};
use crate::wire::{
    A, AAAA, CNAME, DNAME, DNSKEY, DS, MX, NS, NSEC3PARAM, Name, RRSIG, Record, SOA, TLSA, canonical,
};

/// TTL of every record, in seconds.
pub(crate) const TTL: u32 = 300;

/// An RRset and its signatures.
#[derive(Clone, Debug)]
pub(crate) struct Set {
    pub(crate) owner: Name,
    pub(crate) rtype: u16,
    pub(crate) ttl: u32,
    /// RDATA of each record.
    pub(crate) data: Vec<Vec<u8>>,
    /// RDATA of each RRSIG.
    pub(crate) signatures: Vec<Vec<u8>>,
}

impl Set {
    pub(crate) fn new(owner: &Name, rtype: u16, data: Vec<Vec<u8>>) -> Self {
        Self { owner: owner.clone(), rtype, ttl: TTL, data, signatures: Vec::new() }
    }

    /// Returns the records and signatures with another owner: for an expanded wildcard, the case of the query, or a
    /// replay.
    pub(crate) fn records_at(&self, owner: &Name) -> Vec<Record> {
        let record = |rtype| move |rdata: &Vec<u8>| Record::new(owner, rtype, self.ttl, rdata.clone());
        let data = self.data.iter().map(record(self.rtype));
        data.chain(self.signatures.iter().map(record(RRSIG))).collect()
    }

    pub(crate) fn records(&self) -> Vec<Record> {
        self.records_at(&self.owner)
    }

    /// Returns the RDATA in canonical form and order.
    pub(crate) fn canonical(&self) -> BTreeSet<Vec<u8>> {
        self.data.iter().map(|rdata| canonical(self.rtype, rdata)).collect()
    }
}

pub(crate) struct Zone {
    pub(crate) apex: Name,
    /// RRsets by owner and type, including the NSEC records.
    pub(crate) sets: BTreeMap<(Name, u16), Set>,
    /// Owners and empty non-terminals, including the zone cuts.
    pub(crate) nodes: BTreeSet<Name>,
    /// `None` if the zone is not signed.
    pub(crate) denial: Option<Denial>,
    /// One key that signs everything, or a key-signing key and a zone-signing key.
    pub(crate) keys: Vec<Key>,
    /// NSEC3 RRsets by hash.
    pub(crate) hashed: BTreeMap<Vec<u8>, Set>,
}

impl Zone {
    /// Parses lines of the form `OWNER TYPE RDATA`, relative to `apex`, into an unsigned zone.
    pub(crate) fn new(apex: &str, denial: Option<Denial>, keys: Vec<Key>, text: &str) -> Self {
        let apex = Name::new(apex);
        let mut zone = Self {
            apex: apex.clone(),
            sets: BTreeMap::new(),
            nodes: BTreeSet::from([apex.clone()]),
            denial,
            keys,
            hashed: BTreeMap::new(),
        };
        zone.add(&apex, SOA, soa(&apex));
        for line in text.lines().map(|line| line.split(';').next().unwrap().trim()) {
            if let [owner, rtype, words @ ..] = line.split_whitespace().collect::<Vec<_>>().as_slice() {
                let (rtype, rdata) = rdata(rtype, words, &apex);
                zone.add(&Name::relative(owner, &apex), rtype, rdata);
            }
        }
        for key in &zone.keys.iter().map(Key::dnskey).collect::<Vec<_>>() {
            zone.add(&apex, DNSKEY, key.clone());
        }
        if let Some(Denial::Nsec3 { iterations, salt, .. }) = &zone.denial {
            let mut rdata = [&[1, 0][..], &iterations.to_be_bytes()].concat();
            rdata.push(u8::try_from(salt.len()).unwrap());
            rdata.extend(salt);
            zone.add(&apex, NSEC3PARAM, rdata);
        }
        zone
    }

    pub(crate) fn add(&mut self, owner: &Name, rtype: u16, rdata: Vec<u8>) {
        let top = self.apex.count();
        self.nodes.extend(owner.ancestors().filter(|name| name.count() >= top));
        let new = || Set::new(owner, rtype, Vec::new());
        self.sets.entry((owner.clone(), rtype)).or_insert_with(new).data.push(rdata);
    }

    /// Makes the NSEC or NSEC3 chain, and signs every authoritative set.
    pub(crate) fn sign(&mut self) {
        if self.denial.is_none() {
            return;
        }
        self.make_chain();
        let cuts: BTreeSet<Name> = self.cuts().cloned().collect();
        let (apex, keys) = (&self.apex, &self.keys);
        for set in self.sets.values_mut().chain(self.hashed.values_mut()) {
            if set.rtype == NS && cuts.contains(&set.owner) {
                continue;
            }
            let key = match set.rtype {
                DNSKEY => keys.iter().find(|key| key.flags == KSK),
                _ => keys.iter().find(|key| key.flags == ZSK).or(keys.first()),
            };
            set.signatures = vec![key.unwrap().rrsig(set, apex, VALID)];
        }
    }

    pub(crate) fn get(&self, owner: &Name, rtype: u16) -> Option<&Set> {
        self.sets.get(&(owner.clone(), rtype))
    }

    pub(crate) fn types(&self, owner: &Name) -> impl Iterator<Item = u16> + '_ {
        let range = self.sets.range((owner.clone(), 0)..=(owner.clone(), u16::MAX));
        range.map(|((_, rtype), _)| *rtype)
    }

    /// Returns the owners of delegations.
    pub(crate) fn cuts(&self) -> impl Iterator<Item = &Name> {
        let owners = self.sets.keys().filter(|(owner, rtype)| *rtype == NS && *owner != self.apex);
        owners.map(|(owner, _)| owner)
    }

    /// Returns the key that the DS record in the parent refers to.
    pub(crate) fn entry_key(&self) -> Option<&Key> {
        self.keys.iter().find(|key| key.flags == KSK)
    }

    pub(crate) fn soa(&self) -> &Set {
        self.get(&self.apex, SOA).unwrap()
    }
}

fn soa(apex: &Name) -> Vec<u8> {
    let numbers: [u32; 5] = [1, 7200, 3600, 1_209_600, 60];
    let numbers = numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
    [apex.child("ns").octets(), apex.child("hostmaster").octets(), numbers].concat()
}

/// Parses the type and RDATA of a line.
pub(crate) fn rdata(rtype: &str, words: &[&str], apex: &Name) -> (u16, Vec<u8>) {
    let name = |at: usize| Name::relative(words[at], apex).octets();
    match rtype {
        "A" | "AAAA" => match words[0].parse().unwrap() {
            IpAddr::V4(address) => (A, address.octets().to_vec()),
            IpAddr::V6(address) => (AAAA, address.octets().to_vec()),
        },
        "MX" => (MX, [words[0].parse::<u16>().unwrap().to_be_bytes().to_vec(), name(1)].concat()),
        "CNAME" => (CNAME, name(0)),
        "DNAME" => (DNAME, name(0)),
        "NS" => (NS, name(0)),
        "TLSA" => {
            let numbers = words[..3].iter().map(|word| word.parse::<u8>().unwrap()).collect();
            (TLSA, [numbers, hex::decode(words[3]).unwrap()].concat())
        }
        "DS" => (DS, hex::decode(words[0]).unwrap()),
        other => panic!("no such type: {other}"),
    }
}
