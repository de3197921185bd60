//! `batch` prints what a call for each line prints.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::io::Write;
use std::process::{Output, Stdio};

#[path = "common/program.rs"]
mod program;

use program::{ROOT, command};

/// Runs the program in the checkout with this standard input.
fn tlsagen(arguments: &[&str], input: &str) -> Output {
    let mut command = command(ROOT, arguments);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    // A call that fails early does not read its input.
    let _ = writer.join().unwrap();
    output
}

fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).unwrap()
}

/// Every fixture, each with the triples in turn.
fn lines() -> Vec<String> {
    let mut files: Vec<String> = fs::read_dir(format!("{ROOT}/fixtures"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".pem"))
        .collect();
    files.sort();
    let calls =
        ["mx.example 3 1 1", "mx.example,b.example:465 3 1 1 2 1 1", "mx.example", "mx.example 2 0 2 3 0 0"];
    files.iter().zip(calls.iter().cycle()).map(|(file, call)| format!("fixtures/{file} {call}")).collect()
}

#[test]
fn the_output_is_that_of_single_calls_in_every_format() {
    let lines = lines();
    let list = format!("# a comment\n\n{}\n", lines.join("\n"));
    for options in [
        &["-q"][..],
        &["-f", "rdata", "-q"],
        &["-f", "generic", "--ttl", "300", "--comments"],
        &["-f", "nsupdate", "-p", "25,587", "--strict"],
        &["-f", "json", "--origin", "example"],
    ] {
        let (mut expected, mut bad, mut errors, mut good) = (String::new(), 0, 0, String::new());
        for line in &lines {
            let arguments: Vec<&str> = line.split(' ').chain(options.iter().copied()).collect();
            let alone = tlsagen(&arguments, "");
            match alone.status.code() {
                Some(0) => good.clone_from(line),
                _ => bad += 1,
            }
            errors += text(&alone.stderr).matches("tlsagen: error").count();
            let printed = text(&alone.stdout);
            expected += &match options.contains(&"json") && !printed.is_empty() {
                true => on_one_line(&printed),
                false => printed,
            };
        }
        assert!(bad > 10 && bad < lines.len() - 10, "{options:?}: {bad}");
        for jobs in ["1", "2", "7"] {
            let arguments = [&["batch", "--keep-going", "--jobs", jobs, "-"][..], options].concat();
            let together = tlsagen(&arguments, &list);
            assert_eq!(together.status.code(), Some(2));
            assert_eq!(text(&together.stdout), expected, "{options:?} {jobs}");
            let said = text(&together.stderr);
            assert_eq!(said.matches("tlsagen: error").count(), errors, "{said}");
        }
        // Without --keep-going, a bad line holds back all records.
        let held_back = tlsagen(&[&["batch"][..], options].concat(), &list);
        assert_eq!((held_back.status.code(), held_back.stdout.len()), (Some(2), 0));
        let number = lines.iter().position(|line| *line == good).unwrap() + 3;
        assert!(!text(&held_back.stderr).contains(&format!("line {number}:")));
    }
}

/// Joins the lines of an indented JSON document, which has one member or element on each line.
fn on_one_line(document: &str) -> String {
    let lines = document.lines().map(str::trim).map(|line| match line.split_once("\": ") {
        Some((name, value)) if !name.trim_start_matches('"').contains('"') => format!("{name}\":{value}"),
        _ => line.to_owned(),
    });
    lines.collect::<String>() + "\n"
}

#[test]
fn each_bad_line_is_named_with_its_file() {
    let list = "fixtures/leaf-rsa.pem mx.example 3 1 1\n\
                missing.pem mx.example\n\
                fixtures/leaf-rsa.pem\n\
                \u{20}# fixtures/root-rsa.pem mx.example\n\
                fixtures/leaf-rsa.pem mx.example 3 1\n\
                fixtures/leaf-rsa.pem mx.example 3 1 1 --ttl 5\n\
                - mx.example\n\
                fixtures/rsa1024-ca.pem mx.example 2 1 1\n";
    let output = tlsagen(&["batch", "-", "--keep-going"], list);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stdout).lines().count(), 2);
    let said = text(&output.stderr);
    let errors: Vec<&str> = said.lines().filter(|line| line.starts_with("tlsagen: error")).collect();
    let expected = [
        "tlsagen: error: standard input: line 2: missing.pem: cannot read it: No such file or directory",
        "tlsagen: error: standard input: line 3: fixtures/leaf-rsa.pem: HOST is missing",
        "tlsagen: error: standard input: line 5: fixtures/leaf-rsa.pem: ",
        "tlsagen: error: standard input: line 6: fixtures/leaf-rsa.pem: the line contains an option",
        "tlsagen: error: standard input: line 7: standard input cannot be the CHAIN of a line",
    ];
    assert_eq!(errors.len(), expected.len(), "{said}");
    for (error, expected) in errors.iter().zip(expected) {
        assert!(error.starts_with(expected), "{error}");
    }
    assert!(
        said.contains("tlsagen: warning[weak-key]: standard input: line 8: fixtures/rsa1024-ca.pem: "),
        "{said}"
    );
}

