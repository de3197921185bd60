//! `check` on large zone files, in memory: 10 MB of other records, and 100,000 TLSA records of one owner.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot start has nothing to report")]

use divan::Bencher;
use divan::counter::BytesCount;
use time::OffsetDateTime;
use tlsagen::chain::Budget;
use tlsagen::generate::Material;
use tlsagen::owner::{HostName, Owner};
use tlsagen::records::PublishedSet;
use tlsagen::verify::{Policy, verify};

fn judge(zone: &str) -> usize {
    let path = format!("{}/fixtures/fullchain-rsa.pem", env!("CARGO_MANIFEST_DIR"));
    let material =
        Material::read(path.clone(), &std::fs::read(path).unwrap(), &[], &Budget::default()).unwrap();
    let owner: Owner = "_25._tcp.mx.example".parse().unwrap();
    let set = PublishedSet::read(zone.as_bytes(), None, std::slice::from_ref(&owner)).unwrap();
    let names = ["mx.example".parse::<HostName>().unwrap()];
    // A time within the validity periods of the fixtures.
    let now = OffsetDateTime::from_unix_timestamp(1_790_000_000).unwrap();
    let policy = Policy { names: &names, on_smtp: true, store: None, now };
    let found = set.at(&owner).unwrap();
    verify(&owner, Some(found), material.chain().unwrap(), &[], &policy).unwrap().judged.len()
}

const RECORD: &str = "_25._tcp.mx.example. IN TLSA 3 1 1";

#[divan::bench(sample_count = 10)]
fn ten_megabytes_of_other_records(bencher: Bencher) {
    let mut zone = format!("{RECORD} {:064x}\n", 1);
    while zone.len() < 10_000_000 {
        zone.push_str(&format!("host{}.example. 3600 IN AAAA 2001:db8::1\n", zone.len()));
    }
    bencher.counter(BytesCount::of_str(&zone)).bench_local(|| judge(&zone));
}

#[divan::bench(sample_count = 10)]
fn one_hundred_thousand_tlsa_records(bencher: Bencher) {
    let zone: String = (1..=100_000).map(|number| format!("{RECORD} {number:064x}\n")).collect();
    bencher.counter(BytesCount::of_str(&zone)).bench_local(|| judge(&zone));
}

fn main() {
    divan::main();
}
