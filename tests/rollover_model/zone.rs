//! The name servers of the zone, and the caches that ask them.

use std::collections::BTreeMap;

use tlsagen::rollover::{Change, Records};

/// A server that answers for the zone. The first is the primary.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) records: Records,
    pub(crate) ttl: u32,
    /// Whether it answers caches.
    pub(crate) is_up: bool,
    /// Whether the machines of the host can reach it, if it is up.
    pub(crate) is_visible: bool,
}

/// The zone at all servers, and in caches.
#[derive(Debug)]
pub(crate) struct Zone {
    pub(crate) servers: Vec<Server>,
    /// The RRsets in caches that a server gave and no longer gives, each with the time when the last cache drops it.
    cached: Vec<(Records, u64)>,
    /// When a server gave this TTL last, and no longer gives it.
    given: BTreeMap<u32, u64>,
}

impl Zone {
    pub(crate) fn new(servers: usize, records: &Records, ttl: u32) -> Self {
        let server = || Server { records: records.clone(), ttl, is_up: true, is_visible: true };
        let servers = (0..servers).map(|_| server()).collect();
        Self { servers, cached: Vec::new(), given: BTreeMap::new() }
    }

    /// The TTL at the primary.
    pub(crate) fn ttl(&self) -> u32 {
        self.servers[0].ttl
    }

    /// The largest TTL that a server gave.
    pub(crate) fn largest_ttl(&self) -> u32 {
        self.given.keys().copied().max().unwrap_or(0).max(self.ttl())
    }

    /// Changes the primary. Returns whether it changed.
    pub(crate) fn update(&mut self, change: &Change, now: u64) -> bool {
        let before = &self.servers[0].records;
        let added = before.union(&change.add).filter(|record| !change.remove.contains(*record));
        let after: Records = added.cloned().collect();
        let is_new = after != *before;
        self.give(0, after, self.ttl(), now);
        is_new
    }

    pub(crate) fn change_ttl(&mut self, ttl: u32, now: u64) {
        self.give(0, self.servers[0].records.clone(), ttl, now);
    }

    /// The secondary takes over what the primary has, unless it does not run.
    pub(crate) fn transfer(&mut self, server: usize, now: u64) {
        if self.servers[server].is_up {
            self.give(server, self.servers[0].records.clone(), self.ttl(), now);
        }
    }

    pub(crate) fn stop(&mut self, server: usize, now: u64) {
        self.keep(server, now);
        self.servers[server].is_up = false;
    }

    fn give(&mut self, server: usize, records: Records, ttl: u32, now: u64) {
        self.keep(server, now);
        self.servers[server].records = records;
        self.servers[server].ttl = ttl;
    }

    /// Caches keep what the server gave until now.
    fn keep(&mut self, server: usize, now: u64) {
        self.cached.retain(|(_, until)| *until > now);
        let server = &self.servers[server];
        if !server.is_up || server.records.is_empty() {
            return;
        }
        let until = now + u64::from(server.ttl);
        match self.cached.iter_mut().find(|(records, _)| *records == server.records) {
            Some((_, latest)) => *latest = until.max(*latest),
            None => self.cached.push((server.records.clone(), until)),
        }
        self.given.insert(server.ttl, now);
    }

    /// Each RRset that a cache may hold, now or after its next question.
    pub(crate) fn in_caches(&self, now: u64) -> impl Iterator<Item = &Records> {
        let given = self.servers.iter().filter(|server| server.is_up).map(|server| &server.records);
        let cached = self.cached.iter().filter(move |(_, until)| *until > now).map(|(records, _)| records);
        given.chain(cached)
    }

    /// Whether all servers give the same TTL, and have done so for two of every other TTL.
    pub(crate) fn is_ttl_settled(&self, now: u64) -> bool {
        let ttl = self.ttl();
        let is_old = |(other, at): (&u32, &u64)| *other == ttl || at + 2 * u64::from(*other) < now;
        self.servers.iter().all(|server| server.ttl == ttl) && self.given.iter().all(is_old)
    }
}
