//! Zones that all name servers load, and ways to damage them.

use crate::numbers::Numbers;

/// The first lines of each zone. Of the SOA record, only the numbers are damaged, because any text without such a record
/// is not a zone.
pub(crate) const TOP: &str = "$TTL 3600\n$ORIGIN example.\n@ IN SOA ns hostmaster ";

/// The rest of each zone; HEX stands for the digest of the key in fixtures/fullchain-rsa.pem.
pub(crate) const ZONES: [&str; 6] = [
    "1 2h 1h 4w 300\n@ IN NS ns\nns IN A 192.0.2.1\nmx IN A 192.0.2.2\nmx IN AAAA 2001:db8::2\n\
     _25._tcp.mx IN TLSA 3 1 1 HEX\nwww 300 IN CNAME mx\n@ IN MX 10 mx\n@ IN TXT \"v=spf1 mx -all\"\n",
    "( 2026112401 7200 3600 ; comment\n 1209600 300 )\n  NS ns\nns A 192.0.2.1\nmx 1d IN A 192.0.2.2\n\
     _25._tcp.mx 60 IN TLSA ( 3 1 1\n  HEX ) ; the key\nmx IN CAA 0 issue \"ca.example\"\n\
     mx TYPE65534 \\# 2 ABCD\n_443._tcp.mx IN SRV 0 5 443 mx\n",
    "1 7200 3600 1209600 300\n@ NS ns\nns A 192.0.2.1\n_25._tcp.mx IN CNAME tlsa._dane\n\
     tlsa._dane 1h30m IN TYPE52 \\# 35 030101HEX\nmx 3600 A 192.0.2.2\n$ORIGIN sub.example.\n\
     a IN HINFO \"x\" \"y ; z\"\nb IN SSHFP 1 2 HEX\n* IN PTR mx.example.\n",
    "1 7200 3600 1209600 300\n@ IN NS ns\nns IN A 192.0.2.1\n$TTL 1h\n*._tcp.mx TLSA 3 1 1 HEX\n\
     c DS 12345 13 2 HEX\nc NS ns\nd DNAME mx\n_sip NAPTR 100 10 \"u\" \"E2U+sip\" \"\" mx\nmx A \\# 4 C0000202\n",
    "1 7200 3600 1209600 300\n@ IN NS ns\nns IN A 192.0.2.1\n; Transfer failed.\n_25._tcp.mx IN CNAME tlsa.mx\n\
     tlsa.mx IN TLSA 3 1 1 HEX\nsub IN NS ns\n_25._tcp.mx.sub IN TLSA 3 1 1 HEX\nd IN DNAME mx\n_443._tcp.sub IN CNAME mx\n",
    "1 7200 3600 1209600 300\n@ NS ns\nns A 192.0.2.1\n_25._tcp.mx TLSA 3 1 1 HEX\nc NS ns\nc DS 12345 8 2 HEX\n\
     @ DNSKEY 257 3 8 AwEAAQ==\nh HTTPS 1 . alpn=\"h2,h3\" port=443\nh HTTPS 0 mx\nx TXT ( \"a\" \"b\" )\n",
];

/// The digest of the key, computed by OpenSSL.
pub(crate) const HEX: &str = "37576a273a6db2a9a995452c5f3e92bd9854633cb66563e5db0553a3812a36a0";

/// Words that replace others, or that are put between them.
const WORDS: [&str; 64] = [
    "IN",
    "in",
    "CH",
    "HS",
    "ANY",
    "CLASS1",
    "3600",
    "0",
    "1h",
    "1h30",
    "2147483648",
    "99999999999",
    "TLSA",
    "TSLA",
    "tlsa",
    "TYPE52",
    "TYPE052",
    "TYPE65534",
    "TYPE70000",
    "A",
    "AAAA",
    "MX",
    "NS",
    "CNAME",
    "TXT",
    "RRSIG",
    "@",
    ".",
    "*",
    "..",
    "mx",
    "mx.example.",
    "\\#",
    "\\# 0",
    "\\",
    "(",
    ")",
    ";",
    "\"",
    "\"\"",
    "3",
    "256",
    "+3",
    "0x3",
    "aa",
    "a",
    "DNAME",
    "sub",
    "sub.example.",
    "_tcp.mx",
    "tlsa.mx",
    "_25._tcp.mx.other.",
    "other.",
    "example.",
    "8",
    "RSASHA256",
    "SHA-256",
    "SHA256",
    "DNSSEC",
    "ZONE",
    "( (",
    ") )",
    "alpn=\"a\\\\,b\"",
    "no-default-alpn",
];

