//! Names, records and messages as octets (RFC 1035 section 4), and canonical forms (RFC 4034 section 6).

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;

pub(crate) const A: u16 = 1;
pub(crate) const NS: u16 = 2;
pub(crate) const CNAME: u16 = 5;
pub(crate) const SOA: u16 = 6;
pub(crate) const MX: u16 = 15;
pub(crate) const AAAA: u16 = 28;
pub(crate) const DNAME: u16 = 39;
pub(crate) const OPT: u16 = 41;
pub(crate) const DS: u16 = 43;
pub(crate) const RRSIG: u16 = 46;
pub(crate) const NSEC: u16 = 47;
pub(crate) const DNSKEY: u16 = 48;
pub(crate) const NSEC3: u16 = 50;
pub(crate) const NSEC3PARAM: u16 = 51;
pub(crate) const TLSA: u16 = 52;

pub(crate) const NOERROR: u16 = 0;
pub(crate) const SERVFAIL: u16 = 2;
pub(crate) const NXDOMAIN: u16 = 3;

/// A domain name that keeps its case; equality and order are canonical (RFC 4034 section 6.1).
#[derive(Clone)]
pub(crate) struct Name {
    labels: Vec<Vec<u8>>,
}

impl Name {
    pub(crate) fn root() -> Self {
        Self { labels: Vec::new() }
    }

    /// Parses a name with or without the final dot; without escapes.
    pub(crate) fn new(text: &str) -> Self {
        let labels = text.split('.').filter(|label| !label.is_empty());
        Self { labels: labels.map(|label| label.as_bytes().to_vec()).collect() }
    }

    /// Parses a name relative to `origin`; `@` is `origin` itself, and a final dot makes the name absolute.
    pub(crate) fn relative(text: &str, origin: &Name) -> Self {
        match text {
            "@" => origin.clone(),
            text if text.ends_with('.') => Self::new(text),
            text => Self { labels: [Self::new(text).labels, origin.labels.clone()].concat() },
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.labels.len()
    }

    /// Returns the last `count` labels.
    pub(crate) fn suffix(&self, count: usize) -> Self {
        Self { labels: self.labels[self.labels.len() - count..].to_vec() }
    }

    /// Returns the name itself and all names above it, longest first.
    pub(crate) fn ancestors(&self) -> impl Iterator<Item = Name> + '_ {
        (0..=self.count()).rev().map(|count| self.suffix(count))
    }

    pub(crate) fn child(&self, label: &str) -> Self {
        Self { labels: [vec![label.as_bytes().to_vec()], self.labels.clone()].concat() }
    }

    pub(crate) fn wildcard(&self) -> Self {
        self.child("*")
    }

    pub(crate) fn is_wildcard(&self) -> bool {
        self.labels.first().is_some_and(|label| label == b"*")
    }

    pub(crate) fn is_within(&self, top: &Name) -> bool {
        self.count() >= top.count() && self.suffix(top.count()) == *top
    }

    pub(crate) fn is_below(&self, top: &Name) -> bool {
        self.count() > top.count() && self.is_within(top)
    }

    pub(crate) fn uppercase(&self) -> Self {
        Self { labels: self.labels.iter().map(|label| label.to_ascii_uppercase()).collect() }
    }

    /// Replaces the suffix `old` with `new`, as a DNAME does (RFC 6672 section 2.2).
    pub(crate) fn moved(&self, old: &Name, new: &Name) -> Self {
        let front = self.labels[..self.count() - old.count()].to_vec();
        Self { labels: [front, new.labels.clone()].concat() }
    }

    pub(crate) fn octets(&self) -> Vec<u8> {
        let mut octets = Vec::new();
        for label in &self.labels {
            octets.push(u8::try_from(label.len()).unwrap());
            octets.extend(label);
        }
        octets.push(0);
        octets
    }

    /// Returns the octets in lower case, which is the canonical form.
    pub(crate) fn canonical(&self) -> Vec<u8> {
        self.octets().to_ascii_lowercase()
    }

    /// Returns the name in lower case, without the final dot.
    pub(crate) fn text(&self) -> String {
        self.to_string().to_ascii_lowercase()
    }

    /// Reads an uncompressed name at `at`; returns the name and the offset of its end.
    pub(crate) fn read(octets: &[u8], mut at: usize) -> Option<(Self, usize)> {
        let mut labels = Vec::new();
        loop {
            let length = usize::from(*octets.get(at)?);
            at += 1;
            match length {
                0 => return Some((Self { labels }, at)),
                1..=63 => labels.push(octets.get(at..at + length)?.to_vec()),
                _ => return None,
            }
            at += length;
        }
    }

    fn order(&self) -> impl Iterator<Item = Vec<u8>> + '_ {
        self.labels.iter().rev().map(|label| label.to_ascii_lowercase())
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        let pairs = self.labels.iter().zip(&other.labels);
        self.count() == other.count() && pairs.into_iter().all(|(one, two)| one.eq_ignore_ascii_case(two))
    }
}

impl Eq for Name {}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order().cmp(other.order())
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.labels.iter().map(|label| String::from_utf8_lossy(label));
        f.write_str(&labels.collect::<Vec<_>>().join("."))
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}.")
    }
}

/// Returns the offset and number of names in RDATA, for the types whose RDATA has a special canonical form.
fn names_in(rtype: u16) -> (usize, usize) {
    match rtype {
        NS | CNAME | DNAME => (0, 1),
        SOA => (0, 2),
        MX => (2, 1),
        RRSIG => (18, 1),
        _ => (0, 0),
    }
}

