//! The rollover script of `tlsagen help hooks` against a real name server: BIND with a signed, dynamic zone on loopback.

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
/// The check of a secondary in `tlsagen help hooks`.
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

    // The first record, from the generator.
    assert_eq!(place.run(&format!("{PUBLISHED} | {CHECK}")).status.code(), Some(3));
    place.succeeds("tlsagen fullchain.pem mx.example -f nsupdate --ttl 60 | nsupdate -k ddns.key");
    place.succeeds(&format!("{PUBLISHED} | {CHECK}"));
    // Signed, and of use in all shapes that dig has.
    assert!(place.succeeds(&format!("{PUBLISHED} +dnssec")).contains("RRSIG"));
    place.succeeds(&format!("{PUBLISHED} +dnssec +multiline | {CHECK}"));
    place.succeeds(&format!("dig +short _25._tcp.mx.example TLSA | {CHECK}"));
    place.succeeds(&format!("dig _25._tcp.mx.example TLSA | {CHECK}"));
    place.succeeds(&format!("drill -p {port} @127.0.0.1 _25._tcp.mx.example TLSA | {CHECK}"));
    place.succeeds(&format!("drill -D -p {port} @127.0.0.1 _25._tcp.mx.example TLSA | {CHECK}"));

    // The gate is shut: the next certificate's record is not there.
    let refused = place.run("./rollover.sh install");
    assert_eq!(refused.status.code(), Some(1), "{}", String::from_utf8_lossy(&refused.stdout));
    place.succeeds("cmp fullchain.pem current.pem");

    assert_eq!(place.run(&format!("{PUBLISHED} | {HAS_IT}")).status.code(), Some(1));
    place.succeeds("./rollover.sh publish");
    place.succeeds(&format!("{PUBLISHED} | {HAS_IT}"));
    assert_eq!(place.succeeds(PUBLISHED).lines().count(), 2);
    place.succeeds(&format!("{PUBLISHED} | {CHECK}"));
    // Nothing is left to do.
    place.succeeds("./rollover.sh publish");

    place.succeeds("./rollover.sh install");
    place.succeeds("cmp fullchain.pem next.pem && cmp key.pem next.key");
    place.succeeds(&format!("{PUBLISHED} | {CHECK}"));

    place.succeeds("./rollover.sh retire");
    assert_eq!(place.succeeds(PUBLISHED).lines().count(), 1);
    place.succeeds(&format!("{PUBLISHED} | {CHECK}"));
    place.succeeds(&format!("{PUBLISHED} | tlsagen diff fullchain.pem mx.example --records -"));
}
