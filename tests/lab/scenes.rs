//! The scenes: a host for each, with the chain that its servers send and the records that its zone publishes.

/// A chain that the servers send, each at an address of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    /// End entity and intermediate.
    Usual,
    /// The same with an end entity that has expired.
    Expired,
    /// End entity, intermediate and root.
    WithRoot,
    /// The same as the usual one with an RSA key.
    Rsa,
    /// The same as the usual one with an Ed25519 key.
    Ed25519,
    /// The usual chain and that of the RSA key.
    Dual,
}

impl Sent {
    pub(crate) const ALL: [Self; 6] =
        [Self::Usual, Self::Expired, Self::WithRoot, Self::Rsa, Self::Ed25519, Self::Dual];
    /// Those with one end entity.
    pub(crate) const SINGLE: [Self; 5] =
        [Self::Usual, Self::Expired, Self::WithRoot, Self::Rsa, Self::Ed25519];

    /// The number of the chain: of its files and of the last octet of its address.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Usual => 1,
            Self::Expired => 2,
            Self::WithRoot => 3,
            Self::Rsa => 4,
            Self::Ed25519 => 5,
            Self::Dual => 6,
        }
    }

    pub(crate) fn address(self) -> String {
        format!("127.0.0.{}", self.number())
    }
}

pub(crate) struct Scene {
    /// The host, relative to the zone `example`.
    pub(crate) host: &'static str,
    pub(crate) sent: Sent,
    /// Each record: its parameters and the certificate in `files` that it describes.
    pub(crate) records: &'static [(&'static str, &'static str)],
    /// What every client must say.
    pub(crate) verdict: Verdict,
}

impl Scene {
    pub(crate) fn name(&self) -> String {
        format!("{}.example", self.host)
    }
}

/// What a DANE client does with a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// It authenticates the server.
    Pass,
    /// It refuses the server.
    Fail,
    /// It does not use DANE, or it cannot tell.
    Neither,
    /// It defers: the records are bogus, or the server is out of reach.
    Defer,
}

use Sent::{Dual, Ed25519, Expired, Rsa, Usual, WithRoot};
use Verdict::{Defer, Fail, Neither, Pass};

const fn scene(
    host: &'static str,
    sent: Sent,
    records: &'static [(&'static str, &'static str)],
    verdict: Verdict,
) -> Scene {
    Scene { host, sent, records, verdict }
}

pub(crate) const SCENES: [Scene; 25] = [
    scene("right", Usual, &[("3 1 1", "leaf")], Pass),
    scene("another-key", Usual, &[("3 1 1", "other")], Fail),
    scene("issuer", Usual, &[("2 1 1", "intermediate")], Pass),
    scene("issuer-expired", Expired, &[("2 1 1", "intermediate")], Fail),
    // The certificates do not have the name of this host.
    scene("stranger", Usual, &[("2 1 1", "intermediate")], Fail),
    scene("stranger-pinned", Usual, &[("3 1 1", "leaf")], Pass),
    scene("expired", Expired, &[("3 1 1", "expired")], Pass),
    scene("root-sent", WithRoot, &[("2 0 1", "root")], Pass),
    scene("root-not-sent", Usual, &[("2 0 1", "root")], Fail),
    scene("root-in-full", Usual, &[("2 0 0", "root")], Pass),
    scene("sha-512", Usual, &[("3 1 2", "leaf")], Pass),
    scene("unusable", Usual, &[("3 1 9", "leaf")], Neither),
    scene("one-usable", Usual, &[("3 1 9", "leaf"), ("3 1 1", "leaf")], Pass),
    scene("one-stale", Usual, &[("3 1 1", "rsa"), ("3 1 1", "leaf")], Pass),
    scene("leaf-as-anchor", Usual, &[("2 0 1", "leaf")], Fail),
    scene("bare", Usual, &[], Neither),
    scene("host.unsigned", Usual, &[("3 1 1", "leaf")], Neither),
    scene("host.bogus", Usual, &[("3 1 1", "leaf")], Defer),
    scene("rsa", Rsa, &[("3 1 1", "rsa")], Pass),
    scene("rsa-issuer", Rsa, &[("2 1 1", "intermediate")], Pass),
    scene("ed25519", Ed25519, &[("3 1 1", "ed25519")], Pass),
    scene("ed25519-wrong", Ed25519, &[("3 1 1", "leaf")], Fail),
    scene("dual", Dual, &[("3 1 1", "leaf"), ("3 1 1", "rsa")], Pass),
    scene("only-ecdsa", Dual, &[("3 1 1", "leaf")], Fail),
    scene("only-rsa", Dual, &[("3 1 1", "rsa")], Fail),
];
