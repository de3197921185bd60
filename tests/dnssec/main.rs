//! The validator against a signed tree of zones that these tests make by themselves, honest and forged.
//!
//! `wire`, `zone`, `signer` and `denial` make signed zones; `tree` is the world; `truth` says what is true of a name
//! there, and `authority` replies as an honest server. `forger` changes replies, with `records`, `replays` and
//! `octets`. The tests are in `honest`, `forged`, `gullible`, `attacks`, `limits` and `peers`.
//!
//! `FORGED_LOOKUPS` and `FORGER_SEED` set the number of forged lookups and their seed; `FORGED_CASE` runs one again.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stderr, reason = "tests")]

mod attacks;
mod authority;
mod command;
mod denial;
mod exchange;
mod forged;
mod forger;
mod gullible;
mod honest;
mod limits;
#[path = "../common/numbers.rs"]
mod numbers;
mod octets;
mod peers;
#[path = "../common/program.rs"]
mod program;
mod questions;
mod records;
mod replays;
mod serve;
#[path = "../live/servers.rs"]
#[allow(dead_code, reason = "these tests need no dialog before TLS")]
mod servers;
mod signer;
mod tree;
mod truth;
mod wire;
mod zone;
