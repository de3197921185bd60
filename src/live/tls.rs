//! Performs a TLS handshake for each key type, and accepts any certificate chain: RFC 8446, RFC 5246.
//!
//! The published records decide whether the chain is good. The handshake only shows whether the server has the
//! private key of the certificate that it sends.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};

use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{
    AlertDescription, CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error,
    PeerIncompatible, PeerMisbehaved, ProtocolVersion, SignatureScheme,
};

use super::parting;
use super::wire::{Wire, reason};
use crate::x509::{Certificate, SignatureCheck, TLS_SCHEMES};

/// The key types that are examined separately.
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
    /// Both key types, in the order in which they are tried.
    pub const ALL: [Self; 2] = [Self::Rsa, Self::Ecdsa];
}

/// Returns the signature schemes to offer for a key type, most preferred first.
///
/// rustls does not support some of them. They are offered so that servers with such keys send their certificates too.
fn schemes(kind: KeyKind) -> Vec<SignatureScheme> {
    let of_kind = TLS_SCHEMES.iter().filter(|(_, is_rsa)| *is_rsa == (kind == KeyKind::Rsa));
    of_kind.map(|(scheme, _)| SignatureScheme::from(*scheme)).collect()
}

/// The result of a handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The protocol version, such as `TLSv1.3`.
    pub version: &'static str,
    /// The certificates that the server sent, in DER, the server's own first.
    pub certificates: Vec<Vec<u8>>,
    /// Whether the server proved possession of the private key of the first certificate.
    pub possession: Possession,
}

/// Whether a server has the private key of its certificate; a wrong signature is a [`TlsError`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Possession {
    /// The server signed the handshake with the private key.
    Proven,
    /// Undetermined, for this reason. The verdict is not pass, because anyone can send the certificate.
    Unknown(String),
}

/// Writes the reason why possession is not proven, or nothing if possession is proven.
impl fmt::Display for Possession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proven => Ok(()),
            Self::Unknown(reason) => f.write_str(reason),
        }
    }
}

/// Why the handshake failed.
#[derive(Debug)]
pub enum TlsError {
    /// The server supports no offered version, cipher suite or signature scheme for this key type.
    NothingInCommon,
    /// The server sent this alert.
    Refused(String),
    /// The server closed the connection without an alert, as some servers do if there is no common cipher suite.
    Closed,
    /// The handshake was not signed with the private key of the certificate.
    WithoutKey,
    /// The connection failed or timed out.
    Io(io::Error),
    /// Another error.
    Handshake(String),
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingInCommon => f.write_str(
                "no cipher suite, key exchange or key type in common with the server: this program has only AES-GCM and \
                 ChaCha20 with ECDHE over X25519, P-256 and P-384; Postfix may connect",
            ),
            Self::Refused(alert) => write!(f, "the server refused TLS: alert {alert}"),
            Self::Closed => f.write_str("the server closed the connection during the TLS handshake"),
            Self::WithoutKey => {
                f.write_str("the server does not have the private key of the certificate that it sends")
            }
            Self::Io(error) => write!(f, "connection failed during the TLS handshake: {}", reason(error)),
            Self::Handshake(reason) => write!(f, "TLS handshake failed: {reason}"),
        }
    }
}

impl std::error::Error for TlsError {}

/// Performs one handshake for keys of type `kind`, with `name` as SNI, and then says `hello`, if any.
///
/// Errors: see [`TlsError`]; the certificates themselves never cause an error.
pub fn handshake(
    wire: &mut Wire,
    name: &str,
    kind: KeyKind,
    hello: Option<&str>,
) -> Result<Served, TlsError> {
    let unable = || TlsError::Handshake("this program cannot start TLS".to_owned());
    let mut provider = ring::default_provider();
    let of_kind = match kind {
        KeyKind::Rsa => "ECDHE_RSA",
        KeyKind::Ecdsa => "ECDHE_ECDSA",
    };
    // TLS 1.3 cipher suites do not depend on the key type.
    provider
        .cipher_suites
        .retain(|suite| suite.tls13().is_some() || format!("{:?}", suite.suite()).contains(of_kind));
    let seen: Arc<Recorder> = Arc::new(Recorder { kind, seen: Mutex::default() });
    let verifier: Arc<dyn ServerCertVerifier> = seen.clone();
    let config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .map_err(|_| unable())?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_client_cert_resolver(seen.clone());
    let server_name = ServerName::try_from(name.to_owned()).map_err(|_| unable())?;
    let mut connection = ClientConnection::new(Arc::new(config), server_name).map_err(|_| unable())?;
    while connection.is_handshaking() {
        if let Err(error) = connection.complete_io(wire) {
            let error = pending_alert(&mut connection, wire, error);
            let has_answered = connection.protocol_version().is_some();
            return Err(match of_io(error) {
                TlsError::Io(error) if !has_answered && is_end(&error) => TlsError::Closed,
                // The server sent a certificate of this key type, so the alert has another reason, such as a missing
                // client certificate.
                TlsError::NothingInCommon if seen.has_certificates() => {
                    TlsError::Refused("handshake_failure".to_owned())
                }
                error => error,
            });
        }
    }
    let version = match connection.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
        _ => "TLSv1.2",
    };
    let seen = seen.seen.lock().map_err(|_| unable())?;
    match parting::part(&mut connection, wire, hello, seen.is_client_asked).map_err(of_io) {
        Err(refused @ TlsError::Refused(_)) => return Err(refused),
        // The parameters of the handshake are settled, so this alert is about the client.
        Err(TlsError::NothingInCommon) => return Err(TlsError::Refused("handshake_failure".to_owned())),
        // What else the server answers is not about TLS.
        _ => {}
    }
    Ok(Served {
        version,
        certificates: seen.certificates.clone(),
        possession: seen
            .possession
            .clone()
            .unwrap_or(Possession::Unknown("the handshake had no signature".to_owned())),
    })
}

