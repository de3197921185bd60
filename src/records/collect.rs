//! Collects the records of the requested owners, and their aliases, from a text.
//!
//! A zone may be large, and most names in a zone are not relevant. The relevant names are known only after all aliases
//! have been read, so a text with relevant aliases is read twice. Only relevant names are kept in memory.

use domain::base::Name;
use domain::base::iana::Rtype;
use domain::rdata::ZoneRecordData;
use domain::zonefile::inplace::ScannedRecordData;

use super::entries::{self, Entry, Words};
use super::foreign::Foreign;
use super::forms;
use super::head::type_of;
use super::names::{Aliases, Names};
use super::reader::{Reader, name_of};
use super::replies::Replies;
use super::zones::Zones;
use super::{Published, PublishedSet, RecordsError, RecordsProblem};
use crate::owner::{DomainName, Origin, Owner};

/// Collects from `text` the records of `owners` and of the names to which their aliases lead.
///
/// Errors: an unreadable entry of any owner; a failed lookup; text that is not a zone file.
pub(super) fn collect(
    text: &str,
    origin: Option<&Origin>,
    owners: &[Owner],
) -> Result<PublishedSet, RecordsError> {
    let replies = Replies::of(text)?;
    let mut names = Names::of(owners);
    let mut aliases = Aliases::default();
    let mut pass = Pass::new(&names, Some(&mut aliases));
    let read = pass.read(text, origin);
    let (is_zone_file, is_transfer) = (pass.is_zone_file && !replies.is_of_lookup, pass.ends.is_transfer());
    let mut set = pass.set;
    // In a zone file, any text may be in a comment.
    if let Some(failed) = replies.failed.filter(|_| !is_zone_file) {
        return Err(failed);
    }
    read?;
    aliases.sort()?;
    if names.follow(&aliases) {
        let mut pass = Pass::new(&names, None);
        pass.read(text, origin)?;
        set = pass.set;
    }
    // The records of several lookups are not those of one zone, even with an SOA and an NS record among them.
    if is_zone_file || is_transfer {
        set.zones.check()?;
        set.zones.sort();
    } else {
        set.zones = Zones::default();
    }
    Ok(set)
}

/// One pass over the text.
struct Pass<'a> {
    set: PublishedSet,
    names: &'a Names,
    /// All aliases of the text; `None` in the second pass.
    aliases: Option<&'a mut Aliases>,
    /// Whether any entry has an owner, or is a directive, as in a zone file.
    has_owners: bool,
    /// Whether any entry is a directive or has a relative or inherited owner, which no program prints for a lookup.
    is_zone_file: bool,
    ends: Ends,
}

/// What the first and the last entry of a text are.
#[derive(Default)]
struct Ends {
    entries: usize,
    starts_with_soa: bool,
    ends_with_soa: bool,
    soa: usize,
}

impl Ends {
    fn add(&mut self, record_type: Option<Rtype>) {
        self.ends_with_soa = record_type == Some(Rtype::SOA);
        self.starts_with_soa |= self.entries == 0 && self.ends_with_soa;
        self.soa += usize::from(self.ends_with_soa);
        self.entries += 1;
    }

    /// Whether the text is one zone transfer, which starts and ends with the SOA record (RFC 5936 section 2.2).
    fn is_transfer(&self) -> bool {
        self.starts_with_soa && self.ends_with_soa && self.soa == 2
    }
}

impl<'a> Pass<'a> {
    fn new(names: &'a Names, aliases: Option<&'a mut Aliases>) -> Self {
        Self {
            set: PublishedSet::default(),
            names,
            aliases,
            has_owners: false,
            is_zone_file: false,
            ends: Ends::default(),
        }
    }

    fn read(&mut self, text: &str, origin: Option<&Origin>) -> Result<(), RecordsError> {
        let mut reader = Reader::new(origin);
        match entries::for_each(text, |entry| self.take(&mut reader, entry)) {
            Ok(()) => Ok(()),
            Err(error) => {
                let line = text.split('\n').nth(error.line.saturating_sub(1)).unwrap_or_default();
                let foreign = Foreign::of_line(line).map(RecordsProblem::Foreign);
                Err(RecordsError { problem: foreign.unwrap_or(error.problem), ..error })
            }
        }
    }

