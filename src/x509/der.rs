//! Reads DER elements one by one and records the range of each element: X.690 section 8.1.

use std::ops::Range;

use super::error::X509Error;

const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const CONSTRUCTED: u8 = 0x20;
const CONTEXT_SPECIFIC: u8 = 0x80;

/// Parses a DER header: returns the identifier octet, the header length and the content length, both in octets
/// (X.690 sections 8.1.2, 8.1.3 and 10.1).
///
/// Returns `None` for tag numbers above 30, which do not occur in certificates. Reads only DER, because this function
/// runs for every element: a full BER parser took a tenth of the time spent on a large file.
fn header(octets: &[u8]) -> Option<(u8, usize, usize)> {
    let (identifier, rest) = octets.split_first()?;
    let (first, rest) = rest.split_first()?;
    if identifier & 0x1f == 0x1f {
        return None;
    }
    let length_octets = usize::from(first & 0x7f);
    match first {
        0..=0x7f => Some((*identifier, 2, length_octets)),
        0x81..=0x84 => {
            let length =
                rest.get(..length_octets)?.iter().fold(0, |length, octet| length << 8 | usize::from(*octet));
            // DER allows only the shortest form.
            let shortest = length >= 0x80 && length >> (8 * (length_octets - 1)) != 0;
            shortest.then_some((*identifier, 2 + length_octets, length))
        }
        _ => None,
    }
}

/// A DER element: its tag, and the ranges of the element and its content in the input.
pub(super) struct Element {
    identifier: u8,
    /// The range of header and content.
    pub(super) all: Range<usize>,
    /// The range of the content without the header.
    pub(super) content: Range<usize>,
}

impl Element {
    /// The octets of header and content; `der` is the input that was parsed.
    pub(super) fn octets<'a>(&self, der: &'a [u8]) -> &'a [u8] {
        der.get(self.all.clone()).unwrap_or_default()
    }

    /// The octets of the content without the header; `der` is the input that was parsed.
    pub(super) fn content_octets<'a>(&self, der: &'a [u8]) -> &'a [u8] {
        der.get(self.content.clone()).unwrap_or_default()
    }

    /// Whether the tag, the length and the final `Z` are those of a UTCTime `YYMMDDHHMMSSZ` or a GeneralizedTime
    /// `YYYYMMDDHHMMSSZ` (RFC 5280 section 4.1.2.5).
    pub(super) fn is_certificate_time(&self, der: &[u8]) -> bool {
        matches!((self.identifier, self.content.len()), (UTC_TIME, 13) | (GENERALIZED_TIME, 15))
            && self.content_octets(der).ends_with(b"Z")
    }

    /// The identifier octet.
    pub(super) fn identifier(&self) -> u8 {
        self.identifier
    }

    /// The tag number, if the class is context-specific.
    pub(super) fn context_tag(&self) -> Option<u8> {
        (self.identifier & 0xc0 == CONTEXT_SPECIFIC).then_some(self.identifier & 0x1f)
    }

    /// Returns a reader for this element.
    pub(super) fn reader<'a>(&self, der: &'a [u8]) -> Reader<'a> {
        Reader { der, rest: self.all.clone() }
    }

    /// Returns a reader for the elements in the content.
    pub(super) fn inside<'a>(&self, der: &'a [u8]) -> Reader<'a> {
        Reader { der, rest: self.content.clone() }
    }
}

/// Reads one element after another.
pub(super) struct Reader<'a> {
    der: &'a [u8],
    rest: Range<usize>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(der: &'a [u8]) -> Self {
        Self { der, rest: 0..der.len() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Reads the next element; `part` is its name in error messages.
    pub(super) fn any(&mut self, part: &'static str) -> Result<Element, X509Error> {
        self.peek().inspect(|element| self.rest.start = element.all.end).ok_or_else(|| self.why_not(part))
    }

    /// Returns the reason why the next element cannot be read.
    fn why_not(&self, part: &'static str) -> X509Error {
        match self.der.get(self.rest.clone()) {
            Some([_, 0x80, ..]) => X509Error::Ber { part, form: "an indefinite length" },
            Some([_, 0x81, 0..0x80, ..] | [_, 0x82..=0x84, 0, ..]) => {
                X509Error::Ber { part, form: "a length that is not minimally encoded" }
            }
            _ => X509Error::Structure(part),
        }
    }

    fn peek(&self) -> Option<Element> {
        let octets = self.der.get(self.rest.clone())?;
        let (identifier, header, length) = header(octets)?;
        let start = self.rest.start + header;
        let end = start.checked_add(length).filter(|end| *end <= self.rest.end)?;
        Some(Element { identifier, all: self.rest.start..end, content: start..end })
    }

    fn universal(&mut self, identifier: u8, part: &'static str) -> Result<Element, X509Error> {
        let element = self.any(part)?;
        if element.identifier == identifier { Ok(element) } else { Err(X509Error::Structure(part)) }
    }

    pub(super) fn sequence(&mut self, part: &'static str) -> Result<Element, X509Error> {
        self.universal(SEQUENCE, part)
    }

    pub(super) fn set(&mut self, part: &'static str) -> Result<Element, X509Error> {
        self.universal(SET, part)
    }

    pub(super) fn integer(&mut self, part: &'static str) -> Result<Element, X509Error> {
        self.universal(INTEGER, part)
    }

    pub(super) fn object_identifier(&mut self, part: &'static str) -> Result<Element, X509Error> {
        self.universal(OBJECT_IDENTIFIER, part)
    }

    pub(super) fn octet_string(&mut self, part: &'static str) -> Result<Element, X509Error> {
        self.universal(OCTET_STRING, part)
    }

    /// Reads a BIT STRING without unused bits and returns the range of its octets.
    pub(super) fn bit_string(&mut self, part: &'static str) -> Result<Range<usize>, X509Error> {
        let element = self.universal(BIT_STRING, part)?;
        match element.content_octets(self.der) {
            [0, _, ..] => Ok(element.content.start + 1..element.content.end),
            [1..=7, _, ..] => Err(X509Error::UnusedBits(part)),
            _ => Err(X509Error::Structure(part)),
        }
    }

    /// Reads the next element; whether it is a BIT STRING.
    pub(super) fn is_bit_string(&mut self) -> bool {
        self.universal(BIT_STRING, "").is_ok()
    }

    pub(super) fn optional_boolean(&mut self) -> Result<bool, X509Error> {
        match self.peek() {
            Some(next) if next.identifier == BOOLEAN => {
                let value = self.any("a BOOLEAN")?;
                Ok(value.content_octets(self.der).iter().any(|octet| *octet != 0))
            }
            _ => Ok(false),
        }
    }

    /// Reads the next element if it has the context-specific `tag`.
    pub(super) fn optional_context(&mut self, tag: u8) -> Result<Option<Element>, X509Error> {
        match self.peek() {
            // Both the primitive and the constructed form are accepted: an implicitly tagged BIT STRING is primitive,
            // and an explicitly tagged element is constructed.
            Some(next) if next.identifier & !CONSTRUCTED == CONTEXT_SPECIFIC | tag => {
                self.any("a tagged part").map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Checks that no elements are left.
    pub(super) fn end(&self, part: &'static str) -> Result<(), X509Error> {
        if self.is_empty() { Ok(()) } else { Err(X509Error::Superfluous(part)) }
    }
}
