//! The subcommands, one file each. A subcommand reads input, calls the other modules and writes output.

mod batch;
mod check;
mod diff;
mod outcome;
#[cfg(feature = "live")]
mod probe;
mod reading;
mod records;
#[cfg(feature = "live")]
mod rollover;
mod source;
mod trouble;

use std::ffi::OsString;

use crate::cli::{self, Invocation};
use crate::files;
use crate::man;
use crate::render::Palette;
use crate::text::printable;
use outcome::Outcome;
use trouble::Trouble;

/// Runs the program with `args`, starting with the program name, and returns the exit status: 0 success, 1 a negative
/// answer, 2 an error, 3 undetermined.
///
/// Computes everything before it writes anything, so that standard output stays empty on errors. `probe` is an
/// exception: it checks its arguments and input first, then prints the result of each host when the host is done.
///
/// `may_colour`: whether text on a terminal may be coloured.
pub fn run(args: impl IntoIterator<Item = OsString>, may_colour: bool) -> u8 {
    let palette = if may_colour && files::stdout_is_terminal() { Palette::Colour } else { Palette::Plain };
    let args: Vec<OsString> = args.into_iter().collect();
    let parsed = cli::parse(&args).map_err(Trouble::from);
    let is_usage = parsed.is_err();
    let is_plug_in = parsed.as_ref().map_or_else(|_| cli::asks_for_nagios(&args), Invocation::is_plug_in);
    let outcome = parsed.and_then(|invocation| self::outcome(invocation, palette));
    let outcome = outcome
        .map_err(|trouble| cli::mistake(&args, is_usage, files::is_missing).map_or(trouble, Trouble::from));
    let mut outcome = outcome.unwrap_or_else(|trouble| match is_plug_in {
        true => Outcome::failed_plug_in(&trouble),
        false => Outcome::failed(&trouble),
    });
    if let Err(error) = files::write_stdout(&outcome.data) {
        let failed = Outcome::failed(&error.into());
        outcome.talk.extend(failed.talk);
        outcome.status = failed.status;
    }
    let talk: String = outcome.talk.iter().map(|line| format!("tlsagen: {}\n", printable(line))).collect();
    if !talk.is_empty() {
        files::write_stderr(&talk);
    }
    outcome.status
}

fn outcome(invocation: Invocation, palette: Palette) -> Result<Outcome, Trouble> {
    match invocation {
        Invocation::Records(request, params) => records::records(&request, &params),
        Invocation::Chain(request) => records::chain(&request),
        Invocation::Batch(request) => batch::batch(&request),
        Invocation::Check(request) => check::check(&request, palette),
        Invocation::Diff(request) => diff::diff(&request),
        #[cfg(feature = "live")]
        Invocation::Probe(request) => probe::probe(&request, palette),
        #[cfg(feature = "live")]
        Invocation::Rollover(request) => rollover::rollover(&request),
        #[cfg(feature = "live")]
        Invocation::Hook(hook) => Ok(Outcome::shown(hook.text())),
        Invocation::Completions(shell) => Ok(Outcome::shown(cli::completions(shell))),
        Invocation::Man => Ok(Outcome::shown(man::page())),
        Invocation::Show(text) => Ok(Outcome::shown(text)),
    }
}
