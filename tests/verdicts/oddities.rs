//! What may be odd about a certificate: a name for people, and the change.

use crate::chance::Choices;
use crate::craft::{Extension, Plan};
use crate::der::{integer, seq, tlv};
use crate::extensions::{
    ALT_NAME, ANY_PURPOSE, AUTHORITY_ID, BASIC, CERT_SIGN, CLIENT, CONSTRAINTS, CRL_SIGN, DIGITAL_SIGNATURE,
    EXTENDED, KEY_AGREEMENT, KEY_ENCIPHERMENT, KEY_USAGE, MS_SGC, NETSCAPE, NS_SGC, POLICIES, SERVER,
    SUBJECT_ID, UNKNOWN, alt_names, bounded_constraint, ca, constraints, directory, dns, extended, ip,
    key_usage, mail, netscape, no_ca, other_name, policies, proxy, rare, subject_id, timestamps, uri,
};
use crate::names::{Spelling, name};
use crate::numbers::Numbers;

/// 2026-09-21, the time of all verdicts.
pub(crate) const NOW: i64 = 1_790_000_000;
const NOW_TEXT: &str = "260921141320Z";

pub(crate) fn utc(text: &str) -> Vec<u8> {
    tlv(23, text.as_bytes())
}

pub(crate) fn generalized(text: &str) -> Vec<u8> {
    tlv(24, text.as_bytes())
}

/// Whether a date of a plan is the very second of the verdicts.
pub(crate) fn is_on_the_second(plan: &Plan) -> bool {
    [&plan.not_before, &plan.not_after].contains(&&utc(NOW_TEXT))
}

/// Whether a plan is out of date, or has dates that some clients cannot read.
pub(crate) fn has_odd_dates(plan: &Plan) -> bool {
    let early = [utc("200101000000Z"), generalized("20200101000000Z")];
    !early.contains(&plan.not_before) || plan.not_after != generalized("20990101000000Z")
}

type Change = fn(&mut Plan, &mut Numbers);

