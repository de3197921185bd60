//! Rules that find errors in published records before clients fail. The findings do not change the exit status.

mod data;

use super::words::{Findings, one, some};
use super::{Rule, findings_of};
use crate::chain::{Chain, Member};
use crate::diagnostic::Severity::{Error, Hint, Warning};
use crate::diagnostic::{Code, Finding};
use crate::generate::{self, Material};
use crate::owner::{DomainName, Endpoint, Owner};
use crate::records::{Published, Unserved};
use crate::text::file_name;
use crate::tlsa::{MatchingType, Params, Selector, Usage};
use crate::verify::{Coverage, Judged, Policy, Report, Status, Verdict};

/// What `check` knows about an owner before its records are judged.
#[derive(Debug)]
pub struct Context<'a> {
    /// The files, the chain first.
    pub materials: &'a [Material],
    /// The hosts as given on the command line.
    pub endpoints: &'a [Endpoint],
    /// The owner of the records.
    pub owner: &'a Owner,
    /// Whether there are other owners, so that each finding must name its owner.
    pub is_one_of_several: bool,
    /// The policy of the clients that use the records.
    pub policy: &'a Policy<'a>,
    /// The findings of the lookup, or the reason why clients do not use the records at this owner.
    pub of_lookup: Result<Vec<Finding>, Finding>,
    /// The reason why a text has no records at this owner.
    pub absent: Option<String>,
    /// Whether to answer as a client, for which one matching record is enough, and not as the publisher.
    pub any: bool,
}

/// A report, its verdict and its findings.
#[derive(Debug)]
pub struct Examined {
    /// The statuses of the records.
    pub report: Report,
    /// The requested verdict: the verdict for the publisher, or the verdict for clients (`--any`).
    pub verdict: Verdict,
    /// The reason why clients use no records at this owner, or why a text has none; otherwise `None`.
    pub why: Option<String>,
    /// The findings about the owner.
    pub findings: Vec<Finding>,
}

/// Applies the rules to `report` and returns it with the requested verdict and all findings about its owner.
pub fn examine(report: Report, context: Context<'_>) -> Examined {
    let mut findings = findings(&Scene { asked: &context, report: &report });
    let verdict = if context.any { report.any } else { report.verdict };
    let why = context.of_lookup.as_ref().err().map(|finding| finding.message.clone()).or(context.absent);
    findings.extend(context.of_lookup.unwrap_or_else(|unusable| vec![unusable]));
    let (owner, is_one_of_several) = (context.owner, context.is_one_of_several);
    let findings = findings.into_iter().map(|finding| finding.at_owner(owner, is_one_of_several)).collect();
    Examined { report, verdict, why, findings }
}

/// Reports the other owners of TLSA records in a text that has none for the requested owner.
pub fn elsewhere(file: &str, names: &[&DomainName]) -> Vec<Finding> {
    let text = some(names).map(|names| {
        let file = file_name(file);
        format!("{file} has TLSA records at {names}: check the owner, its final dot and the port")
    });
    text.map(|text| Finding::new(Code::RecordsElsewhere, Hint, &text)).into_iter().collect()
}

/// Reports why no client finds the records of a text.
pub fn unserved(file: &str, reason: &Unserved) -> Finding {
    let text = format!("{}: {reason}, so clients do not find the TLSA records", file_name(file));
    Finding::new(Code::RecordsUnserved, Warning, &text)
}

/// The input of the rules.
struct Scene<'a> {
    asked: &'a Context<'a>,
    report: &'a Report,
}

/// The rules, in the order in which their findings are printed.
fn rules<'a>() -> Vec<Rule<Scene<'a>>> {
    vec![
        Rule::new(Code::ChainGap, chain_gap),
        Rule::new(Code::InputEmpty, data::input_empty),
        Rule::new(Code::ReEncoded, data::re_encoded),
        Rule::new(Code::PkixSmtp, pkix_smtp),
        Rule::new(Code::Crossed, data::crossed),
        Rule::new(Code::KeyBeside, data::key_beside),
        Rule::new(Code::TripleStale, triple_stale),
        Rule::new(Code::AgilityGap, agility_gap),
        Rule::new(Code::Mtype2Only, mtype2_only),
        Rule::new(Code::TaLeaf, ta_leaf),
        Rule::new(Code::TaNotSent, ta_not_sent),
        Rule::new(Code::TaNotSent, ta_key_not_sent),
        Rule::new(Code::SetLarge, data::set_large),
        Rule::new(Code::NextUnpublished, next_unpublished),
        Rule::new(Code::PathFails, path_fails),
    ]
}

