//! The answers of this crate.

use time::OffsetDateTime;
use tlsagen::chain::{Budget, Chain};
use tlsagen::generate::Material;
use tlsagen::input::Input;
use tlsagen::owner::{HostName, Owner};
use tlsagen::records::Found;
use tlsagen::verify::{Policy, Report, Verdict, verify, verify_served};

use crate::question::Question;

/// The answer to a question, with the reason.
pub(crate) enum Answer {
    Yes,
    No(String),
    Undecided(String),
    /// The chain cannot be read, is damaged, or has no server certificate.
    Refused(String),
}

/// The reason of a valid path without a name to check: many end entities of the suites have no DNS name.
const ONLY_THE_NAME: &str = "the server name is unknown";

/// The answers for a file, as `check --any` gives them, and for a chain that a server sent, as `probe` does.
pub(crate) fn answers(question: &Question) -> [(&'static str, Answer); 2] {
    let owner: Owner = "_443._tcp.suite.example".parse().unwrap();
    let names: Vec<HostName> = question.host.iter().cloned().collect();
    let now = OffsetDateTime::from_unix_timestamp(question.time).unwrap();
    let policy = Policy { names: &names, on_smtp: false, store: None, now };
    let found = Found { holder: owner.clone(), records: vec![question.record.clone()] };
    let of_file = material(question.pem.as_bytes(), &names).and_then(|material| {
        let chain = material.chain().filter(|chain| chain.has_end_entity());
        let chain = chain.ok_or_else(|| "no server certificate".to_owned())?;
        let report = verify(&owner, Some(found.clone()), chain, &[], &policy);
        report.map_err(|error| error.to_string())
    });
    let of_sent = sent(question.pem.as_bytes());
    let of_sent = of_sent.and_then(|chain| {
        let report = verify_served(&owner, found.clone(), &chain, &policy);
        report.map_err(|error| error.to_string())
    });
    [("check", answer(question, of_file)), ("probe", answer(question, of_sent))]
}

fn answer(question: &Question, report: Result<Report, String>) -> Answer {
    let report = match report {
        Ok(report) => report,
        Err(error) => return Answer::Refused(error),
    };
    let reasons = report.judged.iter().filter_map(|judged| judged.reason.clone());
    let reason = reasons.collect::<Vec<_>>().join("; ");
    match report.any {
        Verdict::Covered => Answer::Yes,
        Verdict::NotCovered => Answer::No(reason),
        _ if question.host.is_none() && reason.starts_with(ONLY_THE_NAME) => Answer::Yes,
        _ => Answer::Undecided(reason),
    }
}

fn material(octets: &[u8], hosts: &[HostName]) -> Result<Material, String> {
    Material::read("sent.pem".to_owned(), octets, hosts, &Budget::default())
        .map_err(|error| error.to_string())
}

fn sent(octets: &[u8]) -> Result<Chain, String> {
    match Input::read(octets) {
        Ok(Input::Certificates(certificates, _)) => Ok(Chain::served(certificates)),
        Ok(Input::Keys(_)) => Err("keys".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
