//! Rules about the certificates: dates, names, order and keys. Each finding is one line that states the fact, then
//! what to do.

use std::collections::HashMap;
use std::fmt;

use time::OffsetDateTime;

use super::words::{Findings, chains, one, some};
use super::{Rule, Scene, Subject};
use crate::chain::{Chain, ChainError, Member};
use crate::diagnostic::Severity::{Error, Hint, Warning};
use crate::diagnostic::{Code, Severity};
use crate::generate::Content;
use crate::path;
use crate::text::file_name;
use crate::tlsa::{MatchingType, Params, Selector, Usage};
use crate::verify::Forecast;
use crate::x509::{CaStatus, Certificate, KeyAlgorithm};

/// The rules, in the order in which their findings are printed.
pub(super) fn rules<'a>() -> Vec<Rule<Scene<'a>>> {
    vec![
        Rule::new(Code::NextIdle, next_idle),
        Rule::new(Code::TaNotSent, ta_not_sent),
        Rule::in_check_too(Code::EeExpired, ee_expired),
        Rule::in_check_too(Code::EeNotYet, ee_not_yet),
        Rule::new(Code::TaExpired, ta_expired),
        Rule::in_check_too(Code::DateUnreadable, date_unreadable),
        Rule::in_check_too(Code::ExtUnreadable, extension_unreadable),
        Rule::new(Code::CaLimits, ca_limits),
        Rule::new(Code::PathFails, path_fails),
        Rule::new(Code::PathAmbiguous, path_ambiguous),
        Rule::in_check_too(Code::NameMissing, name_missing),
        Rule::in_check_too(Code::ChainOrder, chain_order),
        Rule::in_check_too(Code::ChainGap, chain_gap),
        Rule::in_check_too(Code::ChainExtra, chain_extra),
        Rule::in_check_too(Code::SigUnverified, sig_unverified),
        Rule::new(Code::SameSpki, same_spki),
        Rule::new(Code::MultiLeaf, multi_leaf),
        Rule::new(Code::EeCa, ee_ca),
        Rule::in_check_too(Code::WeakKey, weak_key),
        Rule::new(Code::WeakSig, weak_sig),
    ]
}

fn ta_not_sent(scene: &Scene<'_>) -> Findings {
    let unless_carried = |params: &Params| {
        params.usage == Usage::DaneTa
            && (params.selector, params.matching_type) != (Selector::Cert, MatchingType::Full)
    };
    if !scene.has_usage(unless_carried) {
        return Vec::new();
    }
    // A next file of CAs contains sibling CAs, which the server does not send yet.
    let first = scene.asked.materials.first();
    let without_end_entity = |subject: &&Subject<'_>| {
        subject.link.depth.is_none()
            && first.is_some_and(|first| std::ptr::eq(first, subject.material))
            && subject.material.chain().is_some_and(|chain| !chain.has_end_entity())
    };
    let severity = if scene.asked.params.is_empty() { Hint } else { Warning };
    one(severity, scene.described.iter().filter(without_end_entity), |names| {
        format!(
            "usage 2 fails unless the server sends the certificate of {names} in its chain, even a root certificate; a `3 1 1` record of the server's own certificate does not depend on the chain"
        )
    })
}

fn outside<'s, 'a: 's>(
    scene: &Scene<'_>,
    subjects: impl Iterator<Item = &'s Subject<'a>>,
    is_outside: fn(&Certificate, OffsetDateTime) -> Option<OffsetDateTime>,
) -> Vec<String> {
    let now = scene.asked.now;
    let day = |subject: &Subject<'_>, time: OffsetDateTime| format!("{subject} on {}", time.date());
    subjects
        .filter_map(|subject| is_outside(subject.certificate(), now).map(|time| day(subject, time)))
        .collect()
}

fn expired(certificate: &Certificate, now: OffsetDateTime) -> Option<OffsetDateTime> {
    certificate.validity().not_after.filter(|not_after| *not_after < now)
}

fn not_yet(certificate: &Certificate, now: OffsetDateTime) -> Option<OffsetDateTime> {
    certificate.validity().not_before.filter(|not_before| now < *not_before)
}

