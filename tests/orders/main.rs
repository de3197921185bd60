//! The records do not depend on how a file is arranged: in whatever order, twice, with CRLF, with keys between the
//! certificates, with labels of OpenSSL's trust settings or in DER, it gives the same set of records. In each order, a
//! client of OpenSSL accepts each record of usage 2 alone, or there is a message about its CA.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "tests")]

#[path = "../common/certificates.rs"]
mod certificates;
#[path = "../common/danev.rs"]
mod danev;
mod openssl;
#[path = "../common/program.rs"]
mod program;
mod scenes;
#[path = "../common/shell.rs"]
mod shell;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use tlsagen::x509::Certificate;

use openssl::Question;
use program::tlsagen;
use scenes::{HOST, Scene};

/// 2026-09-21, and the same in seconds.
const AT: &str = "2026-09-21T14:13:20Z";
pub(crate) const NOW: i64 = 1_790_000_000;

const CALLS: [&str; 4] = ["3 1 1", "2 1 1", "2 0 1", "chain"];

/// Orders of a scene that are tried.
const MOST_ORDERS: usize = 24;

/// The status and, in any order, the records of a call.
type Answer = (Option<i32>, BTreeSet<String>);

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("orders");
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn run(octets: &[u8], call: &str) -> Output {
    let file = folder().join(format!("{:?}.file", std::thread::current().id()));
    fs::write(&file, octets).unwrap();
    let file = file.to_str().unwrap();
    let args = match call {
        "chain" => vec!["chain", file, HOST],
        _ => [file, HOST].into_iter().chain(call.split(' ')).collect(),
    };
    tlsagen(folder(), args.into_iter().chain(["--at", AT]))
}

fn records(output: &Output) -> Vec<String> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let records = text.lines().filter(|line| !line.starts_with(';'));
    records.filter_map(|line| line.split_once(" TLSA ")).map(|(_, record)| record.to_owned()).collect()
}

fn answer(octets: &[u8], call: &str) -> Answer {
    let output = run(octets, call);
    (output.status.code(), records(&output).into_iter().collect())
}

/// The orders of so many items, evenly chosen if there are too many; the given one is the first.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let all: usize = (1..=count).product();
    let step = all.div_ceil(MOST_ORDERS) | 1;
    let order = |number: usize| {
        let mut order: Vec<usize> = (0..count).collect();
        let mut rest = number;
        for at in 0..count {
            let left = count - at;
            order[at..].rotate_left(rest % left);
            rest /= left;
        }
        order
    };
    (0..all).step_by(step).map(order).collect()
}

fn pem(ders: &[Vec<u8>], order: &[usize], between: &str) -> String {
    order.iter().map(|at| scenes::pem("CERTIFICATE", &ders[*at]) + between).collect()
}

/// Other files with the same certificates, each with what is different in it.
fn variants(scene: &Scene) -> Vec<(String, Vec<u8>)> {
    let given: Vec<usize> = (0..scene.ders.len()).collect();
    let plain = pem(&scene.ders, &given, "");
    let trusted =
        |order: &[usize]| order.iter().map(|at| scenes::trusted(&scene.ders[*at])).collect::<String>();
    let mut variants: Vec<(String, Vec<u8>)> = vec![
        ("twice".to_owned(), format!("{plain}{plain}").into_bytes()),
        ("CRLF".to_owned(), plain.replace('\n', "\r\n").into_bytes()),
        ("trusted".to_owned(), trusted(&given).into_bytes()),
    ];
    let each_twice = given.iter().flat_map(|at| [*at, *at]).collect::<Vec<_>>();
    variants.push(("each twice".to_owned(), pem(&scene.ders, &each_twice, "").into_bytes()));
    if let Some(key) = &scene.key {
        variants.push(("keys between".to_owned(), pem(&scene.ders, &given, key).into_bytes()));
        variants.push(("key first".to_owned(), format!("{key}{plain}").into_bytes()));
    }
    for order in orders(scene.ders.len()).into_iter().skip(1) {
        let shuffled = pem(&scene.ders, &order, scene.key.as_deref().unwrap_or_default());
        variants.push((format!("{order:?}"), shuffled.replace('\n', "\r\n").into_bytes()));
    }
    if let [der] = scene.ders.as_slice() {
        variants.push(("DER".to_owned(), der.clone()));
    }
    variants
}

