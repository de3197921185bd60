//! What the texts of the rules have in common.

use super::{Scene, Severity};
use crate::chain::Chain;
use crate::generate::Material;
use crate::tlsa::Params;
use crate::x509::{Certificate, printable};

/// What one rule finds.
pub(super) type Findings = Vec<(Severity, String)>;

/// CAs that issue by ACME and change their intermediates without notice.
const ACME_CAS: [&str; 4] = ["Let's Encrypt", "ZeroSSL", "Google Trust Services", "ZeroSSL GmbH"];

pub(super) fn is_acme(organizations: &[String]) -> bool {
    organizations.iter().any(|name| ACME_CAS.contains(&name.as_str()))
}

/// A few subjects, then their number: one line whatever the file holds.
pub(super) fn some<T: ToString>(items: impl IntoIterator<Item = T>) -> Option<String> {
    let all: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    let shown = all.get(..3).unwrap_or(&all).join(" and ");
    match all.len().saturating_sub(3) {
        0 if all.is_empty() => None,
        0 => Some(shown),
        more => Some(format!("{shown} and {more} more")),
    }
}

pub(super) fn called(certificate: &Certificate) -> String {
    match certificate.subject() {
        subject if !subject.is_empty() => subject,
        _ => certificate.dns_names().first().map_or_else(String::new, |name| printable(name)),
    }
}

pub(super) fn one(
    severity: Severity,
    items: impl IntoIterator<Item = String>,
    text: impl Fn(String) -> String,
) -> Findings {
    some(items).map(|items| (severity, text(items))).into_iter().collect()
}

pub(super) fn chosen(scene: &Scene<'_>, wanted: impl Fn(&&Params) -> bool) -> Option<String> {
    some(scene.asked.params.iter().filter(wanted))
}

pub(super) fn chains<'a>(scene: &Scene<'a>) -> impl Iterator<Item = &'a Chain> {
    scene.asked.materials.iter().filter_map(Material::chain)
}
