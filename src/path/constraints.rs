//! Name constraints: RFC 5280 section 4.2.1.10, as OpenSSL applies them (v3_ncons.c).

use crate::owner::HostName;
use crate::x509::{Attribute, Certificate, GeneralName, Kind, NameConstraints, Subtree, canonical_name};

/// Upper bound on comparisons of a name with a subtree for one pair of certificates, as in OpenSSL.
const MOST_COMPARISONS: usize = 1 << 20;

const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const EMAIL_ADDRESS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01];
/// id-on-SmtpUTF8Mailbox (RFC 9598), an otherName that is a mail address.
const UTF8_MAILBOX: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x08, 0x09];

/// The names of a certificate that name constraints limit.
pub(super) struct Names<'a> {
    /// The subject, in the form in which names are compared; `None` if it is empty.
    subject: Option<&'a [u8]>,
    attributes: Vec<Attribute<'a>>,
    alternative: Vec<GeneralName<'a>>,
    /// The directory names among the alternative names, in the form in which names are compared.
    directories: Vec<Vec<u8>>,
}

impl<'a> Names<'a> {
    pub(super) fn of(certificate: &'a Certificate) -> Self {
        let attributes = certificate.subject_attributes();
        let subject = certificate.subject_canonical().filter(|_| !attributes.is_empty());
        let alternative = certificate.general_names();
        let directories = alternative.iter().filter(|name| name.kind == Kind::Directory);
        // A name that cannot be read would be a defect of the extension.
        let directories = directories.filter_map(|name| canonical_name(name.content)).collect();
        Self { subject, attributes, alternative, directories }
    }

    /// The number of names.
    pub(super) fn len(&self) -> usize {
        self.attributes.len() + self.alternative.len()
    }

    /// The number of comparisons with the subtrees of `constraints`.
    pub(super) fn comparisons(&self, constraints: &NameConstraints<'_>) -> usize {
        self.len().saturating_mul(constraints.permitted.len() + constraints.excluded.len())
    }

    /// Whether each name is within `constraints`; for an end entity without a DNS name, common names that are host
    /// names count as DNS names.
    pub(super) fn are_within(&self, constraints: &NameConstraints<'_>, is_end_entity: bool) -> bool {
        if self.comparisons(constraints) > MOST_COMPARISONS {
            return false;
        }
        let subject = self.subject.map(Name::Directory);
        let mut mails = self.attributes.iter().filter(|attribute| attribute.oid == EMAIL_ADDRESS);
        let has_dns = self.alternative.iter().any(|name| name.kind == Kind::Dns);
        let is_host = is_end_entity && !has_dns;
        let texts = self.attributes.iter().filter(|attribute| attribute.oid == COMMON_NAME && is_host);
        let hosts: Option<Vec<String>> = texts.map(Attribute::text).collect();
        let Some(hosts) = hosts else { return false };
        // OpenSSL ignores final NULs of a common name and rejects inner ones.
        let hosts: Vec<&str> = hosts.iter().map(|host| host.trim_end_matches('\0')).collect();
        !hosts.iter().any(|host| host.contains('\0'))
            && subject.is_none_or(|name| name.is_within(constraints))
            && mails.all(|mail| mail.ia5().is_some_and(|mail| Name::Mail(mail).is_within(constraints)))
            && self.alternative.iter().filter_map(Name::of).all(|name| name.is_within(constraints))
            && self.directories.iter().all(|name| Name::Directory(name).is_within(constraints))
            && (hosts.into_iter().filter(|host| is_dns_name(host)))
                .all(|host| Name::Dns(host.as_bytes()).is_within(constraints))
    }
}

/// Whether a common name is a DNS name of two labels or more: OpenSSL's cn2dnsid.
fn is_dns_name(text: &str) -> bool {
    let octets = text.as_bytes();
    let mut has_dot = false;
    for (place, octet) in octets.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|place| octets.get(place));
        match (octet, before, octets.get(place + 1)) {
            (b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_', ..) => {}
            (b'-', Some(_), Some(_)) => {}
            (b'.', Some(before), Some(after)) if *before != b'-' && !b".-".contains(after) => has_dot = true,
            _ => return false,
        }
    }
    has_dot
}

