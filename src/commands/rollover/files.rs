//! The certificates, keys and records of a rollover.

use std::fmt;

use super::super::reading::{CertificateNeeded, materials_and, owners, read};
use super::super::trouble::{InFile, Trouble};
use crate::advice;
use crate::chain::{Chain, Member};
use crate::cli::RolloverRequest;
use crate::diagnostic::{Advise, Code, Finding, Severity};
use crate::files;
use crate::generate::{self, GenerateError, Material, Record};
use crate::input::{InputError, PrivateKey, private_keys};
use crate::key::KeyError;
use crate::records::Published;
use crate::rollover::{self, Records, Wanted};
use crate::text;
use crate::x509::PublicKey;

/// The files of a rollover.
pub(super) struct Files {
    /// The chain to install, then the `next` files.
    materials: Vec<Material>,
    /// The chain that the service uses; `None` if it has none yet or if the file is not given.
    in_use: Option<Material>,
}

impl Files {
    /// Reads the files, and proves that each end entity of the chain to install has its private key.
    ///
    /// Errors: a file cannot be read; the chain has no end entity; a private key is missing, unreadable or foreign.
    pub(super) fn read(request: &RolloverRequest) -> Result<Self, Trouble> {
        // The file does not exist before the first installation.
        let in_use = request.in_use.as_ref().filter(|file| !files::is_missing(file));
        let mut materials = materials_and(&request.common, in_use)?;
        let in_use = in_use.and_then(|_| materials.pop());
        let files = Self { materials, in_use };
        files.in_use.as_ref().map(server_chain).transpose()?;
        files.prove_keys(request)?;
        Ok(files)
    }

    /// The chain to install.
    ///
    /// Errors: the file has no server certificate.
    fn to_install(&self) -> Result<&Chain, Trouble> {
        // The first file is always there.
        self.materials
            .first()
            .map(server_chain)
            .unwrap_or_else(|| Err(CertificateNeeded::server("CHAIN").into()))
    }

    /// Errors: an end entity without its private key, or a private key of no end entity.
    fn prove_keys(&self, request: &RolloverRequest) -> Result<(), Trouble> {
        let file = &request.common.chain;
        let end_entities: Vec<Member<'_>> = self.to_install()?.end_entities().collect();
        let mut keys = Vec::new();
        for PrivateKey { line, key } in
            self.materials.first().iter().flat_map(|material| &material.beside.private)
        {
            let unreadable = |error| KeyTrouble::Unreadable(InputError::PrivateKey { line: *line, error });
            keys.push(key.clone().map_err(unreadable).in_file(file)?);
        }
        let is_of = |key: &PublicKey, member: &Member<'_>| key.is_key_of(member.certificate().spki());
        for file in &request.keys {
            for key in private_keys(&read(file)?).map_err(KeyTrouble::Unreadable).in_file(file)? {
                if !end_entities.iter().any(|member| is_of(&key, member)) {
                    return Err(KeyTrouble::Foreign).in_file(file);
                }
                keys.push(key);
            }
        }
        let without = end_entities.iter().find(|member| !keys.iter().any(|key| is_of(key, member)));
        match without {
            Some(member) => Err(KeyTrouble::Missing(member.place().to_string())).in_file(file),
            None => Ok(()),
        }
    }

    /// The records of the chain to install and of the `next` files.
    ///
    /// Errors: records cannot be generated.
    pub(super) fn records(&self, request: &RolloverRequest) -> Result<Vec<Record<'_>>, GenerateError> {
        generate::records(&self.materials, &request.params, None)
    }

    /// The warnings and errors about the chain to install and `records`.
    ///
    /// Errors: an owner cannot be made.
    pub(super) fn findings(
        &self,
        request: &RolloverRequest,
        records: &[Record<'_>],
    ) -> Result<Vec<Finding>, Trouble> {
        let common = &request.common;
        let mut findings = advice::findings(&advice::Context {
            materials: &self.materials,
            records,
            params: &request.params,
            endpoints: &common.endpoints,
            owners: &owners(common)?,
            ttl: request.ttl,
            now: common.now,
        });
        // Every step would repeat the hints.
        findings.retain(|finding| finding.severity != Severity::Hint);
        Ok(findings)
    }

    /// The chains and their records, with `is_installed` for a chain in use that is the chain to install. `all` are the
    /// records of [`Files::records`].
    ///
    /// Errors: records cannot be generated.
    pub(super) fn wanted(
        &self,
        request: &RolloverRequest,
        all: &[Record<'_>],
    ) -> Result<Wanted<&Chain>, Trouble> {
        let params = &request.params;
        let new = self.to_install()?;
        let own = self.materials.get(..1).unwrap_or_default();
        let of_new = records(&generate::records(own, params, None)?);
        let in_use = match self.in_use.as_ref().and_then(|material| Some((material.chain()?, material))) {
            Some((chain, material)) => {
                let of_chain = generate::records(std::slice::from_ref(material), params, None)?;
                Some(rollover::Material { chain, records: records(&of_chain) })
            }
            None => None,
        };
        let is_installed = in_use.as_ref().is_some_and(|in_use| has_same_certificates(in_use.chain, new));
        let next = records(all).difference(&of_new).cloned().collect();
        Ok(Wanted { new: rollover::Material { chain: new, records: of_new }, in_use, next, is_installed })
    }
}

fn records(records: &[Record<'_>]) -> Records {
    records.iter().map(|record| Published::from(&record.tlsa)).collect()
}

fn has_same_certificates(one: &Chain, other: &Chain) -> bool {
    let octets =
        |chain: &Chain| chain.members().map(|member| member.certificate().der().to_vec()).collect::<Vec<_>>();
    octets(one) == octets(other)
}

/// The chain of a file.
///
/// Errors: the file has no server certificate.
fn server_chain(material: &Material) -> Result<&Chain, Trouble> {
    let chain = material.chain().filter(|chain| chain.has_end_entity());
    chain.ok_or_else(|| CertificateNeeded::server(&material.file).into())
}

/// A problem with the private keys of the chain to install.
#[derive(Debug)]
enum KeyTrouble {
    /// A key that cannot be read, or a file without a key.
    Unreadable(InputError),
    /// A key that belongs to no end entity.
    Foreign,
    /// An end entity without its key: this one.
    Missing(String),
}

impl fmt::Display for KeyTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => error.fmt(f),
            Self::Foreign => f.write_str("this private key does not belong to a server certificate of CHAIN"),
            Self::Missing(place) => write!(f, "the private key of {} is missing", text::printable(place)),
        }
    }
}

impl std::error::Error for KeyTrouble {}

impl Advise for KeyTrouble {
    fn code(&self) -> Option<Code> {
        match self {
            Self::Unreadable(_) => None,
            Self::Foreign | Self::Missing(_) => Some(Code::KeyMismatch),
        }
    }

    fn hint(&self) -> Option<String> {
        Some(
            match self {
                Self::Unreadable(InputError::PrivateKey { error: KeyError::Encrypted, .. }) => {
                    "give the key without encryption, as the service reads it"
                }
                Self::Unreadable(InputError::PrivateKey { .. }) => {
                    "rollover must prove that the key belongs to the chain: use an RSA, P-256, P-384 or Ed25519 key"
                }
                Self::Unreadable(error) => return error.hint(),
                Self::Foreign => "give the key and the chain of the same renewal",
                Self::Missing(_) => "give it with --key, or in the file of CHAIN",
            }
            .to_owned(),
        )
    }
}
