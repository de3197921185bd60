//! Debian's name servers, each run in a separate folder.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::running::Running;

/// Starts a name server in a folder, and waits until it answers for the zone `example`.
pub(crate) fn name_server(folder: &Path, command: &[&str], port: u16) -> Running {
    let child = Command::new(command[0])
        .args(&command[1..])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(File::create(folder.join("server.log")).unwrap())
        .spawn();
    let server = Running(child.unwrap());
    for _ in 0..200 {
        let asked = Command::new("dig")
            .args(["@127.0.0.1", "-p", &port.to_string(), "example", "SOA", "+short", "+tries=1", "+time=1"])
            .output();
        if asked.unwrap().stdout.starts_with(b"ns.") {
            return server;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("{command:?}: {}", std::fs::read_to_string(folder.join("server.log")).unwrap());
}