/// The differences between the answers for a file and for the same certificates in another arrangement.
fn differences(scene: &Scene) -> (usize, Vec<String>) {
    let given: Vec<usize> = (0..scene.ders.len()).collect();
    let plain = pem(&scene.ders, &given, "");
    let wanted = CALLS.map(|call| answer(plain.as_bytes(), call));
    let mut different = Vec::new();
    let variants = variants(scene);
    for (what, octets) in &variants {
        for (call, wanted) in CALLS.iter().zip(&wanted) {
            let found = answer(octets, call);
            if found != *wanted {
                different.push(format!("{}, {what}, {call}: {found:?}, not {wanted:?}", scene.name));
            }
        }
    }
    (variants.len(), different)
}

#[test]
#[ignore = "needs openssl"]
fn records_do_not_depend_on_the_arrangement_of_the_file() {
    let (mut count, mut different) = (0, Vec::new());
    for scene in scenes::all() {
        let (variants, found) = differences(&scene);
        count += variants;
        different.extend(found);
        for der in &scene.ders {
            // The key of the scene may belong to another of its certificates.
            let name = format!("{} alone", scene.name);
            let alone = Scene { name, ders: vec![der.clone()], key: None, ..scene.clone() };
            different.extend(differences(&alone).1);
        }
    }
    println!("{count} files");
    assert!(count > 300 && different.is_empty(), "{}:\n{}", different.len(), different.join("\n"));
}

/// Codes of messages about a certificate below the CA of the record, or about the whole path.
const BELOW: [&str; 6] = ["ta-expired", "ee-expired", "ee-not-yet", "ca-limits", "weak-key", "weak-sig"];

/// Whether some message is about a CA that the record describes.
fn is_told(record: &str, ders: &[Vec<u8>], talk: &str) -> bool {
    let mut words = record.split(' ').skip(1);
    let (selector, matching_type) = (words.next().unwrap(), words.next().unwrap());
    let data = words.collect::<String>();
    let certificates = ders.iter().map(|der| Certificate::from_der(der.clone()).unwrap());
    let cas = certificates.filter(|certificate| {
        let octets = if selector == "1" { certificate.spki() } else { certificate.der() };
        openssl::digest(octets, matching_type) == data
    });
    let cas: Vec<String> = cas.map(|certificate| certificate.called()).collect();
    talk.lines().any(|line| {
        let is_message = line.contains(": warning[") || line.contains(": error[");
        let is_below = BELOW.iter().any(|code| line.contains(&format!("[{code}]")));
        is_message && (is_below || cas.iter().any(|ca| line.contains(ca)))
    })
}

#[test]
#[ignore = "needs libssl"]
fn clients_accept_each_printed_record_of_usage_2_or_there_is_a_message() {
    let (mut questions, mut cases) = (Vec::new(), Vec::new());
    for scene in scenes::all() {
        for order in orders(scene.ders.len()) {
            let file = pem(&scene.ders, &order, "");
            for call in ["2 1 1", "2 0 1", "2 0 0", "2 1 0"] {
                let output = run(file.as_bytes(), call);
                let talk = String::from_utf8(output.stderr.clone()).unwrap();
                for record in records(&output) {
                    // Each end entity of the file is what some client gets.
                    let first = questions.len();
                    for own in &scene.end_entities {
                        let mut sent = order.clone();
                        sent.retain(|at| at != own);
                        sent.insert(0, *own);
                        questions.push(Question { pem: pem(&scene.ders, &sent, ""), record: record.clone() });
                    }
                    cases.push((
                        &*format!("{} {order:?}", scene.name).leak(),
                        record,
                        scene.ders.clone(),
                        talk.clone(),
                        first..questions.len(),
                    ));
                }
            }
        }
    }
    let answers = openssl::answers(&folder(), &questions);
    let (mut accepted, mut told, mut wrong) = (0, 0, Vec::new());
    for (name, record, ders, talk, asked) in cases {
        match asked.clone().any(|number| answers[number].yes) {
            true => accepted += 1,
            false if is_told(&record, &ders, &talk) => told += 1,
            false => wrong.push(format!("{name}: {record}: {}; {talk}", answers[asked.start].said)),
        }
    }
    println!("{accepted} accepted, {told} with a message, {} wrong", wrong.len());
    assert!(accepted > 200 && told > 50 && wrong.is_empty(), "{}", wrong.join("\n"));
}
