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
        ("a. A 192.0.2.1 )\n", "line 1: ')' without '('"),
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
