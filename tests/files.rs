//! Reading and writing files: a process that read a private key leaves no core dump, and a saved file is always
//! complete.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
#![cfg(target_os = "linux")]

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tlsagen::files::{self, FileError};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Returns the soft and hard core dump limits of a process that has read `octets` as CHAIN and waits for `--next`.
fn core_limits_after_reading(folder: &Path, octets: &[u8]) -> String {
    let [chain, next] = ["chain", "next"].map(|name| folder.join(name));
    for path in [&chain, &next] {
        let _ = fs::remove_file(path);
        fifo(path);
    }
    // Raise the soft limit to the hard limit, so that the program has something to lower.
    let mut child = Command::new("sh")
        .args(["-c", "ulimit -Sc \"$(ulimit -Hc)\"; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_tlsagen")])
        .arg(&chain)
        .args(["mx.example", "-q", "--next"])
        .arg(&next)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    OpenOptions::new().write(true).open(&chain).unwrap().write_all(octets).unwrap();
    // The program opens `--next` only after it has read CHAIN.
    let mut next = OpenOptions::new().write(true).open(&next).unwrap();
    let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    next.write_all(&fs::read(format!("{ROOT}/fixtures/next-p256.pub.pem")).unwrap()).unwrap();
    drop(next);
    assert!(child.wait().unwrap().success());
    let core = limits.lines().find_map(|line| line.strip_prefix("Max core file size")).unwrap();
    core.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

#[test]
fn who_has_read_a_private_key_leaves_no_core_dump() {
    let folder = folder("core");
    let read = |name: &str| fs::read(format!("{ROOT}/fixtures/{name}")).unwrap();
    for key in ["next-rsa.pkcs8.pem", "next-p256.sec1.pem", "next-rsa.key.der"] {
        assert_eq!(core_limits_after_reading(&folder, &read(key)), "0 0", "{key}");
    }
    let limit = Command::new("sh").args(["-c", "ulimit -Hc"]).output().unwrap();
    let limit = String::from_utf8(limit.stdout).unwrap();
    for plain in ["fullchain-rsa.pem", "leaf-rsa.der", "next-p256.csr.pem", "next-p256.pub.pem"] {
        let limits = core_limits_after_reading(&folder, &read(plain));
        assert_eq!(limits.starts_with("0 "), limit.trim() == "0", "{plain}: {limits}");
    }
}

#[test]
fn what_is_saved_takes_the_place_of_a_file_or_of_a_link() {
    let folder = folder("saved");
    let write = |name: &str, text: &str| files::write(folder.join(name).to_str().unwrap(), text);
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    write("new", "one").unwrap();
    assert_eq!(read("new"), "one");

    // The new file gets the permissions of the old one and replaces it by renaming, so a reader of the old file still
    // has its complete contents.
    fs::set_permissions(folder.join("new"), fs::Permissions::from_mode(0o604)).unwrap();
    fs::hard_link(folder.join("new"), folder.join("same")).unwrap();
    write("new", "two").unwrap();
    assert_eq!((read("new").as_str(), read("same").as_str()), ("two", "one"));
    assert_eq!(fs::metadata(folder.join("new")).unwrap().permissions().mode() & 0o777, 0o604);

    symlink("new", folder.join("link")).unwrap();
    symlink("nowhere", folder.join("dangling")).unwrap();
    for link in ["link", "dangling"] {
        write(link, "three").unwrap();
        assert!(fs::symlink_metadata(folder.join(link)).unwrap().is_file(), "{link}");
        assert_eq!(read(link), "three");
    }
    assert_eq!(read("new"), "two");
    assert!(!folder.join("nowhere").exists());
}

#[test]
fn what_is_no_file_is_not_written_over_and_nothing_is_left_of_a_failure() {
    let folder = folder("not-saved");
    fs::create_dir(folder.join("directory")).unwrap();
    fifo(&folder.join("fifo"));
    symlink("/dev/null", folder.join("link-to-device")).unwrap();
    let before = fs::read_dir(&folder).unwrap().count();
    for name in ["directory", "fifo", "link-to-device", "/dev/null"] {
        let path = folder.join(name);
        let error = files::write(path.to_str().unwrap(), "text").unwrap_err();
        assert!(matches!(error, FileError::NotRegular), "{name}: {error}");
        assert_eq!(
            error.to_string(),
            "cannot write it: it is a directory or a special file such as a device"
        );
    }
    for name in ["missing/file", "new/", &"x".repeat(300)] {
        let error = files::write(folder.join(name).to_str().unwrap(), "text").unwrap_err();
        assert!(matches!(error, FileError::WriteFile(_)), "{name}: {error}");
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), before);
}
