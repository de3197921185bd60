//! Text that operators give for DNS records: the output of other programs, as they print it, and zones with typical
//! mistakes. The certificate of all is fullchain.pem; `_25._tcp.mx.example` had the records 3 1 1 and 2 1 1 of it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;

#[path = "common/program.rs"]
mod program;

use program::{ROOT, run};

/// Text with the records, which are those of the chain.
const COVERED: [&str; 17] = [
    "bare-key-not-sent.zone",
    "delv-multiline.txt",
    "delv-short.txt",
    "delv-unsigned.txt",
    "delv.txt",
    "dig-dnssec-short.txt",
    "dig-multiline.txt",
    "dig-query-shown.txt",
    "dig-unknownformat.txt",
    "dig.txt",
    "drill-alias.txt",
    "drill-quiet.txt",
    "drill.txt",
    "kdig-multiline.txt",
    "kdig-short.txt",
    "kdig.txt",
    "sibling-cas.zone",
];

/// Text without records at the owner.
const ABSENT: [&str; 6] = [
    "comments-only.txt",
    "delv-nodata.txt",
    "delv-nxdomain.txt",
    "dig-nxdomain.txt",
    "empty.txt",
    "kdig-nxdomain.txt",
];

/// Text with other records, which `mistakes_in_records_are_explained` describes.
const MISTAKEN: [&str; 5] =
    ["below-dname.zone", "crossed-selector.zone", "delegated.zone", "missing-dot.zone", "out-of-zone.zone"];

/// Lookups without an answer.
const FAILED: [&str; 17] = [
    "delv-refused.txt",
    "delv-silent.txt",
    "dig-badserver.txt",
    "dig-notimp.txt",
    "dig-timeout.txt",
    "dig-transfer-refused.txt",
    "drill-refused.txt",
    "drill-timeout.txt",
    "drill-transfer-refused.txt",
    "host-refused.txt",
    "host-timeout.txt",
    "kdig-refused.txt",
    "kdig-timeout.txt",
    "kdig-transfer-refused.txt",
    "nslookup-refused.txt",
    "nslookup-timeout.txt",
    "unbound-host-timeout.txt",
];

/// Text that is refused, the line, and the reason.
const REFUSED: [(&str, usize, &str); 27] = [
    ("byte-order-mark.zone", 1, "the file starts with a byte order mark"),
    ("class-twice.zone", 7, "the class occurs twice in this entry"),
    ("delv-yaml.txt", 1, "found YAML"),
    ("dig-truncated.txt", 7, "the answer is truncated"),
    ("dig-utf16.txt", 1, "found text in UTF-16"),
    ("dig-yaml-refused.txt", 1, "found YAML"),
    ("dig-yaml.txt", 1, "found YAML"),
    ("host-alias.txt", 1, "found the output of host"),
    ("host-nodata.txt", 1, "found the output of host"),
    ("host-nxdomain.txt", 1, "found the output of host"),
    ("host.txt", 1, "found the output of host"),
    ("indented.zone", 4, "'_25._tcp.mx' is not a record type"),
    ("kdig-json.txt", 1, "found JSON"),
    ("kdig-truncated.txt", 2, "the answer is truncated"),
    ("local-data.txt", 1, "found settings of unbound"),
    ("misspelt-type.zone", 1, "'TSLA' is not a record type"),
    ("nslookup-debug.txt", 1, "found the output of nslookup"),
    ("nslookup-nodata.txt", 1, "found the output of nslookup"),
    ("nslookup-nxdomain.txt", 1, "found the output of nslookup"),
    ("nslookup.txt", 1, "found the output of nslookup"),
    ("panel-table.txt", 1, "found a table"),
    ("posttls-finger.txt", 1, "found a log of Postfix"),
    ("quoted-hex.zone", 2, "the data of this TLSA record has quotation marks"),
    ("raw.zone", 1, "found a zone in the raw form of BIND"),
    ("unbound-host-alias.txt", 1, "found the output of host"),
    ("unbound-host-nxdomain.txt", 1, "found the output of host"),
    ("unbound-host.txt", 1, "found the output of host"),
];

