//! DNSSEC status of the records: signed, unsigned and forged zones, wildcards, and name servers that misbehave.

use std::net::UdpSocket;
use std::thread;
use std::time::{Duration, Instant};

use super::dns::{self, Forgery, Signed, Zone};
use super::servers::{Speech, chain, serve};
use super::world::{World, rdata, zone};
use crate::program::run;

#[test]
fn secure_insecure_and_bogus_are_told_apart() {
    let port = serve(vec![chain("fullchain-rsa.pem", "fullchain-rsa")], Speech::Direct);
    let record = rdata("fullchain-rsa.pem", "3 1 1");
    let with = |origin, signed| Zone {
        origin,
        signed,
        text: format!("mx 60 IN A 127.0.0.1\nbare 60 IN A 127.0.0.1\n_{port}._tcp.mx 60 IN TLSA {record}\n"),
    };
    let aliases = format!(
        "alias 60 IN CNAME mx.n3.example.\nto-plain 60 IN CNAME mx.plain.example.\n\
         _{port}._tcp.to-plain 60 IN TLSA {record}\n_{port}._tcp.shared 60 IN CNAME tlsa._dane\ntlsa._dane 60 IN TLSA {record}\n\
         shared 60 IN A 127.0.0.1\nbare 60 IN A 127.0.0.1\n"
    );
    let zones = vec![
        zone(aliases),
        with("nsec.example.", Signed::Nsec),
        with("n3.example.", Signed::Nsec3),
        with("plain.example.", Signed::No),
        with("bogus.example.", Signed::WrongKey),
    ];
    let world = World::new("security", zones);
    for (host, status, word) in [
        ("mx.nsec.example", 0, "verdict: pass"),
        ("mx.n3.example", 0, "verdict: pass"),
        ("mx.plain.example", 3, "insecure"),
        ("mx.bogus.example", 1, "bogus"),
        // Denials, proven with NSEC and NSEC3.
        ("bare.nsec.example", 3, "no TLSA record"),
        ("bare.n3.example", 3, "no TLSA record"),
        ("nobody.nsec.example", 3, "no address"),
        ("nobody.n3.example", 3, "no address"),
        // Aliases of the host and of the TLSA records.
        ("alias.example", 0, "verdict: pass"),
        ("to-plain.example", 0, "verdict: pass"),
        ("shared.example", 0, "verdict: pass"),
    ] {
        let (code, said) = world.ask(&format!("probe {host}:{port}"));
        assert_eq!(code, status, "{host}: {said}");
        assert!(said.contains(word), "{host}: {said}");
    }
    // `check` and `diff` look records up in the same way.
    for (call, status) in [
        (format!("check fixtures/fullchain-rsa.pem mx.n3.example:{port}"), 0),
        (format!("check fixtures/fullchain-ecdsa.pem mx.n3.example:{port}"), 1),
        (format!("check fixtures/fullchain-rsa.pem mx.plain.example:{port}"), 3),
        (format!("check fixtures/fullchain-rsa.pem mx.bogus.example:{port}"), 3),
        (format!("check fixtures/fullchain-rsa.pem bare.example:{port}"), 3),
        (format!("diff fixtures/fullchain-rsa.pem mx.nsec.example:{port}"), 0),
        (format!("diff fixtures/fullchain-rsa.pem bare.example:{port}"), 1),
        (format!("diff fixtures/fullchain-rsa.pem mx.bogus.example:{port}"), 2),
    ] {
        let (code, said) = world.ask(&call);
        assert_eq!(code, status, "{call}: {said}");
    }
    // An update belongs at the target of the alias.
    let (_, said) =
        world.ask(&format!("diff fixtures/fullchain-ecdsa.pem shared.example:{port} -f nsupdate -q"));
    assert!(said.contains("update delete tlsa._dane.example. IN TLSA 3 1 1"), "{said}");
}

