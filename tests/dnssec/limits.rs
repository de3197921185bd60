//! Time: how long a lookup may take, and the validity period of signatures.

use std::time::{Duration, Instant};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tlsagen::live::dns::{Kind, Security};

use crate::authority::Mode;
use crate::denial::Denial;
use crate::exchange::{NOW, WORLD, ask, resolver};
use crate::questions::{Outcome, outcome};
use crate::signer::{KSK, Key, VALID, ZSK, tag};
use crate::tree::{EARLY, EXPIRED, World};
use crate::wire::{A, DNSKEY, Name};
use crate::zone::Zone;

/// Makes a public key of the same algorithm as `like` with a given key tag; nobody has its private key.
fn key_with_tag(like: &Key, wanted: u16, number: u16) -> Vec<u8> {
    let mut rdata = like.dnskey();
    rdata[0..2].copy_from_slice(&ZSK.to_be_bytes());
    // These octets count in full in the key tag, and changing them leaves the modulus or point plausible.
    rdata[16..18].copy_from_slice(&number.to_be_bytes());
    rdata[20..22].fill(0);
    let missing = wanted.wrapping_sub(tag(&rdata));
    // The carry of the checksum may need one more or one less.
    for filler in [missing, missing.wrapping_sub(1), missing.wrapping_add(1)] {
        rdata[20..22].copy_from_slice(&filler.to_be_bytes());
        if tag(&rdata) == wanted {
            break;
        }
    }
    assert_eq!(tag(&rdata), wanted);
    rdata
}

/// KeyTrap (CVE-2023-50387): a zone with `keys` keys of the same tag, and as many signatures, none of which is valid.
fn trapped(algorithm: u8, keys: u16) -> World {
    let text = "@ NS ns\nmx A 192.0.2.1\n";
    let mut zone = Zone::new("trap", Some(Denial::Nsec), vec![Key::new(algorithm, KSK, "rsa")], text);
    let wanted = zone.keys[0].tag();
    for number in 0..keys {
        let rdata = key_with_tag(&zone.keys[0], wanted, number);
        zone.add(&Name::new("trap"), DNSKEY, rdata);
    }
    let mut world = World::with(zone);
    let trap = world.zones.iter_mut().find(|zone| zone.apex == Name::new("trap")).unwrap();
    let genuine = trap.get(&Name::new("mx.trap"), A).unwrap().signatures[0].clone();
    let damaged = |number: u16| {
        let mut signature = genuine.clone();
        let end = signature.len() - 2;
        signature[end..].copy_from_slice(&number.to_be_bytes());
        signature
    };
    trap.sets.get_mut(&(Name::new("mx.trap"), A)).unwrap().signatures = (0..keys).map(damaged).collect();
    world
}

#[test]
fn many_keys_of_one_tag_and_many_signatures_take_bounded_time() {
    // With 300 keys, which just fit in one message, the digests for the DS record alone exceed the limit.
    let (signatures, digests) = ("more than 128 signature checks", "more than 256 digests");
    let cases = [(8, 150), (13, 150), (14, 150), (15, 150)].map(|case| (case, signatures));
    for ((algorithm, keys), limit) in cases.into_iter().chain([((13, 300), digests)]) {
        let world = trapped(algorithm, keys);
        let resolver = {
            let world: &'static World = Box::leak(Box::new(world));
            resolver(world, NOW, |query| world.reply(query, Mode::Recursive).encode())
        };
        let begin = Instant::now();
        let answer = ask(&resolver, "mx.trap", Kind::A);
        let spent = begin.elapsed();
        eprintln!("algorithm {algorithm}: {spent:?}");
        // The answer is not bogus, because that would be known only after all checks. The error must name the limit.
        let reason = answer.unwrap_err().reason;
        assert!(reason.contains(limit), "algorithm {algorithm}: {reason}");
        assert!(spent < Duration::from_secs(3), "algorithm {algorithm}: {spent:?}");
    }
}

/// Returns the reason why a name is bogus at time `now`.
fn bogus(name: &str, now: i64) -> String {
    let resolver = resolver(&WORLD, now, |query| WORLD.reply(query, Mode::Recursive).encode());
    match ask(&resolver, name, Kind::A).unwrap().security {
        Security::Bogus(reason) => reason,
        other => panic!("{other:?}"),
    }
}

fn date(seconds: u32) -> String {
    OffsetDateTime::from_unix_timestamp(seconds.into()).unwrap().format(&Rfc3339).unwrap()
}

#[test]
fn a_signature_out_of_its_time_is_named_with_the_time() {
    let cases = [
        ("expired.victim", NOW, EXPIRED.until),
        ("early.victim", NOW, EARLY.from),
        ("mx.victim", i64::from(VALID.until) + 1, VALID.until),
        ("mx.victim", i64::from(VALID.from) - 1, VALID.from),
    ];
    for (name, now, expected) in cases {
        let reason = bogus(name, now);
        assert!(reason.contains(&date(expected)), "{name}: {reason}, without {}", date(expected));
    }
}

#[test]
fn a_signature_is_valid_at_its_first_and_at_its_last_second() {
    for now in [VALID.from, VALID.until].map(i64::from) {
        let resolver = resolver(&WORLD, now, |query| WORLD.reply(query, Mode::Recursive).encode());
        for (name, expected) in [("mx.victim", Outcome::Secure), ("nothing.n3", Outcome::SecureDenial)] {
            let answer = ask(&resolver, name, Kind::A);
            assert_eq!(outcome(&answer), expected, "{answer:?}");
        }
    }
}
