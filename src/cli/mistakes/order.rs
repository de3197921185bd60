//! Words that are missing, too many or in the wrong order, and triples written as one word.

use std::ffi::OsString;

use super::super::paths::is_file_name;
use super::super::{UsageError, absent, is_subcommand, parse};
use super::lists::is_port;
use super::{did_you_mean, is_host, shown};
use crate::tlsa::Params;

/// Several words within one pair of quotation marks.
pub(super) fn quoted(words: &[&str], is_missing: impl Fn(&str) -> bool) -> Option<UsageError> {
    if !words.iter().any(|word| word.contains(' ') && is_missing(word)) {
        return None;
    }
    let words = words.iter().flat_map(|word| word.split(' ')).filter(|word| !word.is_empty());
    let call: Vec<&str> = std::iter::once("tlsagen").chain(words).collect();
    parse(&call.iter().map(OsString::from).collect::<Vec<_>>()).ok()?;
    let call: Vec<String> = call.iter().map(|word| shown(word, "...")).collect();
    Some(did_you_mean("an argument contains several words".to_owned(), &call.join(" ")))
}

/// A subcommand after other words.
pub(super) fn subcommand(words: &[&str], is_missing: impl Fn(&str) -> bool) -> Option<UsageError> {
    let place = words.iter().position(|word| is_subcommand(word))?;
    let (before, rest) = words.split_at_checked(place)?;
    let (name, after) = rest.split_first()?;
    // After an option, the word may be its value.
    let is_free =
        before.last().is_some_and(|last| matches!(*last, "-q" | "--quiet") || !last.starts_with('-'));
    if !is_free || !is_missing(name) {
        return None;
    }
    if let Some(error) = absent(name) {
        return Some(error);
    }
    let others: Vec<String> = before.iter().chain(after).map(|word| shown(word, "...")).collect();
    Some(did_you_mean(
        format!("the subcommand {name} comes first"),
        &format!("tlsagen {name} {}", others.join(" ")),
    ))
}

/// CHAIN, HOST, parameters and ports in the wrong order, a second file, or words that the subcommand does not take.
pub(super) fn order(words: &[&str], is_missing: impl Fn(&str) -> bool) -> Option<UsageError> {
    let subcommand = words.first().filter(|word| is_subcommand(word)).copied();
    if subcommand
        .is_some_and(|name| !["chain", "check", "diff", "rollover", "batch", "probe"].contains(&name))
    {
        return None;
    }
    let words = words.get(usize::from(subcommand.is_some())..)?;
    let end = words.iter().position(|word| word.len() > 1 && word.starts_with('-')).unwrap_or(words.len());
    let (words, options) = words.split_at_checked(end)?;
    let is_server = |word: &&&str| is_host(word) && is_missing(word);
    let is_file = |word: &&&str| !is_missing(word) || is_file_name(word);
    let files: Vec<&&str> = words.iter().filter(is_file).collect();
    let hosts: Vec<&&str> = words.iter().filter(is_server).collect();
    let others: Vec<&str> = words.iter().filter(|word| !is_file(word) && !is_server(word)).copied().collect();
    let is_triple = Params::parse_all(&apart(&others)).is_ok();
    let ports = others.join(",");
    let is_ports = !others.is_empty() && others.iter().all(|word| is_port(word));
    if !is_triple && !is_ports {
        return None;
    }
    let host = hosts.first().filter(|_| hosts.len() == 1)?;
    let name = subcommand.unwrap_or_default();
    let takes_triple = matches!(name, "" | "diff" | "rollover");
    let in_order = words.iter().zip(files.iter().chain(&hosts)).all(|(word, wanted)| word == *wanted);
    let (message, name, triple) = match (name, files.as_slice()) {
        ("batch", [_]) => ("batch takes a file of lines, one for each call".to_owned(), "", true),
        ("probe", [_, ..]) => ("probe reads no certificates".to_owned(), "check", false),
        ("chain", [_]) if is_triple && !others.is_empty() => {
            ("chain takes no parameters".to_owned(), "", true)
        }
        ("check", [_]) | ("probe", []) if is_triple && !others.is_empty() => {
            (format!("{name} takes no parameters"), name, false)
        }
        ("batch" | "probe", _) => return None,
        (_, []) if words.len() + options.len() > 1 && !words.contains(&"") => {
            return Some(no_chain(name, words, options));
        }
        (_, [first, second]) => return two_files(name, words, [first, second], host, options),
        (_, [_]) if !in_order && others.is_empty() => ("CHAIN comes before HOST".to_owned(), name, false),
        (_, [_]) if !in_order => ("the order is CHAIN, HOST, parameters".to_owned(), name, takes_triple),
        _ => return None,
    };
    let file = files.first().map(|file| shown(file, "CHAIN"));
    let start = ["tlsagen", name].into_iter().filter(|word| !word.is_empty()).map(str::to_owned);
    let mut call: Vec<String> = start.chain(file).chain([shown(host, "HOST")]).collect();
    if is_ports {
        call.extend(["-p".to_owned(), ports]);
    } else if triple {
        call.extend(others.iter().filter(|word| !word.is_empty()).map(|word| shown(word, "...")));
    }
    call.extend(options.iter().map(|word| shown(word, "...")));
    Some(did_you_mean(message, &call.join(" ")))
}

