//! The live view against servers in this process: signed, unsigned and forged zones, TLS servers behind STARTTLS,
//! and servers that never answer, answer garbage, flood, or leave in mid-dialog.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod dns;
mod lookups;
mod servers;
mod side_by_side;

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use dns::{Forgery, Signed, Zone};
use rustls::sign::CertifiedKey;
use servers::{SMTP, Speech, chain, listen, serve};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn run(args: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tlsagen"))
        .args(args.split_whitespace())
        .current_dir(ROOT)
        .output()
        .unwrap()
}

/// One of OpenSSL's servers; it ends with this.
struct OpensslServer(Child, u16);

impl OpensslServer {
    fn start(args: &str) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let args = format!("s_server -quiet -accept 127.0.0.1:{port} {args}");
        let child = Command::new("openssl")
            .args(args.split_whitespace())
            .current_dir(ROOT)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        for _ in 0..100 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
        Self(child, port)
    }
}

impl Drop for OpensslServer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Record data that describes a fixture, as `tlsagen` and in other tests its oracle have it.
fn rdata(file: &str, params: &str) -> String {
    let output = run(&format!("fixtures/{file} mx.example {params} -f rdata -q"));
    assert!(output.status.success(), "{file} {params}");
    String::from_utf8(output.stdout).unwrap().lines().next().unwrap().to_owned()
}

/// Zones with what `records` has for mx.example, and how they are asked.
struct World {
    address: SocketAddr,
    anchor: PathBuf,
}

impl World {
    fn new(name: &str, zones: Vec<Zone>) -> Self {
        let (address, anchor) = dns::serve(zones);
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.anchor"));
        fs::write(&path, anchor).unwrap();
        Self { address, anchor: path }
    }

    fn ask(&self, args: &str) -> (i32, String) {
        self.ask_at(self.address, args)
    }

    fn ask_at(&self, server: SocketAddr, args: &str) -> (i32, String) {
        let timeout = if args.contains("--timeout") { "" } else { " --timeout 5" };
        let output = run(&format!("{args} --dns {server} --trust-anchor {}{timeout}", self.anchor.display()));
        let text = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(text).unwrap())
    }
}

fn zone(text: String) -> Zone {
    Zone { origin: "example.", signed: Signed::Nsec, text: format!("mx 60 IN A 127.0.0.1\n{text}") }
}

#[test]
fn verdicts_of_served_chains() {
    // Served chain and key, record, and whether clients accept that: posttls-finger and OpenSSL do the same.
    let cases = [
        ("fullchain-rsa.pem", "fullchain-rsa", rdata("fullchain-rsa.pem", "2 1 1"), 0),
        ("fullchain-rsa.pem", "fullchain-rsa", rdata("with-root-rsa.pem", "2 1 0 --depth 2"), 0),
        ("fullchain-rsa.pem", "fullchain-rsa", rdata("with-root-rsa.pem", "2 0 0 --depth 2"), 0),
        ("fullchain-rsa.pem", "fullchain-rsa", rdata("with-root-rsa.pem", "2 0 1 --depth 2"), 1),
        ("with-root-rsa.pem", "fullchain-rsa", rdata("with-root-rsa.pem", "2 0 1 --depth 2"), 0),
        ("fullchain-rsa.pem", "fullchain-rsa", rdata("fullchain-rsa.pem", "3 0 1").replacen('3', "2", 1), 1),
        ("self-signed-server.pem", "self-signed-server", rdata("self-signed-server.pem", "3 1 1"), 0),
        ("expired-leaf.pem", "expired-leaf", rdata("expired-leaf.pem", "3 1 1"), 0),
        ("expired-leaf.pem", "expired-leaf", rdata("expired-leaf.pem", "2 1 1"), 1),
        ("wrong-name.pem", "wrong-name", rdata("wrong-name.pem", "2 1 1"), 1),
        ("wrong-name.pem", "wrong-name", rdata("wrong-name.pem", "3 1 1"), 0),
        (
            "fullchain-rsa.pem",
            "fullchain-rsa",
            rdata("fullchain-rsa.pem", "3 1 1").replacen("3 1 1", "3 1 9", 1),
            1,
        ),
        ("fullchain-rsa.pem", "fullchain-rsa", rdata("fullchain-ecdsa.pem", "3 1 1"), 1),
        ("fullchain-ecdsa.pem", "fullchain-ecdsa", rdata("fullchain-ecdsa.pem", "3 1 2 3 1 1"), 0),
        ("shuffled-rsa.pem", "", String::new(), 0),
    ];
    let mut text = String::new();
    let mut ports = Vec::new();
    for (file, key, record, _) in cases.iter().filter(|(_, key, ..)| !key.is_empty()) {
        let port = serve(vec![chain(file, key)], SMTP);
        text.push_str(&format!("_{port}._tcp.mx 60 IN TLSA {record}\n"));
        ports.push(port);
    }
    let world = World::new("verdicts", vec![zone(text)]);
    for ((file, _, record, status), port) in cases.iter().zip(&ports) {
        let (code, said) = world.ask(&format!("probe mx.example:{port} --starttls smtp"));
        assert_eq!(code, *status, "{file} {}: {said}", &record[..20]);
        let word = if *status == 0 { "verdict: pass" } else { "verdict: fail" };
        assert!(said.contains(word) && said.contains(&format!("mx.example 127.0.0.1:{port}")), "{said}");
    }
}

