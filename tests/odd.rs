//! Certificates about which parsers disagree: the record is the digest of the octets in the file, with a warning where
//! clients trip over them, or the file is refused with a line that says why. Nothing else.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

#[path = "common/openssl.rs"]
mod openssl;
#[path = "common/program.rs"]
mod program;
#[path = "common/running.rs"]
mod running;

/// What becomes of a file.
enum Expected {
    /// Its octets give the records; the codes on standard error for `3 1 1`, in their order, and the status of
    /// `check` for a usage-2 record of the root, where the file has one.
    Digest(&'static [&'static str], Option<i32>),
    /// Nothing but these words, behind the file and line.
    Refused(&'static str),
}
use Expected::{Digest, Refused};

#[rustfmt::skip]
const FILES: &[(&str, Expected)] = &[
    // Parameters of algorithms.
    ("spki-no-null", Digest(&[], Some(0))),
    ("spki-no-null-of-root", Digest(&[], Some(3))),
    ("spki-pss-empty", Digest(&[], Some(0))),
    ("spki-pss-with-null", Digest(&[], Some(0))),
    ("spki-pss-without-null", Digest(&[], Some(0))),
    ("signature-no-null", Digest(&[], Some(0))),
    ("signature-no-null-outside", Refused("not a certificate: the two signature algorithms of the certificate differ")),
    ("pss-absent", Digest(&["sig-unverified"], Some(3))),
    ("pss-empty", Digest(&["sig-unverified"], Some(3))),
    ("pss-other-mask", Digest(&["sig-unverified"], Some(3))),
    ("pss-salt-20", Digest(&["sig-unverified"], Some(3))),
    ("pss-trailer", Digest(&[], Some(3))),
    ("pss-with-null", Digest(&[], Some(0))),
    ("pss-without-null", Digest(&[], Some(3))),
    // Dates.
    ("date-9999", Digest(&[], Some(0))),
    ("date-alone", Digest(&["date-unreadable"], Some(3))),
    ("date-empty", Digest(&["date-unreadable"], Some(3))),
    ("date-fraction", Digest(&["date-unreadable"], Some(3))),
    ("date-generalized", Digest(&[], Some(0))),
    ("date-month-13", Digest(&["date-unreadable"], Some(3))),
    ("date-month-13-of-root", Digest(&[], Some(3))),
    ("date-no-seconds", Digest(&["date-unreadable"], Some(3))),
    ("date-no-zone", Digest(&["date-unreadable"], Some(3))),
    ("date-offset", Digest(&["date-unreadable"], Some(3))),
    ("date-reversed", Digest(&["ee-expired"], Some(1))),
    ("date-text", Digest(&["date-unreadable"], Some(3))),
    // Integers.
    ("serial-21-octets", Digest(&[], Some(0))),
    ("serial-empty", Digest(&[], Some(0))),
    ("serial-leading-zero", Digest(&[], Some(0))),
    ("serial-long", Digest(&[], Some(0))),
    ("serial-negative", Digest(&[], Some(0))),
    ("serial-zero", Digest(&[], Some(0))),
    ("modulus-negative", Digest(&[], Some(0))),
    ("modulus-negative-of-root", Digest(&[], Some(3))),
    ("modulus-negative-self-signed", Digest(&[], None)),
    ("modulus-two-zeros", Digest(&[], Some(0))),
    ("modulus-two-zeros-self-signed", Digest(&[], None)),
    ("exponent-leading-zero", Digest(&[], Some(0))),
    ("exponent-leading-zero-self-signed", Digest(&[], None)),
    // Algorithms that are not known here.
    ("ml-dsa-44-self-signed", Digest(&["sig-unverified", "weak-key"], None)),
    ("ml-dsa-44-issuer", Digest(&["sig-unverified"], Some(3))),
    ("ml-dsa-65", Digest(&["weak-key"], Some(0))),
    ("gost", Digest(&["weak-key"], Some(0))),
    ("gost-self-signed", Digest(&["sig-unverified", "weak-key"], None)),
    ("unregistered-key", Digest(&["weak-key"], Some(0))),
    ("unregistered-signature", Digest(&["sig-unverified"], Some(3))),
    // Versions.
    ("v1", Digest(&[], Some(3))),
    ("v1-with-extensions", Digest(&[], Some(3))),
    ("v1-written-out", Digest(&[], Some(3))),
    ("v2-unique-ids", Digest(&[], Some(3))),
    ("v3-unique-ids", Digest(&[], Some(3))),
    ("v4", Digest(&[], Some(3))),
    // Extensions.
    ("no-subject", Digest(&[], Some(0))),
    ("no-subject-san-not-critical", Digest(&[], Some(0))),
    ("no-subject-no-san", Digest(&["name-missing"], Some(1))),
    ("no-ski", Digest(&[], Some(0))),
    ("no-aki", Digest(&[], Some(0))),
    ("no-extensions", Digest(&[], Some(0))),
    ("unknown-critical", Digest(&[], Some(1))),
    ("twice-unknown", Digest(&["ext-unreadable"], Some(3))),
    ("twice-san", Digest(&["ext-unreadable"], Some(3))),
    ("twice-san-different", Digest(&["ext-unreadable"], Some(3))),
    ("twice-basic-constraints", Refused("not a certificate: the basicConstraints extension stands there twice")),
    ("constraints-unreadable", Refused("not a certificate: cannot read the basicConstraints extension")),
    ("key-usage-unreadable", Digest(&["ext-unreadable"], Some(3))),
    ("san-nul", Digest(&["name-missing"], Some(1))),
    ("san-not-ascii", Digest(&["name-missing"], Some(1))),
    ("san-partly-ascii", Digest(&[], Some(0))),
    ("san-unreadable", Digest(&["ext-unreadable"], Some(3))),
    ("false-written-out", Digest(&[], Some(0))),
    ("true-as-01", Digest(&[], Some(3))),
    ("true-as-01-of-root", Digest(&[], Some(3))),
    // BER, and octets where none belong.
    ("ber-indefinite", Refused("not a certificate: Certificate has no definite length: that is BER")),
    ("ber-indefinite-algorithm", Refused("not a certificate: signatureAlgorithm has no definite length: that is BER")),
    ("ber-indefinite-subject", Refused("not a certificate: subject has no definite length: that is BER")),
    ("ber-indefinite-in-subject", Digest(&[], Some(0))),
    ("ber-long-length", Refused("not a certificate: Certificate has a length in more octets than it needs: that is BER")),
    ("ber-long-length-spki", Refused("not a certificate: subjectPublicKeyInfo has a length in more octets than it needs: that is BER")),
    ("ber-long-length-validity", Refused("not a certificate: validity has a length in more octets than it needs: that is BER")),
    ("ber-long-length-in-key", Digest(&["weak-key"], Some(0))),
    ("ber-long-length-in-san", Digest(&["ext-unreadable"], Some(3))),
    ("ber-long-length-in-subject", Digest(&[], Some(0))),
    ("trailing-in-certificate", Refused("not a certificate: Certificate holds more than belongs there")),
    ("trailing-in-spki", Refused("not a certificate: the subjectPublicKeyInfo holds more than belongs there")),
    ("trailing-in-tbs", Refused("not a certificate: tbsCertificate holds more than belongs there")),
    ("unused-bits-key", Refused("not a certificate: the subjectPublicKeyInfo is not made of whole octets")),
    ("unused-bits-signature", Refused("not a certificate: signatureValue is not made of whole octets")),
    // Subjects.
    ("subject-bmp", Digest(&[], Some(0))),
    ("subject-bmp-odd", Digest(&[], Some(0))),
    ("subject-empty-part", Digest(&[], Some(0))),
    ("subject-long", Digest(&[], Some(0))),
    ("subject-long-cn", Digest(&[], Some(0))),
    ("subject-not-printable", Digest(&[], Some(0))),
    ("subject-not-utf8", Digest(&[], Some(0))),
    ("subject-nul", Digest(&[], Some(0))),
    ("subject-number", Digest(&[], Some(0))),
    ("subject-t61", Digest(&[], Some(0))),
    ("subject-universal", Digest(&[], Some(0))),
];

