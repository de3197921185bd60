//! `openssl s_server` on loopback, and the verdict of OpenSSL's client about it with given records.

use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::running::{Running, free_port};

/// A server on a separate port; dropping the value stops the server.
pub(crate) struct Server {
    process: Running,
    pub(crate) port: u16,
}

impl Server {
    /// Serves the chain in a PEM file, starting with its first certificate, if OpenSSL can.
    pub(crate) fn of_chain(chain: &Path, key: &Path) -> Self {
        let [chain, key] = [chain, key].map(|path| path.to_str().unwrap());
        // Allow weak signatures, because the client judges them.
        let weak = ["-no_ticket", "-cipher", "DEFAULT:@SECLEVEL=0"];
        let files = ["-key", key, "-cert", chain, "-cert_chain", chain];
        Self::start(Path::new("."), &[&weak[..], &files].concat())
    }

    /// Starts a server with these options in `folder`, and waits until it listens.
    pub(crate) fn start(folder: &Path, options: &[&str]) -> Self {
        // Another process may take the port between the choice of the port and its use.
        for _ in 0..2 {
            let mut server = Self::start_once(folder, options);
            if server.is_up() {
                return server;
            }
        }
        Self::start_once(folder, options)
    }

    fn start_once(folder: &Path, options: &[&str]) -> Self {
        let port = free_port();
        let child = Command::new("openssl")
            .args(["s_server", "-quiet", "-accept", &format!("127.0.0.1:{port}")])
            .args(options)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { process: Running(child), port }
    }

    fn is_up(&mut self) -> bool {
        for _ in 0..400 {
            if self.process.0.try_wait().unwrap().is_some() {
                return false;
            }
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return true;
            }
            thread::sleep(Duration::from_millis(5));
        }
        false
    }

    /// Whether OpenSSL's client accepts the server, given these records; `options` are passed to the client.
    ///
    /// `None` if there is no verdict: OpenSSL cannot serve the certificate, or the handshake fails because of its key.
    pub(crate) fn is_accepted(&mut self, host: &str, records: &[String], options: &[&str]) -> Option<bool> {
        let mut client = Command::new("openssl");
        client.args(["s_client", "-connect", &format!("127.0.0.1:{}", self.port), "-dane_tlsa_domain", host]);
        client.args(["-dane_ee_no_namechecks", "-verify_return_error"]).args(options);
        for record in records {
            client.args(["-dane_tlsa_rrdata", record]);
        }
        if !self.is_up() {
            return None;
        }
        let output = client.stdin(Stdio::null()).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        match output.status.success() {
            true => Some(said.contains("Verification: OK")),
            // OpenSSL can use none of the records, or none matches.
            false => ["import any TLSA records", "verify error:"]
                .iter()
                .any(|words| said.contains(words))
                .then_some(false),
        }
    }
}