/// The options are for the lines that they concern.
#[test]
fn a_line_may_have_a_port_of_its_own() {
    let list = "\u{feff}# with a byte order mark\n\
                fixtures/leaf-rsa.pem mx.example\nfixtures/leaf-rsa.pem mx.example:993\n\
                fixtures/leaf-rsa.pem _443._tcp.mx.example\n";
    let output = tlsagen(&["batch", "-q", "-p", "25,465", "--transport", "udp"], list);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    let owners: Vec<&str> = printed.lines().map(|line| line.split(' ').next().unwrap()).collect();
    let expected =
        ["_25._udp.mx.example.", "_465._udp.mx.example.", "_993._udp.mx.example.", "_443._tcp.mx.example."];
    assert_eq!(owners, expected);
}

#[test]
fn a_file_that_is_no_list_is_refused() {
    for (arguments, said) in [
        (
            &["batch", "fixtures/fullchain-rsa.p12"][..],
            "fixtures/fullchain-rsa.p12: the file is not UTF-8 text",
        ),
        (&["batch", "missing.txt"], "missing.txt: cannot read it: No such file"),
        (&["batch", "missing.txt", "--port", "abc"], "tlsagen: error: 'abc' is not a port"),
        (&["batch", "-", "--jobs", "0"], "invalid value '0' for '--jobs <N>'"),
        (&["batch", "fixtures/leaf-rsa.pem"], "fixtures/leaf-rsa.pem: line 1: this is a PEM block"),
    ] {
        let output = tlsagen(arguments, "");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}");
        assert!(text(&output.stderr).contains(said), "{arguments:?}: {}", text(&output.stderr));
        assert_eq!(text(&output.stderr).lines().count(), 2, "{arguments:?}");
    }
    // As after a failed command.
    let nothing = tlsagen(&["batch"], "\n");
    assert_eq!((nothing.status.code(), nothing.stdout.len()), (Some(2), 0));
    assert!(text(&nothing.stderr).contains("standard input: the file is empty"));
    let empty = tlsagen(&["batch"], "# nothing\n\n");
    assert_eq!((empty.status.code(), empty.stdout.len(), empty.stderr.len()), (Some(0), 0, 0));
}

#[test]
#[ignore = "needs the command `script`"]
fn a_terminal_shows_the_progress() {
    let folder = concat!(env!("CARGO_TARGET_TMPDIR"), "/batch-progress");
    fs::create_dir_all(folder).unwrap();
    fs::write(format!("{folder}/list"), "fixtures/fullchain-rsa.pem mx.example 3 1 1\n".repeat(250)).unwrap();
    let call = format!("{} batch -q {folder}/list >{folder}/records", env!("CARGO_BIN_EXE_tlsagen"));
    let on_terminal = std::process::Command::new("script")
        .args(["--quiet", "--return", "--command", &call, "/dev/null"])
        .current_dir(ROOT)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(on_terminal.status.success(), "{on_terminal:?}");
    // Each text overwrites the one before, and the last one is empty.
    let expected = ["100 of 250 lines", "200 of 250 lines", ""].map(|line| format!("\r\u{1b}[K{line}"));
    assert_eq!(text(&on_terminal.stdout), expected.concat());
    assert_eq!(fs::read_to_string(format!("{folder}/records")).unwrap().lines().count(), 250);
    let elsewhere = tlsagen(&["batch", "-q", &format!("{folder}/list")], "");
    assert_eq!(text(&elsewhere.stderr), "");
}
