//! Matches records against one end entity: RFC 7671 sections 5.1 to 5.4.

use std::cell::RefCell;
use std::collections::HashMap;

use super::outcome::{Acceptance, Doubt, Outcome, Set, data};
use super::{Described, Policy};
use crate::chain::{Chain, ChainError, Member};
use crate::path::{
    self, Anchors, Answer, Checks, DEFAULT_LEVEL, Node, POSTFIX_LEVEL, Path, Question, Reason, Refusal,
};
use crate::records::Published;
use crate::tlsa::{MatchingType, Params, Selector, Usage};
use crate::x509::{Certificate, KeyAlgorithm};

/// A usable record and an end entity.
struct Case<'a> {
    record: &'a Published,
    params: Params,
    end_entity: Member<'a>,
    /// The certificates of the file that the record describes.
    described: Vec<Member<'a>>,
}

/// The chain and the client's policy.
pub(super) struct Judge<'a> {
    chain: &'a Chain,
    policy: &'a Policy<'a>,
    /// The certificates in records with selector 0 and matching type 0, by their octets.
    carried: &'a HashMap<Vec<u8>, Certificate>,
    checks: Checks<'a>,
    /// The first certificate of the chain that clients cannot read; clients refuse the whole chain then.
    unreadable: Option<Member<'a>>,
    /// For each selector and matching type used so far, the certificates by association data.
    described: RefCell<HashMap<(Selector, MatchingType), ByData<'a>>>,
}

/// Certificates by their association data.
type ByData<'a> = HashMap<Vec<u8>, Vec<Member<'a>>>;

/// Parses the certificates in records with selector 0 and matching type 0.
pub(super) fn carried<'r>(records: impl Iterator<Item = &'r Published>) -> HashMap<Vec<u8>, Certificate> {
    let full = records.filter(|record| (record.selector, record.matching_type) == (0, 0));
    let parsed = full
        .filter_map(|record| Some((record.data.clone(), Certificate::from_der(record.data.clone()).ok()?)));
    parsed.collect()
}

impl<'a> Judge<'a> {
    pub(super) fn new(
        chain: &'a Chain,
        policy: &'a Policy<'a>,
        carried: &'a HashMap<Vec<u8>, Certificate>,
    ) -> Self {
        let unreadable = chain.members().find(|member| !member.certificate().is_readable());
        Self { chain, policy, carried, checks: Checks::default(), unreadable, described: RefCell::default() }
    }

    /// The result of one record for a client that received the chain of `end_entity`.
    ///
    /// Errors: the chain has too many paths.
    pub(super) fn outcome(
        &self,
        record: &'a Published,
        params: Params,
        end_entity: Member<'a>,
    ) -> Result<Outcome, ChainError> {
        let outcome = self.matched(record, params, end_entity)?;
        Ok(match (outcome, self.unreadable) {
            (Outcome::Match(place), Some(member)) => {
                Outcome::Unverified(Some(place), Doubt::Disagreement(format!("OpenSSL cannot read {member}")))
            }
            (outcome, _) => outcome,
        })
    }

    fn matched(
        &self,
        record: &'a Published,
        params: Params,
        end_entity: Member<'a>,
    ) -> Result<Outcome, ChainError> {
        let case = Case { record, params, end_entity, described: self.described(record, params) };
        let described = &case.described;
        let certificate = end_entity.certificate();
        let own = || Described { depth: Some(0), subject: certificate.subject(), weakness: None };
        if !params.usage.is_trust_anchor() {
            return match params.usage {
                _ if !described.contains(&end_entity) => Ok(NOTHING),
                Usage::PkixEe if self.policy.store.is_none() => {
                    Ok(Outcome::Unverified(Some(own()), Doubt::NoStore))
                }
                Usage::PkixEe => self.by_path(case, own()),
                _ => Ok(match weak_key(certificate) {
                    Some(reason) => Outcome::Failed(own(), reason),
                    None => Outcome::Match(own()),
                }),
            };
        }
        let mut cas = described.iter().filter(|member| **member != end_entity);
        let subject = match cas.next() {
            Some(ca) => ca.certificate().subject(),
            None => self
                .carried
                .get(&record.data)
                .map_or("the key in the record".to_owned(), Certificate::subject),
        };
        let place = Described { depth: None, subject, weakness: None };
        if params.usage == Usage::PkixTa && self.policy.store.is_none() {
            let is_known = described.iter().any(|member| *member != end_entity);
            let place = is_known.then_some(place);
            return Ok(Outcome::Unverified(place, Doubt::NoStore));
        }
        self.by_path(case, place)
    }

