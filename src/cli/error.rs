//! Usage errors: one line, and a hint.

use std::ffi::OsString;
use std::fmt;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::diagnostic::{Advise, Code};
use crate::owner::NameError;
use crate::text::{Shown, printable};
use crate::tlsa::ParamsError;

pub(super) const SEE_HELP: &str = "see `tlsagen --help`";

/// A usage error: one line, and a hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageError {
    code: Option<Code>,
    message: String,
    hint: String,
}

impl UsageError {
    pub(super) fn new(message: String, hint: &str) -> Self {
        Self { code: None, message, hint: hint.to_owned() }
    }

    pub(super) fn misplaced(subcommand: &str) -> Self {
        Self::new(
            format!("'{subcommand}' is a subcommand and cannot be used as a file name"),
            &format!("put options after the subcommand; to read a file of that name, write ./{subcommand}"),
        )
    }

    /// Returns the error for a subcommand that a build without the feature `live` does not have.
    pub(super) fn without_live(subcommand: &str) -> Self {
        let message =
            format!("this build of tlsagen has no `{subcommand}`: it was built without the feature `live`");
        let hint = format!("install a build with `{subcommand}`, or use `check` with --records");
        Self::new(message, &hint)
    }

    /// Turns clap's message of several lines into one line and a hint. `args` is the command line, which starts with
    /// the program's name.
    pub(super) fn from_clap(mut error: clap::Error, args: &[OsString]) -> Self {
        if error.kind() == ErrorKind::ArgumentConflict
            && let Some(ContextValue::String(subcommand)) = error.get(ContextKind::InvalidSubcommand)
        {
            return Self::misplaced(subcommand);
        }
        let given = hide(&mut error, args);
        let text = error.to_string();
        let mut lines = text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:"));
        let mut first = lines.next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let mut tips = Vec::new();
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with("For more information")) {
            match line.strip_prefix("tip: ") {
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
        let mut hint = if tips.is_empty() { SEE_HELP.to_owned() } else { tips.join("; ") };
        if let Some((given, is_positional)) = given {
            first = first.replace(&format!("'{MARK}'"), &given.to_string());
            if is_positional && text.contains("Usage: tlsagen chain") {
                first = first.trim_end_matches(" found").to_owned();
                hint = "chain prints every record and takes no parameters; separate hosts with commas: a.example,b.example".to_owned();
            }
        }
        Self { code: None, message: printable(&first), hint: printable(&hint) }
    }
}

/// A placeholder for an argument while clap formats its message.
const MARK: &str = "\u{0}";

/// Replaces the argument that `error` quotes with [`MARK`], and removes the tips that quote the argument.
/// Returns the argument in a form that is safe to print, and whether the argument is positional.
fn hide(error: &mut clap::Error, args: &[OsString]) -> Option<(Shown, bool)> {
    // For an unknown argument, clap's InvalidArg is the argument as typed; for other errors, InvalidArg is the name of
    // an option.
    let kind = match error.kind() {
        ErrorKind::UnknownArgument => ContextKind::InvalidArg,
        ErrorKind::InvalidSubcommand => ContextKind::InvalidSubcommand,
        _ => ContextKind::InvalidValue,
    };
    // Only the tips that start with "to pass" quote the argument. These tips explain how to pass a value that starts
    // with a dash, but no value of this program does.
    if let Some(ContextValue::StyledStrs(tips)) = error.remove(ContextKind::Suggested) {
        let tips = tips.into_iter().filter(|tip| !tip.to_string().starts_with("to pass"));
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips.collect()));
    }
    let argument = match error.get(kind) {
        // For an empty value, clap has a message that quotes nothing.
        Some(ContextValue::String(argument)) if !argument.is_empty() => argument.clone(),
        _ => return None,
    };
    error.insert(kind, ContextValue::String(MARK.to_owned()));
    let is_positional = kind == ContextKind::InvalidArg && !argument.starts_with('-');
    let shown = match kind {
        ContextKind::InvalidValue => Shown::number(&argument).at("(not shown)"),
        _ => {
            let is_it = |arg: &OsString| arg.to_str().is_some_and(|arg| arg.starts_with(&argument));
            let place = args.iter().skip(1).position(is_it);
            let place = place.map_or_else(|| "(not shown)".to_owned(), |place| format!("{}", place + 1));
            if is_positional { Shown::name(&argument).at(place) } else { Shown::option(&argument).at(place) }
        }
    };
    Some((shown, is_positional))
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for UsageError {}

impl Advise for UsageError {
    fn code(&self) -> Option<Code> {
        self.code
    }

    fn hint(&self) -> Option<String> {
        Some(self.hint.clone())
    }
}

impl From<NameError> for UsageError {
    fn from(error: NameError) -> Self {
        let hint = error.hint().unwrap_or_else(|| SEE_HELP.to_owned());
        Self { code: error.code(), message: error.to_string(), hint }
    }
}

impl From<ParamsError> for UsageError {
    fn from(error: ParamsError) -> Self {
        Self::new(
            error.to_string(),
            "parameters follow HOST, as in `tlsagen fullchain.pem mx.example 3 1 1`; separate hosts with commas: a.example,b.example",
        )
    }
}

/// Whether arguments that cannot be parsed ask for the output of a Nagios plug-in.
pub fn asks_for_nagios(args: &[OsString]) -> bool {
    let args: Vec<String> = args.iter().filter_map(|arg| arg.to_str()).map(str::to_ascii_lowercase).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let reports = matches!(args.get(1), Some(&("check" | "probe")));
    let is_value = |option: &str| option == "--format" || option.starts_with('-') && option.ends_with('f');
    let is_option = |arg: &&str| {
        let value = arg.strip_suffix("nagios").map(|rest| rest.strip_suffix('=').unwrap_or(rest));
        value.is_some_and(is_value)
    };
    let is_pair = |pair: &[&str]| matches!(pair, [option, "nagios"] if is_value(option));
    reports && (args.iter().any(is_option) || args.windows(2).any(is_pair))
}
