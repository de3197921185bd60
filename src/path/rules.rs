//! The rules for the certificates of a path: RFC 5280 sections 6.1.3 to 6.1.5, as OpenSSL applies them (x509_vfy.c).

use time::OffsetDateTime;

use super::constraints::{Names, listed};
use super::{Node, Path, Question, Reason, Refusal};
use crate::chain::ChainError;
use crate::owner::HostName;
use crate::x509::{CaStatus, Certificate, KeyAlgorithm, SignatureCheck};

/// The security in bits that Postfix requires when it authenticates a server: OpenSSL's security level 1
/// (`SSL_set_security_level` in tls_client.c of Postfix 3.9).
pub const POSTFIX_LEVEL: u16 = 80;

/// The security in bits of OpenSSL's default level on Debian, level 2.
pub const DEFAULT_LEVEL: u16 = 112;

/// Whether clients accept the key at a security of `level` bits; true if the strength is unknown.
pub fn is_strong_enough(key: KeyAlgorithm, level: u16) -> bool {
    key.security().is_none_or(|security| security >= level)
}

/// Checks a path whose names, key identifiers and key types fit, but whose signatures have not been verified.
///
/// Errors: a limit of the search; the inner error is the first rule that the path breaks.
pub(super) fn check<'a>(
    question: &Question<'_, 'a>,
    path: &Path<'a>,
) -> Result<Result<(), Refusal<'a>>, ChainError> {
    let reason = match reason(question, path)? {
        None => signatures(question, path)?,
        broken => broken,
    };
    Ok(reason.map_or(Ok(()), |reason| Err(Refusal { nodes: path.nodes.clone(), is_anchored: true, reason })))
}

/// Returns the first rule that the path breaks, apart from signatures.
fn reason(question: &Question<'_, '_>, path: &Path<'_>) -> Result<Option<Reason>, ChainError> {
    let nodes = &path.nodes;
    let top = nodes.len().saturating_sub(1);
    let mut cas_below = 0;
    for (place, node) in nodes.iter().enumerate() {
        let certificate = node.certificate();
        let role = match place {
            0 => Role::EndEntity,
            place if place == top => Role::Top,
            _ => Role::Between,
        };
        if let Some(text) = of_certificate(certificate, role, question) {
            return Ok(Some(text.about(*node)));
        }
        if place > 1 && certificate.path_length().is_some_and(|length| length < cas_below) {
            return Ok(Some(Reason::Broken(format!(
                "the path has more CAs below {node} than its path length constraint allows"
            ))));
        }
        cas_below += usize::from(place > 0 && !certificate.is_self_issued());
        if top > 0 && certificate.key_algorithm() == KeyAlgorithm::EcExplicit {
            return Ok(Some(Reason::Broken(format!("{node} has a key with explicit curve parameters"))));
        }
        // The signature of the anchor does not matter.
        let is_weak = |certificate: &Certificate| {
            certificate.signature_strength().is_some_and(|strength| strength.security < question.level)
        };
        if place < top && is_weak(certificate) {
            return Ok(Some(Reason::Broken(format!("{node} is signed with a weak digest"))));
        }
    }
    of_names(question, nodes)
}

/// The place of a certificate in its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    EndEntity,
    Between,
    /// The trust anchor, or the last certificate below a bare key.
    Top,
}

/// A rule that a certificate breaks, without the name of the certificate.
pub(super) enum Fault {
    Broken(String),
    Unsupported(String),
}

impl Fault {
    /// Adds the name of the certificate.
    pub(super) fn about(self, node: Node<'_>) -> Reason {
        match self {
            Self::Broken(text) => Reason::Broken(format!("{node} {text}")),
            Self::Unsupported(text) => Reason::Unsupported(format!("{text} ({node})")),
        }
    }
}

/// Returns the first rule for a single certificate that `certificate` breaks.
pub(super) fn of_certificate(
    certificate: &Certificate,
    role: Role,
    question: &Question<'_, '_>,
) -> Option<Fault> {
    let broken = |text: &str| Some(Fault::Broken(text.to_owned()));
    let status = certificate.ca_status();
    match role {
        _ if certificate.has_unknown_critical_extension() => broken("has an unknown critical extension"),
        _ if certificate.is_proxy() => broken("is a proxy certificate"),
        Role::Between | Role::Top if certificate.key_usage_cert_sign() == Some(false) => {
            broken("may not sign certificates: its keyUsage lacks keyCertSign")
        }
        Role::Between if status != CaStatus::Yes => broken("is not a CA"),
        Role::Top if status == CaStatus::No => broken("is not a CA"),
        // OpenSSL does not look at the uses of a certificate with an unreadable extension; no CA's signature verifies it.
        Role::EndEntity if certificate.defect().is_some() => of_key_and_dates(certificate, question),
        Role::EndEntity if certificate.has_network_resources() => {
            let what = "this program does not support certificates for IP addresses or AS numbers";
            Some(Fault::Unsupported(what.to_owned()))
        }
        Role::EndEntity if certificate.key_usage_tls() == Some(false) => {
            broken("may not be used for TLS: see its keyUsage")
        }
        Role::EndEntity if !certificate.allows_netscape_server() => {
            broken("may not be used for a TLS server: see its Netscape certificate type")
        }
        _ if !certificate.allows_server_auth() => {
            broken("may not be used for TLS servers: its extendedKeyUsage lacks serverAuth")
        }
        _ => of_key_and_dates(certificate, question),
    }
}

