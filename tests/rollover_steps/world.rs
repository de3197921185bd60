//! A signed, dynamic zone on a primary and a secondary name server, and TLS servers on loopback addresses.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::bind::{Place, named};
use crate::running::{Running, free_port};

/// What a call of the program gave.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) status: i32,
    pub(crate) data: String,
    pub(crate) said: String,
}

pub(crate) struct World {
    pub(crate) place: Place,
    second: Option<Running>,
    pub(crate) port: u16,
}

impl World {
    /// Starts both name servers; the service will be on a free port of 127.0.0.1.
    pub(crate) fn new(name: &str) -> Self {
        let place = Place::new(&format!("steps-{name}"));
        let signed = "dig +noall +answer +dnssec mx.example A | grep -q RRSIG";
        until(|| place.run(signed).status.success());
        place.succeeds("dig +noall +answer example DNSKEY | grep ' 257 ' >anchor || dig +noall +answer example DNSKEY | grep -P '\t257 ' >anchor");
        fs::create_dir(place.folder.join("second")).unwrap();
        let mut world = Self { place, second: None, port: free_port() };
        world.start_second();
        world
    }

    /// Starts the secondary name server; it keeps the zone data of an earlier run.
    pub(crate) fn start_second(&mut self) {
        let folder = self.place.folder.join("second");
        let zone = format!("type secondary; primaries {{ 127.0.0.1 port {}; }};", self.place.ports[0]);
        self.second = Some(named(&folder, self.place.ports[1], &zone));
        until(|| self.place.run("dig @ns2.example +dnssec mx.example A | grep -q RRSIG").status.success());
    }

    pub(crate) fn stop_second(&mut self) {
        self.second = None;
    }

    /// Makes key, certificate and `NAME.pem`, which contains both, for each of the names; `algorithm` is for openssl.
    pub(crate) fn certificates(&self, names: &str, algorithm: &str) {
        self.place.succeeds(&format!(
            "for name in {names}; do
                 openssl req -x509 -newkey {algorithm} -nodes -subj /CN=mx.example -days 30 \\
                     -addext subjectAltName=DNS:mx.example -keyout $name.key -out $name.crt
                 cat $name.key $name.crt >$name.pem
             done"
        ));
    }

    /// A TLS server with this certificate, and perhaps a second one of another key type.
    pub(crate) fn serve(&self, address: &str, port: u16, name: &str, other: Option<&str>) -> Running {
        let mut command = Command::new("openssl");
        command.args(["s_server", "-quiet", "-accept", &format!("{address}:{port}")]);
        command.args(["-cert", &format!("{name}.crt"), "-key", &format!("{name}.key")]);
        if let Some(other) = other {
            command.args(["-dcert", &format!("{other}.crt"), "-dkey", &format!("{other}.key")]);
        }
        command
            .current_dir(&self.place.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let running = Running(command.spawn().unwrap());
        until(|| std::net::TcpStream::connect((address, port)).is_ok());
        running
    }

    /// Calls `rollover` for the service with the state file `STATE.json`; `more` are further arguments.
    pub(crate) fn call(&self, state: &str, chain: &str, more: &str) -> Step {
        self.call_for(&format!("mx.example:{}", self.port), state, chain, more)
    }

    /// Calls `rollover` for these hosts and ports.
    pub(crate) fn call_for(&self, hosts: &str, state: &str, chain: &str, more: &str) -> Step {
        let [first, second] = self.place.ports;
        let (mut servers, mut format) = (String::new(), "-f nsupdate");
        if !more.contains("--server ") {
            servers = format!("--server 127.0.0.1:{first},127.0.0.1:{second}");
        }
        let dns = if more.contains("--dns ") { String::new() } else { format!("--dns 127.0.0.1:{first}") };
        if more.contains("-f ") {
            format = "";
        }
        let output = self.place.run(&format!(
            "exec tlsagen rollover {chain} {hosts} --starttls none {dns} \\
                 --trust-anchor anchor --timeout 3 \\
                 --state {state}.json {more} {servers} {format}"
        ));
        let text = |octets: Vec<u8>| String::from_utf8(octets).unwrap();
        let (data, said) = (text(output.stdout), text(output.stderr));
        let status = output.status.code().unwrap();
        let has_data = [10, 13].contains(&status) || more.contains("-f json");
        assert_eq!(has_data, !data.is_empty(), "{status} {data}");
        Step { status, data, said }
    }

    /// Calls until the status is no longer `status`, which needs about the given time at most.
    #[track_caller]
    pub(crate) fn past(&self, status: i32, seconds: u64, call: impl Fn() -> Step) -> Step {
        let start = Instant::now();
        loop {
            let step = call();
            if step.status != status {
                return step;
            }
            assert!(start.elapsed() < Duration::from_secs(seconds + 20), "still {step:?}");
            thread::sleep(Duration::from_millis(300));
        }
    }

    /// Sends the changes to the primary, and waits until the secondary has them.
    #[track_caller]
    pub(crate) fn apply(&self, step: &Step) {
        self.send(step);
        self.until_equal();
    }

    /// Waits until both name servers have the same version of the zone.
    #[track_caller]
    pub(crate) fn until_equal(&self) {
        let serial = |server: &str| self.place.succeeds(&format!("dig {server} +short example SOA"));
        until(|| serial("@ns1.example") == serial("@ns2.example"));
    }

    /// Sends the changes to the primary.
    #[track_caller]
    pub(crate) fn send(&self, step: &Step) {
        fs::write(self.place.folder.join("changes"), &step.data).unwrap();
        self.place.succeeds("nsupdate -k ddns.key changes");
    }

    /// The records at a server, with their TTL, sorted.
    pub(crate) fn published(&self, server: &str) -> Vec<String> {
        let port = self.port;
        let said = self
            .place
            .succeeds(&format!("dig {server} +noall +answer +nosplit _{port}._tcp.mx.example TLSA"));
        let mut lines: Vec<String> =
            said.lines().map(|line| line.to_lowercase().replace('\t', " ")).collect();
        lines.sort();
        lines
    }

    /// The data of the 3 1 1 record of a certificate, by openssl.
    pub(crate) fn record(&self, name: &str) -> String {
        let said = self.place.succeeds(&format!(
            "openssl x509 -in {name}.crt -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r"
        ));
        format!("3 1 1 {}", said.split_whitespace().next().unwrap())
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.place.folder.join(name)
    }

    pub(crate) fn copy(&self, from: &str, to: &str) {
        fs::copy(self.file(from), self.file(to)).unwrap();
    }
}

impl Step {
    #[track_caller]
    pub(crate) fn is(self, status: i32, text: &str) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        assert!(self.said.contains(text) || self.data.contains(text), "{self:?}");
        self
    }
}

#[track_caller]
pub(crate) fn until(done: impl Fn() -> bool) {
    assert!((0..200).any(|_| {
        let is_done = done();
        if !is_done {
            thread::sleep(Duration::from_millis(50));
        }
        is_done
    }));
}