/// Returns how the end entity's invalid dates affect the requested usages.
fn of_dates(scene: &Scene<'_>) -> &'static str {
    if scene.has_usage(|params| params.usage != Usage::DaneEe) {
        "usages 0 to 2 fail, usage 3 ignores dates"
    } else {
        "usage 3 ignores dates, but some clients check them"
    }
}

fn ee_expired(scene: &Scene<'_>) -> Findings {
    let names = outside(scene, scene.end_entities.iter(), expired);
    one(Warning, names, |names| format!("expired: {names}; {}", of_dates(scene)))
}

fn ee_not_yet(scene: &Scene<'_>) -> Findings {
    let names = outside(scene, scene.end_entities.iter(), not_yet);
    one(Warning, names, |names| format!("not valid before: {names}; {}", of_dates(scene)))
}

fn ta_expired(scene: &Scene<'_>) -> Findings {
    let expired = outside(scene, scene.on_path.iter(), expired);
    let not_yet = outside(scene, scene.on_path.iter(), not_yet);
    let needed = "for usage 2, every certificate up to the trust anchor must be valid";
    let mut findings = one(Warning, expired, |names| format!("expired: {names}; {needed}"));
    findings.extend(one(Warning, not_yet, |names| format!("not valid before: {names}; {needed}")));
    findings
}

fn date_unreadable(scene: &Scene<'_>) -> Findings {
    let unreadable = scene.end_entities.iter().chain(&scene.on_path).filter(|subject| {
        let validity = subject.certificate().validity();
        validity.not_before.is_none() || validity.not_after.is_none()
    });
    one(Warning, unreadable, |names| {
        format!(
            "unreadable date: {names}; the record is correct, but usages 0 to 2 fail, and some clients reject the certificate"
        )
    })
}

fn extension_unreadable(scene: &Scene<'_>) -> Findings {
    let odd = scene.end_entities.iter().chain(&scene.on_path).flat_map(|subject| {
        let names = subject.certificate().unreadable_extensions().into_iter();
        names.map(move |name| format!("{name} of {subject}"))
    });
    one(Warning, odd, |names| {
        format!(
            "unreadable or duplicate extension: {names}; the record is correct, but some clients reject the certificate"
        )
    })
}

fn name_missing(scene: &Scene<'_>) -> Findings {
    // Without parameters on the command line, no usage has been chosen yet.
    let chosen = !scene.asked.params.is_empty();
    let names_matter = chosen && scene.has_usage(|params| params.usage != Usage::DaneEe);
    let mut findings = Findings::new();
    for on_smtp in [true, false] {
        let severity = if on_smtp && !names_matter || !chosen { Hint } else { Warning };
        for subject in &scene.end_entities {
            let hosts = scene.hosts.iter().filter(|(_, smtp)| *smtp == on_smtp);
            let missing = hosts.filter(|(host, _)| !subject.link.member.names_host(host));
            let found = one(severity, missing.map(|(host, _)| host.as_str()), |hosts| {
                let reason = match (names_matter, on_smtp) {
                    (true, true) => {
                        ": is this the MX host? Usages 0 to 2 require the server's name or the mail domain"
                    }
                    (true, false) => ": usages 0 to 2 require the name",
                    (false, true) => ": is this the MX host? Usage 3 ignores names on port 25",
                    (false, false) => ": on ports other than 25, many clients check names even for usage 3",
                };
                format!("{subject} does not name {hosts}{reason}")
            });
            // Report one certificate only, because each further certificate would repeat the finding.
            let is_reported = !found.is_empty();
            findings.extend(found);
            if is_reported {
                break;
            }
        }
    }
    findings
}

fn chain_order(scene: &Scene<'_>) -> Findings {
    let wrong = chains(scene).filter_map(Chain::out_of_order);
    let pairs = wrong.map(|(certificate, issuer)| format!("{certificate} comes after its issuer {issuer}"));
    one(Warning, pairs, |pairs| {
        format!("{pairs}: the records are correct, but servers must send each certificate before its issuer")
    })
}

fn chain_gap(scene: &Scene<'_>) -> Findings {
    let gaps = chains(scene).flat_map(|chain| {
        let lonely = chain.end_entities().filter(|member| !member.has_issuer());
        let has_cas = chain.members().any(Member::is_ca);
        lonely.filter(move |_| has_cas).map(|member| member.to_string())
    });
    one(Hint, gaps, |names| format!("the file contains CA certificates, but not the issuer of {names}"))
}

fn chain_extra(scene: &Scene<'_>) -> Findings {
    let strays = chains(scene).flat_map(Chain::strays);
    let mut findings = one(Hint, strays, |names| format!("not in the chain of any end entity: {names}"));
    let repeated = chains(scene).flat_map(Chain::needless_repetitions);
    findings.extend(one(Hint, repeated, |names: String| format!("more than once in the file: {names}")));
    findings
}

fn sig_unverified(scene: &Scene<'_>) -> Findings {
    let links = chains(scene).flat_map(Chain::unverified);
    one(Hint, links.map(|(member, lacking)| format!("{member} ({lacking})")), |links| {
        format!("cannot verify a signature, so a damaged certificate would go unnoticed: {links}")
    })
}

fn same_spki(scene: &Scene<'_>) -> Findings {
    if !scene.has_usage(|params| params.usage.is_trust_anchor() && params.selector == Selector::Spki) {
        return Vec::new();
    }
    let mut shared: Vec<String> = Vec::new();
    for chain in chains(scene) {
        let mut by_key: HashMap<&[u8], Vec<Member>> = HashMap::new();
        for member in chain.members().filter(|member| member.is_ca()) {
            by_key.entry(member.certificate().spki()).or_default().push(member);
        }
        let groups = by_key.into_values().filter(|group| group.len() > 1);
        shared.extend(groups.filter_map(some));
    }
    shared.sort();
    one(Hint, shared, |names| {
        format!("CAs with the same key, so one record with selector 1 covers all of them: {names}")
    })
}

fn multi_leaf(scene: &Scene<'_>) -> Findings {
    let files = scene.end_entities.chunk_by(|one, other| std::ptr::eq(one.material, other.material));
    let leaves = files.filter(|leaves| leaves.len() > 1).flatten();
    one(Hint, leaves.map(WithAlgorithm), |names| {
        format!("several server certificates, so publish the records of each: {names}")
    })
}

/// A certificate and its key algorithm, written only if they are shown.
struct WithAlgorithm<'a>(&'a Subject<'a>);

impl fmt::Display for WithAlgorithm<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.0, self.0.certificate().key_algorithm())
    }
}

