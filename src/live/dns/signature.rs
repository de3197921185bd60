//! Verifies signatures over RRsets: RFC 4035 section 5.3, RFC 6840. Algorithms: RFC 8624 section 3.1.

use std::cell::Cell;
use std::cmp::Reverse;

use domain::base::iana::{Class, DigestAlgorithm, SecurityAlgorithm};
use domain::base::rdata::ComposeRecordData;
use domain::crypto::common::{DigestBuilder, DigestType, PublicKey, rsa_exponent_modulus};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::name::{Name, ancestor, label_count, wildcard_below};
use super::rrset::{Dnskey, Ds, Rrset, Signature};
use super::{Expiry, Failure};

/// Whether signatures of `algorithm` can be verified: RSA with SHA-1, SHA-256 and SHA-512, ECDSA with P-256 and
/// P-384, and Ed25519. No stable crate implements Ed448 (16) yet.
pub(super) fn is_supported(algorithm: SecurityAlgorithm) -> bool {
    matches!(algorithm.to_int(), 5 | 7 | 8 | 10 | 13 | 14 | 15)
}

/// Returns the digest type of a DS record, if supported.
pub(super) fn digest_type(digest: DigestAlgorithm) -> Option<DigestType> {
    match digest.to_int() {
        1 => Some(DigestType::Sha1),
        2 => Some(DigestType::Sha256),
        4 => Some(DigestType::Sha384),
        _ => None,
    }
}

/// Whether the algorithm and the digest type of the DS record are supported.
pub(super) fn is_usable(ds: &Ds) -> bool {
    is_supported(ds.algorithm()) && digest_type(ds.digest_type()).is_some()
}

/// A zone key.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) dnskey: Dnskey,
    /// The key tag; several keys may have the same tag (RFC 4034 appendix B).
    tag: u16,
}

impl Key {
    pub(super) fn new(dnskey: Dnskey) -> Self {
        Self { tag: dnskey.key_tag(), dnskey }
    }

    /// Whether the digest in `ds` is that of this key at the apex `zone` (RFC 4034 section 5.1.4).
    ///
    /// Errors: the lookup exceeds the limit on digests.
    pub(super) fn is_described_by(&self, ds: &Ds, zone: &Name, budget: &Budget) -> Result<bool, Failure> {
        let Some(digest_type) = digest_type(ds.digest_type()) else { return Ok(false) };
        if ds.key_tag() != self.tag || ds.algorithm() != self.dnskey.algorithm() {
            return Ok(false);
        }
        budget.digest()?;
        let mut octets = zone.as_slice().to_vec();
        let is_written = self.dnskey.compose_canonical_rdata(&mut octets).is_ok();
        let mut digest = DigestBuilder::new(digest_type);
        digest.update(&octets);
        Ok(is_written && digest.finish().as_ref() == ds.digest())
    }

    /// Whether this key may have made the signature (RFC 4035 section 5.3.1). A revoked key may sign only its own
    /// revocation (RFC 5011 section 2.1).
    fn may_have_made(&self, signature: &Signature) -> bool {
        let Self { dnskey, tag } = self;
        dnskey.algorithm() == signature.algorithm
            && *tag == signature.key_tag
            && dnskey.is_zone_key()
            && dnskey.protocol() == 3
            && !dnskey.is_revoked()
    }

    fn is_short_rsa(&self) -> bool {
        let is_rsa = matches!(self.dnskey.algorithm().to_int(), 5 | 7 | 8 | 10);
        let modulus = rsa_exponent_modulus(&self.dnskey, 0).map(|(_, modulus)| modulus.len());
        is_rsa && modulus.is_ok_and(|octets| octets < SMALLEST_RSA)
    }
}

/// A zone with trusted keys.
#[derive(Debug)]
pub(super) struct Zone {
    pub(super) apex: Name,
    pub(super) keys: Vec<Key>,
    /// When the signature over the keys expires.
    pub(super) expires: Option<Expiry>,
}

/// The time at which signatures must be valid.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock(OffsetDateTime);

impl Clock {
    pub(super) fn new(now: OffsetDateTime) -> Self {
        Self(now)
    }

    /// Converts a time modulo 2^32 to the date nearest to now, in the past or the future (RFC 4034 section 3.1.5).
    fn moment(self, seconds: u32) -> Option<OffsetDateTime> {
        const ERA: i64 = 1 << 32;
        let now = self.0.unix_timestamp();
        let ahead = (i64::from(seconds) - now).rem_euclid(ERA);
        let distance = if ahead >= ERA / 2 { ahead - ERA } else { ahead };
        OffsetDateTime::from_unix_timestamp(now + distance).ok()
    }

    /// Returns the expiration time of a signature that is valid now.
    ///
    /// Errors: the reason why the signature is not valid now.
    fn end(self, signature: &Signature) -> Result<OffsetDateTime, String> {
        let unreadable = || "the signature has an invalid time".to_owned();
        let text = |moment: OffsetDateTime| moment.format(&Rfc3339).unwrap_or_default();
        let inception = self.moment(signature.inception).ok_or_else(unreadable)?;
        let expiration = self.moment(signature.expiration).ok_or_else(unreadable)?;
        match () {
            () if expiration < self.0 => {
                Err(format!("the signature expired {}; check this machine's clock", text(expiration)))
            }
            () if inception > self.0 => Err(format!(
                "the signature is not valid before {}; check this machine's clock",
                text(inception)
            )),
            () => Ok(expiration),
        }
    }
}

/// Maximum number of signature verifications per lookup. A host that is five labels below the apex of its zone, at the
/// end of three CNAME records, needs half as many.
const MOST_SIGNATURES: u32 = 128;
/// Maximum number of digests computed per lookup: NSEC3 hashes, and key digests for DS records.
const MOST_DIGESTS: u32 = 256;
/// Maximum number of DNS queries per lookup.
const MOST_QUESTIONS: u32 = 100;

