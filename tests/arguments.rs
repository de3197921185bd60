//! A wrong argument is shown in the error message on one line, and is not shown at all if it is a private key.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::Command;

#[path = "common/numbers.rs"]
mod numbers;
#[path = "common/program.rs"]
mod program;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use numbers::Numbers;
use program::{ROOT, command};
use tlsagen::cli::{self, Invocation, Records};

/// The working folder of all runs, so that an argument used as a file name cannot read or create a file in the
/// checkout.
const FOLDER: &str = env!("CARGO_TARGET_TMPDIR");

/// Returns command lines with `word` in each position of each subcommand, as the value of each option (`--name=word`,
/// `--nameword` and `--name word`) and as an option itself. clap lists the options and positions.
fn calls(word: &str) -> Vec<Vec<String>> {
    let mut calls = vec![vec![word.to_owned()], vec!["help".to_owned(), word.to_owned()]];
    let mut whole = tlsagen::cli::command();
    whole.build();
    let commands: Vec<&clap::Command> = std::iter::once(&whole).chain(whole.get_subcommands()).collect();
    for (number, command) in commands.into_iter().enumerate() {
        let start: Vec<String> = (number > 0).then(|| command.get_name().to_owned()).into_iter().collect();
        let chain = format!("{ROOT}/fixtures/fullchain-rsa.pem");
        let usual = |name: &str| match name {
            "chain" => chain.clone(),
            "params" => "3".to_owned(),
            "shell" => "bash".to_owned(),
            _ => "mx.example".to_owned(),
        };
        let positions: Vec<String> =
            command.get_positionals().map(|argument| usual(argument.get_id().as_str())).collect();
        let with = |more: &[String]| [start.as_slice(), &positions, more].concat();
        for at in 0..=positions.len() + 2 {
            let mut words = positions.clone();
            words.resize(words.len().max(at + 1), "1".to_owned());
            words[at] = word.to_owned();
            calls.push([start.as_slice(), &words].concat());
        }
        for argument in command.get_arguments().filter(|argument| !argument.is_positional()) {
            let takes_values = argument.get_action().takes_values();
            let long = argument.get_long().map(|long| format!("--{long}"));
            let short = argument.get_short().map(|short| format!("-{short}"));
            for name in long.iter().chain(&short) {
                calls.push(with(&[format!("{name}={word}")]));
                calls.push(with(&[format!("{name}{word}")]));
                if takes_values {
                    calls.push(with(&[name.clone(), word.to_owned()]));
                    calls.push([start.as_slice(), &[name.clone(), word.to_owned()]].concat());
                }
            }
        }
        for option in [format!("--{word}"), format!("-{word}"), format!("--{word}={word}")] {
            calls.push(with(&[option]));
        }
    }
    calls
}

/// Whether the command line would use the network.
fn needs_network(args: &[String]) -> bool {
    if !args.iter().any(|arg| ["check", "diff", "probe"].contains(&arg.as_str())) {
        return false;
    }
    let args_of_run = std::iter::once("tlsagen".into()).chain(args.iter().map(OsString::from));
    match cli::parse(&args_of_run.collect::<Vec<_>>()) {
        Ok(Invocation::Check(request)) => matches!(request.records, Records::Dns(_)),
        Ok(Invocation::Diff(request)) => matches!(request.records, Records::Dns(_)),
        Ok(Invocation::Probe(_)) => true,
        _ => false,
    }
}

/// A command line and its output.
struct Said {
    args: Vec<String>,
    stdout: String,
    stderr: String,
}

