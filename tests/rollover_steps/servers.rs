//! Name servers that are silent, lag behind, or are not authoritative.

use std::fs;

use crate::NEEDS;
use crate::world::World;

#[test]
#[ignore = "needs bind9 and openssl"]
fn a_server_that_is_silent_or_behind_holds_up_the_installation() {
    let mut world = World::new("silent");
    world.certificates("old new", "ec -pkeyopt ec_paramgen_curve:P-256");
    world.copy("old.pem", "used.pem");
    let _service = world.serve("127.0.0.1", world.port, "old", None);
    world.apply(&world.call("a", "old.pem", "--in-use used.pem --ttl 1").is(10, ""));
    world.call("a", "old.pem", NEEDS).is(0, "");

    world.stop_second();
    let port = world.place.ports[1];
    let step = world.call("a", "new.pem", NEEDS).is(10, "");
    world.send(&step);
    let step =
        world.call("a", "new.pem", NEEDS).is(3, &format!("name server 127.0.0.1:{port} did not answer"));
    assert!(step.said.contains("hint: check that name server"), "{step:?}");
    std::thread::sleep(std::time::Duration::from_secs(3));
    world.call("a", "new.pem", NEEDS).is(3, "");
    world.call("a", "new.pem", "--in-use used.pem --accept-outage").is(3, "");
    // It comes back with the older records, and follows at the next notification.
    world.start_second();
    world.call("a", "new.pem", NEEDS).is(11, &format!("name server 127.0.0.1:{port} has other records at"));
    world.place.succeeds(
        "echo 'update add x.example. 1 TXT x
        send' >changes; nsupdate -k ddns.key changes",
    );
    world.until_equal();
    world.call("a", "new.pem", NEEDS).is(11, "caches may still hold");
    world.past(11, 3, || world.call("a", "new.pem", NEEDS)).is(12, "");
}

#[test]
#[ignore = "needs bind9 and openssl"]
fn a_server_of_another_zone_does_not_count() {
    let world = World::new("other-zone");
    world.certificates("old", "ec -pkeyopt ec_paramgen_curve:P-256");
    world.copy("old.pem", "used.pem");
    let _service = world.serve("127.0.0.1", world.port, "old", None);
    let folder = world.file("other");
    fs::create_dir(&folder).unwrap();
    fs::write(
        folder.join("example.zone"),
        "$ORIGIN example.\n$TTL 1\n@ IN SOA ns x 1 2 3 4 5\n@ IN NS ns\nns IN A 127.0.0.1\n",
    )
    .unwrap();
    let port = crate::running::free_port();
    // The same name, but unsigned: not the zone that the parent names.
    let _other = crate::bind::named(&folder, port, "type primary;");
    let step = world.call("a", "old.pem", &format!("{NEEDS} --server 127.0.0.1:{port}"));
    step.is(3, &format!("name server 127.0.0.1:{port} did not answer"));
    // An unsigned zone has no DANE.
    let unsigned = world.place.run(&format!(
        "tlsagen rollover old.pem mx.example:{} --starttls none --dns 127.0.0.1:{port} --state b.json --timeout 3 {NEEDS}",
        world.port
    ));
    assert_eq!(unsigned.status.code(), Some(3));
    assert!(unsigned.stdout.is_empty());
}

/// `probe --server` judges the records of each name server: until the zone is the same everywhere, clients find either.
#[test]
#[ignore = "needs bind9, openssl and Python's jsonschema"]
fn a_probe_sees_the_server_that_is_behind() {
    let mut world = World::new("probe");
    world.certificates("old new", "ec -pkeyopt ec_paramgen_curve:P-256");
    world.copy("old.pem", "used.pem");
    let service = world.serve("127.0.0.1", world.port, "old", None);
    world.apply(&world.call("a", "old.pem", "--in-use used.pem --ttl 1").is(10, ""));
    let [first, second] = world.place.ports;
    let probe = |world: &World, format: &str| {
        let output = world.place.run(&format!(
            "tlsagen probe mx.example:{} --starttls none --dns 127.0.0.1:{first} --trust-anchor anchor --timeout 3 \
                 --server 127.0.0.1:{first},127.0.0.1:{second} -f {format}",
            world.port
        ));
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code().unwrap(), said)
    };
    let (code, said) = probe(&world, "text");
    assert_eq!(code, 0, "{said}");
    assert!(!said.contains("warning"), "{said}");

    world.stop_second();
    let (code, said) = probe(&world, "text");
    assert_eq!(code, 0, "{said}");
    assert!(said.contains(&format!("warning[server-fails]: 127.0.0.1:{second}: ")), "{said}");
    let (code, said) = probe(&world, "nagios");
    assert_eq!(code, 1, "{said}");

    // The first server has only the new record, and the service sends the new chain.
    drop(service);
    let _service = world.serve("127.0.0.1", world.port, "new", None);
    world.place.succeeds(&format!(
        "echo 'update delete _{0}._tcp.mx.example. TLSA
        update add _{0}._tcp.mx.example. 1 TLSA {1}
        send' >changes; nsupdate -k ddns.key changes",
        world.port,
        world.record("new")
    ));
    world.start_second();
    let (code, said) = probe(&world, "text");
    assert_eq!(code, 1, "{said}");
    assert!(said.contains(&format!("fail (with the records that 127.0.0.1:{second} gives)")), "{said}");
    let line = format!(
        "warning[server-differs]: 127.0.0.1:{second} does not give {} and also gives {} (RFC 7671",
        world.record("new"),
        world.record("old")
    );
    assert!(said.contains(&line), "{said}");
    let rollover = world.call("a", "new.pem", &format!("{NEEDS} -f json"));
    let kinds = crate::schema::kinds_of_valid(&[probe(&world, "json -q").1, rollover.data]);
    assert_eq!(kinds, ["probe", "rollover"]);
}
