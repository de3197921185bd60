//! One function per subcommand: read, compute, write.

mod check;
#[cfg(feature = "live")]
mod probe;
mod source;

use std::ffi::OsString;

use anyhow::Context as _;
use zeroize::Zeroizing;

use crate::advice::{self, Finding, Severity};
use crate::cli::{self, Common, Invocation, Request, UsageError};
use crate::files::{self, FileError};
use crate::generate::{self, GenerateError, Material, Record};
use crate::input::InputError;
use crate::man;
use crate::owner::{NameError, Owner};
use crate::records::RecordsError;
use crate::render::{self, Palette, Style};
use crate::text;
use crate::text::printable;
use crate::tlsa::Params;

/// What a run leaves: data for standard output, talk for standard error, and the exit status.
#[derive(Debug, Default)]
struct Outcome {
    data: Vec<u8>,
    talk: Vec<String>,
    status: u8,
}

/// Exit status of a wrong call or input.
const TROUBLE: u8 = 2;

/// Runs the program with `args`, its name first, and gives the exit status: 0 done, 2 trouble.
///
/// Everything is computed before the first octet is written: on any error standard output stays empty. `probe` alone
/// prints each host as soon as it is known, after all that can be wrong with the call and its input.
///
/// `may_colour`: whether text for a terminal may have colours there.
pub fn run(args: impl IntoIterator<Item = OsString>, may_colour: bool) -> u8 {
    let palette = if may_colour && files::stdout_is_terminal() { Palette::Colour } else { Palette::Plain };
    let outcome = cli::parse(args).map_err(anyhow::Error::from);
    let outcome = outcome.and_then(|invocation| self::outcome(invocation, palette));
    let mut outcome = outcome.unwrap_or_else(|error| failure(&error));
    if let Err(error) = files::write_stdout(&outcome.data) {
        let failed = failure(&error.into());
        outcome.talk.extend(failed.talk);
        outcome.status = failed.status;
    }
    let talk: String = outcome.talk.iter().map(|line| format!("tlsagen: {}\n", printable(line))).collect();
    if !talk.is_empty() {
        files::write_stderr(&talk);
    }
    outcome.status
}

fn outcome(invocation: Invocation, palette: Palette) -> anyhow::Result<Outcome> {
    match invocation {
        Invocation::Records(request, params) => records(&request, &params),
        Invocation::Chain(request) => chain(&request),
        Invocation::Check(request) => check::check(&request, palette),
        Invocation::Diff(request) => check::diff(&request),
        #[cfg(feature = "live")]
        Invocation::Probe(request) => probe::probe(&request, palette),
        Invocation::Completions(shell) => Ok(shown(cli::completions(shell))),
        Invocation::Man => Ok(shown(man::page())),
        Invocation::Show(text) => Ok(shown(text)),
    }
}

fn shown(text: String) -> Outcome {
    Outcome { data: text.into_bytes(), ..Outcome::default() }
}

fn records(request: &Request, params: &[Params]) -> anyhow::Result<Outcome> {
    let materials = materials(&request.common)?;
    let records = generate::records(&materials, params, request.depth)?;
    let style = Style { groups: false, ..style(request) };
    print(request, params, &materials, &records, &style)
}

fn chain(request: &Request) -> anyhow::Result<Outcome> {
    let materials = materials(&request.common)?;
    let records = generate::chain_records(&materials, request.depth)?;
    // Record data alone is for programs; the other shapes take comments.
    let comments = request.comments || request.format != render::Format::Rdata;
    let style = Style { groups: comments, comments, ..style(request) };
    print(request, &[], &materials, &records, &style)
}

fn materials(common: &Common) -> anyhow::Result<Vec<Material>> {
    let files = std::iter::once(&common.chain).chain(&common.next);
    let material =
        |file: &String| Material::read(file.clone(), &read(file)?).with_context(|| text::file_name(file));
    files.map(material).collect()
}

fn read(file: &str) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    files::read(file).with_context(|| text::file_name(file))
}

fn style(request: &Request) -> Style {
    Style {
        format: request.format,
        ttl: request.ttl,
        origin: request.common.origin.clone(),
        comments: request.comments,
        groups: false,
    }
}

