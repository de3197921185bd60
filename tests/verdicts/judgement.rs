//! What may differ between the library and its peers, by name.

use std::fmt::Write as _;
use std::path::Path;

use tlsagen::records::Published;

use crate::court::{Answers, Trial};
use crate::oddities::{has_odd_dates, is_on_the_second};
use crate::ours::{Answer, NO_END_ENTITY};
use crate::records::data;

/// The start of each kind that must not occur.
pub(crate) const WRONG: &str = "WRONG ";

/// `X509_V_ERR_CERT_NOT_YET_VALID`, `X509_V_ERR_CERT_HAS_EXPIRED` and `X509_V_ERR_EE_KEY_TOO_SMALL`.
const DATES: [u32; 2] = [9, 10];
pub(crate) const KEY_TOO_SMALL: u32 = 66;

/// The kind of agreement or difference.
pub(crate) fn kind(trial: &Trial, records: &[Published], answers: &Answers) -> String {
    let (openssl, gnutls) = (answers.openssl.yes, answers.gnutls.as_ref().is_some_and(|gnutls| gnutls.yes));
    match (answers.ours.answer, openssl) {
        (Answer::Yes, true) => "yes, yes".to_owned(),
        (Answer::No, false) => "no, no".to_owned(),
        (Answer::Yes, false) => match accepted_yes(trial, records, answers) {
            Some(excuse) => format!("excused: yes, OpenSSL no: {excuse}"),
            None => format!("{WRONG}yes, OpenSSL no: {}", answers.openssl.reason()),
        },
        (Answer::No, true) if !gnutls => "no, OpenSSL yes, GnuTLS no".to_owned(),
        (Answer::No, true) => match describes_dated_anchor(trial, records) {
            true => "excused: no, both yes: an anchor is out of date".to_owned(),
            false if has_second_server(trial) => {
                "excused: no, both yes: a second server certificate, which no record matches".to_owned()
            }
            false => format!("{WRONG}no, both yes: {}", summary(&answers.ours.said)),
        },
        (Answer::Undecided, _) => {
            let said = |yes| if yes { "yes" } else { "no" };
            let peers = format!("OpenSSL {}, GnuTLS {}", said(openssl), said(gnutls));
            let is_good = |reason: &&String| {
                reason.starts_with("clients disagree") || reason.contains("does not support")
            };
            let (good, bad): (Vec<&String>, Vec<&String>) =
                answers.ours.undecided.iter().partition(|reason| is_good(reason));
            // OpenSSL's yes refutes what is said about OpenSSL, unless the yes may come from a record that is undecided for
            // another reason.
            let is_false =
                openssl && !good.is_empty() && good.iter().all(|reason| reason.contains("OpenSSL"));
            match (good.is_empty(), bad.is_empty()) {
                _ if is_false && describes_dated_anchor(trial, records) => {
                    format!("excused: undecided, {peers}: an anchor is out of date")
                }
                _ if is_false => format!("{WRONG}undecided, {peers}: {}", summary(&good)),
                (_, false) => format!("{WRONG}undecided, {peers}: {}", summary(&bad)),
                (true, true) => format!("{WRONG}undecided without a reason, {peers}"),
                (false, true) => format!("undecided, {peers}: {}", summary(&good)),
            }
        }
        // The other errors are about the file, which says too little or is damaged.
        (Answer::Error, true) if answers.ours.said[0] == NO_END_ENTITY => {
            format!("{WRONG}error, OpenSSL yes: {NO_END_ENTITY}")
        }
        (Answer::Error, true) => format!("error, OpenSSL yes: {}", summary(&answers.ours.said)),
        (Answer::Error, false) => format!("error, OpenSSL no: {}", summary(&answers.ours.said)),
    }
}

/// Why a yes may stand beside OpenSSL's no.
pub(crate) fn accepted_yes(trial: &Trial, records: &[Published], answers: &Answers) -> Option<&'static str> {
    let made = &trial.chain.made;
    let describes_server = |record: &Published| {
        record.usage == 3 && record.data == data(&made[0], record.selector, record.matching_type)
    };
    match answers.openssl.error {
        error if DATES.contains(&error) && made.iter().any(|made| is_on_the_second(&made.plan)) => {
            Some("a date is the very second")
        }
        KEY_TOO_SMALL if records.iter().any(describes_server) => {
            Some("RFC 7671 section 5.1: usage 3 asks nothing of the key")
        }
        _ => None,
    }
}

/// RFC 7671 section 5.2: OpenSSL does not ask an anchor that is not self-signed for its dates.
fn describes_dated_anchor(trial: &Trial, records: &[Published]) -> bool {
    let dated = trial.chain.made.iter().filter(|made| has_odd_dates(&made.plan));
    let of_anchors = || records.iter().filter(|record| record.usage == 2);
    dated.into_iter().any(|made| {
        of_anchors().any(|record| record.data == data(made, record.selector, record.matching_type))
    })
}

/// Whether the server sends another certificate that is not a CA and has a DNS name: for a file, a second server
/// certificate, which clients may get as well.
fn has_second_server(trial: &Trial) -> bool {
    let mut others = trial.chain.sent.iter().skip(1).map(|at| &trial.chain.made[*at].plan.label);
    others.any(|label| label.contains("CA:FALSE") && label.contains("subjectAltName"))
}

/// The first reason, without what differs from case to case.
fn summary<Reason: AsRef<str>>(reasons: &[Reason]) -> String {
    // A record that fails says more than one that matches nothing.
    let telling =
        |reason: &&str| !["unusable", "unmatched", "ignored"].iter().any(|word| reason.starts_with(word));
    let mut all = reasons.iter().map(AsRef::as_ref);
    let first = all.clone().find(|reason| reason.starts_with("match")).or_else(|| all.clone().find(telling));
    let reason = first.or_else(|| all.next()).unwrap_or_default();
    let differs = |word: &&str| word.contains(|letter: char| letter.is_ascii_digit() || letter == '=');
    reason.split(' ').filter(|word| !differs(word)).collect::<Vec<_>>().join(" ")
}

/// All about a case, for people.
pub(crate) fn description(trial: &Trial, records: &[Published], answers: &Answers, kept: &Path) -> String {
    let mut text = String::new();
    let chain = &trial.chain;
    for at in &chain.sent {
        let _ = writeln!(text, "  sent {at}: {}", chain.made[*at].plan.label);
    }
    for (at, made) in chain.made.iter().enumerate().filter(|(at, _)| !chain.sent.contains(at)) {
        let _ = writeln!(text, "  not sent {at}: {}", made.plan.label);
    }
    for (number, record) in records.iter().enumerate() {
        let Published { usage, selector, matching_type, .. } = record;
        let describes = |at: &usize| data(&chain.made[*at], *selector, *matching_type) == record.data;
        let of: Vec<usize> = (0..chain.made.len()).filter(describes).collect();
        let said = answers.ours.said.get(number).map_or("", String::as_str);
        let _ = writeln!(text, "  record {usage} {selector} {matching_type} of {of:?}: {said}");
    }
    let _ = writeln!(text, "  ours    {:?} {:?}", answers.ours.answer, answers.ours.said);
    let _ = writeln!(text, "  OpenSSL {}", answers.openssl.said);
    if let Some(gnutls) = &answers.gnutls {
        let _ = writeln!(text, "  GnuTLS  {}", gnutls.said);
    }
    let _ = writeln!(text, "  files   {}", kept.display());
    text
}
