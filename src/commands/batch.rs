//! `batch`: prints the records of many chains, each as a call of its own would.

use std::fmt;
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::outcome::{Outcome, TROUBLE};
use super::reading::read;
use super::records;
use super::trouble::{InFile, Trouble};
use crate::cli::BatchRequest;
use crate::diagnostic::Advise;
use crate::files;
use crate::input::InputError;
use crate::text::file_name;

pub(super) fn batch(request: &BatchRequest) -> Result<Outcome, Trouble> {
    let octets = read(&request.file)?;
    let text = std::str::from_utf8(&octets).map_err(|_| NotLines("the file is not UTF-8 text".to_owned()));
    let text = text.in_file(&request.file)?;
    if text.trim_ascii().is_empty() {
        return Err(InputError::Empty).in_file(&request.file);
    }
    let lines = BatchRequest::lines(text);
    // Messages about its lines would show parts of a private key.
    if let Some((number, _)) = lines.iter().find(|(_, line)| line.starts_with("-----BEGIN ")) {
        return Err(NotLines(format!("line {number}: this is a PEM block, not a line CHAIN HOST")))
            .in_file(&request.file);
    }
    let outcomes = run(request, &lines);
    let is_bad = |outcome: &Outcome| outcome.status != 0;
    let bad = outcomes.iter().filter(|outcome| is_bad(outcome)).count();
    let status = if bad > 0 { TROUBLE } else { 0 };
    let mut talk = Vec::new();
    let mut data = Vec::new();
    for ((number, line), outcome) in lines.iter().zip(outcomes) {
        if bad == 0 || request.keep_going || is_bad(&outcome) {
            let place = Place { list: &request.file, number: *number, line };
            talk.extend(outcome.talk.iter().map(|said| place.add_to(said)));
        }
        if bad == 0 || request.keep_going {
            data.extend(outcome.data);
        }
    }
    Ok(Outcome { data, talk, status })
}

/// Runs the calls of all lines, several at the same time; returns their results in the order of the lines.
fn run(request: &BatchRequest, lines: &[(usize, &str)]) -> Vec<Outcome> {
    let processors = || thread::available_parallelism().map_or(1, NonZero::get);
    let jobs = request.jobs.unwrap_or_else(processors).min(lines.len());
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(lines.len())));
    let work = || {
        // The next line that no thread has taken.
        while let Some((index, (_, line))) =
            lines.iter().enumerate().nth(next.fetch_add(1, Ordering::Relaxed))
        {
            let outcome = request.call(line).map_err(Trouble::from);
            let outcome = outcome.and_then(|(request, params)| records::records(&request, &params));
            let outcome = outcome.unwrap_or_else(|trouble| Outcome::failed(&trouble));
            // A thread that panicked ends the program.
            let Ok(mut done) = done.lock() else { return };
            done.push((index, outcome));
            if done.len() % 100 == 0 {
                files::progress(&format!("{} of {} lines", done.len(), lines.len()));
            }
        }
    };
    thread::scope(|scope| {
        // Fewer threads do the same work if the system refuses more.
        let start = |_: usize| thread::Builder::new().spawn_scoped(scope, work).is_ok();
        let _ = (1..jobs).all(start);
        work();
    });
    files::progress("");
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, outcome)| outcome).collect()
}

/// A line of the file.
struct Place<'a> {
    list: &'a str,
    number: usize,
    line: &'a str,
}

impl Place<'_> {
    /// Adds the place to a message of its call, after the severity; names the chain if the message does not.
    fn add_to(&self, said: &str) -> String {
        let chain = file_name(self.line.split_ascii_whitespace().next().unwrap_or_default());
        let place = format!("{}: line {}", file_name(self.list), self.number);
        match said.split_once(": ") {
            Some((severity, text)) if text.contains(&chain) => format!("{severity}: {place}: {text}"),
            Some((severity, text)) => format!("{severity}: {place}: {chain}: {text}"),
            None => format!("{place}: {said}"),
        }
    }
}

/// What the file is instead of lines.
#[derive(Debug)]
struct NotLines(String);

impl fmt::Display for NotLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotLines {}

impl Advise for NotLines {
    fn hint(&self) -> Option<String> {
        Some("give a file of lines CHAIN HOST, not a certificate".to_owned())
    }
}
