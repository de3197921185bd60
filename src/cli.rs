//! The command line: clap structs, values parsed at the door, help text; no decisions.

use std::ffi::OsString;
use std::fmt;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::owner::{Endpoint, NameError, Origin, Port, Transport};
use crate::render::Format;
use crate::tlsa::{Params, ParamsError};
use crate::x509::printable;

pub use clap_complete::Shell;

/// One example and what it is for on each line.
pub const EXAMPLES: &str =
    "  tlsagen fullchain.pem mx.example                      the record most servers want (3 1 1)
  tlsagen fullchain.pem mx.example 3 1 1 2 1 1          also one for each CA of the chain
  tlsagen fullchain.pem mx.example >> db.example        append to the zone file
  tlsagen fullchain.pem mx.example -f nsupdate | nsupdate -k ddns.key
  tlsagen fullchain.pem mx.example --next next.key      with the next key, before it is deployed
  tlsagen fullchain.pem a.example,b.example -p 25,587   for two hosts and two ports
  tlsagen chain fullchain.pem mx.example                every record of every certificate";

/// What every user should know, a line each.
pub const NOTES: &str = "\
HOST is the MX host, not the mail domain. Usage 3 hashes the server's own certificate or key, usage 2 the CAs above it.
Records go to standard output, everything else to standard error.";

/// The exit statuses.
pub const EXIT_STATUS: &str = "0 done; 2 wrong call or input, and then no record is printed.";

const TEMPLATE: &str = "{about-with-newline}\n{usage-heading} {usage}\n\n{before-help}{all-args}";

const USAGE: &str = "tlsagen [OPTIONS] <CHAIN> <HOST>[:PORT][,...] [USAGE SELECTOR MTYPE]...
       tlsagen chain [OPTIONS] <CHAIN> <HOST>[:PORT][,...]
       tlsagen completions <SHELL>
       tlsagen man";

/// Prints the DANE TLSA records of a certificate chain, all of them right or none.
#[derive(Parser)]
#[command(
    name = "tlsagen", version, before_help = format!("Examples:\n{EXAMPLES}\n\n{NOTES}\n\nExit status: {EXIT_STATUS}"), help_template = TEMPLATE, override_usage = USAGE,
    args_conflicts_with_subcommands = true, subcommand_negates_reqs = true,
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Every record of every certificate: usage 3 for end entities, 2 for CAs
    #[command(help_template = TEMPLATE, before_help = "Example:\n  tlsagen chain fullchain.pem mx.example\n\nx 0 1, x 1 1, x 0 2, x 1 2 under a comment for each certificate, in path order. Choose which to publish.")]
    Chain(Box<ChainArgs>),
    /// Completions for a shell, for its completion directory
    Completions {
        /// The shell
        shell: Shell,
    },
    /// The manual page, for man(1)
    Man,
}

/// The subcommands of this and the coming versions: no file of such a name is taken by accident.
const SUBCOMMANDS: [&str; 6] = ["chain", "check", "diff", "probe", "completions", "man"];

#[derive(Args)]
struct RecordArgs {
    #[command(flatten)]
    chain: ChainArgs,
    /// Numbers or names, one triple or several [default: 3 1 1]
    #[arg(value_name = "USAGE SELECTOR MTYPE")]
    params: Vec<String>,
}

#[derive(Args)]
struct ChainArgs {
    /// PEM or DER file: certificates, or else a CSR or key; - for standard input
    chain: String,
    /// The server's name, or a full owner name (_25._tcp.mx.example)
    #[arg(value_name = "HOST[:PORT][,...]")]
    hosts: String,
    /// Ports of hosts without one, such as 25,465,587 [default: 25]
    #[arg(short, long, value_name = "PORT,...", value_delimiter = ',')]
    port: Option<Vec<String>>,
    /// Transport [default: tcp]
    #[arg(long, value_parser = ["tcp", "udp", "sctp"])]
    transport: Option<String>,
    /// TTL of the records, such as 3600
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    ttl: Option<u32>,
    /// Write owners below this name relative to it: the $ORIGIN in force where the output goes
    #[arg(long, value_name = "NAME")]
    origin: Option<String>,
    /// Output: zone lines, record data alone, RFC 3597 lines, JSON, or nsupdate's commands to add
    #[arg(short, long, default_value = "zone", value_parser = Format::NAMES.map(|(name, _)| name))]
    format: String,
    /// Add comment lines about each certificate
    #[arg(long)]
    comments: bool,
    /// One certificate of the path: 0 the end entity, 1 its issuer
    #[arg(long, value_name = "N", value_parser = depth, allow_negative_numbers = true)]
    depth: Option<usize>,
    /// Certificate, CSR or key that comes next: its records are printed too (repeatable)
    #[arg(long, value_name = "FILE")]
    next: Vec<String>,
    /// Judge dates as of this time, such as 2026-11-23T12:00:00Z
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Take warnings for errors
    #[arg(long)]
    strict: bool,
    /// No warnings and hints
    #[arg(short, long)]
    quiet: bool,
}

