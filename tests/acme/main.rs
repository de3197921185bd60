//! Renewal by ACME clients as `tlsagen help hooks` describes it. certbot, dehydrated and lego run its scripts against
//! pebble; stand-ins take the place of acme.sh and Caddy.

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
