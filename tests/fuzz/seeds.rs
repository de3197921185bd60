//! Seeds of the fuzzers: the fixtures, and inputs in the formats of the targets.

use std::fs;
use std::path::{Path, PathBuf};

use tlsagen::input::{Input, Located};
use tlsagen::pem_file;

use super::DNS_NAME;

/// Returns the files in a folder of the fixtures, sorted by name.
fn paths(root: &str, folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new(root).join("fixtures").join(folder)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.is_file());
    paths.sort();
    paths
}

fn contents(root: &str, folder: &str) -> impl Iterator<Item = Vec<u8>> {
    paths(root, folder).into_iter().map(|path| fs::read(path).unwrap())
}

pub(crate) fn files(root: &str) -> Vec<Vec<u8>> {
    contents(root, "").chain(contents(root, "odd")).collect()
}

/// Returns the decoded PEM blocks of the fixtures, and the fixtures that are DER files.
pub(crate) fn ders(root: &str) -> Vec<Vec<u8>> {
    let mut ders = Vec::new();
    for file in files(root) {
        match pem_file::blocks(&file) {
            Ok(blocks) if !blocks.is_empty() => {
                ders.extend(blocks.iter().filter_map(|block| block.decode().ok()));
            }
            _ if file.starts_with(&[0x30]) => ders.push(file),
            _ => {}
        }
    }
    ders.sort();
    ders.dedup();
    ders
}

pub(crate) fn published_texts(root: &str) -> Vec<Vec<u8>> {
    let mut texts: Vec<Vec<u8>> = contents(root, "published").collect();
    texts
        .push(b"mx CNAME other.example.\n_25._tcp.mx CNAME tlsa\n*._tcp.mx TYPE52 \\# 4 03010001\n".to_vec());
    texts
}

/// Returns chains of the fixtures, each with several kinds of records, in the format of [`super::verify`].
pub(crate) fn chains_with_records(root: &str) -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for file in files(root) {
        let Ok(Input::Certificates(certificates, _)) = Input::read(&file) else { continue };
        let count = certificates.len();
        if count > 5 {
            continue;
        }
        let mut seed = vec![u8::try_from(count).unwrap()];
        for Located { certificate, .. } in &certificates {
            seed.extend(u16::try_from(certificate.der().len()).unwrap().to_be_bytes());
            seed.extend(certificate.der());
        }
        for records in
            [&[[3, 1, 1, 0, 7, 0], [2, 1, 1, 1, 7, 0]][..], &[[2, 0, 0, 1, 7, 0], [2, 1, 0, 2, 7, 0]]]
        {
            let mut seed = seed.clone();
            seed.extend(records.as_flattened());
            seed.extend([[1, 0, 1, 0, 7, 0], [0, 1, 2, 1, 7, 0], [3, 1, 2, 0, 0, 9]].as_flattened());
            seeds.push(seed);
        }
    }
    seeds
}

pub(crate) fn names(_: &str) -> Vec<Vec<u8>> {
    [
        "mx.example",
        "MX.Example.:465,b.example",
        "_25._tcp.mx.example.",
        "*._tcp.mx.example",
        "tlsa._dane.example",
        "bücher.example,straße.example:587",
        "BÜCHER。example",
        "xn--bcher-kva.example",
        "l·l.example",
        "[2001:db8::1]:25",
        "192.0.2.1",
        "_443._udp.a-b.example",
        "“mx.example”",
        ".",
    ]
    .iter()
    .map(|name| name.as_bytes().to_vec())
    .collect()
}

/// Returns replies about [`DNS_NAME`] in the format of [`super::dns`]: data, aliases and denials, with invalid
/// signatures.
pub(crate) fn replies(_: &str) -> Vec<Vec<u8>> {
    let wire = |name: &str| -> Vec<u8> {
        let labels = name.split('.').filter(|label| !label.is_empty());
        let labels =
            labels.flat_map(|label| [&[u8::try_from(label.len()).unwrap()], label.as_bytes()].concat());
        labels.chain([0]).collect()
    };
    let record = |owner: &str, rtype: u16, rdata: &[u8]| -> Vec<u8> {
        let head = [rtype.to_be_bytes(), [0, 1], [0, 0], [0, 60]].concat();
        let length = u16::try_from(rdata.len()).unwrap().to_be_bytes();
        [wire(owner), head, length.to_vec(), rdata.to_vec()].concat()
    };
    let signed = |owner: &str, rtype: u16, rdata: &[u8]| -> Vec<u8> {
        let times = [[0x7f, 0xff, 0xff, 0xff], [0, 0, 0, 0]].concat();
        let head = [&rtype.to_be_bytes()[..], &[13, 4], &[0, 0, 0, 60], &times, &[0, 1]].concat();
        let rrsig = [head, wire("example"), vec![7; 64]].concat();
        [record(owner, rtype, rdata), record(owner, 46, &rrsig)].concat()
    };
    let message = |rcode: u8, answer: &[&Vec<u8>], authority: &[&Vec<u8>]| -> Vec<u8> {
        let counts = [2 * answer.len(), 2 * authority.len(), 0];
        let counts = counts.map(|count| u16::try_from(count).unwrap().to_be_bytes()).concat();
        let records = answer.iter().chain(authority).flat_map(|octets| octets.iter().copied());
        [vec![0x81, rcode], counts].concat().into_iter().chain(records).collect()
    };
    let tlsa = signed(DNS_NAME, 52, &[[3, 1, 1].as_slice(), &[5; 32]].concat());
    let cname = signed(DNS_NAME, 5, &wire("tlsa.example"));
    let dname = signed("mx.example", 39, &wire("other.example"));
    let nsec = signed("mx.example", 47, &[wire("n.example"), vec![0, 6, 0x40, 0, 0, 0, 0, 3]].concat());
    let nsec3 = [&[1, 1, 0, 10, 2, 0xab, 0xcd, 20][..], &[9; 20], &[0, 6, 0x40, 0, 0, 0, 0, 3]].concat();
    let nsec3 = signed("0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example", 50, &nsec3);
    let mx = signed(DNS_NAME, 15, &[vec![0, 10], wire("mx.example")].concat());
    let messages = [
        (0, vec![&tlsa], vec![]),
        (0, vec![&cname], vec![]),
        (3, vec![&cname, &tlsa], vec![&nsec]),
        (0, vec![&cname, &cname], vec![]),
        (0, vec![&cname, &tlsa], vec![]),
        (0, vec![&dname], vec![]),
        (0, vec![], vec![&nsec, &nsec3]),
        (3, vec![], vec![&nsec3]),
        (3, vec![&tlsa], vec![&nsec]),
        (0, vec![&mx], vec![]),
        (2, vec![], vec![]),
        (0, vec![], vec![]),
    ];
    let messages = messages.map(|(rcode, answer, authority)| message(rcode, &answer, &authority));
    let sized =
        |message: Vec<u8>| [u16::try_from(message.len()).unwrap().to_be_bytes().to_vec(), message].concat();
    messages.into_iter().map(sized).collect()
}
