//! Tests the limits in the rules.

use super::*;
use crate::chain::Budget;
use crate::diagnostic::Severity;
use crate::generate;
use crate::owner::Transport;

/// Asserts the severities of the findings about `ttl`.
#[track_caller]
fn of_ttl(ttl: Option<u32>, wanted: &[Severity]) {
    let pem = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/fullchain-rsa.pem"));
    let materials = [Material::read("fullchain-rsa.pem".to_owned(), pem, &[], &Budget::default()).unwrap()];
    let params = [Params::DEFAULT];
    let records = generate::records(&materials, &params, None).unwrap();
    let endpoints = Endpoint::parse_list("mx.example").unwrap();
    let owners = endpoints.first().unwrap().owners(&[Port::SMTP], Transport::Tcp).unwrap();
    let context = Context {
        materials: &materials,
        records: &records,
        params: &params,
        endpoints: &endpoints,
        owners: &owners,
        ttl,
        now: OffsetDateTime::from_unix_timestamp(1_790_000_000).unwrap(),
    };
    let findings = findings(&context);
    let of_ttl = findings.iter().filter(|finding| finding.code == Code::TtlHigh);
    let found: Vec<Severity> = of_ttl.map(|finding| finding.severity).collect();
    assert_eq!(found, wanted, "{ttl:?}");
}

#[test]
fn an_hour_and_a_day_are_the_bounds_of_a_ttl() {
    of_ttl(None, &[]);
    of_ttl(Some(0), &[Severity::Warning]);
    of_ttl(Some(1), &[]);
    of_ttl(Some(3600), &[]);
    of_ttl(Some(3601), &[Severity::Hint]);
    of_ttl(Some(86_400), &[Severity::Hint]);
    of_ttl(Some(86_401), &[Severity::Warning]);
}

#[test]
fn at_most_three_subjects_are_named() {
    assert_eq!(words::some([0; 0]), None);
    assert_eq!(words::some([1]).unwrap(), "1");
    assert_eq!(words::some([1, 2, 3]).unwrap(), "1 and 2 and 3");
    assert_eq!(words::some([1, 2, 3, 4]).unwrap(), "1 and 2 and 3 and 1 more");
    assert_eq!(words::some(1..=1000).unwrap(), "1 and 2 and 3 and 997 more");
}
