//! OpenSSL's verdicts, by the program `tests/verdicts/danev.c`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Compiles the program in `folder`.
pub(crate) fn compile(folder: &Path) -> PathBuf {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/verdicts/danev.c");
    let program = folder.join("danev");
    let cc = Command::new("cc").arg("-o").arg(&program).args([source, "-lssl", "-lcrypto"]).output().unwrap();
    assert!(cc.status.success(), "libssl-dev? {}", String::from_utf8_lossy(&cc.stderr));
    program
}
