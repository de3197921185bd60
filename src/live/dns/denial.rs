//! Authenticated denial of existence: RFC 4035 section 5.4, RFC 5155 section 8, RFC 6840 section 4, RFC 9276.

use domain::base::iana::Nsec3HashAlgorithm;
use domain::base::{CanonicalOrd, Rtype};
use domain::dnssec::common::nsec3_hash;
use domain::rdata::nsec3::{Nsec3Salt, OwnerHash};

use super::name::{Name, ancestor, common_ancestor, is_below, label_count, wildcard_below};
use super::rrset::{Nsec3, Rdata, Rrset, Types};
use super::signature::{Budget, Clock, Zone, dotted, verify};
use super::{Failure, Insecurity};

/// Maximum number of NSEC3 iterations; a denial with more is insecure (RFC 9276 section 3.2).
const MOST_ITERATIONS: u16 = 150;

/// The records of a reply with which one zone proves that names or records do not exist. The signature of an NSEC or
/// NSEC3 record is verified only if the record matches or covers the name that the proof needs.
#[derive(Clone, Copy)]
pub(super) struct Denial<'a> {
    zone: &'a Zone,
    sets: &'a [Rrset],
    clock: Clock,
    budget: &'a Budget,
}

/// The security status of a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Proven {
    Secure,
    /// Insecure, for this reason.
    Insecure(Insecurity),
}

/// The result of searching for a zone cut at a name below the apex of a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cut {
    /// No zone cut: the name exists, or is an empty non-terminal.
    None,
    /// No zone cut at the name or below it: the name does not exist.
    NoneBelow,
    /// A delegation without a DS record.
    Unsigned,
    /// Possibly a delegation without a DS record.
    Perhaps(Insecurity),
}

/// Owner, next name and types of an NSEC record.
type Nsec<'a> = (&'a Name, &'a Name, &'a Types);

/// The result of an NSEC3 proof about a name.
enum Hashed<'a> {
    /// The name exists and has these types.
    Match(&'a Types),
    /// The name does not exist: its closest encloser, and whether opt-out applies.
    Missing { encloser: Name, opt_out: bool },
}

impl<'a> Denial<'a> {
    /// `sets` are the SOA, NSEC and NSEC3 RRsets of the authority section.
    ///
    /// A reply without an SOA record is accepted, because the proof does not need it. But other validators check every
    /// RRset of the section (RFC 4035 section 3.2.3), so senders do not accept an SOA record with a bad signature.
    ///
    /// Errors: the SOA record of `zone` is not validly signed, or the lookup exceeds a limit.
    pub(super) fn new(
        zone: &'a Zone,
        sets: &'a [Rrset],
        clock: Clock,
        budget: &'a Budget,
    ) -> Result<Self, Failure> {
        for set in sets.iter().filter(|set| set.rtype == Rtype::SOA && set.owner == zone.apex) {
            verify(set, zone, clock, budget)?;
        }
        Ok(Self { zone, sets, clock, budget })
    }

    /// Proves that there is no record of type `rtype` at `name`, whether the name exists or not.
    ///
    /// Errors: no valid record proves this, or the lookup exceeds a limit.
    pub(super) fn no_data(&self, name: &Name, rtype: Rtype) -> Result<Proven, Failure> {
        // The type bit map must contain neither `rtype` nor CNAME, because either record would be the answer. The NSEC
        // or NSEC3 record must not be from the parent's side of a zone cut.
        let lacks = |types: &Types| {
            !types.contains(rtype) && !types.contains(Rtype::CNAME) && !types.is_of_delegation()
        };
        let shown = |is_absent, proven| match is_absent {
            true => Ok(proven),
            false => Err(self.unproven(
                "the NSEC or NSEC3 record does not prove the absence of the requested record at",
                name,
            )),
        };
        if let Some((_, _, types)) = self.nsec_at(name)? {
            return shown(lacks(types), Proven::Secure);
        }
        if let Some((owner, next, _)) = self.nsec_over(name)? {
            if is_below(next, name) {
                // The name is an empty non-terminal.
                return Ok(Proven::Secure);
            }
            let (one, other) = (common_ancestor(name, owner), common_ancestor(name, next));
            let encloser = if label_count(&one) > label_count(&other) { one } else { other };
            let wildcard = self.wildcard(&encloser)?;
            if let Some((_, _, types)) = self.nsec_at(&wildcard)? {
                return shown(lacks(types), Proven::Secure);
            }
            if self.nsec_over(&wildcard)?.is_some() {
                return Ok(Proven::Secure);
            }
        }
        for group in self.groups() {
            match group.find(name)? {
                None => {}
                Some(Hashed::Match(types)) => return shown(lacks(types), Proven::Secure),
                Some(Hashed::Missing { encloser, opt_out }) => {
                    let proven = if opt_out { Proven::Insecure(Insecurity::OptOut) } else { Proven::Secure };
                    let wildcard = self.wildcard(&encloser)?;
                    if let Some(nsec3) = group.at(&wildcard)? {
                        return shown(lacks(&nsec3.types), proven);
                    }
                    if group.over(&wildcard)?.is_some() {
                        return Ok(proven);
                    }
                }
            }
        }
        match self.excess()? {
            Some(insecurity) => Ok(Proven::Insecure(insecurity)),
            None => Err(self
                .unproven("no valid NSEC or NSEC3 proof that the requested record does not exist at", name)),
        }
    }

