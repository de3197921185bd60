//! The rule table: what an operator should know before publishing these records.
//!
//! A rule is a code, a section, and a function that gives its findings; without one it stays silent.
//! Rules look at values only: they read no file and print nothing.

mod certificates;
mod choice;
pub mod published;
mod rules;
mod words;

use std::collections::{HashMap, HashSet};
use std::fmt;

use time::OffsetDateTime;

use crate::chain::{Index, Step};
use crate::generate::{Item, Material, Record, Source};
use crate::owner::{Endpoint, HostName, Owner, Port};
use crate::text::file_name;
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
    findings_of(context, |_| true)
}

fn findings_of(context: &Context<'_>, wanted: impl Fn(&str) -> bool) -> Vec<Finding> {
    let scene = Scene::new(context);
    let mut findings = Vec::new();
    for rule in RULES.iter().filter(|rule| wanted(rule.code)) {
        findings.extend(cited(rule.code, rule.citation, (rule.finding)(&scene)));
    }
    findings
}

/// The context, and what several rules need from it.
struct Scene<'a> {
    asked: &'a Context<'a>,
    /// The end entities of all files that hold any.
    end_entities: Vec<Subject<'a>>,
    /// The certificates that the records describe, each once.
    described: Vec<Subject<'a>>,
    /// The CAs up to the highest described one of each end entity, each once; those described in a file without.
    on_path: Vec<Subject<'a>>,
    /// End entities and CAs whose signatures lead up to a described CA, its own not among them.
    below: Vec<Subject<'a>>,
    /// The hosts of the owners that have the shape of RFC 6698 section 3, and whether mail is received there.
    hosts: Vec<(HostName, bool)>,
}

/// A certificate that a rule speaks of.
#[derive(Clone, Copy)]
struct Subject<'a> {
    material: &'a Material,
    index: Index,
    certificate: &'a Certificate,
    /// Its place in the path, 0 for the end entity; `None` if that is not known.
    depth: Option<usize>,
    /// Whether the file must be named, as there are several.
    in_file: bool,
}

fn cited(code: &'static str, citation: &str, found: Vec<(Severity, String)>) -> Vec<Finding> {
    found
        .into_iter()
        .map(|(severity, text)| Finding { code, severity, message: format!("{text} ({citation})") })
        .collect()
}

impl<'a> Scene<'a> {
    fn new(asked: &'a Context<'a>) -> Self {
        let in_file = asked.materials.len() > 1;
        let end_entities = asked.materials.iter().flat_map(|material| {
            material.chain().into_iter().flat_map(move |chain| {
                chain.end_entities().into_iter().filter_map(move |index| {
                    let certificate = chain.certificate(index)?;
                    Some(Subject { material, index, certificate, depth: Some(0), in_file })
                })
            })
        });
        let mut known: HashSet<*const Certificate> = HashSet::new();
        let subject = |Source { material, item }: &Source<'a>| match *item {
            Item::Certificate { index, depth, certificate } => {
                Some(Subject { material, index, certificate, depth, in_file })
            }
            Item::Key(_) => None,
        };
        let described = asked.records.iter().filter_map(|record| subject(&record.source));
        let described: Vec<Subject<'a>> =
            described.filter(|subject| known.insert(subject.certificate)).collect();
        let end_entities: Vec<Subject<'a>> = end_entities.collect();
        let (on_path, below) = paths(&end_entities, &described);
        let host = |owner: &Owner| Some((owner.host()?, owner.port() == Some(Port::SMTP)));
        let hosts = asked.owners.iter().filter_map(host).collect();
        Self { asked, end_entities, described, on_path, below, hosts }
    }

    /// Those described that are above an end entity, or in a file without one.
    fn described_cas(&self) -> impl Iterator<Item = &Subject<'a>> {
        self.described.iter().filter(|subject| subject.depth != Some(0))
    }

    fn has_usage(&self, wanted: fn(&Params) -> bool) -> bool {
        self.asked.records.iter().any(|record| wanted(&record.tlsa.params()))
    }

    fn on_smtp(&self) -> bool {
        self.asked.owners.iter().any(|owner| owner.port() == Some(Port::SMTP))
    }
}

/// What `on_path` and `below` of a [`Scene`] hold.
fn paths<'a>(
    end_entities: &[Subject<'a>],
    described: &[Subject<'a>],
) -> (Vec<Subject<'a>>, Vec<Subject<'a>>) {
    let cas: HashMap<*const Certificate, Subject<'a>> = described
        .iter()
        .filter(|subject| subject.depth != Some(0))
        .map(|subject| (std::ptr::from_ref(subject.certificate), *subject))
        .collect();
    let alone = cas.values().filter(|ca| ca.depth.is_none()).copied();
    let mut on_path: Vec<Subject<'a>> = alone.collect();
    on_path.sort_by_key(|ca| ca.index);
    let mut below = Vec::new();
    let mut known: HashSet<*const Certificate> = HashSet::new();
    let mut known_below: HashSet<*const Certificate> = HashSet::new();
    let deepest = cas.values().filter_map(|ca| ca.depth).max();
    for end_entity in end_entities.iter().filter(|_| deepest.is_some()) {
        let Some(chain) = end_entity.material.chain() else { continue };
        // Its links were verified when the records were made.
        let path = chain.path(end_entity.index, deepest).unwrap_or_default();
        let steps: Vec<Subject<'a>> = path
            .into_iter()
            .filter_map(|Step { index, depth }| {
                let certificate = chain.certificate(index)?;
                Some(Subject { index, certificate, depth: Some(depth), ..*end_entity })
            })
            .collect();
        let is_described = |step: &&Subject<'_>| cas.contains_key(&std::ptr::from_ref(step.certificate));
        let Some(top) = steps.iter().filter(is_described).filter_map(|step| step.depth).max() else {
            continue;
        };
        let signed = std::iter::once(end_entity).chain(steps.iter().filter(|step| step.depth < Some(top)));
        below.extend(signed.filter(|subject| known_below.insert(subject.certificate)));
        on_path.extend(
            steps.into_iter().filter(|step| step.depth <= Some(top) && known.insert(step.certificate)),
        );
    }
    (on_path, below)
}

/// Its name and line, and its file if there are several.
impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.material.chain().map(|chain| chain.place(self.index)).unwrap_or_default();
        match place.line {
            Some(line) if self.in_file => {
                write!(f, "{} ({} line {line})", place.subject, file_name(&self.material.file))
            }
            None if self.in_file => write!(f, "{} ({})", place.subject, file_name(&self.material.file)),
            _ => place.fmt(f),
        }
    }
}
