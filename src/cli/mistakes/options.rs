//! Options in another form, and options of another subcommand.

use clap::Command;

use super::super::{UsageError, command};
use super::did_you_mean;

/// An option that the subcommand does not have: with other capital letters or hyphens, a value without its option, the
/// first letters of an option, a subcommand, or an option of another subcommand.
pub(super) fn option(words: &[&str]) -> Option<UsageError> {
    let mut whole = command();
    whole.build();
    let called = words.first().and_then(|name| whole.find_subcommand(name)).unwrap_or(&whole);
    let options = words.iter().take_while(|word| **word != "--");
    let options = options.filter_map(|word| word.split('=').next());
    let mut unknown =
        options.filter(|option| option.len() > 1 && option.starts_with('-') && !has(called, option));
    unknown.find_map(|option| match meant(called, option).as_slice() {
        [] if option.starts_with("--") => elsewhere(&whole, called, option),
        [] => None,
        meant => Some(did_you_mean(format!("'{option}' is not an option"), &meant.join("` or `"))),
    })
}

fn longs(command: &Command) -> impl Iterator<Item = &str> {
    command.get_arguments().filter_map(clap::Arg::get_long)
}

fn has(command: &Command, option: &str) -> bool {
    let is_short =
        |argument: &clap::Arg| argument.get_short().is_some_and(|short| format!("-{short}") == option);
    option.strip_prefix("--").is_some_and(|name| longs(command).any(|long| long == name))
        || command.get_arguments().any(is_short)
}

/// Returns the options that may be meant. If there are any, `option` consists of letters and hyphens.
fn meant(command: &Command, option: &str) -> Vec<String> {
    let name = option.trim_start_matches('-');
    if option.len() == 2 && name.len() == 1 {
        let shorts = command.get_arguments().filter_map(clap::Arg::get_short);
        let shorts = shorts.filter(|short| short.to_string().eq_ignore_ascii_case(name));
        let shorts: Vec<String> = shorts.map(|short| format!("-{short}")).collect();
        let initials =
            || longs(command).filter(|long| long.starts_with(name)).map(|long| format!("--{long}"));
        return if shorts.is_empty() { initials().collect() } else { shorts };
    }
    let plain = |text: &str| text.replace(['-', '_'], "").to_ascii_lowercase();
    if let Some(long) = longs(command).find(|long| plain(long) == plain(name)) {
        return vec![format!("--{long}")];
    }
    let longer = longs(command).filter(|long| name.len() > 2 && long.starts_with(name));
    let longer = longer.map(|long| format!("--{long}"));
    let values = command.get_arguments().filter(|argument| argument.get_action().takes_values());
    let values = values.filter_map(|argument| {
        let values = argument.get_possible_values();
        let value = values.iter().find(|value| value.get_name().eq_ignore_ascii_case(name))?.get_name();
        Some(argument.get_long().map_or_else(|| value.to_owned(), |long| format!("--{long} {value}")))
    });
    let subcommand =
        command.find_subcommand(name).map(|subcommand| format!("tlsagen {}", subcommand.get_name()));
    longer.chain(values).chain(subcommand).collect()
}

fn elsewhere(whole: &Command, called: &Command, option: &str) -> Option<UsageError> {
    let owners = whole.get_subcommands().filter(|command| has(command, option));
    let owners: Vec<String> = owners.map(|command| format!("`tlsagen {}`", command.get_name())).collect();
    if owners.is_empty() {
        return None;
    }
    let called = called.get_bin_name().unwrap_or("tlsagen");
    let message = format!("`{called}` does not have the option {option}");
    Some(UsageError::new(message, &format!("remove it, or use {}", owners.join(" or "))))
}
