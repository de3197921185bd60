use super::*;

fn at(text: &str, owner: &str) -> Option<(String, Vec<String>)> {
    let owner = owner.parse().unwrap();
    let set = PublishedSet::read(text.as_bytes(), None, std::slice::from_ref(&owner)).unwrap();
    let found = set.at(&owner)?;
    let text =
        |r: &Published| format!("{} {} {} {}", r.usage, r.selector, r.matching_type, hex::encode(&r.data));
    Some((found.holder.to_string(), found.records.iter().map(text).collect()))
}

#[track_caller]
fn error(text: &str) -> String {
    PublishedSet::read(text.as_bytes(), None, &[]).unwrap_err().to_string()
}

const OWNER: &str = "_25._tcp.mx.example";

#[test]
fn a_zone_file() {
    let zone = "$ORIGIN example.\n$TTL 1h\n@ IN SOA ns hostmaster (\n 1 2h 1h ; comment )\n 4w 300 )\n\
                _25._tcp.MX 1d IN TLSA ( 03 01 01 ABCD ; half\r\n   EF01 )\n\t\tIN\t3600 TLSA 3 1 2 aa bb\n\
                _25._tcp.mx TYPE52 \\# 5 030101aabb\nx HTTPS 1 . alpn=h2\ny TXT \"a ( ; b\"\nz IN LOC what (\n ever )\n\
                * TXT version\n $TTL";
    let zone = zone.trim_end_matches(" $TTL");
    let records = ["3 1 1 abcdef01", "3 1 2 aabb", "3 1 1 aabb"].map(str::to_owned).to_vec();
    assert_eq!(at(zone, OWNER), Some(("_25._tcp.mx.example.".to_owned(), records)));
    assert_eq!(at(zone, "_465._tcp.mx.example"), None);
}

#[test]
fn dig_with_and_without_short() {
    let dig = "; <<>> DiG 9.18 <<>> tlsa _25._tcp.mx.example\n;; ANSWER SECTION:\n\
               _25._tcp.mx.example.\t3600 IN CNAME tlsa._dane.example.\n\
               tlsa._dane.example. 3600 IN TLSA 3 1 1 AABB CCDD\n\
               tlsa._dane.example. 3600 IN RRSIG TLSA 13 3 3600 20300101000000 20200101000000 1 example. AA==\n";
    let answer = Some(("tlsa._dane.example.".to_owned(), vec!["3 1 1 aabbccdd".to_owned()]));
    assert_eq!(at(dig, OWNER), answer);
    assert_eq!(at("tlsa._dane.example.\n3 1 1 AABB CCDD\n", OWNER), answer);
    assert_eq!(at("\\# 5 030101AABB\n", OWNER).unwrap().1, ["3 1 1 aabb"]);
}

#[test]
fn an_alias_in_the_form_of_rfc_3597() {
    for record_type in ["CNAME", "TYPE5"] {
        let zone = format!("_25._tcp.mx.example. {record_type} \\# 11 0174076578616d706c6500\n");
        let zone = format!("{zone}t.example. TLSA 3 1 1 aa\n");
        assert_eq!(at(&zone, OWNER).unwrap().0, "t.example.");
    }
    assert!(error("_25._tcp.mx.example. CNAME \\# 4 03010001\n").contains("line 1: cannot read this CNAME"));
}

#[test]
fn no_answer_is_no_denial() {
    for line in [
        ";; no servers could be reached",
        ";; connection timed out; no servers could be reached",
        ";; ->>HEADER<<- opcode: QUERY, status: SERVFAIL, id: 7",
    ] {
        assert!(error(&format!("; <<>> DiG\n{line}\n")).contains("line 2: the name server did not answer"));
    }
    assert_eq!(at(";; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 7\n", OWNER), None);
}

#[test]
fn wildcards_do_not_stand_in_for_names_that_exist() {
    for other in ["_25._tcp.mx TXT x", "foo._25._tcp.mx A 192.0.2.1", "_25._tcp.mx TLSA 3 1 1 bb"] {
        let zone = format!("$ORIGIN example.\n*._tcp.mx TLSA 3 1 1 aa\n{other}\n");
        let found = at(&zone, OWNER).map(|(_, records)| records);
        assert_ne!(found, Some(vec!["3 1 1 aa".to_owned()]), "{other}");
    }
    let zone = "*._tcp.mx.example. TLSA 3 1 1 aa\nmx.example. A 192.0.2.1\n";
    assert_eq!(at(zone, OWNER).unwrap().1, ["3 1 1 aa"]);
}

#[test]
fn wildcards_stand_in_for_absent_names() {
    let zone = "*._tcp.mx.example. IN TLSA 3 1 1 aa\n_465._tcp.mx.example. IN TLSA 3 1 1 bb\n";
    assert_eq!(at(zone, OWNER).unwrap().1, ["3 1 1 aa"]);
    assert_eq!(at(zone, "_465._tcp.mx.example").unwrap().1, ["3 1 1 bb"]);
}

