//! The hooks of `tlsagen hook` with a stand-in for `tlsagen rollover`: what each client triggers, every exit status, and
//! a kill at each command.

#![cfg(feature = "live")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::Path;
use std::process::Command;

#[path = "../common/program.rs"]
mod program;

mod place;

use place::Place;
use program::printed;

#[test]
fn each_status_has_its_action() {
    let place = Place::new("hook-statuses", "certbot");
    place.in_use();
    let quiet = (Some(0), String::new(), String::new());
    for answer in ["0\n", "11\n"] {
        assert_eq!(place.with(answer), quiet);
        assert!(!place.has("tls/in-use.pem.new"));
    }
    // A warning that somebody must act on.
    let usual = place.read("rollover");
    for code in ["not-reloaded", "ee-expired"] {
        let warning = format!("tlsagen: warning[{code}]: no address");
        let said = format!("#!/bin/sh\necho 'tlsagen: hint[x]: y'>&2; echo '{warning}' >&2\n");
        place.executable("rollover", &said);
        assert_eq!(place.with(""), (Some(0), String::new(), format!("{warning}\n")));
    }
    place.executable("rollover", &usual);
    for status in [1, 2, 3, 137] {
        assert_eq!(
            place.with(&format!("{status}\n")),
            (Some(status), String::new(), format!("said {status}\n"))
        );
        assert!(!place.has("tls/in-use.pem.new"));
    }
    assert!(!place.has("updates") && !place.has("reloads"));
    // The output of the program is the input of UPDATE.
    place.executable("update", "#!/bin/sh\nexec cat >>updates\n");
    assert_eq!(place.with("10 11\n"), (Some(0), "said 10\n".to_owned(), String::new()));
    assert_eq!(place.with("13 0\n"), (Some(0), "said 13\n".to_owned(), String::new()));
    assert_eq!(place.read("updates"), "out 10\nout 13\n");
    place.executable("update", "#!/bin/sh\nexit 7\n");
    let failed = (Some(1), "said 10\n".to_owned(), "tlsagen: UPDATE failed\n".to_owned());
    assert_eq!(place.with("10 0\n"), failed);
    // The service gets the very copy that was judged, with the owner and the mode of the old file.
    place.chain("new");
    assert!(
        Command::new("chmod")
            .args(["640", "tls/in-use.pem"])
            .current_dir(&place.0)
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(place.with("12 0\n").0, Some(0));
    assert_eq!(
        (place.read("tls/in-use.pem"), place.read("served")),
        ("KEY\nnew\n".into(), "KEY\nnew\n".into())
    );
    let mode =
        Command::new("stat").args(["-c", "%a", "tls/in-use.pem"]).current_dir(&place.0).output().unwrap();
    assert_eq!(mode.stdout, b"640\n");
    // Without end.
    place.executable("update", "#!/bin/sh\ncat >/dev/null\n");
    let (status, _, stderr) = place.with("10 10 10 10 10 10 10\n");
    assert_eq!(status, Some(1));
    assert_eq!(stderr, "tlsagen: mx.example: not finished after 5 steps, the last of them: said 10\n");
}

#[test]
fn a_failed_reload_is_repeated() {
    let place = Place::new("hook-reload", "certbot");
    place.in_use();
    place.chain("new");
    place.write("reload-fails", "");
    assert_eq!(place.with("12 0\n").0, Some(1));
    assert!(place.has("tls/in-use.pem.reload"));
    assert_eq!(place.with("0\n").0, Some(1));
    fs::remove_file(place.0.join("reload-fails")).unwrap();
    assert_eq!(place.with("0\n").0, Some(0));
    assert_eq!(place.read("served"), "KEY\nnew\n");
    assert!(!place.has("tls/in-use.pem.reload"));
}

#[test]
fn arguments_come_from_the_settings() {
    let place = Place::new("hook-settings", "certbot");
    let settings = place.read("settings");
    let call = |more: &str| {
        place.write("settings", &format!("{settings}{more}\n"));
        place.write("calls", "");
        assert_eq!(place.with("0\n").0, Some(0));
        let at = format!("{}/", place.0.display());
        place.read("calls").replace(&at, "")
    };
    let usual = "[rollover][tls/in-use.pem.new][mx.example][3][1][1]";
    let end = "[--in-use][tls/in-use.pem][--state][state/state.json]\n";
    assert_eq!(call(""), format!("{usual}[--port][25][--format][nsupdate]{end}"));
    let more = "TRIPLES='3 1 1 2 1 1' PORTS=25,465 SERVERS=192.0.2.1,192.0.2.2 NEXT='a.key b.pem' OPTIONS='--dns 192.0.2.3'";
    assert_eq!(
        call(more),
        format!(
            "{usual}[2][1][1][--port][25,465][--server][192.0.2.1,192.0.2.2][--format][nsupdate][--dns][192.0.2.3]\
             [--next][a.key][--next][b.pem]{end}"
        )
    );
    assert_eq!(
        call("PORTS= HOST=mx.example:587"),
        format!("{}[--format][nsupdate]{end}", usual.replace("example]", "example:587]"))
    );
    // Quoted names may contain blanks.
    fs::create_dir(place.0.join("with blank")).unwrap();
    place.write("with blank/key", "KEY\n");
    place.write("with blank/chain", "blank\n");
    place.write(
        "settings",
        &format!(
            "{settings}FILES=\"'with blank/key' 'with blank/chain'\"\nIN_USE='{}/with blank/in use'\nRELOAD=true\n",
            place.0.display()
        ),
    );
    assert_eq!(place.with("12 0\n"), (Some(0), "said 12\n".to_owned(), String::new()));
    assert_eq!(place.read("with blank/in use"), "KEY\nblank\n");
}

#[test]
fn nothing_happens_without_a_host() {
    for client in ["certbot", "lego", "dehydrated", "acme.sh", "caddy"] {
        let place = Place::new(&format!("hook-unset-{client}"), client);
        let settings = place.read("settings");
        place.write("settings", &settings.replace("HOST=mx.example", "HOST="));
        let environment = [("HOST", "mx.example"), ("RENEWED_LINEAGE", "/etc/letsencrypt/live/mx.example")];
        let arguments: &[&str] =
            if client == "dehydrated" { &["deploy_cert", "mx.example", "k"] } else { &[] };
        for _ in 0..2 {
            let output = place.hook(&environment, arguments);
            assert_eq!(
                (output.status.code(), output.stdout, output.stderr),
                (Some(0), vec![], vec![]),
                "{client}"
            );
            assert!(!place.has("calls") && !place.has("tls") && !place.has("state"), "{client}");
            let _ = fs::remove_file(place.0.join("settings"));
        }
    }
}

#[test]
fn each_client_starts_the_hook_for_its_files_only() {
    let starts = |client: &str, environment: &[(&str, &str)], arguments: &[&str]| {
        let place = Place::new(&format!("hook-starts-{client}"), client);
        place.write("answers", "1\n");
        let status = place.hook(environment, arguments).status.code();
        (status, place.has("calls"))
    };
    let (acts, ignores) = ((Some(1), true), (Some(0), false));
    for client in ["certbot", "lego", "dehydrated", "acme.sh", "caddy"] {
        assert_eq!(starts(client, &[], &[]), acts, "{client}");
    }
    assert_eq!(starts("certbot", &[("RENEWED_LINEAGE", "live/mx.example")], &[]), acts);
    assert_eq!(starts("certbot", &[("RENEWED_LINEAGE", "live/other.example")], &[]), ignores);
    // A wrong FILES must not go unnoticed.
    let place = Place::new("hook-lineage", "certbot");
    fs::remove_file(place.0.join("live/mx.example/privkey.pem")).unwrap();
    let output = place.hook(&[("RENEWED_LINEAGE", "live/mx.example-0001")], &[]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("live/mx.example/privkey.pem"), "{said}");
    for name in ["LEGO_CERT_DOMAIN", "LEGO_HOOK_CERT_NAME"] {
        assert_eq!(starts("lego", &[(name, "mx.example")], &[]), acts);
        assert_eq!(starts("lego", &[(name, "other.example")], &[]), ignores);
    }
    assert_eq!(starts("caddy", &[], &["mx.example"]), acts);
    assert_eq!(starts("caddy", &[], &["other.example"]), ignores);
    // acme.sh gives the paths of its own copies.
    assert_eq!(
        starts("acme.sh", &[("CERT_FULLCHAIN_PATH", "/root/.acme.sh/mx.example/fullchain.cer")], &[]),
        acts
    );
    // dehydrated would skip the other names after a failure.
    let files = ["live/mx.example/privkey.pem", "cert.pem", "fullchain.pem", "chain.pem"];
    for operation in ["deploy_cert", "unchanged_cert"] {
        assert_eq!(
            starts("dehydrated", &[], &[&[operation, "mx.example"], &files[..]].concat()),
            (Some(0), true)
        );
        assert_eq!(
            starts("dehydrated", &[], &[operation, "other.example", "live/other.example/privkey.pem"]),
            ignores
        );
    }
    for operation in [
        "deploy_challenge",
        "startup_hook",
        "exit_hook",
        "this_hookscript_is_broken__please_ignore_unknown_hooks",
    ] {
        assert_eq!(starts("dehydrated", &[], &[operation]), ignores);
    }
}

#[test]
fn one_hook_at_a_time() {
    let place = Place::new("hook-lock", "certbot");
    place.in_use();
    place.executable(
        "rollover",
        "#!/bin/bash\necho start >>order; /usr/bin/sleep 0.3; echo end >>order; exit 11\n",
    );
    let start = || Command::new("./hook").current_dir(&place.0).spawn().unwrap();
    let mut hooks = [start(), start(), start()];
    for hook in &mut hooks {
        assert!(hook.wait().unwrap().success());
    }
    assert_eq!(place.read("order"), "start\nend\n".repeat(3));
}

#[test]
fn a_kill_at_any_command_is_repaired_by_the_next_run() {
    // A kill at each command takes more than a minute.
    let step = std::env::var("HOOK_KILL_STEP").map_or(5, |step| step.parse().unwrap());
    let mut kills = 0;
    for first in [true, false] {
        for when in ["before", "after"] {
            for number in (1..).step_by(step) {
                let place = Place::new("hook-kill", "certbot");
                if first {
                    // The service has no file and no records yet.
                    place.write("published", "");
                } else {
                    place.in_use();
                }
                place.chain("new");
                place.write("kill", &format!("{number} {when}\n"));
                let killed = place.hook(&[], &[]).status;
                place.write("kill", "0 never\n");
                if killed.success() {
                    break;
                }
                kills += 1;
                let at = format!("first {first}: {when} command {number}");
                let next = place.hook(&[], &[]);
                assert!(next.status.success() && next.stderr.is_empty(), "{at}: {next:?}");
                assert_eq!(place.read("wrong"), "", "{at}");
                assert_eq!(place.read("served"), "KEY\nnew\n", "{at}");
                assert_eq!(place.read("published"), "new\n", "{at}");
                let left: Vec<_> = fs::read_dir(place.0.join("tls"))
                    .unwrap()
                    .map(|entry| entry.unwrap().file_name())
                    .collect();
                assert_eq!(left, ["in-use.pem"], "{at}");
            }
        }
    }
    assert!(kills > 80 / step, "{kills} kills");
}

/// The zone of `tlsagen help hooks`, with what its dots leave out.
#[test]
#[ignore = "needs bind9"]
fn named_reads_the_zone_of_the_help() {
    let place = Place::new("hook-zone", "certbot");
    let help = printed("help hooks");
    let zone = help
        .split("```text\n")
        .find(|block| block.starts_with("zone "))
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let key = Command::new("tsig-keygen").arg("tlsagen").output().unwrap();
    let key = String::from_utf8(key.stdout).unwrap();
    let check = |zone: &str| {
        place.write("named.conf", &format!("{key}{zone}"));
        Command::new("named-checkconf").arg(place.0.join("named.conf")).status().unwrap().success()
    };
    let zone = zone.replace("...", "type primary; file \"example.zone\";");
    assert!(check(&zone), "{zone}");
    assert!(!check(&zone.replace("TLSA;", "TLSB;")));
}

#[test]
#[ignore = "needs shellcheck"]
fn shellcheck_has_nothing_to_say() {
    for client in ["certbot", "lego", "dehydrated", "acme.sh", "caddy", "settings"] {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("hook-{client}.sh"));
        fs::write(&file, printed(&format!("hook {client}"))).unwrap();
        // The settings are used by the hooks.
        let output =
            Command::new("shellcheck").args(["--shell=sh", "--exclude=SC2034"]).arg(&file).output().unwrap();
        assert!(output.status.success(), "{client}: {}", String::from_utf8_lossy(&output.stdout));
    }
}
