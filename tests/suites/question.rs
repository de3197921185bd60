//! A question of a suite: whether a record authenticates a server that sends a chain.

use pem::Pem;
use sha2::{Digest, Sha256};
use tlsagen::owner::HostName;
use tlsagen::records::Published;
use tlsagen::x509::Certificate;

/// An end entity of a suite, with the certificates for it.
pub(crate) struct Case {
    /// The suite's name for it.
    pub(crate) id: String,
    /// DER of the certificates that the server sends, its own first.
    pub(crate) sent: Vec<Vec<u8>>,
    /// DER of the trust anchors.
    pub(crate) anchors: Vec<Vec<u8>>,
    /// The name that the client asks for; `None` if it is not to be checked.
    pub(crate) host: Option<HostName>,
    /// Seconds since 1970.
    pub(crate) time: i64,
    /// What the suite expects of a verifier that knows revocation and policies.
    pub(crate) expected: Option<bool>,
}

/// One record for one chain.
pub(crate) struct Question {
    /// The suite's name for the end entity.
    pub(crate) case: String,
    /// The record and the number of the anchor.
    pub(crate) label: String,
    pub(crate) pem: String,
    pub(crate) record: Published,
    pub(crate) host: Option<HostName>,
    pub(crate) time: i64,
    pub(crate) expected: Option<bool>,
    /// The names of the certificates in messages.
    pub(crate) called: Vec<String>,
}

impl Case {
    /// `2 0 0` of each anchor, which is not sent, and `2 0 1` of each, sent last.
    pub(crate) fn questions(self) -> Vec<Question> {
        let mut questions = Vec::new();
        for (number, anchor) in self.anchors.iter().enumerate() {
            let digest = Sha256::digest(anchor).to_vec();
            for (matching_type, data) in [(0, anchor.clone()), (1, digest)] {
                let mut sent = self.sent.clone();
                if matching_type == 1 && !sent.contains(anchor) {
                    sent.push(anchor.clone());
                }
                questions.push(Question {
                    case: self.id.clone(),
                    label: format!("2 0 {matching_type} of anchor {number}"),
                    pem: sent.iter().map(|der| pem::encode(&Pem::new("CERTIFICATE", der.clone()))).collect(),
                    record: Published { usage: 2, selector: 0, matching_type, data },
                    host: self.host.clone(),
                    time: self.time,
                    expected: self.expected,
                    called: called(sent.iter().chain([anchor])),
                });
            }
        }
        questions
    }
}

/// The names of certificates in messages, the longest first.
fn called<'a>(ders: impl Iterator<Item = &'a Vec<u8>>) -> Vec<String> {
    let certificates = ders.filter_map(|der| Certificate::from_der(der.clone()).ok());
    let mut called: Vec<String> = certificates.map(|certificate| certificate.called()).collect();
    called.sort_by_key(|name| std::cmp::Reverse(name.len()));
    called.dedup();
    called
}

/// The first DNS name of a certificate that is a host name.
pub(crate) fn own_name(der: &[u8]) -> Option<HostName> {
    let names = Certificate::from_der(der.to_vec()).ok()?.dns_names();
    names.iter().find_map(|name| name.parse().ok())
}