    fn take(&mut self, reader: &mut Reader, entry: &Entry) -> Result<(), RecordsProblem> {
        if self.take_bare(reader, entry)? {
            return Ok(());
        }
        self.has_owners = true;
        if self.set.has_bare_records() || self.set.bare_target.is_some() {
            return Err(RecordsProblem::Mixed);
        }
        let mut words = entry.words();
        let owner = match entry.is_indented {
            true => None,
            false => words.next(),
        };
        self.is_zone_file |= !owner.is_some_and(|owner| owner.ends_with('.'));
        if let Some(directive) = owner.and_then(|first| first.strip_prefix('$')) {
            return reader.directive(directive, entry);
        }
        let (word, record_type) = type_of(&mut words, entry.is_indented)?;
        let owner = forms::unquoted(owner.unwrap_or_default());
        let data = words.rest().trim_start_matches(' ');
        let known = record_type.filter(|known| forms::is_read(*known, word, words.clone()));
        forms::check(record_type, word, owner, words)?;
        let (owner, data) = match known {
            None => (reader.owner(owner)?, None),
            Some(known) => reader.read([owner, word, &forms::in_numbers(known, data)])?,
        };
        self.exists(&owner, record_type);
        self.ends.add(record_type);
        self.set.zones.add(&owner, record_type);
        if let Some(data) = &data {
            self.set.zones.add_single(&owner, data, entry.line);
        }
        let target = match data {
            Some(ZoneRecordData::Cname(cname)) => name_of(cname.cname()),
            Some(ZoneRecordData::Unknown(generic)) if generic.rtype() == Rtype::CNAME => {
                let target: Result<&Name<[u8]>, _> = Name::from_slice(generic.data().as_ref());
                target.map(name_of).map_err(|error| RecordsProblem::Unreadable {
                    what: "CNAME record".to_owned(),
                    reason: error.to_string(),
                })?
            }
            Some(data) => return self.take_tlsa(owner, data),
            None => return Ok(()),
        };
        if let Some(aliases) = &mut self.aliases {
            aliases.add(self.names, &owner, &target, entry.line);
        }
        if self.names.contains(owner.as_str()) {
            self.set.aliases.insert(owner, target);
        }
        Ok(())
    }

    /// Takes a record that is not an alias; only a TLSA record is relevant.
    fn take_tlsa(&mut self, owner: DomainName, data: ScannedRecordData) -> Result<(), RecordsProblem> {
        match published(data)? {
            None => {}
            Some(record) if self.names.contains(owner.as_str()) => {
                self.set.records.entry(owner).or_default().push(record);
            }
            Some(_) => self.set.elsewhere.add(self.names, owner),
        }
        Ok(())
    }

    /// Takes an entry of the output of `dig +short`; returns whether it is one.
    fn take_bare(&mut self, reader: &mut Reader, entry: &Entry) -> Result<bool, RecordsProblem> {
        let mut words = entry.words();
        let first = words.next().unwrap_or_default();
        let is_name = !entry.is_indented && first.ends_with('.') && words.next().is_none();
        if entry.words().count() == 3 && entry.words().all(is_number) {
            let reason = "the association data is missing".to_owned();
            return Err(RecordsProblem::Unreadable { what: "TLSA record".to_owned(), reason });
        }
        let (is_data, is_signature) = (is_bare_data(entry), is_bare_signature(entry));
        if !(is_name || is_data || is_signature) {
            return Ok(false);
        }
        if self.has_owners {
            return Err(RecordsProblem::Mixed);
        }
        if is_name {
            self.set.bare_target = Some(reader.owner(first)?);
        } else if is_data {
            let (_, data) = reader.read([".", "TLSA", &entry.text])?;
            self.set.bare.extend(data.map(published).transpose()?.flatten());
        }
        Ok(true)
    }

    /// Notes that `owner` and all names above it exist (RFC 4592 section 2.2.2); keeps only the relevant names.
    fn exists(&mut self, owner: &DomainName, record_type: Option<Rtype>) {
        if let Some(aliases) = &mut self.aliases
            && !record_type.is_some_and(|known| BESIDE_ALIAS.contains(&known))
        {
            aliases.add_other(self.names, owner);
        }
        let mut name = owner.as_str();
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

/// The types that may be at an owner with a CNAME record (RFC 4034 sections 3 and 4, RFC 3007 section 3.1).
const BESIDE_ALIAS: [Rtype; 6] =
    [Rtype::CNAME, Rtype::RRSIG, Rtype::NSEC, Rtype::KEY, Rtype::SIG, Rtype::NXT];

fn is_number(word: &str) -> bool {
    word.bytes().all(|octet| octet.is_ascii_digit())
}

/// Whether the first three words are numbers, and further words follow.
fn has_three_numbers(mut words: Words) -> bool {
    words.by_ref().take(3).filter(|word| is_number(word)).count() == 3 && words.next().is_some()
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
    has_three_numbers(entry.words()) || entry.words().next() == Some("\\#")
}

/// Whether the entry is the data of an RRSIG record as `dig +dnssec +short` prints it: `TLSA 13 4 3600 DATE DATE ...`.
fn is_bare_signature(entry: &Entry) -> bool {
    let mut words = entry.words();
    let record_type = words.next().and_then(|word| word.parse::<Rtype>().ok());
    record_type.is_some()
        && words.by_ref().take(6).filter(|word| is_number(word)).count() == 6
        && words.count() >= 2
}
