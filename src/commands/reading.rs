//! Reads the input that several subcommands need: files, the certificates and keys in them, and the owners.

use std::collections::HashSet;
use std::fmt;

use zeroize::Zeroizing;

use super::trouble::{InFile, Trouble};
use crate::chain::Budget;
use crate::cli::Common;
use crate::diagnostic::Advise;
use crate::files;
use crate::generate::Material;
use crate::input::{Input, Located, PlainReader};
use crate::owner::{Endpoint, HostName, NameError, Owner};
use crate::text;
use crate::x509::Certificate;

/// Reads the octets of a file.
pub(super) fn read(file: &str) -> Result<Zeroizing<Vec<u8>>, Trouble> {
    files::read(file).in_file(file)
}

/// Reads the chain file, then the `next` files. All share one budget.
pub(super) fn materials(common: &Common) -> Result<Vec<Material>, Trouble> {
    materials_and(common, None)
}

/// Reads the chain file, then the `next` files, then one more file. All share one budget.
pub(super) fn materials_and(common: &Common, more: Option<&String>) -> Result<Vec<Material>, Trouble> {
    let files = std::iter::once(&common.chain).chain(&common.next).chain(more);
    let hosts: Vec<HostName> = common.endpoints.iter().filter_map(Endpoint::host).collect();
    let budget = Budget::default();
    files
        .map(|file| Material::of(file.clone(), input_or_hint(file, common)?, &hosts, &budget).in_file(file))
        .collect()
}

/// Reads the certificates or keys of a file; a missing CHAIN may be another argument in the wrong place.
fn input_or_hint(file: &String, common: &Common) -> Result<Input, Trouble> {
    const HINT: &str =
        "check the file name: CHAIN, such as fullchain.pem or - for standard input, comes before HOST";
    input(file).map_err(|trouble| match *file == common.chain && files::is_missing(file) {
        true => trouble.with_hint(HINT),
        false => trouble,
    })
}

/// Reads the certificates or keys of a file.
fn input(file: &str) -> Result<Input, Trouble> {
    let mut plain = PlainReader::default();
    let take = &mut |part: &[u8], is_last, size| plain.take(part, is_last, size);
    match files::read_in_parts(file, take).in_file(file)? {
        Some(octets) => Input::read(&octets).in_file(file),
        None => match plain.input() {
            Some(input) => Ok(input),
            // A certificate cannot be read: the strict reader tells which.
            None => Input::read(&read(file)?).in_file(file),
        },
    }
}

/// Returns the owners, in the order of hosts and ports, without duplicates.
pub(super) fn owners(request: &Common) -> Result<Vec<Owner>, NameError> {
    let mut owners: Vec<Owner> = Vec::new();
    let mut seen = HashSet::new();
    for endpoint in &request.endpoints {
        owners.extend(endpoint.owners(&request.ports, request.transport)?);
    }
    owners.retain(|owner| seen.insert(owner.clone()));
    Ok(owners)
}

/// Reads the CA certificates of a trust store.
pub(super) fn store(file: &str) -> Result<Vec<Certificate>, Trouble> {
    match input(file)? {
        Input::Certificates(certificates, _) => {
            Ok(certificates.into_iter().map(|Located { certificate, .. }| certificate).collect())
        }
        Input::Keys(_) => Err(CertificateNeeded { file: file.to_owned(), of: Needed::Ca }.into()),
    }
}

/// The error for an input file without the certificates that the command needs.
#[derive(Debug)]
pub(super) struct CertificateNeeded {
    pub(super) file: String,
    pub(super) of: Needed,
}

impl CertificateNeeded {
    /// The error for a file without a server certificate.
    pub(super) fn server(file: &str) -> Self {
        Self { file: file.to_owned(), of: Needed::Server }
    }
}

/// The certificates that the command needs.
#[derive(Debug)]
pub(super) enum Needed {
    Server,
    Ca,
}

impl fmt::Display for CertificateNeeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = match self.of {
            Needed::Server => "server",
            Needed::Ca => "CA",
        };
        write!(f, "{}: the file contains no {whose} certificate", text::file_name(&self.file))
    }
}

impl std::error::Error for CertificateNeeded {}

impl Advise for CertificateNeeded {
    fn hint(&self) -> Option<String> {
        let hint = match self.of {
            Needed::Server => "give the chain that the server sends, such as fullchain.pem",
            Needed::Ca => "give the CA certificates that clients trust, such as ca-certificates.crt",
        };
        Some(hint.to_owned())
    }
}
