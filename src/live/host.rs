//! A host and everything that was seen of it.

use super::find::{Dnssec, Remark};
use super::survey::Examined;
use super::{ClientVerdict, Visited};
use crate::owner::Owner;
use crate::records::Published;

/// A host and everything that was seen of it.
#[derive(Debug)]
pub struct Host {
    /// The host as it was asked for, or what an MX record has in its place.
    pub host: String,
    /// Where its TLSA records were looked for.
    pub owner: Option<Owner>,
    /// What DNSSEC says of its names and records.
    pub dnssec: Dnssec,
    /// The records.
    pub records: Vec<Published>,
    /// What is worth knowing of the lookups.
    pub remarks: Vec<Remark>,
    /// What its addresses serve.
    pub endpoints: Vec<Visited>,
    /// Whether there were addresses that this machine has no route to, beside others.
    pub is_partly_unrouted: bool,
}

impl Host {
    /// A host that no client connects to with DANE, with the reason.
    pub fn without_endpoints(host: String, dnssec: Dnssec) -> Self {
        Self {
            host,
            owner: None,
            dnssec,
            records: Vec::new(),
            remarks: Vec::new(),
            endpoints: Vec::new(),
            is_partly_unrouted: false,
        }
    }

    /// A host that was found, `is_given` with records from a file, or the reason why not. Addresses without a route are
    /// left out, unless there are no others.
    pub fn new(host: String, seen: Result<Examined, Dnssec>, is_given: bool) -> Self {
        let Examined { server, mut endpoints } = match seen {
            Ok(examined) => examined,
            Err(dnssec) => return Self::without_endpoints(host, dnssec),
        };
        let without = endpoints.iter().filter(|endpoint| endpoint.has_no_route).count();
        let visited = endpoints.iter().filter(|endpoint| endpoint.omission.is_none()).count();
        let is_partly_unrouted = without > 0 && without < visited;
        if is_partly_unrouted {
            endpoints.retain(|endpoint| !endpoint.has_no_route);
        }
        Self {
            host,
            owner: Some(server.owner),
            dnssec: if is_given { Dnssec::Given } else { Dnssec::Secure },
            records: server.records,
            remarks: server.remarks,
            endpoints,
            is_partly_unrouted,
        }
    }

    /// What a client makes of the host.
    pub fn verdict(&self) -> ClientVerdict {
        match self.dnssec {
            Dnssec::Secure | Dnssec::Given => {
                ClientVerdict::of_all(self.endpoints.iter().map(|endpoint| endpoint.verdict))
            }
            _ => ClientVerdict::Unknown,
        }
    }
}
