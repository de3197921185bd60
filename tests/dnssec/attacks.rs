//! Known attacks, one test for each.

use std::net::IpAddr;

use time::OffsetDateTime;
use tlsagen::live::dns::{Answer, Data, Kind, LookupError, Resolver, Security};

use crate::authority::{Mode, add};
use crate::denial::Denial;
use crate::exchange::{NOW, Server, TIMEOUT, WORLD, ask, resolver};
use crate::octets::with_long_signature;
use crate::questions::{Outcome, fault, outcome};
use crate::records::{false_data, junk};
use crate::signer::{KSK, Key, VALID};
use crate::tree::World;
use crate::wire::{
    A, AAAA, CNAME, DNAME, DNSKEY, DS, MX, Message, NOERROR, NS, NSEC, NSEC3, NXDOMAIN, Name, Record, SOA,
    TLSA,
};
use crate::zone::{Set, TTL, Zone};

type Change = fn(&mut Message);

/// Looks up a name. `change` is applied to the replies to queries for `rtype`; all other replies are honest.
fn look_up(name: &str, kind: Kind, rtype: u16, change: Change) -> Result<Answer, LookupError> {
    let resolver = resolver(&WORLD, NOW, move |query| {
        let mut reply = WORLD.reply(query, Mode::Recursive);
        if query.rtype == rtype {
            change(&mut reply);
        }
        reply.encode()
    });
    ask(&resolver, name, kind)
}

/// Asserts that the lookup is bogus or fails.
#[track_caller]
fn refused(name: &str, kind: Kind, rtype: u16, change: Change) {
    let answer = look_up(name, kind, rtype, change);
    assert!(matches!(outcome(&answer), Outcome::Bogus | Outcome::Error), "{answer:?}");
}

/// Asserts that the lookup is bogus, fails, or returns the genuine data.
#[track_caller]
fn not_believed(name: &str, kind: Kind, rtype: u16, change: Change) {
    let answer = look_up(name, kind, rtype, change);
    assert_eq!(fault(&WORLD, &(Name::new(name), kind), &answer), None, "{answer:?}");
}

pub(crate) fn evil() -> Name {
    Name::new("evil")
}

/// Inserts two CNAMEs to names below `evil.`, an RRSIG by `evil.` and data at the targets before the genuine answer.
fn two_aliases(reply: &mut Message) {
    let [one, two] = [Name::new("one.evil"), Name::new("two.evil")];
    let alias = |target: &Name| Record::new(&reply.name, CNAME, TTL, target.octets());
    let data = |owner: &Name| Record::new(owner, reply.rtype, TTL, false_data(reply.rtype));
    let signature = junk(&reply.name, CNAME, &evil());
    let forged = [alias(&one), alias(&two), signature, data(&one), data(&two)];
    reply.sections[0].splice(0..0, forged);
}

#[test]
fn attack_a_two_aliases_beside_a_signed_tlsa_set() {
    not_believed("_25._tcp.mx.victim", Kind::Tlsa, TLSA, two_aliases);
    refused("_25._tcp.mx.victim", Kind::Tlsa, TLSA, |reply| {
        reply.sections[0].clear();
        two_aliases(reply);
    });
}

#[test]
fn attack_b_data_of_evil_under_a_genuine_nxdomain() {
    not_believed("_25._tcp.nothing.victim", Kind::Tlsa, TLSA, |reply| {
        assert_eq!(reply.rcode(), NXDOMAIN);
        let data = Record::new(&reply.name, TLSA, TTL, false_data(TLSA));
        reply.sections[0].extend([data, junk(&reply.name, TLSA, &evil())]);
    });
}

#[test]
fn attack_c_two_aliases_beside_a_signed_mx_set() {
    not_believed("victim", Kind::Mx, MX, two_aliases);
    refused("victim", Kind::Mx, MX, |reply| {
        reply.sections[0].clear();
        two_aliases(reply);
    });
}

#[test]
fn attack_d_a_signature_by_evil_makes_nothing_insecure() {
    refused("_25._tcp.mx.victim", Kind::Tlsa, TLSA, |reply| {
        let data = Record::new(&reply.name, TLSA, TTL, false_data(TLSA));
        reply.sections = [vec![data, junk(&reply.name, TLSA, &evil())], vec![], vec![]];
    });
}

