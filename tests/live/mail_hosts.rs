//! The mail hosts of a domain, the reference names for their certificates, and which ports belong to mail servers.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::thread;

use super::dns::{Signed, Zone};
use super::servers::{SMTP, Speech, chain, serve};
use super::world::{World, forward, rdata, zone};
use crate::program::ROOT;

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

/// Clients skip an exchange that is not a host name, and use the others.
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
        "192.0.2.1: none ('192.0.2.1' is an IP address",
        &format!("mx.example 127.0.0.1:{port} TLSv1.3 RSA 2048: pass"),
        "_mx.example: none ('_mx.example' is not a host name",
        "warning[no-host]: 192.0.2.1: '192.0.2.1' is an IP address",
    ] {
        assert!(said.contains(part), "{said}");
    }
    let (code, said) = world.ask(&format!("probe --mx bad.example -p {port}"));
    assert_eq!(code, 1, "{said}");
    let (_, json) = world.ask(&format!("probe --mx example -p {port} -f json -q"));
    let entry = "\"host\": \"192.0.2.1\",\n      \"port\": null,";
    assert!(json.contains(entry), "{json}");
    let (code, said) = world.ask("probe --mx null.example");
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("warning[no-host]: null.example accepts no mail (RFC 7505)\n"), "{said}");
    // Each message cites at most one RFC section.
    for line in said.lines() {
        assert!(line.matches("RFC ").count() < 2, "{line}");
    }
}

/// Usages 0 and 1 are unusable between mail servers, but not with every use of SMTP (RFC 7672 section 7).
#[test]
fn a_port_of_submission_is_not_taken_for_mail_between_servers() {
    let server = serve(vec![chain("fullchain-rsa.pem", "fullchain-rsa")], SMTP);
    // The port is fixed, so derive a loopback address from the process ID that no other test uses.
    let [_, _, high, low] = std::process::id().to_be_bytes();
    let address = Ipv4Addr::new(127, 77, high, low.clamp(1, 254));
    let listener = TcpListener::bind((address, 2525)).unwrap();
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
        ("probe -4 post.example:2525 --starttls smtp", 3, "verdict: none"),
        ("probe -4 --mx example -p 2525", 3, "verdict: none"),
    ] {
        let (code, said) = world.ask(call);
        assert_eq!(code, status, "{call}: {said}");
        assert!(said.contains(word), "{call}: {said}");
    }
}

/// Mail clients accept the TLSA base domain, and the next hop before and after CNAME expansion (RFC 7672 section
/// 3.2.2), as Postfix does. Other clients also accept the name that the user entered (RFC 7671 section 7).
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
    // `other` is an alias of the host in the first world, and a mail domain in the second.
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
        // The alias is in an unsigned zone, so anyone could have forged its target.
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
