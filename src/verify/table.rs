//! The outcome of every record for every end entity, and the resulting coverage and verdicts: RFC 7671 sections 8 and
//! 9.

use std::collections::HashMap;

use super::judge::{self, Judge, Outcome};
use super::report::{Coverage, Judged, Status, Verdict};
use crate::chain::Member;
use crate::records::Published;
use crate::tlsa::{MatchingType, Params, Selector, Usage};

/// A record, and its outcome for each end entity.
struct Row<'c> {
    record: Published,
    /// The parameters, or the reason why clients cannot use the record.
    usable: Result<Params, String>,
    /// Empty for an unusable record.
    outcomes: Vec<(Member<'c>, Outcome)>,
}

/// The outcome of every record for every end entity.
pub(super) struct Table<'c> {
    rows: Vec<Row<'c>>,
    end_entities: Vec<Member<'c>>,
    /// The strongest digest of the usable records for each usage and selector, without matching type 0 (RFC 7671
    /// section 9).
    strongest: HashMap<(Usage, Selector), MatchingType>,
}

impl<'c> Table<'c> {
    pub(super) fn new(
        judge: &Judge<'c>,
        end_entities: Vec<Member<'c>>,
        records: Vec<Published>,
        on_smtp: bool,
    ) -> Self {
        let row = |record: Published| {
            let usable = judge::usable(&record, on_smtp);
            let outcome = |params, member| (member, judge.outcome(&record, params, member));
            let outcomes = match &usable {
                Ok(params) => end_entities.iter().map(|member| outcome(*params, *member)).collect(),
                Err(_) => Vec::new(),
            };
            Row { record, usable, outcomes }
        };
        let rows: Vec<Row> = records.into_iter().map(row).collect();
        let mut strongest = HashMap::new();
        let usable = rows.iter().filter_map(|row| row.usable.as_ref().ok());
        for params in usable.filter(|params| params.matching_type != MatchingType::Full) {
            let known = strongest.entry((params.usage, params.selector)).or_insert(params.matching_type);
            *known = (*known).max(params.matching_type);
        }
        Self { rows, end_entities, strongest }
    }

    fn is_ignored(&self, params: &Params) -> bool {
        let strongest = self.strongest.get(&(params.usage, params.selector));
        params.matching_type != MatchingType::Full
            && strongest.is_some_and(|strongest| params.matching_type < *strongest)
    }

    /// Returns each record with its status.
    pub(super) fn judged(&self) -> Vec<Judged> {
        self.rows.iter().map(|row| self.judgement(row)).collect()
    }

    fn judgement(&self, row: &Row<'_>) -> Judged {
        let record = row.record.clone();
        let params = match &row.usable {
            Ok(params) => *params,
            Err(reason) => {
                let reason = Some(reason.clone());
                return Judged { record, params: None, status: Status::Unusable, described: None, reason };
            }
        };
        // The status is the best outcome for any end entity.
        let best = row.outcomes.iter().map(|(_, outcome)| outcome).max_by_key(|outcome| outcome.rank());
        let (status, described, reason) = match best.cloned() {
            Some(Outcome::Match(described)) => (Status::Match, Some(described), None),
            Some(Outcome::Unverified(described, reason)) => (Status::Unverified, described, Some(reason)),
            Some(Outcome::Failed(described, reason)) => (Status::Failed, Some(described), Some(reason)),
            Some(Outcome::Unmatched(reason)) => (Status::Unmatched, None, reason.map(str::to_owned)),
            None => (Status::Unmatched, None, None),
        };
        match self.is_ignored(&params) {
            true => {
                let stronger =
                    "a record with the same usage and selector has a stronger digest (RFC 7671 section 9)";
                let (status, reason) = (Status::Ignored, Some(stronger.to_owned()));
                Judged { record, params: Some(params), status, described, reason }
            }
            false => Judged { record, params: Some(params), status, described, reason },
        }
    }

    /// Returns the coverage of one end entity by the records whose parameters `wanted` selects.
    pub(super) fn coverage(&self, end_entity: Member<'_>, wanted: impl Fn(&Params) -> bool) -> Coverage {
        let of_wanted = self.rows.iter().filter(|row| row.usable.as_ref().is_ok_and(&wanted));
        let mut coverage = Coverage::Uncovered;
        for (_, outcome) in of_wanted.flat_map(|row| &row.outcomes).filter(|(of, _)| *of == end_entity) {
            match outcome {
                Outcome::Match(_) => return Coverage::Covered,
                Outcome::Unverified(..) => coverage = Coverage::Undecided,
                _ => {}
            }
        }
        coverage
    }

    fn over_all(&self, wanted: impl Fn(&Params) -> bool) -> Coverage {
        let mut all = Coverage::Covered;
        for end_entity in &self.end_entities {
            match self.coverage(*end_entity, &wanted) {
                Coverage::Uncovered => return Coverage::Uncovered,
                Coverage::Undecided => all = Coverage::Undecided,
                Coverage::Covered => {}
            }
        }
        all
    }

    /// Returns the triples of usage, selector and matching type of the usable records, in the order of the records, and
    /// the coverage of each triple.
    pub(super) fn triples(&self) -> Vec<(Params, Coverage)> {
        let mut triples: Vec<(Params, Coverage)> = Vec::new();
        for params in self.rows.iter().filter_map(|row| row.usable.as_ref().ok()) {
            if !triples.iter().any(|(known, _)| known == params) {
                triples.push((*params, self.over_all(|other| other == params)));
            }
        }
        triples
    }

    /// Returns the verdict for the publisher: whether every triple covers every end entity.
    pub(super) fn verdict(&self, triples: &[(Params, Coverage)]) -> Verdict {
        if self.rows.is_empty() {
            return Verdict::Unknown;
        }
        let has = |wanted: fn(&Outcome) -> bool| {
            self.rows.iter().flat_map(|row| &row.outcomes).any(|(_, it)| wanted(it))
        };
        let is_undecided = |(_, coverage): &(Params, Coverage)| *coverage == Coverage::Undecided;
        if !triples.is_empty() && triples.iter().all(|(_, coverage)| *coverage == Coverage::Covered) {
            Verdict::Covered
        } else if !has(|outcome| matches!(outcome, Outcome::Match(_))) {
            match has(|outcome| matches!(outcome, Outcome::Unverified(..))) {
                true => Verdict::Unknown,
                false => Verdict::NotCovered,
            }
        } else if triples.iter().all(|triple| is_undecided(triple) || triple.1 == Coverage::Covered) {
            Verdict::Unknown
        } else {
            Verdict::Partial
        }
    }

    /// Returns the verdict for clients: whether some record authenticates each end entity.
    pub(super) fn any(&self) -> Verdict {
        match self.over_all(|params| !self.is_ignored(params)) {
            _ if self.rows.is_empty() => Verdict::Unknown,
            Coverage::Covered => Verdict::Covered,
            Coverage::Uncovered => Verdict::NotCovered,
            Coverage::Undecided => Verdict::Unknown,
        }
    }
}
