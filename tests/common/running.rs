//! Servers that end with the test that started them.

use std::fs::File;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// A server that ends with this.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

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
