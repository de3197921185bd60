//! Random comparison with OpenSSL: certificate hierarchies made by rcgen or openssl, served chains and records.
//!
//! `DIFFERENTIAL_CASES` sets the number of cases, `DIFFERENTIAL_SEED` the first seed; a failure reports its seed.

use std::fmt::Write as _;

use crate::judge::Court;
use crate::numbers::Numbers;
use crate::plan::{Choices, Dates, KNOWN_KEYS, MORE_KEYS, Plan, ca_plan, leaf_plan};
use crate::workshop::{Made, Maker, Workshop, by_openssl, by_rcgen};

/// Numbers for the keys of the leaf and of the stranger, above the numbers of the CAs.
const LEAF: usize = 10;
const STRANGER: usize = 11;

/// The certificates of a server, and the records published for the server.
struct Case {
    /// Starts with the root and ends with the end entity.
    hierarchy: Vec<Made>,
    stranger: Made,
    /// The certificates that the server sends.
    served: Vec<Made>,
    /// A description of each record, and its RDATA.
    records: Vec<(String, String)>,
}

impl Case {
    fn new(numbers: &mut Numbers, workshop: &Workshop, court: &Court) -> Self {
        let (maker, keys): (Maker, &[&str]) =
            if numbers.one_in(4) { (by_openssl, &MORE_KEYS) } else { (by_rcgen, &KNOWN_KEYS) };
        let mut hierarchy: Vec<Made> = Vec::new();
        for number in 0..=numbers.below(3) {
            let plan = ca_plan(numbers, number, keys);
            hierarchy.push(workshop.make(maker, plan, number, hierarchy.last()));
        }
        // A server cannot use curves that TLS does not support.
        let of_servers: Vec<&str> =
            keys.iter().copied().filter(|key| !["secp256k1", "brainpoolP256r1"].contains(key)).collect();
        let plan = leaf_plan(numbers, &of_servers);
        let is_self_signed = numbers.one_in(8);
        let issuer = if is_self_signed { None } else { hierarchy.last() };
        hierarchy.push(workshop.make(maker, plan, LEAF, issuer));
        // The stranger must clearly be a CA; otherwise `check` may take it for the certificate of a second server.
        let stranger =
            Plan { ca: Some(Some(None)), key_usage: Some("keyCertSign"), ..ca_plan(numbers, 9, keys) };
        let stranger = workshop.make(maker, stranger, STRANGER, None);

        // From the end entity upwards, sometimes with the root, and sometimes with typical configuration errors.
        let mut served: Vec<Made> = hierarchy.iter().rev().cloned().collect();
        if numbers.below(3) > 0 {
            served.truncate((served.len() - 1).max(1));
        }
        if served.len() > 2 && numbers.one_in(6) {
            served.swap(1, 2);
        }
        if served.len() > 1 && numbers.one_in(8) {
            served.remove(1);
        }
        if numbers.one_in(6) {
            let at = 1 + numbers.below(served.len());
            served.insert(at, stranger.clone());
        }
        let mut case = Self { hierarchy, stranger, served, records: Vec::new() };
        for _ in 0..=numbers.below(3) {
            let record = case.record(numbers, court);
            case.records.push(record);
        }
        case
    }

    fn record(&self, numbers: &mut Numbers, court: &Court) -> (String, String) {
        let usage = numbers.pick(&["3", "3", "2", "2", "2", "2", "1", "0", "4"]);
        let selector = numbers.pick(&["0", "0", "0", "1", "1", "1", "2"]);
        let matching_type = numbers.pick(&["0", "0", "1", "1", "2", "2", "3"]);
        let leaf = self.hierarchy.len() - 1;
        let usual = if ["1", "3"].contains(&usage) { leaf } else { numbers.below(leaf.max(1)) };
        let which = numbers.mostly(usual, &[leaf, 0, 99]);
        let described = self.hierarchy.get(which).unwrap_or(&self.stranger);
        let mut rdata = court.rdata(usage, selector, matching_type, &described.pem);
        let change = numbers.below(24);
        if change == 0 {
            rdata.truncate(rdata.len() - 2);
        } else if change == 1 {
            let last = if rdata.ends_with('0') { "1" } else { "0" };
            rdata.replace_range(rdata.len() - 1.., last);
        }
        (format!("{usage} {selector} {matching_type} of {}", described.plan.common_name), rdata)
    }

