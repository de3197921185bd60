//! Collects the records of the requested owners, and their aliases, from a text.
//!
//! A zone may be large, and most names in a zone are not relevant. The relevant names are known only after all aliases
//! have been read, so a text with relevant aliases is read twice. Only relevant names are kept in memory.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use domain::base::Name;
use domain::base::iana::Rtype;
use domain::rdata::ZoneRecordData;
use domain::zonefile::inplace::ScannedRecordData;

use super::entries::{self, Entry};
use super::reader::{OTHER_TYPE, Reader, name_of};
use super::{Published, PublishedSet, RecordsError, RecordsProblem};
use crate::owner::{DomainName, Origin, Owner};

/// Collects from `text` the records of `owners` and of the names to which their aliases lead.
///
/// Errors: an unreadable entry of any owner; dig output that reports a failed lookup.
pub(super) fn collect(
    text: &str,
    origin: Option<&Origin>,
    owners: &[Owner],
) -> Result<PublishedSet, RecordsError> {
    // A failed lookup does not mean that there are no records.
    if let Some(line) = text.split('\n').position(is_failure_of_dig) {
        return Err(RecordsError { line: line + 1, problem: RecordsProblem::NoAnswer });
    }
    let mut names = Names::default();
    names.add(owners);
    let mut pass = Pass { set: PublishedSet::default(), names: &names, aliases: Some(Vec::new()) };
    pass.read(text, origin)?;
    let Pass { set, aliases, .. } = pass;
    if !names.follow(aliases.unwrap_or_default()) {
        return Ok(set);
    }
    let mut pass = Pass { set: PublishedSet::default(), names: &names, aliases: None };
    pass.read(text, origin)?;
    Ok(pass.set)
}

/// The relevant names and the wildcards that may cover them, as hashes. Another name with the same hash is kept too,
/// but has no effect.
#[derive(Default)]
struct Names {
    state: RandomState,
    /// Sorted, for a binary search.
    hashes: Vec<u64>,
}

/// The hashes of an alias's owner, of its target, and of the wildcard that may cover the target.
type Alias = (u64, [u64; 2]);

impl Names {
    fn hash(&self, name: &str) -> u64 {
        self.state.hash_one(name)
    }

    /// The hashes of a name and of the wildcard that may cover the name.
    fn both(&self, name: &DomainName) -> [u64; 2] {
        let wildcard = name.wildcard();
        [self.hash(name.as_str()), self.hash(wildcard.as_ref().map_or("", DomainName::as_str))]
    }

    fn add(&mut self, owners: &[Owner]) {
        let both = owners.iter().flat_map(|owner| self.both(owner.name()));
        self.hashes = both.collect();
        self.hashes.sort_unstable();
    }

    fn contains(&self, name: &str) -> bool {
        self.hashes.binary_search(&self.hash(name)).is_ok()
    }

    /// Adds the names to which the aliases of relevant names lead; returns whether any name was added.
    fn follow(&mut self, mut aliases: Vec<Alias>) -> bool {
        aliases.sort_unstable();
        let mut known: HashSet<u64> = self.hashes.iter().copied().collect();
        let before = known.len();
        let mut open = self.hashes.clone();
        while let Some(name) = open.pop() {
            let from = aliases.partition_point(|(owner, _)| *owner < name);
            let of_name = aliases.iter().skip(from).take_while(|(owner, _)| *owner == name);
            open.extend(of_name.flat_map(|(_, targets)| targets).filter(|target| known.insert(**target)));
        }
        let leads_on = known.len() > before;
        self.hashes = known.into_iter().collect();
        self.hashes.sort_unstable();
        leads_on
    }
}

/// One pass over the text.
struct Pass<'a> {
    set: PublishedSet,
    names: &'a Names,
    /// All aliases of the text; `None` in the second pass.
    aliases: Option<Vec<Alias>>,
}

