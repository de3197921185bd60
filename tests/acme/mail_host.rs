//! A mail host set up with the printed hooks and settings; only the paths are replaced.

use std::fs;
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use crate::bind::{Place, executable, named};
use crate::running::{Running, free_port};

/// The service: OpenSSL's server, which `postfix reload` starts again with the file in use, as the hook installed it.
const SERVICE: &str = r#"#!/bin/bash
[ "$1" = reload ] && ! [ -e broken ] || exit 9
[ ! -e elsewhere ] || exit 0
cp tls/in-use.pem served.pem
if [ -e server.pid ]; then
    kill "$(<server.pid)"
    # Otherwise the new server may not get the port.
    for _ in {1..100}; do kill -0 "$(<server.pid)" 2>/dev/null || break; sleep 0.02; done
fi
setsid openssl s_server -quiet -accept 127.0.0.1:PORT -cert served.pem -key served.pem -cert_chain served.pem \
    </dev/zero >/dev/null 2>&1 &
echo $! >server.pid
for _ in {1..200}; do ! (: </dev/tcp/127.0.0.1/PORT) 2>/dev/null || break; sleep 0.02; done
# Another process may have taken the port.
kill -0 "$(<server.pid)" || exit 8
echo >>reloads
"#;

/// Two name servers, a hook, and a service that reads its certificate file only when it is reloaded.
pub(crate) struct MailHost {
    pub(crate) place: Place,
    second: Option<Running>,
    port: u16,
}

impl MailHost {
    /// `files`: the key and the chain of the client, below the folder of the host.
    pub(crate) fn new(name: &str, files: &str) -> Self {
        let place = Place::new(name);
        let port = free_port();
        fs::create_dir(place.folder.join("second")).unwrap();
        executable(&place.folder.join("bin/postfix"), &SERVICE.replace("PORT", &port.to_string()));
        place.succeeds("dig example DNSKEY +noall +answer >anchor; mkdir tls; chmod 700 tls; : >reloads");
        let mut host = Self { place, second: None, port };
        host.start_second();
        let at = host.place.folder.display().to_string();
        let [first, second] = host.place.ports;
        let files: Vec<String> = files.split(' ').map(|file| format!("{at}/{file}")).collect();
        let files = files.join(" ");
        let more = format!(
            "HOST=mx.example\nPORTS={port}\nFILES='{files}'\nIN_USE={at}/tls/in-use.pem\nSTATE={at}/state/state.json\n\
             UPDATE='nsupdate -k ddns.key'\nSERVERS=127.0.0.1:{first},127.0.0.1:{second}\nPATH={at}/bin:$PATH\n\
             OPTIONS=\"$OPTIONS --dns 127.0.0.1:{first} --trust-anchor {at}/anchor --starttls none --ttl 1\"\ncd {at}\n"
        );
        let settings = host.place.succeeds("tlsagen hook settings") + &more;
        fs::write(host.place.folder.join("settings"), settings).unwrap();
        host.install("hook", "certbot");
        host
    }

    /// Starts the second name server, a secondary of the first, without the zone data of an earlier run.
    pub(crate) fn start_second(&mut self) {
        let folder = self.place.folder.join("second");
        let _ = fs::remove_file(folder.join("example.zone"));
        let zone = format!("type secondary; primaries {{ 127.0.0.1 port {}; }};", self.place.ports[0]);
        self.second = Some(named(&folder, self.place.ports[1], &zone));
    }

    pub(crate) fn stop_second(&mut self) {
        self.second = None;
    }

    /// Installs the hook of a client as the executable `name`.
    pub(crate) fn install(&self, name: &str, client: &str) {
        let hook = self.place.succeeds(&format!("tlsagen hook {client}"));
        let settings = self.place.folder.join("settings").display().to_string();
        executable(&self.place.folder.join(name), &hook.replace("/etc/default/tlsagen", &settings));
    }

    /// Runs the hook as the timer does.
    pub(crate) fn hook(&self) -> Output {
        self.place.run("./hook")
    }