/// Of CAs and servers alike.
const OF_ANY: &[(&str, Change)] = &[
    ("expired", |plan, _| plan.not_after = utc("210101000000Z")),
    ("expired", |plan, _| plan.not_after = generalized("20210101000000Z")),
    ("in the future", |plan, _| plan.not_before = utc("490101000000Z")),
    ("ends now", |plan, _| plan.not_after = utc(NOW_TEXT)),
    ("starts now", |plan, _| plan.not_before = utc(NOW_TEXT)),
    ("unreadable notAfter", |plan, _| plan.not_after = utc("991332000000Z")),
    ("notAfter without seconds", |plan, _| plan.not_after = utc("4901010000Z")),
    ("notBefore with an offset", |plan, _| plan.not_before = utc("200101000000+0100")),
    ("notAfter with a fraction", |plan, _| plan.not_after = generalized("20990101000000.5Z")),
    ("GeneralizedTime before 2050", |plan, _| plan.not_before = generalized("20200101000000Z")),
    ("ends before it starts", |plan, _| {
        plan.not_before = utc("250101000000Z");
        plan.not_after = utc("240101000000Z");
    }),
    ("forged", |plan, _| plan.forged = true),
    ("SHA-1", |plan, _| plan.digest = "sha1"),
    ("SHA-384", |plan, _| plan.digest = "sha384"),
    ("SHA-512", |plan, _| plan.digest = "sha512"),
    ("SHA-224", |plan, _| plan.digest = "sha224"),
    ("two algorithms", |plan, _| plan.other_algorithm = Some("sha512")),
    ("version 1", |plan, _| {
        plan.version = 1;
        plan.extensions.clear();
    }),
    ("version 1 with extensions", |plan, _| plan.version = 1),
    ("version 2", |plan, _| plan.version = 2),
    ("serial 0", |plan, _| plan.serial = 0),
    ("no extensions", |plan, _| plan.extensions.clear()),
    ("no basicConstraints", |plan, _| plan.without(BASIC)),
    ("CA:FALSE", |plan, _| plan.set(no_ca(None))),
    ("pathlen without CA", |plan, _| plan.set(no_ca(Some(0)))),
    ("basicConstraints garbage", |plan, _| plan.set(Extension::new(BASIC, tlv(5, &[])))),
    ("negative pathlen", |plan, _| {
        plan.set(Extension::new(BASIC, seq(&[tlv(1, &[0xff]), tlv(2, &[0xff])])));
    }),
    ("no keyUsage", |plan, _| plan.without(KEY_USAGE)),
    ("keyUsage without bits", |plan, _| plan.set(key_usage(&[]))),
    ("keyUsage certSign", |plan, _| plan.set(key_usage(&[CERT_SIGN]))),
    ("keyUsage cRLSign", |plan, _| plan.set(key_usage(&[CRL_SIGN]))),
    ("keyUsage digitalSignature", |plan, _| plan.set(key_usage(&[DIGITAL_SIGNATURE]))),
    ("keyUsage keyEncipherment", |plan, _| plan.set(key_usage(&[KEY_ENCIPHERMENT]))),
    ("keyUsage keyAgreement", |plan, _| plan.set(key_usage(&[KEY_AGREEMENT]))),
    ("keyUsage nonRepudiation", |plan, _| plan.set(key_usage(&[1]))),
    ("keyUsage garbage", |plan, _| plan.set(Extension::new(KEY_USAGE, tlv(4, &[1])))),
    ("for servers", |plan, _| plan.set(extended(&[SERVER]))),
    ("for clients", |plan, _| plan.set(extended(&[CLIENT]))),
    ("for any purpose", |plan, _| plan.set(extended(&[ANY_PURPOSE]))),
    ("for any purpose, critical", |plan, _| plan.set(extended(&[ANY_PURPOSE]).critical())),
    ("for servers and clients", |plan, _| plan.set(extended(&[CLIENT, SERVER]).critical())),
    ("for msSGC", |plan, _| plan.set(extended(&[MS_SGC]))),
    ("for nsSGC", |plan, _| plan.set(extended(&[NS_SGC]))),
    ("for an unknown purpose", |plan, _| plan.set(extended(&[UNKNOWN]))),
    ("for nothing", |plan, _| plan.set(extended(&[]))),
    ("extendedKeyUsage garbage", |plan, _| plan.set(Extension::new(EXTENDED, tlv(5, &[])))),
    ("nsCertType server", |plan, _| plan.set(netscape(&[1]))),
    ("nsCertType client", |plan, _| plan.set(netscape(&[0]))),
    ("nsCertType SSL CA", |plan, _| plan.set(netscape(&[5]))),
    ("nsCertType mail CA", |plan, _| plan.set(netscape(&[6]))),
    ("nsCertType without bits", |plan, _| plan.set(netscape(&[]))),
    ("nsCertType garbage", |plan, _| plan.set(Extension::new(NETSCAPE, tlv(4, &[1])))),
    ("unknown extension", |plan, _| plan.set(Extension::new(UNKNOWN, tlv(5, &[])))),
    ("unknown critical extension", |plan, _| plan.set(Extension::new(UNKNOWN, tlv(5, &[])).critical())),
    ("critical timestamps", |plan, _| plan.set(timestamps().critical())),
    ("timestamps", |plan, _| plan.set(timestamps())),
    ("policies", |plan, _| plan.set(policies(&["2.23.140.1.2.1"]))),
    ("critical policies", |plan, _| plan.set(policies(&["2.5.29.32.0"]).critical())),
    ("policies garbage", |plan, _| plan.set(Extension::new(POLICIES, tlv(5, &[])))),
    ("the same policy twice", |plan, _| plan.set(policies(&["2.23.140.1.2.1", "2.23.140.1.2.1"]))),
    ("proxy", |plan, _| plan.set(proxy())),
    ("rare extension", |plan, numbers| plan.set(some_rare(numbers))),
    ("rare critical extension", |plan, numbers| plan.set(some_rare(numbers).critical())),
    ("no subject identifier", |plan, _| plan.without(SUBJECT_ID)),
    ("other subject identifier", |plan, _| plan.set(subject_id(&[9; 20]))),
    ("empty subject identifier", |plan, _| plan.set(subject_id(&[]))),
    ("critical subject identifier", |plan, _| critical(plan, SUBJECT_ID)),
    ("subject identifier garbage", |plan, _| plan.set(Extension::new(SUBJECT_ID, tlv(5, &[])))),
    ("no authority identifier", |plan, _| plan.without(AUTHORITY_ID)),
    ("critical authority identifier", |plan, _| critical(plan, AUTHORITY_ID)),
    ("authority identifier garbage", |plan, _| plan.set(Extension::new(AUTHORITY_ID, tlv(5, &[])))),
    ("empty authority identifier", |plan, _| plan.set(Extension::new(AUTHORITY_ID, tlv(0x30, &[])))),
    ("an extension twice", |plan, numbers| {
        let at = numbers.below(plan.extensions.len());
        if let Some(extension) = plan.extensions.get(at).cloned() {
            plan.extensions.push(extension);
        }
    }),
    ("trailing octets in an extension", |plan, numbers| {
        let at = numbers.below(plan.extensions.len());
        if let Some(extension) = plan.extensions.get_mut(at) {
            extension.content.push(0);
        }
    }),
];

