//! The rules, one function each; texts are one line and say what to do.

use std::collections::HashMap;

use time::{Duration, OffsetDateTime};

use super::Severity::{Error, Hint, Warning};
use super::{Context, Rule, Severity};
use crate::chain::{Chain, Place};
use crate::generate::{Item, Material};
use crate::owner::Endpoint;
use crate::tlsa::{MatchingType, Params, Selector, Usage};
use crate::x509::{Certificate, DigestStrength, KeyAlgorithm, printable};

type Findings = Vec<(Severity, String)>;

/// All rules, in the order of their findings.
pub const RULES: &[Rule] = &[
    Rule { code: "host-single-label", citation: "RFC 6698 section 3", finding: host_single_label },
    Rule { code: "idna", citation: "RFC 5890 section 2.3.2.1", finding: idna },
    Rule { code: "ttl-high", citation: "RFC 7671 section 11", finding: ttl_high },
    Rule { code: "pkix-smtp", citation: "RFC 7672 section 3.1.3", finding: pkix_smtp },
    Rule { code: "sel0-ee", citation: "RFC 7671 section 5.1", finding: sel0_ee },
    Rule { code: "sel0-ta-public", citation: "RFC 7671 section 5.2.1", finding: sel0_ta_public },
    Rule { code: "mtype0", citation: "RFC 7671 section 10.1.1", finding: mtype0 },
    Rule { code: "mtype2-only", citation: "RFC 6698 section 6", finding: mtype2_only },
    Rule { code: "issuer-rotates", citation: "RFC 7671 section 8.1", finding: issuer_rotates },
    Rule { code: "ta-not-sent", citation: "RFC 7671 section 5.2", finding: ta_not_sent },
    Rule { code: "ee-expired", citation: "RFC 7671 section 5.1", finding: ee_expired },
    Rule { code: "ee-not-yet", citation: "RFC 7671 section 5.1", finding: ee_not_yet },
    Rule { code: "ta-expired", citation: "RFC 7671 section 5.2", finding: ta_expired },
    Rule { code: "date-unreadable", citation: "RFC 5280 section 4.1.2.5", finding: date_unreadable },
    Rule { code: "name-missing", citation: "RFC 7671 section 10.2", finding: name_missing },
    Rule { code: "chain-order", citation: "RFC 5246 section 7.4.2", finding: chain_order },
    Rule { code: "chain-gap", citation: "RFC 5280 section 6.1", finding: chain_gap },
    Rule { code: "chain-extra", citation: "RFC 5246 section 7.4.2", finding: chain_extra },
    Rule { code: "sig-unverified", citation: "RFC 5280 section 4.1.1.3", finding: sig_unverified },
    Rule { code: "same-spki", citation: "RFC 7671 section 5.2.1", finding: same_spki },
    Rule { code: "multi-leaf", citation: "RFC 7671 section 8", finding: multi_leaf },
    Rule { code: "ee-ca", citation: "RFC 7671 section 5.1", finding: ee_ca },
    Rule { code: "weak-key", citation: "RFC 7671 section 5.2", finding: weak_key },
    Rule { code: "weak-sig", citation: "RFC 6698 section 4.1", finding: weak_sig },
];

/// CAs that issue by ACME and change their intermediates without notice.
const ACME_CAS: [&str; 4] = ["Let's Encrypt", "ZeroSSL", "Google Trust Services", "ZeroSSL GmbH"];

fn is_acme(organizations: &[String]) -> bool {
    organizations.iter().any(|name| ACME_CAS.contains(&name.as_str()))
}

/// A few subjects, then their number: one line whatever the file holds.
fn some<T: ToString>(items: impl IntoIterator<Item = T>) -> Option<String> {
    let all: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    let shown = all.get(..3).unwrap_or(&all).join(" and ");
    match all.len().saturating_sub(3) {
        0 if all.is_empty() => None,
        0 => Some(shown),
        more => Some(format!("{shown} and {more} more")),
    }
}

fn called(certificate: &Certificate) -> String {
    match certificate.subject() {
        subject if !subject.is_empty() => subject,
        _ => certificate.dns_names().first().map_or_else(String::new, |name| printable(name)),
    }
}

fn one(
    severity: Severity,
    items: impl IntoIterator<Item = String>,
    text: impl Fn(String) -> String,
) -> Findings {
    some(items).map(|items| (severity, text(items))).into_iter().collect()
}

fn chosen(context: &Context<'_>, wanted: impl Fn(&&Params) -> bool) -> Option<String> {
    some(context.params.iter().filter(wanted))
}

