//! Finds failed lookups in the output of dig, kdig, drill and delv: their comments tell whether a server answered.

use super::{RecordsError, RecordsProblem};

/// What a line says about a lookup.
enum Reply {
    /// No server answered, a server returned an error, or a transfer failed.
    Failed,
    /// A server did not answer; the program may ask another one.
    Unsure,
    /// The server left out records.
    Truncated,
    /// An answer, or a record.
    Answer,
}

/// How comments of dig, kdig, drill and delv start, but hardly a comment of a zone file.
pub(super) const MARKS: [&str; 7] = [
    ";; ->>HEADER<<-",
    "; <<>> DiG",
    ";; Query time",
    ";; Received ",
    "; fully validated",
    "; unsigned answer",
    "; negative response",
];

/// What the comments of a text tell about lookups, if the text is not a zone file.
#[derive(Default)]
pub(super) struct Replies {
    /// The first failed lookup, or a server that did not answer and after which no answer follows. It does not mean
    /// that there are no records.
    pub(super) failed: Option<RecordsError>,
    /// Whether a comment is that of a lookup; if so, the records may be those of several zones.
    pub(super) is_of_lookup: bool,
}

impl Replies {
    /// Looks for failed lookups.
    ///
    /// Errors: the message of a program about a failed lookup, which is not a comment.
    pub(super) fn of(text: &str) -> Result<Self, RecordsError> {
        let (mut replies, mut unsure) = (Self::default(), None);
        for (number, line) in text.split('\n').enumerate() {
            let line = line.trim();
            let error = |problem| RecordsError { line: number + 1, problem };
            if is_error(line) {
                return Err(replies.failed.unwrap_or(error(RecordsProblem::NoAnswer)));
            }
            replies.is_of_lookup |= MARKS.iter().any(|mark| line.starts_with(mark));
            match reply(line) {
                Some(Reply::Failed) => replies.failed.get_or_insert(error(RecordsProblem::NoAnswer)),
                Some(Reply::Truncated) => replies.failed.get_or_insert(error(RecordsProblem::Truncated)),
                Some(Reply::Unsure) => unsure.insert(error(RecordsProblem::NoAnswer)),
                Some(Reply::Answer) => {
                    unsure = None;
                    continue;
                }
                None => continue,
            };
        }
        replies.failed = replies.failed.or(unsure);
        Ok(replies)
    }
}

fn reply(line: &str) -> Option<Reply> {
    if !line.starts_with(';') {
        return (!line.is_empty()).then_some(Reply::Answer);
    }
    let starts = |starts: &[&str]| starts.iter().any(|start| line.starts_with(start));
    if line.starts_with(";; ->>HEADER<<-") {
        // dig and kdig write `status: NOERROR`, drill writes `rcode: NOERROR`.
        let status = ["status: ", "rcode: "].iter().find_map(|name| Some(line.split_once(name)?.1))?;
        let status = status.split([',', ';']).next().unwrap_or_default();
        return Some(match status {
            "NOERROR" | "NXDOMAIN" => Reply::Answer,
            _ => Reply::Failed,
        });
    }
    if let Some(flags) = line.strip_prefix(";; flags:").or_else(|| line.strip_prefix(";; Flags:")) {
        let mut flags = flags.split(';').next().unwrap_or_default().split(' ');
        return flags.any(|flag| flag == "tc").then_some(Reply::Truncated);
    }
    if let Some(reason) = line.strip_prefix(";; resolution failed: ") {
        let is_denial = ["ncache nxdomain", "ncache nxrrset"].contains(&reason);
        return Some(if is_denial { Reply::Answer } else { Reply::Failed });
    }
    if starts(&FAILED) {
        return Some(Reply::Failed);
    }
    starts(&UNSURE).then_some(Reply::Unsure)
}

const FAILED: [&str; 9] = [
    // dig, host and nslookup.
    ";; no servers could be reached",
    ";; connection timed out",
    ";; Got bad packet",
    ";; Couldn't verify signature",
    "; Transfer failed",
    ";; Transfer failed",
    // kdig and drill.
    ";; ERROR: ",
    ";; Error: ",
    ";; Chase failed",
];

const UNSURE: [&str; 5] = [
    ";; communications error",
    ";; Connection to ",
    ";; Got SERVFAIL reply",
    ";; Truncated, retrying",
    ";; WARNING: response timeout",
];

/// Whether a line is an error message of a program that looks up names. Such messages go to standard error, which some
/// scripts write to the same file.
fn is_error(line: &str) -> bool {
    let of_host =
        |end: &str| line.starts_with("Host ") && line.contains(" not found: ") && !line.contains(end);
    let of_nslookup = |end: &str| line.starts_with("** server can't find ") && !line.ends_with(end);
    let starts = ["dig: ", "kdig: ", "delv: ", "host: ", "nslookup: ", "Error: ", "AXFR failed."];
    starts.iter().any(|start| line.starts_with(start)) || of_host("3(NXDOMAIN)") || of_nslookup(": NXDOMAIN")
}
