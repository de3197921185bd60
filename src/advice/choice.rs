//! Rules about the request: hosts, TTL and parameters. Each finding is one line that states the fact, then what to
//! do.

use std::collections::HashMap;

use time::Duration;

use super::words::{Findings, chosen, is_acme, one, some};
use super::{Rule, Scene};
use crate::diagnostic::Code;
use crate::diagnostic::Severity::{Hint, Warning};
use crate::owner::{Endpoint, HostName};
use crate::tlsa::{MatchingType, Params, Selector};
use crate::x509::Certificate;

/// The rules, in the order in which their findings are printed.
pub(super) fn rules<'a>() -> Vec<Rule<Scene<'a>>> {
    vec![
        Rule::in_check_too(Code::HostSingleLabel, host_single_label),
        Rule::in_check_too(Code::Idna, idna),
        Rule::new(Code::TtlHigh, ttl_high),
        Rule::new(Code::PkixSmtp, pkix_smtp),
        Rule::new(Code::Sel0Ee, sel0_ee),
        Rule::new(Code::Sel0TaPublic, sel0_ta_public),
        Rule::new(Code::Mtype0, mtype0),
        Rule::new(Code::Mtype2Only, mtype2_only),
        Rule::new(Code::IssuerRotates, issuer_rotates),
    ]
}

fn host_single_label(scene: &Scene<'_>) -> Findings {
    let hosts = scene.asked.endpoints.iter().filter_map(|endpoint| match endpoint {
        Endpoint::Server { host, .. } => Some(host.clone()),
        Endpoint::Owner(owner) => owner.host(),
    });
    let single = hosts.filter(HostName::is_single_label);
    one(Warning, single.map(|host| host.as_str().to_owned()), |host| {
        format!("name with a single label: {host}; give the fully qualified name of the server")
    })
}

fn idna(scene: &Scene<'_>) -> Findings {
    let converted = scene.asked.endpoints.iter().filter_map(|endpoint| match endpoint {
        Endpoint::Server { host, u_labels: Some(given), .. } => Some(format!("{given} is {}", host.as_str())),
        _ => None,
    });
    one(Hint, converted, |names| format!("{names} in the DNS"))
}

fn ttl_high(scene: &Scene<'_>) -> Findings {
    let outage = "caches keep the old records that long after a key change; use 3600 or less";
    match scene.asked.ttl {
        Some(0) => {
            vec![(
                Warning,
                "a TTL of 0 disables caching, so every client repeats the query; use 300 to 3600".to_owned(),
            )]
        }
        Some(ttl) if ttl > 86_400 => vec![(Warning, format!("a TTL of {ttl} seconds: {outage}"))],
        Some(ttl) if ttl > 3600 => vec![(Hint, format!("a TTL of {ttl} seconds: {outage}"))],
        _ => Vec::new(),
    }
}

fn pkix_smtp(scene: &Scene<'_>) -> Findings {
    let pkix = chosen(scene, |params| params.usage.is_pkix()).filter(|_| scene.on_smtp());
    let text = |params| {
        format!(
            "{params} on port 25: mail clients treat usages 0 and 1 as unusable and will not authenticate the server; use 3 1 1 or 2 1 1"
        )
    };
    pkix.map(|params| (Warning, text(params))).into_iter().collect()
}

fn sel0_ee(scene: &Scene<'_>) -> Findings {
    let whole = |params: &&Params| !params.usage.is_trust_anchor() && params.selector == Selector::Cert;
    let Some(params) = chosen(scene, whole) else { return Vec::new() };
    let short = scene.end_entities.iter().find_map(|subject| {
        let certificate = subject.certificate();
        let validity = certificate.validity();
        let lifetime = validity.not_after? - validity.not_before?;
        (lifetime <= Duration::days(100) || is_acme(&certificate.issuer_organizations()))
            .then(|| lifetime.whole_days())
    });
    let text = match short {
        Some(days) => format!(
            "{params}: selector 0 selects the whole certificate, which is valid for {days} days; after the next renewal, no such record matches and clients refuse the server; use selector 1 and keep the key"
        ),
        None => format!(
            "{params}: selector 0 selects the whole certificate, so the record changes at each renewal; with selector 1, the record changes only with the key"
        ),
    };
    vec![(Warning, text)]
}

fn sel0_ta_public(scene: &Scene<'_>) -> Findings {
    let whole = |params: &&Params| params.usage.is_trust_anchor() && params.selector == Selector::Cert;
    let Some(params) = chosen(scene, whole) else { return Vec::new() };
    let public = scene.end_entities.iter().any(|subject| subject.certificate().has_signed_timestamps());
    let mut of_key: HashMap<&[u8], usize> = HashMap::new();
    for ca in scene.described_cas() {
        *of_key.entry(ca.certificate().spki()).or_default() += 1;
    }
    let cross_signed = |ca: &Certificate| of_key.get(ca.spki()).is_some_and(|count| *count > 1);
    let reissued = scene.described_cas().filter(|subject| {
        let certificate = subject.certificate();
        public || is_acme(&certificate.subject_organizations()) || cross_signed(certificate)
    });
    one(Warning, reissued, |names| {
        format!(
            "{params} of {names}: public CAs reissue and cross-sign their certificates, and then a record with selector 0 no longer matches; use selector 1. For a private CA, selector 0 is useful: only a CA certificate with the same path length and name constraints matches the record"
        )
    })
}

fn mtype0(scene: &Scene<'_>) -> Findings {
    /// Length of a P-521 SubjectPublicKeyInfo in octets: keys up to this length make responses only slightly larger
    /// than digests do.
    const SMALL: usize = 158;
    let chosen = scene.asked.params.iter().any(|params| params.matching_type == MatchingType::Full);
    let full =
        scene.asked.records.iter().filter(|record| record.tlsa.params().matching_type == MatchingType::Full);
    match full.map(|record| record.tlsa.data().len()).max() {
        Some(octets) if chosen => {
            let severity = if octets <= SMALL { Hint } else { Warning };
            vec![(
                severity,
                format!(
                    "matching type 0 publishes the whole certificate or key ({octets} octets), and large UDP responses may be lost; matching type 1 always publishes 32 octets"
                ),
            )]
        }
        _ => Vec::new(),
    }
}

fn mtype2_only(scene: &Scene<'_>) -> Findings {
    let alone = |params: &&Params| {
        params.matching_type == MatchingType::Sha2_512
            && !scene.asked.params.contains(&Params { matching_type: MatchingType::Sha2_256, ..**params })
    };
    let text = |params| {
        format!(
            "{params} without a SHA2-256 record: clients need not support SHA2-512, so publish matching type 1 as well"
        )
    };
    chosen(scene, alone).map(|params| (Warning, text(params))).into_iter().collect()
}

fn issuer_rotates(scene: &Scene<'_>) -> Findings {
    let Some(params) = chosen(scene, |params| params.usage.is_trust_anchor()) else { return Vec::new() };
    let rotating = scene.described.iter().filter(|subject| {
        let certificate = subject.certificate();
        subject.link.depth == Some(1)
            && !certificate.is_self_issued()
            && is_acme(&certificate.subject_organizations())
    });
    let above =
        some(scene.described.iter().filter(|subject| subject.link.depth.is_some_and(|depth| depth > 1)));
    let advice = above
        .map_or(String::new(), |above| format!(", or use the record of {above}, which is in this chain"));
    one(Warning, rotating, |names| {
        format!(
            "{params} of {names}: this CA changes its intermediates without notice; publish 3 1 1 records of the current and the next key instead{advice}"
        )
    })
}
