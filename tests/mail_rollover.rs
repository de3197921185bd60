//! Two Postfix machines of one name, with RSA and ECDSA on ports 25 and 465, two printed hooks and a zone on two BIND
//! servers: OpenSSL's DANE client accepts each machine after every step.

#![cfg(feature = "live")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

#[path = "common/bind.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod bind;
#[path = "common/name_server.rs"]
mod name_server;
#[path = "common/running.rs"]
mod running;

use bind::{Place, executable, named};

const PORTS: [u16; 2] = [25, 465];

/// A mail server with a hook of its own; dropping the value stops Postfix.
struct Machine {
    name: &'static str,
    address: &'static str,
    folder: PathBuf,
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = Command::new("postfix").arg("-c").arg(&self.folder).arg("stop").output();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Machine {
    /// `settings`: more settings of the hook. Postfix's unprivileged user may not enter the target folder, so its files
    /// are in the system's folder for temporary files.
    fn new(place: &Place, name: &'static str, address: &'static str, settings: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("tlsagen-mail-rollover-{}-{name}", std::process::id()));
        let machine = Self { name, address, folder };
        let at = machine.folder.display();
        for folder in ["", "queue", "data", "tls"] {
            fs::create_dir_all(machine.folder.join(folder)).unwrap();
        }
        fs::write(
            machine.folder.join("main.cf"),
            format!(
                "compatibility_level = 3.6\nqueue_directory = {at}/queue\ndata_directory = {at}/data\n\
                 maillog_file = {at}/mail.log\nmaillog_file_prefixes = {at}\ninet_interfaces = loopback-only\n\
                 inet_protocols = ipv4\nmyhostname = mx.example\nmydestination =\nlocal_recipient_maps =\n\
                 smtpd_peername_lookup = no\nsmtpd_tls_security_level = may\nsmtpd_tls_chain_files = {at}/tls/mx.pem\n"
            ),
        )
        .unwrap();
        fs::write(
            machine.folder.join("master.cf"),
            format!(
                "{address}:25 inet n - n - - smtpd\n{address}:465 inet n - n - - smtpd\n -o smtpd_tls_wrappermode=yes\n\
                 postlog unix-dgram n - n - 1 postlogd\ntlsmgr unix - - n 1000? 1 tlsmgr\nanvil unix - - n - 1 anvil\n\
                 rewrite unix - - n - - trivial-rewrite\ncleanup unix n - n - 0 cleanup\nqmgr unix n - n 300 1 qmgr\n"
            ),
        )
        .unwrap();
        let [first, second] = place.ports;
        let zone = place.folder.display();
        let text = place.succeeds("tlsagen hook settings")
            + &format!(
                "HOST=mx.example\nPORTS=25,465\nIN_USE={at}/tls/mx.pem\nSTATE={at}/state.json\n\
                 FILES=\"$(printf '{zone}/{name}-%s ' rsa.key rsa.crt ecdsa.key ecdsa.crt)\"\n\
                 RELOAD='postfix -c {at} reload'\nUPDATE='nsupdate -k {zone}/ddns.key'\n\
                 SERVERS=127.0.0.1:{first},127.0.0.1:{second}\nPATH={zone}/bin:$PATH\n\
                 OPTIONS='--dns 127.0.0.1:{first} --trust-anchor {zone}/anchor --ttl 1'\n{settings}\n"
            );
        fs::write(machine.folder.join("settings"), text).unwrap();
        let hook = place.succeeds("tlsagen hook certbot");
        let settings = machine.folder.join("settings").display().to_string();
        executable(&machine.folder.join("hook"), &hook.replace("/etc/default/tlsagen", &settings));
        machine.renew(place);
        place.succeeds(&format!(
            "cat {name}-rsa.key {name}-rsa.crt {name}-ecdsa.key {name}-ecdsa.crt >{at}/tls/mx.pem
             chown postfix {at}/data && postfix -c {at} start"
        ));
        machine
    }

