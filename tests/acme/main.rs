//! Renewal by ACME clients as `tlsagen help hooks` describes it: its scripts, run by certbot, dehydrated and lego with pebble,
//! and by stand-ins for acme.sh and Caddy.

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
