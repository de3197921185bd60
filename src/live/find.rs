//! Looks up the addresses and TLSA records of a host: RFC 7671 section 7, RFC 7672 sections 2.1 and 2.2.

use std::fmt;
use std::net::IpAddr;

use time::{Duration, OffsetDateTime};

use super::ClientVerdict;
use super::deadline::{Deadline, Omission};
use super::dns::{Answer, Data, Expiry, Kind, LookupError, Resolver, Security};
use super::name_server::{Given, NameServer};
use crate::owner::{HostName, NameError, Owner, Port, Transport};
use crate::records::{Found, Published};

/// The DNSSEC status of a host's addresses and TLSA records together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dnssec {
    /// Validated records that a client may use.
    Secure,
    /// Records from a file, without a TLSA lookup.
    Given,
    /// The file has no records for this owner.
    NotGiven(Owner),
    /// The host provably has no TLSA records, so clients do not use DANE.
    NoRecords,
    /// The addresses or the TLSA records are unsigned, so clients do not use DANE; contains the name of the unsigned
    /// records and the reason.
    Insecure(String),
    /// The signatures are invalid, so clients skip the host; contains the reason.
    Bogus(String),
    /// The addresses are signed, but the name servers do not answer the TLSA query, so clients skip the host; contains
    /// the reason.
    Failing(String),
    /// The lookup returned no answer or no address; contains the reason.
    Unreachable(String),
    /// There is no host to look up; contains the reason, with the RFC section.
    NoHost(String),
    /// The lookup of the host was not started or not finished.
    NotVisited(Omission),
}

impl fmt::Display for Dnssec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secure => f.write_str("secure"),
            Self::Given => f.write_str("records from a file"),
            Self::NotGiven(owner) => write!(f, "the file has no TLSA record for {owner}"),
            Self::NoRecords => f.write_str("secure, no TLSA record is published"),
            Self::Insecure(what) => write!(f, "insecure: {what}"),
            Self::Bogus(reason) => write!(f, "bogus: {reason}"),
            Self::Failing(reason) => write!(f, "the TLSA lookup fails in a signed zone: {reason}"),
            Self::Unreachable(reason) | Self::NoHost(reason) => f.write_str(reason),
            Self::NotVisited(omission) => omission.fmt(f),
        }
    }
}

impl Dnssec {
    /// The status in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Secure | Self::NoRecords => "secure",
            Self::Given | Self::NotGiven(_) | Self::NoHost(_) | Self::NotVisited(_) => "unchecked",
            Self::Insecure(_) => "insecure",
            Self::Bogus(_) => "bogus",
            Self::Failing(_) | Self::Unreachable(_) => "unreachable",
        }
    }

    /// The verdict of a client, if the server itself does not matter.
    pub fn verdict(&self) -> Option<ClientVerdict> {
        match self {
            Self::Secure | Self::Given => None,
            Self::NotGiven(_) | Self::NoRecords | Self::Insecure(_) | Self::NoHost(_) => {
                Some(ClientVerdict::NoDane)
            }
            // Clients skip the host, or defer the mail (RFC 7672 section 2.1.1).
            Self::Bogus(_) | Self::Failing(_) => Some(ClientVerdict::Fail),
            Self::Unreachable(_) | Self::NotVisited(_) => Some(ClientVerdict::Unknown),
        }
    }

    /// Returns [`Self::NotVisited`] instead of a failed lookup if the deadline has passed.
    pub fn within(self, deadline: &Deadline) -> Self {
        match self {
            Self::Failing(_) | Self::Unreachable(_) if deadline.is_over() => {
                Self::NotVisited(deadline.not_finished())
            }
            _ => self,
        }
    }
}

/// The addresses and TLSA records of a host, and the names at which they exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The host.
    pub host: HostName,
    /// The TLSA base domain: the host, or the end of its CNAME chain.
    pub base: HostName,
    /// The owner name of the TLSA lookup, before CNAME expansion.
    pub owner: Owner,
    /// The name at which the records exist: the owner, the end of its CNAME chain, or a wildcard.
    pub holder: Owner,
    /// The addresses of the host.
    pub addresses: Vec<IpAddr>,
    /// The TLSA records of the host.
    pub records: Vec<Published>,
    /// The DNSSEC status of the addresses and records: [`Dnssec::Secure`], unless the caller examines the server all
    /// the same.
    pub dnssec: Dnssec,
    /// Remarks about the lookups.
    pub remarks: Vec<Remark>,
    /// What each name server of the zone gives, if they were asked.
    pub name_servers: Vec<(NameServer, Result<Given, String>)>,
}

