//! The house: each module uses only those below it, and the outside world stays at its homes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

/// Lowest first, as the map in `lib.rs` has them.
const LAYERS: [&str; 20] = [
    "text", "tlsa", "owner", "pem_file", "x509", "key", "input", "chain", "generate", "records", "path",
    "verify", "diff", "live", "advice", "render", "files", "cli", "man", "commands",
];

/// What only these modules may name.
const HOMES: [(&str, &[&str]); 17] = [
    ("std::fs", &["files"]),
    ("std::io", &["files", "live"]),
    ("TcpStream", &["live"]),
    ("UdpSocket", &["live"]),
    ("rustls::", &["live"]),
    ("tokio::", &[]),
    ("std::env", &["main"]),
    ("std::process", &["main"]),
    ("rustix", &["files"]),
    ("anyhow", &["commands"]),
    ("clap", &["cli", "man"]),
    ("x509_parser", &["x509"]),
    ("use ring", &["live", "x509"]),
    ("sha2", &["tlsa"]),
    ("serde", &["render"]),
    ("domain::", &["live", "records"]),
    ("webpki", &["path"]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => sources(&path, found),
            false => found.push(path),
        }
    }
}

/// The module that a file belongs to, and its code without comments and tests.
fn modules() -> Vec<(String, PathBuf, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let module = |path: &PathBuf| {
        let first = path.strip_prefix(&src).unwrap().iter().next().unwrap();
        first.to_str().unwrap().trim_end_matches(".rs").to_owned()
    };
    let code = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        // Of a file of tests only the name stands here, among the other modules.
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
        code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
    };
    files.iter().map(|path| (module(path), path.clone(), code(path))).collect()
}

#[test]
fn every_file_has_a_layer_and_imports_run_downward() {
    for (module, path, code) in modules() {
        if module == "lib" || module == "main" {
            continue;
        }
        let layer = LAYERS.iter().position(|name| *name == module);
        let layer = layer.unwrap_or_else(|| panic!("{}: no layer for it", path.display()));
        for (higher, name) in LAYERS.iter().enumerate() {
            let uses =
                code.contains(&format!("crate::{name}::")) || code.contains(&format!("crate::{{{name}"));
            assert!(!uses || higher <= layer, "{}: {module} must not use {name}", path.display());
        }
        // Grouped imports from the root of the crate would hide their layers from this test.
        let grouped = code.lines().filter(|line| line.starts_with("use crate::{"));
        assert!(grouped.count() == 0 || module == "commands" || module == "cli", "{}", path.display());
    }
}

#[test]
fn the_outside_world_stays_at_its_homes() {
    for (module, path, code) in modules() {
        for (name, homes) in HOMES {
            let uses = code.contains(name);
            assert!(
                !uses || homes.contains(&module.as_str()),
                "{}: {name} belongs to {homes:?}",
                path.display()
            );
        }
    }
}

#[test]
fn no_file_is_longer_than_400_lines() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "tests"] {
        sources(&root.join(folder), &mut files);
    }
    // What fuzzers have built is not ours.
    let built = root.join("tests/fuzz/target");
    files.retain(|path| path.extension().is_some_and(|is| is == "rs") && !path.starts_with(&built));
    assert!(files.len() > 120, "{} files", files.len());
    for path in files {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 400, "{}: {lines} lines", path.display());
    }
}

#[test]
fn the_map_names_the_modules_in_their_order() {
    let map = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let declared = map.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    assert_eq!(declared.collect::<Vec<_>>(), LAYERS);
}
