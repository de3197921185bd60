//! The verdicts of this program, of posttls-finger, and of OpenSSL's client with what the resolver validated.

use std::process::{Command, Stdio};

use crate::lab;
use crate::program::tlsagen;
use crate::scenes::{Scene, Sent, Verdict};
use crate::services::{Peer, Service};
use crate::zones::{Answer, look_up};

/// A verdict, and all output.
pub(crate) type Said = (Verdict, String);

fn text_of(command: &mut Command) -> (bool, String) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

/// The verdict of this program about `target`, which is the host and its port, or options.
pub(crate) fn ours(target: &str, starttls: Option<&str>) -> Said {
    let mut call = format!("probe {target} --trust-anchor anchor --timeout 20");
    if let Some(protocol) = starttls {
        call += &format!(" --starttls {protocol}");
    }
    let output = tlsagen(lab(), call.split_whitespace());
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let verdict = match output.status.code().unwrap() {
        0 => Verdict::Pass,
        _ if text.contains("bogus: ") => Verdict::Defer,
        1 => Verdict::Fail,
        _ => Verdict::Neither,
    };
    (verdict, text)
}

/// The verdict of a peer about a service. A client sees one certificate of a server; of two, the worse verdict counts.
pub(crate) fn theirs(scene: &Scene, service: &Service) -> Said {
    let ask = |kind: Option<&str>| match service.peer {
        Peer::Postfix(options) => {
            let ciphers = kind.map(|kind| format!("tls_high_cipherlist={kind}"));
            let only = ciphers.iter().flat_map(|list| ["-p", "TLSv1.2", "-g", "high", "-o", list]);
            let options: Vec<&str> = options.iter().copied().chain(only).collect();
            finger(&format!("[{}]:{}", scene.name(), service.port), &options)
        }
        Peer::OpenSsl(starttls) => {
            let mut options: Vec<&str> = kind.iter().flat_map(|kind| ["-tls1_2", "-cipher", kind]).collect();
            options.extend(starttls.iter().flat_map(|protocol| ["-starttls", protocol]));
            s_client(scene, service.port, &options)
        }
    };
    if scene.sent != Sent::Dual {
        return ask(None);
    }
    let [rsa, ecdsa] = [ask(Some("aRSA")), ask(Some("aECDSA"))];
    if rsa.0 > ecdsa.0 { rsa } else { ecdsa }
}

/// posttls-finger about a domain, or a host in brackets with its port.
pub(crate) fn finger(target: &str, options: &[&str]) -> Said {
    let mut command = Command::new("posttls-finger");
    // Without -v, it does not say that there are no records.
    command.args(["-v", "-t30", "-T3", "-c", "-l", "dane"]).args(options);
    let (_, text) = text_of(command.arg(target).env("MAIL_CONFIG", "/mnt/postfix"));
    let says = |words: &str| text.contains(words);
    let verdict = if says("no TLSA records found") || says("all TLSA records unusable") {
        Verdict::Neither
    } else if says("lost connection while sending EHLO") {
        Verdict::Defer
    } else if says("Verified TLS connection established")
        // Of an unsigned MX record.
        || says("log verified as trusted") && says("Trusted TLS connection established")
    {
        Verdict::Pass
    } else if says("Untrusted TLS connection established") {
        Verdict::Fail
    } else {
        Verdict::Defer
    };
    let is_noise = |line: &&str| line.contains(": name_mask: ") || line.contains(": smtp_stream_setup: ");
    (verdict, text.lines().filter(|line| !is_noise(line)).map(|line| format!("{line}\n")).collect())
}

fn s_client(scene: &Scene, port: u16, options: &[&str]) -> Said {
    let host = scene.name();
    let records = match look_up(&host, port) {
        Answer::Bogus => return (Verdict::Defer, "bogus".to_owned()),
        Answer::Unsigned => return (Verdict::Neither, "unsigned".to_owned()),
        Answer::Records(records) if records.is_empty() => return (Verdict::Neither, "no records".to_owned()),
        Answer::Records(records) => records,
    };
    let mut command = Command::new("openssl");
    command.args(["s_client", "-connect", &format!("{}:{port}", scene.sent.address())]);
    command.args([
        "-dane_tlsa_domain",
        &host,
        "-name",
        &host,
        "-dane_ee_no_namechecks",
        "-verify_return_error",
    ]);
    for record in &records {
        command.args(["-dane_tlsa_rrdata", record]);
    }
    command.args(options);
    let (is_good, text) = text_of(&mut command);
    let verdict = if is_good && text.contains("Verification: OK") {
        Verdict::Pass
    } else if text.contains("import any TLSA records") {
        Verdict::Neither
    } else if text.contains("verify error:") {
        Verdict::Fail
    } else {
        Verdict::Defer
    };
    (verdict, text)
}