/// A remark about a successful lookup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// The addresses of one family could not be looked up, so they are not examined.
    PassedOver {
        /// The host.
        host: String,
        /// `A` or `AAAA`.
        kind: Kind,
        /// What went wrong.
        reason: String,
    },
    /// A signature of the answer expires within two days.
    EndsSoon(Expiry),
}

/// Remaining lifetime of a signature below which a remark is made: signers normally renew a signature several days
/// earlier.
const SOON: Duration = Duration::days(2);

impl Remark {
    /// Returns a remark if a signature of the validated answer expires soon after `now`.
    pub(super) fn on_expiry(answer: &Answer, now: OffsetDateTime) -> Option<Self> {
        let expires = answer.expires.as_ref().filter(|expires| expires.at - now < SOON);
        expires.cloned().map(Self::EndsSoon)
    }
}

impl Server {
    /// A host that has no TLSA records.
    ///
    /// Errors: the owner name is too long.
    pub fn without_records(
        host: &HostName,
        port: Port,
        addresses: Vec<IpAddr>,
        remarks: Vec<Remark>,
    ) -> Result<Self, NameError> {
        let owner = Owner::new(port, Transport::Tcp, host)?;
        Ok(Self {
            host: host.clone(),
            base: host.clone(),
            holder: owner.clone(),
            owner,
            addresses,
            records: Vec::new(),
            dnssec: Dnssec::NoRecords,
            remarks,
            name_servers: Vec::new(),
        })
    }

    /// Returns the reference identifiers for the server's certificate, the TLSA base domain first (RFC 7671 section 7).
    ///
    /// If `on_smtp`, omits the host name before CNAME expansion, because SMTP clients do not accept that name (RFC 7672
    /// section 3.2.2).
    pub fn names(&self, on_smtp: bool) -> Vec<HostName> {
        let mut names = vec![self.base.clone()];
        if !on_smtp && self.host != self.base {
            names.push(self.host.clone());
        }
        names
    }
}

/// The address families to look up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Families {
    /// Both.
    All,
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Families {
    fn kinds(self) -> &'static [Kind] {
        match self {
            Self::All => &[Kind::A, Kind::Aaaa],
            Self::V4 => &[Kind::A],
            Self::V6 => &[Kind::Aaaa],
        }
    }
}

/// The address lookups of a host.
struct Addresses {
    /// The answers with addresses; they have the same canonical name.
    answers: Vec<(Kind, Answer)>,
    /// The families whose lookup failed, with the reason.
    failures: Vec<(Kind, Dnssec)>,
}

impl Addresses {
    /// Looks up each address family separately, so that a failed lookup does not hide the addresses of the other
    /// family.
    ///
    /// Errors: no lookup succeeded, or there is no address.
    fn look_up(resolver: &Resolver, host: &HostName, families: Families) -> Result<Self, Dnssec> {
        let (mut answers, mut failures) = (Vec::new(), Vec::new());
        for kind in families.kinds() {
            match resolver.lookup(host.name(), *kind) {
                Ok(Answer { security: Security::Bogus(reason), .. }) => {
                    failures.push((*kind, Dnssec::Bogus(reason)));
                }
                // A proof that one family has no addresses does not affect the security of the other family.
                Ok(answer) if answer.data.is_empty() => {}
                Ok(answer) => answers.push((*kind, answer)),
                Err(error) => failures.push((*kind, error.into())),
            }
        }
        if answers.is_empty() {
            // If one lookup was bogus and the other failed, report the bogus answer, because a bogus answer makes
            // clients skip the host.
            let is_bogus = |(_, failure): &&(Kind, Dnssec)| matches!(failure, Dnssec::Bogus(_));
            let failure = failures.iter().find(is_bogus).or(failures.first());
            let none = || Dnssec::Unreachable(format!("{} has no address", host.as_str()));
            return Err(failure.map_or_else(none, |(_, failure)| failure.clone()));
        }
        Ok(Self { answers, failures })
    }

    fn all(&self) -> Vec<IpAddr> {
        let data = self.answers.iter().flat_map(|(_, answer)| &answer.data);
        let addresses = data.filter_map(|data| match data {
            Data::Address(address) => Some(*address),
            _ => None,
        });
        addresses.collect()
    }

    fn remarks(&self, host: &HostName, now: OffsetDateTime) -> Vec<Remark> {
        let host = host.as_str();
        let passed_over = |(kind, failure): &(Kind, Dnssec)| Remark::PassedOver {
            host: host.to_owned(),
            kind: *kind,
            reason: failure.to_string(),
        };
        let ending = |(_, answer): &(Kind, Answer)| Remark::on_expiry(answer, now);
        self.failures.iter().map(passed_over).chain(self.answers.iter().filter_map(ending)).collect()
    }
}

