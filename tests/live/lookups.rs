//! Messages about lookups that fail, and about signatures that expire soon.

use hickory_server::proto::rr::RecordType;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::dns::{self, Forgery, Signed, Zone};
use super::servers::{Speech, chain, serve};
use super::world::{World, rdata, zone};

/// Returns a host whose TLSA record matches the chain that the host serves on a port, and the `HOST:PORT` argument.
fn world(name: &str) -> (World, String) {
    let port = serve(vec![chain("fullchain-rsa.pem", "fullchain-rsa")], Speech::Direct);
    let record = rdata("fullchain-rsa.pem", "3 1 1");
    let text = format!("@ 60 IN MX 1 mx\n_{port}._tcp.mx 60 IN TLSA {record}\nmx 60 IN AAAA ::1\n");
    (World::new(name, vec![zone(text)]), format!("mx.example:{port}"))
}

fn in_days(days: i64) -> String {
    (OffsetDateTime::now_utc() + Duration::days(days)).format(&Rfc3339).unwrap()
}

#[test]
fn signatures_are_held_against_the_clock_of_the_call() {
    let (world, host) = world("clock");
    for (call, bogus) in
        [(format!("probe {host} -4"), 1), (format!("check fixtures/fullchain-rsa.pem {host}"), 3)]
    {
        let (code, said) = world.ask(&format!("{call} --at {}", in_days(60)));
        assert_eq!(code, bogus, "{said}");
        assert!(said.contains("bogus") && said.contains("the signature expired 20"), "{said}");
        assert!(said.contains("Z; check this machine's clock"), "{said}");
        let (code, said) = world.ask(&format!("{call} --at {}", in_days(-60)));
        assert_eq!(code, bogus, "{said}");
        assert!(said.contains("the signature is not valid before 20"), "{said}");
        // The signatures of the zone are valid for 30 days.
        let (code, said) = world.ask(&format!("{call} --at {}", in_days(29)));
        assert_eq!(code, 0, "{said}");
        assert!(said.contains("hint[signature-ends]: the signature of"), "{said}");
        let (code, said) = world.ask(&format!("{call} --at {}", in_days(27)));
        assert_eq!(code, 0, "{said}");
        assert!(!said.contains("signature-ends"), "{said}");
    }
    let (_, said) = world.ask(&format!("diff fixtures/fullchain-rsa.pem {host} --at {}", in_days(29)));
    assert!(said.contains("hint[signature-ends]"), "{said}");
    let port = host.rsplit(':').next().unwrap();
    let (_, said) = world.ask(&format!("probe --mx example -p {port} -4 --at {}", in_days(29)));
    assert!(said.contains("hint[signature-ends]: the signature of example MX expires"), "{said}");
}

#[test]
fn a_resolver_without_dnssec_and_a_foreign_anchor_are_named() {
    let (world, host) = world("stripped");
    let stripping = dns::forge(world.address, Forgery::NoSignatures);
    for call in [format!("probe {host} -4"), format!("check fixtures/fullchain-rsa.pem {host}")] {
        let (code, said) = world.ask_at(stripping, &call);
        assert_eq!(code, 3, "{said}");
        assert!(said.contains("warning[dns-unreachable]"), "{said}");
        assert!(
            said.contains("this server removes DNSSEC signatures: use another server with --dns"),
            "{said}"
        );
        assert!(!said.contains("bogus"), "{said}");
    }
    let other = World::new("stripped-other", vec![zone(String::new())]);
    let (code, said) = other.ask_at(world.address, &format!("probe {host} -4"));
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("no DNSKEY record of example. matches the trust anchor"), "{said}");
    assert!(!said.contains("bogus"), "{said}");
}

#[test]
fn a_family_that_cannot_be_looked_up_does_not_hide_the_other() {
    let (world, host) = world("families");
    for (forgery, reason) in [
        (Forgery::Failing(RecordType::AAAA), "no answer for mx.example AAAA: the server answered SERVFAIL"),
        (Forgery::Broken(RecordType::AAAA), "bogus: mx.example AAAA: the signature does not verify"),
    ] {
        let server = dns::forge(world.address, forgery);
        for call in [format!("probe {host}"), format!("check fixtures/fullchain-rsa.pem {host}")] {
            let (code, said) = world.ask_at(server, &call);
            assert_eq!(code, 0, "{said}");
            let line = format!(
                "warning[family-passed-over]: cannot look up the AAAA records of mx.example, so these addresses were not examined: {reason} (RFC"
            );
            assert!(said.contains(&line), "{said}");
        }
    }
    // With `-4`, the AAAA records do not help.
    let server = dns::forge(world.address, Forgery::Broken(RecordType::A));
    let (code, said) = world.ask_at(server, &format!("probe {host} -4"));
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("bogus: mx.example A: the signature does not verify"), "{said}");
    // The IPv6 address is enough, too. Whether this machine can connect to ::1 does not matter here.
    let (_, said) = world.ask_at(server, &format!("probe {host}"));
    assert!(said.contains("cannot look up the A records of mx.example"), "{said}");
    assert!(said.contains("mx.example [::1]:"), "{said}");
}

#[test]
fn an_unsigned_zone_is_named() {
    let below = Zone {
        origin: "plain.example.",
        signed: Signed::No,
        text: "mx 60 IN A 127.0.0.1\n_25._tcp.mx 60 IN TLSA 3 1 1 aa\n".to_owned(),
    };
    let world = World::new("unsigned", vec![zone(String::new()), below]);
    let (code, said) = world.ask("probe mx.plain.example");
    assert_eq!(code, 3, "{said}");
    let words = "insecure: the address records of mx.plain.example: the zone plain.example. is unsigned";
    assert!(said.contains(words), "{said}");
}

#[test]
fn records_may_be_at_any_name_that_an_alias_leads_to() {
    let port = serve(vec![chain("fullchain-rsa.pem", "fullchain-rsa")], Speech::Direct);
    let record = rdata("fullchain-rsa.pem", "3 1 1");
    let holders = ["_311._dane", "_25._dane", "dane._tcp", "_tcp", "x._25._tcp.y"];
    let text = holders.iter().enumerate().map(|(number, holder)| {
        format!("c{number} 60 IN A 127.0.0.1\n_{port}._tcp.c{number} 60 IN CNAME {holder}\n{holder} 60 IN TLSA {record}\n")
    });
    let text: String = text.collect();
    let world = World::new("holders", vec![zone(text.clone())]);
    let file = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("holders.zone");
    std::fs::write(&file, format!("$ORIGIN example.\n{text}")).unwrap();
    for (number, holder) in holders.iter().enumerate() {
        let host = format!("c{number}.example:{port}");
        let (code, said) = world.ask(&format!("probe {host}"));
        assert_eq!(code, 0, "{said}");
        let (code, said) = world.ask(&format!("diff fixtures/fullchain-ecdsa.pem {host} -f nsupdate -q"));
        assert_eq!(code, 1, "{said}");
        assert!(said.contains(&format!("update delete {holder}.example. IN TLSA 3 1 1")), "{said}");
        // The same with the records in a file.
        let call = format!("check fixtures/fullchain-rsa.pem {host} --records {}", file.display());
        let (code, said) = world.ask(&call);
        assert_eq!(code, 0, "{said}");
        assert!(said.contains(&format!("(records at {holder}.example.)")), "{said}");
    }
}
