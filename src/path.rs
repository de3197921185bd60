//! Builds and verifies a certification path from an end entity to a trust anchor: RFC 5280 section 6.1.
//!
//! webpki checks signatures, dates, basicConstraints, path lengths, extended key usage and name constraints. webpki
//! does not check the trust anchor itself. Clients check an anchor that they receive from the server, so this module
//! checks the anchor too. No other module uses webpki.

use std::cell::RefCell;
use std::collections::HashMap;

use rustls_pki_types::{CertificateDer, Der, TrustAnchor, UnixTime};
use time::OffsetDateTime;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, Error, KeyUsage, VerifiedPath, anchor_from_trusted_cert};

use crate::x509::{Certificate, KeyAlgorithm, folded_name};

/// A trust anchor: the end of a path.
#[derive(Debug, Clone, Copy)]
pub enum Anchor<'a> {
    /// A CA's certificate.
    Certificate(&'a Certificate),
    /// A key without a certificate, from a `2 1 0` record (RFC 7671 section 5.2.2).
    Key {
        /// The SubjectPublicKeyInfo.
        spki: &'a [u8],
        /// The DER of the issuer name in the certificates that this key may have signed.
        name: &'a [u8],
    },
}

/// The input of [`verify`].
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The server's own certificate.
    pub end_entity: &'a Certificate,
    /// Certificates that may be intermediates.
    pub others: &'a [&'a Certificate],
    /// The trust anchors at which the path may end.
    pub anchors: &'a [Anchor<'a>],
    /// A certificate that must be in the path, as an intermediate or as the anchor.
    pub by_way_of: Option<&'a Certificate>,
    /// The time at which the path must be valid.
    pub now: OffsetDateTime,
}

impl<'a> Question<'a> {
    /// Returns the certificates that may be issuers: `others`, and the anchors that are certificates.
    fn issuers(&self) -> impl Iterator<Item = &'a Certificate> + use<'a> {
        let of_anchors = self.anchors.iter().filter_map(|anchor| match anchor {
            Anchor::Certificate(certificate) => Some(*certificate),
            Anchor::Key { .. } => None,
        });
        self.others.iter().copied().chain(of_anchors)
    }

    /// Returns all certificates that may be in the path.
    fn certificates(&self) -> impl Iterator<Item = &'a Certificate> + use<'a> {
        std::iter::once(self.end_entity).chain(self.issuers())
    }
}

/// The reason why no path was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathError {
    /// No valid path exists; contains the reason.
    Broken(String),
    /// The verifier cannot decide whether a valid path exists; contains the reason.
    Undecided(String),
}

/// A verified path.
#[derive(Debug, Clone)]
pub struct Verified<'a> {
    /// The depth of the anchor, or of the certificate `by_way_of` if given: the number of steps up from the end entity.
    pub depth: usize,
    /// The CAs of the path, starting with the issuer of the end entity; includes the anchor if it is a certificate.
    pub cas: Vec<&'a Certificate>,
}

/// The text of [`PathError::Broken`] if no path leads to an anchor.
pub const NO_PATH: &str = "no path with valid signatures leads to a trust anchor";

