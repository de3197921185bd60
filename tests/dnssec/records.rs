//! Changes to single records, signatures and headers of a reply.

use crate::forger::Draft;
use crate::wire::{
    A, AAAA, CNAME, DNAME, DNSKEY, MX, Message, NOERROR, NXDOMAIN, Name, RRSIG, Record, SERVFAIL, TLSA,
};
use crate::zone::TTL;

/// Returns RDATA that no zone contains.
pub(crate) fn false_data(rtype: u16) -> Vec<u8> {
    match rtype {
        A => vec![198, 51, 100, 66],
        AAAA => vec![0x66; 16],
        MX => [&[0, 0][..], &Name::new("mx.evil").octets()].concat(),
        TLSA => [&[3, 1, 1][..], &[0x66; 32]].concat(),
        CNAME | DNAME => Name::new("mx.evil").octets(),
        _ => vec![0x66; 36],
    }
}

impl Draft<'_> {
    /// Returns the index of a section that is not empty, usually the answer section.
    fn section(&mut self) -> Option<usize> {
        let first = [0, 0, 1][self.numbers.below(3)];
        [first, 0, 1].into_iter().find(|at| !self.message.sections[*at].is_empty())
    }

    fn place(&mut self) -> Option<(usize, usize)> {
        let section = self.section()?;
        Some((section, self.numbers.below(self.message.sections[section].len())))
    }

    fn record(&mut self) -> Option<&mut Record> {
        let (section, at) = self.place()?;
        Some(&mut self.message.sections[section][at])
    }

    fn signature(&mut self) -> Option<&mut Record> {
        let all = self.message.sections.iter_mut().flatten();
        let mut all: Vec<&mut Record> = all.filter(|record| record.rtype == RRSIG).collect();
        let at = self.numbers.below(all.len());
        (at < all.len()).then(|| all.swap_remove(at))
    }

    /// Returns a random name: the queried name or a name near it, a zone apex, or a name of the attacker.
    pub(crate) fn some_name(&mut self) -> Name {
        let name = self.message.name.clone();
        let suffix = name.suffix(self.numbers.below(name.count() + 1));
        let zones: Vec<Name> = self.world.zones.iter().map(|zone| zone.apex.clone()).collect();
        match self.numbers.below(6) {
            0 => Name::new("evil"),
            1 => Name::new("attacker"),
            2 => name.child("sub"),
            3 => self.pick(&zones).unwrap().clone(),
            4 => suffix.wildcard(),
            _ => suffix,
        }
    }
}

pub(crate) fn drop_record(draft: &mut Draft<'_>) {
    if let Some((section, at)) = draft.place() {
        draft.message.sections[section].remove(at);
    }
}

pub(crate) fn repeat_record(draft: &mut Draft<'_>) {
    if let Some((section, at)) = draft.place() {
        let record = draft.message.sections[section][at].clone();
        draft.message.sections[section].push(record);
    }
}

pub(crate) fn swap_records(draft: &mut Draft<'_>) {
    if let Some((section, at)) = draft.place() {
        let other = draft.numbers.below(draft.message.sections[section].len());
        draft.message.sections[section].swap(at, other);
    }
}

pub(crate) fn exchange_rdata(draft: &mut Draft<'_>) {
    if let (Some((one, at)), Some((two, to))) = (draft.place(), draft.place()) {
        let first = draft.message.sections[one][at].rdata.clone();
        let second = std::mem::replace(&mut draft.message.sections[two][to].rdata, first);
        draft.message.sections[one][at].rdata = second;
    }
}

pub(crate) fn drop_set(draft: &mut Draft<'_>) {
    if let Some((section, at)) = draft.place() {
        let (owner, rtype) = {
            let record = &draft.message.sections[section][at];
            (record.owner.clone(), record.covered())
        };
        draft.message.sections[section].retain(|record| record.owner != owner || record.covered() != rtype);
    }
}

pub(crate) fn drop_signatures(draft: &mut Draft<'_>) {
    if let Some(section) = draft.section() {
        draft.message.sections[section].retain(|record| record.rtype != RRSIG);
    }
}

pub(crate) fn move_owner(draft: &mut Draft<'_>) {
    let name = draft.some_name();
    if let Some(record) = draft.record() {
        record.owner = name;
    }
}

pub(crate) fn change_class(draft: &mut Draft<'_>) {
    let class = [3, 254, 255, 0][draft.numbers.below(4)];
    if let Some(record) = draft.record() {
        record.class = class;
    }
}

pub(crate) fn change_ttl(draft: &mut Draft<'_>) {
    let ttl = [0, 1, TTL + 1, u32::MAX][draft.numbers.below(4)];
    if let Some(record) = draft.record() {
        record.ttl = ttl;
    }
}

pub(crate) fn flip_octet(draft: &mut Draft<'_>) {
    let (at, bit) = (draft.numbers.below(4096), draft.numbers.below(8));
    if let Some(record) = draft.record().filter(|record| !record.rdata.is_empty()) {
        let at = at % record.rdata.len();
        record.rdata[at] ^= 1 << bit;
    }
}

pub(crate) fn move_section(draft: &mut Draft<'_>) {
    if let Some((section, at)) = draft.place() {
        let record = draft.message.sections[section].remove(at);
        let to = draft.numbers.below(3);
        draft.message.sections[to].push(record);
    }
}

fn unsigned(message: &Message, rtype: u16) -> Record {
    Record::new(&message.name, rtype, TTL, false_data(rtype))
}

