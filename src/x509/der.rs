//! A walk over DER elements that keeps the place of each: X.690 section 8.1.

use std::ops::Range;

use x509_parser::asn1_rs::{Class, FromDer, Header, Tag};

use super::X509Error;

/// One element: tag, and its places in the octets that were walked.
pub(super) struct Element {
    class: Class,
    tag: Tag,
    constructed: bool,
    /// Header and content.
    pub(super) all: Range<usize>,
    /// Content alone.
    pub(super) content: Range<usize>,
}

impl Element {
    /// Header and content.
    pub(super) fn octets<'a>(&self, der: &'a [u8]) -> &'a [u8] {
        der.get(self.all.clone()).unwrap_or_default()
    }

    /// Content alone.
    pub(super) fn content_octets<'a>(&self, der: &'a [u8]) -> &'a [u8] {
        der.get(self.content.clone()).unwrap_or_default()
    }

    /// A reader of the elements in it.
    pub(super) fn inside<'a>(&self, der: &'a [u8]) -> Reader<'a> {
        Reader { der, rest: self.content.clone() }
    }
}

/// Reads one element after the other.
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

    /// The next element; `part` names it in errors.
    pub(super) fn any(&mut self, part: &'static str) -> Result<Element, X509Error> {
        self.peek().inspect(|element| self.rest.start = element.all.end).ok_or(X509Error::Structure(part))
    }

    fn peek(&self) -> Option<Element> {
        let octets = self.der.get(self.rest.clone())?;
        let (after_header, header) = Header::from_der(octets).ok()?;
        let length = header.length().definite().ok()?;
        let start = self.rest.end - after_header.len();
        let end = start.checked_add(length).filter(|end| *end <= self.rest.end)?;
        Some(Element {
            class: header.class(),
            tag: header.tag(),
            constructed: header.is_constructed(),
            all: self.rest.start..end,
            content: start..end,
        })
    }

    fn universal(&mut self, tag: Tag, constructed: bool, part: &'static str) -> Result<Element, X509Error> {
        let element = self.any(part)?;
        let fits =
            element.class == Class::Universal && element.tag == tag && element.constructed == constructed;
        if fits { Ok(element) } else { Err(X509Error::Structure(part)) }
    }

    pub(super) fn sequence(&mut self, part: &'static str) -> Result<Element, X509Error> {
        self.universal(Tag::Sequence, true, part)
    }

    pub(super) fn integer(&mut self, part: &'static str) -> Result<Element, X509Error> {
        self.universal(Tag::Integer, false, part)
    }

    pub(super) fn object_identifier(&mut self, part: &'static str) -> Result<Element, X509Error> {
        self.universal(Tag::Oid, false, part)
    }

    pub(super) fn octet_string(&mut self, part: &'static str) -> Result<Element, X509Error> {
        self.universal(Tag::OctetString, false, part)
    }

    /// The octets of a BIT STRING without unused bits.
    pub(super) fn bit_string(&mut self, part: &'static str) -> Result<Range<usize>, X509Error> {
        let element = self.universal(Tag::BitString, false, part)?;
        match element.content_octets(self.der) {
            [0, _, ..] => Ok(element.content.start + 1..element.content.end),
            _ => Err(X509Error::Structure(part)),
        }
    }

    pub(super) fn optional_boolean(&mut self) -> Result<(), X509Error> {
        match self.peek() {
            Some(next) if next.class == Class::Universal && next.tag == Tag::Boolean => {
                self.any("a BOOLEAN").map(|_| ())
            }
            _ => Ok(()),
        }
    }

    /// The next element if it has the context-specific `tag`.
    pub(super) fn optional_context(&mut self, tag: u32) -> Result<Option<Element>, X509Error> {
        match self.peek() {
            Some(next) if next.class == Class::ContextSpecific && next.tag == Tag(tag) => {
                self.any("a tagged part").map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Nothing may follow.
    pub(super) fn end(&self, part: &'static str) -> Result<(), X509Error> {
        if self.is_empty() { Ok(()) } else { Err(X509Error::Structure(part)) }
    }
}
