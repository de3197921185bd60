//! Results of `probe` in JSON.

use serde::Serialize;

use super::super::ProbeSheet;
use super::{JsonData, JsonJudged, document, rfc3339};
use crate::live::name_server::{Given, NameServer};
use crate::live::{Host, Visited};
use crate::records::Published;
use crate::x509::Certificate;

#[derive(Serialize)]
struct Probe<'a> {
    verdict: String,
    domain: Option<JsonDomain<'a>>,
    hosts: Vec<JsonHost<'a>>,
}

/// The domain that names the hosts.
#[derive(Serialize)]
struct JsonDomain<'a> {
    name: &'a str,
    dnssec: &'static str,
    reason: Option<String>,
}

/// One service: a host and a port.
#[derive(Serialize)]
struct JsonHost<'a> {
    host: &'a str,
    port: Option<u16>,
    protocol: Option<&'static str>,
    preference: Option<u16>,
    owner: Option<String>,
    verdict: String,
    reason: Option<String>,
    dnssec: &'static str,
    records: Vec<JsonData>,
    name_servers: Vec<JsonNameServer<'a>>,
    endpoints: Vec<JsonEndpoint<'a>>,
}

/// The records that one name server gives.
#[derive(Serialize)]
struct JsonNameServer<'a> {
    name: Option<&'a str>,
    address: String,
    /// `null` without an answer.
    records: Option<Vec<JsonData>>,
    reason: Option<&'a str>,
}

/// One address and key type.
#[derive(Serialize)]
struct JsonEndpoint<'a> {
    address: String,
    tls: Option<&'static str>,
    algorithm: Option<&'a str>,
    verdict: String,
    reason: Option<&'a str>,
    key_proven: Option<bool>,
    records: Vec<JsonJudged<'a>>,
    certificates: Vec<JsonCertificate>,
}

#[derive(Serialize)]
struct JsonCertificate {
    subject: String,
    issuer: String,
    serial: String,
    not_before: Option<String>,
    not_after: Option<String>,
}

/// Writes the results of a probe.
pub(in super::super) fn probe(sheet: &ProbeSheet<'_>) -> String {
    let domain = sheet.domain.map(|(name, discovery, failure)| JsonDomain {
        name: name.as_str(),
        dnssec: match (failure, discovery.is_secure) {
            (Some(failure), _) => failure.word(),
            (None, Some(false)) => "insecure",
            _ => "secure",
        },
        reason: failure.map(ToString::to_string),
    });
    let hosts = sheet.hosts.iter().map(host).collect();
    document("probe", Probe { verdict: sheet.verdict.to_string(), domain, hosts }, sheet.findings, false)
}

fn host(host: &Host) -> JsonHost<'_> {
    let service = host.service.as_ref().ok();
    JsonHost {
        host: host.host(),
        port: service.map(|service| service.port.number()),
        protocol: service.map(|service| service.protocol.name()),
        preference: service.and_then(|service| service.preference),
        owner: host.owner.as_ref().map(ToString::to_string),
        verdict: host.verdict().to_string(),
        reason: host.reason(),
        dnssec: host.dnssec.word(),
        records: data(&host.records),
        name_servers: host.name_servers.iter().map(name_server).collect(),
        endpoints: host.endpoints.iter().map(endpoint).collect(),
    }
}

fn data(records: &[Published]) -> Vec<JsonData> {
    records.iter().map(JsonData::new).collect()
}

fn name_server((server, given): &(NameServer, Result<Given, String>)) -> JsonNameServer<'_> {
    JsonNameServer {
        name: server.name.as_deref(),
        address: server.address.to_string(),
        records: given.as_ref().ok().map(|given| data(&given.records)),
        reason: given.as_ref().err().map(String::as_str),
    }
}

fn endpoint(endpoint: &Visited) -> JsonEndpoint<'_> {
    let tls = endpoint.tls.as_ref();
    JsonEndpoint {
        address: endpoint.address.to_string(),
        tls: tls.map(|tls| tls.version),
        algorithm: tls.map(|tls| tls.algorithm.as_str()),
        verdict: endpoint.verdict.to_string(),
        reason: endpoint.error.as_deref(),
        key_proven: tls.map(|tls| tls.key_proven),
        records: endpoint.report.as_ref().map(|report| JsonJudged::all(&report.judged)).unwrap_or_default(),
        certificates: endpoint.served.iter().map(certificate).collect(),
    }
}

fn certificate(certificate: &Certificate) -> JsonCertificate {
    let validity = certificate.validity();
    JsonCertificate {
        subject: certificate.subject(),
        issuer: certificate.issuer(),
        serial: certificate.serial(),
        not_before: rfc3339(validity.not_before),
        not_after: rfc3339(validity.not_after),
    }
}
