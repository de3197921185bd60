//! The sources of published records: a file, or the DNS.

#[cfg(feature = "live")]
use time::OffsetDateTime;
#[cfg(feature = "live")]
use zeroize::Zeroizing;

use super::reading::read;
use super::trouble::{InFile, Trouble};
#[cfg(feature = "live")]
use crate::advice::probe::{of_lookup, of_remark};
use crate::advice::published;
use crate::cli::{self, Common};
#[cfg(feature = "live")]
use crate::cli::{LookupRequest, notes::SYSTEM_SERVERS};
use crate::diagnostic::Finding;
#[cfg(feature = "live")]
use crate::live::{
    dns::{Resolver, system_servers},
    find::{self, Dnssec, Records},
};
use crate::owner::{HostName, Owner};
#[cfg(feature = "live")]
use crate::owner::{Port, Transport};
#[cfg(feature = "live")]
use crate::records;
use crate::records::{Found, PublishedSet, RecordsError};
use crate::text;

/// Reads the text of a file of DNS records; the text is wiped from memory when dropped.
///
/// Errors: the file cannot be read, or may contain a private key.
#[cfg(feature = "live")]
fn text_of(file: &str) -> Result<Zeroizing<String>, Trouble> {
    let octets = read(file)?;
    records::refuse_secrets(&octets).in_file(file)?;
    Ok(text::text_of(&octets))
}

/// Creates the requested resolver, which checks signature times against `now`.
#[cfg(feature = "live")]
pub(super) fn resolver(request: &LookupRequest, now: OffsetDateTime) -> Result<Resolver, Trouble> {
    let anchors = request.trust_anchor.as_deref().map(text_of).transpose()?;
    let servers = match request.server {
        Some(server) => vec![server],
        None => system_servers(&String::from_utf8_lossy(&read(SYSTEM_SERVERS)?)),
    };
    let resolver = Resolver::new(&servers, anchors.as_ref().map(|text| text.as_str()), request.timeout, now);
    // Only a trust anchor file can fail to parse: the built-in root keys are valid.
    resolver.in_file(request.trust_anchor.as_deref().unwrap_or_default())
}

/// A source of published records.
pub(super) enum Source {
    /// A text and its file.
    Text(Box<PublishedSet>, String),
    #[cfg(feature = "live")]
    Dns(Box<Resolver>),
}

impl Source {
    /// Opens the source for these owners.
    pub(super) fn open(records: &cli::Records, common: &Common, owners: &[Owner]) -> Result<Self, Trouble> {
        match records {
            cli::Records::File(file) => {
                let text = read(file)?;
                let published = PublishedSet::read(&text, common.origin.as_ref(), owners).in_file(file)?;
                match published.has_bare_records() && owners.len() != 1 {
                    true => Err(RecordsError::bare(owners.len())).in_file(file),
                    false => Ok(Self::Text(Box::new(published), file.clone())),
                }
            }
            #[cfg(feature = "live")]
            cli::Records::Dns(request) => Ok(Self::Dns(Box::new(resolver(request, common.now)?))),
        }
    }

    /// Returns the records that a client finds at `owner`, and the findings of the lookups.
    ///
    /// Errors: the reason why clients do not use records at `owner`.
    pub(super) fn at(&self, owner: &Owner) -> Result<(There, Vec<Finding>), Finding> {
        let names = owner.host().into_iter().collect();
        match self {
            Self::Text(published, file) => {
                let Some(found) = published.at(owner) else {
                    let name = text::file_name(file);
                    if let Some(unserved) = published.unserved(owner) {
                        let absent =
                            Some(format!("clients do not find the TLSA records of {name} for {owner}"));
                        let unserved = published::unserved(file, &unserved);
                        return Ok((There { found: None, names, absent }, vec![unserved]));
                    }
                    let absent = Some(format!("{name} has no TLSA record for {owner}"));
                    let elsewhere = published::elsewhere(file, &published.elsewhere(owner));
                    return Ok((There { found: None, names, absent }, elsewhere));
                };
                Ok((There { found: Some(found), names, absent: None }, Vec::new()))
            }
            #[cfg(feature = "live")]
            Self::Dns(resolver) => match look_up(resolver, owner) {
                Ok(there) => Ok(there),
                Err(Dnssec::NoRecords) => Ok((There { found: None, names, absent: None }, Vec::new())),
                Err(dnssec) => Err(of_lookup(&dnssec)),
            },
        }
    }
}

/// The records of an owner, and the names to check in a certificate.
#[derive(Default)]
pub(super) struct There {
    /// The records, if there are any.
    pub(super) found: Option<Found>,
    /// Reference identifiers: a certificate must have one of these names.
    pub(super) names: Vec<HostName>,
    /// The reason why a text has no records.
    pub(super) absent: Option<String>,
}

/// Returns the records that a client finds at `owner`. The TLSA base domain of a host may be the target of its CNAME
/// record.
#[cfg(feature = "live")]
fn look_up(resolver: &Resolver, owner: &Owner) -> Result<(There, Vec<Finding>), Dnssec> {
    let server = owner.host().zip(owner.port()).filter(|_| owner.transport() == Some(Transport::Tcp));
    let Some((host, port)) = server else {
        let Records { found, remark } = find::published(resolver, owner)??;
        let names = owner.host().into_iter().collect();
        return Ok((
            There { found: Some(found), names, absent: None },
            remark.iter().map(of_remark).collect(),
        ));
    };
    let server = find::locate(resolver, &host, port, Transport::Tcp, find::Families::All)?;
    let names = server.names(port == Port::SMTP);
    let findings = server.remarks.iter().map(of_remark).collect();
    let found = Some(Found { holder: server.holder, records: server.records });
    Ok((There { found, names, absent: None }, findings))
}
