//! Published records against served chains: OpenSSL judges each case during the test, over a connection on loopback,
//! and `check --any` must agree. If `check` differs, the case says why.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "../common/certificates.rs"]
mod certificates;
mod judge;
#[path = "../common/numbers.rs"]
mod numbers;
#[path = "../common/openssl.rs"]
mod openssl;
mod plan;
#[path = "../common/program.rs"]
mod program;
mod random;
#[path = "../common/running.rs"]
mod running;
mod workshop;

use std::collections::HashMap;

use certificates::{base, ca, leaf};
use judge::{Court, HOST};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, DnValue,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose,
    NameConstraints, date_time_ymd,
};

/// Certificates by name, as PEM, and the private keys of those that servers use.
struct World {
    certificates: HashMap<&'static str, String>,
    keys: HashMap<&'static str, String>,
}

fn critical(number: &[u64], content: &[u8]) -> CustomExtension {
    let mut extension = CustomExtension::from_oid_content(number, content.to_vec());
    extension.set_criticality(true);
    extension
}

fn expired(mut params: CertificateParams) -> CertificateParams {
    params.not_after = date_time_ymd(2021, 1, 1);
    params
}

fn not_yet(mut params: CertificateParams) -> CertificateParams {
    params.not_before = date_time_ymd(2090, 1, 1);
    params
}

