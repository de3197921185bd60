//! Hostile files: each ends with the verdict of OpenSSL, or with the error that there are too many paths.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use time::OffsetDateTime;
use tlsagen::chain::{Budget, Chain, ChainError};
use tlsagen::generate::Material;
use tlsagen::input::Located;
use tlsagen::owner::Owner;
use tlsagen::records::{Found, Published};
use tlsagen::verify::{Policy, Verdict, verify_served};
use tlsagen::x509::Certificate;

use crate::chains::HOST;
use crate::craft::folder;
use crate::crowds::{Scene, Signers, authority, carried, leaf, levels, of_other_roots, p384, unknown};
use crate::der::pem;
use crate::extensions::{constraints, dns};
use crate::oddities::NOW;
use crate::oracle::{Peers, Question};
use crate::prepare;
use crate::program::tlsagen;
use crate::records::{digest, text};

/// `NOW` as an argument.
const AT: &str = "2026-09-21T14:13:20Z";

const TOO_MANY: &str = "too many certification paths: ";

impl Scene {
    /// Writes the chain and the records as files with this name.
    fn files(&self, name: &str) -> (PathBuf, PathBuf) {
        let file = |extension| folder().join(format!("limits-{name}.{extension}"));
        let (chain, zone) = (file("pem"), file("zone"));
        fs::write(&chain, self.sent.iter().map(|der| pem(der)).collect::<String>()).unwrap();
        let owner = format!("_25._tcp.{HOST}. IN TLSA");
        let lines = self.records.iter().map(|record| format!("{owner} {}\n", text(record)));
        fs::write(&zone, lines.collect::<String>()).unwrap();
        (chain, zone)
    }

    fn check(&self, name: &str) -> Output {
        let (chain, zone) = self.files(name);
        let [chain, zone] = [chain, zone].map(|path| path.display().to_string());
        tlsagen(folder(), ["check", &chain, HOST, "--any", "--records", &zone, "--at", AT])
    }

    /// Asserts that the verdict for clients is that of OpenSSL, or undetermined if OpenSSL finds a path in one order of
    /// the CAs and none in the other.
    #[track_caller]
    fn is_judged_as_by_openssl(&self, peers: &mut Peers, name: &str) {
        let output = self.check(name);
        let talk = String::from_utf8_lossy(&output.stderr);
        let joined = self.records.iter().map(text).collect::<Vec<_>>().join(";");
        let mut ask = |scene: &Self, name: &str| {
            let chain = &scene.files(name).0;
            peers.openssl(&Question { chain, records: &joined, names: &[HOST], now: NOW, store: None }, 1)
        };
        let openssl = ask(self, name);
        let is_as_wanted = match output.status.code() {
            Some(0) => openssl.yes,
            Some(1) => !openssl.yes,
            Some(3) => {
                let mut sent = self.sent.clone();
                sent[1..].reverse();
                let reversed = Self { sent, records: Vec::new() };
                !openssl.yes && ask(&reversed, &format!("{name}-reversed")).yes
            }
            _ => false,
        };
        assert!(is_as_wanted, "{name}: {}; OpenSSL {}; {talk}", output.status, openssl.said);
        assert!(!output.stdout.is_empty(), "{name}");
    }

    /// Asserts that the program refuses the file because of its paths.
    #[track_caller]
    fn has_too_many_paths(&self, name: &str) {
        is_refused(name, &self.check(name));
    }

    fn located(&self) -> Vec<Located> {
        let read = |der: &Vec<u8>| Certificate::from_der(der.clone()).unwrap();
        self.sent.iter().map(|der| Located { line: None, certificate: read(der) }).collect()
    }

