//! Rules about the certificates: dates, names, order, keys. Each text is one line and says what to do.

use std::collections::HashMap;

use time::OffsetDateTime;

use super::Severity::{Error, Hint, Warning};
use super::words::{Findings, called, chains, one, some};
use super::{Scene, Severity};
use crate::chain::{Chain, Index, Place};
use crate::generate::Item;
use crate::tlsa::{MatchingType, Params, Selector, Usage};
use crate::x509::{Certificate, DigestStrength, KeyAlgorithm};

pub(super) fn ta_not_sent(scene: &Scene<'_>) -> Findings {
    let unless_carried = |params: &Params| {
        params.usage == Usage::DaneTa
            && (params.selector, params.matching_type) != (Selector::Cert, MatchingType::Full)
    };
    let alone = scene.asked.records.iter().filter(|record| unless_carried(&record.tlsa.params())).filter_map(
        |record| match record.source.item {
            Item::Certificate { certificate, depth: None, .. }
                if !record.source.material.chain()?.has_end_entity() =>
            {
                Some(called(certificate))
            }
            _ => None,
        },
    );
    let mut names: Vec<String> = alone.collect();
    names.dedup();
    one(Warning, names, |names| {
        format!(
            "the server must send the certificate of {names} in its chain, a root included, or usage 2 fails; `3 1 1` of its own certificate does not depend on that"
        )
    })
}

fn outside<'a>(
    scene: &Scene<'a>,
    certificates: impl Iterator<Item = &'a Certificate>,
    is_outside: fn(&Certificate, OffsetDateTime) -> Option<OffsetDateTime>,
) -> Vec<String> {
    let day = |certificate, time: OffsetDateTime| format!("{} ({})", called(certificate), time.date());
    certificates
        .filter_map(|certificate| is_outside(certificate, scene.asked.now).map(|time| day(certificate, time)))
        .collect()
}

fn expired(certificate: &Certificate, now: OffsetDateTime) -> Option<OffsetDateTime> {
    certificate.validity().not_after.filter(|not_after| *not_after < now)
}

fn not_yet(certificate: &Certificate, now: OffsetDateTime) -> Option<OffsetDateTime> {
    certificate.validity().not_before.filter(|not_before| now < *not_before)
}

pub(super) fn ee_expired(scene: &Scene<'_>) -> Findings {
    let names = outside(scene, scene.end_entities.iter().copied(), expired);
    one(Warning, names, |names| {
        format!("expired: {names}; usage 3 ignores dates, usages 0 to 2 and some receivers do not")
    })
}

pub(super) fn ee_not_yet(scene: &Scene<'_>) -> Findings {
    let names = outside(scene, scene.end_entities.iter().copied(), not_yet);
    one(Warning, names, |names| {
        format!("not yet valid: {names}; usage 3 ignores dates, usages 0 to 2 do not")
    })
}

pub(super) fn ta_expired(scene: &Scene<'_>) -> Findings {
    let mut names = outside(scene, scene.described_cas(), expired);
    names.extend(outside(scene, scene.described_cas(), not_yet));
    one(Warning, names, |names| {
        format!("outside its dates: {names}; usage 2 asks for every certificate up to it to be valid")
    })
}

pub(super) fn date_unreadable(scene: &Scene<'_>) -> Findings {
    let certificates = scene.end_entities.iter().copied().chain(scene.described_cas());
    let unreadable = certificates.filter(|certificate| {
        let validity = certificate.validity();
        validity.not_before.is_none() || validity.not_after.is_none()
    });
    one(Warning, unreadable.map(called), |names| {
        format!("a date that cannot be read: {names}; the record is right, but usages 0 to 2 will fail")
    })
}

pub(super) fn name_missing(scene: &Scene<'_>) -> Findings {
    let names_matter = scene.has_usage(|params| params.usage != Usage::DaneEe);
    let mut findings = Findings::new();
    for on_smtp in [true, false] {
        let hosts = scene.hosts().into_iter().filter(|(_, smtp)| *smtp == on_smtp);
        let missing = hosts
            .filter(|(host, _)| scene.end_entities.iter().any(|certificate| !certificate.names_host(host)));
        let severity = if on_smtp && !names_matter { Hint } else { Warning };
        findings.extend(one(severity, missing.map(|(host, _)| host.as_str().to_owned()), |hosts| {
            match (names_matter, on_smtp) {
                (true, true) => format!("the certificate does not name {hosts}: usages 0 to 2 ask for the server's name or the mail domain in it"),
                (true, false) => format!("the certificate does not name {hosts}: usages 0 to 2 ask for it"),
                (false, true) => format!("the certificate does not name {hosts}; usage 3 ignores names on port 25"),
                (false, false) => format!("the certificate does not name {hosts}: many clients check names even for usage 3 outside of mail"),
            }
        }));
    }
    findings
}

pub(super) fn chain_order(scene: &Scene<'_>) -> Findings {
    let wrong = chains(scene).filter_map(Chain::out_of_order);
    let pairs = wrong.map(|(certificate, issuer)| format!("{certificate} behind its issuer {issuer}"));
    one(Warning, pairs, |pairs| {
        format!("{pairs}: the records are right, but servers must send each certificate before its issuer")
    })
}

