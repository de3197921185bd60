//! The questions of the tests, and the comparison of an answer with the truth.

use std::collections::BTreeSet;
use std::net::IpAddr;

use tlsagen::live::dns::{Answer, Data, Kind, LookupError, Security};

use crate::tree::{MAIL_ZONES, World};
use crate::truth::{Standing, Truth};
use crate::wire::{A, AAAA, CNAME, MX, NS, Name, TLSA};
use crate::zone::TTL;

pub(crate) type Question = (Name, Kind);

/// Questions about each zone of mail hosts.
const IN_MAIL_ZONES: [(&str, &str); 62] = [
    ("@", "MX"),
    ("@", "A"),
    ("mx", "A"),
    ("mx", "AAAA"),
    ("mx", "TLSA"),
    ("mx2", "AAAA"),
    ("_25._tcp.mx", "TLSA"),
    ("_25._tcp.mx", "A"),
    ("_tcp.mx", "TLSA"),
    ("_25._tcp.mx2", "TLSA"),
    ("_26._tcp.mx", "TLSA"),
    ("null", "MX"),
    ("nothing", "A"),
    ("nothing", "MX"),
    ("not.hing.at.all", "TLSA"),
    ("host.w", "A"),
    ("host.w", "MX"),
    ("host.w", "AAAA"),
    ("two.labels.w", "A"),
    ("_25._tcp.w", "TLSA"),
    ("w", "A"),
    ("*.w", "A"),
    ("closer.w", "A"),
    ("closer.w", "AAAA"),
    ("closer.w", "MX"),
    ("far.closer.w", "A"),
    ("ent.w", "A"),
    ("far.ent.w", "A"),
    ("deep.ent.w", "A"),
    ("_25._tcp.x", "TLSA"),
    ("_443._tcp.x", "TLSA"),
    ("_tcp.x", "TLSA"),
    ("host.wc", "A"),
    ("host.wc", "CNAME"),
    ("host.wc", "MX"),
    ("c", "A"),
    ("b.c", "TLSA"),
    ("alias", "A"),
    ("alias", "MX"),
    ("alias", "CNAME"),
    ("_25._tcp.alias", "TLSA"),
    ("one", "A"),
    ("one", "TLSA"),
    ("cross", "A"),
    ("_25._tcp.cross", "TLSA"),
    ("crosswild", "A"),
    ("crossempty", "AAAA"),
    ("away", "A"),
    ("_25._tcp.away", "TLSA"),
    ("gone", "A"),
    ("crossgone", "AAAA"),
    ("loop", "A"),
    ("mx.dn", "A"),
    ("_25._tcp.mx.dn", "TLSA"),
    ("nothing.dn", "A"),
    ("a.near", "A"),
    ("dn", "A"),
    ("only", "A"),
    ("mx.insecure", "A"),
    ("mx.sub.only", "A"),
    ("insecure", "MX"),
    ("expired", "AAAA"),
];

/// Questions about each of the small zones.
const IN_SMALL_ZONES: [(&str, &str); 7] = [
    ("@", "MX"),
    ("mx", "A"),
    ("_25._tcp.mx", "TLSA"),
    ("host.w", "A"),
    ("alias", "A"),
    ("nothing", "A"),
    ("mx", "AAAA"),
];

const SMALL_ZONES: [&str; 10] = [
    "child.victim",
    "child.n3",
    "child.optout",
    "child.rsa",
    "attacker",
    "evil",
    "ed448",
    "n500",
    "sha512",
    "island.victim",
];

/// Returns all questions.
pub(crate) fn questions() -> Vec<Question> {
    let mut all = vec![(Name::new("nowhere"), Kind::A), (Name::new("mx.nowhere"), Kind::Tlsa)];
    let mut ask = |zone: &str, list: &[(&str, &str)]| {
        let zone = Name::new(zone);
        all.extend(list.iter().map(|(name, kind)| (Name::relative(name, &zone), kind_of(kind))));
    };
    MAIL_ZONES.iter().for_each(|(zone, _)| ask(zone, &IN_MAIL_ZONES));
    SMALL_ZONES.iter().for_each(|zone| ask(zone, &IN_SMALL_ZONES));
    let zones = MAIL_ZONES.iter().map(|(zone, _)| zone).chain(&SMALL_ZONES);
    all.extend(zones.map(|zone| (Name::new(zone), kind_of("NS"))));
    all
}

fn kind_of(text: &str) -> Kind {
    match text {
        "A" => Kind::A,
        "AAAA" => Kind::Aaaa,
        "MX" => Kind::Mx,
        "TLSA" => Kind::Tlsa,
        "NS" => Kind::Ns,
        "CNAME" => Kind::Cname,
        other => panic!("no such kind: {other}"),
    }
}

/// Returns the number and the name of the record type.
pub(crate) fn rtype(kind: Kind) -> (u16, &'static str) {
    match kind {
        Kind::A => (A, "A"),
        Kind::Aaaa => (AAAA, "AAAA"),
        Kind::Mx => (MX, "MX"),
        Kind::Tlsa => (TLSA, "TLSA"),
        Kind::Ns => (NS, "NS"),
        Kind::Cname => (CNAME, "CNAME"),
        Kind::Srv => panic!("no question is about SRV records"),
    }
}