    /// Gives the machine's client new keys and certificates.
    fn renew(&self, place: &Place) {
        let name = self.name;
        place.succeeds(&format!(
            "new() {{ openssl req -x509 -newkey \"${{@:2}}\" -nodes -subj /CN=mx.example -days 30 \\
                 -addext subjectAltName=DNS:mx.example -keyout {name}-$1.key -out {name}-$1.crt; }}
             new rsa rsa:2048; new ecdsa ec -pkeyopt ec_paramgen_curve:P-256"
        ));
    }

    /// Runs the hook, which must not fail.
    #[track_caller]
    fn hook(&self, place: &Place) {
        place.succeeds(&self.folder.join("hook").display().to_string());
    }

    /// Whether the files of the client are in use.
    fn has_installed(&self, place: &Place) -> bool {
        let (name, at) = (self.name, self.folder.display());
        let files = format!("{name}-rsa.key {name}-rsa.crt {name}-ecdsa.key {name}-ecdsa.crt");
        place.run(&format!("cat {files} | cmp -s - {at}/tls/mx.pem")).status.success()
    }

    /// Asserts that OpenSSL accepts each port and key type because of the records at each name server.
    #[track_caller]
    fn is_accepted(&self, place: &Place) {
        for port in PORTS {
            for server in ["@ns1.example", "@ns2.example"] {
                let published =
                    place.succeeds(&format!("dig {server} +short +nosplit _{port}._tcp.mx.example TLSA"));
                if published.is_empty() {
                    continue;
                }
                let records: String =
                    published.lines().map(|record| format!(" -dane_tlsa_rrdata '{record}'")).collect();
                let starttls = if port == 25 { "-starttls smtp" } else { "" };
                for kind in ["rsa_pss_rsae_sha256", "ecdsa_secp256r1_sha256"] {
                    let said = place.succeeds(&format!(
                        "openssl s_client -connect {}:{port} {starttls} -sigalgs {kind} -dane_tlsa_domain mx.example \\
                             {records} -verify_return_error -brief </dev/null 2>&1",
                        self.address
                    ));
                    assert!(said.contains("DANE TLSA 3 1 1"), "{} {port} {kind}: {said}", self.name);
                }
            }
        }
    }
}

fn second_server(place: &Place) -> running::Running {
    let folder: &Path = &place.folder.join("second");
    fs::create_dir(folder).unwrap();
    named(
        folder,
        place.ports[1],
        &format!("type secondary; primaries {{ 127.0.0.1 port {}; }};", place.ports[0]),
    )
}

#[test]
#[ignore = "needs root, bind9, postfix and openssl"]
fn two_mail_servers_renew_all_their_keys_without_a_gap() {
    let place = Place::new("mail-rollover");
    place.succeeds("until dig +dnssec mx.example A | grep -q RRSIG; do sleep 0.1; done; dig example DNSKEY +noall +answer >anchor");
    place.succeeds("printf 'update delete mx.example. A\nupdate add mx.example. 1 A 127.0.0.8\nupdate add mx.example. 1 A 127.0.0.9\nsend\n' >changes; nsupdate -k ddns.key changes");
    let _second = second_server(&place);
    let zone = place.folder.display().to_string();
    // The first publication must cover both machines.
    let next = format!("NEXT='{zone}/b-rsa.crt {zone}/b-ecdsa.crt'; [ ! -e {zone}/started ] || NEXT=");
    let a = Machine::new(&place, "a", "127.0.0.8", &next);
    let b = Machine::new(&place, "b", "127.0.0.9", "");
    let machines = [&a, &b];
    let settles = || {
        for round in 0..120 {
            for machine in machines {
                machine.hook(&place);
                machines.iter().for_each(|machine| machine.is_accepted(&place));
            }
            let port = 25;
            let published = place.succeeds(&format!("dig @ns2.example +short _{port}._tcp.mx.example TLSA"));
            if machines.iter().all(|machine| machine.has_installed(&place)) && published.lines().count() == 4
            {
                return;
            }
            thread::sleep(Duration::from_millis(if round < 100 { 300 } else { 1000 }));
        }
        let logs = machines.map(|machine| fs::read_to_string(machine.folder.join("state.json.log")).unwrap());
        panic!("{logs:?}");
    };
    settles();
    fs::write(place.folder.join("started"), "").unwrap();
    a.renew(&place);
    settles();
    // Both at once.
    a.renew(&place);
    b.renew(&place);
    settles();
}
