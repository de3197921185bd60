//! Asks the authoritative name servers of a zone for TLSA records, each by itself.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::thread;
use std::time::Duration;

use time::OffsetDateTime;

use super::deadline::{Deadline, MOST_ADDRESSES};
use super::dns::{Answer, Data, Kind, Resolver, Security, SignedZone};
use super::find::{self, Dnssec, Families, Remark, Server};
use super::name_server::{Given, NameServer};
use crate::owner::{DomainName, HostName, Owner, Port, Transport};

/// Finds a server like [`find::locate`]; a server without TLSA records is not an error.
///
/// Errors: the reason why clients do not use DANE for this host.
pub fn locate(resolver: &Resolver, host: &HostName, port: Port) -> Result<Server, Dnssec> {
    match find::locate(resolver, host, port, Transport::Tcp, Families::All) {
        Err(Dnssec::NoRecords) => {}
        located => return located,
    }
    let (addresses, remarks) = find::addresses(resolver, host, Families::All)?;
    let mut server = Server::without_records(host, port, addresses, remarks)?;
    let holder = resolver.lookup(server.owner.name(), Kind::Tlsa)?.canonical;
    let unwritten = || Dnssec::NoHost(format!("{holder} needs escapes or is too long"));
    server.holder = Owner::found(&holder).ok_or_else(unwritten)?;
    Ok(server)
}

/// The name servers at these addresses or, if there are none, those of the zone's NS records.
///
/// Errors: the NS records, or the addresses of a name server, cannot be looked up.
pub fn chosen(
    resolver: &Resolver,
    zone: &SignedZone,
    addresses: &[SocketAddr],
) -> Result<Vec<NameServer>, Dnssec> {
    match addresses {
        [] => name_servers(resolver, zone),
        _ => Ok(addresses.iter().map(|address| NameServer { name: None, address: *address }).collect()),
    }
}

/// The name servers in the NS records of a zone. Addresses to which this machine has no route are left out if another
/// address of the same name has a route.
///
/// Errors: the NS records, or the addresses of a name server, cannot be looked up.
fn name_servers(resolver: &Resolver, zone: &SignedZone) -> Result<Vec<NameServer>, Dnssec> {
    let answer = resolver.lookup(&zone.apex(), Kind::Ns)?;
    if let Security::Bogus(reason) = answer.security {
        return Err(Dnssec::Bogus(reason));
    }
    let mut servers = Vec::new();
    for data in answer.data {
        let Data::Ns(name) = data else { continue };
        let host: HostName = name.as_str().parse()?;
        let (addresses, remarks) = find::addresses(resolver, &host, Families::All)?;
        if let Some(Remark::PassedOver { kind, reason, .. }) = remarks.first() {
            return Err(Dnssec::Unreachable(format!("the {kind} addresses of {}: {reason}", host.as_str())));
        }
        let all = addresses.iter().map(|address| SocketAddr::new(*address, PORT));
        let routed: Vec<SocketAddr> = all.clone().filter(has_route).collect();
        let chosen = if routed.is_empty() { all.collect() } else { routed };
        let name = Some(host.as_str().to_owned());
        servers.extend(chosen.into_iter().map(|address| NameServer { name: name.clone(), address }));
    }
    Ok(servers)
}

/// The port of name servers.
const PORT: u16 = 53;

/// Whether this machine has a route to the address. Connecting a datagram socket sends nothing.
fn has_route(address: &SocketAddr) -> bool {
    let any: IpAddr = match address {
        SocketAddr::V4(_) => [0; 4].into(),
        SocketAddr::V6(_) => [0; 16].into(),
    };
    UdpSocket::bind((any, 0)).and_then(|socket| socket.connect(address)).is_ok()
}

/// Asks each of `servers`, in parallel, for the TLSA records at `holder`, which is in `zone`. Returns the answers in
/// the order of the servers; an error is the reason why the server does not count as having answered. Servers beyond
/// [`MOST_ADDRESSES`] are not asked.
pub fn ask(
    servers: &[NameServer],
    zone: &SignedZone,
    holder: &DomainName,
    timeout: Duration,
    deadline: Option<Deadline>,
    now: OffsetDateTime,
) -> Vec<Result<Given, String>> {
    thread::scope(|scope| {
        let ask_one = |server: &NameServer| {
            let resolver = Resolver::of_zone(zone, server.address, timeout, now);
            let resolver = match deadline {
                Some(deadline) => resolver.with_deadline(deadline.at()),
                None => resolver,
            };
            given(resolver.lookup(holder, Kind::Tlsa).map_err(|error| error.reason)?, holder)
        };
        let start = |server| thread::Builder::new().spawn_scoped(scope, move || ask_one(server)).ok();
        let started: Vec<_> = servers.iter().take(MOST_ADDRESSES).map(start).collect();
        let stopped = || Err("the lookup failed".to_owned());
        let asked = started.into_iter().map(|thread| thread?.join().ok());
        let asked = asked.map(|answer| answer.unwrap_or_else(stopped));
        let omitted = || Err(format!("not asked: more than {MOST_ADDRESSES} name servers"));
        asked.chain(servers.iter().skip(MOST_ADDRESSES).map(|_| omitted())).collect()
    })
}

fn given(answer: Answer, holder: &DomainName) -> Result<Given, String> {
    match answer.security {
        Security::Secure => {}
        Security::Insecure(why) => return Err(format!("insecure: {why}")),
        Security::Bogus(reason) => return Err(format!("bogus: {reason}")),
    }
    if answer.canonical != *holder {
        return Err(format!("{holder} is an alias of {}", answer.canonical));
    }
    let records = answer.data.into_iter().filter_map(|data| match data {
        Data::Tlsa(published) => Some(published),
        _ => None,
    });
    Ok(Given { records: records.collect(), ttl: answer.ttl.unwrap_or(0) })
}