fn odd() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/odd")
}

fn tlsagen(arguments: &[&str]) -> Output {
    program::tlsagen(odd(), arguments)
}

/// The certificates of the oracle: by index, then `selector matching-type hex` in the order of the file.
fn answers(name: &str) -> Vec<Vec<[String; 3]>> {
    let text = fs::read_to_string(odd().join(format!("expected/{name}.pem.txt"))).unwrap();
    let mut answers: Vec<Vec<[String; 3]>> = Vec::new();
    for line in text.lines() {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let [index, rest @ ..] = words.as_slice() else { panic!("{line}") };
        if index.parse::<usize>().unwrap() == answers.len() {
            answers.push(Vec::new());
        }
        answers.last_mut().unwrap().push(rest.to_vec().try_into().unwrap());
    }
    answers
}

/// `usage selector matching-type hex` for the certificate at `index`.
fn rdata(name: &str, index: usize, usage: &str, selector: &str, matching_type: &str) -> String {
    let certificate = answers(name).swap_remove(index);
    let [.., hex] = certificate.into_iter().find(|line| line[..2] == [selector, matching_type]).unwrap();
    format!("{usage} {selector} {matching_type} {hex}")
}

/// Talk that is for people: whole lines of text, each with a known start, no escape left for a terminal.
#[track_caller]
fn lines_of(output: &Output) -> Vec<String> {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    for line in text.lines() {
        let starts = ["error", "warning", "hint"].map(|kind| format!("tlsagen: {kind}"));
        assert!(starts.iter().any(|start| line.starts_with(start)), "{line}");
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
    text.lines().map(str::to_owned).collect()
}

/// The status of `check` for one record, and its standard output.
fn check(name: &str, record: &str, options: &[&str]) -> (i32, String) {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("odd-{name}.zone"));
    fs::write(&path, format!("_25._tcp.mx.example. IN TLSA {record}\n")).unwrap();
    let file = format!("{name}.pem");
    let call = ["check", &file, "mx.example", "--records", path.to_str().unwrap()];
    let output = tlsagen(&[&call, options].concat());
    lines_of(&output);
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn every_file_has_a_row_and_a_line_in_the_readme() {
    let on_disk: BTreeSet<String> = fs::read_dir(odd())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".pem").map(str::to_owned))
        .collect();
    let rows: BTreeSet<String> = FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(rows.len(), FILES.len(), "a row stands there twice");
    assert_eq!(on_disk, rows);
    let readme = fs::read_to_string(odd().join("../README.md")).unwrap();
    for name in rows {
        assert_eq!(readme.matches(&format!("| odd/{name}.pem |")).count(), 1, "{name}");
    }
}

