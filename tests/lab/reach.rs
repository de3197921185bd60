//! Servers that this program cannot examine, or that refuse it: what it says, and whether Postfix would deliver.

use std::sync::Mutex;
use std::thread;

use crate::openssl::Server;
use crate::peers::{finger, ours};
use crate::scenes::Verdict::{self, Defer, Fail, Neither, Pass};
use crate::{dialog, lab, mail, zones};

/// Its records match the RSA and the ECDSA certificate.
const HOST: &str = "one-stale.example";

const GREETING: &str = "220 mx ESMTP\r\n";
const OFFER: &str = "250-mx\r\n250 STARTTLS\r\n";
const SMTP: &[&str] = &[GREETING, OFFER, "220 go\r\n"];

const ECDSA: &str = "-cert leaf.pem -cert_chain chain1.pem -key key1.pem";
const RSA: &str = "-cert rsa.pem -cert_chain chain4.pem -key key4.pem";

/// OpenSSL's servers after STARTTLS: name, certificate, options, and what Postfix does.
const TLS: [(&str, &str, &str, Verdict); 10] = [
    ("nothing unusual", ECDSA, "", Pass),
    ("TLS 1.2, CBC only", RSA, "-tls1_2 -cipher ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES128-SHA", Pass),
    ("TLS 1.2, CBC only, ECDSA", ECDSA, "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256", Pass),
    ("TLS 1.2, RSA key exchange only", RSA, "-tls1_2 -cipher AES128-GCM-SHA256:AES256-SHA", Pass),
    ("TLS 1.2, DHE only", RSA, "-tls1_2 -cipher DHE-RSA-AES128-GCM-SHA256", Pass),
    ("TLS 1.2, P-521 only", ECDSA, "-tls1_2 -groups P-521", Pass),
    ("TLS 1.3, P-521 only", ECDSA, "-tls1_3 -groups P-521", Pass),
    // Debian's OpenSSL refuses SHA-1 signatures, which TLS 1.0 needs.
    ("TLS 1.0 only", RSA, "-tls1 -cipher ALL:@SECLEVEL=0", Defer),
    ("TLS 1.2, client certificate", ECDSA, "-tls1_2 -Verify 1 -verify_return_error", Defer),
    ("TLS 1.3, client certificate", ECDSA, "-tls1_3 -Verify 1 -verify_return_error", Defer),
];

/// Servers that refuse before TLS; Postfix defers.
const REFUSALS: [(&str, &[&str]); 6] = [
    ("5xx greeting", &["554 5.7.1 blocked, see https://example.net/\r\n"]),
    ("4xx greeting", &["421 4.3.2 try again later\r\n"]),
    ("5xx reply to EHLO", &[GREETING, "550 5.7.1 your HELO name does not resolve\r\n"]),
    ("454 reply to STARTTLS", &[GREETING, OFFER, "454 4.7.0 TLS not available due to temporary reason\r\n"]),
    ("5xx reply to STARTTLS", &[GREETING, OFFER, "502 5.5.1 command not implemented\r\n"]),
    ("no STARTTLS", &[GREETING, "250 mx\r\n"]),
];

/// Whether our verdict may be printed about a server with which Postfix does this: where this program can do less than
/// Postfix, it says so, and where Postfix defers, it never says that the server passes.
fn is_sound(we: Verdict, they: Verdict) -> bool {
    match they {
        Pass => matches!(we, Pass | Neither),
        _ => matches!(we, Fail | Neither),
    }
}

pub(crate) fn describe() {
    let mut servers = Vec::new();
    let mut cases = Vec::new();
    for (name, certificate, options, they) in TLS {
        let options: Vec<&str> = certificate.split(' ').chain(options.split_whitespace()).collect();
        let server = Server::start(lab(), &options);
        cases.push((name, dialog::serve(SMTP, Some(server.port)), they));
        servers.push(server);
    }
    cases.extend(REFUSALS.map(|(name, lines)| (name, dialog::serve(lines, None), Defer)));
    let ports: Vec<u16> = cases.iter().map(|(_, port, _)| *port).collect();
    let _names = zones::start(&ports, "");
    mail::postfix_settings("");
    let faults = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for (name, port, wanted) in &cases {
            let faults = &faults;
            scope.spawn(move || {
                let (we, our_text) = ours(&format!("{HOST}:{port}"), Some("smtp"));
                let (they, their_text) = finger(&format!("[{HOST}]:{port}"), &[]);
                println!("== {name}: Postfix: {they:?}\n{our_text}");
                if they != *wanted || !is_sound(we, they) {
                    faults.lock().unwrap().push(format!("{name}: {we:?}, {they:?}\n{our_text}{their_text}"));
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
