//! The zones: NSD serves them, unbound validates them for the clients that read `/etc/resolv.conf`.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use crate::files::association;
use crate::name_server::name_server;
use crate::running::Running;
use crate::scenes::SCENES;
use crate::shell::shell;
use crate::{LAB, lab};

const HEAD: &str = "@ IN SOA ns.example. hostmaster.example. 1 7200 3600 1209600 60\n@ IN NS ns.example.\n";

/// Starts the name servers for the scenes on these ports, and for `more` records of the zone `example`.
pub(crate) fn start(ports: &[u16], more: &str) -> [Running; 2] {
    let [mut signed, mut unsigned, mut bogus] = ["example", "unsigned.example", "bogus.example"]
        .map(|zone| format!("$ORIGIN {zone}.\n$TTL 60\n{HEAD}"));
    write!(
        signed,
        "ns IN A 127.0.0.10\nunsigned IN NS ns\nbogus IN NS ns\n\
         bogus IN DS 1 13 2 {}\n{more}",
        "0a".repeat(32)
    )
    .unwrap();
    for scene in &SCENES {
        let zone = match scene.host {
            "host.unsigned" => &mut unsigned,
            "host.bogus" => &mut bogus,
            _ => &mut signed,
        };
        let host = scene.name();
        writeln!(zone, "{host}. IN A {}", scene.sent.address()).unwrap();
        for (params, certificate) in scene.records {
            let data = association(params, certificate);
            for port in ports {
                writeln!(zone, "_{port}._tcp.{host}. IN TLSA {params} {data}").unwrap();
            }
        }
    }
    unsigned.push_str("mail IN MX 10 right.example.\n");
    for (name, zone) in [("example", signed), ("unsigned.example", unsigned), ("bogus.example", bogus)] {
        fs::write(lab().join(format!("{name}.zone")), zone).unwrap();
    }
    shell(
        lab(),
        "for zone in example bogus.example; do
             dnssec-keygen -a ECDSAP256SHA256 -f KSK $zone; dnssec-keygen -a ECDSAP256SHA256 $zone
             dnssec-signzone -S -o $zone $zone.zone
         done
         grep -h ' DNSKEY 257 ' Kexample.*.key >anchor",
    );
    // A record that is changed after it was signed.
    let path = lab().join("example.zone.signed");
    fs::write(&path, fs::read_to_string(&path).unwrap().replace("C0FFEE00", "BADBAD00")).unwrap();
    let zone = |name: &str, file: &str| format!("zone:\n name: {name}\n zonefile: {file}\n");
    fs::write(
        lab().join("nsd.conf"),
        format!(
            "server:\n ip-address: 127.0.0.1@5300\n ip-address: 127.0.0.10@53\n username: \"\"\n zonesdir: {LAB}\n\
             \x20pidfile: {LAB}/nsd.pid\n xfrdfile: {LAB}/xfrd\n zonelistfile: {LAB}/zones\n server-count: 1\n\
             remote-control:\n control-enable: no\n{}{}{}",
            zone("example", "example.zone.signed"),
            zone("unsigned.example", "unsigned.example.zone"),
            zone("bogus.example", "bogus.example.zone.signed"),
        ),
    )
    .unwrap();
    fs::write(
        lab().join("unbound.conf"),
        format!(
            "server:\n interface: 127.0.0.1\n username: \"\"\n chroot: \"\"\n directory: {LAB}\n pidfile: \"\"\n\
             \x20use-syslog: no\n do-not-query-localhost: no\n do-ip6: no\n trust-anchor-file: {LAB}/anchor\n\
             remote-control:\n control-enable: no\nstub-zone:\n name: example\n stub-addr: 127.0.0.10\n"
        ),
    )
    .unwrap();
    let nsd = name_server(lab(), &["nsd", "-d", "-c", "nsd.conf"], 5300);
    let unbound = name_server(lab(), &["unbound", "-d", "-c", "unbound.conf"], 53);
    [nsd, unbound]
}

/// The TLSA records that a DANE client gets from the resolver.
pub(crate) enum Answer {
    /// Validated records, perhaps none, or unsigned addresses.
    Records(Vec<String>),
    Unsigned,
    Bogus,
}

pub(crate) fn look_up(host: &str, port: u16) -> Answer {
    let ask = |name: &str, kind: &str| {
        let output = Command::new("dig").args(["+adflag", name, kind]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let address = ask(host, "A");
    let tlsa = ask(&format!("_{port}._tcp.{host}"), "TLSA");
    if address.contains("status: SERVFAIL") || tlsa.contains("status: SERVFAIL") {
        return Answer::Bogus;
    }
    let flags = |text: &str| text.lines().any(|line| line.starts_with(";; flags:") && line.contains(" ad;"));
    if !flags(&address) || !flags(&tlsa) {
        return Answer::Unsigned;
    }
    let rdata =
        tlsa.lines().filter(|line| !line.starts_with(';')).filter_map(|line| line.split_once("TLSA\t"));
    Answer::Records(rdata.map(|(_, data)| data.to_owned()).collect())
}
