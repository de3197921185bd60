//! Damaged zones, compared with the programs of four name servers: `check` never says `covered` about a zone that BIND
//! and two others refuse, reads each zone that BIND loads, and counts the records that BIND answers with.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use time::OffsetDateTime;
use tlsagen::chain::Budget;
use tlsagen::generate::Material;
use tlsagen::owner::{HostName, Owner};
use tlsagen::records::{PublishedSet, RecordsError, RecordsProblem};
use tlsagen::verify::{Policy, Verdict, verify};

#[path = "common/bind.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod bind;
#[path = "common/damaged_zone.rs"]
mod damaged_zone;
#[path = "common/name_server.rs"]
mod name_server;
#[path = "common/numbers.rs"]
mod numbers;
#[path = "common/running.rs"]
mod running;

use damaged_zone::{HEX, TOP, ZONES, damage};
use numbers::Numbers;

const BIND: &str = "named-checkzone";

/// The program and arguments of each checker; the last argument is the file.
const TOOLS: [&[&str]; 4] = [
    &[BIND, "example"],
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

/// A zone as BIND loads it.
struct Loaded {
    /// Owners, types and data, in lower case.
    records: Vec<[String; 3]>,
}

impl Loaded {
    fn of(file: &PathBuf) -> Self {
        let dumped = Command::new("named-checkzone")
            .args(["-D", "-q", "-o", "-", "example"])
            .arg(file)
            .output()
            .unwrap();
        let dumped = String::from_utf8_lossy(&dumped.stdout).to_ascii_lowercase();
        let records = dumped.lines().filter_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [owner, _, _, record_type, data @ ..] = words.as_slice() else { return None };
            let data = match *record_type {
                "tlsa" => format!("{} {}", data[..3].join(" "), data[3..].concat()),
                _ => data.join(" "),
            };
            Some([(*owner).to_owned(), (*record_type).to_owned(), data])
        });
        Self { records: records.collect() }
    }

    fn of_type<'a>(&'a self, owner: &'a str, record_type: &'a str) -> impl Iterator<Item = &'a String> {
        let is_one = move |record: &&[String; 3]| record[0] == owner && record[1] == record_type;
        self.records.iter().filter(is_one).map(|record| &record[2])
    }

    /// Whether a name server of the zone answers for the name: no NS record below the apex is at or above the name, and
    /// no DNAME record is above it (RFC 1034 section 4.3.2, RFC 6672 section 3.2).
    fn answers_for(&self, name: &str) -> bool {
        let above = |owner: &str| owner != name && name.ends_with(&format!(".{owner}"));
        name.ends_with(".example.")
            && self.records.iter().all(|[owner, record_type, _]| match record_type.as_str() {
                "ns" => owner == "example." || owner != name && !above(owner),
                "dname" => !above(owner),
                _ => true,
            })
    }

    /// Returns the TLSA records that a client finds at the name or at the end of its aliases, with their owner, in
    /// order; `None` if a wildcard could apply.
    fn tlsa(&self, name: &str) -> Option<Vec<(String, String)>> {
        let mut name = name.to_owned();
        for _ in 0..=11 {
            if !self.answers_for(&name) {
                return Some(Vec::new());
            }
            let mut records: Vec<_> =
                self.of_type(&name, "tlsa").map(|data| (name.clone(), data.clone())).collect();
            records.sort();
            records.dedup();
            let target = self.of_type(&name, "cname").next().cloned();
            match target {
                Some(target) => name = target,
                None if records.is_empty()
                    && self.records.iter().any(|[owner, ..]| owner.starts_with("*.")) =>
                {
                    return None;
                }
                None => return Some(records),
            }
        }
        Some(Vec::new())
    }
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

    /// The records at the owner, as [`Loaded::tlsa`] returns them.
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
                // BIND alone accepts flags such as `25F`, some control characters, and directives in quotation marks; the
                // program does not support $GENERATE, and takes a line that starts with `\#` for data without an owner.
                let is_text = text.chars().all(|c| c == '\n' || c == ' ' || c.is_ascii_graphic());
                let is_known = matches!(error.problem, RecordsProblem::Directive(_) | RecordsProblem::Mixed);
                let is_text = is_text && !text.contains("\"$");
                let is_loaded = accepted.len() == TOOLS.len()
                    || is_text && accepted.len() > 1 && accepted.contains(&BIND);
                if is_loaded && !is_known {
                    faults.push(format!("{accepted:?} accept this, but {error}:\n{text}"));
                }
            }
            Ok(set) => {
                if checker.is_covered(&set) {
                    covered += 1;
                    if accepted.len() < 2 && !accepted.contains(&BIND) {
                        faults.push(format!("covered, but only {accepted:?} accept this:\n{text}"));
                    }
                }
                if accepted.contains(&BIND) {
                    let ours = checker.records(&set);
                    same += usize::from(!ours.is_empty());
                    let theirs = Loaded::of(&file).tlsa("_25._tcp.mx.example.");
                    if theirs.as_ref().is_some_and(|theirs| *theirs != ours) {
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

/// A zone with records that BIND loads, and does not answer with.
const OCCLUDED: &str = "$TTL 3600\n$ORIGIN example.\n@ SOA ns hostmaster 1 7200 3600 1209600 300\n@ NS ns\n\
     ns A 192.0.2.1\n_25._tcp.mx TLSA 3 1 1 aa\nsub NS ns.sub\nns.sub A 192.0.2.3\n_25._tcp.sub TLSA 3 1 1 aa\n\
     *.w.sub TLSA 3 1 1 aa\n_25._tcp.cut NS ns\n_25._tcp.cut TLSA 3 1 1 aa\nd DNAME mx2\n_25._tcp.d TLSA 3 1 1 aa\n\
     _25._tcp.e DNAME mx2\n_25._tcp.e TLSA 3 1 1 aa\n_25._tcp.f CNAME _25._tcp.sub\n_25._tcp.g CNAME _25._tcp.mx\n\
     _25._tcp.h CNAME t.other.\nt.other. TLSA 3 1 1 aa\n_25._tcp.i.sub CNAME _25._tcp.mx\n*._tcp.k TLSA 3 1 1 aa\n\
     x._25._tcp.l NS ns\n*._tcp.l TLSA 3 1 1 aa\n_26._tcp.m NS ns\n*._tcp.m TLSA 3 1 1 aa\n";

#[test]
#[ignore = "needs bind9 and bind9-dnsutils"]
fn the_records_that_count_are_those_that_bind_answers_with() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("zone-answers");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("example.zone"), OCCLUDED).unwrap();
    let port = running::free_port();
    let _server = bind::named(&folder, port, "type primary;");
    let mut answered = 0;
    for host in ["mx", "sub", "a.w.sub", "cut", "d", "e", "f", "g", "h", "i.sub", "k", "l", "m", "none"] {
        let owner: Owner = format!("_25._tcp.{host}.example").parse().unwrap();
        let query =
            [owner.name().as_str(), "TLSA", "+short", "+norecurse", "-p", &port.to_string(), "@127.0.0.1"];
        let theirs = Command::new("dig").args(query).output().unwrap().stdout;
        let theirs = String::from_utf8(theirs).unwrap().contains("3 1 1 AA");
        let set = PublishedSet::read(OCCLUDED.as_bytes(), None, std::slice::from_ref(&owner)).unwrap();
        assert_eq!(set.at(&owner).is_some(), theirs, "{owner}");
        answered += usize::from(theirs);
    }
    assert!(answered > 3, "{answered}");
}
