//! Runs the fuzz targets on their seeds, on earlier findings and on small changes to both; the inputs are the same in
//! each run.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "common/numbers.rs"]
mod numbers;
#[path = "fuzz/targets.rs"]
mod targets;

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;

use numbers::Numbers;
use targets::{TARGETS, Target};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Changes an input as a fuzzer does: flips, replaces, deletes, truncates or repeats octets, or inserts a piece of
/// `other`.
fn changed(seed: &[u8], other: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut octets = seed.to_vec();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(octets.len());
        let length = numbers.below(32).min(octets.len() - at);
        match numbers.below(6) {
            0 if !octets.is_empty() => octets[at] ^= 1 << numbers.below(8),
            1 if !octets.is_empty() => octets[at] = u8::try_from(numbers.below(256)).unwrap(),
            2 => drop(octets.drain(at..at + length)),
            3 => octets.truncate(at),
            4 => {
                let piece = octets[at..at + length].to_vec();
                drop(octets.splice(at..at, piece));
            }
            _ => {
                let from = numbers.below(other.len());
                let piece = &other[from..(from + 1 + numbers.below(64)).min(other.len())];
                drop(octets.splice(at..at, piece.iter().copied()));
            }
        }
    }
    octets
}

/// Runs a target; if it panics, saves the input to a file and names the file.
#[track_caller]
fn run(target: &Target, octets: &[u8]) {
    if panic::catch_unwind(AssertUnwindSafe(|| (target.run)(octets))).is_err() {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.finding", target.name));
        fs::write(&path, octets).unwrap();
        panic!("target {}: see above; the input is {}", target.name, path.display());
    }
}

fn findings(name: &str) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(format!("{ROOT}/fixtures/findings/{name}")) else { return Vec::new() };
    entries.map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect()
}

#[test]
fn the_targets_hold_on_seeds_findings_and_their_changes() {
    for target in TARGETS {
        let mut seeds = (target.seeds)(ROOT);
        // The fuzzers start from these seeds.
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("fuzz-seeds").join(target.name);
        fs::create_dir_all(&folder).unwrap();
        for (number, seed) in seeds.iter().enumerate() {
            fs::write(folder.join(format!("{number:03}")), seed).unwrap();
        }
        seeds.extend(findings(target.name));
        assert!(seeds.len() > 10, "{}: {} seeds", target.name, seeds.len());
        let mut numbers = Numbers(20_261_124);
        for (number, seed) in seeds.iter().enumerate() {
            run(target, seed);
            let other = &seeds[(number + 1) % seeds.len()];
            for _ in 0..2000 / seeds.len() {
                run(target, &changed(seed, other, &mut numbers));
            }
        }
    }
}

/// The target `pem` compares both readers; here, the quick one is shown to be in use.
#[test]
fn the_quick_reader_takes_the_usual_files_only() {
    let takes = |name: &str| {
        let octets = fs::read(format!("{ROOT}/fixtures/{name}.pem")).unwrap();
        tlsagen::pem_file::Plain::default().take(&octets, true) == octets.len()
    };
    for name in [
        "acme",
        "fullchain-rsa",
        "fullchain-ecdsa",
        "fullchain-p384",
        "leaf-rsa",
        "chain-rsa",
        "with-root-rsa",
    ] {
        assert!(takes(name), "{name}");
    }
    for name in ["crlf", "bom", "combo", "utf16", "text", "next-p256.csr", "x509-label", "trusted"] {
        assert!(!takes(name), "{name}");
    }
}