/// Converts the data of an answer to RDATA in canonical form.
fn octets(data: &[Data]) -> BTreeSet<Vec<u8>> {
    let one = |data: &Data| match data {
        Data::Address(IpAddr::V4(address)) => address.octets().to_vec(),
        Data::Address(IpAddr::V6(address)) => address.octets().to_vec(),
        Data::Mx { preference, exchange } => {
            [preference.to_be_bytes().to_vec(), Name::new(exchange.as_str()).canonical()].concat()
        }
        Data::Tlsa(tlsa) => [&[tlsa.usage, tlsa.selector, tlsa.matching_type][..], &tlsa.data].concat(),
        Data::Srv { .. } => panic!("no question is about SRV records"),
        Data::Cname(target) | Data::Ns(target) => Name::new(target.as_str()).canonical(),
    };
    data.iter().map(one).collect()
}

/// The outcome of a lookup, for the statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    Secure,
    SecureDenial,
    Insecure,
    Bogus,
    Error,
}

pub(crate) fn outcome(answer: &Result<Answer, LookupError>) -> Outcome {
    match answer {
        Err(_) => Outcome::Error,
        Ok(Answer { security: Security::Bogus(_), .. }) => Outcome::Bogus,
        Ok(Answer { security: Security::Insecure(_), .. }) => Outcome::Insecure,
        Ok(answer) if answer.data.is_empty() => Outcome::SecureDenial,
        Ok(_) => Outcome::Secure,
    }
}

/// Returns why an answer must not be given, whatever the replies were; `None` if it may be given.
pub(crate) fn fault(
    world: &World,
    question: &Question,
    answer: &Result<Answer, LookupError>,
) -> Option<String> {
    let truth = world.truth(&question.0, rtype(question.1).0);
    // In the attacker's own zone, any answer is possible.
    let attacker = Name::new("attacker");
    if truth.as_ref().is_some_and(|truth| truth.zones.contains(&attacker)) {
        return None;
    }
    let Ok(answer) = answer else { return None };
    match (&answer.security, truth) {
        (Security::Bogus(_), _) => None,
        (Security::Insecure(_), None) => Some("insecure, but every alias of the loop is signed".to_owned()),
        (Security::Insecure(_), Some(truth)) if may_be_insecure(&truth) => None,
        (Security::Insecure(_), Some(_)) => Some("insecure, but all of it is in signed zones".to_owned()),
        (Security::Secure, None) => Some("secure, but the aliases are a loop".to_owned()),
        (Security::Secure, Some(truth)) => differs(answer, &truth),
    }
}

/// Whether an attacker can make a name look insecure without a broken signature.
fn may_be_insecure(truth: &Truth) -> bool {
    truth.standing != Standing::Secure || truth.zones.contains(&Name::new("n500"))
}

/// Returns how a secure answer differs from the truth, or that the truth cannot be secure.
fn differs(answer: &Answer, truth: &Truth) -> Option<String> {
    let wrong = |what: &str| Some(format!("secure, but {what}; the truth is {truth:?}"));
    if truth.standing == Standing::Unsigned {
        return wrong("it is in an unsigned zone");
    }
    if octets(&answer.data) != truth.data {
        return wrong("the data are others");
    }
    if answer.canonical.as_str() != truth.canonical.text() {
        return wrong("the canonical name is another");
    }
    if !truth.data.is_empty() && answer.ttl != Some(TTL) {
        return wrong("the TTL is not the signed one");
    }
    if !truth.data.is_empty() && answer.holder.as_str() != truth.holder.text() {
        return wrong("the holder is another");
    }
    None
}

/// Returns why an answer from honest replies is wrong; `None` if it is right.
pub(crate) fn honest_fault(
    world: &World,
    question: &Question,
    answer: &Result<Answer, LookupError>,
) -> Option<String> {
    let (answer, truth) = match (answer, world.truth(&question.0, rtype(question.1).0)) {
        (Err(_), None) => return None,
        (Ok(answer), Some(truth)) => (answer, truth),
        (Ok(_), None) => return Some("an answer, but the aliases are a loop".to_owned()),
        (Err(error), Some(_)) => return Some(format!("no answer: {}", error.reason)),
    };
    match (&answer.security, truth.standing) {
        (Security::Secure, Standing::Secure) => differs(answer, &truth),
        (Security::Insecure(_), Standing::Secure) => Some("insecure, but it can be proven".to_owned()),
        (Security::Secure, standing) => Some(format!("secure, but it is {standing:?}")),
        (Security::Bogus(reason), _) => Some(format!("bogus: {reason}")),
        (Security::Insecure(_), _) if octets(&answer.data) != truth.data => Some("other data".to_owned()),
        (Security::Insecure(_), _) if answer.canonical.as_str() != truth.canonical.text() => {
            Some("another canonical name".to_owned())
        }
        (Security::Insecure(_), _) => None,
    }
}
