//! Checks sets of records against fixtures. An independent program made the association data in `fixtures/expected`.

use super::*;
use crate::chain::Budget;
use crate::input::Input;
use crate::tlsa::Tlsa;

/// The PEM text of a fixture and the association data of its certificates.
macro_rules! fixture {
    ($name:literal) => {
        (
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/", $name, ".pem")),
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/expected/", $name, ".pem.txt")),
        )
    };
}

type Fixture = (&'static str, &'static str);

/// Parses a record such as `3 1 1 of 0`. The last word is the index of the certificate in the file, or
/// `other` for data that describe no certificate of the file.
fn record((_, expected): Fixture, words: &str) -> Published {
    let words: Vec<&str> = words.split(' ').collect();
    let [usage, selector, matching_type, "of", place] = words[..] else { panic!("{words:?}") };
    let data = match place {
        // Clients skip a digest of the wrong length, so the data has the right length.
        "other" => vec![7; if matching_type == "2" { 64 } else { 32 }],
        place => {
            // The expected file lacks data only for records that clients cannot use.
            let line = format!("{place} {selector} {matching_type} ");
            let found = expected.lines().find_map(|known| known.strip_prefix(&line));
            found.map_or_else(|| vec![7; 32], |found| hex::decode(found).unwrap())
        }
    };
    let [usage, selector, matching_type] =
        [usage, selector, matching_type].map(|number| number.parse().unwrap());
    Published { usage, selector, matching_type, data }
}

/// Checks the records for port 25 against the chain of the fixture.
fn report(fixture: Fixture, records: &[&str]) -> Report {
    let owner: Owner = "_25._tcp.mx.example".parse().unwrap();
    let names = ["mx.example".parse().unwrap()];
    let now = OffsetDateTime::from_unix_timestamp(1_790_000_000).unwrap();
    let policy = Policy { names: &names, on_smtp: true, store: None, now };
    let Input::Certificates(certificates, _) = Input::read(fixture.0.as_bytes()).unwrap() else {
        panic!("keys")
    };
    let records = records.iter().map(|words| record(fixture, words)).collect();
    let found = Found { holder: owner.clone(), records };
    verify(&owner, Some(found), &Chain::new(certificates, &[], &Budget::default()).unwrap(), &[], &policy)
        .unwrap()
}

/// Asserts the verdict for the publisher, the verdict for clients, and the status of each record.
#[track_caller]
fn judged(fixture: Fixture, records: &[&str], verdict: Verdict, any: Verdict, statuses: &[Status]) {
    let report = report(fixture, records);
    assert_eq!((report.verdict, report.any), (verdict, any), "{records:?}");
    let found: Vec<Status> = report.judged.iter().map(|judged| judged.status).collect();
    assert_eq!(found, statuses, "{records:?}");
}

use Status::{Failed, Ignored, Match, Unmatched, Unusable};
use Verdict::{Covered, NotCovered, Partial, Unknown};

/// Leaf and intermediate.
const CHAIN: Fixture = fixture!("fullchain-rsa");
/// Two end entities, at the indices 0 and 2, each before its issuer.
const DUAL: Fixture = fixture!("dual-rsa-ecdsa");

/// RFC 7671 section 9: among digests with the same usage and selector, clients may use only the strongest.
#[test]
fn a_stronger_digest_hides_a_weaker_one_of_its_usage_and_selector() {
    judged(CHAIN, &["3 1 2 of 0", "3 1 1 of 0"], Covered, Covered, &[Match, Ignored]);
    judged(CHAIN, &["3 1 1 of 0", "3 1 2 of other"], Partial, NotCovered, &[Ignored, Unmatched]);
    judged(CHAIN, &["3 1 2 of 0", "3 1 1 of other"], Partial, Covered, &[Match, Ignored]);
    // Records with another selector, another usage or matching type 0 do not hide records and are not hidden.
    judged(CHAIN, &["3 1 1 of 0", "3 0 2 of other"], Partial, Covered, &[Match, Unmatched]);
    judged(CHAIN, &["3 1 1 of 0", "2 1 2 of other"], Partial, Covered, &[Match, Unmatched]);
    judged(CHAIN, &["3 1 0 of 0", "3 1 2 of other"], Partial, Covered, &[Match, Unmatched]);
    // Unusable records do not hide records either.
    judged(CHAIN, &["3 1 1 of 0", "3 1 9 of 0"], Covered, Covered, &[Match, Unusable]);
}

