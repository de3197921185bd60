//! A private key in a chain file belongs to an end entity of the file, or the file is refused.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::HashMap;
use std::fs;
use std::process::Command;

use tlsagen::chain::Budget;
use tlsagen::diagnostic::{Advise, Code};
use tlsagen::generate::{Material, MaterialError};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");

/// The public key that openssl derives from a private key, and whether this program reads keys of its kind.
fn public_key(path: &str) -> (String, bool) {
    let output = Command::new("openssl").args(["pkey", "-in", path, "-pubout", "-text"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (start, end) = (text.find("-----BEGIN PUBLIC").unwrap(), text.find("-----END PUBLIC").unwrap());
    let described = text.get(end..).unwrap();
    let is_rsa = described.contains("Modulus") && !described.contains("PSS");
    let is_curve = ["prime256v1", "secp384r1", "ED25519"].iter().any(|kind| described.contains(kind));
    (text.get(start..end).unwrap().to_owned(), is_rsa || is_curve)
}

fn read(octets: &[u8]) -> Result<Material, MaterialError> {
    Material::read("file".to_owned(), octets, &["mx.example".parse().unwrap()], &Budget::default())
}

#[test]
fn each_key_beside_each_chain() {
    let mut keys = HashMap::new();
    for entry in fs::read_dir(format!("{FIXTURES}/keys")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        keys.insert(name, (fs::read(&path).unwrap(), public_key(path.to_str().unwrap())));
    }
    let (mut fitting, mut foreign, mut passed_over) = (0, 0, 0);
    // The public key in bad-tbs.pem is damaged.
    for of in keys.keys().filter(|name| *name != "bad-tbs") {
        let file = format!("{FIXTURES}/{of}.pem");
        let chain = fs::read(&file).unwrap();
        let own = Command::new("openssl").args(["x509", "-in", &file, "-noout", "-pubkey"]).output().unwrap();
        let own = String::from_utf8(own.stdout).unwrap();
        // Damaged chains are refused anyway.
        let Ok(alone) = read(&chain) else { continue };
        let has_end_entity = alone.chain().unwrap().has_end_entity();
        for (key, (octets, (public, is_readable))) in &keys {
            for file in [[octets.clone(), chain.clone()].concat(), [chain.clone(), octets.clone()].concat()] {
                let is_foreign =
                    has_end_entity && *is_readable && !own.starts_with(public.as_str()) && key != of;
                match read(&file) {
                    Ok(material) => {
                        assert!(!is_foreign, "{key}.key beside {of}.pem is accepted");
                        assert_eq!(material.beside.private.len(), 1);
                        assert_eq!(
                            material.beside.private.iter().filter(|key| key.key.is_ok()).count() == 1,
                            *is_readable,
                            "{key}"
                        );
                        if *is_readable { fitting += 1 } else { passed_over += 1 }
                    }
                    Err(error) => {
                        assert!(is_foreign, "{key}.key beside {of}.pem: {error}");
                        assert_eq!(error.code(), Some(Code::KeyMismatch));
                        foreign += 1;
                    }
                }
            }
        }
    }
    assert!(fitting > 60 && foreign > 1000 && passed_over > 200, "{fitting} {foreign} {passed_over}");
}

#[test]
fn damage_in_the_block_of_a_key_is_passed_over() {
    let chain = fs::read_to_string(format!("{FIXTURES}/fullchain-rsa.pem")).unwrap();
    let key = fs::read_to_string(format!("{FIXTURES}/keys/wildcard.key")).unwrap();
    assert!(read(format!("{chain}{key}").as_bytes()).is_err());
    for damaged in [
        key.replace('M', "!"),
        key.replace("PRIVATE KEY", "OPENSSH PRIVATE KEY"),
        key.replacen("MI", "MJ", 1),
    ] {
        let material = read(format!("{chain}{damaged}").as_bytes()).unwrap();
        assert!(material.beside.private.iter().all(|key| key.key.is_err()), "{damaged}");
    }
}

/// A request or public key in the file may be the next key, which a published record may be for.
#[test]
fn a_record_of_a_public_key_beside_the_chain_is_named() {
    let expected = fs::read_to_string(format!("{FIXTURES}/expected/next-p256.csr.pem.txt")).unwrap();
    let digest = expected.lines().find_map(|line| line.strip_prefix("0 1 1 ")).unwrap();
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (file, zone) = (folder.join("beside.pem"), folder.join("beside.zone"));
    fs::write(&zone, format!("_25._tcp.mx.example. IN TLSA 3 1 1 {digest}\n")).unwrap();
    let chain = fs::read_to_string(format!("{FIXTURES}/fullchain-rsa.pem")).unwrap();
    for (other, is_named) in
        [("next-p256.csr.pem", true), ("next-p256.pub.pem", true), ("next-rsa.pub.pem", false)]
    {
        let other = fs::read_to_string(format!("{FIXTURES}/{other}")).unwrap();
        fs::write(&file, format!("{other}{chain}")).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_tlsagen"))
            .args(["check", file.to_str().unwrap(), "mx.example", "--records", zone.to_str().unwrap()])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said.contains("warning[key-beside]: 3 1 1 "), is_named, "{said}");
    }
}