#[test]
fn attack_e_a_signer_that_is_longer_than_the_message_shows() {
    let resolver = resolver(&WORLD, NOW, |query| {
        let octets = WORLD.reply(query, Mode::Recursive).encode();
        if query.rtype == TLSA { with_long_signature(octets) } else { octets }
    });
    let long =
        ["a".repeat(60), "b".repeat(60), "c".repeat(60), "d".repeat(55), "victim".to_owned()].join(".");
    for name in ["_25._tcp.mx.victim", &long] {
        let answer = ask(&resolver, name, Kind::Tlsa);
        assert_eq!(fault(&WORLD, &(Name::new(name), Kind::Tlsa), &answer), None, "{answer:?}");
    }
}

/// Replaces the reply with an answer expanded from the wildcard `*.w`, and the NSEC or NSEC3 records that cover
/// `covered`.
fn wildcard(reply: &mut Message, zone: &Zone, covered: &[&str]) {
    let set = zone.get(&Name::relative("*.w", &zone.apex), A).unwrap();
    reply.sections = [set.records_at(&reply.name), vec![], vec![]];
    for name in covered {
        add(
            &mut reply.sections[1],
            &zone.covering(&Name::relative(name, &zone.apex)).into_iter().collect::<Vec<_>>(),
        );
    }
    assert!(reply.sections[1].iter().any(|record| [NSEC, NSEC3].contains(&record.rtype)));
    reply.set_rcode(NOERROR);
}

#[test]
fn powerdns_17136_a_wildcard_with_nsec_of_the_name_instead_of_the_next_closer_name() {
    refused("far.closer.w.victim", Kind::A, A, |reply| {
        wildcard(reply, WORLD.named("victim"), &["far.closer.w"]);
    });
    refused("far.closer.w.n3", Kind::A, A, |reply| wildcard(reply, WORLD.named("n3"), &["far.closer.w"]));
    refused("far.closer.w.rsa", Kind::A, A, |reply| wildcard(reply, WORLD.named("rsa"), &["far.closer.w"]));
}

#[test]
fn a_wildcard_does_not_apply_at_an_empty_non_terminal_or_below_it() {
    // The NSEC of closer.w covers ent.w, and its next name deep.ent.w shows that ent.w exists.
    refused("ent.w.victim", Kind::A, A, |reply| wildcard(reply, WORLD.named("victim"), &["ent.w"]));
    refused("far.ent.w.victim", Kind::A, A, |reply| {
        wildcard(reply, WORLD.named("victim"), &["ent.w", "far.ent.w"]);
    });
    refused("far.ent.w.n3", Kind::A, A, |reply| wildcard(reply, WORLD.named("n3"), &["ent.w", "far.ent.w"]));
}

#[test]
fn cve_2017_15105_the_nsec_of_a_wildcard_denies_nothing_at_another_name() {
    // `*.w` has no AAAA records, but `closer.w` does.
    refused("closer.w.victim", Kind::Aaaa, AAAA, |reply| {
        let zone = WORLD.named("victim");
        let nsec = zone.matching(&Name::new("*.w.victim")).unwrap();
        reply.sections = [vec![], [zone.soa().records(), nsec.records_at(&reply.name)].concat(), vec![]];
        reply.set_rcode(NOERROR);
    });
}

#[test]
fn the_proof_counts_and_not_the_rcode() {
    // The validator does not distinguish NXDOMAIN from NODATA: the RCODE may be wrong, but the records must prove the
    // denial.
    not_believed("c.victim", Kind::A, A, |reply| reply.set_rcode(NXDOMAIN));
    not_believed("mx.victim", Kind::Tlsa, TLSA, |reply| reply.set_rcode(NXDOMAIN));
    refused("mx.victim", Kind::A, A, |reply| {
        reply.sections[0].clear();
        reply.set_rcode(NXDOMAIN);
    });
}