#[test]
fn both_certificates_of_a_server_are_looked_at() {
    let both =
        || vec![chain("fullchain-rsa.pem", "fullchain-rsa"), chain("fullchain-ecdsa.pem", "fullchain-ecdsa")];
    let (one, two) = (serve(both(), Speech::Direct), serve(both(), Speech::Direct));
    let (rsa, ecdsa) = (rdata("fullchain-rsa.pem", "3 1 1"), rdata("fullchain-ecdsa.pem", "3 1 1"));
    let text = format!(
        "_{one}._tcp.mx 60 IN TLSA {ecdsa}\n_{two}._tcp.mx 60 IN TLSA {ecdsa}\n_{two}._tcp.mx 60 IN TLSA {rsa}\n"
    );
    let world = World::new("both", vec![zone(text)]);
    let (code, said) = world.ask(&format!("probe mx.example:{one}"));
    assert_eq!(code, 1, "{said}");
    assert!(said.contains(&format!("mx.example 127.0.0.1:{one} RSA 2048: fail")), "{said}");
    assert!(said.contains(&format!("mx.example 127.0.0.1:{one} ECDSA P-256: pass")), "{said}");
    let saved = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("saved.pem");
    let (code, said) = world.ask(&format!("probe mx.example:{two} --save {}", saved.display()));
    assert_eq!(code, 0, "{said}");
    // What was saved is what was served.
    let saved_records = run(&format!("{} mx.example:{two} -q -f rdata", saved.display()));
    assert_eq!(String::from_utf8(saved_records.stdout).unwrap(), format!("{rsa}\n{ecdsa}\n"));
    // Nothing that was served is no reason to lose it.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let before = fs::read(&saved).unwrap();
    let call = format!("probe mx.example:{nobody} --save {}", saved.display());
    let records = format!("_{nobody}._tcp.mx 60 IN TLSA {rsa}\n");
    let (code, said) = World::new("nobody", vec![zone(records)]).ask(&call);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("warning[nothing-served]: no server sent a certificate: "), "{said}");
    assert_eq!(fs::read(&saved).unwrap(), before);
    let (code, said) = world.ask(&format!("probe mx.example:{two} -f json"));
    assert_eq!(code, 0);
    for part in [
        "\"verdict\": \"pass\"",
        "\"dnssec\": \"secure\"",
        "\"key_proven\": true",
        "\"algorithm\": \"RSA 2048\"",
    ] {
        assert!(said.contains(part), "{said}");
    }
}

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
        ("mx.bogus.example", 3, "bogus"),
        // Denials, proven by NSEC and NSEC3.
        ("bare.nsec.example", 3, "no TLSA record"),
        ("bare.n3.example", 3, "no TLSA record"),
        ("nobody.nsec.example", 3, "no address"),
        ("nobody.n3.example", 3, "no address"),
        // Aliases of the host and of the records.
        ("alias.example", 0, "verdict: pass"),
        ("to-plain.example", 0, "verdict: pass"),
        ("shared.example", 0, "verdict: pass"),
    ] {
        let (code, said) = world.ask(&format!("probe {host}:{port}"));
        assert_eq!(code, status, "{host}: {said}");
        assert!(said.contains(word), "{host}: {said}");
    }
    // check and diff take the same way.
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
    // The end of an alias is where an update belongs.
    let (_, said) =
        world.ask(&format!("diff fixtures/fullchain-ecdsa.pem shared.example:{port} -f nsupdate -q"));
    assert!(said.contains("update delete tlsa._dane.example. IN TLSA 3 1 1"), "{said}");
}

