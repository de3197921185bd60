//! The clap structs, one per subcommand, with their help.

use clap::{Args, Parser, Subcommand};

use super::Shell;
use super::notes::{EXAMPLES, EXIT_STATUS, NOTES};
use crate::diff::Half;
#[cfg(feature = "live")]
use crate::live::starttls::Protocol;
use crate::owner::Transport;
use crate::render::{ChangesFormat, Format, ReportFormat};

const TEMPLATE: &str = "{about-with-newline}\n{usage-heading} {usage}\n\n{before-help}{all-args}";

macro_rules! usage {
    ($probe:literal) => {
        concat!(
            "tlsagen [OPTIONS] <CHAIN> <HOST>[:PORT][,...] [USAGE SELECTOR MTYPE]...\n       tlsagen chain [OPTIONS] <CHAIN> <HOST>[:PORT][,...]\n       tlsagen check [OPTIONS] <CHAIN> <HOST>[:PORT][,...] [--records <FILE|->]\n       tlsagen diff [OPTIONS] <CHAIN> <HOST>[:PORT][,...] [USAGE SELECTOR MTYPE]... [--records <FILE|->]",
            $probe,
            "\n       tlsagen completions <SHELL>\n       tlsagen man\n       tlsagen help [<SUBCOMMAND>|diagnostics|hooks|json]"
        )
    };
}

/// The whole synopsis; builds without the feature `live` have no `probe`.
const USAGE: &str = if cfg!(feature = "live") { WITH_PROBE } else { WITHOUT_PROBE };

const WITHOUT_PROBE: &str = usage!("");
const WITH_PROBE: &str = usage!("\n       tlsagen probe [OPTIONS] <HOST>[:PORT] | --mx <DOMAIN>");

const CHAIN_HELP: &str = "Example:
  tlsagen chain fullchain.pem mx.example

x 0 1, x 1 1, x 0 2, x 1 2 under a comment for each certificate, in path order. Choose which to publish.";

const CHECK_HELP: &str = "Examples:
  tlsagen check fullchain.pem mx.example
  dig +short TLSA _25._tcp.mx.example | tlsagen check fullchain.pem mx.example --records -
  tlsagen check new/fullchain.pem mx.example --records db.example --origin example

Every triple of the published records must describe every end entity of the chain (RFC 7671 section 8).

Exit status: 0 covered; 1 not, or not in all; 2 wrong call or input; 3 no record, or it cannot be decided.";

const DIFF_HELP: &str = "Examples:
  tlsagen diff fullchain.pem mx.example --records db.example --origin example
  tlsagen diff fullchain.pem mx.example --next next.key --records db.example -f nsupdate --only add

Exit status: 0 nothing to do; 1 there is; 2 wrong call or input.";

#[cfg(feature = "live")]
const PROBE_USAGE: &str = "tlsagen probe [OPTIONS] <HOST>[:PORT]
       tlsagen probe [OPTIONS] --mx <DOMAIN>";

#[cfg(feature = "live")]
const PROBE_HELP: &str = "Examples:
  tlsagen probe mx.example
  tlsagen probe --mx example.com
  tlsagen probe imap.example:993

A line for each address and kind of key, then one for all: pass, fail or unknown.

Hosts and addresses are visited side by side. --timeout limits each lookup and each connection;
--deadline limits the whole call: what is not visited by then is unknown, and the rest is printed.

Exit status: 0 all pass; 1 a server does not match its secure records; 2 wrong call or input;
3 it cannot be told: unsigned, forged or no records, or a server that cannot be reached.";

