//! Certificates with long dates and nothing odd, for tests to change.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyUsagePurpose, SanType, date_time_ymd};

/// A subject and an authority key identifier, and no word on being a CA.
pub(crate) fn base(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2099, 1, 1);
    params.use_authority_key_identifier_extension = true;
    params
}

/// A CA that may sign certificates and lists of revoked ones.
pub(crate) fn ca(common_name: &str) -> CertificateParams {
    let mut params = base(common_name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// A server's certificate with these DNS names.
pub(crate) fn leaf(common_name: &str, names: &[&str]) -> CertificateParams {
    let mut params = base(common_name);
    params.subject_alt_names = dns_names(names);
    params.is_ca = IsCa::ExplicitNoCa;
    params
}

/// Subject alternative names.
pub(crate) fn dns_names(names: &[&str]) -> Vec<SanType> {
    names.iter().map(|name| SanType::DnsName((*name).try_into().unwrap())).collect()
}