    /// Makes the service use the files of the client, and publishes their record.
    #[track_caller]
    pub(crate) fn first_time(&self, chain: &str) {
        self.place.succeeds(
            "set -u; . ./settings; (umask 077; eval \"cat $FILES\" >tls/in-use.pem); postfix reload",
        );
        self.settles();
        assert!(self.serves(chain));
        self.publishes(&[&self.digest(chain)]);
        // Before that, caches may hold records from before the first call.
        thread::sleep(Duration::from_secs(3));
    }

    /// Runs the hook until nothing is left to do. The published records match the certificate in use at every step.
    #[track_caller]
    pub(crate) fn settles(&self) {
        self.until("steady: ");
    }

    /// Runs the hook until its last message starts with `start`.
    #[track_caller]
    pub(crate) fn until(&self, start: &str) {
        for _ in 0..60 {
            ends_with(&self.hook(), 0, "");
            self.is_covered();
            if self.log().starts_with(&format!("tlsagen: {start}")) {
                return;
            }
            thread::sleep(Duration::from_millis(300));
        }
        panic!("{}", self.log());
    }

    /// The last message of the program.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.place.folder.join("state/state.json.log")).unwrap()
    }

    /// Whether the service uses this chain and its key, which precedes the chain in the file.
    pub(crate) fn serves(&self, chain: &str) -> bool {
        let read = |name: &str| fs::read_to_string(self.place.folder.join(name)).unwrap();
        let served = read("served.pem");
        served.starts_with("-----BEGIN ") && served.contains(" KEY-----\n") && served.ends_with(&read(chain))
    }

    /// Runs the hook and asserts its exit status and that its output contains `text`.
    #[track_caller]
    pub(crate) fn says(&self, status: i32, text: &str) {
        ends_with(&self.hook(), status, text);
        self.is_covered();
    }

    fn published(&self) -> String {
        format!("dig +noall +answer _{}._tcp.mx.example TLSA", self.port)
    }

    #[track_caller]
    fn is_covered(&self) {
        self.place.succeeds(&format!(
            "{} | tlsagen check served.pem mx.example:{} --records - -q",
            self.published(),
            self.port
        ));
    }

    /// Returns the SHA-256 digest of the public key in `file`, computed by openssl.
    #[track_caller]
    pub(crate) fn digest(&self, file: &str) -> String {
        let said = self.place.succeeds(&format!(
            "set -o pipefail; openssl x509 -in {file} -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r"
        ));
        said.split_whitespace().next().unwrap().to_owned()
    }

    /// Asserts that exactly these digests are published and that the records match the certificate in use.
    #[track_caller]
    pub(crate) fn publishes(&self, digests: &[&String]) {
        let said = self.place.succeeds(&format!("{} +nosplit | tr 'A-F' 'a-f'", self.published()));
        let published: Vec<&str> = said.lines().map(|line| line.split_once("3 1 1 ").unwrap().1).collect();
        assert_eq!(published.len(), digests.len(), "{said}");
        assert!(digests.iter().all(|digest| published.contains(&digest.as_str())), "{said}");
        self.is_covered();
    }

    /// Returns the number of reloads of the service so far.
    pub(crate) fn reloads(&self) -> usize {
        fs::read_to_string(self.place.folder.join("reloads")).unwrap().lines().count()
    }
}

impl Drop for MailHost {
    fn drop(&mut self) {
        let stop = "[ ! -e server.pid ] || kill \"$(cat server.pid)\"";
        let _ = Command::new("sh").args(["-c", stop]).current_dir(&self.place.folder).output();
    }
}

/// Asserts the exit status of a command and that its output contains `text`.
#[track_caller]
pub(crate) fn ends_with(output: &Output, status: i32, text: &str) {
    assert_eq!(output.status.code(), Some(status), "{}", said(output));
    assert!(said(output).contains(text), "{}", said(output));
}

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), output.stderr.as_slice()].concat()).into_owned()
}
