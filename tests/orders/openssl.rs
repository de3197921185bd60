//! The answers of OpenSSL, from `tests/verdicts/danev.c`.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use sha2::{Digest, Sha256, Sha512};

use crate::NOW;
use crate::danev;
use crate::scenes::HOST;

/// What a server sends, and the only record: usage, selector, matching type and hex.
pub(crate) struct Question {
    pub(crate) pem: String,
    pub(crate) record: String,
}

/// OpenSSL's answer, and all that it says.
pub(crate) struct OpenSsl {
    pub(crate) yes: bool,
    pub(crate) said: String,
}

/// The association data of octets in hex.
pub(crate) fn digest(octets: &[u8], matching_type: &str) -> String {
    match matching_type {
        "1" => hex::encode(Sha256::digest(octets)),
        "2" => hex::encode(Sha512::digest(octets)),
        _ => hex::encode(octets),
    }
}

/// The answers of a client at security level 1.
pub(crate) fn answers(folder: &Path, questions: &[Question]) -> Vec<OpenSsl> {
    let chains = folder.join("chains");
    let _ = fs::remove_dir_all(&chains);
    fs::create_dir_all(&chains).unwrap();
    let mut lines = String::new();
    for (number, Question { pem, record }) in questions.iter().enumerate() {
        let chain = chains.join(format!("{number}.pem"));
        fs::write(&chain, pem).unwrap();
        let mut words = record.split(' ');
        let params: Vec<&str> = words.by_ref().take(3).collect();
        let record = format!("{} {}", params.join(" "), words.collect::<String>());
        lines += &format!("{number}\t{}\t{record}\t{HOST}\t{NOW}\t-\t1\tn\n", chain.display());
    }
    let input = folder.join("questions");
    fs::write(&input, lines).unwrap();
    let output = Command::new(danev::compile(folder)).stdin(File::open(input).unwrap()).output().unwrap();
    assert!(output.status.success(), "danev: {}", output.status);
    let said = String::from_utf8(output.stdout).unwrap();
    let answer = |line: &str| OpenSsl { yes: line.split('\t').nth(1) == Some("yes"), said: line.to_owned() };
    let answers: Vec<OpenSsl> = said.lines().map(answer).collect();
    assert_eq!(answers.len(), questions.len());
    answers
}