/// Returns the status of a call, its output and its messages.
#[track_caller]
fn call(command: &str, file: &str, options: &str) -> (i32, String, String) {
    let time = "--at 2026-11-29T00:00:00Z";
    let output = run(&format!(
        "{command} tests/field/fullchain.pem mx.example {time} --origin example {options} --records tests/field/{file}"
    ));
    let text = |octets| String::from_utf8(octets).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn answers_of_other_programs_are_read() {
    for file in COVERED {
        let (status, report, messages) = call("check", file, "");
        assert_eq!(status, 0, "{file}: {report}{messages}");
        assert!(report.starts_with("_25._tcp.mx.example.: covered\n"), "{file}: {report}");
        assert!(!messages.contains("error"), "{file}: {messages}");
    }
    for file in ABSENT {
        let (status, report, _) = call("check", file, "");
        let first = format!(
            "_25._tcp.mx.example.: unknown, tests/field/{file} has no TLSA record for _25._tcp.mx.example.\n"
        );
        assert_eq!((status, report.starts_with(&first)), (3, true), "{file}: {report}");
    }
}

#[test]
fn failed_lookups_are_not_taken_for_absent_records() {
    for file in FAILED {
        for (command, options) in
            [("check", ""), ("diff", ""), ("diff", "--only remove"), ("diff", "--only add")]
        {
            let (status, data, messages) = call(command, file, options);
            assert_eq!((status, data.as_str()), (2, ""), "{command} {options} {file}: {messages}");
            assert!(
                messages.contains("the name server did not answer or returned an error"),
                "{file}: {messages}"
            );
        }
    }
}

#[test]
fn other_text_is_refused_by_its_name() {
    for (file, line, reason) in REFUSED {
        for (command, options) in [("check", ""), ("diff", "--only remove")] {
            let (status, data, messages) = call(command, file, options);
            assert_eq!((status, data.as_str()), (2, ""), "{command} {file}: {messages}");
            let start = format!("tlsagen: error: tests/field/{file}: line {line}: {reason}");
            assert!(messages.starts_with(&start), "{file}: {messages}");
            assert!(messages.contains("\ntlsagen: hint: "), "{file}: {messages}");
        }
    }
}

#[test]
fn mistakes_in_records_are_explained() {
    for (file, status, message) in [
        (
            "crossed-selector.zone",
            1,
            "error[crossed]: the data of 3 1 1 b74e43143242f5b6... is that of 3 0 1: ",
        ),
        (
            "missing-dot.zone",
            3,
            "hint[records-elsewhere]: tests/field/missing-dot.zone has TLSA records at _25._tcp.mx.example.example.: ",
        ),
        (
            "delegated.zone",
            3,
            "warning[records-unserved]: tests/field/delegated.zone: the NS records of mx.example. delegate _25._tcp.mx.example. to other name servers, so clients do not find the TLSA records ",
        ),
        (
            "below-dname.zone",
            3,
            "warning[records-unserved]: tests/field/below-dname.zone: _25._tcp.mx.example. is below the DNAME record of _tcp.mx.example., ",
        ),
        (
            "out-of-zone.zone",
            3,
            "warning[records-unserved]: tests/field/out-of-zone.zone: tlsa.other. is not below the owner of any SOA record of the file, ",
        ),
        (
            "bare-key-not-sent.zone",
            0,
            "warning[ta-not-sent]: no certificate in the file has the key of 2 1 0 ",
        ),
    ] {
        let (found, report, messages) = call("check", file, "");
        assert_eq!(found, status, "{file}: {report}{messages}");
        assert!(messages.starts_with(&format!("tlsagen: {message}")), "{file}: {messages}");
    }
    let (status, changes, messages) = call("diff", "delegated.zone", "");
    assert!(
        status == 1 && changes.starts_with("+ ") && messages.contains("[records-unserved]"),
        "{messages}"
    );
    let (.., messages) = call("diff", "missing-dot.zone", "");
    assert!(messages.contains("_25._tcp.mx.example.example."), "{messages}");
}

#[test]
fn every_file_has_a_test() {
    let named: BTreeSet<&str> = (COVERED.into_iter().chain(ABSENT).chain(MISTAKEN).chain(FAILED))
        .chain(REFUSED.map(|(file, ..)| file))
        .chain(["fullchain.pem"])
        .collect();
    let files = fs::read_dir(format!("{ROOT}/tests/field")).unwrap();
    let files: BTreeSet<String> =
        files.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(files.iter().map(String::as_str).collect::<BTreeSet<_>>(), named);
}

#[test]
fn sets_that_are_too_large_are_reported() {
    let folder = env!("CARGO_TARGET_TMPDIR");
    let record = |number: usize| format!("_25._tcp.mx.example. TLSA 3 1 1 {number:064x}\n");
    for (count, data, expected) in [(12, "", false), (13, "", true), (1, &*"aa".repeat(1200), true)] {
        let mut zone: String = (0..count).map(record).collect();
        if !data.is_empty() {
            zone.push_str(&format!("_25._tcp.mx.example. TLSA 3 1 0 {data}\n"));
        }
        fs::write(format!("{folder}/large.zone"), zone).unwrap();
        let output = run(&format!(
            "check tests/field/fullchain.pem mx.example --at 2026-11-29T00:00:00Z --records {folder}/large.zone"
        ));
        let messages = String::from_utf8(output.stderr).unwrap();
        assert_eq!(messages.contains("warning[set-large]"), expected, "{count}: {messages}");
    }
}
