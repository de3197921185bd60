//! The comparison of our answers with OpenSSL's and with what a suite expects.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::openssl::Openssl;
use crate::ours::Answer;
use crate::question::Question;

/// Counts of one suite.
#[derive(Default)]
pub(crate) struct Tally {
    cases: BTreeSet<String>,
    /// Questions by command, our answer and OpenSSL's.
    answers: BTreeMap<(&'static str, &'static str, &'static str), usize>,
    /// Questions by command, what the suite expects and our answer.
    expected: BTreeMap<(&'static str, &'static str, &'static str), usize>,
    /// Undecided answers and refusals by their reason without the names of certificates: how often, for a no and a
    /// yes of OpenSSL.
    reasons: BTreeMap<(&'static str, String), [usize; 2]>,
    /// What is to be shown of a case, and the commands and records that it is about.
    lines: BTreeMap<(Kind, String, String), Vec<String>>,
}

/// Why a case is shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// A yes that is a no of OpenSSL.
    FalseYes,
    /// A no that is a yes of OpenSSL.
    FalseNo,
    /// An undecided answer without a good reason.
    Unexplained,
    /// Clients differ, or the verifier lacks an algorithm.
    Explained,
    /// The chain is refused.
    Refused,
}

impl Tally {
    pub(crate) fn count(
        &mut self,
        question: &Question,
        command: &'static str,
        ours: &Answer,
        theirs: &Openssl,
    ) {
        let (word, reason) = match ours {
            Answer::Yes => ("yes", ""),
            Answer::No(reason) => ("no", reason.as_str()),
            Answer::Undecided(reason) => ("undecided", reason.as_str()),
            Answer::Refused(reason) => ("refused", reason.as_str()),
        };
        let yes_or_no = |yes: bool| if yes { "yes" } else { "no" };
        self.cases.insert(question.case.clone());
        *self.answers.entry((command, word, yes_or_no(theirs.yes))).or_default() += 1;
        if let Some(expected) = question.expected {
            *self.expected.entry((command, yes_or_no(expected), word)).or_default() += 1;
        }
        let is_explained = reason.starts_with("clients disagree") || reason.contains("does not support");
        let kind = match ours {
            Answer::Yes if theirs.yes => return,
            Answer::No(_) if !theirs.yes => return,
            Answer::Yes => Kind::FalseYes,
            Answer::No(_) => Kind::FalseNo,
            Answer::Undecided(_) if is_explained => Kind::Explained,
            Answer::Undecided(_) => Kind::Unexplained,
            Answer::Refused(_) => Kind::Refused,
        };
        if matches!(ours, Answer::Undecided(_) | Answer::Refused(_)) {
            let without_names = |text: String, name: &String| text.replace(name, "X");
            let reason = question.called.iter().fold(reason.to_owned(), without_names);
            self.reasons.entry((word, reason)).or_default()[usize::from(theirs.yes)] += 1;
        }
        let text = format!("{word} ({reason}), OpenSSL {} ({})", yes_or_no(theirs.yes), theirs.error);
        let about = format!("{command} {}", question.label);
        self.lines.entry((kind, question.case.clone(), text)).or_default().push(about);
    }

    pub(crate) fn cases(&self) -> usize {
        self.cases.len()
    }

    /// Each yes that is a no of OpenSSL, and each undecided answer without a good reason.
    pub(crate) fn faults(&self) -> Vec<String> {
        self.shown(|kind| matches!(kind, Kind::FalseYes | Kind::Unexplained))
    }

    fn shown(&self, wanted: impl Fn(Kind) -> bool) -> Vec<String> {
        let lines = self.lines.iter().filter(|((kind, ..), _)| wanted(*kind));
        lines.map(|((_, case, text), about)| format!("  {case}: {text} [{}]", about.join(", "))).collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} cases", self.cases.len())?;
        for ((command, ours, theirs), count) in &self.answers {
            writeln!(f, "{count:6} {command} {ours}, OpenSSL {theirs}")?;
        }
        for ((command, expected, ours), count) in &self.expected {
            writeln!(f, "{count:6} the suite expects {expected}, {command} {ours}")?;
        }
        for ((word, reason), [no, yes]) in &self.reasons {
            writeln!(f, "{:6} {word}, OpenSSL {yes} yes and {no} no: {reason}", no + yes)?;
        }
        for (kind, heading) in [
            (Kind::FalseYes, "yes, and OpenSSL no"),
            (Kind::FalseNo, "no, and OpenSSL yes"),
            (Kind::Unexplained, "undecided without a good reason"),
            (Kind::Explained, "undecided with a good reason"),
            (Kind::Refused, "refused"),
        ] {
            let lines = self.shown(|shown| shown == kind);
            let cases: BTreeSet<&String> =
                self.lines.keys().filter(|(shown, ..)| *shown == kind).map(|(_, case, _)| case).collect();
            writeln!(f, "{heading}: {} cases", cases.len())?;
            for line in lines {
                writeln!(f, "{line}")?;
            }
        }
        Ok(())
    }
}
