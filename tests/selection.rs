//! The certificates that each usage selects in odd files: several self-signed certificates, names that do not chain,
//! CAs that may not sign, an anchor above an expired CA, thousands of certificates with the same name.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::PathBuf;
use std::process::Output;

#[path = "common/certificates.rs"]
mod certificates;
#[path = "common/program.rs"]
mod program;

use certificates::{base, ca};
use program::{ROOT, tlsagen};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd};

fn leaf() -> CertificateParams {
    certificates::leaf("mx.example", &["mx.example"])
}

/// Parameters of a server certificate as `openssl req -x509` makes it.
fn req_x509() -> CertificateParams {
    let mut params = leaf();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

fn key() -> KeyPair {
    KeyPair::generate().unwrap()
}

fn self_signed(params: &CertificateParams) -> String {
    params.self_signed(&key()).unwrap().pem()
}

fn run(name: &str, pem: &str, rest: &str) -> Output {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("selection-{name}.pem"));
    fs::write(&path, pem).unwrap();
    tlsagen(ROOT, [path.to_str().unwrap()].into_iter().chain(rest.split(' ')))
}

#[track_caller]
fn prints(name: &str, pem: &str, rest: &str, count: usize) -> String {
    let output = run(name, pem, rest);
    let talk = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{talk}");
    assert_eq!(output.stdout.split(|octet| *octet == b'\n').count() - 1, count, "{talk}");
    talk
}

#[track_caller]
fn refuses(name: &str, pem: &str, rest: &str, reason: &str) {
    let output = run(name, pem, rest);
    let talk = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout), (Some(2), Vec::new()), "{talk}");
    assert!(talk.contains(reason), "{talk}");
}

#[test]
fn self_signed_servers_are_no_cas_in_whatever_company() {
    let pair = self_signed(&req_x509()) + &self_signed(&req_x509());
    prints("pair", &pair, "mx.example 3 1 1", 2);
    refuses("pair", &pair, "mx.example 2 1 1", "ta-leaf");
    let beside_root = self_signed(&req_x509()) + &self_signed(&ca("Unrelated"));
    prints("beside-root", &beside_root, "mx.example 3 1 1", 1);
    refuses("beside-root", &beside_root, "mx.example 2 1 1", "ta-leaf");
    // An old and a renewed certificate with the same key: each verifies the signature of the other.
    let (key, mut renewed) = (key(), base("mx.example"));
    let old = renewed.self_signed(&key).unwrap().pem();
    renewed.not_before = date_time_ymd(2021, 1, 1);
    let pair = old + &renewed.self_signed(&key).unwrap().pem();
    prints("renewed", &pair, "mx.example 3 1 1", 1);
    refuses("renewed", &pair, "mx.example 2 1 1", "ta-leaf");
}

#[test]
fn a_path_is_one_of_names_too() {
    let (ca_params, ca_key) = (ca("Int"), key());
    let certificate = ca_params.self_signed(&ca_key).unwrap().pem();
    let chain = |issuer: &CertificateParams| {
        leaf().signed_by(&key(), &Issuer::from_params(issuer, &ca_key)).unwrap().pem() + &certificate
    };
    prints("named", &chain(&ca_params), "mx.example 2 1 1", 1);
    refuses("misnamed", &chain(&ca("Wrong")), "mx.example 2 1 1", "names another issuer");
    // A name in another case or string type is the same name.
    prints("upper-case", &chain(&ca("INT")), "mx.example 2 1 1", 1);
    // Usage 3 does not depend on the certification path.
    prints("misnamed", &chain(&ca("Wrong")), "mx.example 3 1 1", 1);
}

