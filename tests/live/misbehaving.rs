//! TLS servers that never answer, answer garbage, flood, disconnect during the dialog, or send the certificate of
//! another server.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustls::sign::CertifiedKey;

use super::servers::{SMTP, Speech, chain, listen, serve};
use super::world::{World, forward, rdata, zone};

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
        ("garbage", says(b"\x00\xff\xfe\r\n\r\n"), 3),
        ("lines without end", flood(b"220-mx\r\n"), 3),
        ("a line without end", flood(b"2"), 3),
        ("no STARTTLS", serve(vec![], Speech::Lines(&["220 mx\r\n", "250-mx\r\n250 SIZE\r\n"])), 1),
        (
            "STARTTLS refused",
            serve(vec![], Speech::Lines(&["220 mx\r\n", "250 STARTTLS\r\n", "454 not now\r\n"])),
            1,
        ),
        // Plain text that arrives together with the reply to STARTTLS must not be processed.
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
        // The genuine certificate, which anyone can copy, without its private key.
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

/// Returns a certificate of the fixtures with the private key of another fixture.
fn stolen(certificate: &str, key: &str) -> Arc<CertifiedKey> {
    let certificates = chain(&format!("{certificate}.pem"), certificate).cert.clone();
    Arc::new(CertifiedKey::new(certificates, chain(&format!("{certificate}.pem"), key).key.clone()))
}

/// Starts a server that forwards every other connection to `port`, beginning with the first; `instead` handles the
/// rest.
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
    // Sends a fatal alert with this description.
    let alert = |number: u8| {
        move |mut stream: TcpStream| {
            let _ = stream.read(&mut [0; 2000]);
            let _ = stream.write_all(&[21, 3, 3, 0, 2, 2, number]);
        }
    };
    let cases = [
        ("has RSA alone", "none", serve(rsa(), Speech::Direct), 0, None),
        ("handshake_failure", "none", every_second(serve(rsa(), Speech::Direct), alert(40)), 0, None),
        // Some servers close the connection where others send an alert.
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
        assert!(
            said.contains(&format!("mx.example 127.0.0.1:{port} TLSv1.3 RSA 2048: pass\n")),
            "{what}: {said}"
        );
        match words {
            Some(words) => assert!(said.contains(words), "{what}: {said}"),
            None => assert!(!said.contains("ECDSA"), "{what}: {said}"),
        }
    }
}
