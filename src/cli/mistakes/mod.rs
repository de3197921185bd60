//! Recognises, after a call has failed, the habits of other programs and common slips, and shows the right call.

mod habits;
mod lists;
mod options;
mod order;
mod verbs;

use std::ffi::OsString;

use super::paths::is_file_name;
use super::{UsageError, absent};
use crate::owner::Endpoint;
use crate::text;

pub(super) use order::apart;
pub(super) use verbs::topic;

/// Explains a call that failed; `None` if nothing is known about it. `args` start with the program's name; `is_usage` is
/// whether its arguments were wrong, `is_missing` tells whether no file of a name exists.
pub fn mistake(args: &[OsString], is_usage: bool, is_missing: impl Fn(&str) -> bool) -> Option<UsageError> {
    let words: Vec<&str> = args.iter().skip(1).map(|arg| arg.to_str()).collect::<Option<_>>()?;
    let words = words.as_slice();
    if let Some(error) = words.first().and_then(|first| absent(first)) {
        return Some(error);
    }
    // The options of another program tell more than the verb before them.
    let has_habit = words.iter().any(|word| habits::is_habit(word));
    let verb = if has_habit { None } else { verbs::verb(words, &is_missing) };
    let of_files = verb.or_else(|| order::order(words, &is_missing));
    let of_usage = || {
        order::quoted(words, &is_missing)
            .or_else(|| order::subcommand(words, &is_missing))
            .or_else(|| dash(words))
            .or_else(|| habits::habits(words))
            .or_else(|| options::option(words))
            .or_else(|| lists::ports(words))
            .or_else(|| lists::hosts(words))
            .or_else(|| lists::host(words))
            .or_else(|| lists::domain(words))
            .or_else(|| lists::transport(words))
            .or_else(|| order::too_few(words))
    };
    of_files.or_else(|| if is_usage { of_usage() } else { None })
}

/// Returns the name that a word is a misspelling of.
fn similar<Name: AsRef<str> + Ord>(word: &str, names: impl IntoIterator<Item = Name>) -> Option<Name> {
    let lower = word.to_ascii_lowercase();
    let names = names.into_iter().map(|name| (strsim::damerau_levenshtein(&lower, name.as_ref()), name));
    names.filter(|(distance, name)| *distance <= 1 + name.as_ref().len() / 6).min().map(|(_, name)| name)
}

/// A word as part of a call to show; the placeholder if the word may be part of a key.
fn shown(word: &str, placeholder: &str) -> String {
    // The value of an option may be a key too.
    let (name, value) = match word.split_once('=') {
        Some((name, value)) if name.starts_with('-') => (name, value),
        None if word.starts_with("--") => (word, ""),
        None if word.starts_with('-') => word.split_at_checked(2).unwrap_or((word, "")),
        _ => ("", word),
    };
    let is_name = name.len() <= 2 || name.bytes().all(|octet| octet.is_ascii_lowercase() || octet == b'-');
    // Hexadecimal digits may be a key too.
    let is_long = |part: &str| part.len() >= 32 && part.bytes().all(|octet| octet.is_ascii_alphanumeric());
    let is_plain = value == "-"
        || text::file_name(value) == value && !value.split(|c: char| !c.is_ascii_alphanumeric()).any(is_long);
    match word {
        _ if !is_name || !is_plain => placeholder.to_owned(),
        _ if word.contains(char::is_whitespace) => format!("'{word}'"),
        _ => word.to_owned(),
    }
}

fn did_you_mean(message: String, call: &str) -> UsageError {
    UsageError::new(message, &format!("did you mean `{call}`?"))
}

/// An en dash or em dash, from a word processor or a web page.
fn dash(words: &[&str]) -> Option<UsageError> {
    let word = words.iter().find(|word| {
        word.starts_with(['\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2014}', '\u{2212}'])
    })?;
    let option = word.trim_start_matches(|c: char| !c.is_ascii() || c == '-');
    let hyphens = if option.len() > 1 { "--" } else { "-" };
    let is_option =
        !option.is_empty() && option.bytes().all(|octet| octet.is_ascii_lowercase() || octet == b'-');
    let message = "an option starts with a dash that is not a hyphen (-)".to_owned();
    is_option.then(|| did_you_mean(message, &format!("{hyphens}{option}")))
}

/// Whether the word names servers, each with a dot, rather than a file.
fn is_host(word: &str) -> bool {
    !is_file_name(word)
        && word.split(',').all(|name| name.contains('.'))
        && Endpoint::parse_list(word).is_ok()
}
