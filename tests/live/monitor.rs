//! `probe` as a monitor: several services, verdicts that tell an outage from no DANE, and the formats of monitors.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;

use hickory_server::proto::rr::RecordType;
use serde_json::Value;

use super::dns::{self, Forgery, Signed, Zone};
use super::schema::kinds_of_valid;
use super::servers::{SMTP, Speech, chain, listen, serve};
use super::world::{World, rdata, zone};

fn rsa() -> u16 {
    serve(vec![chain("fullchain-rsa.pem", "fullchain-rsa")], Speech::Direct)
}

fn json(world: &World, call: &str) -> (i32, Value) {
    let (code, said) = world.ask(&format!("{call} -f json -q"));
    assert_eq!(kinds_of_valid(std::slice::from_ref(&said)), ["probe"]);
    (code, serde_json::from_str(&said).unwrap())
}

/// One service for each verdict: the ports of pass, fail, none, all unusable, and unknown.
fn five_services(name: &str) -> (World, [u16; 5]) {
    let dead = crate::running::free_port();
    let ports = [rsa(), rsa(), rsa(), rsa(), dead];
    let (right, wrong) = (rdata("fullchain-rsa.pem", "3 1 1"), rdata("fullchain-ecdsa.pem", "3 1 1"));
    let unusable = right.replacen("3 1 1", "3 1 9", 1);
    let records = [Some(&right), Some(&wrong), None, Some(&unusable), Some(&right)];
    let line = |(port, record): (&u16, Option<&String>)| {
        record.map(|record| format!("_{port}._tcp.mx 60 IN TLSA {record}\n")).unwrap_or_default()
    };
    (World::new(name, vec![zone(ports.iter().zip(records).map(line).collect())]), ports)
}

#[test]
#[ignore = "needs Python's jsonschema"]
fn each_host_and_port_has_its_verdict_and_reason() {
    let (world, [pass, fail, none, unusable, unknown]) = five_services("five");
    let (code, document) =
        json(&world, &format!("probe mx.example -p {pass},{fail},{none},{unusable},{unknown}"));
    assert_eq!(code, 1);
    let hosts = document["hosts"].as_array().unwrap();
    let of = |field: &str| -> Vec<&str> {
        hosts.iter().map(|host| host[field].as_str().unwrap_or_default()).collect()
    };
    assert_eq!(of("verdict"), ["pass", "fail", "none", "none", "unknown"]);
    for (reason, part) in of("reason").iter().zip([
        "",
        "no record authenticates the served chain",
        "secure, no TLSA record is published",
        "all records are unusable: clients encrypt without authenticating",
        "cannot connect: connection refused",
    ]) {
        assert!(reason.contains(part) && reason.is_empty() == part.is_empty(), "{reason}: {part}");
    }
    // Several hosts, each with its own port; the worst verdict counts.
    for (ports, verdict, status) in [
        (&[pass][..], "pass", 0),
        (&[pass, none], "none", 3),
        (&[none, unknown], "unknown", 3),
        (&[unknown, fail, pass], "fail", 1),
    ] {
        let hosts: Vec<String> = ports.iter().map(|port| format!("mx.example:{port}")).collect();
        for call in [format!("probe {}", hosts.join(",")), format!("probe {}", hosts.join(" "))] {
            let (code, document) = json(&world, &call);
            assert_eq!((code, document["verdict"].as_str().unwrap()), (status, verdict), "{call}");
        }
    }
}

/// Senders defer the mail if the TLSA lookup fails below a signed zone (RFC 7672 section 2.1.2).
#[test]
fn a_failing_tlsa_lookup_is_an_outage() {
    let port = rsa();
    let record = rdata("fullchain-rsa.pem", "3 1 1");
    let world = World::new("failing", vec![zone(format!("_{port}._tcp.mx 60 IN TLSA {record}\n"))]);
    let failing = dns::forge(world.address, Forgery::Failing(RecordType::TLSA));
    let (code, said) = world.ask_at(failing, &format!("probe mx.example:{port}"));
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains(&format!("mx.example:{port}: fail (the TLSA lookup fails in a signed zone: ")),
        "{said}"
    );
    assert!(said.contains("warning[tlsa-lookup-fails]"), "{said}");
    // Without an address, this program cannot look.
    let failing = dns::forge(world.address, Forgery::Failing(RecordType::A));
    let (code, said) = world.ask_at(failing, &format!("probe -4 mx.example:{port}"));
    assert_eq!(code, 3, "{said}");
    assert!(
        said.contains(&format!(
            "mx.example:{port}: unknown (no answer for mx.example A: the server answered"
        )),
        "{said}"
    );
    // A firewall that blocks TCP to port 53.
    let truncated = dns::forge(world.address, Forgery::Truncated(RecordType::TLSA));
    let (code, said) = world.ask_at(truncated, &format!("probe mx.example:{port}"));
    assert_eq!(code, 1, "{said}");
    let line = format!(
        "no answer for _{port}._tcp.mx.example TLSA: the reply over UDP is truncated, and over TCP: connection refused"
    );
    assert!(said.contains(&line), "{said}");
}

