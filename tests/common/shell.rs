//! Shell scripts.

use std::path::Path;
use std::process::Command;

/// Runs a script in a folder and returns its output; the script must succeed.
#[track_caller]
pub(crate) fn shell(folder: &Path, script: &str) -> String {
    let output = Command::new("bash").args(["-ec", script]).current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{script}: {said}");
    said
}