const OF_CAS: &[(&str, Change)] = &[
    ("pathlen 0", |plan, _| plan.set(ca(Some(0)))),
    ("pathlen 1", |plan, _| plan.set(ca(Some(1)))),
    ("pathlen 2", |plan, _| plan.set(ca(Some(2)))),
    ("CA not critical", |plan, _| plan.set(Extension { critical: false, ..ca(None) })),
    ("permits example.com", |plan, _| plan.set(constraints(&[dns("example.com")], &[]))),
    ("permits .example.com", |plan, _| plan.set(constraints(&[dns(".example.com")], &[]))),
    ("permits other.test", |plan, _| plan.set(constraints(&[dns("other.test")], &[]))),
    ("permits all DNS names", |plan, _| plan.set(constraints(&[dns("")], &[]))),
    ("excludes example.com", |plan, _| plan.set(constraints(&[], &[dns("Example.COM")]))),
    ("excludes other.test", |plan, _| plan.set(constraints(&[], &[dns("other.test")]))),
    ("excludes a.mx.example.com", |plan, _| plan.set(constraints(&[], &[dns("a.mx.example.com")]))),
    ("permits example.com, not critical", |plan, _| {
        plan.set(Extension { critical: false, ..constraints(&[dns("example.com")], &[]) });
    }),
    ("permits example.com, no addresses", |plan, _| {
        plan.set(constraints(&[dns("example.com")], &[ip(&[0; 8]), ip(&[0; 32])]));
    }),
    ("permits 192.0.2.0/24", |plan, _| {
        plan.set(constraints(&[ip(&[192, 0, 2, 0, 255, 255, 255, 0])], &[]));
    }),
    ("address constraint of 5 octets", |plan, _| plan.set(constraints(&[], &[ip(&[0; 5])]))),
    ("permits mail", |plan, _| plan.set(constraints(&[mail("example.com")], &[]))),
    ("excludes URIs", |plan, _| plan.set(constraints(&[], &[uri(".example.com")]))),
    ("permits a directory", |plan, numbers| {
        let of = numbers.pick(&["mx.example.com", "CA 0", "other"]);
        plan.set(constraints(&[directory(&name(of, Spelling::Utf8))], &[]));
    }),
    ("excludes a directory", |plan, numbers| {
        let of = numbers.pick(&["mx.example.com", "CA 0", "other"]);
        plan.set(constraints(&[], &[directory(&name(of, Spelling::Utf8))]));
    }),
    ("excludes other names", |plan, _| plan.set(constraints(&[], &[other_name()]))),
    ("minimum 0", |plan, _| plan.set(bounded_constraint("example.com", Some(0), None))),
    ("minimum 1", |plan, _| plan.set(bounded_constraint("example.com", Some(1), None))),
    ("maximum", |plan, _| plan.set(bounded_constraint("example.com", None, Some(3)))),
    ("empty constraints", |plan, _| plan.set(constraints(&[], &[]))),
    ("constraints garbage", |plan, _| plan.set(Extension::new(CONSTRAINTS, tlv(5, &[])))),
    ("subjectAltName", |plan, _| plan.set(alt_names(&[dns("ca.other.test")]))),
];

