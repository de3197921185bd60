//! The dialog before TLS in every protocol, and servers that are temporarily unavailable.

use super::servers::{Speech, chain, serve};
use super::world::{World, rdata, zone};

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
        // Inside a reply, lines need no code (RFC 959 section 4.2).
        lines("ftp", &["220-ftp\r\n to this server\r\n220 ready\r\n", "234 go\r\n"]),
        lines("nntp", &["200 ready\r\n", "382 go\r\n"]),
        octets("xmpp", &[
            b"<?xml version='1.0'?><stream:stream from='mx.example'><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>",
            b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
        ]),
        octets("xmpp", &[
            b"<stream:stream><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>",
            b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'></proceed>",
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

/// A server that answers "try again later" did not show its certificate, so the verdict is unknown.
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
        assert_eq!(code, 3, "{protocol}: {said}");
        assert!(said.contains("unknown (the server refuses this client: "), "{protocol}: {said}");
    }
}

/// A server without extensions offers no STARTTLS (RFC 5321 section 4.2.4); clients go on with HELO, and then do not deliver.
#[test]
fn a_server_that_does_not_know_ehlo_offers_nothing() {
    let port = serve(vec![], Speech::Lines(&["220 mx\r\n", "502 command not implemented\r\n"]));
    let record = rdata("fullchain-ecdsa.pem", "3 1 1");
    let world = World::new("no-ehlo", vec![zone(format!("_{port}._tcp.mx 60 IN TLSA {record}\n"))]);
    let (code, said) = world.ask(&format!("probe mx.example:{port} --starttls smtp"));
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("fail (the server does not offer STARTTLS: 502 command not implemented)"),
        "{said}"
    );
}
