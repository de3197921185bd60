//! The outcome of every record for every end entity, and the resulting coverage and verdicts: RFC 7671 sections 8 and
//! 9.

use std::collections::HashMap;

use super::judge::Judge;
use super::outcome::{self, Acceptance, Doubt, Outcome, Set};
use super::report::{Coverage, Judged, Status, Verdict};
use crate::chain::{ChainError, Member};
use crate::records::Published;
use crate::tlsa::{MatchingType, Params, Selector, Usage};

/// A record, and its outcome for each end entity.
struct Row<'c> {
    record: &'c Published,
    /// The parameters, or the reason why clients cannot use the record.
    usable: Result<Params, String>,
    /// Empty for an unusable record.
    outcomes: Vec<(Member<'c>, Outcome)>,
}

impl Row<'_> {
    /// The usage of a usable record.
    fn usage(&self) -> Option<Usage> {
        self.usable.as_ref().ok().map(|params| params.usage)
    }
}

/// The outcome of every record for every end entity.
pub(super) struct Table<'c> {
    rows: Vec<Row<'c>>,
    /// The end entities, and whether a client accepts the chain of each because of all records together.
    end_entities: Vec<(Member<'c>, bool)>,
    /// The strongest digest of the usable records for each usage and selector, without matching type 0 (RFC 7671
    /// section 9).
    strongest: HashMap<(Usage, Selector), MatchingType>,
    /// Whether clients use a certificate in some record that this program cannot read: it may be on their path.
    has_beyond: bool,
}

impl<'c> Table<'c> {
    /// Judges each record for each end entity.
    ///
    /// Errors: the chain has too many paths.
    pub(super) fn new(
        judge: &Judge<'c>,
        end_entities: Vec<Member<'c>>,
        records: &'c [Published],
        on_smtp: bool,
    ) -> Result<Self, ChainError> {
        let has_beyond = records.iter().any(|record| outcome::is_beyond(record, on_smtp));
        let mut table =
            Self { rows: Vec::new(), end_entities: Vec::new(), strongest: HashMap::new(), has_beyond };
        for record in records {
            let usable = outcome::usable(record, on_smtp);
            let mut outcomes = Vec::new();
            if let Ok(params) = &usable {
                for member in &end_entities {
                    outcomes.push((*member, judge.outcome(record, *params, *member)?));
                }
                if params.matching_type != MatchingType::Full {
                    let known = table
                        .strongest
                        .entry((params.usage, params.selector))
                        .or_insert(params.matching_type);
                    *known = (*known).max(params.matching_type);
                }
            }
            table.rows.push(Row { record, usable, outcomes });
        }
        for member in end_entities {
            let accepted = table.accepts(judge, member, None)?;
            table.end_entities.push((member, accepted.is_ok()));
            match accepted {
                Ok(Some(acceptance)) => table.confirm(member, &acceptance),
                Ok(None) => {}
                Err(doubt) => table.doubt(member, &doubt),
            }
        }
        Ok(table)
    }

    /// Answers whether a client accepts the chain of `end_entity` because of all records together, and of the record
    /// `other` if given. Returns what [`Judge::accepts`] returns, or `None` if a record of usage 3 matches.
    pub(super) fn accepts(
        &self,
        judge: &Judge<'c>,
        end_entity: Member<'c>,
        other: Option<(Params, &'c Published)>,
    ) -> Result<Result<Option<Acceptance>, Doubt>, ChainError> {
        let is_match = |(member, outcome): &(Member<'_>, Outcome)| {
            *member == end_entity && matches!(outcome, Outcome::Match(_))
        };
        let used = self.rows.iter().filter(|row| self.is_used(row));
        let mut own = used.clone().filter(|row| row.usage() == Some(Usage::DaneEe));
        if own.any(|row| row.outcomes.iter().any(is_match)) {
            return Ok(Ok(None));
        }
        if self.has_beyond {
            return Ok(Err(Doubt::Unsupported(BEYOND.to_owned())));
        }
        let others = used.filter(|row| row.usage() != Some(Usage::DaneEe));
        let records = others.filter_map(|row| Some((*row.usable.as_ref().ok()?, row.record)));
        let records: Vec<_> = records.chain(other).collect();
        let accepted = judge.accepts(Set { records: &records }, end_entity)?;
        Ok(accepted.map(Some).map_err(|reason| {
            Doubt::Disagreement(format!("with all these records, OpenSSL finds another path: {reason}"))
        }))
    }

    /// Whether clients use a record: it is usable and not ignored.
    fn is_used(&self, row: &Row<'_>) -> bool {
        row.usable.as_ref().is_ok_and(|params| !self.is_ignored(params))
    }

    /// Marks the records that match `end_entity` together with the others, but not alone.
    fn confirm(&mut self, end_entity: Member<'_>, acceptance: &Acceptance) {
        let used: Vec<bool> = self.rows.iter().map(|row| self.is_used(row)).collect();
        let rows =
            self.rows.iter_mut().zip(used).filter(|(row, used)| *used && row.usage() != Some(Usage::DaneEe));
        let mut outcomes: Vec<(&mut Outcome, bool)> = (rows.zip(&acceptance.ends))
            .filter_map(|((row, _), ends)| {
                let outcome = row.outcomes.iter_mut().find(|(member, _)| *member == end_entity)?;
                Some((&mut outcome.1, *ends))
            })
            .collect();
        for (outcome, _) in outcomes.iter_mut().filter(|(outcome, ends)| *ends && outcome.rank() < 3) {
            **outcome = Outcome::Match(acceptance.place.clone());
        }
    }

    /// Marks the records that match `end_entity` as undetermined: together with the other records they do not match.
    fn doubt(&mut self, end_entity: Member<'_>, doubt: &Doubt) {
        for row in self
            .rows
            .iter_mut()
            .filter(|row| row.usable.as_ref().is_ok_and(|params| params.usage != Usage::DaneEe))
        {
            for (_, outcome) in row.outcomes.iter_mut().filter(|(member, _)| *member == end_entity) {
                if let Outcome::Match(described) = outcome {
                    *outcome = Outcome::Unverified(Some(described.clone()), doubt.clone());
                }
            }
        }
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
            Some(Outcome::Unverified(described, doubt)) => {
                (Status::Unverified, described, Some(doubt.to_string()))
            }
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

    /// Whether some clients may reject a record with these parameters.
    pub(super) fn is_doubtful(&self, end_entity: Member<'_>, params: &Params) -> bool {
        let of_params = self.rows.iter().filter(|row| row.usable.as_ref() == Ok(params));
        let mut outcomes = of_params.flat_map(|row| &row.outcomes).filter(|(of, _)| *of == end_entity);
        outcomes.any(|(_, outcome)| {
            matches!(outcome, Outcome::Unverified(_, Doubt::Disagreement(_) | Doubt::Unsupported(_)))
        })
    }

    fn over_all(&self, wanted: impl Fn(&Params) -> bool) -> Coverage {
        let mut all = Coverage::Covered;
        for (end_entity, _) in &self.end_entities {
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
        if self.rows.is_empty() || self.end_entities.is_empty() {
            return Verdict::Unknown;
        }
        let mut all = Verdict::Covered;
        for (end_entity, is_accepted) in &self.end_entities {
            match self.coverage(*end_entity, |params| !self.is_ignored(params)) {
                _ if *is_accepted => {}
                Coverage::Uncovered => return Verdict::NotCovered,
                Coverage::Undecided | Coverage::Covered => all = Verdict::Unknown,
            }
        }
        all
    }
}

const BEYOND: &str =
    "this program does not support the certificate that another record with matching type 0 contains";
