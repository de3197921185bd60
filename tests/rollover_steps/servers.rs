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
