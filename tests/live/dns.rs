//! Signed zones on loopback, made and served by hickory, not by the code under test; and a forger in front of a server.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use hickory_server::dnssec::NxProofKind;
use hickory_server::net::runtime::{Time, TokioRuntimeProvider};
use hickory_server::proto::dnssec::crypto::EcdsaSigningKey;
use hickory_server::proto::dnssec::rdata::{DNSKEY, DNSSECRData, RRSIG};
use hickory_server::proto::dnssec::{Algorithm, DigestType, DnssecSigner, SigningKey};
use hickory_server::proto::op::{Message, ResponseCode};
use hickory_server::proto::rr::{Name, RData, Record, RecordType};
use hickory_server::proto::serialize::txt::Parser;
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::store::in_memory::InMemoryZoneHandler;
use hickory_server::zone_handler::{AxfrPolicy, Catalog, ZoneHandler, ZoneType};

/// Whether and how a zone is signed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signed {
    No,
    Nsec,
    Nsec3,
    /// Signed with a key that does not match the DS record in the parent.
    WrongKey,
}

/// `example.` or a zone below it.
pub(crate) struct Zone {
    pub(crate) origin: &'static str,
    pub(crate) signed: Signed,
    pub(crate) text: String,
}

/// Answers a DS query for a zone apex from the parent, and any other query from the closest zone.
struct Server {
    parent: Catalog,
    all: Catalog,
    origins: Vec<Name>,
}

#[async_trait::async_trait]
impl RequestHandler for Server {
    async fn handle_request<R: ResponseHandler, T: Time>(
        &self,
        request: &Request,
        handle: R,
    ) -> ResponseInfo {
        let is_of_parent = request.request_info().is_ok_and(|info| {
            let is_origin =
                self.origins.iter().any(|origin| origin == &Name::from(info.query.name().clone()));
            info.query.query_type() == RecordType::DS && is_origin
        });
        let catalog = if is_of_parent { &self.parent } else { &self.all };
        catalog.handle_request::<R, T>(request, handle).await
    }
}

struct Key {
    pkcs8: Vec<u8>,
}

impl Key {
    fn new() -> Self {
        Self {
            pkcs8: EcdsaSigningKey::generate_pkcs8(Algorithm::ECDSAP256SHA256)
                .unwrap()
                .secret_pkcs8_der()
                .to_vec(),
        }
    }

    fn signing(&self) -> EcdsaSigningKey {
        let der = self.pkcs8.as_slice().into();
        EcdsaSigningKey::from_pkcs8(&der, Algorithm::ECDSAP256SHA256).unwrap()
    }

    fn dnskey(&self) -> DNSKEY {
        DNSKEY::from_key(&self.signing().to_public_key().unwrap())
    }

    fn ds(&self, origin: &str) -> String {
        let dnskey = self.dnskey();
        let digest = dnskey.to_digest(&Name::from_ascii(origin).unwrap(), DigestType::SHA256).unwrap();
        format!(
            "{origin} 60 IN DS {} 13 2 {}\n",
            dnskey.calculate_key_tag().unwrap(),
            hex::encode(digest.as_ref())
        )
    }
}

fn handler(zone: &Zone, key: &Key, extra: &str) -> Arc<dyn ZoneHandler> {
    let origin = Name::from_ascii(zone.origin).unwrap();
    let head = "@ 60 IN SOA ns hostmaster 1 7200 3600 1209600 60\n@ 60 IN NS ns\nns 60 IN A 127.0.0.1\n";
    let text = format!("$ORIGIN {}\n{head}{extra}{}", zone.origin, zone.text);
    let (_, records) = Parser::new(text, None, Some(origin.clone())).parse().unwrap();
    let denial = match zone.signed {
        Signed::No => None,
        Signed::Nsec | Signed::WrongKey => Some(NxProofKind::Nsec),
        Signed::Nsec3 => Some(NxProofKind::Nsec3 {
            algorithm: Default::default(),
            salt: Arc::new([]),
            iterations: 0,
            opt_out: false,
        }),
    };
    let mut handler: InMemoryZoneHandler<TokioRuntimeProvider> =
        InMemoryZoneHandler::new(origin.clone(), records, ZoneType::Primary, AxfrPolicy::Deny, denial)
            .unwrap();
    if zone.signed != Signed::No {
        let signer = DnssecSigner::new(
            key.dnskey(),
            Box::new(key.signing()),
            origin,
            Duration::from_secs(30 * 86_400),
        );
        handler.add_zone_signing_key_mut(signer).unwrap();
        handler.secure_zone_mut().unwrap();
    }
    Arc::new(handler)
}

