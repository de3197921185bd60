//! The validator against a signed tree of zones that these tests make by themselves, honest and forged.
//!
//! `wire`, `zone`, `signer` and `denial` make signed zones; `tree` is the world; `truth` says what is true of a name
//! there, and `authority` replies as an honest server.
//! The tests are in `honest`.
//!

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stderr, reason = "tests")]

mod authority;
mod denial;
mod exchange;
mod honest;
mod questions;
mod signer;
mod tree;
mod truth;
mod wire;
mod zone;