/// Builds and verifies a path.
///
/// Errors: see [`PathError`].
pub fn verify<'a>(question: &Question<'a>) -> Result<Verified<'a>, PathError> {
    let Question { end_entity, others, anchors, by_way_of, now } = *question;
    if end_entity.key_usage_tls() == Some(false) {
        return Err(PathError::Broken(format!("the keyUsage of {} does not allow TLS", end_entity.called())));
    }
    let fit: Vec<Result<(), PathError>> = anchors.iter().map(|anchor| check_anchor(*anchor, now)).collect();
    if let (true, Some(Err(error))) = (fit.iter().all(Result::is_err), fit.first()) {
        return Err(error.clone());
    }
    let anchors: Vec<Anchor<'a>> =
        anchors.iter().zip(fit).filter(|(_, fit)| fit.is_ok()).map(|(anchor, _)| *anchor).collect();
    // Two groups of certificates are left out. A certificate with CA:FALSE would only make the search longer; a
    // certificate without basicConstraints is kept, because webpki reports a specific error for it. An anchor ends the
    // path, so it is not an intermediate, and a defect above the anchor does not matter.
    let ends_path = |other: &Certificate| {
        by_way_of.is_none()
            && anchors
                .iter()
                .any(|anchor| matches!(anchor, Anchor::Certificate(ca) if ca.der() == other.der()))
    };
    let between: Vec<&'a Certificate> = (others.iter().copied())
        .filter(|other| other.basic_constraints_ca() != Some(false) && !ends_path(other))
        .collect();
    let ders: Vec<CertificateDer<'_>> =
        between.iter().map(|other| CertificateDer::from(other.der())).collect();
    let anchor_ders: Vec<CertificateDer<'_>> = anchors
        .iter()
        .map(|anchor| match anchor {
            Anchor::Certificate(certificate) => CertificateDer::from(certificate.der()),
            Anchor::Key { .. } => CertificateDer::from([].as_slice()),
        })
        .collect();
    let trust_anchors = anchors.iter().zip(&anchor_ders).map(|(anchor, der)| match anchor {
        Anchor::Certificate(_) => anchor_from_trusted_cert(der).map_err(|error| explain(question, &error)),
        Anchor::Key { spki, name } => Ok(TrustAnchor {
            subject: content(name),
            subject_public_key_info: content(spki),
            name_constraints: None,
        }),
    });
    let trust_anchors: Vec<TrustAnchor<'_>> = trust_anchors.collect::<Result<_, _>>()?;
    let leaf = CertificateDer::from(end_entity.der());
    let leaf = EndEntityCert::try_from(&leaf).map_err(|error| explain(question, &error))?;
    let refusal = RefCell::new(None);
    let found = RefCell::new(None);
    let inspect = |path: &VerifiedPath<'_>| {
        let mut taken: Vec<&'a Certificate> = path
            .intermediate_certificates()
            .filter_map(|step| between.iter().copied().find(|other| other.der() == &*step.der()))
            .collect();
        let of_anchor = trust_anchors.iter().position(|anchor| anchor == path.anchor());
        let anchor = of_anchor.and_then(|at| anchors.get(at)).copied();
        match depth(&taken, anchor, by_way_of) {
            Ok(depth) => {
                if let Some(Anchor::Certificate(anchor)) = anchor {
                    taken.push(anchor);
                }
                found.replace(Some(Verified { depth, cas: taken }));
                Ok(())
            }
            Err(error) => {
                refusal.replace(Some(error));
                Err(Error::UnknownIssuer)
            }
        }
    };
    let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(
        u64::try_from(now.unix_timestamp()).unwrap_or(0),
    ));
    let verified = leaf.verify_for_usage(
        ALL_VERIFICATION_ALGS,
        &trust_anchors,
        &ders,
        time,
        KeyUsage::server_auth(),
        None,
        Some(&inspect),
    );
    match (verified, found.take(), refusal.take()) {
        (Ok(_), Some(found), _) => {
            check_extensions(end_entity)?;
            check_identifiers(end_entity, &found.cas)?;
            Ok(found)
        }
        (Err(Error::UnknownIssuer), _, Some(refusal)) => Err(refusal),
        (Err(error), ..) => Err(explain(question, &error)),
        (Ok(_), None, _) => Err(PathError::Undecided("the verifier returned no path".to_owned())),
    }
}

/// Checks that clients that receive this anchor from the server accept it as a CA.
fn check_anchor(anchor: Anchor<'_>, now: OffsetDateTime) -> Result<(), PathError> {
    let Anchor::Certificate(certificate) = anchor else { return Ok(()) };
    let broken = |reason: String| Err(PathError::Broken(format!("this CA {reason}")));
    let validity = certificate.validity();
    match (validity.not_before, validity.not_after) {
        (_, Some(not_after)) if not_after < now => broken(format!("expired on {}", not_after.date())),
        (Some(not_before), _) if now < not_before => {
            broken(format!("is not valid before {}", not_before.date()))
        }
        (Some(_), Some(_)) => check_ca(certificate).and_then(|()| check_extensions(certificate)),
        _ => Err(PathError::Undecided(format!("a date of {} cannot be read", certificate.called()))),
    }
}

