//! The clap structs of arguments, with their help.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use clap::Args;

use super::UsageError;
use crate::diff::Half;
#[cfg(feature = "live")]
use crate::live::starttls::Protocol;
use crate::owner::Transport;
use crate::render::{ChangesFormat, Format, ReportFormat};

#[derive(Debug, PartialEq, Args)]
pub(super) struct RecordArgs {
    #[command(flatten)]
    pub(super) chain: ChainArgs,
    /// One or more triples, as numbers or names [default: 3 1 1]
    #[arg(value_name = "USAGE SELECTOR MTYPE")]
    pub(super) params: Vec<String>,
}

#[derive(Debug, PartialEq, Args)]
pub(super) struct ChainArgs {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
}

const LINES_HELP: &str =
    "File of lines CHAIN HOST[:PORT][,...] [USAGE SELECTOR MTYPE]...; - for standard input";

// How to print records. This is not a doc comment, because clap would print it in the help.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub(super) struct OutputArgs {
    /// TTL of the records
    #[arg(long, value_name = "SECONDS", value_parser = number(0..=MAX_TTL, "seconds"), allow_negative_numbers = true)]
    pub(super) ttl: Option<u32>,
    #[arg(short, long, value_enum, ignore_case = true, default_value_t, help = format_help())]
    pub(super) format: Format,
    /// Add comments about each certificate
    #[arg(long)]
    pub(super) comments: bool,
    /// Use only this certificate of the path: 0 is the end entity, 1 its issuer
    #[arg(long, value_name = "N", value_parser = depth, allow_negative_numbers = true)]
    pub(super) depth: Option<usize>,
    /// Treat warnings as errors
    #[arg(long)]
    pub(super) strict: bool,
}

#[derive(Debug, Args)]
pub(super) struct BatchArgs {
    #[arg(value_name = "FILE", default_value = "-", help = LINES_HELP)]
    pub(super) file: String,
    #[command(flatten)]
    pub(super) owner: OwnerArgs,
    #[command(flatten)]
    pub(super) output: OutputArgs,
    /// Print the records of the good lines although some lines are bad; the exit status is 2 all the same
    #[arg(long)]
    pub(super) keep_going: bool,
    /// Number of lines to work on at the same time [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = number(1..=1024_u16, "a number"), allow_negative_numbers = true)]
    pub(super) jobs: Option<u16>,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

#[derive(Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    #[command(flatten)]
    pub(super) published: PublishedArgs,
    /// For each end entity, require only one usable record that verifies, as clients do
    #[arg(long)]
    pub(super) any: bool,
    /// PEM file of the CAs that clients trust, for usages 0 and 1
    #[arg(long, value_name = "FILE")]
    pub(super) ca_file: Option<String>,
    /// Mail domain that the certificate may name instead of HOST (repeatable)
    #[arg(long, value_name = "DOMAIN")]
    pub(super) nexthop: Vec<String>,
    #[arg(short, long, value_enum, ignore_case = true, default_value = "text", help = REPORT_HELP)]
    pub(super) format: ReportFormat,
}

#[derive(Args)]
pub(super) struct DiffArgs {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    /// One or more triples, as numbers or names [default: 3 1 1]
    #[arg(value_name = "USAGE SELECTOR MTYPE")]
    pub(super) params: Vec<String>,
    #[command(flatten)]
    pub(super) published: PublishedArgs,
    /// Print only the records to add (before a deployment) or to remove (after the deployment)
    #[arg(long, value_enum, ignore_case = true)]
    pub(super) only: Option<Half>,
    /// TTL of added records
    #[arg(long, value_name = "SECONDS", value_parser = number(0..=MAX_TTL, "seconds"), allow_negative_numbers = true)]
    pub(super) ttl: Option<u32>,
    /// Output: lines with + and -, JSON, or nsupdate commands
    #[arg(short, long, value_enum, ignore_case = true, default_value = "zone")]
    pub(super) format: ChangesFormat,
    /// Use only this certificate of the path: 0 is the end entity, 1 its issuer
    #[arg(long, value_name = "N", value_parser = depth, allow_negative_numbers = true)]
    pub(super) depth: Option<usize>,
}

const REPORT_HELP: &str =
    "Output: text, JSON, a line for Nagios, with its exit statuses, or metrics for Prometheus";

fn format_help() -> String {
    let [others @ .., last] = Format::ALL.map(Format::description);
    format!("Output: {}, or {last}", others.join(", "))
}