/// A new name below a wildcard would hide the wildcard, and with it the record in use (RFC 4592 section 2.2.1).
#[test]
fn changes_to_records_of_a_wildcard_belong_to_the_wildcard() {
    let (rsa, ecdsa) = (rdata("fullchain-rsa.pem", "3 1 1"), rdata("fullchain-ecdsa.pem", "3 1 1"));
    for signed in [Signed::Nsec, Signed::Nsec3] {
        let text = format!(
            "wild 60 IN A 127.0.0.1\n*._tcp.wild 60 IN TLSA {rsa}\nmx 60 IN A 127.0.0.1\n_25._tcp.mx 60 IN TLSA {rsa}\n\
             sub 60 IN A 127.0.0.1\n*.sub 60 IN TLSA {rsa}\n"
        );
        let world = World::new("wild", vec![Zone { origin: "example.", signed, text }]);
        for (host, holder) in [
            ("wild.example", "*._tcp.wild.example."),
            ("*._tcp.wild.example", "*._tcp.wild.example."),
            ("mx.example", "_25._tcp.mx.example."),
            ("sub.example", "*.sub.example."),
        ] {
            let next = format!("diff fixtures/fullchain-rsa.pem {host} --next fixtures/fullchain-ecdsa.pem");
            let (code, said) = world.ask(&format!("{next} --only add -f nsupdate -q"));
            assert_eq!((code, said), (1, format!("update add {holder} 3600 IN TLSA {ecdsa}\nsend\n")));
            let (_, said) = world.ask(&format!("diff fixtures/fullchain-ecdsa.pem {host} -f nsupdate -q"));
            assert!(said.contains(&format!("update delete {holder} IN TLSA {rsa}\n")), "{said}");
            let (code, said) = world.ask(&format!("check fixtures/fullchain-ecdsa.pem {host} -q"));
            assert_eq!(code, 1, "{said}");
            assert!(said.contains(&format!("missing:\n{holder} IN TLSA {ecdsa}\n")), "{said}");
        }
    }
}

/// The label count of an RRSIG indicates a wildcard, but anyone can add a forged RRSIG to an answer.
#[test]
fn a_forged_wildcard_is_none() {
    let rsa = rdata("fullchain-rsa.pem", "3 1 1");
    let world = World::new("no-wild", vec![zone(format!("_25._tcp.mx 60 IN TLSA {rsa}\n"))]);
    let forger = dns::forge(world.address, Forgery::Wildcard);
    let (_, said) = world.ask_at(forger, "diff fixtures/fullchain-ecdsa.pem mx.example -f nsupdate -q");
    assert!(said.contains("update delete _25._tcp.mx.example. IN TLSA 3 1 1"), "{said}");
}

#[test]
fn forged_answers_are_bogus() {
    let port = serve(vec![chain("fullchain-rsa.pem", "fullchain-rsa")], Speech::Direct);
    let record = rdata("fullchain-rsa.pem", "3 1 1");
    let world = World::new("forged", vec![zone(format!("_{port}._tcp.mx 60 IN TLSA {record}\n"))]);
    for forgery in [Forgery::NoData, Forgery::Stripped, Forgery::Changed] {
        let forger = dns::forge(world.address, forgery);
        for (call, status) in [
            (format!("probe mx.example:{port}"), 1),
            (format!("check fixtures/fullchain-rsa.pem mx.example:{port}"), 3),
        ] {
            let (code, said) = world.ask_at(forger, &call);
            assert_eq!(code, status, "{forgery:?} {call}: {said}");
            assert!(said.contains("bogus"), "{forgery:?} {call}: {said}");
        }
    }
}

/// An authoritative-only server, such as a secondary, cannot provide the keys of the root.
#[test]
fn a_server_without_the_root_is_no_forger() {
    let port = serve(vec![chain("fullchain-rsa.pem", "fullchain-rsa")], Speech::Direct);
    let record = rdata("fullchain-rsa.pem", "3 1 1");
    let world = World::new("authoritative", vec![zone(format!("_{port}._tcp.mx 60 IN TLSA {record}\n"))]);
    for call in ["probe", "check fixtures/fullchain-rsa.pem"] {
        let output = run(&format!("{call} mx.example:{port} --dns {} --timeout 5", world.address));
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains("warning[dns-unreachable]"), "{said}");
        assert!(said.contains("this server does not answer queries for the root"), "{said}");
        assert!(said.contains("give the DS record of the server's own zone with --trust-anchor"), "{said}");
        assert!(!said.contains("bogus"), "{said}");
        assert_eq!(world.ask(&format!("{call} mx.example:{port}")).0, 0);
    }
}

#[test]
fn misbehaving_name_servers_are_errors_in_time() {
    let world = World::new("names", vec![zone(String::new())]);
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let garbage = UdpSocket::bind("127.0.0.1:0").unwrap();
    let babbler = garbage.local_addr().unwrap();
    thread::spawn(move || {
        let mut octets = [0; 512];
        while let Ok((length, client)) = garbage.recv_from(&mut octets) {
            for end in [2, 12, length / 2] {
                garbage.send_to(&octets[..end], client).unwrap();
            }
        }
    });
    for server in [silent.local_addr().unwrap(), babbler] {
        let start = Instant::now();
        let (code, said) = world.ask_at(server, "probe mx.example --timeout 1");
        assert!(start.elapsed() < Duration::from_secs(8));
        assert_eq!(code, 3, "{said}");
        assert!(said.contains("no answer for mx.example A"), "{said}");
    }
}
