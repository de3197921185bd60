//! Reads published TLSA records from zone files, dig output and RFC 3597 text: RFC 1035 section 5.1, RFC 3597 section
//! 5. Refuses text that name servers refuse.
//!
//! This module splits the text into entries, so that errors have a line number and other record types are skipped;
//! the `domain` crate reads the owners and the CNAME and TLSA records.

mod collect;
mod elsewhere;
mod entries;
mod error;
mod foreign;
mod forms;
mod head;
mod names;
mod reader;
mod replies;
#[cfg(test)]
mod tests;
mod zones;

use std::collections::{HashMap, HashSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::owner::{DomainName, Origin, Owner};
use crate::text;
use crate::tlsa::{MatchingType, Params, Selector, Tlsa, Usage};
use elsewhere::Elsewhere;
pub use error::{RecordsError, RecordsProblem};
pub use foreign::Foreign;
pub use zones::Unserved;
use zones::Zones;

/// Maximum length of a CNAME chain, in a text and in the DNS. BIND 9.18 and unbound 1.17 follow no longer one.
pub const MOST_ALIASES: usize = 11;

/// The data of a published TLSA record, with any numbers and octets, valid or not (RFC 6698 section 2.1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Published {
    /// Certificate usage.
    pub usage: u8,
    /// Selector.
    pub selector: u8,
    /// Matching type.
    pub matching_type: u8,
    /// Association data, never empty.
    pub data: Vec<u8>,
}

impl Published {
    /// The parameters; `None` if a number is not registered (RFC 7218).
    pub fn params(&self) -> Option<Params> {
        Some(Params {
            usage: Usage::from_number(self.usage)?,
            selector: Selector::from_number(self.selector)?,
            matching_type: MatchingType::from_number(self.matching_type)?,
        })
    }

    /// Whether the parameters and the association data equal those of `tlsa`.
    pub fn is(&self, tlsa: &Tlsa) -> bool {
        let params = tlsa.params();
        let numbers = (params.usage.number(), params.selector.number(), params.matching_type.number());
        numbers == (self.usage, self.selector, self.matching_type) && tlsa.data() == self.data
    }
}

/// Writes the data as text, such as `3 1 1 hex` (RFC 6698 section 2.2).
impl fmt::Display for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { usage, selector, matching_type, data } = self;
        write!(f, "{usage} {selector} {matching_type} {}", hex::encode(data))
    }
}

impl From<Published> for String {
    fn from(record: Published) -> Self {
        record.to_string()
    }
}

/// Reads the text that [`fmt::Display`] writes.
impl TryFrom<String> for Published {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let words: Vec<&str> = text.split(' ').collect();
        let [usage, selector, matching_type, data] = words.as_slice() else { return Err("not TLSA data") };
        let number = |text: &str| text.parse::<u8>().map_err(|_| "not a number from 0 to 255");
        Ok(Self {
            usage: number(usage)?,
            selector: number(selector)?,
            matching_type: number(matching_type)?,
            data: hex::decode(data).map_err(|_| "not hexadecimal")?,
        })
    }
}

impl From<&Tlsa> for Published {
    fn from(tlsa: &Tlsa) -> Self {
        let params = tlsa.params();
        Self {
            usage: params.usage.number(),
            selector: params.selector.number(),
            matching_type: params.matching_type.number(),
            data: tlsa.data().to_vec(),
        }
    }
}

/// The published records of the requested owners, and their aliases.
#[derive(Debug, Default)]
pub struct PublishedSet {
    /// The records by owner, in the order of the text.
    records: HashMap<DomainName, Vec<Published>>,
    /// The relevant names that exist; a wildcard does not cover an existing name.
    names: HashSet<DomainName>,
    aliases: HashMap<DomainName, DomainName>,
    /// Record data without an owner, as `dig +short` prints it, and the last CNAME target before it.
    bare: Vec<Published>,
    bare_target: Option<DomainName>,
    elsewhere: Elsewhere,
    zones: Zones,
}

/// The records that a client finds for an owner name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The name at which the records exist: the owner, the end of the owner's CNAME chain, or a wildcard.
    pub holder: Owner,
    /// The records in the order of the text, without duplicates.
    pub records: Vec<Published>,
}

