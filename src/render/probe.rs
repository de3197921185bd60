//! The result of a probe as text, JSON and PEM.

use std::fmt::Write;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;

use super::report::{JsonJudgement, Palette, json_judgements, record_lines};
use super::{JsonFinding, json_findings, json_text};
use crate::diagnostic::Finding;
use crate::live::{ClientVerdict, Host, Visited};
use crate::text::printable;

/// The lines of a host: one for each address and key type, followed by its records.
pub fn probe_host(host: &Host, palette: Palette) -> String {
    let mut text = String::new();
    // Writing into a String cannot fail.
    if host.endpoints.is_empty() {
        let _ = writeln!(text, "{}: {} ({})", host.host, paint(palette, host.verdict()), host.dnssec);
    }
    for endpoint in &host.endpoints {
        let algorithm =
            endpoint.algorithm.as_deref().map(|algorithm| format!(" {algorithm}")).unwrap_or_default();
        let error =
            endpoint.error.as_deref().map(|error| format!(" ({})", printable(error))).unwrap_or_default();
        let verdict = paint(palette, endpoint.verdict);
        let _ = writeln!(text, "{} {}{algorithm}: {verdict}{error}", host.host, endpoint.address);
        if let Some(report) = &endpoint.report {
            text.push_str(&record_lines(&report.judged, palette));
        }
    }
    text
}

/// The verdict line of all hosts, which is printed last.
pub fn probe_verdict(verdict: ClientVerdict, palette: Palette) -> String {
    format!("verdict: {}\n", paint(palette, verdict))
}

/// The whole result as one JSON object.
pub fn probe_json(verdict: ClientVerdict, hosts: &[Host], findings: &[Finding]) -> String {
    json_text(&document(verdict, hosts, findings))
}

fn paint(palette: Palette, verdict: ClientVerdict) -> String {
    match verdict {
        ClientVerdict::Pass => palette.good("pass"),
        ClientVerdict::Fail => palette.bad("fail"),
        ClientVerdict::Unknown => palette.open("unknown"),
    }
}

/// All certificates that the servers sent, each chain once, as PEM (RFC 7468).
pub fn pem(hosts: &[Host]) -> String {
    let mut chains: Vec<&[Vec<u8>]> = Vec::new();
    for endpoint in hosts.iter().flat_map(|host| &host.endpoints) {
        if !endpoint.served.is_empty() && !chains.contains(&endpoint.served.as_slice()) {
            chains.push(&endpoint.served);
        }
    }
    let mut text = String::new();
    for der in chains.into_iter().flatten() {
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        let encoded = BASE64_STANDARD.encode(der);
        let mut rest = encoded.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_at(rest.len().min(64));
            text.push_str(line);
            text.push('\n');
            rest = after;
        }
        text.push_str("-----END CERTIFICATE-----\n");
    }
    text
}

#[derive(Serialize)]
struct Document<'a> {
    verdict: String,
    hosts: Vec<JsonHost<'a>>,
    findings: Vec<JsonFinding<'a>>,
}

#[derive(Serialize)]
struct JsonHost<'a> {
    host: &'a str,
    owner: Option<String>,
    dnssec: &'static str,
    endpoints: Vec<JsonEndpoint<'a>>,
}

#[derive(Serialize)]
struct JsonEndpoint<'a> {
    address: String,
    algorithm: Option<&'a str>,
    verdict: String,
    key_proven: Option<bool>,
    error: Option<&'a str>,
    records: Vec<JsonJudgement<'a>>,
}

fn document<'a>(verdict: ClientVerdict, hosts: &'a [Host], findings: &'a [Finding]) -> Document<'a> {
    let endpoint = |endpoint: &'a Visited| JsonEndpoint {
        address: endpoint.address.to_string(),
        algorithm: endpoint.algorithm.as_deref(),
        verdict: endpoint.verdict.to_string(),
        key_proven: endpoint.key_proven,
        error: endpoint.error.as_deref(),
        records: match &endpoint.report {
            Some(report) => json_judgements(&report.judged),
            None => Vec::new(),
        },
    };
    let host = |host: &'a Host| JsonHost {
        host: &host.host,
        owner: host.owner.as_ref().map(ToString::to_string),
        dnssec: host.dnssec.word(),
        endpoints: host.endpoints.iter().map(endpoint).collect(),
    };
    Document {
        verdict: verdict.to_string(),
        hosts: hosts.iter().map(host).collect(),
        findings: json_findings(findings),
    }
}