#[test]
fn a_forged_soa_spoils_a_denial() {
    // Unbound and BIND refuse such a reply, so senders that use them cannot deliver.
    let change: Change = |reply| {
        for record in reply.sections[1].iter_mut().filter(|record| record.covered() == SOA) {
            *record.rdata.last_mut().unwrap() ^= 1;
        }
    };
    for name in ["missing.victim", "missing.n3"] {
        refused(name, Kind::A, A, change);
    }
    // The DS record at an empty non-terminal.
    refused("closer.w.victim", Kind::A, DS, change);
}

#[test]
fn a_delegation_in_the_parent_denies_nothing_in_the_child() {
    refused("mx.child.victim", Kind::A, A, |reply| {
        let parent = WORLD.named("victim");
        let cut = Name::new("child.victim");
        reply.sections = [vec![], parent.soa().records(), vec![]];
        add(&mut reply.sections[1], &[parent.matching(&cut).unwrap()]);
        add(&mut reply.sections[1], &[parent.covering(&cut.wildcard()).unwrap()]);
        reply.set_rcode(NXDOMAIN);
    });
}

#[test]
fn the_apex_of_a_child_does_not_deny_its_ds() {
    for name in ["victim", "n3"] {
        let change: Change = |reply| {
            // DS queries for deeper names get the honest reply, because these names are not zone apexes.
            if reply.name.count() == 1 {
                let zone = WORLD.named(&reply.name.text());
                reply.sections = [vec![], zone.soa().records(), vec![]];
                add(&mut reply.sections[1], &[zone.matching(&zone.apex).unwrap()]);
            }
        };
        refused(&format!("mx.{name}"), Kind::A, DS, change);
    }
}

#[test]
fn a_key_of_the_attacker_opens_no_zone() {
    refused("mx.victim", Kind::A, DS, |reply| {
        let mut set = Set::new(&reply.name, DS, vec![WORLD.attacker.ds(&reply.name)]);
        set.signatures = vec![WORLD.attacker.rrsig(&set, &Name::new("attacker"), VALID)];
        reply.sections = [set.records(), vec![], vec![]];
    });
}

/// Looks up the MX records of `n3.`, with its DNSKEY set replaced by `keys`. `signer` signs this set and false data. At
/// the apex, no other proof depends on the keys of the zone.
#[track_caller]
fn refused_with_keys(keys: Vec<Vec<u8>>, signer: Key) {
    let resolver = resolver(&WORLD, NOW, move |query| {
        let mut reply = WORLD.reply(query, Mode::Recursive);
        let zone = Name::new("n3");
        let data = match query.rtype {
            DNSKEY if query.name == zone => keys.clone(),
            MX => vec![false_data(MX)],
            _ => return reply.encode(),
        };
        let mut set = Set::new(&query.name, query.rtype, data);
        set.signatures = vec![signer.rrsig(&set, &zone, VALID)];
        reply.sections = [set.records(), vec![], vec![]];
        reply.encode()
    });
    let answer = ask(&resolver, "n3", Kind::Mx);
    assert!(matches!(outcome(&answer), Outcome::Bogus | Outcome::Error), "{answer:?}");
}

#[test]
fn a_key_beside_the_real_ones_needs_their_signature() {
    let attacker = Key::new(15, KSK, "attacker");
    let real = WORLD.named("n3").entry_key().unwrap().dnskey();
    refused_with_keys(vec![real, attacker.dnskey()], attacker);
}

#[test]
fn a_key_with_the_tag_of_the_real_one_is_not_the_real_one() {
    let wanted = WORLD.named("n3").entry_key().unwrap().tag();
    // Bits of the flags field without a meaning may have any value, so trying them soon gives a key with the wanted
    // tag.
    let forged = (0..).find_map(|number| {
        let mut key = Key::new(15, KSK, &format!("attacker {number}"));
        let has_tag = |high| {
            key.flags = u16::from_be_bytes([high | 1, 1]);
            key.tag() == wanted
        };
        (0..=u8::MAX).any(has_tag).then_some(key)
    });
    let forged = forged.unwrap();
    refused_with_keys(vec![forged.dnskey()], forged);
}

