//! Zones signed by BIND and ldns with each algorithm and kind of denial, served by NSD; unbound gives the expected
//! status.

#![cfg(feature = "live")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use time::OffsetDateTime;
use tlsagen::live::dns::{Kind, Resolver, Security};
use tlsagen::owner::DomainName;

#[path = "common/name_server.rs"]
mod name_server;
#[path = "common/running.rs"]
mod running;
#[path = "common/shell.rs"]
mod shell;

use name_server::name_server;
use running::{Running, free_port};
use shell::shell;

/// A zone below `example.`, the algorithm and size of its key, and the command that signs it.
const ZONES: [(&str, &str, &str, &str); 11] = [
    ("a5", "RSASHA1", "1024", "dnssec-signzone"),
    ("a7", "NSEC3RSASHA1", "1024", "dnssec-signzone -3 ab -H 1"),
    ("a8", "RSASHA256", "2048", "dnssec-signzone"),
    ("a10", "RSASHA512", "4096", "dnssec-signzone -3 - -H 0"),
    ("a13", "ECDSAP256SHA256", "", "dnssec-signzone"),
    ("a14", "ECDSAP384SHA384", "", "dnssec-signzone"),
    ("a15", "ED25519", "", "dnssec-signzone -3 - -H 0"),
    ("a16", "ED448", "", "dnssec-signzone"),
    ("optout", "ECDSAP256SHA256", "", "dnssec-signzone -3 - -H 0 -A"),
    ("n150", "ECDSAP256SHA256", "", "dnssec-signzone -3 ab -H 150"),
    // BIND's tools refuse this number of iterations.
    ("n500", "ECDSAP256SHA256", "", "ldns-signzone -n -t 500 -s ab"),
];

/// Records of each zone; ZONE stands for the name of the zone.
const RECORDS: &str = "\
$ORIGIN ZONE.
$TTL 60
@ IN SOA ns hostmaster 1 7200 3600 1209600 60
@ IN NS ns
ns IN A 127.0.0.1
mx IN A 127.0.0.1
_25._tcp.mx IN TLSA 3 1 1 2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881
wild IN A 127.0.0.1
*._tcp.wild IN TLSA 3 1 1 2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881
deep.sub.wild IN A 127.0.0.1
*.sub.wild IN A 127.0.0.2
Alias IN CNAME MX
gone IN CNAME nobody
dn IN DNAME mx
insecure IN NS ns.insecure
ns.insecure IN A 127.0.0.1
";

/// Questions about each zone.
const QUESTIONS: [(&str, Kind); 16] = [
    ("mx", Kind::A),
    ("mx", Kind::Aaaa),
    ("MX", Kind::Mx),
    ("_25._tcp.mx", Kind::Tlsa),
    ("_tcp.mx", Kind::Tlsa),
    ("_26._tcp.mx", Kind::Tlsa),
    ("_25._tcp.wild", Kind::Tlsa),
    ("_25._tcp.wild", Kind::A),
    ("a.b.sub.wild", Kind::A),
    ("x.deep.sub.wild", Kind::A),
    ("alias", Kind::A),
    ("gone", Kind::A),
    ("dn", Kind::A),
    ("_25._tcp.dn", Kind::Tlsa),
    ("nobody", Kind::Mx),
    ("no.bo.dy", Kind::Tlsa),
];

/// Signs a zone; returns its DS records.
fn sign(folder: &Path, name: &str, records: &str, key: &str, signer: &str) -> String {
    fs::write(folder.join(format!("{name}.zone")), records.replace("ZONE", name)).unwrap();
    // BIND's tool finds the key by the zone name; the tool of ldns needs the name of the key file.
    let sign = match signer.starts_with("ldns") {
        true => format!("{signer} -o {name} {name}.zone ${{key%.key}}"),
        false => format!("{signer} -z -S -o {name} {name}.zone 2>&1"),
    };
    shell(folder, &format!("dnssec-keygen -q {key} -f KSK -n ZONE {name}\nkey=$(ls K{name}.+*.key)\n{sign}"));
    shell(folder, &format!("dnssec-dsfromkey -2 K{name}.+*.key"))
}

/// All zones and their parent, served by NSD.
struct World {
    folder: PathBuf,
    port: u16,
    _server: Running,
}

