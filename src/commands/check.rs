//! `check` and `diff`: published records against the chain.

use anyhow::Context as _;

use super::source::{Source, There};
use super::{CertificateNeeded, Outcome, findings_as_talk, materials, owners, read};
use crate::advice::{self, Finding};
use crate::cli::{CheckRequest, DiffRequest};
use crate::diff;
use crate::generate::{self, GenerateError, Material, Problem};
use crate::input::{Input, Located};
use crate::owner::{Owner, Port};
use crate::records::Found;
use crate::render::{self, Examined, OwnerChanges, Palette};
use crate::text;
use crate::verify::{self, Policy, Verdict};
use crate::x509::Certificate;

/// Exit status of a no, or of something to do.
pub(super) const NO: u8 = 1;
/// Exit status of what cannot be told.
pub(super) const CANNOT_TELL: u8 = 3;

pub(super) fn check(request: &CheckRequest, palette: Palette) -> anyhow::Result<Outcome> {
    let common = &request.common;
    let materials = materials(common)?;
    let chain = materials.first().and_then(Material::chain).filter(|chain| chain.has_end_entity());
    let chain = chain.ok_or_else(|| CertificateNeeded { file: common.chain.clone(), of: "a server" })?;
    let owners = owners(common)?;
    let source = Source::open(&request.records, common, &owners)?;
    let store = request.ca_file.as_deref().map(store).transpose()?;
    let mut examined = Vec::new();
    for owner in &owners {
        let (There { found, mut names, findings: of_lookup }, unusable) = match source.at(owner) {
            Ok(there) => (there, None),
            Err(finding) => (There { found: None, names: Vec::new(), findings: Vec::new() }, Some(finding)),
        };
        names.extend(request.nexthops.iter().cloned());
        let policy = Policy {
            names: &names,
            on_smtp: owner.port() == Some(Port::SMTP),
            store: store.as_deref(),
            now: common.now,
        };
        let next = materials.get(1..).unwrap_or_default();
        let report = verify::verify(owner, found, chain, next, &policy)
            .map_err(|error| GenerateError { file: common.chain.clone(), problem: Problem::Chain(error) })?;
        let mut findings = advice::published::findings(&advice::published::Context {
            materials: &materials,
            endpoints: &common.endpoints,
            owner,
            policy: &policy,
            report: &report,
        });
        let verdict = if request.any { report.any } else { report.verdict };
        let why = unusable.as_ref().map(|finding| finding.message.clone());
        findings.extend(unusable.into_iter().chain(of_lookup));
        examined.push(Examined { report, verdict, why, findings });
    }
    let text = render::reports(&examined, common.origin.as_ref(), request.json, palette);
    let several = examined.len() > 1;
    let talk = examined.iter().flat_map(|examined| {
        let about = several.then(|| examined.report.owner.to_string());
        findings_as_talk(&examined.findings, common.quiet, about)
    });
    let status = worst(examined.iter().map(|examined| examined.verdict));
    Ok(Outcome { talk: talk.collect(), data: text.into_bytes(), status })
}

/// 1 beats 3 beats 0.
fn worst(verdicts: impl Iterator<Item = Verdict>) -> u8 {
    let mut status = 0;
    for verdict in verdicts {
        status = match (verdict, status) {
            (Verdict::Partial | Verdict::NotCovered, _) | (_, NO) => NO,
            (Verdict::Unknown, _) => CANNOT_TELL,
            (Verdict::Covered, status) => status,
        };
    }
    status
}

pub(super) fn diff(request: &DiffRequest) -> anyhow::Result<Outcome> {
    let common = &request.common;
    let materials = materials(common)?;
    let records = generate::records(&materials, &request.params, request.depth)?;
    let owners = owners(common)?;
    let source = Source::open(&request.records, common, &owners)?;
    let context = advice::Context {
        materials: &materials,
        records: &records,
        params: &request.params,
        endpoints: &common.endpoints,
        owners: &owners,
        ttl: request.ttl,
        now: common.now,
    };
    let mut findings = advice::findings(&context);
    let wanted: Vec<_> = records.iter().map(|record| &record.tlsa).collect();
    let (found, of_lookup) = holders(&source, &owners)?;
    findings.extend(of_lookup);
    let mut all = Vec::new();
    for found in &found {
        let changes = diff::diff(&wanted, &found.records, request.only);
        if !changes.is_empty() {
            let add = changes.add.iter().filter_map(|place| records.get(*place)).collect();
            all.push(OwnerChanges { holder: found.holder.clone(), add, remove: changes.remove });
        }
    }
    let text = render::changes(&all, &findings, request.format, request.ttl, common.origin.as_ref());
    let talk = findings_as_talk(&findings, common.quiet, None).collect();
    Ok(Outcome { talk, data: text.into_bytes(), status: if all.is_empty() { 0 } else { NO } })
}

/// Where the records of `owners` are, each place once, and what is worth knowing of the lookups; an owner without any
/// is its own place.
fn holders(source: &Source, owners: &[Owner]) -> anyhow::Result<(Vec<Found>, Vec<Finding>)> {
    let mut all: Vec<Found> = Vec::new();
    let mut findings = Vec::new();
    for owner in owners {
        // What cannot be trusted is no base for changes.
        let there = source.at(owner).map_err(|finding| Unusable(finding.message))?;
        let found = there.found.unwrap_or(Found { holder: owner.clone(), records: Vec::new() });
        if !all.iter().any(|known| known.holder == found.holder) {
            all.push(found);
        }
        findings.extend(there.findings);
    }
    Ok((all, findings))
}

/// Published records that no client would use.
#[derive(Debug)]
pub(super) struct Unusable(String);

impl Unusable {
    pub(super) const HINT: &str = "give the records with --records";
}

impl std::fmt::Display for Unusable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unusable {}

/// The CAs of a trust store.
fn store(file: &str) -> anyhow::Result<Vec<Certificate>> {
    let octets = read(file)?;
    match Input::read(&octets).with_context(|| text::file_name(file))? {
        Input::Certificates(certificates) => {
            Ok(certificates.into_iter().map(|Located { certificate, .. }| certificate).collect())
        }
        Input::Keys(_) => Err(CertificateNeeded { file: file.to_owned(), of: "a CA" }.into()),
    }
}
