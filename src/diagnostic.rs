//! Every diagnostic of the program: its code, where it occurs, the RFC section behind it, and what to do.

use std::fmt;

/// In which answers a diagnostic occurs first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Records and `chain`; those about the certificates occur in `check` and `diff` too.
    Records,
    /// `check` and `diff`.
    Check,
    /// Lookups, and `probe`.
    Probe,
}

impl Stage {
    /// All, in their order.
    pub const ALL: [Self; 3] = [Self::Records, Self::Check, Self::Probe];
}

/// As a heading.
impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Records => "The call and the certificates",
            Self::Check => "The published records",
            Self::Probe => "The DNS and the servers",
        })
    }
}

/// Makes the codes from one table: the variant, the code, its stage, its sections, what it means and what to do.
macro_rules! codes {
    ($($variant:ident $name:literal $stage:ident $citation:literal $meaning:literal $advice:literal)*) => {
        /// A stable code of a diagnostic.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $meaning] $variant,)*
        }

        impl Code {
            /// All codes, by stage.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code as it is printed.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Where it occurs first.
            pub fn stage(self) -> Stage {
                match self { $(Self::$variant => Stage::$stage,)* }
            }

            /// The sections behind it, as messages name them; empty for what no RFC says.
            pub fn citation(self) -> &'static str {
                match self { $(Self::$variant => $citation,)* }
            }

            /// What it means.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }

            /// What to do about it.
            pub fn advice(self) -> &'static str {
                match self { $(Self::$variant => $advice,)* }
            }
        }
    };
}

