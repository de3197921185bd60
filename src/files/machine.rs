//! Identifies this machine and its boot, on Linux.

use std::fs;
use std::io::{self, ErrorKind};

use sha2::{Digest, Sha256};

use super::FileError;

/// A digest that identifies this machine, in hexadecimal; `None` if the machine has no identifier. The identifier itself
/// is not for others: see machine-id(5).
pub fn machine_id() -> Option<String> {
    let text = fs::read_to_string("/etc/machine-id").ok()?;
    let id = Some(text.trim()).filter(|id| !id.is_empty())?;
    Some(hex::encode(Sha256::digest(format!("tlsagen {id}"))))
}

/// The name of this machine, `localhost` if the system does not tell.
pub fn host_name() -> String {
    let text = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let is_name =
        |text: &&str| text.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-._".contains(&octet));
    Some(text.trim()).filter(|text| !text.is_empty()).filter(is_name).unwrap_or("localhost").to_owned()
}

/// The identifier of this boot, and the seconds since the boot, including the time in suspension.
///
/// Errors: the system does not tell.
pub fn boot() -> Result<(String, u64), FileError> {
    let read = |path| fs::read_to_string(path).map_err(FileError::Read);
    let id = read("/proc/sys/kernel/random/boot_id")?;
    let uptime = read("/proc/uptime")?;
    let seconds = uptime.split('.').next().and_then(|seconds| seconds.parse().ok());
    let unreadable = || FileError::Read(io::Error::new(ErrorKind::InvalidData, "the uptime is not a number"));
    Ok((id.trim().to_owned(), seconds.ok_or_else(unreadable)?))
}
