//! Compares the association data of every fixture with an independent oracle: a DER parser in Python
//! (`fixtures/oracle.py`), whose answers are in `fixtures/expected/`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

#[path = "common/program.rs"]
mod program;

use program::tlsagen;

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// Parses the expected answers for a fixture: lines of the form `index selector mtype hex`.
fn expected(name: &str) -> Vec<(usize, u8, u8, String)> {
    let text = fs::read_to_string(fixtures().join("expected").join(format!("{name}.txt"))).unwrap();
    let line = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        (words[0].parse().unwrap(), words[1].parse().unwrap(), words[2].parse().unwrap(), words[3].to_owned())
    };
    text.lines().map(line).collect()
}

/// Returns the data of all records that the program prints with these arguments; the run must succeed.
#[track_caller]
fn data(arguments: &[&str]) -> Vec<String> {
    let output = tlsagen(fixtures(), [arguments, &["-f", "rdata"]].concat());
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.rsplit(' ').next().unwrap().to_owned()).collect()
}

/// Asserts that usage 3 gives the octets of the certificates at `indices`, for every selector and matching type.
#[track_caller]
fn end_entities(name: &str, indices: &[usize]) {
    for (selector, matching_type) in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)] {
        let wanted: Vec<String> = indices
            .iter()
            .flat_map(|index| expected(name).into_iter().filter(move |line| line.0 == *index))
            .filter(|line| (line.1, line.2) == (selector, matching_type))
            .map(|line| line.3)
            .collect();
        assert_eq!(wanted.len(), indices.len(), "{name}");
        let (selector, matching_type) = (selector.to_string(), matching_type.to_string());
        assert_eq!(data(&[name, "mx.example", "3", &selector, &matching_type]), wanted, "{name}");
    }
}

/// Asserts that `2 1 1` gives the digests of the keys of the certificates at `indices`, in that order.
#[track_caller]
fn issuers(name: &str, indices: &[usize]) {
    let digest = |index: &usize| {
        let mut lines = expected(name).into_iter();
        lines.find(|line| (line.0, line.1, line.2) == (*index, 1, 1)).unwrap().3
    };
    let wanted: Vec<String> = indices.iter().map(digest).collect();
    assert_eq!(data(&[name, "mx.example", "2", "1", "1"]), wanted, "{name}");
}

#[test]
fn every_kind_of_key() {
    for kind in [
        "rsa2048",
        "rsa4096",
        "rsapss",
        "p256",
        "p384",
        "p521",
        "secp256k1",
        "brainpool",
        "ec-explicit",
        "ec-compressed",
        "ed25519",
        "ed448",
        "dsa",
        "rsa-no-null",
    ] {
        end_entities(&format!("key-{kind}.pem"), &[0]);
    }
}

#[test]
fn every_container() {
    for name in [
        "fullchain-rsa.pem",
        "leaf-rsa.pem",
        "with-root-rsa.pem",
        "fullchain-ecdsa.pem",
        "fullchain-p384.pem",
        "with-root-ed25519.pem",
        "leaf-rsa.der",
        "trusted.pem",
        "x509-label.pem",
        "combo.pem",
        "combo-encrypted-legacy.pem",
        "text.pem",
        "crlf.pem",
        "bom.pem",
        "weird-name.pem",
        "bad-date.pem",
        "self-signed-server.pem",
        "self-signed-cn-only.pem",
        "self-signed-ee.pem",
        "v1-leaf.pem",
        "acme.pem",
        "no-ids.pem",
        "v1-root.pem",
        "p521-chain.pem",
        "rsapss-chain.pem",
        "md5-link.pem",
        "sha1-link.pem",
    ] {
        end_entities(name, &[0]);
    }
    end_entities("shuffled-rsa.pem", &[1]);
    end_entities("reversed-rsa.pem", &[2]);
    end_entities("dual-rsa-ecdsa.pem", &[0, 2]);
}

