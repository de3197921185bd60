//! Files of several parts of 64 KiB, which are read part by part, against the same files in a form that is read as a
//! whole: with CRLF as line ends.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

#[path = "common/program.rs"]
mod program;

use program::tlsagen;

const PART: usize = 64 * 1024;

/// Returns the certificate of a fixture in DER.
fn der(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    pem::parse(fs::read(path).unwrap()).unwrap().into_contents()
}

fn block(der: &[u8]) -> String {
    let block = pem::Pem::new("CERTIFICATE", der);
    pem::encode_config(&block, pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF))
}

/// Returns `count` certificates that differ in the two octets at `place`, counted from the end.
fn certificates(count: u16, place: usize) -> Vec<Vec<u8>> {
    let numbered = |number: u16| {
        let mut octets = der(["leaf-rsa.pem", "key-p256.pem"][usize::from(number % 2)]);
        let start = octets.len() - place;
        octets[start..start + 2].copy_from_slice(&number.to_be_bytes());
        octets
    };
    (0..count).map(numbered).collect()
}

/// Runs the program on `text` and on the same text with CRLF; asserts that status, records and messages are the same.
/// Returns the status, the number of lines on standard output, and the messages.
#[track_caller]
fn run(name: &str, text: &str) -> (Option<i32>, usize, String) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("large_file").join(name);
    let [plain, strict] =
        [("plain", text.to_owned()), ("strict", text.replace('\n', "\r\n"))].map(|(form, text)| {
            let folder = folder.join(form);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("chain.pem"), text).unwrap();
            let output = tlsagen(&folder, ["chain.pem", "mx.example", "3", "0", "1"]);
            let texts = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
            (output.status.code(), texts)
        });
    assert_eq!(plain, strict);
    let (status, [records, messages]) = plain;
    (status, records.lines().count(), messages)
}

#[test]
fn every_certificate_of_every_part_has_its_record() {
    let text: String = certificates(300, 2).iter().map(|der| block(der)).collect();
    assert!(text.len() > 3 * PART);
    let (status, records, _) = run("parts", &text);
    assert_eq!((status, records), (Some(0), 300));
    // Sizes around a multiple of the part.
    for size in 4 * PART - 1..=4 * PART + 1 {
        let (before, _) = text.split_at(text[..size].rfind("-----BEGIN").unwrap());
        let filled = format!("{before}{}", "\n".repeat(size - before.len()));
        let (status, records, _) = run("filled", &filled);
        assert_eq!((status, records), (Some(0), before.matches("BEGIN").count()), "{size}");
    }
}

#[test]
fn a_damaged_certificate_in_any_part_is_named_with_its_line() {
    let mut ders = certificates(300, 2);
    for place in [0, 150, 299] {
        ders[place][1] ^= 1;
        let text: String = ders.iter().map(|der| block(der)).collect();
        ders[place][1] ^= 1;
        let before: String = ders[..place].iter().map(|der| block(der)).collect();
        let (status, records, messages) = run("damaged", &text);
        assert_eq!((status, records), (Some(2), 0), "{messages}");
        assert!(
            messages.contains(&format!("line {}: not a certificate", before.lines().count() + 1)),
            "{messages}"
        );
    }
}

#[test]
fn certificates_with_the_same_end_are_told_apart() {
    // The last octets are those of the same signature.
    let ders = certificates(300, 40);
    let text: String = ders.iter().map(|der| block(der)).collect();
    let (status, records, _) = run("alike", &text);
    assert_eq!((status, records), (Some(0), 300));
    // One of them twice.
    let (status, records, messages) = run("twice", &format!("{text}{}", block(&ders[7])));
    assert_eq!((status, records), (Some(0), 300));
    assert!(messages.contains("more than once in the file"), "{messages}");
}
