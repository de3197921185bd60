//! Completions as bash, zsh and fish offer them, with a subcommand and without one.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::Path;
use std::process::Command;

#[path = "common/program.rs"]
mod program;

use program::printed;

/// A command line up to where TAB is pressed, the words that must be offered, and words that must not be.
const CALLS: [(&str, &[&str], &[&str]); 16] = [
    ("tlsagen ch", &["chain", "check", "chain.pem"], &["diff", "--format"]),
    ("tlsagen d", &["diff"], &["check", "--depth"]),
    ("tlsagen full", &["fullchain.pem", "full of blanks.pem"], &["chain"]),
    ("tlsagen -", &["--format", "--depth", "--version"], &["--records", "chain"]),
    ("tlsagen -q full", &["fullchain.pem"], &[]),
    ("tlsagen fullchain.pem --ne", &["--next"], &[]),
    (
        "tlsagen fullchain.pem mx.example --format ",
        &["zone", "rdata", "generic", "json", "nsupdate"],
        &["text"],
    ),
    ("tlsagen fullchain.pem mx.example 3 1 1 --", &["--format", "--strict"], &["--records"]),
    ("tlsagen fullchain.pem mx.example pro", &[], &["probe"]),
    ("tlsagen check full", &["fullchain.pem"], &["chain"]),
    ("tlsagen check --", &["--records", "--any"], &["--strict", "--only"]),
    ("tlsagen check fullchain.pem mx.example --format ", &["text", "json"], &["zone"]),
    ("tlsagen check fullchain.pem mx.example --records z", &["zone.db"], &["fullchain.pem"]),
    ("tlsagen diff fullchain.pem mx.example 3 1 1 --only ", &["add", "remove"], &["zone.db"]),
    ("tlsagen probe --starttls ", &["smtp", "sieve"], &["zone.db"]),
    ("tlsagen completions ", &["bash", "fish", "zsh"], &["man"]),
];

/// Creates a folder with the files of [`CALLS`] and the completion script of `shell` in `_tlsagen`.
fn folder(shell: &str) -> std::path::PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("completions-{shell}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).unwrap();
    for name in ["fullchain.pem", "full of blanks.pem", "chain.pem", "zone.db"] {
        fs::write(folder.join(name), "").unwrap();
    }
    fs::write(folder.join("_tlsagen"), printed(&format!("completions {shell}"))).unwrap();
    folder
}

#[track_caller]
fn run(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.is_empty(), "{program}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn offers(shell: &str, offered: impl Fn(&str) -> Vec<String>) {
    for (call, wanted, unwanted) in CALLS {
        let offered = offered(call);
        let has = |word: &&&str| offered.iter().any(|offer| offer == **word);
        let missing: Vec<_> = wanted.iter().filter(|word| !has(word)).collect();
        let excess: Vec<_> = unwanted.iter().filter(has).collect();
        assert!(
            missing.is_empty() && excess.is_empty(),
            "{shell}: '{call}': {missing:?}, {excess:?}: {offered:?}"
        );
    }
}

/// Calls the completion function as bash does, and lists file names if it offers nothing, as `-o default` tells bash
/// to.
const BASH: &str = r#"
source ./_tlsagen
compopt() { :; } # works only within a completion
[[ $(complete -p tlsagen) == *'-o default'*'-F _tlsagen tlsagen' ]] || exit
read -ra COMP_WORDS <<<"$1"
[[ $1 != *' ' ]] || COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
word=${COMP_WORDS[COMP_CWORD]}
_tlsagen tlsagen "$word" "${COMP_WORDS[COMP_CWORD - 1]}"
if [ ${#COMPREPLY[@]} = 0 ]; then compgen -f -- "$word"; else printf '%s\n' "${COMPREPLY[@]}"; fi
"#;

#[test]
#[ignore = "needs bash"]
fn bash_offers_what_fits() {
    let folder = folder("bash");
    offers("bash", |call| {
        // The script ends with `true`, because `compgen -f` fails if no file name matches.
        let script = format!("{BASH}\ntrue");
        run(&folder, "bash", &["--norc", "-c", &script, "bash", call]).lines().map(str::to_owned).collect()
    });
}

#[test]
#[ignore = "needs fish"]
fn fish_offers_what_fits() {
    let folder = folder("fish");
    offers("fish", |call| {
        let text =
            run(&folder, "fish", &["--no-config", "-c", "source ./_tlsagen; complete -C $argv[1]", call]);
        // fish prints a description after a tab.
        text.lines().map(|line| line.split('\t').next().unwrap().replace('\\', "")).collect()
    });
}

/// Types each line into zsh on a pseudo-terminal, presses TAB, and prints "line ..." and the words that zsh offers.
const ZSH: &str = r#"
zmodload zsh/zpty
log=$PWD/offered
: >$log
zpty shell zsh -f -i
# With -O, -A or -D, compadd only reports the matches, without adding them.
zpty -w shell "log=$log; fpath=($PWD \$fpath)"'
autoload -Uz compinit && compinit -u -d ./dump
compadd() {
    if [[ " $* " != *" -"[OAD]" "* ]]; then
        local -a offered
        builtin compadd -O offered "$@"
        print -l -- $offered >>$log
    fi
    builtin compadd "$@"
}
finished() { print finished >>$log; comppostfuncs=(finished) }
comppostfuncs=(finished)
bindkey "^I" complete-word
print ready >>$log'
wait_for() {
    repeat 400; do
        (( $(grep -c "^$1$" $log) < $2 )) || return
        sleep 0.05
    done
    print -u2 "$1: not seen"
    exit 1
}
wait_for ready 1
n=0
for line in $@; do
    print -r -- "line $line" >>$log
    zpty -w -n shell $line$'\t'
    wait_for finished $((++n))
    zpty -w -n shell $'\C-u'
done
zpty -d shell
cat $log
"#;

#[test]
#[ignore = "needs zsh"]
fn zsh_offers_what_fits() {
    let folder = folder("zsh");
    let mut arguments = vec!["-f", "-c", ZSH, "zsh"];
    arguments.extend(CALLS.map(|(call, ..)| call));
    let text = run(&folder, "zsh", &arguments);
    offers("zsh", |call| {
        let mut lines = text.lines().skip_while(|line| *line != format!("line {call}")).skip(1);
        lines.by_ref().take_while(|line| *line != "finished").map(str::to_owned).collect()
    });
}