/// Checks that the CA may issue certificates for TLS servers (RFC 5280 sections 4.2.1.3, 4.2.1.9 and 4.2.1.12).
fn check_ca(certificate: &Certificate) -> Result<(), PathError> {
    let reason = match (certificate.is_ca_at_top(), certificate.key_usage_cert_sign()) {
        (false, _) => "is not a CA",
        (true, Some(false)) => "may not sign certificates: its keyUsage lacks keyCertSign",
        _ if !certificate.allows_server_auth() => {
            "may not issue certificates for TLS servers: its extendedKeyUsage lacks serverAuth"
        }
        _ if certificate.has_unknown_critical_extension() => "has an unknown critical extension",
        _ => return Ok(()),
    };
    Err(PathError::Broken(format!("{} {reason}", certificate.called())))
}

/// Checks that each extension can be read and occurs once.
///
/// Errors: an extension cannot be read or occurs twice. Some clients may refuse the certificate.
fn check_extensions(certificate: &Certificate) -> Result<(), PathError> {
    match certificate.unreadable_extensions().first() {
        None => Ok(()),
        Some(name) => Err(PathError::Undecided(format!(
            "{name} of {} cannot be read or occurs twice",
            certificate.called()
        ))),
    }
}

/// Checks that each authorityKeyIdentifier matches the issuer in the path.
///
/// Errors: an authorityKeyIdentifier that names another certificate than the issuer in the path. Clients may look for
/// that certificate instead (RFC 4158 section 3.5.12).
fn check_identifiers(end_entity: &Certificate, cas: &[&Certificate]) -> Result<(), PathError> {
    let children = std::iter::once(end_entity).chain(cas.iter().copied());
    match children.zip(cas).find(|(child, issuer)| child.asks_for_another(issuer)) {
        None => Ok(()),
        Some((child, issuer)) => Err(PathError::Undecided(format!(
            "the authorityKeyIdentifier of {} does not match {}, and some clients refuse such a path",
            child.called(),
            issuer.called()
        ))),
    }
}

/// Returns the depth of the anchor, or of `by_way_of` if given, in a path that webpki has verified.
///
/// Errors: the path fails a check that webpki does not make, or does not contain `by_way_of`.
fn depth(
    between: &[&Certificate],
    anchor: Option<Anchor<'_>>,
    by_way_of: Option<&Certificate>,
) -> Result<usize, PathError> {
    for certificate in between {
        check_ca(certificate)?;
        check_extensions(certificate)?;
    }
    let steps = between.len();
    if let Some(Anchor::Certificate(anchor)) = anchor {
        let counted = between.iter().filter(|step| !step.is_self_issued()).count();
        if anchor.path_length().is_some_and(|length| length < counted) {
            return Err(PathError::Broken(format!(
                "the path is longer than the pathLenConstraint of {} allows",
                anchor.called()
            )));
        }
    }
    let Some(wanted) = by_way_of else {
        // A bare key is not a certificate, so its depth is the depth of the certificate that the key signed.
        return Ok(if matches!(anchor, Some(Anchor::Key { .. })) { steps } else { steps + 1 });
    };
    let is_anchor = matches!(anchor, Some(Anchor::Certificate(anchor)) if anchor.der() == wanted.der());
    let place = between.iter().position(|step| step.der() == wanted.der());
    match place.map(|place| place + 1).or(is_anchor.then_some(steps + 1)) {
        Some(depth) => Ok(depth),
        None => Err(PathError::Broken(format!("no valid path contains {}", wanted.called()))),
    }
}

