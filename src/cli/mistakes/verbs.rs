//! Misspelt subcommands, and verbs of other programs.

use super::super::notes::TOPICS;
use super::super::paths::is_file_name;
use super::super::{LIVE, UsageError, absent, command, is_subcommand};
use super::{did_you_mean, is_host, shown, similar};
use crate::text::Shown;

/// Verbs of other programs, and the subcommand that does the same; empty for the records themselves.
const VERBS: [(&str, &str); 18] = [
    ("add", ""),
    ("create", ""),
    ("gen", ""),
    ("generate", ""),
    ("new", ""),
    ("print", ""),
    ("records", ""),
    ("show", ""),
    ("tlsa", ""),
    ("tlsagen", ""),
    ("x509", ""),
    ("test", "check"),
    ("validate", "check"),
    ("verify", "check"),
    ("update", "diff"),
    ("roll", "rollover"),
    ("rotate", "rollover"),
    ("version", "--version"),
];

/// Returns the subcommand that does what the verb of another program does.
pub(super) fn known(verb: &str) -> Option<&'static str> {
    VERBS.iter().find(|(known, _)| verb.eq_ignore_ascii_case(known)).map(|(_, name)| *name)
}

/// A misspelt subcommand, or a verb of another program.
pub(super) fn verb(words: &[&str], is_missing: impl Fn(&str) -> bool) -> Option<UsageError> {
    let (word, rest) = words.split_first()?;
    if word.contains(['.', '/']) || is_subcommand(word) || word.starts_with('-') || !is_missing(word) {
        return None;
    }
    let command = command();
    let names = command.get_subcommands().map(clap::Command::get_name).chain(LIVE);
    let known = known(word).filter(|name| !name.is_empty() || !rest.is_empty());
    if rest.is_empty() && TOPICS.contains(word) {
        return Some(did_you_mean(
            format!("'{word}' is a topic of the help"),
            &format!("tlsagen help {word}"),
        ));
    }
    // Another word before a file is a verb too.
    let before_file = || {
        rest.first().filter(|next| is_file_name(next) || next.contains('/') && !is_missing(next)).map(|_| "")
    };
    // Without a file, only the server itself can be checked.
    let has_file = rest.iter().any(|next| !is_missing(next) || is_file_name(next));
    let probe = known.filter(|name| *name == "check" && !has_file && rest.iter().any(|next| is_host(next)));
    let known = probe.map(|_| "probe").or(known);
    let subcommand = known.or_else(|| similar(word, names)).or_else(before_file)?;
    if let Some(error) = absent(subcommand) {
        return Some(error);
    }
    // More than one verb, as in `show tlsa`.
    let rest = rest.iter().skip_while(|word| self::known(word) == Some("") && is_missing(word));
    let rest = rest.map(|word| shown(word, "..."));
    let call: Vec<String> = ["tlsagen", subcommand].map(str::to_owned).into_iter().chain(rest).collect();
    let call: Vec<&str> = call.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
    Some(did_you_mean(
        format!("{} is not a subcommand", Shown::word(word).at("the first word")),
        &call.join(" "),
    ))
}

/// Returns the subcommand or topic of `tlsagen help` that `word` means: it is misspelt, or a verb of another program.
pub(in crate::cli) fn topic(word: &str) -> Option<String> {
    let command = command();
    let names = command.get_subcommands().map(clap::Command::get_name).chain(TOPICS);
    known(word).filter(|name| !name.starts_with('-')).or_else(|| similar(word, names)).map(str::to_owned)
}
