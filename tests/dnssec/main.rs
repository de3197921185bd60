//! Tests the validator against a signed tree of zones made by these tests, with honest and forged replies.
//!
//! `wire`, `zone`, `signer` and `denial` make signed zones; `tree` contains all zones; `truth` computes the right
//! answer from the zone data, and `authority` replies as an honest server. `forger` changes replies, with the help of
//! `records`, `replays` and `octets`. The tests are in `honest`, `forged`, `gullible`, `attacks`, `limits`, `command`
//! and `peers`.
//!
//! `FORGED_LOOKUPS` sets the number of forged lookups, `FORGER_SEED` the seed; `FORGED_CASE` runs a single case again.

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
