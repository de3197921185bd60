//! Matches one record against one end entity: RFC 7671 sections 5.1 to 5.4.

use std::cell::RefCell;
use std::collections::HashMap;

use super::{Described, Policy};
use crate::chain::{Chain, Member};
use crate::generate;
use crate::owner::HostName;
use crate::path::{self, Anchor, PathError, Question};
use crate::records::Published;
use crate::tlsa::{DataError, MatchingType, Params, Selector, Tlsa, Usage};
use crate::x509::{Certificate, PublicKey, SignatureCheck};

/// The result of matching a usable record against one end entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The record matches no certificate; contains the reason if known.
    Unmatched(Option<&'static str>),
    /// The association data matches, but the path, a date or the name is wrong.
    Failed(Described, String),
    /// The result is undetermined.
    Unverified(Option<Described>, String),
    Match(Described),
}

impl Outcome {
    /// The rank of the outcome; a higher rank is better.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Unmatched(_) => 0,
            Self::Failed(..) => 1,
            Self::Unverified(..) => 2,
            Self::Match(_) => 3,
        }
    }
}

/// Returns the parameters of a record, or the reason why clients cannot use the record (RFC 6698 section 4.1).
pub(super) fn usable(record: &Published, on_smtp: bool) -> Result<Params, String> {
    let Some(usage) = Usage::from_number(record.usage) else {
        return Err(format!("certificate usage {} is not registered (RFC 7218 section 2.1)", record.usage));
    };
    let Some(selector) = Selector::from_number(record.selector) else {
        return Err(format!("selector {} is not registered (RFC 7218 section 2.2)", record.selector));
    };
    let Some(matching_type) = MatchingType::from_number(record.matching_type) else {
        return Err(format!(
            "matching type {} is not registered (RFC 7218 section 2.3)",
            record.matching_type
        ));
    };
    let params = Params { usage, selector, matching_type };
    match Tlsa::new(params, record.data.clone()) {
        // Clients treat the digest of empty input like any other digest.
        Ok(_) | Err(DataError::Nothing) => {}
        Err(error) => return Err(error.to_string()),
    }
    if matching_type == MatchingType::Full {
        let parses = match selector {
            Selector::Cert => Certificate::from_der(record.data.clone()).map(|_| ()),
            Selector::Spki => PublicKey::from_spki(record.data.clone()).map(|_| ()),
        };
        parses.map_err(|error| format!("the association data is not valid: {error}"))?;
    }
    match usage.is_pkix() && on_smtp {
        true => Err("mail clients do not use usages 0 and 1 (RFC 7672 section 3.1.3)".to_owned()),
        false => Ok(params),
    }
}

/// A usable record and an end entity.
struct Case<'r, 'a> {
    record: &'r Published,
    params: Params,
    end_entity: Member<'a>,
    /// The certificates of the file that the record describes.
    described: Vec<Member<'a>>,
}

impl<'a> Case<'_, 'a> {
    fn describes_end_entity(&self) -> bool {
        self.described.contains(&self.end_entity)
    }

    fn certificate(&self) -> &'a Certificate {
        self.end_entity.certificate()
    }

    fn described_cas(&self) -> impl Iterator<Item = &'a Certificate> {
        let cas = self.described.iter().filter(|member| **member != self.end_entity);
        cas.map(|member| member.certificate())
    }

    /// Returns the outcome of usage 0 or 2 if the record describes no CA: these usages never match the end entity
    /// itself.
    fn unmatched(&self) -> Outcome {
        Outcome::Unmatched(self.describes_end_entity().then_some(END_ENTITY))
    }
}

/// The chain and the client's policy.
pub(super) struct Judge<'a> {
    chain: &'a Chain,
    policy: &'a Policy<'a>,
    /// For each selector and matching type used so far, the certificates by association data.
    described: RefCell<HashMap<(Selector, MatchingType), ByData<'a>>>,
}

