//! Honest replies: of a recursive resolver to queries with CD set, and of an authoritative-only server.

use crate::tree::World;
use crate::wire::{CNAME, DNAME, Message, NOERROR, NXDOMAIN, Name, Record, target};
use crate::zone::{Set, Zone};

/// The kind of server that replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Follows CNAMEs and DNAMEs to the end (RFC 6604: the RCODE is that of the last name).
    Recursive,
    /// Follows CNAMEs and DNAMEs only within the zone.
    Authoritative,
}

/// Maximum number of CNAMEs and DNAMEs that one reply follows.
const MOST_ALIASES: usize = 9;

/// The result of looking up a name and type in one zone.
enum Found<'z> {
    /// The requested set or a CNAME; `expanded` if it comes from a wildcard.
    Data { set: &'z Set, expanded: bool },
    /// A DNAME at a name above.
    Dname(&'z Set),
    /// The name exists, but not the type; with the proof.
    NoData(Vec<&'z Set>),
    /// The name does not exist; with the proof.
    NoName(Vec<&'z Set>),
}

fn find<'z>(zone: &'z Zone, name: &Name, rtype: u16) -> Found<'z> {
    let at = |owner: &Name| zone.get(owner, rtype).or_else(|| zone.get(owner, CNAME));
    if zone.nodes.contains(name) {
        return match at(name) {
            Some(set) => Found::Data { set, expanded: false },
            None => Found::NoData(zone.prove_no_data(name)),
        };
    }
    let encloser = zone.closest_encloser(name);
    if let Some(set) = zone.get(&encloser, DNAME) {
        return Found::Dname(set);
    }
    let wildcard = encloser.wildcard();
    match at(&wildcard) {
        Some(set) => Found::Data { set, expanded: true },
        None if zone.nodes.contains(&wildcard) => Found::NoData(zone.prove_wildcard_no_data(name)),
        None => Found::NoName(zone.prove_no_name(name)),
    }
}

impl World {
    /// The reply to `query`.
    pub(crate) fn reply(&self, query: &Message, mode: Mode) -> Message {
        let mut reply = query.clone();
        // Set QR, copy RD and CD from the query, and set RA or AA.
        reply.flags = 0x8000 | query.flags & 0x0110;
        reply.flags |= if mode == Mode::Recursive { 0x0080 } else { 0x0400 };
        let [answer, authority, _] = &mut reply.sections;
        let mut rcode = NOERROR;
        let mut name = query.name.clone();
        for _ in 0..MOST_ALIASES {
            let zone = self.zone(&name, query.rtype);
            let next = match find(zone, &name, query.rtype) {
                Found::Data { set, expanded } => {
                    answer.extend(set.records_at(&name));
                    if expanded {
                        add(authority, &zone.prove_no_closer(&name));
                    }
                    let is_alias = set.rtype == CNAME && query.rtype != CNAME;
                    is_alias.then(|| target(&set.data[0]))
                }
                Found::Dname(set) => {
                    let next = name.moved(&set.owner, &target(&set.data[0]));
                    answer.extend(set.records());
                    answer.push(Record::new(&name, CNAME, set.ttl, next.octets()));
                    Some(next)
                }
                Found::NoData(proof) => {
                    add(authority, &[&[zone.soa()], &proof[..]].concat());
                    None
                }
                Found::NoName(proof) => {
                    add(authority, &[&[zone.soa()], &proof[..]].concat());
                    rcode = NXDOMAIN;
                    None
                }
            };
            let Some(next) = next else { break };
            if mode == Mode::Authoritative && self.zone(&next, query.rtype).apex != zone.apex {
                break;
            }
            name = next;
        }
        reply.set_rcode(rcode);
        reply
    }

    /// Returns the reply to a question with RD and CD set.
    pub(crate) fn answer(&self, name: &Name, rtype: u16, mode: Mode) -> Message {
        let sections = Default::default();
        self.reply(&Message { id: 0, flags: 0x0110, name: name.clone(), rtype, sections }, mode)
    }
}

/// Adds the records of `sets` to a section, without duplicates.
pub(crate) fn add(section: &mut Vec<Record>, sets: &[&Set]) {
    for record in sets.iter().flat_map(|set| set.records()) {
        if !section.contains(&record) {
            section.push(record);
        }
    }
}
