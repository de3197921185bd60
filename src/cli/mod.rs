//! The command line: definition, help text and parsing of arguments, without program logic.

mod args;
mod batch;
mod command;
mod completions;
mod error;
#[cfg(feature = "live")]
mod live;
mod mistakes;
pub mod notes;
mod paths;
mod plain;
mod refused;
#[cfg(feature = "live")]
mod rollover;
mod values;

use std::ffi::OsString;
use std::str::FromStr;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Subcommand};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::diff::Half;
use crate::owner::{Endpoint, HostName, NameError, Origin, Port, Transport};
use crate::render::{ChangesFormat, Format, ReportFormat};
use crate::text::Shown;
use crate::tlsa::Params;

use args::{
    ChainArgs, CheckArgs, CommonArgs, DiffArgs, OutputArgs, OwnerArgs, PublishedArgs, RecordArgs, RunArgs,
};
pub use batch::BatchRequest;
pub use clap_complete::Shell;
pub use command::Invocation;
use command::{Cli, Command};
pub use completions::completions;
pub use error::{UsageError, asks_for_nagios};
#[cfg(feature = "live")]
pub use live::{LookupRequest, NameServers, ProbeRequest, Target};
pub use mistakes::mistake;
use paths::{Place, are_hosts, are_paths, stdin_once};
#[cfg(feature = "live")]
pub use rollover::RolloverRequest;

/// Whether `name` is a subcommand in any build. A file with such a name must be given as a path, such as `./check`.
fn is_subcommand(name: &str) -> bool {
    Command::has_subcommand(name) || LIVE.contains(&name)
}

/// The subcommands that need the feature `live`.
const LIVE: [&str; 3] = ["probe", "rollover", "hook"];

/// Returns the error for a subcommand that this build does not have.
fn absent(name: &str) -> Option<UsageError> {
    (cfg!(not(feature = "live")) && LIVE.contains(&name)).then(|| UsageError::without_live(name))
}

/// The arguments that are common to all subcommands that read a chain.
#[derive(Debug)]
pub struct Common {
    /// The file of the chain, `-` for standard input.
    pub chain: String,
    /// The files of `--next`.
    pub next: Vec<String>,
    /// The hosts or owner names.
    pub endpoints: Vec<Endpoint>,
    /// Ports for endpoints without a port.
    pub ports: Vec<Port>,
    /// The transport.
    pub transport: Transport,
    /// The origin for relative owners.
    pub origin: Option<Origin>,
    /// The time of `--at`, otherwise the current time.
    pub now: OffsetDateTime,
    /// Whether to print errors only.
    pub quiet: bool,
}

/// The arguments of record output.
#[derive(Debug)]
pub struct Request {
    /// The common arguments: the chain, its owners and others.
    pub common: Common,
    /// The TTL in seconds.
    pub ttl: Option<u32>,
    /// The output format.
    pub format: Format,
    /// Whether to print comment lines.
    pub comments: bool,
    /// The depth of the only certificate to use; `None` for all.
    pub depth: Option<usize>,
    /// Whether warnings are errors.
    pub strict: bool,
    /// Whether to write a JSON object on one line.
    pub single_line: bool,
}

/// The arguments of `check`.
#[derive(Debug)]
pub struct CheckRequest {
    /// The common arguments: the chain, its owners and others.
    pub common: Common,
    /// The source of the published records.
    pub records: Records,
    /// Whether one usable record for each end entity is enough.
    pub any: bool,
    /// The trust store for usages 0 and 1.
    pub ca_file: Option<String>,
    /// Additional reference names (RFC 7672 section 3.2.2).
    pub nexthops: Vec<HostName>,
    /// The output format.
    pub format: ReportFormat,
}

/// The source of published records.
#[derive(Debug)]
pub enum Records {
    /// A file, `-` for standard input.
    File(String),
    /// The DNS.
    #[cfg(feature = "live")]
    Dns(LookupRequest),
}

/// The arguments of `diff`.
#[derive(Debug)]
pub struct DiffRequest {
    /// The common arguments: the chain, its owners and others.
    pub common: Common,
    /// The requested triples: usage, selector and matching type.
    pub params: Vec<Params>,
    /// The source of the published records.
    pub records: Records,
    /// The changes to print, additions or removals; `None` for all changes.
    pub only: Option<Half>,
    /// The TTL of added records in seconds.
    pub ttl: Option<u32>,
    /// The output format.
    pub format: ChangesFormat,
    /// The depth of the only certificate to use; `None` for all.
    pub depth: Option<usize>,
}

