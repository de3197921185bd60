//! From an end entity to a trust anchor: RFC 5280 section 6.1.
//!
//! webpki builds and verifies: signatures, dates, CA bits, path lengths, extended key usage, name constraints.
//! What it takes a trust anchor's word for is asked here of the anchor too, as clients that build the path from
//! the server's certificates do. The only user of webpki.

use std::cell::RefCell;
use std::collections::HashMap;

use rustls_pki_types::{CertificateDer, Der, TrustAnchor, UnixTime};
use time::OffsetDateTime;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, Error, KeyUsage, VerifiedPath, anchor_from_trusted_cert};

use crate::x509::{Certificate, KeyAlgorithm, folded_name};

/// Where a path may end.
#[derive(Debug, Clone, Copy)]
pub enum Anchor<'a> {
    /// A CA's certificate.
    Certificate(&'a Certificate),
    /// A bare key, as a `2 1 0` record carries it (RFC 7671 section 5.2.2).
    Key {
        /// The SubjectPublicKeyInfo.
        spki: &'a [u8],
        /// The DER of the name under which it is to be looked for.
        name: &'a [u8],
    },
}

/// What is to be verified.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The server's own certificate.
    pub end_entity: &'a Certificate,
    /// Certificates that may stand between.
    pub others: &'a [&'a Certificate],
    /// Where the path may end.
    pub anchors: &'a [Anchor<'a>],
    /// A certificate that must stand in the path, its anchor included.
    pub by_way_of: Option<&'a Certificate>,
    /// The clock.
    pub now: OffsetDateTime,
}

impl<'a> Question<'a> {
    /// The certificates that may have issued others: those between, and the anchors that are certificates.
    fn issuers(&self) -> impl Iterator<Item = &'a Certificate> + use<'a> {
        let of_anchors = self.anchors.iter().filter_map(|anchor| match anchor {
            Anchor::Certificate(certificate) => Some(*certificate),
            Anchor::Key { .. } => None,
        });
        self.others.iter().copied().chain(of_anchors)
    }

    /// All certificates that the path may be made of.
    fn certificates(&self) -> impl Iterator<Item = &'a Certificate> + use<'a> {
        std::iter::once(self.end_entity).chain(self.issuers())
    }
}

/// Why no path was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathError {
    /// There is none; with the reason.
    Broken(String),
    /// The verifier cannot tell; with what it lacks.
    Undecided(String),
}

/// A path that holds.
#[derive(Debug, Clone)]
pub struct Verified<'a> {
    /// Links between the end entity and the anchor, or the certificate of `by_way_of`.
    pub depth: usize,
    /// The CAs of the path from the end entity's issuer up, the anchor included if it is a certificate.
    pub cas: Vec<&'a Certificate>,
}

/// The reason where nothing leads to an anchor.
pub const NO_PATH: &str = "no path of valid signatures leads up to it";

/// Builds and verifies a path.
///
/// Errors: see [`PathError`].
pub fn verify<'a>(question: &Question<'a>) -> Result<Verified<'a>, PathError> {
    let Question { end_entity, others, anchors, by_way_of, now } = *question;
    if end_entity.key_usage_tls() == Some(false) {
        return Err(PathError::Broken(format!(
            "{} is not for TLS: its keyUsage says so",
            end_entity.called()
        )));
    }
    let fit: Vec<Result<(), PathError>> = anchors.iter().map(|anchor| check_anchor(*anchor, now)).collect();
    if let (true, Some(Err(error))) = (fit.iter().all(Result::is_err), fit.first()) {
        return Err(error.clone());
    }
    let anchors: Vec<Anchor<'a>> =
        anchors.iter().zip(fit).filter(|(_, fit)| fit.is_ok()).map(|(anchor, _)| *anchor).collect();
    // What says that it is no CA only lengthens the search; without the extension webpki says so itself. Behind an
    // anchor the path ends, and what is wrong above it is no reason.
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
        (Ok(_), None, _) => Err(PathError::Undecided("the verifier gives no path".to_owned())),
    }
}

/// Whether clients that are sent the anchor's certificate would take it for a CA.
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

/// Whether it may issue certificates of TLS servers (RFC 5280 sections 4.2.1.3, 4.2.1.9 and 4.2.1.12).
fn check_ca(certificate: &Certificate) -> Result<(), PathError> {
    let reason = match (certificate.is_ca_at_top(), certificate.key_usage_cert_sign()) {
        (false, _) => "is no CA",
        (true, Some(false)) => "may not sign certificates: its keyUsage lacks keyCertSign",
        _ if !certificate.allows_server_auth() => "is not for TLS servers: its extendedKeyUsage says so",
        _ if certificate.has_unknown_critical_extension() => "has a critical extension that is not known",
        _ => return Ok(()),
    };
    Err(PathError::Broken(format!("{} {reason}", certificate.called())))
}

