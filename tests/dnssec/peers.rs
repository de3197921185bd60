//! Compares this validator ("here") with unbound and delv ("elsewhere") on the same forged replies: no answer that is
//! secure here is bogus elsewhere.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tlsagen::live::dns::{Answer, LookupError, Security};

use crate::authority::Mode;
use crate::exchange::{NOW, WORLD};
use crate::forged::{case, look_up, queries, seed, setting};
use crate::forger::Forger;
use crate::questions::{Outcome, Question, outcome, questions, rtype};
use crate::serve::Server;
use crate::truth::Standing;
use crate::wire::{Message, Name, Record, SOA};

/// The result of another validator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Secure,
    Insecure,
    Bogus,
    /// No answer, for another reason than the signatures.
    Failed,
}

const PEERS: [&str; 2] = ["unbound", "delv"];

/// Configuration files of both validators.
struct Files {
    folder: PathBuf,
}

impl Files {
    fn new(server: &Server) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("peers-{}", server.address.port()));
        fs::create_dir_all(&folder).unwrap();
        let date = time::OffsetDateTime::from_unix_timestamp(NOW).unwrap();
        let unbound = format!(
            "server:\n do-not-query-localhost: no\n module-config: \"validator iterator\"\n \
             trust-anchor: \"{}\"\n val-override-date: \"{}{:02}{:02}000000\"\n username: \"\"\n chroot: \"\"\n \
             forward-zone:\n name: \".\"\n forward-addr: 127.0.0.1@{}\n",
            WORLD.anchor().trim(),
            date.year(),
            u8::from(date.month()),
            date.day(),
            server.address.port(),
        );
        fs::write(folder.join("unbound.conf"), unbound).unwrap();
        fs::write(folder.join("anchor.conf"), WORLD.bind_anchor()).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).to_str().unwrap().to_owned()
    }
}

