//! Whatever fails, the service keeps a certificate that the published records match.

use std::fs;

use crate::bind::{certificates, executable};
use crate::mail_host::{MailHost, ends_with};

/// A host that uses `current`, and whose client has the files of `next` in `live`.
fn renewed(name: &str) -> MailHost {
    let host = MailHost::new(name, "live/key.pem live/chain.pem");
    certificates(&host.place, "current next third");
    live(&host, "current");
    host.first_time("live/chain.pem");
    live(&host, "next");
    host
}

fn live(host: &MailHost, name: &str) {
    host.place.succeeds(&format!("mkdir -p live; cp {name}.pem live/chain.pem; cp {name}.key live/key.pem"));
}

#[test]
#[ignore = "needs bind9, bind9-dnsutils and openssl"]
fn what_fails_leaves_the_old_certificate_in_use() {
    let host = renewed("gate");
    let place = &host.place;
    let [current, next, third] = ["current.pem", "next.pem", "third.pem"].map(|file| host.digest(file));
    let reloads = host.reloads();
    let kept = |published: &[&String]| {
        assert!(host.serves("current.pem"));
        host.publishes(published);
        assert_eq!(host.reloads(), reloads);
        assert_eq!(place.succeeds("ls tls"), "in-use.pem\n");
    };
    // The tools fail.
    for (tool, status, text) in [("tlsagen", 6, ""), ("nsupdate", 1, "UPDATE failed")] {
        place.succeeds(&format!("mv bin/{tool} kept"));
        executable(&place.folder.join("bin").join(tool), "#!/bin/sh\nexit 6\n");
        ends_with(&host.hook(), status, text);
        place.succeeds(&format!("mv kept bin/{tool}"));
        kept(&[&current]);
    }
    // The name server refuses the update.
    place.succeeds("cp ddns.key kept; tsig-keygen ddns >ddns.key");
    host.says(1, "BADSIG");
    place.succeeds("mv kept ddns.key");
    kept(&[&current]);
    // The key and the certificate do not belong together, as happens while a client replaces its files one by one.
    place.succeeds("cp third.key live/key.pem");
    host.says(2, "error[key-mismatch]");
    kept(&[&current]);
    // The files are swapped, cut off or missing.
    live(&host, "next");
    place.succeeds("cp next.pem live/key.pem");
    host.says(2, "error[key-mismatch]");
    live(&host, "next");
    place.succeeds("head -c 900 next.pem >live/chain.pem");
    host.says(2, "tlsagen: error");
    place.succeeds("rm live/chain.pem");
    host.says(1, "live/chain.pem");
    kept(&[&current]);

    // The wait starts anew with another key.
    live(&host, "next");
    host.says(0, "publish: ");
    kept(&[&current, &next]);
    live(&host, "third");
    host.says(0, "publish: ");
    kept(&[&current, &next, &third]);
    // A published `2 1 1` record that matches no certificate.
    let stale = format!("_25._tcp.mx.example. 60 TLSA 2 1 1 {}", "0a".repeat(32));
    let stale = stale.replace("_25", &place.succeeds(". ./settings; printf %s _$PORTS"));
    place.succeeds(&format!("printf 'update add {stale}\\nsend\\n' | nsupdate -k ddns.key"));
    let blocked = host.place.run("sleep 3; ./hook");
    ends_with(&blocked, 1, "blocked: ");
    assert!(host.serves("current.pem"));
}

#[test]
#[ignore = "needs bind9, bind9-dnsutils and openssl"]
fn a_record_that_the_service_still_needs_is_not_removed() {
    let host = renewed("gate-reload");
    let [current, next] = ["current.pem", "next.pem"].map(|file| host.digest(file));
    // The reload fails, again and again.
    fs::write(host.place.folder.join("broken"), "").unwrap();
    let failed = (0..60).any(|_| host.place.run("sleep 0.3; ./hook").status.code() == Some(1));
    assert!(failed, "{}", host.log());
    ends_with(&host.hook(), 1, "RELOAD failed");
    assert!(host.serves("current.pem"));
    host.publishes(&[&current, &next]);
    // The reload succeeds, but the service reads another file.
    fs::remove_file(host.place.folder.join("broken")).unwrap();
    fs::write(host.place.folder.join("elsewhere"), "").unwrap();
    // A service gets some time to load the chain.
    host.place.run("./hook; sleep 11");
    for _ in 0..3 {
        let output = host.place.run("sleep 2; ./hook");
        ends_with(&output, 1, "blocked: ");
        host.publishes(&[&current, &next]);
    }
    fs::remove_file(host.place.folder.join("elsewhere")).unwrap();
    host.place.succeeds("postfix reload");
    host.settles();
    assert!(host.serves("next.pem"));
    host.publishes(&[&next]);
}