#[test]
fn a_ds_of_an_unknown_algorithm_beside_a_known_one_does_not_make_a_zone_insecure() {
    // The added DS record is not part of the set that the parent signed.
    refused("mx.victim", Kind::A, DS, |reply| {
        let mut ds = WORLD.attacker.ds(&reply.name);
        ds[2] = 16;
        let owner = reply.name.clone();
        reply.sections[0].push(Record::new(&owner, DS, TTL, ds));
    });
}

#[test]
fn an_unknown_algorithm_is_named() {
    let answer = look_up("mx.ed448", Kind::A, 0, |_| {}).unwrap();
    assert_eq!(answer.data, [Data::Address(IpAddr::from([203, 0, 113, 25]))]);
    let Security::Insecure(reason) = answer.security else { panic!("{answer:?}") };
    assert!(reason.to_string().contains("algorithm 16"), "{reason}");
}

/// The meaning of a DNAME record at a wildcard is undefined, so a server could choose one (RFC 6672 section 3.3).
#[test]
fn a_dname_of_a_wildcard_is_not_followed() {
    let text = "@ NS ns\n*.dd DNAME w\nk.w A 192.0.2.1\n";
    for denial in [Denial::Nsec, Denial::Nsec3 { iterations: 0, salt: vec![], opt_out: false }] {
        let world = World::with(Zone::new("trap", Some(denial), vec![Key::new(13, KSK, "trap")], text));
        let world: &'static World = Box::leak(Box::new(world));
        let asked = Name::new("k.l.dd.trap");
        let resolver = resolver(world, NOW, move |query| {
            let mut reply = world.reply(query, Mode::Recursive);
            if query.name.is_within(&Name::new("l.dd.trap")) {
                let zone = world.named("trap");
                let set = zone.get(&Name::new("*.dd.trap"), DNAME).unwrap();
                reply.sections = [set.records_at(&Name::new("l.dd.trap")), vec![], vec![]];
                let covering = zone.covering(&Name::new("l.dd.trap"));
                add(&mut reply.sections[1], &covering.into_iter().collect::<Vec<_>>());
                reply.set_rcode(NOERROR);
            }
            reply.encode()
        });
        let answer = ask(&resolver, &asked.text(), Kind::A);
        assert_eq!(outcome(&answer), Outcome::Bogus, "{answer:?}");
    }
}

/// After a bogus answer, the next server is asked, too.
#[test]
fn a_bogus_answer_is_the_last_word_only_if_no_server_has_a_better_one() {
    let lying = |query: &Message| {
        let mut reply = WORLD.reply(query, Mode::Recursive);
        if query.rtype == TLSA {
            reply.sections[0].retain(|record| record.rtype == TLSA);
        }
        reply.encode()
    };
    let honest = |query: &Message| WORLD.reply(query, Mode::Recursive).encode();
    let failing = |_: &Message| Vec::new();
    let now = OffsetDateTime::from_unix_timestamp(NOW).unwrap();
    let over = |servers| Resolver::over(servers, Some(&WORLD.anchor()), TIMEOUT, now).unwrap();
    let look_up = |servers| outcome(&ask(&over(servers), "_25._tcp.mx.victim", Kind::Tlsa));
    assert_eq!(look_up(vec![Box::new(Server(lying)), Box::new(Server(honest))]), Outcome::Secure);
    assert_eq!(look_up(vec![Box::new(Server(lying)), Box::new(Server(failing))]), Outcome::Bogus);
    assert_eq!(look_up(vec![Box::new(Server(failing)), Box::new(Server(lying))]), Outcome::Bogus);
}

/// A referral from a server that does not recurse names other servers; it proves nothing about the zone.
#[test]
fn a_referral_is_not_a_denial() {
    let answer = look_up("_25._tcp.mx.victim", Kind::Tlsa, DNSKEY, |reply| {
        if reply.name.count() > 0 {
            let ns = WORLD.named("victim").get(&Name::new("victim"), NS).unwrap();
            reply.sections = [vec![], ns.records(), vec![]];
            // Clear AA and RA.
            reply.flags &= !0x0480;
        }
    });
    let reason = answer.unwrap_err().to_string();
    assert!(reason.contains("victim DNSKEY: this server is neither recursive nor authoritative"), "{reason}");
}
