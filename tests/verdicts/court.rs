//! A random chain and its record sets before the library and its peers.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use tlsagen::records::Published;
use tlsagen::x509::Certificate;

use crate::chains::{Chain, HOST};
use crate::chance::numbers_of;
use crate::craft::{Workshop, folder};
use crate::der::pem;
use crate::judgement::{KEY_TOO_SMALL, WRONG, accepted_yes, description, kind};
use crate::oddities::NOW;
use crate::oracle::{GnuTls, OpenSsl, Peers, Question};
use crate::ours::{Answer, Case, Ours, Server};
use crate::records::{data, sets, text};

/// Record sets for each chain.
pub(crate) const SETS: usize = 10;
/// Rounds of publishing what is missing.
const ROUNDS: usize = 3;

/// A difference that has no excuse.
pub(crate) struct Difference {
    pub(crate) seed: u64,
    pub(crate) kind: String,
    pub(crate) description: String,
}

/// What has been counted and found.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) counts: BTreeMap<String, usize>,
    pub(crate) differences: Vec<Difference>,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Self) {
        for (what, number) in other.counts {
            *self.counts.entry(what).or_default() += number;
        }
        self.differences.extend(other.differences);
    }
}

/// A chain before the court, also as files for the peers.
pub(crate) struct Trial {
    pub(crate) seed: u64,
    pub(crate) chain: Chain,
    server: Server,
    store: Vec<Certificate>,
    chain_file: PathBuf,
    store_file: PathBuf,
}

/// All answers to one record set.
pub(crate) struct Answers {
    pub(crate) ours: Ours,
    pub(crate) openssl: OpenSsl,
    /// Asked only where the others differ.
    pub(crate) gnutls: Option<GnuTls>,
}

/// Workshop, peers and files of one thread.
pub(crate) struct Court {
    workshop: Workshop,
    peers: Peers,
    thread: usize,
    pub(crate) tally: Tally,
}

impl Court {
    pub(crate) fn new(thread: usize) -> Self {
        Self { workshop: Workshop::new(), peers: Peers::new(), thread, tally: Tally::default() }
    }

    /// Tries the chain of this seed.
    pub(crate) fn try_chain(&mut self, seed: u64) {
        let trial = self.trial(seed);
        let mut numbers = numbers_of(seed ^ 0x7ec0_7d50);
        for set in sets(&trial.chain, SETS, &mut numbers) {
            let records: Vec<Published> = set.into_iter().map(|record| record.published).collect();
            self.try_set(&trial, &records);
        }
        let ours = trial.ours(&[]);
        self.publish(&trial, Vec::new(), ours);
    }

    fn trial(&mut self, seed: u64) -> Trial {
        let chain = Chain::new(seed, &mut self.workshop);
        let of = |numbers: &[usize]| numbers.iter().map(|at| pem(&chain.made[*at].der)).collect::<String>();
        let file = |name: &str, text: &str| {
            let path = folder().join(format!("{name}-{}.pem", self.thread));
            fs::write(&path, text).unwrap();
            path
        };
        let pem = of(&chain.sent);
        // The program refuses a trust store with a certificate that it cannot read.
        let read = |at: &usize| Some((*at, Certificate::from_der(chain.made[*at].der.clone()).ok()?));
        let (readable, store): (Vec<usize>, Vec<Certificate>) = chain.store.iter().filter_map(read).unzip();
        Trial {
            seed,
            store,
            chain_file: file("chain", &pem),
            store_file: file("store", &of(&readable)),
            server: Server::new(&pem, chain.names),
            chain,
        }
    }

    fn try_set(&mut self, trial: &Trial, records: &[Published]) {
        let answers = self.answers(trial, records);
        self.enter(trial, records, &answers, kind(trial, records, &answers));
        if answers.ours.answer == Answer::Yes && answers.openssl.yes {
            let strict = trial.with_question(records, |question| self.peers.openssl(question, 2));
            if !strict.yes && trial.server.warns(&trial.case(records)) {
                self.count("yes, yes with a warning: OpenSSL's level 2 says no");
            } else if !strict.yes {
                let kind = format!("{WRONG}no warning, and OpenSSL's level 2 says {}", strict.reason());
                self.enter(trial, records, &answers, kind);
            }
        }
        if answers.ours.answer != Answer::Yes {
            self.publish(trial, records.to_vec(), answers.ours);
        }
    }