#[test]
fn comments_may_be_in_another_encoding() {
    let owner: Owner = OWNER.parse().unwrap();
    let zone = b"; caf\xe9\n_25._tcp.mx.example. TLSA 3 1 1 aa ; \xff\n";
    let set = PublishedSet::read(zone, None, std::slice::from_ref(&owner)).unwrap();
    assert_eq!(set.at(&owner).unwrap().records.len(), 1);
    let key = b"; caf\xe9\n-----BEGIN PRIVATE KEY-----\n";
    let error = PublishedSet::read(key, None, &[]).unwrap_err();
    assert_eq!(error, RecordsError { line: 2, problem: RecordsProblem::Pem });
}

#[test]
fn aliases_are_followed_wherever_they_are() {
    // The targets come before their aliases; one alias is a wildcard, and a wildcard covers one target.
    let zone = "a.b.example. A 192.0.2.1\n*.c.example. TLSA 3 1 1 aa\n*.b.example. CNAME x.c.example.\n\
                d.example. CNAME y.b.example.\n_25._tcp.mx.example. CNAME d.example.\n";
    assert_eq!(at(zone, OWNER), Some(("*.c.example.".to_owned(), vec!["3 1 1 aa".to_owned()])));
    let hidden = format!("{zone}z.x.c.example. A 192.0.2.1\n");
    assert_eq!(at(&hidden, OWNER), None);
}

#[test]
fn circles_of_aliases_end() {
    assert_eq!(
        at("_25._tcp.mx.example. CNAME a.example.\na.example. CNAME _25._tcp.mx.example.\n", OWNER),
        None
    );
}

#[test]
fn what_cannot_be_read_has_its_line() {
    for (text, expected) in [
        ("\n_25._tcp.x. IN TLSA 3 1 1 aab\n", "line 2: cannot read this TLSA record"),
        ("_25._tcp.x. IN TLSA 3 1 1\n", "line 1: the TLSA record has no association data"),
        ("_25._tcp.x. IN TLSA 3 1 1 zz\n", "line 1: cannot read"),
        ("_25._tcp.x. IN TLSA 3 1 256 aa\n", "line 1: cannot read"),
        ("_25._tcp.x. IN TLSA \\# 5 030101aa\n", "line 1: cannot read"),
        ("a. A 192.0.2.1\nb. IN TLSA 3 1 1 (\naa\n", "line 2: missing ')' for this '('"),
        ("a. TXT ( (\nb\n)\n", "line 1: missing ')' for this '('"),
        ("a. A 192.0.2.1 )\n", "line 1: ')' without '('"),
        ("3 1 1\n", "line 1: cannot read this TLSA record: the association data is missing"),
        ("a. TXT \"b\n", "line 1: missing closing quotation mark"),
        ("\n\nmx IN A 192.0.2.1\n", "line 3: the name mx is relative"),
        ("  IN TLSA 3 1 1 aa\n", "line 1: the entry has no owner"),
        ("$INCLUDE other\n", "line 1: $INCLUDE is not supported"),
        ("<html>\n", "line 1: "),
        ("3 1 1 xyz\n", "line 1: cannot read"),
        // A backslash escapes the next character, but not the end of the line.
        ("a. CNAME @\\\nb. A 192.0.2.1\n", "line 1: cannot read"),
        // No word that could be part of a secret is shown.
        ("MHcCAQ+EIB7Z IN A 192.0.2.1\n", "line 1: a name is relative, but there is no origin"),
        ("$MHcCAQ+EIB7Z\n", "line 1: this directive is not supported"),
        ("0\u{2}\u{2}\0", "line 1: found binary data (DER)"),
        ("\u{feff} -----BEGIN EC PRIVATE KEY-----\n", "line 1: found a PEM block"),
    ] {
        assert!(error(text).starts_with(expected), "{text}: {}", error(text));
    }
}

/// The start of a zone file in the form that a lookup prints too.
const ZONE: &str = "example. 60 IN SOA ns.example. h.example. 1 2 3 4 5\nexample. 60 IN NS ns.example.\n";

#[track_caller]
fn unserved(text: &str) -> Option<String> {
    let owner: Owner = OWNER.parse().unwrap();
    let set = PublishedSet::read(text.as_bytes(), None, std::slice::from_ref(&owner)).unwrap();
    let unserved = set.unserved(&owner).map(|reason| reason.to_string());
    assert!(unserved.is_none() || set.at(&owner).is_none(), "{text}");
    unserved
}

