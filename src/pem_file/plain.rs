//! Reads files of the usual form quickly: CERTIFICATE blocks in lines of 64 characters that end in LF, and empty lines
//! between them. Any other file is for [`blocks`](super::blocks), which finds the same blocks in a file of this form.

use std::ops::Range;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// The decoded blocks of the file so far.
#[derive(Debug, Default)]
pub struct Plain {
    /// The DER of all blocks, one after the other.
    pub octets: Vec<u8>,
    /// The blocks in file order.
    pub blocks: Vec<PlainBlock>,
    /// The number of lines before the next block.
    lines: usize,
    /// The base64 characters of a block, kept to avoid an allocation for each block.
    characters: Vec<u8>,
}

/// A decoded block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainBlock {
    /// The line of the BEGIN marker, counted from 1.
    pub line: usize,
    /// The place of its DER in [`Plain::octets`].
    pub octets: Range<usize>,
}

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----\n";
const END: &[u8] = b"-----END CERTIFICATE-----";

/// The length of a full line in octets, with its line end.
const FULL: usize = 65;

impl Plain {
    /// Makes room for the blocks of a file of `size` octets.
    pub fn reserve(&mut self, size: usize) {
        if self.octets.capacity() == 0 {
            self.octets.reserve(size / 4 * 3);
        }
    }

    /// Reads the complete blocks at the start of `text`, the next part of the file, and returns their length in octets.
    /// The rest is the start of an incomplete block, or has another form. `is_last`: whether the file ends after `text`.
    pub fn take(&mut self, text: &[u8], is_last: bool) -> usize {
        let mut rest = text;
        while let Some(after) = self.take_block(rest, is_last) {
            rest = after;
        }
        text.len() - rest.len()
    }

    /// Reads an empty line or a block; returns the text after it.
    fn take_block<'a>(&mut self, text: &'a [u8], is_last: bool) -> Option<&'a [u8]> {
        if let Some(after) = text.strip_prefix(b"\n") {
            self.lines += 1;
            return Some(after);
        }
        let mut rest = text.strip_prefix(BEGIN)?;
        let mut lines = 2;
        self.characters.clear();
        // A line end within a line is no base64 character, so the decoder refuses a line of another length.
        while let Some(([line @ .., b'\n'], after)) = rest.split_first_chunk::<FULL>()
            && line.first() != Some(&b'-')
        {
            self.characters.extend_from_slice(line);
            rest = after;
            lines += 1;
        }
        if rest.first() != Some(&b'-') {
            let length = rest.iter().take(FULL).position(|octet| *octet == b'\n')?;
            let (line, after) = rest.split_at_checked(length)?;
            self.characters.extend_from_slice(line);
            rest = after.get(1..)?;
            lines += 1;
        }
        rest = match rest.strip_prefix(END)? {
            [b'\n', after @ ..] => after,
            [] if is_last => &[],
            _ => return None,
        };
        let start = self.octets.len();
        self.octets.resize(start + self.characters.len() / 4 * 3, 0);
        let free = self.octets.get_mut(start..)?;
        let length = BASE64_STANDARD.decode_slice(&self.characters, free).unwrap_or(0);
        self.octets.truncate(start + length);
        if length == 0 {
            return None;
        }
        self.blocks.push(PlainBlock { line: self.lines + 1, octets: start..start + length });
        self.lines += lines;
        Some(rest)
    }
}
