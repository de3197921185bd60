//! The gate: whatever fails, the service keeps the certificate that the published records match.

use std::fs;

use crate::bind::{certificates, executable};
use crate::mail_host::{MailHost, ends_with, said};

#[test]
#[ignore = "needs bind9, bind9-dnsutils and openssl"]
fn what_fails_leaves_the_old_certificate_in_use() {
    let host = MailHost::new("gate");
    let place = &host.place;
    let live = |name: &str| {
        place.succeeds(&format!("mkdir -p live; cp {name}.pem live/chain.pem; cp {name}.key live/key.pem"));
    };
    certificates(place, "current next third");
    live("current");
    host.first_time("live/chain.pem", "live/key.pem");
    let [current, next, third] = ["current.pem", "next.pem", "third.pem"].map(|file| host.digest(file));
    let reloads = host.reloads();
    let kept = |published: &[&String]| {
        assert!(host.serves("current.pem"));
        host.publishes(published);
        assert_eq!(host.reloads(), reloads);
    };

    live("next");
    // The gate stays shut if a tool fails.
    for tool in ["tlsagen", "dig", "nsupdate"] {
        place.succeeds(&format!("mv bin/{tool} kept"));
        executable(&place.folder.join("bin").join(tool), "#!/bin/sh\nexit 1\n");
        assert!(!host.cron().status.success());
        place.succeeds(&format!("mv kept bin/{tool}"));
        kept(&[&current]);
    }
    place.succeeds("mv bin/tlsagen kept");
    let without = |what| format!("#!/bin/sh\ncase \"$*\" in {what}) exit 2 ;; esac\nexec ./kept \"$@\"\n");
    executable(&place.folder.join("bin/tlsagen"), &without("diff*"));
    assert_eq!(said(&host.cron()), "");
    assert!(!host.cron().status.success());
    place.succeeds("mv kept bin/tlsagen");
    kept(&[&current]);
    // The gate stays shut if the name server refuses the update.
    place.succeeds("cp ddns.key kept; tsig-keygen ddns >ddns.key");
    host.cron_says(2, "BADSIG");
    place.succeeds("mv kept ddns.key");
    kept(&[&current]);
    // The key and the certificate do not belong together, as happens while a client replaces its files one by one.
    place.succeeds("cp third.key live/key.pem");
    host.cron_says(1, "KEY does not belong to CHAIN");
    kept(&[&current]);
    live("next");
    // The chain file is truncated.
    place.succeeds("head -c 900 next.pem >live/chain.pem");
    host.cron_says(2, "tlsagen: error: ");
    kept(&[&current]);
    live("next");

    // The record is published and the wait is over, but then a name server gives an empty answer: the gate stays shut.
    host.cron_says(1, "records were missing on ns");
    host.waits();
    kept(&[&current, &next]);
    host.age(122);
    place.succeeds("mv bin/dig kept");
    executable(&place.folder.join("bin/dig"), "#!/bin/sh\n");
    host.cron_says(1, "records were missing on ns");
    place.succeeds("mv kept bin/dig");
    kept(&[&current, &next]);

    // The wait is over again, but then another key comes: the wait restarts, even if that key's record is already
    // published.
    host.waits();
    host.age(122);
    live("third");
    place.succeeds("tlsagen third.pem mx.example -f nsupdate | nsupdate -k ddns.key");
    host.until(|| host.second_has(&third[..56].to_uppercase()));
    host.cron_says(1, "less than 120 minutes ago");
    kept(&[&current, &next, &third]);
    let delete = format!(
        "printf 'update delete _25._tcp.mx.example. TLSA 3 1 1 {third}\\nsend\\n' | nsupdate -k ddns.key"
    );
    place.succeeds(&delete);
    host.age(122);
    host.cron_says(1, "records were missing on ns");
    host.waits();
    kept(&[&current, &next, &third]);

    // If records disappear after the wait, the wait restarts, too.
    host.age(122);
    place.succeeds(&delete);
    host.cron_says(1, "records were missing on ns");
    host.waits();
    kept(&[&current, &next, &third]);

    // A published `2 1 1` record that matches no certificate keeps the gate shut.
    host.age(122);
    let stale = format!("_25._tcp.mx.example. 60 TLSA 2 1 1 {}", "0a".repeat(32));
    place.succeeds(&format!("printf 'update add {stale}\\nsend\\n' | nsupdate -k ddns.key"));
    host.until(|| host.second_has("2 1 1"));
    host.cron_says(1, "triple-stale");
    assert!(host.serves("current.pem"));
    place.succeeds(&format!(
        "printf 'update delete {}\\nsend\\n' | nsupdate -k ddns.key",
        stale.replace(" 60 ", " ")
    ));
    host.until(|| !host.second_has("2 1 1"));

    // After a failed reload, the next run reloads again; until then no record is removed.
    fs::write(place.folder.join("broken"), "").unwrap();
    ends_with(&host.cron(), 9, "");
    kept(&[&current, &next, &third]);
    fs::remove_file(place.folder.join("broken")).unwrap();
    host.cron_says(0, "");
    assert!(host.serves("third.pem"));
    host.publishes(&[&current, &next, &third]);
    place.succeeds("mv bin/tlsagen kept");
    executable(&place.folder.join("bin/tlsagen"), &without("*remove*"));
    host.cron_says(1, "");
    place.succeeds("mv kept bin/tlsagen");
    host.publishes(&[&current, &next, &third]);
    host.cron_says(0, "");
    host.publishes(&[&third]);

    // Only the file in use and the lock remain; the time stamp is gone.
    assert_eq!(place.succeeds("ls tls state"), "state:\nmx.example.lock\n\ntls:\nmx.example.pem\n");
    assert_eq!(place.succeeds("stat -c %a tls/mx.example.pem"), "600\n");
}

/// Publishing before the service uses the file of the gate would break a server that uses another certificate.
#[test]
#[ignore = "needs bind9, bind9-dnsutils and openssl"]
fn nothing_is_published_before_the_service_has_a_certificate() {
    let host = MailHost::new("gate-first");
    certificates(&host.place, "current");
    host.place.succeeds("mkdir tls state");
    let output = host.place.run("tlsa-deploy current.pem current.key mx.example");
    ends_with(&output, 2, "tls/mx.example.pem");
    assert_eq!(host.place.succeeds(crate::bind::PUBLISHED), "");
}
