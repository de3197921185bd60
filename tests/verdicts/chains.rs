//! Random hierarchies, and what a server sends of them.

use std::fmt::Write as _;

use crate::chance::{Choices, numbers_of};
use crate::craft::{KEYS, Made, Plan, USUAL, Workshop, key_id};
use crate::extensions::{AUTHORITY_ID, CERT_SIGN, CRL_SIGN};
use crate::extensions::{alt_names, authority_id, ca, dns, key_usage, no_ca, subject_id};
use crate::names::{Spelling, name};
use crate::numbers::Numbers;
use crate::oddities::{generalized, spoil, utc};

pub(crate) const HOST: &str = "mx.example.com";
/// A second reference identifier, which some servers have instead.
pub(crate) const NEXTHOP: &str = "other.test";

/// A server's certificates.
pub(crate) struct Chain {
    /// All certificates, that of the server first.
    pub(crate) made: Vec<Made>,
    /// What the server sends, in this order; starts with 0.
    pub(crate) sent: Vec<usize>,
    /// The self-signed CAs, which clients with a trust store trust.
    pub(crate) store: Vec<usize>,
    /// The names that clients ask for.
    pub(crate) names: &'static [&'static str],
}

/// A name and a key.
#[derive(Clone)]
struct Entity {
    name: String,
    spelling: Spelling,
    key: usize,
    serial: u64,
    /// The issuer of its usual certificate.
    issuer: Vec<u8>,
}

impl Entity {
    fn dn(&self) -> Vec<u8> {
        name(&self.name, self.spelling)
    }
}

/// Each second group of eight seeds has one hierarchy, whose CAs are sent in eight orders.
const ORDERS: u64 = 8;

impl Chain {
    pub(crate) fn new(seed: u64, workshop: &mut Workshop) -> Self {
        let in_orders = (seed / ORDERS).is_multiple_of(2);
        let mut numbers = numbers_of(if in_orders { seed / ORDERS } else { seed ^ 0x5eed_0000_0000 });
        let plans = plans(&mut numbers);
        let made: Vec<Made> = plans.iter().map(|plan| workshop.make(plan)).collect();
        let mut sent = sent(&plans, &mut numbers);
        if in_orders {
            // Four CAs have 24 orders: each hierarchy gets a third of them.
            order(&mut sent[1..], usize::try_from(seed % ORDERS + ORDERS * (seed / ORDERS / 2 % 3)).unwrap());
        } else if numbers.one_in(3) {
            numbers.shuffle(&mut sent[1..]);
        }
        let is_self_signed = |at: &usize| {
            let plan = &plans[*at];
            *at > 0 && plan.subject == plan.issuer && plan.key == plan.signer
        };
        let store = (0..plans.len()).filter(is_self_signed).collect();
        let names = if numbers.one_in(6) { &[HOST, NEXTHOP][..] } else { &[HOST] };
        Self { made, sent, store, names }
    }
}

/// Puts the items into the order with this number.
pub(crate) fn order(items: &mut [usize], number: usize) {
    let mut rest = number;
    for at in 0..items.len() {
        let left = items.len() - at;
        items[at..].rotate_left(rest % left);
        rest /= left;
    }
}

/// The certificate of the server, then those of the CAs from the nearest to the highest, then others.
fn plans(numbers: &mut Numbers) -> Vec<Plan> {
    let entities = entities(numbers);
    let top = entities.len() - 1;
    let mut plans = Vec::new();
    // A server without a CA signs its own certificate.
    let server = Entity {
        name: HOST.to_owned(),
        spelling: Spelling::Utf8,
        key: if numbers.one_in(10) { numbers.below(KEYS.len()) } else { 8 },
        serial: 7,
        issuer: Vec::new(),
    };
    let issuer = if numbers.one_in(14) { &server } else { &entities[0] };
    let mut leaf = plan(&server, issuer, true, numbers);
    if numbers.one_in(2) {
        spoil(&mut leaf, true, numbers);
    }
    if numbers.one_in(8) {
        spoil(&mut leaf, true, numbers);
    }
    plans.push(leaf);
    for (at, entity) in entities.iter().enumerate() {
        let issuer = &entities[(at + 1).min(top)];
        let usual = of_ca(entity, issuer, 4, numbers);
        let mut own = vec![usual.clone()];
        while numbers.one_in(4) && own.len() < 3 {
            own.push(another(&usual, at, &entities, numbers));
        }
        numbers.shuffle(&mut own);
        plans.extend(own);
    }
    // A CA that signed nothing.
    let stranger = Entity { name: "Stranger".to_owned(), key: 9, serial: 9, ..entities[top].clone() };
    plans.push(of_ca(&stranger, &stranger, 9, numbers));
    plans
}

/// One to four CAs, the nearest to the server first.
fn entities(numbers: &mut Numbers) -> Vec<Entity> {
    let mut entities: Vec<Entity> = Vec::new();
    for at in 0..=numbers.below(4) {
        let key = if numbers.one_in(20) { USUAL + numbers.below(KEYS.len() - USUAL) } else { at };
        let mut entity = Entity {
            name: format!("CA {at}"),
            spelling: Spelling::of_entity(numbers),
            key,
            serial: 1000 + u64::try_from(at).unwrap(),
            issuer: Vec::new(),
        };
        // Namesakes; neighbours of one name make a self-issued certificate.
        if let Some(other) = entities.last()
            && numbers.one_in(7)
        {
            (entity.name, entity.spelling) = (other.name.clone(), other.spelling);
        }
        entities.push(entity);
    }
    let names: Vec<Vec<u8>> = entities.iter().map(Entity::dn).collect();
    for (at, entity) in entities.iter_mut().enumerate() {
        entity.issuer = names.get(at + 1).unwrap_or(&names[at]).clone();
    }
    entities
}

