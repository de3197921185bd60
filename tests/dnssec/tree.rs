//! The zones that all tests use: a signed root, and zones of every kind below it.

use std::collections::BTreeMap;

use crate::denial::Denial;
use crate::signer::{KSK, Key, Window, ZSK};
use crate::wire::{A, DNSKEY, DS, Name};
use crate::zone::Zone;

/// Records of each of the four signed zones of mail hosts; OTHER stands for another of the four.
const MAIL: &str = "
@ NS ns
@ MX 10 mx
@ MX 20 Mx2                     ; upper case: not as it is signed
ns A 192.0.2.53
mx A 192.0.2.25
mx A 192.0.2.26
mx AAAA 2001:db8::25
_25._tcp.mx TLSA 3 1 1 1111111111111111111111111111111111111111111111111111111111111111
_25._tcp.mx TLSA 2 1 1 2222222222222222222222222222222222222222222222222222222222222222
mx2 A 192.0.2.27
_25._tcp.mx2 TLSA 3 1 1 3333333333333333333333333333333333333333333333333333333333333333
null MX 0 .
*.w A 192.0.2.77                ; w is an empty non-terminal
*.w MX 10 mx
*.w TLSA 3 1 1 7777777777777777777777777777777777777777777777777777777777777777
closer.w A 192.0.2.78           ; no wildcard below closer.w
closer.w AAAA 2001:db8::78      ; which *.w has not
deep.ent.w A 192.0.2.79         ; ent.w is an empty non-terminal: no wildcard there or below it
*._tcp.x TLSA 3 1 1 4444444444444444444444444444444444444444444444444444444444444444
_443._tcp.x TLSA 3 1 1 5555555555555555555555555555555555555555555555555555555555555555
x A 192.0.2.30
*.wc CNAME mx
a.b.c A 192.0.2.31
alias CNAME mx
_25._tcp.alias CNAME _25._tcp.mx
one CNAME two
two CNAME three
three CNAME mx
cross CNAME mx.OTHER.
_25._tcp.cross CNAME _25._tcp.mx.OTHER.
crosswild CNAME host.w.OTHER.
away CNAME mx.evil.
_25._tcp.away CNAME _25._tcp.mx.evil.
gone CNAME nothing.here
crossgone CNAME nothing.OTHER.
crossempty CNAME mx2.OTHER.     ; has no AAAA
loop CNAME pool
pool CNAME loop
dn DNAME OTHER.
near DNAME b.c
insecure NS ns.insecure
sub.only NS ns.insecure         ; only is an empty non-terminal above an insecure delegation
child NS ns.child
expired A 192.0.2.40            ; the signature is, see below
early A 192.0.2.41
";

/// Records of each of the other zones.
const SMALL: &str = "
@ NS ns
@ MX 10 mx
ns A 203.0.113.53
mx A 203.0.113.25
_25._tcp.mx TLSA 3 1 1 6666666666666666666666666666666666666666666666666666666666666666
*.w A 203.0.113.77
alias CNAME mx
";

/// The zones of mail hosts, with the algorithm of their keys.
pub(crate) const MAIL_ZONES: [(&str, u8); 4] = [("victim", 13), ("n3", 15), ("optout", 14), ("rsa", 8)];

/// Validity period of the signatures at `expired`, up to 2026-03-01.
pub(crate) const EXPIRED: Window = Window { from: 1_577_836_800, until: 1_772_323_200 };
/// Validity period of the signatures at `early`, from 2040-01-01.
pub(crate) const EARLY: Window = Window { from: 2_208_988_800, until: 2_524_608_000 };

/// All zones, and the attacker's key.
pub(crate) struct World {
    pub(crate) zones: Vec<Zone>,
    /// The key of `attacker.`, with which the forger signs.
    pub(crate) attacker: Key,
}

fn nsec3(iterations: u16, salt: &[u8], opt_out: bool) -> Option<Denial> {
    Some(Denial::Nsec3 { iterations, salt: salt.to_vec(), opt_out })
}