/// Prints the DANE TLSA records of a certificate chain, all of them right or none.
#[derive(Parser)]
#[command(
    name = "tlsagen", version, help_template = TEMPLATE, override_usage = USAGE,
    before_help = format!("Examples:\n{EXAMPLES}\n\n{NOTES}\n\nExit status: {EXIT_STATUS}"),
    args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, disable_help_subcommand = true,
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Every record of every certificate: usage 3 for end entities, 2 for CAs
    #[command(help_template = TEMPLATE, before_help = CHAIN_HELP)]
    Chain(Box<ChainArgs>),
    /// Do the published records cover this chain?
    #[command(help_template = TEMPLATE, before_help = CHECK_HELP)]
    Check(Box<CheckArgs>),
    /// What to add to the published records, and what to remove
    #[command(help_template = TEMPLATE, before_help = DIFF_HELP)]
    Diff(Box<DiffArgs>),
    /// What a DANE client sees: DNSSEC, STARTTLS, the served chain
    #[cfg(feature = "live")]
    #[command(help_template = TEMPLATE, before_help = PROBE_HELP, override_usage = PROBE_USAGE)]
    Probe(Box<ProbeArgs>),
    /// Completions for a shell, for its completion directory
    Completions {
        /// The shell
        shell: Shell,
    },
    /// The manual page, for man(1)
    Man,
    /// Help on a subcommand, or on a topic: diagnostics, hooks or json
    Help {
        /// The subcommand or topic
        topic: Option<String>,
    },
}

#[derive(Args)]
pub(super) struct RecordArgs {
    #[command(flatten)]
    pub(super) chain: ChainArgs,
    /// Numbers or names, one triple or several [default: 3 1 1]
    #[arg(value_name = "USAGE SELECTOR MTYPE")]
    pub(super) params: Vec<String>,
}

#[derive(Args)]
pub(super) struct ChainArgs {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    /// TTL of the records, such as 3600
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    pub(super) ttl: Option<u32>,
    /// Output: zone lines, record data alone, RFC 3597 lines, JSON, or nsupdate's commands to add
    #[arg(short, long, value_enum, default_value = "zone")]
    pub(super) format: Format,
    /// Add comment lines about each certificate
    #[arg(long)]
    pub(super) comments: bool,
    /// One certificate of the path: 0 the end entity, 1 its issuer
    #[arg(long, value_name = "N", value_parser = depth, allow_negative_numbers = true)]
    pub(super) depth: Option<usize>,
    /// Take warnings for errors
    #[arg(long)]
    pub(super) strict: bool,
}

#[derive(Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    #[command(flatten)]
    pub(super) published: PublishedArgs,
    /// The client's question alone: does some record match for every end entity?
    #[arg(long)]
    pub(super) any: bool,
    /// PEM file of the CAs that clients of usages 0 and 1 trust
    #[arg(long, value_name = "FILE")]
    pub(super) ca_file: Option<String>,
    /// Mail domain that the certificate may name instead of HOST (repeatable)
    #[arg(long, value_name = "DOMAIN")]
    pub(super) nexthop: Vec<String>,
    /// Output
    #[arg(short, long, value_enum, default_value = "text")]
    pub(super) format: ReportFormat,
}

#[derive(Args)]
pub(super) struct DiffArgs {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    /// Numbers or names, one triple or several [default: 3 1 1]
    #[arg(value_name = "USAGE SELECTOR MTYPE")]
    pub(super) params: Vec<String>,
    #[command(flatten)]
    pub(super) published: PublishedArgs,
    /// One half of a rollover: add before the deployment, remove after it
    #[arg(long, value_enum)]
    pub(super) only: Option<Half>,
    /// TTL of added records, such as 3600
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    pub(super) ttl: Option<u32>,
    /// Output: lines with + and -, JSON, or nsupdate's commands
    #[arg(short, long, value_enum, default_value = "zone")]
    pub(super) format: ChangesFormat,
    /// One certificate of the path: 0 the end entity, 1 its issuer
    #[arg(long, value_name = "N", value_parser = depth, allow_negative_numbers = true)]
    pub(super) depth: Option<usize>,
}

// Where published records come from; a doc comment would become the help's first line.
#[derive(Args)]
pub(super) struct PublishedArgs {
    /// The published records: zone-file text, or what dig prints; - for standard input [default: the DNS]
    #[arg(long, value_name = "FILE", required = !cfg!(feature = "live"))]
    pub(super) records: Option<String>,
    #[cfg(feature = "live")]
    #[command(flatten)]
    pub(super) lookup: LookupArgs,
}

