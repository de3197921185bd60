//! Walks the chain of trust from an anchor down to the zone of a name: RFC 4035 sections 5.2 and 5.3.1.
//!
//! The walk queries the DS record at each label of the name and never relies on the signer's name in a signature.

use std::sync::Arc;
use std::time::Instant;

use domain::base::Rtype;
use domain::base::iana::Rcode;
use ring::rand::{SecureRandom, SystemRandom};

use super::anchor::AnchorKey;
use super::denial::{Cut, Denial, Proven};
use super::exchange::Exchange;
use super::name::{Name, ancestor, label_count};
use super::reply::{self, Content, Question, Reply, ReplyError};
use super::rrset::{Ds, Rdata, Rrset};
use super::signature::{Budget, Clock, Key, Proof, Zone, dotted, is_supported, is_usable, verify};
use super::{Failure, Insecurity, Resolver};

/// The zone and the security status of a name.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// The name is in this signed zone.
    Secure(Arc<Zone>),
    /// It is unknown whether the name is in this signed zone or below an unsigned delegation. Records that the zone
    /// signed are secure; all others are insecure.
    Doubtful(Arc<Zone>, Insecurity),
    /// The name is below an unsigned delegation or has no trust anchor.
    Insecure(Insecurity),
}

/// One lookup at one server.
pub(super) struct Lookup<'r> {
    pub(super) resolver: &'r Resolver,
    pub(super) server: &'r dyn Exchange,
    pub(super) until: Instant,
    pub(super) clock: Clock,
    pub(super) budget: Budget,
}