#[test]
fn records_are_digests_of_the_octets_in_the_file() {
    for (name, expected) in FILES {
        let Digest(codes, anchor) = expected else { continue };
        let file = format!("{name}.pem");
        let answers = answers(name);
        assert_eq!(answers.len() > 1, anchor.is_some(), "{name}");
        for (index, certificate) in answers.iter().enumerate() {
            let usage = if index == 0 { "3" } else { "2" };
            for [selector, matching_type, hex] in certificate {
                let call = [&file, "mx.example", usage, selector, matching_type, "-f", "json"];
                let output = tlsagen(&call);
                assert_eq!(output.status.code(), Some(0), "{call:?}: {:?}", lines_of(&output));
                let json: Value = serde_json::from_slice(&output.stdout).unwrap();
                let records = json["records"].as_array().unwrap();
                assert_eq!(records.len(), 1, "{call:?}");
                assert_eq!(records[0]["data"], **hex, "{call:?}");
            }
        }
        let output = tlsagen(&[&file, "mx.example"]);
        let found: Vec<String> = lines_of(&output)
            .iter()
            .map(|line| line.split_once('[').unwrap().1.split_once(']').unwrap().0.to_owned())
            .collect();
        assert_eq!(found, *codes, "{name}");
    }
}

#[test]
fn chain_prints_every_certificate() {
    for (name, expected) in FILES {
        let Digest(..) = expected else { continue };
        let file = format!("{name}.pem");
        let output = tlsagen(&["chain", &file, "mx.example"]);
        assert_eq!(output.status.code(), Some(0), "{name}: {:?}", lines_of(&output));
        let text = String::from_utf8(output.stdout).unwrap();
        let mut wanted = Vec::new();
        for index in 0..answers(name).len() {
            let usage = if index == 0 { "3" } else { "2" };
            for (selector, matching_type) in [("0", "1"), ("1", "1"), ("0", "2"), ("1", "2")] {
                let rdata = rdata(name, index, usage, selector, matching_type);
                wanted.push(format!("_25._tcp.mx.example. IN TLSA {rdata}"));
            }
        }
        let (comments, records): (Vec<&str>, Vec<&str>) =
            text.lines().filter(|line| !line.is_empty()).partition(|line| line.starts_with("; "));
        assert_eq!(records, wanted, "{name}");
        assert_eq!(comments.len(), 4 * answers(name).len(), "{name}");
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{name}");
    }
}

