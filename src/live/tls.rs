//! TLS handshakes that take the served chain as it is, one for each kind of key: RFC 8446, RFC 5246.
//!
//! Whether the chain is good is decided by the published records, not here. What is asked here is whether the
//! server has the key of the certificate that it sends.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme,
};

use super::wire::Wire;

/// Kinds of keys that a server may have a certificate for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA.
    Rsa,
    /// ECDSA or EdDSA.
    Ecdsa,
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rsa => "RSA",
            Self::Ecdsa => "ECDSA",
        })
    }
}

impl KeyKind {
    /// Both, in the order in which they are asked for.
    pub const ALL: [Self; 2] = [Self::Rsa, Self::Ecdsa];

    fn has(self, scheme: SignatureScheme) -> bool {
        let is_rsa = matches!(
            scheme,
            SignatureScheme::RSA_PKCS1_SHA1
                | SignatureScheme::RSA_PKCS1_SHA256
                | SignatureScheme::RSA_PKCS1_SHA384
                | SignatureScheme::RSA_PKCS1_SHA512
                | SignatureScheme::RSA_PSS_SHA256
                | SignatureScheme::RSA_PSS_SHA384
                | SignatureScheme::RSA_PSS_SHA512
        );
        is_rsa == (self == Self::Rsa)
    }
}

/// What a server sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The DER of its certificates, its own first.
    pub certificates: Vec<Vec<u8>>,
    /// Whether it proved to have the key of the first; if not, why that could not be told.
    pub key_proven: Result<(), String>,
}

/// Why there was no handshake.
#[derive(Debug)]
pub enum TlsError {
    /// The server has no certificate of this kind, or nothing else in common with us.
    NotOffered(String),
    /// The connection broke, or took too long.
    Io(io::Error),
    /// Something else went wrong.
    Handshake(String),
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOffered(reason) => write!(f, "the server refuses TLS: {reason}"),
            Self::Io(error) => write!(f, "the connection broke in TLS: {error}"),
            Self::Handshake(reason) => write!(f, "TLS failed: {reason}"),
        }
    }
}

impl std::error::Error for TlsError {}

/// One handshake for keys of one kind, with `name` as SNI.
///
/// Errors: see [`TlsError`]; no certificate is ever the reason.
pub fn handshake(wire: &mut Wire, name: &str, kind: KeyKind) -> Result<Served, TlsError> {
    let failed = |error: &dyn fmt::Display| TlsError::Handshake(error.to_string());
    let mut provider = ring::default_provider();
    let of_kind = match kind {
        KeyKind::Rsa => "ECDHE_RSA",
        KeyKind::Ecdsa => "ECDHE_ECDSA",
    };
    // The suites of TLS 1.3 do not tell the kind of key.
    provider
        .cipher_suites
        .retain(|suite| suite.tls13().is_some() || format!("{:?}", suite.suite()).contains(of_kind));
    let provider = Arc::new(provider);
    let seen: Arc<Recorder> =
        Arc::new(Recorder { kind, provider: Arc::clone(&provider), seen: Mutex::default() });
    let verifier: Arc<dyn ServerCertVerifier> = seen.clone();
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(&error))?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    let server_name = ServerName::try_from(name.to_owned()).map_err(|error| failed(&error))?;
    let mut connection =
        ClientConnection::new(Arc::new(config), server_name).map_err(|error| failed(&error))?;
    while connection.is_handshaking() {
        connection.complete_io(wire).map_err(of_io)?;
    }
    connection.send_close_notify();
    // The answer is known; whether the server hears the end of it does not matter.
    let _ = connection.write_tls(wire);
    let seen = seen.seen.lock().map_err(|error| failed(&error))?;
    Ok(Served {
        certificates: seen.certificates.clone(),
        key_proven: seen.key_proven.clone().unwrap_or_else(|| Err("no signature was seen".to_owned())),
    })
}

/// rustls hands its own errors on inside of those of the connection.
fn of_io(error: io::Error) -> TlsError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::AlertReceived(AlertDescription::ProtocolVersion)) => TlsError::Handshake(
            "the server has nothing newer than TLS 1.1, which cannot be examined".to_owned(),
        ),
        Some(Error::AlertReceived(alert)) => TlsError::NotOffered(format!("alert {alert:?}")),
        Some(Error::PeerIncompatible(reason)) => match reason {
            rustls::PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | rustls::PeerIncompatible::ServerDoesNotSupportTls12Or13 => TlsError::Handshake(
                "the server has nothing newer than TLS 1.1, which cannot be examined".to_owned(),
            ),
            reason => TlsError::NotOffered(format!("{reason:?}")),
        },
        Some(other) => TlsError::Handshake(other.to_string()),
        None => TlsError::Io(error),
    }
}

/// What was seen of the server.
#[derive(Debug, Default)]
struct Seen {
    certificates: Vec<Vec<u8>>,
    key_proven: Option<Result<(), String>>,
}

/// A verifier that takes every certificate and keeps it.
#[derive(Debug)]
struct Recorder {
    kind: KeyKind,
    provider: Arc<CryptoProvider>,
    seen: Mutex<Seen>,
}

impl Recorder {
    fn note(&self, note: impl FnOnce(&mut Seen)) {
        if let Ok(mut seen) = self.seen.lock() {
            note(&mut seen);
        }
    }

    /// A wrong signature is the end; one that cannot be verified here is noted.
    fn proof(
        &self,
        verified: Result<HandshakeSignatureValid, Error>,
    ) -> Result<HandshakeSignatureValid, Error> {
        let wrong = Error::InvalidCertificate(rustls::CertificateError::BadSignature);
        match verified {
            Ok(valid) => {
                self.note(|seen| seen.key_proven = Some(Ok(())));
                Ok(valid)
            }
            Err(error) if error == wrong && !self.is_small_rsa() => Err(error),
            Err(error) => {
                self.note(|seen| seen.key_proven = Some(Err(error.to_string())));
                Ok(HandshakeSignatureValid::assertion())
            }
        }
    }

    /// ring calls every signature of an RSA key below 2048 bits wrong.
    fn is_small_rsa(&self) -> bool {
        use crate::x509::{Certificate, KeyAlgorithm};
        let leaf = self.seen.lock().ok().and_then(|seen| seen.certificates.first().cloned());
        let leaf = leaf.and_then(|der| Certificate::from_der(der).ok());
        leaf.is_some_and(|leaf| {
            matches!(leaf.key_algorithm(), KeyAlgorithm::Rsa { bits } | KeyAlgorithm::RsaPss { bits } if bits < 2048)
        })
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let all = std::iter::once(end_entity).chain(intermediates).map(|der| der.to_vec()).collect();
        self.note(|seen| seen.certificates = all);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        self.proof(verify_tls12_signature(message, certificate, signature, algorithms))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        self.proof(verify_tls13_signature(message, certificate, signature, algorithms))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let schemes = self.provider.signature_verification_algorithms.supported_schemes();
        schemes.into_iter().filter(|scheme| self.kind.has(*scheme)).collect()
    }
}