    /// The verdict on the chain as a server sends it.
    fn verdict(&self, chain: &Chain, records: &[Published]) -> Result<Verdict, ChainError> {
        let owner: Owner = format!("_25._tcp.{HOST}").parse().unwrap();
        let names = [HOST.parse().unwrap()];
        let now = OffsetDateTime::from_unix_timestamp(NOW).unwrap();
        let policy = Policy { names: &names, on_smtp: true, store: None, now };
        let found = Found { holder: owner.clone(), records: records.to_vec() };
        verify_served(&owner, found, chain, &policy).map(|report| report.any)
    }
}

#[track_caller]
fn is_refused(name: &str, output: &Output) {
    let talk = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &[][..]), "{name}: {talk}");
    assert!(talk.starts_with("tlsagen: error: ") && talk.contains(TOO_MANY), "{name}: {talk}");
}

fn generate(scene: &Scene, name: &str, rest: &str) -> Output {
    let chain = scene.files(name).0.display().to_string();
    match rest {
        "chain" => tlsagen(folder(), ["chain", &chain, HOST, "--at", AT]),
        _ => tlsagen(folder(), [&chain, HOST].into_iter().chain(rest.split(' ')).chain(["--at", AT])),
    }
}

fn record(usage: u8, selector: u8, matching_type: u8, der: &[u8]) -> Published {
    let certificate = Certificate::from_der(der.to_vec()).unwrap();
    let octets = if selector == 1 { certificate.spki() } else { der };
    Published { usage, selector, matching_type, data: digest(octets, matching_type) }
}

/// Each leaf may be signed by each root, so the roles of the roots need a check of every pair.
#[test]
fn leaves_of_version_1_namesakes_are_refused() {
    let sent = of_other_roots(400, 16);
    let records = vec![record(3, 1, 1, &sent[0])];
    let scene = Scene { sent, records };
    scene.has_too_many_paths("roots");
    for rest in ["3 1 1", "2 1 1", "chain"] {
        is_refused(rest, &generate(&scene, "roots", rest));
    }
}

const SHAPES: [(Signers, usize, usize, usize); 4] = [
    (Signers::All, 8, 15, 90),
    (Signers::Last, 8, 15, 90),
    (Signers::All, 39, 2, 80),
    (Signers::Last, 39, 2, 80),
];

/// A search that remembers what failed visits each CA once for each record.
#[test]
#[ignore = "needs libssl"]
fn levels_of_namesakes_are_judged_as_by_openssl() {
    prepare();
    let mut peers = Peers::new();
    for (signers, count, width, records) in SHAPES {
        let sent = levels(count, width, signers, &[]);
        let top = &sent[sent.len() - width];
        for (kind, records) in [
            ("unknown", unknown(records)),
            ("strangers", carried("Stranger", records)),
            ("roots", carried("Root", records)),
            ("first", [unknown(records), vec![record(2, 0, 1, top)]].concat()),
            ("last", [unknown(records), vec![record(2, 0, 1, sent.last().unwrap())]].concat()),
            ("own", [unknown(records), vec![record(3, 1, 1, &sent[0])]].concat()),
        ] {
            let scene = Scene { sent: sent.clone(), records };
            scene.is_judged_as_by_openssl(&mut peers, &format!("{count}-{signers:?}-{kind}"));
        }
    }
}

/// Name constraints depend on the certificates below, so that a search cannot remember what failed.
fn constrained(count: usize, width: usize) -> Scene {
    let sent = levels(count, width, Signers::All, &[constraints(&[dns("other.test")], &[])]);
    let records = vec![record(2, 1, 1, sent.last().unwrap())];
    Scene { sent, records }
}

#[test]
fn levels_below_name_constraints_have_too_many_paths() {
    constrained(8, 15).has_too_many_paths("constrained-8");
    for (count, width) in [(8, 15), (39, 2)] {
        let scene = Scene { records: unknown(1), ..constrained(count, width) };
        scene.has_too_many_paths(&format!("constrained-{count}-unknown"));
    }
}

