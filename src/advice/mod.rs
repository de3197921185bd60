//! The rule table: what an operator should know before publishing these records.
//!
//! A rule is a code, a section, and a function that gives its findings; without one it stays silent.
//! Rules look at values only: they read no file and print nothing.

mod certificates;
mod choice;
mod rules;
mod words;

use std::collections::HashSet;
use std::fmt;

use time::OffsetDateTime;

use crate::generate::{Item, Material, Record};
use crate::owner::{Endpoint, HostName, Owner, Port};
use crate::tlsa::Params;
use crate::x509::Certificate;

pub use rules::RULES;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Hint,
    /// The records are printed, and will disappoint.
    Warning,
    /// The records are refused.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hint => "hint",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One line of advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The stable code.
    pub code: &'static str,
    /// Its weight.
    pub severity: Severity,
    /// One line, with the section it stands on.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]: {}", self.severity, self.code, self.message)
    }
}

/// One line of the table.
pub struct Rule {
    /// The stable code.
    pub code: &'static str,
    /// The sections it stands on, as the message shows them.
    pub citation: &'static str,
    /// Severity and text of what it finds.
    pub finding: fn(&Context<'_>) -> Vec<(Severity, String)>,
}

/// Everything the rules look at.
#[derive(Debug)]
pub struct Context<'a> {
    /// The files, the chain first.
    pub materials: &'a [Material],
    /// The records to be printed.
    pub records: &'a [Record<'a>],
    /// The triples that were chosen; none where every record of every certificate was asked for.
    pub params: &'a [Params],
    /// The hosts as they were given.
    pub endpoints: &'a [Endpoint],
    /// The owners of the records.
    pub owners: &'a [Owner],
    /// The asked-for TTL in seconds.
    pub ttl: Option<u32>,
    /// The clock.
    pub now: OffsetDateTime,
}

/// What all rules find, in the order of the table.
pub fn findings(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in RULES {
        for (severity, text) in (rule.finding)(context) {
            let message = format!("{text} ({})", rule.citation);
            findings.push(Finding { code: rule.code, severity, message });
        }
    }
    findings
}

impl<'a> Context<'a> {
    /// The certificates that the records describe, each once, with their depth if it is known.
    fn described(&self) -> Vec<(&'a Certificate, Option<usize>)> {
        let mut known: HashSet<*const Certificate> = HashSet::new();
        let certificate = |record: &Record<'a>| match record.source.item {
            Item::Certificate { certificate, depth, .. } => Some((certificate, depth)),
            Item::Key(_) => None,
        };
        let all = self.records.iter().filter_map(certificate);
        all.filter(|(certificate, _)| known.insert(*certificate)).collect()
    }

    /// Those of them that are above an end entity, or in a file without one.
    fn described_cas(&self) -> Vec<&'a Certificate> {
        self.described().into_iter().filter(|(_, depth)| *depth != Some(0)).map(|(ca, _)| ca).collect()
    }

    /// The end entities of all files that hold any.
    fn end_entities(&self) -> Vec<&'a Certificate> {
        let chains = self.materials.iter().filter_map(Material::chain);
        chains
            .flat_map(|chain| chain.end_entities().into_iter().filter_map(|index| chain.certificate(index)))
            .collect()
    }

    fn has_usage(&self, wanted: fn(&Params) -> bool) -> bool {
        self.records.iter().any(|record| wanted(&record.tlsa.params()))
    }

    /// The hosts of the owners that have the shape of RFC 6698 section 3, and whether mail is received there.
    fn hosts(&self) -> Vec<(HostName, bool)> {
        let host = |owner: &Owner| Some((owner.host()?, owner.port() == Some(Port::SMTP)));
        self.owners.iter().filter_map(host).collect()
    }

    fn on_smtp(&self) -> bool {
        self.owners.iter().any(|owner| owner.port() == Some(Port::SMTP))
    }
}