    /// Answers by the certification path whether a client accepts the record. `place` is the certificate that the
    /// record matches.
    fn by_path(&self, case: Case<'a>, place: Described) -> Result<Outcome, ChainError> {
        let Case { record, params, end_entity, .. } = case;
        let records = [(params, record)];
        let set = Set { records: &records };
        let answer = |walk: Walk| self.ask(set, end_entity, walk, POSTFIX_LEVEL);
        let at = |path: &Path<'_>| {
            let subject = path.nodes.get(path.depth).filter(|_| path.key.is_none());
            Described {
                depth: Some(path.depth),
                subject: subject.map_or_else(|| place.subject.clone(), |node| node.certificate().subject()),
                weakness: None,
            }
        };
        Ok(match answer(Walk::First)? {
            Ok(path) if self.policy.names.is_empty() => Outcome::Unverified(Some(at(&path)), Doubt::NoName),
            Ok(path) => {
                let weakness = match self.ask(set, end_entity, Walk::First, DEFAULT_LEVEL)? {
                    Err(Refusal { reason: Reason::Broken(reason), .. }) => Some(reason),
                    _ => None,
                };
                Outcome::Match(Described { weakness, ..at(&path) })
            }
            Err(first) => match (answer(Walk::Any)?, &first.reason) {
                (_, Reason::Unsupported(what)) => {
                    Outcome::Unverified(Some(place), Doubt::Unsupported(what.clone()))
                }
                (Ok(path), _) => {
                    Outcome::Unverified(Some(at(&path)), Doubt::Disagreement(disagreement(&first, &path)))
                }
                (Err(Refusal { reason: Reason::Unsupported(what), .. }), _) => {
                    Outcome::Unverified(Some(place), Doubt::Unsupported(what))
                }
                (Err(any), _) => self.refused(&case, place, &first, any),
            },
        })
    }

    /// The outcome if no path is valid: the record fails, or matches nothing that the server sends and signed nothing.
    fn refused(&self, case: &Case<'a>, place: Described, first: &Refusal<'_>, any: Refusal<'_>) -> Outcome {
        let is_ca = case.described.iter().any(|member| *member != case.end_entity);
        let is_end_entity = case.described.contains(&case.end_entity);
        let is_stale = !is_ca && !any.is_anchored && case.params.usage.is_trust_anchor();
        match (any.reason, &first.reason) {
            _ if is_stale => Outcome::Unmatched(is_end_entity.then_some(END_ENTITY)),
            (Reason::Broken(reason), _) => Outcome::Failed(place, reason),
            (_, Reason::Broken(reason)) => Outcome::Failed(place, reason.clone()),
            _ => Outcome::Failed(place, NO_PATH.to_owned()),
        }
    }

    /// Answers as OpenSSL does whether a client accepts the chain of `end_entity` because of the usable records of
    /// `set`, which it considers together: a certificate in one record may change the path for another. Records of
    /// usage 3 are left out. The inner error is the reason.
    ///
    /// Errors: the chain has too many paths.
    pub(super) fn accepts(
        &self,
        set: Set<'_, 'a>,
        end_entity: Member<'a>,
    ) -> Result<Result<Acceptance, String>, ChainError> {
        if set.records.is_empty() {
            return Ok(Err(String::new()));
        }
        if let Some(member) = self.unreadable {
            return Ok(Err(format!("OpenSSL cannot read {member}")));
        }
        Ok(match self.ask(set, end_entity, Walk::First, POSTFIX_LEVEL)? {
            Ok(_) if self.policy.names.is_empty() => Err(Doubt::NoName.to_string()),
            Ok(path) => {
                let anchor =
                    path.nodes.get(path.depth).map_or(end_entity.certificate(), |node| node.certificate());
                let is_end = |(params, record): &(Params, &Published)| match path.key {
                    Some(key) => params.usage == Usage::DaneTa && record.data == key,
                    None => {
                        params.usage.is_trust_anchor() == (path.depth > 0)
                            && data(anchor, *params).as_ref() == Some(&record.data)
                    }
                };
                let place = Described { depth: Some(path.depth), subject: anchor.subject(), weakness: None };
                Ok(Acceptance { place, ends: set.records.iter().map(is_end).collect() })
            }
            Err(Refusal { reason: Reason::Broken(reason) | Reason::Unsupported(reason), .. }) => Err(reason),
            Err(Refusal { nodes, .. }) => Err(match nodes.last() {
                Some(last) => format!("no record matches a certificate on the path that ends at {last}"),
                None => NO_PATH.to_owned(),
            }),
        })
    }

    fn ask(&self, set: Set<'_, 'a>, end_entity: Member<'a>, walk: Walk, level: u16) -> Answer<'a> {
        let full = |usage: fn(Usage) -> bool, selector| {
            let wanted = move |params: &Params| {
                usage(params.usage)
                    && (params.selector, params.matching_type) == (selector, MatchingType::Full)
            };
            set.records.iter().filter(move |(params, _)| wanted(params)).map(|(_, record)| &record.data)
        };
        let carried = full(Usage::is_trust_anchor, Selector::Cert).filter_map(|data| self.carried.get(data));
        let keys = full(|usage| usage == Usage::DaneTa, Selector::Spki).map(Vec::as_slice);
        let question = Question {
            chain: self.chain,
            end_entity,
            anchors: Anchors {
                is_dane: &|certificate| set.matches(Usage::DaneTa, certificate),
                is_pkix: &|certificate| set.matches(Usage::PkixTa, certificate),
                is_end_entity: set.matches(Usage::PkixEe, end_entity.certificate()),
                has_pkix: set.has(Usage::is_pkix),
                keys: keys.collect(),
                carried: carried.collect(),
            },
            store: self.policy.store.unwrap_or_default(),
            names: self.policy.names,
            now: self.policy.now,
            level,
            checks: &self.checks,
        };
        match walk {
            Walk::First => path::first(&question),
            Walk::Any => path::any(&question),
        }
    }

    /// The certificates of the file that the record describes.
    fn described(&self, record: &Published, params: Params) -> Vec<Member<'a>> {
        let kind = (params.selector, params.matching_type);
        let mut described = self.described.borrow_mut();
        let by_data = described.entry(kind).or_insert_with(|| {
            let mut by_data = ByData::new();
            for member in self.chain.members() {
                if let Some(data) = data(member.certificate(), params) {
                    by_data.entry(data).or_default().push(member);
                }
            }
            by_data
        });
        by_data.get(&record.data).cloned().unwrap_or_default()
    }
}

