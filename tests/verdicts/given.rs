//! Chains from public reports and trials, in fixtures/verdicts; the expected verdicts are asked of OpenSSL.

use std::fs;
use std::path::{Path, PathBuf};

use tlsagen::owner::Owner;
use tlsagen::records::{Published, PublishedSet};
use tlsagen::x509::Certificate;

use crate::chains::{HOST, order};
use crate::craft::folder;
use crate::der;
use crate::oracle::{GnuTls, OpenSsl, Peers, Question};
use crate::ours::{Answer, Case, Ours, Server};
use crate::prepare;
use crate::records::{digest, text};

/// 2027-01-15, when all of them are in date.
const LATER: i64 = 1_800_000_000;

fn zones() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/verdicts");
    let mut zones: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    zones.retain(|path| path.extension().is_some_and(|extension| extension == "zone"));
    zones.sort();
    zones
}

/// A chain, its records, and the peers' and our answers to them.
fn answers(peers: &mut Peers, chain_file: &Path, records: &[Published]) -> (Ours, OpenSsl, GnuTls) {
    let server = Server::new(&fs::read_to_string(chain_file).unwrap(), &[HOST]);
    let ours = server.ask(&Case { records, now: LATER, store: None });
    let joined = records.iter().map(text).collect::<Vec<_>>().join(";");
    let question = Question { chain: chain_file, records: &joined, names: &[HOST], now: LATER, store: None };
    (ours, peers.openssl(&question, 1), peers.gnutls(&question))
}

/// The line of a case, if the answers differ in a way that is not allowed.
fn difference(name: &str, (ours, openssl, gnutls): &(Ours, OpenSsl, GnuTls)) -> Option<String> {
    let is_allowed = match ours.answer {
        Answer::Yes => openssl.yes,
        Answer::No => !openssl.yes || !gnutls.yes,
        Answer::Undecided => openssl.yes != gnutls.yes,
        Answer::Error => false,
    };
    (!is_allowed).then(|| line(name, ours, openssl, gnutls))
}

fn line(name: &str, ours: &Ours, openssl: &OpenSsl, gnutls: &GnuTls) -> String {
    let Ours { answer, said, .. } = ours;
    format!("{name}: ours {answer:?} {said:?}; OpenSSL {}; GnuTLS {}", openssl.said, gnutls.said)
}

#[test]
#[ignore = "needs libssl"]
fn verdicts_on_given_chains_are_those_of_openssl() {
    prepare();
    let mut peers = Peers::new();
    let mut wrong = Vec::new();
    let zones = zones();
    for zone in &zones {
        let name = zone.file_stem().unwrap().to_str().unwrap();
        let owner: Owner = format!("_25._tcp.{HOST}").parse().unwrap();
        let set = PublishedSet::read(&fs::read(zone).unwrap(), None, std::slice::from_ref(&owner)).unwrap();
        let records = set.at(&owner).unwrap().records;
        let answers = answers(&mut peers, &zone.with_extension("pem"), &records);
        println!("{}", line(name, &answers.0, &answers.1, &answers.2));
        wrong.extend(difference(name, &answers));
    }
    assert!(zones.len() >= 8 && wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// The records of each certificate, with its CAs in each order.
#[test]
#[ignore = "needs libssl"]
fn verdicts_on_given_chains_are_those_of_openssl_in_each_order() {
    prepare();
    let mut peers = Peers::new();
    let (mut count, mut wrong) = (0, Vec::new());
    for zone in zones() {
        let name = zone.file_stem().unwrap().to_str().unwrap();
        let ders: Vec<Vec<u8>> = (pem::parse_many(fs::read(zone.with_extension("pem")).unwrap()).unwrap())
            .into_iter()
            .map(pem::Pem::into_contents)
            .collect();
        for number in 0..(1..ders.len()).product::<usize>() {
            let mut sent: Vec<usize> = (0..ders.len()).collect();
            order(&mut sent[1..], number);
            let file = folder().join("given.pem");
            fs::write(&file, sent.iter().map(|at| der::pem(&ders[*at])).collect::<String>()).unwrap();
            for (at, der) in ders.iter().enumerate() {
                let certificate = Certificate::from_der(der.clone()).unwrap();
                for (usage, selector, matching_type) in
                    [(3, 1, 1), (2, 0, 0), (2, 1, 0), (2, 0, 1), (2, 1, 1)]
                {
                    let octets = if selector == 1 { certificate.spki() } else { der };
                    let data = digest(octets, matching_type);
                    let record = Published { usage, selector, matching_type, data };
                    let answers = answers(&mut peers, &file, std::slice::from_ref(&record));
                    count += 1;
                    wrong.extend(difference(
                        &format!("{name} {sent:?}, {usage} {selector} {matching_type} of {at}"),
                        &answers,
                    ));
                }
            }
        }
    }
    println!("{count} cases, {} differ", wrong.len());
    wrong.truncate(20);
    assert!(count > 100 && wrong.is_empty(), "{}", wrong.join("\n"));
}
