//! Rules that report findings about records to the operator, before or after the records are published.
//!
//! A rule is a code and a function that returns findings; the table at the top of each file lists its rules. Rules
//! only examine values: they do not read files or print.

mod certificates;
mod choice;
#[cfg(feature = "live")]
pub mod probe;
pub mod published;
#[cfg(test)]
mod tests;
mod words;

use std::cell::OnceCell;
use std::collections::HashSet;
use std::fmt;

use time::OffsetDateTime;

use crate::chain::{ChainError, Link, Member};
use crate::diagnostic::{Code, Finding};
use crate::generate::{Item, Material, Record, Source};
use crate::owner::{Endpoint, HostName, Owner, Port};
use crate::records::Published;
use crate::text::file_name;
use crate::tlsa::{Params, Usage};
use crate::verify::{self, Forecast};
use crate::x509::Certificate;
use words::Findings;

/// One rule: a code and the function that returns its findings. `S` is the type that the rule examines.
struct Rule<S: ?Sized> {
    code: Code,
    /// Whether the rule also matters for a server in use, so that `check` applies it too.
    in_check: bool,
    /// Returns the severity and text of each finding.
    finding: fn(&S) -> Findings,
}

impl<S: ?Sized> Rule<S> {
    const fn new(code: Code, finding: fn(&S) -> Findings) -> Self {
        Self { code, in_check: false, finding }
    }

    /// Creates a rule that `check` applies too, because it also matters for a server in use.
    const fn in_check_too(code: Code, finding: fn(&S) -> Findings) -> Self {
        Self { code, in_check: true, finding }
    }

    fn findings(&self, seen: &S) -> Vec<Finding> {
        let found = (self.finding)(seen).into_iter();
        found.map(|(severity, text)| Finding::new(self.code, severity, &text)).collect()
    }
}

/// The input of the rules: the files, the generated records and the request.
#[derive(Debug)]
pub struct Context<'a> {
    /// The files, the chain first.
    pub materials: &'a [Material],
    /// The generated records.
    pub records: &'a [Record<'a>],
    /// The requested triples (usage, selector, matching type); empty if all records of all certificates were requested.
    pub params: &'a [Params],
    /// The hosts as given on the command line.
    pub endpoints: &'a [Endpoint],
    /// The owners of the records.
    pub owners: &'a [Owner],
    /// The requested TTL in seconds.
    pub ttl: Option<u32>,
    /// The current time.
    pub now: OffsetDateTime,
}

/// The findings of all rules, in the order of the tables.
pub fn findings(context: &Context<'_>) -> Vec<Finding> {
    let findings = findings_of(context, |_, _| true);
    match context.owners {
        [only] => findings.into_iter().map(|finding| finding.of_owner(only)).collect(),
        _ => findings,
    }
}

impl Finding {
    /// Sets the owner that the finding is about, and its host.
    #[must_use]
    fn of_owner(self, owner: &Owner) -> Self {
        self.of(owner.host().map(|host| host.as_str().to_owned()), Some(owner.to_string()))
    }

    /// Sets the owner that the finding is about; its text names the owner too if the owner is one of several.
    #[must_use]
    pub fn at_owner(self, owner: &Owner, is_one_of_several: bool) -> Self {
        match is_one_of_several {
            true => self.of_owner(owner).about(owner.to_string()),
            false => self.of_owner(owner),
        }
    }
}

/// Returns the findings of the rules that `wanted` selects by code and by [`Rule::in_check`].
fn findings_of(context: &Context<'_>, wanted: impl Fn(Code, bool) -> bool) -> Vec<Finding> {
    let scene = Scene::new(context);
    let rules = choice::rules().into_iter().chain(certificates::rules());
    let wanted = rules.filter(|rule| wanted(rule.code, rule.in_check));
    wanted.flat_map(|rule| rule.findings(&scene)).collect()
}

/// The context, and derived values that several rules use.
struct Scene<'a> {
    asked: &'a Context<'a>,
    /// The end entities of all files.
    end_entities: Vec<Subject<'a>>,
    /// The certificates that the records describe, each once.
    described: Vec<Subject<'a>>,
    /// For each end entity, the CAs of its certification path up to the highest CA that a record matches; in a file
    /// without an end entity, the CAs that a record matches. Contains each CA once.
    on_path: Vec<Subject<'a>>,
    /// The end entities and CAs below a CA that a record matches.
    below: Vec<Subject<'a>>,
    /// The CAs with records of usage 2 that not all clients will accept.
    forecasts: OnceCell<Result<Vec<(Subject<'a>, Forecast)>, ChainError>>,
    /// The hosts of the owner names that have the form of RFC 6698 section 3 (`_25._tcp.mx.example`), and whether the
    /// port is the SMTP port.
    hosts: Vec<(HostName, bool)>,
}

/// A certificate in a finding, and its file.
#[derive(Clone, Copy)]
struct Subject<'a> {
    link: Link<'a>,
    material: &'a Material,
    /// Whether messages name the file; true if there are several files.
    in_file: bool,
}

impl<'a> Subject<'a> {
    fn certificate(&self) -> &'a Certificate {
        self.link.member.certificate()
    }
}