/// A server that refuses the client sends an alert and closes the connection, so that a write fails before the alert is
/// read. Returns the alert, otherwise `error`.
fn pending_alert(connection: &mut ClientConnection, wire: &mut Wire, error: io::Error) -> io::Error {
    while is_end(&error) && matches!(connection.read_tls(wire), Ok(1..)) {
        if let Err(alert) = connection.process_new_packets() {
            return io::Error::new(io::ErrorKind::InvalidData, alert);
        }
    }
    error
}

/// Whether the server ended the connection.
fn is_end(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

/// Converts an [`io::Error`], which may contain an error of rustls.
fn of_io(error: io::Error) -> TlsError {
    use PeerIncompatible::{ServerDoesNotSupportTls12Or13, ServerTlsVersionIsDisabledByOurConfig};
    let old = || {
        TlsError::Handshake(
            "the server supports only TLS 1.1 or older, which this program and current clients do not support".to_owned(),
        )
    };
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::AlertReceived(AlertDescription::ProtocolVersion)) => old(),
        Some(Error::AlertReceived(
            AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity,
        )) => TlsError::NothingInCommon,
        Some(Error::AlertReceived(alert)) => TlsError::Refused(words(*alert)),
        Some(Error::PeerIncompatible(
            ServerTlsVersionIsDisabledByOurConfig | ServerDoesNotSupportTls12Or13,
        )) => old(),
        Some(Error::PeerIncompatible(_)) => TlsError::NothingInCommon,
        Some(Error::InvalidCertificate(CertificateError::BadSignature)) => TlsError::WithoutKey,
        Some(Error::InvalidMessage(_)) => {
            TlsError::Handshake("the server did not answer with TLS".to_owned())
        }
        Some(Error::NoCertificatesPresented) => {
            TlsError::Handshake("the server sent no certificate".to_owned())
        }
        Some(_) => TlsError::Handshake("the server violated the TLS protocol".to_owned()),
        None => TlsError::Io(error),
    }
}

/// The name of an alert as in RFC 8446 section 6, or its number.
fn words(alert: AlertDescription) -> String {
    let Some(name) = alert.as_str() else { return u8::from(alert).to_string() };
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push('_');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

/// The certificates and the proof of possession that [`Recorder`] recorded.
#[derive(Debug, Default)]
struct Seen {
    certificates: Vec<Vec<u8>>,
    possession: Option<Possession>,
    /// Whether the server asked for a certificate of the client.
    is_client_asked: bool,
}

/// A verifier that accepts and records every certificate.
#[derive(Debug)]
struct Recorder {
    kind: KeyKind,
    seen: Mutex<Seen>,
}

impl Recorder {
    fn note(&self, note: impl FnOnce(&mut Seen)) {
        if let Ok(mut seen) = self.seen.lock() {
            note(&mut seen);
        }
    }

    fn has_certificates(&self) -> bool {
        self.seen.lock().is_ok_and(|seen| !seen.certificates.is_empty())
    }

    /// Rejects a wrong signature; records whether the signature is valid or could not be verified.
    ///
    /// Does not use the signature checks of rustls: they also reject certificates for reasons other than the key,
    /// such as the X.509 version.
    fn prove(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if !schemes(self.kind).contains(&signed.scheme) {
            return Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into());
        }
        let possession = match Certificate::from_der(certificate.to_vec()) {
            Err(_) => Possession::Unknown("the certificate cannot be read".to_owned()),
            Ok(leaf) => match leaf.check_tls(signed.scheme.into(), message, signed.signature()) {
                SignatureCheck::Valid => Possession::Proven,
                SignatureCheck::Invalid => return Err(CertificateError::BadSignature.into()),
                SignatureCheck::Unsupported(_) => Possession::Unknown(format!(
                    "this program cannot verify signatures of this {} key",
                    leaf.key_algorithm()
                )),
            },
        };
        self.note(|seen| seen.possession = Some(possession));
        Ok(HandshakeSignatureValid::assertion())
    }
}

/// A mail server has no certificate to show when it is the client.
impl ResolvesClientCert for Recorder {
    fn resolve(&self, _issuers: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.note(|seen| seen.is_client_asked = true);
        None
    }

    fn has_certs(&self) -> bool {
        false
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
        self.prove(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.prove(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        schemes(self.kind)
    }
}
