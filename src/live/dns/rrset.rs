//! Groups records into RRsets in canonical form, with their signatures: RFC 4034 section 6.

use std::fmt;
use std::net::IpAddr;

use domain::base::iana::{Nsec3HashAlgorithm, SecurityAlgorithm};
use domain::base::message::RecordSection;
use domain::base::rdata::ComposeRecordData;
use domain::base::wire::ParseError;
use domain::base::{ParsedName, ParsedRecord, Rtype};
use domain::rdata::dnssec::RtypeBitmap;
use domain::rdata::nsec3::Nsec3Salt;
use domain::rdata::{AllRecordData, Rrsig};

use super::name::{Name, lower, text};
use crate::records::Published;

pub(super) type Dnskey = domain::rdata::Dnskey<Vec<u8>>;
pub(super) type Ds = domain::rdata::Ds<Vec<u8>>;

/// The records of one owner and type, and the signatures that cover these records.
#[derive(Debug, Clone)]
pub(super) struct Rrset {
    pub(super) owner: Name,
    pub(super) rtype: Rtype,
    /// The distinct records, each with its canonical RDATA.
    pub(super) records: Vec<(Rdata, Vec<u8>)>,
    pub(super) signatures: Vec<Signature>,
}

impl Rrset {
    fn has(&self, canonical: &[u8]) -> bool {
        self.records.iter().any(|(_, known)| known == canonical)
    }
}

/// Writes the owner name and the type, for messages.
impl fmt::Display for Rrset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", text(&self.owner), self.rtype)
    }
}

/// The data of the record types that a lookup needs.
#[derive(Debug, Clone)]
pub(super) enum Rdata {
    Address(IpAddr),
    Mx {
        preference: u16,
        exchange: Name,
    },
    Tlsa(Published),
    Ns(Name),
    Srv {
        priority: u16,
        port: u16,
        target: Name,
    },
    Cname(Name),
    Dname(Name),
    Ds(Ds),
    Dnskey(Dnskey),
    /// A denial needs only the signature of an SOA record.
    Soa,
    Nsec {
        next: Name,
        types: Types,
    },
    Nsec3(Nsec3),
}

/// An NSEC3 record with a known hash algorithm and known flags (RFC 5155 section 3).
#[derive(Debug, Clone)]
pub(super) struct Nsec3 {
    pub(super) opt_out: bool,
    pub(super) iterations: u16,
    pub(super) salt: Nsec3Salt<Vec<u8>>,
    /// The hash of the original name, decoded from the first label of the NSEC3 record's owner.
    pub(super) hash: Vec<u8>,
    /// The next hashed owner name.
    pub(super) next: Vec<u8>,
    pub(super) types: Types,
}

/// The type bit map of an NSEC or NSEC3 record.
#[derive(Debug, Clone)]
pub(super) struct Types(Vec<Rtype>);

impl Types {
    pub(super) fn contains(&self, rtype: Rtype) -> bool {
        self.0.contains(&rtype)
    }

    /// Whether the NSEC or NSEC3 record is from the parent's side of a zone cut. Such a record proves only whether a DS
    /// record exists (RFC 6840 section 4.1).
    pub(super) fn is_of_delegation(&self) -> bool {
        self.contains(Rtype::NS) && !self.contains(Rtype::SOA)
    }
}

/// An RRSIG record (RFC 4034 section 3).
#[derive(Debug, Clone)]
pub(super) struct Signature {
    pub(super) type_covered: Rtype,
    pub(super) algorithm: SecurityAlgorithm,
    pub(super) labels: u8,
    /// The original TTL in seconds.
    pub(super) original_ttl: u32,
    /// Seconds since 1970, modulo 2^32 (RFC 4034 section 3.1.5).
    pub(super) expiration: u32,
    pub(super) inception: u32,
    pub(super) key_tag: u16,
    pub(super) signer: Name,
    pub(super) octets: Vec<u8>,
}

/// Maximum length of a signature in octets: RSA with 4096 bits (RFC 3110 section 2).
const LONGEST_SIGNATURE: usize = 512;

impl Signature {
    fn new(rrsig: &Rrsig<&[u8], ParsedName<&[u8]>>) -> Option<Self> {
        (rrsig.signature().len() <= LONGEST_SIGNATURE).then(|| Self {
            type_covered: rrsig.type_covered(),
            algorithm: rrsig.algorithm(),
            labels: rrsig.labels(),
            original_ttl: rrsig.original_ttl().as_secs(),
            expiration: rrsig.expiration().into_int(),
            inception: rrsig.inception().into_int(),
            key_tag: rrsig.key_tag(),
            signer: lower(rrsig.signer_name()),
            octets: rrsig.signature().to_vec(),
        })
    }

    /// Returns the signed octets that precede the records: the RRSIG RDATA without the signature (RFC 4034 section
    /// 3.1.8.1).
    pub(super) fn head(&self) -> Vec<u8> {
        let mut head = self.type_covered.to_int().to_be_bytes().to_vec();
        head.extend([self.algorithm.to_int(), self.labels]);
        for number in [self.original_ttl, self.expiration, self.inception] {
            head.extend(number.to_be_bytes());
        }
        head.extend(self.key_tag.to_be_bytes());
        head.extend_from_slice(self.signer.as_slice());
        head
    }
}

