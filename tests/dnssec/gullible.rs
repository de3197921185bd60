//! Tests the checks of the other tests: they must often report a fault in a resolver that believes forged replies.

use std::collections::BTreeMap;
use std::net::IpAddr;

use tlsagen::live::dns::{Answer, Data, Kind, LookupError, Security};
use tlsagen::owner::DomainName;
use tlsagen::records::Published;

use crate::authority::Mode;
use crate::exchange::{WORLD, ask};
use crate::forged::case;
use crate::forger::Forger;
use crate::questions::{Question, fault, questions, rtype};
use crate::wire::{Message, NXDOMAIN, Name, RRSIG};
use crate::zone::TTL;

/// Decodes one record of an answer; `None` if the octets are not valid.
fn data(kind: Kind, rdata: &[u8]) -> Option<Data> {
    Some(match kind {
        Kind::A => Data::Address(IpAddr::from(<[u8; 4]>::try_from(rdata).ok()?)),
        Kind::Aaaa => Data::Address(IpAddr::from(<[u8; 16]>::try_from(rdata).ok()?)),
        Kind::Mx => Data::Mx {
            preference: u16::from_be_bytes([*rdata.first()?, *rdata.get(1)?]),
            exchange: DomainName::new(&Name::read(rdata, 2)?.0.text()),
        },
        Kind::Ns => Data::Ns(DomainName::new(&Name::read(rdata, 0)?.0.text())),
        Kind::Cname => Data::Cname(DomainName::new(&Name::read(rdata, 0)?.0.text())),
        Kind::Srv => return None,
        Kind::Tlsa => {
            let [usage, selector, matching_type, data @ ..] = rdata else { return None };
            let data = data.to_vec();
            let (usage, selector, matching_type) = (*usage, *selector, *matching_type);
            Data::Tlsa(Published { usage, selector, matching_type, data })
        }
    })
}

/// A resolver that believes every NXDOMAIN, and every reply that contains an RRSIG over the type.
fn believe((name, kind): &Question, forger: Forger) -> Result<Answer, LookupError> {
    let (rtype, _) = rtype(*kind);
    let query = Message { id: 0, flags: 0x0110, name: name.clone(), rtype, sections: Default::default() };
    let (draft, _) = forger.forge(&WORLD, &query);
    let message = draft.message;
    let answer = &message.sections[0];
    let is_signed = answer.iter().any(|record| record.rtype == RRSIG && record.covered() == rtype);
    let here = answer.iter().filter(|record| record.rtype == rtype && record.owner == *name);
    let found: Vec<Data> = here.filter_map(|record| data(*kind, &record.rdata)).collect();
    if !(is_signed && !found.is_empty() || message.rcode() == NXDOMAIN && found.is_empty()) {
        return Err(LookupError {
            question: name.text(),
            reason: "nothing to believe".to_owned(),
            is_of_servers: false,
        });
    }
    let canonical = DomainName::new(&name.text());
    let holder = canonical.clone();
    Ok(Answer { security: Security::Secure, canonical, holder, data: found, ttl: Some(TTL), expires: None })
}

#[test]
fn a_resolver_that_believes_everything_is_found_out() {
    let questions = questions();
    let mut faults: BTreeMap<String, usize> = BTreeMap::new();
    for number in 0..2000 {
        let ([question, _], forger) = case(1, number, &questions);
        let answer = believe(&question, forger);
        if let Some(fault) = fault(&WORLD, &question, &answer) {
            let kind = if answer.unwrap().data.is_empty() { "denial" } else { "data" };
            *faults.entry(format!("{kind}: {}", fault.split(';').next().unwrap())).or_default() += 1;
        }
    }
    eprintln!("{faults:#?}");
    for expected in ["data: secure, but the data are others", "denial: secure, but the data are others"] {
        assert!(faults.get(expected).is_some_and(|count| *count >= 50), "{expected}: {faults:?}");
    }
}

#[test]
fn an_answer_that_is_wrong_in_one_thing_is_found_out() {
    let question = (Name::new("mx2.victim"), Kind::A);
    let right = Answer {
        security: Security::Secure,
        canonical: DomainName::new("mx2.victim"),
        holder: DomainName::new("mx2.victim"),
        data: vec![Data::Address(IpAddr::from([192, 0, 2, 27]))],
        ttl: Some(TTL),
        expires: None,
    };
    let judge = |answer: Answer| fault(&WORLD, &question, &Ok(answer));
    assert_eq!(judge(right.clone()), None);
    let other = Data::Address(IpAddr::from([192, 0, 2, 28]));
    assert!(judge(Answer { data: vec![], ..right.clone() }).is_some());
    assert!(judge(Answer { data: vec![right.data[0].clone(), other], ..right.clone() }).is_some());
    assert!(judge(Answer { canonical: DomainName::new("mx.victim"), ..right.clone() }).is_some());
    assert!(judge(Answer { holder: DomainName::new("*.victim"), ..right.clone() }).is_some());
    assert!(judge(Answer { ttl: Some(TTL + 1), ..right.clone() }).is_some());
    // An insecure answer comes from the validator itself, because nothing else can make the reason.
    let resolver = crate::exchange::resolver(&WORLD, crate::exchange::NOW, |query| {
        WORLD.reply(query, Mode::Recursive).encode()
    });
    let security = ask(&resolver, "mx.evil", Kind::A).unwrap().security;
    assert!(judge(Answer { security, ..right }).is_some());
}