fn chains<'a>(context: &Context<'a>) -> impl Iterator<Item = &'a Chain> {
    context.materials.iter().filter_map(Material::chain)
}

fn host_single_label(context: &Context<'_>) -> Findings {
    let single = context.endpoints.iter().filter_map(|endpoint| match endpoint {
        Endpoint::Server { host, .. } if host.is_single_label() => Some(host.as_str().to_owned()),
        _ => None,
    });
    one(Warning, single, |host| {
        format!("{host} has a single label: give the fully qualified name of the server")
    })
}

fn idna(context: &Context<'_>) -> Findings {
    let converted = context.endpoints.iter().filter_map(|endpoint| match endpoint {
        Endpoint::Server { host, u_labels: Some(given), .. } => Some(format!("{given} is {}", host.as_str())),
        _ => None,
    });
    one(Hint, converted, |names| format!("{names} in the DNS"))
}

fn ttl_high(context: &Context<'_>) -> Findings {
    let outage = "a changed key stays unknown to caches that long: 3600 or less is advised";
    match context.ttl {
        Some(0) => {
            vec![(Warning, "a TTL of 0 makes every client ask again: 300 to 3600 is advised".to_owned())]
        }
        Some(ttl) if ttl > 86_400 => vec![(Warning, format!("a TTL of {ttl} seconds: {outage}"))],
        Some(ttl) if ttl > 3600 => vec![(Hint, format!("a TTL of {ttl} seconds: {outage}"))],
        _ => Vec::new(),
    }
}

fn pkix_smtp(context: &Context<'_>) -> Findings {
    let pkix = chosen(context, |params| params.usage.is_pkix()).filter(|_| context.on_smtp());
    let text = |params| {
        format!(
            "{params} on port 25: mail clients treat usages 0 and 1 as unusable and will not authenticate the server; use 3 1 1 or 2 1 1"
        )
    };
    pkix.map(|params| (Warning, text(params))).into_iter().collect()
}

fn sel0_ee(context: &Context<'_>) -> Findings {
    let whole = |params: &&Params| !params.usage.is_trust_anchor() && params.selector == Selector::Cert;
    let Some(params) = chosen(context, whole) else { return Vec::new() };
    let short = context.end_entities().into_iter().find_map(|certificate| {
        let validity = certificate.validity();
        let lifetime = validity.not_after? - validity.not_before?;
        (lifetime <= Duration::days(100) || is_acme(&certificate.issuer_organizations()))
            .then(|| lifetime.whole_days())
    });
    let text = match short {
        Some(days) => format!(
            "{params} hashes the whole certificate, which lives {days} days: the record is wrong at the next renewal and the server cut off; use selector 1 and keep the key"
        ),
        None => format!(
            "{params} hashes the whole certificate and changes at each renewal; selector 1 stays as long as the key"
        ),
    };
    vec![(Warning, text)]
}

fn sel0_ta_public(context: &Context<'_>) -> Findings {
    let whole = |params: &&Params| params.usage.is_trust_anchor() && params.selector == Selector::Cert;
    let Some(params) = chosen(context, whole) else { return Vec::new() };
    let public = context.end_entities().iter().any(|certificate| certificate.has_signed_timestamps());
    let cas = context.described_cas();
    let mut of_key: HashMap<&[u8], usize> = HashMap::new();
    for ca in &cas {
        *of_key.entry(ca.spki()).or_default() += 1;
    }
    let cross_signed = |ca: &Certificate| of_key.get(ca.spki()).is_some_and(|count| *count > 1);
    let reissued =
        cas.into_iter().filter(|ca| public || is_acme(&ca.subject_organizations()) || cross_signed(ca));
    one(Warning, reissued.map(called), |names| {
        format!(
            "{params} of {names}: public CAs re-issue and cross-sign their certificates; selector 1 outlives that, though it gives up the CA's path length and name constraints"
        )
    })
}

fn mtype0(context: &Context<'_>) -> Findings {
    /// Octets of a P-521 SubjectPublicKeyInfo, the largest that is smaller than a SHA-2-512 RRset hurts.
    const SMALL: usize = 158;
    let chosen = context.params.iter().any(|params| params.matching_type == MatchingType::Full);
    let full =
        context.records.iter().filter(|record| record.tlsa.params().matching_type == MatchingType::Full);
    match full.map(|record| record.tlsa.data().len()).max() {
        Some(octets) if chosen => {
            let severity = if octets <= SMALL { Hint } else { Warning };
            vec![(
                severity,
                format!(
                    "matching type 0 publishes {octets} octets as they are: answers grow, and large ones get lost over UDP; matching type 1 always has 32"
                ),
            )]
        }
        _ => Vec::new(),
    }
}

