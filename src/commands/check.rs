//! `check`: reports whether the published records cover the chain.

use super::outcome::{NO, Outcome, UNDETERMINED, report_lines};
use super::reading::{CertificateNeeded, materials, owners, store};
use super::source::{Source, There};
use super::trouble::Trouble;
use crate::advice::published;
use crate::cli::CheckRequest;
use crate::generate::{GenerateError, Material, Problem};
use crate::owner::Port;
use crate::render::{self, Palette, ReportFormat, ReportSheet};
use crate::verify::{self, Policy, Verdict};

pub(super) fn check(request: &CheckRequest, palette: Palette) -> Result<Outcome, Trouble> {
    let common = &request.common;
    let materials = materials(common)?;
    let chain = materials.first().and_then(Material::chain).filter(|chain| chain.has_end_entity());
    let chain = chain.ok_or_else(|| CertificateNeeded::server(&common.chain))?;
    let owners = owners(common)?;
    let source = Source::open(&request.records, common, &owners)?;
    let store = request.ca_file.as_deref().map(store).transpose()?;
    let mut examined = Vec::new();
    for owner in &owners {
        let (There { found, mut names, absent }, of_lookup) = match source.at(owner) {
            Ok((there, findings)) => (there, Ok(findings)),
            Err(finding) => (There::default(), Err(finding)),
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
        let context = published::Context {
            materials: &materials,
            endpoints: &common.endpoints,
            owner,
            is_one_of_several: owners.len() > 1,
            policy: &policy,
            of_lookup,
            absent,
            any: request.any,
        };
        examined.push(published::examine(report, context));
    }
    let verdict = examined.iter().map(|examined| examined.verdict).max().unwrap_or(Verdict::Unknown);
    let sheet = ReportSheet { verdict, examined: &examined, origin: common.origin.as_ref(), now: common.now };
    let text = render::reports(&sheet, request.format, palette);
    let talk = report_lines(sheet.findings(), common.quiet, request.format);
    let status = match (request.format, verdict) {
        (ReportFormat::Nagios, _) => render::nagios_state_of_reports(&sheet).status(),
        (_, Verdict::Covered) => 0,
        (_, Verdict::Unknown) => UNDETERMINED,
        (_, Verdict::Partial | Verdict::NotCovered) => NO,
    };
    Ok(Outcome { talk, data: text.into_bytes(), status })
}
