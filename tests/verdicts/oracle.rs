//! The peers: small C programs around the libraries, kept running and asked line by line.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

use crate::craft::folder;
use crate::running::Running;

/// Name and libraries of each program.
const TOOLS: [(&str, &[&str]); 3] = [
    ("danev", &["-lssl", "-lcrypto"]),
    ("signer", &["-lcrypto"]),
    // Debian has no development package of libdane alone, so the linker is given the library's file name.
    ("gnv", &["-lgnutls", "-l:libgnutls-dane.so.0"]),
];

pub(crate) fn tool(name: &str) -> PathBuf {
    folder().join(name)
}

/// Compiles the programs.
pub(crate) fn compile() {
    for (name, libraries) in TOOLS {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/verdicts/{name}.c"));
        let new = folder().join(format!("{name}.{}", std::process::id()));
        let mut compiler = Command::new("cc");
        compiler.args(["-O2", "-Wall", "-Wextra", "-Werror", "-o"]).arg(&new).arg(source).args(libraries);
        assert!(compiler.status().unwrap().success(), "{name}.c");
        fs::rename(new, tool(name)).unwrap();
    }
}

/// A program that answers each line with a line.
pub(crate) struct Process {
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    _running: Running,
}

impl Process {
    pub(crate) fn start(program: &Path) -> Self {
        let mut child = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { input, output: BufReader::new(output), _running: Running(child) }
    }

    /// `None` if the program has ended.
    pub(crate) fn ask(&mut self, line: &str) -> Option<String> {
        self.input.write_all(format!("{line}\n").as_bytes()).ok()?;
        self.input.flush().ok()?;
        let mut answer = String::new();
        let length = self.output.read_line(&mut answer).ok()?;
        (length > 0).then_some(answer)
    }
}

/// A case for the peers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) chain: &'a Path,
    /// `u s m hex`, separated by semicolons.
    pub(crate) records: &'a str,
    pub(crate) names: &'a [&'a str],
    pub(crate) now: i64,
    pub(crate) store: Option<&'a Path>,
}

impl Question<'_> {
    /// The case as the peers read it.
    pub(crate) fn line(&self, level: u8) -> String {
        let Self { chain, records, names, now, store } = self;
        let names = names.join(",");
        let store = store.map_or("-".to_owned(), |path| path.display().to_string());
        format!("case\t{}\t{records}\t{names}\t{now}\t{store}\t{level}\tn", chain.display())
    }
}

/// OpenSSL's answer.
#[derive(Debug, Clone)]
pub(crate) struct OpenSsl {
    pub(crate) yes: bool,
    /// `X509_V_ERR_*`.
    pub(crate) error: u32,
    /// The whole line.
    pub(crate) said: String,
}

impl OpenSsl {
    /// The text of the error.
    pub(crate) fn reason(&self) -> String {
        let words = self.said.split('@').next().unwrap_or_default();
        words
            .split(' ')
            .filter(|word| !word.contains(|letter: char| letter.is_ascii_digit()))
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// GnuTLS's answer.
#[derive(Debug, Clone)]
pub(crate) struct GnuTls {
    pub(crate) yes: bool,
    /// The whole line.
    pub(crate) said: String,
}

/// Both peers; one pair for each thread.
pub(crate) struct Peers {
    danev: Process,
    gnv: Process,
}

impl Peers {
    pub(crate) fn new() -> Self {
        Self { danev: Process::start(&tool("danev")), gnv: Process::start(&tool("gnv")) }
    }

    /// OpenSSL's answer at a security level; Postfix sets level 1.
    pub(crate) fn openssl(&mut self, question: &Question<'_>, level: u8) -> OpenSsl {
        let line = self.danev.ask(&question.line(level)).expect("danev ended");
        let fields: Vec<&str> = line.trim_end().split('\t').collect();
        OpenSsl { yes: fields[1] == "yes", error: fields[2].parse().unwrap(), said: fields[1..].join(" ") }
    }

    pub(crate) fn gnutls(&mut self, question: &Question<'_>) -> GnuTls {
        let Some(line) = self.gnv.ask(&question.line(1)) else {
            self.gnv = Process::start(&tool("gnv"));
            return GnuTls { yes: false, said: "ended by a signal".to_owned() };
        };
        let fields: Vec<&str> = line.trim_end().split('\t').collect();
        GnuTls { yes: fields[1] == "yes", said: fields[1..].join(" ") }
    }
}
