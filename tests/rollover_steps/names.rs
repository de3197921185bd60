//! Aliases of owner names, and address families that cannot be looked up.

use std::net::UdpSocket;
use std::thread;
use std::time::Duration;

use crate::NEEDS;
use crate::running::free_port;
use crate::world::World;

/// Forwards questions over UDP to the name server on `port`, but drops those for AAAA records; returns its own port.
fn without_aaaa(port: u16) -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let own = socket.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut octets = [0; 4096];
        while let Ok((length, from)) = socket.recv_from(&mut octets) {
            let question = &octets[..length];
            // The type follows the name, which ends with an empty label.
            let end = 12 + question[12..].iter().position(|octet| *octet == 0).unwrap();
            if question[end + 1..end + 3] == [0, 28] {
                continue;
            }
            let upstream = UdpSocket::bind("127.0.0.1:0").unwrap();
            upstream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
            upstream.send_to(question, ("127.0.0.1", port)).unwrap();
            let mut reply = [0; 4096];
            if let Ok(length) = upstream.recv(&mut reply) {
                socket.send_to(&reply[..length], from).unwrap();
            }
        }
    });
    own
}

#[test]
#[ignore = "needs bind9 and openssl"]
fn addresses_that_cannot_be_looked_up_count_as_not_examined() {
    let world = World::new("family");
    world.certificates("old new", "ec -pkeyopt ec_paramgen_curve:P-256");
    world.copy("old.pem", "used.pem");
    let service = world.serve("127.0.0.1", world.port, "old", None);
    world.apply(&world.call("a", "old.pem", "--in-use used.pem --ttl 1").is(10, ""));
    world.apply(&world.call("a", "new.pem", NEEDS).is(10, ""));
    world.past(11, 3, || world.call("a", "new.pem", NEEDS)).is(12, "");
    world.copy("new.pem", "used.pem");
    drop(service);
    let _service = world.serve("127.0.0.1", world.port, "new", None);
    let dns = without_aaaa(world.place.ports[0]);
    let partly = || world.call("a", "new.pem", &format!("{NEEDS} --dns 127.0.0.1:{dns}"));
    world.past(11, 12, partly).is(3, "each AAAA address of mx.example was not examined");
    let unprobed = || world.call("a", "new.pem", &format!("{NEEDS} --unprobed"));
    world.past(11, 3, unprobed).is(13, &world.record("old"));
    world.past(11, 3, || world.call("a", "new.pem", NEEDS)).is(13, "");
}

#[test]
#[ignore = "needs bind9 and openssl"]
fn an_alias_does_not_forget_the_records_before_it() {
    let world = World::new("alias");
    world.certificates("old new", "ec -pkeyopt ec_paramgen_curve:P-256");
    world.copy("old.pem", "used.pem");
    let _service = world.serve("127.0.0.1", world.port, "old", None);
    world.apply(&world.call("a", "old.pem", "--in-use used.pem --ttl 600").is(10, ""));
    world.call("a", "old.pem", NEEDS).is(0, "");
    let (port, old, new) = (world.port, world.record("old"), world.record("new"));
    world.place.succeeds(&format!(
        "printf '%s\\n' 'update delete _{port}._tcp.mx.example. TLSA' 'update add _{port}._tcp.mx.example. 1 CNAME _dane.example.' \\
             'update add _dane.example. 1 TLSA {old}' 'update add _dane.example. 1 TLSA {new}' send >changes
         nsupdate -k ddns.key changes"
    ));
    world.until_equal();
    world.call("a", "new.pem", NEEDS).is(11, "caches may still hold");
    thread::sleep(Duration::from_secs(4));
    world.call("a", "new.pem", NEEDS).is(11, "caches may still hold");
}

#[test]
#[ignore = "needs bind9 and openssl"]
fn two_ports_with_the_same_records_count_together() {
    let world = World::new("shared");
    world.certificates("old new", "ec -pkeyopt ec_paramgen_curve:P-256");
    world.copy("old.pem", "used.pem");
    let (port, second) = (world.port, free_port());
    world.place.succeeds(&format!(
        "printf '%s\\n' 'update add _{port}._tcp.mx.example. 1 CNAME _dane.example.' \\
             'update add _{second}._tcp.mx.example. 1 CNAME _dane.example.' send >changes; nsupdate -k ddns.key changes"
    ));
    world.until_equal();
    let hosts = format!("mx.example:{port},mx.example:{second}");
    let call = |chain: &str| world.call_for(&hosts, "a", chain, "--in-use used.pem --ttl 1");
    let first = world.serve("127.0.0.1", port, "old", None);
    let other = world.serve("127.0.0.1", second, "old", None);
    let step = call("old.pem").is(10, "update add _dane.example. 1 IN TLSA");
    assert_eq!(step.data.lines().count(), 2, "{step:?}");
    world.apply(&step);
    world.apply(&call("new.pem").is(10, ""));
    world.past(11, 3, || call("new.pem")).is(12, "");
    world.copy("new.pem", "used.pem");
    drop(first);
    let _first = world.serve("127.0.0.1", port, "new", None);
    thread::sleep(Duration::from_secs(4));
    // The second port still sends the old chain.
    for _ in 0..3 {
        call("new.pem").is(11, &format!("127.0.0.1:{second} still sends the chain of"));
        thread::sleep(Duration::from_millis(500));
    }
    drop(other);
    let _other = world.serve("127.0.0.1", second, "new", None);
    let step = world.past(11, 3, || call("new.pem")).is(13, "update delete _dane.example. IN TLSA");
    assert_eq!(step.data.lines().count(), 2, "{step:?}");
}
