//! The rollover script of `tlsagen help hooks` with a real name server: BIND with a signed, dynamic zone on loopback.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;

#[path = "common/bind.rs"]
mod bind;
#[path = "common/name_server.rs"]
mod name_server;
#[path = "common/running.rs"]
mod running;

use bind::{PUBLISHED, Place, certificates, executable, script_of_help};

const CHECK: &str = "tlsagen check fullchain.pem mx.example --records -";
/// The command in `tlsagen help hooks` that checks a secondary name server.
const HAS_IT: &str = "tlsagen diff fullchain.pem mx.example --next new/key.pem --only add --records -";

#[test]
#[ignore = "needs bind9, bind9-dnsutils, ldnsutils and shellcheck"]
fn the_rollover_script_is_covered_at_every_step() {
    let place = Place::new("rollover");
    let port = place.ports[0];
    fs::create_dir(place.folder.join("new")).unwrap();
    executable(&place.folder.join("rollover.sh"), &script_of_help("# rollover.sh STEP"));
    place.succeeds("shellcheck rollover.sh");
    certificates(&place, "current next");
    place.succeeds("cp current.pem fullchain.pem; cp next.pem new/fullchain.pem; cp next.key new/key.pem");

    // Publish the first record, made by the generator.
    assert_eq!(place.run(&format!("{PUBLISHED} | {CHECK}")).status.code(), Some(3));
    place.succeeds("tlsagen fullchain.pem mx.example -f nsupdate --ttl 60 | nsupdate -k ddns.key");
    place.succeeds(&format!("{PUBLISHED} | {CHECK}"));
    // The zone is signed, and `check` accepts every output format of dig and drill.
    assert!(place.succeeds(&format!("{PUBLISHED} +dnssec")).contains("RRSIG"));
    place.succeeds(&format!("{PUBLISHED} +dnssec +multiline | {CHECK}"));
    place.succeeds(&format!("dig +short _25._tcp.mx.example TLSA | {CHECK}"));
    place.succeeds(&format!("dig _25._tcp.mx.example TLSA | {CHECK}"));
    place.succeeds(&format!("drill -p {port} @127.0.0.1 _25._tcp.mx.example TLSA | {CHECK}"));
    place.succeeds(&format!("drill -D -p {port} @127.0.0.1 _25._tcp.mx.example TLSA | {CHECK}"));

    // The gate is shut, because the record of the next certificate is not published.
    let refused = place.run("./rollover.sh install");
    assert_eq!(refused.status.code(), Some(1), "{}", String::from_utf8_lossy(&refused.stdout));
    place.succeeds("cmp fullchain.pem current.pem");

    assert_eq!(place.run(&format!("{PUBLISHED} | {HAS_IT}")).status.code(), Some(1));
    place.succeeds("./rollover.sh publish");
    place.succeeds(&format!("{PUBLISHED} | {HAS_IT}"));
    assert_eq!(place.succeeds(PUBLISHED).lines().count(), 2);
    place.succeeds(&format!("{PUBLISHED} | {CHECK}"));
    // Publishing again changes nothing.
    place.succeeds("./rollover.sh publish");

    place.succeeds("./rollover.sh install");
    place.succeeds("cmp fullchain.pem next.pem && cmp key.pem next.key");
    place.succeeds(&format!("{PUBLISHED} | {CHECK}"));

    place.succeeds("./rollover.sh retire");
    assert_eq!(place.succeeds(PUBLISHED).lines().count(), 1);
    place.succeeds(&format!("{PUBLISHED} | {CHECK}"));
    place.succeeds(&format!("{PUBLISHED} | tlsagen diff fullchain.pem mx.example --records -"));
}
