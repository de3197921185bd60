//! Keys and signatures, made with ring: RFC 4034 sections 2, 3 and 5, RFC 3110, RFC 6605, RFC 8080.

use p256::elliptic_curve::sec1::ToSec1Point;
use ring::digest::{SHA256, SHA384, digest};
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RsaKeyPair,
};

use crate::wire::{Name, canonical};
use crate::zone::Set;

/// Validity period of signatures, in seconds since 1970.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    pub(crate) from: u32,
    pub(crate) until: u32,
}

/// 2020-01-01 to 2050-01-01: contains the fixed time of the tests, and the real time, which delv uses.
pub(crate) const VALID: Window = Window { from: 1_577_836_800, until: 2_524_608_000 };

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    /// Makes signatures of arbitrary octets.
    Nothing,
}

/// A key of a zone.
pub(crate) struct Key {
    pub(crate) algorithm: u8,
    pub(crate) flags: u16,
    /// The public key in the format of a DNSKEY record.
    pub(crate) public: Vec<u8>,
    pair: Pair,
}

/// Flags: zone key and secure entry point.
pub(crate) const KSK: u16 = 257;
/// Flags: zone key.
pub(crate) const ZSK: u16 = 256;

/// RSA private keys, taken from the fixtures.
const RSA: [&str; 2] =
    [include_str!("../../fixtures/next-rsa.pkcs8.pem"), include_str!("../../fixtures/keys/key-rsa2048.key")];

impl Key {
    /// Derives a key of `algorithm` from `seed`. Algorithms 8 and 10 have only two keys: one for "rsa", one for other
    /// seeds.
    pub(crate) fn new(algorithm: u8, flags: u16, seed: &str) -> Self {
        let secret = digest(if algorithm == 14 { &SHA384 } else { &SHA256 }, seed.as_bytes());
        let secret = secret.as_ref();
        let random = SystemRandom::new();
        let ecdsa = |kind, public: &[u8]| {
            EcdsaKeyPair::from_private_key_and_public_key(kind, secret, public, &random).unwrap()
        };
        let (pair, public) = match algorithm {
            8 | 10 => {
                let text = RSA[usize::from(seed == "rsa")];
                let pair = RsaKeyPair::from_pkcs8(pem::parse(text).unwrap().contents()).unwrap();
                let public = PublicKeyComponents::<Vec<u8>>::from(pair.public());
                let length = vec![u8::try_from(public.e.len()).unwrap()];
                (Pair::Rsa(Box::new(pair)), [length, public.e, public.n].concat())
            }
            13 => {
                let point = p256::SecretKey::from_slice(secret).unwrap().public_key().to_sec1_point(false);
                let pair = ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING, point.as_bytes());
                (Pair::Ecdsa(pair), point.as_bytes()[1..].to_vec())
            }
            14 => {
                let point = p384::SecretKey::from_slice(secret).unwrap().public_key().to_sec1_point(false);
                let pair = ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING, point.as_bytes());
                (Pair::Ecdsa(pair), point.as_bytes()[1..].to_vec())
            }
            15 => {
                let pair = Ed25519KeyPair::from_seed_unchecked(secret).unwrap();
                let public = pair.public_key().as_ref().to_vec();
                (Pair::Ed25519(pair), public)
            }
            _ => (Pair::Nothing, [secret, &secret[..25]].concat()),
        };
        Self { algorithm, flags, public, pair }
    }

    pub(crate) fn dnskey(&self) -> Vec<u8> {
        [&self.flags.to_be_bytes()[..], &[3, self.algorithm], &self.public].concat()
    }

    pub(crate) fn tag(&self) -> u16 {
        tag(&self.dnskey())
    }

    /// Returns the RDATA of the DS record with SHA-256.
    pub(crate) fn ds(&self, owner: &Name) -> Vec<u8> {
        let hash = digest(&SHA256, &[owner.canonical(), self.dnskey()].concat());
        [&self.tag().to_be_bytes()[..], &[self.algorithm, 2], hash.as_ref()].concat()
    }

    fn sign(&self, octets: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                let encoding = if self.algorithm == 10 { &RSA_PKCS1_SHA512 } else { &RSA_PKCS1_SHA256 };
                pair.sign(encoding, &random, octets, &mut signature).unwrap();
                signature
            }
            Pair::Ecdsa(pair) => pair.sign(&random, octets).unwrap().as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.sign(octets).as_ref().to_vec(),
            Pair::Nothing => vec![0x5a; 114],
        }
    }

    /// Returns the RDATA of an RRSIG over `set`, made with this key of `zone`.
    pub(crate) fn rrsig(&self, set: &Set, zone: &Name, window: Window) -> Vec<u8> {
        let labels = set.owner.count() - usize::from(set.owner.is_wildcard());
        let mut octets = [set.rtype.to_be_bytes().as_slice(), &[self.algorithm]].concat();
        octets.push(u8::try_from(labels).unwrap());
        for time in [set.ttl, window.until, window.from] {
            octets.extend(time.to_be_bytes());
        }
        octets.extend(self.tag().to_be_bytes());
        octets.extend(zone.canonical());
        let signature = self.sign(&[octets.clone(), signed_octets(set)].concat());
        [octets, signature].concat()
    }
}

/// Returns the records of a set in the form that is signed (RFC 4034 section 3.1.8.1).
fn signed_octets(set: &Set) -> Vec<u8> {
    let mut data: Vec<Vec<u8>> = set.data.iter().map(|rdata| canonical(set.rtype, rdata)).collect();
    data.sort();
    data.dedup();
    let mut octets = Vec::new();
    for rdata in data {
        octets.extend(set.owner.canonical());
        octets.extend(set.rtype.to_be_bytes());
        octets.extend([0, 1]);
        octets.extend(set.ttl.to_be_bytes());
        octets.extend(u16::try_from(rdata.len()).unwrap().to_be_bytes());
        octets.extend(rdata);
    }
    octets
}

/// Returns the key tag of DNSKEY RDATA (RFC 4034 appendix B).
pub(crate) fn tag(dnskey: &[u8]) -> u16 {
    let mut sum: u32 = 0;
    for (at, octet) in dnskey.iter().enumerate() {
        sum += u32::from(*octet) << (if at % 2 == 0 { 8 } else { 0 });
    }
    sum += sum >> 16 & 0xffff;
    u16::try_from(sum & 0xffff).unwrap()
}