const RECORDS_HELP: &str = if cfg!(feature = "live") {
    "Published records: a zone file or the output of dig; - for standard input [default: query the DNS]"
} else {
    "Published records: a zone file or the output of dig; - for standard input"
};

// The source of the published records. This is not a doc comment, because clap would print it in the help.
#[derive(Args)]
pub(super) struct PublishedArgs {
    #[arg(long, help = RECORDS_HELP, value_name = "FILE", required = !cfg!(feature = "live"))]
    pub(super) records: Option<String>,
    #[cfg(feature = "live")]
    #[command(flatten)]
    pub(super) lookup: LookupArgs,
}

// Options for DNS queries. This is not a doc comment, because clap would print it in the help.
#[cfg(feature = "live")]
#[derive(Args)]
pub(super) struct LookupArgs {
    /// Address of the name server [default: the system's name servers]
    #[arg(long, value_name = "SERVER[:PORT]")]
    pub(super) dns: Option<String>,
    /// DS or DNSKEY records to trust instead of the root keys
    #[arg(long, value_name = "FILE")]
    pub(super) trust_anchor: Option<String>,
    /// Time limit per lookup and per connection
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = number(1..=600_u64, "seconds"), allow_negative_numbers = true)]
    pub(super) timeout: u64,
}

#[cfg(feature = "live")]
#[derive(Args)]
pub(super) struct ProbeArgs {
    /// Server names
    #[arg(value_name = "HOST[:PORT][,...]", conflicts_with = "mx")]
    pub(super) hosts: Vec<String>,
    /// Probe every MX host of a mail domain
    #[arg(long, value_name = "DOMAIN", conflicts_with = "xmpp_domain")]
    pub(super) mx: Option<String>,
    /// XMPP domain to say to HOST; without HOST, probe the servers in the SRV records of the domain
    #[arg(long, value_name = "DOMAIN")]
    pub(super) xmpp_domain: Option<String>,
    /// Ports for each HOST without a port, such as 25,465 [default: 25]
    #[arg(short, long, value_name = "PORT,...", value_delimiter = ',')]
    pub(super) port: Option<Vec<String>>,
    /// STARTTLS protocol [default: by port]
    #[arg(long, value_name = "PROTOCOL", value_enum, ignore_case = true)]
    pub(super) starttls: Option<Protocol>,
    /// Name to say in EHLO [default: the name of this machine]
    #[arg(long, value_name = "NAME")]
    pub(super) helo: Option<String>,
    /// Name servers of the zone to compare, or ns for those of its NS records
    #[arg(long, value_name = "ADDRESS[:PORT],...", value_delimiter = ',')]
    pub(super) server: Vec<String>,
    /// Warn of served certificates that expire within this time
    #[arg(long, value_name = "DAYS", default_value = "14", value_parser = number(0..=3650_u16, "days"), allow_negative_numbers = true)]
    pub(super) warn_days: u16,
    /// Use the records in FILE instead of those in the DNS; - for standard input
    #[arg(long, value_name = "FILE")]
    pub(super) records: Option<String>,
    /// Origin of relative names in --records
    #[arg(long, value_name = "NAME", requires = "records")]
    pub(super) origin: Option<String>,
    #[command(flatten)]
    pub(super) lookup: LookupArgs,
    /// Time limit for the whole run
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = number(1..=3600_u64, "seconds"), allow_negative_numbers = true)]
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
    #[arg(short, long, value_enum, ignore_case = true, default_value = "text", help = REPORT_HELP)]
    pub(super) format: ReportFormat,
    /// Use this time, such as 2026-11-23T12:00:00Z, instead of the clock
    #[arg(long, value_name = "TIME")]
    pub(super) at: Option<String>,
    /// Suppress warnings and hints
    #[arg(short, long)]
    pub(super) quiet: bool,
}

