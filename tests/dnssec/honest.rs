//! Honest replies give the truth with every algorithm, kind of server and case of the name.

use tlsagen::live::dns::Resolver;

use crate::authority::Mode;
use crate::exchange::{NOW, WORLD, ask, resolver};
use crate::questions::{honest_fault, questions};

/// Returns the name with every other letter in upper case.
fn mixed(name: &str) -> String {
    let case = |(at, letter): (usize, char)| match at % 2 {
        0 => letter.to_ascii_uppercase(),
        _ => letter,
    };
    name.chars().enumerate().map(case).collect()
}

fn all_are_true(mode: Mode, spelled: fn(&str) -> String) {
    let resolver = resolver(&WORLD, NOW, move |query| WORLD.reply(query, mode).encode());
    all_are_true_of(&resolver, spelled);
}

#[track_caller]
fn all_are_true_of(resolver: &Resolver, spelled: fn(&str) -> String) {
    let mut faults = Vec::new();
    for question in questions() {
        let answer = ask(resolver, &spelled(&question.0.text()), question.1);
        if let Some(fault) = honest_fault(&WORLD, &question, &answer) {
            faults.push(format!("{question:?}: {fault}\n   {answer:?}"));
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn a_recursive_server_gives_the_truth() {
    all_are_true(Mode::Recursive, str::to_owned);
}

#[test]
fn an_authoritative_server_gives_the_truth() {
    all_are_true(Mode::Authoritative, str::to_owned);
}

#[test]
fn the_case_of_a_name_does_not_matter() {
    all_are_true(Mode::Recursive, mixed);
    all_are_true(Mode::Authoritative, mixed);
}

#[test]
fn the_case_of_owners_in_a_reply_does_not_matter() {
    let resolver = resolver(&WORLD, NOW, |query| {
        let mut reply = WORLD.reply(query, Mode::Recursive);
        for record in reply.sections.iter_mut().flatten() {
            record.owner = record.owner.uppercase();
        }
        reply.encode_plain()
    });
    all_are_true_of(&resolver, str::to_owned);
}

#[test]
fn the_zones_are_signed_with_all_algorithms() {
    let signed: Vec<u8> = WORLD.algorithms().into_keys().collect();
    assert_eq!(signed, [8, 10, 13, 14, 15, 16]);
}
