//! `tlsagen rollover` with real name servers (BIND, primary and secondary) and TLS servers (OpenSSL).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "../common/bind.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod bind;
#[path = "../common/name_server.rs"]
mod name_server;
#[path = "../common/program.rs"]
mod program;
#[path = "../common/running.rs"]
mod running;
#[path = "../common/schema.rs"]
mod schema;

mod keys;
mod names;
mod servers;
mod state;
mod world;

use std::time::Duration;

use world::World;

const NEEDS: &str = "--in-use used.pem";

#[test]
#[ignore = "needs bind9 and openssl"]
fn a_new_key_is_published_waits_goes_live_and_the_old_record_goes_when_nobody_sends_it() {
    let world = World::new("whole");
    world.certificates("old new", "ec -pkeyopt ec_paramgen_curve:P-256");
    world.copy("old.pem", "used.pem");
    let service = world.serve("127.0.0.1", world.port, "old", None);
    let call = |chain: &str| world.call("a", chain, NEEDS);

    let step = world.call("a", "old.pem", "--in-use used.pem --ttl 3").is(10, "publish: ");
    assert!(step.data.contains(&format!(" 3 IN TLSA {}\n", world.record("old"))), "{step:?}");
    // Calling again instead of applying the output changes nothing.
    assert_eq!(call("old.pem").is(10, "publish").data.replace(" 3600 ", " 3 "), step.data);
    world.apply(&step);
    call("old.pem").is(0, "steady");

    // The wait is twice the published TTL, which is kept.
    let step = call("new.pem").is(10, "");
    assert!(step.data.contains(&format!(" 3 IN TLSA {}\n", world.record("new"))), "{step:?}");
    world.apply(&step);
    let start = std::time::Instant::now();
    let step = call("new.pem").is(11, "wait: until 20");
    assert!(step.said.contains("caches may still hold older records"), "{step:?}");
    world.past(11, 6, || call("new.pem")).is(12, "install: ");
    assert!(start.elapsed() >= Duration::from_secs(5), "{:?}", start.elapsed());
    // Until it is installed, the answer stays.
    call("new.pem").is(12, "");

    // The files are in place, but the service still sends the old chain.
    world.copy("new.pem", "used.pem");
    call("new.pem").is(11, "no address sends the chain of --in-use");
    let step =
        world.past(11, 12, || call("new.pem")).is(1, "blocked: no address sends the chain of --in-use");
    assert!(step.said.contains("hint: reload the service"), "{step:?}");
    drop(service);
    let _service = world.serve("127.0.0.1", world.port, "new", None);
    let step = world.past(11, 6, || call("new.pem")).is(13, "retire: ");
    let removed =
        format!("update delete _{}._tcp.mx.example. IN TLSA {}\nsend\n", world.port, world.record("old"));
    assert_eq!(step.data, removed);
    world.apply(&step);
    call("new.pem").is(0, "steady");
    assert_eq!(world.published("@ns2.example").len(), 1);
}

#[test]
#[ignore = "needs bind9 and openssl"]
fn a_kept_key_is_installed_at_once() {
    let world = World::new("kept");
    world.certificates("old", "ec -pkeyopt ec_paramgen_curve:P-256");
    world.place.succeeds(
        "openssl req -x509 -key old.key -subj /CN=mx.example -addext subjectAltName=DNS:mx.example -days 60 -out new.crt
         cp old.key new.key; cat new.key new.crt >new.pem",
    );
    world.copy("old.pem", "used.pem");
    let service = world.serve("127.0.0.1", world.port, "old", None);
    world.apply(&world.call("a", "old.pem", "--in-use used.pem --ttl 1").is(10, ""));
    world.past(11, 3, || world.call("a", "new.pem", NEEDS)).is(12, "");
    // A state that has just begun does not know what caches hold.
    world.call("b", "new.pem", NEEDS).is(11, "caches may still hold");
    world.past(11, 3, || world.call("b", "new.pem", NEEDS)).is(12, "");
    world.copy("new.pem", "used.pem");
    let step = world.call("b", "new.pem", NEEDS).is(0, "steady");
    assert!(step.said.contains("no address sends the chain of --in-use"), "{step:?}");
    // The service still sends the old chain after a day.
    let later = |hours: u64| {
        let file = world.file("b.json");
        let text = std::fs::read_to_string(&file).unwrap();
        let line = text.lines().find(|line| line.contains("\"seconds\": ")).unwrap();
        let seconds: u64 = line.trim_end_matches(',').split_whitespace().last().unwrap().parse().unwrap();
        std::fs::write(file, text.replace(line, &format!("\"seconds\": {},", seconds + hours * 3600)))
            .unwrap();
    };
    later(23);
    assert!(!world.call("b", "new.pem", NEEDS).is(0, "").said.contains("warning"));
    later(1);
    let said = world.call("b", "new.pem", NEEDS).is(0, "steady").said;
    assert!(
        said.contains("warning[not-reloaded]: no address has sent the chain of --in-use for 24 hours"),
        "{said}"
    );
    drop(service);
    let _service = world.serve("127.0.0.1", world.port, "new", None);
    assert!(!world.call("b", "new.pem", NEEDS).is(0, "").said.contains("no address"));
}

