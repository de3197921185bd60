//! A strict reader that finds the PEM blocks of a file and their line numbers: RFC 7468.
//!
//! A lenient reader skips text that it cannot parse, so the record of a damaged block would be missing without an
//! error. This reader returns all blocks of a file, or an error with its line.

mod error;
mod plain;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

pub use error::{PemError, PemProblem};
pub use plain::{Plain, PlainBlock};

/// A PEM block from BEGIN to END, not yet decoded.
#[derive(Debug, Clone, Copy)]
pub struct Block<'a> {
    label: &'a str,
    line: usize,
    /// The lines from BEGIN to END, including these two lines.
    framed: &'a [u8],
    /// The lines between BEGIN and END.
    body: &'a [u8],
}

/// Returns the PEM blocks of `octets` in file order. Lines end with LF, CRLF or CR; a UTF-8 byte order mark is skipped.
///
/// Errors: a misplaced or malformed marker, an unclosed block, an unknown label that contains CERT, certificate data
/// outside a block.
pub fn blocks<'a>(octets: &'a [u8]) -> Result<Vec<Block<'a>>, PemError> {
    let text = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
    let mut blocks = Vec::new();
    let mut open: Option<(&str, Line<'_>)> = None;
    for line in Lines::new(text, 1) {
        match (Marker::find(line)?, open) {
            (None, None) if is_lost_data(line.text) => {
                return Err(line.error(PemProblem::LostData));
            }
            (None, _) => {}
            (Some(Marker::Begin(label)), None) => {
                if label.contains("CERT") && !CERTIFICATE_LABELS.contains(&label) {
                    return Err(line.error(PemProblem::UnknownLabel(label.to_owned())));
                }
                open = Some((label, line));
            }
            (Some(Marker::Begin(_)), Some((label, begin))) => {
                let (label, begin) = (label.to_owned(), begin.number);
                return Err(line.error(PemProblem::BeginInside { label, begin }));
            }
            (Some(Marker::End(label)), Some((opened, begin))) if label == opened => {
                let up_to = |from: &'a [u8], rest: &[u8]| from.get(..from.len() - rest.len());
                blocks.push(Block {
                    label,
                    line: begin.number,
                    framed: up_to(begin.from, line.rest).unwrap_or_default(),
                    body: up_to(begin.rest, line.from).unwrap_or_default(),
                });
                open = None;
            }
            (Some(Marker::End(label)), Some((opened, begin))) => {
                let (label, opened, begin) = (label.to_owned(), opened.to_owned(), begin.number);
                return Err(line.error(PemProblem::EndMismatch { label, opened, begin }));
            }
            (Some(Marker::End(label)), None) => {
                return Err(line.error(PemProblem::EndOutside(label.to_owned())));
            }
        }
    }
    match open {
        Some((label, begin)) => Err(begin.error(PemProblem::Unclosed(label.to_owned()))),
        None => Ok(blocks),
    }
}

impl<'a> Block<'a> {
    /// The label, such as `CERTIFICATE`.
    pub fn label(&self) -> &'a str {
        self.label
    }

    /// The line of the BEGIN marker, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Decodes the block. The copy of the base64 text is wiped from memory, because the block may be a private key.
    ///
    /// Errors: a header, a blank line between data lines, invalid base64, an empty block.
    pub fn decode(&self) -> Result<Vec<u8>, PemError> {
        let data = self.data()?;
        let mut octets = Zeroizing::new(vec![0; data.len() / 4 * 3]);
        let length = BASE64_STANDARD.decode_slice(data.as_slice(), &mut octets).map_err(|_| self.flaw())?;
        octets.truncate(length);
        Ok(std::mem::take(&mut *octets))
    }

    /// Decodes the block with the pem crate. Use this only for certification requests and public keys, because the pem
    /// crate does not wipe its copies from memory.
    ///
    /// Errors: as [`Block::decode`].
    pub fn decode_single(&self) -> Result<Vec<u8>, PemError> {
        // The pem crate also accepts headers and any white space within a line, but this function refuses both.
        if !self.data()?.iter().all(|octet| is_base64(*octet) || *octet == b'=') {
            return Err(self.flaw());
        }
        // pem::parse fails on a blank line before END, because it expects headers before a blank line. In that case,
        // decode() decodes the block.
        pem::parse(self.framed).map_or_else(|_| self.decode(), |block| Ok(block.into_contents()))
    }

    /// Returns the data lines joined, without line ends and without blanks at both ends of a line.
    fn data(&self) -> Result<Zeroizing<Vec<u8>>, PemError> {
        let mut data = Zeroizing::new(Vec::with_capacity(self.body.len()));
        let mut blank = None;
        for line in Lines::new(self.body, self.line + 1) {
            let text = line.text.trim_ascii();
            // Headers come first, and a blank line follows them (RFC 1421 section 4.4).
            if data.is_empty() && text.contains(&b':') {
                return Err(line.error(PemProblem::Header));
            }
            match blank {
                _ if text.is_empty() => blank = Some(line),
                Some(blank) if !data.is_empty() => return Err(blank.error(PemProblem::BlankLine)),
                _ => blank = None,
            }
            data.extend_from_slice(text);
        }
        match data.is_empty() {
            true => Err(PemError { line: self.line, problem: PemProblem::Empty(self.label.to_owned()) }),
            false => Ok(data),
        }
    }

    /// Returns the reason why the data cannot be decoded, with its line.
    fn flaw(&self) -> PemError {
        let mut last = self.line;
        let mut padded = false;
        for line in Lines::new(self.body, self.line + 1) {
            let text = line.text.trim_ascii();
            if text.contains(&b':') {
                return line.error(PemProblem::Header);
            }
            if let Some(octet) = text.iter().find(|octet| !is_base64(**octet) && **octet != b'=') {
                return line.error(PemProblem::Base64Octet(*octet));
            }
            let padding = text.iter().skip_while(|octet| **octet != b'=');
            if padded && !text.is_empty() || padding.clone().any(|octet| *octet != b'=') {
                return line.error(PemProblem::AfterPadding);
            }
            padded |= padding.count() > 0;
            if !text.is_empty() {
                last = line.number;
            }
        }
        PemError { line: last, problem: PemProblem::Base64End }
    }
}