fn ee_ca(scene: &Scene<'_>) -> Findings {
    let marked = |subject: &&Subject<'_>| subject.certificate().basic_constraints_ca() == Some(true);
    one(Hint, scene.end_entities.iter().filter(marked), |names| {
        format!(
            "certificate marked as a CA, treated as the server's own certificate because of its name: {names}"
        )
    })
}

fn weak_key(scene: &Scene<'_>) -> Findings {
    let on_path = scene.has_usage(|params| params.usage.is_trust_anchor());
    let mut by_severity: [(Severity, Vec<String>); 3] = [(Error, vec![]), (Warning, vec![]), (Hint, vec![])];
    for subject in scene.end_entities.iter().chain(&scene.on_path) {
        let algorithm = subject.certificate().key_algorithm();
        let severity = match algorithm {
            KeyAlgorithm::Rsa { bits } | KeyAlgorithm::RsaPss { bits } if bits < 1024 && on_path => Error,
            KeyAlgorithm::Rsa { bits } | KeyAlgorithm::RsaPss { bits } if bits < 2048 => Warning,
            KeyAlgorithm::EcSecp256k1
            | KeyAlgorithm::EcBrainpoolP256r1
            | KeyAlgorithm::EcBrainpoolP384r1
            | KeyAlgorithm::EcOther { .. }
            | KeyAlgorithm::EcExplicit
            | KeyAlgorithm::Dsa
            | KeyAlgorithm::Other => Hint,
            _ => continue,
        };
        for (_, names) in by_severity.iter_mut().filter(|(of, _)| *of == severity) {
            names.push(format!("{subject}, {algorithm}"));
        }
    }
    let text = |severity| match severity {
        Error => "for usages 0 and 2, clients reject a certification path with such a weak key",
        Warning => "some clients reject keys this weak",
        Hint => "few mail clients support this key type",
    };
    by_severity
        .into_iter()
        .flat_map(|(severity, names)| one(severity, names, |names| format!("{names}: {}", text(severity))))
        .collect()
}

fn weak_sig(scene: &Scene<'_>) -> Findings {
    if !scene.has_usage(|params| params.usage.is_trust_anchor()) {
        return Vec::new();
    }
    // No client relies on the signature of a self-signed certificate, so the digest of that signature does not matter.
    let signed = scene.below.iter().filter(|subject| !subject.certificate().is_self_signed());
    let weak = signed.filter_map(|subject| {
        let strength = subject.certificate().signature_strength()?;
        let digest = strength.digest.filter(|_| strength.security < path::DEFAULT_LEVEL)?;
        Some(format!("{subject}, {digest}"))
    });
    one(Warning, weak, |names| {
        format!("signed with a weak digest: {names}; clients may reject this chain for usages 0 and 2")
    })
}

