//! Prints the records for the requested parameters; for `chain`, prints the records of every certificate.

use super::outcome::{Outcome, lines};
use super::reading::{materials, owners};
use super::trouble::Trouble;
use crate::advice;
use crate::cli::Request;
use crate::diagnostic::Severity;
use crate::generate::{self, Material, Record};
use crate::render::{self, Style};
use crate::tlsa::Params;

pub(super) fn records(request: &Request, params: &[Params]) -> Result<Outcome, Trouble> {
    let materials = materials(&request.common)?;
    let records = generate::records(&materials, params, request.depth)?;
    print(request, params, &materials, &records, &style(request))
}

pub(super) fn chain(request: &Request) -> Result<Outcome, Trouble> {
    let materials = materials(&request.common)?;
    let records = generate::chain_records(&materials, request.depth)?;
    let comments = request.comments || request.format.has_comments_in_chain();
    let style = Style { groups: comments, comments, ..style(request) };
    print(request, &[], &materials, &records, &style)
}

fn style(request: &Request) -> Style {
    Style {
        format: request.format,
        ttl: request.ttl,
        origin: request.common.origin.clone(),
        comments: request.comments,
        groups: false,
        single_line: request.single_line,
    }
}

fn print(
    request: &Request,
    params: &[Params],
    materials: &[Material],
    records: &[Record<'_>],
    style: &Style,
) -> Result<Outcome, Trouble> {
    let owners = owners(&request.common)?;
    let mut findings = advice::findings(&advice::Context {
        materials,
        records,
        params,
        endpoints: &request.common.endpoints,
        owners: &owners,
        ttl: request.ttl,
        now: request.common.now,
    });
    if request.strict {
        for finding in findings.iter_mut().filter(|finding| finding.severity == Severity::Warning) {
            finding.severity = Severity::Error;
        }
    }
    if let Some(refusal) = Outcome::refusal(&findings, request.common.quiet) {
        return Ok(refusal);
    }
    let talk = lines(&findings, request.common.quiet).collect();
    let data = render::render(&owners, records, &findings, style).into_bytes();
    Ok(Outcome { data, talk, status: 0 })
}
