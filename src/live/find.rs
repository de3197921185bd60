//! From a host to its addresses and TLSA records: RFC 7671 section 7, RFC 7672 sections 2.1 and 2.2.

use std::fmt;
use std::net::IpAddr;

use time::{Duration, OffsetDateTime};

use super::deadline::Omission;
use super::dns::{Answer, Data, Expiry, Kind, LookupError, Resolver, Security};
use crate::owner::{DomainName, HostName, NameError, Owner, Port, Transport};
use crate::records::{Found, Published};

/// What DNSSEC says of a host's names and TLSA records together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dnssec {
    /// Records that a client may use.
    Secure,
    /// Records from a file: the DNS was not asked for them.
    Given,
    /// A file without records for this owner.
    NotGiven(Owner),
    /// Proven: there are no TLSA records, so no client asks for DANE.
    NoRecords,
    /// Unsigned: no client asks for DANE; with what is unsigned, and why.
    Insecure(String),
    /// Forged or broken: clients skip the host; with the reason.
    Bogus(String),
    /// No answer.
    Unreachable(String),
    /// There is no host to ask for, with the reason and its section.
    NoHost(String),
    /// Not looked up, or not to the end.
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
            Self::Unreachable(reason) | Self::NoHost(reason) => f.write_str(reason),
            Self::NotVisited(omission) => omission.fmt(f),
        }
    }
}

impl Dnssec {
    /// One word for programs.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Secure | Self::NoRecords => "secure",
            Self::Given | Self::NotGiven(_) | Self::NoHost(_) | Self::NotVisited(_) => "unchecked",
            Self::Insecure(_) => "insecure",
            Self::Bogus(_) => "bogus",
            Self::Unreachable(_) => "unreachable",
        }
    }
}

/// Where a host is, and what is published for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The host.
    pub host: HostName,
    /// The TLSA base domain: the host, or what its aliases lead to.
    pub base: HostName,
    /// Owner of the records, before any alias of its own.
    pub owner: Owner,
    /// Where the records are: the owner, the end of its aliases, or a wildcard.
    pub holder: Owner,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// Its records.
    pub records: Vec<Published>,
    /// What is worth knowing of the lookups that found it.
    pub remarks: Vec<Remark>,
}

/// What is worth knowing of a lookup that went well enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// The addresses of one family could not be looked up, so that they are not visited.
    PassedOver {
        /// The host.
        host: String,
        /// `A` or `AAAA`.
        kind: Kind,
        /// What went wrong.
        reason: String,
    },
    /// A signature that an answer stands on ends within two days.
    EndsSoon(Expiry),
}

/// Zones are signed anew days before their signatures end.
const SOON: Duration = Duration::days(2);

impl Remark {
    /// Whether a signature that a validated answer stands on ends soon after `now`.
    fn on_expiry(answer: &Answer, now: OffsetDateTime) -> Option<Self> {
        let expires = answer.expires.as_ref().filter(|expires| expires.at - now < SOON);
        expires.cloned().map(Self::EndsSoon)
    }
}

impl Server {
    /// The names of which a certificate may have one, the favourite first: the TLSA base domain (RFC 7671 section 7).
    ///
    /// `on_smtp`: clients there do not take the name before an alias (RFC 7672 section 3.2.2).
    pub fn names(&self, on_smtp: bool) -> Vec<HostName> {
        let mut names = vec![self.base.clone()];
        if !on_smtp && self.host != self.base {
            names.push(self.host.clone());
        }
        names
    }
}

/// Which families of addresses are asked for.
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

/// What was looked up of a host's addresses.
struct Addresses {
    /// The answers with addresses; their canonical name is the same.
    answers: Vec<(Kind, Answer)>,
    /// The families that could not be looked up.
    failures: Vec<(Kind, Dnssec)>,
}

