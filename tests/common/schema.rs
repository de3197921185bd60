//! Validates JSON documents with the JSON Schema that the program prints, by Python's jsonschema.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::program::printed;

const VALIDATOR: &str = "
import json, sys, jsonschema
schema, *documents = [json.loads(text) for text in sys.stdin.read().split('\\0')]
validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
validator.check_schema(schema)
for document in documents:
    problem = jsonschema.exceptions.best_match(validator.iter_errors(document))
    if problem:
        sys.exit(f'{problem.json_path}: {problem.message} in {json.dumps(document)[:2000]}')
print(*sorted({document['kind'] for document in documents}))
";

/// Asserts that the documents are valid; returns their kinds, sorted, each once.
pub(crate) fn kinds_of_valid(documents: &[String]) -> Vec<String> {
    let mut python = Command::new("python3")
        .args(["-c", VALIDATOR])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let input = [&[printed("help json")], documents].concat().join("\0");
    python.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().split_whitespace().map(str::to_owned).collect()
}