/// A name to compare with the base of a subtree.
#[derive(Debug, Clone, Copy)]
enum Name<'a> {
    /// A directory name, in the form in which names are compared.
    Directory(&'a [u8]),
    Dns(&'a [u8]),
    Mail(&'a [u8]),
    Uri(&'a [u8]),
    Ip(&'a [u8]),
    Other(GeneralName<'a>),
}

/// The result of comparing a name with the base of a subtree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Inside,
    Outside,
    /// Clients reject the certificate, because they cannot compare the two.
    Impossible,
}

impl Comparison {
    fn of(is_inside: bool) -> Self {
        if is_inside { Self::Inside } else { Self::Outside }
    }
}

impl<'a> Name<'a> {
    /// Returns the name to compare; `None` for a directory name.
    fn of(name: &GeneralName<'a>) -> Option<Self> {
        Some(match name.kind {
            Kind::Dns => Self::Dns(name.content),
            Kind::Mail => Self::Mail(name.content),
            Kind::Uri => Self::Uri(name.content),
            Kind::Ip => Self::Ip(name.content),
            Kind::Directory => return None,
            _ => Self::Other(*name),
        })
    }

    fn is_within(self, constraints: &NameConstraints<'_>) -> bool {
        let mut is_inside = None;
        for subtree in constraints.permitted.iter().filter(|subtree| self.has_type_of(&subtree.base)) {
            if subtree.has_range {
                return false;
            }
            if is_inside != Some(true) {
                match self.compare(subtree) {
                    Comparison::Inside => is_inside = Some(true),
                    Comparison::Outside => is_inside = Some(false),
                    Comparison::Impossible => return false,
                }
            }
        }
        let mut excluded = constraints.excluded.iter().filter(|subtree| self.has_type_of(&subtree.base));
        is_inside != Some(false)
            && excluded.all(|subtree| !subtree.has_range && self.compare(subtree) == Comparison::Outside)
    }

    fn has_type_of(self, base: &GeneralName<'_>) -> bool {
        match self {
            Self::Directory(_) => base.kind == Kind::Directory,
            Self::Dns(_) => base.kind == Kind::Dns,
            Self::Mail(_) => base.kind == Kind::Mail,
            Self::Uri(_) => base.kind == Kind::Uri,
            Self::Ip(_) => base.kind == Kind::Ip,
            Self::Other(name) => match name.other_oid() {
                Some(UTF8_MAILBOX) => base.kind == Kind::Mail,
                oid => base.kind == name.kind && base.other_oid() == oid,
            },
        }
    }

    fn compare(self, subtree: &Subtree<'_>) -> Comparison {
        let base = subtree.base.content;
        match self {
            Self::Directory(name) => match &subtree.canonical {
                Some(base) => Comparison::of(name.starts_with(base)),
                None => Comparison::Impossible,
            },
            Self::Dns(name) => Comparison::of(is_dns_below(name, base)),
            Self::Mail(mail) => compare_mail(mail, base),
            Self::Uri(uri) => compare_uri(uri, base),
            Self::Ip(address) => compare_ip(address, base),
            Self::Other(_) => Comparison::Impossible,
        }
    }
}

fn ends_with(text: &[u8], end: &[u8]) -> bool {
    let start = text.len().checked_sub(end.len());
    start.and_then(|start| text.get(start..)).is_some_and(|last| last.eq_ignore_ascii_case(end))
}

/// Whether `name` is `base` or below it. A base with a dot in front contains only the names below.
fn is_dns_below(name: &[u8], base: &[u8]) -> bool {
    let before = name.len().checked_sub(base.len() + 1).and_then(|place| name.get(place));
    let at_label = name.len() == base.len() || base.first() == Some(&b'.') || before == Some(&b'.');
    base.is_empty() || ends_with(name, base) && at_label
}

/// The base is a mailbox, a host, or a domain with a dot in front.
fn compare_mail(mail: &[u8], base: &[u8]) -> Comparison {
    let at = |text: &[u8]| text.iter().rposition(|octet| *octet == b'@');
    let Some((user, host)) = at(mail).and_then(|at| Some((mail.get(..at)?, mail.get(at + 1..)?))) else {
        return Comparison::Impossible;
    };
    let base_parts = at(base).and_then(|at| Some((base.get(..at)?, base.get(at + 1..)?)));
    match base_parts {
        None if base.first() == Some(&b'.') => {
            Comparison::of(mail.len() > base.len() && ends_with(mail, base))
        }
        None => Comparison::of(host.eq_ignore_ascii_case(base)),
        Some((base_user, base_host)) => {
            let has_nul = [user, base_user].iter().any(|text| text.contains(&0));
            if !base_user.is_empty() && base_user.len() == user.len() && has_nul {
                return Comparison::Impossible;
            }
            let same_user = base_user.is_empty() || base_user == user;
            Comparison::of(same_user && host.eq_ignore_ascii_case(base_host))
        }
    }
}

/// The base is a host, or a domain with a dot in front.
fn compare_uri(uri: &[u8], base: &[u8]) -> Comparison {
    let colon = uri.iter().position(|octet| *octet == b':');
    let Some(rest) = colon.and_then(|colon| uri.get(colon + 1..)?.strip_prefix(b"//")) else {
        return Comparison::Impossible;
    };
    let end = [b':', b'/'].iter().find_map(|end| rest.iter().position(|octet| octet == end));
    match rest.get(..end.unwrap_or(rest.len())) {
        None | Some([]) => Comparison::Impossible,
        Some(host) if base.first() == Some(&b'.') => {
            Comparison::of(host.len() > base.len() && ends_with(host, base))
        }
        Some(host) => Comparison::of(host.eq_ignore_ascii_case(base)),
    }
}

/// The base is an address and a mask.
fn compare_ip(address: &[u8], base: &[u8]) -> Comparison {
    if ![4, 16].contains(&address.len()) || ![8, 32].contains(&base.len()) {
        return Comparison::Impossible;
    }
    let Some((network, mask)) =
        base.split_at_checked(address.len()).filter(|_| base.len() == 2 * address.len())
    else {
        return Comparison::Outside;
    };
    let masked =
        |octets: &[u8]| -> Vec<u8> { octets.iter().zip(mask).map(|(octet, mask)| octet & mask).collect() };
    Comparison::of(masked(address) == masked(network))
}

/// The texts of `names`, for messages.
pub(super) fn listed(names: &[HostName]) -> String {
    names.iter().map(HostName::as_str).collect::<Vec<_>>().join(" or ")
}
