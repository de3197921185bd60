//! Published records against a chain, as a client and as a publisher must see them: RFC 6698 section 4.1,
//! RFC 7671 sections 5, 8 and 9. Pure: what is known comes in, a status for each record and a verdict go out.

mod judge;

use std::collections::HashMap;
use std::fmt;

use time::OffsetDateTime;

use crate::chain::{Chain, ChainError, Index};
use crate::generate;
use crate::owner::HostName;
use crate::records::Published;
use crate::tlsa::{MatchingType, Params, Selector, Tlsa, Usage};
use crate::x509::Certificate;

use judge::{Judge, Outcome};

/// What a client knows beside the records and the served chain.
#[derive(Debug, Clone, Copy)]
pub struct Policy<'a> {
    /// Names of which the end entity must have one, for usages 0 to 2 (RFC 7671 section 10.2).
    pub names: &'a [HostName],
    /// Whether the client is an SMTP server, for which usages 0 and 1 are unusable (RFC 7672 section 3.1.3).
    pub on_smtp: bool,
    /// The trust store for usages 0 and 1.
    pub store: Option<&'a [Certificate]>,
    /// The clock.
    pub now: OffsetDateTime,
}

/// What a record is to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It authenticates the server.
    Match,
    /// It describes nothing in the chain.
    Unmatched,
    /// Clients pass it over.
    Unusable,
    /// A stronger digest with the same usage and selector hides it (RFC 7671 section 9).
    Ignored,
    /// It describes a certificate of the chain, and still the server is not authenticated.
    Failed,
    /// That cannot be decided here.
    Unverified,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Match => "match",
            Self::Unmatched => "unmatched",
            Self::Unusable => "unusable",
            Self::Ignored => "ignored",
            Self::Failed => "failed",
            Self::Unverified => "unverified",
        })
    }
}

/// What all records are together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Every triple covers every end entity.
    Covered,
    /// Some clients will succeed, or some triple covers nothing.
    Partial,
    /// No record authenticates the server.
    NotCovered,
    /// There is no record, or it cannot be decided.
    Unknown,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Covered => "covered",
            Self::Partial => "partial",
            Self::NotCovered => "not-covered",
            Self::Unknown => "unknown",
        })
    }
}

/// A record's status with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// What it is to a client.
    pub status: Status,
    /// Its parameters, where they are registered and its data has their length.
    pub params: Option<Params>,
    /// Links between the end entity and what it describes.
    pub depth: Option<usize>,
    /// The subject of the certificate it describes.
    pub subject: Option<String>,
    /// Why it is no match.
    pub reason: Option<String>,
}

/// Whether a triple's records authenticate the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// For every end entity.
    Covered,
    /// Not for all.
    Uncovered,
    /// Some record of it cannot be decided, and none is known to match.
    Undecided,
}

/// What the records are to the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// For each record, in its order.
    pub records: Vec<Judgement>,
    /// For each triple of usable records, in the order of the records (RFC 7671 section 8).
    pub triples: Vec<(Params, Coverage)>,
    /// The publisher's question: is every triple right?
    pub verdict: Verdict,
    /// The client's question: does some record authenticate every end entity?
    pub any: Verdict,
    /// Records to publish, so that every triple covers every end entity.
    pub missing: Vec<Tlsa>,
}

/// Judges `records`, which a client found at one owner, against `chain`, which has an end entity.
///
/// Errors: the chain is damaged or mixed up.
pub fn verify(chain: &Chain, records: &[Published], policy: &Policy<'_>) -> Result<Report, ChainError> {
    for index in chain.end_entities() {
        chain.confirm(index)?;
    }
    Ok(verify_served(chain, records, policy))
}

