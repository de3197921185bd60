//! The keys and chains of a rollover: which are refused, standby keys, and RSA beside ECDSA.

use crate::NEEDS;
use crate::running::free_port;
use crate::world::World;

#[test]
#[ignore = "needs bind9 and openssl"]
fn a_chain_without_its_key_is_refused() {
    let world = World::new("keys");
    world.certificates("old new", "ec -pkeyopt ec_paramgen_curve:P-256");
    world.place.succeeds(
        "cat old.key new.crt >mixed.pem; openssl ec -aes256 -passout pass:x -in new.key -out locked.key
         cat locked.key new.crt >locked.pem; openssl pkey -in new.key -pubout -out new.pub
         cat new.crt old.crt new.key >half.pem",
    );
    for (chain, more, said) in [
        ("new.crt", "", "new.crt: the private key of CN=mx.example (line 1) is missing"),
        ("new.crt", "--key new.crt", "new.crt: the file does not contain a private key"),
        ("new.crt", "--key new.pub", "new.pub: the file does not contain a private key"),
        (
            "new.crt",
            "--key old.key",
            "old.key: this private key does not belong to a server certificate of CHAIN",
        ),
        (
            "new.pem",
            "--key old.key",
            "old.key: this private key does not belong to a server certificate of CHAIN",
        ),
        ("mixed.pem", "--key new.key", "mixed.pem: line 1: this private key belongs to none of the server"),
        ("locked.pem", "--key new.key", "locked.pem: line 1: the private key is encrypted"),
        ("half.pem", "", "half.pem: the private key of CN=mx.example (line "),
        ("new.key", "", "new.key: the file contains no server certificate"),
    ] {
        world.call("a", chain, &format!("{more} {NEEDS}")).is(2, said);
    }
    assert!(!world.file("a.json").exists());
    let _service = world.serve("127.0.0.1", world.port, "new", None);
    world.copy("new.pem", "used.pem");
    world.call("a", "new.crt", "--key new.key --in-use used.pem").is(10, "");
}

#[test]
#[ignore = "needs bind9 and openssl"]
fn a_published_standby_key_goes_live_at_once() {
    let world = World::new("standby");
    world.certificates("old standby other", "ec -pkeyopt ec_paramgen_curve:P-256");
    world.copy("old.pem", "used.pem");
    let service = world.serve("127.0.0.1", world.port, "old", None);
    let step = world.call("a", "old.pem", "--in-use used.pem --next standby.key --ttl 1").is(10, "");
    assert_eq!(step.data.matches("update add").count(), 2, "{step:?}");
    world.apply(&step);
    let regular = || world.call("a", "old.pem", "--in-use used.pem --next standby.key");
    regular().is(0, "");
    world.past(11, 3, || world.call("a", "standby.pem", NEEDS)).is(12, "");

    // A key whose record nobody has yet: only an accepted outage installs it, and never before it is published.
    let outage = || world.call("a", "other.pem", "--in-use used.pem --accept-outage");
    world.apply(&outage().is(10, ""));
    let step = outage().is(12, "senders with older records refuse it until 20");
    assert!(step.said.contains("caches may still hold older records"), "{step:?}");
    world.call("a", "other.pem", NEEDS).is(11, "");

    world.copy("standby.pem", "used.pem");
    drop(service);
    let _service = world.serve("127.0.0.1", world.port, "standby", None);
    world.apply(&world.past(11, 3, || world.call("a", "standby.pem", NEEDS)).is(13, "update delete"));
    world.call("a", "standby.pem", NEEDS).is(0, "");
    assert_eq!(world.published("@ns1.example").len(), 1);
}