impl PublishedSet {
    /// Reads the records of `owners` from `octets`; relative names are relative to `origin` up to the first
    /// `$ORIGIN`. Only the records of `owners` are kept in memory.
    ///
    /// Errors: an unreadable entry of any owner; PEM or DER, which may be a private key.
    pub fn read(octets: &[u8], origin: Option<&Origin>, owners: &[Owner]) -> Result<Self, RecordsError> {
        refuse_secrets(octets)?;
        if let Some(foreign) = Foreign::of_octets(octets) {
            return Err(RecordsError { line: 1, problem: RecordsProblem::Foreign(foreign) });
        }
        if octets.starts_with(b"\xef\xbb\xbf") {
            return Err(RecordsError { line: 1, problem: RecordsProblem::ByteOrderMark });
        }
        // Zone files may have comments in other encodings than UTF-8.
        match std::str::from_utf8(octets) {
            Ok(text) => collect::collect(text, origin, owners),
            Err(_) => collect::collect(&text::text_of(octets), origin, owners),
        }
    }

    /// Whether there is record data without an owner, which is ambiguous for several requested owners.
    pub fn has_bare_records(&self) -> bool {
        !self.bare.is_empty()
    }

    /// Returns a few other names at which the text has TLSA records, those that resemble `owner` first.
    pub fn elsewhere(&self, owner: &Owner) -> Vec<&DomainName> {
        self.elsewhere.beside(owner)
    }

    /// Returns the records that a client finds for `owner`: at the name itself, at the end of its CNAME chain, or at
    /// the wildcard `*._transport.host` (RFC 6698 appendix A.2.1). If there are none, returns the record data without
    /// an owner, or `None` if there is no such data either.
    pub fn at(&self, owner: &Owner) -> Option<Found> {
        match (self.follow(owner), self.bare.as_slice()) {
            (Ok(Some((holder, records))), _) => found(&holder, records),
            (_, []) => None,
            (_, records) => found(self.bare_target.as_ref().unwrap_or(owner.name()), records),
        }
    }

    /// Returns the reason why no client finds the records that the text has for `owner`.
    pub fn unserved(&self, owner: &Owner) -> Option<Unserved> {
        self.follow(owner).err()
    }

    /// Follows the CNAME chain of `owner` to its records.
    ///
    /// Errors: no name server answers for a name of the chain, or the chain is too long.
    fn follow(&self, owner: &Owner) -> Result<Option<(DomainName, &[Published])>, Unserved> {
        let mut unserved = None;
        let mut name = owner.name().clone();
        for _ in 0..=MOST_ALIASES {
            unserved = unserved.or_else(|| self.zones.hides(&name));
            let wildcard = name.wildcard().filter(|_| !self.names.contains(&name));
            let holder = wildcard.unwrap_or_else(|| name.clone());
            if let Some(records) = self.records.get(&holder) {
                return unserved.map_or(Ok(Some((holder, records))), Err);
            }
            match self.aliases.get(&holder) {
                Some(target) => name.clone_from(target),
                None => return Ok(None),
            }
        }
        Err(Unserved::LongChain)
    }
}

fn found(holder: &DomainName, records: &[Published]) -> Option<Found> {
    let mut seen = HashSet::new();
    let distinct = records.iter().filter(|record| seen.insert(*record)).cloned().collect();
    Some(Found { holder: Owner::found(holder)?, records: distinct })
}

/// Rejects text that may be a private key, before any code copies the text; the error contains none of the text.
///
/// Errors: a PEM block, with its line, or DER.
pub fn refuse_secrets(octets: &[u8]) -> Result<(), RecordsError> {
    // The content of a short DER key starts with an INTEGER, whose tag is the octet 2, which does not occur in text.
    let is_der = matches!(octets, [0x30, 0x81..=0x84, ..] | [0x30, _, 0x02, ..]);
    match text::line_of_pem(octets) {
        Some(line) => Err(RecordsError { line, problem: RecordsProblem::Pem }),
        None if is_der => Err(RecordsError { line: 1, problem: RecordsProblem::Der }),
        None => Ok(()),
    }
}