/// A name below a wildcard that comes to be hides it, and the record in use with it (RFC 4592 section 2.2.1).
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

/// The labels of a wildcard stand in its signature, and anybody can put a signature beside that.
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
        for call in [
            format!("probe mx.example:{port}"),
            format!("check fixtures/fullchain-rsa.pem mx.example:{port}"),
        ] {
            let (code, said) = world.ask_at(forger, &call);
            assert_eq!(code, 3, "{forgery:?} {call}: {said}");
            assert!(said.contains("bogus"), "{forgery:?} {call}: {said}");
        }
    }
}

#[test]
fn a_set_of_sixty_records_comes_over_tcp() {
    let port = serve(vec![chain("fullchain-rsa.pem", "fullchain-rsa")], Speech::Direct);
    let mut text: String =
        (0..60).map(|number| format!("_{port}._tcp.mx 60 IN TLSA 3 1 1 {number:064x}\n")).collect();
    text.push_str(&format!("_{port}._tcp.mx 60 IN TLSA {}\n", rdata("fullchain-rsa.pem", "3 1 1")));
    let world = World::new("sixty", vec![zone(text)]);
    let (code, said) = world.ask(&format!("probe mx.example:{port}"));
    assert_eq!(code, 0, "{said}");
    assert_eq!(said.matches("unmatched").count(), 60);
}

#[test]
fn mail_hosts_of_a_domain() {
    let port = serve(vec![chain("fullchain-rsa.pem", "fullchain-rsa")], SMTP);
    let record = rdata("fullchain-rsa.pem", "3 1 1");
    let own = format!("@ 60 IN MX 10 mx\n_{port}._tcp.mx 60 IN TLSA {record}\n");
    let plain = Zone {
        origin: "plain.example.",
        signed: Signed::No,
        text: "@ 60 IN MX 10 mx.example.\nnull 60 IN MX 0 .\n".to_owned(),
    };
    let world = World::new("mx", vec![zone(own), plain]);
    let (code, said) = world.ask(&format!("probe --mx example -p {port}"));
    assert_eq!(code, 0, "{said}");
    let (code, said) = world.ask(&format!("probe --mx plain.example -p {port}"));
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("insecure MX"), "{said}");
    let (code, said) = world.ask(&format!("probe --mx null.plain.example -p {port}"));
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("accepts no mail"), "{said}");
}

/// Clients pass over an exchange that is no host name, and use the others.
#[test]
fn an_exchange_that_is_no_host_name_hides_no_other() {
    let port = serve(vec![chain("fullchain-rsa.pem", "fullchain-rsa")], SMTP);
    let (right, wrong) = (rdata("fullchain-rsa.pem", "3 1 1"), rdata("fullchain-ecdsa.pem", "3 1 1"));
    let text = format!(
        "@ 60 IN MX 5 192.0.2.1.\n@ 60 IN MX 10 mx\n@ 60 IN MX 20 _mx\n_{port}._tcp.mx 60 IN TLSA {right}\n\
         bad 60 IN MX 10 other\nbad 60 IN MX 20 192.0.2.1.\nother 60 IN A 127.0.0.1\n_{port}._tcp.other 60 IN TLSA {wrong}\n\
         null 60 IN MX 0 .\n"
    );
    let world = World::new("exchanges", vec![zone(text)]);
    let (code, said) = world.ask(&format!("probe --mx example -p {port}"));
    assert_eq!(code, 3, "{said}");
    for part in [
        "192.0.2.1: unknown ('192.0.2.1' is an IP address",
        &format!("mx.example 127.0.0.1:{port} RSA 2048: pass"),
        "_mx.example: unknown ('_mx.example' is not a host name",
        "warning[no-host]: 192.0.2.1: '192.0.2.1' is an IP address",
    ] {
        assert!(said.contains(part), "{said}");
    }
    let (code, said) = world.ask(&format!("probe --mx bad.example -p {port}"));
    assert_eq!(code, 1, "{said}");
    let (_, json) = world.ask(&format!("probe --mx example -p {port} -f json -q"));
    let entry = "\"host\": \"192.0.2.1\",\n      \"owner\": null,\n      \"dnssec\": \"unchecked\"";
    assert!(json.contains(entry), "{json}");
    let (code, said) = world.ask("probe --mx null.example");
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("warning[no-host]: null.example accepts no mail (RFC 7505)\n"), "{said}");
    // One section for each message.
    for line in said.lines() {
        assert!(line.matches("RFC ").count() < 2, "{line}");
    }
}

