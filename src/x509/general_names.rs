//! General names and name constraints: RFC 5280 sections 4.2.1.6 and 4.2.1.10.

use super::canonical::{canonical_name, each_attribute};
use super::der::{Element, Reader};
use super::strict::{is_integer, is_oid};

/// A GeneralName.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GeneralName<'a> {
    /// The type of the name.
    pub kind: Kind,
    /// The content; for a directory name, the DER of the name.
    pub content: &'a [u8],
}

/// The type of a GeneralName.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// otherName.
    Other,
    /// rfc822Name, a mail address.
    Mail,
    /// dNSName.
    Dns,
    /// x400Address.
    X400,
    /// directoryName.
    Directory,
    /// ediPartyName.
    EdiParty,
    /// uniformResourceIdentifier.
    Uri,
    /// iPAddress.
    Ip,
    /// registeredID.
    RegisteredId,
}

impl Kind {
    /// All types, in the order of their tags.
    const ALL: [Self; 9] = [
        Self::Other,
        Self::Mail,
        Self::Dns,
        Self::X400,
        Self::Directory,
        Self::EdiParty,
        Self::Uri,
        Self::Ip,
        Self::RegisteredId,
    ];
}

impl<'a> GeneralName<'a> {
    fn of(element: &Element, der: &'a [u8]) -> Option<Self> {
        let content = element.content_octets(der);
        let kind = *Kind::ALL.get(usize::from(element.context_tag()?))?;
        let is_constructed = element.identifier() & 0x20 != 0;
        let is_readable = match kind {
            Kind::Directory => is_constructed && each_attribute(content, |_| ()).is_some(),
            Kind::Other => is_constructed && other_oid(content).is_some(),
            Kind::EdiParty => is_constructed && is_edi_party(content),
            Kind::X400 => is_constructed,
            Kind::RegisteredId => !is_constructed && is_oid(content),
            Kind::Mail | Kind::Dns | Kind::Uri | Kind::Ip => !is_constructed,
        };
        is_readable.then_some(Self { kind, content })
    }

    /// Returns the OID of an otherName.
    pub fn other_oid(&self) -> Option<&'a [u8]> {
        other_oid(self.content).filter(|_| self.kind == Kind::Other)
    }
}

/// Reads the content of an otherName: an OID and a value with the tag `[0]`.
fn other_oid(content: &[u8]) -> Option<&[u8]> {
    let mut fields = Reader::new(content);
    let oid = fields.object_identifier("").ok()?.content_octets(content);
    let value = fields.optional_context(0).ok()??;
    let mut inside = value.inside(content);
    (inside.any("").is_ok() && inside.is_empty() && fields.is_empty()).then_some(oid)
}

/// Whether `content` is that of an ediPartyName: an optional nameAssigner, and a partyName.
fn is_edi_party(content: &[u8]) -> bool {
    let mut fields = Reader::new(content);
    let assigner = fields.optional_context(0);
    assigner.is_ok() && fields.optional_context(1).is_ok_and(|name| name.is_some()) && fields.is_empty()
}

/// The value of authorityKeyIdentifier (RFC 5280 section 4.2.1.1).
pub(super) struct AuthorityKey<'a> {
    pub(super) key_id: Option<&'a [u8]>,
    pub(super) issuer: Vec<GeneralName<'a>>,
    /// The content of the serial number.
    pub(super) serial: Option<&'a [u8]>,
}

impl<'a> AuthorityKey<'a> {
    /// Reads the value of the extension; `None` if it cannot be read.
    pub(super) fn read(der: &'a [u8]) -> Option<Self> {
        let mut fields = Reader::new(der).sequence("").ok()?.inside(der);
        let [key_id, issuer, serial] = [0, 1, 2].map(|tag| fields.optional_context(tag));
        let (key_id, issuer, serial) = (key_id.ok()?, issuer.ok()?, serial.ok()?);
        let is_primitive = |element: &Element| element.identifier() & 0x20 == 0;
        let serial = serial.map(|serial| Some(serial.content_octets(der)).filter(|_| is_primitive(&serial)));
        let has_forms = key_id.as_ref().is_none_or(is_primitive)
            && issuer.as_ref().is_none_or(|issuer| !is_primitive(issuer))
            && serial.is_none_or(|serial| serial.is_some_and(is_integer))
            && fields.is_empty();
        let issuer = issuer.map_or(Some(Vec::new()), |issuer| names_inside(&issuer, der))?;
        let key_id = key_id.map(|key_id| key_id.content_octets(der));
        has_forms.then_some(Self { key_id, issuer, serial: serial.flatten() })
    }
}