/// Returns the addresses of `host`, signed or unsigned.
///
/// Errors: no lookup succeeded, or there is no address.
pub fn addresses(
    resolver: &Resolver,
    host: &HostName,
    families: Families,
) -> Result<(Vec<IpAddr>, Vec<Remark>), Dnssec> {
    let addresses = Addresses::look_up(resolver, host, families)?;
    // The callers do not require signed addresses, so expiring signatures do not matter.
    let mut remarks = addresses.remarks(host, resolver.now());
    remarks.retain(|remark| matches!(remark, Remark::PassedOver { .. }));
    Ok((addresses.all(), remarks))
}

impl From<LookupError> for Dnssec {
    fn from(error: LookupError) -> Self {
        Self::Unreachable(error.to_string())
    }
}

/// Looks up the addresses and TLSA records of `host` as a client does.
///
/// Errors: the reason why clients do not use DANE for this host; never [`Dnssec::Secure`].
pub fn locate(
    resolver: &Resolver,
    host: &HostName,
    port: Port,
    transport: Transport,
    families: Families,
) -> Result<Server, Dnssec> {
    let found = Addresses::look_up(resolver, host, families)?;
    let canonical = found.answers.first().map_or(host.name(), |(_, answer)| &answer.canonical);
    let is_alias = canonical != host.name();
    let mut bases = vec![host.clone()];
    let insecure = found.answers.iter().find_map(|(_, answer)| match &answer.security {
        Security::Insecure(why) => Some(why),
        _ => None,
    });
    if let Some(why) = insecure {
        // If the CNAME record is signed but the addresses of its target are unsigned, the host itself is the TLSA base
        // domain.
        let alias_is_secure =
            is_alias && resolver.lookup(host.name(), Kind::Cname)?.security == Security::Secure;
        if !alias_is_secure {
            return Err(Dnssec::Insecure(format!("the address records of {}: {why}", host.as_str())));
        }
    } else if is_alias && let Ok(expanded) = canonical.as_str().parse::<HostName>() {
        bases.insert(0, expanded);
    }
    let mut none = Dnssec::NoRecords;
    for base in bases {
        let owner = Owner::new(port, transport, &base)?;
        let published = published(resolver, &owner).map_err(|error| match error.is_of_servers {
            true => Dnssec::Failing(error.to_string()),
            false => error.into(),
        })?;
        match published {
            Err(bogus @ Dnssec::Bogus(_)) => return Err(bogus),
            Ok(Records { found: Found { holder, records }, remark }) => {
                let mut remarks = found.remarks(host, resolver.now());
                remarks.extend(remark);
                let (host, addresses) = (host.clone(), found.all());
                return Ok(Server {
                    host,
                    base,
                    owner,
                    holder,
                    addresses,
                    records,
                    dnssec: Dnssec::Secure,
                    remarks,
                    name_servers: Vec::new(),
                });
            }
            // Keep the first reason other than `NoRecords`. The CNAME target is tried before the host itself.
            Err(reason) if none == Dnssec::NoRecords => none = reason,
            Err(_) => {}
        }
    }
    Err(none)
}

impl From<NameError> for Dnssec {
    fn from(error: NameError) -> Self {
        Self::NoHost(error.to_string())
    }
}

/// Validated TLSA records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Records {
    /// The records, and the name at which they exist: the owner, the end of its CNAME chain, or a wildcard.
    pub found: Found,
    /// A remark if their signatures expire soon.
    pub remark: Option<Remark>,
}

/// Looks up the validated TLSA records at `owner`; the inner error is the reason why clients cannot use them.
///
/// Errors: there is no answer.
pub fn published(resolver: &Resolver, owner: &Owner) -> Result<Result<Records, Dnssec>, LookupError> {
    let name = owner.name().as_str();
    let answer = resolver.lookup(owner.name(), Kind::Tlsa)?;
    match &answer.security {
        Security::Bogus(reason) => return Ok(Err(Dnssec::Bogus(reason.clone()))),
        Security::Insecure(why) => {
            return Ok(Err(Dnssec::Insecure(format!("the TLSA records of {name}: {why}"))));
        }
        Security::Secure => {}
    }
    let remark = Remark::on_expiry(&answer, resolver.now());
    let Answer { holder, data, .. } = answer;
    let records: Vec<Published> = data
        .into_iter()
        .filter_map(|data| match data {
            Data::Tlsa(published) => Some(published),
            _ => None,
        })
        .collect();
    if records.is_empty() {
        return Ok(Err(Dnssec::NoRecords));
    }
    let unwritten = || {
        Dnssec::NoHost(format!("the TLSA records of {name} are at a name that needs escapes or is too long"))
    };
    let found = Owner::found(&holder).map(|holder| Found { holder, records });
    Ok(found.map(|found| Records { found, remark }).ok_or_else(unwritten))
}
