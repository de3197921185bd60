//! The manual page as man(1) displays it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::io::Write;
use std::process::{Command, Stdio};

#[path = "common/program.rs"]
mod program;

use program::printed;

/// Returns the manual page as formatted by `program`, with any error messages.
fn through(program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    let command = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(printed("man").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

#[test]
#[ignore = "needs mandoc and groff"]
fn linters_have_nothing_to_say() {
    assert_eq!(through("mandoc", &["-T", "lint", "-W", "style"]), "");
    assert_eq!(through("groff", &["-man", "-Tutf8", "-ww", "-z"]), "");
}

/// Removes overstriking: a letter, a backspace and the same letter again mean bold type on a terminal.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for letter in text.chars() {
        match letter {
            '\u{8}' => drop(plain.pop()),
            _ => plain.push(letter),
        }
    }
    plain
}

/// Returns the options in the help of a subcommand, or of the program itself.
fn options(subcommand: Option<&str>) -> Vec<String> {
    let help = printed(&format!("{} --help", subcommand.unwrap_or_default()));
    let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let names = lines.flat_map(|line| line.split("  ").next().unwrap().split([',', ' ']));
    names.filter(|name| name.starts_with('-')).map(str::to_owned).collect()
}

#[test]
#[ignore = "needs mandoc and groff"]
fn every_option_of_every_subcommand_is_in_its_section() {
    for text in [through("mandoc", &["-T", "ascii"]), through("groff", &["-man", "-Tascii", "-P-cbou"])] {
        let text = plain(&text);
        let section = |subcommand: Option<&str>| {
            let heading =
                subcommand.map_or("\nOPTIONS\n".to_owned(), |name| format!("\n   tlsagen {name}\n"));
            let section = text.split_once(&heading).unwrap_or_else(|| panic!("{heading}: {text}")).1;
            // The section ends at the next heading.
            let end = section.lines().position(|line| {
                line.starts_with("   t") || line.starts_with(|c: char| c.is_ascii_uppercase())
            });
            section.lines().take(end.unwrap()).collect::<Vec<_>>().join("\n")
        };
        let mut seen = 0;
        for subcommand in [
            None,
            Some("chain"),
            Some("check"),
            Some("diff"),
            Some("probe"),
            Some("completions"),
            Some("man"),
        ] {
            let section = section(subcommand);
            let words: Vec<&str> =
                section.split([' ', '\n', ',']).map(|word| word.trim_end_matches('.')).collect();
            for option in options(subcommand).iter().filter(|option| option.starts_with("--")) {
                assert!(words.contains(&option.as_str()), "{subcommand:?} {option}: {section}");
                seen += 1;
            }
        }
        assert!(seen > 50, "{seen} options");
    }
}
