//! Published records: `check` and `diff` read what the program prints, and broken input never makes them panic.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "common/numbers.rs"]
mod numbers;
#[path = "common/program.rs"]
mod program;

use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use numbers::Numbers;
use program::{ROOT, command, printed, run};
use time::OffsetDateTime;
use tlsagen::advice;
use tlsagen::chain::Budget;
use tlsagen::diagnostic::Severity;
use tlsagen::diff;
use tlsagen::generate::{self, Material};
use tlsagen::owner::{Endpoint, HostName, Origin, Owner, Port};
use tlsagen::records::{Found, PublishedSet};
use tlsagen::render::{self, Format, Style};
use tlsagen::tlsa::{Params, Tlsa};
use tlsagen::verify::{Policy, Verdict, verify};

/// Runs the program in the checkout with `input` on standard input.
fn fed(call: &str, input: &[u8]) -> Output {
    let mut child = command(ROOT, call.split_whitespace())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The write fails if the program does not read its standard input.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

/// Files, and whether the file contains an issuer that usage 2 records may match.
const FILES: [(&str, bool); 19] = [
    ("fullchain-rsa", true),
    ("with-root-rsa", true),
    ("with-root-ecdsa", true),
    ("with-root-ed25519", true),
    ("fullchain-p384", true),
    ("shuffled-rsa", true),
    ("dual-rsa-ecdsa", true),
    ("cross-signed", true),
    ("name-constraints", true),
    ("no-ids", true),
    ("wildcard", false),
    ("p521-chain", false),
    ("rsapss-chain", true),
    ("key-rsa-no-null", false),
    ("key-ec-explicit", false),
    ("key-dsa", false),
    ("self-signed-server", false),
    ("expired-leaf", false),
    ("bad-date", false),
];
const OF_END_ENTITY: [&str; 6] = ["3 1 1", "3 0 1", "3 1 2 3 1 1", "3 1 0", "3 0 0", "3 0 2 3 1 1"];
const OF_CAS: [&str; 5] = ["2 1 1", "2 0 1", "3 1 1 2 1 1", "2 0 0", "2 1 2 2 1 1 3 1 1"];

/// Format, TTL and origin for each way to print records.
const WAYS: [(Format, Option<u32>, Option<&str>); 5] = [
    (Format::Zone, None, None),
    (Format::Zone, Some(300), None),
    (Format::Zone, None, Some("example")),
    (Format::Generic, None, None),
    (Format::Rdata, None, None),
];

#[test]
fn what_is_printed_is_covered_and_needs_no_change() {
    let now = OffsetDateTime::now_utc();
    let mut cases = 0;
    for (file, has_path) in FILES {
        let materials = [material(&format!("{file}.pem"))];
        for words in OF_END_ENTITY.iter().chain(OF_CAS.iter().filter(|_| has_path)) {
            let params = Params::parse_all(&words.split(' ').collect::<Vec<_>>()).unwrap();
            let records = generate::records(&materials, &params, None).unwrap();
            let wanted: Vec<&Tlsa> = records.iter().map(|record| &record.tlsa).collect();
            for (format, ttl, origin) in WAYS {
                let case = format!("{file} {words} {format:?} {ttl:?} {origin:?}");
                // The rdata format has no owner names, so use a single owner.
                let ports: &[u16] = if format == Format::Rdata { &[25] } else { &[25, 465] };
                let owner = |port: &u16| format!("_{port}._tcp.mx.example").parse().unwrap();
                let owners: Vec<Owner> = ports.iter().map(owner).collect();
                let endpoints = Endpoint::parse_list("mx.example").unwrap();
                let context = advice::Context {
                    materials: &materials,
                    records: &records,
                    params: &params,
                    endpoints: &endpoints,
                    owners: &owners,
                    ttl,
                    now,
                };
                let findings = advice::findings(&context);
                assert!(findings.iter().all(|finding| finding.severity < Severity::Error), "{case}");
                let origin: Option<Origin> = origin.map(|origin| origin.parse().unwrap());
                let style = Style {
                    format,
                    ttl,
                    origin: origin.clone(),
                    comments: false,
                    groups: false,
                    single_line: false,
                };
                let printed = render::render(&owners, &records, &findings, &style);
                let set = PublishedSet::read(printed.as_bytes(), origin.as_ref(), &owners).unwrap();
                for owner in &owners {
                    let found = set.at(owner).unwrap();
                    let names = [owner.host().unwrap()];
                    let on_smtp = owner.port() == Some(Port::SMTP);
                    let policy = Policy { names: &names, on_smtp, store: None, now };
                    let chain = materials[0].chain().unwrap();
                    let report = verify(owner, Some(found.clone()), chain, &[], &policy).unwrap();
                    assert_eq!(report.verdict, Verdict::Covered, "{case}: {report:?}");
                    assert!(diff::diff(&wanted, &found.records, None).is_empty(), "{case}");
                }
                cases += 1;
            }
        }
    }
    assert_eq!(cases, 19 * 6 * 5 + 11 * 5 * 5);
}

/// The same on the command line, once for each way to print records.
#[test]
fn what_the_program_prints_it_takes_for_covered_and_in_need_of_no_change() {
    for (file, params, owners, style) in [
        ("fullchain-rsa", "3 1 1", " -p 25,465", ""),
        ("with-root-ecdsa", "2 0 0", " -p 25,465", " --ttl 300"),
        ("dual-rsa-ecdsa", "3 1 2 3 1 1", " -p 25,465 --origin example", ""),
        ("cross-signed", "2 1 2 2 1 1 3 1 1", " -p 25,465", " -f generic"),
        ("bad-date", "3 0 0", "", " -f rdata"),
    ] {
        let call = format!("fixtures/{file}.pem mx.example {params}{owners}");
        let printed = printed(&format!("{call}{style}"));
        let check = format!("check fixtures/{file}.pem mx.example{owners} --records - -q");
        let checked = fed(&check, printed.as_bytes());
        let report = String::from_utf8_lossy(&checked.stdout).into_owned();
        assert_eq!(checked.status.code(), Some(0), "{call}: {report}");
        let diff = fed(&format!("diff {call} --records - -q"), printed.as_bytes());
        assert_eq!((diff.status.code(), diff.stdout), (Some(0), Vec::new()), "{call}");
    }
}

#[test]
fn a_secret_given_for_records_is_not_echoed() {
    let mut seen = 0;
    for entry in fs::read_dir(format!("{ROOT}/fixtures")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if !(name.starts_with("next-") || name.starts_with("combo")) {
            continue;
        }
        for origin in ["", " --origin example"] {
            let call =
                format!("check fixtures/fullchain-rsa.pem mx.example --records fixtures/{name}{origin}");
            let output = run(&call);
            assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{call}");
            let said = String::from_utf8(output.stderr).unwrap();
            let octets = fs::read(&path).unwrap();
            for line in octets.split(|octet| octet.is_ascii_whitespace()).filter(|line| line.len() > 8) {
                assert!(!said.contains(&*String::from_utf8_lossy(line)), "{call}: {said}");
            }
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen}");
}

/// RSA keys of 1024 bits are accepted by Postfix, but not at OpenSSL's default security level on Debian.
#[test]
fn a_weak_anchor_in_a_record_is_a_match_with_a_warning() {
    let chain = fs::read_to_string(format!("{ROOT}/fixtures/rsa1024-ca.pem")).unwrap();
    let end = "-----END CERTIFICATE-----\n";
    let leaf = chain.split_inclusive(end).next().unwrap();
    let call = "check - mx.example --records fixtures/published/rsa1024-anchor.zone";
    let output = fed(call, leaf.as_bytes());
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("  match      2 0 0") && said.contains("warning[weak-key]"), "{said}");
}

fn material(name: &str) -> Material {
    Material::read(
        name.to_owned(),
        &fs::read(format!("{ROOT}/fixtures/{name}")).unwrap(),
        &[],
        &Budget::default(),
    )
    .unwrap()
}

fn judge(material: &Material, found: Found) {
    let owner: Owner = "_25._tcp.mx.example".parse().unwrap();
    let names = ["mx.example".parse::<HostName>().unwrap()];
    for on_smtp in [false, true] {
        let now = OffsetDateTime::from_unix_timestamp(1_790_000_000).unwrap();
        let policy = Policy { names: &names, on_smtp, store: None, now };
        let chain = material.chain().unwrap();
        let report = verify(&owner, Some(found.clone()), chain, &[], &policy).unwrap();
        assert!(report.records().eq(&found.records));
    }
}

#[test]
fn broken_text_is_an_error_and_never_a_panic() {
    let owner: Owner = "_25._tcp.mx.example".parse().unwrap();
    let material = material("fullchain-rsa.pem");
    let (mut read, mut refused) = (0, 0);
    let mut look = |text: &[u8]| {
        match PublishedSet::read(text, Some(&"example".parse().unwrap()), std::slice::from_ref(&owner)) {
            Ok(set) => {
                read += 1;
                if let Some(found) = set.at(&owner) {
                    judge(&material, found);
                }
            }
            Err(error) => {
                refused += 1;
                assert!(error.line > 0, "{error}");
            }
        };
    };
    let mut numbers = Numbers(20_261_124);
    for entry in fs::read_dir(format!("{ROOT}/fixtures/published")).unwrap() {
        let text = fs::read(entry.unwrap().path()).unwrap();
        for end in 0..text.len() {
            look(&text[..end]);
        }
        for _ in 0..400 {
            let mut text = text.clone();
            for _ in 0..=numbers.below(3) {
                let at = numbers.below(text.len());
                let octets = b"\"\\();\n\r\t @$*.0aFgTLSA\xff\x00";
                match numbers.below(3) {
                    0 => text[at] = octets[numbers.below(octets.len())],
                    1 => text[at] ^= 1 << numbers.below(8),
                    _ => text.insert(at, octets[numbers.below(octets.len())]),
                }
            }
            look(&text);
        }
    }
    assert!(read > 1000 && refused > 1000, "{read} read, {refused} refused");
}

#[test]
fn broken_anchors_are_unusable_or_no_match_and_never_a_panic() {
    let material = material("fullchain-rsa.pem");
    let mut numbers = Numbers(7);
    for name in ["root-full.zone", "root.zone", "unusable-beside.zone"] {
        let text = fs::read(format!("{ROOT}/fixtures/published/{name}")).unwrap();
        let owner: Owner = "_25._tcp.mx.example".parse().unwrap();
        let set = PublishedSet::read(&text, None, std::slice::from_ref(&owner)).unwrap();
        let found = set.at(&owner).unwrap();
        let original = &found.records[0];
        for at in 0..original.data.len() {
            let mut changed = original.clone();
            changed.data[at] ^= 1 << numbers.below(8);
            let mut short = original.clone();
            short.data.truncate(at.max(1));
            for selector in 0..3 {
                changed.selector = selector;
                short.selector = selector;
                let records = vec![changed.clone(), short.clone()];
                judge(&material, Found { holder: found.holder.clone(), records });
            }
        }
    }
}

#[test]
fn large_zones_are_read() {
    let mut zone = String::from("$ORIGIN example.\n@ IN SOA ns hostmaster 1 2 3 4 5\n");
    while zone.len() < 6_000_000 {
        zone.push_str(&format!("host{} 3600 IN AAAA 2001:db8::1\n", zone.len()));
    }
    zone.push_str("_25._tcp.mx IN CNAME tlsa\n");
    let mut numbers = Numbers(1);
    for _ in 0..100_000 {
        let octets: String = (0..4).map(|_| format!("{:016x}", numbers.next())).collect();
        zone.push_str(&format!("tlsa IN TLSA 3 1 1 {octets}\n"));
    }
    let right = run("fixtures/fullchain-rsa.pem mx.example -f rdata");
    zone.push_str(&format!("tlsa IN TLSA {}", String::from_utf8(right.stdout).unwrap()));
    let checked = fed("check fixtures/fullchain-rsa.pem mx.example -q --records -", zone.as_bytes());
    assert_eq!(checked.status.code(), Some(0));
    assert_eq!(
        checked.stdout.split(|octet| *octet == b'\n').filter(|line| line.starts_with(b"  unmatched")).count(),
        100_000
    );
}

/// Peak memory of `check` in KiB after reading the records, measured while `check` waits for the file of CAs.
#[cfg(target_os = "linux")]
fn memory_of_reading(name: &str, zone: &str) -> usize {
    let folder = env!("CARGO_TARGET_TMPDIR");
    let (records, fifo) = (format!("{folder}/memory-{name}.zone"), format!("{folder}/memory-{name}.fifo"));
    fs::write(&records, zone).unwrap();
    let _ = fs::remove_file(&fifo);
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let call = ["check", "fixtures/fullchain-rsa.pem", "mx.example", "-q", "--records", &records];
    let mut child = command(ROOT, call)
        .args(["--ca-file", &fifo, "--origin", "a-zone-with-a-long-name.example"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut cas = fs::OpenOptions::new().write(true).open(&fifo).unwrap();
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    cas.write_all(&fs::read(format!("{ROOT}/fixtures/root-rsa.pem")).unwrap()).unwrap();
    drop(cas);
    assert_eq!(child.wait().unwrap().code(), Some(1), "the records of another chain");
    fs::remove_file(&records).unwrap();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    most.trim().trim_end_matches(" kB").parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_asked_for_take_no_memory() {
    const OWN: &str = "_25._tcp.mx.example. CNAME t.example.\nt.example. TLSA 3 1 1 aa\n";
    let filled = |mebibytes: usize, line: &dyn Fn(usize) -> String| {
        let mut zone = OWN.to_owned();
        for number in 0.. {
            zone.push_str(&line(number));
            if zone.len() > mebibytes * 1024 * 1024 - 300 {
                break;
            }
        }
        (mebibytes, zone)
    };
    let base = memory_of_reading("base", OWN);
    for (name, (mebibytes, zone)) in [
        ("long", filled(16, &|number| format!("{0}.{0}.{0}.h{number}. A 192.0.2.1\n", "a".repeat(60)))),
        // Names with many one-letter labels, each with a different last label.
        ("deep", filled(2, &|number| format!("{}{number}. A 192.0.2.1\n", "a.".repeat(118)))),
        ("many", filled(2, &|number| format!("h{number} A 1.2.3.4\n"))),
        ("aliases", filled(2, &|number| format!("host{number}.example. IN CNAME www{number}.example.\n"))),
        ("one-entry", filled(2, &|number| if number == 0 { "x APL (" } else { " a\n" }.to_owned())),
    ] {
        let end = if name == "one-entry" { ")\n" } else { "" };
        let taken = memory_of_reading(name, &(zone + end)).saturating_sub(base);
        assert!(taken < 4 * mebibytes * 1024, "{name}: {taken} kB for {mebibytes} MiB");
    }
}
