//! Errors of clap, each in one line with a hint.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::UsageError;
use super::error::SEE_HELP;
use crate::text::{Shown, printable};

/// Turns clap's message of several lines into one line and a hint. `args` is the command line, which starts with
/// the program's name.
pub(super) fn refused(mut error: clap::Error, args: &[OsString]) -> UsageError {
    if error.kind() == ErrorKind::ArgumentConflict
        && let Some(ContextValue::String(subcommand)) = error.get(ContextKind::InvalidSubcommand)
    {
        return UsageError::misplaced(subcommand);
    }
    let command = called(args);
    if let Some(error) = incomplete(&error, &command).or_else(|| conflict(&error)) {
        return error;
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
    let mut hint = if tips.is_empty() { see_help(&command) } else { tips.join("; ") };
    if let Some((given, is_positional)) = given {
        first = first.replace(&format!("'{MARK}'"), &given.to_string());
        if is_positional {
            first = first.trim_end_matches(" found").to_owned();
            hint = call(&command, |_| true);
        }
    }
    UsageError::new(printable(&first), &printable(&hint))
}

/// Returns clap's definition of the subcommand that is called, or of record output.
fn called(args: &[OsString]) -> clap::Command {
    let mut command = super::command();
    command.build();
    let name = args.get(1).and_then(|name| name.to_str());
    let subcommand = name.and_then(|name| command.find_subcommand(name).cloned());
    subcommand.unwrap_or(command)
}

fn see_help(command: &clap::Command) -> String {
    match command.get_name() {
        "tlsagen" => SEE_HELP.to_owned(),
        name => format!("see `tlsagen help {name}`"),
    }
}

/// Returns the name of an argument without brackets, values and repetition: `--mx` for `--mx <DOMAIN>`, `HOST` for
/// `<HOST[:PORT][,...]>`.
fn bare(argument: &str) -> &str {
    let argument = argument.trim_start_matches(['[', '<']);
    argument.split([' ', '[', ']', '<', '>']).next().unwrap_or(argument)
}

/// Shows the call of a subcommand with its required options and the positional arguments that `is_wanted` selects.
fn call(command: &clap::Command, is_wanted: impl Fn(&clap::Arg) -> bool) -> String {
    let options = command.get_opts().filter(|option| option.is_required_set()).map(ToString::to_string);
    let positionals = command.get_positionals().filter(|argument| is_wanted(argument));
    let positionals = positionals.map(|argument| bare(&argument.to_string()).to_owned());
    let name = command.get_bin_name().unwrap_or("tlsagen").to_owned();
    let words: Vec<String> = std::iter::once(name).chain(options).chain(positionals).collect();
    format!("the call is `{}`; {}", words.join(" "), see_help(command))
}

/// Returns the values of an argument that takes one of a few words.
fn values(argument: &clap::Arg) -> Option<String> {
    let values = argument.get_possible_values();
    let names: Vec<&str> = values.iter().map(|value| value.get_name()).collect();
    (!names.is_empty() && argument.get_action().takes_values()).then(|| names.join(", "))
}

/// Explains a call without a required argument, an option without its value, and a value of an option that takes none.
fn incomplete(error: &clap::Error, command: &clap::Command) -> Option<UsageError> {
    let explain = |name: &str| {
        let argument = command.get_arguments().find(|argument| argument.to_string() == name)?;
        match values(argument) {
            Some(values) => Some(format!("give one of {values}")),
            None if argument.is_positional() => None,
            None => Some(format!("{name}: {}", argument.get_help()?)),
        }
    };
    let (message, hint) = match (error.kind(), error.get(ContextKind::InvalidArg)?) {
        (ErrorKind::MissingRequiredArgument, ContextValue::Strings(missing)) => {
            let names: Vec<&str> = missing.iter().map(|name| bare(name)).collect();
            match names.as_slice() {
                [others @ .., last] if !others.is_empty() => {
                    (format!("{} and {last} are missing", others.join(", ")), None)
                }
                names => {
                    (format!("{} is missing", names.concat()), missing.first().and_then(|name| explain(name)))
                }
            }
        }
        (ErrorKind::InvalidValue, ContextValue::String(name)) => match error.get(ContextKind::InvalidValue) {
            Some(ContextValue::String(value)) if value.is_empty() => {
                (format!("{} has no value", bare(name)), explain(name))
            }
            _ => return None,
        },
        (ErrorKind::TooManyValues, ContextValue::String(name)) => {
            (format!("{} takes no value", bare(name)), Some(format!("write `{}`", bare(name))))
        }
        _ => return None,
    };
    Some(UsageError::new(message, &hint.unwrap_or_else(|| call(command, clap::Arg::is_required_set))))
}

/// Explains arguments that exclude each other, and an option that is given twice.
fn conflict(error: &clap::Error) -> Option<UsageError> {
    let others = match (error.kind(), error.get(ContextKind::PriorArg)?) {
        (ErrorKind::ArgumentConflict, ContextValue::String(other)) => std::slice::from_ref(other),
        (ErrorKind::ArgumentConflict, ContextValue::Strings(others)) => others,
        _ => return None,
    };
    let ContextValue::String(argument) = error.get(ContextKind::InvalidArg)? else { return None };
    let names: Vec<&str> = others.iter().map(|other| bare(other)).collect();
    let name = bare(argument);
    Some(match names.as_slice() {
        [other] if *other == name => UsageError::new(format!("{name} is given twice"), "give it once"),
        _ => UsageError::new(
            format!("{name} cannot be used with {}", names.join(" or ")),
            "use one or the other",
        ),
    })
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
