#![no_main]

#[path = "../targets.rs"]
#[allow(dead_code, reason = "each binary has one target of the table")]
mod targets;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| targets::dns(octets));
