//! Makes certificates with rcgen, and with openssl for key types that rcgen does not support.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, NameConstraints, date_time_ymd,
};

use crate::certificates::{base, dns_names};
use crate::plan::{Dates, Plan};

/// A certificate, the properties that it was made with, and its key.
#[derive(Clone)]
pub(crate) struct Made {
    pub(crate) plan: Plan,
    pub(crate) pem: String,
    pub(crate) key_pem: String,
}

/// Makes a certificate; the issuer is `None` for a self-signed certificate.
pub(crate) type Maker = fn(&Workshop, &Plan, Option<&Made>, &str) -> String;

/// The folder in which openssl runs, and the keys made so far.
pub(crate) struct Workshop {
    folder: PathBuf,
    /// By key type and by number of the owner (0 is the root). Keys are reused, because making them takes most of the
    /// time.
    keys: RefCell<HashMap<(&'static str, usize), String>>,
}

impl Workshop {
    pub(crate) fn new() -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("openssl-workshop");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("openssl.cnf"), CONFIGURATION).unwrap();
        Self { folder, keys: RefCell::default() }
    }

    fn openssl(&self, script: &str) -> String {
        let output = Command::new("bash")
            .args(["-ec", script])
            .current_dir(&self.folder)
            .env("OPENSSL_CONF", self.path("openssl.cnf"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn key(&self, kind: &'static str, whose: usize) -> String {
        if let Some(key) = self.keys.borrow().get(&(kind, whose)) {
            return key.clone();
        }
        let options = match kind {
            "RSA" | "RSA-PSS" => format!("-algorithm {kind} -pkeyopt rsa_keygen_bits:2048"),
            "ed25519" | "ed448" => format!("-algorithm {kind}"),
            curve => format!("-algorithm EC -pkeyopt ec_paramgen_curve:{curve}"),
        };
        let key = self.openssl(&format!("openssl genpkey -quiet {options}"));
        self.keys.borrow_mut().insert((kind, whose), key.clone());
        key
    }

    pub(crate) fn make(&self, maker: Maker, plan: Plan, whose: usize, issuer: Option<&Made>) -> Made {
        let key_pem = self.key(plan.key, whose);
        let pem = maker(self, &plan, issuer, &key_pem);
        Made { plan, pem, key_pem }
    }
}

const CONFIGURATION: &str = "[req]\ndistinguished_name=dn\n[dn]\n[ca]\ndefault_ca=settings\n[settings]\n\
    database=index.txt\nnew_certs_dir=.\nunique_subject=no\npolicy=any\nrand_serial=yes\ndefault_md=sha256\n\
    email_in_dn=no\n[any]\ncommonName=supplied\n";

pub(crate) fn by_openssl(workshop: &Workshop, plan: &Plan, issuer: Option<&Made>, key_pem: &str) -> String {
    let mut extensions = String::new();
    match plan.ca {
        Some(Some(Some(length))) => {
            let _ = writeln!(extensions, "basicConstraints=critical,CA:TRUE,pathlen:{length}");
        }
        Some(Some(None)) => extensions.push_str("basicConstraints=critical,CA:TRUE\n"),
        Some(None) => extensions.push_str("basicConstraints=CA:FALSE\n"),
        None => {}
    }
    for (name, value) in [("keyUsage", plan.key_usage), ("extendedKeyUsage", plan.extended)] {
        if let Some(value) = value {
            let _ = writeln!(extensions, "{name}={value}");
        }
    }
    if let Some((permitted, excluded)) = plan.constraints {
        let (how, name) =
            if permitted.is_empty() { ("excluded", excluded) } else { ("permitted", permitted) };
        let _ = writeln!(extensions, "nameConstraints=critical,{how};DNS:{name}");
    }
    if !plan.names.is_empty() {
        let names: Vec<String> = plan.names.iter().map(|name| format!("DNS:{name}")).collect();
        let _ = writeln!(extensions, "subjectAltName={}", names.join(","));
    }
    let subject_id = if plan.key_ids { "hash" } else { "none" };
    let issuer_id = if issuer.is_some_and(|issuer| issuer.plan.key_ids) { "keyid" } else { "none" };
    let _ = writeln!(extensions, "subjectKeyIdentifier={subject_id}\nauthorityKeyIdentifier={issuer_id}");
    workshop.write("own.key", key_pem);
    workshop.write("own.ext", &extensions);
    workshop.write("index.txt", "");
    let signer = match issuer {
        Some(issuer) => {
            workshop.write("ca.pem", &issuer.pem);
            workshop.write("ca.key", &issuer.key_pem);
            "-cert ca.pem -keyfile ca.key"
        }
        None => "-selfsign -keyfile own.key",
    };
    let (start, end) = match plan.dates {
        Dates::Good => ("20200101000000Z", "20990101000000Z"),
        Dates::Past => ("20200101000000Z", "20210101000000Z"),
        Dates::Future => ("20900101000000Z", "20990101000000Z"),
    };
    let digest = match issuer.map_or(plan.key, |issuer| issuer.plan.key) {
        "ed25519" | "ed448" => "default",
        _ => "sha256",
    };
    workshop.openssl(&format!(
        "openssl req -new -key own.key -subj '/CN={}' -out own.csr
         openssl ca -batch -notext {signer} -md {digest} -extfile own.ext -startdate {start} -enddate {end} \
         -in own.csr -out own.pem
         cat own.pem",
        plan.common_name
    ))
}

pub(crate) fn by_rcgen(_: &Workshop, plan: &Plan, issuer: Option<&Made>, key_pem: &str) -> String {
    let key = KeyPair::from_pem(key_pem).unwrap();
    match issuer {
        None => params(plan).self_signed(&key).unwrap().pem(),
        Some(issuer) => {
            let issuer_key = KeyPair::from_pem(&issuer.key_pem).unwrap();
            let issuer_params = params(&issuer.plan);
            params(plan).signed_by(&key, &Issuer::from_params(&issuer_params, &issuer_key)).unwrap().pem()
        }
    }
}

fn params(plan: &Plan) -> CertificateParams {
    let mut params = base(&plan.common_name);
    params.not_before = date_time_ymd(if plan.dates == Dates::Future { 2090 } else { 2020 }, 1, 1);
    params.not_after = date_time_ymd(if plan.dates == Dates::Past { 2021 } else { 2099 }, 1, 1);
    params.is_ca = match plan.ca {
        None => IsCa::NoCa,
        Some(None) => IsCa::ExplicitNoCa,
        Some(Some(None)) => IsCa::Ca(BasicConstraints::Unconstrained),
        Some(Some(Some(length))) => IsCa::Ca(BasicConstraints::Constrained(length)),
    };
    params.key_usages = match plan.key_usage {
        None => Vec::new(),
        Some("keyCertSign") => vec![KeyUsagePurpose::KeyCertSign],
        Some("cRLSign") => vec![KeyUsagePurpose::CrlSign],
        Some(_) => vec![KeyUsagePurpose::DigitalSignature],
    };
    params.extended_key_usages = match plan.extended {
        None => Vec::new(),
        Some("serverAuth") => vec![ExtendedKeyUsagePurpose::ServerAuth],
        Some(_) => vec![ExtendedKeyUsagePurpose::ClientAuth],
    };
    let subtrees = |name: &str| match name {
        "" => Vec::new(),
        name => vec![GeneralSubtree::DnsName(name.to_owned())],
    };
    params.name_constraints = plan.constraints.map(|(permitted, excluded)| NameConstraints {
        permitted_subtrees: subtrees(permitted),
        excluded_subtrees: subtrees(excluded),
    });
    params.subject_alt_names = dns_names(plan.names);
    params.use_authority_key_identifier_extension = plan.key_ids;
    params
}