const LINES: [&str; 32] = [
    "$TTL",
    "$TTL x",
    "$TTL 1 2",
    "$ORIGIN",
    "$ORIGIN example",
    "$ORIGIN example. x",
    "$GENERATE 1-2 h$ A 192.0.2.$",
    "$INCLUDE x",
    "$X",
    " $TTL 300",
    "3 1 1 HEX",
    "mx.example.",
    "mx IN A 192.0.2.300",
    "mx IN MX mx",
    "www IN TXT x",
    "_25._tcp.mx IN CNAME mx",
    "_25._tcp.mx.other. IN TLSA 3 1 1 HEX",
    "_25._tcp.mx CNAME tlsa.other.",
    "mx NS ns",
    "_tcp.mx NS ns",
    "_25._tcp.mx NS ns",
    "sub.mx NS ns",
    "mx DNAME sub",
    "d DNAME sub",
    "@ SOA ns hostmaster 2 7200 3600 1209600 300",
    "_25._tcp.mx DNAME sub",
    "$ORIGIN other.",
    "$ORIGIN sub.example.",
    ";; ERROR: failed to query server",
    "; Transfer failed.",
    ";; flags: qr tc rd ra; QUERY: 1, ANSWER: 1",
    ";; connection timed out; no servers could be reached",
];

/// Damages a zone.
pub(crate) fn damage(zone: &str, numbers: &mut Numbers) -> String {
    let mut lines: Vec<String> = zone.split('\n').map(str::to_owned).collect();
    // The name server of the zone and its address stay, because they say nothing about the form of the text.
    let mut at = numbers.below(lines.len() - 1);
    while lines[at].contains("NS ns") || lines[at].starts_with("ns ") {
        at = numbers.below(lines.len() - 1);
    }
    // A line before one that inherits its owner would take the NS records from the zone.
    if numbers.below(6) == 0 && !lines[at + 1].starts_with(' ') {
        let line = LINES[numbers.below(LINES.len())].replace("HEX", HEX);
        lines.insert(at + 1, line);
        return lines.join("\n");
    }
    let mut words: Vec<String> = lines[at].split(' ').map(str::to_owned).collect();
    let place = numbers.below(words.len());
    let word = WORDS[numbers.below(WORDS.len())].to_owned();
    match numbers.below(11) {
        0 => words.insert(place, word),
        1 => words[place] = word,
        2 => words.insert(place, words[place].clone()),
        3 => drop(words.remove(place)),
        4 => words[place] = format!("\"{}\"", words[place]),
        5 if place + 1 < words.len() => words.swap(place, place + 1),
        6 if at > 1 => words.insert(0, String::new()),
        7 if words[place].is_ascii() && !words[place].is_empty() => {
            let octets = "\"\\();\t\r\u{b}\u{c}@$.0aF-_+/\u{e9}\u{a0}\0";
            let character = octets.chars().nth(numbers.below(octets.chars().count())).unwrap();
            let in_word = numbers.below(words[place].len());
            match numbers.below(2) {
                0 => words[place].insert(in_word, character),
                _ => words[place].replace_range(in_word..=in_word, &character.to_string()),
            }
        }
        8 if words[place].len() > 1 && words[place].is_char_boundary(1) => words[place].insert(1, '\\'),
        9 => words[place].push('\n'),
        _ => words[place] = words[place].to_ascii_uppercase(),
    }
    lines[at] = words.join(" ");
    lines.join("\n")
}
