//! The subcommands, their help texts, and their conversion to requests.

use clap::{Parser, Subcommand};

use super::args::{BatchArgs, ChainArgs, CheckArgs, DiffArgs};
#[cfg(feature = "live")]
use super::args::{ProbeArgs, RolloverArgs};
use super::notes::{EXIT_STATUS, NOTES, examples};
use super::{BatchRequest, CheckRequest, DiffRequest, Request, Shell, UsageError, help};
#[cfg(feature = "live")]
use super::{ProbeRequest, RolloverRequest};
#[cfg(feature = "live")]
use crate::hooks::Hook;
use crate::render::ReportFormat;
use crate::tlsa::Params;

const TEMPLATE: &str = "{about-with-newline}\n{usage-heading} {usage}\n\n{before-help}{all-args}";

macro_rules! usage {
    ($probe:literal) => {
        concat!(
            "tlsagen [OPTIONS] <CHAIN> <HOST>[:PORT][,...] [USAGE SELECTOR MTYPE]...\n       tlsagen chain [OPTIONS] <CHAIN> <HOST>[:PORT][,...]\n       tlsagen batch [OPTIONS] [FILE]\n       tlsagen check [OPTIONS] <CHAIN> <HOST>[:PORT][,...] [--records <FILE|->]\n       tlsagen diff [OPTIONS] <CHAIN> <HOST>[:PORT][,...] [USAGE SELECTOR MTYPE]... [--records <FILE|->]",
            $probe,
            "\n       tlsagen completions <SHELL>\n       tlsagen man\n       tlsagen help [<SUBCOMMAND>|diagnostics|hooks|json]"
        )
    };
}

/// The synopsis of all commands; without `probe` if the feature `live` is disabled.
const USAGE: &str = if cfg!(feature = "live") { WITH_PROBE } else { WITHOUT_PROBE };

const WITHOUT_PROBE: &str = usage!("");
const WITH_PROBE: &str = usage!(
    "\n       tlsagen probe [OPTIONS] <HOST>[:PORT][,...] | --mx <DOMAIN> | --xmpp-domain <DOMAIN>\n       tlsagen rollover [OPTIONS] --state <FILE> <CHAIN> <HOST>[:PORT][,...] [USAGE SELECTOR MTYPE]...\n       tlsagen hook <CLIENT>"
);

const CHAIN_HELP: &str = "Example:
  tlsagen chain fullchain.pem mx.example

For each certificate, in the order of the certification path, prints a comment and the records with these selectors and matching types: 0 1, 1 1, 0 2 and 1 2. Choose the records to publish.";

const BATCH_HELP: &str = "Examples:
  (echo; tlsagen batch lineages.txt) >>db.example
  ls -d /etc/letsencrypt/live/*/ | sed 's,.*/live/\\(.*\\)/,&fullchain.pem \\1,' | tlsagen batch

In the second example, each folder must have the name of its host.

Each line has the arguments of one call: CHAIN HOST[:PORT][,...] [USAGE SELECTOR MTYPE]..., separated by blanks. The options count for all lines. Empty lines and lines that start with # are skipped.

Prints what a call for each line prints, in the order of the lines; with --format json, one object on a line. If a line is bad, prints no records, names each bad line, and exits with status 2.";