pub(super) fn chain_gap(scene: &Scene<'_>) -> Findings {
    let gaps = chains(scene).flat_map(|chain| {
        let lonely = chain.end_entities().into_iter().filter(|index| !chain.has_issuer(*index));
        let has_cas = chain.indices().any(|index| chain.is_ca(index));
        lonely.filter(move |_| has_cas).map(|index| chain.place(index).to_string())
    });
    one(Hint, gaps, |names| format!("the file has CAs, but not the issuer of {names}"))
}

pub(super) fn chain_extra(scene: &Scene<'_>) -> Findings {
    let strays = chains(scene).flat_map(|chain| chain.strays().into_iter().map(|index| chain.place(index)));
    let mut findings = one(Hint, strays.map(|place| place.to_string()), |names| {
        format!("on no path of an end entity: {names}")
    });
    let repeated = chains(scene).flat_map(|chain| chain.repeated());
    findings.extend(one(Hint, repeated.map(|place: Place| place.to_string()), |names| {
        format!("in the file twice: {names}")
    }));
    findings
}

pub(super) fn sig_unverified(scene: &Scene<'_>) -> Findings {
    let links = chains(scene).flat_map(Chain::unverified);
    one(Hint, links.map(|(place, lacking)| format!("{place} ({lacking})")), |links| {
        format!("a signature could not be verified, so damage would not be noticed: {links}")
    })
}

pub(super) fn same_spki(scene: &Scene<'_>) -> Findings {
    let mut by_key: HashMap<&[u8], Vec<Place>> = HashMap::new();
    if !scene.has_usage(|params| params.usage.is_trust_anchor() && params.selector == Selector::Spki) {
        return Vec::new();
    }
    for chain in chains(scene) {
        for index in chain.indices().filter(|index| chain.is_ca(*index)) {
            let key = chain.certificate(index).map(Certificate::spki).unwrap_or_default();
            by_key.entry(key).or_default().push(chain.place(index));
        }
    }
    let mut shared: Vec<String> =
        by_key.into_values().filter(|places| places.len() > 1).filter_map(some).collect();
    shared.sort();
    one(Hint, shared, |names| format!("one key, and one record with selector 1, for {names}"))
}

pub(super) fn multi_leaf(scene: &Scene<'_>) -> Findings {
    let mut leaves = Vec::new();
    for chain in chains(scene) {
        let end_entities = chain.end_entities();
        if end_entities.len() > 1 {
            leaves.extend(end_entities.into_iter().map(|index| (chain, index)));
        }
    }
    // Only the first few are shown, and a file may hold thousands.
    let called = |(position, (chain, index)): (usize, (&Chain, Index))| match chain.certificate(index) {
        Some(certificate) if position < 3 => {
            format!("{}, {}", chain.place(index), certificate.key_algorithm())
        }
        _ => String::new(),
    };
    one(Hint, leaves.into_iter().enumerate().map(called), |names| {
        format!("several end entities, each with records of its own, all of which must be published: {names}")
    })
}

pub(super) fn ee_ca(scene: &Scene<'_>) -> Findings {
    let marked =
        scene.end_entities.iter().filter(|certificate| certificate.basic_constraints_ca() == Some(true));
    one(Hint, marked.map(|certificate| called(certificate)), |names| {
        format!(
            "{names} is marked as a CA and taken as the server's own certificate, as a self-signed one is"
        )
    })
}

pub(super) fn weak_key(scene: &Scene<'_>) -> Findings {
    let on_path = scene.has_usage(|params| params.usage.is_trust_anchor());
    let mut by_severity: [(Severity, Vec<String>); 3] = [(Error, vec![]), (Warning, vec![]), (Hint, vec![])];
    for certificate in scene.end_entities.iter().copied().chain(scene.described_cas()) {
        let algorithm = certificate.key_algorithm();
        let severity = match algorithm {
            KeyAlgorithm::Rsa { bits } | KeyAlgorithm::RsaPss { bits } if bits < 1024 && on_path => Error,
            KeyAlgorithm::Rsa { bits } | KeyAlgorithm::RsaPss { bits } if bits < 2048 => Warning,
            KeyAlgorithm::EcOther | KeyAlgorithm::Dsa | KeyAlgorithm::Other => Hint,
            _ => continue,
        };
        for (_, names) in by_severity.iter_mut().filter(|(of, _)| *of == severity) {
            names.push(format!("{} ({algorithm})", called(certificate)));
        }
    }
    let text = |severity| match severity {
        Error => "clients refuse keys this weak on the path of usages 0 and 2",
        Warning => "some clients refuse keys this weak",
        Hint => "few mail clients know keys of this kind",
    };
    by_severity
        .into_iter()
        .flat_map(|(severity, names)| one(severity, names, |names| format!("{names}: {}", text(severity))))
        .collect()
}

pub(super) fn weak_sig(scene: &Scene<'_>) -> Findings {
    if !scene.has_usage(|params| params.usage.is_trust_anchor()) {
        return Vec::new();
    }
    let described = &scene.described;
    let top = described.iter().filter_map(|(_, depth)| *depth).max().unwrap_or(0);
    let below = described.iter().filter(|(_, depth)| depth.is_some_and(|depth| 0 < depth && depth < top));
    let certificates = scene.end_entities.iter().copied().chain(below.map(|(ca, _)| *ca));
    let weak = certificates.filter_map(|certificate| match certificate.digest_strength() {
        DigestStrength::Weak(digest) => Some(format!("{} ({digest})", called(certificate))),
        DigestStrength::Accepted => None,
    });
    one(Warning, weak, |names| {
        format!("signed with a weak digest: {names}; clients may refuse the path of usage 0 or 2")
    })
}
