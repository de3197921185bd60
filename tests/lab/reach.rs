//! Servers that this program cannot examine, or that refuse it: what it says, and whether Postfix would deliver.

use std::thread;

use crate::openssl::Server;
use crate::peers::{finger, ours};
use crate::{dialog, lab, mail, zones};

const GREETING: &str = "220 mx ESMTP\r\n";
const OFFER: &str = "250-mx\r\n250 STARTTLS\r\n";
const SMTP: &[&str] = &[GREETING, OFFER, "220 go\r\n"];

const ECDSA: &str = "-cert leaf.pem -cert_chain chain1.pem -key key1.pem";
const RSA: &str = "-cert rsa.pem -cert_chain chain4.pem -key key4.pem";

/// OpenSSL's servers after STARTTLS: name, key and options.
const TLS: [(&str, &str, &str); 9] = [
    ("nothing unusual", ECDSA, ""),
    ("TLS 1.2, CBC only", RSA, "-tls1_2 -cipher ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES128-SHA"),
    ("TLS 1.2, CBC only, ECDSA", ECDSA, "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA"),
    ("TLS 1.2, RSA key exchange only", RSA, "-tls1_2 -cipher AES128-GCM-SHA256:AES256-SHA"),
    ("TLS 1.2, DHE only", RSA, "-tls1_2 -cipher DHE-RSA-AES128-GCM-SHA256"),
    ("P-521 only", ECDSA, "-groups P-521"),
    ("TLS 1.0 only", RSA, "-tls1 -cipher ALL:@SECLEVEL=0"),
    ("TLS 1.2, client certificate", ECDSA, "-tls1_2 -Verify 1 -verify_return_error"),
    ("TLS 1.3, client certificate", ECDSA, "-tls1_3 -Verify 1 -verify_return_error"),
];

/// Servers that refuse before TLS.
const REFUSALS: [(&str, &[&str]); 6] = [
    ("5xx greeting", &["554 5.7.1 blocked, see https://example.net/\r\n"]),
    ("4xx greeting", &["421 4.3.2 try again later\r\n"]),
    ("5xx reply to EHLO", &[GREETING, "550 5.7.1 your HELO name does not resolve\r\n"]),
    ("454 reply to STARTTLS", &[GREETING, OFFER, "454 4.7.0 TLS not available due to temporary reason\r\n"]),
    ("5xx reply to STARTTLS", &[GREETING, OFFER, "502 5.5.1 command not implemented\r\n"]),
    ("no STARTTLS", &[GREETING, "250 mx\r\n"]),
];

pub(crate) fn describe() {
    let mut servers = Vec::new();
    let mut cases = Vec::new();
    for (name, key, options) in TLS {
        let options: Vec<&str> = key.split(' ').chain(options.split_whitespace()).collect();
        let server = Server::start(lab(), &options);
        cases.push((name, dialog::serve(SMTP, Some(server.port))));
        servers.push(server);
    }
    cases.extend(REFUSALS.map(|(name, lines)| (name, dialog::serve(lines, None))));
    let ports: Vec<u16> = cases.iter().map(|(_, port)| *port).collect();
    let _names = zones::start(&ports, "");
    mail::postfix_settings("");
    thread::scope(|scope| {
        for (name, port) in cases {
            scope.spawn(move || {
                let (we, our_text) = ours(&format!("one-stale.example:{port}"), Some("smtp"));
                let (they, their_text) = finger(&format!("[one-stale.example]:{port}"), &[]);
                println!("== {name}\nwe: {we:?}\n{our_text}they: {they:?}\n{their_text}");
            });
        }
    });
}
