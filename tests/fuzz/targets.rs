//! Properties that must be true for any input: no target panics, and each target states further properties.
//!
//! The fuzzers in this folder and the quick test `tests/hostile.rs` share these targets, their seeds and earlier
//! findings (`fixtures/findings/TARGET/`).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod seeds;

use std::io;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tlsagen::advice;
use tlsagen::chain::{Budget, Chain};
use tlsagen::generate::{self, Material, Record};
use tlsagen::input::{Input, Located, PlainReader};
use tlsagen::key::{self, Container};
use tlsagen::live::dns::{Exchange, Kind, Resolver, Security};
use tlsagen::owner::{DomainName, Endpoint, HostName, Origin, Owner, Port, Transport};
use tlsagen::pem_file;
use tlsagen::records::{Found, Published, PublishedSet};
use tlsagen::render::{self, Format, Style};
use tlsagen::tlsa::{MatchingType, Params, Selector, Usage, is_digest_of_nothing};
use tlsagen::verify::{Coverage, Judged, Policy, Report, Status, Verdict};
use tlsagen::x509::{Certificate, PublicKey};

/// A function to fuzz.
pub(crate) struct Target {
    /// Name of the target, its fuzzer and its folder of findings.
    pub(crate) name: &'static str,
    /// Takes any octets; panics if a property is false.
    pub(crate) run: fn(&[u8]),
    /// Returns valid inputs, made from the fixtures of the checkout at the given root.
    pub(crate) seeds: fn(&str) -> Vec<Vec<u8>>,
}

/// All targets.
pub(crate) const TARGETS: &[Target] = &[
    Target { name: "pem", run: pem, seeds: seeds::files },
    Target { name: "certificates", run: certificates, seeds: seeds::ders },
    Target { name: "records", run: records, seeds: seeds::published_texts },
    Target { name: "verify", run: verify, seeds: seeds::chains_with_records },
    Target { name: "hosts", run: hosts, seeds: seeds::names },
    Target { name: "dns", run: dns, seeds: seeds::replies },
];

const NOW: i64 = 1_790_000_000;

fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(NOW).unwrap()
}

/// The PEM reader: each block decodes to the same octets as with the pem crate, and in a file that is accepted, the
/// reader finds every certificate that the lenient pem crate finds.
pub(crate) fn pem(octets: &[u8]) {
    let Ok(blocks) = pem_file::blocks(octets) else {
        let is_taken = pem_file::Plain::default().take(octets, true) == octets.len();
        assert!(!is_taken, "the quick reader takes a file that the strict reader refuses");
        return;
    };
    let mut line = 0;
    for block in &blocks {
        assert!(block.line() > line, "blocks stand in the order of the file");
        line = block.line();
        let (ours, theirs) = (block.decode(), block.decode_single());
        assert_eq!(ours.is_ok(), theirs.is_ok(), "both decoders take the block of line {line}");
        assert_eq!(ours.ok(), theirs.ok());
    }
    plain(octets, &blocks);
    if let Ok(Input::Certificates(certificates, _)) = Input::read(octets) {
        let ours: Vec<&[u8]> = certificates.iter().map(|located| located.certificate.der()).collect();
        let lenient = ::pem::parse_many(octets).unwrap_or_default();
        for block in lenient.iter().filter(|block| block.tag() == "CERTIFICATE") {
            assert!(ours.contains(&block.contents()), "a certificate less than a lenient reader finds");
        }
    }
    let _ = Material::read("file".to_owned(), octets, &[], &Budget::default())
        .map(|material| generated(&[material]));
}

