//! The clap structs, one per subcommand, with their help.

use clap::{Args, Parser, Subcommand};

use super::Shell;
use super::notes::{EXIT_STATUS, NOTES, examples};
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

Prints 0 1, 1 1, 0 2 and 1 2 of each certificate, in path order, after a comment. Choose which to publish.";

macro_rules! check_help {
    ($examples:literal) => {
        concat!(
            "Examples:",
            $examples,
            "\n  dig +short TLSA _25._tcp.mx.example | tlsagen check fullchain.pem mx.example --records -
  tlsagen check new/fullchain.pem mx.example --records db.example --origin example

Every published triple must describe every end entity of the chain (RFC 7671 section 8).

Exit status: 0 covered; 1 not covered, or partial; 2 usage or input error; 3 no record, or undetermined."
        )
    };
}

const CHECK_HELP: &str = if cfg!(feature = "live") {
    check_help!("\n  tlsagen check fullchain.pem mx.example")
} else {
    check_help!("")
};

const DIFF_HELP: &str = "Examples:
  tlsagen diff fullchain.pem mx.example --records db.example --origin example
  tlsagen diff fullchain.pem mx.example --next next.key --records db.example -f nsupdate --only add

The output of dig does not show that a record comes from a wildcard. A zone file and the DNS do; then diff changes the wildcard.

Exit status: 0 no changes; 1 changes; 2 usage or input error.";

#[cfg(feature = "live")]
const PROBE_USAGE: &str = "tlsagen probe [OPTIONS] <HOST>[:PORT]
       tlsagen probe [OPTIONS] --mx <DOMAIN>";

#[cfg(feature = "live")]
const PROBE_HELP: &str = "Examples:
  tlsagen probe mx.example
  tlsagen probe --mx example.com
  tlsagen probe imap.example:993

Prints a line for each address and kind of key, then the verdict for all: pass, fail or unknown.

Hosts and addresses are visited in parallel. --timeout limits each lookup and each connection, --deadline the whole call. The verdict is unknown for what was not visited by then, and for a server that supports no TLS version, cipher suite or kind of key that this program supports: other clients may succeed.

Exit status: 0 all pass; 1 a server does not match its secure records; 2 usage or input error;
3 undetermined: no records, insecure or bogus ones, or a server that cannot be reached.";

/// Prints the DANE TLSA records of a certificate chain: a complete set, or an error.
#[derive(Parser)]
#[command(
    name = "tlsagen", version, help_template = TEMPLATE, override_usage = USAGE,
    before_help = format!("Examples:\n{}\n\n{NOTES}\n\nExit status: {EXIT_STATUS}", examples()),
    args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, disable_help_subcommand = true,
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Print every record of every certificate: usage 3 for end entities, 2 for CAs
    #[command(help_template = TEMPLATE, before_help = CHAIN_HELP)]
    Chain(Box<ChainArgs>),
    /// Check whether the published records cover a chain
    #[command(help_template = TEMPLATE, before_help = CHECK_HELP)]
    Check(Box<CheckArgs>),
    /// Print what to add to the published records, and what to remove
    #[command(help_template = TEMPLATE, before_help = DIFF_HELP)]
    Diff(Box<DiffArgs>),
    /// Connect as a DANE client does: DNSSEC, STARTTLS, the served chain
    #[cfg(feature = "live")]
    #[command(help_template = TEMPLATE, before_help = PROBE_HELP, override_usage = PROBE_USAGE)]
    Probe(Box<ProbeArgs>),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, for man(1)
    Man,
    /// Print help on a subcommand, or on diagnostics, hooks or json
    Help {
        /// The subcommand or topic
        topic: Option<String>,
    },
}

#[derive(Args)]
pub(super) struct RecordArgs {
    #[command(flatten)]
    pub(super) chain: ChainArgs,
    /// One or more triples, in numbers or names [default: 3 1 1]
    #[arg(value_name = "USAGE SELECTOR MTYPE")]
    pub(super) params: Vec<String>,
}

#[derive(Args)]
pub(super) struct ChainArgs {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    /// TTL of the records
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    pub(super) ttl: Option<u32>,
    /// Output: zone lines, record data only, RFC 3597 lines, JSON, or nsupdate commands
    #[arg(short, long, value_enum, default_value = "zone")]
    pub(super) format: Format,
    /// Add comments about each certificate
    #[arg(long)]
    pub(super) comments: bool,
    /// Only this certificate of the path: 0 is the end entity, 1 its issuer
    #[arg(long, value_name = "N", value_parser = depth, allow_negative_numbers = true)]
    pub(super) depth: Option<usize>,
    /// Treat warnings as errors
    #[arg(long)]
    pub(super) strict: bool,
}

#[derive(Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    #[command(flatten)]
    pub(super) published: PublishedArgs,
    /// Accept any usable record that verifies for each end entity, as a client does
    #[arg(long)]
    pub(super) any: bool,
    /// PEM file of the CAs that clients trust, for usages 0 and 1
    #[arg(long, value_name = "FILE")]
    pub(super) ca_file: Option<String>,
    /// Mail domain that the certificate may name instead of HOST (repeatable)
    #[arg(long, value_name = "DOMAIN")]
    pub(super) nexthop: Vec<String>,
    /// Output format
    #[arg(short, long, value_enum, default_value = "text")]
    pub(super) format: ReportFormat,
}