/// The work that one lookup may still do; limits prevent denial of service (KeyTrap CVE-2023-50387, CVE-2023-50868).
#[derive(Debug)]
pub(super) struct Budget {
    signatures: Cell<u32>,
    digests: Cell<u32>,
    questions: Cell<u32>,
}

impl Budget {
    /// Returns the full limits for a new lookup.
    pub(super) fn of_lookup() -> Self {
        Self {
            signatures: Cell::new(MOST_SIGNATURES),
            digests: Cell::new(MOST_DIGESTS),
            questions: Cell::new(MOST_QUESTIONS),
        }
    }

    pub(super) fn question(&self) -> Result<(), Failure> {
        spend(&self.questions, || format!("more than {MOST_QUESTIONS} DNS queries"))
    }

    pub(super) fn digest(&self) -> Result<(), Failure> {
        spend(&self.digests, || format!("more than {MOST_DIGESTS} digests"))
    }

    fn signature(&self) -> Result<(), Failure> {
        spend(&self.signatures, || format!("more than {MOST_SIGNATURES} signature checks"))
    }
}

fn spend(left: &Cell<u32>, bound: impl FnOnce() -> String) -> Result<(), Failure> {
    let less = left.get().checked_sub(1).ok_or_else(|| Failure::Limit(bound()))?;
    left.set(less);
    Ok(())
}

/// The proof that a zone signed an RRset.
#[derive(Debug, Clone)]
pub(super) struct Proof {
    /// If the RRset was expanded from a wildcard, the number of labels of the closest encloser.
    pub(super) wildcard: Option<usize>,
    /// The TTL in seconds that was signed.
    pub(super) ttl: u32,
    /// When the signature expires.
    pub(super) expires: Expiry,
}

/// Minimum length of an RSA modulus in octets.
const SMALLEST_RSA: usize = 128;

/// Proves that `zone` signed `set`.
///
/// Errors: no signature of the zone is valid ([`Failure::Bogus`], with the most relevant reason), a signature needs an
/// RSA key below 1024 bits ([`Failure::Unable`]), or the lookup exceeds a limit.
pub(super) fn verify(set: &Rrset, zone: &Zone, clock: Clock, budget: &Budget) -> Result<Proof, Failure> {
    let labels = label_count(&set.owner) - usize::from(set.owner.first().is_wildcard());
    // The rank of the most relevant reason so far, and this reason.
    let mut nearest = (0, format!("not signed by {}", dotted(&zone.apex)));
    let mut is_short = false;
    let mut note = |rank: u8, reason: String| {
        if rank > nearest.0 {
            nearest = (rank, reason);
        }
    };
    let in_zone = set.owner.ends_with(&zone.apex);
    let possible = label_count(&zone.apex)..=labels;
    let fits =
        |one: &&Signature| in_zone && one.signer == zone.apex && possible.contains(&usize::from(one.labels));
    let mut signatures: Vec<_> = set.signatures.iter().filter(fits).collect();
    // Verify signatures over the name itself before signatures over a wildcard, and within each of these groups, the
    // latest expiration first.
    signatures.sort_by_key(|one| (Reverse(one.labels), Reverse(clock.moment(one.expiration))));
    for signature in signatures {
        let expires = match clock.end(signature) {
            Ok(expires) => expires,
            Err(reason) => {
                note(3, reason);
                continue;
            }
        };
        note(1, format!("signed with a key that is not in the DNSKEY records of {}", dotted(&zone.apex)));
        let wildcard = Some(usize::from(signature.labels)).filter(|signed| *signed < labels);
        let Some(octets) = signed_octets(set, signature, wildcard) else { continue };
        for key in zone.keys.iter().filter(|key| key.may_have_made(signature)) {
            budget.signature()?;
            match PublicKey::from_dnskey(&key.dnskey).and_then(|key| key.verify(&octets, &signature.octets)) {
                Ok(()) => {
                    let expires = Expiry { records: set.to_string(), at: expires };
                    return Ok(Proof { wildcard, ttl: signature.original_ttl, expires });
                }
                Err(_) if key.is_short_rsa() => is_short = true,
                Err(_) => note(2, "the signature does not verify".to_owned()),
            }
        }
    }
    match is_short {
        true => Err(Failure::Unable(format!(
            "{set}: signed with an RSA key below 1024 bits, which this program does not verify"
        ))),
        false => Err(Failure::Bogus(format!("{set}: {}", nearest.1))),
    }
}

/// Returns the octets that were signed (RFC 4034 section 3.1.8.1, RFC 4035 section 5.3.2).
fn signed_octets(set: &Rrset, signature: &Signature, wildcard: Option<usize>) -> Option<Vec<u8>> {
    let owner = match wildcard {
        Some(labels) => wildcard_below(&ancestor(&set.owner, labels))?,
        None => set.owner.clone(),
    };
    let mut records: Vec<&Vec<u8>> = set.records.iter().map(|(_, canonical)| canonical).collect();
    records.sort();
    let mut octets = signature.head();
    for rdata in records {
        octets.extend_from_slice(owner.as_slice());
        octets.extend(set.rtype.to_int().to_be_bytes());
        octets.extend(Class::IN.to_int().to_be_bytes());
        octets.extend(signature.original_ttl.to_be_bytes());
        octets.extend(u16::try_from(rdata.len()).ok()?.to_be_bytes());
        octets.extend_from_slice(rdata);
    }
    Some(octets)
}

/// Formats a zone name with its final dot, for messages.
pub(super) fn dotted(name: &Name) -> String {
    super::name::domain_name(name).to_string()
}
