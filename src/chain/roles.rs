//! Sorts the certificates of a file into CAs and end entities.
//!
//! * A certificate that signed another certificate of the file is a CA, and so is a certificate with CA:TRUE and without
//!   a server's name: a DNS name, a common name that is a host name of two labels or more, or the name of the server. The
//!   common name does not count beside a keyUsage with keyCertSign.
//! * The other certificates are end entities, even with CA:TRUE, which `openssl req -x509` sets in server certificates.
//! * If some certificates name the server, a certificate with CA:TRUE and another name is a CA. Beside a server's
//!   certificate without CA:TRUE, so is one whose keyUsage excludes TLS.
//! * If some end entities have a server's name, only these are end entities.

use std::collections::HashSet;

use super::{Chain, ChainError, Member};
use crate::x509::SignatureCheck;

/// The role of a certificate in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    EndEntity,
    Ca,
    /// Neither: a certificate without a server's name, beside an end entity that has one.
    Other,
}

/// Returns the role of each certificate.
///
/// Errors: there are too many candidate issuers.
pub(super) fn roles(chain: &Chain) -> Result<Vec<Role>, ChainError> {
    let is_named = chain.named.iter().any(|hosts| *hosts > 0);
    let has_plain_server =
        chain.members().any(|member| !says_ca(member) && member.certificate().has_server_name());
    let is_server: Vec<bool> = (chain.members().zip(&chain.named))
        .map(|(member, hosts)| {
            let is_unfit = has_plain_server && member.certificate().key_usage_tls() == Some(false);
            let is_other_ca = says_ca(member) && (is_named || is_unfit);
            *hosts > 0 || !is_other_ca && member.certificate().has_server_name()
        })
        .collect();
    let is_ca = find_cas(chain, &is_server)?;
    let has_server = is_server.iter().zip(&is_ca).any(|(is_server, is_ca)| *is_server && !is_ca);
    let role = |(is_ca, is_server): (&bool, &bool)| match (is_ca, is_server) {
        (true, _) => Role::Ca,
        (false, true) => Role::EndEntity,
        (false, false) if has_server => Role::Other,
        (false, false) => Role::EndEntity,
    };
    Ok(is_ca.iter().zip(&is_server).map(role).collect())
}

fn says_ca(member: Member<'_>) -> bool {
    member.certificate().basic_constraints_ca() == Some(true)
}

/// Returns for each certificate whether it is a CA. `is_server` tells which certificates have a server's name.
fn find_cas(chain: &Chain, is_server: &[bool]) -> Result<Vec<bool>, ChainError> {
    let mut is_ca: Vec<bool> =
        chain.members().zip(is_server).map(|(member, is_server)| says_ca(member) && !is_server).collect();
    let mut undecided: HashSet<usize> = (chain.issuers.wanted().iter().zip(&is_ca))
        .enumerate()
        .filter(|(_, (wanted, is_ca))| **wanted && !**is_ca)
        .map(|(index, _)| index)
        .collect();
    for child in chain.members() {
        if undecided.is_empty() {
            break;
        }
        // A renewed self-signed certificate with the same key was not signed by the old one.
        if child.is_self_issued() && chain.check(child, child)? == SignatureCheck::Valid {
            continue;
        }
        let (_, named) = chain.issuers.of(child.index());
        for issuer in chain.at(named) {
            let is_open = issuer != child && undecided.contains(&issuer.index());
            let signed = match is_open {
                true => chain.check(child, issuer)?,
                false => SignatureCheck::Invalid,
            };
            // Without a verified signature, a certificate with the same name is rather a renewed one.
            let may_have = says_ca(issuer) || !child.is_self_issued();
            if signed == SignatureCheck::Valid || signed != SignatureCheck::Invalid && may_have {
                undecided.remove(&issuer.index());
                is_ca.iter_mut().skip(issuer.index()).take(1).for_each(|is_ca| *is_ca = true);
            }
        }
    }
    Ok(is_ca)
}
