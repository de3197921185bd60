//! The texts of the help and the manual page, except the descriptions of options.

use crate::diagnostic::{Code, Stage};
use crate::render::SCHEMA;

/// The date of the manual page, which man(7) requires: the day of the last change of these notes or of the options. It
/// is a constant, because every build of a version must print the same page.
pub const DATE: &str = "2026-11-28";

/// The examples, each with its purpose on the same line or on the next line.
const EXAMPLES: &str =
    "  tlsagen fullchain.pem mx.example                      the record most servers need (3 1 1)
  tlsagen fullchain.pem mx.example 3 1 1 2 1 1          also a record for each CA of the chain
  (echo; tlsagen fullchain.pem mx.example) >>db.example
                                                        append to a zone file
  tlsagen fullchain.pem mx.example -f nsupdate | nsupdate -k ddns.key
                                                        add by dynamic update
  tlsagen fullchain.pem mx.example --next next.key      also the record of the next key
  tlsagen fullchain.pem a.example,b.example -p 25,587   for two hosts and two ports
  tlsagen chain fullchain.pem mx.example                every record of every certificate
  tlsagen check fullchain.pem mx.example --records db.example --origin example
                                                        do the published records cover this chain?";

const PROBE_EXAMPLE: &str = if cfg!(feature = "live") {
    "
  tlsagen probe --mx example.com                        do the servers match the published records?"
} else {
    ""
};

/// Returns the examples of this build.
pub fn examples() -> String {
    format!("{EXAMPLES}{PROBE_EXAMPLE}")
}

/// Notes for every user.
pub const NOTES: &str = "\
HOST is the MX host, not the mail domain. Usage 3 is for the server's own certificate or key, usage 2 for a CA of its chain.
Records go to standard output, diagnostics to standard error.";

/// The exit statuses.
pub const EXIT_STATUS: &str = if cfg!(feature = "live") { WITH_ROLLOVER } else { WITHOUT_ROLLOVER };

const WITHOUT_ROLLOVER: &str = "0 success; 1 the published records do not match, or diff found changes;
2 usage or input error, no records printed; 3 undetermined.";

const WITH_ROLLOVER: &str =
    "0 success; 1 the published records do not match, diff found changes, or rollover is blocked;
2 usage or input error, no records printed; 3 undetermined;
of rollover: 10 publish, 11 wait, 12 install, 13 retire.";

/// Notes on all subcommands.
pub const SUBCOMMANDS: &str = "Options follow the name of the subcommand. To read a file that has the name of a subcommand, such as check, write ./check.";

/// The words of `check` reports, each with its meaning.
pub const WORDS: [(&str, &str); 12] = [
    ("match", "The record authenticates the server."),
    (
        "unmatched",
        "The record matches no certificate of the chain: it is stale, or it is for the next key and needs no action.",
    ),
    (
        "unusable",
        "Clients skip the record because of unknown numbers, data of the wrong length, or usage 0 or 1 for SMTP.",
    ),
    (
        "ignored",
        "Clients use a record with the same usage and selector and a stronger digest instead (RFC 7671 section 9).",
    ),
    (
        "failed",
        "The record matches a certificate of the chain, but the certification path, a date or a name is invalid.",
    ),
    (
        "unverified",
        "Clients disagree about the record, or this program cannot verify it; the line gives the reason.",
    ),
    (
        "covered",
        "For each published triple (usage, selector, matching type), every end entity has a matching record.",
    ),
    (
        "partial",
        "Some clients may succeed, but a triple has no matching record, an end entity has no matching record, or \
         clients ignore the matching record because of a stale record with a stronger digest.",
    ),
    ("not-covered", "No usable record authenticates the server."),
    ("unknown", "There is no record, the DNS answer is not secure, or no record could be verified."),
    ("published", "The record of this certificate is published."),
    ("not published", "The record of this certificate is not published; the line shows the record."),
];

/// The words that only `probe` prints.
pub const PROBE_WORDS: [(&str, &str); 4] = [
    ("pass", "A DANE client accepts the server."),
    (
        "fail",
        "A DANE client rejects the server: no record matches, TLS is refused, the zone is bogus, or its name servers do \
         not answer the TLSA query. Mail from such clients is deferred, and finally returned to the sender.",
    ),
    (
        "none",
        "There is no DANE: the zone is unsigned, no TLSA record is published, or clients can use none of the records, \
         so that they encrypt without authenticating.",
    ),
    (
        "unknown",
        "In probe: this program could not look, because a server did not answer, refused this client, or has no TLS in \
         common with it.",
    ),
];

/// The form and the effect of diagnostics.
pub const DIAGNOSTICS: &str = "\
Each diagnostic is one line on standard error. Most have a stable code and end with the RFC section that applies:

  tlsagen: warning[sel0-ee]: ...

An error prints no records; a warning prints records that may not work; a hint is information. --strict turns warnings into errors, -q hides warnings and hints. If a command prints a verdict or changes, these determine the exit status; diagnostics do not affect it.";