/// Nothing is published, and the service sends a certificate of its installation.
#[test]
#[ignore = "needs bind9 and openssl"]
fn the_first_chain_is_installed_before_its_record_is_published() {
    let world = World::new("first");
    world.certificates("snakeoil new", "ec -pkeyopt ec_paramgen_curve:P-256");
    let service = world.serve("127.0.0.1", world.port, "snakeoil", None);
    // The generator's warnings are said here too.
    world.call("c", "new.pem", &format!("3 0 1 {NEEDS}")).is(12, "warning[sel0-ee]: 3 0 1: ");
    world.call("a", "new.pem", NEEDS).is(12, "");
    world.copy("new.pem", "used.pem");
    let blocked = world.past(11, 12, || world.call("a", "new.pem", NEEDS));
    let step = blocked.is(1, "sends a chain that no record with 3 1 1 at ");
    assert!(step.said.contains("hint: reload the service"), "{step:?}");
    drop(service);
    world.call("a", "new.pem", NEEDS).is(3, "was not examined: cannot connect");
    let _service = world.serve("127.0.0.1", world.port, "new", None);
    world.apply(&world.call("a", "new.pem", NEEDS).is(10, ""));
    world.call("a", "new.pem", NEEDS).is(0, "");
    // Without the file in use, the addresses tell what is installed.
    world.call("b", "new.pem", "").is(0, "");
}

#[test]
#[ignore = "needs bind9 and openssl"]
fn machines_of_one_name_keep_their_records() {
    let world = World::new("machines");
    world.certificates("a1 a2 b1 b2", "ec -pkeyopt ec_paramgen_curve:P-256");
    world.place.succeeds(
        "echo 'update add mx.example. 1 A 127.0.0.2
        send' >changes; nsupdate -k ddns.key changes",
    );
    world::until(|| world.place.succeeds("dig @ns2.example +short mx.example A").lines().count() == 2);
    for name in ["a", "b"] {
        world.copy(&format!("{name}1.pem"), &format!("{name}-used.pem"));
    }
    let _a = world.serve("127.0.0.1", world.port, "a1", None);
    let mut b = world.serve("127.0.0.2", world.port, "b1", None);
    let a = |chain: &str| world.call("a", chain, "--in-use a-used.pem --ttl 1");
    let b_calls = |chain: &str| world.call("b", chain, "--in-use b-used.pem --ttl 1");
    // Neither machine may publish only its own record: the other would be refused.
    let step = world.past(11, 12, || a("a1.pem")).is(1, "127.0.0.2:");
    assert!(step.said.contains("give its certificate with --next"), "{step:?}");
    world.apply(&world.call("a", "a1.pem", "--in-use a-used.pem --next b1.crt --ttl 1").is(10, ""));
    // A published the record of B's key too: it stays while B sends that key.
    a("a1.pem").is(0, "");
    b_calls("b1.pem").is(0, "");

    // A's hourly run does not remove B's next record, and not B's current record either.
    world.apply(&b_calls("b2.pem").is(10, ""));
    let step = a("a1.pem").is(0, "record-of-others");
    assert!(step.said.contains(&world.record("b2")), "{step:?}");
    world.past(11, 3, || b_calls("b2.pem")).is(12, "");
    world.copy("b2.pem", "b-used.pem");
    drop(b);
    b = world.serve("127.0.0.2", world.port, "b2", None);
    world.apply(&world.past(11, 3, || b_calls("b2.pem")).is(13, &world.record("b1")));
    a("a1.pem").is(0, "");
    b_calls("b2.pem").is(0, "");
    assert_eq!(world.published("@ns1.example").len(), 2);
    // A machine that cannot be reached may serve anything.
    drop(b);
    world.apply(&a("a2.pem").is(10, ""));
    world.past(11, 3, || a("a2.pem")).is(12, "");
}