/// What is asked for.
#[derive(Debug)]
pub enum Invocation {
    /// The records of the asked-for parameters.
    Records(Request, Vec<Params>),
    /// Every record of every certificate.
    Chain(Request),
    /// Completions for a shell.
    Completions(Shell),
    /// The manual page.
    Man,
    /// Help or version, as text.
    Show(String),
}

/// The options of record output, as values.
#[derive(Debug)]
pub struct Request {
    /// The chain, `-` for standard input.
    pub chain: String,
    /// Further files whose records join the set.
    pub next: Vec<String>,
    /// Whom the records are for.
    pub endpoints: Vec<Endpoint>,
    /// Ports for endpoints without one.
    pub ports: Vec<Port>,
    /// The transport.
    pub transport: Transport,
    /// The TTL in seconds.
    pub ttl: Option<u32>,
    /// The origin for relative owners.
    pub origin: Option<Origin>,
    /// The shape of the output.
    pub format: Format,
    /// Comment lines.
    pub comments: bool,
    /// One certificate of the path.
    pub depth: Option<usize>,
    /// The clock.
    pub now: OffsetDateTime,
    /// Warnings are errors.
    pub strict: bool,
    /// Errors only.
    pub quiet: bool,
}

/// The invocation that `args` spell, the program's name first.
///
/// Errors: a wrong call, with a hint.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Invocation, UsageError> {
    let mut matches = match command().try_get_matches_from(args) {
        Ok(matches) => matches,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            return Ok(Invocation::Show(error.to_string()));
        }
        Err(error) => return Err(UsageError::from_clap(&error)),
    };
    let wrong_call = |error| UsageError::from_clap(&error);
    match Cli::from_arg_matches_mut(&mut matches).map_err(wrong_call)?.command {
        Some(Command::Chain(args)) => Ok(Invocation::Chain(args.request()?)),
        Some(Command::Completions { shell }) => Ok(Invocation::Completions(shell)),
        Some(Command::Man) => Ok(Invocation::Man),
        None => {
            let args = RecordArgs::from_arg_matches_mut(&mut matches).map_err(wrong_call)?;
            let request = args.chain.request()?;
            let params = match args.params.as_slice() {
                [] => vec![Params::DEFAULT],
                words => Params::parse_all(words)?,
            };
            Ok(Invocation::Records(request, params))
        }
    }
}

/// The whole command, for completions and the manual page: the subcommands, and the arguments without one.
pub fn command() -> clap::Command {
    RecordArgs::augment_args(Cli::command())
}

impl ChainArgs {
    fn request(self) -> Result<Request, UsageError> {
        if self.chain.is_empty() {
            return Err(UsageError::new(
                "the name of CHAIN is empty".to_owned(),
                "is a shell variable not set?",
            ));
        }
        if SUBCOMMANDS.contains(&self.chain.as_str()) {
            return Err(UsageError::misplaced(&self.chain));
        }
        let stdin = self.next.iter().chain([&self.chain]).filter(|file| *file == "-").count();
        if stdin > 1 {
            return Err(UsageError::new(
                "standard input (-) can be read once only".to_owned(),
                "give files instead",
            ));
        }
        let at = |text: String| match OffsetDateTime::parse(&text, &Rfc3339) {
            Ok(time) => Ok(time),
            Err(_) => Err(UsageError::new(
                format!("--at '{}' is no time of RFC 3339", printable(&text)),
                "as in --at 2026-11-23T12:00:00Z",
            )),
        };
        let endpoints = Endpoint::parse_list(&self.hosts)?;
        let takes_transport = |endpoint: &Endpoint| matches!(endpoint, Endpoint::Server { .. });
        let takes_port = |endpoint: &Endpoint| matches!(endpoint, Endpoint::Server { port: None, .. });
        if self.port.is_some() && !endpoints.iter().any(takes_port) {
            return Err(UsageError::new(
                "--port has no effect: each HOST has a port of its own".to_owned(),
                "leave one of the two away",
            ));
        }
        if self.transport.is_some() && !endpoints.iter().any(takes_transport) {
            return Err(UsageError::new(
                "--transport has no effect: each HOST is a full owner name".to_owned(),
                "leave it away, or give the host alone",
            ));
        }
        let ports = self.port.as_deref().map_or(Ok(vec![Port::SMTP]), |ports| {
            ports.iter().map(|port| port.parse()).collect::<Result<_, NameError>>()
        })?;
        let format =
            |text: String| text.parse().map_err(|error| UsageError::new(format!("{error}"), SEE_HELP));
        Ok(Request {
            endpoints,
            ports,
            transport: self.transport.map_or(Ok(Transport::Tcp), |transport| transport.parse())?,
            ttl: self.ttl,
            origin: self.origin.map(|origin| origin.parse()).transpose()?,
            format: format(self.format)?,
            comments: self.comments,
            depth: self.depth,
            now: self.at.map(at).transpose()?.unwrap_or_else(OffsetDateTime::now_utc),
            strict: self.strict,
            quiet: self.quiet,
            chain: self.chain,
            next: self.next,
        })
    }
}

