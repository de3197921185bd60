//! A build without the feature `live` does not have `probe`, and reports this.

#![cfg(not(feature = "live"))]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::process::{Command, Output};

fn tlsagen(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tlsagen")).args(arguments).output().unwrap()
}

#[test]
fn help_manual_page_and_completions_have_no_probe() {
    // `help json` prints the schema of the documents of all builds.
    for arguments in [
        &["help"][..],
        &["--help"],
        &["help", "check"],
        &["help", "diff"],
        &["help", "diagnostics"],
        &["help", "hooks"],
        &["man"],
        &["completions", "bash"],
        &["completions", "zsh"],
        &["completions", "fish"],
    ] {
        let output = tlsagen(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let found: Vec<&str> =
            text.lines().filter(|line| line.contains("probe") || line.contains("tlsagen rollover")).collect();
        assert!(!text.is_empty() && found.is_empty(), "{arguments:?}: {found:?}");
    }
}

#[test]
fn a_call_of_a_missing_subcommand_names_the_build() {
    for (name, arguments) in [
        ("probe", &["probe", "mx.example"][..]),
        ("probe", &["probe", "--mx", "example"]),
        ("probe", &["probe"]),
        ("probe", &["help", "probe"]),
        ("rollover", &["rollover", "fullchain.pem", "mx.example", "--state", "state.json"]),
        ("rollover", &["help", "rollover"]),
        ("hook", &["hook", "certbot"]),
        ("probe", &["porbe", "mx.example"]),
        ("probe", &["-q", "probe", "mx.example"]),
    ] {
        let output = tlsagen(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert_eq!(
            String::from_utf8(output.stderr).unwrap(),
            format!(
                "tlsagen: error: this build of tlsagen has no `{name}`: it was built without the feature `live`\n\
                 tlsagen: hint: install a build with `{name}`, or use `check` with --records\n"
            ),
            "{arguments:?}"
        );
    }
}
