//! Honest replies: of a recursive resolver that is asked with CD, and of a server that has authority alone.

use crate::tree::World;
use crate::wire::{CNAME, DNAME, Message, NOERROR, NXDOMAIN, Name, Record, target};
use crate::zone::{Set, Zone};

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Follows aliases to their end (RFC 6604: the RCODE is that of the last name).
    Recursive,
    /// Follows aliases inside the zone alone.
    Authoritative,
}

/// Aliases that one reply follows.
const MOST_ALIASES: usize = 9;

/// What a zone has for a question.
enum Found<'z> {
    /// The set asked for, or a CNAME; at a wildcard or not.
    Data { set: &'z Set, expanded: bool },
    /// An alias for everything below its owner.
    Dname(&'z Set),
    /// The name, not the type; with the proof.
    NoData(Vec<&'z Set>),
    /// Not even the name; with the proof.
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
        // QR, with RD and CD of the query; RA or AA.
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

    /// The reply to a question of ours.
    pub(crate) fn answer(&self, name: &Name, rtype: u16, mode: Mode) -> Message {
        let sections = Default::default();
        self.reply(&Message { id: 0, flags: 0x0110, name: name.clone(), rtype, sections }, mode)
    }
}

/// Adds sets to a section, each once.
pub(crate) fn add(section: &mut Vec<Record>, sets: &[&Set]) {
    for record in sets.iter().flat_map(|set| set.records()) {
        if !section.contains(&record) {
            section.push(record);
        }
    }
}
