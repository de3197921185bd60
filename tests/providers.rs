//! The recipes of `tlsagen help hooks` for the APIs of providers, with a stand-in for curl. The sample documents have the
//! form that the providers document.

#![cfg(feature = "live")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "common/program.rs"]
mod program;

use program::printed;

fn executable(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    assert!(Command::new("chmod").arg("+x").arg(path).status().unwrap().success());
}

/// A step of `rollover -f json`, as the program prints it.
const CHANGES: &str = r#"{"step":"retire","until":null,"reasons":[],"changes":[{"owner":"_25._tcp.mx.example.com.","ttl":1800,
"add":[{"owner":"_25._tcp.mx.example.com.","usage":3,"selector":1,"matching_type":1,"data":"aa01","source":null}],
"remove":[{"owner":"_25._tcp.mx.example.com.","usage":3,"selector":1,"matching_type":1,"data":"bb02","source":null}],
"after":[{"owner":"_25._tcp.mx.example.com.","usage":3,"selector":1,"matching_type":1,"data":"aa01","source":null},
{"owner":"_25._tcp.mx.example.com.","usage":2,"selector":1,"matching_type":1,"data":"cc03","source":null}]},
{"owner":"_465._tcp.mx.example.com.","ttl":null,"add":[],"remove":[],"after":[]}],"findings":[]}"#;

/// Cloudflare's answer to the list of TLSA records.
const LISTED: &str = r#"{"success":true,"errors":[],"messages":[],"result":[
{"id":"one","type":"TLSA","name":"_25._tcp.mx.example.com","content":"3 1 1 BB02","ttl":1800,"data":{"usage":3,"selector":1,"matching_type":1,"certificate":"BB02"}},
{"id":"two","type":"TLSA","name":"_465._tcp.mx.example.com","content":"3 1 1 bb02","ttl":1800,"data":{"usage":3,"selector":1,"matching_type":1,"certificate":"bb02"}},
{"id":"three","type":"TLSA","name":"_25._tcp.mx.example.com","content":"2 1 1 cc03","ttl":1800,"data":{"usage":2,"selector":1,"matching_type":1,"certificate":"cc03"}}]}"#;

#[test]
#[ignore = "needs jq and shellcheck"]
fn the_recipes_for_providers_send_the_changes() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("hook-providers");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("bin")).unwrap();
    executable(
        &folder.join("bin/curl"),
        "#!/bin/sh\nprintf '%s\\n' \"$@\" >arguments\ncase $* in *--get*) cat listed ;; *) cat >sent ;; esac\n",
    );
    fs::write(folder.join("listed"), LISTED).unwrap();
    fs::write(folder.join("changes"), CHANGES).unwrap();
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let help = printed("help hooks");
    let send = |name: &str| {
        let recipe = help.split("```sh\n").map(|text| text.split("```").next().unwrap());
        let recipe = recipe.clone().find(|text| text.contains(&format!("# {name}: "))).unwrap();
        executable(&folder.join("update"), recipe);
        let path = format!("{}/bin:/usr/bin:/bin", folder.display());
        let command = "set -e; shellcheck update; ./update <changes";
        let output = Command::new("sh").args(["-c", command]).current_dir(&folder).env("PATH", path).output();
        let output = output.unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&[output.stdout, output.stderr].concat())
        );
        let sent: serde_json::Value = serde_json::from_str(&read("sent")).unwrap();
        (sent, read("arguments"))
    };
    let (sent, arguments) = send("tlsa-cloudflare");
    assert_eq!(
        sent,
        serde_json::json!({"deletes": [{"id": "one"}], "posts": [{"type": "TLSA", "name": "_25._tcp.mx.example.com",
            "ttl": 1800, "data": {"usage": 3, "selector": 1, "matching_type": 1, "certificate": "aa01"}}]})
    );
    assert!(arguments.contains("/zones/ID_OF_THE_ZONE/dns_records/batch\n"), "{arguments}");
    let (sent, arguments) = send("tlsa-desec");
    assert_eq!(
        sent,
        serde_json::json!([
            {"type": "TLSA", "subname": "_25._tcp.mx", "ttl": 1800, "records": ["3 1 1 aa01", "2 1 1 cc03"]},
            {"type": "TLSA", "subname": "_465._tcp.mx", "ttl": 3600, "records": []}
        ])
    );
    assert!(arguments.contains("https://desec.io/api/v1/domains/example.com/rrsets/\n"), "{arguments}");
}
