//! The files of the lab: users, certificates, keys, and digests of OpenSSL.

use std::fs;

use rcgen::{CertificateParams, Issuer, KeyPair, date_time_ymd};

use crate::certificates::{ca, leaf};
use crate::lab;
use crate::scenes::{SCENES, Scene, Sent};
use crate::shell::shell;

/// Makes the namespace a machine of its own.
pub(crate) fn prepare() {
    shell(
        std::path::Path::new("/"),
        "ip link set lo up
         mount -t tmpfs -o mode=755 lab /mnt
         cd /mnt
         echo 'nameserver 127.0.0.1' >resolv.conf
         mount --bind resolv.conf /etc/resolv.conf
         # Exim looks for this user, which its package would make.
         (cat /etc/passwd; echo 'Debian-exim:x:65000:65000::/mnt:/bin/false') >passwd
         (cat /etc/group; echo 'Debian-exim:x:65000:') >group
         mount --bind passwd /etc/passwd
         mount --bind group /etc/group
         # rcgen makes no RSA keys, and OpenSSL 3.0 does not read its Ed25519 keys.
         openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.key
         openssl genpkey -algorithm Ed25519 -out ed25519.key",
    );
    certificates();
}

/// For each chain N with one end entity, `chainN.pem` and `keyN.pem`, and `bothN.pem` with the key first.
fn certificates() {
    let write = |name: &str, text: &[&str]| fs::write(lab().join(name), text.concat()).unwrap();
    let [root_key, ca_key, key, expired_key, other_key] = [(); 5].map(|()| KeyPair::generate().unwrap());
    let [rsa_key, ed25519_key] = ["rsa.key", "ed25519.key"]
        .map(|file| KeyPair::from_pem(&fs::read_to_string(lab().join(file)).unwrap()).unwrap());
    let root = ca("Lab Root").self_signed(&root_key).unwrap().pem();
    let root_issuer = Issuer::new(ca("Lab Root"), root_key);
    let intermediate = ca("Lab CA").signed_by(&ca_key, &root_issuer).unwrap().pem();
    let issuer = Issuer::new(ca("Lab CA"), ca_key);
    let hosts: Vec<String> =
        SCENES.iter().map(Scene::name).filter(|name| !name.starts_with("stranger")).collect();
    let names: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let sign = |params: CertificateParams, key: &KeyPair| params.signed_by(key, &issuer).unwrap().pem();
    let usual = || leaf("Lab", &names);
    let mut expired = usual();
    expired.not_after = date_time_ymd(2021, 1, 1);
    let [leaf, expired, other, rsa, ed25519] = [
        sign(usual(), &key),
        sign(expired, &expired_key),
        sign(usual(), &other_key),
        sign(usual(), &rsa_key),
        sign(usual(), &ed25519_key),
    ];
    for (name, text) in [
        ("root", &root),
        ("intermediate", &intermediate),
        ("leaf", &leaf),
        ("expired", &expired),
        ("other", &other),
        ("rsa", &rsa),
        ("ed25519", &ed25519),
    ] {
        write(&format!("{name}.pem"), &[text]);
    }
    let chains: [(Sent, &KeyPair, &[&str]); 5] = [
        (Sent::Usual, &key, &[&leaf, &intermediate]),
        (Sent::Expired, &expired_key, &[&expired, &intermediate]),
        (Sent::WithRoot, &key, &[&leaf, &intermediate, &root]),
        (Sent::Rsa, &rsa_key, &[&rsa, &intermediate]),
        (Sent::Ed25519, &ed25519_key, &[&ed25519, &intermediate]),
    ];
    for (sent, key, chain) in chains {
        let (number, key) = (sent.number(), key.serialize_pem());
        write(&format!("chain{number}.pem"), chain);
        write(&format!("key{number}.pem"), &[&key]);
        write(&format!("both{number}.pem"), &[&[&key[..]], chain].concat());
    }
}

/// The association data of a record, by OpenSSL and coreutils.
pub(crate) fn association(params: &str, certificate: &str) -> String {
    let words: Vec<&str> = params.split(' ').collect();
    let der = match words[1] {
        "0" => format!("openssl x509 -in {certificate}.pem -outform DER"),
        _ => format!("openssl x509 -in {certificate}.pem -pubkey -noout | openssl pkey -pubin -outform DER"),
    };
    let digest = match words[2] {
        "0" => "od -An -tx1 -v | tr -d ' \\n'",
        "2" => "sha512sum",
        _ => "sha256sum",
    };
    let digest = shell(lab(), &format!("set -o pipefail; {der} | {digest}"));
    digest.split_whitespace().next().unwrap().to_owned()
}
