//! The probe result of one host.

use super::find::{Dnssec, Remark};
use super::survey::Examined;
use super::{ClientVerdict, Visited};
use crate::owner::Owner;
use crate::records::Published;

/// The probe result of one host.
#[derive(Debug)]
pub struct Host {
    /// The host as requested, or the text of an invalid MX record.
    pub host: String,
    /// The owner of its TLSA records.
    pub owner: Option<Owner>,
    /// The DNSSEC status of its addresses and TLSA records.
    pub dnssec: Dnssec,
    /// The TLSA records.
    pub records: Vec<Published>,
    /// Remarks about the lookups.
    pub remarks: Vec<Remark>,
    /// The results of its addresses.
    pub endpoints: Vec<Visited>,
    /// Whether some addresses were skipped because this machine has no route to them.
    pub is_partly_unrouted: bool,
}

impl Host {
    /// Returns the result for a host without examined addresses; `dnssec` is the reason.
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

    /// Returns the result for a host; `is_given` means that the records are from a file.
    ///
    /// Drops the addresses without a route if at least one examined address has a route.
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

    /// The verdict for the host.
    pub fn verdict(&self) -> ClientVerdict {
        match self.dnssec {
            Dnssec::Secure | Dnssec::Given => {
                ClientVerdict::of_all(self.endpoints.iter().map(|endpoint| endpoint.verdict))
            }
            _ => ClientVerdict::Unknown,
        }
    }
}
