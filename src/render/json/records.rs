//! Records and changes in JSON.

use serde::Serialize;

use super::super::{OwnerChanges, Sheet};
use super::{JsonData, document, rfc3339};
use crate::diagnostic::Finding;
use crate::generate::{Item, Record, Source};
use crate::owner::{Origin, Owner};
use crate::records::Published;

/// Where a record is, and how to write it.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) owner: &'a Owner,
    pub(super) ttl: Option<u32>,
    pub(super) origin: Option<&'a Origin>,
}

/// A record; published records have no source.
#[derive(Serialize)]
pub(super) struct JsonRecord<'a> {
    owner: String,
    name: Option<String>,
    ttl: Option<u32>,
    #[serde(flatten)]
    data: JsonData,
    source: Option<JsonSource<'a>>,
}

impl<'a> JsonRecord<'a> {
    fn new(place: Place<'_>, data: &Published, source: Option<JsonSource<'a>>) -> Self {
        Self {
            owner: place.owner.to_string(),
            name: place.origin.map(|origin| place.owner.relative_to(Some(origin))),
            ttl: place.ttl,
            data: JsonData::new(data),
            source,
        }
    }

    fn made(place: Place<'_>, record: &'a Record<'_>) -> Self {
        Self::new(place, &Published::from(&record.tlsa), Some(JsonSource::new(&record.source)))
    }

    /// A record without a source.
    pub(super) fn published(place: Place<'_>, record: &Published) -> Self {
        Self::new(place, record, None)
    }
}

#[derive(Serialize)]
struct JsonSource<'a> {
    file: &'a str,
    depth: Option<usize>,
    subject: Option<String>,
    issuer: Option<String>,
    serial: Option<String>,
    not_before: Option<String>,
    not_after: Option<String>,
}

impl<'a> JsonSource<'a> {
    fn new(source: &Source<'a>) -> Self {
        let file = source.material.file.as_str();
        match source.item {
            Item::Certificate(link) => {
                let certificate = link.member.certificate();
                let validity = certificate.validity();
                Self {
                    file,
                    depth: link.depth,
                    subject: Some(certificate.subject()),
                    issuer: Some(certificate.issuer()),
                    serial: Some(certificate.serial()),
                    not_before: rfc3339(validity.not_before),
                    not_after: rfc3339(validity.not_after),
                }
            }
            Item::Key(key) => Self {
                file,
                depth: None,
                subject: key.subject().map(str::to_owned),
                issuer: None,
                serial: None,
                not_before: None,
                not_after: None,
            },
        }
    }
}

#[derive(Serialize)]
struct Records<'a> {
    records: Vec<JsonRecord<'a>>,
}

/// Writes all records for each owner.
pub(in super::super) fn records(sheet: &Sheet<'_>) -> String {
    let style = sheet.style;
    let of_owner = |owner| {
        let place = Place { owner, ttl: style.ttl, origin: style.origin.as_ref() };
        sheet.records.iter().map(move |record| JsonRecord::made(place, record))
    };
    let records = sheet.owners.iter().flat_map(of_owner).collect();
    document("records", Records { records }, sheet.findings, style.single_line)
}

#[derive(Serialize)]
struct Changes<'a> {
    add: Vec<JsonRecord<'a>>,
    remove: Vec<JsonRecord<'a>>,
}

/// Writes all changes.
pub(in super::super) fn changes(
    changes: &[OwnerChanges<'_>],
    findings: &[Finding],
    ttl: Option<u32>,
    origin: Option<&Origin>,
) -> String {
    let (mut add, mut remove) = (Vec::new(), Vec::new());
    for at in changes {
        let place = Place { owner: &at.holder, ttl, origin };
        add.extend(at.add.iter().map(|record| JsonRecord::made(place, record)));
        let place = Place { ttl: None, ..place };
        remove.extend(at.remove.iter().map(|record| JsonRecord::published(place, record)));
    }
    document("diff", Changes { add, remove }, findings, false)
}
