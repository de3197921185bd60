//! The program against real servers on loopback: a zone signed by BIND's tools and served by NSD, and a private
//! Postfix.

#![cfg(feature = "live")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "common/name_server.rs"]
mod name_server;
#[path = "common/openssl.rs"]
#[allow(dead_code, reason = "OpenSSL is a server here, not a client")]
mod openssl;
#[path = "common/program.rs"]
mod program;
#[path = "common/running.rs"]
mod running;
#[path = "common/shell.rs"]
mod shell;

use name_server::name_server;
use openssl::Server;
use program::tlsagen;
use running::{Running, free_port};
use shell::shell;

/// Postfix in a separate folder; dropping the value stops Postfix.
struct Postfix(PathBuf);

impl Drop for Postfix {
    fn drop(&mut self) {
        let _ = Command::new("postfix").arg("-c").arg(&self.0).arg("stop").output();
    }
}

/// Starts Postfix with STARTTLS on `port`, in a folder that its unprivileged user can enter.
fn postfix(folder: &Path, port: u16) -> Postfix {
    let config = folder.join("postfix");
    for name in ["postfix", "queue", "data"] {
        fs::create_dir_all(folder.join(name)).unwrap();
    }
    let at = folder.display();
    fs::write(
        config.join("main.cf"),
        format!(
            "compatibility_level = 3.6\nqueue_directory = {at}/queue\ndata_directory = {at}/data\n\
             maillog_file = {at}/mail.log\nmaillog_file_prefixes = {at}\ninet_interfaces = 127.0.0.1\ninet_protocols = ipv4\n\
             myhostname = mx.example\nmydestination =\nlocal_recipient_maps =\nsmtpd_peername_lookup = no\n\
             smtpd_tls_security_level = may\nsmtpd_tls_chain_files = {at}/both.pem\n"
        ),
    )
    .unwrap();
    fs::write(
        config.join("master.cf"),
        format!(
            "127.0.0.1:{port} inet n - n - - smtpd\npostlog unix-dgram n - n - 1 postlogd\n\
             tlsmgr unix - - n 1000? 1 tlsmgr\nanvil unix - - n - 1 anvil\nrewrite unix - - n - - trivial-rewrite\n\
             cleanup unix n - n - 0 cleanup\nqmgr unix n - n 300 1 qmgr\n"
        ),
    )
    .unwrap();
    shell(folder, "chown postfix data && postfix -c \"$PWD/postfix\" start");
    Postfix(config)
}

/// Signs the zone, applies `change` to the signed zone, and starts NSD with it.
fn signed_zone(folder: &Path, port: u16, records: &str, change: impl Fn(String) -> String) -> Running {
    let head = "$ORIGIN example.\n$TTL 60\n@ IN SOA ns hostmaster 1 7200 3600 1209600 60\n@ IN NS ns\n@ IN MX 10 mx\n\
                ns IN A 127.0.0.1\nmx IN A 127.0.0.1\n";
    fs::write(folder.join("example.zone"), format!("{head}{records}")).unwrap();
    shell(folder, "dnssec-signzone -S -o example example.zone 2>&1");
    let signed = fs::read_to_string(folder.join("example.zone.signed")).unwrap();
    fs::write(folder.join("example.zone.signed"), change(signed)).unwrap();
    let at = folder.display();
    fs::write(
        folder.join("nsd.conf"),
        format!(
            "server:\n ip-address: 127.0.0.1@{port}\n username: \"\"\n zonesdir: {at}\n pidfile: {at}/nsd.pid\n\
             \x20xfrdfile: {at}/xfrd\n zonelistfile: {at}/zones\n do-ip6: no\n server-count: 1\n\
             remote-control:\n control-enable: no\nzone:\n name: example\n zonefile: example.zone.signed\n"
        ),
    )
    .unwrap();
    name_server(folder, &["nsd", "-d", "-c", "nsd.conf"], port)
}

