//! A mail host set up with the recipes of `tlsagen help hooks`; only the paths in the recipes are replaced.

use std::fs;
use std::process::Output;
use std::thread;
use std::time::Duration;

use crate::bind::{PUBLISHED, Place, executable, help_hooks, named, script_of_help};
use crate::running::Running;

/// Two name servers, the gate, and a service that reads its certificate file only when it is reloaded.
pub(crate) struct MailHost {
    pub(crate) place: Place,
    second: Option<Running>,
}

impl MailHost {
    pub(crate) fn new(name: &str) -> Self {
        let place = Place::new(name);
        fs::create_dir(place.folder.join("second")).unwrap();
        let mut host = Self { place, second: None };
        host.start_second();
        host.install("bin/tlsa-deploy", "# tlsa-deploy CHAIN KEY HOST");
        host.install("first-time", "\npostconf ");
        // Each reload appends a line to `reloads` and copies the certificate that the service has read to `served.pem`.
        let service = "#!/bin/sh\n[ \"$1\" = reload ] && ! [ -e broken ] || exit 9\n\
                       cat tls/mx.example.pem >served.pem\necho >>reloads\n";
        executable(&host.place.folder.join("bin/postfix"), service);
        executable(&host.place.folder.join("bin/postconf"), "#!/bin/sh\necho \"$@\" >main.cf\n");
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

    /// Returns `text` from the help with the paths of this host.
    pub(crate) fn here(&self, text: &str) -> String {
        let at = self.place.folder.display();
        text.replace("/etc/postfix/ddns.key", &format!("{at}/ddns.key"))
            .replace("/etc/postfix/tls", &format!("{at}/tls"))
            .replace("/var/lib/tlsa-deploy", &format!("{at}/state"))
            .replace("/etc/letsencrypt", &format!("{at}/certbot"))
            .replace("/var/lib/caddy", &format!("{at}/caddy"))
    }

    /// Installs the script from the help that contains `line` as the executable `name`.
    pub(crate) fn install(&self, name: &str, line: &str) {
        let script = script_of_help(line);
        let head = if script.starts_with("#!") { "" } else { "#!/bin/sh -eu\n" };
        executable(&self.place.folder.join(name), &self.here(&format!("{head}{script}")));
    }

    pub(crate) fn cron(&self) -> Output {
        let help = help_hooks();
        let entry = help.lines().find_map(|line| line.split_once(" root tlsa-deploy ")).unwrap();
        self.place.run(&self.here(&format!("tlsa-deploy {}", entry.1)))
    }

    /// Makes the service use these files, then publishes their record, with the commands of the help.
    #[track_caller]
    pub(crate) fn first_time(&self, chain: &str, key: &str) {
        self.place.succeeds(&format!(
            "mkdir -p certbot/live/mx.example; cd certbot/live/mx.example
             [ -e fullchain.pem ] || ln -s ../../../{chain} fullchain.pem; [ -e privkey.pem ] || ln -s ../../../{key} privkey.pem"
        ));
        self.place.succeeds("./first-time");
        self.until(|| self.cron().status.success());
        assert!(self.serves(chain));
        self.publishes(&[&self.digest(chain)]);
    }

    /// Whether the service uses this chain and its key, which precedes the chain in the file.
    pub(crate) fn serves(&self, chain: &str) -> bool {
        let read = |name: &str| fs::read_to_string(self.place.folder.join(name)).unwrap();
        let served = read("served.pem");
        served.starts_with("-----BEGIN ") && served.contains(" KEY-----\n") && served.ends_with(&read(chain))
    }

    /// Runs the crontab command of the help and asserts its exit status and that its output contains `text`.
    #[track_caller]
    pub(crate) fn cron_says(&self, status: i32, text: &str) {
        ends_with(&self.cron(), status, text);
    }

    /// Waits until `done` is true, because the second name server follows the first with a short delay.
    #[track_caller]
    pub(crate) fn until(&self, done: impl Fn() -> bool) {
        assert!((0..100).any(|_| {
            thread::sleep(Duration::from_millis(50));
            done()
        }));
    }

    /// Runs the gate until all name servers have the next records and the wait has started.
    #[track_caller]
    pub(crate) fn waits(&self) {
        self.until(|| said(&self.cron()).contains("new key: published less than 120 minutes ago"));
    }

    /// Whether the second name server has a record that contains `record`.
    pub(crate) fn second_has(&self, record: &str) -> bool {
        self.place.succeeds("dig @ns2.example +short _25._tcp.mx.example TLSA").contains(record)
    }

    /// Backdates the time stamp, as if the records of the next key had been published `minutes` ago.
    pub(crate) fn age(&self, minutes: u32) {
        self.place.succeeds(&format!("touch -d '{minutes} minutes ago' state/mx.example"));
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
        let said = self.place.succeeds(&format!("{PUBLISHED} +nosplit | tr 'A-F' 'a-f'"));
        let published: Vec<&str> = said.lines().map(|line| line.split_once("3 1 1 ").unwrap().1).collect();
        assert_eq!(published.len(), digests.len(), "{said}");
        assert!(digests.iter().all(|digest| published.contains(&digest.as_str())), "{said}");
        self.place.succeeds(&format!("{PUBLISHED} | tlsagen check served.pem mx.example --records -"));
    }

    /// Returns the number of reloads of the service so far.
    pub(crate) fn reloads(&self) -> usize {
        fs::read_to_string(self.place.folder.join("reloads")).unwrap().lines().count()
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
