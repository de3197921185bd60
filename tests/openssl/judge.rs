//! The verdict of OpenSSL's client over a connection on loopback, and the result of `check --any` for the same input.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::openssl::Server;
use crate::program::command;

/// The TLSA base domain in all cases.
pub(crate) const HOST: &str = "mx.example.net";

/// A folder for the files of one comparison.
pub(crate) struct Court {
    folder: PathBuf,
}

impl Court {
    /// `store` contains the roots that clients trust, as PEM.
    pub(crate) fn new(name: &str, store: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).unwrap();
        let court = Self { folder };
        court.file("store.pem", store);
        court
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// Returns RDATA whose association data openssl computed from the certificate.
    pub(crate) fn rdata(&self, usage: &str, selector: &str, matching_type: &str, pem: &str) -> String {
        let path = self.file("described.pem", pem);
        let select = match selector {
            "1" => "openssl x509 -in \"$0\" -noout -pubkey | openssl pkey -pubin -outform DER",
            _ => "openssl x509 -in \"$0\" -outform DER",
        };
        let digest = match matching_type {
            "0" => "cat",
            "2" => "openssl dgst -sha512 -binary",
            _ => "openssl dgst -sha256 -binary",
        };
        let output =
            Command::new("bash").arg("-c").arg(format!("{select} | {digest}")).arg(&path).output().unwrap();
        assert!(output.status.success() && !output.stdout.is_empty(), "{usage} {selector} {matching_type}");
        format!("{usage} {selector} {matching_type} {}", hex::encode(output.stdout))
    }

    /// Starts a server that sends `chain`, which starts with the server's own certificate; returns the server and the
    /// chain file.
    pub(crate) fn serve(&self, chain: &str, key: &str) -> (Server, PathBuf) {
        let (chain, key) = (self.file("served.pem", chain), self.file("served.key", key));
        (Server::of_chain(&chain, &key), chain)
    }

    /// Whether OpenSSL's client accepts the server, given these records.
    pub(crate) fn openssl_accepts(&self, server: &mut Server, records: &[String]) -> bool {
        let store = self.folder.join("store.pem").display().to_string();
        server.is_accepted(HOST, records, &["-CAfile", &store]).unwrap()
    }

    /// Returns the exit status of `check --any` for the same chain and records, on a port other than 25.
    pub(crate) fn check(&self, chain: &Path, records: &[String]) -> i32 {
        let owner = "_443._tcp.mx.example.net. IN TLSA";
        let text: String = records.iter().map(|record| format!("{owner} {record}\n")).collect();
        // Use a file instead of a pipe, because the program does not read the records if it refuses the chain.
        let published = self.file("records.zone", &text);
        let mut check = command(&self.folder, ["check"]);
        check.arg(chain).args(["mx.example.net:443", "--any", "-q", "--ca-file", "store.pem", "--records"]);
        check.arg(published).output().unwrap().status.code().unwrap()
    }
}