/// A certificate with nothing odd but, seldom, its names and identifiers.
fn plan(entity: &Entity, issuer: &Entity, is_server: bool, numbers: &mut Numbers) -> Plan {
    let mut extensions = if is_server {
        vec![no_ca(None), alt_names(&[dns(HOST)])]
    } else {
        vec![ca(None), key_usage(&[CERT_SIGN, CRL_SIGN])]
    };
    if numbers.one_in(5) {
        extensions.truncate(if is_server { 2 } else { 1 });
    }
    let mut label =
        format!("{} ({}) by {} ({})", entity.name, KEYS[entity.key].0, issuer.name, KEYS[issuer.key].0);
    match numbers.below(6) {
        0 => label.push_str(", no SKI"),
        _ => extensions.push(subject_id(&key_id(entity.key))),
    }
    let (id, dn) = (key_id(issuer.key), issuer.dn());
    let certificate = Some((issuer.issuer.as_slice(), issuer.serial));
    let (words, authority) = match numbers.below(24) {
        0 => (", AKI serial", Some(authority_id(None, certificate))),
        1 => (", AKI key and serial", Some(authority_id(Some(&id), certificate))),
        2 => (", AKI other serial", Some(authority_id(None, Some((&issuer.issuer, 1))))),
        3 => (", AKI key and other issuer", Some(authority_id(Some(&id), Some((&dn, issuer.serial))))),
        4 => (", AKI other key", Some(authority_id(Some(&[7; 20]), None))),
        5..9 => (", no AKI", None),
        _ => ("", Some(authority_id(Some(&id), None))),
    };
    label.push_str(words);
    extensions.extend(authority);
    let mut spelt = |of: &Entity, what: &str| {
        let spelling = of.spelling.once(numbers);
        if spelling != Spelling::Utf8 {
            let _ = write!(label, ", {what} {spelling:?}");
        }
        name(&of.name, spelling)
    };
    let (subject, issued_by) = (spelt(entity, "subject"), spelt(issuer, "issuer"));
    Plan {
        label,
        version: 3,
        serial: entity.serial,
        subject,
        issuer: issued_by,
        key: entity.key,
        signer: issuer.key,
        digest: "sha256",
        forged: false,
        other_algorithm: None,
        not_before: utc("200101000000Z"),
        not_after: generalized("20990101000000Z"),
        extensions,
    }
}

/// A CA's certificate, odd in one of so many.
fn of_ca(entity: &Entity, issuer: &Entity, odds: usize, numbers: &mut Numbers) -> Plan {
    let mut plan = plan(entity, issuer, false, numbers);
    while numbers.one_in(odds) {
        spoil(&mut plan, false, numbers);
    }
    plan
}

/// Another certificate of the CA with this number.
fn another(usual: &Plan, at: usize, entities: &[Entity], numbers: &mut Numbers) -> Plan {
    let entity = &entities[at];
    let top = entities.len() - 1;
    let re_keyed = || Entity { key: 4 + at % 4, serial: 50, ..entity.clone() };
    let (label, mut plan) = match numbers.below(9) {
        0..3 => ("twin", Plan { serial: 2000 + usual.serial, ..usual.clone() }),
        3 => ("self-signed", of_ca(entity, entity, 9, numbers)),
        4 => ("cross-signed", of_ca(entity, &entities[at + numbers.below(top - at + 1)], 9, numbers)),
        // A loop, if there is anything below.
        5 => ("by one below", of_ca(entity, &entities[numbers.below(at.max(1))], 9, numbers)),
        6 => ("re-keyed", of_ca(&re_keyed(), &entities[(at + 1).min(top)], 9, numbers)),
        7 => ("re-keyed by the old key", of_ca(&re_keyed(), entity, 9, numbers)),
        _ => ("old by the new key", of_ca(entity, &re_keyed(), 9, numbers)),
    };
    plan.label.push_str(", ");
    plan.label.push_str(label);
    if numbers.one_in(3) {
        spoil(&mut plan, false, numbers);
    }
    if numbers.one_in(6) {
        plan.without(AUTHORITY_ID);
    }
    plan
}

/// What is sent, mostly all but the highest and the stranger.
fn sent(plans: &[Plan], numbers: &mut Numbers) -> Vec<usize> {
    let last = plans.len() - 1;
    let mut sent = vec![0];
    for at in 1..plans.len() {
        let left_out = match at {
            at if at == last => !numbers.one_in(9),
            at if at + 1 == last => numbers.one_in(3),
            _ => numbers.one_in(9),
        };
        if !left_out {
            sent.push(at);
        }
    }
    if sent.len() > 1 && numbers.one_in(12) {
        let (at, again) = (1 + numbers.below(sent.len()), 1 + numbers.below(sent.len() - 1));
        sent.insert(at, sent[again]);
    }
    sent
}