/// rustls alone does not verify signatures of RSA keys below 2048 bits.
#[test]
#[ignore = "needs bind9, bind9-dnsutils, nsd and openssl"]
fn a_weak_key_passes_by_its_record() {
    let folder = std::env::temp_dir().join(format!("tlsagen-weak-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    shell(
        &folder,
        "openssl req -x509 -newkey rsa:1024 -sha1 -nodes -keyout key.pem -out cert.pem -subj /CN=mx.example -days 30
         dnssec-keygen -a ECDSAP256SHA256 -f KSK example; dnssec-keygen -a ECDSAP256SHA256 example
         grep -h ' DNSKEY 257 ' Kexample.*.key > anchor",
    );
    let serve = |options: &[&str]| {
        let usual = ["-cert", "cert.pem", "-key", "key.pem", "-cipher", "ALL:@SECLEVEL=0"];
        Server::start(&folder, &[&usual, options].concat())
    };
    let servers = [serve(&[]), serve(&["-tls1"])];
    let ([tls, old], dns) = (servers.each_ref().map(|server| server.port), free_port());
    let tlsagen = |args: &str| tlsagen(&folder, args.split_whitespace());
    let record = tlsagen(&format!("cert.pem mx.example:{tls},mx.example:{old} -q"));
    let _names = signed_zone(&folder, dns, &String::from_utf8(record.stdout).unwrap(), |zone| zone);
    let probe = tlsagen(&format!("probe mx.example:{tls} --dns 127.0.0.1:{dns} --trust-anchor anchor"));
    let said = String::from_utf8_lossy(&probe.stdout).into_owned();
    assert_eq!(probe.status.code(), Some(0), "{said}");
    assert!(said.contains("RSA 1024: pass\n"), "{said}");
    // The message says that the server does not support TLS 1.2.
    let probe = tlsagen(&format!("probe mx.example:{old} --dns 127.0.0.1:{dns} --trust-anchor anchor"));
    let said = String::from_utf8_lossy(&probe.stdout).into_owned();
    assert_eq!(probe.status.code(), Some(3), "{said}");
    assert!(said.contains("supports only TLS 1.1 or older"), "{said}");
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
#[ignore = "needs root, bind9, bind9-dnsutils, nsd, postfix and openssl"]
fn a_private_postfix_and_a_signed_zone() {
    // Postfix's unprivileged user may not enter the target folder, so use the system's folder for temporary files.
    let folder = std::env::temp_dir().join(format!("tlsagen-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    shell(
        &folder,
        "chmod 755 .
         openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem \\
             -subj /CN=mx.example -addext subjectAltName=DNS:mx.example -days 30
         cat key.pem cert.pem >both.pem
         dnssec-keygen -a ECDSAP256SHA256 -f KSK example; dnssec-keygen -a ECDSAP256SHA256 example
         grep -h ' DNSKEY 257 ' Kexample.*.key > anchor",
    );
    let (smtp, dns) = (free_port(), free_port());
    let _postfix = postfix(&folder, smtp);
    let record = |rest: &str| {
        let call = format!("cert.pem mx.example:{smtp} -q {rest}");
        String::from_utf8(tlsagen(&folder, call.split_whitespace()).stdout).unwrap()
    };
    let ask = |args: &str| -> (i32, String) {
        let call = format!("{args} --dns 127.0.0.1:{dns} --trust-anchor anchor --timeout 5");
        let output = tlsagen(&folder, call.split_whitespace());
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(said).unwrap())
    };
    let probe = format!("probe --mx example -p {smtp}");
    let check = format!("check cert.pem mx.example:{smtp}");
    let right = record("3 1 1");
    assert!(right.contains("IN TLSA 3 1 1"));
    {
        let _server = signed_zone(&folder, dns, &right, |zone| zone);
        let (code, said) = ask(&probe);
        let log = fs::read_to_string(folder.join("mail.log")).unwrap_or_default();
        assert_eq!(code, 0, "{said}\n{log}");
        assert!(said.contains(&format!("mx.example 127.0.0.1:{smtp} TLSv1.3 ECDSA P-256: pass")), "{said}");
        assert_eq!(ask(&check).0, 0);
    }
    // A validly signed record of another key: the verdict is fail.
    let wrong = right.replace(right.trim().rsplit(' ').next().unwrap(), &"0a".repeat(32));
    {
        let _server = signed_zone(&folder, dns, &wrong, |zone| zone);
        let (code, said) = ask(&probe);
        assert_eq!(code, 1, "{said}");
        assert!(said.contains("verdict: fail"), "{said}");
        assert_eq!(ask(&check).0, 1);
    }
    // The matching record, with the signature of the other record.
    {
        let digest = right.trim().rsplit(' ').next().unwrap().to_uppercase();
        let _server = signed_zone(&folder, dns, &wrong, |zone| {
            let forged =
                zone.replace(&"0A".repeat(28), &digest[..56]).replace(&"0A".repeat(4), &digest[56..]);
            assert_ne!(forged, zone);
            forged
        });
        let (code, said) = ask(&probe);
        assert_eq!(code, 1, "{said}");
        assert!(said.contains("bogus"), "{said}");
        assert_eq!(ask(&check).0, 3);
    }
    fs::remove_dir_all(&folder).unwrap();
}
