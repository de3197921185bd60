//! From a host to its addresses and TLSA records: RFC 7671 section 7, RFC 7672 sections 2.1 and 2.2.

use std::fmt;
use std::net::IpAddr;

use super::dns::{Answer, Data, Kind, Lookup, LookupError, Security};
use crate::owner::{HostName, NameError, Owner, Port, Transport};
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
    /// Unsigned: no client asks for DANE; with what is unsigned.
    Insecure(String),
    /// Forged or broken: clients skip the host; with the validator's reason.
    Bogus(String),
    /// No answer.
    Unreachable(String),
    /// There is no host to ask for, with the reason and its section.
    NoHost(String),
}

impl fmt::Display for Dnssec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secure => f.write_str("secure"),
            Self::Given => f.write_str("records from a file"),
            Self::NotGiven(owner) => write!(f, "the file has no TLSA record for {owner}"),
            Self::NoRecords => f.write_str("secure, no TLSA record is published"),
            Self::Insecure(what) => write!(f, "insecure: {what} is not signed"),
            Self::Bogus(reason) => write!(f, "bogus: {reason}"),
            Self::Unreachable(reason) | Self::NoHost(reason) => f.write_str(reason),
        }
    }
}

impl Dnssec {
    /// One word for programs.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Secure | Self::NoRecords => "secure",
            Self::Given | Self::NotGiven(_) | Self::NoHost(_) => "unchecked",
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
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// Its records.
    pub records: Vec<Published>,
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

/// The addresses of `host`, signed or not.
///
/// Errors: nobody answers, or there is none.
pub fn addresses(lookup: &dyn Lookup, host: &HostName, families: Families) -> Result<Vec<IpAddr>, Dnssec> {
    let mut addresses = Vec::new();
    let mut failure = None;
    for kind in families.kinds() {
        match lookup.lookup(host.as_str(), *kind) {
            Ok(answer) => addresses.extend(answer.data.into_iter().filter_map(|data| match data {
                Data::Address(address) => Some(address),
                _ => None,
            })),
            Err(error) => failure = Some(Dnssec::from(error)),
        }
    }
    match addresses.is_empty() {
        true => {
            Err(failure.unwrap_or_else(|| Dnssec::Unreachable(format!("{} has no address", host.as_str()))))
        }
        false => Ok(addresses),
    }
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
    lookup: &dyn Lookup,
    host: &HostName,
    port: Port,
    transport: Transport,
    families: Families,
) -> Result<Server, Dnssec> {
    let mut addresses = Vec::new();
    let mut canonical = host.as_str().to_owned();
    let mut insecure = false;
    for kind in families.kinds() {
        let answer = lookup.lookup(host.as_str(), *kind)?;
        match &answer.security {
            Security::Bogus(reason) => {
                return Err(Dnssec::Bogus(format!("{host} {kind}: {reason}", host = host.as_str())));
            }
            Security::Insecure => insecure = true,
            Security::Secure => {}
        }
        addresses.extend(answer.data.iter().filter_map(|data| match data {
            Data::Address(address) => Some(*address),
            _ => None,
        }));
        canonical = answer.canonical;
    }
    if addresses.is_empty() {
        return Err(Dnssec::Unreachable(format!("{} has no address", host.as_str())));
    }
    let is_alias = canonical != host.as_str();
    let mut bases = vec![host.clone()];
    if insecure {
        // The alias itself may be signed, and what it leads to not: then its own records count.
        let alias_is_secure =
            is_alias && lookup.lookup(host.as_str(), Kind::Cname)?.security == Security::Secure;
        if !alias_is_secure {
            return Err(Dnssec::Insecure(format!("the address of {}", host.as_str())));
        }
    } else if is_alias && let Ok(expanded) = canonical.parse::<HostName>() {
        bases.insert(0, expanded);
    }
    let mut none = Dnssec::NoRecords;
    for base in bases {
        let owner = Owner::new(port, transport, &base)?;
        match published(lookup, &owner)? {
            Ok(found) => {
                return Ok(Server { host: host.clone(), base, owner, addresses, records: found.records });
            }
            Err(reason) => none = reason,
        }
    }
    Err(none)
}

impl From<NameError> for Dnssec {
    fn from(error: NameError) -> Self {
        Self::NoHost(error.to_string())
    }
}

/// The validated records at `owner`, or why there are none to be used.
///
/// Errors: nobody answers, or the answer is bogus.
pub fn published(lookup: &dyn Lookup, owner: &Owner) -> Result<Result<Found, Dnssec>, Dnssec> {
    let name = owner.to_string();
    let name = name.trim_end_matches('.');
    let Answer { security, canonical, holder, data } = lookup.lookup(name, Kind::Tlsa)?;
    match security {
        Security::Bogus(reason) => return Err(Dnssec::Bogus(format!("{name} TLSA: {reason}"))),
        Security::Insecure => return Ok(Err(Dnssec::Insecure(format!("the answer for {name} TLSA")))),
        Security::Secure => {}
    }
    let records = tlsa(data);
    if records.is_empty() {
        return Ok(Err(Dnssec::NoRecords));
    }
    // One signature that holds makes an answer secure; of a wildcard another one may have told.
    let is_there = holder == canonical || {
        let there =
            lookup.lookup(&holder, Kind::Tlsa).ok().filter(|there| there.security == Security::Secure);
        let records_there = there.map(|there| tlsa(there.data)).unwrap_or_default();
        records.iter().all(|record| records_there.contains(record))
    };
    let holder = if is_there { holder } else { canonical };
    let holder = holder.parse().unwrap_or_else(|_| owner.clone());
    Ok(Ok(Found { holder, records }))
}

fn tlsa(data: Vec<Data>) -> Vec<Published> {
    let of_kind = data.into_iter().filter_map(|data| match data {
        Data::Tlsa(published) => Some(published),
        _ => None,
    });
    of_kind.collect()
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
}

/// The MX hosts of `domain`, or itself without any (RFC 5321 section 5.1).
///
/// Errors: nobody answers, the answer is bogus, or the domain takes no mail.
pub fn exchanges(lookup: &dyn Lookup, domain: &HostName) -> Result<Exchanges, Dnssec> {
    let answer = lookup.lookup(domain.as_str(), Kind::Mx)?;
    let is_secure = match answer.security {
        Security::Bogus(reason) => return Err(Dnssec::Bogus(format!("{} MX: {reason}", domain.as_str()))),
        Security::Secure => true,
        Security::Insecure => false,
    };
    let mut nexthops = vec![domain.clone()];
    if let Ok(canonical) = answer.canonical.parse()
        && is_secure
        && canonical != *domain
    {
        nexthops.push(canonical);
    }
    let mut all: Vec<(u16, String)> = answer
        .data
        .into_iter()
        .filter_map(|data| match data {
            Data::Mx { preference, exchange } => Some((preference, exchange)),
            _ => None,
        })
        .collect();
    if all.is_empty() {
        return Ok(Exchanges { hosts: vec![Ok(domain.clone())], nexthops, is_secure });
    }
    all.sort();
    if all.iter().all(|(_, exchange)| exchange.is_empty()) {
        return Err(Dnssec::NoHost(format!("{} takes no mail (RFC 7505)", domain.as_str())));
    }
    let mut hosts = Vec::new();
    for (_, exchange) in all {
        let host = exchange.parse().map_err(|error| match exchange.is_empty() {
            true => (".".to_owned(), error),
            false => (exchange, error),
        });
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    Ok(Exchanges { hosts, nexthops, is_secure })
}
