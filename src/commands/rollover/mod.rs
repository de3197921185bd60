//! `rollover`: decides the next step of a key rollover, and prints the changes to send to the name servers.

mod files;
mod look;

use std::collections::HashSet;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::outcome::{NO, Outcome, UNDETERMINED, lines};
use super::trouble::{InFile, Trouble};
use crate::chain::Chain;
use crate::cli::RolloverRequest;
use crate::diagnostic::{Advise, Code, Finding, Severity};
use crate::files::{FileError, PrivateFile, boot, machine_id};
use crate::owner::Owner;
use crate::render::{self, RolloverSheet};
use crate::rollover::{
    Change, Decision, Identity, Jump, Reading, Reason, Records, State, StateError, Step, decide,
};
use files::Files;
use look::{Service, look};

/// Exit status: publish the additions.
const PUBLISH: u8 = 10;
/// Exit status: wait.
const WAIT: u8 = 11;
/// Exit status: the service may use the chain.
const INSTALL: u8 = 12;
/// Exit status: remove records.
const RETIRE: u8 = 13;

pub(super) fn rollover(request: &RolloverRequest) -> Result<Outcome, Trouble> {
    let files = Files::read(request)?;
    let records = files.records(request)?;
    let findings = files.findings(request, &records)?;
    if let Some(refusal) = Outcome::refusal(&findings, request.common.quiet) {
        return Ok(refusal);
    }
    let mut wanted = files.wanted(request, &records)?;
    let (file, text) = match PrivateFile::open(&request.state) {
        Err(FileError::TooLarge) => return Err(StateError::Foreign).in_file(&request.state),
        Err(error @ (FileError::Untrusted(_) | FileError::NotRegular)) => {
            return Ok(blocked(&error.to_string(), request, HINT_STATE));
        }
        opened => opened.in_file(&request.state)?,
    };
    let (mut state, jump) = match State::read(&text, identity(request), reading()?) {
        Ok(state) => state,
        Err(error @ StateError::Foreign) => return Err(error).in_file(&request.state),
        Err(error) => {
            return Ok(blocked(&error.to_string(), request, &error.hint().unwrap_or_default()));
        }
    };
    let services = match look(request)? {
        Ok(services) => services,
        Err(dnssec) => {
            let talk = vec![format!("undetermined: {dnssec}")];
            return Ok(Outcome { talk, status: UNDETERMINED, ..Outcome::default() });
        }
    };
    // Looking may take minutes: a wait begins when it is over.
    let jump = jump.or(state.clock.advance(reading()?));
    let observed: Vec<_> =
        services.iter().map(|service| service.observed(wanted.new.chain, &services)).collect();
    if request.in_use.is_none() {
        // Without the file in use, the chain is installed if every address sends it.
        let mut all = observed.iter().flat_map(|seen| &seen.served).peekable();
        let is_reached = observed.iter().all(|seen| seen.unreached.is_empty());
        wanted.is_installed = is_reached && all.peek().is_some() && all.all(|served| served.is_wanted);
    }
    let covers = |place: usize, records: &Records, chain: &&Chain| {
        services.get(place).is_some_and(|service| service.covers(records, chain, request))
    };
    let now = state.clock.seconds;
    let decision = decide(&mut state.memory, &observed, &wanted, request.exceptions, now, &covers);
    file.replace(&state.to_text()).in_file(&request.state)?;
    let findings = findings.into_iter().chain(jump.iter().map(clock_jump)).chain(not_reloaded(&decision));
    Ok(shown(request, &decision, &services, findings.collect(), now))
}

/// Reads the clocks of the machine.
fn reading() -> Result<Reading, Trouble> {
    let (boot, uptime) = boot().in_file("/proc")?;
    Ok(Reading { wall: OffsetDateTime::now_utc().unix_timestamp(), boot, uptime })
}

const HINT_STATE: &str =
    "make it a regular file of this user that nobody else can write, or give another file";

/// The identity of the state.
fn identity(request: &RolloverRequest) -> Identity {
    let mut owners: Vec<String> =
        request.services.iter().map(|(host, port)| format!("{}:{}", host.as_str(), port.number())).collect();
    owners.sort();
    Identity { machine: machine_id(), owners }
}

fn blocked(reason: &str, request: &RolloverRequest, hint: &str) -> Outcome {
    let file = crate::text::file_name(&request.state);
    let talk = vec![format!("blocked: {file}: {reason}"), format!("hint: {hint}")];
    Outcome { talk, status: NO, ..Outcome::default() }
}