impl Lookup<'_> {
    /// Sends one query to the server and parses the reply.
    ///
    /// Errors: the server sent no reply in time, an unreadable reply or an error code.
    pub(super) fn ask(&self, question: &Question) -> Result<Reply, Failure> {
        self.budget.question()?;
        let failure = |reason, is_silent| Failure::NoReply { question: question.clone(), reason, is_silent };
        let mut id = [0; 2];
        let is_random = SystemRandom::new().fill(&mut id).is_ok();
        let query = is_random.then(|| question.query(u16::from_be_bytes(id)));
        let query = query.unwrap_or_else(|| Err("the system's random number generator failed".to_owned()));
        let query = query.map_err(|reason| failure(reason, false))?;
        let octets = self.server.exchange(&query, self.until);
        let octets = octets.map_err(|error| failure(self.resolver.reason(&error, self.until), true))?;
        if !reply::answers(&octets, &query) {
            return Err(failure("the reply does not match the question".to_owned(), true));
        }
        Reply::read(&octets, question).map_err(|error| match error {
            ReplyError::Rcode(rcode) => Failure::Rcode { question: question.clone(), rcode },
            ReplyError::Referral => Failure::Server(format!("{question}: {error}")),
            error => failure(error.to_string(), false),
        })
    }

    pub(super) fn verify(&self, set: &Rrset, zone: &Zone) -> Result<Proof, Failure> {
        verify(set, zone, self.clock, &self.budget)
    }

    /// Proves that `zone` signed `set` and, if `set` was expanded from a wildcard, that the wildcard applies.
    pub(super) fn verify_expanded(
        &self,
        set: &Rrset,
        zone: &Zone,
        reply: &Reply,
    ) -> Result<(Proof, Proven), Failure> {
        let proof = self.verify(set, zone)?;
        let proven = match proof.wildcard {
            None => Proven::Secure,
            // Wildcard DNAME records are undefined (RFC 6672 section 3.3).
            Some(_) if set.rtype == Rtype::DNAME => {
                return Err(Failure::Bogus(format!("{set}: the DNAME record was expanded from a wildcard")));
            }
            Some(labels) => self.denial(zone, reply)?.no_closer(&set.owner, labels)?,
        };
        Ok((proof, proven))
    }

    pub(super) fn denial<'a>(&'a self, zone: &'a Zone, reply: &'a Reply) -> Result<Denial<'a>, Failure> {
        Denial::new(zone, &reply.denial, self.clock, &self.budget)
    }

    /// Finds the zone and security status of `name`.
    ///
    /// Errors: the chain of trust is broken, which makes `name` bogus, or a query failed.
    pub(super) fn place(&self, name: &Name) -> Result<Place, Failure> {
        let above =
            self.resolver.anchors.iter().map(|anchor| &anchor.zone).filter(|zone| name.ends_with(*zone));
        let Some(top) = above.max_by_key(|zone| label_count(zone)) else {
            return Ok(Place::Insecure(Insecurity::NoAnchor));
        };
        let mut place =
            self.remembered(top, || self.anchored(top).map(|zone| (Place::Secure(zone), false)))?.0;
        for labels in label_count(top) + 1..=label_count(name) {
            let Place::Secure(zone) = &place else { break };
            let zone = Arc::clone(zone);
            let child = ancestor(name, labels);
            let (next, is_last) = self.remembered(&child, || self.step(&child, &zone))?;
            place = next;
            if is_last {
                break;
            }
        }
        Ok(place)
    }

    /// Returns the cached zone and security status of `name`. If there is no cached entry, calls `find` and caches the
    /// result.
    fn remembered(
        &self,
        name: &Name,
        find: impl FnOnce() -> Result<(Place, bool), Failure>,
    ) -> Result<(Place, bool), Failure> {
        // The lock is released while a server is queried, so two lookups may send the same query.
        if let Some(known) = self.resolver.places().get(name) {
            return Ok(known.clone());
        }
        let found = find()?;
        self.resolver.places().insert(name.clone(), found.clone());
        Ok(found)
    }

    /// Returns the zone and security status of `child`, whose parent name is in `zone`, and whether both apply to all
    /// names below `child` too.
    fn step(&self, child: &Name, zone: &Arc<Zone>) -> Result<(Place, bool), Failure> {
        let reply = self.ask(&Question { name: child.clone(), rtype: Rtype::DS })?;
        let same = |is_last| Ok((Place::Secure(Arc::clone(zone)), is_last));
        match &reply.content {
            Content::Data(set) => Ok((self.delegated(child, set, zone)?, false)),
            // A name with a CNAME record, or below a DNAME record, is not a zone cut.
            Content::Alias { set, .. } => match self.verify_expanded(set, zone, &reply)?.1 {
                Proven::Secure => same(false),
                Proven::Insecure(insecurity) => Ok((Place::Doubtful(Arc::clone(zone), insecurity), false)),
            },
            Content::Contradiction(what) => {
                Err(Failure::Bogus(format!("{}: {what}", super::name::text(child))))
            }
            Content::Nothing => match self.denial(zone, &reply)?.no_ds(child)? {
                Cut::None => same(false),
                Cut::NoneBelow => same(true),
                Cut::Unsigned => Ok((Place::Insecure(Insecurity::Unsigned(dotted(child))), true)),
                Cut::Perhaps(insecurity) => Ok((Place::Doubtful(Arc::clone(zone), insecurity), true)),
            },
        }
    }

    /// Returns the zone and security status of `child`, which is delegated from `zone` with the DS records `set`.
    fn delegated(&self, child: &Name, set: &Rrset, zone: &Zone) -> Result<Place, Failure> {
        if self.verify(set, zone)?.wildcard.is_some() {
            return Err(Failure::Bogus(format!("{set}: the DS records were expanded from a wildcard")));
        }
        let all: Vec<&Ds> = set
            .records
            .iter()
            .filter_map(|(rdata, _)| match rdata {
                Rdata::Ds(ds) => Some(ds),
                _ => None,
            })
            .collect();
        let usable: Vec<&Ds> = all.iter().copied().filter(|ds| is_usable(ds)).collect();
        if usable.is_empty() {
            // A zone without a supported DS record is insecure (RFC 4035 section 5.2).
            let lacking = all.iter().map(|ds| ds.algorithm()).filter(|one| !is_supported(*one));
            let algorithms: Vec<u8> = lacking.map(|algorithm| algorithm.to_int()).collect();
            let digests = all.iter().map(|ds| ds.digest_type().to_int()).collect();
            let insecurity = match algorithms.is_empty() {
                true => Insecurity::Digests { zone: dotted(child), digests },
                false => Insecurity::Algorithms { zone: dotted(child), algorithms },
            };
            return Ok(Place::Insecure(insecurity));
        }
        // SHA-1 DS records are ignored if another DS record has a stronger digest (RFC 4509 section 3).
        let is_strong = |ds: &&&Ds| ds.digest_type().to_int() != 1;
        let strong: Vec<&Ds> = usable.iter().filter(is_strong).copied().collect();
        let counting = if strong.is_empty() { usable } else { strong };
        let reply = self.ask(&Question { name: child.clone(), rtype: Rtype::DNSKEY })?;
        let fits = |key: &Key| any(&counting, |ds| key.is_described_by(ds, child, &self.budget));
        match &reply.content {
            Content::Data(set) => self.keys(child, set, fits, "its DS records").map(Place::Secure),
            _ => Err(Failure::Bogus(format!("{} has DS records but no DNSKEY record", dotted(child)))),
        }
    }

    /// Returns the zone at `apex`, which has a trust anchor, with the validated keys of the zone.
    fn anchored(&self, apex: &Name) -> Result<Arc<Zone>, Failure> {
        let question = Question { name: apex.clone(), rtype: Rtype::DNSKEY };
        let elsewhere = || {
            let zone = if label_count(apex) == 0 { "the root".to_owned() } else { dotted(apex) };
            Failure::Server(format!(
                "this server does not answer queries for {zone}: use a recursive resolver, or give the DS record of the server's own zone with --trust-anchor"
            ))
        };
        let reply = match self.ask(&question) {
            Err(Failure::Rcode { rcode, .. }) if rcode != Rcode::SERVFAIL => return Err(elsewhere()),
            reply => reply?,
        };
        let Content::Data(set) = &reply.content else { return Err(elsewhere()) };
        if set.signatures.is_empty() {
            return Err(Failure::Server(
                "this server removes DNSSEC signatures: use another server with --dns".to_owned(),
            ));
        }
        let anchors: Vec<&AnchorKey> = self.resolver.anchors_of(apex).collect();
        let fits = |key: &Key| {
            any(&anchors, |anchor| match anchor {
                AnchorKey::Ds(ds) => key.is_described_by(ds, apex, &self.budget),
                AnchorKey::Dnskey(anchor) => Ok(*anchor == key.dnskey),
            })
        };
        if !any(&keys_in(set).collect::<Vec<_>>(), fits)? {
            return Err(Failure::Server(format!(
                "no DNSKEY record of {} matches the trust anchor: the trust anchor is outdated, or the server is not trustworthy",
                dotted(apex)
            )));
        }
        self.keys(apex, set, fits, "the trust anchor")
    }

    /// Returns the zone at `apex` with all keys in `set`, if a key that satisfies `fits` signed the DNSKEY RRset `set`.
    ///
    /// Errors: no key satisfies `fits`, or no such key signed `set`. The message contains `what`: the DS records or the
    /// trust anchor to which `fits` compares the keys.
    fn keys(
        &self,
        apex: &Name,
        set: &Rrset,
        fits: impl Fn(&Key) -> Result<bool, Failure>,
        what: &str,
    ) -> Result<Arc<Zone>, Failure> {
        let mut entry = Zone { apex: apex.clone(), keys: Vec::new(), expires: None };
        for key in keys_in(set) {
            if fits(&key)? {
                entry.keys.push(key);
            }
        }
        if entry.keys.is_empty() {
            return Err(Failure::Bogus(format!("no DNSKEY record of {} matches {what}", dotted(apex))));
        }
        let proof = self.verify(set, &entry)?;
        if proof.wildcard.is_some() {
            return Err(Failure::Bogus(format!("{set}: the DNSKEY records were expanded from a wildcard")));
        }
        Ok(Arc::new(Zone { keys: keys_in(set).collect(), expires: Some(proof.expires), ..entry }))
    }
}

fn keys_in(set: &Rrset) -> impl Iterator<Item = Key> {
    set.records.iter().filter_map(|(rdata, _)| match rdata {
        Rdata::Dnskey(key) => Some(Key::new(key.clone())),
        _ => None,
    })
}

/// Whether `is` returns true for at least one of `items`; stops at the first error.
fn any<T>(items: &[T], is: impl Fn(&T) -> Result<bool, Failure>) -> Result<bool, Failure> {
    for item in items {
        if is(item)? {
            return Ok(true);
        }
    }
    Ok(false)
}