fn mtype2_only(context: &Context<'_>) -> Findings {
    let alone = |params: &&Params| {
        params.matching_type == MatchingType::Sha2_512
            && !context.params.contains(&Params { matching_type: MatchingType::Sha2_256, ..**params })
    };
    let text = |params| {
        format!(
            "{params} without its SHA2-256 record: clients need not know SHA2-512, so publish matching type 1 as well"
        )
    };
    chosen(context, alone).map(|params| (Warning, text(params))).into_iter().collect()
}

fn issuer_rotates(context: &Context<'_>) -> Findings {
    let Some(params) = chosen(context, |params| params.usage.is_trust_anchor()) else { return Vec::new() };
    let described = context.described();
    let rotating = described.iter().filter(|(ca, depth)| {
        *depth == Some(1) && !ca.is_self_issued() && is_acme(&ca.subject_organizations())
    });
    let above = some(
        described.iter().filter(|(_, depth)| depth.is_some_and(|depth| depth > 1)).map(|(ca, _)| called(ca)),
    );
    let advice = above
        .map_or(String::new(), |above| format!(", or keep the record of {above}, which this chain sends"));
    one(Warning, rotating.map(|(ca, _)| called(ca)), |names| {
        format!(
            "{params} of {names}: this CA picks another intermediate whenever it likes; publish 3 1 1 of the current and the next key instead{advice}"
        )
    })
}

fn ta_not_sent(context: &Context<'_>) -> Findings {
    let unless_carried = |params: &Params| {
        params.usage == Usage::DaneTa
            && (params.selector, params.matching_type) != (Selector::Cert, MatchingType::Full)
    };
    let alone =
        context.records.iter().filter(|record| unless_carried(&record.tlsa.params())).filter_map(|record| {
            match record.source.item {
                Item::Certificate { certificate, depth: None, .. }
                    if record.source.material.chain()?.end_entities().is_empty() =>
                {
                    Some(called(certificate))
                }
                _ => None,
            }
        });
    let mut names: Vec<String> = alone.collect();
    names.dedup();
    one(Warning, names, |names| {
        format!(
            "the server must send the certificate of {names} in its chain, a root included, or usage 2 fails; `3 1 1` of its own certificate does not depend on that"
        )
    })
}

fn outside<'a>(
    context: &Context<'a>,
    certificates: impl Iterator<Item = &'a Certificate>,
    is_outside: fn(&Certificate, OffsetDateTime) -> Option<OffsetDateTime>,
) -> Vec<String> {
    let day = |certificate, time: OffsetDateTime| format!("{} ({})", called(certificate), time.date());
    certificates
        .filter_map(|certificate| is_outside(certificate, context.now).map(|time| day(certificate, time)))
        .collect()
}

fn expired(certificate: &Certificate, now: OffsetDateTime) -> Option<OffsetDateTime> {
    certificate.validity().not_after.filter(|not_after| *not_after < now)
}

fn not_yet(certificate: &Certificate, now: OffsetDateTime) -> Option<OffsetDateTime> {
    certificate.validity().not_before.filter(|not_before| now < *not_before)
}

fn ee_expired(context: &Context<'_>) -> Findings {
    let names = outside(context, context.end_entities().into_iter(), expired);
    one(Warning, names, |names| {
        format!("expired: {names}; usage 3 ignores dates, usages 0 to 2 and some receivers do not")
    })
}

fn ee_not_yet(context: &Context<'_>) -> Findings {
    let names = outside(context, context.end_entities().into_iter(), not_yet);
    one(Warning, names, |names| {
        format!("not yet valid: {names}; usage 3 ignores dates, usages 0 to 2 do not")
    })
}

fn ta_expired(context: &Context<'_>) -> Findings {
    let cas = context.described_cas();
    let mut names = outside(context, cas.iter().copied(), expired);
    names.extend(outside(context, cas.into_iter(), not_yet));
    one(Warning, names, |names| {
        format!("outside its dates: {names}; usage 2 asks for every certificate up to it to be valid")
    })
}

fn date_unreadable(context: &Context<'_>) -> Findings {
    let mut certificates = context.end_entities();
    certificates.extend(context.described_cas());
    let unreadable = certificates.into_iter().filter(|certificate| {
        let validity = certificate.validity();
        validity.not_before.is_none() || validity.not_after.is_none()
    });
    one(Warning, unreadable.map(called), |names| {
        format!("a date that cannot be read: {names}; the record is right, but usages 0 to 2 will fail")
    })
}