/// Returns RDATA with its names in lower case (RFC 4034 section 6.2, RFC 6840 section 5.1).
pub(crate) fn canonical(rtype: u16, rdata: &[u8]) -> Vec<u8> {
    let (start, count) = names_in(rtype);
    let mut end = start;
    for _ in 0..count {
        let Some((_, next)) = Name::read(rdata, end) else { return rdata.to_vec() };
        end = next;
    }
    let mut octets = rdata.to_vec();
    if count > 0 {
        octets[start..end].make_ascii_lowercase();
    }
    octets
}

/// Returns the name in the RDATA of a CNAME, DNAME or NS record.
pub(crate) fn target(rdata: &[u8]) -> Name {
    Name::read(rdata, 0).unwrap().0
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) owner: Name,
    pub(crate) rtype: u16,
    pub(crate) class: u16,
    pub(crate) ttl: u32,
    /// RDATA without compression.
    pub(crate) rdata: Vec<u8>,
}

impl Record {
    pub(crate) fn new(owner: &Name, rtype: u16, ttl: u32, rdata: Vec<u8>) -> Self {
        Self { owner: owner.clone(), rtype, class: 1, ttl, rdata }
    }

    /// Returns the type that an RRSIG covers, or the type of any other record.
    pub(crate) fn covered(&self) -> u16 {
        match (self.rtype, self.rdata.as_slice()) {
            (RRSIG, [high, low, ..]) => u16::from_be_bytes([*high, *low]),
            _ => self.rtype,
        }
    }
}

/// A message with one question.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) id: u16,
    /// QR, opcode, AA, TC, RD, RA, AD, CD and RCODE.
    pub(crate) flags: u16,
    pub(crate) name: Name,
    pub(crate) rtype: u16,
    /// Answer, authority, additional.
    pub(crate) sections: [Vec<Record>; 3],
}

impl Message {
    /// Parses a query; `None` unless it has exactly one question and an uncompressed name.
    pub(crate) fn query(octets: &[u8]) -> Option<Self> {
        let number = |at: usize| Some(u16::from_be_bytes([*octets.get(at)?, *octets.get(at + 1)?]));
        let (name, end) = Name::read(octets, 12)?;
        let rtype = number(end)?;
        let is_query = number(4)? == 1 && number(end + 2)? == 1 && number(2)? & 0x8000 == 0;
        is_query.then_some(())?;
        Some(Self { id: number(0)?, flags: number(2)?, name, rtype, sections: Default::default() })
    }

    pub(crate) fn rcode(&self) -> u16 {
        self.flags & 15
    }

    pub(crate) fn set_rcode(&mut self, rcode: u16) {
        self.flags = self.flags & !15 | rcode;
    }

    /// Encodes the message, with names compressed if RFC 3597 section 4 allows it.
    pub(crate) fn encode(&self) -> Vec<u8> {
        self.written(true)
    }

    /// Encodes the message without compression, so that each name keeps its case.
    pub(crate) fn encode_plain(&self) -> Vec<u8> {
        self.written(false)
    }

    fn written(&self, is_compressed: bool) -> Vec<u8> {
        let mut writer = Writer { octets: Vec::new(), seen: HashMap::new(), is_compressed };
        let count = |section: &Vec<Record>| u16::try_from(section.len()).unwrap();
        let [answer, authority, additional] = &self.sections;
        for number in [self.id, self.flags, 1, count(answer), count(authority), count(additional) + 1] {
            writer.number(number);
        }
        writer.name(&self.name);
        writer.number(self.rtype);
        writer.number(1);
        for record in self.sections.iter().flatten() {
            writer.record(record);
        }
        let mut opt = Record::new(&Name::root(), OPT, 0x8000, Vec::new());
        opt.class = 1232;
        writer.record(&opt);
        writer.octets
    }
}

/// The octets written so far, and the offset of each suffix of a name.
struct Writer {
    octets: Vec<u8>,
    seen: HashMap<Vec<u8>, u16>,
    is_compressed: bool,
}

impl Writer {
    fn number(&mut self, number: u16) {
        self.octets.extend(number.to_be_bytes());
    }

    fn name(&mut self, name: &Name) {
        for (at, suffix) in name.ancestors().enumerate() {
            if suffix.count() == 0 {
                break;
            }
            if let Some(place) = self.seen.get(&suffix.canonical()).filter(|_| self.is_compressed) {
                return self.number(0xc000 | *place);
            }
            if let Ok(place @ 0..0x4000) = u16::try_from(self.octets.len()) {
                self.seen.insert(suffix.canonical(), place);
            }
            let label = &name.labels[at];
            self.octets.push(u8::try_from(label.len()).unwrap());
            self.octets.extend(label);
        }
        self.octets.push(0);
    }

    fn record(&mut self, record: &Record) {
        self.name(&record.owner);
        self.number(record.rtype);
        self.number(record.class);
        self.octets.extend(record.ttl.to_be_bytes());
        let length_at = self.octets.len();
        self.number(0);
        self.rdata(record);
        let length = u16::try_from(self.octets.len() - length_at - 2).unwrap();
        self.octets[length_at..length_at + 2].copy_from_slice(&length.to_be_bytes());
    }

    fn rdata(&mut self, record: &Record) {
        let compressed = matches!(record.rtype, NS | CNAME | SOA | MX);
        let (start, count) = if compressed { names_in(record.rtype) } else { (0, 0) };
        let mut names = Vec::new();
        let mut end = start;
        for _ in 0..count {
            // Write damaged RDATA unchanged.
            let Some((name, next)) = Name::read(&record.rdata, end) else {
                return self.octets.extend(&record.rdata);
            };
            names.push(name);
            end = next;
        }
        self.octets.extend(&record.rdata[..start]);
        names.iter().for_each(|name| self.name(name));
        self.octets.extend(&record.rdata[end..]);
    }
}