impl World {
    pub(crate) fn new() -> Self {
        let both = |algorithm, seed: &str| {
            vec![Key::new(algorithm, KSK, seed), Key::new(algorithm, ZSK, &format!("{seed} zone"))]
        };
        let one = |algorithm, seed: &str| vec![Key::new(algorithm, KSK, seed)];
        let mail = |apex, other, denial, keys| Zone::new(apex, denial, keys, &MAIL.replace("OTHER", other));
        let small = |apex, denial, keys| Zone::new(apex, denial, keys, SMALL);
        let nsec = || Some(Denial::Nsec);
        let mut zones = vec![
            Zone::new("", nsec(), one(8, "root"), "@ NS ns.victim.\n"),
            mail("victim", "n3", nsec(), both(13, "victim")),
            mail("n3", "rsa", nsec3(5, &[0xaa, 0xbb], false), one(15, "n3")),
            mail("optout", "victim", nsec3(0, &[], true), one(14, "optout")),
            mail("rsa", "optout", nsec3(0, &[], false), one(8, "rsa")),
            small("child.victim", nsec3(1, &[7], false), both(15, "child.victim")),
            small("child.n3", nsec(), one(13, "child.n3")),
            small("child.optout", nsec(), one(15, "child.optout")),
            small("child.rsa", nsec3(0, &[], true), one(13, "child.rsa")),
            small("evil", None, vec![]),
            small("attacker", nsec(), one(15, "attacker")),
            small("ed448", nsec(), one(16, "ed448")),
            small("n500", nsec3(500, &[1], false), one(13, "n500")),
            small("sha512", nsec(), one(10, "rsa")),
            small("island.victim", nsec(), one(13, "island")),
        ];
        for (parent, _) in MAIL_ZONES {
            for child in ["insecure", "sub.only"] {
                zones.push(Zone::new(&format!("{child}.{parent}"), None, vec![], SMALL));
            }
        }
        let mut world = Self { zones, attacker: Key::new(15, KSK, "attacker") };
        world.delegate();
        world.zones.iter_mut().for_each(Zone::sign);
        for (zone, _) in MAIL_ZONES {
            world.resign(zone, "expired", EXPIRED);
            world.resign(zone, "early", EARLY);
        }
        world
    }

    /// Returns a root, `zone` below it, and the unsigned `evil.`; for tests that need another zone.
    pub(crate) fn with(zone: Zone) -> Self {
        let root = Zone::new("", Some(Denial::Nsec), vec![Key::new(8, KSK, "root")], "@ NS ns.trap.\n");
        let evil = Zone::new("evil", None, vec![], SMALL);
        let mut world = Self { zones: vec![root, zone, evil], attacker: Key::new(15, KSK, "attacker") };
        world.delegate();
        world.zones.iter_mut().for_each(Zone::sign);
        world
    }

    /// Adds NS and DS records to the parents; the DS of `island.victim` is omitted, and `child.n3` has an extra DS.
    fn delegate(&mut self) {
        let children: Vec<(Name, Option<Vec<u8>>)> = self.zones[1..]
            .iter()
            .map(|zone| (zone.apex.clone(), zone.entry_key().map(|key| key.ds(&zone.apex))))
            .collect();
        for (apex, ds) in children {
            let parent = self.zones.iter().position(|zone| zone.apex == self.zone(&apex, DS).apex).unwrap();
            let parent = &mut self.zones[parent];
            if parent.get(&apex, crate::wire::NS).is_none() {
                parent.add(&apex, crate::wire::NS, apex.child("ns").octets());
            }
            if apex == Name::new("child.n3") {
                // A second DS, of an unknown algorithm, does not make the zone insecure (RFC 4035 section 5.2).
                parent.add(&apex, DS, Key::new(16, KSK, "child.n3").ds(&apex));
            }
            if let Some(ds) = ds.filter(|_| apex != Name::new("island.victim")) {
                parent.add(&apex, DS, ds);
            }
        }
    }

    fn resign(&mut self, zone: &str, owner: &str, window: Window) {
        let zone = self.zones.iter_mut().find(|known| known.apex == Name::new(zone)).unwrap();
        let (apex, key) = (zone.apex.clone(), zone.keys.last().unwrap());
        let set = zone.sets.get_mut(&(apex.child(owner), A)).unwrap();
        set.signatures = vec![key.rrsig(set, &apex, window)];
    }

    /// Returns the zone that answers a question: the deepest zone, or its parent for a DS query at the apex.
    pub(crate) fn zone(&self, name: &Name, rtype: u16) -> &Zone {
        let has = |zone: &&Zone| match rtype == DS && name.count() > 0 {
            true => name.is_below(&zone.apex),
            false => name.is_within(&zone.apex),
        };
        self.zones.iter().filter(has).max_by_key(|zone| zone.apex.count()).unwrap()
    }

    pub(crate) fn named(&self, apex: &str) -> &Zone {
        self.zones.iter().find(|zone| zone.apex == Name::new(apex)).unwrap()
    }

    /// Returns the trust anchor: a DS record of the root's key.
    pub(crate) fn anchor(&self) -> String {
        let key = self.zones[0].entry_key().unwrap();
        let ds = key.ds(&Name::root());
        format!(". IN DS {} {} 2 {}\n", key.tag(), key.algorithm, hex::encode_upper(&ds[4..]))
    }

    /// Returns the trust anchor in the format of `delv`.
    pub(crate) fn bind_anchor(&self) -> String {
        let key = self.zones[0].entry_key().unwrap();
        let hash = hex::encode_upper(&key.ds(&Name::root())[4..]);
        format!("trust-anchors {{ . static-ds {} {} 2 \"{hash}\"; }};\n", key.tag(), key.algorithm)
    }

    /// Returns the number of signed DNSKEY sets for each algorithm.
    pub(crate) fn algorithms(&self) -> BTreeMap<u8, usize> {
        let mut counts = BTreeMap::new();
        for set in self.zones.iter().filter_map(|zone| zone.get(&zone.apex, DNSKEY)) {
            *counts.entry(set.data[0][3]).or_insert(0) += 1;
        }
        counts
    }
}
