//! A build without the feature `live` does not have `probe`, and reports this.

#![cfg(not(feature = "live"))]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::process::{Command, Output};

fn tlsagen(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tlsagen")).args(arguments).output().unwrap()
}

#[test]
fn help_manual_page_and_completions_have_no_probe() {
    for arguments in [
        &["help"][..],
        &["--help"],
        &["help", "check"],
        &["help", "diff"],
        &["help", "diagnostics"],
        &["help", "hooks"],
        &["help", "json"],
        &["man"],
        &["completions", "bash"],
        &["completions", "zsh"],
        &["completions", "fish"],
    ] {
        let output = tlsagen(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let found: Vec<&str> = text.lines().filter(|line| line.contains("probe")).collect();
        assert!(!text.is_empty() && found.is_empty(), "{arguments:?}: {found:?}");
    }
}

#[test]
fn a_call_of_probe_names_the_build() {
    for arguments in
        [&["probe", "mx.example"][..], &["probe", "--mx", "example"], &["probe"], &["help", "probe"]]
    {
        let output = tlsagen(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert_eq!(
            String::from_utf8(output.stderr).unwrap(),
            "tlsagen: error: this build of tlsagen has no `probe`: it was built without the feature `live`\n\
             tlsagen: hint: install a build with `probe`, or use `check` with --records\n",
            "{arguments:?}"
        );
    }
}
