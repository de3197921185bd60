//! Renewal by ACME clients with the printed hooks: certbot, dehydrated and lego against pebble, with BIND and a TLS server.

#![cfg(feature = "live")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "../common/bind.rs"]
mod bind;
#[path = "../common/name_server.rs"]
mod name_server;
#[path = "../common/running.rs"]
mod running;

mod adapters;
mod certbot;
mod gate;
mod mail_host;
mod pebble;