/// Usages 0 and 1 are unusable for mail between servers, not for all that SMTP is spoken in (RFC 7672 section 7).
#[test]
fn a_port_of_submission_is_not_taken_for_mail_between_servers() {
    let server = serve(vec![chain("fullchain-rsa.pem", "fullchain-rsa")], SMTP);
    // The port is fixed, so the address is one that nobody else has.
    let [_, _, high, low] = std::process::id().to_be_bytes();
    let address = std::net::Ipv4Addr::new(127, 77, high, low.clamp(1, 254));
    let listener = std::net::TcpListener::bind((address, 2525)).unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            forward(stream.unwrap(), server);
        }
    });
    let record = rdata("fullchain-rsa.pem", "1 1 1");
    let text = format!("@ 60 IN MX 10 post\npost 60 IN A {address}\n_2525._tcp.post 60 IN TLSA {record}\n");
    let world = World::new("submission", vec![zone(text)]);
    for (call, status, word) in [
        ("probe -4 post.example:2525", 3, "unverified"),
        ("probe -4 post.example:2525 --starttls smtp", 1, "unusable"),
        ("probe -4 --mx example -p 2525", 1, "unusable"),
    ] {
        let (code, said) = world.ask(call);
        assert_eq!(code, status, "{call}: {said}");
        assert!(said.contains(word), "{call}: {said}");
    }
}

/// Mail clients take the TLSA base domain and the next hop before and after its alias (RFC 7672 section 3.2.2),
/// as in Postfix; others the name that they were given as well (RFC 7671 section 7).
#[test]
fn names_behind_an_alias() {
    let of_other = || vec![chain("wrong-name.pem", "wrong-name")];
    let (web, mail) = (serve(of_other(), Speech::Direct), serve(of_other(), SMTP));
    let (ours, record) = (rdata("wrong-name.pem", "2 1 1"), rdata("fullchain-rsa.pem", "2 1 1"));
    let text = format!(
        "_{web}._tcp.mx 60 IN TLSA {ours}\n_{mail}._tcp.mx 60 IN TLSA {ours}\n_25._tcp.mx 60 IN TLSA {record}\n\
         other 60 IN CNAME mx\nsub 60 IN CNAME target\ntarget 60 IN MX 10 mx\n\
         _465._tcp.mx 60 IN TLSA {record}\n_466._tcp.mx 60 IN TLSA {ours}\n"
    );
    let mail_of_other = Zone {
        origin: "other.example.",
        signed: Signed::Nsec,
        text: "@ 60 IN MX 10 mx.example.\n".to_owned(),
    };
    let plain = Zone {
        origin: "plain.example.",
        signed: Signed::No,
        text: "d 60 IN CNAME other.example.\n".to_owned(),
    };
    // The same name as an alias of the host in one world, as a mail domain in the other.
    let world = World::new("alias", vec![zone(text.clone())]);
    let text = text.replace("other 60 IN CNAME mx\n", "hop 60 IN CNAME other\n");
    let domains = World::new("hop", vec![zone(text), mail_of_other, plain]);
    for (world, call, status) in [
        (&world, format!("probe other.example:{web}"), 0),
        (&world, format!("probe mx.example:{web}"), 1),
        (&world, format!("probe other.example:{mail} --starttls smtp"), 1),
        (&world, "check fixtures/fullchain-rsa.pem other.example".to_owned(), 0),
        (&world, "check fixtures/fullchain-rsa.pem other.example:465".to_owned(), 0),
        (&world, "check fixtures/wrong-name.pem other.example".to_owned(), 1),
        (&world, "check fixtures/wrong-name.pem other.example:466".to_owned(), 0),
        (&world, "check fixtures/wrong-name.pem mx.example:466".to_owned(), 1),
        (&domains, format!("probe --mx other.example -p {mail}"), 0),
        (&domains, format!("probe --mx hop.example -p {mail}"), 0),
        (&domains, format!("probe --mx target.example -p {mail}"), 1),
        // Anyone could have named that target.
        (&domains, format!("probe --mx d.plain.example -p {mail}"), 1),
    ] {
        let (code, said) = world.ask(&call);
        assert_eq!(code, status, "{call}: {said}");
    }
}

