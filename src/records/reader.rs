//! Reads single zone-file entries with the `domain` crate: RFC 1035 section 5.1.

use domain::base::iana::Class;
use domain::zonefile::inplace::{Entry as Scanned, ScannedRecordData, Zonefile};

use super::RecordsProblem;
use super::entries::Entry;
use crate::owner::{DomainName, Origin};
use crate::text::domain_name;

/// An unused record type, for entries whose data is ignored.
pub(super) const OTHER_TYPE: &str = "TYPE65534";

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

    /// Applies `$ORIGIN`. Ignores `$TTL`, and ignores `$GENERATE` if the line generates neither TLSA nor CNAME records.
    ///
    /// Errors: an invalid `$ORIGIN`, or any other directive.
    pub(super) fn directive(&mut self, name: &str, entry: &Entry) -> Result<(), RecordsProblem> {
        let mentions = |name: &str| entry.words().any(|word| word.eq_ignore_ascii_case(name));
        match name.to_ascii_uppercase().as_str() {
            "TTL" => Ok(()),
            "GENERATE" if !["TLSA", "TYPE52", "CNAME", "TYPE5"].into_iter().any(mentions) => Ok(()),
            "ORIGIN" => {
                self.feed(&[&entry.text]);
                let origin = entry.words().nth(1).unwrap_or_default();
                match self.zonefile.next_entry() {
                    Ok(_) => Ok(()),
                    Err(error) => Err(problem("$ORIGIN line", origin, &error.to_string())),
                }
            }
            _ => Err(RecordsProblem::Directive(domain_name(name).map(|name| format!("${name}")))),
        }
    }

    /// Reads an entry with this owner, type and data; an empty owner means the previous owner.
    pub(super) fn read(
        &mut self,
        [owner, record_type, data]: [&str; 3],
        what: &str,
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

/// Converts an error of the `domain` crate. Keeps only the reason, without the position before it and the input text
/// after it, because a file given by mistake may contain a secret.
fn problem(what: &str, relative: &str, error: &str) -> RecordsProblem {
    let reason = error.split(": ").nth(1).unwrap_or(error);
    match reason {
        "missing origin" => RecordsProblem::NoOrigin(domain_name(relative).map(str::to_owned)),
        _ if reason.contains("last owner") => RecordsProblem::NoOwner,
        _ => RecordsProblem::Unreadable { what: what.to_owned(), reason: reason.to_owned() },
    }
}

pub(super) fn name_of(name: &(impl std::fmt::Display + ?Sized)) -> DomainName {
    DomainName::new(&name.to_string())
}