/// Whether `octet` is a base64 character (RFC 4648 section 4) other than the padding.
fn is_base64(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || octet == b'+' || octet == b'/'
}

/// Whether `text` contains only base64 characters. The loop does not stop early, so that it compiles to vector
/// instructions.
fn is_all_base64(text: &[u8]) -> bool {
    text.iter().fold(true, |all, octet| all & is_base64(*octet))
}

/// Whether the line is almost certainly certificate data that has lost its markers.
fn is_lost_data(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    text.starts_with(b"MI") && text.len() >= 60 && is_all_base64(text)
}

/// A line of the file.
#[derive(Debug, Clone, Copy)]
struct Line<'a> {
    number: usize,
    /// The line without its line end.
    text: &'a [u8],
    /// The text from the start of this line to the end of the file.
    from: &'a [u8],
    /// The text after this line.
    rest: &'a [u8],
}

impl Line<'_> {
    fn error(&self, problem: PemProblem) -> PemError {
        PemError { line: self.number, problem }
    }
}

/// An iterator over lines that end in LF, CRLF or CR.
struct Lines<'a> {
    rest: &'a [u8],
    number: usize,
}

impl<'a> Lines<'a> {
    fn new(rest: &'a [u8], number: usize) -> Self {
        Self { rest, number }
    }
}

/// The length of the first line in octets, without its line end.
fn line_length(text: &[u8]) -> usize {
    let end = match text.len() {
        // memchr asks the processor for its abilities, which takes longer than a whole file of usual size in a virtual
        // machine.
        LARGE.. => memchr::memchr2(b'\n', b'\r', text),
        _ => text.iter().position(|octet| matches!(octet, b'\n' | b'\r')),
    };
    end.unwrap_or(text.len())
}

/// The length in octets from which a text is large.
const LARGE: usize = 64 * 1024;

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let length = line_length(self.rest);
        let from = self.rest;
        let (text, end) = from.split_at(length);
        let end_length = match end {
            [b'\r', b'\n', ..] => 2,
            [] => 0,
            _ => 1,
        };
        let number = self.number;
        self.number += 1;
        self.rest = end.get(end_length..).unwrap_or_default();
        Some(Line { number, text, from, rest: self.rest })
    }
}

/// A BEGIN or END line.
enum Marker<'a> {
    Begin(&'a str),
    End(&'a str),
}

impl<'a> Marker<'a> {
    /// Returns the marker on `line`, or `None` if the line is not a marker.
    ///
    /// Errors: a malformed marker.
    fn find(line: Line<'a>) -> Result<Option<Self>, PemError> {
        let text = line.text.trim_ascii_end();
        // Most lines are base64, which contains no dashes. This check is cheap and avoids a copy of the line.
        if is_all_base64(text.strip_suffix(b"=").map_or(text, |text| text.strip_suffix(b"=").unwrap_or(text)))
        {
            return Ok(None);
        }
        let framed = |prefix: &[u8]| text.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(b"-----"));
        if let Some(label) = framed(b"-----BEGIN ").and_then(label) {
            return Ok(Some(Self::Begin(label)));
        }
        if let Some(label) = framed(b"-----END ").and_then(label) {
            return Ok(Some(Self::End(label)));
        }
        // The file may end in the middle of a marker; then the last line has no line end.
        let is_cut = line.from.len() == line.text.len() && b"-----BEGIN".starts_with(text);
        if is_cut || looks_like_marker(text) {
            return Err(line.error(PemProblem::NotQuiteMarker));
        }
        Ok(None)
    }
}