/// The findings about one owner.
fn findings(scene: &Scene<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in rules() {
        findings.extend(rule.findings(scene));
    }
    let params: Vec<Params> = scene.report.triples.iter().map(|(params, _)| *params).collect();
    let chain = scene.asked.materials.get(..1).unwrap_or_default();
    // Generate the records of each triple (usage, selector, matching type) separately, because an error for one triple
    // would discard the records of the other triples.
    let records: Vec<_> = params
        .iter()
        .filter_map(|params| generate::records(chain, std::slice::from_ref(params), None).ok())
        .flatten()
        .collect();
    let of_chain = super::Context {
        materials: chain,
        records: &records,
        params: &params,
        endpoints: scene.asked.endpoints,
        owners: std::slice::from_ref(scene.asked.owner),
        ttl: None,
        now: scene.asked.policy.now,
    };
    // For usage 3, a missing name matters only on ports where clients check names despite RFC 7671 section 5.1.
    let names_matter = !scene.asked.policy.on_smtp;
    let wanted = |code, in_check| in_check && (code != Code::NameMissing || names_matter);
    findings.extend(findings_of(&of_chain, wanted));
    if !findings.iter().any(|finding| matches!(finding.code, Code::WeakKey | Code::WeakSig)) {
        findings.extend(weakness(scene));
    }
    findings
}

/// Reports a path that only clients with a lower security level than OpenSSL's default accept.
fn weakness(scene: &Scene<'_>) -> Option<Finding> {
    let matched = scene.report.judged.iter().filter(|judged| judged.status == Status::Match);
    let weakness = matched.filter_map(|judged| judged.described.as_ref()?.weakness.as_ref()).next()?;
    let text = format!("{weakness}: clients with OpenSSL's default security level on Debian reject the path");
    Some(Finding::new(Code::WeakKey, Warning, &text))
}

fn head(record: &Published) -> String {
    let Published { usage, selector, matching_type, data } = record;
    let hex = hex::encode(data);
    format!("{usage} {selector} {matching_type} {}...", hex.get(..16).unwrap_or(&hex))
}

fn chain<'a>(scene: &Scene<'a>) -> Option<&'a Chain> {
    scene.asked.materials.first().and_then(Material::chain)
}

/// Reports a signature that does not verify.
fn chain_gap(scene: &Scene<'_>) -> Findings {
    let severity = Error;
    one(severity, &scene.report.damage, |damage| {
        format!(
            "{damage}: the certificates above this signature were not examined; copy the chain from the ACME client or the CA again"
        )
    })
}

fn pkix_smtp(scene: &Scene<'_>) -> Findings {
    if !scene.asked.policy.on_smtp {
        return Vec::new();
    }
    let pkix = scene.report.records().filter(|record| record.usage < 2);
    let severity = if scene.report.triples.is_empty() { Error } else { Warning };
    one(severity, pkix.map(head), |records| {
        format!("{records} on port 25: mail clients treat usages 0 and 1 as unusable; use 3 1 1 or 2 1 1")
    })
}

/// Reports each triple without a matching record if a record of another triple matches.
fn triple_stale(scene: &Scene<'_>) -> Findings {
    let any_match = scene.report.judged.iter().any(|judgement| judgement.status == Status::Match);
    let stale = scene.report.triples.iter().filter(|(params, coverage)| {
        let none_matches = !records_of(scene, params).any(|status| status == Status::Match);
        any_match && *coverage == Coverage::Uncovered && none_matches && !has_ignored_match(scene, params)
    });
    one(Error, stale.map(|(params, _)| params), |params| {
        format!(
            "no record matches this chain for parameters {params}: each published triple of parameters must always have a matching record"
        )
    })
}

fn records_of(scene: &Scene<'_>, params: &Params) -> impl Iterator<Item = Status> {
    let of_params = scene.report.judged.iter().filter(move |judgement| judgement.params == Some(*params));
    of_params.map(|judgement| judgement.status)
}

/// Whether a record with a weaker digest would match if it were not ignored.
fn has_ignored_match(scene: &Scene<'_>, params: &Params) -> bool {
    let of_params = scene.report.judged.iter().filter(|judgement| judgement.params == Some(*params));
    of_params
        .into_iter()
        .any(|judgement| judgement.status == Status::Ignored && judgement.described.is_some())
}

fn agility_gap(scene: &Scene<'_>) -> Findings {
    let coverage = |params: &Params| {
        scene.report.triples.iter().find(|(known, _)| known == params).map(|(_, coverage)| *coverage)
    };
    let gap = scene.report.triples.iter().filter(|(params, strong)| {
        let weaker = Params { matching_type: MatchingType::Sha2_256, ..*params };
        let weak = coverage(&weaker);
        params.matching_type == MatchingType::Sha2_512 && weak.is_some_and(|weak| weak != *strong)
    });
    one(Error, gap.map(|(params, _)| params), |params| {
        format!(
            "{params} and the SHA2-256 records describe different certificates, and clients use only the stronger digest: publish both digests of each certificate"
        )
    })
}

fn mtype2_only(scene: &Scene<'_>) -> Findings {
    let has = |wanted: Params| scene.report.triples.iter().any(|(params, _)| *params == wanted);
    let alone = scene.report.triples.iter().filter(|(params, _)| {
        params.matching_type == MatchingType::Sha2_512
            && !has(Params { matching_type: MatchingType::Sha2_256, ..*params })
    });
    one(Warning, alone.map(|(params, _)| params), |params| {
        format!(
            "{params} without a SHA2-256 record: clients need not support SHA2-512, so publish matching type 1 as well"
        )
    })
}