impl<'a> Scene<'a> {
    fn new(asked: &'a Context<'a>) -> Self {
        let in_file = asked.materials.len() > 1;
        let end_entities = asked.materials.iter().flat_map(|material| {
            let members = material.chain().into_iter().flat_map(|chain| chain.end_entities());
            members.map(move |member| Subject { link: Link { member, depth: Some(0) }, material, in_file })
        });
        let mut known: HashSet<Member> = HashSet::with_capacity(asked.records.len());
        let subject = |Source { material, item }: &Source<'a>| match *item {
            Item::Certificate(link) => Some(Subject { link, material, in_file }),
            Item::Key(_) => None,
        };
        let described = asked.records.iter().filter_map(|record| subject(&record.source));
        let described: Vec<Subject<'a>> =
            described.filter(|subject| known.insert(subject.link.member)).collect();
        let end_entities: Vec<Subject<'a>> = end_entities.collect();
        let (on_path, below) = paths(&end_entities, &described);
        let host = |owner: &Owner| Some((owner.host()?, owner.port() == Some(Port::SMTP)));
        let hosts = asked.owners.iter().filter_map(host).collect();
        Self { asked, end_entities, described, on_path, below, forecasts: OnceCell::new(), hosts }
    }

    /// Returns the CAs with records of usage 2 that not all clients will accept.
    ///
    /// Errors: a file allows too many paths.
    fn forecasts(&self) -> Result<&[(Subject<'a>, Forecast)], &ChainError> {
        self.forecasts.get_or_init(|| forecasts(self.asked, &self.described)).as_deref()
    }

    /// Returns the CAs that a record matches: CAs above an end entity, and CAs in a file without an end entity.
    fn described_cas(&self) -> impl Iterator<Item = &Subject<'a>> {
        self.described.iter().filter(|subject| subject.link.depth != Some(0))
    }

    fn has_usage(&self, wanted: fn(&Params) -> bool) -> bool {
        self.asked.records.iter().any(|record| wanted(&record.tlsa.params()))
    }

    fn on_smtp(&self) -> bool {
        self.asked.owners.iter().any(|owner| owner.port() == Some(Port::SMTP))
    }
}

/// Returns the CAs with records of usage 2 that not all clients will accept, each with the first such forecast.
fn forecasts<'a>(
    asked: &Context<'a>,
    described: &[Subject<'a>],
) -> Result<Vec<(Subject<'a>, Forecast)>, ChainError> {
    let mut found = Vec::new();
    for material in asked.materials {
        let of_cas = asked.records.iter().filter_map(|record| match record.source.item {
            Item::Certificate(link) if record.tlsa.params().usage == Usage::DaneTa => {
                std::ptr::eq(record.source.material, material)
                    .then_some((link.member, Published::from(&record.tlsa)))
            }
            _ => None,
        });
        let (members, records): (Vec<Member<'_>>, Vec<Published>) = of_cas.unzip();
        if members.is_empty() {
            continue;
        }
        let Some(chain) = material.chain().filter(|chain| chain.has_end_entity()) else { continue };
        let forecasts = verify::forecast(chain, &records, asked.now)?;
        for (member, forecast) in members.into_iter().zip(forecasts) {
            let subject = described.iter().find(|subject| subject.link.member == member);
            let is_new = |subject: &&Subject<'_>| {
                !found.iter().any(|(known, _): &(Subject<'_>, _)| known.link.member == subject.link.member)
            };
            // A certificate that is on no path is reported as such.
            let subject = subject.filter(|subject| subject.link.depth.is_some());
            if let Some(subject) = subject.filter(is_new).filter(|_| forecast != Forecast::Accepted) {
                found.push((*subject, forecast));
            }
        }
    }
    Ok(found)
}

/// Returns the fields `on_path` and `below` of a [`Scene`].
fn paths<'a>(
    end_entities: &[Subject<'a>],
    described: &[Subject<'a>],
) -> (Vec<Subject<'a>>, Vec<Subject<'a>>) {
    let is_ca = |subject: &&Subject<'a>| subject.link.depth != Some(0);
    let cas: HashSet<Member> = described.iter().filter(is_ca).map(|subject| subject.link.member).collect();
    let alone = described.iter().filter(|subject| subject.link.depth.is_none()).copied();
    let mut on_path: Vec<Subject<'a>> = alone.collect();
    let mut below = Vec::new();
    let mut known: HashSet<Member> = HashSet::new();
    let mut known_below: HashSet<Member> = HashSet::new();
    let deepest = described.iter().filter(is_ca).filter_map(|subject| subject.link.depth).max();
    for end_entity in end_entities.iter().filter(|_| deepest.is_some()) {
        // A damaged chain is reported elsewhere: as an error when records are generated, and as a finding in `check`.
        let (path, _) = end_entity.link.member.path_up_to_damage(deepest);
        let is_described = |link: &&Link<'_>| cas.contains(&link.member);
        let Some(top) = path.iter().filter(is_described).filter_map(|link| link.depth).max() else {
            continue;
        };
        let steps = path.into_iter().map(|link| Subject { link, ..*end_entity });
        let steps: Vec<Subject<'a>> = steps.filter(|step| step.link.depth <= Some(top)).collect();
        let signed =
            std::iter::once(end_entity).chain(steps.iter().filter(|step| step.link.depth < Some(top)));
        below.extend(signed.filter(|subject| known_below.insert(subject.link.member)));
        on_path.extend(steps.iter().filter(|step| known.insert(step.link.member)));
    }
    (on_path, below)
}

/// Writes the certificate's subject and line, and the file name if there are several files.
impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.link.member.place();
        match place.line {
            Some(line) if self.in_file => {
                write!(f, "{} ({} line {line})", place.subject, file_name(&self.material.file))
            }
            None if self.in_file => write!(f, "{} ({})", place.subject, file_name(&self.material.file)),
            _ => place.fmt(f),
        }
    }
}
