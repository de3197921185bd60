//! What the name servers and the addresses of the service give at the time of a call.

use super::super::source::resolver;
use super::super::trouble::Trouble;
use crate::chain::Chain;
use crate::cli::RolloverRequest;
use crate::files;
use crate::input::Located;
use crate::live::authorities;
use crate::live::dns::Resolver;
use crate::live::find::{Dnssec, Remark, Server};
use crate::live::name_server::Given;
use crate::live::starttls::Hello;
use crate::live::{self, Deadline, Examination, Survey, Visited};
use crate::owner::{HostName, Port};
use crate::records::{Found, Published};
use crate::rollover::{Answer, Observed, Records, Rrset, Served, Unreached};
use crate::verify::{Coverage, Policy, verify_served};

/// One host and port of the service.
pub(super) struct Service {
    pub(super) server: Server,
    port: Port,
    /// The RRset at each name server.
    answers: Vec<Answer>,
    /// The chains that the addresses send.
    chains: Vec<(String, Chain)>,
    unreached: Vec<Unreached>,
}

/// Looks at every name server of each service and, if not `unprobed`, at every address.
///
/// Errors: a name server cannot be chosen, or the first host that cannot be looked up, with the reason.
pub(super) fn look(request: &RolloverRequest) -> Result<Result<Vec<Service>, Dnssec>, Trouble> {
    let resolver = resolver(&request.lookup, request.common.now)?;
    let deadline = Deadline::after(request.deadline);
    let services = request.services.iter();
    let services = services.map(|(host, port)| Service::look(&resolver, host, *port, request, deadline));
    Ok(services.collect())
}

impl Service {
    fn look(
        resolver: &Resolver,
        host: &HostName,
        port: Port,
        request: &RolloverRequest,
        deadline: Deadline,
    ) -> Result<Self, Dnssec> {
        let server = authorities::locate(resolver, host, port)?;
        let zone = resolver.zone_of(server.holder.name())?;
        let name_servers = authorities::chosen(resolver, &zone, &request.servers)?;
        let (timeout, now) = (request.lookup.timeout, request.common.now);
        // The deadline is for the addresses of the host: each name server may take its whole time.
        let given = authorities::ask(&name_servers, &zone, server.holder.name(), timeout, None, now);
        let answers = name_servers.iter().zip(given).map(|(name_server, given)| Answer {
            server: name_server.to_string(),
            rrset: given.map(|Given { records, ttl }| Rrset { records: records.into_iter().collect(), ttl }),
        });
        let answers = answers.collect();
        let mut service = Self { server, port, answers, chains: Vec::new(), unreached: Vec::new() };
        if !request.exceptions.unprobed {
            for visited in service.examine(request, deadline) {
                service.add(visited);
            }
            let remarks = service.server.remarks.iter();
            service.unreached.extend(remarks.filter_map(|remark| match remark {
                Remark::PassedOver { host, kind, reason } => {
                    Some(Unreached { at: format!("each {kind} address of {host}"), reason: reason.clone() })
                }
                Remark::EndsSoon(_) => None,
            }));
        }
        Ok(service)
    }

    fn examine(&self, request: &RolloverRequest, deadline: Deadline) -> Vec<Visited> {
        let service = live::Service::at(self.server.host.clone(), self.port, request.protocol);
        let hello = Hello { client: files::host_name(), xmpp_domain: None };
        let examination = Examination {
            hello: &hello,
            nexthops: &[],
            timeout: request.lookup.timeout,
            deadline,
            now: request.common.now,
        };
        let server = &self.server;
        let locate = |_: &live::Service| Ok(server.clone());
        let mut visited = Vec::new();
        let survey = Survey { locate: &locate, examination: &examination };
        let report = |_, seen: Result<live::Examined, Dnssec>| {
            visited.extend(seen.into_iter().flat_map(|examined| examined.endpoints));
            Ok::<(), std::convert::Infallible>(())
        };
        // The report has no errors.
        let Ok(()) = survey.run(&[service], report);
        visited
    }

    fn add(&mut self, visited: Visited) {
        let at = visited.address.to_string();
        let is_proven = visited.tls.is_some_and(|tls| tls.key_proven);
        match visited.served.is_empty() {
            // Without a proven key, anybody on the way may have sent the chain.
            false if is_proven => {
                let located = |certificate| Located { line: None, certificate };
                self.chains
                    .push((at.clone(), Chain::served(visited.served.into_iter().map(located).collect())));
            }
            _ => {
                let reason = visited.error.unwrap_or_else(|| "no certificate was sent".to_owned());
                self.unreached.push(Unreached { at: at.clone(), reason });
            }
        }
        self.unreached.extend(visited.unseen.map(|reason| Unreached { at, reason }));
    }

    /// RFC 7672 applies to the transfer of mail between servers; on other ports, SMTP is the submission of mail.
    fn on_smtp(&self) -> bool {
        self.port == Port::SMTP
    }

    /// What the pure decision needs of this service. `new` is the chain to install; `all` are all services, because
    /// those with the same records count together.
    pub(super) fn observed<'s>(&'s self, new: &Chain, all: &'s [Self]) -> Observed<&'s Chain> {
        let is_wanted = |chain: &Chain| {
            let leaf = chain.members().next().map(|member| member.certificate().der());
            new.end_entities().any(|member| Some(member.certificate().der()) == leaf)
        };
        let siblings = all.iter().filter(|other| other.server.holder == self.server.holder);
        let served = siblings.clone().flat_map(|service| &service.chains).map(|(at, chain)| Served {
            at: at.clone(),
            chain,
            is_wanted: is_wanted(chain),
        });
        Observed {
            owner: self.server.owner.to_string(),
            holder: self.server.holder.to_string(),
            answers: self.answers.clone(),
            served: served.collect(),
            unreached: siblings.flat_map(|service| service.unreached.clone()).collect(),
        }
    }

    /// Whether each triple in `records` has a record that matches each end entity of `chain`.
    pub(super) fn covers(&self, records: &Records, chain: &Chain, request: &RolloverRequest) -> bool {
        let names = self.server.names(self.on_smtp());
        let policy = Policy { names: &names, on_smtp: self.on_smtp(), store: None, now: request.common.now };
        let found = Found { holder: self.server.holder.clone(), records: records.iter().cloned().collect() };
        let Ok(report) = verify_served(&self.server.owner, found, chain, &policy) else { return false };
        report.triples.iter().all(|(params, coverage)| match coverage {
            Coverage::Covered => true,
            Coverage::Uncovered => false,
            // Without a trust store, usages 0 and 1 are judged by their octets.
            Coverage::Undecided => {
                let is_described = |record: &Published| {
                    report.judged.iter().any(|judged| judged.record == *record && judged.described.is_some())
                };
                params.usage.is_pkix()
                    && records.iter().any(|record| record.params() == Some(*params) && is_described(record))
            }
        })
    }
}
