//! Hosts and addresses examined in parallel: one deadline, lines printed early but in order, and limits that are
//! reported.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tlsagen::live::dns::{Kind, Resolver, Security};
use tlsagen::owner::DomainName;

use super::dns;
use super::servers::{SMTP, chain, serve};
use super::world::{World, forward, rdata, zone};
use crate::program::{ROOT, command};
use crate::running::Running;

/// The server at an address.
#[derive(Clone, Copy)]
enum Peer {
    /// The system accepts connections, but nothing answers.
    Silent,
    /// Serves the chain that the records match.
    Right,
    /// Serves another chain.
    Wrong,
}

/// Servers on the same port, each at a separate address.
struct Servers {
    port: u16,
    addresses: Vec<Ipv4Addr>,
    /// The listeners of the silent servers, kept open.
    _silent: Vec<TcpListener>,
}

impl Servers {
    fn start(peers: &[Peer]) -> Self {
        static WORLDS: AtomicU8 = AtomicU8::new(1);
        let [_, _, high, low] = std::process::id().to_be_bytes();
        let world = WORLDS.fetch_add(1, Ordering::Relaxed);
        let net = 64 + (high ^ low) % 64;
        let addresses: Vec<Ipv4Addr> = (1..=u8::try_from(peers.len()).unwrap())
            .map(|host| Ipv4Addr::new(127, net, world, host))
            .collect();
        let right = serve(vec![chain("fullchain-rsa.pem", "fullchain-rsa")], SMTP);
        let wrong = serve(vec![chain("fullchain-ecdsa.pem", "fullchain-ecdsa")], SMTP);
        let (mut port, mut silent) = (0, Vec::new());
        for (address, peer) in addresses.iter().zip(peers) {
            let listener = TcpListener::bind((*address, port)).unwrap();
            port = listener.local_addr().unwrap().port();
            let to = match peer {
                Peer::Silent => {
                    silent.push(listener);
                    continue;
                }
                Peer::Right => right,
                Peer::Wrong => wrong,
            };
            thread::spawn(move || {
                for stream in listener.incoming() {
                    let stream = stream.unwrap();
                    thread::spawn(move || forward(stream, to));
                }
            });
        }
        Self { port, addresses, _silent: silent }
    }

    /// Serves a zone of a mail domain with an exchange `mx1`, `mx2` and so on for each address.
    fn mail_domain(&self, name: &str) -> World {
        let record = rdata("fullchain-rsa.pem", "3 1 1");
        let entry = |(number, address): (usize, &Ipv4Addr)| {
            format!(
                "@ 60 IN MX {number} mx{number}\nmx{number} 60 IN A {address}\n_{}._tcp.mx{number} 60 IN TLSA {record}\n",
                self.port
            )
        };
        World::new(name, vec![zone((1..).zip(&self.addresses).map(entry).collect())])
    }
}

/// Returns the hosts of the verdict lines, in order.
fn hosts(said: &str) -> Vec<&str> {
    let lines = said.lines().filter(|line| line.starts_with("mx"));
    lines.map(|line| line.split([' ', ':']).next().unwrap()).collect()
}

fn numbered(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("mx{number}.example")).collect()
}

#[test]
fn silent_hosts_take_the_time_of_one() {
    let servers = Servers::start(&[Peer::Silent; 10]);
    let world = servers.mail_domain("silent-ten");
    let start = Instant::now();
    let (code, said) = world.ask(&format!("probe --mx example -p {} --timeout 3", servers.port));
    let took = start.elapsed();
    eprintln!("ten silent hosts at --timeout 3: {took:?}");
    assert_eq!(code, 3, "{said}");
    assert_eq!(hosts(&said), numbered(10), "{said}");
    assert!(said.contains(": unknown (connection failed before TLS: timed out)"), "{said}");
    assert!(!said.contains("not-visited"), "{said}");
    assert!(took > Duration::from_secs(3) && took < Duration::from_secs(12), "{took:?}");
}

#[test]
fn at_the_deadline_every_host_is_named_unknown() {
    let servers = Servers::start(&[Peer::Silent; 20]);
    let world = servers.mail_domain("deadline");
    let saved = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("deadline.pem");
    let call = format!("probe --mx example -p {} --deadline 2", servers.port);
    let start = Instant::now();
    let (code, said) = world.ask(&format!("{call} --save {}", saved.display()));
    let took = start.elapsed();
    eprintln!("twenty silent hosts at --deadline 2: {took:?}");
    assert!(took < Duration::from_secs(4), "{took:?}");
    assert_eq!(code, 3, "{said}");
    assert_eq!(hosts(&said), numbered(20), "{said}");
    assert_eq!(said.matches(": unknown (not finished within --deadline 2)\n").count(), 20, "{said}");
    let line = format!(
        "warning[not-visited]: not finished within --deadline 2: mx1.example:{0}, mx2.example:{0}, ",
        servers.port
    );
    assert!(
        said.contains(&line) && said.contains(&format!(", mx16.example:{} and 4 more\n", servers.port)),
        "{said}"
    );
    assert!(said.contains("verdict: unknown\n") && said.contains("[nothing-served]"), "{said}");
    assert!(!saved.exists());

    let (code, said) = world.ask(&format!("{call} -f json -q"));
    assert_eq!(code, 3, "{said}");
    let json: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(json["verdict"], "unknown");
    let names: Vec<_> =
        json["hosts"].as_array().unwrap().iter().map(|host| host["host"].as_str().unwrap()).collect();
    assert_eq!(names, numbered(20));
    for host in json["hosts"].as_array().unwrap() {
        assert_eq!(host["endpoints"][0]["reason"], "not finished within --deadline 2", "{said}");
    }
    assert_eq!(json["findings"][0]["code"], "not-visited");
}