pub(crate) fn add_unsigned(draft: &mut Draft<'_>) {
    let record = unsigned(&draft.message, draft.message.rtype);
    let at = draft.numbers.below(draft.message.sections[0].len() + 1);
    draft.message.sections[0].insert(at, record);
}

pub(crate) fn replace_unsigned(draft: &mut Draft<'_>) {
    draft.message.sections = [vec![unsigned(&draft.message, draft.message.rtype)], vec![], vec![]];
    draft.message.set_rcode(NOERROR);
}

/// Returns CNAME records to the attacker's names, and data at these names.
fn alias_records(draft: &mut Draft<'_>, targets: &[&str]) -> Vec<Record> {
    let (name, rtype) = (draft.message.name.clone(), draft.message.rtype);
    let targets: Vec<Name> = targets.iter().map(|target| Name::new(target)).collect();
    let alias = |target: &Name| Record::new(&name, CNAME, TTL, target.octets());
    let data = |target: &Name| Record::new(target, rtype, TTL, false_data(rtype));
    targets.iter().map(alias).chain(targets.iter().map(data)).collect()
}

/// Returns an RRSIG of arbitrary octets.
pub(crate) fn junk(owner: &Name, covered: u16, signer: &Name) -> Record {
    let mut rdata = [&covered.to_be_bytes()[..], &[13]].concat();
    rdata.push(u8::try_from(owner.count()).unwrap());
    for number in [TTL, crate::signer::VALID.until, crate::signer::VALID.from] {
        rdata.extend(number.to_be_bytes());
    }
    rdata.extend([0x12, 0x34]);
    rdata.extend(signer.octets());
    rdata.extend([0x42; 64]);
    Record::new(owner, RRSIG, TTL, rdata)
}

pub(crate) fn alias_unsigned(draft: &mut Draft<'_>) {
    draft.message.sections = [alias_records(draft, &["mx.evil"]), vec![], vec![]];
    draft.message.set_rcode(NOERROR);
}

/// Attack A: two CNAMEs at the owner, with a signature by `evil.`, and data at their targets.
pub(crate) fn two_aliases(draft: &mut Draft<'_>) {
    let mut records = alias_records(draft, &["one.evil", "two.evil"]);
    records.push(junk(&draft.message.name, CNAME, &Name::new("evil")));
    if draft.chance(2) {
        draft.message.sections[0].clear();
    }
    draft.message.sections[0].splice(0..0, records);
}

pub(crate) fn alias_beside_data(draft: &mut Draft<'_>) {
    let records = alias_records(draft, &["mx.evil"]);
    draft.message.sections[0].extend(records);
}

pub(crate) fn retarget(draft: &mut Draft<'_>) {
    let target = draft.some_name().octets();
    let is_alias = |record: &&mut Record| matches!(record.rtype, CNAME | DNAME);
    if let Some(record) = draft.message.sections[0].iter_mut().find(is_alias) {
        record.rdata = target;
    }
}

pub(crate) fn change_rcode(draft: &mut Draft<'_>) {
    let rcode = [NOERROR, NXDOMAIN, NXDOMAIN, SERVFAIL, 5, 1][draft.numbers.below(6)];
    draft.message.set_rcode(rcode);
}

/// Flips AA, TC, RD, RA, AD, CD, a bit of the opcode, or QR.
pub(crate) fn change_flags(draft: &mut Draft<'_>) {
    let flags = [0x0400, 0x0200, 0x0100, 0x0080, 0x0020, 0x0010, 0x2000, 0x8000];
    draft.message.flags ^= flags[draft.numbers.below(flags.len())];
}

/// Attack B: data with a signature by `evil.`, with a genuine denial and NXDOMAIN.
pub(crate) fn data_under_nxdomain(draft: &mut Draft<'_>) {
    let (name, rtype) = (draft.message.name.clone(), draft.message.rtype);
    let record = unsigned(&draft.message, rtype);
    draft.message.sections[0].extend([record, junk(&name, rtype, &Name::new("evil"))]);
    draft.message.set_rcode(NXDOMAIN);
}

/// Replaces the signer's name in RRSIG RDATA; the name starts at octet 18.
pub(crate) fn with_signer(rdata: &[u8], signer: &Name) -> Vec<u8> {
    let Some((_, end)) = Name::read(rdata, 18) else { return rdata.to_vec() };
    [&rdata[..18], &signer.octets(), &rdata[end..]].concat()
}

pub(crate) fn change_signer(draft: &mut Draft<'_>) {
    let signer = draft.some_name();
    if let Some(record) = draft.signature() {
        record.rdata = with_signer(&record.rdata, &signer);
    }
}

/// Changes the type covered, algorithm, labels, original TTL, expiration, inception or key tag.
pub(crate) fn change_signature(draft: &mut Draft<'_>) {
    let fields = [1, 2, 3, 3, 3, 7, 8, 12, 16, 17];
    let (field, value) = (fields[draft.numbers.below(fields.len())], draft.numbers.below(256));
    let less = draft.chance(2);
    if let Some(record) = draft.signature().filter(|record| record.rdata.len() > 18) {
        record.rdata[field] = match less {
            true => record.rdata[field].wrapping_sub(1),
            false => u8::try_from(value).unwrap(),
        };
    }
}

pub(crate) fn junk_signature(draft: &mut Draft<'_>) {
    let signer = draft.some_name();
    let name = draft.message.name.clone();
    let covered = if draft.chance(4) { DNSKEY } else { draft.message.rtype };
    draft.message.sections[0].push(junk(&name, covered, &signer));
}
