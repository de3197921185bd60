//! Damaged zones, compared with the programs of four name servers: `check` never says `covered` about a zone that all
//! but one of them refuse, and reads each zone that all of them accept as BIND does.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use time::OffsetDateTime;
use tlsagen::chain::Budget;
use tlsagen::generate::Material;
use tlsagen::owner::{HostName, Owner};
use tlsagen::records::{PublishedSet, RecordsError};
use tlsagen::verify::{Policy, Verdict, verify};

#[path = "common/numbers.rs"]
mod numbers;

use numbers::Numbers;

/// The first lines of each zone. Of the SOA record, only the numbers are damaged, because any text without such a record
/// is not a zone.
const TOP: &str = "$TTL 3600\n$ORIGIN example.\n@ IN SOA ns hostmaster ";

/// The rest of each zone; HEX stands for the digest of the key in fixtures/fullchain-rsa.pem.
const ZONES: [&str; 4] = [
    "1 2h 1h 4w 300\n@ IN NS ns\nns IN A 192.0.2.1\nmx IN A 192.0.2.2\nmx IN AAAA 2001:db8::2\n\
     _25._tcp.mx IN TLSA 3 1 1 HEX\nwww 300 IN CNAME mx\n@ IN MX 10 mx\n@ IN TXT \"v=spf1 mx -all\"\n",
    "( 2026112401 7200 3600 ; comment\n 1209600 300 )\n  NS ns\nns A 192.0.2.1\nmx 1d IN A 192.0.2.2\n\
     _25._tcp.mx 60 IN TLSA ( 3 1 1\n  HEX ) ; the key\nmx IN CAA 0 issue \"ca.example\"\n\
     mx TYPE65534 \\# 2 ABCD\n_443._tcp.mx IN SRV 0 5 443 mx\n",
    "1 7200 3600 1209600 300\n@ NS ns\nns A 192.0.2.1\n_25._tcp.mx IN CNAME tlsa._dane\n\
     tlsa._dane 1h30m IN TYPE52 \\# 35 030101HEX\nmx 3600 A 192.0.2.2\n$ORIGIN sub.example.\n\
     a IN HINFO \"x\" \"y ; z\"\nb IN SSHFP 1 2 HEX\n* IN PTR mx.example.\n",
    "1 7200 3600 1209600 300\n@ IN NS ns\nns IN A 192.0.2.1\n$TTL 1h\n*._tcp.mx TLSA 3 1 1 HEX\n\
     c DS 12345 13 2 HEX\nc NS ns\nd DNAME mx\n_sip NAPTR 100 10 \"u\" \"E2U+sip\" \"\" mx\nmx A \\# 4 C0000202\n",
];

/// The digest of the key, computed by OpenSSL.
const HEX: &str = "37576a273a6db2a9a995452c5f3e92bd9854633cb66563e5db0553a3812a36a0";

/// Words that replace others, or that are put between them.
const WORDS: [&str; 46] = [
    "IN",
    "in",
    "CH",
    "HS",
    "ANY",
    "CLASS1",
    "3600",
    "0",
    "1h",
    "1h30",
    "2147483648",
    "99999999999",
    "TLSA",
    "TSLA",
    "tlsa",
    "TYPE52",
    "TYPE052",
    "TYPE65534",
    "TYPE70000",
    "A",
    "AAAA",
    "MX",
    "NS",
    "CNAME",
    "TXT",
    "RRSIG",
    "@",
    ".",
    "*",
    "..",
    "mx",
    "mx.example.",
    "\\#",
    "\\# 0",
    "\\",
    "(",
    ")",
    ";",
    "\"",
    "\"\"",
    "3",
    "256",
    "+3",
    "0x3",
    "aa",
    "a",
];