codes! {
    HostIp "host-ip" Records "RFC 6698 section 3"
        "HOST is an IP address." "Give the name that the MX record points to."
    HostSingleLabel "host-single-label" Records "RFC 6698 section 3"
        "HOST has a single label." "Give the fully qualified name."
    Idna "idna" Records "RFC 5890 section 2.3.2.1"
        "HOST has letters beyond ASCII; the line shows its name in the DNS." "Nothing."
    TtlHigh "ttl-high" Records "RFC 7671 section 13"
        "--ttl is above 3600 seconds, or 0." "Use 300 to 3600: caches keep a wrong record that long."
    PkixSmtp "pkix-smtp" Records "RFC 7672 section 3.1.3"
        "Usage 0 or 1 on port 25, where mail clients do not use them." "Use 3 1 1 or 2 1 1."
    Sel0Ee "sel0-ee" Records "RFC 7671 section 5.1"
        "Selector 0 of the server's certificate: every renewal makes the record wrong."
        "Use selector 1, and keep the key when you renew."
    Sel0TaPublic "sel0-ta-public" Records "RFC 7671 section 5.2.1"
        "Selector 0 of a public CA, which can issue another certificate for its key any day."
        "Use selector 1; selector 0 suits a private CA."
    Mtype0 "mtype0" Records "RFC 7671 section 10.1"
        "Whole certificates or keys in the DNS; an error where they are too long for a record." "Use matching type 1."
    Mtype2Only "mtype2-only" Records "RFC 6698 section 6"
        "SHA2-512 without SHA2-256, which every client must know." "Publish matching type 1 as well."
    IssuerRotates "issuer-rotates" Records "RFC 7671 section 8.1"
        "Usage 2 of an intermediate that its CA changes without notice."
        "Publish 3 1 1 of the current and the next key, or the record of the higher CA that the line names."
    NextIdle "next-idle" Records "RFC 7671 section 8.1"
        "A --next file adds no record: its key is the current one, or usage 2 was asked of a bare key."
        "Give the file of the key that comes next, or its certificate."
    TaNotSent "ta-not-sent" Records "RFC 7671 section 5.2"
        "Usage 2 of a CA in a file without a server certificate; in check, a record of a CA that is not in the file."
        "Configure the server to send that CA in its chain, even a root, or use 3 1 1."
    EeExpired "ee-expired" Records "RFC 7671 section 5.1"
        "The server's certificate has expired." "Renew it. Usage 3 ignores dates, but some receivers do not."
    EeNotYet "ee-not-yet" Records "RFC 7671 section 5.1"
        "The server's certificate is not valid yet." "Check the clock. Usage 3 ignores dates, but some receivers do not."
    TaExpired "ta-expired" Records "RFC 7671 section 5.2"
        "A certificate up to the described CA is expired or not valid yet."
        "Send a chain that is valid now: usages 0 and 2 fail with this one."
    DateUnreadable "date-unreadable" Records "RFC 5280 section 4.1.2.5"
        "A date in a certificate cannot be read." "Have it reissued, or use 3 1 1: usages 0 to 2 fail with it."
    ExtUnreadable "ext-unreadable" Records "RFC 5280 section 4.2"
        "An extension of a certificate cannot be read, or occurs twice."
        "Have it reissued: some clients reject it. The record is right."
    CaLimits "ca-limits" Records "RFC 5280 section 6.1.4"
        "A CA may not sign certificates, or its path length is exceeded."
        "Get the right chain, or use 3 1 1: clients reject this path."
    NameMissing "name-missing" Records "RFC 7671 sections 5.1 and 10.2"
        "The certificate does not name HOST."
        "Get a certificate that does: usages 0 to 2 need the name, and off port 25 many clients check it for usage 3. In check, --nexthop gives the mail domain, which counts too."
    ChainOrder "chain-order" Records "RFC 5246 section 7.4.2"
        "A certificate comes after its issuer; the records are right all the same."
        "Put the server's certificate first, then each issuer: servers must send them in that order."
    ChainGap "chain-gap" Records "RFC 5280 section 6.1"
        "As an error: a signature does not verify with the key of its issuer. As a hint: the file has CAs, but not the issuer of the server's certificate."
        "The file is damaged or mixes two chains: copy it again from the ACME client. For the hint, give fullchain.pem."
    ChainExtra "chain-extra" Records "RFC 5246 section 7.4.2"
        "A certificate occurs twice, or is on no path from the server's." "Remove it from what the server sends."
    SigUnverified "sig-unverified" Records "RFC 5280 section 4.1.1.3"
        "A signature has an algorithm that this program does not know."
        "Compare the file with its source: damage would go unnoticed."
    SameSpki "same-spki" Records "RFC 6698 appendix A.1.2.2"
        "Several CA certificates share a key." "Nothing: one record with selector 1 covers all of them."
    MultiLeaf "multi-leaf" Records "RFC 7671 section 8"
        "The file has several server certificates, such as RSA and ECDSA."
        "Publish the records of all: a client may be served any of them."
    EeCa "ee-ca" Records "RFC 7671 section 5.1"
        "The server's certificate is self-signed and marked as a CA." "Nothing, with usage 3."
    WeakKey "weak-key" Records "RFC 6698 section 4.1"
        "RSA below 2048 bits, or a kind of key that few mail clients know."
        "Use RSA with 2048 bits or more, or ECDSA P-256. Below 1024 bits, usages 0 and 2 are refused."
    WeakSig "weak-sig" Records "RFC 6698 section 4.1"
        "MD5 or SHA-1 below a CA of usage 0 or 2." "Get a chain with SHA-256, or use 3 1 1."
    EeNoLeaf "ee-no-leaf" Records "RFC 7671 section 5.1"
        "Usage 1 or 3, and the file has CAs only." "Give fullchain.pem."
    TaNoCa "ta-no-ca" Records "RFC 7671 section 5.2"
        "Usage 0 or 2, and the file does not have the issuer, or that is not a CA." "Give fullchain.pem, or use 3 1 1."
    TaLeaf "ta-leaf" Records "RFC 7671 section 5.2"
        "Usage 0 or 2 of the server's own certificate, in the call or among the published records."
        "Use 3 1 1 for it: clients reject the other."
    KeyOnly "key-only" Records "RFC 7671 section 5.1"
        "A bare key or CSR gives selector 1 of usages 1 and 3 only." "Use 3 1 1, or give the certificate."
    InputEmpty "input-empty" Check "RFC 6698 section 2.1.4"
        "A record is the digest of no octets, as a broken pipe makes it."
        "Remove it, and look at the script that made it."
    ReEncoded "re-encoded" Check "RFC 6698 section 2.1.2"
        "A record was made from a key that openssl had encoded anew." "Replace it with what tlsagen prints."
    TripleStale "triple-stale" Check "RFC 7671 section 8"
        "A published triple describes nothing in the chain, while another does."
        "Publish what is listed as missing, or remove all records of that triple."
    AgilityGap "agility-gap" Check "RFC 7671 section 8.3"
        "SHA2-512 and SHA2-256 records of different certificates: clients use the stronger digest only."
        "Publish both digests for the same keys, or matching type 1 only."
    NextUnpublished "next-unpublished" Check "RFC 7671 section 8.1"
        "Not every record of a --next file is published." "Do not deploy that key yet: publish, and wait two TTLs."
    DnsNoRecords "dns-no-records" Probe "RFC 7672 section 2.2"
        "There is no TLSA record for the host and port." "Publish the records at the owner that tlsagen prints."
    DnsInsecure "dns-insecure" Probe "RFC 7672 section 2.2"
        "The answer is not signed, so no client uses DANE."
        "Sign the zone, and have its DS published in the parent zone; the zone of an alias counts too."
    DnsBogus "dns-bogus" Probe "RFC 7672 section 2.1.1"
        "The signatures do not verify: clients skip the host, and mail waits."
        "Fix the signing at once. Expired signatures and a DS of another key are the usual causes."
    DnsUnreachable "dns-unreachable" Probe "RFC 7672 section 2.2"
        "There is no answer, or no address."
        "Check the name servers; --dns asks another one, --timeout waits longer. A server that only answers for its own zone needs --trust-anchor."
    FamilyPassedOver "family-passed-over" Probe "RFC 7672 section 2.2"
        "The A or the AAAA lookup failed, while the other worked."
        "Check the name servers: clients that look up those addresses may wait."
    SignatureEnds "signature-ends" Probe "RFC 4035 section 5.3.1"
        "A DNSSEC signature ends within two days." "Check the signer, unless the zone is signed anew every day."
    NoHost "no-host" Probe ""
        "An MX record does not name a host, or says that the domain takes no mail."
        "Name a host in it: there is no mail server to check."
    MxInsecure "mx-insecure" Probe "RFC 7672 section 2.2.1"
        "The MX records are not signed, so anyone could name other hosts." "Sign the mail domain's zone as well."
    NotVisited "not-visited" Probe ""
        "Hosts or addresses were not visited, or not to the end: --deadline was over, or there are more than 64 hosts or 32 addresses of a host."
        "Give --deadline more time, or probe the named ones separately."
    KeyKindUnseen "key-kind-unseen" Probe "RFC 7671 section 8"
        "The server may have another certificate, for a kind of key that could not be examined."
        "Try again, or ask it with openssl s_client -sigalgs."
    NothingServed "nothing-served" Probe ""
        "--save had no certificate to write." "The lines above it say why no server sent one."
    NoRoute "no-route" Probe ""
        "This machine has no route to some addresses, such as IPv6 ones."
        "Use -4 or -6, or run it elsewhere: those addresses were not examined."
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Hint,
    /// The records are printed and may not work.
    Warning,
    /// The records are refused.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hint => "hint",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One line of advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The stable code.
    pub code: Code,
    /// Its weight.
    pub severity: Severity,
    /// The host, owner, file or record that it is about, where there are several.
    pub about: Option<String>,
    /// One line, with the section behind it.
    pub message: String,
}

