//! Every code of a diagnostic is in the README, with what to do, and no other is.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

type Codes = BTreeSet<String>;

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The string literals of code that has no quotation marks in its strings.
fn literals(code: &str) -> impl Iterator<Item = &str> {
    code.split('"').skip(1).step_by(2)
}

fn is_code(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-')
}

/// From `start` to `end`, wherever both are.
fn parts<'a>(text: &'a str, start: &'a str, end: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(start).skip(1).map(move |part| part.split(end).next().unwrap())
}

/// The codes of the source: those of rules and findings (`code: "..."`), of the table of rules about published
/// records, of errors (`fn code`), and where a code is chosen before its finding is made (`let code`).
fn codes_of_source() -> Codes {
    let mut codes = Codes::new();
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = fs::read_to_string(path).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap();
        let choices = [("fn code(", "\n    }\n"), ("let code = ", ";\n"), ("const PUBLISHED_RULES", "];")];
        let chosen = choices.iter().flat_map(|(start, end)| parts(text, start, end)).flat_map(literals);
        let named = parts(text, "code: \"", "\"");
        codes.extend(chosen.chain(named).filter(|literal| is_code(literal)).map(str::to_owned));
    }
    codes
}

/// The codes in front of the rows of the README's tables.
fn codes_of_readme(readme: &str) -> Vec<String> {
    let section = readme.split_once("\n### Diagnostics\n").unwrap().1.split_once("\n## ").unwrap().0;
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let first = rows.map(|row| row.split(" | ").next().unwrap());
    first.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned)).collect()
}

#[test]
fn the_readme_has_every_code_once_and_no_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = codes_of_source();
    assert!(source.len() > 40, "{source:?}");
    let rules: Codes = tlsagen::advice::RULES.iter().map(|rule| rule.code.to_owned()).collect();
    assert!(rules.is_subset(&source), "{:?}", rules.difference(&source));

    let rows = codes_of_readme(&fs::read_to_string(root.join("README.md")).unwrap());
    let readme: Codes = rows.iter().cloned().collect();
    assert_eq!(rows.len(), readme.len(), "a code is explained twice");
    assert_eq!(readme.difference(&source).collect::<Vec<_>>(), Vec::<&String>::new(), "in the README only");
    assert_eq!(source.difference(&readme).collect::<Vec<_>>(), Vec::<&String>::new(), "in the source only");

    // Whatever the source looks like, what it says is known.
    let mut said = Codes::new();
    for path in files(&root.join("tests/transcripts")) {
        let text = fs::read_to_string(path).unwrap();
        for line in text.lines().filter_map(|line| line.strip_prefix("tlsagen: ")) {
            said.extend(parts(line, "[", "]: ").take(1).filter(|code| is_code(code)).map(str::to_owned));
        }
    }
    assert!(said.len() > 30, "{said:?}");
    assert!(said.is_subset(&readme), "{:?}", said.difference(&readme));
}