/// Collects the RRsets of a section that `wants` selects by owner and type, with their signatures.
///
/// Errors: a selected record cannot be parsed, or a name is longer than 255 octets.
pub(super) fn collect(
    section: RecordSection<'_, [u8]>,
    wants: impl Fn(&Name, Rtype) -> bool,
) -> Result<Vec<Rrset>, ParseError> {
    let mut sets: Vec<Rrset> = Vec::new();
    let mut signatures = Vec::new();
    for record in section {
        let record = record?;
        if record.class() != domain::base::iana::Class::IN {
            continue;
        }
        let owner = lower(&record.owner());
        if record.rtype() == Rtype::RRSIG {
            let rrsig = record.to_record::<Rrsig<_, ParsedName<_>>>()?;
            let covered = rrsig.as_ref().map(|rrsig| rrsig.data().type_covered());
            if covered.is_some_and(|covered| wants(&owner, covered)) {
                signatures
                    .extend(rrsig.and_then(|rrsig| Signature::new(rrsig.data())).map(|one| (owner, one)));
            }
        } else if wants(&owner, record.rtype())
            && let Some((rdata, canonical)) = read(&record, &owner)?
        {
            let rtype = record.rtype();
            // At a zone cut, the parent zone and the child zone each have an NSEC record with the same owner name.
            // These records are not one RRset.
            let same = |set: &&mut Rrset| {
                let is_one = rtype != Rtype::NSEC || set.has(&canonical);
                set.owner == owner && set.rtype == rtype && is_one
            };
            match sets.iter_mut().find(same) {
                Some(set) if set.has(&canonical) => {}
                Some(set) => set.records.push((rdata, canonical)),
                None => sets.push(Rrset {
                    owner,
                    rtype,
                    records: vec![(rdata, canonical)],
                    signatures: Vec::new(),
                }),
            }
        }
    }
    for (owner, signature) in signatures {
        let covered = sets.iter_mut().filter(|set| set.owner == owner && set.rtype == signature.type_covered);
        for set in covered {
            set.signatures.push(signature.clone());
        }
    }
    Ok(sets)
}

/// Parses the data of a record and returns it with its canonical form (RFC 4034 section 6.2); `None` for an NSEC3
/// record that must be ignored, or for a record type that lookups do not need.
fn read(record: &ParsedRecord<'_, [u8]>, owner: &Name) -> Result<Option<(Rdata, Vec<u8>)>, ParseError> {
    let record = record.to_any_record::<AllRecordData<_, ParsedName<_>>>()?;
    let mut canonical = Vec::new();
    let is_written = record.data().compose_canonical_rdata(&mut canonical).is_ok();
    if !is_written || u16::try_from(canonical.len()).is_err() {
        return Err(ParseError::form_error("RDATA of more than 65535 octets"));
    }
    let rdata = match record.data() {
        AllRecordData::A(a) => Rdata::Address(IpAddr::V4(a.addr())),
        AllRecordData::Aaaa(aaaa) => Rdata::Address(IpAddr::V6(aaaa.addr())),
        AllRecordData::Mx(mx) => Rdata::Mx { preference: mx.preference(), exchange: lower(mx.exchange()) },
        AllRecordData::Tlsa(tlsa) => Rdata::Tlsa(Published {
            usage: tlsa.usage().to_int(),
            selector: tlsa.selector().to_int(),
            matching_type: tlsa.matching_type().to_int(),
            data: tlsa.data().to_vec(),
        }),
        AllRecordData::Ns(ns) => Rdata::Ns(lower(ns.nsdname())),
        AllRecordData::Srv(srv) => {
            Rdata::Srv { priority: srv.priority(), port: srv.port(), target: lower(srv.target()) }
        }
        AllRecordData::Cname(cname) => Rdata::Cname(lower(cname.cname())),
        AllRecordData::Dname(dname) => Rdata::Dname(lower(dname.dname())),
        AllRecordData::Ds(ds) => {
            let (tag, algorithm, kind) = (ds.key_tag(), ds.algorithm(), ds.digest_type());
            Rdata::Ds(Ds::new(tag, algorithm, kind, ds.digest().to_vec()).map_err(|_| long())?)
        }
        AllRecordData::Dnskey(key) => {
            let (flags, protocol, algorithm) = (key.flags(), key.protocol(), key.algorithm());
            let key = Dnskey::new(flags, protocol, algorithm, key.public_key().to_vec());
            Rdata::Dnskey(key.map_err(|_| long())?)
        }
        AllRecordData::Soa(_) => Rdata::Soa,
        AllRecordData::Nsec(nsec) => {
            Rdata::Nsec { next: lower(nsec.next_name()), types: types_of(nsec.types()) }
        }
        AllRecordData::Nsec3(nsec3) => {
            // NSEC3 records with another hash algorithm or other flags are ignored (RFC 5155 sections 8.1 and 8.2).
            let known = nsec3.hash_algorithm() == Nsec3HashAlgorithm::SHA1 && nsec3.flags() & !1 == 0;
            let label = std::str::from_utf8(owner.first().as_slice()).unwrap_or_default();
            let Ok(hash) = domain::utils::base32::decode_hex::<Vec<u8>>(label) else { return Ok(None) };
            if !known {
                return Ok(None);
            }
            Rdata::Nsec3(Nsec3 {
                opt_out: nsec3.opt_out(),
                iterations: nsec3.iterations(),
                salt: Nsec3Salt::from_octets(nsec3.salt().as_slice().to_vec()).map_err(|_| long())?,
                hash,
                next: nsec3.next_owner().as_slice().to_vec(),
                types: types_of(nsec3.types()),
            })
        }
        _ => return Ok(None),
    };
    Ok(Some((rdata, canonical)))
}

fn types_of(types: &RtypeBitmap<&[u8]>) -> Types {
    Types(types.iter().collect())
}

fn long() -> ParseError {
    ParseError::form_error("a field is longer than its type allows")
}
