//! certbot with the deploy hook, whose failure does not stop certbot, and which keeps the old certificate in use.

use std::fs;
use std::thread;
use std::time::Duration;

use crate::mail_host::{MailHost, said};
use crate::pebble::Pebble;

const LIVE: &str = "certbot/live/mx.example/fullchain.pem";

/// Runs certbot and returns its output. certbot exits with 0 whatever status the hook has.
#[track_caller]
fn certbot(host: &MailHost, pebble: &Pebble, arguments: &str) -> String {
    let output = host.place.run(&format!(
        "REQUESTS_CA_BUNDLE=pebble.pem certbot {arguments} --server {} --non-interactive --no-random-sleep-on-renew \\
             --config-dir certbot --work-dir certbot/work --logs-dir certbot/logs",
        pebble.directory
    ));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    said(&output)
}

#[test]
#[ignore = "needs certbot, pebble, bind9, bind9-dnsutils and openssl"]
fn certbot_renews_and_the_service_is_covered_at_every_step() {
    let live = "certbot/live/mx.example";
    let mut host = MailHost::new("certbot", &format!("{live}/privkey.pem {live}/fullchain.pem"));
    let pebble = Pebble::new(&host.place);
    let issue =
        "certonly --reuse-key --manual --manual-auth-hook true --agree-tos --register-unsafely-without-email";

    certbot(&host, &pebble, &format!("{issue} -d mx.example"));
    host.first_time(LIVE);
    let first = host.digest(LIVE);
    fs::create_dir_all(host.place.folder.join("certbot/renewal-hooks/deploy")).unwrap();
    host.install("certbot/renewal-hooks/deploy/tlsagen", "certbot");

    // A renewal with the same key: the records stay the same, and the service gets the new certificate.
    let before = fs::read_to_string(host.place.folder.join(LIVE)).unwrap();
    let same_key = certbot(&host, &pebble, "renew --force-renewal");
    assert!(!same_key.contains("error"), "{same_key}");
    assert_ne!(fs::read_to_string(host.place.folder.join(LIVE)).unwrap(), before);
    assert!(host.serves(LIVE));
    host.publishes(&[&first]);

    // The hook ignores the renewal of a certificate for another name.
    certbot(&host, &pebble, &format!("{issue} -d other.example"));
    fs::remove_file(host.place.folder.join("state/state.json.log")).unwrap();
    let other = certbot(&host, &pebble, "renew --force-renewal --cert-name other.example");
    assert!(other.contains("other.example") && !other.contains("tlsagen:"), "{other}");
    assert!(!host.place.folder.join("state/state.json.log").exists());

    // A renewal with a new key while one name server does not answer: `live/` contains the new key at once, and certbot
    // prints that the hook failed and exits with 0, but the service keeps the old certificate.
    let reloads = host.reloads();
    host.stop_second();
    let new_key = certbot(&host, &pebble, "renew --force-renewal --new-key --cert-name mx.example");
    assert!(new_key.contains("tlsagen: undetermined: name server 127.0.0.1:"), "{new_key}");
    assert!(new_key.contains("reported error code 3"), "{new_key}");
    let second = host.digest(LIVE);
    assert_ne!(second, first);
    let kept = |host: &MailHost| {
        assert_eq!(host.digest("served.pem"), first);
        host.publishes(&[&first, &second]);
        assert_eq!(host.reloads(), reloads);
    };
    kept(&host);
    thread::sleep(Duration::from_secs(3));
    host.says(3, "did not answer");
    kept(&host);

    // From here on all name servers have the record. Two TTLs later the service gets the certificate.
    host.start_second();
    host.says(0, "");
    assert!(host.log().starts_with("tlsagen: wait: until "), "{}", host.log());
    kept(&host);
    host.settles();
    assert!(host.serves(LIVE));
    host.publishes(&[&second]);
    assert_eq!(host.reloads(), reloads + 1);
    // Only the file in use remains.
    assert_eq!(host.place.succeeds("ls tls; stat -c %a tls/in-use.pem"), "in-use.pem\n600\n");
}