    /// Proves that a wildcard applies to `name`: the next closer name does not exist, not even as an empty non-terminal
    /// (RFC 4035 section 5.3.4, RFC 5155 section 8.8). The closest encloser of `name` has `labels` labels.
    ///
    /// Errors: no valid record proves this, or the lookup exceeds a limit.
    pub(super) fn no_closer(&self, name: &Name, labels: usize) -> Result<Proven, Failure> {
        let next_closer = ancestor(name, labels + 1);
        if let Some((_, next, _)) = self.nsec_over(&next_closer)?
            && !next.ends_with(&next_closer)
        {
            return Ok(Proven::Secure);
        }
        for group in self.groups() {
            if let Some(nsec3) = group.over(&next_closer)? {
                return Ok(match nsec3.opt_out {
                    true => Proven::Insecure(Insecurity::OptOut),
                    false => Proven::Secure,
                });
            }
        }
        match self.excess()? {
            Some(insecurity) => Ok(Proven::Insecure(insecurity)),
            None => Err(self.unproven("no valid NSEC or NSEC3 proof that the wildcard applies to", name)),
        }
    }

    /// Proves that `child`, a name below the apex, has no DS record; returns whether there is a zone cut.
    ///
    /// Errors: no valid record proves this, or the lookup exceeds a limit.
    pub(super) fn no_ds(&self, child: &Name) -> Result<Cut, Failure> {
        let of_types = |types: &Types| match () {
            // An NSEC record with SOA is from the child's side of the zone cut.
            () if types.contains(Rtype::DS) || types.contains(Rtype::SOA) => {
                Err(self
                    .unproven("the NSEC or NSEC3 record does not prove the absence of a DS record at", child))
            }
            () if types.contains(Rtype::NS) => Ok(Cut::Unsigned),
            () => Ok(Cut::None),
        };
        if let Some((_, _, types)) = self.nsec_at(child)? {
            return of_types(types);
        }
        if let Some((_, next, _)) = self.nsec_over(child)? {
            return Ok(if next.ends_with(child) { Cut::None } else { Cut::NoneBelow });
        }
        for group in self.groups() {
            match group.find(child)? {
                None => {}
                Some(Hashed::Match(types)) => return of_types(types),
                Some(Hashed::Missing { opt_out: true, .. }) => return Ok(Cut::Perhaps(Insecurity::OptOut)),
                Some(Hashed::Missing { opt_out: false, .. }) => return Ok(Cut::NoneBelow),
            }
        }
        match self.excess()? {
            Some(insecurity) => Ok(Cut::Perhaps(insecurity)),
            None => Err(self.unproven("no valid NSEC or NSEC3 proof that there is no DS record at", child)),
        }
    }

    fn unproven(&self, what: &str, name: &Name) -> Failure {
        Failure::Bogus(format!("{what} {} (zone {})", super::name::text(name), dotted(&self.zone.apex)))
    }

    fn wildcard(&self, encloser: &Name) -> Result<Name, Failure> {
        wildcard_below(encloser).ok_or_else(|| self.unproven("the wildcard name is too long below", encloser))
    }

