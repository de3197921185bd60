//! Usage errors: one line, and a hint.

use std::ffi::OsString;
use std::fmt;

use crate::diagnostic::{Advise, Code};
use crate::owner::NameError;
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