#[test]
#[ignore = "needs bind9 and openssl"]
fn a_triple_that_is_no_longer_asked_for_goes_as_a_whole() {
    let world = World::new("triples");
    world.certificates("old new", "ec -pkeyopt ec_paramgen_curve:P-256");
    world.copy("old.pem", "used.pem");
    let _service = world.serve("127.0.0.1", world.port, "old", None);
    let step = world.call("a", "old.pem 3 1 1 3 1 2", "--in-use used.pem --ttl 1");
    let hosts = format!("mx.example:{}", world.port);
    assert_eq!(step.status, 2, "the triples follow HOST: {step:?}");
    let call = |triples: &str, more: &str| {
        world.call_for(&format!("{hosts} {triples}"), "a", "old.pem", &format!("--in-use used.pem {more}"))
    };
    let step = call("3 1 1 3 1 2", "--ttl 1").is(10, "");
    assert_eq!(step.data.matches("update add").count(), 2, "{step:?}");
    world.apply(&step);
    call("3 1 1 3 1 2", "").is(0, "");
    // A new key is not covered by a triple that is not asked for.
    let renewed = world.call_for(&format!("{hosts} 3 1 1"), "b", "new.pem", "--in-use used.pem");
    world.apply(&renewed.is(10, ""));
    world
        .call_for(&format!("{hosts} 3 1 1"), "b", "new.pem", "--in-use used.pem")
        .is(1, "has records with 3 1 2");
    let step = call("3 1 1", "").is(13, " IN TLSA 3 1 2 ");
    assert_eq!(step.data.matches("update delete").count(), 1, "{step:?}");
    world.apply(&step);
    call("3 1 1", "").is(0, "");
}

#[test]
#[ignore = "needs bind9 and openssl"]
fn both_keys_of_a_dual_server_and_both_ports_go_together() {
    let world = World::new("dual");
    world.certificates("r1 r2", "rsa:2048");
    world.certificates("e1 e2", "ec -pkeyopt ec_paramgen_curve:P-256");
    world
        .place
        .succeeds("cat r1.pem e1.pem >used.pem; cat r1.pem e1.pem >old.pem; cat r2.pem e2.pem >new.pem");
    let second = free_port();
    let hosts = format!("mx.example:{},mx.example:{second}", world.port);
    let call = |chain: &str| world.call_for(&hosts, "a", chain, "--in-use used.pem --ttl 1");
    let first = world.serve("127.0.0.1", world.port, "r1", Some("e1"));
    let other = world.serve("127.0.0.1", second, "r1", Some("e1"));
    let step = call("old.pem").is(10, "");
    assert_eq!(
        (step.data.matches("update add").count(), step.data.matches("send").count()),
        (4, 2),
        "{step:?}"
    );
    world.apply(&step);
    call("old.pem").is(0, "");
    world.apply(&call("new.pem").is(10, ""));
    world.past(11, 3, || call("new.pem")).is(12, "");
    world.copy("new.pem", "used.pem");
    drop(first);
    // One port sends the new RSA chain with the old ECDSA chain, the other one is not reloaded.
    let first = world.serve("127.0.0.1", world.port, "r2", Some("e1"));
    let step = world.past(11, 12, || call("new.pem")).is(1, "no address sends the chain of --in-use");
    assert!(step.said.contains(&format!("_{second}._tcp")), "{step:?}");
    drop(other);
    // A port that cannot be reached may still send the old chain.
    call("new.pem").is(3, "was not examined");
    let _other = world.serve("127.0.0.1", second, "r2", Some("e2"));
    let step = world.past(11, 3, || call("new.pem")).is(13, "");
    // The old records of the first port stay while it sends the old ECDSA chain.
    assert_eq!(step.data.matches("update delete").count(), 2, "{step:?}");
    assert!(!step.data.contains(&format!("_{}._tcp.mx.example.", world.port)), "{step:?}");
    world.apply(&step);
    call("new.pem").is(11, "still sends the chain of ");
    drop(first);
    let _first = world.serve("127.0.0.1", world.port, "r2", Some("e2"));
    world.apply(&world.past(11, 3, || call("new.pem")).is(13, ""));
    call("new.pem").is(0, "");
}

/// Clients reject each path through a CA that may not sign certificates.
#[test]
#[ignore = "needs bind9 and openssl"]
fn a_chain_that_the_generator_refuses_is_refused_here_too() {
    let world = World::new("refused");
    world.place.succeeds(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=CA -keyout ca.key -out ca.crt \\
             -addext basicConstraints=critical,CA:TRUE -addext keyUsage=digitalSignature
         openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=mx.example -keyout ee.key |
             openssl x509 -req -CA ca.crt -CAkey ca.key -extfile <(echo subjectAltName=DNS:mx.example) -out ee.crt
         cat ee.key ee.crt ca.crt >ee.pem",
    );
    world.call("a", "ee.pem", "2 1 1").is(2, "error[ca-limits]: keyUsage does not allow CN=CA");
    assert!(!world.file("a.json").exists());
    world.call("a", "ee.pem", "3 1 1 --in-use used.pem").is(12, "install");
}
