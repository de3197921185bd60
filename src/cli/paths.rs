//! Checks of the arguments that are names of files.

use super::UsageError;
use crate::text::{Shown, is_path};

/// An argument that takes a file name: the name of the argument, and its value.
pub(super) type Place<'a> = (&'static str, Option<&'a String>);

/// Checks that all values can be file names.
///
/// Errors: a value that cannot be a file name: an empty one, or the text of a private key.
pub(super) fn are_paths(files: &[Place<'_>]) -> Result<(), UsageError> {
    if let Some((place, _)) = files.iter().find(|(_, file)| file.is_some_and(String::is_empty)) {
        return Err(UsageError::new(format!("{place} is empty"), "check for an unset shell variable"));
    }
    match files.iter().find(|(_, file)| file.is_some_and(|file| !is_path(file))) {
        Some((place, _)) => Err(UsageError::new(
            format!("{place} is not a file name"),
            "give the name of a file, not a private key: every user of the machine can see the arguments of a command",
        )),
        None => Ok(()),
    }
}

/// Checks that standard input is given at most once.
///
/// Errors: standard input is given more than once.
pub(super) fn stdin_once<'a>(files: impl Iterator<Item = &'a String>) -> Result<(), UsageError> {
    match files.filter(|file| *file == "-").count() {
        0 | 1 => Ok(()),
        _ => {
            let message = "standard input (-) is given twice".to_owned();
            Err(UsageError::new(message, "standard input can be read only once: give files instead"))
        }
    }
}

/// Whether the word ends as files do, most of them with certificates or keys. No top-level domain has such a name.
pub(super) fn is_file_name(word: &str) -> bool {
    const FILES: [&str; 12] =
        [".pem", ".crt", ".cer", ".der", ".key", ".csr", ".p7b", ".pfx", ".p12", ".jks", ".json", ".txt"];
    FILES.iter().any(|end| word.ends_with(end))
}

/// Checks that no name in the list `hosts` is that of a file.
///
/// Errors: a name with the ending of a file.
pub(super) fn are_hosts(hosts: &str) -> Result<(), UsageError> {
    match hosts.split(',').find(|host| is_file_name(host)) {
        Some(file) => Err(UsageError::new(
            format!("HOST is missing: {} is a file", Shown::name(file).at("its place")),
            "give the name of the server, such as mx.example; to join several files for CHAIN, use `cat`",
        )),
        None => Ok(()),
    }
}
