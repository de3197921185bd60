//! Checks published records against a chain: RFC 6698 section 4.1, RFC 7671 sections 5, 8 and 9. Performs no I/O.

mod crossed;
mod judge;
mod offer;
mod outcome;
mod report;
mod table;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use time::OffsetDateTime;

use crate::chain::{Chain, ChainError, Link};
use crate::generate::{self, Material};
use crate::owner::{HostName, Owner};
use crate::records::{Found, Published};
use crate::text;
use crate::tlsa::{Params, Usage};
use crate::x509::Certificate;

pub use crossed::crossed;
use judge::Judge;
use offer::{Above, Offer};
use outcome::{Doubt, Outcome};
pub use report::{Coverage, Described, Judged, Needed, Report, Status, Verdict};
use table::Table;

/// The settings of a client's checks: names, protocol, trust store and time.
#[derive(Debug, Clone, Copy)]
pub struct Policy<'a> {
    /// Reference identifiers: for usages 0 to 2, the end entity must have one of these names (RFC 7671 section 10.2).
    pub names: &'a [HostName],
    /// Whether the client is an SMTP server, for which usages 0 and 1 are unusable (RFC 7672 section 3.1.3).
    pub on_smtp: bool,
    /// The trust store for usages 0 and 1.
    pub store: Option<&'a [Certificate]>,
    /// The current time.
    pub now: OffsetDateTime,
}

/// Checks the records `found` at `owner`, if any, against `chain`, which has an end entity. If a record matches no
/// certificate of the chain but matches a `next` file, the reason names that file.
///
/// Errors: the signature of an end entity does not verify, so the chain is damaged or contains parts of two chains; or
/// the chain has too many paths.
pub fn verify(
    owner: &Owner,
    found: Option<Found>,
    chain: &Chain,
    next: &[Material],
    policy: &Policy<'_>,
) -> Result<Report, ChainError> {
    for member in chain.end_entities() {
        member.confirm()?;
    }
    let found = found.unwrap_or_else(|| Found { holder: owner.clone(), records: Vec::new() });
    let mut report = verify_served(owner, found, chain, policy)?;
    let files = files_of_next(next, &report.triples);
    let unmatched = report.judged.iter().filter(|judged| judged.status == Status::Unmatched);
    let records: Vec<Published> = unmatched.map(|judged| judged.record.clone()).collect();
    let crossed = crossed(chain, records.iter());
    let unmatched = |judged: &&mut Judged| judged.status == Status::Unmatched && judged.reason.is_none();
    for judged in report.judged.iter_mut().filter(unmatched) {
        judged.reason = Some(match (files.get(&judged.record), crossed.get(&judged.record)) {
            (Some(file), _) => format!("matches the next key ({file})"),
            (None, Some(params)) => format!("the data is that of {params}"),
            (None, None) if next.is_empty() => {
                let is_anchor = Usage::from_number(judged.record.usage).is_some_and(Usage::is_trust_anchor);
                let other = if is_anchor { "another CA" } else { "a next key" };
                format!("matches no certificate in this chain: stale, or for {other}")
            }
            (None, None) => "matches neither the chain nor the next key: stale".to_owned(),
        });
    }
    Ok(report)
}

/// Checks the records found at `owner` against a chain that a server sent. Damage in the chain is not an error:
/// records that need the damaged part fail.
///
/// Errors: the chain has too many paths.
pub fn verify_served(
    owner: &Owner,
    found: Found,
    chain: &Chain,
    policy: &Policy<'_>,
) -> Result<Report, ChainError> {
    let paths: Vec<Above<'_>> = chain.end_entities().map(Above::of).collect::<Result<_, _>>()?;
    let offers = Offer::all(&paths, &found.records);
    let carried = judge::carried(found.records.iter().chain(offers.iter().map(Offer::record)));
    let judge = Judge::new(chain, policy, &carried);
    let end_entities = paths.iter().map(|above| above.end_entity).collect();
    let table = Table::new(&judge, end_entities, &found.records, policy.on_smtp)?;
    let triples = table.triples();
    let mut report = Report {
        owner: owner.clone(),
        holder: found.holder.clone(),
        judged: table.judged(),
        verdict: table.verdict(&triples),
        any: table.any(),
        triples,
        needed: Vec::new(),
        missing: Vec::new(),
        obstacle: None,
        damage: None,
    };
    let mut seen = HashSet::new();
    for above in &paths {
        offer::missing(&mut report, &table, &judge, above, &offers)?;
        let own = Link { member: above.end_entity, depth: Some(0) };
        for link in std::iter::once(own).chain(above.path.iter().copied()) {
            if seen.insert(link.member) {
                let needed = needed(&report, link);
                report.needed.extend(needed);
            }
        }
        report.damage = report.damage.or_else(|| above.damage.clone());
    }
    Ok(report)
}

