//! Tests the parsing of names, ports and origins as users write them.

use super::*;

#[track_caller]
fn owners(host: &str) -> Vec<String> {
    let ports = [Port::SMTP];
    let endpoints = Endpoint::parse_list(host).unwrap();
    let owners = endpoints.iter().flat_map(|e| e.owners(&ports, Transport::Tcp).unwrap());
    owners.map(|owner| owner.to_string()).collect()
}

#[track_caller]
fn error(host: &str) -> String {
    let result = Endpoint::parse_list(host).and_then(|endpoints| {
        endpoints.iter().map(|e| e.owners(&[Port::SMTP], Transport::Tcp)).collect::<Result<Vec<_>, _>>()
    });
    result.unwrap_err().to_string()
}

#[test]
fn one_final_dot_always() {
    assert_eq!(owners("mx.example"), ["_25._tcp.mx.example."]);
    assert_eq!(owners("MX.Example.:465,b.example"), ["_465._tcp.mx.example.", "_25._tcp.b.example."]);
    assert_eq!(owners("TLSA._dane.example."), ["tlsa._dane.example."]);
    assert_eq!(owners("*._tcp.mx.example"), ["*._tcp.mx.example."]);
}

#[test]
fn u_labels_become_a_labels() {
    assert_eq!(owners("bücher.example"), ["_25._tcp.xn--bcher-kva.example."]);
    assert_eq!(owners("BÜCHER。example"), ["_25._tcp.xn--bcher-kva.example."]);
    assert_eq!(owners("xn--bcher-kva.example"), ["_25._tcp.xn--bcher-kva.example."]);
    assert_eq!(owners("straße.example"), ["_25._tcp.xn--strae-oqa.example."]);
    assert!(error("xn--a.example").contains("RFC 5890"));
}

#[test]
fn addresses_and_other_names_are_refused() {
    for host in
        ["192.0.2.1", "192.0.2.1.", "192.0.2.1:25", "::1", "[2001:db8::1]:25", "[2001:db8::1]", "10.1"]
    {
        assert!(error(host).contains("IP address"), "{host}");
    }
    for host in [
        "",
        "mx.example,",
        "mx..example",
        "-mx.example",
        "mx-.example",
        "m x.example",
        "mx.example/",
        "a_b.example",
        "mx\n.example",
        ".",
    ] {
        error(host);
    }
    assert!(error("x._smimecert.example").contains("another record type"));
    assert!(error("_25._tcp.mx.example:25").contains("has a port after a full owner name"));
    assert!(error("mx.example:25:587").contains("'25:587' is not a port"));
    assert!(error("mx.example:25,587").contains("'587' is a number"));
}

#[test]
fn nearly_an_owner_of_a_service_is_refused() {
    for name in [
        "_25.mx.example",
        "25._tcp.mx.example",
        "_tcp.mx.example",
        "_25_tcp.mx.example",
        "_25._tls.mx.example",
    ] {
        assert!(error(name).contains("_PORT._TRANSPORT"), "{name}");
    }
    error("mx._25._tcp.example");
    error("_25._tcp._25._tcp.mx.example");
    error("_25._tcp");
    assert!(error("_25._tcp.192.0.2.1").contains("IP address"));
    error("_25._tcp.-x.example");
    error("_25._tcp.a_b.example");
    error("mx.example..");
    assert_eq!(owners("_25._tcp.bücher.example"), ["_25._tcp.xn--bcher-kva.example."]);
    assert_eq!(owners("_dane.bücher.example"), ["_dane.xn--bcher-kva.example."]);
    for name in ["*._tcp.mx.example", "_dane.mx.example", "tlsa._dane.example", "_sip._dane.example"] {
        owners(name);
    }
}

#[test]
fn names_of_the_dns_may_be_called_anything() {
    for name in [
        "_311._dane.example",
        "_25._dane.example",
        "_tlsa._tcp.example.",
        "dane._tcp.example",
        "_Tcp.example",
    ] {
        let owner = Owner::found(&DomainName::new(name)).unwrap().to_string();
        assert_eq!(owner, format!("{}.", name.trim_end_matches('.').to_ascii_lowercase()));
    }
    for name in
        ["", ".", "a..example", "a b.example", "a;.example", "a\\.b.example", "(.example", &"a.".repeat(128)]
    {
        assert_eq!(Owner::found(&DomainName::new(name)), None, "{name}");
    }
}

#[test]
fn quotation_marks_are_no_letters() {
    for host in ["“mx.example”", "mx’s.example", "«mx».example", "mx\u{a0}.example", "mx\u{200b}.example"]
    {
        assert!(error(host).contains("RFC 58"), "{host}");
    }
    owners("l·l.example");
}

#[test]
fn ports_are_plain_numbers_or_services() {
    for port in ["0", "025", "+25", "65536", "", "smtpx", "２５"] {
        assert!(error(&format!("mx.example:{port}")).contains("is not a port"), "{port}");
        error(&format!("_{port}._tcp.mx.example"));
    }
    assert_eq!(owners("mx.example:65535"), ["_65535._tcp.mx.example."]);
    assert_eq!(owners("mx.example:IMAPS"), ["_993._tcp.mx.example."]);
    // A name in an owner name is not a port (RFC 6698 section 3).
    error("_smtp._tcp.mx.example");
}

#[test]
fn lengths_count_after_the_prefix() {
    let label = "a".repeat(63);
    let host = |last: usize| format!("{label}.{label}.{label}.{}", "b".repeat(last));
    assert_eq!(owners(&host(52)).first().unwrap().len(), 254);
    assert!(error(&host(53)).contains("254 characters"));
    assert!(error(&format!("{label}a.example")).contains("64 octets"));
}

#[test]
fn the_origin_shortens_names_below_it_only() {
    let owner: Owner = "_25._tcp.mx.example".parse().unwrap();
    let relative = |origin: &str| owner.relative_to(Some(&origin.parse().unwrap()));
    assert_eq!(relative("Example."), "_25._tcp.mx");
    assert_eq!(relative("x.example"), "_25._tcp.mx.example.");
    assert_eq!(relative("ample"), "_25._tcp.mx.example.");
    assert_eq!(relative("_25._tcp.mx.example"), "@");
    assert_eq!(relative("."), "_25._tcp.mx.example");
}

#[test]
fn port_and_base_are_found_again() {
    let owner: Owner = "_465._tcp.mx.example".parse().unwrap();
    assert_eq!(
        (owner.port().unwrap().to_string(), owner.host().unwrap().as_str().to_owned()),
        ("465".into(), "mx.example".into())
    );
    assert_eq!("tlsa._dane.example".parse::<Owner>().unwrap().port(), None);
}