/// RFC 7671 section 8: every combination of usage, selector and matching type must match the chain.
#[test]
fn every_triple_must_cover_every_end_entity_and_a_client_needs_one() {
    judged(CHAIN, &["3 1 1 of 0", "2 1 1 of 1"], Covered, Covered, &[Match, Match]);
    // The record of a next key is harmless if the record of the current key has the same parameters.
    judged(CHAIN, &["3 1 1 of 0", "3 1 1 of other"], Covered, Covered, &[Match, Unmatched]);
    judged(CHAIN, &["3 1 1 of 0", "2 1 1 of other"], Partial, Covered, &[Match, Unmatched]);
    judged(DUAL, &["3 1 1 of 0", "3 1 1 of 2"], Covered, Covered, &[Match, Match]);
    judged(DUAL, &["3 1 1 of 0"], Partial, NotCovered, &[Match]);
    // Each end entity matches some record, but neither triple covers both end entities.
    judged(DUAL, &["3 1 1 of 0", "2 1 1 of 3"], Partial, Covered, &[Match, Match]);
}

#[test]
fn no_record_is_another_answer_than_no_match() {
    judged(CHAIN, &[], Unknown, Unknown, &[]);
    judged(CHAIN, &["3 1 1 of other"], NotCovered, NotCovered, &[Unmatched]);
    judged(CHAIN, &["4 1 1 of 0"], NotCovered, NotCovered, &[Unusable]);
    // RFC 7672 section 3.1.3.
    judged(CHAIN, &["1 1 1 of 0"], NotCovered, NotCovered, &[Unusable]);
    // The record describes the issuer, but the end entity has expired (RFC 7671 section 5.2).
    judged(fixture!("expired-leaf"), &["2 1 1 of 1"], NotCovered, NotCovered, &[Failed]);
    // A usage 2 record never matches the end entity, and a usage 3 record never matches an issuer.
    judged(CHAIN, &["2 1 1 of 0", "3 1 1 of 1"], NotCovered, NotCovered, &[Unmatched, Unmatched]);
}

/// Asserts which records are reported as missing if `records` are published.
#[track_caller]
fn misses(fixture: Fixture, records: &[&str], wanted: &[&str]) {
    let missing: Vec<Published> = report(fixture, records).missing.iter().map(Published::from).collect();
    let wanted: Vec<Published> = wanted.iter().map(|words| record(fixture, words)).collect();
    assert_eq!(missing, wanted, "{records:?}");
}

#[test]
fn what_is_missing_makes_every_triple_cover_every_end_entity() {
    misses(CHAIN, &["3 1 1 of 0", "2 1 1 of 1"], &[]);
    misses(CHAIN, &[], &["3 1 1 of 0"]);
    misses(CHAIN, &["3 0 2 of other", "2 1 1 of other"], &["3 0 2 of 0", "2 1 1 of 1"]);
    misses(DUAL, &["3 1 1 of 0", "2 1 1 of 3"], &["2 1 1 of 1", "3 1 1 of 2"]);
    // No record is missing for parameters that clients cannot use.
    misses(CHAIN, &["4 1 1 of other"], &["3 1 1 of 0"]);
    // The correct record of usage 2 is published but does not match, so 3 1 1 is missing.
    misses(fixture!("expired-leaf"), &["2 1 1 of 1"], &["3 1 1 of 0"]);
    misses(fixture!("expired-leaf"), &["2 1 1 of 1", "3 1 1 of 0"], &[]);
}

/// Asserts the depth and the records of each certificate in the report, and whether each record is published.
#[track_caller]
fn needs(fixture: Fixture, records: &[&str], wanted: &[(usize, &[(&str, bool)])]) {
    let report = report(fixture, records);
    let published = |(tlsa, has): &(Tlsa, bool)| (Published::from(tlsa), *has);
    let found: Vec<(usize, Vec<_>)> = (report.needed.iter())
        .map(|needed| (needed.depth, needed.records.iter().map(published).collect()))
        .collect();
    let of = |(words, has): &(&str, bool)| (record(fixture, words), *has);
    let wanted: Vec<(usize, Vec<_>)> =
        wanted.iter().map(|(depth, records)| (*depth, records.iter().map(of).collect())).collect();
    assert_eq!(found, wanted, "{records:?}");
}

#[test]
fn each_certificate_has_the_records_of_the_published_triples_that_fit_it() {
    needs(CHAIN, &[], &[(0, &[("3 1 1 of 0", false)]), (1, &[("2 1 1 of 1", false)])]);
    needs(
        CHAIN,
        &["3 0 1 of 0", "3 1 2 of other"],
        &[(0, &[("3 0 1 of 0", true), ("3 1 2 of 0", false)]), (1, &[("2 1 1 of 1", false)])],
    );
    // A CA of two end entities would be listed once; here each end entity has its own CA.
    needs(
        DUAL,
        &["3 1 1 of 2"],
        &[
            (0, &[("3 1 1 of 0", false)]),
            (1, &[("2 1 1 of 1", false)]),
            (0, &[("3 1 1 of 2", true)]),
            (1, &[("2 1 1 of 3", false)]),
        ],
    );
}