#[test]
fn refusals_say_why() {
    for (name, expected) in FILES {
        let Refused(words) = expected else { continue };
        let file = format!("{name}.pem");
        for call in [
            vec![file.as_str(), "mx.example"],
            vec![file.as_str(), "mx.example", "3", "0", "1"],
            vec!["chain", file.as_str(), "mx.example"],
            vec![file.as_str(), "mx.example", "-f", "json"],
        ] {
            let output = tlsagen(&call);
            assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{call:?}");
            let lines = lines_of(&output);
            assert!(
                lines[0].starts_with(&format!("tlsagen: error: {file}: line 1: {words}")),
                "{}",
                lines[0]
            );
            assert_eq!((lines.len(), lines[1].starts_with("tlsagen: hint: ")), (2, true), "{name}");
        }
        let (status, text) = check(name, &format!("3 1 1 {}", "00".repeat(32)), &[]);
        assert_eq!((status, text.as_str()), (2, ""), "{name}");
    }
}

#[test]
fn check_covers_what_usage_3_describes_and_says_why_where_usage_2_fails() {
    for (name, expected) in FILES {
        let Digest(_, anchor) = expected else { continue };
        for (selector, matching_type) in [("1", "1"), ("0", "1"), ("0", "0"), ("1", "0")] {
            let record = rdata(name, 0, "3", selector, matching_type);
            let (status, text) = check(name, &record, &[]);
            assert_eq!(status, 0, "{name}: {text}");
            let (status, json) = check(name, &record, &["-f", "json"]);
            let json: Value = serde_json::from_str(&json).unwrap();
            assert_eq!((status, &json["verdict"]), (0, &Value::from("covered")), "{name}");
            assert_eq!(json["records"][0]["status"], "match", "{name}");
        }
        let Some(wanted) = anchor else { continue };
        for selector in ["0", "1"] {
            let (status, json) = check(name, &rdata(name, 1, "2", selector, "1"), &["-f", "json"]);
            assert_eq!(status, *wanted, "{name}: {json}");
            let json: Value = serde_json::from_str(&json).unwrap();
            let record = &json["records"][0];
            let word = match wanted {
                0 => "match",
                1 => "failed",
                _ => "unverified",
            };
            assert_eq!(record["status"], word, "{name}");
            assert_eq!(record["reason"].is_string(), *wanted != 0, "{name}");
        }
    }
}

/// What OpenSSL 3.0 does not read, or has no key for, or cannot shake hands with.
const NOT_SERVED: [&str; 13] = [
    "date-alone",
    "date-text",
    "gost",
    "gost-self-signed",
    "ml-dsa-44-self-signed",
    "ml-dsa-65",
    "serial-empty",
    "serial-leading-zero",
    "spki-pss-empty",
    "subject-bmp-odd",
    "subject-not-utf8",
    "subject-number",
    "unregistered-key",
];

