//! Finds the right parameters of association data that is published with wrong ones: RFC 6698 section 2.1.

use std::collections::HashMap;

use crate::chain::Chain;
use crate::generate;
use crate::records::Published;
use crate::tlsa::{MatchingType, Params, Selector, Usage};

/// Returns the `records` whose association data describes a certificate of the chain with other parameters, and these
/// parameters.
pub fn crossed<'r>(
    chain: &Chain,
    records: impl Iterator<Item = &'r Published>,
) -> HashMap<&'r Published, Params> {
    let mut records = records.peekable();
    let mut known: HashMap<Vec<u8>, Params> = HashMap::new();
    if records.peek().is_none() {
        return HashMap::new();
    }
    let end_entities = chain.end_entities().map(|member| (member, Usage::DaneEe));
    let cas = chain.members().filter(|member| !member.is_end_entity()).map(|ca| (ca, Usage::DaneTa));
    for (member, usage) in end_entities.chain(cas) {
        for selector in [Selector::Cert, Selector::Spki] {
            for matching_type in [MatchingType::Full, MatchingType::Sha2_256, MatchingType::Sha2_512] {
                let params = Params { usage, selector, matching_type };
                if let Ok(tlsa) = generate::describe(member.certificate(), params) {
                    known.entry(tlsa.data().to_vec()).or_insert(params);
                }
            }
        }
    }
    let right = |record: &Published| {
        let params = *known.get(&record.data)?;
        let usage = match (Usage::from_number(record.usage).is_some_and(Usage::is_pkix), params.usage) {
            (true, Usage::DaneEe) => Usage::PkixEe,
            (true, _) => Usage::PkixTa,
            (false, usage) => usage,
        };
        let params = Params { usage, ..params };
        (record.params() != Some(params)).then_some(params)
    };
    records.filter_map(|record| Some((record, right(record)?))).collect()
}