/// Runs each command line that does not use the network, and returns the outputs. Because thousands of processes would
/// take most of the time, one process runs all command lines ([`make_calls`]); every hundredth runs again in a process
/// of its own.
fn said(test: &str, calls: impl IntoIterator<Item = Vec<String>>) -> Vec<Said> {
    let calls: Vec<Vec<String>> = calls.into_iter().filter(|args| !needs_network(args)).collect();
    let path = PathBuf::from(FOLDER).join(format!("{test}.calls"));
    fs::write(&path, serde_json::to_vec(&calls).unwrap()).unwrap();
    let output = in_folder(Command::new(std::env::current_exe().unwrap()))
        .args(["--exact", "make_calls", "--ignored", "--nocapture"])
        .env(CALLS, &path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let [stdout, stderr] = [output.stdout, output.stderr].map(|octets| String::from_utf8(octets).unwrap());
    // The test harness itself prints before the first mark and after the last one.
    let [stdout, stderr] = [&stdout, &stderr].map(|text| text.split(MARK).skip(1).collect::<Vec<_>>());
    assert_eq!([stdout.len(), stderr.len()], [calls.len() + 1; 2]);
    let said = calls.into_iter().zip(stdout.into_iter().zip(stderr));
    let said = said.map(|(args, (stdout, stderr))| Said {
        args,
        stdout: stdout.to_owned(),
        stderr: stderr.to_owned(),
    });
    let said: Vec<Said> = said.collect();
    for Said { args, stdout, stderr } in said.iter().step_by(100) {
        let output = in_folder(command(FOLDER, args)).output().unwrap();
        assert_eq!((&output.stdout, &output.stderr), (&stdout.clone().into(), &stderr.clone().into()));
    }
    said
}

fn in_folder(mut command: Command) -> Command {
    command.current_dir(FOLDER).env("COLUMNS", "80");
    command
}

/// The environment variable with the path of the file of command lines to run.
const CALLS: &str = "TLSAGEN_TEST_CALLS";
/// Separates the outputs of two command lines.
const MARK: &str = "\n<<< the next call >>>\n";

/// Runs the command lines of another test, as `main` would, with a mark on both streams before the first and after
/// each.
#[test]
#[ignore = "a part of the other tests, which start it"]
fn make_calls() {
    let Some(path) = std::env::var_os(CALLS) else { return };
    let calls: Vec<Vec<String>> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let mark = || {
        io::stdout().write_all(MARK.as_bytes()).unwrap();
        io::stdout().flush().unwrap();
        io::stderr().write_all(MARK.as_bytes()).unwrap();
    };
    mark();
    for args in calls {
        let args = args.into_iter().map(OsString::from);
        tlsagen::commands::run(std::iter::once("tlsagen".into()).chain(args), true);
        mark();
    }
}

/// Returns every run of 17 characters of the base64 text; no run may be shown.
fn parts(base64: &str) -> HashSet<&[u8]> {
    base64.as_bytes().windows(17).collect()
}

#[test]
fn a_private_key_in_the_place_of_an_argument_is_not_shown() {
    let mut made = 0;
    for name in ["next-rsa.pkcs8.pem", "next-p256.sec1.pem", "next-ed25519.pkcs8.pem"] {
        let pem = fs::read_to_string(format!("{ROOT}/fixtures/{name}")).unwrap();
        let lines: Vec<&str> = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let base64 = lines.concat();
        let parts = parts(&base64);
        // A line that is also a valid host name label cannot be recognized as base64, so it is left out.
        let is_told = |line: &&&str| line.len() > 63 || line.contains(['+', '/', '=']);
        let told: Vec<&&str> = lines.iter().filter(is_told).collect();
        let few = [told.first(), told.last()].into_iter().flatten();
        let mut words: Vec<String> = few.map(|line| (**line).to_owned()).collect();
        words.push(pem.clone());
        // For one key, try all forms of its base64 text.
        if name == "next-p256.sec1.pem" {
            words.extend([base64.clone(), lines.join("\n"), lines.join(" ")]);
        } else {
            words.remove(0);
        }
        for Said { args, stdout, stderr } in said("secret", words.iter().flat_map(|word| calls(word))) {
            made += 1;
            let shown = format!("{stdout}{stderr}");
            let shows_part = shown.as_bytes().windows(17).any(|part| parts.contains(part));
            assert!(!shows_part, "{args:?}: {shown}");
        }
    }
    assert!(made > 1000, "{made} calls");
}

/// Words of calls, right and wrong, from which the next test makes calls in which something is wrong.
const WORDS: &str = "tlsagen check diff chain batch rollover hook help verify show add mx.example mx.example:25 25 25,587 \
    3 1 311 fullchain.pem -p --ttl -f json --records --state --key --in-use --next --mx --dns --server -q --create \
    --certificate -u -connect -o @9.9.9.9 user@example.com https://mx.example/ probe, SMTP - -- --helo --at --depth -x";

#[test]
fn a_private_key_among_other_mistakes_is_not_shown() {
    let seed = std::env::var("ARGUMENTS_SEED")
        .ok()
        .map_or_else(|| std::time::UNIX_EPOCH.elapsed().unwrap().as_secs(), |seed| seed.parse().unwrap());
    eprintln!("ARGUMENTS_SEED={seed}");
    let mut numbers = Numbers(seed | 1);
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let mut keys = HashSet::new();
    let mut call = || {
        let octets: Vec<u8> =
            (0..33 + 3 * numbers.below(6)).map(|_| numbers.next().to_be_bytes()[0]).collect();
        let key = BASE64_STANDARD.encode(octets);
        let forms = [
            "K",
            "--key=K",
            "K,mx.example",
            "K 3 1 1",
            "-K",
            "K@example.com",
            "--nextK",
            "-oK",
            "mx.example:K",
        ];
        let word = forms[numbers.below(forms.len())].replace('K', &key);
        let count = numbers.below(6);
        let mut args: Vec<String> =
            (0..count).map(|_| words[numbers.below(words.len())].to_owned()).collect();
        args.insert(numbers.below(count + 1), word);
        keys.extend(key.as_bytes().windows(17).map(<[u8]>::to_vec));
        args
    };
    let calls: Vec<Vec<String>> = (0..3000).map(|_| call()).collect();
    for Said { args, stdout, stderr } in said("mistakes", calls) {
        let shown = format!("{stdout}{stderr}");
        assert!(!shown.as_bytes().windows(17).any(|part| keys.contains(part)), "{args:?}: {shown}");
    }
}

#[test]
fn each_line_of_a_key_is_told_from_a_value() {
    // Checks the functions directly, without a process for each line: names, numbers and file names.
    for entry in fs::read_dir(format!("{ROOT}/fixtures")).unwrap() {
        let path = entry.unwrap().path();
        if !path.file_name().unwrap().to_str().unwrap().starts_with("next-") {
            continue;
        }
        let Ok(pem) = fs::read_to_string(path) else { continue };
        let lines =
            pem.lines().filter(|line| line.len() > 16 && !line.starts_with('-') && !line.contains(':'));
        for line in lines.filter(|line| line.len() > 63 || line.contains(['+', '/', '='])) {
            assert!(!tlsagen::text::Shown::name(line).is_text(), "{line}");
            assert!(!tlsagen::text::Shown::number(line).is_text(), "{line}");
            assert!(!tlsagen::text::file_name(line).contains(line), "{line}");
        }
    }
}

#[test]
fn every_number_has_a_message_of_its_own() {
    let mut whole = cli::command();
    whole.build();
    let mut seen = 0;
    for command in std::iter::once(&whole).chain(whole.get_subcommands()) {
        let start = (command.get_name() != "tlsagen").then(|| command.get_name());
        let is_number = |option: &&clap::Arg| {
            ["SECONDS", "DAYS", "N"]
                .map(|name| format!("<{name}>"))
                .iter()
                .any(|name| option.to_string().ends_with(name))
        };
        for option in command.get_opts().filter(is_number) {
            let long = format!("--{}", option.get_long().unwrap());
            for value in ["x", "-1", "+1", "1h", "0.5", "99999999999999999999", ""] {
                let args = start.into_iter().chain([long.as_str(), value]);
                let output = in_folder(program::command(FOLDER, args)).output().unwrap();
                let talk = String::from_utf8(output.stderr).unwrap();
                let message = format!("tlsagen: error: invalid value '{value}' for '{option}': expected ");
                assert!(talk.starts_with(&message), "{start:?} {long} {value}: {talk}");
                seen += 1;
            }
        }
    }
    assert!(seen >= 70, "{seen} calls");
}

/// Returns every character that could start a new line, change the text direction or be invisible.
fn unsafe_characters() -> Vec<char> {
    let ranges = [
        0x01..=0x1f_u32,
        0x7f..=0x9f,
        0x61c..=0x61c,
        0x200b..=0x200f,
        0x2028..=0x202e,
        0x2060..=0x2069,
        0xfeff..=0xfeff,
        0xe0000..=0xe007f,
    ];
    ranges.into_iter().flatten().filter_map(char::from_u32).collect()
}

/// Words of clap and of the standard library that do not tell what to do.
const CLAP: [&str; 6] = [
    "invalid digit",
    "cannot parse",
    "number too large",
    "were not provided",
    "none was supplied",
    "multiple times",
];

#[test]
fn what_is_shown_stays_on_its_line() {
    let characters = unsafe_characters();
    let mut made = 0;
    // All command lines with a line feed and with every ninth unsafe character; five command lines with each character.
    let words = ["2\n5".to_owned(), format!("2{}5", characters.iter().rev().step_by(9).collect::<String>())];
    let all = words.iter().flat_map(|word| calls(word));
    let each = characters.iter().flat_map(|c| {
        let at = |args: &str| {
            let args = args.replace("FILE", &format!("{ROOT}/fixtures/fullchain-rsa.pem"));
            args.split(' ').map(|arg| arg.replace('X', &format!("a{c}b"))).collect::<Vec<_>>()
        };
        ["X mx.example", "FILE X", "FILE mx.example X 1 1", "FILE mx.example -p X", "FILE mx.example --X"]
            .map(at)
    });
    for Said { args, stderr, .. } in said("lines", all.chain(each)) {
        made += 1;
        assert!(stderr.lines().all(|line| line.starts_with("tlsagen: ")), "{args:?}: {stderr}");
        let is_unsafe = |c: char| c != '\n' && characters.contains(&c);
        assert!(!stderr.contains(is_unsafe), "{args:?}: {stderr:?}");
        assert!(!CLAP.iter().any(|words| stderr.contains(words)), "{args:?}: {stderr}");
    }
    assert!(made > 1000, "{made} calls");
}
