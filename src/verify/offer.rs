//! Records to publish: each is one that clients would accept. RFC 7671 sections 5 and 8.

use super::judge::Judge;
use super::outcome::{Doubt, Outcome};
use super::report::{Coverage, Report};
use super::table::Table;
use crate::chain::{ChainError, Link, Member};
use crate::generate;
use crate::records::Published;
use crate::tlsa::{Params, Tlsa, Usage};

/// An end entity and the CAs above it.
pub(super) struct Above<'c> {
    pub(super) end_entity: Member<'c>,
    /// The CAs, nearest first, up to the first signature that does not verify.
    pub(super) path: Vec<Link<'c>>,
    /// The error for that signature.
    pub(super) damage: Option<ChainError>,
}

impl<'c> Above<'c> {
    /// Errors: the chain has too many paths.
    pub(super) fn of(end_entity: Member<'c>) -> Result<Self, ChainError> {
        match end_entity.path_up_to_damage(None) {
            (_, Some(ChainError::TooManyPaths)) => Err(ChainError::TooManyPaths),
            (path, damage) => Ok(Self { end_entity, path, damage }),
        }
    }
}

/// A record that could be published.
pub(super) struct Offer<'c> {
    member: Member<'c>,
    params: Params,
    tlsa: Tlsa,
    record: Published,
}

impl<'c> Offer<'c> {
    pub(super) fn record(&self) -> &Published {
        &self.record
    }

    /// Returns the records of all end entities and CAs for the parameters of `published`, and the 3 1 1 records.
    pub(super) fn all(paths: &[Above<'c>], published: &[Published]) -> Vec<Self> {
        let mut triples = vec![Params::DEFAULT];
        for params in published.iter().filter_map(Published::params) {
            if !triples.contains(&params) {
                triples.push(params);
            }
        }
        let mut offers: Vec<Self> = Vec::new();
        for above in paths {
            let own = Link { member: above.end_entity, depth: Some(0) };
            for Link { member, depth } in std::iter::once(own).chain(above.path.iter().copied()) {
                let fits = |params: &&Params| params.usage.is_trust_anchor() == (depth != Some(0));
                for params in triples.iter().filter(fits) {
                    let is_known =
                        offers.iter().any(|offer| offer.member == member && offer.params == *params);
                    if let (false, Ok(tlsa)) = (is_known, generate::describe(member.certificate(), *params)) {
                        offers.push(Self { member, params: *params, record: Published::from(&tlsa), tlsa });
                    }
                }
            }
        }
        offers
    }
}

/// Adds to `report` the record to publish for each triple that does not cover the end entity: for usages 0 and 2, the
/// record of the nearest CA that clients would accept. If there is none, adds 3 1 1 instead, and the reason.
///
/// Errors: the chain has too many paths.
pub(super) fn missing<'c>(
    report: &mut Report,
    table: &Table<'c>,
    judge: &Judge<'c>,
    above: &Above<'c>,
    offers: &'c [Offer<'c>],
) -> Result<(), ChainError> {
    let end_entity = above.end_entity;
    let triples = report.triples.iter().map(|(params, _)| *params);
    let mut wanted: Vec<Params> = triples
        .filter(|params| {
            let covers = table.coverage(end_entity, |other| other == params);
            covers == Coverage::Uncovered
                || covers == Coverage::Undecided && table.is_doubtful(end_entity, params)
        })
        .collect();
    if report.triples.is_empty() {
        wanted.push(Params::DEFAULT);
    }
    let cas = above.path.iter().map(|link| link.member);
    let members: Vec<Member<'c>> = std::iter::once(end_entity).chain(cas).collect();
    let of = |params: Params| {
        let in_order =
            members.iter().flat_map(|member| offers.iter().filter(move |offer| offer.member == *member));
        in_order.filter(move |offer| offer.params == params)
    };
    for params in wanted {
        let (mut found, mut obstacle) = (None, None);
        let new = of(params).chain(of(Params::DEFAULT)).filter(|offer| !report.has(&offer.tlsa));
        for offer in new {
            match judge.outcome(&offer.record, offer.params, end_entity)? {
                // The other records may lead clients away from the match.
                Outcome::Match(_) => {
                    let other = Some((offer.params, &offer.record));
                    match offer.params.usage == Usage::DaneEe
                        || table.accepts(judge, end_entity, other)?.is_ok()
                    {
                        true => {
                            found = Some(offer);
                            break;
                        }
                        false => continue,
                    }
                }
                // Without a trust store or a name, nothing better is known.
                Outcome::Unverified(_, Doubt::NoStore | Doubt::NoName) => found = found.or(Some(offer)),
                Outcome::Unverified(_, Doubt::Disagreement(reason) | Doubt::Unsupported(reason)) => {
                    obstacle = obstacle.or(Some(reason));
                }
                Outcome::Failed(_, reason) => obstacle = obstacle.or(Some(reason)),
                Outcome::Unmatched(_) => {}
            }
        }
        let is_other = params.usage == Usage::DaneTa && found.is_none_or(|offer| offer.params != params);
        report.obstacle = report.obstacle.take().or(obstacle.filter(|_| is_other));
        let tlsa = found.map(|offer| &offer.tlsa).filter(|tlsa| !report.missing.contains(tlsa));
        report.missing.extend(tlsa.cloned());
    }
    Ok(())
}
