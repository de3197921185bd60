//! `check` with each output format of dig and drill, for records of a real name server: BIND with a signed, dynamic
//! zone on loopback.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "common/bind.rs"]
mod bind;
#[path = "common/name_server.rs"]
mod name_server;
#[path = "common/running.rs"]
mod running;

use bind::{Place, certificates};

const PUBLISHED: &str = "dig +noall +answer _25._tcp.mx.example TLSA";
const CHECK: &str = "tlsagen check fullchain.pem mx.example --records -";

#[test]
#[ignore = "needs bind9, bind9-dnsutils and ldnsutils"]
fn check_reads_the_output_of_dig_and_drill() {
    let place = Place::new("formats");
    let port = place.ports[0];
    certificates(&place, "fullchain");
    assert_eq!(place.run(&format!("{PUBLISHED} | {CHECK}")).status.code(), Some(3));
    place.succeeds("tlsagen fullchain.pem mx.example -f nsupdate --ttl 60 | nsupdate -k ddns.key");
    place.succeeds(&format!("{PUBLISHED} | {CHECK}"));
    assert!(place.succeeds(&format!("{PUBLISHED} +dnssec")).contains("RRSIG"));
    place.succeeds(&format!("{PUBLISHED} +dnssec +multiline | {CHECK}"));
    place.succeeds(&format!("dig +short _25._tcp.mx.example TLSA | {CHECK}"));
    place.succeeds(&format!("dig _25._tcp.mx.example TLSA | {CHECK}"));
    place.succeeds(&format!("drill -p {port} @127.0.0.1 _25._tcp.mx.example TLSA | {CHECK}"));
    place.succeeds(&format!("drill -D -p {port} @127.0.0.1 _25._tcp.mx.example TLSA | {CHECK}"));
}