fn name_missing(context: &Context<'_>) -> Findings {
    let end_entities = context.end_entities();
    let names_matter = context.has_usage(|params| params.usage != Usage::DaneEe);
    let mut findings = Findings::new();
    for on_smtp in [true, false] {
        let hosts = context.hosts().into_iter().filter(|(_, smtp)| *smtp == on_smtp);
        let missing =
            hosts.filter(|(host, _)| end_entities.iter().any(|certificate| !certificate.names_host(host)));
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

fn chain_order(context: &Context<'_>) -> Findings {
    let wrong = chains(context).filter_map(Chain::out_of_order);
    let pairs = wrong.map(|(certificate, issuer)| format!("{certificate} behind its issuer {issuer}"));
    one(Warning, pairs, |pairs| {
        format!("{pairs}: the records are right, but servers must send each certificate before its issuer")
    })
}

fn chain_gap(context: &Context<'_>) -> Findings {
    let gaps = chains(context).flat_map(|chain| {
        let lonely = chain.end_entities().into_iter().filter(|index| !chain.has_issuer(*index));
        let has_cas = chain.indices().any(|index| chain.is_ca(index));
        lonely.filter(move |_| has_cas).map(|index| chain.place(index).to_string())
    });
    one(Hint, gaps, |names| format!("the file has CAs, but not the issuer of {names}"))
}

fn chain_extra(context: &Context<'_>) -> Findings {
    let strays = chains(context).flat_map(|chain| chain.strays().into_iter().map(|index| chain.place(index)));
    let mut findings = one(Hint, strays.map(|place| place.to_string()), |names| {
        format!("on no path of an end entity: {names}")
    });
    let repeated = chains(context).flat_map(|chain| chain.repeated());
    findings.extend(one(Hint, repeated.map(|place: Place| place.to_string()), |names| {
        format!("in the file twice: {names}")
    }));
    findings
}

fn sig_unverified(context: &Context<'_>) -> Findings {
    let links = chains(context).flat_map(Chain::unverified);
    one(Hint, links.map(|(place, lacking)| format!("{place} ({lacking})")), |links| {
        format!("a signature could not be verified, so damage would not be noticed: {links}")
    })
}

fn same_spki(context: &Context<'_>) -> Findings {
    let mut by_key: HashMap<&[u8], Vec<Place>> = HashMap::new();
    if !context.has_usage(|params| params.usage.is_trust_anchor() && params.selector == Selector::Spki) {
        return Vec::new();
    }
    for chain in chains(context) {
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

fn multi_leaf(context: &Context<'_>) -> Findings {
    let several =
        chains(context).map(Chain::end_entities).zip(chains(context)).filter(|(all, _)| all.len() > 1);
    let names = several.flat_map(|(all, chain)| {
        let algorithm =
            |index| chain.certificate(index).map(|certificate| certificate.key_algorithm().to_string());
        let called = move |index| format!("{}, {}", chain.place(index), algorithm(index).unwrap_or_default());
        all.into_iter().map(called).collect::<Vec<_>>()
    });
    one(Hint, names, |names| {
        format!("several end entities, each with records of its own, all of which must be published: {names}")
    })
}

fn ee_ca(context: &Context<'_>) -> Findings {
    let end_entities = context.end_entities();
    let marked = end_entities.iter().filter(|certificate| certificate.basic_constraints_ca() == Some(true));
    one(Hint, marked.map(|certificate| called(certificate)), |names| {
        format!(
            "{names} is marked as a CA and taken as the server's own certificate, as a self-signed one is"
        )
    })
}

fn weak_key(context: &Context<'_>) -> Findings {
    let on_path = context.has_usage(|params| params.usage.is_trust_anchor());
    let mut by_severity: [(Severity, Vec<String>); 3] = [(Error, vec![]), (Warning, vec![]), (Hint, vec![])];
    for certificate in context.end_entities().into_iter().chain(context.described_cas()) {
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

fn weak_sig(context: &Context<'_>) -> Findings {
    if !context.has_usage(|params| params.usage.is_trust_anchor()) {
        return Vec::new();
    }
    let described = context.described();
    let top = described.iter().filter_map(|(_, depth)| *depth).max().unwrap_or(0);
    let below = described.iter().filter(|(_, depth)| depth.is_some_and(|depth| 0 < depth && depth < top));
    let certificates = context.end_entities().into_iter().chain(below.map(|(ca, _)| *ca));
    let weak = certificates.filter_map(|certificate| match certificate.digest_strength() {
        DigestStrength::Weak(digest) => Some(format!("{} ({digest})", called(certificate))),
        DigestStrength::Accepted => None,
    });
    one(Warning, weak, |names| {
        format!("signed with a weak digest: {names}; clients may refuse the path of usage 0 or 2")
    })
}
