//! The state file: who may have written it, whose it is, and what a lost one means.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::NEEDS;
use crate::world::World;

#[test]
#[ignore = "needs bind9 and openssl"]
fn a_state_of_others_blocks_and_a_lost_one_waits_anew() {
    let world = World::new("state");
    world.certificates("old new", "ec -pkeyopt ec_paramgen_curve:P-256");
    world.copy("old.pem", "used.pem");
    let _service = world.serve("127.0.0.1", world.port, "old", None);
    world.apply(&world.call("a", "old.pem", "--in-use used.pem --ttl 1").is(10, ""));
    let file = world.file("a.json");
    let good = fs::read_to_string(&file).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!good.contains("PRIVATE"));

    let blocked = |text: &str, said: &str| {
        fs::write(&file, text).unwrap();
        world.call("a", "old.pem", NEEDS).is(1, said);
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    };
    blocked(
        &good.replace("mx.example:", "mx2.example:"),
        "blocked: a.json: the state also belongs to mx2.example:",
    );
    let machine = good.lines().find(|line| line.contains("\"machine\"")).unwrap();
    blocked(&good.replace(machine, "  \"machine\": \"00\","), "the state belongs to another machine");
    blocked(&good.replace("\"version\": 1", "\"version\": 2"), "the state has version 2");
    blocked(&good[..good.len() / 2], "the state cannot be read: ");
    blocked("{}", "hint: delete it to start anew");
    // Another file may be a private key, which must not be deleted.
    for text in ["x", "-----BEGIN PRIVATE KEY-----\n", "\0\0"] {
        fs::write(&file, text).unwrap();
        world.call("a", "old.pem", NEEDS).is(2, "a.json: this is not the state of a rollover");
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }

    fs::write(&file, &good).unwrap();
    for mode in [0o620, 0o602] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        world.call("a", "old.pem", NEEDS).is(1, "not trusted: group or others can write it");
    }
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    symlink(&file, world.file("link.json")).unwrap();
    world.call("link", "old.pem", NEEDS).is(1, "not trusted: it is a symbolic link");
    if std::os::unix::fs::chown(&file, Some(12345), None).is_ok() {
        world.call("a", "old.pem", NEEDS).is(1, "not trusted: it belongs to another user");
        std::os::unix::fs::chown(&file, Some(0), None).unwrap();
    }
    world.call("nowhere/a", "old.pem", NEEDS).is(2, "its folder does not exist");
    fs::create_dir(world.file("folder.json")).unwrap();
    world.call("folder", "old.pem", NEEDS).is(1, "it is a directory or a special file");
    fs::write(world.file("large.json"), vec![b' '; 1 << 21]).unwrap();
    world.call("large", "old.pem", NEEDS).is(2, "this is not the state of a rollover");
    fs::write(world.file("odd.json"), [0xff, 0xfe]).unwrap();
    world.call("odd", "old.pem", NEEDS).is(2, "this is not the state of a rollover");
    world.call("a", "old.pem", NEEDS).is(0, "");

    // The record of the new key has been published for long, but a lost state does not know.
    world.apply(&world.call("a", "new.pem", NEEDS).is(10, ""));
    world.past(11, 3, || world.call("a", "new.pem", NEEDS)).is(12, "");
    fs::write(&file, "").unwrap();
    world.call("a", "new.pem", NEEDS).is(11, "");
    world.past(11, 3, || world.call("a", "new.pem", NEEDS)).is(12, "");
    // It retires nothing that it does not know: here the record of the old key, once that key is no longer in use.
    world.copy("new.pem", "used.pem");
    drop(_service);
    let _service = world.serve("127.0.0.1", world.port, "new", None);
    fs::remove_file(&file).unwrap();
    let step = world.call("a", "new.pem", NEEDS).is(0, "record-of-others");
    assert!(step.said.contains(&world.record("old")), "{step:?}");
}