/// Usage 3 needs no path.
#[test]
fn the_record_of_the_server_needs_no_paths() {
    let Scene { sent, .. } = constrained(8, 15);
    let records = vec![record(3, 1, 1, &sent[0])];
    let output = Scene { sent, records }.check("constrained-own");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Most of the budget, so that the rest is spent soon.
const MOST: usize = 1_980_000;

/// What is left of the budget is not enough for another search, however small.
#[test]
fn after_too_many_paths_every_search_ends_so() {
    for (count, width) in [(8, 15), (39, 2)] {
        let scene = constrained(count, width);
        let chain = Chain::served(scene.located());
        chain.charge(MOST).unwrap();
        for _ in 0..3 {
            assert_eq!(scene.verdict(&chain, &scene.records), Err(ChainError::TooManyPaths));
            assert_eq!(scene.verdict(&chain, &unknown(1)), Err(ChainError::TooManyPaths));
            assert_eq!(chain.charge(1), Err(ChainError::TooManyPaths));
        }
        // The record of the server needs no path, but what OpenSSL reads of the other certificates has a cost too.
        let own = scene.verdict(&chain, &[record(3, 1, 1, &scene.sent[0])]);
        assert!(matches!(own, Ok(Verdict::Covered) | Err(ChainError::TooManyPaths)), "{own:?}");
    }
}

#[test]
fn the_files_of_a_run_share_one_budget() {
    let scene = constrained(8, 15);
    let octets = fs::read(scene.files("shared").0).unwrap();
    let budget = Budget::default();
    let read = || Material::read("chain.pem".to_owned(), &octets, &[HOST.parse().unwrap()], &budget).unwrap();
    let files = [read(), read()];
    let [first, second] = files.each_ref().map(|file| file.chain().unwrap());
    first.charge(MOST).unwrap();
    assert_eq!(scene.verdict(second, &scene.records), Err(ChainError::TooManyPaths));
    assert_eq!(first.charge(1), Err(ChainError::TooManyPaths));
}

/// A TLS handshake message of 64 KiB has room for 120 CAs.
#[test]
fn served_levels_are_judged() {
    for (signers, count, width, records) in SHAPES {
        let sent = levels(count, width, signers, &[]);
        assert!(sent.iter().map(|der| der.len() + 3).sum::<usize>() < 1 << 16);
        let top = &sent[sent.len() - width];
        let last = sent.last().unwrap();
        let scene = Scene { sent: sent.clone(), records: unknown(records) };
        let roots = [carried("Root", records), vec![record(2, 0, 1, top)]].concat();
        for (records, verdict) in [
            (unknown(records), Verdict::NotCovered),
            (carried("Root", records), Verdict::NotCovered),
            ([unknown(records), vec![record(3, 1, 1, &sent[0])]].concat(), Verdict::Covered),
            // OpenSSL follows the first CA of each level.
            (roots, if signers == Signers::All { Verdict::Covered } else { Verdict::NotCovered }),
            (vec![record(2, 0, 1, last)], Verdict::Unknown),
        ] {
            let chain = Chain::served(scene.located());
            assert_eq!(scene.verdict(&chain, &records), Ok(verdict), "{count} {signers:?}");
        }
    }
}

/// Each certificate of a sound file needs one check, which is not counted.
#[test]
fn many_leaves_of_one_issuer_are_within_the_budget() {
    let key = p384();
    let sent: Vec<Vec<u8>> = (0..10_000).map(|serial| leaf(("Issuer", &key), serial + 1)).collect();
    let issuer = authority(("Issuer", &key), ("Issuer", &key), 1, &[]);
    let scene = Scene { sent: [sent, vec![issuer]].concat(), records: Vec::new() };
    for (rest, lines) in [("3 1 1", 10_000), ("chain", 4 * 10_001)] {
        let output = generate(&scene, "leaves", rest);
        let talk = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{rest}: {talk}");
        let records = output
            .stdout
            .split(|octet| *octet == b'\n')
            .filter(|line| line.windows(6).any(|six| six == b" TLSA ") && !line.starts_with(b";"));
        assert_eq!(records.count(), lines, "{rest}");
    }
}