const LINES: [&str; 16] = [
    "$TTL",
    "$TTL x",
    "$TTL 1 2",
    "$ORIGIN",
    "$ORIGIN example",
    "$ORIGIN example. x",
    "$GENERATE 1-2 h$ A 192.0.2.$",
    "$INCLUDE x",
    "$X",
    " $TTL 300",
    "3 1 1 HEX",
    "mx.example.",
    "mx IN A 192.0.2.300",
    "mx IN MX mx",
    "www IN TXT x",
    "_25._tcp.mx IN CNAME mx",
];

/// Damages a zone.
fn damage(zone: &str, numbers: &mut Numbers) -> String {
    let mut lines: Vec<String> = zone.split('\n').map(str::to_owned).collect();
    // The name server of the zone and its address stay, because they say nothing about the form of the text.
    let mut at = numbers.below(lines.len() - 1);
    while lines[at].contains("NS ns") || lines[at].starts_with("ns ") {
        at = numbers.below(lines.len() - 1);
    }
    if numbers.below(6) == 0 {
        let line = LINES[numbers.below(LINES.len())].replace("HEX", HEX);
        lines.insert(at + 1, line);
        return lines.join("\n");
    }
    let mut words: Vec<String> = lines[at].split(' ').map(str::to_owned).collect();
    let place = numbers.below(words.len());
    let word = WORDS[numbers.below(WORDS.len())].to_owned();
    match numbers.below(11) {
        0 => words.insert(place, word),
        1 => words[place] = word,
        2 => words.insert(place, words[place].clone()),
        3 => drop(words.remove(place)),
        4 => words[place] = format!("\"{}\"", words[place]),
        5 if place + 1 < words.len() => words.swap(place, place + 1),
        6 if at > 1 => words.insert(0, String::new()),
        7 if words[place].is_ascii() && !words[place].is_empty() => {
            let octets = "\"\\();\t\r\u{b}\u{c}@$.0aF-_+/\u{e9}\u{a0}\0";
            let character = octets.chars().nth(numbers.below(octets.chars().count())).unwrap();
            let in_word = numbers.below(words[place].len());
            match numbers.below(2) {
                0 => words[place].insert(in_word, character),
                _ => words[place].replace_range(in_word..=in_word, &character.to_string()),
            }
        }
        8 if words[place].len() > 1 => words[place].insert(1, '\\'),
        9 => words[place].push('\n'),
        _ => words[place] = words[place].to_ascii_uppercase(),
    }
    lines[at] = words.join(" ");
    lines.join("\n")
}

/// The program and arguments of each checker; the last argument is the file.
const TOOLS: [&[&str]; 4] = [
    &["named-checkzone", "example"],
    &["kzonecheck", "-o", "example"],
    &["ldns-read-zone"],
    &["nsd-checkzone", "example"],
];

fn start(tool: &[&str], file: &PathBuf) -> Child {
    let quiet =
        Command::new(tool[0]).args(&tool[1..]).arg(file).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    quiet.unwrap_or_else(|error| panic!("{}: {error}", tool[0]))
}

/// The programs that accept the zone.
fn acceptors(file: &PathBuf) -> Vec<&'static str> {
    let mut started: Vec<Child> = TOOLS.iter().map(|tool| start(tool, file)).collect();
    let accepts = started.iter_mut().map(|child| child.wait().unwrap().success());
    TOOLS.iter().zip(accepts).filter(|(_, accepts)| *accepts).map(|(tool, _)| tool[0]).collect()
}

/// Returns the TLSA records of the zone as BIND reads them: their owners and data, in lower case.
fn as_bind(file: &PathBuf) -> Vec<(String, String)> {
    let dumped =
        Command::new("named-checkzone").args(["-D", "-q", "-o", "-", "example"]).arg(file).output().unwrap();
    let dumped = String::from_utf8(dumped.stdout).unwrap().to_ascii_lowercase();
    let records = dumped.lines().filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (numbers, hex) = words.get(4..)?.split_at_checked(3)?;
        (words[3] == "tlsa").then(|| (words[0].to_owned(), format!("{} {}", numbers.join(" "), hex.concat())))
    });
    let mut records: Vec<_> = records.collect();
    records.sort();
    records.dedup();
    records
}

