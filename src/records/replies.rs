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

/// Looks for failed lookups. They do not mean that there are no records.
///
/// Errors: the first failed lookup, or a server that did not answer and after which no answer follows.
pub(super) fn check(text: &str) -> Result<(), RecordsError> {
    let mut unsure = None;
    for (number, line) in text.split('\n').enumerate() {
        let error = |problem| RecordsError { line: number + 1, problem };
        match reply(line) {
            Some(Reply::Failed) => return Err(error(RecordsProblem::NoAnswer)),
            Some(Reply::Truncated) => return Err(error(RecordsProblem::Truncated)),
            Some(Reply::Unsure) => unsure = Some(error(RecordsProblem::NoAnswer)),
            Some(Reply::Answer) => unsure = None,
            None => {}
        }
    }
    unsure.map_or(Ok(()), Err)
}

fn reply(line: &str) -> Option<Reply> {
    let line = line.trim();
    if !line.starts_with(';') {
        return (!line.is_empty()).then(|| if is_error(line) { Reply::Failed } else { Reply::Answer });
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
