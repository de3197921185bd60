//! Connects the validator to the zones without sockets.

use std::io;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tlsagen::live::dns::{Answer, Exchange, Kind, LookupError, Resolver};
use tlsagen::owner::DomainName;

use crate::tree::World;
use crate::wire::Message;

/// The zones that all tests share.
pub(crate) static WORLD: LazyLock<World> = LazyLock::new(World::new);

/// 2026-06-01, in seconds since 1970.
pub(crate) const NOW: i64 = 1_780_272_000;

/// Time limit of one lookup.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(5);

/// A name server whose replies a function computes.
pub(crate) struct Server<F>(pub(crate) F);

impl<F: Fn(&Message) -> Vec<u8> + Send + Sync> Exchange for Server<F> {
    fn exchange(&self, query: &[u8], _: Instant) -> io::Result<Vec<u8>> {
        let query = Message::query(query).ok_or_else(|| io::Error::other("not a query"))?;
        Ok((self.0)(&query))
    }
}

/// Looks up a name and record type with `resolver`.
pub(crate) fn ask(resolver: &Resolver, name: &str, kind: Kind) -> Result<Answer, LookupError> {
    resolver.lookup(&DomainName::new(name), kind)
}

/// Returns a resolver that takes `now` as the time and trusts the root of `world`.
pub(crate) fn resolver(
    world: &World,
    now: i64,
    server: impl Fn(&Message) -> Vec<u8> + Send + Sync + 'static,
) -> Resolver {
    let now = OffsetDateTime::from_unix_timestamp(now).unwrap();
    Resolver::over(vec![Box::new(Server(server))], Some(&world.anchor()), TIMEOUT, now).unwrap()
}
