//! Compares the verification of ECDSA signatures with OpenSSL: sound signatures, and signatures damaged in their
//! numbers or in their encoding.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, SignatureAlgorithm};
use tlsagen::x509::{Certificate, SignatureCheck};

#[path = "common/certificates.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod certificates;
#[path = "common/numbers.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod numbers;

use numbers::Numbers;

/// The order of a curve (SEC 2 sections 2.4.2 and 2.5.1).
const P256: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const P384: &str =
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";

/// Returns `one + other` or `one - other`, numbers of the same length; the carry becomes the first octet.
fn combined(one: &[u8], other: &[u8], sign: i32) -> Vec<u8> {
    let mut carry = 0;
    let mut octets: Vec<u8> = (one.iter().zip(other).rev())
        .map(|(one, other)| {
            let sum = i32::from(*one) + sign * i32::from(*other) + carry;
            carry = sum.div_euclid(256);
            u8::try_from(sum.rem_euclid(256)).unwrap()
        })
        .collect();
    octets.push(u8::from(carry > 0));
    octets.reverse();
    octets
}

/// The content of a positive INTEGER with this value.
fn integer(number: &[u8]) -> Vec<u8> {
    let start = number.iter().position(|octet| *octet != 0).unwrap_or(number.len() - 1);
    let number = &number[start..];
    if number[0] >= 0x80 { [&[0], number].concat() } else { number.to_vec() }
}

/// The ECDSA-Sig-Value (RFC 3279 section 2.2.3) with these contents of its two INTEGERs.
fn encoded(r: &[u8], s: &[u8]) -> Vec<u8> {
    let element = |number: &[u8]| [&[2, u8::try_from(number.len()).unwrap()], number].concat();
    let content = [element(r), element(s)].concat();
    [&[0x30, u8::try_from(content.len()).unwrap()], &content[..]].concat()
}

/// Returns the two numbers of a sound signature, in `octets` octets each.
fn numbers_of(signature: &[u8], octets: usize) -> [Vec<u8>; 2] {
    let length = usize::from(signature[3]);
    let padded = |number: &[u8]| {
        let wide = [&vec![0; octets + 1], number].concat();
        wide[wide.len() - octets..].to_vec()
    };
    [padded(&signature[4..4 + length]), padded(&signature[6 + length..])]
}

/// Returns a sound signature and its damaged forms, each with a name.
fn forms(signature: &[u8], order: &[u8], numbers: &mut Numbers) -> Vec<(String, Vec<u8>)> {
    let [r, s] = numbers_of(signature, order.len());
    let zero = vec![0; order.len()];
    let of = |r: &[u8], s: &[u8]| encoded(&integer(r), &integer(s));
    let padded = |number: &[u8]| [&[0], &integer(number)[..]].concat();
    let mut forms = vec![
        ("sound", signature.to_vec()),
        ("encoded again", of(&r, &s)),
        ("n - s, which is sound too", of(&r, &combined(order, &s, -1))),
        ("n - r", of(&combined(order, &r, -1), &s)),
        ("r and s exchanged", of(&s, &r)),
        ("r is 0", of(&zero, &s)),
        ("s is 0", of(&r, &zero)),
        ("both are 0", of(&zero, &zero)),
        ("r is n", of(order, &s)),
        ("s is n", of(&r, order)),
        ("r + n", of(&combined(&r, order, 1), &s)),
        ("s + n", of(&r, &combined(&s, order, 1))),
        ("a needless zero before r", encoded(&padded(&r), &integer(&s))),
        ("a needless zero before s", encoded(&integer(&r), &padded(&s))),
        ("r without its sign", encoded(&r, &integer(&s))),
        ("s without its sign", encoded(&integer(&r), &s)),
        ("an empty r", encoded(&[], &integer(&s))),
        ("an empty s", encoded(&integer(&r), &[])),
        ("an octet after it", [signature, &[0]].concat()),
        ("an octet less", signature[..signature.len() - 1].to_vec()),
        ("a long length", [&[0x30, 0x81, signature[1]], &signature[2..]].concat()),
        ("a SET", [&[0x31], &signature[1..]].concat()),
        ("nothing", Vec::new()),
    ];
    let flipped = |numbers: &mut Numbers| {
        let mut octets = signature.to_vec();
        let place = numbers.below(octets.len());
        octets[place] ^= 1 << numbers.below(8);
        octets
    };
    forms.extend((0..24).map(|_| ("a bit changed", flipped(numbers))));
    forms.into_iter().map(|(name, octets)| (name.to_owned(), octets)).collect()
}

