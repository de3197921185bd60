//! Served chains against the records of the host: pass, fail, and messages about both key types of a server.

use std::fs;
use std::path::{Path, PathBuf};

use super::servers::{SMTP, Speech, chain, serve};
use super::world::{World, rdata, zone};
use crate::openssl::Server;
use crate::program::{ROOT, run};
use crate::running::free_port;

#[test]
fn verdicts_of_served_chains() {
    // Served chain, key, record, and the exit status. posttls-finger and OpenSSL give the same verdicts.
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
            3,
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
        let word = ["verdict: pass", "verdict: fail", "", "verdict: none"][usize::try_from(*status).unwrap()];
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
    assert!(said.contains(&format!("mx.example 127.0.0.1:{one} TLSv1.3 RSA 2048: fail")), "{said}");
    assert!(said.contains(&format!("mx.example 127.0.0.1:{one} TLSv1.3 ECDSA P-256: pass")), "{said}");
    let saved = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("saved.pem");
    let (code, said) = world.ask(&format!("probe mx.example:{two} --save {}", saved.display()));
    assert_eq!(code, 0, "{said}");
    // The saved certificates are the served ones.
    let saved_records = run(&format!("{} mx.example:{two} -q -f rdata", saved.display()));
    assert_eq!(String::from_utf8(saved_records.stdout).unwrap(), format!("{rsa}\n{ecdsa}\n"));
    // If no server sent a certificate, the file saved before is kept.
    let nobody = free_port();
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
    // Records without an owner can apply to a single host only.
    let two = "a 60 IN MX 1 mx\na 60 IN MX 2 x\nb 60 IN MX 1 mx\n".to_owned();
    let domains = World::new("file-mx", vec![zone(two)]);
    let bare = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bare.txt");
    fs::write(&bare, rdata("fullchain-rsa.pem", "3 1 1")).unwrap();
    let of = |domain| format!("probe --mx {domain} -p {port} --starttls none --records {}", bare.display());
    assert_eq!(domains.ask(&of("b.example")).0, 0);
    let (code, said) = domains.ask(&of("a.example"));
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("bare.txt: "), "{said}");
    // A file without records for the host says nothing about the DNS.
    let other = format!("probe nn.example:{port} --records {}", path.display());
    let (code, said) = world.ask(&other);
    assert_eq!(code, 3, "{said}");
    let line =
        format!("nn.example:{port}: none (the file has no TLSA record for _{port}._tcp.nn.example.)\n");
    assert!(said.contains(&line), "{said}");
    assert!(said.contains("warning[dns-no-records]: the file has no TLSA record for"), "{said}");
    let (_, said) = world.ask(&format!("{other} -f json"));
    assert!(said.contains("\"dnssec\": \"unchecked\""), "{said}");
}

/// Path validation libraries refuse some of these certificates, but a record of usage 3 needs only the key.
#[test]
fn possession_of_the_key_is_proven_for_odd_certificates_too() {
    let cases = [
        ("v1-leaf", 0, "\"key_proven\": true"),
        ("key-rsa-no-null", 0, "\"key_proven\": true"),
        ("key-ed25519", 0, "\"key_proven\": true"),
        ("key-ec-compressed", 0, "\"key_proven\": true"),
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

/// OpenSSL's clients can connect to these servers, so the verdict is not a fail; what cannot be verified is reported.
#[test]
#[ignore = "needs openssl"]
fn servers_of_openssl_that_rustls_has_little_in_common_with() {
    let start = |name: &str, args: &str| {
        let options = format!("-cert fixtures/{name}.pem -key fixtures/keys/{name}.key {args}");
        Server::start(Path::new(ROOT), &options.split_whitespace().collect::<Vec<_>>())
    };
    const NOTHING: &str = "no cipher suite, key exchange or key type in common with the server";
    let cases = [
        ("fullchain-rsa", "-tls1_2 -cipher ECDHE-RSA-AES128-SHA", 3, NOTHING),
        ("fullchain-rsa", "-tls1_2 -cipher AES128-GCM-SHA256", 3, NOTHING),
        ("fullchain-rsa", "-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256", 0, "RSA 2048: pass"),
        ("key-secp256k1", "", 3, NOTHING),
        // This server refuses clients without a certificate, which mail servers do not have.
        ("fullchain-rsa", "-tls1_2 -Verify 1", 1, "fail (the server refused TLS: alert handshake_failure)"),
        // The server of TLS 1.3 refuses only after the handshake.
        (
            "fullchain-rsa",
            "-tls1_3 -Verify 1",
            1,
            "fail (the server refused TLS: alert certificate_required)",
        ),
        // Key types that rustls does not offer by default.
        ("key-rsapss", "", 0, "RSA-PSS 2048: pass\n"),
        ("key-p521", "", 0, "ECDSA P-521: pass\n"),
        ("key-ed448", "", 3, "Ed448: unknown (possession of the private key not verified"),
    ];
    let servers = cases.map(|(name, args, ..)| start(name, args));
    let records = cases.map(|(name, ..)| rdata(&format!("{name}.pem"), "3 1 1"));
    let text = servers
        .iter()
        .zip(&records)
        .map(|(server, record)| format!("_{}._tcp.mx 60 IN TLSA {record}\n", server.port));
    let world = World::new("uncommon", vec![zone(text.collect())]);
    for ((name, args, status, words), server) in cases.iter().zip(&servers) {
        let (code, said) = world.ask(&format!("probe mx.example:{}", server.port));
        assert_eq!(code, *status, "{name} {args}: {said}");
        assert!(said.contains(words), "{name} {args}: {said}");
    }
}