/// More silent addresses than are examined in parallel: those still waiting at the deadline are not started.
#[test]
fn what_has_not_begun_by_the_deadline_is_unknown_too() {
    let servers = Servers::start(&[Peer::Silent; 40]);
    let world = servers.mail_domain("waiting");
    let start = Instant::now();
    let (code, said) = world.ask(&format!("probe --mx example -p {} --deadline 2", servers.port));
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    assert_eq!(code, 3, "{said}");
    assert_eq!(hosts(&said), numbered(40), "{said}");
    let (begun, waiting) = ("(not finished within --deadline 2)", "(not examined within --deadline 2)");
    assert_eq!((said.matches(begun).count(), said.matches(waiting).count()), (32, 8), "{said}");
}

#[test]
fn a_silent_name_server_ends_at_the_deadline() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let world = World::new("deadline-dns", vec![zone(String::new())]);
    for (call, line) in [
        ("probe mx.example", "mx.example:25: unknown (not finished within --deadline 1)\n"),
        (
            "probe --mx example",
            "warning[not-visited]: the lookup of the hosts of example: not finished within --deadline 1\n",
        ),
    ] {
        let start = Instant::now();
        let (code, said) = world.ask_at(silent.local_addr().unwrap(), &format!("{call} --deadline 1"));
        assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
        assert_eq!(code, 3, "{said}");
        assert!(said.contains(line) && said.contains("verdict: unknown\n"), "{said}");
        assert!(said.contains("warning[not-visited]"), "{said}");
    }
}

#[test]
fn one_that_fails_outweighs_those_that_are_silent() {
    let mut peers = [Peer::Silent; 6];
    peers[4] = Peer::Wrong;
    let servers = Servers::start(&peers);
    let world = servers.mail_domain("one-fails");
    let (code, said) = world.ask(&format!("probe --mx example -p {} --deadline 3", servers.port));
    assert_eq!(code, 1, "{said}");
    assert_eq!(hosts(&said), numbered(6), "{said}");
    assert!(said.contains("ECDSA P-256: fail\n") && said.contains("verdict: fail\n"), "{said}");
}

#[test]
fn lines_come_in_the_order_of_the_mx_records() {
    let mut peers = [Peer::Right; 5];
    peers[0] = Peer::Silent;
    let servers = Servers::start(&peers);
    let world = servers.mail_domain("order");
    let saved = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("order.pem");
    let call = format!("probe --mx example -p {} --deadline 3 --save {}", servers.port, saved.display());
    let (code, said) = world.ask(&call);
    assert_eq!(code, 3, "{said}");
    assert_eq!(hosts(&said), numbered(5), "{said}");
    assert_eq!(said.matches("RSA 2048: pass\n").count(), 4, "{said}");
    // The certificates received before the deadline are saved.
    let kept = fs::read_to_string(&saved).unwrap();
    assert_eq!(kept.matches("-----BEGIN CERTIFICATE-----").count(), 2, "{kept}");
}

/// A command that runs the program with the name server and trust anchor of `world`.
fn asking(world: &World, call: &str) -> Command {
    let mut command = command(ROOT, call.split_whitespace());
    command.args(["--dns", &world.address.to_string(), "--trust-anchor"]).arg(&world.anchor);
    command
}

