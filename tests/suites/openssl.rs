//! The answer of OpenSSL, from `tests/verdicts/danev.c`.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use crate::danev;
use crate::question::Question;

/// OpenSSL's answer to a question, and the text of its error.
pub(crate) struct Openssl {
    pub(crate) yes: bool,
    pub(crate) error: String,
}

/// The answers of a client at security level 1 that does not check the name for usage 3.
pub(crate) fn answers(suite: &str, questions: &[Question]) -> Vec<Openssl> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("suites-{suite}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let mut lines = String::new();
    for (number, question) in questions.iter().enumerate() {
        let chain = folder.join(format!("{number}.pem"));
        fs::write(&chain, &question.pem).unwrap();
        let (name, flags) = match &question.host {
            Some(host) => (host.as_str(), "n"),
            None => ("suite.example", "nx"),
        };
        let record = format!("2 0 {} {}", question.record.matching_type, hex::encode(&question.record.data));
        let (chain, time) = (chain.display(), question.time);
        lines += &format!("{number}\t{chain}\t{record}\t{name}\t{time}\t-\t1\t{flags}\n");
    }
    let input = folder.join("questions");
    fs::write(&input, lines).unwrap();
    let output = Command::new(danev::compile(&folder)).stdin(File::open(input).unwrap()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "danev: {}: {said}", output.status);
    let mut by_number: HashMap<usize, Openssl> = said.lines().map(parse).collect();
    (0..questions.len()).map(|number| by_number.remove(&number).unwrap()).collect()
}

fn parse(line: &str) -> (usize, Openssl) {
    let fields: Vec<&str> = line.split('\t').collect();
    let error = match fields[1] {
        "yes" | "no" => fields[5].to_owned(),
        other => other.to_owned(),
    };
    (fields[0].parse().unwrap(), Openssl { yes: fields[1] == "yes", error })
}
