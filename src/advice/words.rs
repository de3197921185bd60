//! Helpers that write the text of findings.

use super::Scene;
use crate::chain::Chain;
use crate::diagnostic::Severity;
use crate::generate::Material;
use crate::tlsa::Params;

/// The findings of one rule.
pub(super) type Findings = Vec<(Severity, String)>;

/// Organization names of ACME CAs that change their intermediates without notice.
const ACME_CAS: [&str; 4] = ["Let's Encrypt", "ZeroSSL", "Google Trust Services", "ZeroSSL GmbH"];

pub(super) fn is_acme(organizations: &[String]) -> bool {
    organizations.iter().any(|name| ACME_CAS.contains(&name.as_str()))
}

/// Joins the first three items and the number of further items, to keep the line short; `None` without items.
pub(super) fn some<T: ToString>(items: impl IntoIterator<Item = T>) -> Option<String> {
    let mut items = items.into_iter();
    let shown: Vec<String> = items.by_ref().take(3).map(|item| item.to_string()).collect();
    match items.count() {
        0 if shown.is_empty() => None,
        0 => Some(shown.join(" and ")),
        more => Some(format!("{} and {more} more", shown.join(" and "))),
    }
}

pub(super) fn one<T: ToString>(
    severity: Severity,
    items: impl IntoIterator<Item = T>,
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
