//! Reads the certificates of a file or, if the file has none, its keys. In PEM, the label determines the type of each
//! structure (RFC 7468); in DER, the first octets do.

use std::fmt;

use zeroize::Zeroizing;

use crate::diagnostic::Advise;
use crate::key::{self, Container, KeyError};
use crate::pem_file::{self, Block, PemError, PemProblem, Plain, PlainBlock};
use crate::x509::{Certificate, PublicKey, SharedDer, X509Error};

/// The contents of a file.
#[derive(Debug, Clone)]
pub enum Input {
    /// One or more certificates, and the keys beside them; the rest of the file is ignored.
    Certificates(Vec<Located>, Beside),
    /// The distinct keys of a file without certificates: those of requests and public keys or, if the file has none of
    /// these, those of private keys.
    Keys(Vec<PublicKey>),
}

/// A certificate and its position in the file.
#[derive(Debug, Clone)]
pub struct Located {
    /// The line of its BEGIN marker, counted from 1; `None` for DER.
    pub line: Option<usize>,
    /// The certificate.
    pub certificate: Certificate,
}

/// The keys in a file with certificates.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// The private keys, readable or not.
    pub private: Vec<PrivateKey>,
    /// The keys of requests and public keys that can be read; the others are passed over.
    pub public: Vec<PublicKey>,
}

/// The public half of a private key, and its position in the file.
#[derive(Debug, Clone)]
pub struct PrivateKey {
    /// The line of its BEGIN marker, counted from 1; `None` for DER.
    pub line: Option<usize>,
    /// The public key, or why the private key cannot be read.
    pub key: Result<PublicKey, KeyError>,
}

/// Reads the certificates of a file that [`Plain`] can read, each while its octets are in the processor's cache.
#[derive(Debug, Default)]
pub struct PlainReader {
    plain: Plain,
    all: SharedDer,
    certificates: Vec<Located>,
    /// Whether a certificate cannot be read.
    has_failed: bool,
}

impl PlainReader {
    /// Takes the next part of a file of `size` octets, as [`Plain::take`] does; takes nothing after a certificate that
    /// cannot be read.
    pub fn take(&mut self, part: &[u8], is_last: bool, size: usize) -> usize {
        if self.has_failed {
            return 0;
        }
        if self.certificates.is_empty() {
            self.plain.reserve(size);
            self.certificates.reserve(size / USUAL);
        }
        let taken = self.plain.take(part, is_last);
        for PlainBlock { line, octets } in self.plain.blocks.drain(..) {
            let at = octets.start;
            let der = self.plain.octets.get(octets).unwrap_or_default();
            match Certificate::from_part(der, &self.all, at) {
                Ok(certificate) => self.certificates.push(Located { line: Some(line), certificate }),
                Err(_) => self.has_failed = true,
            }
        }
        taken
    }

    /// The certificates; `None` if there is none, or if one cannot be read: [`Input::read`] then returns the error.
    pub fn input(self) -> Option<Input> {
        self.all.complete(self.plain.octets);
        let is_read = !self.has_failed && !self.certificates.is_empty();
        is_read.then(|| Input::Certificates(self.certificates, Beside::default()))
    }
}

/// The size of an ordinary certificate in PEM, in octets: few are smaller.
const USUAL: usize = 800;

impl Input {
    /// Reads DER if the first octets are DER, otherwise PEM.
    ///
    /// Errors: see [`InputError`]; a damaged file is never read in part.
    pub fn read(octets: &[u8]) -> Result<Self, InputError> {
        if octets.iter().all(u8::is_ascii_whitespace) {
            return Err(InputError::Empty);
        }
        if is_utf16(octets) {
            return Err(InputError::Utf16);
        }
        match octets {
            // Text never starts like a DER structure of 128 octets or more. A shorter structure starts with 0x30, which
            // is the digit 0 in text, but in text the second octet is not the length of the rest.
            [0x30, 0x81..=0x84, ..] => read_der(octets),
            // The magic numbers of JKS and JCEKS.
            [0xfe, 0xed, 0xfe, 0xed, ..] | [0xce, 0xce, 0xce, 0xce, ..] => Err(InputError::KeyStore),
            [0x30, length, rest @ ..] if usize::from(*length) == rest.len() => read_der(octets),
            _ => read_pem(octets),
        }
    }
}

/// Whether the text is UTF-16, with or without a byte order mark.
fn is_utf16(octets: &[u8]) -> bool {
    matches!(octets, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, b'-', 0, b'-', ..] | [b'-', 0, b'-', 0, ..])
}

