//! lego and dehydrated with their hooks. `tests/hooks.rs` tests what the other clients give to theirs.

use std::fs;

use crate::bind::executable;
use crate::mail_host::{MailHost, ends_with};
use crate::pebble::Pebble;

#[test]
#[ignore = "needs lego, pebble, bind9, bind9-dnsutils and openssl"]
fn lego_renews_and_the_service_is_covered_at_every_step() {
    const CHAIN: &str = "lego/certificates/mx.example.crt";
    let host = MailHost::new("lego", "lego/certificates/mx.example.key lego/certificates/mx.example.crt");
    let pebble = Pebble::new(&host.place);
    host.install("tlsagen-lego", "lego");
    let lego = |arguments: &str| {
        host.place.run(&format!(
            "mkdir -p web; LEGO_CA_CERTIFICATES=pebble.pem lego --server {} --path lego --accept-tos --email a@example.org \\
                 -d mx.example --http --http.webroot web {arguments}",
            pebble.directory
        ))
    };
    ends_with(&lego("run"), 0, "");
    host.first_time(CHAIN);
    let first = host.digest(CHAIN);

    let renew = "renew --days 9999 --no-random-sleep --renew-hook ./tlsagen-lego";
    ends_with(&lego(&format!("{renew} --reuse-key")), 0, "");
    assert!(host.serves(CHAIN));
    host.publishes(&[&first]);

    // The hook publishes the record of the new key, and waits; lego has already replaced its files.
    let reloads = host.reloads();
    ends_with(&lego(renew), 0, "tlsagen: publish: ");
    let second = host.digest(CHAIN);
    assert_eq!(host.digest("served.pem"), first);
    assert_eq!(host.reloads(), reloads);
    host.publishes(&[&first, &second]);
    host.settles();
    assert!(host.serves(CHAIN));
    host.publishes(&[&second]);
    // lego ends with the status of a hook that fails.
    host.place.succeeds("echo NEXT=missing.pem >>settings");
    ends_with(&lego(&format!("{renew} --reuse-key")), 2, "missing.pem");
}

#[test]
#[ignore = "needs dehydrated, pebble, bind9, bind9-dnsutils and openssl"]
fn dehydrated_renews_and_the_service_is_covered_at_every_step() {
    const CHAIN: &str = "dehydrated/certs/mx.example/fullchain.pem";
    let files = "dehydrated/certs/mx.example/privkey.pem dehydrated/certs/mx.example/fullchain.pem";
    let host = MailHost::new("dehydrated", files);
    let pebble = Pebble::new(&host.place);
    host.install("tlsagen-dehydrated", "dehydrated");
    executable(&host.place.folder.join("at-sync"), "#!/bin/sh\n[ \"$1\" != sync_cert ]\n");
    let at = host.place.folder.display();
    fs::write(
        host.place.folder.join("config"),
        format!(
            "CA={}\nBASEDIR={at}/dehydrated\nWELLKNOWN={at}/web\nDOMAINS_TXT={at}/domains.txt\nCURL_OPTS='--cacert {at}/pebble.pem'\n\
             HOOK=${{GIVEN_HOOK-}}\nPRIVATE_KEY_RENEW=${{GIVEN_RENEW-no}}\n",
            pebble.directory
        ),
    )
    .unwrap();
    host.place.succeeds(
        "mkdir dehydrated web; echo mx.example >domains.txt; dehydrated -f config --register --accept-terms",
    );
    let run = |environment: &str| host.place.run(&format!("{environment} dehydrated -f config --cron"));
    ends_with(&run(""), 0, "Done!");
    host.first_time(CHAIN);
    let first = host.digest(CHAIN);

    // A hook that refuses `sync_cert` leaves the links unchanged, but dehydrated makes a new key at each attempt.
    let mut keys = vec![first.clone()];
    for _ in 0..2 {
        let output =
            host.place.run("GIVEN_HOOK=./at-sync GIVEN_RENEW=yes dehydrated -f config --cron --force");
        ends_with(&output, 1, "sync_cert hook returned with non-zero exit code");
        assert_eq!(host.digest(CHAIN), first);
        keys.push(host.digest("\"$(ls -t dehydrated/certs/mx.example/cert-*.pem | head -n 1)\""));
    }
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 3);

    ends_with(&run("GIVEN_HOOK=./tlsagen-dehydrated"), 0, "Skipping renew!");
    let output = host.place.run("GIVEN_HOOK=./tlsagen-dehydrated dehydrated -f config --cron --force");
    ends_with(&output, 0, "Done!");
    assert!(host.serves(CHAIN));
    host.publishes(&[&first]);

    let reloads = host.reloads();
    let output =
        host.place.run("GIVEN_HOOK=./tlsagen-dehydrated GIVEN_RENEW=yes dehydrated -f config --cron --force");
    ends_with(&output, 0, "tlsagen: publish: ");
    let second = host.digest(CHAIN);
    assert_eq!(host.digest("served.pem"), first);
    assert_eq!(host.reloads(), reloads);
    host.publishes(&[&first, &second]);

    // The next scheduled runs of dehydrated take the next steps, too.
    host.until("wait: ");
    for _ in 0..20 {
        ends_with(&run("GIVEN_HOOK=./tlsagen-dehydrated"), 0, "Skipping renew!");
        if host.log().starts_with("tlsagen: steady: ") {
            break;
        }
    }
    assert!(host.serves(CHAIN));
    host.publishes(&[&second]);
    // A failure of the hook does not stop dehydrated.
    host.place.succeeds("echo NEXT=missing.pem >>settings");
    ends_with(&run("GIVEN_HOOK=./tlsagen-dehydrated"), 0, "missing.pem");
}
