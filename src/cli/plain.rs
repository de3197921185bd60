//! Reads the command lines without options. Building clap's command takes time in every call, and most calls of
//! loops are of this form.

use std::ffi::OsString;

use super::args::{ChainArgs, CommonArgs, OutputArgs, OwnerArgs, RecordArgs, RunArgs};
use super::{Invocation, UsageError, is_subcommand};

/// A command line that prints records.
#[derive(Debug, PartialEq)]
pub(super) enum Plain {
    Records(RecordArgs),
    Chain(ChainArgs),
}

impl Plain {
    pub(super) fn invocation(self) -> Result<Invocation, UsageError> {
        match self {
            Self::Records(args) => args.invocation(),
            Self::Chain(args) => Ok(Invocation::Chain(args.request()?)),
        }
    }
}

/// Returns the arguments if they are only words, or words and one `-q`; `None` if clap must read them. `args` start with
/// the program's name.
pub(super) fn plain(args: &[OsString]) -> Option<Plain> {
    let mut words = args.get(1..)?;
    let is_chain = words.first().is_some_and(|first| first == "chain");
    if is_chain {
        words = words.get(1..)?;
    }
    let mut run = RunArgs::default();
    let mut values = Vec::with_capacity(words.len());
    for word in words {
        match word.to_str()? {
            "-q" | "--quiet" if !run.quiet => run.quiet = true,
            word if word.len() > 1 && word.starts_with('-') => return None,
            word => values.push(word),
        }
    }
    let (chain, hosts, params) = match values.as_slice() {
        [chain, hosts, params @ ..] if !is_subcommand(chain) => (*chain, *hosts, params),
        _ => return None,
    };
    let common = CommonArgs {
        chain: chain.to_owned(),
        hosts: hosts.to_owned(),
        owner: OwnerArgs::default(),
        next: Vec::new(),
        run,
    };
    let chain = ChainArgs { common, output: OutputArgs::default() };
    match is_chain {
        true if params.is_empty() => Some(Plain::Chain(chain)),
        true => None,
        false => {
            let params = params.iter().map(|word| (*word).to_owned()).collect();
            Some(Plain::Records(RecordArgs { chain, params }))
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args, FromArgMatches};

    use super::super::command::{Cli, Command};
    use super::*;

    /// What clap reads; `None` for an error.
    fn by_clap(args: &[OsString]) -> Option<Plain> {
        let first = args.get(1).and_then(|first| first.to_str()).unwrap_or_default();
        if is_subcommand(first) {
            let mut matches = super::super::command().try_get_matches_from(args).ok()?;
            return match Cli::from_arg_matches_mut(&mut matches).unwrap().command {
                Some(Command::Chain(args)) => Some(Plain::Chain(*args)),
                _ => None,
            };
        }
        let command = RecordArgs::augment_args(clap::Command::new("tlsagen"));
        let mut matches = command.try_get_matches_from(args).ok()?;
        Some(Plain::Records(RecordArgs::from_arg_matches_mut(&mut matches).unwrap()))
    }

    /// Random command lines of words that both readers know.
    #[test]
    fn clap_reads_the_same() {
        const WORDS: [&str; 22] = [
            "chain",
            "a.pem",
            "mx.example",
            "3",
            "1",
            "1",
            "-q",
            "--quiet",
            "-",
            "",
            "2 1 1",
            "check",
            "help",
            "--",
            "--quie",
            "-qq",
            "-f",
            "json",
            "--format=zone",
            "-1",
            "ü",
            "--ttl",
        ];
        let mut number: u64 = 20_261_128;
        let (mut plain_ones, mut chains) = (0, 0);
        for _ in 0..20_000 {
            let mut below = |limit: usize| {
                number =
                    number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                usize::try_from(number >> 33).unwrap() % limit
            };
            let length = below(7);
            // Most words are from the start of the list, so that many command lines are plain.
            let words = (0..length).map(|_| {
                let words = [7, 9, WORDS.len()][below(3)];
                OsString::from(WORDS[below(words)])
            });
            let args: Vec<OsString> = std::iter::once(OsString::from("tlsagen")).chain(words).collect();
            if let Some(read) = plain(&args) {
                plain_ones += 1;
                chains += usize::from(matches!(read, Plain::Chain(_)));
                assert_eq!(Some(read), by_clap(&args), "{args:?}");
            }
        }
        assert!(plain_ones > 4_000 && chains > 100, "{plain_ones} {chains}");
    }
}
