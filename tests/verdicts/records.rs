//! Random records that describe certificates of a chain.

use sha2::{Digest, Sha256, Sha512};
use tlsagen::records::Published;

use crate::chains::Chain;
use crate::chance::Choices;
use crate::craft::Made;
use crate::numbers::Numbers;

/// A record and what it describes.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) published: Published,
    /// The number of the certificate, if any.
    pub(crate) of: Option<usize>,
}

impl Record {
    fn new([usage, selector, matching_type]: [u8; 3], of: usize, made: &Made) -> Self {
        let data = data(made, selector, matching_type);
        Self { published: Published { usage, selector, matching_type, data }, of: Some(of) }
    }
}

/// `u s m hex`.
pub(crate) fn text(record: &Published) -> String {
    let Published { usage, selector, matching_type, data } = record;
    format!("{usage} {selector} {matching_type} {}", hex::encode(data))
}

/// The association data that describes a certificate.
pub(crate) fn data(made: &Made, selector: u8, matching_type: u8) -> Vec<u8> {
    digest(if selector == 1 { &made.spki } else { &made.der }, matching_type)
}

/// Octets, or their digest.
pub(crate) fn digest(octets: &[u8], matching_type: u8) -> Vec<u8> {
    match matching_type {
        1 => Sha256::digest(octets).to_vec(),
        2 => Sha512::digest(octets).to_vec(),
        _ => octets.to_vec(),
    }
}

/// Record sets for a chain: some of one record, some of up to four.
pub(crate) fn sets(chain: &Chain, count: usize, numbers: &mut Numbers) -> Vec<Vec<Record>> {
    let mut sets = Vec::new();
    for number in 0..count {
        let length = if number * 2 < count { 1 } else { 1 + numbers.below(4) };
        let mut set: Vec<Record> = Vec::new();
        for _ in 0..length {
            let record = record(chain, numbers);
            if set.iter().all(|other| other.published != record.published) {
                set.push(record);
            }
        }
        sets.push(set);
    }
    sets
}

fn record(chain: &Chain, numbers: &mut Numbers) -> Record {
    let usage = numbers.pick(&[0, 0, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3]);
    let selector = numbers.pick(&[0, 1]);
    let matching_type = numbers.pick(&[0, 0, 1, 1, 1, 2]);
    let of_server = matches!(usage, 1 | 3) != numbers.one_in(10);
    let of = match (of_server, chain.sent.len()) {
        (true, _) => 0,
        // A certificate that is sent, or any one.
        (false, 2..) if !numbers.one_in(3) => chain.sent[1 + numbers.below(chain.sent.len() - 1)],
        (false, _) => 1 + numbers.below(chain.made.len() - 1),
    };
    let mut record = Record::new([usage, selector, matching_type], of, &chain.made[of]);
    let published = &mut record.published;
    match numbers.below(60) {
        0 => published.usage = numbers.pick(&[4, 255]),
        1 => published.selector = 2,
        2 => published.matching_type = 3,
        3 => {
            published.data.pop();
        }
        4 => published.data[0] ^= 1,
        5 => published.data.push(0),
        _ => return record,
    }
    record.of = None;
    record
}