impl Finding {
    /// A finding with the section of its code at the end of the line.
    pub fn new(code: Code, severity: Severity, text: &str) -> Self {
        let message = match code.citation() {
            "" => text.to_owned(),
            citation => format!("{text} ({citation})"),
        };
        Self { code, severity, about: None, message }
    }

    /// The same, about something.
    #[must_use]
    pub fn about(self, about: impl Into<String>) -> Self {
        Self { about: Some(about.into()), ..self }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]: ", self.severity, self.code)?;
        if let Some(about) = &self.about {
            write!(f, "{about}: ")?;
        }
        f.write_str(&self.message)
    }
}

/// An error that knows its code, and what to do about it.
pub trait Advise: std::error::Error {
    /// The stable code, if it has one.
    fn code(&self) -> Option<Code> {
        None
    }

    /// What to do about it, in one line.
    fn hint(&self) -> Option<String>;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_distinct_and_explained_in_plain_sentences() {
        let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        assert!(Code::ALL.is_sorted_by_key(|code| code.stage()));
        for code in Code::ALL {
            let plain = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-';
            assert!(code.name().bytes().all(plain), "{code}");
            for text in [code.meaning(), code.advice()] {
                assert!(text.ends_with('.') && !text.contains('\n'), "{code}: {text}");
            }
        }
    }
}
