//! Forged replies: false data never becomes secure, and signed data never becomes insecure.

use std::collections::BTreeMap;
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Instant, SystemTime};

use tlsagen::live::dns::{Answer, LookupError};

use crate::authority::Mode;
use crate::exchange::{NOW, TIMEOUT, WORLD, ask, resolver};
use crate::forger::{CHANGES, Forger, MADE};
use crate::numbers::Numbers;
use crate::questions::{Outcome, Question, fault, outcome, questions};
use crate::wire::Message;

/// Returns the number in an environment variable, if it is set.
pub(crate) fn setting(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}: not a number: {text}")))
}

/// Returns `FORGER_SEED`, or a seed from the clock.
pub(crate) fn seed() -> u64 {
    let clock = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    setting("FORGER_SEED").unwrap_or_else(clock)
}

/// Returns two questions for one resolver, mostly about the same zone, and the forger of this case.
pub(crate) fn case(seed: u64, case: u64, questions: &[Question]) -> ([Question; 2], Forger) {
    let mut numbers = Numbers((seed ^ case.wrapping_mul(0x9e37_79b9_7f4a_7c15)) | 1);
    for _ in 0..4 {
        numbers.next();
    }
    let mode = if numbers.below(3) == 0 { Mode::Authoritative } else { Mode::Recursive };
    let mut at = numbers.below(questions.len());
    if numbers.below(2) == 0 {
        // In half of the cases, skip to the next question with a complicated proof.
        at = (at..questions.len()).find(|at| is_delicate(&questions[*at])).unwrap_or(at);
    }
    // Questions about the same zone are neighbours in the list.
    let other = (at + numbers.below(60)) % questions.len();
    let both = [at, other].map(|at| questions[at].clone());
    (both, Forger { seed, case: Some(case), mode })
}

/// Whether the name is near a wildcard, an empty non-terminal, a zone cut or a DNAME.
fn is_delicate((name, _): &Question) -> bool {
    let name = name.text();
    ["closer.w", "ent.w", "wc", "_tcp.x", "dn.", "child"].iter().any(|part| name.contains(part))
}

/// Looks up a question with a new resolver whose replies all come from the forger.
pub(crate) fn look_up((name, kind): &Question, forger: Forger) -> Result<Answer, LookupError> {
    let resolver = resolver(&WORLD, NOW, move |query| forger.reply(&WORLD, query));
    ask(&resolver, &name.text(), *kind)
}

type Outcomes = BTreeMap<Outcome, usize>;

/// Runs one case; returns a description of a failure, with the settings that repeat the case.
fn failure(number: u64, both: &[Question; 2], forger: Forger, outcomes: &mut Outcomes) -> Option<String> {
    let resolver = resolver(&WORLD, NOW, move |query| forger.reply(&WORLD, query));
    for question in both {
        let told = |what: String| {
            let forged = what_was_forged(both, forger).join("\n      ");
            Some(format!("FORGED_CASE={number} {question:?} of {both:?}: {what}\n      {forged}"))
        };
        let begin = Instant::now();
        let lookup = AssertUnwindSafe(|| ask(&resolver, &question.0.text(), question.1));
        let Ok(answer) = catch_unwind(lookup) else { return told("panic".to_owned()) };
        let spent = begin.elapsed();
        *outcomes.entry(outcome(&answer)).or_default() += 1;
        if spent > TIMEOUT {
            return told(format!("took {spent:?}"));
        }
        if let Some(fault) = fault(&WORLD, question, &answer) {
            return told(format!("{fault}\n    {answer:?}"));
        }
    }
    None
}

/// Returns the queries that a new resolver sends for a question.
pub(crate) fn queries((name, kind): &Question, forger: Forger) -> Vec<Message> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&seen);
    let resolver = resolver(&WORLD, NOW, move |query| {
        all.lock().unwrap().push(query.clone());
        forger.reply(&WORLD, query)
    });
    let _ = catch_unwind(AssertUnwindSafe(|| ask(&resolver, &name.text(), *kind)));
    seen.lock().unwrap().clone()
}

/// Lists the changes in each reply that the lookups of a case receive.
fn what_was_forged(questions: &[Question], forger: Forger) -> Vec<String> {
    let queries = questions.iter().flat_map(|question| queries(question, forger));
    let changes = |query: Message| (forger.forge(&WORLD, &query).1, query);
    let told = |(changes, query): (Vec<&str>, Message)| {
        format!("{:?} type {}: {changes:?}", query.name, query.rtype)
    };
    queries.map(changes).map(told).collect()
}

#[test]
fn no_forgery_is_believed() {
    let (seed, count) = (seed(), setting("FORGED_LOOKUPS").unwrap_or(2000));
    eprintln!("FORGER_SEED={seed} FORGED_LOOKUPS={count}");
    let cases = match setting("FORGED_CASE") {
        Some(case) => case..case + 1,
        None => 0..count.div_ceil(2),
    };
    let questions = questions();
    let mut outcomes = BTreeMap::new();
    let mut failures = Vec::new();
    for number in cases {
        let (both, forger) = case(seed, number, &questions);
        failures.extend(failure(number, &both, forger, &mut outcomes));
    }
    eprintln!("{outcomes:?}");
    let made: Vec<(&str, usize)> =
        CHANGES.iter().zip(&MADE).map(|((name, _), made)| (*name, made.load(Ordering::Relaxed))).collect();
    for (name, made) in &made {
        eprintln!("{made:7} {name}");
    }
    let told = failures.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
    assert!(failures.is_empty(), "{} failures with seed {seed}:\n{told}", failures.len());
    if count >= 2000 && setting("FORGED_CASE").is_none() {
        let missing: Vec<_> = made.iter().filter(|(_, made)| *made == 0).collect();
        assert!(missing.is_empty(), "never made: {missing:?}");
        // The five outcomes: secure, secure denial, insecure, bogus, error.
        assert_eq!(outcomes.len(), 5, "a kind of answer never came: {outcomes:?}");
    }
}