#[test]
fn a_line_for_nagios() {
    let (world, [pass, fail, none, unusable, unknown]) = five_services("nagios");
    let data =
        |endpoints: usize, failed: usize| format!(" | endpoints={endpoints};;;0 failed={failed};;0;0 days=");
    for (port, status, start, middle) in [
        (pass, 0, format!("DANE OK - mx.example:{pass}: pass"), data(1, 0)),
        (
            fail,
            2,
            format!("DANE CRITICAL - mx.example:{fail}: fail (127.0.0.1:{fail}: no record "),
            data(1, 1),
        ),
        (none, 3, format!("DANE UNKNOWN - mx.example:{none}: none (secure, no TLSA record"), String::new()),
        (unusable, 3, format!("DANE UNKNOWN - mx.example:{unusable}: none (127.0.0.1:"), data(1, 0)),
        (unknown, 3, format!("DANE UNKNOWN - mx.example:{unknown}: unknown (127.0.0.1:"), String::new()),
    ] {
        let (code, said) = world.ask(&format!("probe mx.example:{port} -f nagios"));
        assert_eq!(code, status, "{said}");
        assert!(said.starts_with(&start) && said.contains(&middle), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    let (code, said) = world.ask(&format!("probe mx.example -p {pass},{fail} -f nagios"));
    assert_eq!(code, 2, "{said}");
    assert!(said.contains(&format!(", mx.example:{pass}: pass | endpoints=2;;;0 failed=1;;0;0")), "{said}");
    // A wrong call.
    for call in [
        "probe",
        "probe mx.example -p smtpx",
        "probe x.example --records none.zone",
        "check none.pem x.example",
    ] {
        for format in ["-f nagios", "--format=nagios", "-qf nagios", "-fnagios", "-f NAGIOS"] {
            let output = crate::program::run(&format!("{call} {format}"));
            assert_eq!(output.status.code(), Some(3), "{call} {format}");
            let said = String::from_utf8(output.stdout).unwrap();
            assert!(said.starts_with("DANE UNKNOWN - error"), "{call} {format}: {said}");
            assert!(said.lines().count() == 1 && output.stderr.is_empty(), "{call} {format}: {said}");
        }
    }
}

/// Monitoring Plugins' `negate` runs a plug-in and reads its status and its line, as Nagios does.
#[test]
#[ignore = "needs monitoring-plugins-basic"]
fn nagios_reads_the_status_and_the_line() {
    let (world, [pass, fail, none, ..]) = five_services("negate");
    for (port, expected) in [(pass, (2, "CRITICAL")), (fail, (0, "OK")), (none, (3, "UNKNOWN"))] {
        let call = format!(
            "probe mx.example:{port} -f nagios --dns {} --trust-anchor {}",
            world.address,
            world.anchor.display()
        );
        let output = Command::new("/usr/lib/nagios/plugins/negate")
            .args(["-s", env!("CARGO_BIN_EXE_tlsagen")])
            .args(call.split(' '))
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        // With -s, negate replaces the state in the line.
        assert_eq!(output.status.code(), Some(expected.0), "{said}");
        assert!(said.starts_with(&format!("DANE {} - mx.example", expected.1)), "{said}");
    }
}

/// Usage 3 ignores dates, so an expired certificate passes, with a warning.
#[test]
fn an_expiry_is_a_warning() {
    let port = serve(vec![chain("expired-leaf.pem", "expired-leaf")], Speech::Direct);
    let record = rdata("expired-leaf.pem", "3 1 1");
    let world = World::new("expiry", vec![zone(format!("_{port}._tcp.mx 60 IN TLSA {record}\n"))]);
    let (code, said) = world.ask(&format!("probe mx.example:{port}"));
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("warning[served-expires]: the served certificate CN=mx.example"), "{said}");
    assert!(said.contains(" expired on "), "{said}");
    let (code, said) = world.ask(&format!("probe mx.example:{port} -f nagios"));
    assert_eq!(code, 1, "{said}");
    assert!(said.starts_with("DANE WARNING - ") && said.contains("[served-expires]"), "{said}");
    assert!(said.contains(" days=-") && said.trim_end().ends_with(";14:"), "{said}");
}

const PARSER: &str = "
import sys
from prometheus_client.parser import text_string_to_metric_families as parse
for family in parse(sys.stdin.read()):
    for sample in family.samples:
        print(family.type, sample.name, sorted(sample.labels.items()), int(sample.value))
";

#[test]
#[ignore = "needs Python's prometheus_client"]
fn metrics_for_prometheus() {
    let (world, [pass, fail, none, ..]) = five_services("prometheus");
    let (code, text) = world.ask(&format!("probe mx.example -p {pass},{fail},{none} -f prometheus -q"));
    assert_eq!(code, 1, "{text}");
    let mut python = Command::new("python3")
        .args(["-c", PARSER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    let seen = String::from_utf8(output.stdout).unwrap();
    for (port, verdict) in [(pass, "pass"), (fail, "fail"), (none, "none")] {
        for other in ["pass", "none", "unknown", "fail"] {
            let line = format!(
                "gauge tlsagen_probe_verdict [('host', 'mx.example'), ('port', '{port}'), ('protocol', 'none'), ('verdict', '{other}')] {}\n",
                u8::from(other == verdict)
            );
            assert!(seen.contains(&line), "{line}{seen}");
        }
    }
    // 2099-12-31T23:59:59Z, as `openssl x509 -enddate` and `date +%s` show.
    assert!(seen.contains("('depth', '0'), ('host', 'mx.example')"), "{seen}");
    assert!(seen.contains(&format!("('port', '{pass}'), ('protocol', 'none')] 4102444799\n")), "{seen}");
    assert!(seen.contains("gauge tlsagen_probe_pass [] 0\n"), "{seen}");
    // promtool, of Debian's package prometheus, finds no fault.
    if let Ok(mut promtool) =
        Command::new("promtool").args(["check", "metrics"]).stdin(Stdio::piped()).spawn()
    {
        promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(promtool.wait().unwrap().success());
    }
}

#[test]
fn the_name_of_helo_is_said() {
    let (sender, heard) = channel();
    let port = listen(move |mut stream: TcpStream| {
        stream.write_all(b"220 mx\r\n").unwrap();
        let mut line = String::new();
        BufReader::new(&stream).read_line(&mut line).unwrap();
        sender.send(line).unwrap();
        let _ = (&stream).write_all(b"550 5.7.1 I do not know you\r\n");
        let _ = stream.read(&mut [0; 10]);
    });
    let record = rdata("fullchain-rsa.pem", "3 1 1");
    let world = World::new("helo", vec![zone(format!("_{port}._tcp.mx 60 IN TLSA {record}\n"))]);
    let call = format!("probe mx.example:{port} --starttls smtp");
    let (code, said) = world.ask(&format!("{call} --helo probe.example"));
    assert_eq!(heard.recv().unwrap(), "EHLO probe.example\r\n");
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("unknown (the server refuses this client: 550 5.7.1 I do not know you)"), "{said}");
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    while heard.try_recv().is_ok() {}
    world.ask(&call);
    assert_eq!(heard.recv().unwrap(), format!("EHLO {}\r\n", name.trim()));
}

#[test]
fn a_rejected_command_is_named() {
    let port =
        serve(vec![], Speech::Lines(&["220 mx\r\n", "250 STARTTLS\r\n", "454 4.7.0 TLS not available\r\n"]));
    let record = rdata("fullchain-rsa.pem", "3 1 1");
    let world = World::new("rejected", vec![zone(format!("_{port}._tcp.mx 60 IN TLSA {record}\n"))]);
    let (code, said) = world.ask(&format!("probe mx.example:{port} --starttls smtp"));
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("fail (STARTTLS rejected: 454 4.7.0 TLS not available)"), "{said}");
}

/// An XMPP server answers for the XMPP domain, which SRV records lead from (RFC 6120 section 3.2.1, RFC 7673).
#[test]
fn an_xmpp_domain_leads_to_its_servers() {
    let speech = Speech::Octets(&[
        b"<?xml version='1.0'?><stream:stream><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>",
        b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
    ]);
    let port = serve(vec![chain("wrong-name.pem", "wrong-name")], speech);
    let record = rdata("wrong-name.pem", "2 1 1");
    let srv = format!(
        "_xmpp-client._tcp 60 IN SRV 1 1 {port} mx\n_xmpp-client._tcp 60 IN SRV 1 2 {port} mx\n_xmpp-server._tcp 60 IN SRV 1 1 {port} mx\n_{port}._tcp.mx 60 IN TLSA {record}\n"
    );
    let below = |origin, signed| Zone {
        origin,
        signed,
        text: format!("_xmpp-client._tcp 60 IN SRV 1 1 {port} mx.example.\n"),
    };
    let world = World::new(
        "xmpp",
        vec![zone(srv), below("other.example.", Signed::Nsec), below("plain.example.", Signed::No)],
    );
    // The certificate names other.example, not the server.
    let (code, said) = world.ask("probe --xmpp-domain other.example");
    assert_eq!(code, 0, "{said}");
    assert!(said.starts_with("other.example: 1 mx.example (secure)\n"), "{said}");
    let (code, said) = world.ask("probe --xmpp-domain example");
    assert_eq!(code, 1, "{said}");
    assert_eq!(said.matches(" depth 0: ").count(), 2, "{said}");
    let (code, said) = world.ask("probe --xmpp-domain plain.example");
    assert_eq!(code, 3, "{said}");
    assert!(
        said.contains("verdict: none")
            && said.contains("the SRV records of _xmpp-client._tcp.plain.example: "),
        "{said}"
    );
    let (code, said) = world.ask("probe --xmpp-domain mx.example");
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("mx.example has no SRV record of an XMPP service"), "{said}");
    // The domain is said to the server.
    let (sender, heard) = channel();
    let port = listen(move |stream: TcpStream| {
        let mut reader = BufReader::new(&stream);
        let mut said = Vec::new();
        reader.read_until(b'>', &mut said).unwrap();
        reader.read_until(b'>', &mut said).unwrap();
        sender.send(String::from_utf8(said).unwrap()).unwrap();
        let error = b"<stream:stream><stream:error><host-unknown/></stream:error>";
        (&stream).write_all(error).unwrap();
    });
    let world = World::new("xmpp-said", vec![zone(format!("_{port}._tcp.mx 60 IN TLSA {record}\n"))]);
    for (protocol, space) in [("xmpp", "jabber:client"), ("xmpp-server", "jabber:server")] {
        let call = format!("probe mx.example:{port} --starttls {protocol} --xmpp-domain other.example");
        let (code, said) = world.ask(&call);
        assert_eq!(code, 3, "{said}");
        assert!(said.contains("unknown (the server refuses this client: <host-unknown/>"), "{said}");
        let stream = heard.recv().unwrap();
        assert!(
            stream.contains(&format!("xmlns='{space}'")) && stream.contains("to='other.example'"),
            "{stream}"
        );
    }
}

