//! DER, as far as certificates need it.

/// An element with this tag.
pub(crate) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut der = vec![tag];
    let octets = content.len().to_be_bytes();
    let significant: &[u8] = &octets[octets.iter().take_while(|octet| **octet == 0).count()..];
    match (content.len(), significant) {
        (0..128, _) => der.push(octets[7]),
        (_, significant) => {
            der.push(0x80 | u8::try_from(significant.len()).unwrap());
            der.extend(significant);
        }
    }
    der.extend(content);
    der
}

/// A SEQUENCE of elements.
pub(crate) fn seq<Part: AsRef<[u8]>>(parts: &[Part]) -> Vec<u8> {
    tlv(0x30, &joined(parts))
}

pub(crate) fn joined<Part: AsRef<[u8]>>(parts: &[Part]) -> Vec<u8> {
    parts.iter().flat_map(|part| part.as_ref().iter().copied()).collect()
}

/// An OBJECT IDENTIFIER in dotted form.
pub(crate) fn oid(dotted: &str) -> Vec<u8> {
    let arcs: Vec<u64> = dotted.split('.').map(|arc| arc.parse().unwrap()).collect();
    let mut content = Vec::new();
    for arc in std::iter::once(arcs[0] * 40 + arcs[1]).chain(arcs[2..].iter().copied()) {
        let mut groups = vec![u8::try_from(arc & 0x7f).unwrap()];
        let mut rest = arc >> 7;
        while rest > 0 {
            groups.push(u8::try_from(rest & 0x7f).unwrap() | 0x80);
            rest >>= 7;
        }
        content.extend(groups.iter().rev());
    }
    tlv(6, &content)
}

/// A positive INTEGER.
pub(crate) fn integer(value: u64) -> Vec<u8> {
    let octets = value.to_be_bytes();
    let mut content: Vec<u8> = octets.iter().copied().skip_while(|octet| *octet == 0).collect();
    if content.first().is_none_or(|first| *first >= 0x80) {
        content.insert(0, 0);
    }
    tlv(2, &content)
}

pub(crate) fn boolean(value: bool) -> Vec<u8> {
    tlv(1, &[if value { 0xff } else { 0 }])
}

/// A BIT STRING of whole octets.
pub(crate) fn bits(content: &[u8]) -> Vec<u8> {
    tlv(3, &joined(&[&[0], content]))
}

/// A BIT STRING of named bits (X.690 section 11.2.2: no trailing zeros).
pub(crate) fn named_bits(set: &[u8]) -> Vec<u8> {
    let Some(last) = set.iter().max() else { return tlv(3, &[0]) };
    let mut content = vec![0; usize::from(last / 8) + 2];
    content[0] = 7 - last % 8;
    for bit in set {
        content[usize::from(bit / 8) + 1] |= 0x80 >> (bit % 8);
    }
    tlv(3, &content)
}

/// A certificate as PEM.
pub(crate) fn pem(der: &[u8]) -> String {
    pem::encode_config(
        &pem::Pem::new("CERTIFICATE", der),
        pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF),
    )
}
