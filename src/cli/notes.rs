//! What the help and the manual page say beside the options.

use crate::diagnostic::{Code, Stage};

/// The day of the last change of these notes and of the options, as man(7) wants one; fixed, so that every build of a
/// version prints the same page.
pub const DATE: &str = "2026-11-25";

/// One example and what it is for on each line.
pub const EXAMPLES: &str =
    "  tlsagen fullchain.pem mx.example                      the record most servers want (3 1 1)
  tlsagen fullchain.pem mx.example 3 1 1 2 1 1          also one for each CA of the chain
  tlsagen fullchain.pem mx.example >> db.example        append to the zone file
  tlsagen fullchain.pem mx.example -f nsupdate | nsupdate -k ddns.key
                                                        add by a dynamic update
  tlsagen fullchain.pem mx.example --next next.key      with the next key, before it is deployed
  tlsagen fullchain.pem a.example,b.example -p 25,587   for two hosts and two ports
  tlsagen chain fullchain.pem mx.example                every record of every certificate
  tlsagen check fullchain.pem mx.example --records db.example --origin example
                                                        is what is published right for this chain?
  tlsagen probe --mx example.com                        does what is served match what is published?";

/// What every user should know, a line each.
pub const NOTES: &str = "\
HOST is the MX host, not the mail domain. Usage 3 hashes the server's own certificate or key, usage 2 the CAs above it.
Records go to standard output, everything else to standard error.";

/// The exit statuses.
pub const EXIT_STATUS: &str =
    "0 done, or the answer is yes; 1 the answer is no, or diff has found something to do;
2 wrong call or input, and then no record is printed; 3 it cannot be told.";

/// What the subcommands have in common.
pub const SUBCOMMANDS: &str =
    "Options of a subcommand follow its name. A file with the name of a subcommand is given as ./check.";

/// The words of `check` and `probe`, each with what it means.
pub const WORDS: [(&str, &str); 14] = [
    ("match", "The record authenticates the server."),
    ("unmatched", "It describes nothing in the chain: stale, or of a next key. A next key is no fault."),
    ("unusable", "Clients pass it over: unknown numbers, data of a wrong length, or usage 0 or 1 for SMTP."),
    ("ignored", "A stronger digest with the same usage and selector hides it (RFC 7671 section 9)."),
    ("failed", "It describes a certificate of the chain, but the path, a date or a name does not hold."),
    ("unverified", "That cannot be decided here, and the line says why."),
    ("covered", "Every triple that is published describes every end entity of the chain."),
    (
        "partial",
        "A client may succeed, but a triple covers nothing, an end entity has no record, or a stale stronger digest \
         hides the match.",
    ),
    ("not-covered", "No record that clients use authenticates the server."),
    ("unknown", "There is no record, or its answer cannot be trusted or decided."),
    ("published", "The record of this certificate is among those published."),
    ("not published", "It is not, and this is what it would be."),
    ("pass", "A client that uses the records accepts the server."),
    ("fail", "It refuses the server: mail from such clients waits, and bounces in the end."),
];

/// How diagnostics look and what they do.
pub const DIAGNOSTICS: &str = "\
Each diagnostic is one line on standard error. Most have a stable code, and the section of the RFC that they stand on:

  tlsagen: warning[sel0-ee]: ...

Of an error, no record is printed; of a warning, the records are printed and will disappoint; a hint is worth knowing. --strict takes warnings for errors, -q hides warnings and hints. In check, diff and probe these are labels: the verdict sets the status. The README has for each code what to do.";

/// Where the system names its name servers: resolv.conf(5).
pub const SYSTEM_SERVERS: &str = "/etc/resolv.conf";

/// The files that are read without being named.
pub const FILES: [(&str, &str); 1] = [(
    SYSTEM_SERVERS,
    "The name servers that are asked, unless --dns names one. Answers are validated by tlsagen itself, up to the \
     root's keys, which are built in, or those of --trust-anchor.",
)];

/// The environment.
pub const ENVIRONMENT: [(&str, &str); 1] =
    [("NO_COLOR", "If set and not empty, what check and probe print to a terminal has no colours.")];

/// Where to read on.
pub const SEE_ALSO: &str = "\
dig(1), nsupdate(1), openssl(1), posttls-finger(1), resolv.conf(5)

RFC 6698 (the TLSA record), RFC 7671 (its use and updates), RFC 7672 (mail servers)";

/// The text of a topic of `tlsagen help`.
pub fn topic(name: &str) -> Option<String> {
    match name {
        "diagnostics" => Some(diagnostics()),
        "hooks" => Some(include_str!("topics/hooks.txt").to_owned()),
        "json" => Some(include_str!("topics/json.txt").to_owned()),
        _ => None,
    }
}

/// Every code with what it means and what to do, under the heading of its stage.
fn diagnostics() -> String {
    let mut text = format!("{}\n", DIAGNOSTICS.trim());
    for stage in Stage::ALL {
        text.push_str(&format!("\n{stage}:\n"));
        for code in Code::ALL.iter().filter(|code| code.stage() == stage) {
            text.push_str(&format!("\n  {code}\n    {}\n    {}\n", code.meaning(), code.advice()));
            if !code.citation().is_empty() {
                text.push_str(&format!("    {}\n", code.citation()));
            }
        }
    }
    text
}
