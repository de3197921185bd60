//! Damaged files: a file with odd PEM framing gives all its certificates or an error with a line number, and changing
//! one octet of a chain that verifies up to its self-signed root never gives another record.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::Path;

use tlsagen::chain::Budget;
use tlsagen::generate::{self, Material};
use tlsagen::input::{Input, InputError};
use tlsagen::tlsa::{Params, Tlsa};

fn fixture(name: &str) -> Vec<u8> {
    fs::read(format!("{}/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The records of a file, or the error as text.
type Answer = Result<Vec<Tlsa>, String>;

/// Returns the records, or the error, for each parameter list in `questions`; `octets` are parsed once.
fn answers(octets: &[u8], questions: &[Vec<Params>]) -> Vec<Answer> {
    let materials = match Material::read("file".to_owned(), octets, &[], &Budget::default()) {
        Ok(material) => [material],
        Err(error) => return vec![Err(error.to_string()); questions.len()],
    };
    let answer = |params: &Vec<Params>| {
        let records = match params.as_slice() {
            [] => generate::chain_records(&materials, None),
            params => generate::records(&materials, params, None),
        };
        Ok(records.map_err(|error| error.to_string())?.into_iter().map(|record| record.tlsa).collect())
    };
    questions.iter().map(answer).collect()
}

fn records(octets: &[u8], params: &[Params]) -> Answer {
    answers(octets, &[params.to_vec()]).remove(0)
}

/// Whether the issuer of every certificate, including the root itself, is in the file.
fn is_anchored(octets: &[u8]) -> bool {
    let material = Material::read("file".to_owned(), octets, &[], &Budget::default()).unwrap();
    let chain = material.chain().unwrap();
    chain.members().all(|member| member.has_issuer())
}

fn questions() -> [Vec<Params>; 3] {
    let params = |words: &str| Params::parse_all(&words.split(' ').collect::<Vec<_>>()).unwrap();
    [params("3 0 1 3 1 1"), params("2 0 1 2 1 1"), Vec::new()]
}

const VERIFIABLE: [&str; 4] =
    ["with-root-rsa.pem", "with-root-ecdsa.pem", "with-root-ed25519.pem", "v1-root.pem"];

#[test]
fn no_flipped_octet_gives_another_record() {
    for name in VERIFIABLE {
        let sound = fixture(name);
        let wanted = questions().map(|params| records(&sound, &params).unwrap());
        let mut refused = 0;
        let mut unnoticed = 0;
        for place in 0..sound.len() {
            // Changes the lowest bit, the case of a letter, or all bits.
            for change in [0x01, 0x20, 0xff] {
                let mut damaged = sound.clone();
                damaged[place] ^= change;
                for (answer, wanted) in answers(&damaged, &questions()).into_iter().zip(&wanted) {
                    match answer {
                        Ok(records) => {
                            let same = &records == wanted || !is_anchored(&damaged);
                            assert!(same, "{name}: octet {place} ^ {change:#x}, not {wanted:?}");
                            unnoticed += usize::from(&records != wanted);
                        }
                        Err(_) => refused += 1,
                    }
                }
            }
        }
        assert!(refused > sound.len(), "{name}: only {refused} of the damaged files were refused");
        // A root whose name was changed looks like an intermediate whose issuer is not in the file, so its record may
        // differ.
        assert!(unnoticed * 20 < refused, "{name}: {unnoticed} of {refused}");
    }
}

#[test]
fn no_truncation_gives_another_record() {
    for name in VERIFIABLE {
        let sound = fixture(name);
        let ends = |length: usize| sound[..length].ends_with(b"-----END CERTIFICATE-----");
        let wanted = questions().map(|params| records(&sound, &params).unwrap());
        for length in 0..sound.len() {
            for (answer, wanted) in answers(&sound[..length], &questions()).into_iter().zip(&wanted) {
                // A file cut off between two blocks is a shorter chain; cut off anywhere else, it is damaged.
                match answer {
                    Ok(records) => {
                        assert!(ends(length) || ends(length - 1), "{name}: {length} octets");
                        let are_known = records.iter().all(|record| wanted.contains(record));
                        assert!(are_known, "{name}: {length} octets");
                    }
                    Err(error) => {
                        assert!(error.contains("line ") || length < 40, "{name}: {length} octets: {error}")
                    }
                }
            }
        }
    }
}

/// Encodings that parsers disagree about do not bypass the signature checks either.
#[test]
fn no_flipped_octet_of_an_odd_certificate_gives_another_record() {
    let [of_end_entity, of_issuer, _] = questions();
    let (mut files, mut refused) = (0, 0);
    let odd = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/odd")).unwrap();
    for path in odd.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        let name = path.display();
        let sound = fs::read(&path).unwrap();
        let Ok(material) = Material::read("file".to_owned(), &sound, &[], &Budget::default()) else {
            continue;
        };
        let Some(chain) = material.chain() else { continue };
        let is_verified = chain.members().all(|member| member.confirm().is_ok());
        if !is_verified || !chain.unverified().is_empty() {
            continue;
        }
        files += 1;
        // A self-signed server certificate has no records of usage 2.
        let mut asked = vec![of_end_entity.clone(), of_issuer.clone()];
        asked.retain(|params| records(&sound, params).is_ok());
        let wanted: Vec<Vec<Tlsa>> = answers(&sound, &asked).into_iter().map(Result::unwrap).collect();
        for place in (0..sound.len()).step_by(41) {
            for change in [0x01, 0x20] {
                let mut damaged = sound.clone();
                damaged[place] ^= change;
                for (answer, wanted) in answers(&damaged, &asked).into_iter().zip(&wanted) {
                    match answer {
                        Ok(records) => {
                            let same = &records == wanted || !is_anchored(&damaged);
                            assert!(same, "{name}: octet {place} ^ {change:#x}, not {wanted:?}");
                        }
                        Err(_) => refused += 1,
                    }
                }
            }
        }
    }
    assert!(files >= 60 && refused > files * 60, "{files} files, {refused} refusals");
}

/// Damage to the DER itself instead of the base64: every octet is changed, and the file is cut off before every octet.
#[test]
fn no_damaged_der_panics() {
    for name in ["leaf-rsa.der", "next-rsa.csr.der"] {
        let sound = fixture(name);
        let [_, _, everything] = questions();
        for place in 0..sound.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut damaged = sound.clone();
                damaged[place] ^= change;
                let _ = records(&damaged, &everything);
            }
            assert!(records(&sound[..place], &everything).is_err(), "{name}: {place} octets");
        }
        let longer = [sound.as_slice(), b"\n"].concat();
        assert!(
            records(&longer, &everything)
                .unwrap_err()
                .contains("extra data after the DER element (octets: 1)"),
            "{name}"
        );
    }
}

