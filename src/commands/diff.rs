//! `diff`: prints the records to add to the published records, and the published records to remove.

use std::fmt;

use super::outcome::{NO, Outcome, lines};
use super::reading::{materials, owners};
use super::source::Source;
use super::trouble::Trouble;
use crate::advice;
use crate::cli::DiffRequest;
use crate::diagnostic::{Advise, Finding};
use crate::diff;
use crate::generate;
use crate::owner::Owner;
use crate::records::Found;
use crate::render::{self, OwnerChanges};

pub(super) fn diff(request: &DiffRequest) -> Result<Outcome, Trouble> {
    let common = &request.common;
    let materials = materials(common)?;
    let records = generate::records(&materials, &request.params, request.depth)?;
    let owners = owners(common)?;
    let source = Source::open(&request.records, common, &owners)?;
    let mut findings = advice::findings(&advice::Context {
        materials: &materials,
        records: &records,
        params: &request.params,
        endpoints: &common.endpoints,
        owners: &owners,
        ttl: request.ttl,
        now: common.now,
    });
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
    let talk = lines(&findings, common.quiet).collect();
    Ok(Outcome { talk, data: text.into_bytes(), status: if all.is_empty() { 0 } else { NO } })
}

/// Returns the published records of `owners`, with one entry for each name at which records exist, and the findings of
/// the lookups. An owner without records has an empty entry at its own name.
fn holders(source: &Source, owners: &[Owner]) -> Result<(Vec<Found>, Vec<Finding>), Unusable> {
    let mut all: Vec<Found> = Vec::new();
    let mut findings = Vec::new();
    for owner in owners {
        // Changes must not be computed from records that a client does not trust.
        let (there, of_lookup) = source.at(owner).map_err(|finding| Unusable(finding.message))?;
        let found = there.found.unwrap_or(Found { holder: owner.clone(), records: Vec::new() });
        if !all.iter().any(|known| known.holder == found.holder) {
            all.push(found);
        }
        findings.extend(of_lookup.into_iter().map(|finding| finding.at_owner(owner, owners.len() > 1)));
    }
    Ok((all, findings))
}

/// Published records that clients do not use, with the reason.
#[derive(Debug)]
struct Unusable(String);

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unusable {}

impl Advise for Unusable {
    fn hint(&self) -> Option<String> {
        Some("give the published records in a file, with --records".to_owned())
    }
}