/// Starts a validator with a time limit.
fn start(command: &str, args: &[&str]) -> Child {
    Command::new("timeout")
        .args(["20", command])
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Returns standard output and standard error of `child`.
fn words(child: Child) -> String {
    let output = child.wait_with_output().unwrap();
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

/// The worst status that unbound-host prints for the records.
fn of_unbound(words: &str) -> Verdict {
    match words {
        words if words.contains("BOGUS") || words.contains("validation failure") => Verdict::Bogus,
        words if words.contains("(insecure)") => Verdict::Insecure,
        words if words.contains("(secure)") => Verdict::Secure,
        _ => Verdict::Failed,
    }
}

/// The worst status that delv prints.
fn of_delv(words: &str) -> Verdict {
    const BOGUS: [&str; 6] = [
        "no valid RRSIG",
        "no valid signature",
        "broken trust chain",
        "insecurity proof failed",
        "no valid DS",
        "no valid KEY",
    ];
    // delv reports a denial as "resolution failed: ncache"; any other "resolution failed" is a failure.
    let is_failed = words.replace("resolution failed: ncache", "").contains("resolution failed");
    let is_unsigned = words.contains("; unsigned answer") || words.contains("response, unsigned");
    match words {
        // In an unsigned zone, delv also tries the signatures and reports that they fail.
        _ if is_unsigned && !is_failed => Verdict::Insecure,
        words if BOGUS.iter().any(|reason| words.contains(reason)) => Verdict::Bogus,
        words if words.contains("fully validated") && !is_failed => Verdict::Secure,
        _ => Verdict::Failed,
    }
}

/// Returns the verdict and the output of both validators for a question.
fn ask(files: &Files, server: &Server, (name, kind): &Question) -> [(Verdict, String); 2] {
    let (name, rtype) = (format!("{name}."), rtype(*kind).1);
    let (config, anchor) = (files.path("unbound.conf"), files.path("anchor.conf"));
    let port = server.address.port().to_string();
    let unbound = start("unbound-host", &["-v", "-C", &config, "-t", rtype, &name]);
    let delv = start("delv", &["@127.0.0.1", "-p", &port, "-a", &anchor, "+root=.", &name, rtype]);
    let (unbound, delv) = (words(unbound), words(delv));
    [(of_unbound(&unbound), unbound), (of_delv(&delv), delv)]
}

/// Compares the honest reply with the forged one; the last argument is whether the octets of the latter were damaged.
type Differs = fn(&Message, &Message, bool) -> bool;

fn of_type(message: &Message, section: usize, rtype: u16) -> Vec<&Record> {
    message.sections[section].iter().filter(|record| record.covered() == rtype).collect()
}

/// Harmless differences from the honest reply, which make a forged reply bogus elsewhere but secure here.
const HARMLESS: [(&str, Differs); 5] = [
    // Others require the proof that fits the RCODE; our answers do not distinguish NXDOMAIN from NODATA.
    ("another RCODE", |honest, forged, _| honest.rcode() != forged.rcode()),
    // Others may require the SOA record; for a denial, the NSEC and NSEC3 records are enough.
    ("no SOA record", |honest, forged, _| {
        of_type(forged, 1, SOA).iter().all(|record| record.rtype != SOA)
            && !of_type(honest, 1, SOA).is_empty()
    }),
    // Others validate the records after a CNAME in the same reply, and refuse data under NXDOMAIN. We look up the
    // target anew, and ignore such data.
    ("more or less in the answer", |honest, forged, _| honest.sections[0] != forged.sections[0]),
    ("more in the authority section", |honest, forged, _| {
        forged.sections[1].iter().any(|record| !honest.sections[1].contains(record))
    }),
    // The same, where records were damaged that others validate: those after a CNAME, and NSEC3 records without need.
    ("damaged octets besides the requested records", |honest, _, is_damaged| {
        is_damaged && of_type(honest, 0, honest.rtype).is_empty()
    }),
];

/// Why a lookup is bogus here but secure elsewhere; the first string is a part of the reason that this validator gives.
const STRICTER: [(&str, &str); 7] = [
    (
        "DS",
        "we ask for DS at every label; others skip labels that the signer's name shows to be inside a zone",
    ),
    ("more than one CNAME record", "others drop the CNAME records that are not signed"),
    ("a CNAME record and other data", "others drop what is not signed"),
    ("more than one DNAME record", "others drop what is not signed"),
    (
        "the NSEC or NSEC3 record does not prove the absence of the requested record",
        "unbound 1.17 overlooks the CNAME at a wildcard: a false denial",
    ),
    ("SOA: ", "an SOA record that is not signed, in a reply about DS that others do not ask for"),
    ("CNAME: ", "an alias that is not signed, in a reply about DS that others do not ask for"),
];

/// Returns the names of the `HARMLESS` differences in the replies of a lookup.
fn harmless(question: &Question, forger: Forger) -> Vec<&'static str> {
    let replies = queries(question, forger).into_iter().map(|query| {
        let honest = WORLD.reply(&query, forger.mode);
        let forged = forger.forge(&WORLD, &query).0.message;
        let is_damaged = forger.reply(&WORLD, &query) != forged.encode();
        (honest, forged, is_damaged)
    });
    let replies: Vec<_> = replies.collect();
    let applies = |differs: &Differs| {
        replies.iter().any(|(honest, forged, is_damaged)| differs(honest, forged, *is_damaged))
    };
    HARMLESS.iter().filter(|(_, differs)| applies(differs)).map(|(name, _)| *name).collect()
}

/// Returns why a lookup is bogus only here, or the reason itself if `STRICTER` does not list it.
fn stricter(answer: &Result<Answer, LookupError>) -> String {
    let Ok(Answer { security: Security::Bogus(reason), .. }) = answer else { return String::new() };
    let named = STRICTER.iter().find(|(words, _)| reason.contains(words));
    named.map_or_else(|| format!("not named: {reason}"), |(_, why)| (*why).to_owned())
}

#[test]
#[ignore = "needs unbound-host and delv"]
fn what_is_secure_here_is_not_bogus_elsewhere() {
    let (seed, count) = (seed(), setting("PEER_LOOKUPS").unwrap_or(200));
    eprintln!("FORGER_SEED={seed} PEER_LOOKUPS={count}");
    let server = Server::start(Forger { seed, case: None, mode: Mode::Recursive });
    let files = Files::new(&server);
    let questions = questions();
    let mut table: BTreeMap<(Outcome, &str, Verdict), usize> = BTreeMap::new();
    let mut named: BTreeMap<String, usize> = BTreeMap::new();
    let mut unexplained = Vec::new();
    for number in 0..count {
        let ([question, _], forger) = case(seed, number, &questions);
        let forger = Forger { mode: Mode::Recursive, ..forger };
        server.forge_as(forger);
        let ours = look_up(&question, forger);
        let mine = outcome(&ours);
        for (peer, (verdict, words)) in PEERS.into_iter().zip(&ask(&files, &server, &question)) {
            *table.entry((mine, peer, *verdict)).or_default() += 1;
            match (mine, verdict) {
                (Outcome::Secure | Outcome::SecureDenial, Verdict::Bogus) => {
                    let reasons = harmless(&question, forger);
                    if reasons.is_empty() {
                        unexplained.push(format!("case {number} {question:?}: {ours:?}, {peer}:\n{words}"));
                    }
                    *named.entry(format!("{mine:?}, bogus by {peer}: {reasons:?}")).or_default() += 1;
                }
                (Outcome::Bogus, Verdict::Secure) => {
                    let why = stricter(&ours);
                    *named.entry(format!("bogus, secure by {peer}: {why}")).or_default() += 1;
                }
                _ => {}
            }
        }
    }
    for ((mine, peer, verdict), count) in &table {
        eprintln!("{count:6} {mine:?} here, {verdict:?} by {peer}");
    }
    for (difference, count) in &named {
        eprintln!("{count:6} {difference}");
    }
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
}

/// Returns why the security status of an honest reply differs elsewhere; `None` if it must not differ.
fn honest_difference(peer: &str, question: &Question) -> Option<&'static str> {
    let truth = WORLD.truth(&question.0, rtype(question.1).0)?;
    match (peer, truth.standing) {
        ("delv", Standing::OptOut) => Some("delv calls a denial by opt-out secure"),
        ("delv", _) if truth.zones.contains(&Name::new("ed448")) => {
            Some("delv knows algorithm 16 and finds the signatures of that zone to be nonsense")
        }
        _ => None,
    }
}

#[test]
#[ignore = "needs unbound-host and delv"]
fn honest_replies_have_the_same_security_elsewhere() {
    let honest = Forger { seed: 0, case: None, mode: Mode::Recursive };
    let server = Server::start(honest);
    let files = Files::new(&server);
    let mut named: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unexplained = Vec::new();
    for question in questions() {
        let ours = look_up(&question, honest);
        for (peer, (verdict, words)) in PEERS.into_iter().zip(&ask(&files, &server, &question)) {
            let expected = match outcome(&ours) {
                Outcome::Secure | Outcome::SecureDenial => Verdict::Secure,
                Outcome::Insecure => Verdict::Insecure,
                Outcome::Bogus => Verdict::Bogus,
                Outcome::Error => Verdict::Failed,
            };
            match honest_difference(peer, &question) {
                _ if *verdict == expected => *named.entry("the same").or_default() += 1,
                Some(reason) => *named.entry(reason).or_default() += 1,
                None => unexplained.push(format!("{question:?}: {ours:?}, {peer}:\n{words}")),
            }
        }
    }
    eprintln!("{named:#?}");
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
}
