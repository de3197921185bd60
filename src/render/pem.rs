//! Served certificates as PEM: RFC 7468.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::live::Host;

/// All served certificates, each chain once, as PEM (RFC 7468).
pub fn pem(hosts: &[Host]) -> String {
    let mut chains: Vec<&[Vec<u8>]> = Vec::new();
    for endpoint in hosts.iter().flat_map(|host| &host.endpoints) {
        if !endpoint.served.is_empty() && !chains.contains(&endpoint.served.as_slice()) {
            chains.push(&endpoint.served);
        }
    }
    let mut text = String::new();
    for der in chains.into_iter().flatten() {
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        let encoded = BASE64_STANDARD.encode(der);
        let mut rest = encoded.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_at(rest.len().min(64));
            text.push_str(line);
            text.push('\n');
            rest = after;
        }
        text.push_str("-----END CERTIFICATE-----\n");
    }
    text
}
