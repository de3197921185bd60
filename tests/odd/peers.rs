//! Compares with OpenSSL on the same files: OpenSSL accepts their records, and `check` never contradicts OpenSSL.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::files::{Digest, FILES};
use crate::openssl::Server;
use crate::{check, odd, rdata, tlsagen};

/// Files that OpenSSL 3.0 cannot read, has no key for, or cannot use in a handshake.
const NOT_SERVED: [&str; 13] = [
    "date-alone",
    "date-text",
    "gost",
    "gost-self-signed",
    "ml-dsa-44-self-signed",
    "ml-dsa-65",
    "serial-empty",
    "serial-leading-zero",
    "spki-pss-empty",
    "subject-bmp-odd",
    "subject-not-utf8",
    "subject-number",
    "unregistered-key",
];

/// Whether OpenSSL accepts the oracle's records for files that are refused here, with selector 1 and with selector 0.
///
/// For BER, OpenSSL hashes octets that are not in the file. In the last four files, OpenSSL looks only at the key. This
/// program refuses these files, because damage to octets that are not signed would go unnoticed, or because the
/// certificate may be a CA certificate.
const REFUSED_BUT_SERVED: [(&str, bool, bool); 7] = [
    ("ber-long-length", true, false),
    ("ber-long-length-spki", false, true),
    ("ber-long-length-validity", true, true),
    ("signature-no-null-outside", true, true),
    ("unused-bits-signature", true, true),
    ("constraints-unreadable", true, true),
    ("twice-basic-constraints", true, true),
];

#[test]
#[ignore = "needs openssl"]
fn openssl_accepts_our_records_and_check_never_contradicts_it() {
    let (mut not_served, mut refused, mut yes, mut no) = (BTreeSet::new(), BTreeSet::new(), 0, 0);
    for (name, expected) in FILES {
        // The key for id-RSASSA-PSS is the same except for the algorithm identifier.
        let key = if name.starts_with("spki-pss") { "pss.key" } else { "leaf.key" };
        let mut server = Server::of_chain(&odd().join(format!("{name}.pem")), &odd().join(key));
        let mut accepted = |record: &str| server.is_accepted("mx.example", &[record.to_owned()], &[]);
        let Digest(_, anchor) = expected else {
            if odd().join(format!("expected/{name}.pem.txt")).exists() {
                let [key, whole] = ["1", "0"].map(|selector| accepted(&rdata(name, 0, "3", selector, "1")));
                refused.extend(key.zip(whole).map(|(key, whole)| (*name, key, whole)));
            }
            continue;
        };
        for selector in ["1", "0"] {
            let file = format!("{name}.pem");
            let output = tlsagen(&[&file, "mx.example", "3", selector, "1", "-f", "rdata"]);
            let ours = String::from_utf8(output.stdout).unwrap();
            match accepted(ours.trim()) {
                Some(accepts) => assert!(accepts, "{name}: {ours}"),
                None => _ = not_served.insert(*name),
            }
        }
        if anchor.is_none() || not_served.contains(name) {
            continue;
        }
        for selector in ["1", "0"] {
            let record = rdata(name, 1, "2", selector, "1");
            match (accepted(&record).unwrap(), check(name, &record, &[]).0) {
                (true, 0) => yes += 1,
                (false, 1) => no += 1,
                (_, 3) => {}
                (accepts, status) => panic!("{name}: {record}: OpenSSL {accepts}, check {status}"),
            }
        }
    }
    assert_eq!(not_served, BTreeSet::from(NOT_SERVED));
    assert_eq!(refused, BTreeSet::from(REFUSED_BUT_SERVED));
    // Each answer must occur often enough to make the comparison meaningful.
    assert!(yes >= 60 && no >= 8, "{yes} and {no}");
}

#[test]
#[ignore = "needs openssl"]
fn check_names_the_recipe_that_encodes_an_odd_key_anew() {
    for name in ["spki-no-null", "modulus-negative", "modulus-two-zeros", "exponent-leading-zero"] {
        let recipe = format!(
            "openssl x509 -in {name}.pem -noout -pubkey | openssl pkey -pubin -outform DER \
             | openssl dgst -sha256 -r | cut -d' ' -f1"
        );
        let output = Command::new("bash").args(["-c", &recipe]).current_dir(odd()).output().unwrap();
        let record = format!("3 1 1 {}", String::from_utf8(output.stdout).unwrap().trim());
        assert_ne!(record, rdata(name, 0, "3", "1", "1"), "{name}");
        let (status, json) = check(name, &record, &["-f", "json"]);
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!((status, &json["findings"][0]["code"]), (1, &Value::from("re-encoded")), "{name}");
    }
}