#[test]
fn records_that_no_client_finds_do_not_count() {
    let tlsa = format!("{OWNER}. TLSA 3 1 1 aa\n");
    let delegated = |name, cut| format!("the NS records of {cut}. delegate {name}. to other name servers");
    for (text, reason) in [
        (format!("{ZONE}mx.example. NS ns.example.\n{tlsa}"), delegated(OWNER, "mx.example")),
        (format!("{tlsa}{OWNER}. NS ns.example.\n{ZONE}"), delegated(OWNER, OWNER)),
        (
            format!("{ZONE}_tcp.mx.example. DNAME a.\n{tlsa}"),
            format!("{OWNER}. is below the DNAME record of _tcp.mx.example."),
        ),
        (
            format!("{ZONE}{OWNER}. CNAME a.other.\na.other. TLSA 3 1 1 aa\n"),
            "a.other. is not below the owner of any SOA record of the file".to_owned(),
        ),
        (
            format!(
                "{ZONE}{OWNER}. CNAME a.b.example.\nb.example. NS ns.b.example.\n*.b.example. TLSA 3 1 1 aa\n"
            ),
            delegated("a.b.example", "b.example"),
        ),
    ] {
        let soa = ZONE.lines().next().unwrap();
        for text in [
            format!("$ORIGIN example.\n{text}"),
            format!("; <<>> DiG\n{soa}\n{}{soa}\n", text.replace(soa, "")),
        ] {
            assert_eq!(unserved(&text).as_ref(), Some(&reason), "{text}");
        }
    }
}

#[test]
fn records_that_clients_find_count() {
    let tlsa = format!("{OWNER}. TLSA 3 1 1 aa\n");
    let header = ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 7\n";
    let negative = "other. 60 IN SOA ns.other. h.other. 1 2 3 4 5\n";
    for text in [
        format!("{ZONE}{OWNER}. DNAME a.example.\n{tlsa}"),
        format!("{ZONE}_26._tcp.mx.example. NS ns.example.\n{tlsa}"),
        // A fragment, and several zones, one of them delegated by the other.
        format!("mx.example. NS ns.example.\n{tlsa}"),
        format!("{ZONE}mx.example. NS ns.example.\n{0}{tlsa}", ZONE.replace("example. 60", "mx.example. 60")),
        format!("{0}{ZONE}{tlsa}", ZONE.replace("example.", "other.")),
        // Lookups, one of which has a negative answer.
        format!("{negative}{tlsa}"),
        format!("{header}{negative}other. 60 IN NS ns.other.\n{header}{tlsa}"),
        // Lookups without headers, and a lookup after a zone file or a transfer.
        format!("{negative}other. 60 IN NS ns.other.\n{tlsa}"),
        format!("$ORIGIN other.\n@ SOA ns h 1 2 3 4 5\n@ NS ns\n; <<>> DiG\n{tlsa}"),
        format!("{negative}other. 60 IN NS ns.other.\n{negative}{tlsa}"),
    ] {
        assert_eq!((unserved(&text), at(&text, OWNER).is_some()), (None, true), "{text}");
    }
    for mark in super::replies::MARKS {
        let text = format!("$ORIGIN other.\n@ SOA ns h 1 2 3 4 5\n@ NS ns\n{mark}: x\n{tlsa}");
        assert_eq!((unserved(&text), at(&text, OWNER).is_some()), (None, true), "{text}");
    }
}

#[test]
fn a_chain_of_aliases_is_as_long_as_in_the_dns() {
    let chain = |aliases: usize| {
        let lines = (1..aliases).map(|at| format!("a{at}.example. CNAME a{}.example.\n", at + 1));
        let first = format!("{OWNER}. CNAME a1.example.\n");
        format!("{first}{}a{aliases}.example. TLSA 3 1 1 aa\n", lines.collect::<String>())
    };
    // `dig TLSA` at BIND 9.18 and at unbound 1.17: 11 aliases give the record, 12 give SERVFAIL.
    assert!(at(&chain(11), OWNER).is_some());
    assert!(unserved(&chain(12)).is_some());
    let reason = format!("the CNAME chain is longer than {MOST_ALIASES}");
    for aliases in [12, 13, 5_000] {
        assert_eq!(unserved(&chain(aliases)).as_ref(), Some(&reason));
    }
}

#[test]
fn comments_of_a_zone_file_are_not_those_of_a_lookup() {
    for comment in
        [";; ERROR: x", "; Transfer failed.", ";; connection timed out", ";; flags: qr tc; QUERY: 1"]
    {
        let tlsa = format!("{OWNER}. TLSA 3 1 1 aa\n");
        for zone in
            ["$TTL 300\n", "$ORIGIN example.\nmx A 192.0.2.1\n", "mx.example. A 192.0.2.1\n A 192.0.2.2\n"]
        {
            assert!(at(&format!("{comment}\n{zone}{tlsa}"), OWNER).is_some(), "{zone}");
            assert!(at(&format!("{zone}{tlsa}{comment}\n"), OWNER).is_some(), "{zone}");
        }
        assert!(error(&format!("{tlsa}{comment}\n")).starts_with("line 2: the "));
        assert!(error(&format!("{comment}\n3 1 1 aa\n")).starts_with("line 1: the "));
    }
}

