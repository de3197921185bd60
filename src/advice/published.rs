//! Rules that find errors in published records before clients fail. The findings do not change the exit status.

use std::collections::HashSet;

use super::words::{Findings, one};
use super::{Rule, findings_of};
use crate::chain::{Chain, Member};
use crate::diagnostic::Severity::{Error, Warning};
use crate::diagnostic::{Code, Finding};
use crate::generate::{self, Material};
use crate::key;
use crate::owner::{Endpoint, Owner};
use crate::records::Published;
use crate::tlsa::{MatchingType, Params, Selector, Tlsa, Usage, is_digest_of_nothing};
use crate::verify::{Coverage, Judged, Policy, Report, Status};

/// The input of the rules: the files, the published records and the clients' policy.
#[derive(Debug)]
pub struct Context<'a> {
    /// The files, the chain first.
    pub materials: &'a [Material],
    /// The hosts as given on the command line.
    pub endpoints: &'a [Endpoint],
    /// The owner of the records.
    pub owner: &'a Owner,
    /// The policy of the clients that use the records.
    pub policy: &'a Policy<'a>,
    /// The published records and their statuses.
    pub report: &'a Report,
}

/// The rules, in the order in which their findings are printed.
fn rules<'a>() -> Vec<Rule<Context<'a>>> {
    vec![
        Rule::new(Code::ChainGap, chain_gap),
        Rule::new(Code::InputEmpty, input_empty),
        Rule::new(Code::ReEncoded, re_encoded),
        Rule::new(Code::PkixSmtp, pkix_smtp),
        Rule::new(Code::TripleStale, triple_stale),
        Rule::new(Code::AgilityGap, agility_gap),
        Rule::new(Code::Mtype2Only, mtype2_only),
        Rule::new(Code::TaLeaf, ta_leaf),
        Rule::new(Code::TaNotSent, ta_not_sent),
        Rule::new(Code::NextUnpublished, next_unpublished),
    ]
}

/// The findings about one owner.
pub fn findings(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in rules() {
        findings.extend(rule.findings(context));
    }
    let params: Vec<Params> = context.report.triples.iter().map(|(params, _)| *params).collect();
    let chain = context.materials.get(..1).unwrap_or_default();
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
        endpoints: context.endpoints,
        owners: std::slice::from_ref(context.owner),
        ttl: None,
        now: context.policy.now,
    };
    // For usage 3, a missing name matters only on ports where clients check names despite RFC 7671 section 5.1.
    let names_matter = !context.policy.on_smtp;
    let wanted = |code, in_check| in_check && (code != Code::NameMissing || names_matter);
    findings.extend(findings_of(&of_chain, wanted));
    findings
}

fn head(record: &Published) -> String {
    let Published { usage, selector, matching_type, data } = record;
    let hex = hex::encode(data);
    format!("{usage} {selector} {matching_type} {}...", hex.get(..16).unwrap_or(&hex))
}

fn chain<'a>(context: &Context<'a>) -> Option<&'a Chain> {
    context.materials.first().and_then(Material::chain)
}

/// Reports a signature that does not verify.
fn chain_gap(context: &Context<'_>) -> Findings {
    let severity = Error;
    one(severity, &context.report.damage, |damage| {
        format!(
            "{damage}: the certificates above this signature were not examined; copy the chain from the CA again"
        )
    })
}

fn input_empty(context: &Context<'_>) -> Findings {
    let empty = context.report.records().filter(|record| is_digest_of_nothing(&record.data));
    one(Error, empty.map(head), |records| {
        format!(
            "digest of empty input, typically from a script whose openssl command failed: {records}; remove every such record"
        )
    })
}

fn re_encoded(context: &Context<'_>) -> Findings {
    let Some(chain) = chain(context) else { return Vec::new() };
    let keys: HashSet<Vec<u8>> = chain
        .members()
        .map(Member::certificate)
        .filter_map(|certificate| {
            key::re_encoded(certificate.spki()).filter(|octets| octets.as_slice() != certificate.spki())
        })
        .collect();
    let found = context.report.judged.iter().filter(|judged| {
        let params = judged.params.filter(|params| params.selector == Selector::Spki);
        params.is_some_and(|params| {
            keys.iter().any(|key| Tlsa::describing(params, key).is_ok_and(|tlsa| judged.record.is(&tlsa)))
        })
    });
    one(Error, found.map(|judged| head(&judged.record)), |records| {
        format!(
            "digest of a key that openssl re-encoded: {records}; clients hash the key as encoded in the certificate, so replace every such record"
        )
    })
}