const OF_SERVERS: &[(&str, Change)] = &[
    ("another name", |plan, _| plan.set(alt_names(&[dns("other.test")]))),
    ("wildcard", |plan, _| plan.set(alt_names(&[dns("*.example.com")]))),
    ("wide wildcard", |plan, _| plan.set(alt_names(&[dns("*.com")]))),
    ("partial wildcard", |plan, _| plan.set(alt_names(&[dns("m*.example.com")]))),
    ("wildcard and name", |plan, _| plan.set(alt_names(&[dns("*.test"), dns("MX.Example.COM")]))),
    ("name with a dot at its end", |plan, _| plan.set(alt_names(&[dns("mx.example.com.")]))),
    ("name with a NUL", |plan, _| plan.set(alt_names(&[dns("mx.example.com\0.test")]))),
    ("address only", |plan, _| plan.set(alt_names(&[ip(&[192, 0, 2, 1])]))),
    ("address and name", |plan, _| plan.set(alt_names(&[ip(&[192, 0, 2, 1]), dns("mx.example.com")]))),
    ("mail only", |plan, _| plan.set(alt_names(&[mail("postmaster@example.com")]))),
    ("URI and name", |plan, _| {
        plan.set(alt_names(&[uri("https://www.example.com/"), dns("mx.example.com")]));
    }),
    ("directory name and name", |plan, _| {
        plan.set(alt_names(&[directory(&name("other", Spelling::Utf8)), dns("mx.example.com")]));
    }),
    ("other name and name", |plan, _| plan.set(alt_names(&[other_name(), dns("mx.example.com")]))),
    ("common name only", |plan, _| plan.without(ALT_NAME)),
    ("common name only", |plan, _| plan.without(ALT_NAME)),
    ("critical subjectAltName", |plan, _| critical(plan, ALT_NAME)),
    ("subjectAltName garbage", |plan, _| plan.set(Extension::new(ALT_NAME, tlv(5, &[])))),
    ("empty subjectAltName", |plan, _| plan.set(alt_names(&[]))),
    ("other common name", |plan, _| plan.subject = name("other.test", Spelling::Utf8)),
    ("mail in the subject", |plan, _| {
        plan.subject =
            seq(&[tlv(0x31, &seq(&[crate::der::oid("1.2.840.113549.1.9.1"), tlv(22, b"ca@other.test")]))]);
    }),
    ("empty subject", |plan, _| plan.subject = seq::<Vec<u8>>(&[])),
    ("CA:TRUE", |plan, _| plan.set(ca(None))),
    ("CA:TRUE pathlen 0", |plan, _| plan.set(ca(Some(0)))),
    ("huge serial", |plan, _| plan.serial = u64::MAX),
    ("constraints on a server", |plan, _| plan.set(constraints(&[dns("other.test")], &[]))),
    ("constraints on itself", |plan, _| {
        plan.set(constraints(&[], &[directory(&name("x", Spelling::Utf8)), dns("example.com")]));
    }),
    ("inhibitAnyPolicy", |plan, _| plan.set(Extension::new("2.5.29.54", integer(0)).critical())),
];

fn critical(plan: &mut Plan, id: &str) {
    if let Some(extension) = plan.extension(id) {
        extension.critical = true;
    }
}

fn some_rare(numbers: &mut Numbers) -> Extension {
    let mut all = rare();
    all.swap_remove(numbers.below(all.len()))
}

/// Applies one oddity of this kind.
pub(crate) fn spoil(plan: &mut Plan, is_server: bool, numbers: &mut Numbers) {
    let own = if is_server { OF_SERVERS } else { OF_CAS };
    // Each kind about as often as its own table is long, twice.
    let (label, change) = match numbers.below(OF_ANY.len() + own.len() * 2) {
        at if at < OF_ANY.len() => OF_ANY[at],
        at => own[(at - OF_ANY.len()) / 2],
    };
    change(plan, numbers);
    plan.label.push_str(", ");
    plan.label.push_str(label);
}
