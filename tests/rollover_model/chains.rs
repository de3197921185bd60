//! Chains, their records, and the rule that records cover a chain, written independently of the program.

use tlsagen::records::Published;
use tlsagen::rollover::{Records, Triple};

/// The key of the end entity.
pub(crate) const EE: Triple = (3, 1, 1);
/// The CA above it.
pub(crate) const CA: Triple = (2, 1, 1);

/// A chain file, or the chain that a server sends for one key type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chain {
    /// The number of the renewal; unique.
    pub(crate) id: usize,
    /// The keys of its end entities: one, or an RSA and an ECDSA key.
    pub(crate) keys: Vec<u16>,
    /// The key of the CA.
    pub(crate) ca: u16,
    /// Whether the private keys beside it belong to it. A service that loads other private keys does not offer TLS.
    pub(crate) fits: bool,
}

impl Chain {
    /// The records of the chain for these triples.
    pub(crate) fn records(&self, triples: &[Triple]) -> Records {
        let of = |triple: &Triple| match *triple {
            CA => vec![record(CA, self.ca)],
            _ => self.keys.iter().map(|key| record(*triple, *key)).collect(),
        };
        triples.iter().flat_map(of).collect()
    }

    /// What a server sends for each key type.
    pub(crate) fn by_key(&self) -> impl Iterator<Item = Chain> + '_ {
        self.keys.iter().map(|key| Chain { keys: vec![*key], ..self.clone() })
    }
}

/// The record of a key.
pub(crate) fn record((usage, selector, matching_type): Triple, key: u16) -> Published {
    Published { usage, selector, matching_type, data: key.to_be_bytes().to_vec() }
}

fn triple(record: &Published) -> Triple {
    (record.usage, record.selector, record.matching_type)
}

/// Whether, for each triple in the records and each end entity of the chain, a record matches (RFC 7671 section 8).
pub(crate) fn covers(records: &Records, chain: &Chain) -> bool {
    records.iter().map(triple).all(|wanted| {
        chain.keys.iter().all(|key| {
            let subject = if wanted == CA { chain.ca } else { *key };
            let data = subject.to_be_bytes();
            records.iter().any(|record| record.data == data && triple(record) == wanted)
        })
    })
}