/// Parses `args`, which start with the program's name.
///
/// Errors: a usage error, with a hint.
pub fn parse(args: &[OsString]) -> Result<Invocation, UsageError> {
    if let Some(plain) = plain::plain(args) {
        return plain.invocation();
    }
    let wrong_call = |error| refused::refused(error, args);
    // Most command lines print records. Building the subcommands takes longer than parsing such a command line, so try
    // to parse it without subcommands first.
    let first = args.get(1).and_then(|first| first.to_str()).unwrap_or_default();
    if let Some(error) = absent(first) {
        return Err(error);
    }
    if !is_subcommand(first)
        && let Ok(mut matches) =
            RecordArgs::augment_args(clap::Command::new("tlsagen")).try_get_matches_from(args)
    {
        return RecordArgs::from_arg_matches_mut(&mut matches).map_err(wrong_call)?.invocation();
    }
    let mut matches = match command().try_get_matches_from(args) {
        Ok(matches) => matches,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            // `tlsagen chekc --help` asks for help on a subcommand, although CHAIN may have any name.
            let is_slip = !is_subcommand(first) && !first.starts_with('-') && !first.contains(['.', '/']);
            return match mistakes::topic(first).filter(|_| is_slip) {
                Some(_) => help(Some(first)),
                None => Ok(Invocation::Show(error.to_string())),
            };
        }
        Err(error) => return Err(wrong_call(error)),
    };
    match Cli::from_arg_matches_mut(&mut matches).map_err(wrong_call)?.command {
        Some(command) => command.invocation(),
        None => RecordArgs::from_arg_matches_mut(&mut matches).map_err(wrong_call)?.invocation(),
    }
}

/// Returns the help of the program, a subcommand or a topic.
///
/// Errors: an unknown topic.
fn help(topic: Option<&str>) -> Result<Invocation, UsageError> {
    let mut command = command();
    command.build();
    let Some(topic) = topic else { return Ok(Invocation::Show(command.render_help().to_string())) };
    if let Some(error) = absent(topic) {
        return Err(error);
    }
    if let Some(subcommand) = command.find_subcommand_mut(topic) {
        return Ok(Invocation::Show(subcommand.render_help().to_string()));
    }
    if let Some(text) = notes::topic(topic) {
        return Ok(Invocation::Show(text));
    }
    let hint = match mistakes::topic(topic).as_deref() {
        Some("") => "did you mean `tlsagen help`?".to_owned(),
        Some(meant) => format!("did you mean `tlsagen help {meant}`?"),
        None => {
            let subcommands = command.get_subcommands().map(clap::Command::get_name);
            format!("topics: {}", subcommands.chain(notes::TOPICS).collect::<Vec<_>>().join(", "))
        }
    };
    Err(UsageError::new(format!("no help on {}", Shown::word(topic).at("this word")), &hint))
}

/// Returns the complete clap command: the subcommands and the arguments of record output.
pub fn command() -> clap::Command {
    RecordArgs::augment_args(Cli::command())
}

impl RecordArgs {
    fn invocation(self) -> Result<Invocation, UsageError> {
        Ok(Invocation::Records(self.chain.request()?, params(&self.params)?))
    }
}

impl Request {
    fn new(common: Common, output: &OutputArgs) -> Self {
        let OutputArgs { ttl, format, comments, depth, strict } = *output;
        Self { common, ttl, format, comments, depth, strict, single_line: false }
    }
}

impl ChainArgs {
    fn request(self) -> Result<Request, UsageError> {
        self.output.check(self.common.owner.origin.as_deref())?;
        Ok(Request::new(self.common.values(&[])?, &self.output))
    }
}

impl CheckArgs {
    fn request(self) -> Result<CheckRequest, UsageError> {
        let nexthops =
            self.nexthop.iter().map(|name| parsed(name, "--nexthop")).collect::<Result<_, NameError>>()?;
        Ok(CheckRequest {
            common: self
                .common
                .values(&[&self.published.files()[..], &[("--ca-file", self.ca_file.as_ref())]].concat())?,
            records: self.published.records()?,
            any: self.any,
            ca_file: self.ca_file,
            nexthops,
            format: self.format,
        })
    }
}

impl DiffArgs {
    fn request(self) -> Result<DiffRequest, UsageError> {
        Ok(DiffRequest {
            common: self.common.values(&self.published.files())?,
            params: params(&self.params)?,
            records: self.published.records()?,
            only: self.only,
            ttl: self.ttl,
            format: self.format,
            depth: self.depth,
        })
    }
}

impl PublishedArgs {
    fn files(&self) -> [Place<'_>; 2] {
        #[cfg(feature = "live")]
        let trust_anchor = self.lookup.trust_anchor.as_ref();
        #[cfg(not(feature = "live"))]
        let trust_anchor = None;
        [("--records", self.records.as_ref()), ("--trust-anchor", trust_anchor)]
    }