/// If the reader of files of the usual form takes the whole file, its blocks are those of the strict reader, in whatever
/// parts it gets the file.
fn plain(octets: &[u8], blocks: &[pem_file::Block<'_>]) {
    let mut plain = pem_file::Plain::default();
    let (mut taken, middle) = (0, octets.len() / 2);
    taken += plain.take(&octets[..middle], middle == octets.len());
    taken += plain.take(&octets[taken..], true);
    let mut at_once = pem_file::Plain::default();
    assert_eq!(at_once.take(octets, true) == octets.len(), taken == octets.len(), "the parts do not matter");
    if taken < octets.len() {
        return;
    }
    assert_eq!((&plain.octets, &plain.blocks), (&at_once.octets, &at_once.blocks));
    assert_eq!(plain.blocks.len(), blocks.len(), "as many blocks as the strict reader finds");
    for (quick, strict) in plain.blocks.iter().zip(blocks) {
        assert_eq!((quick.line, "CERTIFICATE"), (strict.line(), strict.label()));
        assert_eq!(plain.octets[quick.octets.clone()], strict.decode().unwrap());
    }
    let mut reader = PlainReader::default();
    let taken = reader.take(&octets[..middle], middle == octets.len(), octets.len());
    let taken = taken + reader.take(&octets[taken..], true, octets.len());
    let quick = reader.input().filter(|_| taken == octets.len());
    let of = |Located { line, certificate: one }: &Located| {
        (*line, one.der().to_vec(), one.unreadable_extensions())
    };
    let found = |input: Input| match input {
        Input::Certificates(certificates, _) => certificates.iter().map(of).collect(),
        Input::Keys(_) => Vec::new(),
    };
    assert_eq!(
        quick.map(found),
        Input::read(octets).ok().map(found),
        "the certificates of the strict reader"
    );
}

/// The DER readers: the octets of a certificate or key are a part of the input.
pub(crate) fn certificates(octets: &[u8]) {
    if let Ok(certificate) = Certificate::from_der(octets.to_vec()) {
        assert_eq!(certificate.der(), octets);
        assert!(contains(octets, certificate.spki()));
        let _ = (certificate.subject(), certificate.issuer(), certificate.serial(), certificate.validity());
        let _ =
            (certificate.check_signature(&certificate), certificate.dns_names(), certificate.common_names());
        let located = Located { line: None, certificate };
        judge(&Chain::new(vec![located], &[], &Budget::default()).unwrap(), &[]);
    }
    if let Ok(certificate) = Certificate::from_der_prefix(octets.to_vec()) {
        assert!(octets.starts_with(certificate.der()));
    }
    if let Ok(key) = PublicKey::from_request(octets) {
        assert!(contains(octets, key.spki()));
    }
    if let Ok(key) = PublicKey::from_spki(octets.to_vec()) {
        assert_eq!(key.spki(), octets);
        let _ = key::re_encoded(octets);
    }
    let _ = key::public_key_from_pkcs1(octets);
    for container in [Container::Pkcs8, Container::Pkcs1, Container::Sec1] {
        if let Ok(key) = key::public_key(container, octets) {
            assert!(PublicKey::from_spki(key.spki().to_vec()).is_ok(), "a key that is built can be read");
        }
    }
    let _ = Material::read("file".to_owned(), octets, &[], &Budget::default())
        .map(|material| generated(&[material]));
}

/// The reader of published records: the records found can be written as a zone, from which the same records are read.
pub(crate) fn records(octets: &[u8]) {
    let owner: Owner = "_25._tcp.mx.example".parse().unwrap();
    let origin: Origin = "example".parse().unwrap();
    for origin in [None, Some(&origin)] {
        let set = match PublishedSet::read(octets, origin, std::slice::from_ref(&owner)) {
            Ok(set) => set,
            Err(error) => {
                let lines = 1 + octets.iter().filter(|octet| **octet == b'\n').count();
                assert!((1..=lines).contains(&error.line), "line {} of {lines}", error.line);
                assert!(!error.to_string().contains('\n'));
                continue;
            }
        };
        let Some(found) = set.at(&owner) else { continue };
        let zone: String = found.records.iter().map(|record| zone_line(&found.holder, record)).collect();
        let again = PublishedSet::read(zone.as_bytes(), None, std::slice::from_ref(&found.holder))
            .unwrap()
            .at(&found.holder)
            .unwrap();
        assert_eq!(again, found);
        for record in &found.records {
            assert!(!record.data.is_empty());
        }
    }
}

fn zone_line(owner: &Owner, record: &Published) -> String {
    let Published { usage, selector, matching_type, data } = record;
    let hex: String = data.iter().map(|octet| format!("{octet:02x}")).collect();
    format!("{owner} IN TLSA {usage} {selector} {matching_type} {hex}\n")
}

/// `verify`, with certificates and records from an input in this format:
///
/// * one octet with the number of certificates; for each certificate, two octets with the length and then the DER;
/// * six octets for each record: usage, selector, matching type, the index of the matching certificate, the change to
///   make, and its offset.
pub(crate) fn verify(octets: &[u8]) {
    let Some((certificates, rest)) = take_certificates(octets) else { return };
    let records: Vec<Published> =
        rest.chunks_exact(6).take(16).filter_map(|chunk| take_record(&certificates, chunk)).collect();
    let located = certificates.into_iter().map(|certificate| Located { line: None, certificate });
    judge(&Chain::new(located.clone().collect(), &[], &Budget::default()).unwrap(), &records);
    judge(&Chain::served(located.collect()), &records);
}

fn take_certificates(octets: &[u8]) -> Option<(Vec<Certificate>, &[u8])> {
    let (count, mut rest) = octets.split_first()?;
    let mut certificates = Vec::new();
    for _ in 0..count % 6 {
        let (length, after) = rest.split_first_chunk::<2>()?;
        let (der, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        certificates.push(Certificate::from_der(der.to_vec()).ok()?);
        rest = after;
    }
    (!certificates.is_empty()).then_some((certificates, rest))
}

fn take_record(certificates: &[Certificate], chunk: &[u8]) -> Option<Published> {
    let [usage, selector, matching_type, which, change, place] = chunk else { return None };
    let certificate = &certificates[usize::from(*which) % certificates.len()];
    let params = Params {
        usage: Usage::from_number(usage % 4)?,
        selector: Selector::from_number(selector % 2)?,
        matching_type: MatchingType::from_number(matching_type % 3)?,
    };
    let mut record = Published::from(&generate::describe(certificate, params).ok()?);
    let at = usize::from(*place) * 5 % record.data.len();
    match change % 8 {
        0 => record.data[at] ^= 1 << (place % 8),
        1 => record.data.truncate(at.max(1)),
        2 => record.data.push(*place),
        3 => (record.usage, record.selector, record.matching_type) = (*usage, *selector, *matching_type),
        _ => {}
    }
    Some(record)
}

/// Verifies, and checks that the parts of the report are consistent.
fn judge(chain: &Chain, records: &[Published]) {
    let names: [HostName; 1] = ["mx.example".parse().unwrap()];
    let owner: Owner = "_25._tcp.mx.example".parse().unwrap();
    let all: Vec<Certificate> = chain.members().map(|member| member.certificate().clone()).collect();
    for (on_smtp, store) in [(true, None), (false, None), (false, Some(all.as_slice()))] {
        let policy = Policy { names: &names, on_smtp, store, now: now() };
        let found = Found { holder: owner.clone(), records: records.to_vec() };
        let Ok(report) = tlsagen::verify::verify_served(&owner, found.clone(), chain, &policy) else {
            continue;
        };
        if let Ok(of_file) = tlsagen::verify::verify(&owner, Some(found), chain, &[], &policy) {
            assert_eq!((of_file.verdict, of_file.any), (report.verdict, report.any));
            assert_eq!((of_file.missing, of_file.needed), (report.missing.clone(), report.needed.clone()));
        }
        consistent(chain, records, &report);
    }
}

fn consistent(chain: &Chain, records: &[Published], report: &Report) {
    assert!(report.records().eq(records));
    let has = |status| report.judged.iter().any(|judged| judged.status == status);
    if !chain.has_end_entity() {
        return;
    }
    match report.verdict {
        Verdict::Covered => {
            assert_eq!(report.any, Verdict::Covered, "what a publisher must do is enough for a client");
            assert!(report.triples.iter().all(|(_, coverage)| *coverage == Coverage::Covered));
            assert!(report.missing.is_empty());
        }
        Verdict::NotCovered => assert!(!has(Status::Match)),
        Verdict::Partial | Verdict::Unknown => {}
    }
    if report.any == Verdict::Covered {
        assert!(has(Status::Match), "a client is served by a record that matches");
    }
    for Judged { record, params, status, .. } in &report.judged {
        let is_described = chain.members().any(|member| {
            params.is_some_and(|params| {
                generate::describe(member.certificate(), params).is_ok_and(|tlsa| record.is(&tlsa))
            })
        });
        let carries_anchor = record.matching_type == 0 && record.usage % 2 == 0;
        if *status == Status::Match {
            assert!(is_described || carries_anchor, "a match has the octets of the chain or is its anchor");
        }
    }
    for tlsa in &report.missing {
        assert!(!records.iter().any(|record| record.is(tlsa)), "what is published is not missing");
    }
}

/// Host names: the owner made of a name is absolute, short enough and plain ASCII, and parses to the same owner.
pub(crate) fn hosts(octets: &[u8]) {
    let Ok(text) = std::str::from_utf8(octets) else { return };
    if let Ok(origin) = text.parse::<Origin>() {
        let owner: Owner = "_25._tcp.mx.example".parse().unwrap();
        let _ = owner.relative_to(Some(&origin));
    }
    let Ok(endpoints) = Endpoint::parse_list(text) else { return };
    for endpoint in endpoints {
        let Ok(owners) = endpoint.owners(&[Port::SMTP], Transport::Tcp) else { continue };
        for owner in owners {
            let absolute = owner.to_string();
            assert!(absolute.ends_with('.') && !absolute.ends_with(".."), "{absolute}");
            assert!(absolute.len() <= 254, "{absolute}");
            let is_plain = |octet: u8| octet.is_ascii_graphic() && !octet.is_ascii_uppercase();
            assert!(absolute.bytes().all(is_plain), "{absolute}");
            assert!(!absolute.contains(['"', '\\', ';', '(', ')', '@', '$']), "{absolute}");
            assert_eq!(absolute.parse::<Owner>().as_ref(), Ok(&owner));
            if let (Some(host), Some(port)) = (owner.host(), owner.port()) {
                assert_eq!(Owner::new(port, owner.transport().unwrap(), &host), Ok(owner));
            }
        }
    }
}

/// A lookup with a sequence of replies from the input. For each reply, the input contains two octets with the length,
/// then the flags, the counts of records (without that of the question) and the records of a DNS message. No valid
/// signature can occur, so no data may be secure.
pub(crate) fn dns(octets: &[u8]) {
    for (zone, kind) in [("example", Kind::Tlsa), ("elsewhere", Kind::Tlsa), ("elsewhere", Kind::Mx)] {
        let anchor = format!("{zone}. IN DS 1 13 2 {:064}\n", 0);
        let server = Box::new(Replies(Mutex::new(octets.to_vec())));
        let resolver = Resolver::over(vec![server], Some(&anchor), Duration::from_secs(1), now()).unwrap();
        match resolver.lookup(&DomainName::new(DNS_NAME), kind) {
            Ok(answer) => {
                assert_ne!(answer.security, Security::Secure, "{answer:?}");
                for name in [&answer.canonical, &answer.holder] {
                    assert!(!name.as_str().contains(['\n', '\r', '\x1b']), "one line: {name:?}");
                }
            }
            Err(error) => assert!(!error.to_string().contains(['\n', '\r', '\x1b']), "one line: {error:?}"),
        }
    }
}

/// The name that [`dns`] looks up.
const DNS_NAME: &str = "_25._tcp.mx.example";

/// The remaining octets of the input, from which the replies are made.
struct Replies(Mutex<Vec<u8>>);

impl Exchange for Replies {
    fn exchange(&self, query: &[u8], _: Instant) -> io::Result<Vec<u8>> {
        let mut rest = self.0.lock().unwrap();
        let short = || io::Error::from(io::ErrorKind::TimedOut);
        let (length, after) = rest.split_first_chunk::<2>().ok_or_else(short)?;
        let length = usize::from(u16::from_be_bytes(*length)).min(after.len());
        let (message, after) = after.split_at(length);
        let (head, records) = message.split_at(message.len().min(8));
        let (flags, counts) = head.split_at(head.len().min(2));
        // The OPT record is the last 11 octets of the query.
        let question = &query[12..query.len() - 11];
        let reply = [&query[..2], flags, &[0, 1], counts, question, records].concat();
        *rest = after.to_vec();
        Ok(reply)
    }
}

/// Checks all output formats for these files: the records can be read back, and no record is the digest of empty input.
fn generated(materials: &[Material]) {
    let endpoints = Endpoint::parse_list("mx.example").unwrap();
    let owners: Vec<Owner> = vec!["_25._tcp.mx.example".parse().unwrap()];
    let asked = |words: &str| Params::parse_all(&words.split(' ').collect::<Vec<_>>()).unwrap();
    let params = [asked("3 1 1"), asked("3 0 0 3 1 2"), asked("2 1 1 2 0 1 0 0 0"), Vec::new()];
    for params in params {
        let records = match params.as_slice() {
            [] => generate::chain_records(materials, None),
            _ => generate::records(materials, &params, None),
        };
        let Ok(records) = records else { continue };
        assert!(!records.is_empty(), "no records are an error");
        let context = advice::Context {
            materials,
            records: &records,
            params: &params,
            endpoints: &endpoints,
            owners: &owners,
            ttl: None,
            now: now(),
        };
        let findings = advice::findings(&context);
        for finding in &findings {
            assert!(!finding.message.contains(['\n', '\r', '\x1b']), "one line: {:?}", finding.message);
        }
        for format in Format::ALL {
            let style =
                Style { format, ttl: None, origin: None, comments: true, groups: true, single_line: false };
            let text = render::render(&owners, &records, &findings, &style);
            if matches!(format, Format::Zone | Format::Generic) {
                read_back(&text, &owners[0], &records);
            }
        }
    }
}

fn read_back(text: &str, owner: &Owner, records: &[Record<'_>]) {
    let found =
        PublishedSet::read(text.as_bytes(), None, std::slice::from_ref(owner)).unwrap().at(owner).unwrap();
    let wanted: Vec<Published> = records.iter().map(|record| Published::from(&record.tlsa)).collect();
    assert_eq!(found.records, wanted);
    assert!(wanted.iter().all(|record| !is_digest_of_nothing(&record.data)));
}

fn contains(whole: &[u8], part: &[u8]) -> bool {
    whole.windows(part.len()).any(|window| window == part)
}