/// Judges `records` against a chain as a server sent it: what would be damage in a file is the server's affair here,
/// and shows where a record needs it.
pub fn verify_served(chain: &Chain, records: &[Published], policy: &Policy<'_>) -> Report {
    let end_entities = chain.end_entities();
    let judge = Judge::new(chain, policy);
    let usable: Vec<Result<Params, String>> =
        records.iter().map(|record| judge::usable(record, policy.on_smtp)).collect();
    let outcomes: Vec<Vec<Outcome>> = records
        .iter()
        .zip(&usable)
        .map(|(record, usable)| match usable {
            Ok(params) => end_entities.iter().map(|index| judge.outcome(record, *params, *index)).collect(),
            Err(_) => Vec::new(),
        })
        .collect();
    let table =
        Table { usable: &usable, outcomes: &outcomes, strongest: strongest(&usable), of: end_entities.len() };
    let triples = table.triples();
    Report {
        records: (0..records.len()).map(|at| table.judgement(at)).collect(),
        verdict: table.verdict(&triples),
        any: table.any(),
        missing: missing(chain, &end_entities, records, &table, &triples),
        triples,
    }
}

/// The strongest digest among the usable records of a usage and selector; Full is none (RFC 7671 section 9).
fn strongest(usable: &[Result<Params, String>]) -> HashMap<(Usage, Selector), MatchingType> {
    let mut strongest = HashMap::new();
    for params in usable.iter().flatten().filter(|params| params.matching_type != MatchingType::Full) {
        let known = strongest.entry((params.usage, params.selector)).or_insert(params.matching_type);
        *known = (*known).max(params.matching_type);
    }
    strongest
}

/// Every usable record against every end entity.
struct Table<'a> {
    usable: &'a [Result<Params, String>],
    /// By record, then by end entity; nothing for a record that is not usable.
    outcomes: &'a [Vec<Outcome>],
    strongest: HashMap<(Usage, Selector), MatchingType>,
    /// The number of end entities.
    of: usize,
}