macro_rules! check_help {
    ($examples:literal) => {
        concat!(
            "Examples:",
            $examples,
            "\n  dig +short TLSA _25._tcp.mx.example | tlsagen check fullchain.pem mx.example --records -
  tlsagen check new/fullchain.pem mx.example --records db.example --origin example

For each published triple (usage, selector, matching type), every end entity of the chain must have a matching record (RFC 7671 section 8).

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

The output of dig does not show whether a record comes from a wildcard. With a zone file or a DNS lookup, diff detects the wildcard and prints changes to the wildcard itself.

Exit status: 0 no changes; 1 changes; 2 usage or input error.";

#[cfg(feature = "live")]
const PROBE_USAGE: &str = "tlsagen probe [OPTIONS] <HOST>[:PORT][,...]
       tlsagen probe [OPTIONS] --mx <DOMAIN>
       tlsagen probe [OPTIONS] --xmpp-domain <DOMAIN>";

#[cfg(feature = "live")]
const PROBE_HELP: &str = "Examples:
  tlsagen probe mx.example
  tlsagen probe --mx example.com
  tlsagen probe mx.example -p 25,465,587,993
  tlsagen probe --mx example.com --server ns -f nagios

Prints a line for each address and key type, then the overall verdict: pass, fail, none or unknown.

Hosts and addresses are probed in parallel. --timeout limits each lookup and each connection; --deadline limits the whole run. The verdict is unknown for a server that was not probed before the deadline, and for a server that has no TLS version, cipher suite or key type in common with this program: other clients may succeed.

--server also asks each of these name servers for the records. If one of them gives other records, the verdict is for the worst of the answers.

Exit status: 0 all pass; 1 a DANE client does not deliver: no record matches, TLS is refused, or the zone is bogus or fails;
2 usage or input error; 3 no DANE, or undetermined. With -f nagios: 0, 1 warning, 2 fail, 3 none, unknown or error.";

#[cfg(feature = "live")]
const ROLLOVER_USAGE: &str =
    "tlsagen rollover [OPTIONS] --state <FILE> <CHAIN> <HOST>[:PORT][,...] [USAGE SELECTOR MTYPE]...";

#[cfg(feature = "live")]
const ROLLOVER_HELP: &str = "Example:
  tlsagen rollover new.pem mx.example --in-use /etc/postfix/tls/mx.pem --state mx.state -f nsupdate

Decides the next step towards the use of CHAIN: asks every name server of the zone, connects to every address of HOST, and prints what to send to the name servers now. It changes nothing but the state file: a hook acts on the exit status. CHAIN, or --key, must contain the private key of each server certificate. tlsagen help hooks has the whole procedure; tlsagen hook prints ready hooks.

Exit status: 0 nothing to do; 10 publish: apply the output, then call again; 11 wait; 12 install: the service may use CHAIN;
13 retire: apply the output; 1 blocked; 2 usage or input error; 3 undetermined.";

#[cfg(feature = "live")]
const HOOK_HELP: &str = "Examples:
  tlsagen hook settings >/etc/default/tlsagen
  tlsagen hook certbot >/etc/letsencrypt/renewal-hooks/deploy/tlsagen
  chmod +x /etc/letsencrypt/renewal-hooks/deploy/tlsagen

The Debian package installs these files. The hook does nothing until the settings name a HOST. See tlsagen help hooks.";

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
    /// Print the records of many chains: one call for each line of a file
    #[command(help_template = TEMPLATE, before_help = BATCH_HELP)]
    Batch(Box<BatchArgs>),
    /// Check whether the published records cover a chain
    #[command(help_template = TEMPLATE, before_help = CHECK_HELP)]
    Check(Box<CheckArgs>),
    /// Print the changes to the published records: records to add and to remove
    #[command(help_template = TEMPLATE, before_help = DIFF_HELP)]
    Diff(Box<DiffArgs>),
    /// Connect as a DANE client does, and verify DNSSEC, STARTTLS and the served chain
    #[cfg(feature = "live")]
    #[command(help_template = TEMPLATE, before_help = PROBE_HELP, override_usage = PROBE_USAGE)]
    Probe(Box<ProbeArgs>),
    /// Decide the next step of a key rollover: publish, wait, install or retire
    #[cfg(feature = "live")]
    #[command(help_template = TEMPLATE, before_help = ROLLOVER_HELP, override_usage = ROLLOVER_USAGE)]
    Rollover(Box<RolloverArgs>),
    /// Print the hook of an ACME client, which acts as rollover decides, its systemd units or its settings
    #[cfg(feature = "live")]
    #[command(help_template = TEMPLATE, before_help = HOOK_HELP)]
    Hook {
        /// The client; or the systemd units, or the settings
        #[arg(ignore_case = true)]
        client: Hook,
    },
    /// Print completions for a shell
    Completions {
        /// The shell
        #[arg(ignore_case = true)]
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

/// A parsed command line.
#[derive(Debug)]
pub enum Invocation {
    /// Prints the records of the requested parameters.
    Records(Request, Vec<Params>),
    /// Prints every record of every certificate.
    Chain(Request),
    /// Prints the records of many chains.
    Batch(BatchRequest),
    /// Checks whether published records cover the chain.
    Check(CheckRequest),
    /// Prints the records to add to the published set and the records to remove.
    Diff(DiffRequest),
    /// Connects to servers and verifies them as a DANE client does.
    #[cfg(feature = "live")]
    Probe(ProbeRequest),
    /// Decides the next step of a key rollover.
    #[cfg(feature = "live")]
    Rollover(RolloverRequest),
    /// Prints a hook.
    #[cfg(feature = "live")]
    Hook(Hook),
    /// Prints completions for a shell.
    Completions(Shell),
    /// Prints the manual page.
    Man,
    /// Prints this text: the help or the version.
    Show(String),
}

impl Invocation {
    /// Whether the call asks for the output of a Nagios plug-in, which an error must have too.
    pub fn is_plug_in(&self) -> bool {
        match self {
            Self::Check(request) => request.format == ReportFormat::Nagios,
            #[cfg(feature = "live")]
            Self::Probe(request) => request.format == ReportFormat::Nagios,
            _ => false,
        }
    }
}

impl Command {
    /// Checks the argument values and fills in the defaults.
    ///
    /// Errors: a usage error, with a hint.
    pub(super) fn invocation(self) -> Result<Invocation, UsageError> {
        Ok(match self {
            Self::Chain(args) => Invocation::Chain(args.request()?),
            Self::Batch(args) => Invocation::Batch(args.request()?),
            Self::Check(args) => Invocation::Check(args.request()?),
            Self::Diff(args) => Invocation::Diff(args.request()?),
            #[cfg(feature = "live")]
            Self::Probe(args) => Invocation::Probe(args.request()?),
            #[cfg(feature = "live")]
            Self::Rollover(args) => Invocation::Rollover(args.request()?),
            #[cfg(feature = "live")]
            Self::Hook { client } => Invocation::Hook(client),
            Self::Completions { shell } => Invocation::Completions(shell),
            Self::Man => Invocation::Man,
            Self::Help { topic } => help(topic.as_deref())?,
        })
    }
}