// How the DNS is asked; a doc comment would become the help's first line.
#[cfg(feature = "live")]
#[derive(Args)]
pub(super) struct LookupArgs {
    /// Name server, by address [default: the system's]
    #[arg(long, value_name = "SERVER[:PORT]")]
    pub(super) dns: Option<String>,
    /// DS or DNSKEY records to trust instead of the root's keys
    #[arg(long, value_name = "FILE")]
    pub(super) trust_anchor: Option<String>,
    /// Time limit per lookup and per connection
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(super) timeout: u64,
}

#[cfg(feature = "live")]
#[derive(Args)]
pub(super) struct ProbeArgs {
    /// The server's name
    #[arg(value_name = "HOST[:PORT]", required_unless_present = "mx", conflicts_with = "mx")]
    pub(super) host: Option<String>,
    /// Every MX host of a mail domain instead
    #[arg(long, value_name = "DOMAIN")]
    pub(super) mx: Option<String>,
    /// Port of a HOST without one, or of the MX hosts [default: 25]
    #[arg(short, long)]
    pub(super) port: Option<String>,
    /// What is spoken before TLS [default: by port]
    #[arg(long, value_name = "PROTOCOL", value_enum)]
    pub(super) starttls: Option<Protocol>,
    /// Records from a file, - for standard input, instead of those in the DNS
    #[arg(long, value_name = "FILE")]
    pub(super) records: Option<String>,
    /// The zone's name, where names in --records are relative
    #[arg(long, value_name = "NAME", requires = "records")]
    pub(super) origin: Option<String>,
    #[command(flatten)]
    pub(super) lookup: LookupArgs,
    /// Time limit for the whole call; what is not visited by then is unknown
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(super) deadline: u64,
    /// IPv4 addresses alone
    #[arg(short = '4', conflicts_with = "v6")]
    pub(super) v4: bool,
    /// IPv6 addresses alone
    #[arg(short = '6')]
    pub(super) v6: bool,
    /// Write the served certificates here, as PEM
    #[arg(long, value_name = "FILE")]
    pub(super) save: Option<String>,
    /// Output
    #[arg(short, long, value_enum, default_value = "text")]
    pub(super) format: ReportFormat,
    /// Judge dates as of this time, such as 2026-11-23T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(super) at: Option<String>,
    /// No warnings and hints
    #[arg(short, long)]
    pub(super) quiet: bool,
}

// What every subcommand with a chain takes; a doc comment would become the help's first line.
#[derive(Args)]
pub(super) struct CommonArgs {
    /// PEM or DER file: certificates, or else a CSR or key; - for standard input
    pub(super) chain: String,
    /// The server's name, or a full owner name (_25._tcp.mx.example)
    #[arg(value_name = "HOST[:PORT][,...]")]
    pub(super) hosts: String,
    /// Ports of hosts without one, such as 25,465,587 [default: 25]
    #[arg(short, long, value_name = "PORT,...", value_delimiter = ',')]
    pub(super) port: Option<Vec<String>>,
    /// Transport [default: tcp]
    #[arg(long, value_enum)]
    pub(super) transport: Option<Transport>,
    /// The $ORIGIN where the output goes, and of --records: owners below it are relative to it
    #[arg(long, value_name = "NAME")]
    pub(super) origin: Option<String>,
    /// Certificate, CSR or key that comes next: its records belong to the set too (repeatable)
    #[arg(long, value_name = "FILE")]
    pub(super) next: Vec<String>,
    /// Judge dates as of this time, such as 2026-11-23T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(super) at: Option<String>,
    /// No warnings and hints
    #[arg(short, long)]
    pub(super) quiet: bool,
}

/// A TTL (RFC 2181 section 8).
fn seconds(text: &str) -> Result<u32, &'static str> {
    let digits = text.bytes().all(|octet| octet.is_ascii_digit());
    let seconds = text.parse().ok().filter(|seconds| digits && *seconds <= 2_147_483_647);
    seconds.ok_or("seconds from 0 to 2147483647, such as 3600")
}

fn depth(text: &str) -> Result<usize, &'static str> {
    let digits = text.bytes().all(|octet| octet.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or("0 is the end entity, 1 its issuer")
}
