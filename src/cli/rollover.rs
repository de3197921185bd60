//! The arguments of `rollover`.

use std::net::SocketAddr;
use std::time::Duration;

use super::args::RolloverArgs;
use super::live::{server, servers};
use super::{Common, LookupRequest, Place, UsageError, params};
use crate::live::starttls::Protocol;
use crate::owner::{HostName, Port, Transport};
use crate::render::ChangesFormat;
use crate::rollover::Exceptions;
use crate::tlsa::Params;

/// The arguments of `rollover`.
#[derive(Debug)]
pub struct RolloverRequest {
    /// The common arguments: the chain to install, its owners and others.
    pub common: Common,
    /// The hosts and ports of the service.
    pub services: Vec<(HostName, Port)>,
    /// The requested triples: usage, selector and matching type.
    pub params: Vec<Params>,
    /// The files with private keys of the chain.
    pub keys: Vec<String>,
    /// The file of the chain that the service uses.
    pub in_use: Option<String>,
    /// The name servers of the zone; empty for those of its NS records.
    pub servers: Vec<SocketAddr>,
    /// The state file.
    pub state: String,
    /// The TTL of added records in seconds; `None` for the published TTL.
    pub ttl: Option<u32>,
    /// The output format.
    pub format: ChangesFormat,
    /// The STARTTLS protocol; `None` for the usual protocol of each port.
    pub protocol: Option<Protocol>,
    /// The exceptions that the operator asks for.
    pub exceptions: Exceptions,
    /// Options for DNS queries.
    pub lookup: LookupRequest,
    /// Time limit for all connections.
    pub deadline: Duration,
}

impl RolloverArgs {
    pub(super) fn request(self) -> Result<RolloverRequest, UsageError> {
        let wrong = |message: &str, hint| Err(UsageError::new(message.to_owned(), hint));
        let keys = self.key.iter().map(|file| ("--key", Some(file)));
        let others = [
            ("--in-use", self.in_use.as_ref()),
            ("--state", Some(&self.state)),
            ("--trust-anchor", self.lookup.trust_anchor.as_ref()),
        ];
        let files: Vec<Place<'_>> = keys.chain(others).collect();
        let common = self.common.values(&files)?;
        if common.transport != Transport::Tcp {
            return wrong("rollover connects to the service over TCP only", "remove --transport");
        }
        if self.state.is_empty() || self.state == "-" {
            return wrong(
                "--state needs a file: rollover remembers there what it published",
                "example: --state /var/lib/tlsagen/state.json",
            );
        }
        if self.unprobed && self.in_use.is_none() {
            return wrong(
                "--unprobed needs --in-use: nothing else tells what the service uses",
                "give the chain that the service uses with --in-use",
            );
        }
        let mut services: Vec<(HostName, Port)> = Vec::new();
        for service in servers(&common.endpoints, &common.ports)? {
            if !services.contains(&service) {
                services.push(service);
            }
        }
        Ok(RolloverRequest {
            services,
            params: params(&self.params)?,
            keys: self.key,
            in_use: self.in_use,
            servers: self.server.iter().map(|text| server(text, "--server")).collect::<Result<_, _>>()?,
            state: self.state,
            ttl: self.ttl,
            format: self.format,
            protocol: self.starttls,
            exceptions: Exceptions { unprobed: self.unprobed, accept_outage: self.accept_outage },
            lookup: self.lookup.request()?,
            deadline: Duration::from_secs(self.deadline),
            common,
        })
    }
}