/// A call without CHAIN.
fn no_chain(name: &str, words: &[&str], options: &[&str]) -> UsageError {
    let start = ["tlsagen", name, "fullchain.pem"].into_iter().filter(|word| !word.is_empty());
    let rest = words.iter().chain(options).map(|word| shown(word, "..."));
    let call: Vec<String> = start.map(str::to_owned).chain(rest).collect();
    did_you_mean("CHAIN is missing (- is standard input)".to_owned(), &call.join(" "))
}

/// A second file: after HOST, the published records or the state file; before it, the rest of the chain.
fn two_files(
    name: &str,
    words: &[&str],
    [first, second]: [&str; 2],
    host: &str,
    options: &[&str],
) -> Option<UsageError> {
    let is_last = words.last() == Some(&second);
    // A directory may have the name of a host.
    if [first, second].contains(&"-") || !is_last && (is_host(first) || is_host(second)) {
        return None;
    }
    let (first, second, host) = (shown(first, "CHAIN"), shown(second, "FILE"), shown(host, "HOST"));
    let options: String = options.iter().map(|word| format!(" {}", shown(word, "..."))).collect();
    let option = match name {
        "check" | "diff" => Some("--records"),
        "rollover" => Some("--state"),
        _ => None,
    };
    let (message, call) = match option.filter(|_| is_last) {
        Some(option) => (
            format!("a file after HOST needs an option, such as {option}"),
            format!("tlsagen {name} {first} {host} {option} {second}{options}"),
        ),
        None => {
            let name = if name.is_empty() { String::new() } else { format!("{name} ") };
            let call = format!("cat {first} {second} | tlsagen {name}- {host}{options}");
            ("CHAIN is one file".to_owned(), call)
        }
    };
    Some(did_you_mean(message, &call))
}

/// One word where CHAIN and HOST belong.
pub(super) fn too_few(words: &[&str]) -> Option<UsageError> {
    let (subcommand, rest) = match words.split_first()? {
        (first, rest) if ["chain", "check", "diff"].contains(first) => (format!("{first} "), rest),
        _ => (String::new(), words),
    };
    let [only] = rest else { return None };
    if only.starts_with('-') && *only != "-" || is_subcommand(only) {
        return None;
    }
    let (message, call) = match is_host(only) {
        true => ("CHAIN is missing", format!("fullchain.pem {}", shown(only, "HOST"))),
        false => ("HOST is missing", format!("{} mx.example", shown(only, "CHAIN"))),
    };
    Some(UsageError::new(message.to_owned(), &format!("give both, as in `tlsagen {subcommand}{call}`")))
}

/// Words that are triples written together, such as `3-1-1`, `311,211` or `(3 1 1)`, are taken apart. `110` is left
/// alone, because it may be the port of POP3.
pub(in crate::cli) fn apart(words: &[impl AsRef<str>]) -> Vec<String> {
    let mut all: Vec<String> = Vec::with_capacity(words.len());
    for word in words.iter().map(AsRef::as_ref) {
        let is_first = all.len().is_multiple_of(3);
        let parts: Vec<&str> = match word {
            "110" => vec![word],
            _ if is_first => word.split([' ', '\t', ',', '(', ')']).flat_map(digits).collect(),
            _ => vec![word],
        };
        match Params::parse_all(&parts) {
            Ok(_) => all.extend(parts.iter().map(|part| (*part).to_owned())),
            Err(_) => all.push(word.to_owned()),
        }
    }
    all
}

/// The parts of `311` or `3-1-1`; another word is one part, an empty word none.
fn digits(word: &str) -> Vec<&str> {
    match word.len() {
        0 => Vec::new(),
        3 if word.is_ascii() => word.split("").filter(|part| !part.is_empty()).collect(),
        5 => word.split(['-', '/', '.', '_', ':']).collect(),
        _ => vec![word],
    }
}
