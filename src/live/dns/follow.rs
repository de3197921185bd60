//! A lookup at one server: the question, and one more for each alias on the way (RFC 1034 section 5.2.2).

use domain::base::Rtype;

use super::denial::Proven;
use super::name::{Name, ancestor, text, wildcard_below};
use super::reply::{Content, Question, Reply};
use super::rrset::{Rdata, Rrset};
use super::signature::Proof;
use super::trust::{Lookup, Place};
use super::{Answer, Data, Failure, Security};

/// Aliases in a row that are followed.
const MOST_ALIASES: usize = 8;

/// What one question brought.
enum Step {
    Answer(Answer),
    /// An alias, what DNSSEC says of it, and its target.
    Alias(Security, Name),
}

impl Lookup<'_> {
    /// The answer at the end of all aliases; each step is asked for and validated by itself.
    pub(super) fn follow(&self, question: &Question) -> Result<Answer, Failure> {
        let mut security = Security::Secure;
        let mut name = question.name.clone();
        for _ in 0..=MOST_ALIASES {
            let question = Question { name: name.clone(), ..question.clone() };
            match self.one(&question) {
                Ok(Step::Answer(answer)) => {
                    return Ok(Answer { security: security.and(answer.security), ..answer });
                }
                Ok(Step::Alias(of_alias, target)) => {
                    security = security.and(of_alias);
                    name = target;
                }
                Err(Failure::Bogus(reason)) => {
                    return Ok(Answer::of(&question, Security::Bogus(reason)));
                }
                Err(failure) => return Err(failure),
            }
        }
        Err(Failure::NoReply {
            question: question.clone(),
            reason: format!("a chain of more than {MOST_ALIASES} CNAME records"),
            is_silent: false,
        })
    }

    fn one(&self, question: &Question) -> Result<Step, Failure> {
        let reply = self.ask(question)?;
        let place = self.place(&question.name)?;
        match (&reply.content, &place) {
            (Content::Contradiction(what), Place::Insecure(_)) => Err(Failure::NoReply {
                question: question.clone(),
                reason: (*what).to_owned(),
                is_silent: false,
            }),
            (Content::Contradiction(what), _) => Err(Failure::Bogus(format!("{question}: {what}"))),
            (Content::Data(set), _) => {
                let (security, proof) = self.proven(set, &place, &reply)?;
                let is_secure = security == Security::Secure;
                let holder = holder(question, proof.as_ref());
                let expires = proof.filter(|_| is_secure).map(|proof| proof.expires);
                let data = set.records.iter().filter_map(|(rdata, _)| data(rdata)).collect();
                Ok(Step::Answer(Answer { data, holder, expires, ..Answer::of(question, security) }))
            }
            (Content::Alias { set, target }, _) => {
                let (security, proof) = self.proven(set, &place, &reply)?;
                if question.rtype != Rtype::CNAME {
                    return Ok(Step::Alias(security, target.clone()));
                }
                // A CNAME record that follows from a DNAME record.
                let data = vec![Data::Cname(text(target))];
                let holder = holder(question, proof.as_ref());
                Ok(Step::Answer(Answer { data, holder, ..Answer::of(question, security) }))
            }
            (Content::Nothing, Place::Secure(zone)) => {
                let proven = self.denial(zone, &reply).no_data(&question.name, question.rtype)?;
                Ok(Step::Answer(Answer::of(question, proven.into())))
            }
            (Content::Nothing, Place::Doubtful(_, insecurity) | Place::Insecure(insecurity)) => {
                Ok(Step::Answer(Answer::of(question, Security::Insecure(insecurity.clone()))))
            }
        }
    }

    /// What DNSSEC says of a set that a reply has, and what proves it.
    fn proven(
        &self,
        set: &Rrset,
        place: &Place,
        reply: &Reply,
    ) -> Result<(Security, Option<Proof>), Failure> {
        let (zone, insecurity) = match place {
            Place::Insecure(insecurity) => return Ok((Security::Insecure(insecurity.clone()), None)),
            Place::Secure(zone) => (zone, None),
            Place::Doubtful(zone, insecurity) => (zone, Some(insecurity)),
        };
        let proof = match (self.verify(set, zone), insecurity) {
            (Ok(proof), _) => proof,
            (Err(Failure::Bogus(_)), Some(insecurity))
                if !set.signatures.iter().any(|signature| signature.signer == zone.apex) =>
            {
                return Ok((Security::Insecure(insecurity.clone()), None));
            }
            (Err(failure), _) => return Err(failure),
        };
        let security = match proof.wildcard {
            Some(labels) => self.denial(zone, reply).no_closer(&set.owner, labels)?.into(),
            None => Security::Secure,
        };
        Ok((security, Some(proof)))
    }
}

impl From<Proven> for Security {
    fn from(proven: Proven) -> Self {
        match proven {
            Proven::Secure => Self::Secure,
            Proven::Insecure(insecurity) => Self::Insecure(insecurity),
        }
    }
}

/// The name, or the wildcard that its records come from.
fn holder(question: &Question, proof: Option<&Proof>) -> String {
    let wildcard = proof.and_then(|proof| proof.wildcard);
    let wildcard = wildcard.and_then(|labels| wildcard_below(&ancestor(&question.name, labels)));
    text(wildcard.as_ref().unwrap_or(&question.name))
}

fn data(rdata: &Rdata) -> Option<Data> {
    match rdata {
        Rdata::Address(address) => Some(Data::Address(*address)),
        Rdata::Mx { preference, exchange } => {
            Some(Data::Mx { preference: *preference, exchange: text(exchange) })
        }
        Rdata::Tlsa(published) => Some(Data::Tlsa(published.clone())),
        Rdata::Cname(target) => Some(Data::Cname(text(target))),
        _ => None,
    }
}

impl Answer {
    /// An answer without data.
    fn of(question: &Question, security: Security) -> Self {
        let canonical = text(&question.name);
        Self { security, holder: canonical.clone(), canonical, data: Vec::new(), expires: None }
    }
}