impl World {
    fn new() -> Self {
        let mut world = Self { certificates: HashMap::new(), keys: HashMap::new() };
        let key = || KeyPair::generate().unwrap();
        let names = [HOST];

        // A root, an intermediate, and faulty variants of both.
        let (root_key, inter_key) = (key(), key());
        let root = ca("Root");
        world.add("root", root.self_signed(&root_key).unwrap().pem());
        world.add("root-expired", expired(root.clone()).self_signed(&root_key).unwrap().pem());
        world.add("stranger", ca("Stranger").self_signed(&key()).unwrap().pem());
        let by_root = Issuer::from_params(&root, &root_key);
        let inter = ca("Intermediate");
        let mut no_sign = inter.clone();
        no_sign.key_usages = vec![KeyUsagePurpose::CrlSign];
        let mut no_ca = inter.clone();
        no_ca.is_ca = IsCa::ExplicitNoCa;
        let mut for_clients = inter.clone();
        for_clients.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let mut for_anything = inter.clone();
        for_anything.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any];
        let mut unknown_critical = inter.clone();
        unknown_critical.custom_extensions = vec![critical(&[1, 3, 6, 1, 4, 1, 99999, 1], &[0x05, 0x00])];
        let mut permits = inter.clone();
        let subtree = |name: &str| GeneralSubtree::DnsName(name.to_owned());
        permits.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![subtree("example.net")],
            excluded_subtrees: vec![],
        });
        let mut forbids = inter.clone();
        forbids.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![subtree("other.test")],
            excluded_subtrees: vec![],
        });
        let mut path_0 = inter.clone();
        path_0.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        for (name, params) in [
            ("inter", inter.clone()),
            ("inter-expired", expired(inter.clone())),
            ("inter-not-yet", not_yet(inter.clone())),
            ("inter-no-sign", no_sign),
            ("inter-no-ca", no_ca),
            ("inter-for-clients", for_clients),
            ("inter-for-anything", for_anything),
            ("inter-unknown-critical", unknown_critical),
            ("inter-permits", permits),
            ("inter-forbids", forbids),
            ("inter-path-0", path_0),
        ] {
            world.add(name, params.signed_by(&inter_key, &by_root).unwrap().pem());
        }

        // The intermediate with its name encoded as another string type.
        let mut printable = inter.clone();
        let text = DnValue::PrintableString("Intermediate".try_into().unwrap());
        printable.distinguished_name = DistinguishedName::new();
        printable.distinguished_name.push(DnType::CommonName, text);
        world.add("inter-printable", printable.signed_by(&inter_key, &by_root).unwrap().pem());

        // Version 3 roots without basicConstraints.
        for (name, served, key_usages) in [
            ("root-bare", "leaf-of-bare", vec![]),
            ("root-signs", "leaf-of-signs", vec![KeyUsagePurpose::KeyCertSign]),
        ] {
            let (mut params, key) = (base(name), key());
            params.key_usages = key_usages;
            world.add(name, params.self_signed(&key).unwrap().pem());
            world.serve(served, &leaf(HOST, &names), &Issuer::from_params(&params, &key));
        }

        // A second intermediate, issued by the first, for path length constraints.
        let by_inter = Issuer::from_params(&inter, &inter_key);
        let (sub, sub_key) = (ca("Sub"), key());
        world.add("sub", sub.signed_by(&sub_key, &by_inter).unwrap().pem());
        world.serve("leaf-of-sub", &leaf(HOST, &names), &Issuer::from_params(&sub, &sub_key));
        world.serve("leaf-of-root", &leaf(HOST, &names), &by_root);

        let mut ca_leaf = leaf(HOST, &names);
        ca_leaf.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca_leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let mut signing_leaf = leaf(HOST, &names);
        signing_leaf.key_usages = vec![KeyUsagePurpose::ContentCommitment];
        let mut policies_leaf = leaf(HOST, &names);
        // The policy anyPolicy.
        let policies = [0x30, 0x08, 0x30, 0x06, 0x06, 0x04, 0x55, 0x1d, 0x20, 0x00];
        policies_leaf.custom_extensions = vec![critical(&[2, 5, 29, 32], &policies)];
        let mut client_leaf = leaf(HOST, &names);
        client_leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let mut server_leaf = leaf(HOST, &names);
        server_leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        for (name, params) in [
            ("leaf", leaf(HOST, &names)),
            ("leaf-expired", expired(leaf(HOST, &names))),
            ("leaf-not-yet", not_yet(leaf(HOST, &names))),
            ("leaf-wrong-name", leaf("other.example", &["other.example"])),
            ("leaf-cn-only", leaf(HOST, &[])),
            ("leaf-cn-beside-san", leaf(HOST, &["other.example"])),
            ("leaf-wildcard", leaf("any", &["*.example.net"])),
            ("leaf-wildcard-wide", leaf("any", &["*.net"])),
            ("leaf-wildcard-deep", leaf("any", &["*.mx.example.net"])),
            ("leaf-wildcard-partial", leaf("any", &["m*.example.net"])),
            ("leaf-wildcard-cn", leaf("*.example.net", &[])),
            ("leaf-upper-case", leaf("any", &["MX.Example.Net"])),
            ("leaf-is-ca", ca_leaf),
            ("leaf-for-documents", signing_leaf),
            ("leaf-critical-policies", policies_leaf),
            ("leaf-for-clients", client_leaf),
            ("leaf-for-servers", server_leaf),
        ] {
            world.serve(name, &params, &by_inter);
        }
        let mut other_id = inter.clone();
        other_id.key_identifier_method = KeyIdMethod::PreSpecified(vec![9; 20]);
        world.serve("leaf-other-id", &leaf(HOST, &names), &Issuer::from_params(&other_id, &inter_key));
        let lone = key();
        world.add("self-signed", leaf(HOST, &names).self_signed(&lone).unwrap().pem());
        world.keys.insert("self-signed", lone.serialize_pem());
        world
    }

    fn add(&mut self, name: &'static str, pem: String) {
        self.certificates.insert(name, pem);
    }

    fn serve(&mut self, name: &'static str, params: &CertificateParams, issuer: &Issuer<'_, &KeyPair>) {
        let key = KeyPair::generate().unwrap();
        self.add(name, params.signed_by(&key, issuer).unwrap().pem());
        self.keys.insert(name, key.serialize_pem());
    }

    /// Turns `3 1 1 leaf` into RDATA, computed by openssl; returns `record` itself if the last word is not a
    /// certificate.
    fn rdata(&self, court: &Court, record: &str) -> String {
        let words: Vec<&str> = record.split(' ').collect();
        let [usage, selector, matching_type, what] = words[..] else { panic!("{record}") };
        match self.certificates.get(what) {
            Some(pem) => court.rdata(usage, selector, matching_type, pem),
            None => record.to_owned(),
        }
    }
}

