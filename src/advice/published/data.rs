//! Rules about the data of single records, and about the size of the set.

use std::collections::HashSet;

use super::super::words::{Findings, one};
use super::{Scene, chain, head, is_leaf_as_anchor};
use crate::chain::Member;
use crate::diagnostic::Severity::{Error, Warning};
use crate::key;
use crate::records::Published;
use crate::tlsa::{Selector, Tlsa, is_digest_of_nothing};
use crate::verify::{self, Judged, Status};

pub(super) fn input_empty(scene: &Scene<'_>) -> Findings {
    let empty = scene.report.records().filter(|record| is_digest_of_nothing(&record.data));
    one(Error, empty.map(head), |records| {
        format!(
            "digest of empty input, typically from a script whose openssl command failed: {records}; remove every such record"
        )
    })
}

pub(super) fn re_encoded(scene: &Scene<'_>) -> Findings {
    let Some(chain) = chain(scene) else { return Vec::new() };
    let keys: HashSet<Vec<u8>> = chain
        .members()
        .map(Member::certificate)
        .filter_map(|certificate| {
            key::re_encoded(certificate.spki()).filter(|octets| octets.as_slice() != certificate.spki())
        })
        .collect();
    let found = scene.report.judged.iter().filter(|judged| keys.iter().any(|key| is_of_key(judged, key)));
    one(Error, found.map(|judged| head(&judged.record)), |records| {
        format!(
            "digest of a key that openssl re-encoded: {records}; clients hash the key as encoded in the certificate, so replace every such record"
        )
    })
}

/// Whether the record has selector 1 and describes the key with these octets.
fn is_of_key(judged: &Judged, spki: &[u8]) -> bool {
    let params = judged.params.filter(|params| params.selector == Selector::Spki);
    let tlsa = params.and_then(|params| Tlsa::describing(params, spki).ok());
    tlsa.is_some_and(|tlsa| judged.record.is(&tlsa))
}

/// Reports data that is published with the parameters of other data.
pub(super) fn crossed(scene: &Scene<'_>) -> Findings {
    let Some(chain) = chain(scene) else { return Vec::new() };
    let useless = scene.report.judged.iter().filter(|judged| {
        // The rule `ta_leaf` reports the others.
        matches!(judged.status, Status::Unmatched | Status::Unusable) && !is_leaf_as_anchor(scene, judged)
    });
    let useless: Vec<&Published> = useless.map(|judged| &judged.record).collect();
    let crossed = verify::crossed(chain, useless.iter().copied());
    let items = useless.iter().filter_map(|record| Some((record, crossed.get(record)?)));
    one(Error, items.map(|(record, params)| format!("{} is that of {params}", head(record))), |records| {
        format!("the data of {records}: no client accepts it with these parameters, so replace it")
    })
}

/// Reports a record of a key that is in the file, but is not of the server's certificate.
pub(super) fn key_beside(scene: &Scene<'_>) -> Findings {
    let keys =
        scene.asked.materials.first().map(|material| material.beside.public.as_slice()).unwrap_or_default();
    let found = scene.report.judged.iter().filter(|judged| {
        judged.status == Status::Unmatched && keys.iter().any(|key| is_of_key(judged, key.spki()))
    });
    one(Warning, found.map(|judged| head(&judged.record)), |records| {
        format!("{records}: of a key or CSR in the file, not of the certificate that the server sends")
    })
}

/// Octets that a DNS answer over UDP may have without a risk of fragments: the size that DNS Flag Day 2020 recommends.
const SAFE_ANSWER: usize = 1232;

/// Reports a set whose answer does not fit a UDP message, or that has more records than a rollover needs.
pub(super) fn set_large(scene: &Scene<'_>) -> Findings {
    let name = scene.report.holder.name().as_str().len() + 2;
    let records: usize = scene.report.records().map(|record| 12 + 3 + record.data.len()).sum();
    // Header, question, records with a compressed owner, a signature of ECDSA P-256, and OPT.
    let octets = 12 + (name + 4) + records + (12 + 18 + name + 64) + 11;
    match scene.report.judged.len() {
        count if count > 12 => vec![(
            Warning,
            format!(
                "{count} records: remove those of old keys, because large answers are lost on some networks"
            ),
        )],
        _ if octets > SAFE_ANSWER => vec![(
            Warning,
            format!(
                "the DNS answer has about {octets} octets, and some networks lose answers above {SAFE_ANSWER}: publish digests (matching type 1), or fewer records"
            ),
        )],
        _ => Vec::new(),
    }
}