/// Returns the number of certificates in a file, or the error.
fn read(text: &str) -> Result<usize, InputError> {
    match Input::read(text.as_bytes())? {
        Input::Certificates(certificates, _) => Ok(certificates.len()),
        Input::Keys(_) => panic!("keys"),
    }
}

#[track_caller]
fn refused(text: &str, line: usize) {
    let error = read(text).unwrap_err().to_string();
    assert!(error.starts_with(&format!("line {line}: ")), "{error}");
}

/// Returns a text of two PEM blocks, and the number of the line on which the second block starts.
fn two() -> (String, usize) {
    let text = String::from_utf8(fixture("fullchain-rsa.pem")).unwrap();
    let second =
        text.lines().enumerate().filter(|(_, line)| line.starts_with("-----BEGIN")).nth(1).unwrap().0 + 1;
    (text, second)
}

#[test]
fn lines_that_are_not_quite_markers() {
    let (text, second) = two();
    for flawed in [
        "-----begin certificate-----",
        "-----Begin Certificate-----",
        "----BEGIN CERTIFICATE-----",
        "------BEGIN CERTIFICATE-----",
        "-----BEGIN CERTIFICATE----",
        "-----BEGIN CERTIFICATE------",
        " -----BEGIN CERTIFICATE-----",
        "\t-----BEGIN CERTIFICATE-----",
        "# -----BEGIN CERTIFICATE-----",
        ";-----BEGIN CERTIFICATE-----",
        "x-----BEGIN CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----x",
        "–––––BEGIN CERTIFICATE–––––",
        "—BEGIN CERTIFICATE—",
        "-----BEGIN  CERTIFICATE-----",
        "-----BEGINCERTIFICATE-----",
        "-----BEGIN CERTIFICATE",
        "BEGIN CERTIFICATE-----",
        "BEGIN CERTIFICATE",
        "-----BEGIN\tCERTIFICATE-----",
        "----- BEGIN CERTIFICATE -----",
        "-----BEGIN certificate-----",
        "-----BEGIN CERTIFCATE-----",
        "-----BEGNI CERTIFICATE-----",
        "-----BEGIN -----",
        "-----BEGIN-----",
    ] {
        let mut lines: Vec<&str> = text.lines().collect();
        lines[second - 1] = flawed;
        let error = read(&lines.join("\n")).unwrap_err().to_string();
        assert!(error.starts_with(&format!("line {second}: ")), "{flawed}: {error}");
    }
    for flawed in [
        "----END CERTIFICATE-----",
        "-----end certificate-----",
        " -----END CERTIFICATE-----",
        "-----END CERTIFICATE-----x",
    ] {
        let mut lines: Vec<&str> = text.lines().collect();
        lines[second - 2] = flawed;
        let error = read(&lines.join("\n")).unwrap_err().to_string();
        assert!(error.starts_with(&format!("line {}: ", second - 1)), "{flawed}: {error}");
    }
    // An END marker on the same line as the last data.
    let glued = text.replacen("\n-----END CERTIFICATE-----", "-----END CERTIFICATE-----", 1);
    refused(&glued, second - 2);
}

