//! The five named attacks against the commands `probe`, `check` and `diff`, over UDP and TCP.
//!
//! The attacker runs a TLS server at the address of the host, and forges a TLSA record of its chain.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::attacks::evil;
use crate::authority::Mode;
use crate::denial::Denial;
use crate::exchange::NOW;
use crate::octets::with_long_signature;
use crate::program::{ROOT, run};
use crate::records::junk;
use crate::serve::serve;
use crate::servers::{self, Speech, chain};
use crate::signer::{KSK, Key};
use crate::tree::World;
use crate::wire::{CNAME, MX, Message, Name, Record, TLSA};
use crate::zone::{TTL, Zone};

/// A signed zone with two hosts at the attacker's address: `mx` has a TLSA record of another key, `bare` has no TLSA
/// record.
struct Scene {
    world: Arc<World>,
    port: u16,
    anchor: PathBuf,
}

/// Changes a reply.
type Attack = fn(&mut Message);

/// The exit status and output of one command.
struct Said {
    status: i32,
    stdout: String,
    stderr: String,
}

/// Returns the TLSA RDATA of the chain that the attacker serves, from the digest that openssl computed.
fn forged_tlsa() -> Vec<u8> {
    let expected = fs::read_to_string(format!("{ROOT}/fixtures/expected/fullchain-rsa.pem.txt")).unwrap();
    let digest = expected.lines().find_map(|line| line.strip_prefix("0 1 1 ")).unwrap();
    [&[3, 1, 1][..], &hex::decode(digest).unwrap()].concat()
}

