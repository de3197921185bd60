//! The commands that use the network (feature `live`), against servers in this process: signed, unsigned and forged
//! zones, TLS servers with STARTTLS, and servers that never answer, answer garbage, flood, or disconnect in mid-dialog.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod dns;
mod lookups;
mod mail_hosts;
mod misbehaving;
mod monitor;
#[path = "../common/openssl.rs"]
#[allow(dead_code, reason = "OpenSSL is a server here, not a client")]
mod openssl;
#[path = "../common/program.rs"]
mod program;
#[path = "../common/running.rs"]
mod running;
#[path = "../common/schema.rs"]
mod schema;
mod security;
mod servers;
mod side_by_side;
mod starttls;
mod verdicts;
mod world;
