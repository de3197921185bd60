//! TLS servers on loopback, with and without STARTTLS, and servers that misbehave.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, ServerConnection};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");

fn blocks(path: &str) -> Vec<Vec<u8>> {
    let text = fs::read(format!("{FIXTURES}/{path}")).unwrap();
    pem::parse_many(text).unwrap().into_iter().map(pem::Pem::into_contents).collect()
}

/// Returns a chain of the fixtures and its private key.
pub(crate) fn chain(name: &str, key: &str) -> Arc<CertifiedKey> {
    let certificates = blocks(name).into_iter().map(CertificateDer::from).collect();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(blocks(&format!("keys/{key}.key")).remove(0)));
    Arc::new(CertifiedKey::new(certificates, ring::sign::any_supported_type(&key).unwrap()))
}

/// Serves the first chain whose key type the client supports.
#[derive(Debug)]
struct Chains(Vec<Arc<CertifiedKey>>);

impl ResolvesServerCert for Chains {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let fits = |chain: &&Arc<CertifiedKey>| chain.key.choose_scheme(hello.signature_schemes()).is_some();
        self.0.iter().find(fits).cloned()
    }
}

/// The dialog before TLS.
#[derive(Clone, Copy)]
pub(crate) enum Speech {
    /// No dialog.
    Direct,
    /// The lines of the server; the first line is sent at once, each other line after a line of the client.
    Lines(&'static [&'static str]),
    /// The octets of the server; each part is sent after octets from the client.
    Octets(&'static [&'static [u8]]),
}

pub(crate) const SMTP: Speech =
    Speech::Lines(&["220-mx\r\n220 ready\r\n", "250-mx\r\n250-SIZE\r\n250 STARTTLS\r\n", "220 go\r\n"]);

/// Starts a TLS server; returns its port.
pub(crate) fn serve(chains: Vec<Arc<CertifiedKey>>, speech: Speech) -> u16 {
    let provider = Arc::new(ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Chains(chains)));
    let config = Arc::new(config);
    listen(move |mut stream| {
        if speak(&mut stream, speech).is_none() {
            return;
        }
        let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
        while connection.is_handshaking() {
            if connection.complete_io(&mut stream).is_err() {
                return;
            }
        }
        // A client of SMTP greets again; any other closes the connection.
        let mut stream = rustls::Stream::new(&mut connection, &mut stream);
        if matches!(stream.read(&mut [0; 100]), Ok(1..)) {
            let _ = stream.write_all(b"250-mx\r\n250 SIZE\r\n");
        }
    })
}

fn speak(stream: &mut TcpStream, speech: Speech) -> Option<()> {
    match speech {
        Speech::Direct => {}
        Speech::Lines(lines) => {
            let mut reader = BufReader::with_capacity(1, stream.try_clone().ok()?);
            for (number, line) in lines.iter().enumerate() {
                if number > 0 {
                    reader.read_line(&mut String::new()).ok()?;
                }
                stream.write_all(line.as_bytes()).ok()?;
            }
        }
        Speech::Octets(parts) => {
            for part in parts {
                let mut heard = [0; 1000];
                if stream.read(&mut heard).ok()? == 0 {
                    return None;
                }
                stream.write_all(part).ok()?;
            }
        }
    }
    Some(())
}

/// Starts a server that handles each connection with `serve`; returns its port.
pub(crate) fn listen(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, serve) = (stream.unwrap(), Arc::clone(&serve));
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            thread::spawn(move || serve(stream));
        }
    });
    port
}
