//! Right DANE TLSA records from a certificate chain (RFC 6698, 7671, 7672).
//!
//! Data flows one way, from octets to text:
//!
//! ```text
//!   files ──> pem_file ──> x509, key ──> input ──> chain ──> generate ──> render ──> files
//!   octets    blocks       certificates  one of    paths     records      text       octets
//!                          and keys      the two     │          │
//!                                                    │          ├──> advice: findings ──> render
//!   files ──> records ──> verify (by path) <─────────┘          │
//!   octets    published   a status each, one verdict ──> advice, render
//!                 │                                             │
//!                 └─────> diff <────────────────────────────────┘
//!                         add, remove ──> render
//!   live ──┬──> records: what the DNS has ──> verify, diff
//!          └──> chain: what a server sends ──> verify
//!   cli ──> commands: the one that calls them
//! ```
//!
//! [`live`] brings the same from the network: published records from the DNS, and the chains that servers send.
//!
//! The modules, lowest first; each uses only those above it:
//!
//! | module | job | standard |
//! |---|---|---|
//! | [`text`] | text from outside as far as it may be shown | |
//! | [`diagnostic`] | every diagnostic: its code, section and advice | |
//! | [`tlsa`] | usage, selector, matching type, association data | RFC 6698 section 2, RFC 7218 |
//! | [`owner`] | host, port and transport to owner name | RFC 6698 section 3 |
//! | [`pem_file`] | octets to located blocks, strictly | RFC 7468 |
//! | [`x509`] | one block to a certificate, request or public key; checks signatures | RFC 5280 |
//! | [`key`] | private key to SubjectPublicKeyInfo | RFC 5208, 5915, 5958, 8017, 8410 |
//! | [`input`] | a file to its certificates, or else its keys | RFC 7468 section 4 |
//! | [`chain`] | certificates to end entities and their paths | RFC 5280 section 6 |
//! | [`generate`] | parameters and material to records with their sources | RFC 7671 section 5 |
//! | [`records`] | zone, dig and RFC 3597 text to published records | RFC 1035 section 5, RFC 3597 |
//! | [`path`] | from an end entity to a trust anchor | RFC 5280 section 6.1 |
//! | [`verify`] | records and a chain to a status for each and a verdict for all | RFC 7671 sections 5, 8 and 9 |
//! | [`diff`] | wanted set and published set to what to add and remove | RFC 7671 section 8 |
//! | [`live`] | what a DANE client sees: DNSSEC, STARTTLS, the served chain (feature `live`) | RFC 4035 section 5, RFC 7671 section 7, RFC 7672 section 2 |
//! | [`advice`] | the rule table | RFC 7671, RFC 7672 |
//! | [`render`] | records, reports and changes to zone, rdata, generic, nsupdate and JSON text | RFC 1035 section 5, RFC 3597 |
//! | [`files`] | path or `-` to octets, and back | |
//! | [`cli`] | the command line as values | |
//! | [`man`] | the manual page | man(7) |
//! | [`commands`] | one function per subcommand | |
//!
// Without the feature there is nothing to link to.
#![cfg_attr(not(feature = "live"), doc = "[`live`]: index.html")]

pub mod text;

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
pub mod live;

pub mod advice;

pub mod render;

pub mod files;

pub mod cli;

pub mod man;

pub mod commands;
