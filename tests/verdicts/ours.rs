//! The library's answer.

use time::OffsetDateTime;
use tlsagen::advice::published::{Context, examine};
use tlsagen::chain::Budget;
use tlsagen::diagnostic::Code;
use tlsagen::generate::Material;
use tlsagen::owner::{Endpoint, HostName, Owner};
use tlsagen::records::{Found, Published};
use tlsagen::verify::{Policy, Report, Status, Verdict, verify};
use tlsagen::x509::Certificate;

use crate::chains::HOST;

/// The error about a file of CAs alone.
pub(crate) const NO_END_ENTITY: &str = "no end entity";

/// Records for the host, and the client's view.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) records: &'a [Published],
    pub(crate) now: i64,
    /// For usages 0 and 1, which need a port other than that of SMTP.
    pub(crate) store: Option<&'a [Certificate]>,
}

/// The verdict for clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    No,
    Undecided,
    Error,
}

/// The answer and what it says about it.
#[derive(Debug, Clone)]
pub(crate) struct Ours {
    pub(crate) answer: Answer,
    /// One line for each record, or the error.
    pub(crate) said: Vec<String>,
    /// The reasons of undecided records.
    pub(crate) undecided: Vec<String>,
    pub(crate) missing: Vec<Published>,
}

/// The chain that the host sends, read once for many cases.
pub(crate) struct Server {
    names: Vec<HostName>,
    /// One, or the error.
    materials: Result<[Material; 1], String>,
}

impl Server {
    /// Reads PEM, the server's certificate first; `names` are those that clients ask for.
    pub(crate) fn new(pem: &str, names: &[&str]) -> Self {
        let names: Vec<HostName> = names.iter().map(|name| name.parse().unwrap()).collect();
        let material = Material::read("chain.pem".to_owned(), pem.as_bytes(), &names, &Budget::default());
        let materials = material.map(|material| [material]).map_err(|error| format!("read: {error}"));
        Self { names, materials }
    }

    fn report(&self, case: &Case<'_>) -> Result<Report, String> {
        let chain = self.materials.as_ref()?[0].chain().filter(|chain| chain.has_end_entity());
        let chain = chain.ok_or(NO_END_ENTITY.to_owned())?;
        let policy = self.policy(case);
        let owner = owner(&policy);
        let found = Found { holder: owner.clone(), records: case.records.to_vec() };
        verify(&owner, Some(found), chain, &[], &policy).map_err(|error| format!("verify: {error}"))
    }

    fn policy<'a>(&'a self, case: &Case<'a>) -> Policy<'a> {
        Policy {
            names: &self.names,
            on_smtp: case.store.is_none(),
            store: case.store,
            now: OffsetDateTime::from_unix_timestamp(case.now).unwrap(),
        }
    }

    pub(crate) fn ask(&self, case: &Case<'_>) -> Ours {
        match self.report(case) {
            Ok(report) => Ours {
                answer: match report.any {
                    Verdict::Covered => Answer::Yes,
                    Verdict::Partial | Verdict::NotCovered => Answer::No,
                    Verdict::Unknown => Answer::Undecided,
                },
                said: (report.judged.iter())
                    .map(|judged| {
                        format!("{}: {}", judged.status, judged.reason.as_deref().unwrap_or_default())
                    })
                    .collect(),
                undecided: (report.judged.iter())
                    .filter(|judged| judged.status == Status::Unverified)
                    .map(|judged| judged.reason.clone().unwrap_or_default())
                    .collect(),
                missing: report.missing.iter().map(Published::from).collect(),
            },
            Err(error) => {
                let (undecided, missing) = (Vec::new(), Vec::new());
                Ours { answer: Answer::Error, said: vec![error], undecided, missing }
            }
        }
    }

    /// Whether there is a warning about weak keys or signatures.
    pub(crate) fn warns(&self, case: &Case<'_>) -> bool {
        let (Ok(materials), Ok(report)) = (&self.materials, self.report(case)) else { return false };
        let policy = self.policy(case);
        let context = Context {
            materials,
            endpoints: &Endpoint::parse_list(HOST).unwrap(),
            owner: &owner(&policy),
            is_one_of_several: false,
            policy: &policy,
            of_lookup: Ok(Vec::new()),
            absent: None,
            any: true,
        };
        let examined = examine(report, context);
        examined.findings.iter().any(|finding| [Code::WeakKey, Code::WeakSig].contains(&finding.code))
    }
}

fn owner(policy: &Policy<'_>) -> Owner {
    let port = if policy.on_smtp { 25 } else { 443 };
    format!("_{port}._tcp.{HOST}").parse().unwrap()
}
