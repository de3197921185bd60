//! Tests of path building and file order; `fixtures/README.md` describes each file.

use super::*;
use crate::input::Input;

/// The octets of a fixture.
macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/", $name, ".pem"))
    };
}

fn certificates(pem: &[u8]) -> Vec<Located> {
    match Input::read(pem).unwrap() {
        Input::Certificates(certificates, _) => certificates,
        Input::Keys(_) => panic!("keys"),
    }
}

/// The index of an end entity in the file, and the index and depth of each CA above the end entity.
type Path<'a> = (usize, &'a [(usize, usize)]);

#[track_caller]
fn has_paths(chain: &Chain, wanted: &[Path<'_>]) {
    let path = |member: Member<'_>| {
        let links = member.path(None).unwrap();
        (member.index(), links.iter().map(|link| (link.member.index(), link.depth.unwrap())).collect())
    };
    let paths: Vec<(usize, Vec<(usize, usize)>)> = chain.end_entities().map(path).collect();
    let wanted: Vec<_> = wanted.iter().map(|(start, above)| (*start, above.to_vec())).collect();
    assert_eq!(paths, wanted);
}

#[track_caller]
fn file_has_paths(pem: &[u8], wanted: &[Path<'_>]) {
    has_paths(&Chain::new(certificates(pem), &[], &Budget::default()).unwrap(), wanted);
}

#[test]
fn paths_are_those_of_names_and_signatures_in_whatever_order() {
    file_has_paths(fixture!("with-root-rsa"), &[(0, &[(1, 1), (2, 2)])]);
    file_has_paths(fixture!("shuffled-rsa"), &[(1, &[(2, 1), (0, 2)])]);
    file_has_paths(fixture!("reversed-rsa"), &[(2, &[(1, 1), (0, 2)])]);
    file_has_paths(fixture!("dual-rsa-ecdsa"), &[(0, &[(1, 1)]), (2, &[(3, 1)])]);
    // No certificate has a key identifier.
    file_has_paths(fixture!("no-ids"), &[(0, &[(1, 1), (2, 2)])]);
    // X.509 version 1 has no basicConstraints: a certificate that signed another certificate is a CA.
    file_has_paths(fixture!("v1-root"), &[(0, &[(1, 1)])]);
    file_has_paths(fixture!("v1-leaf"), &[(0, &[])]);
}

/// RFC 4158 section 2.2: a cross-signed CA has two certificates at the same depth, and each may have issuers above it.
#[test]
fn both_certificates_of_a_cross_signed_ca_are_on_the_path() {
    file_has_paths(fixture!("cross-signed"), &[(0, &[(1, 1), (2, 2)])]);
    file_has_paths(fixture!("cross-signed-both"), &[(0, &[(1, 1), (2, 2), (3, 2), (4, 3)])]);
}

/// `openssl req -x509` sets CA:TRUE in a server's certificate too.
#[test]
fn what_is_alone_and_self_signed_is_a_server_by_its_names() {
    let is_server =
        |pem: &[u8]| Chain::new(certificates(pem), &[], &Budget::default()).unwrap().has_end_entity();
    assert!(is_server(fixture!("self-signed-server")));
    assert!(is_server(fixture!("self-signed-cn-only")));
    assert!(is_server(fixture!("self-signed-ee")));
    assert!(!is_server(fixture!("self-signed-ca-noku")));
    assert!(!is_server(fixture!("root-rsa")));
    // The unrelated self-signed CA in this file is not a server's certificate either.
    file_has_paths(fixture!("stray"), &[(0, &[(1, 1)])]);
}

/// RFC 8446 section 4.4.2: the server's own certificate is the first certificate.
#[test]
fn the_first_certificate_that_is_served_is_the_servers_own() {
    has_paths(&Chain::served(certificates(fixture!("root-rsa"))), &[(0, &[])]);
    has_paths(&Chain::served(certificates(fixture!("chain-rsa"))), &[(0, &[])]);
    // All others are CAs, whatever their extensions say; in this file, the root comes before leaf and intermediate.
    has_paths(&Chain::served(certificates(fixture!("shuffled-rsa"))), &[(0, &[])]);
    has_paths(&Chain::served(certificates(fixture!("with-root-rsa"))), &[(0, &[(1, 1), (2, 2)])]);
}

/// Signatures above the deepest requested certificate are not verified, so that a hook does not spend time on them.
#[test]
fn links_above_the_deepest_are_not_verified() {
    let chain = Chain::new(certificates(fixture!("with-root-rsa")), &[], &Budget::default()).unwrap();
    let leaf = chain.end_entities().next().unwrap();
    for (deepest, verified) in
        [(0, vec![(0, 1)]), (1, vec![(0, 1), (1, 2)]), (2, vec![(0, 1), (1, 2), (2, 2)])]
    {
        assert_eq!(leaf.path(Some(deepest)).unwrap().len(), deepest);
        let mut pairs: Vec<_> = chain.checked.borrow().keys().copied().collect();
        pairs.sort_unstable();
        assert_eq!(pairs, verified, "deepest {deepest}");
    }
}

#[test]
fn a_path_ends_at_damage_and_tells_of_it() {
    // The intermediate has the right name, but its key is not the key that signed the leaf.
    let chain = Chain::new(certificates(fixture!("mixed-up")), &[], &Budget::default()).unwrap();
    let leaf = chain.end_entities().next().unwrap();
    let (links, damage) = leaf.path_up_to_damage(None);
    assert_eq!(links, []);
    assert!(matches!(damage, Some(ChainError::Damaged { .. })), "{damage:?}");
    assert_eq!(leaf.path(None).unwrap_err(), damage.unwrap());
}

/// Checks the first certificate that comes after its issuer, and that issuer; `wanted` is their indices in the file.
#[track_caller]
fn is_out_of_order(pem: &[u8], wanted: Option<(usize, usize)>) {
    let chain = Chain::new(certificates(pem), &[], &Budget::default()).unwrap();
    assert_eq!(chain.out_of_order().map(|(child, issuer)| (child.index(), issuer.index())), wanted);
}

#[test]
fn order_strays_and_repetitions() {
    is_out_of_order(fixture!("with-root-rsa"), None);
    is_out_of_order(fixture!("reversed-rsa"), Some((1, 0)));
    // Two complete chains with the same intermediate, which occurs twice: smtpd_tls_chain_files requires this.
    is_out_of_order(fixture!("two-chains"), None);
    let repeated = |pem: &[u8]| {
        Chain::new(certificates(pem), &[], &Budget::default()).unwrap().needless_repetitions().len()
    };
    assert_eq!(repeated(fixture!("two-chains")), 0);
    assert_eq!(repeated(fixture!("duplicate")), 1);
    let strays = |pem: &[u8]| {
        let chain = Chain::new(certificates(pem), &[], &Budget::default()).unwrap();
        chain.strays().iter().map(|member| member.index()).collect::<Vec<_>>()
    };
    assert_eq!(strays(fixture!("stray")), [2]);
    assert_eq!(strays(fixture!("cross-signed-both")), [0; 0]);
    // In a file without an end entity, no certificate is a stray.
    assert_eq!(strays(fixture!("root-rsa")), [0; 0]);
}