/// Serves the zones until the test ends. Returns the address, and the trust anchor of the first zone, which is the
/// parent.
pub(crate) fn serve(zones: Vec<Zone>) -> (SocketAddr, String) {
    let keys: Vec<(Key, Key)> = zones.iter().map(|_| (Key::new(), Key::new())).collect();
    let anchor = keys[0].0.ds(zones[0].origin);
    let mut delegations = String::new();
    for (zone, (key, other)) in zones.iter().zip(&keys).skip(1) {
        delegations.push_str(&format!("{} 60 IN NS ns.{}\n", zone.origin, zone.origin));
        match zone.signed {
            Signed::No => {}
            Signed::WrongKey => delegations.push_str(&other.ds(zone.origin)),
            _ => delegations.push_str(&key.ds(zone.origin)),
        }
    }
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let (mut parent, mut all) = (Catalog::new(), Catalog::new());
            let origins = zones.iter().map(|zone| Name::from_ascii(zone.origin).unwrap()).collect();
            for (at, (zone, (key, _))) in zones.iter().zip(&keys).enumerate() {
                let name = Name::from_ascii(zone.origin).unwrap();
                let handler = handler(zone, key, if at == 0 { &delegations } else { "" });
                if at == 0 {
                    parent.upsert(name.clone().into(), vec![Arc::clone(&handler)]);
                }
                all.upsert(name.into(), vec![handler]);
            }
            let mut server = hickory_server::Server::new(Server { parent, all, origins });
            // A port that is free for UDP may be in use for TCP by another test.
            let (udp, tcp) = loop {
                let udp = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
                if let Ok(tcp) = tokio::net::TcpListener::bind(udp.local_addr().unwrap()).await {
                    break (udp, tcp);
                }
            };
            let address = udp.local_addr().unwrap();
            server.register_socket(udp);
            server.register_listener(tcp, Duration::from_secs(5), 65_535);
            sender.send(address).unwrap();
            server.block_until_done().await.unwrap();
        });
    });
    (receiver.recv().unwrap(), anchor)
}

/// How a forger changes replies.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Forgery {
    /// Replaces TLSA answers with denials without proof.
    NoData,
    /// Removes the signatures from TLSA answers.
    Stripped,
    /// Changes an octet of the TLSA data.
    Changed,
    /// Adds to TLSA answers a second signature that looks like that of a wildcard.
    Wildcard,
    /// Removes all signatures.
    NoSignatures,
    /// Fails all queries for this type.
    Failing(RecordType),
    /// Truncates the answers of this type, which nobody gives over TCP.
    Truncated(RecordType),
    /// Replaces the signatures in answers of this type with invalid ones.
    Broken(RecordType),
}

/// Starts a forger between clients and `server`, over UDP; returns its address.
pub(crate) fn forge(server: SocketAddr, forgery: Forgery) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    thread::spawn(move || {
        let upstream = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut octets = [0; 65_535];
        while let Ok((length, client)) = socket.recv_from(&mut octets) {
            upstream.send_to(&octets[..length], server).unwrap();
            let length = upstream.recv(&mut octets).unwrap();
            let mut message = Message::from_vec(&octets[..length]).unwrap();
            let is_of = |rtype| message.queries.iter().any(|query| query.query_type() == rtype);
            let is_signature = |record: &Record| record.record_type() == RecordType::RRSIG;
            match forgery {
                Forgery::NoSignatures => {
                    message.answers.retain(|record| !is_signature(record));
                    message.authorities.retain(|record| !is_signature(record));
                }
                Forgery::Failing(rtype) if is_of(rtype) => {
                    message.metadata.response_code = ResponseCode::ServFail;
                    message.answers.clear();
                    message.authorities.clear();
                }
                Forgery::Truncated(rtype) if is_of(rtype) => {
                    message.metadata.truncation = true;
                    message.answers.clear();
                    message.authorities.clear();
                }
                Forgery::Broken(rtype) if is_of(rtype) => {
                    for record in message.answers.iter_mut().filter(|record| is_signature(record)) {
                        if let RData::DNSSEC(DNSSECRData::RRSIG(rrsig)) = &mut record.data {
                            *rrsig = RRSIG::from_sig(rrsig.input().clone(), vec![7; 64]);
                        }
                    }
                }
                _ => {}
            }
            if message.queries.iter().any(|query| query.query_type() == RecordType::TLSA) {
                match forgery {
                    Forgery::NoData => {
                        message.answers.clear();
                        message.authorities.clear();
                    }
                    Forgery::Stripped => {
                        message.answers.retain(|record| record.record_type() != RecordType::RRSIG);
                    }
                    Forgery::Changed => {}
                    Forgery::Wildcard => {
                        let signature = |record: &&Record| record.record_type() == RecordType::RRSIG;
                        if let Some(signature) = message.answers.iter().find(signature).cloned() {
                            message.answers.push(of_wildcard(signature));
                        }
                    }
                    _ => {}
                }
            }
            let mut answer = message.to_vec().unwrap();
            if let Forgery::Changed = forgery {
                // The length of the RDATA, 35 octets, and the parameters 3 1 1.
                let found = answer.windows(5).position(|window| window == [0, 35, 3, 1, 1]);
                if let Some(place) = found {
                    answer[place + 20] ^= 1;
                }
            }
            socket.send_to(&answer, client).unwrap();
        }
    });
    address
}

/// Returns the signature with a label count reduced by one, as for a wildcard.
fn of_wildcard(mut signature: Record) -> Record {
    if let RData::DNSSEC(DNSSECRData::RRSIG(rrsig)) = &mut signature.data {
        let mut input = rrsig.input().clone();
        input.num_labels -= 1;
        *rrsig = RRSIG::from_sig(input, rrsig.sig().to_vec());
    }
    signature
}
