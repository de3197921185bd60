//! The result of a command: text for standard output and standard error, and the exit status.

use super::trouble::Trouble;
use crate::diagnostic::{Finding, Severity};
use crate::render::{ReportFormat, nagios_failure};

/// Exit status of a negative answer, and of `diff` if there are changes.
pub(super) const NO: u8 = 1;
/// Exit status of an error in the arguments or the input.
pub(super) const TROUBLE: u8 = 2;
/// Exit status of an undetermined answer.
pub(super) const UNDETERMINED: u8 = 3;

/// Data for standard output, lines for standard error, and the exit status.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) data: Vec<u8>,
    pub(super) talk: Vec<String>,
    pub(super) status: u8,
}

impl Outcome {
    /// Creates a successful result with `text` on standard output.
    pub(super) fn shown(text: String) -> Self {
        Self { data: text.into_bytes(), ..Self::default() }
    }

    /// Creates a failed result, with no data and with the error on standard error.
    pub(super) fn failed(trouble: &Trouble) -> Self {
        Self { data: Vec::new(), talk: trouble.lines(), status: TROUBLE }
    }

    /// Creates the failed result of a Nagios plug-in, which has one line on standard output.
    pub(super) fn failed_plug_in(trouble: &Trouble) -> Self {
        let line = nagios_failure(&trouble.lines());
        Self { data: line.into_bytes(), talk: Vec::new(), status: UNDETERMINED }
    }

    /// The failed result of a call whose findings contain an error, with no data; `None` if they contain none.
    pub(super) fn refusal(findings: &[Finding], quiet: bool) -> Option<Self> {
        let is_refused = findings.iter().any(|finding| finding.severity == Severity::Error);
        is_refused.then(|| Self { data: Vec::new(), talk: lines(findings, quiet).collect(), status: TROUBLE })
    }
}

/// Returns the findings of a report as lines. A Nagios plug-in has none, because its line has the first of them.
pub(super) fn report_lines<'f>(
    findings: impl IntoIterator<Item = &'f Finding>,
    quiet: bool,
    format: ReportFormat,
) -> Vec<String> {
    match format {
        ReportFormat::Nagios => Vec::new(),
        _ => lines(findings, quiet).collect(),
    }
}

/// Returns the findings as lines; if `quiet`, only the errors.
pub(super) fn lines<'f>(
    findings: impl IntoIterator<Item = &'f Finding>,
    quiet: bool,
) -> impl Iterator<Item = String> {
    let shown = findings.into_iter().filter(move |finding| !quiet || finding.severity == Severity::Error);
    shown.map(ToString::to_string)
}