/// Reports CAs that keyUsage, basicConstraints or pathLenConstraint does not allow in the certification path.
fn ca_limits(scene: &Scene<'_>) -> Findings {
    // If every record of usage 2 has a valid path, the limits are on another path.
    let only_dane = !scene.has_usage(|params| params.usage == Usage::PkixTa);
    let is_rejected = |(_, forecast): &(Subject<'_>, Forecast)| matches!(forecast, Forecast::Rejected(_));
    if only_dane && scene.forecasts().is_ok_and(|forecasts| !forecasts.iter().any(is_rejected)) {
        return Vec::new();
    }
    let severity = if scene.asked.params.is_empty() { Warning } else { Error };
    let no_signer = |subject: &&Subject<'_>| subject.certificate().key_usage_cert_sign() == Some(false);
    let mut findings = one(severity, scene.on_path.iter().filter(no_signer), |names| {
        format!(
            "keyUsage does not allow {names} to sign certificates: clients reject every certification path through such a CA"
        )
    });
    let not_marked = |subject: &&Subject<'_>| subject.certificate().ca_status() == CaStatus::No;
    findings.extend(one(severity, scene.on_path.iter().filter(not_marked), |names| {
        format!("basicConstraints does not mark {names} as a CA: clients reject every certification path through such a certificate")
    }));
    let too_short = |subject: &&Subject<'_>| {
        let below = subject.link.depth.map(|depth| depth.saturating_sub(1));
        below.zip(subject.certificate().path_length()).is_some_and(|(below, length)| length < below)
    };
    findings.extend(one(severity, scene.on_path.iter().filter(too_short), |names| {
        format!("more CAs below {names} than the path length constraint allows: clients reject the certification path")
    }));
    findings
}

/// Reports records of CAs that clients will reject.
fn path_fails(scene: &Scene<'_>) -> Findings {
    let found = of_forecasts(scene, |forecast| match forecast {
        Forecast::Rejected(reason) => {
            Some(format!("clients reject a record of this CA: {reason}; use 3 1 1"))
        }
        _ => None,
    });
    // Records that nobody has examined are not printed.
    found.unwrap_or_else(|error| vec![(Error, error.to_string())])
}

/// Reports records of CAs that only some clients will accept.
fn path_ambiguous(scene: &Scene<'_>) -> Findings {
    let found = of_forecasts(scene, |forecast| match forecast {
        Forecast::Ambiguous(reason) => Some(format!(
            "clients disagree about a record of this CA: {reason}; remove or reorder certificates, or use 3 1 1"
        )),
        _ => None,
    });
    found.unwrap_or_default()
}

/// Returns a finding for each CA with a record about whose forecast `text` says something.
///
/// Errors: a file allows too many paths.
fn of_forecasts<'s>(
    scene: &'s Scene<'_>,
    text: fn(&Forecast) -> Option<String>,
) -> Result<Findings, &'s ChainError> {
    let severity = if scene.asked.params.is_empty() { Hint } else { Warning };
    let of_ca = |(subject, forecast): &(Subject<'_>, Forecast)| {
        Some((severity, format!("{subject}: {}", text(forecast)?)))
    };
    Ok(scene.forecasts()?.iter().filter_map(of_ca).collect())
}

/// Reports a `--next` file that adds no record: the rollover is then not prepared.
fn next_idle(scene: &Scene<'_>) -> Findings {
    let (records, next) = (scene.asked.records, scene.asked.materials.iter().skip(1));
    let idle = next.filter(|next| !records.iter().any(|record| std::ptr::eq(record.source.material, *next)));
    idle.map(|next| {
        let file = file_name(&next.file);
        let usage_2_alone = scene.asked.params.iter().all(|params| params.usage.is_trust_anchor());
        let text = match next.content {
            Content::Keys(_) if usage_2_alone && !scene.asked.params.is_empty() => {
                format!("--next {file} adds no record: a bare key gives records of usages 1 and 3 only")
            }
            _ => format!("--next {file} adds no record: its records are the same as the current ones, so the rollover is not prepared"),
        };
        (Warning, text)
    })
    .collect()
}
