//! Pebble, the ACME test server, on loopback. It issues certificates without validating control of the name.

use std::fs;
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::bind::Place;
use crate::running::{Running, free_port};

/// The running server, and the URL that clients need.
pub(crate) struct Pebble {
    /// URL of the ACME directory.
    pub(crate) directory: String,
    _server: Running,
}

impl Pebble {
    /// Starts pebble with a self-made certificate, written to `pebble.pem` in the folder of `place`.
    pub(crate) fn new(place: &Place) -> Self {
        place.succeeds(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout pebble.key -out pebble.pem \\
                 -subj /CN=localhost -addext subjectAltName=DNS:localhost -days 30",
        );
        let (port, management) = (free_port(), free_port());
        let at = place.folder.display();
        fs::write(
            place.folder.join("pebble.json"),
            format!(
                r#"{{"pebble": {{"listenAddress": "127.0.0.1:{port}", "managementListenAddress": "127.0.0.1:{management}",
                    "certificate": "{at}/pebble.pem", "privateKey": "{at}/pebble.key", "httpPort": 5002, "tlsPort": 5001}}}}"#
            ),
        )
        .unwrap();
        let log = fs::File::create(place.folder.join("pebble.log")).unwrap();
        let child = Command::new("pebble")
            .args(["-config", "pebble.json"])
            .current_dir(&place.folder)
            .envs([
                ("PEBBLE_VA_ALWAYS_VALID", "1"),
                ("PEBBLE_VA_NOSLEEP", "1"),
                ("PEBBLE_WFE_NONCEREJECT", "0"),
            ])
            .stdout(log)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Running(child);
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
        Self { directory: format!("https://localhost:{port}/dir"), _server: server }
    }
}
