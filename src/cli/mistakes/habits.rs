//! Options of other programs.

use super::super::{UsageError, is_subcommand};
use super::verbs::known;
use super::{did_you_mean, is_host, shown};

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
    /// Something else: what to do here.
    Instead(&'static str),
}

/// Options of hash-slinger's and FreeBSD's `tlsa`, of danetool, ldns-dane, openssl and shell scripts.
const HABITS: &[(&str, Habit)] = &[
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
    ("--fullchain", Habit::File),
    ("--pem", Habit::File),
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
    ("-H", Habit::Host),
    ("--verbose", Habit::Nothing),
    ("--debug", Habit::Nothing),
    ("-o", Habit::Instead(REDIRECT)),
    ("-out", Habit::Instead(REDIRECT)),
    ("--out", Habit::Instead(REDIRECT)),
    ("--output", Habit::Instead(REDIRECT)),
    ("--zone", Habit::Instead(RECORDS)),
    ("--zonefile", Habit::Instead(RECORDS)),
    ("--digest", Habit::Instead(DIGEST)),
    ("--hash", Habit::Instead(DIGEST)),
    #[cfg(feature = "live")]
    ("-connect", Habit::Instead("connect with probe, as in `tlsagen probe mx.example:25`")),
    #[cfg(feature = "live")]
    ("--resolver", Habit::Instead(DNS)),
    #[cfg(feature = "live")]
    ("--nameserver", Habit::Instead(DNS)),
    #[cfg(feature = "live")]
    ("--ipv4", Habit::Instead("use -4")),
    #[cfg(feature = "live")]
    ("--ipv6", Habit::Instead("use -6")),
];

const REDIRECT: &str = "records go to standard output: redirect it with >FILE";
const RECORDS: &str = "give the zone file with --records, as in `tlsagen check CHAIN HOST --records FILE`";
const DIGEST: &str = "the last parameter selects the digest: 3 1 1 is SHA-256, 3 1 2 is SHA-512";
#[cfg(feature = "live")]
const DNS: &str = "use --dns ADDRESS";

pub(super) fn is_habit(word: &str) -> bool {
    let option = word.split('=').next().unwrap_or(word);
    HABITS.iter().any(|(habit, _)| *habit == option)
}

/// Options of other programs. The whole call is shown only if all its options are theirs.
pub(super) fn habits(words: &[&str]) -> Option<UsageError> {
    let habit_of = |word: &str| HABITS.iter().find(|(option, _)| *option == word).map(|(_, habit)| *habit);
    let mut options = words.iter().filter_map(|word| word.split('=').next()).filter(|word| is_habit(word));
    let instead = |option: &&str| matches!(habit_of(option), Some(Habit::Instead(_)));
    let first = options.clone().find(instead).or_else(|| options.next())?;
    let is_ours = |word: &&str| {
        word.starts_with('-') && word.len() > 1 && !is_habit(word) && !matches!(*word, "-p" | "--port" | "-q")
    };
    let subcommand = words.first().filter(|word| is_subcommand(word));
    let of_first = habit_of(first)?;
    if subcommand.is_some() || matches!(of_first, Habit::Instead(_)) || words.iter().any(is_ours) {
        let is_probe = subcommand == Some(&"probe");
        let instead = match of_first {
            Habit::Instead(instead) => instead.to_owned(),
            Habit::Parameter(_) | Habit::Check if is_probe => format!("remove {first}"),
            Habit::Nothing => format!("remove {first}"),
            Habit::Check if cfg!(feature = "live") => "use the subcommand check or probe".to_owned(),
            Habit::Check => "use the subcommand check".to_owned(),
            Habit::File if is_probe => "probe reads no file: use the subcommand check".to_owned(),
            Habit::File => "give CHAIN as the first argument".to_owned(),
            Habit::Host if is_probe => "give HOST without an option, or a mail domain with --mx".to_owned(),
            Habit::Host => "give HOST after CHAIN".to_owned(),
            Habit::Port => "use -p".to_owned(),
            Habit::Transport if is_probe => "use --starttls".to_owned(),
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
            Some(Habit::Nothing | Habit::Instead(_)) => {}
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
    let is_value = |word: &&str| !is_subcommand(word) && known(word).is_none();
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
