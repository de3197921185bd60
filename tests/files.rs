//! Files as they are read and written: no core dump of a process that read a private key, and what is saved is whole.

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

/// The limits of core dumps, soft and hard, of a process that has read these octets as CHAIN and waits for `--next`.
fn core_limits_after_reading(folder: &Path, octets: &[u8]) -> String {
    let [chain, next] = ["chain", "next"].map(|name| folder.join(name));
    for path in [&chain, &next] {
        let _ = fs::remove_file(path);
        fifo(path);
    }
    // As much as the system lets us have, so that there is something to switch off.
    let mut child = Command::new("sh")
        .args(["-c", "ulimit -Sc \"$(ulimit -Hc)\"; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_tlsagen")])
        .arg(&chain)
        .args(["mx.example", "-q", "--next"])
        .arg(&next)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    OpenOptions::new().write(true).open(&chain).unwrap().write_all(octets).unwrap();
    // It is opened once the other one is read.
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

    // With the permissions of the file that was there, and not into the file itself: who reads it has all of it.
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