/// A TTL (RFC 2181 section 8).
fn seconds(text: &str) -> Result<u32, &'static str> {
    let seconds = text.parse().ok().filter(|seconds| *seconds <= 2_147_483_647);
    seconds.ok_or("seconds from 0 to 2147483647, such as 3600")
}

fn depth(text: &str) -> Result<usize, &'static str> {
    text.parse().map_err(|_| "0 is the end entity, 1 its issuer")
}

const SEE_HELP: &str = "see `tlsagen --help`";

/// A wrong call: one line, and a hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageError {
    code: Option<&'static str>,
    message: String,
    hint: String,
}

impl UsageError {
    fn new(message: String, hint: &str) -> Self {
        Self { code: None, message, hint: hint.to_owned() }
    }

    fn misplaced(subcommand: &str) -> Self {
        Self::new(
            format!("the file name '{subcommand}' is that of a subcommand"),
            &format!("options follow the subcommand; `./{subcommand}` for a file"),
        )
    }

    /// The stable code of the diagnostic, if it has one.
    pub fn code(&self) -> Option<&'static str> {
        self.code
    }

    /// What to do about it.
    pub fn hint(&self) -> &str {
        &self.hint
    }

    /// clap's several paragraphs as a line and a hint.
    fn from_clap(error: &clap::Error) -> Self {
        let context = |kind| match error.get(kind) {
            Some(ContextValue::String(text)) => Some(text.clone()),
            _ => None,
        };
        let argument = context(ContextKind::InvalidArg);
        if error.kind() == ErrorKind::UnknownArgument
            && error.to_string().contains("Usage: tlsagen chain")
            && let Some(argument) = argument.filter(|argument| !argument.starts_with('-'))
        {
            return Self::new(
                format!("unexpected argument '{}'", printable(&argument)),
                "chain prints every record and takes no parameters; several hosts are one word: a.example,b.example",
            );
        }
        let subcommand = context(ContextKind::InvalidSubcommand);
        if error.kind() == ErrorKind::ArgumentConflict
            && let Some(subcommand) = subcommand
        {
            return Self::misplaced(&subcommand);
        }
        let text = error.to_string();
        let mut lines = text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:"));
        let mut first = lines.next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let mut tips = Vec::new();
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with("For more information")) {
            match line.strip_prefix("tip: ") {
                // No value of ours starts with a dash.
                Some(tip) if tip.starts_with("to pass") => {}
                Some(tip) => tips.push(tip),
                None if first.ends_with(':') || line.starts_with('[') => {
                    first.push(' ');
                    first.push_str(line);
                }
                None => {
                    first.push_str(", ");
                    first.push_str(line);
                }
            }
        }
        let hint = if tips.is_empty() { SEE_HELP.to_owned() } else { tips.join("; ") };
        Self { code: None, message: printable(&first), hint: printable(&hint) }
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for UsageError {}

impl From<NameError> for UsageError {
    fn from(error: NameError) -> Self {
        let hint = error.hint().unwrap_or(SEE_HELP).to_owned();
        Self { code: error.code(), message: error.to_string(), hint }
    }
}

impl From<ParamsError> for UsageError {
    fn from(error: ParamsError) -> Self {
        Self::new(
            error.to_string(),
            "parameters follow HOST, as in `tlsagen fullchain.pem mx.example 3 1 1`; several hosts are one word: a.example,b.example",
        )
    }
}