/// Whether OpenSSL accepts the oracle's records of a certificate that is refused here, with selector 1 and with 0.
///
/// Of BER it hashes octets that are not in the file. In the last four it looks at nothing but the key; that would be
/// damage that nobody sees, as the octets are not signed, or a certificate that may be a CA's.
const REFUSED_BUT_SERVED: [(&str, bool, bool); 7] = [
    ("ber-long-length", true, false),
    ("ber-long-length-spki", false, true),
    ("ber-long-length-validity", true, true),
    ("signature-no-null-outside", true, true),
    ("unused-bits-signature", true, true),
    ("constraints-unreadable", true, true),
    ("twice-basic-constraints", true, true),
];

#[test]
#[ignore = "needs openssl"]
fn openssl_accepts_our_records_and_check_never_contradicts_it() {
    let (mut not_served, mut refused, mut yes, mut no) = (BTreeSet::new(), BTreeSet::new(), 0, 0);
    for (name, expected) in FILES {
        // The key of id-RSASSA-PSS is the same but for its algorithm.
        let key = if name.starts_with("spki-pss") { "pss.key" } else { "leaf.key" };
        let mut server = openssl::Server::of_chain(&odd().join(format!("{name}.pem")), &odd().join(key));
        let mut accepted = |record: &str| server.is_accepted("mx.example", &[record.to_owned()], &[]);
        let Digest(_, anchor) = expected else {
            if odd().join(format!("expected/{name}.pem.txt")).exists() {
                let [key, whole] = ["1", "0"].map(|selector| accepted(&rdata(name, 0, "3", selector, "1")));
                refused.extend(key.zip(whole).map(|(key, whole)| (*name, key, whole)));
            }
            continue;
        };
        for selector in ["1", "0"] {
            let file = format!("{name}.pem");
            let output = tlsagen(&[&file, "mx.example", "3", selector, "1", "-f", "rdata"]);
            let ours = String::from_utf8(output.stdout).unwrap();
            match accepted(ours.trim()) {
                Some(accepts) => assert!(accepts, "{name}: {ours}"),
                None => _ = not_served.insert(*name),
            }
        }
        if anchor.is_none() || not_served.contains(name) {
            continue;
        }
        for selector in ["1", "0"] {
            let record = rdata(name, 1, "2", selector, "1");
            match (accepted(&record).unwrap(), check(name, &record, &[]).0) {
                (true, 0) => yes += 1,
                (false, 1) => no += 1,
                (_, 3) => {}
                (accepts, status) => panic!("{name}: {record}: OpenSSL {accepts}, check {status}"),
            }
        }
    }
    assert_eq!(not_served, BTreeSet::from(NOT_SERVED));
    assert_eq!(refused, BTreeSet::from(REFUSED_BUT_SERVED));
    // Both answers are asked for often enough to mean something.
    assert!(yes >= 60 && no >= 8, "{yes} and {no}");
}

#[test]
#[ignore = "needs openssl"]
fn check_names_the_recipe_that_encodes_an_odd_key_anew() {
    for name in ["spki-no-null", "modulus-negative", "modulus-two-zeros", "exponent-leading-zero"] {
        let recipe = format!(
            "openssl x509 -in {name}.pem -noout -pubkey | openssl pkey -pubin -outform DER \
             | openssl dgst -sha256 -r | cut -d' ' -f1"
        );
        let output = Command::new("bash").args(["-c", &recipe]).current_dir(odd()).output().unwrap();
        let record = format!("3 1 1 {}", String::from_utf8(output.stdout).unwrap().trim());
        assert_ne!(record, rdata(name, 0, "3", "1", "1"), "{name}");
        let (status, json) = check(name, &record, &["-f", "json"]);
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!((status, &json["findings"][0]["code"]), (1, &Value::from("re-encoded")), "{name}");
    }
}