/// A second port starts with the waits of a new state, and the first keeps its memory.
#[test]
#[ignore = "needs bind9 and openssl"]
fn a_service_may_join_a_state_but_not_leave_it() {
    let world = World::new("join");
    world.certificates("old new", "ec -pkeyopt ec_paramgen_curve:P-256");
    world.copy("old.pem", "used.pem");
    let (port, second) = (world.port, crate::running::free_port());
    let _services = [port, second].map(|port| world.serve("127.0.0.1", port, "old", None));
    world.apply(&world.call("a", "old.pem", "--in-use used.pem --ttl 1").is(10, ""));
    world.apply(&world.call("a", "new.pem", NEEDS).is(10, ""));
    world.past(11, 3, || world.call("a", "new.pem", NEEDS)).is(12, "");
    let both = format!("mx.example:{port},mx.example:{second}");
    let call = || world.call_for(&both, "a", "new.pem", "--in-use used.pem --ttl 1");
    // The old chain is in use on the second port too.
    let step = call().is(10, "");
    assert!(
        step.data.contains(&format!("_{second}._tcp.")) && !step.data.contains(&format!("_{port}._tcp."))
    );
    assert_eq!(step.data.matches(" 3 1 1 ").count(), 2, "{step:?}");
    world.apply(&step);
    call().is(11, &format!("at _{second}._tcp.mx.example."));
    world.past(11, 3, call).is(12, "");
    let step =
        world.call("a", "new.pem", NEEDS).is(1, &format!("the state also belongs to mx.example:{second}"));
    assert!(step.said.contains("hint: name it too, or"), "{step:?}");
    // A call that is killed leaves no files behind.
    std::fs::write(world.file(".a.json.tlsagen"), "left").unwrap();
    call().is(12, "");
    assert!(!world.file(".a.json.tlsagen").exists());
}

#[test]
#[ignore = "needs bind9 and openssl"]
fn two_calls_at_once_take_turns() {
    let world = World::new("turns");
    world.certificates("old", "ec -pkeyopt ec_paramgen_curve:P-256");
    world.copy("old.pem", "used.pem");
    let _service = world.serve("127.0.0.1", world.port, "old", None);
    std::thread::scope(|scope| {
        let calls: Vec<_> =
            (0..8).map(|_| scope.spawn(|| world.call("a", "old.pem", NEEDS).status)).collect();
        for call in calls {
            assert_eq!(call.join().unwrap(), 10);
        }
    });
    // A lock of another process holds up the call.
    let before = std::time::Instant::now();
    let mut held = std::process::Command::new("flock")
        .args(["a.json", "sleep", "2"])
        .current_dir(&world.place.folder)
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    world.call("a", "old.pem", NEEDS).is(10, "");
    assert!(before.elapsed() >= std::time::Duration::from_secs(2));
    held.wait().unwrap();
}

#[test]
#[ignore = "needs bind9 and openssl"]
fn each_format_has_the_same_changes() {
    let world = World::new("formats");
    world.certificates("old", "ec -pkeyopt ec_paramgen_curve:P-256");
    world.copy("old.pem", "used.pem");
    let _service = world.serve("127.0.0.1", world.port, "old", None);
    let rdata = world.record("old");
    let owner = format!("_{}._tcp.mx.example.", world.port);
    let nsupdate = world.call("a", "old.pem", NEEDS).data;
    assert_eq!(nsupdate, format!("update add {owner} 3600 IN TLSA {rdata}\nsend\n"));
    let of = |format: &str| world.call("b", "old.pem", &format!("{NEEDS} -f {format}")).data;
    assert_eq!(of("zone"), format!("+ {owner} IN TLSA {rdata}\n"));
    assert_eq!(
        of("zone --ttl 7 --origin example"),
        format!("+ {} 7 IN TLSA {rdata}\n", owner.replace(".example.", ""))
    );
    let json = of("json");
    for text in [
        "\"step\": \"publish\"",
        &format!("\"owner\": \"{owner}\""),
        "\"ttl\": null",
        "\"remove\": []",
        "\"after\": [",
    ] {
        assert!(json.contains(text), "{json}");
    }
}