#[test]
fn blocks_that_are_damaged() {
    let (text, second) = two();
    let without = |number: usize| {
        let lines = text.lines().enumerate().filter(|(index, _)| index + 1 != number);
        lines.map(|(_, line)| line).collect::<Vec<_>>().join("\n")
    };
    let with = |number: usize, line: &str| {
        let mut lines: Vec<&str> = text.lines().collect();
        lines.insert(number - 1, line);
        lines.join("\n")
    };
    let replaced = |number: usize, line: &str| {
        let mut lines: Vec<&str> = text.lines().collect();
        lines[number - 1] = line;
        lines.join("\n")
    };
    // The END line of the first block is missing, so a BEGIN line occurs inside a block.
    refused(&without(second - 1), second - 1);
    // The BEGIN line of the second block is missing, so its data are outside of any block.
    refused(&without(second), second);
    // The same with blanks around the data, and with only a line of base64 instead of the second BEGIN line.
    let blanks = |text: String| text.replacen("\nMII", "\n MII", 2);
    refused(&blanks(without(second)), second);
    let typo = text.lines().enumerate().map(|(index, line)| match index + 1 {
        number if number == second => " MIIB".to_owned() + &"A".repeat(60) + " ",
        _ => line.to_owned(),
    });
    refused(&typo.collect::<Vec<_>>().join("\n"), second);
    // The END line of the second block is missing at the end of the file.
    let last = text.lines().count();
    refused(&without(last), second);
    refused(&with(5, ""), 5);
    refused(&with(second - 1, "   \nMIIB"), second - 1);
    refused(&with(2, "Proc-Type: 4,ENCRYPTED"), 2);
    refused(&replaced(3, "AAAA*AAA"), 3);
    refused(&replaced(3, "AAAA AAA"), 3);
    refused(&replaced(3, "AA=="), 4);
    refused(&replaced(3, "AAA"), second - 2);
    // Four base64 characters more than the certificate needs.
    refused(&with(second - 1, "AAAA"), 1);
    refused(&replaced(second - 1, "-----END X509 CRL-----"), second - 1);
    refused("-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----\n", 1);
    refused("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 1);
    refused("-----END CERTIFICATE-----\n", 1);
    // Blocks of other types.
    let label = |label: &str| text.replace("CERTIFICATE-----", &format!("{label}-----"));
    refused(&label("PKCS7"), 1);
    assert_eq!(read(&label("X509 CRL")), Err(InputError::NoCertificate));
    assert_eq!(read(" \n\t\n"), Err(InputError::Empty));
    assert_eq!(read(""), Err(InputError::Empty));
    for utf16 in [text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>(), fixture("utf16.pem")] {
        assert_eq!(Input::read(&utf16).unwrap_err(), InputError::Utf16);
    }
}

#[test]
fn octets_behind_the_certificate() {
    let mut der = fixture("leaf-rsa.der");
    der.push(0);
    let block = |label: &str| pem::encode(&pem::Pem::new(label, der.clone()));
    assert!(
        read(&block("CERTIFICATE"))
            .unwrap_err()
            .to_string()
            .contains("extra data after the DER element (octets: 1)")
    );
    assert_eq!(read(&block("TRUSTED CERTIFICATE")), Ok(1));
}

#[test]
fn text_that_is_fine() {
    let (text, _) = two();
    let same = |text: &str| {
        assert_eq!(
            records(text.as_bytes(), &questions()[1]),
            records(&fixture("fullchain-rsa.pem"), &questions()[1])
        );
    };
    same(&text.replace('\n', "\r\n"));
    same(&text.replace('\n', "\r"));
    same(&format!("\u{feff}{text}"));
    same(text.trim_end());
    same(&text.lines().map(|line| format!("{line} \t\n")).collect::<String>());
    same(&text.replace("-----\nM", "-----\n\n \n   M").replace("\n-----END", "\n\n\n-----END"));
    same(&format!(
        "subject=CN=mx.example\n# 1 s:CN\n---\nCertificate chain\n\n{text}\n--- end of list ---\n"
    ));
    let one_line = |text: &str| {
        let blocks = text.split_inclusive("-----END CERTIFICATE-----\n").map(|block| {
            let data: Vec<&str> = block.lines().filter(|line| !line.starts_with('-')).collect();
            format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", data.concat())
        });
        blocks.collect::<String>()
    };
    same(&one_line(&text));
    let narrow = |line: &str| match line.starts_with('-') {
        true => format!("{line}\n"),
        false => line.chars().map(|c| format!("{c}\n")).collect(),
    };
    same(&text.lines().map(narrow).collect::<String>());
    let latin1 = [b"Gr\xfc\xdfe\n".as_slice(), text.as_bytes()].concat();
    assert_eq!(records(&latin1, &questions()[1]), records(text.as_bytes(), &questions()[1]));
}
