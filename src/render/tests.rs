//! Tests of output that depends on the length of data and on the number of owners and certificates.

use super::*;
use crate::chain::Budget;
use crate::generate::{self, Material};
use crate::records::Published;
use crate::tlsa::Params;

/// A published record with data of `length` octets.
fn of_length(length: usize) -> Published {
    Published { usage: 3, selector: 1, matching_type: 0, data: vec![0xab; length] }
}

/// A SHA2-512 digest is shown in full, because people compare it by eye; whole certificates and keys are shortened.
#[test]
fn data_longer_than_the_longest_digest_are_shown_by_their_ends() {
    assert_eq!(terminal::shortened(&of_length(32)), format!("3 1 0 {}", "ab".repeat(32)));
    assert_eq!(terminal::shortened(&of_length(64)), format!("3 1 0 {}", "ab".repeat(64)));
    let long = format!("3 1 0 {}...{}", "ab".repeat(21), "ab".repeat(8));
    assert_eq!(terminal::shortened(&of_length(65)), long);
    assert_eq!(terminal::shortened(&of_length(4000)), long);
}

/// Returns the text of the records with `params` for a fixture, with a placeholder such as `<0-1-1>` for each
/// association data.
fn text(params: &str, owners: &[&str], style: &Style) -> String {
    let pem = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/fullchain-rsa.pem"));
    let materials = [Material::read("fullchain-rsa.pem".to_owned(), pem, &[], &Budget::default()).unwrap()];
    let params = Params::parse_all(&params.split(' ').collect::<Vec<_>>()).unwrap();
    let records = generate::records(&materials, &params, None).unwrap();
    let owners: Vec<Owner> = owners.iter().map(|owner| owner.parse().unwrap()).collect();
    let expected =
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/expected/fullchain-rsa.pem.txt"));
    let mut text = render(&owners, &records, &[], style);
    for line in expected.lines() {
        let (what, hex) = line.rsplit_once(' ').unwrap();
        text = text.replace(hex, &format!("<{}>", what.replace(' ', "-")));
    }
    text
}

fn style(format: Format) -> Style {
    Style { format, ttl: None, origin: None, comments: false, groups: false, single_line: false }
}

const OWNERS: [&str; 2] = ["_25._tcp.mx.example", "_465._tcp.mx.example"];

#[test]
fn each_owner_has_all_records_and_record_data_stand_alone_once() {
    assert_eq!(
        text("3 1 1 2 1 1", &OWNERS, &style(Format::Zone)),
        "_25._tcp.mx.example. IN TLSA 3 1 1 <0-1-1>\n_25._tcp.mx.example. IN TLSA 2 1 1 <1-1-1>\n\
         _465._tcp.mx.example. IN TLSA 3 1 1 <0-1-1>\n_465._tcp.mx.example. IN TLSA 2 1 1 <1-1-1>\n"
    );
    assert_eq!(text("3 1 1 2 1 1", &OWNERS, &style(Format::Rdata)), "3 1 1 <0-1-1>\n2 1 1 <1-1-1>\n");
}

/// RFC 3597 section 5: the number of octets in decimal, then the octets; the first three octets are the
/// parameters.
#[test]
fn the_length_of_generic_data_counts_the_parameters() {
    let generic =
        Style { ttl: Some(300), origin: Some("example".parse().unwrap()), ..style(Format::Generic) };
    assert_eq!(
        text("3 0 1 3 1 2", &OWNERS[..1], &generic),
        "_25._tcp.mx 300 IN TYPE52 \\# 35 030001<0-0-1>\n_25._tcp.mx 300 IN TYPE52 \\# 67 030102<0-1-2>\n"
    );
}

/// nsupdate requires absolute names and a TTL. One message per owner applies all changes of that owner at once (RFC
/// 2136 section 3.7).
#[test]
fn nsupdate_sends_each_owner_by_itself() {
    let relative =
        Style { origin: Some("example".parse().unwrap()), groups: true, ..style(Format::Nsupdate) };
    assert_eq!(
        text("3 1 1", &OWNERS, &relative),
        "update add _25._tcp.mx.example. 3600 IN TLSA 3 1 1 <0-1-1>\nsend\n\
         update add _465._tcp.mx.example. 3600 IN TLSA 3 1 1 <0-1-1>\nsend\n"
    );
}

/// Records of one certificate form a group, and each owner starts a new group.
#[test]
fn comments_and_empty_lines_come_with_each_certificate() {
    let grouped = Style { comments: true, groups: true, ..style(Format::Zone) };
    let text = text("3 1 1 3 0 1 2 1 1", &OWNERS, &grouped);
    let kinds: Vec<&str> = text
        .lines()
        .map(|line| match line {
            "" => "",
            line if line.starts_with("; ") => line.split(['=', ' ']).nth(1).unwrap(),
            line => line.rsplit(' ').next().unwrap(),
        })
        .collect();
    let of_leaf = ["subject", "issuer", "notBefore", "notAfter", "<0-1-1>", "<0-0-1>"];
    let of_issuer = ["subject", "issuer", "notBefore", "notAfter", "<1-1-1>"];
    let of_owner = [&of_leaf[..], &[""], &of_issuer].concat();
    assert_eq!(kinds, [&of_owner[..], &[""], &of_owner].concat());
}