fn pkix_smtp(context: &Context<'_>) -> Findings {
    if !context.policy.on_smtp {
        return Vec::new();
    }
    let pkix = context.report.records().filter(|record| record.usage < 2);
    let severity = if context.report.triples.is_empty() { Error } else { Warning };
    one(severity, pkix.map(head), |records| {
        format!("{records} on port 25: mail clients treat usages 0 and 1 as unusable; use 3 1 1 or 2 1 1")
    })
}

/// Reports each triple without a matching record if a record of another triple matches.
fn triple_stale(context: &Context<'_>) -> Findings {
    let any_match = context.report.judged.iter().any(|judgement| judgement.status == Status::Match);
    let stale = context.report.triples.iter().filter(|(params, coverage)| {
        let none_matches = !records_of(context, params).any(|status| status == Status::Match);
        any_match && *coverage == Coverage::Uncovered && none_matches && !has_ignored_match(context, params)
    });
    one(Error, stale.map(|(params, _)| params), |params| {
        format!(
            "no record matches this chain for parameters {params}: each published triple of parameters must always have a matching record"
        )
    })
}

fn records_of(context: &Context<'_>, params: &Params) -> impl Iterator<Item = Status> {
    let of_params = context.report.judged.iter().filter(move |judgement| judgement.params == Some(*params));
    of_params.map(|judgement| judgement.status)
}

/// Whether a record with a weaker digest would match if it were not ignored.
fn has_ignored_match(context: &Context<'_>, params: &Params) -> bool {
    let of_params = context.report.judged.iter().filter(|judgement| judgement.params == Some(*params));
    of_params
        .into_iter()
        .any(|judgement| judgement.status == Status::Ignored && judgement.described.is_some())
}

fn agility_gap(context: &Context<'_>) -> Findings {
    let coverage = |params: &Params| {
        context.report.triples.iter().find(|(known, _)| known == params).map(|(_, coverage)| *coverage)
    };
    let gap = context.report.triples.iter().filter(|(params, strong)| {
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

fn mtype2_only(context: &Context<'_>) -> Findings {
    let has = |wanted: Params| context.report.triples.iter().any(|(params, _)| *params == wanted);
    let alone = context.report.triples.iter().filter(|(params, _)| {
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
fn ta_leaf(context: &Context<'_>) -> Findings {
    let of_anchor = context.report.judged.iter().filter(|judged| {
        judged.status == Status::Unmatched
            && judged.params.is_some_and(|params| params.usage.is_trust_anchor())
    });
    let own = of_anchor.filter(|judged| describes_end_entity(context, judged));
    one(Error, own.map(|judged| head(&judged.record)), |records| {
        format!(
            "usage 0 or 2 for the server's own certificate: {records}; use usage 3 for this certificate, and usage 2 only for a CA"
        )
    })
}

fn describes_end_entity(context: &Context<'_>, Judged { record, params, .. }: &Judged) -> bool {
    let (Some(chain), Some(params)) = (chain(context), *params) else { return false };
    let describes =
        |member: Member| generate::describe(member.certificate(), params).is_ok_and(|tlsa| record.is(&tlsa));
    chain.end_entities().into_iter().any(describes)
}

/// Reports a record of usage 2 that may describe an issuer that is not in the file, so the server does not send it.
fn ta_not_sent(context: &Context<'_>) -> Findings {
    let Some(chain) = chain(context) else { return Vec::new() };
    let unmatched = context.report.judged.iter().filter(|judged| {
        judged.status == Status::Unmatched
            && judged.params.is_some_and(|params| params.usage == Usage::DaneTa)
            && !describes_end_entity(context, judged)
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

/// Reports a `--next` file whose records are not all published yet.
fn next_unpublished(context: &Context<'_>) -> Findings {
    let mut params: Vec<Params> = context.report.triples.iter().map(|(params, _)| *params).collect();
    if params.is_empty() {
        params.push(Params::DEFAULT);
    }
    let next = context.materials.get(1..).unwrap_or_default();
    let unpublished = next.iter().filter(|material| {
        // Usages 0 and 2 need a CA certificate, and a bare key has none.
        let says = |params: &&Params| material.chain().is_some() || !params.usage.is_trust_anchor();
        let wanted = params.iter().filter(says);
        let wanted = wanted.filter_map(|params| {
            generate::records(std::slice::from_ref(material), std::slice::from_ref(params), None).ok()
        });
        let mut wanted = wanted.flatten();
        wanted.any(|wanted| !context.report.has(&wanted.tlsa))
    });
    one(Warning, unpublished.map(|material| crate::text::file_name(&material.file)), |files| {
        format!("some records of the next key in {files} are not published: do not deploy that key yet")
    })
}
