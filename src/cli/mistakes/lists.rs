//! Ports and hosts that are not joined by commas, and values that are almost ports or hosts.

use std::net::IpAddr;

use super::super::{UsageError, is_subcommand};
use super::{apart, did_you_mean, is_host, similar};
use crate::owner::{Endpoint, Port, Transport};

/// Whether the word is a port rather than a parameter: parameters are numbers up to 3, or triples such as 311.
pub(super) fn is_port(word: &str) -> bool {
    word.parse::<Port>().is_ok_and(|port| port.number() > 3 && apart(&[word]).len() == 1)
}

/// Ports that are not joined by commas, are misspelt, or have no `-p` before them.
pub(super) fn ports(words: &[&str]) -> Option<UsageError> {
    let is_list = |word: &str| word.split(',').all(|port| is_port(port.trim_matches(' ')));
    let after = words.iter().position(|word| matches!(*word, "-p" | "--port"));
    // A single digit is rather a wrong parameter.
    let is_lone = |pair: &[&str]| matches!(pair, [before, word] if !before.starts_with('-') && word.len() > 1 && is_list(word));
    let start = after.or_else(|| words.windows(2).position(is_lone))? + 1;
    let list = words.get(start..)?.iter().map(|word| word.trim_end_matches(','));
    let list: Vec<&str> = list.take_while(|word| is_list(word)).collect();
    let (message, list) = match after {
        Some(_) if list.is_empty() => {
            ("the value of -p is not a list of ports".to_owned(), meant(words.get(start)?)?)
        }
        Some(_) if list.len() < 2 => return None,
        Some(_) => ("ports must be joined by commas".to_owned(), list),
        None => (format!("{} after HOST is not a parameter", list.join(" ")), list),
    };
    Some(did_you_mean(message, &format!("-p {}", list.join(","))))
}

/// Returns the ports in a list such as `25;587`, `25/tcp`, `_25` or `smpt`.
fn meant(list: &str) -> Option<Vec<&str>> {
    let is_transport =
        |word: &str| Transport::ALL.iter().any(|transport| word.eq_ignore_ascii_case(transport.name()));
    let words = list.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let words = words.filter(|word| !word.is_empty() && !is_transport(word));
    let ports = words.map(|word| if is_port(word) { Some(word) } else { similar(word, Port::services()) });
    ports.collect::<Option<Vec<&str>>>().filter(|ports| !ports.is_empty())
}

/// Hosts that are not joined by commas.
pub(super) fn hosts(words: &[&str]) -> Option<UsageError> {
    let list = words.get(place_of_host(words)..)?.iter();
    let list: Vec<&str> =
        list.copied().take_while(|word| *word == "," || is_host(word.trim_matches(','))).collect();
    let is_joined = list.iter().any(|word| word.starts_with(',') || word.ends_with(','));
    // probe takes several hosts.
    if list.len() < 2 || !is_joined && words.first() == Some(&"probe") {
        return None;
    }
    let list = list.iter().map(|word| word.trim_matches(',')).filter(|word| !word.is_empty());
    let list: Vec<&str> = list.collect();
    Some(did_you_mean("hosts must be joined by commas".to_owned(), &list.join(",")))
}

/// HOST follows the subcommand, if any, and CHAIN, which probe does not have.
fn place_of_host(words: &[&str]) -> usize {
    let has_both = words.first().is_some_and(|word| is_subcommand(word) && *word != "probe");
    1 + usize::from(has_both)
}

/// Something else where a host belongs: the address of a name server, a mail address, a URL, or a host with brackets,
/// quotation marks, outer dots or ports.
pub(super) fn host(words: &[&str]) -> Option<UsageError> {
    // After an option, the word is its value.
    let mut servers = words.windows(2).filter(|pair| matches!(pair, [before, _] if !before.starts_with('-')));
    let server = servers.find_map(|pair| pair.last()?.strip_prefix('@')?.parse::<IpAddr>().ok());
    if let Some(server) = server.filter(|_| cfg!(feature = "live")) {
        return Some(did_you_mean(
            format!("'@{server}' is the address of a name server"),
            &format!("--dns {server}"),
        ));
    }
    let word = words.get(place_of_host(words))?;
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
    url(word).or_else(|| plain(word))
}

/// A mail address, a URL or a port where a mail domain belongs.
pub(super) fn domain(words: &[&str]) -> Option<UsageError> {
    let given = words.iter().skip_while(|word| **word != "--mx").nth(1)?;
    let name = given.rsplit(['@', '/']).find(|part| !part.is_empty())?;
    let name = name.split(':').next()?;
    let message = "the value of --mx is not a mail domain".to_owned();
    (name != *given && is_host(name)).then(|| did_you_mean(message, &format!("--mx {name}")))
}

/// A transport without its option.
pub(super) fn transport(words: &[&str]) -> Option<UsageError> {
    let words = words.get(place_of_host(words) + 1..)?.iter();
    let words: Vec<&str> = words.copied().take_while(|word| !word.starts_with('-')).collect();
    let named = |transport: &Transport| words.iter().any(|word| word.eq_ignore_ascii_case(transport.name()));
    let transport = Transport::ALL.into_iter().find(named)?;
    Some(did_you_mean(
        format!("{transport} after HOST is not a parameter"),
        &format!("--transport {transport}"),
    ))
}

/// A URL where a host belongs.
fn url(word: &str) -> Option<UsageError> {
    let (url, is_url) = match word.split_once("://") {
        Some((scheme, rest)) => (rest, scheme.bytes().all(|octet| octet.is_ascii_alphabetic())),
        None => (word, word.strip_suffix('/').is_some_and(is_host)),
    };
    let name = url.split('/').next().unwrap_or_default();
    let (name, port) =
        name.split_once(':').map_or((name, None), |(name, port)| (name, port.parse::<Port>().ok()));
    if !is_url || !is_host(name) {
        return None;
    }
    let port = port.or_else(|| word.split_once("://")?.0.parse().ok());
    let port = port.filter(|port| *port != Port::SMTP).map(|port| format!(":{port}")).unwrap_or_default();
    Some(did_you_mean("HOST is a URL, not a host name".to_owned(), &format!("{name}{port}")))
}

/// A host with brackets, as Postfix writes it, with quotation marks, or with dots too many; or with several ports.
fn plain(word: &str) -> Option<UsageError> {
    if Endpoint::parse_list(word).is_ok() {
        return None;
    }
    let bare = word
        .replace(['[', ']', '<', '>', '"', '\'', '`', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}'], "");
    let bare = bare.trim_matches('.');
    if bare != word && is_host(bare) {
        return Some(did_you_mean("HOST is not a plain host name".to_owned(), bare));
    }
    let (server, ports) = word.split_once(',')?;
    let (host, port) = server.split_once(':')?;
    let is_list = is_host(host) && is_port(port) && ports.split(',').all(is_port);
    let message = "a port after HOST is for this host only".to_owned();
    is_list.then(|| did_you_mean(message, &format!("{host} -p {port},{ports}")))
}
