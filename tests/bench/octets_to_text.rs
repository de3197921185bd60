//! Benchmark from input octets to printed text: a file of 10,000 certificates without signatures to verify.
//!
//! `cargo bench` prints the time for the whole file and the number of certificates per second. For comparison, it
//! measures the usual recipe of `pem::parse_many`, x509-parser and sha2.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark that cannot start has nothing to report"
)]

use divan::Bencher;
use divan::counter::ItemsCount;
use sha2::{Digest, Sha256, Sha512};
use time::OffsetDateTime;
use tlsagen::advice;
use tlsagen::chain::Budget;
use tlsagen::generate::{self, Material, Record};
use tlsagen::owner::{Endpoint, Port, Transport};
use tlsagen::render::{self, Format, Style};
use tlsagen::tlsa::Params;
use x509_parser::prelude::{FromDer, X509Certificate};

const CERTIFICATES: usize = 10_000;

/// A file of alternating RSA and ECDSA end entities, whose issuers are not in the file; the last octets make each
/// unique.
fn file() -> Vec<u8> {
    let leaves = [fixture("leaf-rsa.pem"), fixture("key-p256.pem")];
    let mut file = String::new();
    for number in 0..CERTIFICATES {
        let mut der = leaves[number % leaves.len()].clone();
        // The last octets belong to the signature, which is not verified here.
        let end = der.len();
        der[end - 4..].copy_from_slice(&u32::try_from(number).unwrap().to_be_bytes());
        let block = pem::Pem::new("CERTIFICATE", der);
        file.push_str(&pem::encode_config(
            &block,
            pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF),
        ));
    }
    file.into_bytes()
}

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read(path).unwrap();
    pem::parse_many(text)
        .unwrap()
        .into_iter()
        .find(|block| block.tag() == "CERTIFICATE")
        .unwrap()
        .into_contents()
}

fn text(
    octets: &[u8],
    params: &[Params],
    make: for<'a> fn(&'a [Material], &[Params]) -> Vec<Record<'a>>,
) -> String {
    let endpoints = Endpoint::parse_list("mx.example").unwrap();
    let owners = endpoints[0].owners(&[Port::SMTP], Transport::Tcp).unwrap();
    let materials = [Material::read("bench.pem".to_owned(), octets, &[], &Budget::default()).unwrap()];
    let records = make(&materials, params);
    let context = advice::Context {
        materials: &materials,
        records: &records,
        params,
        endpoints: &endpoints,
        owners: &owners,
        ttl: None,
        // A time within the validity periods of the fixtures.
        now: OffsetDateTime::from_unix_timestamp(1_790_000_000).unwrap(),
    };
    let findings = advice::findings(&context);
    let groups = params.is_empty();
    let style =
        Style { format: Format::Zone, ttl: None, origin: None, comments: groups, groups, single_line: false };
    render::render(&owners, &records, &findings, &style)
}

#[divan::bench(sample_count = 20)]
fn tlsagen_3_1_1(bencher: Bencher) {
    let octets = file();
    bencher.counter(ItemsCount::new(CERTIFICATES)).bench_local(|| {
        text(&octets, &[Params::DEFAULT], |materials, params| {
            generate::records(materials, params, None).unwrap()
        })
    });
}

#[divan::bench(sample_count = 20)]
fn tlsagen_chain(bencher: Bencher) {
    let octets = file();
    bencher
        .counter(ItemsCount::new(CERTIFICATES))
        .bench_local(|| text(&octets, &[], |materials, _| generate::chain_records(materials, None).unwrap()));
}

#[divan::bench(sample_count = 20)]
fn usual_recipe_3_1_1(bencher: Bencher) {
    let octets = file();
    bencher.counter(ItemsCount::new(CERTIFICATES)).bench_local(|| {
        let mut text = String::new();
        for block in pem::parse_many(&octets).unwrap() {
            let (_, certificate) = X509Certificate::from_der(block.contents()).unwrap();
            let digest = Sha256::digest(certificate.public_key().raw);
            text.push_str(&format!("_25._tcp.mx.example. IN TLSA 3 1 1 {}\n", hex::encode(digest)));
        }
        text
    });
}

#[divan::bench(sample_count = 20)]
fn usual_recipe_four_records(bencher: Bencher) {
    let octets = file();
    bencher.counter(ItemsCount::new(CERTIFICATES)).bench_local(|| {
        let mut text = String::new();
        for block in pem::parse_many(&octets).unwrap() {
            let (_, certificate) = X509Certificate::from_der(block.contents()).unwrap();
            for octets in [block.contents(), certificate.public_key().raw] {
                for digest in [hex::encode(Sha256::digest(octets)), hex::encode(Sha512::digest(octets))] {
                    text.push_str(&format!("_25._tcp.mx.example. IN TLSA 3 x x {digest}\n"));
                }
            }
        }
        text
    });
}

fn main() {
    divan::main();
}
