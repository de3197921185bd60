//! Checks the output with other programs: zone-file readers, OpenSSL's verifier, and OpenSSL's digests of all public
//! roots.
//!
//! The tests need Debian packages, so a plain `cargo test` skips them; `.ci/run` runs them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

#[path = "common/openssl.rs"]
mod openssl;
#[path = "common/program.rs"]
mod program;
#[path = "common/running.rs"]
mod running;

use program::{ROOT, command, printed};

const TLSAGEN: &str = env!("CARGO_BIN_EXE_tlsagen");

/// Runs a script in the checkout; returns whether it succeeded, and both output streams as one text.
fn shell(script: &str) -> (bool, String) {
    let output = Command::new("bash").args(["-c", script]).current_dir(ROOT).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

fn temporary(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Returns `owner usage selector mtype hex` for every TLSA line of a zone, with the hex digits joined.
fn records(zone: &str) -> BTreeSet<String> {
    let lines = zone.lines().filter(|line| !line.starts_with(';'));
    lines
        .filter_map(|line| line.split_once("TLSA"))
        .map(|(before, data)| {
            let owner = before.split_whitespace().next().unwrap().to_lowercase();
            let words: Vec<&str> = data.split_whitespace().collect();
            format!("{owner} {} {}", words[..3].join(" "), words[3..].concat().to_lowercase())
        })
        .collect()
}

#[test]
#[ignore = "needs bind9-utils, nsd, knot-dnssecutils and ldnsutils"]
fn zone_readers_load_the_output_and_give_the_same_octets() {
    let calls = [
        "fixtures/with-root-rsa.pem mx.example 3 1 1 2 1 1 3 1 2",
        "chain fixtures/with-root-rsa.pem mx.example",
        "chain fixtures/weird-name.pem mx.example",
        "chain fixtures/dual-rsa-ecdsa.pem mx.example -p 25,465",
        "fixtures/key-rsa4096.pem mx.example 3 0 0",
        "fixtures/with-root-rsa.pem mx.example 2 0 0 --ttl 300 --comments",
    ];
    for (number, call) in calls.iter().enumerate() {
        let absolute = printed(call);
        for variant in ["", " --origin example", " -f generic"] {
            let records_text = printed(&format!("{call}{variant}"));
            let path = temporary(&format!("zone-{number}-{}", variant.len()));
            let head = "$ORIGIN example.\n$TTL 3600\n@ IN SOA ns hostmaster 1 7200 3600 1209600 300\n\
                        @ IN NS ns\nns IN A 192.0.2.1\nmx IN A 192.0.2.2\n";
            fs::write(&path, format!("{head}{records_text}")).unwrap();
            let zone = path.display();
            for reader in [
                format!("named-checkzone example {zone}"),
                format!("nsd-checkzone example {zone}"),
                format!("kzonecheck -o example {zone}"),
                format!("ldns-read-zone {zone} >/dev/null"),
            ] {
                let (good, said) = shell(&reader);
                assert!(good, "{call}{variant}: {reader}: {said}");
            }
            let (good, canonical) = shell(&format!("named-checkzone -q -D -o - example {zone}"));
            assert!(good, "{canonical}");
            assert_eq!(records(&canonical), records(&absolute), "{call}{variant}");
            assert!(!records(&absolute).is_empty());
        }
    }
}

#[test]
#[ignore = "needs openssl"]
fn a_key_without_the_null_verifies_end_to_end() {
    let (certificate, key) = ("fixtures/key-rsa-no-null.pem", "fixtures/keys/key-rsa-no-null.key");
    let root = Path::new(ROOT);
    let mut server = openssl::Server::of_chain(&root.join(certificate), &root.join(key));
    let ours = printed(&format!("{certificate} mx.example -f rdata"));
    let recipe = "openssl x509 -in fixtures/key-rsa-no-null.pem -noout -pubkey | openssl pkey -pubin -outform DER \
                  | openssl dgst -sha256 -r | cut -d' ' -f1";
    let theirs = format!("3 1 1 {}", shell(recipe).1.trim());
    assert_ne!(ours.trim(), theirs);
    let mut accepted = |rdata: &str| server.is_accepted("mx.example", &[rdata.to_owned()], &[]);
    let verdicts = (accepted(ours.trim()), accepted(&theirs));
    assert_eq!(
        verdicts,
        (Some(true), Some(false)),
        "ours is the record that OpenSSL matches, the recipe's is not"
    );
}

#[test]
#[ignore = "needs openssl, ca-certificates and certifi"]
fn public_roots_have_the_digests_of_openssl() {
    let certifi = std::env::var("CERTIFI_BUNDLE").expect("CERTIFI_BUNDLE names certifi's cacert.pem");
    for bundle in ["/etc/ssl/certs/ca-certificates.crt", &certifi] {
        roots_have_the_digests_of_openssl(bundle);
    }
}

fn roots_have_the_digests_of_openssl(bundle: &str) {
    let bundle = fs::read_to_string(bundle).unwrap();
    let end = "-----END CERTIFICATE-----\n";
    let roots: Vec<&str> = bundle.split_inclusive(end).filter(|block| block.contains("BEGIN")).collect();
    assert!(roots.len() > 100, "{} roots", roots.len());
    let path = temporary("root.pem");
    let file = path.display().to_string();
    let mut isrg_root_x1 = false;
    for root in roots {
        fs::write(&path, root).unwrap();
        let script = format!(
            "openssl x509 -in {file} -outform DER | openssl dgst -sha256 -r; \
             openssl x509 -in {file} -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r"
        );
        let digests = shell(&script).1;
        let digests: Vec<&str> = digests.lines().map(|line| line.split(' ').next().unwrap()).collect();
        let ours = printed(&format!("{file} mx.example 2 0 1 2 1 1 -f rdata"));
        assert_eq!(ours, format!("2 0 1 {}\n2 1 1 {}\n", digests[0], digests[1]), "{root}");
        isrg_root_x1 |=
            ours.contains("2 1 1 0b9fa5a59eed715c26c1020c711b4f6ec42d58b0015e14337a39dad301c5afc3");
    }
    assert!(isrg_root_x1, "ISRG Root X1 is in the bundle");
}

#[test]
#[ignore = "needs gnutls-bin"]
fn records_of_danetool_are_read() {
    let check = format!("{TLSAGEN} check fixtures/fullchain-rsa.pem mx.example --records -");
    let danetool =
        "danetool --tlsa-rr --host mx.example --port 25 --load-certificate fixtures/fullchain-rsa.pem";
    for options in ["", " --x509", " --hash sha512", " --hash sha512 --x509"] {
        let (covered, said) = shell(&format!("set -o pipefail; {danetool}{options} | {check}"));
        assert!(covered && said.contains(": covered"), "{options}: {said}");
    }
}

#[test]
#[ignore = "needs script, of bsdutils"]
fn colours_are_for_terminals_that_want_them() {
    let check = format!(
        "{TLSAGEN} check fixtures/fullchain-rsa.pem mx.example --records fixtures/published/issuer.zone"
    );
    let terminal = format!("env -u NO_COLOR script -qec '{check}' /dev/null");
    assert!(shell(&terminal).1.contains("\u{1b}[32mcovered\u{1b}[0m"));
    assert!(!shell(&terminal.replace("-u NO_COLOR", "NO_COLOR=1")).1.contains('\u{1b}'));
    assert!(!shell(&check).1.contains('\u{1b}'));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error_and_a_closed_pipe_is_none() {
    let call = ["chain", "fixtures/with-root-rsa.pem", "mx.example"];
    let mut command = command(ROOT, call);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = command.stdout(full).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write to standard output"));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}

#[test]
fn an_interrupted_run_leaves_standard_output_empty() {
    let chain = fs::read(format!("{ROOT}/fixtures/fullchain-rsa.pem")).unwrap();
    // End the input after a complete block, so that it is not an error in the file that prevents the output.
    let end = chain.windows(4).position(|octets| octets == b"END ").unwrap() + "END CERTIFICATE-----\n".len();
    for whole in [&chain[..end], &chain] {
        let mut child = command(ROOT, ["chain", "-", "mx.example"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.as_mut().unwrap().write_all(whole).unwrap();
        // Give the program time to print what it could print already.
        thread::sleep(Duration::from_millis(100));
        let stdin = child.stdin.take();
        child.kill().unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        assert!(!output.status.success());
        assert_eq!((output.stdout, output.stderr), (Vec::new(), Vec::new()));
    }
}

#[test]
fn standard_input_and_a_fifo_are_read() {
    let wanted = printed("fixtures/fullchain-rsa.pem mx.example 3 1 1 2 1 1");
    let chain = fs::read(format!("{ROOT}/fixtures/fullchain-rsa.pem")).unwrap();
    let mut child = command(ROOT, ["-", "mx.example", "3", "1", "1", "2", "1", "1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&chain).unwrap();
    assert_eq!(String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap(), wanted);
    let fifo = format!("{TLSAGEN} <(cat fixtures/fullchain-rsa.pem) mx.example 3 1 1 2 1 1");
    assert_eq!(shell(&fifo), (true, wanted));
}
