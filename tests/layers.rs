//! Module structure: each module uses only modules of lower layers, and only certain modules use the outside world.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The modules in the order of the map in `lib.rs`, lowest layer first.
const LAYERS: [&str; 23] = [
    "text",
    "hooks",
    "diagnostic",
    "tlsa",
    "owner",
    "pem_file",
    "x509",
    "key",
    "input",
    "chain",
    "generate",
    "records",
    "path",
    "verify",
    "diff",
    "rollover",
    "live",
    "advice",
    "render",
    "files",
    "cli",
    "man",
    "commands",
];

/// Names, each with the only modules that may use it.
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
    ("sha2", &["files", "tlsa", "x509"]),
    ("serde", &["records", "render", "rollover"]),
    ("domain::", &["live", "records"]),
    ("webpki", &[]),
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

/// Returns for each file its module, its path, and its code without comments and inline test modules.
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
        // Cut off an inline test module. A test module in a separate file is in the list as a file.
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
        // Forbid grouped imports from the crate root, because this test would not see the layers of the grouped
        // modules.
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
    // Skip the build folder of the fuzzers.
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

/// Returns the full paths that follow `start` in the code, such as `a::b` and `a::c` for `a::{b, c}`.
fn named<'a>(code: &'a str, start: &str) -> Vec<Vec<&'a str>> {
    fn expand<'a>(rest: &'a str, before: &[&'a str], found: &mut Vec<Vec<&'a str>>) -> &'a str {
        let mut path = before.to_vec();
        let mut rest = rest;
        loop {
            if let Some(mut items) = rest.strip_prefix('{') {
                loop {
                    items = expand(items.trim_start_matches([' ', '\n', ',']), &path, found);
                    match items.trim_start().strip_prefix('}') {
                        Some(after) => return after,
                        None if items.trim_start().starts_with(',') => {}
                        None => return items,
                    }
                }
            }
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            if end > 0 {
                path.push(&rest[..end]);
            }
            rest = &rest[end..];
            match rest.strip_prefix("::") {
                Some(after) => rest = after,
                None => break,
            }
        }
        found.push(path);
        rest
    }
    let mut found = Vec::new();
    for (at, _) in code.match_indices(start) {
        // The match must not be part of a longer path or name.
        if !code[..at].ends_with(|c: char| c == ':' || c == '_' || c.is_alphanumeric()) {
            expand(&code[at..], &[], &mut found);
        }
    }
    found
}

/// For each folder, returns which of its files and subfolders use which others.
fn imports() -> BTreeMap<Vec<String>, BTreeMap<String, BTreeSet<String>>> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let place = |path: &Path| {
        let path = path.strip_prefix(&src).unwrap().with_extension("");
        let mut place: Vec<String> = path.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
        place.pop_if(|last| ["mod", "lib"].contains(&last.as_str()));
        place
    };
    let files = modules();
    let places: BTreeSet<Vec<String>> = files.iter().map(|(_, path, _)| place(path)).collect();
    let mut folders: BTreeMap<_, BTreeMap<_, BTreeSet<_>>> = BTreeMap::new();
    for (_, path, code) in &files {
        let from = place(path);
        for mut named in ["crate::", "super::"].iter().flat_map(|start| named(code, start)) {
            let mut target = if named[0] == "crate" {
                named.remove(0);
                Vec::new()
            } else {
                from.clone()
            };
            while named.first() == Some(&"super") {
                named.remove(0);
                target.pop();
            }
            target.extend(named.into_iter().map(str::to_owned));
            while !target.is_empty() && !places.contains(&target) {
                target.pop();
            }
            let common = from.iter().zip(&target).take_while(|(one, other)| one == other).count();
            if let (Some(user), Some(used)) = (from.get(common), target.get(common)) {
                let folder = folders.entry(from[..common].to_vec()).or_default();
                folder.entry(user.clone()).or_default().insert(used.clone());
            }
        }
    }
    folders
}

#[test]
fn no_files_of_a_folder_import_each_other_in_a_circle() {
    let imports = imports();
    assert!(imports[&vec!["x509".to_owned()]]["signature"].contains("spki"), "{imports:?}");
    for (folder, mut uses) in imports {
        // Remove entries that use none of the remaining ones, because they are not part of a cycle.
        loop {
            let left = uses.clone();
            uses.retain(|_, used| used.iter().any(|name| left.contains_key(name)));
            if uses.len() == left.len() {
                break;
            }
        }
        assert!(uses.is_empty(), "src/{}: a circle: {uses:?}", folder.join("/"));
    }
}