impl Pass<'_> {
    fn read(&mut self, text: &str, origin: Option<&Origin>) -> Result<(), RecordsError> {
        let mut reader = Reader::new(origin);
        entries::for_each(text, |entry| self.take(&mut reader, entry))
    }

    fn take(&mut self, reader: &mut Reader, entry: &Entry) -> Result<(), RecordsProblem> {
        let mut after_owner = entry.words();
        let first = after_owner.next().unwrap_or_default();
        if let Some(directive) = first.strip_prefix('$') {
            return reader.directive(directive, entry);
        }
        if is_bare_data(entry) {
            let (_, data) = reader.read([".", "TLSA", &entry.text], "TLSA record")?;
            self.set.bare.extend(published(data)?);
            return Ok(());
        }
        let is_alone = after_owner.clone().next().is_none();
        if is_alone && !entry.is_indented && first.ends_with('.') {
            let (owner, _) = reader.read([first, OTHER_TYPE, "\\# 0"], "name")?;
            self.set.bare_target = Some(owner);
            return Ok(());
        }
        let (owner, mut words) = match entry.is_indented {
            true => (None, entry.words()),
            false => (Some(first), after_owner),
        };
        let mut other_class = false;
        let record_type = loop {
            let word = words.next().ok_or(RecordsProblem::NoType)?;
            match (is_class(word), is_ttl(word)) {
                (true, _) => other_class |= !is_internet(word),
                (false, true) => {}
                (false, false) => break word,
            }
        };
        let wanted =
            ["TLSA", "TYPE52", "CNAME", "TYPE5"].iter().find(|name| record_type.eq_ignore_ascii_case(name));
        let Some(wanted) = wanted.filter(|_| !other_class) else {
            // Other types are read only for the owner, which the next entries may inherit.
            if let Some(owner) = owner {
                let (owner, _) = reader.read([owner, OTHER_TYPE, "\\# 0"], "owner")?;
                if !other_class {
                    self.exists(owner.as_str());
                }
            }
            return Ok(());
        };
        let what = format!("{wanted} record");
        let (owner, data) = reader.read([owner.unwrap_or_default(), wanted, words.rest()], &what)?;
        self.exists(owner.as_str());
        let target = match &data {
            ZoneRecordData::Cname(cname) => name_of(cname.cname()),
            ZoneRecordData::Unknown(generic) if generic.rtype() == Rtype::CNAME => {
                let target: Result<&Name<[u8]>, _> = Name::from_slice(generic.data().as_ref());
                name_of(target.map_err(|error| RecordsProblem::Unreadable {
                    what: "CNAME record".to_owned(),
                    reason: error.to_string(),
                })?)
            }
            _ => {
                let record = published(data)?;
                if self.names.contains(owner.as_str()) {
                    self.set.records.entry(owner).or_default().extend(record);
                }
                return Ok(());
            }
        };
        if let Some(aliases) = &mut self.aliases {
            aliases.push((self.names.hash(owner.as_str()), self.names.both(&target)));
        }
        if self.names.contains(owner.as_str()) {
            self.set.aliases.insert(owner, target);
        }
        Ok(())
    }

    /// Notes that `owner` and all names above it exist (RFC 4592 section 2.2.2); keeps only the relevant names.
    fn exists(&mut self, owner: &str) {
        let mut name = owner;
        loop {
            if self.names.contains(name) && !self.set.names.contains(name) {
                self.set.names.insert(DomainName::new(name));
            }
            match name.split_once('.') {
                Some((_, above)) => name = above,
                None => return,
            }
        }
    }
}

fn published(data: ScannedRecordData) -> Result<Option<Published>, RecordsProblem> {
    let record = |usage, selector, matching_type, data: &[u8]| {
        Some(Published { usage, selector, matching_type, data: data.to_vec() })
    };
    let record = match &data {
        ZoneRecordData::Tlsa(tlsa) => {
            let (usage, selector) = (tlsa.usage().to_int(), tlsa.selector().to_int());
            record(usage, selector, tlsa.matching_type().to_int(), tlsa.data())
        }
        // A record in RFC 3597 form.
        ZoneRecordData::Unknown(generic) if generic.rtype() == Rtype::TLSA => match generic.data().as_ref() {
            [usage, selector, matching_type, data @ ..] => record(*usage, *selector, *matching_type, data),
            _ => return Err(RecordsProblem::NoData),
        },
        _ => None,
    };
    match record {
        Some(record) if record.data.is_empty() => Err(RecordsProblem::NoData),
        record => Ok(record),
    }
}

/// Whether the entry is record data as `dig +short` prints it: `3 1 1 HEX...` or `\# 35 HEX...`.
fn is_bare_data(entry: &Entry) -> bool {
    if !entry.text.starts_with(|c: char| c.is_ascii_digit() || c == '\\') {
        return false;
    }
    let is_number = |word: &str| word.bytes().all(|octet| octet.is_ascii_digit());
    let mut words = entry.words();
    let numbers = words.by_ref().take(3).take_while(|word| is_number(word)).count();
    numbers == 3 && words.next().is_some() || entry.words().next() == Some("\\#")
}

/// Whether `line` is a dig comment that reports a failed lookup.
fn is_failure_of_dig(line: &str) -> bool {
    let failed = |status: &str| !status.starts_with("NOERROR,") && !status.starts_with("NXDOMAIN,");
    line.starts_with(";; no servers could be reached")
        || line.starts_with(";; connection timed out")
        || line.starts_with(";; ->>HEADER<<-")
            && line.split_once("status: ").is_some_and(|(_, status)| failed(status))
}

/// Whether `word` is a TTL in seconds or with BIND's units.
fn is_ttl(word: &str) -> bool {
    let unit = |octet: u8| matches!(octet.to_ascii_lowercase(), b's' | b'm' | b'h' | b'd' | b'w');
    word.starts_with(|c: char| c.is_ascii_digit())
        && word.bytes().all(|octet| octet.is_ascii_digit() || unit(octet))
}

fn is_class(word: &str) -> bool {
    ["IN", "CH", "HS", "CS", "CLASS1"].iter().any(|class| word.eq_ignore_ascii_case(class))
}

fn is_internet(word: &str) -> bool {
    word.eq_ignore_ascii_case("IN") || word.eq_ignore_ascii_case("CLASS1")
}
