//! Reads single zone-file entries with the `domain` crate: RFC 1035 section 5.1.

use domain::base::iana::Class;
use domain::base::{ParseRecordData, ParsedName, UnknownRecordData};
use domain::dep::octseq::Parser;
use domain::rdata::ZoneRecordData;
use domain::zonefile::inplace::{Entry as Scanned, ScannedRecordData, Zonefile};

use super::RecordsProblem;
use super::entries::Entry;
use super::head::seconds;
use crate::owner::{DomainName, Origin};
use crate::text::domain_name;

/// An unused record type, for entries whose data is ignored.
const OTHER_TYPE: &str = "TYPE65534";

/// The zone-file reader of the `domain` crate, which keeps the origin and the last owner.
pub(super) struct Reader {
    zonefile: Zonefile,
}

impl Reader {
    pub(super) fn new(origin: Option<&Origin>) -> Self {
        let mut zonefile = Zonefile::new();
        zonefile.set_default_class(Class::IN);
        if let Some(origin) = origin {
            zonefile.extend_from_slice(format!("$ORIGIN {origin}\n").as_bytes());
        }
        Self { zonefile }
    }

    /// Applies `$ORIGIN`, and checks `$TTL`.
    ///
    /// Errors: an invalid `$ORIGIN` or `$TTL`, or any other directive.
    pub(super) fn directive(&mut self, name: &str, entry: &Entry) -> Result<(), RecordsProblem> {
        let mut values = entry.words().skip(1);
        match name.to_ascii_uppercase().as_str() {
            "TTL" => match (values.next().and_then(seconds), values.next()) {
                (Some(_), None) => Ok(()),
                _ => Err(RecordsProblem::Ttl),
            },
            "ORIGIN" if entry.text.contains('"') || has_empty_label(&entry.text) => {
                Err(RecordsProblem::Unreadable {
                    what: "$ORIGIN line".to_owned(),
                    reason: "bad name".to_owned(),
                })
            }
            "ORIGIN" => {
                self.feed(&[&entry.text]);
                let origin = values.next().unwrap_or_default();
                match self.zonefile.next_entry() {
                    Ok(_) => Ok(()),
                    Err(error) => Err(problem(|| "$ORIGIN line".to_owned(), origin, &error.to_string())),
                }
            }
            _ => Err(RecordsProblem::Directive(domain_name(name).map(|name| format!("${name}")))),
        }
    }

    /// Reads the owner of an entry; an empty owner means the previous owner.
    pub(super) fn owner(&mut self, owner: &str) -> Result<DomainName, RecordsProblem> {
        self.scan([owner, OTHER_TYPE, "\\# 0"], || "owner".to_owned()).map(|(owner, _)| owner)
    }

    /// Reads an entry with this owner, type and data; an empty owner means the previous owner.
    pub(super) fn read(
        &mut self,
        entry: [&str; 3],
    ) -> Result<(DomainName, Option<ScannedRecordData>), RecordsProblem> {
        let [_, record_type, data] = entry;
        let (owner, read) = self.scan(entry, || format!("{record_type} record"))?;
        let reason = match &read {
            // The `domain` crate decodes escapes, and accepts a sign; name servers do neither.
            ZoneRecordData::Tlsa(_) if data.contains(['\\', '+']) => "expected digits",
            ZoneRecordData::Unknown(generic) if !is_valid(generic) => "the data is not that of this type",
            _ => return Ok((owner, Some(read))),
        };
        Err(RecordsProblem::Unreadable { what: format!("{record_type} record"), reason: reason.to_owned() })
    }

    fn scan(
        &mut self,
        [owner, record_type, data]: [&str; 3],
        what: impl Fn() -> String,
    ) -> Result<(DomainName, ScannedRecordData), RecordsProblem> {
        self.feed(&[owner, " IN ", record_type, " ", data]);
        let has_relative_owner = !owner.is_empty() && !owner.ends_with('.');
        let relative =
            if has_relative_owner { owner } else { data.trim_start().split(' ').next().unwrap_or("") };
        match self.zonefile.next_entry() {
            Ok(Some(Scanned::Record(record))) => Ok((name_of(record.owner()), record.into_data())),
            Ok(_) => Err(problem(what, relative, "empty entry")),
            Err(error) => Err(problem(what, relative, &error.to_string())),
        }
    }

    fn feed(&mut self, parts: &[&str]) {
        for part in parts {
            self.zonefile.extend_from_slice(part.as_bytes());
        }
        self.zonefile.extend_from_slice(b"\n");
    }
}

/// Whether data in the form of RFC 3597 is that of its type.
fn is_valid(generic: &UnknownRecordData<impl AsRef<[u8]>>) -> bool {
    type Parsed<'a> = ZoneRecordData<&'a [u8], ParsedName<&'a [u8]>>;
    let mut parser = Parser::from_ref(generic.data().as_ref());
    let parsed = Parsed::parse_rdata(generic.rtype(), &mut parser);
    parsed.is_ok() && parser.remaining() == 0
}

/// Converts an error of the `domain` crate. Keeps only the reason, without the position before it and the input text
/// after it, because a file given by mistake may contain a secret.
fn problem(what: impl Fn() -> String, relative: &str, error: &str) -> RecordsProblem {
    let reason = match error.split(": ").nth(1).unwrap_or(error) {
        // Such as `expected TlsaSelector`.
        reason if reason.starts_with("expected Tlsa") => "expected a number from 0 to 255",
        reason => reason,
    };
    match reason {
        "missing origin" => RecordsProblem::NoOrigin(domain_name(relative).map(str::to_owned)),
        _ if reason.contains("last owner") => RecordsProblem::NoOwner,
        _ => RecordsProblem::Unreadable { what: what(), reason: reason.to_owned() },
    }
}

/// Whether a name may have an empty label, which the `domain` crate accepts.
pub(super) fn has_empty_label(text: &str) -> bool {
    text.match_indices("..").any(|(at, _)| !text.get(..at).is_some_and(|before| before.ends_with('\\')))
}

pub(super) fn name_of(name: &(impl std::fmt::Display + ?Sized)) -> DomainName {
    DomainName::new(&name.to_string())
}
