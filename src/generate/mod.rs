//! Generates TLSA records, each with its source, from parameters and the contents of files: RFC 6698 section 2.1, RFC
//! 7671 section 5.

mod error;

use std::collections::HashSet;

use crate::chain::{Budget, Chain, Link, Member};
use crate::input::{Beside, Input, PrivateKey};
use crate::owner::HostName;
use crate::tlsa::{DataError, MatchingType, Params, Selector, Tlsa, Usage};
use crate::x509::{Certificate, PublicKey};

pub use error::{GenerateError, MaterialError, Problem};

/// A file and its contents.
#[derive(Debug)]
pub struct Material {
    /// The file name as given, `-` for standard input.
    pub file: String,
    /// The contents of the file.
    pub content: Content,
    /// The keys beside certificates.
    pub beside: Beside,
}

/// The certificates or keys of a file.
#[derive(Debug)]
pub enum Content {
    /// Certificates.
    Chain(Box<Chain>),
    /// Keys without a certificate.
    Keys(Vec<PublicKey>),
}

impl Material {
    /// Parses `octets`, the contents of `file`, for the server with the names `hosts`.
    ///
    /// Errors: the octets contain neither certificates nor keys, or are damaged; the certificates allow too many paths; a
    /// private key beside end entities belongs to none of them.
    pub fn read(
        file: String,
        octets: &[u8],
        hosts: &[HostName],
        budget: &Budget,
    ) -> Result<Self, MaterialError> {
        Self::of(file, Input::read(octets)?, hosts, budget)
    }

    /// Examines the contents of `file`.
    ///
    /// Errors: the certificates allow too many paths; a private key beside end entities belongs to none of them.
    pub fn of(
        file: String,
        input: Input,
        hosts: &[HostName],
        budget: &Budget,
    ) -> Result<Self, MaterialError> {
        Ok(match input {
            Input::Certificates(certificates, beside) => {
                let chain = Chain::new(certificates, hosts, budget)?;
                Self::check_keys(&chain, &beside.private)?;
                Self { file, content: Content::Chain(Box::new(chain)), beside }
            }
            Input::Keys(keys) => Self { file, content: Content::Keys(keys), beside: Beside::default() },
        })
    }

    /// Errors: a readable private key beside end entities belongs to none of them.
    fn check_keys(chain: &Chain, keys: &[PrivateKey]) -> Result<(), MaterialError> {
        if keys.is_empty() {
            return Ok(());
        }
        let end_entities: Vec<Member<'_>> = chain.end_entities().collect();
        let is_foreign = |key: &PublicKey| {
            !end_entities.is_empty()
                && !end_entities.iter().any(|member| key.is_key_of(member.certificate().spki()))
        };
        match keys.iter().find(|private| private.key.as_ref().is_ok_and(is_foreign)) {
            Some(private) => Err(MaterialError::KeyMismatch { line: private.line }),
            None => Ok(()),
        }
    }

    /// Returns the certificates, or `None` if the file contains only keys.
    pub fn chain(&self) -> Option<&Chain> {
        match &self.content {
            Content::Chain(chain) => Some(chain),
            Content::Keys(_) => None,
        }
    }

    fn error(&self, problem: Problem) -> GenerateError {
        GenerateError { file: self.file.clone(), problem }
    }
}

/// A record and the certificate or key that it describes.
#[derive(Debug)]
pub struct Record<'a> {
    /// The record.
    pub tlsa: Tlsa,
    /// The certificate or key that it describes.
    pub source: Source<'a>,
}

/// A certificate or key, and its file.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The file.
    pub material: &'a Material,
    /// The certificate or key.
    pub item: Item<'a>,
}

/// A certificate or key that a record describes.
#[derive(Debug, Clone, Copy)]
pub enum Item<'a> {
    /// A certificate.
    Certificate(Link<'a>),
    /// A key without a certificate.
    Key(&'a PublicKey),
}

impl Source<'_> {
    /// Whether both sources are the same certificate or key of the same file.
    pub fn is(&self, other: &Self) -> bool {
        let same_item = match (self.item, other.item) {
            (Item::Certificate(one), Item::Certificate(other)) => one.member == other.member,
            (Item::Key(one), Item::Key(other)) => std::ptr::eq(one, other),
            _ => false,
        };
        std::ptr::eq(self.material, other.material) && same_item
    }

    fn octets(&self, selector: Selector) -> &[u8] {
        match (self.item, selector) {
            (Item::Certificate(link), selector) => selected(link.member.certificate(), selector),
            (Item::Key(key), Selector::Spki) => key.spki(),
            (Item::Key(_), Selector::Cert) => &[],
        }
    }
}

