//! Ordinary certificates with a long validity period, as a starting point for tests.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyUsagePurpose, SanType, date_time_ymd};

/// Parameters with a subject and an authority key identifier, but without basicConstraints.
pub(crate) fn base(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2099, 1, 1);
    params.use_authority_key_identifier_extension = true;
    params
}

/// Parameters of a CA that may sign certificates and CRLs.
pub(crate) fn ca(common_name: &str) -> CertificateParams {
    let mut params = base(common_name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// Parameters of a server certificate with these DNS names.
pub(crate) fn leaf(common_name: &str, names: &[&str]) -> CertificateParams {
    let mut params = base(common_name);
    params.subject_alt_names = dns_names(names);
    params.is_ca = IsCa::ExplicitNoCa;
    params
}

/// Returns `names` as subject alternative names.
pub(crate) fn dns_names(names: &[&str]) -> Vec<SanType> {
    names.iter().map(|name| SanType::DnsName((*name).try_into().unwrap())).collect()
}
