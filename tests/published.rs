//! Published records: what the program prints, `check` and `diff` read; what is broken never makes them fall.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "common/numbers.rs"]
mod numbers;

use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use numbers::Numbers;
use time::OffsetDateTime;
use tlsagen::generate::Material;
use tlsagen::owner::{HostName, Owner};
use tlsagen::records::{Found, PublishedSet};
use tlsagen::verify::{Policy, verify};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn tlsagen(call: &str, input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tlsagen"))
        .args(call.split_whitespace())
        .current_dir(ROOT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Calls that do not read their input close it.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

#[test]
fn what_is_printed_is_covered_and_needs_no_change() {
    let files = [
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
    let of_end_entity = ["3 1 1", "3 0 1", "3 1 2 3 1 1", "3 1 0", "3 0 0", "3 0 2 3 1 1"];
    let of_cas = ["2 1 1", "2 0 1", "3 1 1 2 1 1", "2 0 0", "2 1 2 2 1 1 3 1 1"];
    let formats = ["", " --ttl 300", " --origin example", " -f generic", " -f rdata"];
    for (file, has_path) in files {
        let params = of_end_entity.iter().chain(of_cas.iter().filter(|_| has_path));
        for params in params {
            for format in formats {
                // dig +short has no owners, so one owner then.
                let ports = if format.ends_with("rdata") { "" } else { " -p 25,465" };
                let call = format!("fixtures/{file}.pem mx.example {params}{ports}");
                let printed = tlsagen(&format!("{call}{format}"), b"");
                assert!(printed.status.success(), "{call}{format}");
                let origin = if format.contains("origin") { format } else { "" };
                let check = format!("check fixtures/{file}.pem mx.example{ports}{origin} --records - -q");
                let checked = tlsagen(&check, &printed.stdout);
                let report = String::from_utf8_lossy(&checked.stdout).into_owned();
                assert_eq!(checked.status.code(), Some(0), "{call}{format}: {report}");
                let diff = tlsagen(&format!("diff {call}{origin} --records - -q"), &printed.stdout);
                assert_eq!((diff.status.code(), diff.stdout), (Some(0), Vec::new()), "{call}{format}");
            }
        }
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
            let output = tlsagen(&call, b"");
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

#[test]
fn an_anchor_whose_key_the_verifier_does_not_take_is_undecided() {
    let chain = fs::read_to_string(format!("{ROOT}/fixtures/rsa1024-ca.pem")).unwrap();
    let end = "-----END CERTIFICATE-----\n";
    let leaf = chain.split_inclusive(end).next().unwrap();
    let call = "check - mx.example --records fixtures/published/rsa1024-anchor.zone";
    let output = tlsagen(call, leaf.as_bytes());
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(
        said.contains("  unverified 2 0 0") && said.contains("does not support RSA keys below 2048 bits"),
        "{said}"
    );
}

fn material(name: &str) -> Material {
    Material::read(name.to_owned(), &fs::read(format!("{ROOT}/fixtures/{name}")).unwrap()).unwrap()
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
    let right = tlsagen("fixtures/fullchain-rsa.pem mx.example -f rdata", b"");
    zone.push_str(&format!("tlsa IN TLSA {}", String::from_utf8(right.stdout).unwrap()));
    let checked = tlsagen("check fixtures/fullchain-rsa.pem mx.example -q --records -", zone.as_bytes());
    assert_eq!(checked.status.code(), Some(0));
    assert_eq!(
        checked.stdout.split(|octet| *octet == b'\n').filter(|line| line.starts_with(b"  unmatched")).count(),
        100_000
    );
}

/// Kilobytes of memory that `check` has taken once the records are read: then it waits for the file of CAs.
#[cfg(target_os = "linux")]
fn memory_of_reading(name: &str, zone: &str) -> usize {
    let folder = env!("CARGO_TARGET_TMPDIR");
    let (records, fifo) = (format!("{folder}/memory-{name}.zone"), format!("{folder}/memory-{name}.fifo"));
    fs::write(&records, zone).unwrap();
    let _ = fs::remove_file(&fifo);
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let mut child = Command::new(env!("CARGO_BIN_EXE_tlsagen"))
        .args(["check", "fixtures/fullchain-rsa.pem", "mx.example", "-q", "--records", &records])
        .args(["--ca-file", &fifo, "--origin", "a-zone-with-a-long-name.example"])
        .current_dir(ROOT)
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
        // Labels of one letter below an end that no other name has.
        ("deep", filled(2, &|number| format!("{}{number}. A 192.0.2.1\n", "a.".repeat(118)))),
        ("many", filled(2, &|number| format!("h{number} A 1.2.3.4\n"))),
        ("aliases", filled(2, &|number| format!("host{number}.example. IN CNAME www{number}.example.\n"))),
        ("one-entry", filled(2, &|number| if number == 0 { "x TXT (" } else { " a\n" }.to_owned())),
    ] {
        let end = if name == "one-entry" { ")\n" } else { "" };
        let taken = memory_of_reading(name, &(zone + end)).saturating_sub(base);
        assert!(taken < 4 * mebibytes * 1024, "{name}: {taken} kB for {mebibytes} MiB");
    }
}