impl Scene {
    fn new(name: &str) -> Self {
        let port = servers::serve(vec![chain("fullchain-rsa.pem", "fullchain-rsa")], Speech::Direct);
        let zone = format!(
            "@ NS ns\n@ MX 10 mx\nmx A 127.0.0.1\nbare A 127.0.0.1\n_{port}._tcp.mx TLSA 3 1 1 {}\n",
            "11".repeat(32)
        );
        let key = Key::new(13, KSK, "victim");
        let world = World::with(Zone::new("trap", Some(Denial::Nsec), vec![key], &zone));
        let anchor = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("attack-{name}.anchor"));
        fs::write(&anchor, world.anchor()).unwrap();
        Self { world: Arc::new(world), port, anchor }
    }

    /// Starts a name server that applies `attack` to its replies to queries for `rtype`.
    fn attacked(&self, rtype: u16, attack: Attack) -> SocketAddr {
        let world = Arc::clone(&self.world);
        serve(move |query| {
            let mut reply = world.reply(query, Mode::Recursive);
            if query.rtype == rtype {
                attack(&mut reply);
            }
            reply.encode()
        })
    }

    fn ask(&self, server: SocketAddr, call: &str) -> Said {
        let now = OffsetDateTime::from_unix_timestamp(NOW).unwrap().format(&Rfc3339).unwrap();
        let anchor = self.anchor.display();
        let call = format!("{call} --at {now} --dns {server} --trust-anchor {anchor} --timeout 5");
        let output = run(&call);
        Said {
            status: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Asserts that no command accepts the host or prints anything from the attacker, and that standard error contains
    /// `words`.
    #[track_caller]
    fn is_bogus(&self, server: SocketAddr, host: &str, words: &str) {
        let port = self.port;
        for (call, status) in [
            (format!("probe {host}:{port}"), 1),
            (format!("check fixtures/fullchain-rsa.pem {host}:{port}"), 3),
            (format!("diff fixtures/fullchain-ecdsa.pem {host}:{port} -f nsupdate"), 2),
        ] {
            let said = self.ask(server, &call);
            assert_eq!(said.status, status, "{call}: {}{}", said.stdout, said.stderr);
            assert!(said.stderr.contains(words), "{call}: {}", said.stderr);
            assert!(
                !said.stdout.contains("evil") && !said.stdout.contains("pass"),
                "{call}: {}",
                said.stdout
            );
            assert!(status != 2 || said.stdout.is_empty(), "{call}: {}", said.stdout);
        }
    }
}

/// Inserts two CNAMEs to names below `evil.`, an RRSIG of arbitrary octets, and `data` at the targets.
fn two_aliases(reply: &mut Message, data: &[u8]) {
    let targets = ["one.evil", "two.evil"].map(Name::new);
    let alias = |target: &Name| Record::new(&reply.name, CNAME, TTL, target.octets());
    let at_target = |target: &Name| Record::new(target, reply.rtype, TTL, data.to_vec());
    let mut forged = targets.iter().map(alias).collect::<Vec<_>>();
    forged.push(junk(&reply.name, CNAME, &evil()));
    forged.extend(targets.iter().map(at_target));
    reply.sections[0].splice(0..0, forged);
}

#[test]
fn the_honest_scene() {
    let scene = Scene::new("honest");
    let server = scene.attacked(TLSA, |_| {});
    let port = scene.port;
    // The published record is of another key, so clients refuse the attacker's server.
    let said = scene.ask(server, &format!("probe mx.trap:{port}"));
    assert_eq!(said.status, 1, "{}{}", said.stdout, said.stderr);
    let said = scene.ask(server, &format!("check fixtures/fullchain-rsa.pem mx.trap:{port}"));
    assert_eq!(said.status, 1, "{}{}", said.stdout, said.stderr);
}

#[test]
fn attack_a_two_aliases() {
    let scene = Scene::new("a");
    let server = scene.attacked(TLSA, |reply| two_aliases(reply, &forged_tlsa()));
    scene.is_bogus(server, "mx.trap", "more than one CNAME record at the name");
}

#[test]
fn attack_b_data_under_nxdomain() {
    let scene = Scene::new("b");
    let server = scene.attacked(TLSA, |reply| {
        let data = Record::new(&reply.name, TLSA, TTL, forged_tlsa());
        reply.sections[0].extend([data, junk(&reply.name, TLSA, &evil())]);
    });
    let port = scene.port;
    let said = scene.ask(server, &format!("probe bare.trap:{port}"));
    assert_eq!(said.status, 3, "{}{}", said.stdout, said.stderr);
    assert!(said.stderr.contains("warning[dns-no-records]"), "{}", said.stderr);
    let said = scene.ask(server, &format!("check fixtures/fullchain-rsa.pem bare.trap:{port}"));
    assert_eq!(said.status, 3, "{}{}", said.stdout, said.stderr);
    assert!(said.stdout.contains("no TLSA record is published"), "{}", said.stdout);
    // `bare` has no record, so `diff` adds one.
    let said = scene.ask(server, &format!("diff fixtures/fullchain-rsa.pem bare.trap:{port} -f nsupdate"));
    assert_eq!(said.status, 1, "{}{}", said.stdout, said.stderr);
    let added = format!("update add _{port}._tcp.bare.trap. 3600 IN TLSA 3 1 1 ");
    assert!(said.stdout.starts_with(&added), "{}", said.stdout);
}

#[test]
fn attack_c_two_aliases_for_mx() {
    let scene = Scene::new("c");
    let server = scene.attacked(MX, |reply| {
        two_aliases(reply, &[&[0, 0][..], &Name::new("mx.evil").octets()].concat());
    });
    let said = scene.ask(server, &format!("probe --mx trap -p {}", scene.port));
    assert_eq!(said.status, 1, "{}{}", said.stdout, said.stderr);
    assert!(said.stderr.contains("warning[dns-bogus]"), "{}", said.stderr);
    assert!(!said.stdout.contains("evil"), "{}", said.stdout);
}

#[test]
fn attack_d_a_signer_in_an_unsigned_zone() {
    let scene = Scene::new("d");
    let server = scene.attacked(TLSA, |reply| {
        let data = Record::new(&reply.name, TLSA, TTL, forged_tlsa());
        reply.sections = [vec![data, junk(&reply.name, TLSA, &evil())], vec![], vec![]];
    });
    scene.is_bogus(server, "mx.trap", "not signed by trap.");
}

#[test]
fn attack_e_a_signature_of_more_than_a_record_can_hold() {
    let scene = Scene::new("e");
    let world = Arc::clone(&scene.world);
    let server = serve(move |query| {
        let octets = world.reply(query, Mode::Recursive).encode();
        if query.rtype == TLSA { with_long_signature(octets) } else { octets }
    });
    let port = scene.port;
    for call in [
        format!("probe mx.trap:{port}"),
        format!("check fixtures/fullchain-rsa.pem mx.trap:{port}"),
        format!("diff fixtures/fullchain-rsa.pem mx.trap:{port}"),
    ] {
        // The genuine RRSIG is in the reply, too. The attacker's server is refused, because the record is of another
        // key.
        let said = scene.ask(server, &call);
        assert!([1, 2, 3].contains(&said.status), "{call}: {}{}", said.stdout, said.stderr);
        assert!(!said.stderr.contains("panicked"), "{call}: {}", said.stderr);
    }
}