fn read_pem(octets: &[u8]) -> Result<Input, InputError> {
    let blocks = pem_file::blocks(octets)?;
    let mut certificates = Vec::new();
    for block in &blocks {
        let at = |error| InputError::Certificate { line: block.line(), error };
        let certificate = match block.label() {
            "CERTIFICATE" | "X509 CERTIFICATE" => Certificate::from_der(block.decode()?),
            "TRUSTED CERTIFICATE" => Certificate::from_der_prefix(block.decode()?),
            "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA" => {
                return Err(InputError::Pkcs7 { line: Some(block.line()) });
            }
            "PKCS12" => return Err(InputError::Pkcs12),
            _ => continue,
        };
        certificates.push(Located { line: Some(block.line()), certificate: certificate.map_err(at)? });
    }
    let private = || blocks.iter().filter(|block| block.label().ends_with("PRIVATE KEY"));
    if !certificates.is_empty() {
        let keys = private().map(|block| PrivateKey {
            line: Some(block.line()),
            // Only the comparison with the certificates needs the key, so damage in its block is not an error here.
            key: private_key(block).map_err(|error| match error {
                InputError::PrivateKey { error, .. } => error,
                _ => KeyError::Unreadable,
            }),
        });
        let public = blocks.iter().filter_map(|block| published_key(block).ok().flatten());
        let beside = Beside { private: keys.collect(), public: public.collect() };
        return Ok(Input::Certificates(certificates, beside));
    }
    let mut keys = Vec::new();
    for block in &blocks {
        keys.extend(published_key(block)?);
    }
    // Private keys are decoded only if the file has no other keys.
    if keys.is_empty() {
        for block in private() {
            keys.push(private_key(block)?);
        }
    }
    let mut distinct: Vec<PublicKey> = Vec::new();
    for key in keys {
        if !distinct.iter().any(|other| other.spki() == key.spki()) {
            distinct.push(key);
        }
    }
    if distinct.is_empty() { Err(InputError::NoCertificate) } else { Ok(Input::Keys(distinct)) }
}

/// Returns the public halves of the private keys in a file.
///
/// Errors: the file has no private key, or one that cannot be read.
pub fn private_keys(octets: &[u8]) -> Result<Vec<PublicKey>, InputError> {
    if octets.first() == Some(&0x30) {
        let key = key::public_key_from_der(octets);
        return key.map(|key| vec![key]).map_err(|error| InputError::PrivateKey { line: None, error });
    }
    let blocks = pem_file::blocks(octets)?;
    let keys = blocks.iter().filter(|block| block.label().ends_with("PRIVATE KEY")).map(private_key);
    match keys.collect::<Result<Vec<_>, _>>()? {
        keys if keys.is_empty() => Err(InputError::NoPrivateKey),
        keys => Ok(keys),
    }
}

/// Returns the key of a request block or public key block; `None` for other blocks.
fn published_key(block: &Block<'_>) -> Result<Option<PublicKey>, InputError> {
    let line = block.line();
    match block.label() {
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => {
            let key = PublicKey::from_request(&block.decode_single()?);
            key.map(Some).map_err(|error| InputError::Request { line, error })
        }
        "RSA PUBLIC KEY" => {
            let key = key::public_key_from_pkcs1(&block.decode_single()?);
            key.map(Some).map_err(|_| InputError::PublicKey { line })
        }
        "PUBLIC KEY" => {
            let key = PublicKey::from_spki(block.decode_single()?);
            key.map(Some).map_err(|_| InputError::PublicKey { line })
        }
        _ => Ok(None),
    }
}

fn private_key(block: &Block<'_>) -> Result<PublicKey, InputError> {
    let at = |error| InputError::PrivateKey { line: Some(block.line()), error };
    let container = Container::of_label(block.label()).map_err(at)?;
    match block.decode().map(Zeroizing::new) {
        Ok(der) => key::public_key(container, &der).map_err(at),
        // Proc-Type: 4,ENCRYPTED (RFC 1421 section 4.6.1.1).
        Err(PemError { problem: PemProblem::Header, .. }) => Err(at(KeyError::Encrypted)),
        Err(error) => Err(error.into()),
    }
}

fn read_der(octets: &[u8]) -> Result<Input, InputError> {
    /// contentType id-signedData (RFC 5652 section 5.1).
    const SIGNED_DATA: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
    /// Version 3 of a PFX (RFC 7292 section 4), then its SEQUENCE.
    const PFX_VERSION: [u8; 4] = [0x02, 0x01, 0x03, 0x30];
    let content = match octets.get(1) {
        Some(0x81) => octets.get(3..),
        Some(0x82) => octets.get(4..),
        Some(0x83) => octets.get(5..),
        Some(0x84) => octets.get(6..),
        _ => octets.get(2..),
    };
    let content = content.unwrap_or_default();
    if content.starts_with(&SIGNED_DATA) {
        return Err(InputError::Pkcs7 { line: None });
    }
    if content.starts_with(&PFX_VERSION) {
        return Err(InputError::Pkcs12);
    }
    // Certificates, requests and public keys start with an inner SEQUENCE; private keys start with a version. Test for
    // private keys first, because the parsers of the other structures make copies that are not wiped.
    if content.first() == Some(&0x02) {
        return match key::public_key_from_der(octets) {
            Ok(key) => Ok(Input::Keys(vec![key])),
            Err(KeyError::Unreadable) => Err(InputError::NotDer(X509Error::Structure("tbsCertificate"))),
            Err(error) => Err(InputError::PrivateKey { line: None, error }),
        };
    }
    let certificate_error = match Certificate::from_der(octets.to_vec()) {
        Ok(certificate) => {
            return Ok(Input::Certificates(vec![Located { line: None, certificate }], Beside::default()));
        }
        Err(error) => error,
    };
    let request_error = match PublicKey::from_request(octets) {
        Ok(key) => return Ok(Input::Keys(vec![key])),
        Err(error) => error,
    };
    match PublicKey::from_spki(octets.to_vec()) {
        Ok(key) => Ok(Input::Keys(vec![key])),
        // For a request with extra octets or a wrong signature, the error of the request parser is more specific than
        // that of the certificate parser.
        Err(_) if matches!(request_error, X509Error::Structure(_)) => {
            Err(InputError::NotDer(certificate_error))
        }
        Err(_) => Err(InputError::NotDer(request_error)),
    }
}

