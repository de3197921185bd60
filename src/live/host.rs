//! The probe result of one service.

use super::discover::Misnamed;
use super::find::{Dnssec, Remark};
use super::name_server::{Given, NameServer};
use super::survey::Examined;
use super::{ClientVerdict, Service, Visited};
use crate::owner::Owner;
use crate::records::Published;

/// The probe result of one service, or of an MX or SRV record that names no host.
#[derive(Debug)]
pub struct Host {
    /// The service, or the invalid host name of the record.
    pub service: Result<Service, String>,
    /// The owner of its TLSA records.
    pub owner: Option<Owner>,
    /// The DNSSEC status of its addresses and TLSA records.
    pub dnssec: Dnssec,
    /// The TLSA records.
    pub records: Vec<Published>,
    /// Remarks about the lookups.
    pub remarks: Vec<Remark>,
    /// What each name server of the zone gives, if they were asked.
    pub name_servers: Vec<(NameServer, Result<Given, String>)>,
    /// The results of its addresses.
    pub endpoints: Vec<Visited>,
    /// Whether some addresses were skipped because this machine has no route to them.
    pub is_partly_unrouted: bool,
}

impl Host {
    /// Returns the result for a record with an invalid host name.
    pub fn misnamed(record: Misnamed) -> Self {
        Self::without_endpoints(Err(record.name), (*record.error).into())
    }

    fn without_endpoints(service: Result<Service, String>, dnssec: Dnssec) -> Self {
        Self {
            service,
            owner: None,
            dnssec,
            records: Vec::new(),
            remarks: Vec::new(),
            name_servers: Vec::new(),
            endpoints: Vec::new(),
            is_partly_unrouted: false,
        }
    }

    /// Returns the result for a service.
    ///
    /// Drops the addresses without a route if at least one examined address has a route.
    pub fn new(service: Service, seen: Result<Examined, Dnssec>) -> Self {
        let Examined { server, mut endpoints } = match seen {
            Ok(examined) => examined,
            Err(dnssec) => return Self::without_endpoints(Ok(service), dnssec),
        };
        let without = endpoints.iter().filter(|endpoint| endpoint.has_no_route).count();
        let visited = endpoints.iter().filter(|endpoint| endpoint.omission.is_none()).count();
        let is_partly_unrouted = without > 0 && without < visited;
        if is_partly_unrouted {
            endpoints.retain(|endpoint| !endpoint.has_no_route);
        }
        Self {
            service: Ok(service),
            owner: Some(server.owner),
            dnssec: server.dnssec,
            records: server.records,
            remarks: server.remarks,
            name_servers: server.name_servers,
            endpoints,
            is_partly_unrouted,
        }
    }

    /// The host, or the invalid host name.
    pub fn host(&self) -> &str {
        match &self.service {
            Ok(service) => service.host.as_str(),
            Err(name) => name,
        }
    }

    /// Host and port, or the invalid host name.
    pub fn place(&self) -> String {
        match &self.service {
            Ok(service) => service.to_string(),
            Err(name) => name.clone(),
        }
    }

    /// Why the verdict is not pass: the DNSSEC status, or the reason of the worst endpoint.
    pub fn reason(&self) -> Option<String> {
        if self.dnssec.verdict().is_some() {
            return Some(self.dnssec.to_string());
        }
        let verdict = self.verdict();
        if verdict == ClientVerdict::Pass {
            return None;
        }
        let mut worst = self.endpoints.iter().filter(|endpoint| endpoint.verdict == verdict);
        let reason = |endpoint: &Visited| match (&endpoint.error, endpoint.verdict) {
            (Some(error), _) => Some(format!("{}: {error}", endpoint.address)),
            (None, ClientVerdict::Fail) => {
                Some(format!("{}: no record authenticates the served chain", endpoint.address))
            }
            (None, _) => None,
        };
        worst.find_map(reason)
    }

    /// The verdict for the service.
    pub fn verdict(&self) -> ClientVerdict {
        self.dnssec
            .verdict()
            .unwrap_or_else(|| ClientVerdict::of_all(self.endpoints.iter().map(|endpoint| endpoint.verdict)))
    }
}
