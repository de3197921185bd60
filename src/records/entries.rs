//! Splits text into the entries of a zone file and their words: RFC 1035 section 5.1.

use super::{RecordsError, RecordsProblem};

/// One entry; parentheses may continue it over several lines.
#[derive(Debug, Default)]
pub(super) struct Entry {
    /// The number of the first line, counted from 1.
    pub(super) line: usize,
    /// Whether the first line starts with a blank; if so, the entry inherits the previous owner.
    pub(super) is_indented: bool,
    /// The words as in the text, with quotation marks and backslashes, separated by single blanks.
    pub(super) text: String,
}

impl Entry {
    pub(super) fn words(&self) -> Words<'_> {
        Words(&self.text)
    }
}

/// The words of an entry.
#[derive(Debug, Clone)]
pub(super) struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    /// The text of the remaining words.
    pub(super) fn rest(&self) -> &'a str {
        self.0
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let (word, rest) = next_word(self.0).ok().flatten()?;
        self.0 = rest;
        Some(word)
    }
}

/// Passes each non-empty entry of `text` to `take`; only one entry is in memory at a time.
///
/// Errors: unbalanced parentheses or quotation marks; the errors of `take`, with the line of the entry.
pub(super) fn for_each(
    text: &str,
    mut take: impl FnMut(&Entry) -> Result<(), RecordsProblem>,
) -> Result<(), RecordsError> {
    let mut entry = Entry::default();
    // The line of the first open parenthesis, and the number of open ones: BIND reads nested parentheses.
    let (mut first, mut open) = (0, 0_usize);
    for (number, line) in text.split('\n').enumerate() {
        let number = number + 1;
        let error = |problem| RecordsError { line: number, problem };
        if open == 0 {
            entry.line = number;
            entry.is_indented = line.starts_with([' ', '\t']);
        }
        let mut rest = line.trim_end_matches('\r');
        while let Some((word, after)) = next_word(rest).map_err(error)? {
            rest = after;
            match (word, open) {
                ("(", 0) if entry.text.is_empty() && !entry.is_indented => {
                    return Err(error(RecordsProblem::NoType));
                }
                ("(", 0) => (first, open) = (number, 1),
                ("(", _) => open += 1,
                (")", 0) => return Err(error(RecordsProblem::ClosingParenthesis)),
                (")", _) => open -= 1,
                (word, _) if word.contains('\r') => {
                    let reason = "carriage return within the line".to_owned();
                    return Err(error(RecordsProblem::Unreadable { what: "line".to_owned(), reason }));
                }
                (word, _) => {
                    if !entry.text.is_empty() {
                        entry.text.push(' ');
                    }
                    entry.text.push_str(word);
                }
            }
        }
        if open == 0 && !entry.text.is_empty() {
            take(&entry).map_err(|problem| RecordsError { line: entry.line, problem })?;
            entry.text.clear();
        }
    }
    match open {
        0 => Ok(()),
        _ => Err(RecordsError { line: first, problem: RecordsProblem::OpenParenthesis }),
    }
}

/// Returns the first word of a line and the rest. A parenthesis is a separate word; a comment ends the line.
fn next_word(line: &str) -> Result<Option<(&str, &str)>, RecordsProblem> {
    let line = line.trim_start_matches([' ', '\t']);
    let mut quoted = false;
    let mut escaped = false;
    for (at, octet) in line.bytes().enumerate() {
        let ends = !quoted && !escaped && matches!(octet, b' ' | b'\t' | b'(' | b')' | b';');
        match octet {
            b';' if ends && at == 0 => return Ok(None),
            b'(' | b')' if ends && at == 0 => return Ok(Some(line.split_at(1))),
            _ if ends => return Ok(Some(line.split_at(at))),
            b'\\' if !escaped => escaped = true,
            b'"' if !escaped => quoted = !quoted,
            _ => escaped = false,
        }
    }
    match (quoted, line.is_empty()) {
        (true, _) => Err(RecordsProblem::Quote),
        (false, true) => Ok(None),
        (false, false) => Ok(Some((line, ""))),
    }
}
