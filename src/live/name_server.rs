//! Name servers of a zone, and the records that each of them gives.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;

use crate::records::Published;

/// An authoritative name server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameServer {
    /// Its name, if it is from an NS record.
    pub name: Option<String>,
    /// Its address and port.
    pub address: SocketAddr,
}

impl fmt::Display for NameServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, address } = self;
        // The usual port would only make the message longer.
        let shown = |f: &mut fmt::Formatter<'_>| match address.port() {
            53 => write!(f, "{}", address.ip()),
            _ => write!(f, "{address}"),
        };
        match name {
            Some(name) => write!(f, "{name} (").and_then(|()| shown(f)).and_then(|()| f.write_str(")")),
            None => shown(f),
        }
    }
}

/// The TLSA records that a name server gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// The records; empty if none exist.
    pub records: Vec<Published>,
    /// The TTL in seconds that the zone signed; 0 without records.
    pub ttl: u32,
}

/// The name servers whose answers differ from `records`.
pub fn deviating<'a>(
    answers: &'a [(NameServer, Result<Given, String>)],
    records: &[Published],
) -> impl Iterator<Item = (&'a NameServer, &'a Given)> {
    let set = |records: &[Published]| records.iter().cloned().collect::<BTreeSet<_>>();
    let own = set(records);
    let given = answers.iter().filter_map(|(server, given)| Some((server, given.as_ref().ok()?)));
    given.filter(move |(_, given)| set(&given.records) != own)
}
