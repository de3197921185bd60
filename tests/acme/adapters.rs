//! The hook of each ACME client: its input from the client, and the arguments that it passes to the gate.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::bind::{executable, help_hooks, script_of_help, scripts};
use crate::mail_host::{MailHost, ends_with, said};
use crate::pebble::Pebble;

/// Runs a hook script from the help with the environment and arguments that its client sets. The gate is a stand-in
/// that refuses. Returns the exit status of the hook and the arguments that the gate received.
fn hook(line: &str, environment: &[(&str, &str)], arguments: &[&str]) -> (Option<i32>, String) {
    let folder = folder_for(line);
    let at = folder.display();
    fs::create_dir_all(folder.join(".local/share/caddy")).unwrap();
    executable(
        &folder.join("tlsa-deploy"),
        &format!("#!/bin/sh\necho \"$@\" >>{at}/given\npwd >{at}/where\nexit 1\n"),
    );
    executable(&folder.join("sudo"), "#!/bin/sh\n[ \"$1\" = -n ] || exit 9\nshift\nexec \"$@\"\n");
    executable(&folder.join("hook"), &script_of_help(line).replace("/var/lib/caddy", &at.to_string()));
    let output = Command::new("./hook")
        .args(arguments)
        .current_dir(&folder)
        .env_clear()
        .env("PATH", format!("{at}:/usr/bin:/bin"))
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let given = fs::read_to_string(folder.join("given")).unwrap_or_default();
    if line.starts_with("# Caddy") && !given.is_empty() {
        assert!(fs::read_to_string(folder.join("where")).unwrap().ends_with("/.local/share/caddy\n"));
    }
    fs::remove_dir_all(&folder).unwrap();
    (output.status.code(), given)
}

