//! Files in their usual order: fixtures, and chains whose paths depend on the order.

use std::fs;
use std::path::Path;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, GeneralSubtree, IsCa, Issuer, KeyPair, NameConstraints,
    date_time_ymd,
};

use crate::certificates::{ca, leaf};
use crate::program::ROOT;
use crate::shell::shell;

/// The name of the server in all files.
pub(crate) const HOST: &str = "mx.example";

/// The certificates of a file.
#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) name: String,
    pub(crate) ders: Vec<Vec<u8>>,
    /// The places of the server's own certificates.
    pub(crate) end_entities: Vec<usize>,
    /// The key of the first end entity as PEM.
    pub(crate) key: Option<String>,
}

pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    pem::encode_config(
        &pem::Pem::new(label, der),
        pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF),
    )
}

/// The certificate with trust settings, as OpenSSL writes it.
pub(crate) fn trusted(der: &[u8]) -> String {
    let folder = crate::folder();
    fs::write(folder.join("plain.pem"), pem("CERTIFICATE", der)).unwrap();
    let text = shell(&folder, "openssl x509 -in plain.pem -trustout -addtrust serverAuth");
    assert!(text.starts_with("-----BEGIN TRUSTED CERTIFICATE-----"), "{text}");
    text
}

pub(crate) fn all() -> Vec<Scene> {
    let mut scenes = fixtures();
    scenes.extend(made());
    scenes
}

fn fixtures() -> Vec<Scene> {
    let files = [
        ("with-root-rsa", &[0][..]),
        ("fullchain-ecdsa", &[0]),
        ("no-ids", &[0]),
        ("v1-root", &[0]),
        ("cross-signed", &[0]),
        ("cross-signed-both", &[0]),
        ("rekeyed-issuer", &[0]),
        ("dual-rsa-ecdsa", &[0, 2]),
        ("expired-ca", &[0]),
        ("expired-leaf", &[0]),
        ("not-yet-leaf", &[0]),
        ("name-constraints", &[0]),
        ("stray", &[0]),
        ("sha1-link", &[0]),
        ("md5-link", &[0]),
        ("rsa1024-ca", &[0]),
        ("rsapss-chain", &[0]),
        ("p521-chain", &[0]),
        ("with-root-ed25519", &[0]),
        ("rsa4096-with-root", &[0]),
        ("self-signed-server", &[0]),
        ("leaf-rsa", &[0]),
    ];
    let scene = |(name, end_entities): (&str, &[usize])| {
        let folder = Path::new(ROOT).join("fixtures");
        let blocks = pem::parse_many(fs::read(folder.join(format!("{name}.pem"))).unwrap()).unwrap();
        Scene {
            name: name.to_owned(),
            ders: blocks.into_iter().map(pem::Pem::into_contents).collect(),
            end_entities: end_entities.to_vec(),
            key: fs::read_to_string(folder.join(format!("keys/{name}.key"))).ok(),
        }
    };
    files.into_iter().map(scene).collect()
}

fn key() -> KeyPair {
    KeyPair::generate().unwrap()
}

/// A CA and its key.
struct Authority {
    params: CertificateParams,
    key: KeyPair,
}

impl Authority {
    fn new(params: CertificateParams) -> Self {
        Self { params, key: key() }
    }

    fn named(name: &str) -> Self {
        Self::new(ca(name))
    }

    /// A certificate for this CA.
    fn by(&self, issuer: &Self) -> Certificate {
        self.with(&self.params, issuer)
    }

    /// Another certificate for this CA.
    fn with(&self, params: &CertificateParams, issuer: &Self) -> Certificate {
        params.signed_by(&self.key, &Issuer::from_params(&issuer.params, &issuer.key)).unwrap()
    }

    fn root(&self) -> Certificate {
        self.params.self_signed(&self.key).unwrap()
    }

    fn signs(&self, leaf: &CertificateParams, key: &KeyPair) -> Certificate {
        leaf.signed_by(key, &Issuer::from_params(&self.params, &self.key)).unwrap()
    }
}

/// No key identifiers, so that clients go by the names alone.
fn anonymous(name: &str) -> CertificateParams {
    let mut params = ca(name);
    params.use_authority_key_identifier_extension = false;
    params
}