#[test]
fn the_readme_shows_what_is_printed() {
    let both =
        vec![chain("fullchain-rsa.pem", "fullchain-rsa"), chain("fullchain-ecdsa.pem", "fullchain-ecdsa")];
    let port = serve(both, SMTP);
    let record = rdata("fullchain-ecdsa.pem", "3 1 1");
    let text = format!("@ 60 IN MX 10 mx\n_{port}._tcp.mx 60 IN TLSA {record}\n");
    let world = World::new("readme", vec![zone(text)]);
    let (code, said) = world.ask(&format!("probe --mx example -p {port}"));
    assert_eq!(code, 1);
    let readme = fs::read_to_string(format!("{ROOT}/README.md")).unwrap();
    let shown = readme.split_once("$ tlsagen probe --mx example\n").unwrap().1.split_once("```").unwrap().0;
    assert_eq!(said.replace(&format!("127.0.0.1:{port}"), "192.0.2.1:25"), shown);
}

#[test]
fn tls_is_started_in_every_protocol() {
    let ecdsa = || vec![chain("fullchain-ecdsa.pem", "fullchain-ecdsa")];
    let lines = |name, lines| (name, serve(ecdsa(), Speech::Lines(lines)));
    let octets = |name, octets| (name, serve(ecdsa(), Speech::Octets(octets)));
    let servers = [
        lines("smtp", &["220 mx\r\n", "250-mx\r\n250 STARTTLS\r\n", "220 go\r\n"]),
        lines("lmtp", &["220 mx\r\n", "250-mx\r\n250-STARTTLS\r\n250 OK\r\n", "220 go\r\n"]),
        lines("imap", &["* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n", "* CAPABILITY IMAP4rev1\r\na OK go\r\n"]),
        lines("pop3", &["+OK ready\r\n", "+OK go\r\n"]),
        lines("sieve", &["\"IMPLEMENTATION\" \"x\"\r\n\"STARTTLS\"\r\nOK \"ready\"\r\n", "OK \"go\"\r\n"]),
        lines("ftp", &["220-ftp\r\n220 ready\r\n", "234 go\r\n"]),
        lines("nntp", &["200 ready\r\n", "382 go\r\n"]),
        octets("xmpp", &[
            b"<?xml version='1.0'?><stream:stream from='mx.example'><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>",
            b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
        ]),
        octets("postgres", &[b"S"]),
        octets("ldap", &[b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"]),
        ("none", serve(ecdsa(), Speech::Direct)),
    ];
    let record = rdata("fullchain-ecdsa.pem", "3 1 1");
    let text = servers.iter().map(|(_, port)| format!("_{port}._tcp.mx 60 IN TLSA {record}\n")).collect();
    let world = World::new("protocols", vec![zone(text)]);
    for (protocol, port) in servers {
        let (code, said) = world.ask(&format!("probe mx.example:{port} --starttls {protocol}"));
        assert_eq!(code, 0, "{protocol}: {said}");
    }
}

#[test]
fn misbehaving_servers_are_errors_in_time_and_never_a_pass() {
    let record = rdata("fullchain-ecdsa.pem", "3 1 1");
    let flood = |line: &'static [u8]| listen(move |mut stream| while stream.write_all(line).is_ok() {});
    let says = |text: &'static [u8]| {
        listen(move |mut stream| {
            let _ = stream.write_all(text);
            thread::sleep(Duration::from_millis(200));
        })
    };
    let servers = [
        ("silence", listen(|_stream| thread::sleep(Duration::from_secs(20))), 3),
        ("closes at once", listen(drop), 3),
        ("closes in mid-dialog", says(b"220 mx\r\n"), 3),
        ("garbage", says(b"\x00\xff\xfe\r\n\r\n"), 1),
        ("lines without end", flood(b"220-mx\r\n"), 3),
        ("a line without end", flood(b"2"), 3),
        ("no STARTTLS", serve(vec![], Speech::Lines(&["220 mx\r\n", "250-mx\r\n250 SIZE\r\n"])), 1),
        (
            "STARTTLS refused",
            serve(vec![], Speech::Lines(&["220 mx\r\n", "250 STARTTLS\r\n", "454 not now\r\n"])),
            1,
        ),
        // Plain text that is sent along with the go-ahead must not be taken for anything.
        (
            "plain text over the border",
            serve(
                vec![chain("fullchain-ecdsa.pem", "fullchain-ecdsa")],
                Speech::Lines(&["220 mx\r\n", "250 STARTTLS\r\n", "220 go\r\n250 OK\r\n"]),
            ),
            3,
        ),
        ("no TLS behind it", says(b"220 mx\r\n250 STARTTLS\r\n220 go\r\nnothing of the kind\r\n"), 3),
        ("no certificate that fits", serve(vec![], SMTP), 1),
        // The genuine certificate, as anyone can have it, without its key.
        ("a key of another kind", serve(vec![stolen("fullchain-ecdsa", "fullchain-rsa")], SMTP), 1),
        ("another key of its kind", serve(vec![stolen("fullchain-ecdsa", "key-p256")], SMTP), 1),
    ];
    let text = servers.iter().map(|(_, port, _)| format!("_{port}._tcp.mx 60 IN TLSA {record}\n")).collect();
    let world = World::new("misbehaving", vec![zone(text)]);
    for (what, port, status) in servers {
        let start = Instant::now();
        let (code, said) = world.ask(&format!("probe mx.example:{port} --starttls smtp --timeout 1"));
        assert!(start.elapsed() < Duration::from_secs(8), "{what}");
        assert_eq!(code, status, "{what}: {said}");
        assert!(!said.contains("pass"), "{what}: {said}");
    }
}

/// A certificate of the fixtures with the key of another.
fn stolen(certificate: &str, key: &str) -> Arc<CertifiedKey> {
    let certificates = chain(&format!("{certificate}.pem"), certificate).cert.clone();
    Arc::new(CertifiedKey::new(certificates, chain(&format!("{certificate}.pem"), key).key.clone()))
}

/// Verifiers of paths refuse some of these certificates; the key is what a record of usage 3 asks for.
#[test]
fn possession_of_the_key_is_proven_for_odd_certificates_too() {
    let cases = [
        ("v1-leaf", 0, "\"key_proven\": true"),
        ("key-rsa-no-null", 0, "\"key_proven\": true"),
        ("key-ed25519", 0, "\"key_proven\": true"),
        // ring takes no compressed point: nobody can tell here, so that is no pass.
        (
            "key-ec-compressed",
            3,
            "possession of the private key not verified: this program cannot verify signatures of this",
        ),
    ];
    let servers = cases.map(|(name, ..)| {
        let file = format!("{name}.pem");
        (serve(vec![chain(&file, name)], Speech::Direct), rdata(&file, "3 1 1"))
    });
    let text =
        servers.iter().map(|(port, record)| format!("_{port}._tcp.mx 60 IN TLSA {record}\n")).collect();
    let world = World::new("odd", vec![zone(text)]);
    for ((name, status, said_is), (port, _)) in cases.into_iter().zip(servers) {
        let (code, said) = world.ask(&format!("probe mx.example:{port} -f json"));
        assert_eq!(code, status, "{name}: {said}");
        assert!(said.contains(said_is), "{name}: {said}");
        assert!(said.contains("\"status\": \"match\""), "{name}: {said}");
    }
}

/// Who is told to come back later has seen nothing.
#[test]
fn a_busy_server_is_unknown() {
    let cases = [
        ("smtp", Speech::Lines(&["421 too many connections, try again\r\n"])),
        ("smtp", Speech::Lines(&["450-not\r\n450 now\r\n"])),
        ("smtp", Speech::Lines(&["220 mx\r\n", "421 shutting down\r\n"])),
        ("lmtp", Speech::Lines(&["421 later\r\n"])),
        ("ftp", Speech::Lines(&["421 too many users\r\n"])),
        ("ftp", Speech::Lines(&["120 ready in 5 minutes\r\n"])),
        ("nntp", Speech::Lines(&["400 later\r\n"])),
        ("imap", Speech::Lines(&["* BYE too many connections\r\n"])),
        ("pop3", Speech::Lines(&["-ERR [SYS/TEMP] later\r\n"])),
        ("sieve", Speech::Lines(&["BYE (TRYLATER) \"later\"\r\n"])),
    ];
    let servers = cases.map(|(protocol, speech)| (protocol, serve(vec![], speech)));
    let never = [
        ("smtp", serve(vec![], Speech::Lines(&["554 no\r\n"]))),
        ("nntp", serve(vec![], Speech::Lines(&["502 no\r\n"]))),
        ("pop3", serve(vec![], Speech::Lines(&["-ERR no\r\n"]))),
    ];
    let record = rdata("fullchain-ecdsa.pem", "3 1 1");
    let all = servers.iter().chain(&never);
    let text = all.map(|(_, port)| format!("_{port}._tcp.mx 60 IN TLSA {record}\n")).collect();
    let world = World::new("busy", vec![zone(text)]);
    for (protocol, port) in servers {
        let (code, said) = world.ask(&format!("probe mx.example:{port} --starttls {protocol}"));
        assert_eq!(code, 3, "{protocol}: {said}");
        assert!(said.contains("unknown (the server reported a temporary error: "), "{protocol}: {said}");
    }
    for (protocol, port) in never {
        let (code, said) = world.ask(&format!("probe mx.example:{port} --starttls {protocol}"));
        assert_eq!(code, 1, "{protocol}: {said}");
    }
}

/// OpenSSL's clients speak with these servers, so they are no fail; what cannot be seen from here is said.
#[test]
#[ignore = "needs openssl"]
fn servers_of_openssl_that_rustls_has_little_in_common_with() {
    let start = |name: &str, args: &str| {
        OpensslServer::start(&format!("-cert fixtures/{name}.pem -key fixtures/keys/{name}.key {args}"))
    };
    const NOTHING: &str = "no cipher suite or key type in common with the server";
    let cases = [
        ("fullchain-rsa", "-tls1_2 -cipher ECDHE-RSA-AES128-SHA", 3, NOTHING),
        ("fullchain-rsa", "-tls1_2 -cipher AES128-GCM-SHA256", 3, NOTHING),
        ("fullchain-rsa", "-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256", 0, "RSA 2048: pass"),
        ("key-secp256k1", "", 3, NOTHING),
        // This one refuses whoever has no certificate to show, and mail servers have none.
        ("fullchain-rsa", "-tls1_2 -Verify 1", 1, "fail (the server refused TLS: alert handshake_failure)"),
        // Keys that rustls does not ask for by itself.
        ("key-rsapss", "", 0, "RSA-PSS 2048: pass\n"),
        ("key-p521", "", 3, "ECDSA P-521: unknown (possession of the private key not verified"),
        ("key-ed448", "", 3, "Ed448: unknown (possession of the private key not verified"),
    ];
    let servers = cases.map(|(name, args, ..)| start(name, args));
    let records = cases.map(|(name, ..)| rdata(&format!("{name}.pem"), "3 1 1"));
    let text = servers
        .iter()
        .zip(&records)
        .map(|(server, record)| format!("_{}._tcp.mx 60 IN TLSA {record}\n", server.1));
    let world = World::new("uncommon", vec![zone(text.collect())]);
    for ((name, args, status, words), server) in cases.iter().zip(&servers) {
        let (code, said) = world.ask(&format!("probe mx.example:{}", server.1));
        assert_eq!(code, *status, "{name} {args}: {said}");
        assert!(said.contains(words), "{name} {args}: {said}");
    }
}

/// Lets a connection through to `port`.
fn forward(mut stream: TcpStream, port: u16) {
    let mut server = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let (mut from, mut to) = (stream.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || std::io::copy(&mut from, &mut to));
    thread::spawn(move || std::io::copy(&mut server, &mut stream));
}

/// A server that lets every second connection through to `port` and does `instead` with the others.
fn every_second(port: u16, instead: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let count = AtomicUsize::new(0);
    listen(move |stream| match count.fetch_add(1, Ordering::SeqCst) % 2 {
        1 => instead(stream),
        _ => forward(stream, port),
    })
}

#[test]
fn a_kind_of_key_that_could_not_be_looked_at_is_told() {
    let rsa = || vec![chain("fullchain-rsa.pem", "fullchain-rsa")];
    let says = |text: &'static [u8]| {
        move |mut stream: TcpStream| {
            let _ = stream.write_all(text);
            thread::sleep(Duration::from_millis(200));
        }
    };
    // An alert with a description.
    let alert = |number: u8| {
        move |mut stream: TcpStream| {
            let _ = stream.read(&mut [0; 2000]);
            let _ = stream.write_all(&[21, 3, 3, 0, 2, 2, number]);
        }
    };
    let cases = [
        ("has RSA alone", "none", serve(rsa(), Speech::Direct), 0, None),
        ("handshake_failure", "none", every_second(serve(rsa(), Speech::Direct), alert(40)), 0, None),
        // Some servers close where others send an alert.
        (
            "closes at the ClientHello",
            "none",
            every_second(serve(rsa(), Speech::Direct), |mut stream| {
                let _ = stream.read(&mut [0; 2000]);
            }),
            0,
            Some("hint[key-kind-unseen]: mx.example 127.0.0.1"),
        ),
        (
            "internal_error",
            "none",
            every_second(serve(rsa(), Speech::Direct), alert(80)),
            0,
            Some("ECDSA: not examined: the server refused TLS: alert internal_error"),
        ),
        (
            "says nothing",
            "none",
            every_second(serve(rsa(), Speech::Direct), |_stream| thread::sleep(Duration::from_secs(5))),
            3,
            Some("unknown (ECDSA: not examined: connection failed during the TLS handshake: timed out"),
        ),
        (
            "closes before STARTTLS",
            "smtp",
            every_second(serve(rsa(), SMTP), drop),
            3,
            Some("unknown (ECDSA: not examined: connection failed before TLS"),
        ),
        (
            "has no STARTTLS",
            "smtp",
            every_second(serve(rsa(), SMTP), says(b"220 mx\r\n250 SIZE\r\n")),
            1,
            Some("fail (ECDSA: the server does not offer STARTTLS"),
        ),
    ];
    let record = rdata("fullchain-rsa.pem", "3 1 1");
    let text =
        cases.iter().map(|(_, _, port, ..)| format!("_{port}._tcp.mx 60 IN TLSA {record}\n")).collect();
    let world = World::new("unseen", vec![zone(text)]);
    for (what, protocol, port, status, words) in cases {
        let (code, said) = world.ask(&format!("probe mx.example:{port} --starttls {protocol} --timeout 1"));
        assert_eq!(code, status, "{what}: {said}");
        assert!(said.contains(&format!("mx.example 127.0.0.1:{port} RSA 2048: pass\n")), "{what}: {said}");
        match words {
            Some(words) => assert!(said.contains(words), "{what}: {said}"),
            None => assert!(!said.contains("ECDSA"), "{what}: {said}"),
        }
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

/// A server of the zone alone, as each secondary is one, has no way up to the root's keys.
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
        assert!(said.contains("this server does not answer for the root"), "{said}");
        assert!(said.contains("give the DS record of the server's zone with --trust-anchor"), "{said}");
        assert!(!said.contains("bogus"), "{said}");
        assert_eq!(world.ask(&format!("{call} mx.example:{port}")).0, 0);
    }
}

