//! NIST's Public Key Interoperability Test Suite: one file for each certificate.
//!
//! The document lists the path of each test. The key identifiers give the same paths, because they are correct in every
//! certificate, even where a name or a signature is wrong on purpose. Only the tests that contain a second certificate
//! for signing CRLs have a longer path there.

use std::fs;
use std::path::Path;

use x509_parser::prelude::{FromDer, ParsedExtension, X509Certificate};

use crate::question::{Case, Question, own_name};

const ANCHOR: &str = "TrustAnchorRootCertificate";

/// 2020-01-01: the certificates are valid from 2010 to 2030, except in the tests of dates.
const TIME: i64 = 1_577_836_800;

/// The questions of the folder `pkits`, if it exists.
pub(crate) fn questions(folder: &Path) -> Option<Vec<Question>> {
    let folder = folder.join("pkits");
    if !folder.try_exists().unwrap() {
        return None;
    }
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let all: Vec<File> = files.iter().map(|path| File::read(path)).collect();
    let anchor = all.iter().find(|file| file.name == ANCHOR).unwrap();
    let cases = all.iter().filter(|file| file.is_end_entity()).map(|end_entity| {
        let expected = [("Valid", true), ("Invalid", false)];
        let expected = expected.iter().find(|(start, _)| end_entity.name.starts_with(start));
        Case {
            id: end_entity.name.clone(),
            sent: path(&all, end_entity).iter().map(|file| file.der.clone()).collect(),
            anchors: vec![anchor.der.clone()],
            host: own_name(&end_entity.der),
            time: TIME,
            expected: expected.map(|(_, expected)| *expected),
        }
    });
    Some(cases.flat_map(Case::questions).collect())
}

/// A certificate as x509-parser reads it. The reader of this crate rejects some of those that are damaged on purpose.
struct File {
    name: String,
    der: Vec<u8>,
    issuer: String,
    subject: String,
    own_key: Option<Vec<u8>>,
    issuer_key: Option<Vec<u8>>,
}

impl File {
    fn read(path: &Path) -> Self {
        let der = fs::read(path).unwrap();
        let (_, certificate) = X509Certificate::from_der(&der).unwrap();
        let key = |wanted: &dyn Fn(&ParsedExtension<'_>) -> Option<Vec<u8>>| {
            certificate.extensions().iter().find_map(|extension| wanted(extension.parsed_extension()))
        };
        Self {
            name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
            issuer: certificate.issuer().to_string(),
            subject: certificate.subject().to_string(),
            own_key: key(&|extension| match extension {
                ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0.to_vec()),
                _ => None,
            }),
            issuer_key: key(&|extension| match extension {
                ParsedExtension::AuthorityKeyIdentifier(id) => Some(id.key_identifier.as_ref()?.0.to_vec()),
                _ => None,
            }),
            der,
        }
    }

    fn is_end_entity(&self) -> bool {
        self.name.ends_with("EE")
    }
}

/// The end entity and its CAs below the anchor.
fn path<'a>(all: &'a [File], end_entity: &'a File) -> Vec<&'a File> {
    let mut path = vec![end_entity];
    loop {
        let child = path[path.len() - 1];
        let is_issuer = |issuer: &&File| {
            !issuer.is_end_entity()
                && child.issuer_key == issuer.own_key
                && !path.iter().any(|known| known.der == issuer.der)
        };
        let issuers: Vec<_> = all.iter().filter(is_issuer).collect();
        let named = issuers.iter().find(|issuer| issuer.subject == child.issuer);
        match named.or(issuers.first()) {
            Some(issuer) if issuer.name != ANCHOR => path.push(issuer),
            _ => return path,
        }
    }
}
