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

/// The four lines that switch the hook on, with stand-ins for certbot, Postfix and systemd.
#[cfg(feature = "live")]
#[test]
fn the_hook_is_switched_on_by_four_lines() {
    let folder = folder("readme-hook");
    let at = folder.display();
    let executable = |name: &str, text: &str| {
        fs::write(folder.join(name), text).unwrap();
        assert!(Command::new("chmod").arg("+x").arg(folder.join(name)).status().unwrap().success());
    };
    for name in ["certbot", "postfix", "postconf", "systemctl"] {
        executable(&format!("bin/{name}"), "#!/bin/sh\necho \"${0##*/} $*\" >>calls\n");
    }
    for name in ["letsencrypt/live/mx.example", "default"] {
        fs::create_dir_all(folder.join(name)).unwrap();
    }
    fs::write(folder.join("letsencrypt/live/mx.example/privkey.pem"), "a key\n").unwrap();
    fs::write(folder.join("letsencrypt/live/mx.example/fullchain.pem"), "a chain\n").unwrap();
    assert_eq!(run("tlsagen hook settings >default/tlsagen", &folder), Some(0));
    let lines = script("--reuse-key", &folder)
        .replace("/etc/tlsagen", &format!("{at}/tlsagen"))
        .replace("/etc/default", &format!("{at}/default"));
    assert_eq!(lines.lines().count(), 4);
    // `tlsagen help hooks` has the same commands.
    let help = Command::new(env!("CARGO_BIN_EXE_tlsagen")).args(["help", "hooks"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    for command in script("--reuse-key", Path::new("/etc")).lines() {
        let command = command.split(" # ").next().unwrap().replace(" && systemctl", "\nsystemctl");
        assert!(command.lines().all(|line| help.lines().any(|shown| shown == line)), "{command}");
    }
    assert_eq!(run(&lines, &folder), Some(0));
    assert_eq!(
        fs::read_to_string(folder.join("calls")).unwrap(),
        format!(
            "certbot renew --cert-name mx.example --reuse-key --force-renewal\n\
             postconf smtpd_tls_chain_files={at}/tlsagen/in-use.pem\npostfix reload\n\
             systemctl enable --now tlsagen.timer\n"
        )
    );
    assert_eq!(fs::read_to_string(folder.join("tlsagen/in-use.pem")).unwrap(), "a key\na chain\n");
    let settings =
        "stat -c %a tlsagen/in-use.pem; . ./default/tlsagen; echo $HOST; echo $IN_USE; echo $FILES";
    assert_eq!(run(&format!("({settings}) >values"), &folder), Some(0));
    assert_eq!(
        fs::read_to_string(folder.join("values")).unwrap(),
        "600\nmx.example\n/etc/tlsagen/in-use.pem\n\
         /etc/letsencrypt/live/mx.example/privkey.pem /etc/letsencrypt/live/mx.example/fullchain.pem\n"
    );
}