/// The reason why a file cannot be read as certificates or keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputError {
    /// The file is empty, or has only white space.
    Empty,
    /// Text in UTF-16.
    Utf16,
    /// PKCS #7 or CMS, with the line of a PEM block.
    Pkcs7 {
        /// Line of BEGIN, counted from 1; `None` for DER.
        line: Option<usize>,
    },
    /// PKCS #12.
    Pkcs12,
    /// A keystore of Java.
    KeyStore,
    /// The PEM blocks are malformed.
    Pem(PemError),
    /// A block is not a certificate.
    Certificate {
        /// Line of BEGIN, counted from 1.
        line: usize,
        /// The reason.
        error: X509Error,
    },
    /// A block is not a certification request.
    Request {
        /// Line of BEGIN, counted from 1.
        line: usize,
        /// The reason.
        error: X509Error,
    },
    /// A block is not a public key.
    PublicKey {
        /// Line of BEGIN, counted from 1.
        line: usize,
    },
    /// A private key cannot be read.
    PrivateKey {
        /// Line of BEGIN, counted from 1; `None` for DER.
        line: Option<usize>,
        /// The reason.
        error: KeyError,
    },
    /// DER that is not a certificate, request or key.
    NotDer(X509Error),
    /// No block contains a certificate or a key.
    NoCertificate,
    /// No block contains a private key.
    NoPrivateKey,
}

impl Advise for InputError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Empty => Some("check whether the command that writes the file has failed"),
            Self::Utf16 => Some("convert the file with `iconv -f UTF-16 -t UTF-8`"),
            Self::Pkcs7 { .. } => Some(
                "convert the file with `openssl pkcs7 -in FILE -print_certs`, and add `-inform DER` if the file is binary",
            ),
            Self::Pkcs12 => Some("convert the file with `openssl pkcs12 -in FILE -nokeys`"),
            Self::KeyStore => Some(
                "export the chain with `keytool -list -rfc -keystore FILE -alias NAME`, which prints PEM",
            ),
            Self::Pem(error) => Some(error.problem.hint()),
            Self::PrivateKey { error, .. } => error.hint(),
            Self::NoCertificate => {
                Some("give a PEM file with -----BEGIN CERTIFICATE----- blocks, such as fullchain.pem")
            }
            Self::NoPrivateKey => {
                Some("give the private key of the server's certificate, such as privkey.pem")
            }
            Self::Certificate { error: X509Error::Ber { .. }, .. } | Self::NotDer(X509Error::Ber { .. }) => {
                Some(
                    "some servers re-encode such a certificate, and some clients reject it: have it reissued",
                )
            }
            Self::Certificate { .. } | Self::Request { .. } | Self::PublicKey { .. } | Self::NotDer(_) => {
                Some("the file is damaged: copy it again from its source")
            }
        };
        hint.map(str::to_owned)
    }
}

impl From<PemError> for InputError {
    fn from(error: PemError) -> Self {
        Self::Pem(error)
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the file is empty"),
            Self::Utf16 => f.write_str("the text is UTF-16, but PEM is ASCII (RFC 7468 section 2)"),
            Self::Pkcs7 { line: Some(line) } => {
                write!(f, "line {line}: this is a PKCS #7 (CMS) bundle, not a PEM certificate")
            }
            Self::Pkcs7 { line: None } => f.write_str("this is a PKCS #7 (CMS) bundle, not a certificate"),
            Self::Pkcs12 => f.write_str("this is a PKCS #12 (PFX) file, not a certificate"),
            Self::KeyStore => f.write_str("this is a keystore of Java (JKS), not a certificate"),
            Self::Pem(error) => error.fmt(f),
            Self::Certificate { line, error } => write!(f, "line {line}: not a certificate: {error}"),
            Self::Request { line, error } => write!(f, "line {line}: not a certification request: {error}"),
            Self::PublicKey { line } => write!(f, "line {line}: not a public key"),
            Self::PrivateKey { line: Some(line), error } => write!(f, "line {line}: {error}"),
            Self::PrivateKey { line: None, error } => error.fmt(f),
            Self::NotDer(error) => write!(f, "not a DER certificate, request or key: {error}"),
            Self::NoPrivateKey => f.write_str("the file does not contain a private key"),
            Self::NoCertificate => f.write_str("the file does not contain a certificate, request or key"),
        }
    }
}

impl std::error::Error for InputError {}
