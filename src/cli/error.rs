//! A wrong call: one line, and a hint.

use std::fmt;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::owner::NameError;
use crate::tlsa::ParamsError;
use crate::x509::printable;

pub(super) const SEE_HELP: &str = "see `tlsagen --help`";

/// A wrong call: one line, and a hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageError {
    code: Option<&'static str>,
    message: String,
    hint: String,
}

impl UsageError {
    pub(super) fn new(message: String, hint: &str) -> Self {
        Self { code: None, message, hint: hint.to_owned() }
    }

    pub(super) fn misplaced(subcommand: &str) -> Self {
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
    pub(super) fn from_clap(error: &clap::Error) -> Self {
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