/// Served certificates, records, and the exit status of `check` and the reason if `check` differs from OpenSSL.
type Case = (&'static str, &'static [&'static str], Option<(i32, &'static str)>);

#[rustfmt::skip]
const CASES: &[Case] = &[
    // Usage 3: only the octets of the leaf matter.
    ("leaf inter", &["3 1 1 leaf"], None),
    ("leaf inter", &["3 0 1 leaf"], None),
    ("leaf inter", &["3 1 2 leaf"], None),
    ("leaf inter", &["3 0 2 leaf"], None),
    ("leaf inter", &["3 1 0 leaf"], None),
    ("leaf inter", &["3 0 0 leaf"], None),
    ("leaf", &["3 1 1 leaf"], None),
    ("leaf inter", &["3 1 1 inter"], None),
    ("leaf inter", &["3 1 1 root"], None),
    ("leaf inter", &["3 1 1 leaf-of-root"], None),
    ("leaf-expired inter", &["3 1 1 leaf-expired"], None),
    ("leaf-not-yet inter", &["3 0 1 leaf-not-yet"], None),
    ("leaf-wrong-name inter", &["3 1 1 leaf-wrong-name"], None),
    ("leaf-is-ca inter", &["3 1 1 leaf-is-ca"], None),
    ("leaf-for-clients inter", &["3 1 1 leaf-for-clients"], None),
    ("self-signed", &["3 1 1 self-signed"], None),
    ("self-signed", &["3 0 0 self-signed"], None),
    ("leaf inter-expired", &["3 1 1 leaf"], None),
    // Usage 2: a CA of the certification path, which must be valid.
    ("leaf inter", &["2 1 1 inter"], None),
    ("leaf inter", &["2 0 1 inter"], None),
    ("leaf inter", &["2 1 2 inter"], None),
    ("leaf inter", &["2 0 2 inter"], None),
    ("leaf inter", &["2 1 0 inter"], None),
    ("leaf inter", &["2 0 0 inter"], None),
    ("leaf inter root", &["2 1 1 root"], None),
    ("leaf inter root", &["2 0 1 root"], None),
    ("leaf inter root", &["2 1 1 inter"], None),
    ("leaf root inter", &["2 1 1 root"], None),
    ("leaf root inter stranger", &["2 1 1 inter"], None),
    ("leaf inter stranger", &["2 1 1 stranger"], None),
    ("leaf inter", &["2 1 1 leaf"], None),
    ("leaf inter", &["2 0 1 leaf"], None),
    ("self-signed", &["2 1 1 self-signed"], None),
    ("self-signed", &["2 0 1 self-signed"], None),
    ("self-signed", &["2 0 0 self-signed"], None),
    ("leaf-of-root root", &["2 1 1 root"], None),
    ("leaf-of-sub sub inter", &["2 1 1 inter"], None),
    ("leaf-of-sub sub inter root", &["2 1 1 root"], None),
    ("leaf-of-sub sub inter", &["2 1 1 sub"], None),
    ("leaf-of-sub inter", &["2 1 1 inter"], None),
    // Trust anchors that are not sent: only a record that contains the anchor itself helps.
    ("leaf inter", &["2 1 1 root"], None),
    ("leaf inter", &["2 0 1 root"], None),
    ("leaf inter", &["2 0 0 root"], None),
    ("leaf inter", &["2 1 0 root"], None),
    ("leaf", &["2 1 1 inter"], None),
    ("leaf", &["2 0 0 inter"], None),
    ("leaf", &["2 1 0 inter"], None),
    ("leaf", &["2 0 0 root"], None),
    ("leaf", &["2 1 0 root"], None),
    ("leaf inter", &["2 0 0 stranger"], None),
    ("leaf inter", &["2 1 0 stranger"], None),
    ("leaf inter", &["2 0 0 root-expired"], None),
    // Dates, CA flags, key usages, path lengths and name constraints of the path.
    ("leaf-expired inter", &["2 1 1 inter"], None),
    ("leaf-not-yet inter", &["2 1 1 inter"], None),
    ("leaf inter-expired", &["2 1 1 inter-expired"], Some((1, "RFC 7671 section 5.2: OpenSSL passes over the dates of an anchor that is not self-signed"))),
    ("leaf inter-not-yet", &["2 1 1 inter-not-yet"], Some((1, "RFC 7671 section 5.2: as above"))),
    ("leaf inter-expired root", &["2 1 1 root"], None),
    ("leaf inter root-expired", &["2 1 1 root-expired"], None),
    ("leaf inter root-expired", &["2 1 1 inter"], None),
    ("leaf inter-no-ca", &["2 1 1 inter-no-ca"], None),
    ("leaf inter-no-ca root", &["2 1 1 root"], None),
    ("leaf inter-no-sign", &["2 1 1 inter-no-sign"], None),
    ("leaf inter-no-sign root", &["2 1 1 root"], None),
    ("leaf inter-for-clients root", &["2 1 1 root"], None),
    ("leaf inter-for-clients", &["2 1 1 inter-for-clients"], None),
    ("leaf inter-path-0", &["2 1 1 inter-path-0"], None),
    ("leaf-of-sub sub inter-path-0", &["2 1 1 inter-path-0"], None),
    ("leaf-of-sub sub inter-path-0 root", &["2 1 1 root"], None),
    ("leaf inter-permits", &["2 1 1 inter-permits"], None),
    ("leaf inter-permits root", &["2 1 1 root"], None),
    ("leaf inter-forbids root", &["2 1 1 root"], None),
    ("leaf inter-forbids", &["2 0 1 inter-forbids"], None),
    ("leaf-cn-only inter-permits", &["2 1 1 inter-permits"], None),
    ("leaf-cn-only inter-forbids", &["2 1 1 inter-forbids"], None),
    ("leaf-is-ca inter", &["2 1 1 inter"], None),
    ("leaf-for-clients inter", &["2 1 1 inter"], None),
    ("leaf-for-servers inter", &["2 1 1 inter"], None),
    ("leaf-for-documents inter", &["2 1 1 inter"], None),
    ("leaf-of-bare root-bare", &["2 1 1 root-bare"], None),
    ("leaf-of-bare", &["2 0 0 root-bare"], None),
    ("leaf-of-signs root-signs", &["2 1 1 root-signs"], None),
    ("leaf-cn-only", &["2 0 0 inter-forbids"], None),
    ("leaf inter-printable", &["2 1 1 inter-printable"], None),
    ("leaf inter-for-anything", &["2 1 1 inter-for-anything"], None),
    ("leaf inter-unknown-critical", &["2 1 1 inter-unknown-critical"], None),
    ("leaf-critical-policies inter", &["2 1 1 inter"], None),
    // Several certificates of the same CA: OpenSSL follows one of them and does not try the others.
    ("leaf-other-id inter", &["2 1 1 inter"], Some((3, "RFC 4158 section 3.5.12: a client may ignore key identifiers"))),
    ("leaf inter inter-path-0", &["2 0 1 inter-path-0"], Some((3, "RFC 4158 section 2.2: a client may follow either"))),
    ("leaf inter inter-path-0", &["2 0 1 inter"], None),
    ("leaf inter inter-path-0", &["2 1 1 inter"], None),
    ("leaf-of-sub sub inter inter-path-0", &["2 1 1 inter"], None),
    // Names.
    ("leaf-wrong-name inter", &["2 1 1 inter"], None),
    ("leaf-cn-only inter", &["2 1 1 inter"], None),
    ("leaf-cn-beside-san inter", &["2 1 1 inter"], None),
    ("leaf-wildcard inter", &["2 1 1 inter"], None),
    ("leaf-wildcard-wide inter", &["2 1 1 inter"], None),
    ("leaf-wildcard-deep inter", &["2 1 1 inter"], None),
    ("leaf-wildcard-partial inter", &["2 1 1 inter"], Some((1, "RFC 7672 section 3.2.3: a wildcard is a whole label"))),
    ("leaf-wildcard-cn inter", &["2 1 1 inter"], None),
    ("leaf-upper-case inter", &["2 1 1 inter"], None),
    // Several records: one match is enough, weaker digests are ignored, and unusable records do no harm.
    ("leaf inter", &["3 1 1 leaf", "3 1 1 leaf-expired"], None),
    ("leaf inter", &["3 1 1 leaf-expired", "2 1 1 inter"], None),
    ("leaf inter", &["3 1 1 leaf-expired", "2 1 1 stranger"], None),
    ("leaf inter", &["3 1 1 leaf", "3 1 2 leaf-expired"], None),
    ("leaf inter", &["3 1 1 leaf-expired", "3 1 2 leaf"], None),
    ("leaf inter", &["3 1 1 leaf", "3 0 2 leaf-expired"], None),
    ("leaf inter", &["3 1 0 leaf", "3 1 2 leaf-expired"], None),
    ("leaf inter", &["2 1 1 inter", "2 1 2 stranger"], None),
    ("leaf inter", &["2 1 1 inter", "3 1 2 leaf-expired"], None),
    ("leaf inter", &["3 1 1 leaf", "4 1 1 leaf"], None),
    ("leaf inter", &["3 1 1 leaf", "3 2 1 leaf"], None),
    ("leaf inter", &["3 1 1 leaf", "3 1 3 leaf"], None),
    ("leaf inter", &["3 1 1 leaf", "3 1 2 abcd"], None),
    ("leaf inter", &["4 1 1 leaf"], None),
    ("leaf inter", &["3 1 1 abcd"], None),
    ("leaf inter", &["3 0 0 abcd"], None),
    ("leaf inter", &["255 255 255 abcd"], None),
    ("leaf inter", &["3 1 1 0000000000000000000000000000000000000000000000000000000000000001"], None),
    ("leaf-wrong-name inter", &["3 1 1 leaf-wrong-name", "2 1 1 inter"], None),
    // Usages 0 and 1, with the root in the trust store.
    ("leaf inter", &["1 1 1 leaf"], None),
    ("leaf inter", &["1 0 1 leaf"], None),
    ("leaf", &["1 1 1 leaf"], None),
    ("leaf-wrong-name inter", &["1 1 1 leaf-wrong-name"], None),
    ("leaf-expired inter", &["1 1 1 leaf-expired"], None),
    ("self-signed", &["1 1 1 self-signed"], None),
    ("leaf inter", &["0 1 1 inter"], None),
    ("leaf inter root", &["0 1 1 root"], None),
    ("leaf inter", &["0 1 1 root"], None),
    ("leaf inter", &["0 1 1 leaf"], None),
    ("leaf inter", &["0 1 1 stranger"], None),
    ("leaf-wrong-name inter", &["0 1 1 inter"], None),
];

