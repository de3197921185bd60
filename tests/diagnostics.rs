//! The help and the manual page explain every diagnostic code, the source uses every code, and the program reports no
//! other code.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tlsagen::diagnostic::Code;

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn printed(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_tlsagen")).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn help_and_the_manual_page_explain_every_code() {
    let help = printed(&["help", "diagnostics"]);
    // The roff source escapes the hyphens.
    let man = printed(&["man"]).replace("\\-", "-");
    for code in Code::ALL {
        assert!(help.contains(&format!("\n  {code}\n")), "{code}");
        assert!(man.contains(&format!("\\fB{code}\\fR")), "{code}");
    }
}

#[test]
fn every_code_is_found_by_something() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let table = src.join("diagnostic.rs");
    let code: String = files(&src)
        .into_iter()
        .filter(|path| *path != table && path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    for of in Code::ALL {
        assert!(code.contains(&format!("Code::{of:?}")), "{of}");
    }
}

#[test]
fn what_is_said_is_in_the_table() {
    let known: BTreeSet<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    let mut said = BTreeSet::new();
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts")) {
        let text = fs::read_to_string(path).unwrap();
        for line in text.lines().filter_map(|line| line.strip_prefix("tlsagen: ")) {
            let kind = ["error", "warning", "hint"].iter().find_map(|kind| line.strip_prefix(kind));
            let code = kind.and_then(|rest| rest.strip_prefix('[')?.split_once("]: "));
            said.extend(code.map(|(code, _)| code.to_owned()));
        }
    }
    assert!(said.len() > 30, "{said:?}");
    let unknown: Vec<&String> = said.iter().filter(|code| !known.contains(code.as_str())).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