/// Returns `octets` as text if they are a PEM label (RFC 7468 section 3) without lower-case letters and without a
/// blank or dash at either end.
fn label(octets: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(octets).ok()?;
    let edges = |c: char| c == '-' || c == ' ';
    let allowed = |octet: u8| octet.is_ascii_graphic() && !octet.is_ascii_lowercase() || octet == b' ';
    let well_formed = !text.starts_with(edges) && !text.ends_with(edges) && !text.contains("--");
    (!text.is_empty() && well_formed && text.bytes().all(allowed)).then_some(text)
}

/// The known labels that contain CERT.
const CERTIFICATE_LABELS: [&str; 7] = [
    "CERTIFICATE",
    "X509 CERTIFICATE",
    "TRUSTED CERTIFICATE",
    "CERTIFICATE REQUEST",
    "NEW CERTIFICATE REQUEST",
    "ATTRIBUTE CERTIFICATE",
    "CERTIFICATE PAIR",
];

/// The first characters of the known labels of certificates and keys.
const LABEL_STARTS: [&str; 17] = [
    "CERTIFICATE",
    "X509",
    "TRUSTED",
    "NEW CERT",
    "ATTRIBUTE",
    "PRIVATE",
    "PUBLIC",
    "ENCRYPTED",
    "RSA",
    "EC ",
    "DSA",
    "DH ",
    "PKCS",
    "CMS",
    "OPENSSH",
    "ANY PRIVATE",
    "PARAMETERS",
];

/// Whether the line was probably meant as a marker: it contains BEGIN or END before a known label, and contains either
/// dashes or no other words.
fn looks_like_marker(text: &[u8]) -> bool {
    let dash = |c: char| {
        matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}')
    };
    let plain: String = String::from_utf8_lossy(text)
        .chars()
        .map(|c| if dash(c) { '-' } else { c.to_ascii_uppercase() })
        .collect();
    let is_labelled = || LABEL_STARTS.iter().any(|start| plain.contains(start));
    if plain.starts_with("-----BEGIN")
        || plain.starts_with("-----END")
        || plain.starts_with("-----") && is_labelled()
    {
        return true;
    }
    let meant = |word: &str| {
        // A real marker contains the word once; the limit bounds the time spent on a hostile line.
        plain.match_indices(word).take(8).any(|(at, _)| {
            let (before, rest) = plain.split_at(at);
            let after = rest.trim_start_matches(word).trim_start_matches([' ', '\t', '_', '-']);
            let dashed = before.ends_with('-') || before.trim_end().ends_with("--") || after.contains("--");
            // Without dashes, a line is a marker only if it consists of the word and a label, possibly after a comment
            // sign such as `#`.
            let alone = !before.contains(|c: char| c.is_alphanumeric())
                && after.len() <= 24
                && !after.contains(|c: char| !c.is_ascii_uppercase() && c != ' ');
            LABEL_STARTS.iter().any(|start| after.starts_with(start)) && (dashed || alone)
        })
    };
    meant("BEGIN") || meant("END")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_decoders_give_the_same_octets() {
        for (body, octets) in [
            ("AQID\n", Some(vec![1, 2, 3])),
            ("AQ\nID\n", Some(vec![1, 2, 3])),
            ("AQID\r", Some(vec![1, 2, 3])),
            ("\n\r\n \t AQID \n\n", Some(vec![1, 2, 3])),
            ("\u{c}\n\nAQ==\r\n\r\n", Some(vec![1])),
            ("AQ\n\nID\n", None),
            ("A QID\n", None),
            ("AQ\n", None),
            ("A: B\n\nAQID\n", None),
            ("\n", None),
        ] {
            let file = format!("text\n-----BEGIN PUBLIC KEY----- \n{body}-----END PUBLIC KEY-----\r\ntext\n");
            let blocks = blocks(file.as_bytes()).unwrap();
            let [block] = blocks.as_slice() else { panic!("{file}") };
            assert_eq!(block.decode().ok(), octets, "{body:?}");
            assert_eq!(block.decode_single(), block.decode(), "{body:?}");
        }
    }
}