/// A name server that says nothing is asked no longer than the deadline allows, and the services are examined all the
/// same.
#[test]
fn silent_name_servers_keep_the_deadline() {
    let port = rsa();
    let record = rdata("fullchain-rsa.pem", "3 1 1");
    let world = World::new("silent-server", vec![zone(format!("_{port}._tcp.mx 60 IN TLSA {record}\n"))]);
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let start = std::time::Instant::now();
    let call = format!(
        "probe mx.example:{port} --deadline 3 --timeout 20 --server {}",
        silent.local_addr().unwrap()
    );
    let (code, said) = world.ask(&call);
    assert!(start.elapsed().as_secs() < 6, "{:?}", start.elapsed());
    assert_eq!(code, 3, "{said}");
}

/// Before the first record is published, `--save` is how to get the chain.
#[test]
fn a_chain_is_saved_although_no_record_exists() {
    let port = serve(vec![chain("fullchain-rsa.pem", "fullchain-rsa")], SMTP);
    let world = World::new("unpublished", vec![zone(String::new())]);
    let saved = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("unpublished.pem");
    let (code, said) =
        world.ask(&format!("probe mx.example:{port} --starttls smtp --save {}", saved.display()));
    assert_eq!(code, 3, "{said}");
    assert!(
        said.contains(&format!("mx.example:{port}: none (secure, no TLSA record is published)\n")),
        "{said}"
    );
    assert!(said.contains(&format!("mx.example 127.0.0.1:{port} TLSv1.3 RSA 2048: none\n")), "{said}");
    assert!(said.contains("verdict: none\n"), "{said}");
    let fixture = format!("{}/fixtures/fullchain-rsa.pem", crate::program::ROOT);
    assert_eq!(fs::read_to_string(&saved).unwrap(), fs::read_to_string(fixture).unwrap());
}
