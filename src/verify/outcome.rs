//! The result of a record for one end entity, and which records clients can use: RFC 6698 section 4.1.

use std::fmt;

use super::Described;
use crate::generate;
use crate::records::Published;
use crate::tlsa::{DataError, MatchingType, Params, Selector, Tlsa, Usage};
use crate::x509::{self, Certificate, KeyAlgorithm, PublicKey};

/// The result of a usable record for one end entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The record matches no certificate; contains the reason if known.
    Unmatched(Option<&'static str>),
    /// The association data matches, but the path, a date or the name is wrong.
    Failed(Described, String),
    /// The result is undetermined.
    Unverified(Option<Described>, Doubt),
    Match(Described),
}

/// Why a result is undetermined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Doubt {
    /// Clients disagree; contains the reason.
    Disagreement(String),
    /// This program does not support an algorithm, which the text describes.
    Unsupported(String),
    /// Usages 0 and 1 without a trust store.
    NoStore,
    /// The name of the server is unknown.
    NoName,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disagreement(reason) => write!(f, "clients disagree: {reason}"),
            Self::Unsupported(what) => f.write_str(what),
            Self::NoStore => f.write_str("usages 0 and 1 need a trust store: give one with --ca-file"),
            Self::NoName => f.write_str("the server name is unknown: give it with --nexthop"),
        }
    }
}

impl Outcome {
    /// The rank of the outcome; a higher rank is better.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Unmatched(_) => 0,
            Self::Failed(..) => 1,
            Self::Unverified(..) => 2,
            Self::Match(_) => 3,
        }
    }
}

/// Returns the parameters of a record, or why clients cannot use the record (RFC 6698 section 4.1).
pub(super) fn usable(record: &Published, on_smtp: bool) -> Result<Params, String> {
    let Some(usage) = Usage::from_number(record.usage) else {
        return Err(format!("certificate usage {} is not registered (RFC 7218 section 2.1)", record.usage));
    };
    let Some(selector) = Selector::from_number(record.selector) else {
        return Err(format!("selector {} is not registered (RFC 7218 section 2.2)", record.selector));
    };
    let Some(matching_type) = MatchingType::from_number(record.matching_type) else {
        return Err(format!(
            "matching type {} is not registered (RFC 7218 section 2.3)",
            record.matching_type
        ));
    };
    let params = Params { usage, selector, matching_type };
    match Tlsa::new(params, record.data.clone()) {
        // Clients treat the digest of empty input like any other digest.
        Ok(_) | Err(DataError::Nothing) => {}
        Err(error) => return Err(error.to_string()),
    }
    if matching_type == MatchingType::Full {
        let is_readable = match selector {
            Selector::Cert => Certificate::from_der(record.data.clone()).map(|certificate| {
                let has_key =
                    certificate.has_readable_key() || certificate.key_algorithm() == KeyAlgorithm::Other;
                certificate.is_readable() && has_key
            }),
            Selector::Spki => PublicKey::from_spki(record.data.clone()).map(|key| key.is_readable()),
        };
        match is_readable {
            Ok(true) => {}
            Ok(false) => return Err("clients cannot read the association data".to_owned()),
            Err(error) => return Err(format!("the association data is not valid: {error}")),
        }
    }
    match usage.is_pkix() && on_smtp {
        true => Err("mail clients do not use usages 0 and 1 (RFC 7672 section 3.1.3)".to_owned()),
        false => Ok(params),
    }
}

/// Whether clients can use the certificate in a record with matching type 0, although this program cannot read it.
pub(super) fn is_beyond(record: &Published, on_smtp: bool) -> bool {
    let is_anchor = match Usage::from_number(record.usage) {
        Some(usage) => usage.is_trust_anchor() && !(usage.is_pkix() && on_smtp),
        None => false,
    };
    is_anchor
        && (record.selector, record.matching_type) == (0, 0)
        && x509::is_certificate(&record.data)
        && Certificate::from_der(record.data.clone()).is_err()
}

/// Usable records that a client considers together.
#[derive(Clone, Copy)]
pub(super) struct Set<'s, 'r> {
    pub(super) records: &'s [(Params, &'r Published)],
}

impl Set<'_, '_> {
    pub(super) fn has(&self, wanted: impl Fn(Usage) -> bool) -> bool {
        self.records.iter().any(|(params, _)| wanted(params.usage))
    }

    /// Whether a record with this usage matches `certificate`.
    pub(super) fn matches(&self, usage: Usage, certificate: &Certificate) -> bool {
        let mut of_usage = self.records.iter().filter(|(params, _)| params.usage == usage);
        of_usage.any(|(params, record)| data(certificate, *params).as_ref() == Some(&record.data))
    }
}

/// The end of a valid path for several records.
pub(super) struct Acceptance {
    /// The certificate or key.
    pub(super) place: Described,
    /// For each record, whether it matches that certificate or key.
    pub(super) ends: Vec<bool>,
}

/// The association data that describes `certificate`.
pub(super) fn data(certificate: &Certificate, params: Params) -> Option<Vec<u8>> {
    generate::describe(certificate, params).ok().map(|tlsa| tlsa.data().to_vec())
}
