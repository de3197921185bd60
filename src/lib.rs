//! Generates correct DANE TLSA records from a certificate chain (RFC 6698, 7671, 7672).
//!
//! Data flows in one direction, from octets to text:
//!
//! ```text
//!   files ──> pem_file ──> x509, key ──> input ──> chain ──> generate ──> render ──> files
//!   octets    blocks       certificates  one of    paths     records      text       octets
//!                          and keys      the two     │          │
//!                                                    │          ├──> advice: findings ──> render
//!   files ──> records ──> verify (by path) <─────────┘          │
//!   octets    published   statuses, verdict ──> advice, render
//!                 │                                             │
//!                 └─────> diff <────────────────────────────────┘
//!                         add, remove ──> render
//!   live ──┬──> records: published in the DNS ──> verify, diff
//!          └──> chain: sent by a server ──> verify
//!   cli ──> commands: call all of the above
//! ```
//!
//! [`live`] reads the same data from the network: published records from the DNS, and the chains that servers send.
//!
//! The modules, lowest layer first; each module uses only modules above it in the table:
//!
//! | module | job | standard |
//! |---|---|---|
//! | [`text`] | makes external text safe to show | |
//! | [`hooks`] | holds the hooks of ACME clients and their settings (feature `live`) | |
//! | [`diagnostic`] | defines every diagnostic: code, RFC section and advice | |
//! | [`tlsa`] | defines usage, selector, matching type and association data | RFC 6698 section 2, RFC 7218 |
//! | [`owner`] | converts host, port and transport to an owner name | RFC 6698 section 3 |
//! | [`pem_file`] | splits octets into PEM blocks with line numbers; rejects malformed blocks | RFC 7468 |
//! | [`x509`] | parses one block as a certificate, request or public key; checks signatures | RFC 5280 |
//! | [`key`] | converts a private key to SubjectPublicKeyInfo | RFC 5208, 5915, 5958, 8017, 8410 |
//! | [`input`] | reads the certificates of a file, or its keys if it has no certificates | RFC 7468 section 4 |
//! | [`chain`] | finds end entities and their certification paths | RFC 5280 section 6 |
//! | [`generate`] | generates records from parameters and certificates or keys | RFC 7671 section 5 |
//! | [`records`] | parses zone, dig and RFC 3597 text into published records | RFC 1035 section 5, RFC 3597 |
//! | [`path`] | validates the path from an end entity to a trust anchor | RFC 5280 section 6.1 |
//! | [`verify`] | checks records against a chain: a status for each record, and a verdict | RFC 7671 sections 5, 8 and 9 |
//! | [`diff`] | compares wanted and published records: the records to add and remove | RFC 7671 section 8 |
//! | [`rollover`] | decides the next step of a key rollover (feature `live`) | RFC 7671 section 8.1 |
//! | [`live`] | looks up names with DNSSEC and connects with TLS or STARTTLS, as a DANE client does (feature `live`) | RFC 4035 section 5, RFC 7671 section 7, RFC 7672 section 2 |
//! | [`advice`] | reports findings about records, certificates and probes | RFC 7671, RFC 7672 |
//! | [`render`] | writes records, reports and changes as text; one source file per format | RFC 1035 section 5, RFC 3597 |
//! | [`files`] | reads and writes files, `-` for standard input or output | |
//! | [`cli`] | parses the command line into typed values; explains wrong calls (its folder `mistakes`) | |
//! | [`man`] | writes the manual page | man(7) |
//! | [`commands`] | runs the subcommands: one function for each | |
//!
// Without the feature `live`, the link to the module would be broken.
#![cfg_attr(
    not(feature = "live"),
    doc = "[`hooks`]: index.html\n[`live`]: index.html\n[`rollover`]: index.html"
)]

pub mod text;

#[cfg(feature = "live")]
pub mod hooks;

pub mod diagnostic;

pub mod tlsa;

pub mod owner;

pub mod pem_file;

pub mod x509;

pub mod key;

pub mod input;

pub mod chain;

pub mod generate;

pub mod records;

pub mod path;

pub mod verify;

pub mod diff;

#[cfg(feature = "live")]
pub mod rollover;

#[cfg(feature = "live")]
pub mod live;

pub mod advice;

pub mod render;

pub mod files;

pub mod cli;

pub mod man;

pub mod commands;
