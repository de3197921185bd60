//! Public certificate test suites: `verify` gives a yes only where OpenSSL gives one, and an undecided answer only
//! where clients differ or the verifier lacks an algorithm.
//!
//! `TLSAGEN_SUITES` is a folder with `limbo.json` (x509-limbo) or a folder `pkits` of certificates (NIST PKITS), or
//! both; `.ci/release suites` makes one. Each suite's end entity is asked about with the records `2 0 0` of an anchor
//! that is not sent and `2 0 1` of the same anchor sent last.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "tests")]

#[path = "../common/danev.rs"]
mod danev;
mod limbo;
mod openssl;
mod ours;
mod pkits;
mod question;
mod tally;

use std::env;
use std::path::PathBuf;

use question::Question;
use tally::Tally;

/// Name, contents, and how many end entities there are at least: fewer mean that the suite was not read.
type Suite = (&'static str, Option<Vec<Question>>, usize);

#[test]
#[ignore = "needs the suites"]
fn a_yes_is_a_yes_of_openssl_and_undecided_has_a_reason() {
    let Some(folder) = env::var_os("TLSAGEN_SUITES").map(PathBuf::from) else {
        println!("TLSAGEN_SUITES is not set: no suite was read");
        return;
    };
    let suites: [Suite; 2] =
        [("limbo", limbo::questions(&folder), 180), ("pkits", pkits::questions(&folder), 220)];
    assert!(suites.iter().any(|(_, questions, _)| questions.is_some()), "{}: no suite", folder.display());
    let mut faults = Vec::new();
    for (name, questions, least) in suites {
        let Some(questions) = questions else {
            println!("{name}: NOT CHECKED, it is not in {}", folder.display());
            continue;
        };
        let mut tally = Tally::default();
        for (question, openssl) in questions.iter().zip(openssl::answers(name, &questions)) {
            for (command, ours) in ours::answers(question) {
                tally.count(question, command, &ours, &openssl);
            }
        }
        println!("{name}: {tally}");
        assert!(tally.cases() >= least, "{name}: only {} cases", tally.cases());
        faults.extend(tally.faults());
    }
    assert!(faults.is_empty(), "{} faults, see above", faults.len());
}