/// Reads GeneralNames, such as the value of subjectAltName; `None` if a name cannot be read.
pub(super) fn general_names(der: &[u8]) -> Option<Vec<GeneralName<'_>>> {
    names_inside(&Reader::new(der).sequence("").ok()?, der)
}

/// Gives each of the GeneralNames in `der` to `take`; `None` if a name cannot be read.
pub(super) fn each_general_name<'a>(der: &'a [u8], take: impl FnMut(GeneralName<'a>)) -> Option<()> {
    each_name_inside(&Reader::new(der).sequence("").ok()?, der, take)
}

/// Reads the GeneralNames in the content of an element.
pub(super) fn names_inside<'a>(element: &Element, der: &'a [u8]) -> Option<Vec<GeneralName<'a>>> {
    let mut found = Vec::new();
    each_name_inside(element, der, |name| found.push(name))?;
    Some(found)
}

fn each_name_inside<'a>(
    element: &Element,
    der: &'a [u8],
    mut take: impl FnMut(GeneralName<'a>),
) -> Option<()> {
    let mut names = element.inside(der);
    while !names.is_empty() {
        take(GeneralName::of(&names.any("").ok()?, der)?);
    }
    Some(())
}

/// A GeneralSubtree.
#[derive(Debug, Clone)]
pub struct Subtree<'a> {
    /// The base.
    pub base: GeneralName<'a>,
    /// The base in the form in which names are compared, if it is a directory name.
    pub canonical: Option<Vec<u8>>,
    /// Whether the subtree has a minimum other than 0 or a maximum, which RFC 5280 section 4.2.1.10 forbids.
    pub has_range: bool,
}

/// The value of nameConstraints.
#[derive(Debug, Clone, Default)]
pub struct NameConstraints<'a> {
    /// permittedSubtrees.
    pub permitted: Vec<Subtree<'a>>,
    /// excludedSubtrees.
    pub excluded: Vec<Subtree<'a>>,
}

impl<'a> NameConstraints<'a> {
    /// Reads the value of the extension; `None` if it cannot be read.
    pub(super) fn read(der: &'a [u8]) -> Option<Self> {
        let outer = Reader::new(der).sequence("").ok()?;
        let mut fields = outer.inside(der);
        let permitted = fields.optional_context(0).ok()?;
        let excluded = fields.optional_context(1).ok()?;
        fields.end("").ok()?;
        let read = |list: Option<Element>| list.map_or(Some(Vec::new()), |list| subtrees(&list, der));
        Some(Self { permitted: read(permitted)?, excluded: read(excluded)? })
    }
}

fn subtrees<'a>(list: &Element, der: &'a [u8]) -> Option<Vec<Subtree<'a>>> {
    let mut items = list.inside(der);
    let mut found = Vec::new();
    while !items.is_empty() {
        let mut parts = items.sequence("").ok()?.inside(der);
        let base = GeneralName::of(&parts.any("").ok()?, der)?;
        let minimum = parts.optional_context(0).ok()?;
        let maximum = parts.optional_context(1).ok()?;
        parts.end("").ok()?;
        let number = |number: &Element| Some(number.content_octets(der)).filter(|number| is_integer(number));
        if [&minimum, &maximum].into_iter().flatten().any(|element| number(element).is_none()) {
            return None;
        }
        let has_range = maximum.is_some() || minimum.is_some_and(|minimum| number(&minimum) != Some(&[0]));
        let canonical = match base.kind {
            Kind::Directory => canonical_name(base.content),
            _ => None,
        };
        found.push(Subtree { base, canonical, has_range });
    }
    Some(found)
}