/// Creates an empty folder, named after the letters of `line`.
fn folder_for(line: &str) -> PathBuf {
    let name: String = line.chars().filter(char::is_ascii_alphabetic).collect();
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("hook-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn each_hook_gives_the_gate_what_its_client_gave() {
    let given = |text: &str| (Some(1), format!("{text}\n"));
    let nothing = (Some(0), String::new());

    let certbot =
        |domains| hook("# certbot: ", &[("RENEWED_LINEAGE", "/l/x"), ("RENEWED_DOMAINS", domains)], &[]);
    let deployed = given("/l/x/fullchain.pem /l/x/privkey.pem mx.example");
    for domains in ["mx.example", "a.example mx.example", "mx.example b.example 192.0.2.1"] {
        assert_eq!(certbot(domains), deployed);
    }
    for domains in ["", "a.example", "smx.example", "mx.example.org a.mx.example *.mx.example"] {
        assert_eq!(certbot(domains), nothing);
    }

    let environment = [
        ("CERT_PATH", "/a/mx.example.cer"),
        ("CERT_KEY_PATH", "/a/mx.example.key"),
        ("CA_CERT_PATH", "/a/ca.cer"),
        ("CERT_FULLCHAIN_PATH", "/a/fullchain.cer"),
        ("Le_Domain", "mx.example"),
    ];
    assert_eq!(
        hook("# acme.sh: ", &environment, &[]),
        given("/a/fullchain.cer /a/mx.example.key mx.example")
    );

    let lego = |name, prefix: &str, host| {
        let [path, key] = [format!("{prefix}_CERT_PATH"), format!("{prefix}_CERT_KEY_PATH")];
        hook("# lego: ", &[(name, host), (&path, "l/mx.example.crt"), (&key, "l/mx.example.key")], &[])
    };
    for (name, prefix) in [("LEGO_CERT_DOMAIN", "LEGO"), ("LEGO_HOOK_CERT_NAME", "LEGO_HOOK")] {
        assert_eq!(lego(name, prefix, "mx.example"), given("l/mx.example.crt l/mx.example.key mx.example"));
        assert_eq!(lego(name, prefix, "a.example"), nothing);
    }

    // The hook exits with 0 because dehydrated would stop at any other status.
    let dehydrated = |arguments: &[&str]| hook("# dehydrated: ", &[], arguments);
    let deployed = (Some(0), "/d/fullchain.pem /d/privkey.pem mx.example\n".to_owned());
    let files = ["/d/privkey.pem", "/d/cert.pem", "/d/fullchain.pem", "/d/chain.pem"];
    let with = |operation, name, more: &[&'static str]| [&[operation, name], files.as_slice(), more].concat();
    assert_eq!(dehydrated(&with("deploy_cert", "mx.example", &["1795508972"])), deployed);
    assert_eq!(dehydrated(&with("unchanged_cert", "mx.example", &[])), deployed);
    assert_eq!(dehydrated(&with("deploy_cert", "a.example", &["1795508972"])), nothing);
    assert_eq!(dehydrated(&["deploy_challenge", "mx.example", "token", "value"]), nothing);
    for operation in ["startup_hook", "exit_hook", "this_hookscript_is_broken__please_ignore_unknown_hooks"] {
        assert_eq!(dehydrated(&[operation]), nothing);
    }

    let [certificate, key] =
        ["crt", "key"].map(|kind| format!("certificates/ca/mx.example/mx.example.{kind}"));
    let caddy = |name| hook("# Caddy, ", &[], &[name, &certificate, &key]);
    assert_eq!(caddy("mx.example"), given(&format!("{certificate} {key} mx.example")));
    assert_eq!(caddy("a.example"), nothing);
}

#[test]
#[ignore = "needs shellcheck"]
fn every_script_of_the_help_and_the_readme_passes_shellcheck() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let help = help_hooks();
    let scripts: Vec<&str> = scripts(&help).chain(scripts(&readme)).collect();
    assert!(scripts.iter().filter(|script| script.starts_with("#!/bin/sh")).count() >= 8);
    for script in scripts {
        let mut check = Command::new("shellcheck")
            .args(["--shell=sh", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        check.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        let output = check.wait_with_output().unwrap();
        assert!(output.status.success(), "{script}: {}", said(&output));
    }
}

#[test]
#[ignore = "needs lego, pebble, bind9, bind9-dnsutils and openssl"]
fn lego_renews_and_the_service_is_covered_at_every_step() {
    const CHAIN: &str = "lego/certificates/mx.example.crt";
    let host = MailHost::new("lego");
    let pebble = Pebble::new(&host.place);
    host.install("tlsa-lego", "# lego: ");
    let lego = |arguments: &str| {
        host.place.run(&format!(
            "mkdir -p web; LEGO_CA_CERTIFICATES=pebble.pem lego --server {} --path lego --accept-tos --email a@example.org \\
                 -d mx.example --http --http.webroot web {arguments}",
            pebble.directory
        ))
    };
    ends_with(&lego("run"), 0, "");
    host.first_time(CHAIN, "lego/certificates/mx.example.key");
    let first = host.digest(CHAIN);

    let renew = "renew --days 9999 --no-random-sleep --renew-hook ./tlsa-lego";
    ends_with(&lego(&format!("{renew} --reuse-key")), 0, "");
    assert!(host.serves(CHAIN));
    host.publishes(&[&first]);

    // lego reports that the hook failed, but has already replaced its files.
    let reloads = host.reloads();
    ends_with(&lego(renew), 1, "records were missing on ns");
    let second = host.digest(CHAIN);
    assert_eq!(host.digest("served.pem"), first);
    assert_eq!(host.reloads(), reloads);
    host.publishes(&[&first, &second]);
    host.waits();
    host.age(122);
    host.cron_says(0, "");
    assert!(host.serves(CHAIN));
    host.publishes(&[&first, &second]);
    host.cron_says(0, "");
    host.publishes(&[&second]);
}

#[test]
#[ignore = "needs dehydrated, pebble, bind9, bind9-dnsutils and openssl"]
fn dehydrated_renews_and_the_service_is_covered_at_every_step() {
    const CHAIN: &str = "dehydrated/certs/mx.example/fullchain.pem";
    let host = MailHost::new("dehydrated");
    let pebble = Pebble::new(&host.place);
    host.install("tlsa-dehydrated", "# dehydrated: ");
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
    host.first_time(CHAIN, "dehydrated/certs/mx.example/privkey.pem");
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

    ends_with(&run("GIVEN_HOOK=./tlsa-dehydrated"), 0, "Skipping renew!");
    let output = host.place.run("GIVEN_HOOK=./tlsa-dehydrated dehydrated -f config --cron --force");
    ends_with(&output, 0, "Done!");
    assert!(host.serves(CHAIN));
    host.publishes(&[&first]);

    let reloads = host.reloads();
    let output =
        host.place.run("GIVEN_HOOK=./tlsa-dehydrated GIVEN_RENEW=yes dehydrated -f config --cron --force");
    ends_with(&output, 0, "records were missing on ns");
    let second = host.digest(CHAIN);
    assert_eq!(host.digest("served.pem"), first);
    assert_eq!(host.reloads(), reloads);
    host.publishes(&[&first, &second]);

    // The next scheduled run of dehydrated runs the gate again, too.
    host.waits();
    ends_with(&run("GIVEN_HOOK=./tlsa-dehydrated"), 0, "mx.example: not deployed");
    host.age(122);
    ends_with(&run("GIVEN_HOOK=./tlsa-dehydrated"), 0, "Skipping renew!");
    assert!(host.serves(CHAIN));
    host.publishes(&[&first, &second]);
    ends_with(&run("GIVEN_HOOK=./tlsa-dehydrated"), 0, "Skipping renew!");
    host.publishes(&[&second]);
}
