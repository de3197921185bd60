//! The printed hook with PowerDNS, which is updated by the script in `tlsagen help hooks` for its API, not by nsupdate.

#![cfg(feature = "live")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

#[path = "common/name_server.rs"]
mod name_server;
#[path = "common/running.rs"]
mod running;

use running::free_port;

/// Restarts the service with the chain in use.
const RELOAD: &str = "#!/bin/bash
[ ! -e server.pid ] || kill \"$(<server.pid)\"
setsid openssl s_server -quiet -accept 127.0.0.1:PORT -cert in-use/mx.pem -key in-use/mx.pem </dev/zero >/dev/null 2>&1 &
echo $! >server.pid
for _ in {1..200}; do ! (: </dev/tcp/127.0.0.1/PORT) 2>/dev/null || break; sleep 0.02; done
";

struct Folder(PathBuf);

impl Folder {
    fn run(&self, command: &str) -> Output {
        Command::new("bash").args(["-c", command]).current_dir(&self.0).output().unwrap()
    }

    #[track_caller]
    fn succeeds(&self, command: &str) -> String {
        let output = self.run(command);
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{command}: {said}");
        said
    }

    fn executable(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap();
        self.succeeds(&format!("chmod +x {name}"));
    }

    /// Runs the hook until `done`.
    #[track_caller]
    fn until(&self, done: &str) {
        for _ in 0..60 {
            self.succeeds("./hook");
            if self.run(done).status.success() {
                return;
            }
            thread::sleep(Duration::from_millis(500));
        }
        panic!("{}", self.succeeds("cat state.json.log; cat state.json"));
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        self.run("kill \"$(<server.pid)\"");
    }
}

#[test]
#[ignore = "needs pdns-server, pdns-backend-sqlite3, sqlite3, jq, curl, dig and openssl"]
fn the_hook_carries_a_new_key_through_with_powerdns() {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("powerdns");
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(path.join("in-use")).unwrap();
    let at = path.display().to_string();
    let folder = Folder(path);
    let [dns, api, service] = [free_port(), free_port(), free_port()];
    fs::write(
        folder.0.join("pdns.conf"),
        format!(
            "launch=gsqlite3\ngsqlite3-database={at}/pdns.db\ngsqlite3-dnssec=yes\nlocal-address=127.0.0.1\n\
             local-port={dns}\nsocket-dir={at}\napi=yes\napi-key=secret\nwebserver=yes\nwebserver-port={api}\n\
             daemon=no\nguardian=no\ncache-ttl=0\nquery-cache-ttl=0\nnegquery-cache-ttl=0\n"
        ),
    )
    .unwrap();
    folder.succeeds(
        "sqlite3 pdns.db </usr/share/doc/pdns-backend-sqlite3/schema.sqlite3.sql
         pdnsutil --config-dir=. create-zone example ns.example
         pdnsutil --config-dir=. add-record example ns A 60 127.0.0.1
         pdnsutil --config-dir=. add-record example mx A 60 127.0.0.1
         pdnsutil --config-dir=. secure-zone example",
    );
    // Copy the server, because AppArmor may restrict the installed binary to its usual folders.
    folder.succeeds("cp /usr/sbin/pdns_server .");
    folder.succeeds(&format!("dig +short @127.0.0.1 -p {dns} . SOA || :"));
    let primary =
        "pdnsutil --config-dir=. replace-rrset example '' SOA 60 'ns.example. x.example. 1 60 60 60 60'";
    folder.succeeds(primary);
    let _server = name_server::name_server(&folder.0, &["./pdns_server", "--config-dir=."], dns);
    folder.succeeds(&format!(
        "dig @127.0.0.1 -p {dns} example DNSKEY +noall +answer >anchor; grep -q DNSKEY anchor"
    ));

    let program = env!("CARGO_BIN_EXE_tlsagen");
    let help = folder.succeeds(&format!("{program} help hooks"));
    let script = help.split("```sh\n").find(|script| script.contains("# tlsa-powerdns:")).unwrap();
    let script = script.split("```").next().unwrap();
    fs::write(folder.0.join("header"), "X-API-Key: secret\n").unwrap();
    let script = script.replace("/etc/tlsagen/powerdns.header", "header").replace("example.com.", "example.");
    folder.executable("update", &script.replace(":8081", &format!(":{api}")));
    folder.executable("reload", &RELOAD.replace("PORT", &service.to_string()));
    let settings = folder.succeeds(&format!("{program} hook settings"));
    let (folder_of_program, _) = program.rsplit_once('/').unwrap();
    fs::write(
        folder.0.join("settings"),
        format!(
            "{settings}\nHOST=mx.example\nPORTS={service}\nFILES='{at}/key.pem {at}/chain.pem'\n\
             IN_USE={at}/in-use/mx.pem\nSTATE={at}/state.json\nRELOAD=./reload\nUPDATE=./update\nFORMAT=json\n\
             SERVERS=127.0.0.1:{dns}\nPATH={folder_of_program}:$PATH\ncd {at}\n\
             OPTIONS='--dns 127.0.0.1:{dns} --trust-anchor {at}/anchor --starttls none --ttl 1'\n"
        ),
    )
    .unwrap();
    let hook = folder.succeeds(&format!("{program} hook certbot"));
    folder.executable("hook", &hook.replace("/etc/default/tlsagen", &format!("{at}/settings")));

    let record = "openssl x509 -in chain.pem -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r | cut -c1-64";
    let published =
        format!("dig @127.0.0.1 -p {dns} +short +nosplit _{service}._tcp.mx.example TLSA | tr 'A-F' 'a-f'");
    let mut before = String::new();
    for _ in 0..2 {
        folder.succeeds(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=mx.example -days 30 \
                 -addext subjectAltName=DNS:mx.example -keyout key.pem -out chain.pem",
        );
        // Steady: the new key is in use, and its record is the only one.
        let only = format!(
            "[ \"$({published})\" = \"3 1 1 $({record})\" ] && cat key.pem chain.pem | cmp -s - in-use/mx.pem"
        );
        folder.until(&only);
        let now = folder.succeeds(&published);
        assert_ne!(now, before);
        before = now;
    }
    assert!(fs::read_to_string(folder.0.join("in-use/mx.pem")).unwrap().contains("PRIVATE KEY"));
}