    /// Returns an accepted reason why `check` differs from OpenSSL, or `None`. `yes` is whether OpenSSL accepts the
    /// server, `ours` is the exit status of `check`.
    fn excuse(&self, yes: bool, ours: i32) -> Option<&'static str> {
        let issuers = &self.hierarchy[..self.hierarchy.len() - 1];
        let is_out_of_date = |made: &Made| made.plan.dates != Dates::Good;
        if ours == 3 && issuers.iter().any(|made| made.plan.key == "ed448") {
            Some("signatures of these keys are not verified")
        } else if !yes && ours == 3 && self.has_pkix_record() {
            Some(
                "RFC 4158 section 2.2: beside records of usages 0 and 1, OpenSSL searches the trust store first",
            )
        } else if yes && ours == 1 && self.served.iter().skip(1).any(|made| made.plan.ca == Some(None)) {
            Some(
                "a certificate that is not a CA counts as a second server certificate, which no record matches",
            )
        } else if yes && ours == 1 && issuers.iter().skip(1).any(is_out_of_date) {
            Some("RFC 7671 section 5.2: OpenSSL ignores the dates of an anchor that is not self-signed")
        } else {
            None
        }
    }

    fn has_pkix_record(&self) -> bool {
        self.records.iter().any(|(what, _)| what.starts_with(['0', '1']))
    }

    fn description(&self) -> String {
        let mut text = String::new();
        for made in &self.served {
            let _ = writeln!(text, "  served {:?}", made.plan);
        }
        for made in &self.hierarchy {
            let _ = writeln!(text, "  exists {:?}", made.plan);
        }
        for (what, rdata) in &self.records {
            let _ = writeln!(text, "  record {what}: {}", rdata.get(..60).unwrap_or(rdata));
        }
        text
    }
}

fn number_of(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

#[test]
#[ignore = "needs openssl"]
fn check_agrees_with_openssl_on_random_cases() {
    let wanted = number_of("DIFFERENTIAL_CASES", 50);
    let first_seed = number_of("DIFFERENTIAL_SEED", 20_261_124);
    println!("{wanted} cases from DIFFERENTIAL_SEED={first_seed}");
    let workshop = Workshop::new();
    let (mut yes_yes, mut no_no, mut excused, mut wrong) = (0, 0, 0, Vec::new());
    for seed in first_seed..first_seed + wanted {
        // Spread the seeds, because neighbouring seeds would give similar sequences.
        let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let court = Court::new("openssl-random", "");
        let case = Case::new(&mut numbers, &workshop, &court);
        court.file("store.pem", &case.hierarchy[0].pem);
        let pem: String = case.served.iter().map(|made| made.pem.as_str()).collect();
        let (mut server, served) = court.serve(&pem, &case.served[0].key_pem);
        let records: Vec<String> = case.records.iter().map(|(_, rdata)| rdata.clone()).collect();
        let yes = court.openssl_accepts(&mut server, &records);
        let ours = court.check(&served, &records);
        match (yes, ours) {
            (true, 0) => yes_yes += 1,
            (false, 1) => no_no += 1,
            _ if case.excuse(yes, ours).is_some() => excused += 1,
            _ => wrong.push(format!("seed {seed}: OpenSSL {yes}, check {ours}\n{}", case.description())),
        }
    }
    println!("{yes_yes} yes, {no_no} no, {excused} excused");
    assert!(wrong.is_empty(), "{} of {wanted}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(yes_yes * 8 > wanted && no_no * 8 > wanted && excused * 3 < wanted);
}