/// Certificates by their association data.
type ByData<'a> = HashMap<Vec<u8>, Vec<Member<'a>>>;

impl<'a> Judge<'a> {
    pub(super) fn new(chain: &'a Chain, policy: &'a Policy<'a>) -> Self {
        Self { chain, policy, described: RefCell::default() }
    }

    /// Returns the outcome of the record for a client that received the chain of `end_entity`.
    pub(super) fn outcome(&self, record: &Published, params: Params, end_entity: Member<'a>) -> Outcome {
        let case = Case { record, params, end_entity, described: self.described(record, params) };
        match params.usage {
            Usage::DaneEe | Usage::PkixEe if !case.describes_end_entity() => NOTHING,
            Usage::DaneEe => {
                Outcome::Match(Described { depth: Some(0), subject: case.certificate().subject() })
            }
            Usage::PkixEe => self.pkix(&case, None),
            Usage::PkixTa => self.pkix_ta(&case),
            Usage::DaneTa => self.dane_ta(&case),
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

    /// The certificates that the server may send besides the end entity.
    fn others(&self, end_entity: Member<'a>) -> Vec<&'a Certificate> {
        let others = self.chain.members().filter(|member| *member != end_entity);
        others.map(Member::certificate).collect()
    }

    fn dane_ta(&self, case: &Case<'_, 'a>) -> Outcome {
        let (record, params, certificate) = (case.record, case.params, case.certificate());
        let others = self.others(case.end_entity);
        let mut best = case.unmatched();
        let is_described = |other: &Certificate| data(other, params).as_ref() == Some(&record.data);
        let describes: Option<&dyn Fn(&Certificate) -> bool> = Some(&is_described);
        if case.described_cas().count() > MOST_DESCRIBED {
            return Outcome::Unverified(
                None,
                "the record describes too many certificates to try all".to_owned(),
            );
        }
        for anchor in case.described_cas() {
            let anchors = [Anchor::Certificate(anchor)];
            let outcome = self.path(certificate, &others, &anchors, None, &anchor.subject(), describes);
            best = better(best, outcome);
        }
        if params.matching_type != MatchingType::Full || best.rank() == 3 {
            return best;
        }
        let outcome = match params.selector {
            // The record contains the trust anchor itself, so the server need not send it (RFC 7671 section 5.2.1).
            Selector::Cert if case.described.is_empty() => match Certificate::from_der(record.data.clone()) {
                Ok(anchor) if !Self::names_issuer(certificate, &others, &anchor) => NOTHING,
                Ok(anchor) => {
                    let subject = anchor.subject();
                    let anchors = [Anchor::Certificate(&anchor)];
                    self.path(certificate, &others, &anchors, None, &subject, describes)
                }
                Err(_) => NOTHING,
            },
            Selector::Cert => NOTHING,
            // If validation with a certificate of that key in the chain failed, the bare key must not bypass the limits
            // of that certificate.
            Selector::Spki if matches!(&best, Outcome::Failed(_, reason) if reason != path::NO_PATH) => {
                NOTHING
            }
            Selector::Spki => self.bare_key(record, certificate, &others, describes),
        };
        better(best, without_path(outcome, &case.described))
    }

    /// Whether the end entity or one of `others` names `anchor` as its issuer.
    fn names_issuer(certificate: &Certificate, others: &[&Certificate], anchor: &Certificate) -> bool {
        let mut sent = std::iter::once(certificate).chain(others.iter().copied());
        sent.any(|sent| sent.names_issuer(anchor))
    }

    /// Tries the bare key in the record as the signer of the end entity and of each CA (RFC 7671 section 5.2.2).
    fn bare_key(
        &self,
        record: &Published,
        certificate: &Certificate,
        others: &[&Certificate],
        describes: Option<&dyn Fn(&Certificate) -> bool>,
    ) -> Outcome {
        let mut names: Vec<&[u8]> = Vec::new();
        // A self-signed end entity is not its own trust anchor.
        let own = std::iter::once(certificate).filter(|end_entity| !end_entity.is_self_issued());
        let signed = own.chain(others.iter().copied());
        // Signatures with unsupported algorithms are kept, because the key may have made them.
        let signed = signed.filter(|sent| sent.check_signature_by(&record.data) != SignatureCheck::Invalid);
        for name in signed.map(Certificate::issuer_der) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let anchors: Vec<Anchor<'_>> =
            names.into_iter().map(|name| Anchor::Key { spki: &record.data, name }).collect();
        match anchors.as_slice() {
            [] => NOTHING,
            anchors => self.path(certificate, others, anchors, None, "the key in the record", describes),
        }
    }

    fn pkix_ta(&self, case: &Case<'_, 'a>) -> Outcome {
        let in_file = case.described_cas();
        let in_store = self.policy.store.unwrap_or_default().iter();
        let in_store =
            in_store.filter(|anchor| data(anchor, case.params).as_ref() == Some(&case.record.data));
        let mut best = case.unmatched();
        for by_way_of in in_file.chain(in_store) {
            best = better(best, self.pkix(case, Some(by_way_of)));
        }
        if self.policy.store.is_none() && best == NOTHING {
            return Outcome::Unverified(None, NO_STORE.to_owned());
        }
        best
    }

    /// Validates the certification path to the trust store (PKIX); for usage 0, the path must contain the CA
    /// `by_way_of`.
    fn pkix(&self, case: &Case<'_, 'a>, by_way_of: Option<&Certificate>) -> Outcome {
        let described = by_way_of.unwrap_or(case.certificate());
        let Some(store) = self.policy.store else {
            let depth = by_way_of.is_none().then_some(0);
            let place = Described { depth, subject: described.subject() };
            return Outcome::Unverified(Some(place), NO_STORE.to_owned());
        };
        let anchors: Vec<Anchor<'_>> = store.iter().map(Anchor::Certificate).collect();
        let outcome = self.path(
            case.certificate(),
            &self.others(case.end_entity),
            &anchors,
            by_way_of,
            &described.subject(),
            None,
        );
        match (outcome, by_way_of) {
            // Usage 1 describes the end entity, so the depth is 0 for any length of the path.
            (Outcome::Match(place), None) => Outcome::Match(Described { depth: Some(0), ..place }),
            (Outcome::Failed(place, reason), None) => {
                Outcome::Failed(Described { depth: Some(0), ..place }, reason)
            }
            (outcome, _) => outcome,
        }
    }

    /// Validates the path up to `anchors`, then checks the name (RFC 7671 section 10.2). `subject` is the subject of
    /// the certificate that the record matches; for usage 2, `describes` returns whether the record matches a given
    /// certificate.
    fn path(
        &self,
        end_entity: &Certificate,
        others: &[&Certificate],
        anchors: &[Anchor<'_>],
        by_way_of: Option<&Certificate>,
        subject: &str,
        describes: Option<&dyn Fn(&Certificate) -> bool>,
    ) -> Outcome {
        let place = |depth| Described { depth, subject: subject.to_owned() };
        let question = Question { end_entity, others, anchors, by_way_of, now: self.policy.now };
        let names = self.policy.names;
        let is_named = names.iter().any(|name| end_entity.names_host(name));
        let verified = match path::verify(&question) {
            Ok(verified) => verified,
            Err(PathError::Broken(reason)) => return Outcome::Failed(place(None), reason),
            // If the name is missing, the record fails, even if the path is undetermined.
            Err(PathError::Undecided(_)) if !is_named && !names.is_empty() => {
                return Outcome::Failed(place(None), self.other_name(end_entity));
            }
            Err(PathError::Undecided(reason)) => return Outcome::Unverified(Some(place(None)), reason),
        };
        let depth = Some(verified.depth);
        if names.is_empty() {
            let reason = "the server name is unknown: give it with --nexthop".to_owned();
            return Outcome::Unverified(Some(place(depth)), reason);
        }
        if !is_named {
            return Outcome::Failed(place(depth), self.other_name(end_entity));
        }
        let unverified = |reason: &str| Outcome::Unverified(Some(place(depth)), reason.to_owned());
        // webpki applies name constraints to subjectAltName, but not to a common name that clients use if there is no
        // DNS name.
        let is_constrained = verified.cas.iter().any(|ca| ca.has_name_constraints());
        if end_entity.dns_names().is_empty() && is_constrained {
            return unverified(
                "undetermined: a CA has name constraints, and the server's certificate has only a common name",
            );
        }
        if verified.cas.iter().any(|ca| ca.has_other_constraints()) {
            return unverified("undetermined: a CA has name constraints on names other than DNS names");
        }
        if describes.is_some_and(|describes| has_failing_alternative(&question, &verified, describes)) {
            return unverified(
                "the chain contains two certificates of the same CA, and clients that choose the wrong one fail",
            );
        }
        Outcome::Match(place(depth))
    }

    fn other_name(&self, end_entity: &Certificate) -> String {
        let names: Vec<&str> = self.policy.names.iter().map(HostName::as_str).collect();
        format!("{} does not name {}", end_entity.called(), names.join(" or "))
    }
}

/// Upper bound on candidate anchors per record: a server could send hundreds of certificates with the same key.
const MOST_DESCRIBED: usize = 8;

/// Whether the server sends a second certificate of a CA in the path, and the record fails with that certificate:
/// clients may choose either certificate and do not backtrack (RFC 4158 section 2.2).
fn has_failing_alternative(
    question: &Question<'_>,
    verified: &path::Verified<'_>,
    describes: &dyn Fn(&Certificate) -> bool,
) -> bool {
    let is_anchor = |ca: &Certificate| {
        let mut anchors = question.anchors.iter();
        anchors.any(|anchor| matches!(anchor, Anchor::Certificate(anchor) if anchor.der() == ca.der()))
    };
    for ca in &verified.cas {
        let is_twin = |other: &&&Certificate| {
            other.subject_der() == ca.subject_der() && other.spki() == ca.spki() && other.der() != ca.der()
        };
        for (number, twin) in question.others.iter().filter(is_twin).enumerate() {
            let others: Vec<&Certificate> =
                question.others.iter().copied().filter(|other| other.der() != ca.der()).collect();
            let anchor = [Anchor::Certificate(twin)];
            let anchors = if is_anchor(ca) { &anchor[..] } else { question.anchors };
            let question = Question { others: &others, anchors, ..*question };
            if number >= MOST_DESCRIBED
                || is_anchor(ca) && !describes(twin)
                || path::verify(&question).is_err()
            {
                return true;
            }
        }
    }
    false
}

const NOTHING: Outcome = Outcome::Unmatched(None);

const END_ENTITY: &str = "the record describes the server's certificate, but usages 0 and 2 must describe a CA (RFC 7671 section 5.2)";

const NO_STORE: &str = "usages 0 and 1 need a trust store: give one with --ca-file";

/// The association data that describes `certificate`.
fn data(certificate: &Certificate, params: Params) -> Option<Vec<u8>> {
    generate::describe(certificate, params).ok().map(|tlsa| tlsa.data().to_vec())
}

fn better(one: Outcome, other: Outcome) -> Outcome {
    if other.rank() > one.rank() { other } else { one }
}

/// Returns the outcome for an anchor that the record contains; unmatched if no path leads to that anchor.
fn without_path(outcome: Outcome, described: &[Member<'_>]) -> Outcome {
    match outcome {
        Outcome::Failed(_, reason) if described.is_empty() && reason == path::NO_PATH => NOTHING,
        outcome => outcome,
    }
}
