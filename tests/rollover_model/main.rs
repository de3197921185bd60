//! A model of the rollover: random schedules of renewals and faults, in virtual seconds.
//!
//! At every moment, each RRset that a cache may hold covers each chain that a service of the host sends (RFC 7671
//! section 8). Once the faults stop, every machine becomes steady.
//!
//! | variable | meaning |
//! |---|---|
//! | `ROLLOVER_SCHEDULES` | the number of schedules; 2,000 if not set |
//! | `ROLLOVER_SEED` | the only schedule to run, with its trace if it fails |
//!
//! | file | job |
//! |---|---|
//! | `chains` | chains, their records, and the rule of coverage |
//! | `zone` | name servers and caches |
//! | `machine` | files, service, state and clocks of a machine |
//! | `setup` | how a schedule starts |
//! | `world` | the events, and the check after each |
//! | `chance` | renewals and faults |
//! | `hook` | the hook, with kills between its commands |
//! | `call` | what a call sees and wants, and what no decision may contain |
//! | `settle` | the end without faults |
//! | `policy` | the program's policy, and policies with one fault each |
//! | `figures` | counts |

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "tests")]

mod call;
mod chains;
mod chance;
mod figures;
mod hook;
mod machine;
#[path = "../common/numbers.rs"]
mod numbers;
mod policy;
mod settle;
mod setup;
mod world;
mod zone;

use std::num::NonZero;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use figures::Figures;
use policy::Policy;
use world::World;

const SCHEDULES: u64 = 2_000;

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// Runs schedules in all threads. Returns the figures, or the seed of a schedule that fails.
fn run(seeds: Range<u64>, policy: Policy) -> Result<Figures, u64> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let failed = AtomicBool::new(false);
    let part = |first: usize| {
        let mut figures = Figures::default();
        for seed in seeds.clone().skip(first).step_by(threads) {
            if failed.load(Ordering::Relaxed) {
                break;
            }
            match World::run(seed, policy, false) {
                Ok(of_schedule) => figures.add(of_schedule),
                Err(_) => {
                    failed.store(true, Ordering::Relaxed);
                    return Err(seed);
                }
            }
        }
        Ok(figures)
    };
    let results: Vec<_> = thread::scope(|scope| {
        let part = &part;
        let running: Vec<_> = (0..threads).map(|first| scope.spawn(move || part(first))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut all = Figures::default();
    for result in results {
        all.add(result?);
    }
    Ok(all)
}

#[test]
fn no_client_ever_refuses_a_server() {
    let seeds = match variable("ROLLOVER_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..variable("ROLLOVER_SCHEDULES").unwrap_or(SCHEDULES),
    };
    match run(seeds, Policy::Right) {
        Ok(figures) => println!("{figures:?}"),
        Err(seed) => {
            let trace = World::run(seed, Policy::Right, true).unwrap_err();
            panic!("{trace}\nrepeat with ROLLOVER_SEED={seed}");
        }
    }
}

/// Some schedule must show the fault.
#[track_caller]
fn is_found(policy: Policy) {
    let found = run(0..SCHEDULES, policy);
    println!("{policy:?}: {:?}", found.as_ref().err());
    assert!(found.is_err(), "{policy:?} passes");
}

#[test]
fn a_policy_that_never_probes_is_found() {
    is_found(Policy::NeverProbes);
}

#[test]
fn a_policy_that_retires_records_of_others_is_found() {
    is_found(Policy::RetiresRecordsOfOthers);
}

#[test]
fn a_policy_whose_wait_is_not_of_the_ttl_is_found() {
    is_found(Policy::WaitsOneSecond);
}

#[test]
fn a_policy_that_accepts_other_keys_is_found() {
    is_found(Policy::AcceptsOtherKeys);
}

#[test]
fn a_policy_that_never_waits_is_found() {
    is_found(Policy::NeverWaits);
}

#[test]
fn a_policy_that_trusts_an_empty_state_is_found() {
    is_found(Policy::TrustsEmptyState);
}

#[test]
fn a_policy_that_ignores_silent_servers_is_found() {
    is_found(Policy::IgnoresSilentServers);
}

#[test]
fn a_policy_that_ignores_unreached_addresses_is_found() {
    is_found(Policy::IgnoresUnreachedAddresses);
}

#[test]
fn a_policy_that_trusts_the_wall_clock_is_found() {
    is_found(Policy::TrustsWallClock);
}