    /// Returns the source of the published records: the file of `--records`, or the DNS.
    fn records(self) -> Result<Records, UsageError> {
        match self.records {
            Some(file) => Ok(Records::File(file)),
            #[cfg(feature = "live")]
            None => Ok(Records::Dns(self.lookup.request()?)),
            // In this build, clap requires `--records`.
            #[cfg(not(feature = "live"))]
            None => Ok(Records::File(String::new())),
        }
    }
}

/// Returns the time of `--at`, otherwise the current time.
fn clock(at: Option<String>) -> Result<OffsetDateTime, UsageError> {
    let Some(text) = at else { return Ok(OffsetDateTime::now_utc()) };
    OffsetDateTime::parse(&text, &Rfc3339).map_err(|_| {
        let given = Shown::time(&text).at("its value");
        let message = format!("--at: {given} is not an RFC 3339 time");
        UsageError::new(message, "example: --at 2026-11-23T12:00:00Z")
    })
}

fn params(words: &[impl AsRef<str>]) -> Result<Vec<Params>, UsageError> {
    if words.is_empty() {
        return Ok(vec![Params::DEFAULT]);
    }
    let params = Params::parse_all(words).or_else(|_| Params::parse_all(&mistakes::apart(words)))?;
    match params.is_empty() {
        // Without a record, `diff` would remove all published records.
        true => Err(UsageError::new(
            "the parameters after HOST are empty".to_owned(),
            "check for an unset shell variable; without parameters, the record is `3 1 1`",
        )),
        false => Ok(params),
    }
}

/// Parses the value of an option.
///
/// Errors: an invalid value. The message quotes the value unless the value may be a secret.
fn parsed<T: FromStr<Err = NameError>>(text: &str, option: &str) -> Result<T, NameError> {
    text.parse().map_err(|error: NameError| error.at(format!("the value of {option}")))
}

/// Checks the files, and parses the hosts. `others` are the other arguments that take file names.
fn endpoints(
    chain: &str,
    hosts: &str,
    next: &[String],
    others: &[Place<'_>],
) -> Result<Vec<Endpoint>, UsageError> {
    if is_subcommand(chain) {
        return Err(UsageError::misplaced(chain));
    }
    let chain = chain.to_owned();
    are_paths(&[("CHAIN", Some(&chain))])?;
    are_paths(&next.iter().map(|file| ("--next", Some(file))).collect::<Vec<_>>())?;
    are_paths(others)?;
    let others = others.iter().filter_map(|(_, file)| *file);
    stdin_once(next.iter().chain([&chain]).chain(others))?;
    are_hosts(hosts)?;
    Ok(Endpoint::parse_list(hosts)?)
}

/// The values of the options that several calls can share.
#[derive(Debug, Clone)]
struct Shared {
    ports: Vec<Port>,
    transport: Transport,
    origin: Option<Origin>,
    now: OffsetDateTime,
    quiet: bool,
}

impl Shared {
    fn new(owner: OwnerArgs, run: RunArgs) -> Result<Self, UsageError> {
        let ports = owner.port.as_deref().map_or(Ok(vec![Port::SMTP]), |ports| {
            ports
                .iter()
                .map(|port| parsed(port.trim_matches(' '), "--port"))
                .collect::<Result<_, NameError>>()
        })?;
        Ok(Self {
            ports,
            transport: owner.transport.unwrap_or(Transport::Tcp),
            origin: owner.origin.map(|origin| parsed(&origin, "--origin")).transpose()?,
            now: clock(run.at)?,
            quiet: run.quiet,
        })
    }

    fn common(self, chain: String, next: Vec<String>, endpoints: Vec<Endpoint>) -> Common {
        let Self { ports, transport, origin, now, quiet } = self;
        Common { chain, next, endpoints, ports, transport, origin, now, quiet }
    }
}

impl CommonArgs {
    /// Checks and converts the common arguments. `others` are the other arguments that take file names.
    fn values(self, others: &[Place<'_>]) -> Result<Common, UsageError> {
        let wrong = |message: &str, hint| Err(UsageError::new(message.to_owned(), hint));
        let endpoints = endpoints(&self.chain, &self.hosts, &self.next, others)?;
        let takes_transport = |endpoint: &Endpoint| matches!(endpoint, Endpoint::Server { .. });
        let takes_port = |endpoint: &Endpoint| matches!(endpoint, Endpoint::Server { port: None, .. });
        if self.owner.port.is_some() && !endpoints.iter().any(takes_port) {
            return wrong("--port has no effect: each HOST has a port of its own", "use one or the other");
        }
        if self.owner.transport.is_some() && !endpoints.iter().any(takes_transport) {
            return wrong(
                "--transport has no effect: each HOST is a full owner name",
                "remove --transport, or give the host name only",
            );
        }
        Ok(Shared::new(self.owner, self.run)?.common(self.chain, self.next, endpoints))
    }
}