#[test]
fn cas_that_may_not_sign_are_refused_as_anchors() {
    let with = |params: CertificateParams| {
        let key = key();
        let certificate = params.self_signed(&key).unwrap().pem();
        leaf().signed_by(&self::key(), &Issuer::from_params(&params, &key)).unwrap().pem() + &certificate
    };
    let mut no_sign = ca("Int");
    no_sign.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    refuses("no-sign", &with(no_sign.clone()), "mx.example 2 1 1", "ca-limits");
    prints("no-sign", &with(no_sign), "mx.example 3 1 1", 1);
    let (mut root, root_key) = (ca("Root"), key());
    root.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let (inter, inter_key) = (ca("Int"), key());
    let chain = leaf().signed_by(&key(), &Issuer::from_params(&inter, &inter_key)).unwrap().pem()
        + &inter.signed_by(&inter_key, &Issuer::from_params(&root, &root_key)).unwrap().pem()
        + &root.self_signed(&root_key).unwrap().pem();
    refuses("path-length", &chain, "mx.example 2 1 1", "path length");
}

#[test]
fn the_links_below_a_chosen_depth_are_looked_at() {
    let (root, root_key) = (ca("Root"), key());
    let (mut inter, inter_key) = (ca("Int"), key());
    inter.not_after = date_time_ymd(2021, 1, 1);
    let chain = leaf().signed_by(&key(), &Issuer::from_params(&inter, &inter_key)).unwrap().pem()
        + &inter.signed_by(&inter_key, &Issuer::from_params(&root, &root_key)).unwrap().pem()
        + &root.self_signed(&root_key).unwrap().pem();
    for rest in ["mx.example 2 1 1", "mx.example 2 1 1 --depth 2"] {
        let path = chain.as_str();
        assert!(String::from_utf8_lossy(&run("below", path, rest).stderr).contains("ta-expired"), "{rest}");
    }
    // Two certificates with the same key give the same record; one of them has expired.
    let mut expired = root.clone();
    expired.not_after = date_time_ymd(2021, 1, 1);
    let (above, above_key) = (ca("Above"), key());
    let good = ca("Int");
    let chain = leaf().signed_by(&key(), &Issuer::from_params(&good, &inter_key)).unwrap().pem()
        + &good.signed_by(&inter_key, &Issuer::from_params(&root, &root_key)).unwrap().pem()
        + &root.self_signed(&root_key).unwrap().pem()
        + &expired.signed_by(&root_key, &Issuer::from_params(&above, &above_key)).unwrap().pem();
    assert!(prints("cross", &chain, "mx.example 2 1 1", 2).contains("ta-expired"));
}

#[test]
fn thousands_of_namesakes_are_refused_at_once() {
    let key = key();
    let mut many = String::new();
    for serial in 0..1000_u32 {
        let mut params = ca("Same");
        params.serial_number = Some(serial.to_be_bytes().to_vec().into());
        many.push_str(&params.self_signed(&key).unwrap().pem());
    }
    refuses("namesakes", &many, "mx.example 2 1 1", "too many certification paths");
    let chain =
        leaf().signed_by(&self::key(), &Issuer::from_params(&ca("Same"), &key)).unwrap().pem() + &many;
    let servers: String = (0..40).map(|_| self_signed(&base("same"))).collect();
    prints("namesakes-alone", &servers, "mx.example 3 1 1", 40);
    prints("namesakes-of-issuer", &chain, "mx.example 3 1 1", 1);
}

#[test]
fn more_than_sixteen_mebibytes_are_refused() {
    let text = "x\n".repeat(8 * 1024 * 1024 + 1);
    refuses("large", &text, "mx.example", "larger than 16 MiB");
}

/// Clients refuse a path through a version 3 CA certificate without basicConstraints, whatever it signed.
#[test]
fn a_root_that_is_not_marked_as_a_ca_is_refused_for_usage_2() {
    let chain = |key_usages: &[KeyUsagePurpose]| {
        let (mut root, root_key) = (base("Bare Root"), key());
        root.key_usages = key_usages.to_vec();
        let leaf = leaf().signed_by(&key(), &Issuer::from_params(&root, &root_key)).unwrap();
        leaf.pem() + &root.self_signed(&root_key).unwrap().pem()
    };
    let bare = chain(&[]);
    refuses(
        "bare-root",
        &bare,
        "mx.example 2 1 1",
        "error[ca-limits]: basicConstraints does not mark CN=Bare Root (line ",
    );
    prints("bare-root", &bare, "mx.example 3 1 1", 1);
    prints("signing-root", &chain(&[KeyUsagePurpose::KeyCertSign]), "mx.example 2 1 1", 1);
}