    /// Publishes what the report says is missing, until clients say yes.
    fn publish(&mut self, trial: &Trial, mut records: Vec<Published>, mut ours: Ours) {
        for _ in 0..ROUNDS {
            if matches!(ours.answer, Answer::Yes | Answer::Error) {
                break;
            }
            if ours.missing.is_empty() {
                break;
            }
            records.append(&mut ours.missing);
            ours = trial.ours(&records);
        }
        if ours.answer == Answer::Error {
            return self.count("what is missing: error");
        }
        let answers = self.peers(trial, &records, ours);
        let kind = match answers.ours.answer {
            Answer::No | Answer::Undecided
                if self.answers(trial, &[trial.own_record()]).openssl.error == KEY_TOO_SMALL =>
            {
                return self.count("what is missing: nothing helps, because clients reject the key");
            }
            Answer::Yes if answers.openssl.yes || accepted_yes(trial, &records, &answers).is_some() => {
                return self.count("what is missing: published, covered");
            }
            Answer::Yes => "published, covered, and OpenSSL says no",
            Answer::No => "published, not covered",
            _ => "published, undecided",
        };
        self.enter(trial, &records, &answers, format!("{WRONG}what is missing: {kind}"));
    }

    fn answers(&mut self, trial: &Trial, records: &[Published]) -> Answers {
        self.peers(trial, records, trial.ours(records))
    }

    /// Adds the answers of the peers.
    fn peers(&mut self, trial: &Trial, records: &[Published], ours: Ours) -> Answers {
        trial.with_question(records, |question| {
            let openssl = self.peers.openssl(question, 1);
            let agree = matches!((ours.answer, openssl.yes), (Answer::Yes, true) | (Answer::No, false));
            let gnutls = (!agree).then(|| self.peers.gnutls(question));
            Answers { ours, openssl, gnutls }
        })
    }

    fn count(&mut self, kind: &str) {
        *self.tally.counts.entry(kind.to_owned()).or_default() += 1;
    }

    /// Counts it, and keeps what is wrong.
    fn enter(&mut self, trial: &Trial, records: &[Published], answers: &Answers, kind: String) {
        self.count(&kind);
        if kind.starts_with(WRONG) {
            let known = self.tally.differences.iter().filter(|other| other.kind == kind).count();
            let number = self.tally.differences.len();
            if known < 20 {
                let description = description(trial, records, answers, &trial.keep(records, number));
                self.tally.differences.push(Difference { seed: trial.seed, kind, description });
            }
        }
    }
}

impl Trial {
    fn case<'a>(&'a self, records: &'a [Published]) -> Case<'a> {
        let store = has_pkix(records).then_some(self.store.as_slice());
        Case { records, now: NOW, store }
    }

    /// The 3 1 1 record of the server's certificate.
    fn own_record(&self) -> Published {
        Published { usage: 3, selector: 1, matching_type: 1, data: data(&self.chain.made[0], 1, 1) }
    }

    fn ours(&self, records: &[Published]) -> Ours {
        self.server.ask(&self.case(records))
    }

    fn with_question<R>(&self, records: &[Published], ask: impl FnOnce(&Question<'_>) -> R) -> R {
        let joined = records.iter().map(text).collect::<Vec<_>>().join(";");
        let store = has_pkix(records).then_some(self.store_file.as_path());
        ask(&Question { chain: &self.chain_file, records: &joined, names: self.chain.names, now: NOW, store })
    }

    /// Copies the files of a case, with the line for the peers; returns the path of the line.
    fn keep(&self, records: &[Published], number: usize) -> PathBuf {
        let folder = folder().join(format!("failures/{}-{number}", self.seed));
        fs::create_dir_all(&folder).unwrap();
        let (chain, store) = (folder.join("chain.pem"), folder.join("store.pem"));
        fs::copy(&self.chain_file, &chain).unwrap();
        fs::copy(&self.store_file, &store).unwrap();
        let joined = records.iter().map(text).collect::<Vec<_>>().join(";");
        let store = has_pkix(records).then_some(store.as_path());
        let question = Question { chain: &chain, records: &joined, names: self.chain.names, now: NOW, store };
        fs::write(folder.join("line"), format!("{}\n", question.line(1))).unwrap();
        let owner = format!("_{}._tcp.{HOST}. IN TLSA", if store.is_some() { 443 } else { 25 });
        let zone: String = records.iter().map(|record| format!("{owner} {}\n", text(record))).collect();
        fs::write(folder.join("records.zone"), zone).unwrap();
        folder
    }
}

/// Whether a client has a use for its trust store.
fn has_pkix(records: &[Published]) -> bool {
    records.iter().any(|record| record.usage < 2)
}
