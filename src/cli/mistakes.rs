//! Recognises, after a call has failed, the habits of other programs and common slips, and shows the right call.

use std::ffi::OsString;

use super::{LIVE, UsageError};
use crate::owner::{HostName, Port};
use crate::text::{self, Shown};
use crate::tlsa::Params;

/// Verbs of other programs, and the subcommand that does the same; empty for the records themselves.
const VERBS: [(&str, &str); 13] = [
    ("add", ""),
    ("create", ""),
    ("gen", ""),
    ("generate", ""),
    ("new", ""),
    ("print", ""),
    ("records", ""),
    ("show", ""),
    ("tlsa", ""),
    ("test", "check"),
    ("validate", "check"),
    ("verify", "check"),
    ("update", "diff"),
];

/// What an option of another program means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Habit {
    /// Nothing: what the option asks for is the default here.
    Nothing,
    /// The records are to be checked.
    Check,
    /// The value is the file.
    File,
    /// The value is the host.
    Host,
    /// The value is the port.
    Port,
    /// The value is the transport.
    Transport,
    /// The value is the usage, selector or matching type: the first, second or third parameter.
    Parameter(usize),
}

/// Options of hash-slinger's and FreeBSD's `tlsa`, of danetool, ldns-dane and shell scripts.
const HABITS: [(&str, Habit); 27] = [
    ("--create", Habit::Nothing),
    ("--tlsa-rr", Habit::Nothing),
    ("--verify", Habit::Check),
    ("--check", Habit::Check),
    ("--certificate", Habit::File),
    ("--cert", Habit::File),
    ("--load-certificate", Habit::File),
    ("--load-pubkey", Habit::File),
    ("--chain", Habit::File),
    ("--file", Habit::File),
    ("--in", Habit::File),
    ("-in", Habit::File),
    ("--host", Habit::Host),
    ("--hostname", Habit::Host),
    ("--domain", Habit::Host),
    ("--name", Habit::Host),
    ("--proto", Habit::Transport),
    ("--protocol", Habit::Transport),
    ("--tcp", Habit::Nothing),
    ("--usage", Habit::Parameter(0)),
    ("-u", Habit::Parameter(0)),
    ("--selector", Habit::Parameter(1)),
    ("-s", Habit::Parameter(1)),
    ("--mtype", Habit::Parameter(2)),
    ("--matching-type", Habit::Parameter(2)),
    ("-m", Habit::Parameter(2)),
    ("--ports", Habit::Port),
];

/// Explains a call that failed; `None` if nothing is known about it. `args` start with the program's name; `is_usage` is
/// whether its arguments were wrong, `is_missing` tells whether no file of a name exists.
pub fn mistake(args: &[OsString], is_usage: bool, is_missing: impl Fn(&str) -> bool) -> Option<UsageError> {
    let words: Vec<&str> = args.iter().skip(1).map(|arg| arg.to_str()).collect::<Option<_>>()?;
    let words = words.as_slice();
    let of_files = verb(words, &is_missing).or_else(|| swapped(words, &is_missing));
    let of_usage = || {
        dash(words)
            .or_else(|| habits(words))
            .or_else(|| ports(words))
            .or_else(|| host(words))
            .or_else(|| too_few(words))
    };
    of_files.or_else(|| if is_usage { of_usage() } else { None })
}

