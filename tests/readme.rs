//! The README: its length, and the recipes that no transcript runs.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn readme() -> String {
    fs::read_to_string(format!("{ROOT}/README.md")).unwrap()
}

/// Returns the shell script of the README that contains `line`, with the paths replaced by those of the test.
fn script(line: &str, folder: &Path) -> String {
    let readme = readme();
    let mut scripts = readme.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let at = folder.display();
    scripts
        .find(|script| script.contains(line))
        .unwrap()
        .replace("/etc/postfix", &format!("{at}/postfix"))
        .replace("/etc/letsencrypt", &format!("{at}/letsencrypt"))
}

/// Creates an empty folder with `bin/tlsagen`.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("bin")).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_tlsagen"), folder.join("bin/tlsagen")).unwrap();
    folder
}

/// Runs `script` in `folder`; returns its status.
fn run(script: &str, folder: &Path) -> Option<i32> {
    let path = format!("{}/bin:/usr/bin:/bin", folder.display());
    let mut command = Command::new("sh");
    let output = command.args(["-c", script]).current_dir(folder).env("PATH", path).output().unwrap();
    output.status.code()
}

#[test]
fn the_readme_is_short() {
    assert!(readme().len() <= 12 * 1024, "{} octets", readme().len());
}

#[test]
fn a_zone_without_a_final_newline_keeps_its_last_line() {
    let folder = folder("readme-zone");
    let recipe = script(">>db.example", &folder);
    fs::copy(format!("{ROOT}/fixtures/fullchain-rsa.pem"), folder.join("fullchain.pem")).unwrap();
    fs::write(folder.join("db.example"), "mx.example. IN A 192.0.2.1").unwrap();
    assert_eq!(run(&recipe, &folder), Some(0));
    let zone = fs::read_to_string(folder.join("db.example")).unwrap();
    let lines: Vec<&str> = zone.lines().collect();
    assert_eq!(lines[0], "mx.example. IN A 192.0.2.1");
    assert!(lines[1].starts_with("_25._tcp.mx.example. IN TLSA 3 1 1 "), "{zone}");
    assert_eq!(lines.len(), 2);

    fs::write(folder.join("fullchain.pem"), "").unwrap();
    assert_eq!(run(&recipe, &folder), Some(2));
    assert_eq!(fs::read_to_string(folder.join("db.example")).unwrap(), format!("{zone}\n"));
}

/// Runs the hook with stand-ins for Postfix, and with published records from a file.
#[test]
fn the_hook_copies_only_what_the_published_records_cover() {
    let folder = folder("readme-hook");
    let at = folder.display();
    let executable = |name: &str, text: &str| {
        fs::write(folder.join(name), text).unwrap();
        assert!(Command::new("chmod").arg("+x").arg(folder.join(name)).status().unwrap().success());
    };
    for name in ["letsencrypt/renewal-hooks/deploy", "letsencrypt/live/mx.example"] {
        fs::create_dir_all(folder.join(name)).unwrap();
    }
    executable("letsencrypt/renewal-hooks/deploy/tlsa", &script("$RENEWED_LINEAGE", &folder));
    executable("bin/postfix", "#!/bin/sh\necho \"$@\" >>calls\n");
    executable("bin/postconf", "#!/bin/sh\necho \"$@\" >>calls\n");
    fs::remove_file(folder.join("bin/tlsagen")).unwrap();
    let tlsagen = env!("CARGO_BIN_EXE_tlsagen");
    executable("bin/tlsagen", &format!("#!/bin/sh\nexec {tlsagen} \"$@\" --records published\n"));
    let deploy = |chain: &str| {
        let live = folder.join("letsencrypt/live/mx.example");
        fs::copy(format!("{ROOT}/fixtures/{chain}"), live.join("fullchain.pem")).unwrap();
        fs::write(live.join("privkey.pem"), "a key\n").unwrap();
    };
    let publish = |chain: &str| {
        run(&format!("{tlsagen} {ROOT}/fixtures/{chain} mx.example >published"), &folder);
    };
    let copy = || fs::read_to_string(folder.join("postfix/tls/mx.example.pem")).unwrap_or_default();
    let calls = || fs::read_to_string(folder.join("calls")).unwrap_or_default();

    publish("fullchain-ecdsa.pem");
    deploy("fullchain-rsa.pem");
    let first_time = script("postconf ", &folder);
    assert_eq!(run(&first_time, &folder), Some(1));
    assert_eq!((copy(), calls()), (String::new(), String::new()));
    publish("fullchain-rsa.pem");
    assert_eq!(run(&first_time, &folder), Some(0));
    let first = copy();
    assert!(first.starts_with("a key\n-----BEGIN CERTIFICATE-----\n"), "{first}");
    assert_eq!(calls(), format!("reload\nsmtpd_tls_chain_files={at}/postfix/tls/mx.example.pem\nreload\n"));

    let hook = |domains: &str| {
        format!(
            "RENEWED_DOMAINS='{domains}' RENEWED_LINEAGE={at}/letsencrypt/live/mx.example \
             {at}/letsencrypt/renewal-hooks/deploy/tlsa"
        )
    };
    deploy("fullchain-ecdsa.pem");
    assert_eq!(run(&hook("a.example mx.example"), &folder), Some(1));
    assert_eq!(copy(), first);
    publish("fullchain-ecdsa.pem");
    assert_eq!(run(&hook("a.example mx.example.org"), &folder), Some(0));
    assert_eq!(copy(), first);
    assert_eq!(run(&hook("a.example mx.example"), &folder), Some(0));
    assert_ne!(copy(), first);
}
