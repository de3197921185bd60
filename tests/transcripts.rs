//! Golden transcripts with the exact output and exit status of each command, and a property of all failures.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;

#[path = "common/program.rs"]
mod program;

use program::{ROOT, tlsagen};

#[test]
fn transcripts() {
    trycmd::TestCases::new().case("tests/transcripts/*.trycmd").case("README.md");
}

/// Transcripts show both streams as one text. This test shows that every failure leaves standard output empty and
/// explains itself in lines that start with the name of the program.
#[test]
fn failures_leave_standard_output_empty() {
    let mut seen = 0;
    for entry in fs::read_dir(format!("{ROOT}/tests/transcripts")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for pair in lines.windows(2).filter(|pair| pair[1] == "? 2") {
            let call = pair[0].strip_prefix("$ tlsagen ").unwrap();
            let output = tlsagen(ROOT, shlex(call));
            assert_eq!(output.status.code(), Some(2), "{call}");
            assert!(output.stdout.is_empty(), "{call}");
            let talk = String::from_utf8(output.stderr).unwrap();
            assert!(talk.lines().all(|line| line.starts_with("tlsagen: ")), "{call}: {talk}");
            assert!(talk.lines().any(|line| line.starts_with("tlsagen: error")), "{call}: {talk}");
            seen += 1;
        }
    }
    assert!(seen >= 40, "{seen} failures");
}

/// Splits a command line of a transcript at blanks, except within single quotes.
fn shlex(call: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (number, part) in call.split('\'').enumerate() {
        match number % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}
