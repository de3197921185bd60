//! Hostile files: certificates with so many possible issuers that no one can try all paths.

use rcgen::{KeyPair, PKCS_ECDSA_P384_SHA384, PublicKeyData, SigningKey};
use tlsagen::records::Published;

use crate::chains::HOST;
use crate::craft::Extension;
use crate::der::{bits, integer, oid, seq, tlv};
use crate::extensions::{CERT_SIGN, alt_names, ca, dns, key_usage, no_ca};
use crate::names::{Spelling, name};
use crate::oddities::{generalized, utc};
use crate::records::digest;

/// What a server sends, its own certificate first, and the records for it.
pub(crate) struct Scene {
    pub(crate) sent: Vec<Vec<u8>>,
    pub(crate) records: Vec<Published>,
}

/// Which CAs of a level signed the certificates below them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signers {
    /// All: they have the same key.
    All,
    /// The last in the file.
    Last,
}

pub(crate) fn p256() -> KeyPair {
    KeyPair::generate().unwrap()
}

pub(crate) fn p384() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap()
}

fn dn(text: &str) -> Vec<u8> {
    name(text, Spelling::Utf8)
}

/// A certificate of version 3 if it has extensions, otherwise of version 1.
pub(crate) fn certificate(
    (subject, key): (&str, &KeyPair),
    (issuer, signer): (&str, &KeyPair),
    serial: usize,
    extensions: &[Extension],
) -> Vec<u8> {
    let digest = if signer.algorithm() == &PKCS_ECDSA_P384_SHA384 { 3 } else { 2 };
    let algorithm = seq(&[oid(&format!("1.2.840.10045.4.3.{digest}"))]);
    let (version, extensions) = match extensions {
        [] => Default::default(),
        some => {
            (tlv(0xa0, &integer(2)), tlv(0xa3, &seq(&some.iter().map(Extension::der).collect::<Vec<_>>())))
        }
    };
    let tbs = seq(&[
        version,
        integer(u64::try_from(serial).unwrap()),
        algorithm.clone(),
        dn(issuer),
        seq(&[utc("200101000000Z"), generalized("20990101000000Z")]),
        dn(subject),
        key.subject_public_key_info(),
        extensions,
    ]);
    let signature = signer.sign(&tbs).unwrap();
    seq(&[tbs, algorithm, bits(&signature)])
}

/// A certificate for the server.
pub(crate) fn leaf(issuer: (&str, &KeyPair), serial: usize) -> Vec<u8> {
    certificate((HOST, &p256()), issuer, serial, &[no_ca(None), alt_names(&[dns(HOST)])])
}

/// A CA with these further extensions.
pub(crate) fn authority(
    own: (&str, &KeyPair),
    issuer: (&str, &KeyPair),
    serial: usize,
    more: &[Extension],
) -> Vec<u8> {
    let extensions = [&[ca(None), key_usage(&[CERT_SIGN])], more].concat();
    certificate(own, issuer, serial, &extensions)
}

/// Leaves whose issuer may be any of the version 1 roots after them, which have distinct P-384 keys and signed none.
pub(crate) fn of_other_roots(leaves: usize, roots: usize) -> Vec<Vec<u8>> {
    let stranger = p384();
    let leaves = (0..leaves).map(|serial| leaf(("Root", &stranger), serial + 1));
    let roots = (0..roots).map(|serial| {
        let key = p384();
        certificate(("Root", &key), ("Root", &key), serial + 1, &[])
    });
    leaves.chain(roots).collect()
}

/// A leaf and `count` levels of `width` CAs above it. Each CA of a level has the name of the issuer of the level below;
/// the issuer of the highest level is `Root`, which is not sent. The CAs of the highest level have the extensions `top`.
pub(crate) fn levels(count: usize, width: usize, signers: Signers, top: &[Extension]) -> Vec<Vec<u8>> {
    let level = |number: usize| if number == count { "Root".to_owned() } else { format!("Level {number}") };
    let keys: Vec<Vec<KeyPair>> = (0..=count)
        .map(|_| (0..if signers == Signers::All { 1 } else { width }).map(|_| p256()).collect())
        .collect();
    let mut sent = vec![leaf((&level(0), keys[0].last().unwrap()), 1)];
    for number in 0..count {
        let issuer = (level(number + 1), keys[number + 1].last().unwrap());
        for place in 0..width {
            let key = keys[number].get(place).unwrap_or(&keys[number][0]);
            let more = if number + 1 == count { top } else { &[] };
            sent.push(authority((&level(number), key), (&issuer.0, issuer.1), place + 1, more));
        }
    }
    sent
}

/// `2 0 0` records of different CAs with this name, which signed nothing.
pub(crate) fn carried(name: &str, count: usize) -> Vec<Published> {
    (0..count)
        .map(|serial| {
            let key = p256();
            let data = authority((name, &key), (name, &key), serial + 1, &[]);
            Published { usage: 2, selector: 0, matching_type: 0, data }
        })
        .collect()
}

/// `2 1 1` records of unknown keys.
pub(crate) fn unknown(count: usize) -> Vec<Published> {
    (0..count)
        .map(|number| {
            let data = digest(&number.to_be_bytes(), 1);
            Published { usage: 2, selector: 1, matching_type: 1, data }
        })
        .collect()
}
