//! Runs the command line and returns the exit status.

use std::process::ExitCode;

#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    // https://no-color.org
    let may_colour = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    ExitCode::from(tlsagen::commands::run(std::env::args_os(), may_colour))
}
