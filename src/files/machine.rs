//! Identifies this machine and its boot, on Linux.

use std::fs;
use std::io::{self, ErrorKind};

use super::FileError;

/// The identifier of this machine; `None` if it has none.
pub fn machine_id() -> Option<String> {
    let text = fs::read_to_string("/etc/machine-id").ok()?;
    Some(text.trim().to_owned()).filter(|id| !id.is_empty())
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