#[test]
fn issuers_come_nearest_first_whatever_the_order_of_the_file() {
    issuers("fullchain-rsa.pem", &[1]);
    issuers("with-root-rsa.pem", &[1, 2]);
    issuers("shuffled-rsa.pem", &[2, 0]);
    issuers("reversed-rsa.pem", &[1, 0]);
    issuers("dual-rsa-ecdsa.pem", &[1, 3]);
    issuers("root-rsa.pem", &[0]);
    issuers("chain-rsa.pem", &[0]);
    issuers("cross-signed.pem", &[1, 2]);
    issuers("cross-signed-both.pem", &[1, 2, 4]);
    issuers("rekeyed-issuer.pem", &[2]);
    issuers("stray.pem", &[1]);
    issuers("duplicate.pem", &[1]);
    issuers("no-ids.pem", &[1, 2]);
    issuers("v1-root.pem", &[1]);
    issuers("p521-chain.pem", &[1]);
    issuers("self-signed-ca-noku.pem", &[0]);
}

#[test]
fn keys_without_a_certificate() {
    let mut seen = 0;
    for entry in fs::read_dir(fixtures()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let refused =
            ["dsa", "ed448", "p521", "secp256k1", "explicit"].iter().any(|kind| name.contains(kind));
        if !name.starts_with("next-") || refused || !fixtures().join(format!("expected/{name}.txt")).exists()
        {
            continue;
        }
        for (_, selector, matching_type, hex) in expected(&name) {
            assert_eq!(selector, 1);
            assert_eq!(
                data(&[&name, "mx.example", "3", "1", &matching_type.to_string()]),
                std::slice::from_ref(&hex),
                "{name}"
            );
            let joined = data(&[
                "fullchain-rsa.pem",
                "mx.example",
                "3",
                "1",
                &matching_type.to_string(),
                "--next",
                &name,
            ]);
            assert_eq!(joined.last(), Some(&hex), "{name}");
        }
        seen += 1;
    }
    assert!(seen >= 15, "{seen} keys");
}

#[test]
fn chain_has_every_record_of_every_certificate() {
    let output = tlsagen(fixtures(), ["chain", "with-root-rsa.pem", "mx.example"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let records: Vec<&str> = text.lines().filter(|line| line.starts_with('_')).collect();
    let mut wanted = Vec::new();
    for index in 0..3 {
        for (selector, matching_type) in [(0, 1), (1, 1), (0, 2), (1, 2)] {
            let all = expected("with-root-rsa.pem");
            let hex = &all
                .iter()
                .find(|line| (line.0, line.1, line.2) == (index, selector, matching_type))
                .unwrap()
                .3;
            let usage = if index == 0 { 3 } else { 2 };
            wanted.push(format!("_25._tcp.mx.example. IN TLSA {usage} {selector} {matching_type} {hex}"));
        }
    }
    assert_eq!(records, wanted);
}

#[test]
fn every_format_has_the_same_octets() {
    let hex = data(&["fullchain-rsa.pem", "mx.example"]).remove(0);
    for (format, line) in [
        ("zone", format!("_25._tcp.mx.example. IN TLSA 3 1 1 {hex}\n")),
        ("generic", format!("_25._tcp.mx.example. IN TYPE52 \\# 35 030101{hex}\n")),
        ("nsupdate", format!("update add _25._tcp.mx.example. 3600 IN TLSA 3 1 1 {hex}\nsend\n")),
    ] {
        let output = tlsagen(fixtures(), ["fullchain-rsa.pem", "mx.example", "-f", format]);
        assert_eq!(String::from_utf8(output.stdout).unwrap(), line);
    }
    let json = tlsagen(fixtures(), ["fullchain-rsa.pem", "mx.example", "-f", "json"]).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["records"][0]["data"], hex);
    let keys =
        |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(keys(&json), set(&["schema", "kind", "records", "findings"]));
    assert_eq!(
        keys(&json["records"][0]),
        set(&["owner", "name", "ttl", "usage", "selector", "matching_type", "data", "source"])
    );
    let source = ["file", "depth", "subject", "issuer", "serial", "not_before", "not_after"];
    assert_eq!(keys(&json["records"][0]["source"]), set(&source));
}