/// Reports a record of usage 0 or 2 that describes the end entity.
fn ta_leaf(scene: &Scene<'_>) -> Findings {
    let own = scene.report.judged.iter().filter(|judged| is_leaf_as_anchor(scene, judged));
    one(Error, own.map(|judged| head(&judged.record)), |records| {
        format!(
            "usage 0 or 2 for the server's own certificate: {records}; use usage 3 for this certificate, and usage 2 only for a CA"
        )
    })
}

fn is_leaf_as_anchor(scene: &Scene<'_>, judged: &Judged) -> bool {
    let is_anchor = judged.params.is_some_and(|params| params.usage.is_trust_anchor());
    judged.status == Status::Unmatched && is_anchor && describes_end_entity(scene, judged)
}

fn describes_end_entity(scene: &Scene<'_>, Judged { record, params, .. }: &Judged) -> bool {
    let (Some(chain), Some(params)) = (chain(scene), *params) else { return false };
    let describes =
        |member: Member| generate::describe(member.certificate(), params).is_ok_and(|tlsa| record.is(&tlsa));
    chain.end_entities().any(describes)
}

/// Reports a record of usage 2 that may describe an issuer that is not in the file, so the server does not send it.
fn ta_not_sent(scene: &Scene<'_>) -> Findings {
    let Some(chain) = chain(scene) else { return Vec::new() };
    // Beside a record of the same triple that matches, it is the record of a sibling CA, published in advance.
    let is_covered = |params: &Params| scene.report.triples.contains(&(*params, Coverage::Covered));
    let unmatched = scene.report.judged.iter().filter(|judged| {
        judged.status == Status::Unmatched
            && judged.params.is_some_and(|params| params.usage == Usage::DaneTa && !is_covered(&params))
            && !describes_end_entity(scene, judged)
    });
    // Issuers that the chain names but does not contain.
    let top = chain.members().filter(|member| !member.has_issuer());
    let absent: Vec<String> = top.map(|member| member.certificate().issuer()).collect();
    if absent.is_empty() {
        return Vec::new();
    }
    one(Error, unmatched.map(|judged| head(&judged.record)), |records| {
        format!(
            "no CA in the file matches {records}; if the record is for {}, the server must send that CA's certificate",
            absent.join(" or ")
        )
    })
}

/// Reports a record of usage 2 with the key of a CA that the server does not send (RFC 7671 section 5.2.3).
fn ta_key_not_sent(scene: &Scene<'_>) -> Findings {
    let Some(chain) = chain(scene) else { return Vec::new() };
    let is_sent = |record: &Published, params: Params| {
        let describes = |member: Member<'_>| generate::describe(member.certificate(), params);
        chain.members().any(|member| describes(member).is_ok_and(|tlsa| record.is(&tlsa)))
    };
    let absent = scene.report.judged.iter().filter(|judged| {
        let key =
            Params { usage: Usage::DaneTa, selector: Selector::Spki, matching_type: MatchingType::Full };
        let is_used = matches!(judged.status, Status::Match | Status::Unverified);
        is_used && judged.params == Some(key) && !is_sent(&judged.record, key)
    });
    one(Warning, absent.map(|judged| head(&judged.record)), |records| {
        format!(
            "no certificate in the file has the key of {records}: the server must send that CA's certificate, because section 5.2.3 does not require clients to use a bare key"
        )
    })
}

/// Reports that no record of a published usage 0 or 2 would be accepted.
fn path_fails(scene: &Scene<'_>) -> Findings {
    one(Warning, &scene.report.obstacle, |reason| {
        format!(
            "no record of usage 2 works for all clients: {reason}; publish 3 1 1 and remove the records of usage 2"
        )
    })
}

/// Reports a `--next` file whose records are not all published yet.
fn next_unpublished(scene: &Scene<'_>) -> Findings {
    let mut params: Vec<Params> = scene.report.triples.iter().map(|(params, _)| *params).collect();
    if params.is_empty() {
        params.push(Params::DEFAULT);
    }
    let next = scene.asked.materials.get(1..).unwrap_or_default();
    let unpublished = next.iter().filter(|material| {
        // Usages 0 and 2 need a CA certificate, and a bare key has none.
        let says = |params: &&Params| material.chain().is_some() || !params.usage.is_trust_anchor();
        let wanted = params.iter().filter(says);
        let wanted = wanted.filter_map(|params| {
            generate::records(std::slice::from_ref(material), std::slice::from_ref(params), None).ok()
        });
        let mut wanted = wanted.flatten();
        wanted.any(|wanted| !scene.report.has(&wanted.tlsa))
    });
    one(Warning, unpublished.map(|material| file_name(&material.file)), |files| {
        format!("some records of the next key in {files} are not published: do not deploy that key yet")
    })
}