fn made() -> Vec<Scene> {
    let (root, other_root, inter) =
        (Authority::named("Root"), Authority::named("Other"), Authority::named("Int"));
    let server = leaf("mx.example", &[HOST]);
    let mut no_id = server.clone();
    no_id.use_authority_key_identifier_extension = false;
    let own = key();
    let expired = |params: &CertificateParams| {
        let mut params = params.clone();
        params.not_after = date_time_ymd(2021, 1, 1);
        params
    };
    let named = |params: &CertificateParams, subtree: &str| {
        let mut params = params.clone();
        let permitted_subtrees = vec![GeneralSubtree::DnsName(subtree.to_owned())];
        params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
        params
    };
    let short = |params: &CertificateParams| {
        let mut params = params.clone();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params
    };
    let mut marked = server.clone();
    marked.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let plain = || inter.signs(&server, &own);
    let namesake = Authority::new(anonymous("Int"));
    let [anonymous_root, anonymous_inter] = ["Root", "Int"].map(|name| Authority::new(anonymous(name)));
    let renewed = Authority::named("Root");
    let rsa_like = Authority::named("Second Int");
    let scenes: Vec<(&str, &[usize], Vec<Certificate>)> = vec![
        ("plain", &[0], vec![plain(), inter.by(&root), root.root()]),
        (
            "cross-signed by two",
            &[0],
            vec![plain(), inter.by(&root), inter.by(&other_root), root.root(), other_root.root()],
        ),
        (
            "namesakes without identifiers",
            &[0],
            vec![
                anonymous_inter.signs(&no_id, &own),
                anonymous_inter.by(&anonymous_root),
                namesake.by(&anonymous_root),
                anonymous_root.root(),
            ],
        ),
        (
            "namesakes of the root",
            &[0],
            vec![
                inter.signs(&no_id, &own),
                anonymous_inter.with(&anonymous("Int"), &root),
                inter.by(&root),
                root.root(),
            ],
        ),
        (
            "renewed root",
            &[0],
            vec![plain(), inter.by(&renewed), renewed.root(), renewed.by(&root), root.root()],
        ),
        (
            "expired twin",
            &[0],
            vec![plain(), inter.with(&expired(&inter.params), &root), inter.by(&root), root.root()],
        ),
        (
            "expired above",
            &[0],
            vec![plain(), inter.by(&root), root.by(&other_root), root.with(&expired(&root.params), &root)],
        ),
        ("expired between", &[0], vec![plain(), inter.with(&expired(&inter.params), &root), root.root()]),
        (
            "constrained twin",
            &[0],
            vec![
                plain(),
                inter.with(&named(&inter.params, "other.test"), &root),
                inter.by(&root),
                root.root(),
            ],
        ),
        (
            "constrained root",
            &[0],
            vec![plain(), inter.by(&root), root.with(&named(&root.params, "other.test"), &root)],
        ),
        ("path length", &[0], vec![plain(), inter.by(&root), root.with(&short(&root.params), &root)]),
        (
            "path length of one",
            &[0],
            vec![plain(), inter.by(&root), root.with(&short(&root.params), &other_root), root.root()],
        ),
        ("marked as a CA", &[0], vec![inter.signs(&marked, &own), inter.by(&root), root.root()]),
        ("in a circle", &[0], vec![plain(), inter.by(&root), root.by(&inter)]),
        (
            "two servers",
            &[0, 1],
            vec![plain(), rsa_like.signs(&server, &key()), inter.by(&root), rsa_like.by(&root), root.root()],
        ),
        ("two servers of one CA", &[0, 1], vec![plain(), inter.signs(&server, &key()), inter.by(&root)]),
        ("stranger", &[0], vec![plain(), inter.by(&root), other_root.root()]),
        ("self-signed", &[0], vec![marked.self_signed(&own).unwrap()]),
    ];
    let scene = |(name, end_entities, certificates): (&str, &[usize], Vec<Certificate>)| Scene {
        name: name.to_owned(),
        ders: certificates.iter().map(|certificate| certificate.der().to_vec()).collect(),
        end_entities: end_entities.to_vec(),
        key: Some(own.serialize_pem()),
    };
    scenes.into_iter().map(scene).collect()
}
