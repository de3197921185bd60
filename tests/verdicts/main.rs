//! Verdicts about crafted chains: OpenSSL's libssl is asked about each, GnuTLS's libdane where the library differs.
//!
//! `VERDICT_CHAINS` and `VERDICT_SEED` change how many chains there are and which; a failure names the seed of its
//! chain, which `VERDICT_SEED=... cargo test --test verdicts one_chain -- --ignored --nocapture` tries alone, and the
//! folder of its files. There, `danev < line` and `tlsagen check chain.pem mx.example.com --any --records records.zone
//! --at 2026-09-21T14:13:20Z` (with `mx.example.com:443 --ca-file store.pem` for usages 0 and 1) answer again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

mod chains;
mod chance;
mod court;
mod craft;
mod crowds;
mod der;
mod extensions;
mod given;
mod judgement;
mod limits;
mod names;
#[path = "../common/numbers.rs"]
mod numbers;
mod oddities;
mod oracle;
mod ours;
#[path = "../common/program.rs"]
mod program;
mod records;
#[path = "../common/running.rs"]
mod running;

use std::fmt::Write as _;
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use court::{Court, Difference, Tally};

/// Differences that are printed in full.
const PRINTED: usize = 20;

fn number_of(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// Makes the programs and the keys, once for all tests.
fn prepare() {
    static PREPARED: Once = Once::new();
    PREPARED.call_once(|| {
        oracle::compile();
        craft::make_keys();
    });
}

/// Tries the chains of these seeds on a few threads.
fn try_chains(first: u64, count: u64) -> Tally {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(4);
    let next = AtomicU64::new(first);
    let work = |number| {
        let mut court = Court::new(number);
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + count {
                return court.tally;
            }
            court.try_chain(seed);
        }
    };
    let mut tally = Tally::default();
    thread::scope(|scope| {
        let work = &work;
        let started: Vec<_> = (0..threads).map(|number| scope.spawn(move || work(number))).collect();
        for thread in started {
            tally.add(thread.join().unwrap());
        }
    });
    tally
}

/// The counts, and the first differences in the order of their seeds, each kind in turn.
fn report(tally: &mut Tally) -> String {
    let mut text = String::new();
    let mut counts: Vec<_> = tally.counts.iter().collect();
    counts.sort_by_key(|(_, number)| std::cmp::Reverse(**number));
    for (kind, number) in counts {
        let _ = writeln!(text, "{number:>7} {kind}");
    }
    tally.differences.sort_by_key(|difference| difference.seed);
    let mut seen: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    let rank = |Difference { kind, .. }: &Difference| {
        let rank = seen.entry(kind.clone()).or_default();
        *rank += 1;
        *rank
    };
    let ranks: Vec<usize> = tally.differences.iter().map(rank).collect();
    let mut differences: Vec<_> = ranks.into_iter().zip(&tally.differences).collect();
    differences.sort_by_key(|(rank, difference)| (*rank, difference.seed));
    for (_, Difference { seed, kind, description }) in differences.into_iter().take(PRINTED) {
        let _ = write!(text, "VERDICT_SEED={seed}: {kind}\n{description}");
    }
    text
}

#[test]
#[ignore = "needs libssl"]
fn verdicts_agree_with_those_of_openssl_and_gnutls() {
    prepare();
    let (chains, seed) = (number_of("VERDICT_CHAINS", 500), number_of("VERDICT_SEED", 20_261_125));
    println!("{chains} chains from VERDICT_SEED={seed}");
    // Those of the last run.
    let _ = std::fs::remove_dir_all(craft::folder().join("failures"));
    let start = Instant::now();
    let mut tally = try_chains(seed, chains);
    println!("{} s\n{}", start.elapsed().as_secs(), report(&mut tally));
    assert!(tally.differences.is_empty(), "verdicts differ");
    let count = |kind: &str| u64::try_from(tally.counts.get(kind).copied().unwrap_or(0)).unwrap();
    assert!(count("yes, yes") > chains && count("no, no") > chains, "too few of a kind");
}

/// Seeds that found faults, as long as they make the same chains: a record with a twin of a CA that this program cannot
/// read, a subjectAltName that occurs twice below a bare key, and a CA with a DNS name that signed no other certificate;
/// then records that are undecided for different reasons.
const FOUND: [u64; 5] = [786_220, 775_534, 1_795_891_802, 1_795_901_131, 1_795_909_477];

#[test]
#[ignore = "needs libssl"]
fn chains_that_found_faults() {
    prepare();
    let mut court = Court::new(98);
    FOUND.iter().for_each(|seed| court.try_chain(*seed));
    println!("{}", report(&mut court.tally));
    assert!(court.tally.differences.is_empty(), "verdicts differ");
}

/// Tries one chain again.
#[test]
#[ignore = "needs libssl"]
fn one_chain() {
    prepare();
    let Ok(seed) = std::env::var("VERDICT_SEED") else { return };
    let mut court = Court::new(99);
    court.try_chain(seed.parse().unwrap());
    println!("{}", report(&mut court.tally));
    assert!(court.tally.differences.is_empty(), "verdicts differ");
}
