//! Certificates with any field as wanted.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::der::{bits, boolean, integer, joined, oid, seq, tlv};
use crate::oracle::{Process, tool};

/// An extension with its content in DER, or octets that are no DER.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Extension {
    pub(crate) id: &'static str,
    pub(crate) critical: bool,
    pub(crate) content: Vec<u8>,
}

impl Extension {
    pub(crate) fn new(id: &'static str, content: Vec<u8>) -> Self {
        Self { id, critical: false, content }
    }

    pub(crate) fn critical(self) -> Self {
        Self { critical: true, ..self }
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        let flag = if self.critical { boolean(true) } else { Vec::new() };
        seq(&[oid(self.id), flag, tlv(4, &self.content)])
    }
}

/// What a certificate is like.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// What it is and what is odd about it, for people.
    pub(crate) label: String,
    /// 1 to 3.
    pub(crate) version: u8,
    pub(crate) serial: u64,
    pub(crate) subject: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    /// Indices of `KEYS`: the certified key and the signing key.
    pub(crate) key: usize,
    pub(crate) signer: usize,
    pub(crate) digest: &'static str,
    /// Whether one bit of the signature is wrong.
    pub(crate) forged: bool,
    /// The digest that the field inside the signed part names instead.
    pub(crate) other_algorithm: Option<&'static str>,
    /// Times as elements.
    pub(crate) not_before: Vec<u8>,
    pub(crate) not_after: Vec<u8>,
    pub(crate) extensions: Vec<Extension>,
}

impl Plan {
    pub(crate) fn extension(&mut self, id: &str) -> Option<&mut Extension> {
        self.extensions.iter_mut().find(|extension| extension.id == id)
    }

    pub(crate) fn without(&mut self, id: &str) {
        self.extensions.retain(|extension| extension.id != id);
    }

    /// Puts this one in the place of one with the same identifier.
    pub(crate) fn set(&mut self, extension: Extension) {
        match self.extension(extension.id) {
            Some(there) => *there = extension,
            None => self.extensions.push(extension),
        }
    }
}

/// A certificate.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) plan: Plan,
    pub(crate) der: Vec<u8>,
    pub(crate) spki: Vec<u8>,
}

const EC: &str = "-algorithm EC -pkeyopt ec_param_enc:named_curve -pkeyopt ec_paramgen_curve:";

/// Names and options of the keys; those of the first `USUAL` are P-256.
pub(crate) const KEYS: [(&str, &str); 22] = [
    ("p256-0", "P-256"),
    ("p256-1", "P-256"),
    ("p256-2", "P-256"),
    ("p256-3", "P-256"),
    ("p256-4", "P-256"),
    ("p256-5", "P-256"),
    ("p256-6", "P-256"),
    ("p256-7", "P-256"),
    ("p256-8", "P-256"),
    ("p256-9", "P-256"),
    ("rsa2048-0", "-algorithm RSA -pkeyopt rsa_keygen_bits:2048"),
    ("rsa2048-1", "-algorithm RSA -pkeyopt rsa_keygen_bits:2048"),
    ("rsa3072", "-algorithm RSA -pkeyopt rsa_keygen_bits:3072"),
    ("rsa1024", "-algorithm RSA -pkeyopt rsa_keygen_bits:1024"),
    ("rsa512", "-algorithm RSA -pkeyopt rsa_keygen_bits:512"),
    ("p384", "P-384"),
    ("p521", "P-521"),
    ("ed25519", "-algorithm ED25519"),
    ("ed448", "-algorithm ED448"),
    ("secp256k1", "secp256k1"),
    ("brainpool", "brainpoolP256r1"),
    ("p256-explicit", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit"),
];
pub(crate) const USUAL: usize = 10;

/// The folder of the keys and of what is made.
pub(crate) fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("verdicts");
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Makes the keys that are not there yet: the same ones in each run on a machine.
pub(crate) fn make_keys() {
    for (name, options) in KEYS {
        let path = folder().join(format!("{name}.key"));
        if path.exists() {
            continue;
        }
        let options = if options.starts_with('-') { options.to_owned() } else { format!("{EC}{options}") };
        let script = format!(
            "openssl genpkey -quiet {options} -out new.key 2>/dev/null || openssl genpkey {options} -out new.key 2>/dev/null
             openssl pkey -in new.key -pubout -outform DER -out {name}.spki
             mv new.key {name}.key"
        );
        let made = Command::new("bash").args(["-ec", &script]).current_dir(folder()).status().unwrap();
        assert!(made.success(), "{name}");
    }
}

/// Makes certificates; one for each thread.
pub(crate) struct Workshop {
    signer: Process,
    spkis: Vec<Vec<u8>>,
}

impl Workshop {
    pub(crate) fn new() -> Self {
        let spki = |(name, _): &(&str, _)| fs::read(folder().join(format!("{name}.spki"))).unwrap();
        Self { signer: Process::start(&tool("signer")), spkis: KEYS.iter().map(spki).collect() }
    }

    pub(crate) fn make(&mut self, plan: &Plan) -> Made {
        let spki = self.spkis[plan.key].clone();
        let inner = algorithm(plan.signer, plan.other_algorithm.unwrap_or(plan.digest));
        let outer = algorithm(plan.signer, plan.digest);
        let version = match plan.version {
            1 => Vec::new(),
            number => tlv(0xa0, &integer(u64::from(number) - 1)),
        };
        let extensions: Vec<Vec<u8>> = plan.extensions.iter().map(Extension::der).collect();
        let extensions = match extensions.as_slice() {
            [] => Vec::new(),
            some => tlv(0xa3, &seq(some)),
        };
        let validity = seq(&[&plan.not_before, &plan.not_after]);
        let (issuer, subject) = (plan.issuer.clone(), plan.subject.clone());
        let tbs =
            seq(&[version, integer(plan.serial), inner, issuer, validity, subject, spki.clone(), extensions]);
        let key = folder().join(format!("{}.key", KEYS[plan.signer].0));
        let digest = if KEYS[plan.signer].0.starts_with("ed") { "-" } else { plan.digest };
        let line = format!("{} {digest} {}", key.display(), hex::encode(&tbs));
        let signature = self.signer.ask(&line).expect("signer ended");
        let mut signature = hex::decode(signature.trim()).unwrap();
        if plan.forged {
            let middle = signature.len() / 2;
            signature[middle] ^= 1;
        }
        let der = seq(&[tbs, outer, bits(&signature)]);
        Made { plan: plan.clone(), der, spki }
    }
}

/// The AlgorithmIdentifier of a signature with this key.
fn algorithm(key: usize, digest: &str) -> Vec<u8> {
    let last = ["sha1", "sha224", "sha256", "sha384", "sha512"].iter().position(|known| *known == digest);
    let id = match (KEYS[key].0, last.unwrap()) {
        ("ed25519", _) => oid("1.3.101.112"),
        ("ed448", _) => oid("1.3.101.113"),
        (name, last) if name.starts_with("rsa") => {
            let arc = [5, 14, 11, 12, 13][last];
            return seq(&[oid(&format!("1.2.840.113549.1.1.{arc}")), tlv(5, &[])]);
        }
        (_, 0) => oid("1.2.840.10045.4.1"),
        (_, last) => oid(&format!("1.2.840.10045.4.3.{last}")),
    };
    seq(&[id])
}

/// The key identifier of a key, the same for all its certificates.
pub(crate) fn key_id(key: usize) -> Vec<u8> {
    Sha256::digest(joined(&["key ".as_bytes(), KEYS[key].0.as_bytes()]))[..20].to_vec()
}