#[test]
#[ignore = "needs openssl"]
fn check_agrees_with_openssl() {
    assert!(CASES.len() >= 60);
    let world = World::new();
    let court = Court::new("openssl-table", &world.certificates["root"]);
    let mut by_chain: HashMap<&str, Vec<&Case>> = HashMap::new();
    for case in CASES {
        by_chain.entry(case.0).or_default().push(case);
    }
    let (mut agreed, mut wrong) = ((0, 0), Vec::new());
    for (chain, cases) in by_chain {
        let names: Vec<&str> = chain.split(' ').collect();
        let pem: String = names.iter().map(|name| world.certificates[name].as_str()).collect();
        let (mut server, served) = court.serve(&pem, &world.keys[names[0]]);
        for (_, records, difference) in cases {
            let rdata: Vec<String> = records.iter().map(|record| world.rdata(&court, record)).collect();
            // If all records are unusable, the server is not authenticated, whatever the trust store contains.
            let yes = court.openssl_accepts(&mut server, &rdata);
            let ours = court.check(&served, &rdata);
            match (yes, ours, difference) {
                (true, 0, None) => agreed.0 += 1,
                (false, 1, None) => agreed.1 += 1,
                // `check` must not pass a case in which it differs from OpenSSL, and a listed difference must still
                // exist.
                (_, 1..=3, Some((status, _))) if ours == *status && (yes || ours != 1) => {}
                _ => wrong.push(format!("{chain} {records:?}: OpenSSL {yes}, check {ours}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Each answer must occur often enough to make the comparison meaningful.
    assert!(agreed.0 >= 25 && agreed.1 >= 25, "{agreed:?}");
}
