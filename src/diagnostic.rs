//! All diagnostics: code, stage, RFC section, meaning and advice.

use std::fmt;

/// The stage at which a diagnostic can first occur.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Commands that generate records: `tlsagen FILE HOST` and `chain`. Diagnostics about certificates also occur in
    /// `check` and `diff`.
    Records,
    /// The commands `check` and `diff`.
    Check,
    /// DNS lookups and `probe`.
    Probe,
    /// The command `rollover`.
    Rollover,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Self; 4] = [Self::Records, Self::Check, Self::Probe, Self::Rollover];
}

/// Writes the heading above the diagnostics of the stage.
impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Records => "The command line and the certificates",
            Self::Check => "The published records",
            Self::Probe => "The DNS and the servers",
            Self::Rollover => "The rollover",
        })
    }
}

/// Defines [`Code`] from a table with the columns variant, code, stage, citation, meaning and advice.
macro_rules! codes {
    ($($variant:ident $name:literal $stage:ident $citation:literal $meaning:literal $advice:literal)*) => {
        /// The stable code of a diagnostic.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $meaning] $variant,)*
        }

        impl Code {
            /// All codes, sorted by stage.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the printed code, such as `host-ip`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The earliest stage that can report this code.
            pub fn stage(self) -> Stage {
                match self { $(Self::$variant => Stage::$stage,)* }
            }

            /// The RFC sections that the diagnostic cites, as messages show them; empty if no RFC applies.
            pub fn citation(self) -> &'static str {
                match self { $(Self::$variant => $citation,)* }
            }

            /// The meaning of the diagnostic.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }

            /// The action to take.
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
        "HOST contains non-ASCII letters; the message shows the ASCII name used in the DNS." "Nothing to do."
    TtlHigh "ttl-high" Records "RFC 7671 section 13"
        "--ttl is above 3600 seconds, or 0." "Use 300 to 3600: caches keep a wrong record for the whole TTL."
    PkixSmtp "pkix-smtp" Records "RFC 7672 section 3.1.3"
        "Usage 0 or 1 on port 25: mail clients do not use these usages." "Use 3 1 1 or 2 1 1."
    Sel0Ee "sel0-ee" Records "RFC 7671 section 5.1"
        "A record with selector 0 describes the server's certificate: every renewal invalidates the record."
        "Use selector 1, and keep the key when you renew."
    Sel0TaPublic "sel0-ta-public" Records "RFC 7671 section 5.2.1"
        "A record with selector 0 describes the certificate of a public CA, which may reissue it for the same key at any time."
        "Use selector 1; selector 0 suits a private CA."
    Mtype0 "mtype0" Records "RFC 7671 section 10.1"
        "Matching type 0 publishes whole certificates or keys. The severity is error if the data is too long for a record." "Use matching type 1."
    Mtype2Only "mtype2-only" Records "RFC 6698 section 6"
        "The set has SHA2-512 records but no SHA2-256 records, which every client must support." "Publish matching type 1 as well."
    IssuerRotates "issuer-rotates" Records "RFC 7671 section 8.1"
        "A usage 2 record describes an intermediate certificate, which the CA may replace without notice."
        "Publish the 3 1 1 records of the current and the next key, or the record of the higher CA that the message names."
    NextIdle "next-idle" Records "RFC 7671 section 8.1"
        "A --next file adds no record: the file contains the current key, or it contains a bare key and the usage is 0 or 2."
        "Give the file of the next key, or of its certificate."
    TaNotSent "ta-not-sent" Records "RFC 7671 section 5.2"
        "A usage 2 record describes a CA, but the file contains no server certificate. In check, a usage 2 record matches no CA in the file."
        "Configure the server to send that CA certificate in its chain, even if the CA is a root, or use 3 1 1."
    EeExpired "ee-expired" Records "RFC 7671 section 5.1"
        "The server's certificate has expired." "Renew it. Usage 3 ignores dates, but some clients check them."
    EeNotYet "ee-not-yet" Records "RFC 7671 section 5.1"
        "The server's certificate is not valid yet." "Check the clock. Usage 3 ignores dates, but some clients check them."
    TaExpired "ta-expired" Records "RFC 7671 section 5.2"
        "A certificate in the path up to the CA that the record matches has expired or is not valid yet."
        "Configure a chain that is valid now: usages 0 and 2 fail with this chain."
    DateUnreadable "date-unreadable" Records "RFC 5280 section 4.1.2.5"
        "A date in a certificate cannot be read." "Have the certificate reissued, or use 3 1 1: usages 0 to 2 fail with this certificate."
    ExtUnreadable "ext-unreadable" Records "RFC 5280 section 4.2"
        "An extension of a certificate cannot be read, or occurs twice."
        "The record is correct, but some clients reject the certificate: have it reissued."
    CaLimits "ca-limits" Records "RFC 5280 section 6.1.4"
        "A CA is not allowed to sign certificates, or its path length constraint is exceeded."
        "Get a correct chain from the CA, or use 3 1 1: clients reject this path."
    NameMissing "name-missing" Records "RFC 7671 sections 5.1 and 10.2"
        "The certificate does not name HOST."
        "Get a certificate that names HOST: usages 0 to 2 require the name, and on ports other than 25 many clients check it for usage 3 too. In check, the certificate may name the mail domain instead: give that domain with --nexthop."
    ChainOrder "chain-order" Records "RFC 5246 section 7.4.2"
        "A certificate comes after its issuer in the file; the records are correct."
        "Put the server's certificate first, then each issuer: servers must send certificates in that order."
    ChainGap "chain-gap" Records "RFC 5280 section 6.1"
        "If this is an error, a signature does not verify with the issuer's key. If it is a hint, the file contains CA certificates, but not the issuer of the server's certificate."
        "If this is an error, the file is damaged or contains parts of two chains: copy it from the ACME client or the CA again. If it is a hint, give fullchain.pem."
    PathFails "path-fails" Records "RFC 5280 section 6.1"
        "Clients accept no certification path from the server's certificate to the CA of a usage 0 or 2 record."
        "Publish 3 1 1 instead, or have the certificate reissued."
    PathAmbiguous "path-ambiguous" Records "RFC 4158 section 2.2"
        "The file allows several certification paths, and some clients follow one that does not end at the CA of the record."
        "Remove the certificates that the server need not send, change their order, or publish 3 1 1."
    ChainExtra "chain-extra" Records "RFC 5246 section 7.4.2"
        "A certificate occurs twice, or is not in the chain of the server's certificate." "Remove it from the chain that the server sends."
    SigUnverified "sig-unverified" Records "RFC 5280 section 4.1.1.3"
        "This program does not support the algorithm of a signature."
        "Compare the file with its source: a damaged certificate would go unnoticed."
    SameSpki "same-spki" Records "RFC 6698 appendix A.1.2.2"
        "Several CA certificates have the same key." "Nothing to do: one record with selector 1 covers all of them."
    MultiLeaf "multi-leaf" Records "RFC 7671 section 8"
        "The file contains several server certificates, such as RSA and ECDSA."
        "Publish the records of every certificate: the server may send any of them."
    EeCa "ee-ca" Records "RFC 7671 section 5.1"
        "The server's certificate is marked as a CA, as `openssl req -x509` makes it." "Nothing to do for usage 3; do not publish a usage 2 record of this certificate."
    WeakKey "weak-key" Records "RFC 6698 section 4.1"
        "An RSA key has fewer than 2048 bits, or few mail clients support the key type."
        "Use RSA with 2048 bits or more, or ECDSA P-256. An RSA key below 1024 bits is an error for usages 0 and 2."
    WeakSig "weak-sig" Records "RFC 6698 section 4.1"
        "A certificate below the CA of a usage 0 or 2 record has an MD5 or SHA-1 signature." "Get a chain with SHA-256, or use 3 1 1."
    EeNoLeaf "ee-no-leaf" Records "RFC 7671 section 5.1"
        "Usage 1 or 3 is requested, but the file contains only CA certificates." "Give fullchain.pem."
    TaNoCa "ta-no-ca" Records "RFC 7671 section 5.2"
        "Usage 0 or 2 is requested, but the file does not contain the issuer, or the issuer is not a CA." "Give fullchain.pem, or use 3 1 1."
    TaLeaf "ta-leaf" Records "RFC 7671 section 5.2"
        "A requested or published record of usage 0 or 2 describes the server's own certificate."
        "Use 3 1 1: clients reject usages 0 and 2 for this certificate."
    KeyMismatch "key-mismatch" Records ""
        "The file contains server certificates and a private key of none of them."
        "Put the key and the certificate of the same renewal into the file: a server with this file cannot offer TLS."
    KeyOnly "key-only" Records "RFC 7671 section 5.1"
        "A bare key or CSR gives only records of usages 1 and 3 with selector 1." "Use 3 1 1, or give the certificate."
    InputEmpty "input-empty" Check "RFC 6698 section 2.1.4"
        "A record is the digest of empty input, typically from a script whose openssl command failed."
        "Remove the record, and check the script that created it."
    ReEncoded "re-encoded" Check "RFC 6698 section 2.1.2"
        "A record is the digest of a key that openssl re-encoded; clients hash the key as encoded in the certificate." "Replace it with the record that tlsagen prints."
    TripleStale "triple-stale" Check "RFC 7671 section 8"
        "For one published triple of usage, selector and matching type, no record matches the chain; a record of another triple matches."
        "Publish the records listed as missing, or remove all records of that triple."
    AgilityGap "agility-gap" Check "RFC 7671 section 8.3"
        "SHA2-512 and SHA2-256 records describe different certificates: clients use only the stronger digest."
        "Publish both digests for the same keys, or matching type 1 only."
    Crossed "crossed" Check "RFC 6698 section 2.1"
        "The data of a record is that of other parameters: another usage, selector or matching type."
        "Replace the record by the one that check prints as missing."
    KeyBeside "key-beside" Check "RFC 7671 section 5.1"
        "A record is for a public key or CSR in the file that is not of the server's certificate."
        "If it is the next key, give it in its own file with --next; otherwise replace the record."
    SetLarge "set-large" Check "RFC 7671 section 10.1.1"
        "The set has more than 12 records, or its DNS answer is larger than 1232 octets, which some networks do not deliver over UDP."
        "Remove the records of old keys, and publish digests instead of whole certificates and keys."
    RecordsElsewhere "records-elsewhere" Check "RFC 6698 section 3"
        "The text has no TLSA record for the requested owner, but it has TLSA records at other names."
        "Check the owner: without its final dot, a name server appends the zone name. Mail servers look up the records of the MX host at port 25."
    RecordsUnserved "records-unserved" Check "RFC 1034 section 4.2.1"
        "The text has TLSA records that no client finds: outside the zone, below a zone cut or a DNAME record, or after more than 11 aliases."
        "Publish the records in the zone whose name servers answer for the owner."
    NextUnpublished "next-unpublished" Check "RFC 7671 section 8.1"
        "Some records of a --next file are not published." "Do not deploy that key yet: publish the records, then wait two TTLs."
    DnsNoRecords "dns-no-records" Probe "RFC 7672 section 2.2"
        "The host and port have no TLSA records." "Publish the records at the owner name that tlsagen prints."
    DnsInsecure "dns-insecure" Probe "RFC 7672 section 2.2"
        "The answer is unsigned, so no client uses DANE."
        "Sign the zone, and have its DS record published in the parent zone. If a CNAME leads to another zone, that zone must be signed too."
    DnsBogus "dns-bogus" Probe "RFC 7672 section 2.1.1"
        "The signatures do not verify: clients skip the host, and mail stays in the queue."
        "Fix the signing now. The usual causes are expired signatures and a DS record for another key."
    DnsUnreachable "dns-unreachable" Probe "RFC 7672 section 2.2"
        "The lookup got no answer, or the host has no address."
        "Check the name servers. Use --dns to ask another server, or a longer --timeout. To ask an authoritative server, also give --trust-anchor."
    TlsaLookupFails "tlsa-lookup-fails" Probe "RFC 7672 section 2.1.2"
        "The host's addresses are signed, but the name servers do not answer the TLSA query: clients skip the host, and mail stays in the queue."
        "Fix the name servers: they must answer queries of every type, if only to say that no record exists."
    ServerDiffers "server-differs" Probe "RFC 7671 section 8.1"
        "A name server of --server gives other TLSA records than the resolver, whose answer may come from a cache."
        "Wait until the zone has reached every name server; if it does not, check the transfers of the zone."
    ServerFails "server-fails" Probe ""
        "A name server of --server does not answer, or its answer is not valid."
        "Check that name server: some resolvers ask it."
    ServedExpires "served-expires" Probe "RFC 7671 section 5.1"
        "A served certificate has expired, or expires within --warn-days."
        "Renew it, and reload the service. Usage 3 ignores dates, but a renewal that failed once may fail again."
    FamilyPassedOver "family-passed-over" Probe "RFC 7672 section 2.2"
        "Of the A and AAAA lookups, one failed and the other succeeded."
        "Check the name servers: the failing lookup may delay clients."
    SignatureEnds "signature-ends" Probe "RFC 4035 section 5.3.1"
        "A DNSSEC signature expires within two days." "Check the signer, unless the zone is re-signed every day."
    NoHost "no-host" Probe ""
        "An MX record does not contain a host name, or says that the domain accepts no mail."
        "Put a host name in the MX record: without it, there is no mail server to check."
    MxInsecure "mx-insecure" Probe "RFC 7672 section 2.2.1"
        "The MX records are unsigned, so an attacker can substitute other hosts." "Sign the mail domain's zone as well."
    NotVisited "not-visited" Probe ""
        "Some hosts or addresses were not examined completely: --deadline expired, or there are more than 64 pairs of host and port, or one host has more than 32 addresses."
        "Increase --deadline, or probe the named hosts separately."
    KeyKindUnseen "key-kind-unseen" Probe "RFC 7671 section 8"
        "The server may have another certificate, for a key type that could not be examined."
        "Try again, or connect with openssl s_client -sigalgs."
    NothingServed "nothing-served" Probe ""
        "--save had no certificate to write." "The output line of each address shows why the server sent no certificate."
    NoRoute "no-route" Probe ""
        "This machine has no route to some addresses, such as IPv6 ones."
        "Use -4 or -6, or run tlsagen on another machine: those addresses were not examined."
    ClockJump "clock-jump" Rollover ""
        "The clock of this machine moved against its uptime: it jumped."
        "Check the clock. The waits of rollover follow the uptime, but the times that it prints may be wrong."
    NotReloaded "not-reloaded" Rollover ""
        "For a day, no address has sent the chain that the service is said to use."
        "Reload the service, and check that it reads the file of --in-use: otherwise it keeps its old certificate until that expires."
    RecordOfOthers "record-of-others" Rollover "RFC 7671 section 8"
        "A published record is for no chain or key that was given, and this machine did not publish it."
        "Nothing to do if another machine of the same name uses it; otherwise remove it from the zone yourself."
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Useful information.
    Hint,
    /// The records are printed but may not work.
    Warning,
    /// No records are printed.
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

/// A diagnostic about one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The stable code.
    pub code: Code,
    /// The severity.
    pub severity: Severity,
    /// The host, owner, file or record that the finding is about; set only if there are several.
    pub about: Option<String>,
    /// The host that the finding is about, if it is about one.
    pub host: Option<String>,
    /// The owner of the records that the finding is about, absolute, if it is about one.
    pub owner: Option<String>,
    /// The text in one line, with the citation.
    pub message: String,
}

impl Finding {
    /// Creates a finding whose message ends with the citation of the code.
    pub fn new(code: Code, severity: Severity, text: &str) -> Self {
        let message = match code.citation() {
            "" => text.to_owned(),
            citation => format!("{text} ({citation})"),
        };
        Self { code, severity, about: None, host: None, owner: None, message }
    }

    /// Sets the host, owner, file or record that the finding is about.
    #[must_use]
    pub fn about(self, about: impl Into<String>) -> Self {
        Self { about: Some(about.into()), ..self }
    }

    /// Sets the host and the owner that the finding is about.
    #[must_use]
    pub fn of(self, host: Option<String>, owner: Option<String>) -> Self {
        Self { host, owner, ..self }
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

/// An error with a code and advice.
pub trait Advise: std::error::Error {
    /// The stable code, if the error has one.
    fn code(&self) -> Option<Code> {
        None
    }

    /// The action to take, in one line, if known.
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