#[test]
fn records_of_a_file_stand_in_for_those_of_the_dns() {
    let port = serve(vec![chain("fullchain-rsa.pem", "fullchain-rsa")], Speech::Direct);
    let world = World::new("file", vec![zone(String::new())]);
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("given.zone");
    for (params, status) in [("3 1 1", 0), ("3 0 1", 0)] {
        fs::write(
            &path,
            format!("_{port}._tcp.mx.example. IN TLSA {}\n", rdata("fullchain-rsa.pem", params)),
        )
        .unwrap();
        let (code, said) = world.ask(&format!("probe mx.example:{port} --records {}", path.display()));
        assert_eq!(code, status, "{said}");
        let (_, said) = world.ask(&format!("probe mx.example:{port} --records {} -f json", path.display()));
        assert!(said.contains("\"dnssec\": \"unchecked\""), "{said}");
    }
    fs::write(&path, format!("_{port}._tcp.mx.example. IN TLSA {}\n", rdata("fullchain-ecdsa.pem", "3 1 1")))
        .unwrap();
    assert_eq!(world.ask(&format!("probe mx.example:{port} --records {}", path.display())).0, 1);
    // Lines without an owner are for one host.
    let two = "a 60 IN MX 1 mx\na 60 IN MX 2 x\nb 60 IN MX 1 mx\n".to_owned();
    let domains = World::new("file-mx", vec![zone(two)]);
    let bare = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bare.txt");
    fs::write(&bare, rdata("fullchain-rsa.pem", "3 1 1")).unwrap();
    let of = |domain| format!("probe --mx {domain} -p {port} --starttls none --records {}", bare.display());
    assert_eq!(domains.ask(&of("b.example")).0, 0);
    let (code, said) = domains.ask(&of("a.example"));
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("bare.txt: "), "{said}");
    // A file without them says nothing of the DNS.
    let other = format!("probe nn.example:{port} --records {}", path.display());
    let (code, said) = world.ask(&other);
    assert_eq!(code, 3, "{said}");
    let line = format!("nn.example: unknown (the file has no TLSA record for _{port}._tcp.nn.example.)\n");
    assert!(said.contains(&line), "{said}");
    assert!(said.contains("warning[dns-no-records]: the file has no TLSA record for"), "{said}");
    let (_, said) = world.ask(&format!("{other} -f json"));
    assert!(said.contains("\"dnssec\": \"unchecked\""), "{said}");
}
