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
    finding: fn(&Scene<'_>) -> Vec<(Severity, String)>,
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
    let scene = Scene::new(context);
    let mut findings = Vec::new();
    for rule in RULES {
        for (severity, text) in (rule.finding)(&scene) {
            let message = format!("{text} ({})", rule.citation);
            findings.push(Finding { code: rule.code, severity, message });
        }
    }
    findings
}

/// The context, and what several rules need from it.
struct Scene<'a> {
    asked: &'a Context<'a>,
    /// The end entities of all files that hold any.
    end_entities: Vec<&'a Certificate>,
    /// The certificates that the records describe, each once, with their depth if it is known.
    described: Vec<(&'a Certificate, Option<usize>)>,
}

impl<'a> Scene<'a> {
    fn new(asked: &'a Context<'a>) -> Self {
        let chains = asked.materials.iter().filter_map(Material::chain);
        let end_entities = chains
            .flat_map(|chain| chain.end_entities().into_iter().filter_map(|index| chain.certificate(index)));
        let mut known: HashSet<*const Certificate> = HashSet::new();
        let certificate = |record: &Record<'a>| match record.source.item {
            Item::Certificate { certificate, depth, .. } => Some((certificate, depth)),
            Item::Key(_) => None,
        };
        let described = asked.records.iter().filter_map(certificate);
        let described = described.filter(|(certificate, _)| known.insert(*certificate)).collect();
        Self { asked, end_entities: end_entities.collect(), described }
    }

    /// Those described that are above an end entity, or in a file without one.
    fn described_cas(&self) -> impl Iterator<Item = &'a Certificate> {
        self.described.iter().filter(|(_, depth)| *depth != Some(0)).map(|(ca, _)| *ca)
    }

    fn has_usage(&self, wanted: fn(&Params) -> bool) -> bool {
        self.asked.records.iter().any(|record| wanted(&record.tlsa.params()))
    }

    /// The hosts of the owners that have the shape of RFC 6698 section 3, and whether mail is received there.
    fn hosts(&self) -> Vec<(HostName, bool)> {
        let host = |owner: &Owner| Some((owner.host()?, owner.port() == Some(Port::SMTP)));
        self.asked.owners.iter().filter_map(host).collect()
    }

    fn on_smtp(&self) -> bool {
        self.asked.owners.iter().any(|owner| owner.port() == Some(Port::SMTP))
    }
}