fn shown(
    request: &RolloverRequest,
    decision: &Decision,
    services: &[Service],
    mut findings: Vec<Finding>,
    now: u64,
) -> Outcome {
    let quiet = request.common.quiet;
    let until = |seconds: Option<u64>| {
        let left = i64::try_from(seconds?.saturating_sub(now)).ok()?;
        (OffsetDateTime::now_utc() + time::Duration::seconds(left + 1))
            .replace_nanosecond(0)
            .ok()?
            .format(&Rfc3339)
            .ok()
    };
    let (status, time) = match decision.step {
        Step::Steady => (0, None),
        Step::Publish => (PUBLISH, None),
        Step::Wait(time) => (WAIT, until(time)),
        Step::Install(time) => (INSTALL, until(time)),
        Step::Retire => (RETIRE, None),
        Step::Blocked => (NO, None),
        Step::Undetermined => (UNDETERMINED, None),
    };
    findings.extend(decision.others.iter().filter_map(|(place, record)| {
        let owner = services.get(*place)?.server.holder.clone();
        let text = format!(
            "{record} was not published by this machine and stays: remove it by hand if no server uses it"
        );
        Some(
            Finding::new(Code::RecordOfOthers, Severity::Hint, &text)
                .about(owner.to_string())
                .of(None, Some(owner.to_string())),
        )
    }));
    // Services whose owners are aliases of one name have one change.
    let mut seen = HashSet::new();
    let holder =
        |change: &Change| services.get(change.place).map(|service| service.server.holder.to_string());
    let changes: Vec<Change> =
        decision.changes.iter().filter(|change| seen.insert(holder(change))).cloned().collect();
    let holders: Vec<Owner> = services.iter().map(|service| service.server.holder.clone()).collect();
    let reasons: Vec<String> = decision.reasons.iter().map(ToString::to_string).collect();
    let line = state_line(decision.step, time.as_deref(), &reasons);
    let sheet = RolloverSheet {
        step: decision.step.name(),
        until: time.as_deref(),
        reasons: &reasons,
        changes: &changes,
        holders: &holders,
        findings: &findings,
        ttl: request.ttl,
    };
    let data = render::rollover(&sheet, request.format, request.common.origin.as_ref()).into_bytes();
    let mut talk = vec![line];
    if !quiet {
        talk.extend(
            decision.reasons.iter().filter_map(Reason::hint).take(1).map(|hint| format!("hint: {hint}")),
        );
    }
    talk.extend(lines(&findings, quiet));
    Outcome { data, talk, status }
}

fn clock_jump(jump: &Jump) -> Finding {
    let text = format!(
        "the clock of this machine moved {} seconds against its uptime: waits follow the uptime, but printed times may be wrong",
        jump.seconds
    );
    Finding::new(Code::ClockJump, Severity::Warning, &text)
}

/// The time in seconds after which a service that does not send the installed chain is reported. Behind a load balancer,
/// a call may reach other machines only.
const UNSENT: u64 = 24 * 3600;

fn not_reloaded(decision: &Decision) -> Option<Finding> {
    let hours = decision.unsent.filter(|seconds| *seconds >= UNSENT)? / 3600;
    let text = format!(
        "no address has sent the chain of --in-use for {hours} hours: reload the service, and check that it reads that file"
    );
    Some(Finding::new(Code::NotReloaded, Severity::Warning, &text))
}

/// The line that tells the step, its time and its reasons.
fn state_line(step: Step, time: Option<&str>, reasons: &[String]) -> String {
    let does = match (step, time) {
        (Step::Steady, _) => "the chain is installed, and its records are published".to_owned(),
        (Step::Publish, _) => "apply the output, then call again".to_owned(),
        (Step::Wait(_), Some(time)) => format!("until {time}"),
        (Step::Install(_), Some(time)) => {
            format!("the service may use the chain, but senders with older records refuse it until {time}")
        }
        (Step::Install(_), None) if reasons.is_empty() => "the service may use the chain".to_owned(),
        (Step::Install(_), None) => {
            "the service may use the chain, but senders with older records refuse it for an unknown time"
                .to_owned()
        }
        (Step::Retire, _) => "apply the output".to_owned(),
        (Step::Wait(_) | Step::Blocked | Step::Undetermined, _) => String::new(),
    };
    let parts = std::iter::once(does).filter(|does| !does.is_empty()).chain(reasons.iter().cloned());
    format!("{}: {}", step.name(), parts.collect::<Vec<_>>().join("; "))
}
