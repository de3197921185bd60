//! Which data of an entry is read, and in which form: name servers refuse a zone with any other data.

use domain::base::iana::Rtype;

use super::RecordsProblem;
use super::entries::Words;
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

/// Algorithms of keys that have a name beside their number (RFC 4034 appendix A.1).
const ALGORITHMS: [&str; 10] = [
    "RSAMD5",
    "DSA",
    "RSASHA1",
    "RSASHA256",
    "RSASHA512",
    "ECDSAP256SHA256",
    "ECDSAP384SHA384",
    "ED25519",
    "ED448",
    "NSEC3RSASHA1",
];

/// Whether the data of an entry is read: `data` of the type that `word` names.
pub(super) fn is_read(record_type: Rtype, word: &str, mut data: Words) -> bool {
    let text = data.rest();
    // The `domain` crate reads only printable ASCII in text, and only the numbers of algorithms.
    let is_printable = |octet: u8| octet == b' ' || octet.is_ascii_graphic();
    match record_type {
        _ if HAS_STRINGS.contains(&record_type) && !text.bytes().all(is_printable) => false,
        // The data of any type may be in the form of RFC 3597, and that of a type without a name must be.
        _ if text.trim_start().starts_with("\\#") || is_numbered(word) => true,
        Rtype::DS | Rtype::CDS | Rtype::DNSKEY | Rtype::CDNSKEY => {
            // dig may print `[omitted]` for the key.
            !data.any(|word| is_algorithm(word) || word.starts_with('['))
        }
        _ => READ.contains(&record_type),
    }
}

fn is_numbered(word: &str) -> bool {
    word.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("TYPE"))
}

fn is_algorithm(word: &str) -> bool {
    ALGORITHMS.iter().any(|name| name.eq_ignore_ascii_case(word))
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
    let is_after_numbers = [Rtype::CAA, Rtype::NAPTR, Rtype::SVCB, Rtype::HTTPS, Rtype::URI].contains(&known);
    let is_quoted = match has_strings {
        false => data.rest().contains('"'),
        true => {
            let is_plain =
                |word: &str| !word.contains('"') && word.bytes().all(|octet| octet.is_ascii_graphic());
            is_after_numbers && !data.clone().take(2).all(is_plain)
                || known == Rtype::NAPTR && !data.clone().skip(5).all(is_plain)
        }
    };
    let generic = data.rest().trim_start().strip_prefix("\\#");
    if is_quoted || generic.is_some_and(|hex| hex.contains(['\\', '"'])) {
        return Err(RecordsProblem::Quoted { record_type: word.to_owned() });
    }
    let fewest = match known {
        _ if generic.is_some() => 0,
        Rtype::SSHFP => 3,
        Rtype::RRSIG => 9,
        Rtype::DS | Rtype::CDS | Rtype::DNSKEY | Rtype::CDNSKEY if data.rest().contains('[') => 3,
        Rtype::DS | Rtype::CDS | Rtype::DNSKEY | Rtype::CDNSKEY | Rtype::ZONEMD => 4,
        _ => 0,
    };
    if !has_strings && has_empty_label(data.rest()) {
        return unreadable("empty label");
    }
    match data.take(fewest).count() < fewest {
        true => unreadable("unexpected end of entry"),
        false => Ok(()),
    }
}
