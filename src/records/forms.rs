//! Which data of an entry is read, and in which form: name servers refuse a zone with any other data.

use std::borrow::Cow;

use domain::base::iana::Rtype;

use super::RecordsProblem;
use super::entries::Words;
use super::head::seconds;
use super::reader::has_empty_label;

/// Types whose data the `domain` crate reads as name servers do. The data of other types is passed over.
const READ: [Rtype; 26] = [
    Rtype::TLSA,
    Rtype::CNAME,
    Rtype::A,
    Rtype::AAAA,
    Rtype::NS,
    Rtype::SOA,
    Rtype::MX,
    Rtype::TXT,
    Rtype::SRV,
    Rtype::PTR,
    Rtype::DNAME,
    Rtype::CAA,
    Rtype::HINFO,
    Rtype::RP,
    Rtype::NAPTR,
    Rtype::SSHFP,
    Rtype::OPENPGPKEY,
    Rtype::ZONEMD,
    Rtype::SVCB,
    Rtype::HTTPS,
    Rtype::NSEC3PARAM,
    Rtype::MINFO,
    Rtype::DS,
    Rtype::CDS,
    Rtype::DNSKEY,
    Rtype::CDNSKEY,
];

/// Types whose data may contain text in quotation marks.
const HAS_STRINGS: [Rtype; 17] = [
    Rtype::TXT,
    Rtype::SPF,
    Rtype::HINFO,
    Rtype::CAA,
    Rtype::NAPTR,
    Rtype::SVCB,
    Rtype::HTTPS,
    Rtype::URI,
    Rtype::ISDN,
    Rtype::X25,
    Rtype::GPOS,
    Rtype::AVC,
    Rtype::NINFO,
    Rtype::DOA,
    Rtype::RESINFO,
    Rtype::WALLET,
    Rtype::CLA,
];

/// Names and their numbers.
type Mnemonics = [(&'static str, u16)];

/// Algorithms (RFC 4034 appendix A.1).
const ALGORITHMS: &Mnemonics = &[
    ("RSAMD5", 1),
    ("DH", 2),
    ("DSA", 3),
    ("RSASHA1", 5),
    ("NSEC3DSA", 6),
    ("NSEC3RSASHA1", 7),
    ("RSASHA256", 8),
    ("RSASHA512", 10),
    ("ECCGOST", 12),
    ("ECDSAP256SHA256", 13),
    ("ECDSAP384SHA384", 14),
    ("ED25519", 15),
    ("ED448", 16),
    ("INDIRECT", 252),
    ("PRIVATEDNS", 253),
    ("PRIVATEOID", 254),
];

/// Digest types (RFC 4034 appendix A.2).
const DIGESTS: &Mnemonics =
    &[("SHA-1", 1), ("SHA1", 1), ("SHA-256", 2), ("SHA256", 2), ("GOST", 3), ("SHA-384", 4), ("SHA384", 4)];

/// Protocols (RFC 2535 section 7.1).
const PROTOCOLS: &Mnemonics =
    &[("NONE", 0), ("TLS", 1), ("EMAIL", 2), ("DNSSEC", 3), ("IPSEC", 4), ("ALL", 255)];

/// Flags (RFC 2535 section 7.1).
const FLAGS: &Mnemonics = &[("ZONE", 256), ("ZONE|KSK", 257), ("KSK|ZONE", 257)];

/// Whether data of this type is that of a key, which may start with names.
const fn is_of_key(record_type: Rtype) -> bool {
    matches!(record_type, Rtype::DS | Rtype::CDS | Rtype::DNSKEY | Rtype::CDNSKEY)
}

/// Converts to numbers what BIND reads and the `domain` crate does not: the names in the data of a key, and the units
/// of the times in an SOA record.
pub(super) fn in_numbers(record_type: Rtype, data: &str) -> Cow<'_, str> {
    if record_type != Rtype::SOA && !is_of_key(record_type) {
        return data.into();
    }
    let converted = |(place, word): (usize, &str)| {
        let names = match (record_type, place) {
            (Rtype::SOA, 3..) => return seconds(word).map_or(word.to_owned(), |seconds| seconds.to_string()),
            (Rtype::DS | Rtype::CDS, 1) | (Rtype::DNSKEY | Rtype::CDNSKEY, 2) => ALGORITHMS,
            (Rtype::DS | Rtype::CDS, 2) => DIGESTS,
            (Rtype::DNSKEY | Rtype::CDNSKEY, 0) => FLAGS,
            (Rtype::DNSKEY | Rtype::CDNSKEY, 1) => PROTOCOLS,
            _ => &[],
        };
        let named = names.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
        named.map_or(word.to_owned(), |(_, number)| number.to_string())
    };
    data.split(' ').enumerate().map(converted).collect::<Vec<_>>().join(" ").into()
}

/// Whether the data of an entry is read: `data` of the type that `word` names.
pub(super) fn is_read(record_type: Rtype, word: &str, mut data: Words) -> bool {
    let text = data.rest();
    // The `domain` crate reads only printable ASCII in text.
    let is_printable = |octet: u8| octet == b' ' || octet.is_ascii_graphic();
    match record_type {
        _ if HAS_STRINGS.contains(&record_type) && !text.bytes().all(is_printable) => false,
        // The data of any type may be in the form of RFC 3597, and that of a type without a name must be.
        _ if text.trim_start_matches(' ').starts_with("\\#") || is_numbered(word) => true,
        // dig may print `[omitted]` for the key.
        _ if is_of_key(record_type) => !data.any(|word| word.starts_with('[')),
        // The `domain` crate does not read escapes in the lists of RFC 9460, and no name in quotation marks.
        Rtype::SVCB | Rtype::HTTPS => {
            !text.contains('\\') && !data.nth(1).is_some_and(|target| target.starts_with('"'))
        }
        _ => READ.contains(&record_type),
    }
}

fn is_numbered(word: &str) -> bool {
    word.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("TYPE"))
}

