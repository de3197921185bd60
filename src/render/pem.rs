//! Served certificates as PEM: RFC 7468.

use pem::{EncodeConfig, LineEnding, Pem};

use crate::live::Host;
use crate::x509::Certificate;

/// Returns all certificates that the servers sent, each chain once, as PEM (RFC 7468).
pub fn pem(hosts: &[Host]) -> String {
    let mut chains: Vec<Vec<&[u8]>> = Vec::new();
    for endpoint in hosts.iter().flat_map(|host| &host.endpoints) {
        let chain: Vec<&[u8]> = endpoint.served.iter().map(Certificate::der).collect();
        if !chain.is_empty() && !chains.contains(&chain) {
            chains.push(chain);
        }
    }
    chains.into_iter().flatten().map(certificate_pem).collect()
}

/// Encodes one PEM block, with lines of 64 columns that end in LF.
fn certificate_pem(der: &[u8]) -> String {
    let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
    pem::encode_config(&Pem::new("CERTIFICATE", der), config)
}

#[cfg(test)]
mod tests {
    use super::certificate_pem;
    use crate::pem_file;

    #[test]
    fn certificates_are_written_as_openssl_writes_them() {
        for file in [
            include_str!("../../fixtures/fullchain-rsa.pem"),
            include_str!("../../fixtures/fullchain-ecdsa.pem"),
        ] {
            let blocks = pem_file::blocks(file.as_bytes()).unwrap();
            let written: String =
                blocks.iter().map(|block| certificate_pem(&block.decode().unwrap())).collect();
            assert_eq!(written, file);
        }
    }
}
