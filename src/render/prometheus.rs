//! Metrics in the text format of Prometheus, for the textfile collector of its node exporter.

use std::fmt::{Display, Write};

#[cfg(feature = "live")]
use super::ProbeSheet;
use super::ReportSheet;
#[cfg(feature = "live")]
use crate::live::ClientVerdict;
use crate::verify::Verdict;

/// A metric: its name and help, and its samples, each with labels and a value.
struct Family<'a> {
    name: &'a str,
    help: &'a str,
    samples: Vec<(Vec<(&'a str, String)>, i64)>,
}

impl Family<'_> {
    /// Writes the metric; nothing without samples.
    fn write(&self, text: &mut String) {
        if self.samples.is_empty() {
            return;
        }
        let Self { name, help, samples } = self;
        // Writing into a String cannot fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (labels, value) in samples {
            let escaped = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let labels: Vec<String> =
                labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escaped(value))).collect();
            let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            let _ = writeln!(text, "{name}{labels} {value}");
        }
    }
}

fn text(families: &[Family<'_>]) -> String {
    let mut text = String::new();
    families.iter().for_each(|family| family.write(&mut text));
    text
}

/// One sample for each possible verdict: 1 for the verdict that applies, otherwise 0.
fn verdicts<'a, V: Copy + PartialEq + Display>(
    labels: &[(&'a str, String)],
    all: &[V],
    verdict: V,
) -> Vec<(Vec<(&'a str, String)>, i64)> {
    let sample = |one: &V| {
        let labels = labels.iter().cloned().chain([("verdict", one.to_string())]);
        (labels.collect(), i64::from(*one == verdict))
    };
    all.iter().map(sample).collect()
}

/// Writes the metrics of a check.
pub(super) fn reports(sheet: &ReportSheet<'_>) -> String {
    let of = |examined: &crate::advice::published::Examined| {
        verdicts(&[("owner", examined.report.owner.to_string())], &Verdict::ALL, examined.verdict)
    };
    text(&[
        Family {
            name: "tlsagen_check_verdict",
            help: "Whether the published records cover the chain: 1 for the verdict that applies.",
            samples: sheet.examined.iter().flat_map(of).collect(),
        },
        Family {
            name: "tlsagen_check_timestamp_seconds",
            help: "Time of the check.",
            samples: vec![(Vec::new(), sheet.now.unix_timestamp())],
        },
    ])
}

/// Writes the metrics of a probe.
#[cfg(feature = "live")]
pub(super) fn probe(sheet: &ProbeSheet<'_>) -> String {
    let (mut of_services, mut of_endpoints, mut expiries) = (Vec::new(), Vec::new(), Vec::new());
    for host in sheet.hosts {
        let port = host.service.as_ref().map(|service| service.port.to_string()).unwrap_or_default();
        let protocol = host.service.as_ref().map(|service| service.protocol.name()).unwrap_or_default();
        let service = [("host", host.host().to_owned()), ("port", port), ("protocol", protocol.to_owned())];
        let mut seen = Vec::new();
        of_services.extend(verdicts(&service, &ClientVerdict::ALL, host.verdict()));
        for endpoint in &host.endpoints {
            let algorithm = endpoint.tls.as_ref().map(|tls| tls.algorithm.clone()).unwrap_or_default();
            let of_endpoint = [("address", endpoint.address.ip().to_string()), ("algorithm", algorithm)];
            let labels: Vec<_> = service.iter().cloned().chain(of_endpoint).collect();
            // A server whose certificates cannot be read gives two results without a key type.
            if seen.contains(&labels) {
                continue;
            }
            seen.push(labels.clone());
            of_endpoints.extend(verdicts(&labels, &ClientVerdict::ALL, endpoint.verdict));
            for (depth, certificate) in endpoint.served.iter().enumerate() {
                let Some(not_after) = certificate.validity().not_after else { continue };
                let labels = labels.iter().cloned().chain([("depth", depth.to_string())]);
                expiries.push((labels.collect(), not_after.unix_timestamp()));
            }
        }
    }
    text(&[
        Family {
            name: "tlsagen_probe_verdict",
            help: "Verdict of a DANE client about a service: 1 for the verdict that applies.",
            samples: of_services,
        },
        Family {
            name: "tlsagen_probe_endpoint_verdict",
            help: "Verdict of a DANE client about an address and key type: 1 for the verdict that applies.",
            samples: of_endpoints,
        },
        Family {
            name: "tlsagen_probe_certificate_expiry_timestamp_seconds",
            help: "Time at which a served certificate expires.",
            samples: expiries,
        },
        Family {
            name: "tlsagen_probe_pass",
            help: "Whether every service passes.",
            samples: vec![(Vec::new(), i64::from(sheet.verdict == ClientVerdict::Pass))],
        },
        Family {
            name: "tlsagen_probe_timestamp_seconds",
            help: "Time of the probe.",
            samples: vec![(Vec::new(), sheet.now.unix_timestamp())],
        },
    ])
}