/// Removes the quotation marks around an owner, which BIND, NSD and ldns read; but not if other characters of the owner
/// need them.
pub(super) fn unquoted(owner: &str) -> &str {
    let inner = owner.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || b"_-.*@".contains(&octet);
    inner.filter(|inner| !inner.is_empty() && inner.bytes().all(is_plain)).unwrap_or(owner)
}

/// Checks what the `domain` crate does not.
///
/// Errors: quotation marks outside text, escapes in hex digits, an empty label, or too few words.
pub(super) fn check(
    record_type: Option<Rtype>,
    word: &str,
    owner: &str,
    data: Words,
) -> Result<(), RecordsProblem> {
    let unreadable = |reason: &str| {
        Err(RecordsProblem::Unreadable { what: format!("{word} record"), reason: reason.to_owned() })
    };
    if owner.contains('"') {
        return Err(RecordsProblem::Quoted { record_type: word.to_owned() });
    }
    if has_empty_label(owner) {
        return unreadable("empty label");
    }
    let Some(known) = record_type else { return Ok(()) };
    let has_strings = HAS_STRINGS.contains(&known);
    // Such data starts with two numbers, or with a number and a tag.
    let is_after_numbers = [Rtype::CAA, Rtype::NAPTR, Rtype::URI].contains(&known);
    let is_plain = |word: &str| !word.contains('"') && word.bytes().all(|octet| octet.is_ascii_graphic());
    let is_key = |key: &str| is_plain(key) && !key.contains('\\');
    let has_quote_inside = |word: &str| word.contains('"') && !word.starts_with('"');
    let is_quoted = match known {
        // The target and the values of the parameters may be in quotation marks.
        Rtype::SVCB | Rtype::HTTPS => {
            let keys = data.clone().skip(2).filter_map(|word| word.split('=').next());
            !data.clone().take(1).chain(keys).all(is_key) || data.clone().nth(1).is_some_and(has_quote_inside)
        }
        // A quotation mark ends the word before it, so there is one word too many.
        Rtype::HINFO | Rtype::NAPTR if data.clone().any(has_quote_inside) => true,
        _ if !has_strings => data.rest().contains('"'),
        _ => {
            is_after_numbers && !data.clone().take(2).all(is_key)
                || known == Rtype::NAPTR && !data.clone().skip(5).all(is_plain)
        }
    };
    let generic = data.rest().trim_start_matches(' ').strip_prefix("\\#");
    let is_escaped =
        generic.is_none() && (is_of_key(known) || known == Rtype::SSHFP) && data.rest().contains('\\');
    if is_quoted || is_escaped || generic.is_some_and(|hex| hex.contains(['\\', '"'])) {
        return Err(RecordsProblem::Quoted { record_type: word.to_owned() });
    }
    let fewest = match known {
        _ if generic.is_some() || known == Rtype::APL => 0,
        Rtype::KEY => 3,
        Rtype::SSHFP => 3,
        Rtype::RRSIG => 9,
        _ if is_of_key(known) && data.rest().contains('[') => 3,
        _ if is_of_key(known) || known == Rtype::ZONEMD => 4,
        _ => 1,
    };
    if generic.is_none() && matches!(known, Rtype::SVCB | Rtype::HTTPS) {
        let is_number = |word: &str| word.bytes().all(|octet| octet.is_ascii_digit());
        let mut ports = data.clone().filter_map(|word| word.strip_prefix("port="));
        if !data.clone().take(1).all(is_number) || !ports.all(|port| is_number(port.trim_matches('"'))) {
            return unreadable("expected a decimal number");
        }
    }
    let most = match known {
        _ if generic.is_some() => usize::MAX,
        Rtype::NAPTR => 6,
        Rtype::HINFO => 2,
        _ => usize::MAX,
    };
    if data.clone().nth(most).is_some() {
        return unreadable("trailing tokens");
    }
    if !has_strings && has_empty_label(data.rest()) {
        return unreadable("empty label");
    }
    match data.take(fewest).count() < fewest {
        true => unreadable("unexpected end of entry"),
        false => Ok(()),
    }
}