/// BIND loads all of these; other name servers refuse some.
#[test]
fn what_bind_loads_is_read() {
    const DIGEST: &str = "37576a273a6db2a9a995452c5f3e92bd9854633cb66563e5db0553a3812a36a0";
    for line in [
        "c DS 12345 RSASHA256 SHA-256 HEX",
        "c DS 12345 PRIVATEOID 2 HEX",
        "c CDS 12345 ed25519 Sha256 HEX",
        "c DNSKEY ZONE|KSK DNSSEC RSASHA256 AwEAAc==",
        "c DNSKEY 256 ALL DH AAAA",
        "x TXT ( ( \"a\" ) \"b\" (\n) )",
        "x TLSA ( 3 1 ( 1 aa\n ) bb )",
        "h HTTPS 1 . alpn=\"f\\\\\\\\oo\\\\,bar,h2\"",
        "\"x\" 300 IN A 192.0.2.1",
        "\"*.x.example.\" IN A 192.0.2.1",
        "\"_26._tcp.x\" IN TLSA 3 1 1 aa",
        "\"@\" IN A 192.0.2.1",
        "x A 192.0.2.1 ; a\rb",
        "x APL",
        "h HTTPS 0 \"mx\"",
    ] {
        let zone =
            format!("$ORIGIN example.\n{}\n\"_25._tcp.mx\" TLSA 3 1 1 aa\n", line.replace("HEX", DIGEST));
        assert_eq!(at(&zone, OWNER).unwrap().1, ["3 1 1 aa"], "{line}");
    }
    for line in [
        "c DS 12345 SHA-256 RSASHA256 HEX",
        "c DS 12345 RSASHA999 2 HEX",
        "c DS ALL 8 2 HEX",
        "c DNSKEY 256 3 DNSSEC AAAA",
        "c SOA ALL 1 1 1 1 1",
        "\"x y\" A 192.0.2.1",
        "\"x\"y A 192.0.2.1",
        "x \"IN\" A 192.0.2.1",
        "x TLSA ( 3 1 1 ( aa )",
        "c DNSKEY 256 3 8 A\\wAA",
        "h HTTPS 1 . \"port=443\"",
        "h HTTPS 1 . a\\lpn=h2",
        "c CAA 0 is\\sue \"a\"",
        "h HTTPS . alpn=\"h2\"",
        "h HTTPS 1 alpn=\"h2\" .",
        "h HTTPS 1 . por\u{a0} =443",
        "h HTTPS 1 . port=\u{e9}43",
        "h HTTPS mx \"0\"",
        "s NAPTR 100 10 \"u\" \"E2U+sip\" \u{a0} \"\" mx",
        "s NAPTR 100 10 \"u\" \"E2U+sip\" \u{a0}\"\" mx",
        "h HTTPS 1 \\ alpn=\"h2\"",
        "x HINFO \"x\" \u{e9}\"y ; z\"",
        "c DS \u{a0} 12345 8 2 HEX",
        "x TYPE+65534 \\# 0",
        "x A 192.0.2.1\rx",
        "x SOA a b \u{c}1 1 1 1 1",
        "x KEY",
        "x LOC",
    ] {
        let zone = format!("$ORIGIN example.\n{}\n", line.replace("HEX", DIGEST));
        assert!(error(&zone).starts_with("line 2: "), "{line}");
    }
}

#[test]
fn a_zone_file_has_one_soa_record() {
    let soa = |serial: &str| format!("@ SOA ns h {serial} 2 3 4 5\n");
    for (one, next, expected) in [
        (soa("1"), soa("2"), "line 4: this owner has another record of this type"),
        (
            "x DNAME a\n".to_owned(),
            "x DNAME b\n".to_owned(),
            "line 4: this owner has another record of this type",
        ),
        (soa("1"), soa("1").replace('h', "H"), ""),
        (soa("1"), soa("2").replace('@', "x"), ""),
    ] {
        let zone = format!("$ORIGIN example.\n{one}@ NS ns\n{next}");
        match PublishedSet::read(zone.as_bytes(), None, &[]) {
            Ok(_) => assert_eq!(expected, "", "{zone}"),
            Err(error) => assert!(!expected.is_empty() && error.to_string().starts_with(expected), "{error}"),
        }
    }
    // Two transfers.
    let transfers = format!("{ZONE}{}", ZONE.replace(" 1 2", " 2 2"));
    assert_eq!(at(&transfers, OWNER), None);
}