/// Translates an error of webpki to a [`PathError`].
fn explain(question: &Question<'_>, error: &Error) -> PathError {
    let undecided = |what: &str| PathError::Undecided(format!("the verifier {what}"));
    let broken = |reason: &str| PathError::Broken(reason.to_owned());
    let date = |time: &UnixTime| {
        let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        OffsetDateTime::from_unix_timestamp(seconds)
            .map_or_else(|_| String::new(), |time| time.date().to_string())
    };
    let of_anchors = || {
        question.anchors.iter().map(|anchor| match anchor {
            Anchor::Certificate(certificate) => certificate.key_algorithm(),
            Anchor::Key { spki, .. } => KeyAlgorithm::of(spki),
        })
    };
    let mut keys = question.others.iter().map(|other| other.key_algorithm()).chain(of_anchors());
    match error {
        Error::CertExpired { not_after, .. } => {
            broken(&format!("a certificate expired on {}", date(not_after)))
        }
        Error::CertNotValidYet { not_before, .. } => {
            broken(&format!("a certificate is not valid before {}", date(not_before)))
        }
        Error::UnknownIssuer if has_other_spellings(question) => {
            undecided("compares names byte for byte; an issuer name and a CA name differ only in encoding")
        }
        Error::UnknownIssuer => broken(NO_PATH),
        Error::InvalidSignatureForPublicKey if keys.any(KeyAlgorithm::is_small_rsa) => {
            undecided("does not support RSA keys below 2048 bits")
        }
        Error::InvalidSignatureForPublicKey if question.issuers().any(Certificate::has_odd_rsa_key) => {
            undecided("does not support RSA keys whose integers are not in valid DER")
        }
        Error::InvalidSignatureForPublicKey => broken("a signature does not verify"),
        Error::EndEntityUsedAsCa => broken("an intermediate certificate is not a CA"),
        // webpki supports fewer name types than other clients and compares wildcards differently.
        Error::NameConstraintViolation if has_other_names(question) => {
            undecided("may apply the name constraints differently from other clients")
        }
        Error::NameConstraintViolation => broken("a name in the path violates the name constraints of a CA"),
        Error::PathLenConstraintViolated => {
            broken("the path is longer than the pathLenConstraint of a CA allows")
        }
        Error::RequiredEkuNotFoundContext(_) => {
            broken("the extendedKeyUsage of a certificate lacks serverAuth")
        }
        Error::UnsupportedCriticalExtension
            if !question.certificates().any(Certificate::has_unknown_critical_extension) =>
        {
            undecided("does not support a critical extension in the path, but most clients do")
        }
        Error::UnsupportedCriticalExtension => broken("a certificate has an unknown critical extension"),
        Error::InvalidCertValidity => {
            broken("the notAfter date of a certificate is before its notBefore date")
        }
        Error::CaUsedAsEndEntity => undecided("does not accept an end entity that is marked as a CA"),
        Error::UnsupportedCertVersion => undecided("supports version 3 certificates only"),
        Error::UnsupportedSignatureAlgorithmContext(_)
        | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            undecided("does not support one of the signature algorithms in the path")
        }
        Error::BadDerTime => undecided("cannot read a date in the path"),
        Error::MaximumPathBuildCallsExceeded
        | Error::MaximumPathDepthExceeded
        | Error::MaximumSignatureChecksExceeded
        | Error::MaximumNameConstraintComparisonsExceeded => {
            undecided("reached a limit: too many certificates")
        }
        other => undecided(&format!("cannot read a certificate in the path: {other}")),
    }
}

/// Whether a certificate contains name constraints or wildcard names that clients compare in different ways.
fn has_other_names(question: &Question<'_>) -> bool {
    question.certificates().any(Certificate::has_other_constraints)
        || question.end_entity.dns_names().iter().any(|name| name.starts_with('*'))
}

/// Whether an issuer name differs only in its encoding from the subject name of the issuer (RFC 5280 section 7.1).
fn has_other_spellings(question: &Question<'_>) -> bool {
    let mut by_text: HashMap<String, &[u8]> = HashMap::new();
    for name in question.issuers().map(Certificate::subject_der) {
        by_text.extend(folded_name(name).map(|text| (text, name)));
    }
    let mut children = std::iter::once(question.end_entity).chain(question.others.iter().copied());
    children.any(|child| {
        let named = folded_name(child.issuer_der()).and_then(|text| by_text.get(&text).copied());
        named.is_some_and(|name| name != child.issuer_der())
    })
}

/// Returns the content of a SEQUENCE, the form in which webpki expects names and keys; empty if `der` is not a
/// SEQUENCE.
fn content(der: &[u8]) -> Der<'_> {
    Der::from_slice(crate::x509::sequence_content(der).unwrap_or_default())
}
