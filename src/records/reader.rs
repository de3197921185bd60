//! The `domain` crate's reader of zone files, fed entry by entry: RFC 1035 section 5.1.

use domain::base::iana::Class;
use domain::zonefile::inplace::{Entry as Scanned, ScannedRecordData, Zonefile};

use super::RecordsProblem;
use super::entries::Entry;
use crate::owner::Origin;

/// A type that nobody uses, for entries of which only the owner is of interest.
pub(super) const OTHER_TYPE: &str = "TYPE65534";

/// The `domain` crate's reader, which keeps the origin and the last owner.
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

    /// Follows `$ORIGIN`; the TTL of `$TTL` is of no interest.
    pub(super) fn directive(&mut self, name: &str, entry: &Entry<'_>) -> Result<(), RecordsProblem> {
        let mentions = |name: &str| entry.words.iter().any(|word| word.eq_ignore_ascii_case(name));
        match name.to_ascii_uppercase().as_str() {
            "TTL" => Ok(()),
            "GENERATE" if !["TLSA", "TYPE52", "CNAME", "TYPE5"].into_iter().any(mentions) => Ok(()),
            "ORIGIN" => {
                self.zonefile.extend_from_slice(format!("{}\n", entry.words.join(" ")).as_bytes());
                match self.zonefile.next_entry() {
                    Ok(_) => Ok(()),
                    Err(error) => Err(problem("$ORIGIN line", &entry.words, &error.to_string())),
                }
            }
            _ => Err(RecordsProblem::Directive(format!("${name}"))),
        }
    }

    /// The owner, lower case without its final dot, and the data of the entry that `words` are; an empty first
    /// word stands for the owner before.
    pub(super) fn read(
        &mut self,
        words: &[&str],
        what: &str,
    ) -> Result<(String, ScannedRecordData), RecordsProblem> {
        self.zonefile.extend_from_slice(format!("{}\n", words.join(" ")).as_bytes());
        match self.zonefile.next_entry() {
            Ok(Some(Scanned::Record(record))) => {
                let owner = text_of(record.owner());
                Ok((owner, record.into_data()))
            }
            Ok(_) => Err(problem(what, words, "nothing there")),
            Err(error) => Err(problem(what, words, &error.to_string())),
        }
    }
}

/// The reader's errors have a place in front, which is that in the words it was given.
fn problem(what: &str, words: &[&str], error: &str) -> RecordsProblem {
    let reason = error.split_once(": ").map_or(error, |(_, reason)| reason);
    match reason {
        "missing origin" => {
            // Only what may be a name is shown: a file given by mistake may hold a secret.
            let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.*@".contains(&octet);
            let relative = words.iter().find(|word| !word.is_empty() && !word.ends_with('.'));
            let relative = relative.filter(|word| word.len() < 64 && word.bytes().all(plain));
            RecordsProblem::NoOrigin(relative.map_or_else(String::new, ToString::to_string))
        }
        _ if reason.contains("last owner") => RecordsProblem::NoOwner,
        _ => RecordsProblem::Unreadable { what: what.to_owned(), reason: reason.to_owned() },
    }
}

pub(super) fn text_of(name: &(impl std::fmt::Display + ?Sized)) -> String {
    name.to_string().trim_end_matches('.').to_ascii_lowercase()
}
