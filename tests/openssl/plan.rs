//! Properties of a random certificate.

use crate::judge::HOST;
use crate::numbers::Numbers;

/// Random choices.
pub(crate) trait Choices {
    fn pick<T: Copy>(&mut self, among: &[T]) -> T;
    fn one_in(&mut self, odds: usize) -> bool;
    /// Returns `usual` most of the time.
    fn mostly<T: Copy>(&mut self, usual: T, others: &[T]) -> T;
}

impl Choices for Numbers {
    fn pick<T: Copy>(&mut self, among: &[T]) -> T {
        among[self.below(among.len())]
    }

    fn one_in(&mut self, odds: usize) -> bool {
        self.below(odds) == 0
    }

    fn mostly<T: Copy>(&mut self, usual: T, others: &[T]) -> T {
        if self.one_in(6) { self.pick(others) } else { usual }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Dates {
    Good,
    Past,
    Future,
}

/// Properties of a certificate to make.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) common_name: String,
    pub(crate) key: &'static str,
    pub(crate) dates: Dates,
    /// basicConstraints: absent, FALSE, or TRUE with an optional path length.
    pub(crate) ca: Option<Option<Option<u8>>>,
    /// keyUsage: absent, or this bit.
    pub(crate) key_usage: Option<&'static str>,
    pub(crate) extended: Option<&'static str>,
    /// Permitted and excluded DNS names of nameConstraints; an empty string means none.
    pub(crate) constraints: Option<(&'static str, &'static str)>,
    pub(crate) names: &'static [&'static str],
    pub(crate) key_ids: bool,
}

/// Key types that rcgen can sign with and whose signatures `check` can verify.
pub(crate) const KNOWN_KEYS: [&str; 4] = ["P-256", "P-384", "ed25519", "RSA"];
/// Key types for openssl; `check` cannot verify the signatures of some of them.
pub(crate) const MORE_KEYS: [&str; 7] =
    ["P-521", "ed448", "RSA-PSS", "P-256", "RSA", "secp256k1", "brainpoolP256r1"];

pub(crate) fn ca_plan(numbers: &mut Numbers, number: usize, keys: &[&'static str]) -> Plan {
    Plan {
        common_name: format!("CA {number}"),
        key: numbers.pick(keys),
        dates: numbers.mostly(Dates::Good, &[Dates::Past, Dates::Future]),
        ca: numbers.mostly(Some(Some(None)), &[None, Some(None), Some(Some(Some(0))), Some(Some(Some(1)))]),
        key_usage: numbers.mostly(Some("keyCertSign"), &[None, Some("cRLSign")]),
        extended: numbers.mostly(None, &[Some("serverAuth"), Some("clientAuth")]),
        constraints: numbers
            .mostly(None, &[Some(("example.net", "")), Some(("other.test", "")), Some(("", "net"))]),
        names: &[],
        key_ids: !numbers.one_in(5),
    }
}

pub(crate) fn leaf_plan(numbers: &mut Numbers, keys: &[&'static str]) -> Plan {
    let others: [&[&str]; 6] = [
        &["other.test"],
        &["*.example.net"],
        &["*.mx.example.net"],
        &[],
        &["a.test", "MX.example.net"],
        &["*.net"],
    ];
    Plan {
        common_name: numbers.mostly(HOST, &["other.test", "*.example.net"]).to_owned(),
        key: numbers.pick(keys),
        dates: numbers.mostly(Dates::Good, &[Dates::Past, Dates::Future]),
        ca: numbers.mostly(Some(None), &[None]),
        key_usage: numbers.mostly(None, &[Some("digitalSignature")]),
        extended: numbers.mostly(None, &[Some("serverAuth"), Some("clientAuth")]),
        constraints: None,
        names: numbers.mostly(&[HOST][..], &others),
        key_ids: !numbers.one_in(5),
    }
}