/// Starts the program with pipes for both streams.
fn started(world: &World, call: &str) -> Running {
    Running(asking(world, call).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

#[test]
fn a_host_is_printed_while_others_hang() {
    let servers = Servers::start(&[Peer::Right, Peer::Silent, Peer::Right]);
    let world = servers.mail_domain("stream");
    let call = format!("probe --mx example -p {} --timeout 120 --deadline 8", servers.port);
    let start = Instant::now();
    let mut probe = started(&world, &call);
    let mut stdout = BufReader::new(probe.0.stdout.take().unwrap());
    let (mut domain, mut first, mut second) = (String::new(), String::new(), String::new());
    stdout.read_line(&mut domain).unwrap();
    stdout.read_line(&mut first).unwrap();
    stdout.read_line(&mut second).unwrap();
    assert!(start.elapsed() < Duration::from_secs(7), "{:?}", start.elapsed());
    assert!(first.starts_with("mx1.example ") && first.ends_with("RSA 2048: pass\n"), "{first}");
    assert!(second.starts_with("  match      3 1 1 "), "{second}");
    assert!(probe.0.try_wait().unwrap().is_none());
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(hosts(&rest), ["mx2.example", "mx3.example"], "{rest}");
    assert_eq!(probe.0.wait().unwrap().code(), Some(3));
}

/// The exit status must not turn to success because nobody reads the output.
#[test]
fn nobody_reading_changes_nothing_and_a_full_disk_is_an_error() {
    let servers = Servers::start(&[Peer::Right, Peer::Silent, Peer::Wrong]);
    let world = servers.mail_domain("reader");
    let call = format!("probe --mx example -p {} --deadline 3", servers.port);
    let mut probe = started(&world, &call);
    drop(probe.0.stdout.take());
    let mut talk = String::new();
    probe.0.stderr.take().unwrap().read_to_string(&mut talk).unwrap();
    assert_eq!(probe.0.wait().unwrap().code(), Some(1), "{talk}");
    assert!(!talk.contains("error"), "{talk}");

    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = asking(&world, &call).stdout(full).output().unwrap();
    let talk = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{talk}");
    assert!(talk.starts_with("tlsagen: error: cannot write to standard output: "), "{talk}");
}

#[test]
fn addresses_past_the_bound_are_named_and_make_no_pass() {
    for (name, last, status, word) in
        [("many-right", Peer::Right, 3, "verdict: unknown"), ("many-wrong", Peer::Wrong, 1, "verdict: fail")]
    {
        let mut peers = [Peer::Right; 40];
        peers[31] = last;
        let servers = Servers::start(&peers);
        let mut text: String =
            servers.addresses.iter().map(|address| format!("many 60 IN A {address}\n")).collect();
        let record = rdata("fullchain-rsa.pem", "3 1 1");
        text.push_str(&format!("_{}._tcp.many 60 IN TLSA {record}\n", servers.port));
        let world = World::new(name, vec![zone(text)]);
        let (code, said) = world.ask(&format!("probe many.example:{} --starttls smtp", servers.port));
        assert_eq!(said.matches("many.example 127.").count(), 40, "{said}");
        let left_out = "unknown (not examined: more than 32 addresses of one host)\n";
        assert_eq!(said.matches(left_out).count(), 8, "{said}");
        let line =
            "warning[not-visited]: only the first 32 addresses of many.example are examined; skipped: ";
        let names = said.split_once(line).unwrap().1.lines().next().unwrap();
        assert_eq!(names.split(", ").count(), 8, "{names}");
        // The name server chooses the order of addresses, so the wrong server may be among the skipped ones.
        let is_seen = status == 3 || said.contains("ECDSA P-256: fail");
        assert_eq!(code, if is_seen { status } else { 3 }, "{said}");
        assert!(!is_seen || said.contains(word), "{said}");
    }
}

#[test]
fn mail_hosts_past_the_bound_are_named_and_make_no_pass() {
    let servers = Servers::start(&[Peer::Right; 70]);
    let world = servers.mail_domain("many-hosts");
    let (code, said) = world.ask(&format!("probe --mx example -p {}", servers.port));
    assert_eq!(code, 3, "{said}");
    assert_eq!(hosts(&said), numbered(70), "{said}");
    assert_eq!(said.matches("RSA 2048: pass\n").count(), 64, "{said}");
    assert_eq!(said.matches("unknown (not examined: more than 64 hosts and ports)\n").count(), 6, "{said}");
    let names: Vec<String> =
        numbered(70).split_off(64).iter().map(|host| format!("{host}:{}", servers.port)).collect();
    let names = names.join(", ");
    assert!(
        said.contains(&format!(
            "warning[not-visited]: only the first 64 pairs of host and port are examined; skipped: {names}\n"
        )),
        "{said}"
    );
}

/// Each run waits only once for the timeout of a name server that does not answer.
#[test]
fn a_dead_name_server_costs_one_time_out() {
    let record = rdata("fullchain-rsa.pem", "3 1 1");
    let (live, anchor) = dns::serve(vec![zone(format!("_25._tcp.mx 60 IN TLSA {record}\n"))]);
    let dead = UdpSocket::bind("127.0.0.1:0").unwrap();
    let servers = [dead.local_addr().unwrap(), live];
    let timeout = Duration::from_secs(2);
    let resolver = Resolver::new(&servers, Some(&anchor), timeout, OffsetDateTime::now_utc()).unwrap();
    let resolver = Arc::new(resolver);
    let start = Instant::now();
    let secure = |name: &str, kind| {
        resolver.lookup(&DomainName::new(name), kind).unwrap().security == Security::Secure
    };
    assert!(secure("mx.example", Kind::A) && secure("_25._tcp.mx.example", Kind::Tlsa));
    // The same if several threads ask.
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert!(secure("mx.example", Kind::Aaaa) && secure("example", Kind::Mx)));
        }
    });
    let took = start.elapsed();
    assert!(took >= timeout && took < 2 * timeout, "{took:?}");
}
