//! Text to the entries of a zone file and their words: RFC 1035 section 5.1.

use super::{RecordsError, RecordsProblem};

/// One entry, which parentheses may spread over several lines.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    /// The line it starts on, counted from 1.
    pub(super) line: usize,
    /// Whether its first line starts with a blank: then it has no owner of its own.
    pub(super) is_indented: bool,
    /// The words as they stand there, with their quotation marks and backslashes.
    pub(super) words: Vec<&'a str>,
}

/// The entries of `text` that have words.
///
/// Errors: parentheses or quotation marks without their other half.
pub(super) fn entries(text: &str) -> Result<Vec<Entry<'_>>, RecordsError> {
    let mut entries = Vec::new();
    let mut entry = Entry { line: 1, is_indented: false, words: Vec::new() };
    let mut open: Option<usize> = None;
    for (number, line) in text.split('\n').enumerate() {
        let number = number + 1;
        let error = |problem| RecordsError { line: number, problem };
        if open.is_none() {
            entry.line = number;
            entry.is_indented = line.starts_with([' ', '\t']);
        }
        let mut rest = line;
        while let Some((word, after)) = next_word(rest).map_err(error)? {
            rest = after;
            match (word, open) {
                ("(", None) => open = Some(number),
                ("(", Some(_)) => return Err(error(RecordsProblem::SecondParenthesis)),
                (")", Some(_)) => open = None,
                (")", None) => return Err(error(RecordsProblem::ClosingParenthesis)),
                (word, _) => entry.words.push(word),
            }
        }
        if open.is_none() && !entry.words.is_empty() {
            let next = Entry { line: number + 1, is_indented: false, words: Vec::new() };
            entries.push(std::mem::replace(&mut entry, next));
        }
    }
    match open {
        Some(line) => Err(RecordsError { line, problem: RecordsProblem::OpenParenthesis }),
        None => Ok(entries),
    }
}

/// The first word of a line and what follows it; a parenthesis is a word. Comments end the line.
fn next_word(line: &str) -> Result<Option<(&str, &str)>, RecordsProblem> {
    let line = line.trim_start_matches([' ', '\t', '\r', '\u{feff}']);
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        let ends = !quoted && !escaped && matches!(c, ' ' | '\t' | '\r' | '(' | ')' | ';');
        match c {
            ';' if ends && at == 0 => return Ok(None),
            '(' | ')' if ends && at == 0 => return Ok(Some(line.split_at(1))),
            _ if ends => return Ok(Some(line.split_at(at))),
            '\\' if !escaped => escaped = true,
            '"' if !escaped => quoted = !quoted,
            _ => escaped = false,
        }
    }
    match (quoted, line.is_empty()) {
        (true, _) => Err(RecordsProblem::Quote),
        (false, true) => Ok(None),
        (false, false) => Ok(Some((line, ""))),
    }
}