#[derive(Args)]
pub(super) struct DiffArgs {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    /// One or more triples, in numbers or names [default: 3 1 1]
    #[arg(value_name = "USAGE SELECTOR MTYPE")]
    pub(super) params: Vec<String>,
    #[command(flatten)]
    pub(super) published: PublishedArgs,
    /// Half of a rollover: add before the deployment, remove after it
    #[arg(long, value_enum)]
    pub(super) only: Option<Half>,
    /// TTL of added records
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    pub(super) ttl: Option<u32>,
    /// Output: lines with + and -, JSON, or nsupdate commands
    #[arg(short, long, value_enum, default_value = "zone")]
    pub(super) format: ChangesFormat,
    /// Only this certificate of the path: 0 is the end entity, 1 its issuer
    #[arg(long, value_name = "N", value_parser = depth, allow_negative_numbers = true)]
    pub(super) depth: Option<usize>,
}

const RECORDS_HELP: &str = if cfg!(feature = "live") {
    "Published records: a zone file or the output of dig; - for standard input [default: the DNS]"
} else {
    "Published records: a zone file or the output of dig; - for standard input"
};

// Where published records come from; a doc comment would become the help's first line.
#[derive(Args)]
pub(super) struct PublishedArgs {
    #[arg(long, help = RECORDS_HELP, value_name = "FILE", required = !cfg!(feature = "live"))]
    pub(super) records: Option<String>,
    #[cfg(feature = "live")]
    #[command(flatten)]
    pub(super) lookup: LookupArgs,
}

// How to query the DNS; a doc comment would become the help's first line.
#[cfg(feature = "live")]
#[derive(Args)]
pub(super) struct LookupArgs {
    /// Address of the name server [default: the system's]
    #[arg(long, value_name = "SERVER[:PORT]")]
    pub(super) dns: Option<String>,
    /// DS or DNSKEY records to trust instead of the root keys
    #[arg(long, value_name = "FILE")]
    pub(super) trust_anchor: Option<String>,
    /// Time limit per lookup and per connection
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(super) timeout: u64,
}

#[cfg(feature = "live")]
#[derive(Args)]
pub(super) struct ProbeArgs {
    /// Server name
    #[arg(value_name = "HOST[:PORT]", required_unless_present = "mx", conflicts_with = "mx")]
    pub(super) host: Option<String>,
    /// Probe every MX host of a mail domain
    #[arg(long, value_name = "DOMAIN")]
    pub(super) mx: Option<String>,
    /// Port, unless HOST has one [default: 25]
    #[arg(short, long)]
    pub(super) port: Option<String>,
    /// Protocol before TLS [default: by port]
    #[arg(long, value_name = "PROTOCOL", value_enum)]
    pub(super) starttls: Option<Protocol>,
    /// Use these records instead of those in the DNS; - for standard input
    #[arg(long, value_name = "FILE")]
    pub(super) records: Option<String>,
    /// Origin of relative names in --records
    #[arg(long, value_name = "NAME", requires = "records")]
    pub(super) origin: Option<String>,
    #[command(flatten)]
    pub(super) lookup: LookupArgs,
    /// Time limit for the whole call
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(super) deadline: u64,
    /// IPv4 addresses only
    #[arg(short = '4', conflicts_with = "v6")]
    pub(super) v4: bool,
    /// IPv6 addresses only
    #[arg(short = '6')]
    pub(super) v6: bool,
    /// Write the served certificates to FILE, as PEM
    #[arg(long, value_name = "FILE")]
    pub(super) save: Option<String>,
    /// Output format
    #[arg(short, long, value_enum, default_value = "text")]
    pub(super) format: ReportFormat,
    /// Use this time instead of the clock, such as 2026-11-23T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(super) at: Option<String>,
    /// Suppress warnings and hints
    #[arg(short, long)]
    pub(super) quiet: bool,
}

// What every subcommand with a chain takes; a doc comment would become the help's first line.
#[derive(Args)]
pub(super) struct CommonArgs {
    /// PEM or DER file with certificates, a CSR or a key; - for standard input
    pub(super) chain: String,
    /// Server name, or a full owner name (_25._tcp.mx.example)
    #[arg(value_name = "HOST[:PORT][,...]")]
    pub(super) hosts: String,
    /// Ports, for each HOST without one, such as 25,465 [default: 25]
    #[arg(short, long, value_name = "PORT,...", value_delimiter = ',')]
    pub(super) port: Option<Vec<String>>,
    /// Transport [default: tcp]
    #[arg(long, value_enum)]
    pub(super) transport: Option<Transport>,
    /// $ORIGIN of the output and of --records: owner names below it are relative
    #[arg(long, value_name = "NAME")]
    pub(super) origin: Option<String>,
    /// Next certificate, CSR or key: its records join the set (repeatable)
    #[arg(long, value_name = "FILE")]
    pub(super) next: Vec<String>,
    /// Use this time instead of the clock, such as 2026-11-23T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(super) at: Option<String>,
    /// Suppress warnings and hints
    #[arg(short, long)]
    pub(super) quiet: bool,
}

/// A TTL (RFC 2181 section 8).
fn seconds(text: &str) -> Result<u32, &'static str> {
    let digits = text.bytes().all(|octet| octet.is_ascii_digit());
    let seconds = text.parse().ok().filter(|seconds| digits && *seconds <= 2_147_483_647);
    seconds.ok_or("expected seconds from 0 to 2147483647, such as 3600")
}

fn depth(text: &str) -> Result<usize, &'static str> {
    let digits = text.bytes().all(|octet| octet.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or("expected a number: 0 is the end entity, 1 its issuer")
}