    /// Whether the zone signed the record at this owner. A record expanded from a wildcard proves nothing
    /// (CVE-2017-15105).
    fn is_signed(&self, set: &Rrset) -> Result<bool, Failure> {
        match verify(set, self.zone, self.clock, self.budget) {
            Ok(proof) => Ok(proof.wildcard.is_none()),
            Err(Failure::Bogus(_)) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Returns the first NSEC record that satisfies `fits` and has a valid signature.
    fn nsec(&self, fits: impl Fn(&Nsec<'a>) -> bool) -> Result<Option<Nsec<'a>>, Failure> {
        for set in self.sets {
            // An owner name has only one NSEC record (RFC 4034 section 4).
            let [(Rdata::Nsec { next, types }, _)] = set.records.as_slice() else { continue };
            let nsec = (&set.owner, next, types);
            if fits(&nsec) && self.is_signed(set)? {
                return Ok(Some(nsec));
            }
        }
        Ok(None)
    }

    fn nsec_at(&self, name: &Name) -> Result<Option<Nsec<'a>>, Failure> {
        self.nsec(|(owner, _, _)| *owner == name)
    }

    /// Returns the NSEC record that covers `name` (RFC 4034 section 4.1.1).
    fn nsec_over(&self, name: &Name) -> Result<Option<Nsec<'a>>, Failure> {
        let apex = &self.zone.apex;
        self.nsec(|(owner, next, types)| {
            // The NSEC record of a delegation or a DNAME record proves nothing about names below its owner (RFC 6840
            // section 4.1, RFC 6672 section 5.3.4.1).
            let is_hidden = is_below(name, owner) && hides(types);
            let is_after_owner = owner.canonical_lt(name);
            let is_before_next = name.canonical_lt(next) || *next == apex;
            !is_hidden && name.ends_with(apex) && next.ends_with(apex) && is_after_owner && is_before_next
        })
    }

    /// Groups the NSEC3 records by iterations and salt: a proof uses the records of one group (RFC 5155 section 8.2).
    fn groups(&self) -> Vec<Group<'a>> {
        let mut groups: Vec<Group> = Vec::new();
        for set in self.sets {
            let [(Rdata::Nsec3(nsec3), _)] = set.records.as_slice() else { continue };
            if set.owner.parent().is_none_or(|parent| parent != self.zone.apex)
                || nsec3.iterations > MOST_ITERATIONS
            {
                continue;
            }
            let same = |group: &&mut Group| group.iterations == nsec3.iterations && *group.salt == nsec3.salt;
            match groups.iter_mut().find(same) {
                Some(group) => group.records.push((set, nsec3)),
                None => groups.push(Group {
                    denial: *self,
                    iterations: nsec3.iterations,
                    salt: &nsec3.salt,
                    records: vec![(set, nsec3)],
                }),
            }
        }
        groups
    }

    /// Returns [`Insecurity::Iterations`] if a signed NSEC3 record uses too many iterations.
    fn excess(&self) -> Result<Option<Insecurity>, Failure> {
        for set in self.sets {
            let [(Rdata::Nsec3(nsec3), _)] = set.records.as_slice() else { continue };
            if nsec3.iterations > MOST_ITERATIONS && self.is_signed(set)? {
                return Ok(Some(Insecurity::Iterations(nsec3.iterations)));
            }
        }
        Ok(None)
    }
}

/// Whether an owner with these types hides all names below it, because a delegation or a DNAME record redirects them.
fn hides(types: &Types) -> bool {
    types.contains(Rtype::DNAME) || types.is_of_delegation()
}

/// NSEC3 records with the same iterations and salt.
struct Group<'a> {
    denial: Denial<'a>,
    iterations: u16,
    salt: &'a Nsec3Salt<Vec<u8>>,
    records: Vec<(&'a Rrset, &'a Nsec3)>,
}

impl<'a> Group<'a> {
    fn hash(&self, name: &Name) -> Result<Vec<u8>, Failure> {
        self.denial.budget.digest()?;
        let hash = nsec3_hash::<_, _, Vec<u8>>(name, Nsec3HashAlgorithm::SHA1, self.iterations, self.salt);
        let hash = hash.map_err(|_| Failure::Bogus("cannot compute an NSEC3 hash".to_owned()))?;
        Ok(OwnerHash::into_octets(hash))
    }

    fn find_signed(&self, fits: impl Fn(&Nsec3) -> bool) -> Result<Option<&'a Nsec3>, Failure> {
        for (set, nsec3) in &self.records {
            if fits(nsec3) && self.denial.is_signed(set)? {
                return Ok(Some(nsec3));
            }
        }
        Ok(None)
    }

    fn at(&self, name: &Name) -> Result<Option<&'a Nsec3>, Failure> {
        let hash = self.hash(name)?;
        self.find_signed(|nsec3| nsec3.hash == hash)
    }

    /// Returns the NSEC3 record that covers the hash of `name`; the last record wraps around to the first.
    fn over(&self, name: &Name) -> Result<Option<&'a Nsec3>, Failure> {
        let hash = self.hash(name)?;
        self.find_signed(|Nsec3 { hash: owner, next, .. }| match owner < next {
            true => *owner < hash && hash < *next,
            false => *owner < hash || hash < *next,
        })
    }

    /// Searches for a proof about `name`: a matching record, or the closest encloser proof (RFC 5155 section 8.3).
    fn find(&self, name: &Name) -> Result<Option<Hashed<'a>>, Failure> {
        if let Some(nsec3) = self.at(name)? {
            return Ok(Some(Hashed::Match(&nsec3.types)));
        }
        let apex = label_count(&self.denial.zone.apex);
        for labels in (apex..label_count(name)).rev() {
            let encloser = ancestor(name, labels);
            let Some(nsec3) = self.at(&encloser)? else { continue };
            if hides(&nsec3.types) {
                return Ok(None);
            }
            let covering = self.over(&ancestor(name, labels + 1))?;
            return Ok(covering.map(|nsec3| Hashed::Missing { encloser, opt_out: nsec3.opt_out }));
        }
        Ok(None)
    }
}