impl Table<'_> {
    fn is_ignored(&self, params: &Params) -> bool {
        let strongest = self.strongest.get(&(params.usage, params.selector));
        params.matching_type != MatchingType::Full
            && strongest.is_some_and(|strongest| params.matching_type < *strongest)
    }

    fn judgement(&self, at: usize) -> Judgement {
        let nothing =
            Judgement { status: Status::Unusable, params: None, depth: None, subject: None, reason: None };
        let params = match self.usable.get(at) {
            Some(Ok(params)) => *params,
            Some(Err(reason)) => return Judgement { reason: Some(reason.clone()), ..nothing },
            None => return nothing,
        };
        // What the record is to the end entity that it suits best.
        let best = self.outcomes.get(at).into_iter().flatten().max_by_key(|outcome| outcome.rank());
        let (status, place, reason) = match best {
            Some(Outcome::Match(place)) => (Status::Match, Some(place), None),
            Some(Outcome::Unverified(place, reason)) => {
                (Status::Unverified, place.as_ref(), Some(reason.clone()))
            }
            Some(Outcome::Failed(place, reason)) => (Status::Failed, Some(place), Some(reason.clone())),
            Some(Outcome::Unmatched(reason)) => (Status::Unmatched, None, reason.map(str::to_owned)),
            None => (Status::Unmatched, None, None),
        };
        let hidden = self.is_ignored(&params);
        let reason = if hidden {
            Some(
                "a record with the same usage and selector has a stronger digest (RFC 7671 section 9)"
                    .to_owned(),
            )
        } else {
            reason
        };
        Judgement {
            status: if hidden { Status::Ignored } else { status },
            params: Some(params),
            depth: place.and_then(|place| place.depth),
            subject: place.map(|place| place.subject.clone()),
            reason,
        }
    }

    /// What the records that `wanted` picks do for one end entity.
    fn coverage(&self, end_entity: usize, wanted: impl Fn(&Params) -> bool) -> Coverage {
        let of_wanted =
            self.usable.iter().zip(self.outcomes).filter(|(usable, _)| usable.as_ref().is_ok_and(&wanted));
        let mut coverage = Coverage::Uncovered;
        for outcome in of_wanted.filter_map(|(_, outcomes)| outcomes.get(end_entity)) {
            match outcome {
                Outcome::Match(_) => return Coverage::Covered,
                Outcome::Unverified(..) => coverage = Coverage::Undecided,
                _ => {}
            }
        }
        coverage
    }

    fn over_all(&self, wanted: impl Fn(&Params) -> bool) -> Coverage {
        let each = (0..self.of).map(|end_entity| self.coverage(end_entity, &wanted));
        let mut all = Coverage::Covered;
        for coverage in each {
            match coverage {
                Coverage::Uncovered => return Coverage::Uncovered,
                Coverage::Undecided => all = Coverage::Undecided,
                Coverage::Covered => {}
            }
        }
        all
    }

    fn triples(&self) -> Vec<(Params, Coverage)> {
        let mut triples: Vec<(Params, Coverage)> = Vec::new();
        for params in self.usable.iter().flatten() {
            if !triples.iter().any(|(known, _)| known == params) {
                triples.push((*params, self.over_all(|other| other == params)));
            }
        }
        triples
    }

    fn verdict(&self, triples: &[(Params, Coverage)]) -> Verdict {
        if self.usable.is_empty() {
            return Verdict::Unknown;
        }
        let outcomes = || self.outcomes.iter().flatten();
        let is_undecided = |(_, coverage): &(Params, Coverage)| *coverage == Coverage::Undecided;
        if !triples.is_empty() && triples.iter().all(|(_, coverage)| *coverage == Coverage::Covered) {
            Verdict::Covered
        } else if !outcomes().any(|outcome| matches!(outcome, Outcome::Match(_))) {
            match outcomes().any(|outcome| matches!(outcome, Outcome::Unverified(..))) {
                true => Verdict::Unknown,
                false => Verdict::NotCovered,
            }
        } else if triples.iter().all(|triple| is_undecided(triple) || triple.1 == Coverage::Covered) {
            Verdict::Unknown
        } else {
            Verdict::Partial
        }
    }

    fn any(&self) -> Verdict {
        match self.over_all(|params| !self.is_ignored(params)) {
            _ if self.usable.is_empty() => Verdict::Unknown,
            Coverage::Covered => Verdict::Covered,
            Coverage::Uncovered => Verdict::NotCovered,
            Coverage::Undecided => Verdict::Unknown,
        }
    }
}

/// Each uncovered triple for each end entity that it does not cover, with the nearest issuer for usages 0 and 2;
/// else, or where that is published already and no help, 3 1 1.
fn missing(
    chain: &Chain,
    end_entities: &[Index],
    records: &[Published],
    table: &Table<'_>,
    triples: &[(Params, Coverage)],
) -> Vec<Tlsa> {
    let is_published = |tlsa: &Tlsa| records.iter().any(|record| record.is(tlsa));
    let describing = |params, certificate: &Certificate| {
        generate::describe(certificate, params).ok().filter(|tlsa| !is_published(tlsa))
    };
    let mut missing: Vec<Tlsa> = Vec::new();
    for (at, index) in end_entities.iter().enumerate() {
        let Some(end_entity) = chain.certificate(*index) else { continue };
        let uncovered = triples
            .iter()
            .map(|(params, _)| *params)
            .filter(|params| table.coverage(at, |other| other == params) == Coverage::Uncovered);
        let mut wanted: Vec<Params> = uncovered.collect();
        if triples.is_empty() {
            wanted.push(Params::DEFAULT);
        }
        for params in wanted {
            let described = match params.usage.is_trust_anchor() {
                true => {
                    let path = chain.path(*index, Some(1)).unwrap_or_default();
                    path.first().and_then(|step| chain.certificate(step.index))
                }
                false => Some(end_entity),
            };
            let tlsa = described.and_then(|described| describing(params, described));
            let tlsa = tlsa.or_else(|| describing(Params::DEFAULT, end_entity));
            missing.extend(tlsa.filter(|tlsa| !missing.contains(tlsa)));
        }
    }
    missing
}