struct Workshop {
    folder: PathBuf,
}

impl Workshop {
    fn openssl(&self, arguments: &[&str]) -> bool {
        Command::new("openssl").args(arguments).current_dir(&self.folder).output().unwrap().status.success()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Compares the verdicts about signatures by a key on the curve with this `order`; `scheme` is the TLS signature scheme
/// (RFC 8446 section 4.2.3) with `digest`. Returns the number of sound signatures.
fn compare(
    curve: &'static SignatureAlgorithm,
    order: &str,
    (scheme, digest): (u16, &str),
    numbers: &mut Numbers,
) -> usize {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("ecdsa-{}-{digest}", order.len() * 4));
    fs::create_dir_all(&folder).unwrap();
    let workshop = Workshop { folder };
    let key = KeyPair::generate_for(curve).unwrap();
    let certificate = certificates::base("mx.example").self_signed(&key).unwrap();
    let certificate = Certificate::from_der(certificate.der().to_vec()).unwrap();
    fs::write(workshop.path("key.pem"), key.serialize_pem()).unwrap();
    fs::write(workshop.path("public.pem"), key.public_key_pem()).unwrap();
    let message: Vec<u8> = (0..100).map(|_| u8::try_from(numbers.below(256)).unwrap()).collect();
    fs::write(workshop.path("message"), &message).unwrap();
    assert!(workshop.openssl(&[
        "dgst",
        &format!("-{digest}"),
        "-sign",
        "key.pem",
        "-out",
        "signature",
        "message"
    ]));
    let signature = fs::read(workshop.path("signature")).unwrap();
    let mut off_curve = certificate.der().to_vec();
    let point = key.public_key_raw();
    let place = off_curve.windows(point.len()).position(|part| part == point).unwrap();
    off_curve[place + point.len() - 1] ^= 1;
    let off_curve = Certificate::from_der(off_curve).unwrap();
    assert_eq!(
        off_curve.check_tls(scheme, &message, &signature),
        SignatureCheck::Invalid,
        "a point off the curve"
    );
    let mut sound = 0;
    for (name, octets) in forms(&signature, &hex::decode(order).unwrap(), numbers) {
        fs::write(workshop.path("form"), &octets).unwrap();
        // `openssl dgst -verify` ignores octets after a signature of the largest size.
        let verify = ["pkeyutl", "-verify", "-pubin", "-inkey", "public.pem", "-rawin", "-digest", digest];
        let files = ["-in", "message", "-sigfile", "form"];
        let is_sound = workshop.openssl(&[&verify[..], &files].concat());
        let check = certificate.check_tls(scheme, &message, &octets);
        assert_eq!(
            check,
            if is_sound { SignatureCheck::Valid } else { SignatureCheck::Invalid },
            "{order} {digest}: {name}: {}",
            hex::encode(&octets)
        );
        sound += usize::from(is_sound);
    }
    sound
}

/// On P-384, graviola or ring verifies, depending on the processor; in a debug build, GRAVIOLA_CPU_DISABLE_aes=1 makes
/// graviola think that it does not suit.
#[test]
fn signatures_are_valid_where_openssl_verifies_them() {
    let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let seed = std::env::var("ECDSA_SEED").map_or(seed, |seed| seed.parse().unwrap());
    println!("ECDSA_SEED={seed}");
    let mut numbers = Numbers(seed);
    for digest in [(0x0403, "sha256"), (0x0503, "sha384"), (0x0603, "sha512")] {
        for (curve, order) in [(&PKCS_ECDSA_P256_SHA256, P256), (&PKCS_ECDSA_P384_SHA384, P384)] {
            // At least the sound signature, the same encoded again, and n - s.
            assert!(compare(curve, order, digest, &mut numbers) >= 3);
        }
    }
}
