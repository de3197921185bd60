//! Locates the servers to probe: their addresses from the DNS, their records from the DNS or from a file.

use crate::cli::{NameServers, ProbeRequest};
use crate::live::authorities;
use crate::live::dns::Resolver;
use crate::live::find::{self, Dnssec, Server};
use crate::live::{Deadline, Service};
use crate::owner::{Owner, Transport};
use crate::records::{Found, PublishedSet};

/// How to locate the servers.
pub(super) struct Look<'a> {
    pub(super) resolver: &'a Resolver,
    pub(super) request: &'a ProbeRequest,
    /// The deadline of the whole probe.
    pub(super) deadline: Deadline,
    /// The records of `--records`.
    pub(super) given: Option<&'a PublishedSet>,
}

impl Look<'_> {
    /// Returns the server with its records and addresses.
    ///
    /// Errors: the reason why clients do not use DANE; none if `--save` needs the served chain all the same.
    pub(super) fn locate(&self, service: &Service) -> Result<Server, Dnssec> {
        let (resolver, families) = (self.resolver, self.request.families);
        let located = match self.given {
            Some(given) => self.with_records(service, given),
            None => find::locate(resolver, &service.host, service.port, Transport::Tcp, families)
                .and_then(|server| self.with_name_servers(server)),
        };
        match located {
            Err(dnssec @ (Dnssec::NoRecords | Dnssec::NotGiven(_) | Dnssec::Insecure(_)))
                if self.request.save.is_some() =>
            {
                let (addresses, remarks) = find::addresses(resolver, &service.host, families)?;
                let server = Server::without_records(&service.host, service.port, addresses, remarks)?;
                Ok(Server { dnssec, ..server })
            }
            located => located,
        }
    }

    /// Returns the server with its records from a file and its addresses, signed or not, from the DNS.
    fn with_records(&self, service: &Service, given: &PublishedSet) -> Result<Server, Dnssec> {
        let owner = Owner::new(service.port, Transport::Tcp, &service.host)?;
        let Found { holder, records } = given.at(&owner).ok_or(Dnssec::NotGiven(owner))?;
        let (addresses, remarks) = find::addresses(self.resolver, &service.host, self.request.families)?;
        let server = Server::without_records(&service.host, service.port, addresses, remarks)?;
        Ok(Server { holder, records, dnssec: Dnssec::Given, ..server })
    }

    /// Asks the requested name servers of the zone for the records.
    fn with_name_servers(&self, server: Server) -> Result<Server, Dnssec> {
        let addresses = match &self.request.name_servers {
            NameServers::None => return Ok(server),
            NameServers::Zone => &[][..],
            NameServers::Listed(addresses) => addresses,
        };
        let zone = self.resolver.zone_of(server.holder.name())?;
        let all = authorities::chosen(self.resolver, &zone, addresses)?;
        let (timeout, now) = (self.request.lookup.timeout, self.request.now);
        let given = authorities::ask(&all, &zone, server.holder.name(), timeout, Some(self.deadline), now);
        Ok(Server { name_servers: all.into_iter().zip(given).collect(), ..server })
    }
}
