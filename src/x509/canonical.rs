//! Names in the form in which clients compare them: RFC 5280 section 7.1, as OpenSSL implements it (x_name.c).

use super::der::Reader;

/// An attribute of a distinguished name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// The content of the attribute type's OID.
    pub oid: &'a [u8],
    /// The identifier octet of the value.
    identifier: u8,
    value: &'a [u8],
}

const NUMERIC_STRING: u8 = 18;
const PRINTABLE_STRING: u8 = 19;
const TELETEX_STRING: u8 = 20;
const IA5_STRING: u8 = 22;
const UTF8_STRING: u8 = 12;
const UNIVERSAL_STRING: u8 = 28;
const BMP_STRING: u8 = 30;
const BIT_STRING: u8 = 3;
const SEQUENCE: u8 = 0x30;

impl<'a> Attribute<'a> {
    /// Returns the value as UTF-8; `None` for a value that is not text, or is not valid in its string type.
    pub fn text(&self) -> Option<String> {
        match self.identifier {
            UTF8_STRING => std::str::from_utf8(self.value).ok().map(str::to_owned),
            // OpenSSL reads these types as ISO 8859-1.
            PRINTABLE_STRING | TELETEX_STRING | IA5_STRING => {
                Some(self.value.iter().map(|octet| char::from(*octet)).collect())
            }
            BMP_STRING => self.wide(2),
            UNIVERSAL_STRING => self.wide(4),
            _ => None,
        }
    }

    fn wide(&self, octets: usize) -> Option<String> {
        let units = self.value.chunks(octets).map(|unit| {
            let number = unit.iter().fold(0, |number, octet| number << 8 | u32::from(*octet));
            char::from_u32(number).filter(|_| unit.len() == octets)
        });
        units.collect()
    }

    /// Returns the value if its string type is IA5String.
    pub fn ia5(&self) -> Option<&'a [u8]> {
        Some(self.value).filter(|_| self.identifier == IA5_STRING)
    }

    /// Appends type and value so that equal attributes give equal octets.
    fn append(&self, to: &mut Vec<u8>) -> Option<()> {
        append_sized(to, |to| to.extend_from_slice(self.oid))?;
        let identifier = match self.identifier {
            NUMERIC_STRING | BIT_STRING | SEQUENCE => {
                append_sized(to, |to| to.extend_from_slice(self.value))?;
                self.identifier
            }
            UTF8_STRING | PRINTABLE_STRING | TELETEX_STRING | IA5_STRING if self.value.is_ascii() => {
                append_sized(to, |to| append_folded(to, self.value))?;
                UTF8_STRING
            }
            _ => {
                let text = self.text()?;
                append_sized(to, |to| append_folded(to, text.as_bytes()))?;
                UTF8_STRING
            }
        };
        to.push(identifier);
        Some(())
    }
}

/// Appends what `part` appends, after its length in octets.
fn append_sized(to: &mut Vec<u8>, part: impl FnOnce(&mut Vec<u8>)) -> Option<()> {
    let start = to.len();
    to.extend([0; 4]);
    part(to);
    let length = u32::try_from(to.len() - start - 4).ok()?;
    to.get_mut(start..start + 4)?.copy_from_slice(&length.to_be_bytes());
    Some(())
}

/// Appends UTF-8 text without white space at its ends, with inner white space replaced by one space, and with ASCII
/// letters in lower case.
fn append_folded(to: &mut Vec<u8>, text: &[u8]) {
    let start = to.len();
    let is_space = |octet: &u8| octet.is_ascii_whitespace() || *octet == b'\x0b';
    for word in text.split(is_space).filter(|word| !word.is_empty()) {
        if to.len() > start {
            to.push(b' ');
        }
        to.extend(word.iter().map(u8::to_ascii_lowercase));
    }
}

/// Gives each RelativeDistinguishedName of a name to `take`; `None` if the name cannot be read, or if `take` returns
/// `None`. OpenSSL ignores an RDN without attributes, so this function omits it.
fn each_rdn<'a>(der: &'a [u8], mut take: impl FnMut(Reader<'a>) -> Option<()>) -> Option<()> {
    let outer = Reader::new(der).sequence("").ok().filter(|outer| outer.all.end == der.len())?;
    let mut sets = outer.inside(der);
    while !sets.is_empty() {
        let set = sets.set("").ok()?.inside(der);
        if !set.is_empty() {
            take(set)?;
        }
    }
    Some(())
}

/// Gives each attribute of a name to `take`; `None` if the name cannot be read.
pub(super) fn each_attribute<'a>(der: &'a [u8], mut take: impl FnMut(Attribute<'a>)) -> Option<()> {
    each_rdn(der, |mut set| {
        while !set.is_empty() {
            take(next_attribute(&mut set, der)?);
        }
        Some(())
    })
}

fn next_attribute<'a>(set: &mut Reader<'a>, der: &'a [u8]) -> Option<Attribute<'a>> {
    let mut parts = set.sequence("").ok()?.inside(der);
    let oid = parts.object_identifier("").ok()?.content_octets(der);
    let value = parts.any("").ok()?;
    parts.end("").ok()?;
    Some(Attribute { oid, identifier: value.identifier(), value: value.content_octets(der) })
}

/// Returns octets that are equal for names that clients treat as equal; a name that starts with all RDNs of another
/// gives octets that start with those of the other. `None` if the name cannot be read.
pub fn canonical_name(der: &[u8]) -> Option<Vec<u8>> {
    let mut name = Vec::with_capacity(2 * der.len());
    each_rdn(der, |mut set| {
        let start = name.len();
        name.extend(1_u32.to_be_bytes());
        next_attribute(&mut set, der)?.append(&mut name)?;
        if set.is_empty() {
            return Some(());
        }
        // The order of several attributes does not matter.
        let mut encoded = vec![name.split_off(start + 4)];
        while !set.is_empty() {
            let mut octets = Vec::new();
            next_attribute(&mut set, der)?.append(&mut octets)?;
            encoded.push(octets);
        }
        encoded.sort();
        name.truncate(start);
        name.extend(u32::try_from(encoded.len()).ok()?.to_be_bytes());
        name.extend(encoded.concat());
        Some(())
    })?;
    Some(name)
}
