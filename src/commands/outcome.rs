//! What a run leaves: text for both streams, and the exit status.

use super::trouble::Trouble;
use crate::diagnostic::{Finding, Severity};

/// Exit status of a no, or of something to do.
pub(super) const NO: u8 = 1;
/// Exit status of a wrong call or input.
pub(super) const TROUBLE: u8 = 2;
/// Exit status where the answer is undetermined.
pub(super) const UNDETERMINED: u8 = 3;

/// Data for standard output, lines for standard error, and the exit status.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) data: Vec<u8>,
    pub(super) talk: Vec<String>,
    pub(super) status: u8,
}

impl Outcome {
    /// Text alone.
    pub(super) fn shown(text: String) -> Self {
        Self { data: text.into_bytes(), ..Self::default() }
    }

    /// No data, and the reason.
    pub(super) fn failed(trouble: &Trouble) -> Self {
        Self { data: Vec::new(), talk: trouble.lines(), status: TROUBLE }
    }
}

/// Findings as lines; only errors if it is to be `quiet`.
pub(super) fn lines(findings: &[Finding], quiet: bool) -> impl Iterator<Item = String> {
    let shown = findings.iter().filter(move |finding| !quiet || finding.severity == Severity::Error);
    shown.map(ToString::to_string)
}
