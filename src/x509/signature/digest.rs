//! The digest algorithms of signatures, and their strength.

use ring::digest as ring_digest;
use sha2::{Digest as _, Sha224};
use x509_parser::asn1_rs::{Oid, oid};

type Compute = fn(&[u8]) -> Vec<u8>;

/// A digest algorithm.
#[derive(Debug)]
pub(super) struct Digest {
    /// The name in messages.
    pub(super) name: &'static str,
    pub(super) oid: Oid<'static>,
    /// The security in bits, as OpenSSL counts it for a signature (X509_get_signature_info).
    pub(super) security: u16,
    /// Computes the digest; `None` for algorithms that are too weak to be worth a crate.
    pub(super) compute: Option<Compute>,
    /// The DER in front of the digest in a PKCS #1 signature (RFC 8017 section 9.2).
    pub(super) prefix: &'static [u8],
}

pub(super) static MD2: Digest =
    Digest { name: "MD2", oid: oid!(1.2.840.113549.2.2), security: 0, compute: None, prefix: &[] };
pub(super) static MD4: Digest =
    Digest { name: "MD4", oid: oid!(1.2.840.113549.2.4), security: 0, compute: None, prefix: &[] };
pub(super) static MD5: Digest =
    Digest { name: "MD5", oid: oid!(1.2.840.113549.2.5), security: 39, compute: None, prefix: &[] };
pub(super) static SHA_1: Digest = Digest {
    name: "SHA-1",
    oid: oid!(1.3.14.3.2.26),
    security: 63,
    compute: Some(|octets| by_ring(&ring_digest::SHA1_FOR_LEGACY_USE_ONLY, octets)),
    prefix: &[0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14],
};
pub(super) static SHA_224: Digest = Digest {
    name: "SHA-224",
    oid: oid!(2.16.840.1.101.3.4.2.4),
    security: 112,
    compute: Some(|octets| Sha224::digest(octets).to_vec()),
    prefix: &[
        0x30, 0x2d, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x04, 0x05, 0x00,
        0x04, 0x1c,
    ],
};
pub(super) static SHA_256: Digest = Digest {
    name: "SHA-256",
    oid: oid!(2.16.840.1.101.3.4.2.1),
    security: 128,
    compute: Some(|octets| by_ring(&ring_digest::SHA256, octets)),
    prefix: &[
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
        0x04, 0x20,
    ],
};
pub(super) static SHA_384: Digest = Digest {
    name: "SHA-384",
    oid: oid!(2.16.840.1.101.3.4.2.2),
    security: 192,
    compute: Some(|octets| by_ring(&ring_digest::SHA384, octets)),
    prefix: &[
        0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00,
        0x04, 0x30,
    ],
};
pub(super) static SHA_512: Digest = Digest {
    name: "SHA-512",
    oid: oid!(2.16.840.1.101.3.4.2.3),
    security: 256,
    compute: Some(|octets| by_ring(&ring_digest::SHA512, octets)),
    prefix: &[
        0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00,
        0x04, 0x40,
    ],
};

fn by_ring(algorithm: &'static ring_digest::Algorithm, octets: &[u8]) -> Vec<u8> {
    ring_digest::digest(algorithm, octets).as_ref().to_vec()
}