fn of_key_and_dates(certificate: &Certificate, question: &Question<'_, '_>) -> Option<Fault> {
    of_key(certificate, question.level).or_else(|| of_dates(certificate, question.now))
}

fn of_key(certificate: &Certificate, level: u16) -> Option<Fault> {
    let key = certificate.key_algorithm();
    match key {
        KeyAlgorithm::Other | KeyAlgorithm::EcOther { .. } | KeyAlgorithm::Dsa => {
            Some(Fault::Unsupported(format!("this program does not support a key in the path, {key}")))
        }
        _ if !certificate.has_readable_key() => {
            Some(Fault::Broken("has a key that clients cannot read".to_owned()))
        }
        _ if !is_strong_enough(key, level) => Some(Fault::Broken(format!("has a weak key, {key}"))),
        _ => None,
    }
}

/// Checks the dates; at the very second of notAfter, OpenSSL takes a certificate for expired.
fn of_dates(certificate: &Certificate, now: OffsetDateTime) -> Option<Fault> {
    let validity = certificate.validity();
    match (validity.not_before, validity.not_after) {
        (Some(not_before), _) if now < not_before => {
            Some(Fault::Broken(format!("is not valid before {}", not_before.date())))
        }
        (_, Some(not_after)) if not_after <= now => {
            Some(Fault::Broken(format!("expired on {}", not_after.date())))
        }
        (Some(_), Some(_)) => None,
        _ => Some(Fault::Broken("has a date that cannot be read".to_owned())),
    }
}

/// Whether the dates of a certificate allow its use at `now`.
pub(super) fn is_in_date(certificate: &Certificate, now: OffsetDateTime) -> bool {
    of_dates(certificate, now).is_none()
}

/// Checks the name of the server, then the name constraints of each certificate. A self-issued CA is exempt from them.
fn of_names(question: &Question<'_, '_>, nodes: &[Node<'_>]) -> Result<Option<Reason>, ChainError> {
    let Some(end_entity) = nodes.first() else { return Ok(None) };
    let is_named = |name: &HostName| end_entity.certificate().names_host(name);
    if !question.names.is_empty() && !question.names.iter().any(is_named) {
        return Ok(Some(Reason::Broken(format!("{end_entity} does not name {}", listed(question.names)))));
    }
    for (place, ca) in nodes.iter().enumerate().skip(1) {
        let Some(constraints) = ca.certificate().name_constraints() else { continue };
        for (below, node) in nodes.iter().enumerate().take(place) {
            let certificate = node.certificate();
            let is_exempt = below > 0 && certificate.is_self_issued();
            if is_exempt {
                continue;
            }
            let names = Names::of(certificate);
            let size = constraints.permitted.len() + constraints.excluded.len() + names.len();
            question.chain.charge(size / 4 + names.comparisons(&constraints) / 16)?;
            if !names.are_within(&constraints, below == 0) {
                return Ok(Some(Reason::Broken(format!("{node} breaks the name constraints of {ca}"))));
            }
        }
    }
    Ok(None)
}

/// Verifies the signatures of the path. The signature of the anchor does not matter; that of the last certificate below
/// a bare key has been verified.
fn signatures<'a>(question: &Question<'_, 'a>, path: &Path<'a>) -> Result<Option<Reason>, ChainError> {
    for pair in path.nodes.windows(2) {
        let [child, issuer] = pair else { continue };
        match question.checks.check(question.chain, *child, *issuer)? {
            SignatureCheck::Valid => {}
            SignatureCheck::Invalid => {
                return Ok(Some(Reason::Broken(format!(
                    "the signature of {child} does not verify with the key of {issuer}"
                ))));
            }
            SignatureCheck::Unsupported(what) => {
                return Ok(Some(Reason::Unsupported(format!("this program does not support {what}"))));
            }
        }
    }
    Ok(None)
}
