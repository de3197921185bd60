//! A message of the DNS to the records that were asked for: RFC 1035 section 4.1.

use std::fmt;
use std::net::IpAddr;

use domain::base::iana::Class;
use domain::base::{Message, Rtype};
use domain::rdata::{AllRecordData, Cname};

use super::{Answer, Data, Kind, Security};
use crate::records::Published;

pub(super) fn text_of(name: &impl fmt::Display) -> String {
    name.to_string().trim_end_matches('.').to_ascii_lowercase()
}

/// The records of `kind` behind the aliases of `name`.
pub(super) fn read<Octs: AsRef<[u8]> + domain::dep::octseq::Octets>(
    message: &Message<Octs>,
    name: &str,
    kind: Kind,
    security: Security,
) -> Result<Answer, String> {
    let unreadable = |_| "the answer cannot be read".to_owned();
    let mut aliases = Vec::new();
    let mut records = Vec::new();
    // Owner and labels of signatures.
    let mut signed = Vec::new();
    for record in message.answer().map_err(unreadable)?.limit_to_in::<AllRecordData<_, _>>() {
        let record = record.map_err(unreadable)?;
        if record.class() != Class::IN {
            continue;
        }
        let owner = text_of(record.owner());
        let data = match record.data() {
            AllRecordData::Cname(cname) => {
                aliases.push((owner.clone(), target(cname)));
                Data::Cname(target(cname))
            }
            AllRecordData::A(a) => Data::Address(IpAddr::V4(a.addr())),
            AllRecordData::Aaaa(aaaa) => Data::Address(IpAddr::V6(aaaa.addr())),
            AllRecordData::Mx(mx) => {
                Data::Mx { preference: mx.preference(), exchange: text_of(mx.exchange()) }
            }
            AllRecordData::Tlsa(tlsa) => Data::Tlsa(Published {
                usage: tlsa.usage().to_int(),
                selector: tlsa.selector().to_int(),
                matching_type: tlsa.matching_type().to_int(),
                data: tlsa.data().as_ref().to_vec(),
            }),
            AllRecordData::Rrsig(rrsig) if rrsig.type_covered() == kind.rtype() => {
                signed.push((owner, usize::from(rrsig.labels())));
                continue;
            }
            _ => continue,
        };
        records.push((owner, data));
    }
    let mut canonical = name.to_owned();
    if kind != Kind::Cname {
        // As many hops as there are aliases is a circle.
        for _ in 0..aliases.len() {
            if let Some((_, target)) = aliases.iter().find(|(owner, _)| *owner == canonical) {
                canonical.clone_from(target);
            }
        }
    }
    let wanted = |data: &Data| match kind {
        Kind::A => matches!(data, Data::Address(IpAddr::V4(_))),
        Kind::Aaaa => matches!(data, Data::Address(IpAddr::V6(_))),
        Kind::Mx => matches!(data, Data::Mx { .. }),
        Kind::Tlsa => matches!(data, Data::Tlsa(_)),
        Kind::Cname => matches!(data, Data::Cname(_)),
    };
    let data = records.into_iter().filter(|(owner, data)| *owner == canonical && wanted(data));
    let data = data.map(|(_, data)| data).collect();
    let labels = signed.into_iter().filter(|(owner, _)| *owner == canonical).map(|(_, labels)| labels).min();
    let holder = labels.and_then(|labels| wildcard(&canonical, labels)).unwrap_or_else(|| canonical.clone());
    Ok(Answer { security, canonical, holder, data })
}

/// The wildcard that `name` comes from, by the labels that its signature counts (RFC 4034 section 3.1.3).
fn wildcard(name: &str, labels: usize) -> Option<String> {
    let all: Vec<&str> = name.split('.').collect();
    let below = all.get(all.len().checked_sub(labels)?..)?;
    (below.len() < all.len()).then(|| [&["*"], below].concat().join("."))
}

fn target<N: fmt::Display>(cname: &Cname<N>) -> String {
    text_of(cname.cname())
}

/// Whether the end of the answer is a proper denial, which has the zone's SOA (RFC 2308 section 2).
pub(super) fn has_soa<Octs: domain::dep::octseq::Octets>(message: &Message<Octs>) -> bool {
    let Ok(authority) = message.authority() else { return false };
    authority.into_iter().flatten().any(|record| record.rtype() == Rtype::SOA)
}
