//! Runs the program.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};

/// The root of the checkout.
pub(crate) const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A command that runs the program with these arguments in `folder`.
pub(crate) fn command<Args>(folder: impl AsRef<Path>, args: Args) -> Command
where
    Args: IntoIterator,
    Args::Item: AsRef<OsStr>,
{
    let mut command = Command::new(env!("CARGO_BIN_EXE_tlsagen"));
    command.args(args).current_dir(folder);
    command
}

/// Runs the program in a folder.
pub(crate) fn tlsagen<Args>(folder: impl AsRef<Path>, args: Args) -> Output
where
    Args: IntoIterator,
    Args::Item: AsRef<OsStr>,
{
    command(folder, args).output().unwrap()
}

/// Runs the program in the checkout; white space in `call` separates the arguments.
pub(crate) fn run(call: &str) -> Output {
    tlsagen(ROOT, call.split_whitespace())
}

/// Returns the standard output of a run in the checkout, which must succeed.
#[track_caller]
pub(crate) fn printed(call: &str) -> String {
    let output = run(call);
    assert!(output.status.success(), "{call}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