/// Errors: clients may read an extension, and so the certificate, in another way.
fn check_extensions(certificate: &Certificate) -> Result<(), PathError> {
    match certificate.unreadable_extensions().first() {
        None => Ok(()),
        Some(name) => Err(PathError::Undecided(format!(
            "{name} of {} cannot be read, or stands there twice",
            certificate.called()
        ))),
    }
}

/// Errors: clients may look for another certificate of a CA than that of the path (RFC 4158 section 3.5.12).
fn check_identifiers(end_entity: &Certificate, cas: &[&Certificate]) -> Result<(), PathError> {
    let children = std::iter::once(end_entity).chain(cas.iter().copied());
    match children.zip(cas).find(|(child, issuer)| child.asks_for_another(issuer)) {
        None => Ok(()),
        Some((child, issuer)) => Err(PathError::Undecided(format!(
            "{} asks for another certificate of {}, by key identifier or serial number, and some clients refuse this one",
            child.called(),
            issuer.called()
        ))),
    }
}

/// Links up to the anchor or to `by_way_of`, in a path that webpki has verified.
///
/// Errors: something that webpki does not look at forbids the path, or it does not lead by way of that certificate.
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
            return Err(PathError::Broken(format!("the path length of {} is exceeded", anchor.called())));
        }
    }
    let Some(wanted) = by_way_of else {
        // A bare key is no certificate: its depth is that of the certificate whose signature it verifies.
        return Ok(if matches!(anchor, Some(Anchor::Key { .. })) { steps } else { steps + 1 });
    };
    let is_anchor = matches!(anchor, Some(Anchor::Certificate(anchor)) if anchor.der() == wanted.der());
    let place = between.iter().position(|step| step.der() == wanted.der());
    match place.map(|place| place + 1).or(is_anchor.then_some(steps + 1)) {
        Some(depth) => Ok(depth),
        None => Err(PathError::Broken(format!("no verified path leads by way of {}", wanted.called()))),
    }
}

/// webpki's error as what it means for this path.
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
            undecided("takes names for the same only where they are spelt with the same kinds of string")
        }
        Error::UnknownIssuer => broken(NO_PATH),
        Error::InvalidSignatureForPublicKey if keys.any(KeyAlgorithm::is_small_rsa) => {
            undecided("takes no RSA keys below 2048 bits")
        }
        Error::InvalidSignatureForPublicKey if question.issuers().any(Certificate::has_odd_rsa_key) => {
            undecided("reads no RSA key with other than the shortest numbers")
        }
        Error::InvalidSignatureForPublicKey => broken("a signature does not verify"),
        Error::EndEntityUsedAsCa => broken("a certificate between is no CA"),
        // webpki knows fewer kinds of names, and compares wildcards otherwise.
        Error::NameConstraintViolation if has_other_names(question) => {
            undecided("does not decide these name constraints as all clients do")
        }
        Error::NameConstraintViolation => broken("a CA's name constraints forbid a name"),
        Error::PathLenConstraintViolated => broken("a CA's path length is exceeded"),
        Error::RequiredEkuNotFoundContext(_) => {
            broken("a certificate's extendedKeyUsage is not that of TLS servers")
        }
        Error::UnsupportedCriticalExtension
            if !question.certificates().any(Certificate::has_unknown_critical_extension) =>
        {
            undecided("does not know a critical extension of the path, as most clients do")
        }
        Error::UnsupportedCriticalExtension => {
            broken("a certificate has a critical extension that is not known")
        }
        Error::InvalidCertValidity => broken("a certificate ends before it begins"),
        Error::CaUsedAsEndEntity => undecided("takes no end entity that is marked as a CA"),
        Error::UnsupportedCertVersion => undecided("takes version 3 certificates only"),
        Error::UnsupportedSignatureAlgorithmContext(_)
        | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            undecided("lacks a signature algorithm of the path")
        }
        Error::BadDerTime => undecided("cannot read a date of the path"),
        Error::MaximumPathBuildCallsExceeded
        | Error::MaximumPathDepthExceeded
        | Error::MaximumSignatureChecksExceeded
        | Error::MaximumNameConstraintComparisonsExceeded => undecided("gives up on so many certificates"),
        other => undecided(&format!("cannot read a certificate of the path: {other}")),
    }
}

/// Whether constraints or names are of kinds that clients compare in different ways.
fn has_other_names(question: &Question<'_>) -> bool {
    question.certificates().any(Certificate::has_other_constraints)
        || question.end_entity.dns_names().iter().any(|name| name.starts_with('*'))
}

/// Whether a certificate names its issuer in other octets than that has for its subject (RFC 5280 section 7.1).
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

/// The content of a SEQUENCE, which is how webpki keeps names and keys; nothing if it is none.
fn content(der: &[u8]) -> Der<'_> {
    Der::from_slice(crate::x509::sequence_content(der).unwrap_or_default())
}
