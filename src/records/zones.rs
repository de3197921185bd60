//! The names for which the name servers of a zone answer: RFC 1034 section 4.2.1, RFC 6672 section 2.4.
//!
//! Name servers ignore a record outside the zone. They load a record below a zone cut or below a DNAME record, but do
//! not answer with it.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;

use domain::base::RecordData;
use domain::base::iana::Rtype;
use domain::rdata::ZoneRecordData;
use domain::zonefile::inplace::ScannedRecordData;

use super::{MOST_ALIASES, RecordsError, RecordsProblem};
use crate::owner::DomainName;

/// The owners of the SOA, NS and DNAME records of a text, as sorted hashes.
#[derive(Debug, Default)]
pub(super) struct Zones {
    state: RandomState,
    soa: Vec<u64>,
    ns: Vec<u64>,
    dname: Vec<u64>,
    /// The SOA and DNAME records: hashes of the owner and type and of the data, and the line.
    single: Vec<(u64, u64, usize)>,
}

/// The reason why no client finds the TLSA records of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unserved {
    /// The name is outside the zone of the text.
    Outside(DomainName),
    /// The name is at or below a zone cut.
    Delegated {
        /// The name.
        name: DomainName,
        /// The owner of the NS records.
        cut: DomainName,
    },
    /// The name is below a DNAME record.
    Redirected {
        /// The name.
        name: DomainName,
        /// The owner of the DNAME record.
        dname: DomainName,
    },
    /// The CNAME chain is longer than [`MOST_ALIASES`].
    LongChain,
}

impl Zones {
    pub(super) fn add(&mut self, owner: &DomainName, record_type: Option<Rtype>) {
        let owners = match record_type {
            Some(Rtype::SOA) => &mut self.soa,
            Some(Rtype::NS) => &mut self.ns,
            Some(Rtype::DNAME) => &mut self.dname,
            _ => return,
        };
        let owner = self.state.hash_one(owner.as_str());
        // Most owners have all their records in one place.
        if owners.last() != Some(&owner) {
            owners.push(owner);
        }
    }

    /// Notes a record beside which no other of its type may be.
    pub(super) fn add_single(&mut self, owner: &DomainName, data: &ScannedRecordData, line: usize) {
        if matches!(data, ZoneRecordData::Soa(_) | ZoneRecordData::Dname(_)) {
            let owner = self.state.hash_one((owner.as_str(), data.rtype()));
            let data = self.state.hash_one(data.to_string().to_ascii_lowercase());
            self.single.push((owner, data, line));
        }
    }

    /// Sorts the owners, so that [`Zones::hides`] can find them.
    pub(super) fn sort(&mut self) {
        for owners in [&mut self.soa, &mut self.ns, &mut self.dname] {
            owners.sort_unstable();
        }
    }

    /// Checks the records of a zone file. Two lookups may have different SOA records.
    ///
    /// Errors: an owner with two different SOA records or two different DNAME records (RFC 6672 section 2.4).
    pub(super) fn check(&mut self) -> Result<(), RecordsError> {
        self.single.sort_unstable();
        let pairs = self.single.iter().zip(self.single.iter().skip(1));
        let two = pairs.filter(|(one, next)| one.0 == next.0 && one.1 != next.1);
        match two.map(|(one, next)| one.2.max(next.2)).min() {
            Some(line) => Err(RecordsError { line, problem: RecordsProblem::Two }),
            None => Ok(()),
        }
    }

    fn has(&self, owners: &[u64], name: &str) -> bool {
        owners.binary_search(&self.state.hash_one(name)).is_ok()
    }

    /// Whether the zone of an SOA record is in the text. A negative answer has an SOA record too, but no NS records
    /// beside it.
    fn is_apex(&self, name: &str) -> bool {
        self.has(&self.soa, name) && self.has(&self.ns, name)
    }

    /// Returns the reason why no name server answers with records at `name`; `None` if one does, or if the text is not
    /// a zone. In a text of several zones, the zone of a name is that of the nearest SOA record above.
    pub(super) fn hides(&self, name: &DomainName) -> Option<Unserved> {
        if self.soa.iter().all(|owner| self.ns.binary_search(owner).is_err()) {
            return None;
        }
        let mut reason = None;
        let mut above = name.as_str();
        loop {
            let (is_itself, at) = (above == name.as_str(), || DomainName::new(above));
            if !is_itself && self.has(&self.dname, above) {
                reason = Some(Unserved::Redirected { name: name.clone(), dname: at() });
            }
            if self.is_apex(above) {
                return reason;
            }
            if self.has(&self.ns, above) {
                reason = Some(Unserved::Delegated { name: name.clone(), cut: at() });
            }
            if above.is_empty() {
                return Some(Unserved::Outside(name.clone()));
            }
            above = above.split_once('.').map_or("", |(_, above)| above);
        }
    }
}

impl fmt::Display for Unserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outside(name) => write!(f, "{name} is not below the owner of any SOA record of the file"),
            Self::Delegated { name, cut } => {
                write!(f, "the NS records of {cut} delegate {name} to other name servers")
            }
            Self::Redirected { name, dname } => write!(f, "{name} is below the DNAME record of {dname}"),
            Self::LongChain => write!(f, "the CNAME chain is longer than {MOST_ALIASES}"),
        }
    }
}