fn print(
    request: &Request,
    params: &[Params],
    materials: &[Material],
    records: &[Record<'_>],
    style: &Style,
) -> anyhow::Result<Outcome> {
    let owners = owners(&request.common)?;
    let context = advice::Context {
        materials,
        records,
        params,
        endpoints: &request.common.endpoints,
        owners: &owners,
        ttl: request.ttl,
        now: request.common.now,
    };
    let mut findings = advice::findings(&context);
    if request.strict {
        for finding in findings.iter_mut().filter(|finding| finding.severity == Severity::Warning) {
            finding.severity = Severity::Error;
        }
    }
    let refused = findings.iter().any(|finding| finding.severity == Severity::Error);
    let talk = findings_as_talk(&findings, request.common.quiet, None).collect();
    if refused {
        return Ok(Outcome { talk, status: TROUBLE, ..Outcome::default() });
    }
    let data = render::render(&owners, records, &findings, style).into_bytes();
    Ok(Outcome { data, talk, status: 0 })
}

/// Findings as lines, with what they are about if that is not clear; only errors if it is to be `quiet`.
fn findings_as_talk<'a>(
    findings: &'a [Finding],
    quiet: bool,
    about: Option<String>,
) -> impl Iterator<Item = String> + use<'a> {
    let shown = findings.iter().filter(move |finding| !quiet || finding.severity == Severity::Error);
    shown.map(move |finding| match &about {
        Some(about) => format!("{}[{}]: {about}: {}", finding.severity, finding.code, finding.message),
        None => finding.to_string(),
    })
}

/// The owners in the order of hosts and ports, each once.
fn owners(request: &Common) -> Result<Vec<Owner>, NameError> {
    let mut owners: Vec<Owner> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for endpoint in &request.endpoints {
        owners.extend(endpoint.owners(&request.ports, request.transport)?);
    }
    owners.retain(|owner| seen.insert(owner.clone()));
    Ok(owners)
}

/// The error in one line, and its hint in another.
fn failure(error: &anyhow::Error) -> Outcome {
    let usage = error.downcast_ref::<UsageError>().and_then(UsageError::code);
    let code = usage.or_else(|| error.downcast_ref::<GenerateError>()?.problem.code());
    let code = code.map(|code| format!("[{code}]")).unwrap_or_default();
    let mut talk = vec![format!("error{code}: {error:#}")];
    talk.extend(hint(error).map(|hint| format!("hint: {hint}")));
    Outcome { data: Vec::new(), talk, status: TROUBLE }
}

fn hint(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| {
        None.or_else(|| cause.downcast_ref::<UsageError>().map(|error| error.hint().to_owned()))
            .or_else(|| cause.downcast_ref::<RecordsError>().map(|error| error.problem.hint().to_owned()))
            .or_else(|| cause.downcast_ref::<CertificateNeeded>().map(CertificateNeeded::hint))
            .or_else(|| cause.downcast_ref::<check::Unusable>().map(|_| check::Unusable::HINT.to_owned()))
            .or_else(|| cause.downcast_ref::<InputError>()?.hint().map(str::to_owned))
            .or_else(|| cause.downcast_ref::<FileError>()?.hint().map(str::to_owned))
            .or_else(|| cause.downcast_ref::<NameError>()?.hint().map(str::to_owned))
            .or_else(|| cause.downcast_ref::<GenerateError>()?.problem.hint())
    })
}

/// A file without the certificates that a question is about.
#[derive(Debug)]
struct CertificateNeeded {
    file: String,
    of: &'static str,
}

impl CertificateNeeded {
    fn hint(&self) -> String {
        match self.of {
            "a server" => "give the chain that the server sends, such as fullchain.pem".to_owned(),
            _ => "give the CAs that clients trust, such as ca-certificates.crt".to_owned(),
        }
    }
}

impl std::fmt::Display for CertificateNeeded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: no certificate of {} in it", text::file_name(&self.file), self.of)
    }
}

impl std::error::Error for CertificateNeeded {}