/// A word as part of a call to show; the placeholder if the word may be part of a key.
fn shown(word: &str, placeholder: &str) -> String {
    // Hexadecimal digits may be a key too.
    let is_long = |part: &str| part.len() >= 32 && part.bytes().all(|octet| octet.is_ascii_alphanumeric());
    if word.split(|c: char| !c.is_ascii_alphanumeric()).any(is_long) {
        return placeholder.to_owned();
    }
    match text::file_name(word) {
        name if name != word => placeholder.to_owned(),
        name if name.contains(char::is_whitespace) => format!("'{name}'"),
        name => name,
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

/// A misspelt subcommand, or a verb of another program.
fn verb(words: &[&str], is_missing: impl Fn(&str) -> bool) -> Option<UsageError> {
    let (word, rest) = words.split_first()?;
    if word.contains(['.', '/']) || super::is_subcommand(word) || word.starts_with('-') || !is_missing(word) {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    // A verb before the options of another program: the options tell more.
    if rest.iter().any(|word| is_habit(word)) {
        return None;
    }
    let command = super::command();
    let names = command.get_subcommands().map(|subcommand| subcommand.get_name().to_owned());
    let similar =
        names.chain(LIVE.map(str::to_owned)).map(|name| (strsim::damerau_levenshtein(&lower, &name), name));
    let similar = similar.filter(|(distance, name)| *distance <= 1 + name.len() / 6).min();
    let known = VERBS
        .iter()
        .filter(|_| !rest.is_empty())
        .find(|(verb, _)| *verb == lower)
        .map(|(_, name)| (*name).to_owned());
    let subcommand = known.or(similar.map(|(_, name)| name))?;
    let rest = rest.iter().map(|word| shown(word, "..."));
    let call: Vec<String> = ["tlsagen".to_owned(), subcommand].into_iter().chain(rest).collect();
    let call: Vec<&str> = call.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
    Some(did_you_mean(
        format!("{} is not a subcommand", Shown::word(word).at("the first word")),
        &call.join(" "),
    ))
}

fn is_habit(word: &str) -> bool {
    let option = word.split('=').next().unwrap_or(word);
    HABITS.iter().any(|(habit, _)| *habit == option)
}

/// Options of other programs. The whole call is shown only if all its options are theirs.
fn habits(words: &[&str]) -> Option<UsageError> {
    let habit_of = |word: &str| HABITS.iter().find(|(option, _)| *option == word).map(|(_, habit)| *habit);
    let first = words.iter().find(|word| is_habit(word))?.split('=').next()?;
    let is_ours = |word: &&str| {
        word.starts_with('-') && word.len() > 1 && !is_habit(word) && !matches!(*word, "-p" | "--port" | "-q")
    };
    let with_subcommand = words.first().is_some_and(|word| super::is_subcommand(word));
    if with_subcommand || words.iter().any(is_ours) {
        let instead = match habit_of(first)? {
            Habit::Nothing => format!("remove {first}"),
            Habit::Check => "use the subcommand check or probe".to_owned(),
            Habit::File => "give CHAIN as the first argument".to_owned(),
            Habit::Host => "give HOST after CHAIN".to_owned(),
            Habit::Port => "use -p".to_owned(),
            Habit::Transport => "use --transport".to_owned(),
            Habit::Parameter(_) => {
                "give usage, selector and matching type after HOST, such as 3 1 1".to_owned()
            }
        };
        return Some(UsageError::new(format!("'{first}' is an option of another program"), &instead));
    }
    let (mut file, mut host, mut ports, mut transport) = (None, None, None, None);
    let (mut parameters, mut is_check) = ([None; 3], false);
    let mut positional = Vec::new();
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        let (option, value) =
            word.split_once('=').map_or((word, None), |(option, value)| (option, Some(value)));
        let mut value = || value.or_else(|| words.next());
        match habit_of(option) {
            Some(Habit::Nothing) => {}
            Some(Habit::Check) => is_check = true,
            Some(Habit::File) => file = value(),
            Some(Habit::Host) => host = value(),
            Some(Habit::Port) => ports = value(),
            Some(Habit::Transport) => transport = value(),
            Some(Habit::Parameter(index)) => {
                if let Some(parameter) = parameters.get_mut(index) {
                    *parameter = value();
                }
            }
            None if matches!(option, "-p" | "--port") => ports = value(),
            None if word.starts_with('-') => {}
            None => positional.push(word),
        }
    }
    let is_value = |word: &&str| !super::is_subcommand(word) && !VERBS.iter().any(|(verb, _)| verb == word);
    let mut positional = positional.into_iter().filter(is_value).peekable();
    if file.is_none() {
        // A lone word is a host for a program that takes the file by an option.
        file = positional.next_if(|word| !is_host(word));
    }
    if host.is_none() {
        host = positional.next();
    }
    let mut call = vec!["tlsagen".to_owned()];
    match (is_check, &file) {
        (true, None) if cfg!(feature = "live") => call.push("probe".to_owned()),
        (true, file) => call.extend(["check".to_owned(), shown(file.unwrap_or("CHAIN"), "CHAIN")]),
        (false, file) => call.push(shown(file.unwrap_or("CHAIN"), "CHAIN")),
    }
    call.push(shown(host.unwrap_or("HOST"), "HOST"));
    if !is_check && parameters.iter().any(Option::is_some) {
        let defaults = ["3", "1", "1"];
        let given =
            parameters.iter().zip(defaults).map(|(given, default)| shown(given.unwrap_or(default), default));
        call.extend(given);
    }
    if let Some(ports) = ports.filter(|ports| *ports != "25") {
        call.extend(["-p".to_owned(), shown(ports, "PORT")]);
    }
    if let Some(transport) = transport.filter(|transport| *transport != "tcp") {
        call.extend(["--transport".to_owned(), shown(transport, "udp")]);
    }
    Some(did_you_mean(format!("'{first}' is an option of another program"), &call.join(" ")))
}

/// Whether the word is not a triple such as 311.
fn is_no_triple(word: &str) -> bool {
    apart(&[word]).len() == 1
}

/// Ports that are not joined by commas, or stand without `-p`.
fn ports(words: &[&str]) -> Option<UsageError> {
    // Numbers up to 3 are parameters.
    let is_port = |word: &str| word.parse::<Port>().is_ok_and(|port| port.number() > 3 && is_no_triple(word));
    let is_list = |word: &str| word.split(',').all(is_port);
    let after = words.iter().position(|word| matches!(*word, "-p" | "--port"));
    // A single digit is rather a wrong parameter.
    let is_lone = |pair: &[&str]| matches!(pair, [before, word] if !before.starts_with('-') && word.len() > 1 && is_list(word));
    let start = after.or_else(|| words.windows(2).position(is_lone))? + 1;
    let list = words.get(start..)?.iter().map(|word| word.trim_end_matches(','));
    let list: Vec<&str> = list.take_while(|word| is_list(word)).collect();
    let message = match after {
        Some(_) if list.len() < 2 => return None,
        Some(_) => "ports must be joined by commas".to_owned(),
        None => format!("{} after HOST is not a parameter", list.join(" ")),
    };
    Some(did_you_mean(message, &format!("-p {}", list.join(","))))
}

/// A mail address or a URL where a host belongs.
fn host(words: &[&str]) -> Option<UsageError> {
    // HOST follows the subcommand, if any, and CHAIN, which probe does not have.
    let has_both = words.first().is_some_and(|word| super::is_subcommand(word) && *word != "probe");
    if let Some(word) = words.get(1 + usize::from(has_both)) {
        if let Some((user, domain)) = word.split_once('@')
            && !user.is_empty()
            && is_host(domain)
        {
            let mut hint = format!("give the host in the MX record of {domain}");
            if cfg!(feature = "live") {
                hint.push_str(&format!(", or probe them all: tlsagen probe --mx {domain}"));
            }
            return Some(UsageError::new("HOST is a mail address, not a server".to_owned(), &hint));
        }
        let (url, is_url) = match word.split_once("://") {
            Some((scheme, rest)) => (rest, scheme.bytes().all(|octet| octet.is_ascii_alphabetic())),
            None => (*word, word.strip_suffix('/').is_some_and(is_host)),
        };
        let name = url.split('/').next().unwrap_or_default();
        let name =
            name.split_once(':').map_or((name, None), |(name, port)| (name, port.parse::<Port>().ok()));
        if let (name, port) = name
            && is_url
            && is_host(name)
        {
            let port = port.or_else(|| word.split_once("://")?.0.parse().ok());
            let port =
                port.filter(|port| *port != Port::SMTP).map(|port| format!(":{port}")).unwrap_or_default();
            return Some(did_you_mean("HOST is a URL, not a host name".to_owned(), &format!("{name}{port}")));
        }
    }
    None
}

/// Whether the word is a host name with a dot that does not end as the files of certificates and keys do.
fn is_host(word: &str) -> bool {
    const FILES: [&str; 10] =
        [".pem", ".crt", ".cer", ".der", ".key", ".csr", ".p7b", ".pfx", ".p12", ".jks"];
    let is_file = FILES.iter().any(|end| word.ends_with(end));
    word.contains('.') && !is_file && word.parse::<HostName>().is_ok()
}

/// HOST before CHAIN.
fn swapped(words: &[&str], is_missing: impl Fn(&str) -> bool) -> Option<UsageError> {
    let subcommand = words.first().filter(|word| super::is_subcommand(word));
    if subcommand.is_some_and(|name| !["chain", "check", "diff", "rollover"].contains(name)) {
        return None;
    }
    let start = usize::from(subcommand.is_some());
    let (host, file) = (words.get(start)?, words.get(start + 1)?);
    if !is_host(host.split(':').next()?) || !is_missing(host) || file.starts_with('-') || is_missing(file) {
        return None;
    }
    let before = words.get(..start)?.iter().copied();
    let rest = words.get(start + 2..)?.iter().map(|word| shown(word, "..."));
    let call = std::iter::once("tlsagen").chain(before).map(str::to_owned);
    let call: Vec<String> = call.chain([shown(file, "CHAIN"), shown(host, "HOST")]).chain(rest).collect();
    Some(did_you_mean("CHAIN comes before HOST".to_owned(), &call.join(" ")))
}

/// One word where CHAIN and HOST belong.
fn too_few(words: &[&str]) -> Option<UsageError> {
    let (subcommand, rest) = match words.split_first()? {
        (first, rest) if ["chain", "check", "diff"].contains(first) => (format!("{first} "), rest),
        _ => (String::new(), words),
    };
    let [only] = rest else { return None };
    if only.starts_with('-') && *only != "-" || super::is_subcommand(only) {
        return None;
    }
    let (message, call) = match is_host(only) {
        true => ("CHAIN is missing", format!("fullchain.pem {}", shown(only, "HOST"))),
        false => ("HOST is missing", format!("{} mx.example", shown(only, "CHAIN"))),
    };
    Some(UsageError::new(message.to_owned(), &format!("give both, as in `tlsagen {subcommand}{call}`")))
}

/// Words that are triples written together, such as `3-1-1`, `311` or `3 1 1`, are taken apart. `110` is left alone,
/// because it may be the port of POP3.
pub(super) fn apart(words: &[impl AsRef<str>]) -> Vec<String> {
    let mut all: Vec<String> = Vec::with_capacity(words.len());
    for word in words.iter().map(AsRef::as_ref) {
        let parts: Vec<&str> = match word {
            _ if !all.len().is_multiple_of(3) => vec![word],
            "110" => vec![word],
            _ if word.contains(char::is_whitespace) => word.split_whitespace().collect(),
            _ if word.len() == 3 && word.is_ascii() => {
                word.split("").filter(|part| !part.is_empty()).collect()
            }
            _ if word.len() == 5 => word.split(['-', ',', '/', '.', '_']).collect(),
            _ => vec![word],
        };
        match Params::parse_all(&parts) {
            Ok(_) => all.extend(parts.iter().map(|part| (*part).to_owned())),
            Err(_) => all.push(word.to_owned()),
        }
    }
    all
}
