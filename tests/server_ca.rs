//! Server certificates that are marked as CAs, as `openssl req -x509` makes them, and roots with a name of one word.
//! OpenSSL's digests are the expected association data.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::PathBuf;

#[path = "common/program.rs"]
mod program;
#[path = "common/shell.rs"]
mod shell;

use program::tlsagen;
use shell::shell;

const MAKE: &str = "
    new=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
    openssl req -x509 \"${new[@]}\" -keyout ca.key -out ca.pem -days 3650 -subj '/CN=Example CA'
    openssl req -x509 -CA ca.pem -CAkey ca.key \"${new[@]}\" -keyout server.key -out server.pem -days 365 \\
        -subj /CN=mx.example.com -addext subjectAltName=DNS:mx.example.com
    openssl req -x509 \"${new[@]}\" -keyout root.key -out root.pem -days 3650 -subj /CN=rootca
    cat server.pem ca.pem > chain.pem
    cat ca.pem server.pem > reversed.pem
    cat ca.pem server.pem root.pem > stray.pem
    for name in ca server root; do
        openssl x509 -in $name.pem -noout -ext basicConstraints | grep -q CA:TRUE
        openssl x509 -in $name.pem -noout -ext keyUsage 2>&1 | grep -q 'Digital Signature' && exit 1
        openssl x509 -in $name.pem -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r |
            cut -d' ' -f1 | tr -d '\\n' > $name.digest
    done";

/// The folder of the certificates, of which there is one for each test.
struct Scene(PathBuf);

impl Scene {
    fn new(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("server-ca-{name}"));
        fs::create_dir_all(&folder).unwrap();
        shell(&folder, MAKE);
        Self(folder)
    }

    /// OpenSSL's digest of the key of a certificate.
    fn digest(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(format!("{name}.digest"))).unwrap()
    }

    /// Asserts that only the record of the key of the certificate `of` is printed, at `owner`.
    #[track_caller]
    fn prints(&self, call: &str, owner: &str, of: &str) {
        let output = tlsagen(&self.0, call.split(' '));
        let talk = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{call}: {talk}");
        let params = &call[call.len() - "3 1 1".len()..];
        let line = format!("{owner}. IN TLSA {params} {}\n", self.digest(of));
        assert_eq!(String::from_utf8_lossy(&output.stdout), line, "{call}");
    }

    /// Asserts that nothing is printed, with an error of this code.
    #[track_caller]
    fn refuses(&self, call: &str, code: &str) {
        let output = tlsagen(&self.0, call.split(' '));
        let talk = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &[][..]), "{call}: {talk}");
        assert!(talk.contains(&format!("error[{code}]: ")), "{call}: {talk}");
    }
}

/// A host, a full owner name, and the owner name of an alias, which names no host.
const HOSTS: [(&str, &str); 3] = [
    ("mx.example.com", "_25._tcp.mx.example.com"),
    ("_25._tcp.mx.example.com", "_25._tcp.mx.example.com"),
    ("tlsa._dane.example.com", "tlsa._dane.example.com"),
];

#[test]
#[ignore = "needs openssl"]
fn a_server_that_is_marked_as_a_ca_is_the_server() {
    let scene = Scene::new("server");
    for (host, owner) in HOSTS {
        for file in ["chain.pem", "reversed.pem", "stray.pem"] {
            scene.prints(&format!("{file} {host} 3 1 1"), owner, "server");
            scene.prints(&format!("{file} {host} 2 1 1"), owner, "ca");
        }
        scene.prints(&format!("server.pem {host} 3 1 1"), owner, "server");
        scene.refuses(&format!("server.pem {host} 2 1 1"), "ta-no-ca");
        // Of the CA alone, it is not known whether it is a server.
        scene.refuses(&format!("ca.pem {host} 3 1 1"), "ee-no-leaf");
        scene.prints(&format!("ca.pem {host} 2 1 1"), owner, "ca");
    }
}

#[test]
#[ignore = "needs openssl"]
fn a_root_of_one_word_is_a_server_only_under_that_name() {
    let scene = Scene::new("root");
    scene.refuses("root.pem mx.example.com 3 1 1", "ee-no-leaf");
    scene.prints("root.pem mx.example.com 2 1 1", "_25._tcp.mx.example.com", "root");
    scene.prints("root.pem rootca 3 1 1", "_25._tcp.rootca", "root");
    scene.refuses("root.pem rootca 2 1 1", "ta-leaf");
    scene.prints("root.pem _25._tcp.rootca 3 1 1", "_25._tcp.rootca", "root");
    scene.refuses("root.pem _25._tcp.rootca 2 1 1", "ta-leaf");
}