impl World {
    fn new() -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("signed-zones");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let mut parent = "$ORIGIN example.\n$TTL 60\n@ IN SOA ns hostmaster 1 7200 3600 1209600 60\n\
                          @ IN NS ns\nns IN A 127.0.0.1\n"
            .to_owned();
        let port = free_port();
        let at = folder.display();
        let mut config = format!(
            "server:\n ip-address: 127.0.0.1@{port}\n username: \"\"\n zonesdir: {at}\n pidfile: {at}/nsd.pid\n\
             \x20xfrdfile: {at}/xfrd\n zonelistfile: {at}/zones\n do-ip6: no\n server-count: 1\n\
             remote-control:\n control-enable: no\n"
        );
        for (zone, algorithm, bits, signer) in ZONES {
            let name = format!("{zone}.example");
            let bits = if bits.is_empty() { String::new() } else { format!("-b {bits}") };
            let ds = sign(&folder, &name, RECORDS, &format!("{bits} -a {algorithm}"), signer);
            parent.push_str(&format!("{name}. IN NS ns.{name}.\nns.{name}. IN A 127.0.0.1\n{ds}"));
            config.push_str(&format!("zone:\n name: {name}\n zonefile: {name}.zone.signed\n"));
        }
        let anchor = sign(&folder, "example", &parent, "-a ECDSAP256SHA256", "dnssec-signzone");
        fs::write(folder.join("anchor"), anchor).unwrap();
        config.push_str("zone:\n name: example\n zonefile: example.zone.signed\n");
        fs::write(folder.join("nsd.conf"), config).unwrap();
        fs::write(
            folder.join("unbound.conf"),
            format!(
                "server:\n do-not-query-localhost: no\n module-config: \"validator iterator\"\n\
                 \x20trust-anchor-file: {at}/anchor\n\
                 forward-zone:\n name: .\n forward-addr: 127.0.0.1@{port}\n"
            ),
        )
        .unwrap();
        let server = name_server(&folder, &["nsd", "-d", "-c", "nsd.conf"], port);
        Self { folder, port, _server: server }
    }

    /// Returns the status from unbound-host: `secure`, `insecure`, or why the answer is bogus.
    fn unbound(&self, name: &str, kind: Kind) -> String {
        let said = Command::new("unbound-host")
            .args(["-C", "unbound.conf", "-v", "-t", &kind.to_string(), name])
            .current_dir(&self.folder)
            .output()
            .unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        let words = said.lines().filter_map(|line| line.rsplit_once(" (")?.1.strip_suffix(')'));
        let mut words: Vec<&str> = words.collect();
        words.dedup();
        match words.as_slice() {
            [] => format!("nothing: {said}"),
            [one] => (*one).to_owned(),
            _ => format!("{words:?}"),
        }
    }
}

#[test]
#[ignore = "needs bind9-utils, ldnsutils, nsd and unbound-host"]
fn unbound_agrees_on_zones_that_others_signed() {
    let world = World::new();
    let server: SocketAddr = ([127, 0, 0, 1], world.port).into();
    let anchor = fs::read_to_string(world.folder.join("anchor")).unwrap();
    let mut counts = [0; 2];
    for (zone, ..) in ZONES {
        for (label, kind) in QUESTIONS {
            let name = format!("{label}.{zone}.example");
            // Use a new resolver for each question, so that its cache is empty.
            let resolver =
                Resolver::new(&[server], Some(&anchor), Duration::from_secs(5), OffsetDateTime::now_utc());
            let answer = resolver.unwrap().lookup(&DomainName::new(&name), kind);
            let answer = answer.unwrap_or_else(|error| panic!("{name} {kind}: {error}"));
            let ours = match &answer.security {
                Security::Secure => "secure",
                Security::Insecure(_) => "insecure",
                Security::Bogus(reason) => panic!("{name} {kind}: {reason}"),
            };
            let theirs = world.unbound(&name, kind);
            if zone == "a16" {
                // Only some builds of unbound validate Ed448.
                assert_eq!(ours, "insecure", "{name} {kind}");
                assert!(["secure", "insecure"].contains(&theirs.as_str()), "{name} {kind}: {theirs}");
                let Security::Insecure(why) = &answer.security else { continue };
                let words = "a16.example. is signed with algorithm 16, which this program cannot validate";
                assert_eq!(why.to_string(), words);
                continue;
            }
            assert_eq!(ours, theirs, "{name} {kind}: {:?}", answer.security);
            counts[usize::from(ours == "secure")] += 1;
        }
    }
    println!("{} secure, {} insecure", counts[1], counts[0]);
    assert!(counts[1] > 100 && counts[0] > 5, "{counts:?}");
}