/// How clients will judge a record of usage 0 or 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forecast {
    /// Clients accept the record, as far as this program can tell.
    Accepted,
    /// Clients disagree, for this reason.
    Ambiguous(String),
    /// Clients reject the record, for this reason.
    Rejected(String),
}

/// Foresees how clients will judge each of `records` at `now`, if the server sends the certificates of `chain` and the
/// record is published alone. The name of the server is not checked. A record that any end entity matches is accepted.
///
/// Errors: the chain has too many paths.
pub fn forecast(
    chain: &Chain,
    records: &[Published],
    now: OffsetDateTime,
) -> Result<Vec<Forecast>, ChainError> {
    let policy = Policy { names: &[], on_smtp: false, store: None, now };
    let carried = judge::carried(records.iter());
    let judge = Judge::new(chain, &policy, &carried);
    let mut forecasts = Vec::new();
    for record in records {
        let mut forecast = None;
        for end_entity in chain.end_entities() {
            let Some(params) = record.params().filter(|_| forecast != Some(Forecast::Accepted)) else {
                break;
            };
            forecast = match (judge.outcome(record, params, end_entity)?, forecast) {
                (Outcome::Unverified(_, Doubt::Disagreement(reason)), _) => Some(Forecast::Ambiguous(reason)),
                // Another end entity may have no path to this CA at all.
                (Outcome::Failed(_, reason), None) => Some(Forecast::Rejected(reason)),
                (Outcome::Failed(_, reason), Some(Forecast::Rejected(other))) if other == judge::NO_PATH => {
                    Some(Forecast::Rejected(reason))
                }
                (Outcome::Failed(..) | Outcome::Unmatched(_), other) => other,
                _ => Some(Forecast::Accepted),
            };
        }
        forecasts.push(forecast.unwrap_or(Forecast::Accepted));
    }
    Ok(forecasts)
}

/// Generates the records of the `next` files for the published triples of usage, selector and matching type, and maps
/// each record to the name of its file.
fn files_of_next(next: &[Material], triples: &[(Params, Coverage)]) -> HashMap<Published, String> {
    let mut all = HashMap::new();
    for material in next {
        for (params, _) in triples {
            // An error of one triple is ignored, because the records of the other triples are still needed: for
            // example, a bare key has no usage 2 record.
            let records = generate::records(std::slice::from_ref(material), &[*params], None);
            for record in records.into_iter().flatten() {
                all.entry(Published::from(&record.tlsa)).or_insert_with(|| text::file_name(&material.file));
            }
        }
    }
    all
}

/// Returns a certificate of a certification path with its records for the published triples, or with its default record
/// if no triple applies.
fn needed(report: &Report, link: Link<'_>) -> Option<Needed> {
    let depth = link.depth?;
    let certificate = link.member.certificate();
    let is_end_entity = depth == 0;
    let fits = |params: &Params| params.usage.is_trust_anchor() != is_end_entity;
    let mut wanted: Vec<Params> = report.triples.iter().map(|(params, _)| *params).filter(fits).collect();
    if wanted.is_empty() {
        let usage = if is_end_entity { Usage::DaneEe } else { Usage::DaneTa };
        wanted.push(Params { usage, ..Params::DEFAULT });
    }
    let records = wanted.into_iter().filter_map(|params| generate::describe(certificate, params).ok());
    let subject = match certificate.subject() {
        subject if !subject.is_empty() => subject,
        _ if !certificate.dns_names().is_empty() => certificate.dns_names().join(" "),
        _ => certificate.called(),
    };
    Some(Needed {
        depth,
        subject,
        algorithm: certificate.key_algorithm(),
        not_after: certificate.validity().not_after,
        records: records.map(|tlsa| (report.has(&tlsa), tlsa)).map(|(has, tlsa)| (tlsa, has)).collect(),
    })
}