impl Addresses {
    /// Asks for each family by itself: one that fails does not hide another that works.
    ///
    /// Errors: nobody answers, or there is no address.
    fn look_up(resolver: &Resolver, host: &HostName, families: Families) -> Result<Self, Dnssec> {
        let (mut answers, mut failures) = (Vec::new(), Vec::new());
        for kind in families.kinds() {
            match resolver.lookup(host.name(), *kind) {
                Ok(Answer { security: Security::Bogus(reason), .. }) => {
                    failures.push((*kind, Dnssec::Bogus(reason)));
                }
                // A denial says nothing of the family that has addresses, not even that it is insecure.
                Ok(answer) if answer.data.is_empty() => {}
                Ok(answer) => answers.push((*kind, answer)),
                Err(error) => failures.push((*kind, error.into())),
            }
        }
        if answers.is_empty() {
            // Forged rather than silent: clients skip the host.
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

/// The addresses of `host`, signed or not.
///
/// Errors: nobody answers, or there is none.
pub fn addresses(
    resolver: &Resolver,
    host: &HostName,
    families: Families,
) -> Result<(Vec<IpAddr>, Vec<Remark>), Dnssec> {
    let addresses = Addresses::look_up(resolver, host, families)?;
    // Nothing that is signed is judged by these.
    let mut remarks = addresses.remarks(host, resolver.now());
    remarks.retain(|remark| matches!(remark, Remark::PassedOver { .. }));
    Ok((addresses.all(), remarks))
}

impl From<LookupError> for Dnssec {
    fn from(error: LookupError) -> Self {
        Self::Unreachable(error.to_string())
    }
}

/// The addresses and records of `host`, as a client finds them.
///
/// Errors: what keeps a client from using DANE, [`Dnssec::Secure`] never among them.
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
        // The alias itself may be signed, and what it leads to not: then its own records count.
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
        match published(resolver, &owner)? {
            Ok(Records { found: Found { holder, records }, remark }) => {
                let mut remarks = found.remarks(host, resolver.now());
                remarks.extend(remark);
                let (host, addresses) = (host.clone(), found.all());
                return Ok(Server { host, base, owner, holder, addresses, records, remarks });
            }
            // That the alias has none says less than why its target's do not count.
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
    /// The records and where they are: the owner, the end of its aliases, or a wildcard.
    pub found: Found,
    /// That their signatures end soon.
    pub remark: Option<Remark>,
}

/// The validated records at `owner`, or why there are none to be used.
///
/// Errors: nobody answers, or the answer is bogus.
pub fn published(resolver: &Resolver, owner: &Owner) -> Result<Result<Records, Dnssec>, Dnssec> {
    let name = owner.name().as_str();
    let answer = resolver.lookup(owner.name(), Kind::Tlsa)?;
    match &answer.security {
        Security::Bogus(reason) => return Err(Dnssec::Bogus(reason.clone())),
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
    let unwritten =
        || Dnssec::NoHost(format!("the TLSA records of {name} are at a name that is not written here"));
    let holder = Owner::found(&holder).ok_or_else(unwritten)?;
    Ok(Ok(Records { found: Found { holder, records }, remark }))
}

/// The mail hosts of a domain, the first choice first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchanges {
    /// The hosts; what stands in the place of one and is no host name, with the reason.
    pub hosts: Vec<Result<HostName, (String, NameError)>>,
    /// The domain, and what it is a signed alias of: a certificate may name them (RFC 7672 section 3.2.2).
    pub nexthops: Vec<HostName>,
    /// Whether the MX records, or their absence, are signed.
    pub is_secure: bool,
    /// That their signatures end soon.
    pub remark: Option<Remark>,
}

/// The MX hosts of `domain`, or itself without any (RFC 5321 section 5.1).
///
/// Errors: nobody answers, the answer is bogus, or the domain takes no mail.
pub fn exchanges(resolver: &Resolver, domain: &HostName) -> Result<Exchanges, Dnssec> {
    let answer = resolver.lookup(domain.name(), Kind::Mx)?;
    let remark = Remark::on_expiry(&answer, resolver.now());
    let is_secure = match answer.security {
        Security::Bogus(reason) => return Err(Dnssec::Bogus(reason)),
        Security::Secure => true,
        Security::Insecure(_) => false,
    };
    let mut nexthops = vec![domain.clone()];
    if let Ok(canonical) = answer.canonical.as_str().parse()
        && is_secure
        && canonical != *domain
    {
        nexthops.push(canonical);
    }
    let mut all: Vec<(u16, DomainName)> = answer
        .data
        .into_iter()
        .filter_map(|data| match data {
            Data::Mx { preference, exchange } => Some((preference, exchange)),
            _ => None,
        })
        .collect();
    if all.is_empty() {
        return Ok(Exchanges { hosts: vec![Ok(domain.clone())], nexthops, is_secure, remark });
    }
    all.sort();
    if all.iter().all(|(_, exchange)| exchange.is_root()) {
        return Err(Dnssec::NoHost(format!("{} takes no mail (RFC 7505)", domain.as_str())));
    }
    let mut hosts = Vec::new();
    for (_, exchange) in all {
        let name = if exchange.is_root() { "." } else { exchange.as_str() };
        let host = exchange.as_str().parse().map_err(|error| (name.to_owned(), error));
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    Ok(Exchanges { hosts, nexthops, is_secure, remark })
}
