//! Certificates that parsers disagree about: either the record is the digest of the octets in the file, with a warning
//! if clients have problems with the certificate, or the file is refused with an explanation.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod files;
#[path = "../common/openssl.rs"]
mod openssl;
mod peers;
#[path = "../common/program.rs"]
mod program;
#[path = "../common/running.rs"]
mod running;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Output;
use std::sync::atomic::{AtomicUsize, Ordering};

use files::{Digest, FILES, Refused};
use program::ROOT;
use serde_json::Value;

fn odd() -> PathBuf {
    PathBuf::from(ROOT).join("fixtures/odd")
}

fn tlsagen(arguments: &[&str]) -> Output {
    program::tlsagen(odd(), arguments)
}

/// Returns the oracle's answers: for each certificate, its lines `selector matching-type hex` in the order of the file.
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

/// Returns the RDATA `usage selector matching-type hex` for the certificate at `index`.
fn rdata(name: &str, index: usize, usage: &str, selector: &str, matching_type: &str) -> String {
    let certificate = answers(name).swap_remove(index);
    let [.., hex] = certificate.into_iter().find(|line| line[..2] == [selector, matching_type]).unwrap();
    format!("{usage} {selector} {matching_type} {hex}")
}

/// Returns the lines on standard error; each must start with a known prefix and contain no control character.
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

/// Runs `check` for one record; returns the exit status and standard output.
fn check(name: &str, record: &str, options: &[&str]) -> (i32, String) {
    // Two tests may check the same file at the same time.
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let number = CALLS.fetch_add(1, Ordering::Relaxed);
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("odd-{number}.zone"));
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
            let params = certificate.iter().flat_map(|[selector, matching, _]| [usage, selector, matching]);
            let call: Vec<&str> = [&file, "mx.example", "-f", "json"].into_iter().chain(params).collect();
            let output = tlsagen(&call);
            assert_eq!(output.status.code(), Some(0), "{call:?}: {:?}", lines_of(&output));
            let json: Value = serde_json::from_slice(&output.stdout).unwrap();
            let records = json["records"].as_array().unwrap();
            let data: Vec<&str> = records.iter().map(|record| record["data"].as_str().unwrap()).collect();
            let wanted: Vec<&String> = certificate.iter().map(|[.., hex]| hex).collect();
            assert_eq!(data, wanted, "{call:?}");
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

/// The certificates that OpenSSL's d2i_X509 cannot read: clients with OpenSSL refuse them even for usage 3.
const UNREADABLE: [&str; 7] = [
    "date-alone",
    "date-text",
    "serial-empty",
    "serial-leading-zero",
    "subject-bmp-odd",
    "subject-not-utf8",
    "subject-number",
];

#[test]
fn check_covers_what_usage_3_describes_and_says_why_where_usage_2_fails() {
    for (name, expected) in FILES {
        let Digest(_, anchor) = expected else { continue };
        for (selector, matching_type) in [("1", "1"), ("0", "1"), ("0", "0"), ("1", "0")] {
            let record = rdata(name, 0, "3", selector, matching_type);
            let (status, json) = check(name, &record, &["-f", "json"]);
            let json: Value = serde_json::from_str(&json).unwrap();
            let json = &json["reports"][0];
            let wanted = match (UNREADABLE.contains(name), selector, matching_type) {
                (false, ..) => (0, "covered", "match"),
                (true, "0", "0") => (1, "not-covered", "unusable"),
                (true, ..) => (3, "unknown", "unverified"),
            };
            let found =
                (status, json["verdict"].as_str().unwrap(), json["records"][0]["status"].as_str().unwrap());
            assert_eq!(found, wanted, "{name}");
        }
        // The text format has the same exit status.
        let (status, text) = check(name, &rdata(name, 0, "3", "1", "1"), &[]);
        assert_eq!(status, if UNREADABLE.contains(name) { 3 } else { 0 }, "{name}: {text}");
        let Some(wanted) = anchor else { continue };
        for selector in ["0", "1"] {
            let (status, json) = check(name, &rdata(name, 1, "2", selector, "1"), &["-f", "json"]);
            assert_eq!(status, *wanted, "{name}: {json}");
            let json: Value = serde_json::from_str(&json).unwrap();
            let record = &json["reports"][0]["records"][0];
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