#[cfg(feature = "live")]
#[derive(Args)]
pub(super) struct RolloverArgs {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    /// One or more triples, as numbers or names [default: 3 1 1]
    #[arg(value_name = "USAGE SELECTOR MTYPE")]
    pub(super) params: Vec<String>,
    /// Private key of CHAIN, if CHAIN does not contain it (repeatable)
    #[arg(long, value_name = "FILE")]
    pub(super) key: Vec<String>,
    /// The chain that the service uses; it need not exist before the first installation
    #[arg(long, value_name = "FILE")]
    pub(super) in_use: Option<String>,
    /// Name servers of the zone [default: those of its NS records]
    #[arg(long, value_name = "ADDRESS[:PORT],...", value_delimiter = ',')]
    pub(super) server: Vec<String>,
    /// File in which this machine remembers what it published
    #[arg(long, value_name = "FILE")]
    pub(super) state: String,
    /// TTL of added records [default: the published TTL, or 3600]
    #[arg(long, value_name = "SECONDS", value_parser = number(0..=MAX_TTL, "seconds"), allow_negative_numbers = true)]
    pub(super) ttl: Option<u32>,
    /// Output: lines with + and -, JSON, or nsupdate commands
    #[arg(short, long, value_enum, ignore_case = true, default_value = "zone")]
    pub(super) format: ChangesFormat,
    /// STARTTLS protocol [default: by port]
    #[arg(long, value_name = "PROTOCOL", value_enum, ignore_case = true)]
    pub(super) starttls: Option<Protocol>,
    /// Do not connect to HOST: retire records although the served chains are unknown
    #[arg(long)]
    pub(super) unprobed: bool,
    /// Install without waiting: senders with older records in their caches refuse the server
    #[arg(long)]
    pub(super) accept_outage: bool,
    #[command(flatten)]
    pub(super) lookup: LookupArgs,
    /// Time limit for all connections to HOST
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = number(1..=3600_u64, "seconds"), allow_negative_numbers = true)]
    pub(super) deadline: u64,
}

// Arguments of every subcommand that reads a chain. This is not a doc comment, because clap would print it in the help.
#[derive(Debug, PartialEq, Args)]
pub(super) struct CommonArgs {
    /// PEM or DER file with certificates, a CSR or a key; - for standard input
    pub(super) chain: String,
    /// Server name, or a full owner name (_25._tcp.mx.example)
    #[arg(value_name = "HOST[:PORT][,...]")]
    pub(super) hosts: String,
    #[command(flatten)]
    pub(super) owner: OwnerArgs,
    /// File of the next certificate, CSR or key, whose records are included too (repeatable)
    #[arg(long, value_name = "FILE")]
    pub(super) next: Vec<String>,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

// How to make owner names of hosts. This is not a doc comment, because clap would print it in the help.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub(super) struct OwnerArgs {
    /// Ports for each HOST without a port, such as 25,465 [default: 25]
    #[arg(short, long, value_name = "PORT,...", value_delimiter = ',')]
    pub(super) port: Option<Vec<String>>,
    /// Transport [default: tcp]
    #[arg(long, value_enum, ignore_case = true)]
    pub(super) transport: Option<Transport>,
    /// $ORIGIN of --records and of the output; owner names below the origin are printed as relative names
    #[arg(long, value_name = "NAME")]
    pub(super) origin: Option<String>,
}

// The time, and what to say. This is not a doc comment, because clap would print it in the help.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub(super) struct RunArgs {
    /// Use this time, such as 2026-11-23T12:00:00Z, instead of the clock
    #[arg(long, value_name = "TIME")]
    pub(super) at: Option<String>,
    /// Suppress warnings and hints
    #[arg(short, long)]
    pub(super) quiet: bool,
}

/// The longest TTL in seconds (RFC 2181 section 8).
const MAX_TTL: u32 = 2_147_483_647;

/// Returns a parser of whole numbers in a range, without sign; `unit` is what they count.
fn number<T>(
    range: RangeInclusive<T>,
    unit: &'static str,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static
where
    T: FromStr + PartialOrd + Display + Clone + Send + Sync + 'static,
{
    move |text| {
        let digits = text.bytes().all(|octet| octet.is_ascii_digit());
        let number = text.parse().ok().filter(|number| digits && range.contains(number));
        number.ok_or_else(|| format!("expected {unit} from {} to {}", range.start(), range.end()))
    }
}

fn depth(text: &str) -> Result<usize, &'static str> {
    let digits = text.bytes().all(|octet| octet.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or("expected a number: 0 is the end entity, 1 its issuer")
}

impl OutputArgs {
    /// Checks that the format shows the options.
    ///
    /// Errors: an option without an effect.
    pub(super) fn check(&self, origin: Option<&str>) -> Result<(), UsageError> {
        let lost = [("--ttl", self.ttl.is_some()), ("--origin", origin.is_some())];
        match lost.iter().find(|(_, is_given)| *is_given && self.format == Format::Rdata) {
            Some((option, _)) => {
                let message = format!("{option} has no effect: record data has neither an owner nor a TTL");
                Err(UsageError::new(message, &format!("remove {option}, or use another format than rdata")))
            }
            None => Ok(()),
        }
    }
}
