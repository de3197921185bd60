//! Follows CNAME and DNAME records at one server, with a new query for each (RFC 1034 section 5.2.2).

use domain::base::Rtype;

use super::denial::Proven;
use super::name::{Name, ancestor, domain_name, wildcard_below};
use super::reply::{Content, Question, Reply};
use super::rrset::{Rdata, Rrset};
use super::trust::{Lookup, Place};
use super::{Answer, Data, Expiry, Failure, Insecurity, Security};
use crate::owner::DomainName;
use crate::records::MOST_ALIASES;

/// The result of one query.
enum Step {
    Answer(Answer),
    /// The name is an alias, by a CNAME or DNAME record.
    Alias {
        target: Name,
        security: Security,
        expires: Option<Expiry>,
    },
}

impl Lookup<'_> {
    /// Returns the answer at the end of the CNAME chain; sends a query for each step and validates each reply.
    pub(super) fn follow(&self, question: &Question) -> Result<Answer, Failure> {
        let mut security = Security::Secure;
        let mut expires = None;
        let mut name = question.name.clone();
        for _ in 0..=MOST_ALIASES {
            let question = Question { name: name.clone(), ..question.clone() };
            match self.one(&question) {
                Ok(Step::Answer(answer)) => {
                    let security = security.and(answer.security);
                    let expires = Expiry::first(expires, answer.expires);
                    let expires = expires.filter(|_| security == Security::Secure);
                    return Ok(Answer { security, expires, ..answer });
                }
                Ok(Step::Alias { target, security: of_alias, expires: of_signature }) => {
                    security = security.and(of_alias);
                    expires = Expiry::first(expires, of_signature);
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
            reason: format!("CNAME chain longer than {MOST_ALIASES}"),
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
                let Signed { security, holder, ttl, expires } = self.signed(set, &place, &reply)?;
                let data = set.records.iter().filter_map(|(rdata, _)| data(rdata)).collect();
                Ok(Step::Answer(Answer { data, holder, ttl, expires, ..Answer::of(question, security) }))
            }
            (Content::Alias { set, target }, _) => {
                let Signed { security, holder, ttl, expires } = self.signed(set, &place, &reply)?;
                if question.rtype != Rtype::CNAME {
                    return Ok(Step::Alias { target: target.clone(), security, expires });
                }
                // In a CNAME lookup, only a DNAME record above the name is an alias: synthesize the CNAME record.
                let data = vec![Data::Cname(domain_name(target))];
                Ok(Step::Answer(Answer { data, holder, ttl, expires, ..Answer::of(question, security) }))
            }
            (Content::Nothing, Place::Secure(zone)) => {
                let proven = self.denial(zone, &reply)?.no_data(&question.name, question.rtype)?;
                Ok(Step::Answer(Answer::of(question, proven.into())))
            }
            (Content::Nothing, Place::Doubtful(_, insecurity) | Place::Insecure(insecurity)) => {
                Ok(Step::Answer(Answer::of(question, Security::Insecure(insecurity.clone()))))
            }
        }
    }

    /// Validates an RRset of a reply; `place` is the zone and security status of the requested name.
    fn signed(&self, set: &Rrset, place: &Place, reply: &Reply) -> Result<Signed, Failure> {
        let insecure = |insecurity: &Insecurity| Signed {
            security: Security::Insecure(insecurity.clone()),
            holder: domain_name(&set.owner),
            ttl: None,
            expires: None,
        };
        let (zone, insecurity) = match place {
            Place::Insecure(insecurity) => return Ok(insecure(insecurity)),
            Place::Secure(zone) => (zone, None),
            Place::Doubtful(zone, insecurity) => (zone, Some(insecurity)),
        };
        let is_of_zone = || set.signatures.iter().any(|signature| signature.signer == zone.apex);
        let (proof, proven) = match (self.verify_expanded(set, zone, reply), insecurity) {
            (Err(Failure::Bogus(_)), Some(insecurity)) if !is_of_zone() => return Ok(insecure(insecurity)),
            (proven, _) => proven?,
        };
        let wildcard = proof.wildcard.and_then(|labels| wildcard_below(&ancestor(&set.owner, labels)));
        Ok(Signed {
            security: proven.into(),
            holder: domain_name(wildcard.as_ref().unwrap_or(&set.owner)),
            ttl: Some(proof.ttl),
            expires: Expiry::first(Some(proof.expires), zone.expires.clone()),
        })
    }
}

/// The result of validating an RRset.
struct Signed {
    security: Security,
    /// The owner of the RRset, or the wildcard from which the RRset was expanded.
    holder: DomainName,
    ttl: Option<u32>,
    expires: Option<Expiry>,
}

impl From<Proven> for Security {
    fn from(proven: Proven) -> Self {
        match proven {
            Proven::Secure => Self::Secure,
            Proven::Insecure(insecurity) => Self::Insecure(insecurity),
        }
    }
}

fn data(rdata: &Rdata) -> Option<Data> {
    match rdata {
        Rdata::Address(address) => Some(Data::Address(*address)),
        Rdata::Mx { preference, exchange } => {
            Some(Data::Mx { preference: *preference, exchange: domain_name(exchange) })
        }
        Rdata::Tlsa(published) => Some(Data::Tlsa(published.clone())),
        Rdata::Ns(server) => Some(Data::Ns(domain_name(server))),
        Rdata::Srv { priority, port, target } => {
            Some(Data::Srv { priority: *priority, port: *port, target: domain_name(target) })
        }
        Rdata::Cname(target) => Some(Data::Cname(domain_name(target))),
        _ => None,
    }
}

impl Answer {
    /// Returns an answer without data.
    fn of(question: &Question, security: Security) -> Self {
        let canonical = domain_name(&question.name);
        Self { security, holder: canonical.clone(), canonical, data: Vec::new(), ttl: None, expires: None }
    }
}