/// Generates the records for each triple of usage, selector and matching type in `params`, ordered by triple, then by
/// material, then by depth.
///
/// The first material is the current chain; the other materials are the next chains or keys of a rollover. Usages 0 and
/// 2 give no record for a bare key in the other materials, and usages 1 and 3 none for a file of CAs there. `depth` selects one certificate of each certification path.
/// Duplicates are omitted.
///
/// Errors: see [`Problem`]. A single problem is an error for all records.
pub fn records<'a>(
    materials: &'a [Material],
    params: &[Params],
    depth: Option<usize>,
) -> Result<Vec<Record<'a>>, GenerateError> {
    let mut records = Vec::new();
    for params in params {
        for (position, material) in materials.iter().enumerate() {
            let sources = match &material.content {
                // A next file of CAs alone contains sibling CAs.
                Content::Chain(chain)
                    if position > 0 && !params.usage.is_trust_anchor() && !chain.has_end_entity() =>
                {
                    Vec::new()
                }
                Content::Chain(chain) => {
                    let links = select(chain, *params, depth).map_err(|problem| material.error(problem))?;
                    links.into_iter().map(|link| Source { material, item: Item::Certificate(link) }).collect()
                }
                Content::Keys(_) if position > 0 && params.usage.is_trust_anchor() => Vec::new(),
                Content::Keys(_) if position == 0 && depth.is_some() => {
                    return Err(material.error(Problem::DepthWithoutEndEntity));
                }
                Content::Keys(keys) => key_sources(material, keys, *params)?,
            };
            for source in sources {
                records.push(record(*params, source)?);
            }
        }
    }
    Ok(without_repetitions(records))
}

/// Generates four records for every certificate, with selectors 0 and 1 and matching types 1 and 2: usage 3 for end
/// entities, usage 2 for CAs. For each file, every end entity is followed by its certification path, and the
/// certificates that are not in any path come last. A bare key gives two records, with usage 3 and selector 1.
///
/// Errors: see [`Problem`].
pub fn chain_records(materials: &[Material], depth: Option<usize>) -> Result<Vec<Record<'_>>, GenerateError> {
    let mut records = Vec::new();
    for (position, material) in materials.iter().enumerate() {
        match &material.content {
            Content::Chain(chain) => {
                for link in everything(chain, depth).map_err(|problem| material.error(problem))? {
                    let usage = if link.member.is_ca() { Usage::DaneTa } else { Usage::DaneEe };
                    let source = Source { material, item: Item::Certificate(link) };
                    for (matching_type, selector) in
                        DIGESTS.into_iter().flat_map(|digest| SELECTORS.map(|s| (digest, s)))
                    {
                        records.push(record(Params { usage, selector, matching_type }, source)?);
                    }
                }
            }
            Content::Keys(_) if position == 0 && depth.is_some() => {
                return Err(material.error(Problem::DepthWithoutEndEntity));
            }
            Content::Keys(keys) => {
                for key in keys {
                    let source = Source { material, item: Item::Key(key) };
                    for matching_type in DIGESTS {
                        records.push(record(Params { matching_type, ..Params::DEFAULT }, source)?);
                    }
                }
            }
        }
    }
    Ok(without_repetitions(records))
}

const DIGESTS: [MatchingType; 2] = [MatchingType::Sha2_256, MatchingType::Sha2_512];
const SELECTORS: [Selector; 2] = [Selector::Cert, Selector::Spki];

/// Returns the certificates of `chain` that the usage of `params` describes (RFC 7671 sections 5.1 to 5.4).
fn select(chain: &Chain, params: Params, depth: Option<usize>) -> Result<Vec<Link<'_>>, Problem> {
    if depth.is_some() && !chain.has_end_entity() {
        return Err(Problem::DepthWithoutEndEntity);
    }
    if let Some(depth) = depth.filter(|depth| params.usage.is_trust_anchor() == (*depth == 0)) {
        return Err(Problem::DepthOfUsage { params, depth });
    }
    if !params.usage.is_trust_anchor() {
        if !chain.has_end_entity() {
            return Err(Problem::NoEndEntity { params });
        }
        let confirmed = chain.end_entities().map(|member| member.confirm().map(|()| own(member)));
        return Ok(confirmed.collect::<Result<_, _>>()?);
    }
    if !chain.has_end_entity() {
        return Ok(chain.path_of_cas()?);
    }
    let mut selected = Vec::new();
    let mut seen = HashSet::new();
    for end_entity in chain.end_entities() {
        let path = end_entity.path(depth)?;
        if path.is_empty() {
            return Err(no_issuer(end_entity, params));
        }
        let wanted = path.iter().filter(|link| depth.is_none() || link.depth == depth);
        if let Some(depth) = depth.filter(|_| wanted.clone().next().is_none()) {
            let (certificate, length) = (end_entity.place(), path.len());
            return Err(Problem::NoSuchDepth { depth, certificate, length });
        }
        selected.extend(wanted.filter(|link| seen.insert(link.member)));
    }
    Ok(selected)
}