struct Checker {
    material: Material,
    owner: Owner,
}

impl Checker {
    fn read(&self, zone: &str) -> Result<PublishedSet, RecordsError> {
        let origin = "example".parse().unwrap();
        PublishedSet::read(zone.as_bytes(), Some(&origin), std::slice::from_ref(&self.owner))
    }

    fn is_covered(&self, set: &PublishedSet) -> bool {
        let names: [HostName; 1] = ["mx.example".parse().unwrap()];
        let policy = Policy { names: &names, on_smtp: true, store: None, now: OffsetDateTime::now_utc() };
        let chain = self.material.chain().unwrap();
        let report = verify(&self.owner, set.at(&self.owner), chain, &[], &policy).unwrap();
        report.verdict == Verdict::Covered
    }

    /// The records at the owner, as [`as_bind`] writes them.
    fn records(&self, set: &PublishedSet) -> Vec<(String, String)> {
        let found = set.at(&self.owner);
        let records = found.iter().flat_map(|found| {
            found.records.iter().map(|record| (found.holder.to_string(), record.to_string()))
        });
        let mut records: Vec<_> = records.collect();
        records.sort();
        records
    }
}

#[test]
#[ignore = "needs bind9-utils, knot-dnssecutils, ldnsutils and nsd"]
fn damaged_zones_are_read_as_name_servers_read_them() {
    let mutants: usize = std::env::var("ZONE_MUTANTS").map_or(200, |value| value.parse().unwrap());
    let seed: u64 = std::env::var("ZONE_SEED").map_or(20_261_128, |value| value.parse().unwrap());
    println!("{mutants} zones, seed {seed}");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("zone-tools");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("example.zone");
    let chain = fs::read(format!("{}/fixtures/fullchain-rsa.pem", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let material = Material::read("chain".to_owned(), &chain, &[], &Budget::default()).unwrap();
    let checker = Checker { material, owner: "_25._tcp.mx.example".parse().unwrap() };
    let zones = ZONES.map(|zone| format!("{TOP}{}", zone.replace("HEX", HEX)));
    for zone in &zones {
        fs::write(&file, zone).unwrap();
        assert_eq!(acceptors(&file).len(), TOOLS.len(), "{zone}");
        assert!(checker.is_covered(&checker.read(zone).unwrap()), "{zone}");
    }
    let mut numbers = Numbers(seed);
    let [mut refused, mut covered, mut same] = [0; 3];
    let mut faults = Vec::new();
    for _ in 0..mutants {
        let zone = &zones[numbers.below(zones.len())];
        let mut text = zone[TOP.len()..].to_owned();
        for _ in 0..=numbers.below(2) {
            text = damage(&text, &mut numbers);
        }
        let text = format!("{TOP}{text}");
        fs::write(&file, &text).unwrap();
        let accepted = acceptors(&file);
        match checker.read(&text) {
            Err(error) => {
                refused += 1;
                if accepted.len() == TOOLS.len() {
                    faults.push(format!("all accept this, but {error}:\n{text}"));
                }
            }
            Ok(set) => {
                if checker.is_covered(&set) {
                    covered += 1;
                    if accepted.len() < 2 {
                        faults.push(format!("covered, but only {accepted:?} accept this:\n{text}"));
                    }
                }
                if accepted.len() == TOOLS.len() {
                    let ours = checker.records(&set);
                    let holders: Vec<&String> = ours.iter().map(|(holder, _)| holder).collect();
                    let mut theirs = as_bind(&file);
                    theirs.retain(|(owner, _)| holders.contains(&owner));
                    same += usize::from(!ours.is_empty());
                    if ours != theirs {
                        faults.push(format!("{ours:?}, but BIND reads {theirs:?}:\n{text}"));
                    }
                }
            }
        }
    }
    println!("{refused} refused, {covered} covered, {same} with the records that BIND reads");
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(refused > mutants / 4 && covered > mutants / 10 && same > mutants / 20, "too few");
}
