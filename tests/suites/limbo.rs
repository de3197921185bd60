//! x509-limbo, <https://x509-limbo.com>: one JSON file of test cases with their certificates.

use std::fs;
use std::path::Path;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::question::{Case, Question, own_name};

/// The questions of `limbo.json` in the folder, if the file exists.
pub(crate) fn questions(folder: &Path) -> Option<Vec<Question>> {
    let path = folder.join("limbo.json");
    if !path.try_exists().unwrap() {
        return None;
    }
    let suite: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let cases = suite["testcases"].as_array().unwrap();
    let servers = cases.iter().filter(|case| case["validation_kind"] == "SERVER");
    Some(servers.filter_map(case).flat_map(Case::questions).collect())
}

/// A test case; `None` if its name is a DNS name but not a host name.
fn case(case: &Value) -> Option<Case> {
    let id = case["id"].as_str().unwrap().to_owned();
    let mut sent = vec![der(&case["peer_certificate"])];
    sent.extend(ders(&case["untrusted_intermediates"]));
    let peer = &case["expected_peer_name"];
    let host = match peer["kind"].as_str() {
        Some("DNS") => match peer["value"].as_str().unwrap().parse() {
            Ok(host) => Some(host),
            Err(error) => {
                println!("limbo: {id} is left out: {error}");
                return None;
            }
        },
        _ => own_name(&sent[0]),
    };
    let time = case["validation_time"].as_str().map(|time| OffsetDateTime::parse(time, &Rfc3339).unwrap());
    Some(Case {
        anchors: ders(&case["trusted_certs"]),
        host,
        time: time.unwrap_or_else(OffsetDateTime::now_utc).unix_timestamp(),
        expected: Some(case["expected_result"] == "SUCCESS"),
        id,
        sent,
    })
}

fn ders(list: &Value) -> Vec<Vec<u8>> {
    list.as_array().unwrap().iter().map(der).collect()
}

fn der(text: &Value) -> Vec<u8> {
    pem::parse(text.as_str().unwrap()).unwrap().into_contents()
}
