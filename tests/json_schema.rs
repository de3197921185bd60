//! Every JSON document of the transcripts is valid, and the schema refuses others.

#![cfg(feature = "live")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;

use tlsagen::live::ClientVerdict;
use tlsagen::verify::Verdict;

#[path = "common/program.rs"]
mod program;
#[path = "common/schema.rs"]
mod schema;

use program::{ROOT, printed, run};

/// The documents in the transcripts: the lines from `{` to `}`, and lines that contain a whole document.
fn documents_of_transcripts() -> Vec<String> {
    let mut documents = Vec::new();
    for entry in fs::read_dir(format!("{ROOT}/tests/transcripts")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let mut open: Option<String> = None;
        for line in text.lines() {
            match (&mut open, line) {
                (None, "{") => open = Some("{".to_owned()),
                (None, line) if line.starts_with("{\"schema\"") => documents.push(line.to_owned()),
                (Some(document), "}") => {
                    document.push('}');
                    documents.extend(open.take());
                }
                (Some(document), line) => document.push_str(line),
                _ => {}
            }
        }
    }
    // `tlsagen help json` is in the transcripts too.
    documents.retain(|document| !document.contains("$defs"));
    documents
}

/// The call prints one document for each line, or one document.
fn documents_of(call: &str) -> Vec<String> {
    let output = run(call);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with('{'), "{call}: {text}");
    match text.lines().nth(1) {
        Some(second) if second.starts_with('{') => text.lines().map(str::to_owned).collect(),
        _ => vec![text],
    }
}

#[test]
#[ignore = "needs Python's jsonschema"]
fn documents_are_valid() {
    let transcripts = documents_of_transcripts();
    assert!(transcripts.len() >= 6, "{}", transcripts.len());
    let mut documents = transcripts;
    for call in [
        "fixtures/fullchain-rsa.pem mx.example 3 1 1 2 0 1 -f json --ttl 300 --origin example",
        "chain fixtures/dual-rsa-ecdsa.pem mx.example,b.example -f json",
        "check fixtures/fullchain-rsa.pem mx.example,mx.example:465 --records fixtures/published/other-issuer.zone -f json",
        "diff fixtures/fullchain-rsa.pem mx.example 3 1 1 2 1 1 --records fixtures/published/other-issuer.zone -f json",
        "diff fixtures/fullchain-rsa.pem mx.example --records fixtures/published/other-issuer.zone -f json --ttl 60 --origin example",
    ] {
        documents.extend(documents_of(call));
    }
    assert_eq!(schema::kinds_of_valid(&documents), ["check", "diff", "records"]);
}

/// TTL and relative name, where asked.
#[test]
fn ttl_and_origin_are_in_the_records() {
    let text = printed("fixtures/fullchain-rsa.pem mx.example,example -f json --ttl 300 --origin example");
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let of = |field: &str| -> Vec<_> {
        document["records"].as_array().unwrap().iter().map(|record| record[field].clone()).collect()
    };
    assert_eq!(of("owner"), ["_25._tcp.mx.example.", "_25._tcp.example."]);
    assert_eq!(of("name"), ["_25._tcp.mx", "_25._tcp"]);
    assert_eq!(of("ttl"), [300, 300]);
}

/// The words of the schema are those of the program.
#[test]
fn the_schema_lists_every_word() {
    let schema: serde_json::Value = serde_json::from_str(tlsagen::render::SCHEMA).unwrap();
    let words = |pointer: &str| -> BTreeSet<String> {
        let words = schema.pointer(pointer).unwrap_or_else(|| panic!("{pointer}")).as_array().unwrap();
        words.iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    };
    let verdicts: BTreeSet<String> = Verdict::ALL.iter().map(ToString::to_string).collect();
    for pointer in ["/oneOf/2/properties/verdict/enum", "/$defs/report/properties/verdict/enum"] {
        assert_eq!(words(pointer), verdicts, "{pointer}");
    }
    let verdicts: BTreeSet<String> = ClientVerdict::ALL.iter().map(ToString::to_string).collect();
    for pointer in [
        "/oneOf/3/properties/verdict/enum",
        "/$defs/host/properties/verdict/enum",
        "/$defs/endpoint/properties/verdict/enum",
    ] {
        assert_eq!(words(pointer), verdicts, "{pointer}");
    }
}

#[test]
#[ignore = "needs Python's jsonschema"]
#[should_panic(expected = "verdict")]
fn another_verdict_is_refused() {
    let call =
        "check fixtures/fullchain-rsa.pem mx.example --records fixtures/published/other-issuer.zone -f json";
    let text = documents_of(call)[0].replace("\"partial\"", "\"maybe\"");
    schema::kinds_of_valid(&[text]);
}
