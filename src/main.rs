//! Runs the command line and returns its status.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(tlsagen::commands::run(std::env::args_os()))
}