/// Returns an end entity as a link with depth 0.
fn own(member: Member<'_>) -> Link<'_> {
    Link { member, depth: Some(0) }
}

fn no_issuer(end_entity: Member<'_>, params: Params) -> Problem {
    let certificate = end_entity.place();
    match end_entity.certificate() {
        only if only.is_self_issued() => Problem::EndEntityAsAnchor { params, certificate },
        _ if end_entity.has_issuer() => Problem::IssuerIsNoCa { params, certificate },
        child => Problem::NoIssuer { params, certificate, issuer: child.issuer() },
    }
}

/// Returns the certificates for which [`chain_records`] generates records, in the same order.
fn everything(chain: &Chain, depth: Option<usize>) -> Result<Vec<Link<'_>>, Problem> {
    if !chain.has_end_entity() {
        if depth.is_some() {
            return Err(Problem::DepthWithoutEndEntity);
        }
        return Ok(chain.path_of_cas()?);
    }
    let mut selected = Vec::new();
    let mut seen = HashSet::new();
    for member in chain.end_entities() {
        member.confirm()?;
        let path = member.path(depth)?;
        let highest = path.last().and_then(|link| link.depth);
        if let Some(depth) = depth.filter(|depth| *depth > highest.unwrap_or(0)) {
            return Err(Problem::NoSuchDepth { depth, certificate: member.place(), length: path.len() });
        }
        let wanted = std::iter::once(own(member)).chain(path);
        let wanted = wanted.filter(|link| depth.is_none() || link.depth == depth);
        selected.extend(wanted.filter(|link| seen.insert(link.member)));
    }
    if depth.is_none() {
        for stray in chain.members().filter(|member| !seen.contains(member)) {
            stray.confirm()?;
            selected.push(Link { member: stray, depth: None });
        }
    }
    Ok(selected)
}

/// Returns the bare keys as sources of records.
///
/// Errors: the usage is 0 or 2, or the selector is 0; such a record cannot describe a bare key (RFC 7671 section 5.1).
fn key_sources<'a>(
    material: &'a Material,
    keys: &'a [PublicKey],
    params: Params,
) -> Result<Vec<Source<'a>>, GenerateError> {
    if params.usage.is_trust_anchor() || params.selector == Selector::Cert {
        return Err(material.error(Problem::KeyOnly { params }));
    }
    Ok(keys.iter().map(|key| Source { material, item: Item::Key(key) }).collect())
}

/// Creates the record with `params` that describes `certificate`.
///
/// Errors: the certificate is too long for a record with matching type 0.
pub fn describe(certificate: &Certificate, params: Params) -> Result<Tlsa, DataError> {
    Tlsa::describing(params, selected(certificate, params.selector))
}

/// Returns the octets that a selector selects (RFC 6698 section 2.1.2).
fn selected(certificate: &Certificate, selector: Selector) -> &[u8] {
    match selector {
        Selector::Cert => certificate.der(),
        Selector::Spki => certificate.spki(),
    }
}

fn record(params: Params, source: Source<'_>) -> Result<Record<'_>, GenerateError> {
    match Tlsa::describing(params, source.octets(params.selector)) {
        Ok(tlsa) => Ok(Record { tlsa, source }),
        Err(error) => Err(source.material.error(Problem::Data { params, error })),
    }
}

fn without_repetitions(mut records: Vec<Record<'_>>) -> Vec<Record<'_>> {
    let mut seen = HashSet::with_capacity(records.len());
    let first: Vec<bool> = records.iter().map(|record| seen.insert(&record.tlsa)).collect();
    drop(seen);
    let mut first = first.into_iter();
    records.retain(|_| first.next().unwrap_or(true));
    records
}