/// The two ways in which clients build a path.
#[derive(Debug, Clone, Copy)]
enum Walk {
    First,
    Any,
}

/// Describes where OpenSSL, with the refusal `first`, leaves the valid path `other`.
fn disagreement(first: &Refusal<'_>, other: &Path<'_>) -> String {
    let same = |(one, other): (&Node<'_>, &Node<'_>)| one.certificate().der() == other.certificate().der();
    let shared = first.nodes.iter().zip(&other.nodes).take_while(|pair| same(*pair)).count();
    let reason = match &first.reason {
        Reason::NoAnchor => "the record matches no certificate on that path".to_owned(),
        Reason::Broken(reason) | Reason::Unsupported(reason) => reason.clone(),
    };
    match (first.nodes.get(shared), first.nodes.last()) {
        (Some(wrong), _) => match reason.strip_prefix(&format!("{wrong} ")) {
            Some(reason) => format!("OpenSSL follows {wrong}, which {reason}"),
            None => format!("OpenSSL follows {wrong}, but {reason}"),
        },
        (None, Some(last)) => match last.certificate().defect() {
            Some(defect) => format!("{defect} of {last} cannot be read or occurs twice"),
            None if last.certificate().is_self_signed() => {
                format!("OpenSSL ends the path at {last}, which is self-signed")
            }
            None if first.nodes.len() > path::LONGEST => "the path is longer than OpenSSL allows".to_owned(),
            None => format!("OpenSSL finds no issuer of {last} that fits its authorityKeyIdentifier"),
        },
        (None, None) => reason,
    }
}

/// Returns the reason why clients with OpenSSL reject the key of a server, whatever the records say.
fn weak_key(certificate: &Certificate) -> Option<String> {
    let key = certificate.key_algorithm();
    if !certificate.has_readable_key() && key != KeyAlgorithm::Other {
        return Some("clients cannot read the key".to_owned());
    }
    (!path::is_strong_enough(key, POSTFIX_LEVEL)).then(|| format!("clients reject a key as weak as {key}"))
}

const NOTHING: Outcome = Outcome::Unmatched(None);

const END_ENTITY: &str = "the record describes the server's certificate, but usages 0 and 2 must describe a CA (RFC 7671 section 5.2)";

pub(super) const NO_PATH: &str = "no path with valid signatures leads to a trust anchor";
