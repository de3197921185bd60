//! The rollover of the README against a real name server: BIND with a signed, dynamic zone on loopback.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// BIND in a folder of its own; it ends with this.
struct NameServer(Child);

impl Drop for NameServer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
}

fn executable(path: &Path, text: &str) {
    write(path, text);
    assert!(Command::new("chmod").arg("+x").arg(path).status().unwrap().success());
}

fn name_server(folder: &Path, port: u16) -> NameServer {
    let key = Command::new("tsig-keygen").arg("ddns").output().unwrap();
    fs::write(folder.join("ddns.key"), &key.stdout).unwrap();
    let folder_text = folder.display();
    write(
        &folder.join("named.conf"),
        &format!(
            "include \"{folder_text}/ddns.key\";\n\
             controls {{}};\n\
             options {{ directory \"{folder_text}\"; pid-file none; session-keyfile none; listen-on port {port} {{ 127.0.0.1; }};\n\
             listen-on-v6 {{ none; }}; recursion no; dnssec-validation no; }};\n\
             zone example {{ type primary; file \"example.zone\"; dnssec-policy default; inline-signing yes;\n\
             allow-update {{ key ddns; }}; }};\n"
        ),
    );
    write(
        &folder.join("example.zone"),
        "$ORIGIN example.\n$TTL 60\n@ IN SOA ns hostmaster 1 7200 3600 1209600 60\n@ IN NS ns\nns IN A 127.0.0.1\nmx IN A 127.0.0.1\n",
    );
    let log = fs::File::create(folder.join("named.log")).unwrap();
    let child = Command::new("named")
        .args(["-g", "-c", "named.conf"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap();
    NameServer(child)
}

/// The script that stands in the README below a heading.
fn script_of_readme(heading: &str) -> String {
    let readme = fs::read_to_string(format!("{ROOT}/README.md")).unwrap();
    let section = readme.split_once(heading).unwrap().1;
    section.split_once("```sh\n").unwrap().1.split_once("```").unwrap().0.to_owned()
}

struct Place {
    folder: PathBuf,
    path: String,
}

impl Place {
    fn run(&self, command: &str) -> Output {
        Command::new("bash")
            .args(["-c", command])
            .current_dir(&self.folder)
            .env("PATH", &self.path)
            .output()
            .unwrap()
    }

    #[track_caller]
    fn succeeds(&self, command: &str) -> String {
        let output = self.run(command);
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{command}: {said}");
        said
    }
}

const PUBLISHED: &str = "dig +noall +answer _25._tcp.mx.example TLSA";
const CHECK: &str = "tlsagen check fullchain.pem mx.example --records -";
/// What the README asks a secondary.
const HAS_IT: &str = "tlsagen diff fullchain.pem mx.example --next new/key.pem --only add --records -";

#[test]
#[ignore = "needs bind9, bind9-dnsutils, ldnsutils and shellcheck"]
fn the_rollover_of_the_readme_is_covered_at_every_step() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("rollover");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("bin")).unwrap();
    fs::create_dir_all(folder.join("new")).unwrap();
    let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let _server = name_server(&folder, port);

    // The recipe as it stands there, with tools that know the server's port.
    let bin = folder.join("bin");
    let tool = |name: &str| {
        let found = Command::new("bash").args(["-c", &format!("command -v {name}")]).output().unwrap();
        String::from_utf8(found.stdout).unwrap().trim().to_owned()
    };
    executable(&bin.join("dig"), &format!("#!/bin/sh\nexec {} @127.0.0.1 -p {port} \"$@\"\n", tool("dig")));
    executable(
        &bin.join("nsupdate"),
        &format!(
            "#!/bin/sh\n[ \"$1\" = -k ] || exit 9\n{{ echo 'server 127.0.0.1 {port}'; cat ${{3:+\"$3\"}}; }} | {} -k \"$2\"\n",
            tool("nsupdate")
        ),
    );
    executable(&bin.join("tlsagen"), &format!("#!/bin/sh\nexec {} \"$@\"\n", env!("CARGO_BIN_EXE_tlsagen")));
    executable(&folder.join("rollover.sh"), &script_of_readme("### A rollover"));
    let place = Place { path: format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()), folder };
    place.succeeds("shellcheck rollover.sh");
    for _ in 0..100 {
        if place.run("dig +short example SOA").stdout.starts_with(b"ns.") {
            break;
        }
        thread::sleep(Duration::from_millis(100));
    }

    // Current and next certificates of one CA.
    place.succeeds(
        "ca=(-subj /CN=CA -days 30 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256)
         openssl req -x509 \"${ca[@]}\" -keyout ca.key -out ca.pem -addext keyUsage=keyCertSign
         for name in current next; do
             openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=mx.example -keyout $name.key -out $name.csr
             openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 20 \\
                 -extfile <(echo subjectAltName=DNS:mx.example) -out $name.crt
             cat $name.crt ca.pem > $name.pem
         done
         cp current.pem fullchain.pem; cp next.pem new/fullchain.pem; cp next.key new/key.pem",
    );

    // The first record, from the generator.
    assert_eq!(place.run(&format!("{PUBLISHED} | {CHECK}")).status.code(), Some(3));
    place.succeeds("tlsagen fullchain.pem mx.example -f nsupdate --ttl 60 | nsupdate -k ddns.key");
    place.succeeds(&format!("{PUBLISHED} | {CHECK}"));
    // Signed, and of use in all shapes that dig has.
    assert!(place.succeeds(&format!("{PUBLISHED} +dnssec")).contains("RRSIG"));
    place.succeeds(&format!("{PUBLISHED} +dnssec +multiline | {CHECK}"));
    place.succeeds(&format!("dig +short _25._tcp.mx.example TLSA | {CHECK}"));
    place.succeeds(&format!("dig _25._tcp.mx.example TLSA | {CHECK}"));
    place.succeeds(&format!("drill -p {port} @127.0.0.1 _25._tcp.mx.example TLSA | {CHECK}"));
    place.succeeds(&format!("drill -D -p {port} @127.0.0.1 _25._tcp.mx.example TLSA | {CHECK}"));

    // The gate is shut: the next certificate's record is not there.
    let refused = place.run("./rollover.sh install");
    assert_eq!(refused.status.code(), Some(1), "{}", String::from_utf8_lossy(&refused.stdout));
    place.succeeds("cmp fullchain.pem current.pem");

    assert_eq!(place.run(&format!("{PUBLISHED} | {HAS_IT}")).status.code(), Some(1));
    place.succeeds("./rollover.sh publish");
    place.succeeds(&format!("{PUBLISHED} | {HAS_IT}"));
    assert_eq!(place.succeeds(PUBLISHED).lines().count(), 2);
    place.succeeds(&format!("{PUBLISHED} | {CHECK}"));
    // Nothing is left to do.
    place.succeeds("./rollover.sh publish");

    place.succeeds("./rollover.sh install");
    place.succeeds("cmp fullchain.pem next.pem && cmp key.pem next.key");
    place.succeeds(&format!("{PUBLISHED} | {CHECK}"));

    place.succeeds("./rollover.sh retire");
    assert_eq!(place.succeeds(PUBLISHED).lines().count(), 1);
    place.succeeds(&format!("{PUBLISHED} | {CHECK}"));
    place.succeeds(&format!("{PUBLISHED} | tlsagen diff fullchain.pem mx.example --records -"));
}
