//! The program against real servers from Debian: its verdict about each must be that of another DANE client.
//!
//! The lab is a network, mount and process namespace: every port is free, `/etc/resolv.conf` is a private one, and when
//! the test ends, for whatever reason, the kernel stops all servers and removes their files. `.ci/release lab` installs
//! the packages and sets `TLSAGEN_LAB` to the folder of those that are unpacked only.

#![cfg(feature = "live")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "tests")]

#[path = "../common/certificates.rs"]
#[allow(dead_code, reason = "a part of it is enough")]
mod certificates;
mod dialog;
mod files;
mod mail;
#[path = "../common/name_server.rs"]
mod name_server;
#[path = "../common/openssl.rs"]
#[allow(dead_code, reason = "OpenSSL is a server here")]
mod openssl;
mod peers;
#[path = "../common/program.rs"]
mod program;
mod reach;
#[path = "../common/running.rs"]
mod running;
mod scenes;
mod servers;
mod services;
#[path = "../common/shell.rs"]
mod shell;
mod verdicts;
mod zones;

use std::env;
use std::path::Path;
use std::process::Command;

/// Where the namespace mounts an empty file system for all files of the lab.
const LAB: &str = "/mnt";

/// Runs `test`, whose name is `name`, in a namespace.
fn in_the_lab(name: &str, test: impl Fn()) {
    if env::var_os("TLSAGEN_LAB").is_none() {
        println!("TLSAGEN_LAB is not set: no server was started");
    } else if env::var_os("IN_LAB").is_some() {
        files::prepare();
        test();
    } else {
        let status = Command::new("setpriv")
            .args([
                "--pdeathsig",
                "KILL",
                "unshare",
                "--net",
                "--mount",
                "--pid",
                "--fork",
                "--kill-child",
                "--mount-proc",
            ])
            .arg(env::current_exe().unwrap())
            .args(["--include-ignored", "--exact", "--nocapture", name])
            .env("IN_LAB", "yes")
            .status();
        assert!(status.unwrap().success(), "see above; `unshare` needs root");
    }
}

fn lab() -> &'static Path {
    Path::new(LAB)
}

#[test]
#[ignore = "needs root and the packages of `.ci/release lab`"]
fn verdicts_are_those_of_other_clients() {
    in_the_lab("verdicts_are_those_of_other_clients", verdicts::compare);
}

#[test]
#[ignore = "needs root and the packages of `.ci/release lab`"]
fn servers_that_refuse_are_described() {
    in_the_lab("servers_that_refuse_are_described", reach::describe);
}