/// Symptoms, each with the command to run and the meaning of its output.
const TROUBLESHOOTING: [(&str, &str); 3] = [
    (
        "Some senders stopped delivering after a renewal.",
        "Run tlsagen check fullchain.pem mx.example with the file that the server uses. If it reports not-covered, the \
         key has changed, and senders that validate DANE no longer deliver. Go back to the old key and certificate \
         if you still have them: this takes effect at once. Otherwise publish the records listed as missing: this \
         takes effect when the old TTL has expired.",
    ),
    (
        "check reports partial.",
        "Run tlsagen diff fullchain.pem mx.example, with the parameters of every record that you publish, such as \
         3 1 1. Clients may still succeed, but the next change may break delivery. Publish the records listed as \
         missing, or remove the records that diff marks with -. If the file has two server certificates, clients \
         reject a certificate whose record is not published.",
    ),
    (
        "check reports unknown.",
        "Read the first line of the report, which gives the reason: no record, insecure, bogus or no answer. Then run \
         dig +dnssec _25._tcp.mx.example TLSA. A record of usage 0 or 1 is unverified if --ca-file is not given.",
    ),
];

const PROBE_TROUBLESHOOTING: (&str, &str) = (
    "A web checker says that DANE is not valid.",
    "Run tlsagen probe --mx example.com. A fail line shows the address and the key type; the unmatched lines \
     below that line are records of other keys. If probe reports insecure, the zone is not signed, or the parent zone \
     has no DS record. If every server passes, the checker has a cached answer, which expires with the TTL.",
);

/// Returns the symptoms of this build, each with the command to run and the meaning of its output.
pub fn troubleshooting() -> impl Iterator<Item = (&'static str, &'static str)> {
    TROUBLESHOOTING.into_iter().chain(cfg!(feature = "live").then_some(PROBE_TROUBLESHOOTING))
}

/// The file that lists the system's name servers: resolv.conf(5).
pub const SYSTEM_SERVERS: &str = "/etc/resolv.conf";

/// The files that are read by default.
pub const FILES: [(&str, &str); 2] = [
    (
        SYSTEM_SERVERS,
        "The name servers to query, unless --dns is given. tlsagen validates the answers itself, with the built-in root \
     keys or with those of --trust-anchor.",
    ),
    ("/etc/default/tlsagen", "The settings of the hooks, printed by tlsagen hook settings."),
];

/// The environment variables.
pub const ENVIRONMENT: [(&str, &str); 1] =
    [("NO_COLOR", "If set and not empty, reports on a terminal have no colours.")];

/// Related pages and standards.
pub const SEE_ALSO: &str = "\
dig(1), nsupdate(1), openssl(1), posttls-finger(1), resolv.conf(5)

RFC 6698 (the TLSA record), RFC 7671 (its use and updates), RFC 7672 (mail servers)";

/// The topics of `tlsagen help`, in addition to the subcommands.
pub const TOPICS: [&str; 3] = ["diagnostics", "hooks", "json"];

/// Returns the text of a topic of `tlsagen help`.
pub fn topic(name: &str) -> Option<String> {
    match name {
        "diagnostics" => Some(diagnostics()),
        "hooks" => Some(hooks()),
        "json" => Some(SCHEMA.to_owned()),
        _ => None,
    }
}

/// Returns the text on hooks, rollovers and monitoring. Lines in capitals are headings; fences enclose scripts and
/// tables.
pub fn hooks() -> String {
    let live = if cfg!(feature = "live") { include_str!("topics/hooks-live.txt") } else { "" };
    format!("{}{live}", include_str!("topics/hooks.txt"))
}

/// The text on JSON documents, for the manual page.
pub const JSON: &str = "With --format json, each command prints one JSON object; batch prints one for each line. tlsagen help json prints the JSON Schema of all objects, in which each field has a description. The field schema is the version of the shape.";

/// Returns the stages that occur in this build, with their codes.
pub fn stages() -> impl Iterator<Item = (Stage, impl Iterator<Item = Code>)> {
    let occurs = |stage: &Stage| cfg!(feature = "live") || !matches!(stage, Stage::Probe | Stage::Rollover);
    let codes = |stage| Code::ALL.iter().copied().filter(move |code| code.stage() == stage);
    Stage::ALL.into_iter().filter(occurs).map(move |stage| (stage, codes(stage)))
}

/// Returns every code with its meaning and advice, under the heading of its stage, and then the symptoms.
fn diagnostics() -> String {
    let mut text = String::new();
    for paragraph in DIAGNOSTICS.lines() {
        text.push_str(&filled(paragraph, ""));
    }
    for (stage, codes) in stages() {
        text.push_str(&format!("\n{stage}:\n"));
        for code in codes {
            text.push_str(&format!("\n  {code}\n"));
            for line in
                [code.meaning(), code.advice(), code.citation()].iter().filter(|line| !line.is_empty())
            {
                text.push_str(&filled(line, "    "));
            }
        }
    }
    text.push_str("\nTroubleshooting:\n");
    for (symptom, answer) in troubleshooting() {
        text.push_str(&format!("\n  {symptom}\n{}", filled(answer, "    ")));
    }
    text
}

/// Wraps a paragraph at the line width of clap's help. An indented or empty line is not changed.
fn filled(paragraph: &str, indent: &str) -> String {
    const WIDTH: usize = 100;
    if paragraph.is_empty() || paragraph.starts_with(' ') {
        return format!("{paragraph}\n");
    }
    let mut text = String::new();
    let mut line = String::new();
    for word in paragraph.split(' ') {
        if !line.is_empty() && indent.len() + line.len() + 1 + word.len() > WIDTH {
            text.push_str(&format!("{indent}{line}\n"));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    format!("{text}{indent}{line}\n")
}
