//! Shell completions: the output of clap_complete, patched for this program. The first argument of tlsagen is a
//! subcommand or a file, most command lines have no subcommand, and options may also follow the files.

use clap::{Args, Command, CommandFactory, ValueEnum, ValueHint};
use clap_complete::Shell;

use super::args::{ChainArgs, RecordArgs};
use super::command;
use super::command::Cli;

/// Returns the completions for `shell`.
pub fn completions(shell: Shell) -> String {
    match shell {
        Shell::Bash => bash(&generated(shell, command())),
        Shell::Fish => fish(&generated(shell, command())),
        Shell::Zsh => zsh(),
        _ => generated(shell, command()),
    }
}

fn generated(shell: Shell, command: Command) -> String {
    let mut octets = Vec::new();
    clap_complete::generate(shell, &mut hinted(command), "tlsagen", &mut octets);
    String::from_utf8_lossy(&octets).into_owned()
}

/// Sets the value hints: the shell completes file names only for arguments that are files.
fn hinted(command: Command) -> Command {
    let hint = |value: &str| match value {
        "CHAIN" | "FILE" => ValueHint::FilePath,
        value if value.starts_with("HOST") => ValueHint::Hostname,
        _ => ValueHint::Other,
    };
    let command = command.mut_args(|argument| {
        let is_free = argument.get_action().takes_values() && argument.get_possible_values().is_empty();
        let names = argument.get_value_names().filter(|_| is_free);
        let hint = names.and_then(|names| names.first()).map(|name| hint(name));
        argument.value_hint(hint)
    });
    command.mut_subcommands(hinted)
}

/// The part of the bash conditions because of which bash offers options even if the word does not start with a dash.
const LEVEL: &str = " || ${COMP_CWORD} -eq ";

/// The bash command that offers both subcommands and options.
const WORDS: &str = "\n            COMPREPLY=( $(compgen -W \"${opts}\" -- \"${cur}\") )\n";

/// Patches the bash completions: options only after a dash, subcommands only as the first word, otherwise file names.
fn bash(text: &str) -> String {
    const NO_OPTIONS: &str = "\n            COMPREPLY=( $(compgen -W \"${opts}\" -X '-*' -- \"${cur}\") )\n";
    // The first word may be a subcommand or a file. bash completes file names by itself only if COMPREPLY is empty.
    const FIRST: &str = "
            if [[ ${COMP_CWORD} -eq 1 ]] ; then
                COMPREPLY=( $(compgen -W \"${opts}\" -X '-*' -- \"${cur}\") )
                while IFS= read -r i; do
                    COMPREPLY+=( \"${i}\" )
                done < <(compgen -f -- \"${cur}\")
                compopt -o filenames 2>/dev/null
            fi
";
    let text =
        (1..=3).fold(text.to_owned(), |text, level| text.replace(&format!("{LEVEL}{level} ]]"), " ]]"));
    text.replacen(WORDS, FIRST, 1).replace(WORDS, NO_OPTIONS)
}

/// The start of the lines that tell fish what to offer as the first word.
const FIRST_WORD: &str = "complete -c tlsagen -n \"__fish_tlsagen_needs_command\" -";

/// Patches the fish completions: the options of record output are also offered after the first word, unless that word
/// is a subcommand; after `completions`, the names of shells are offered.
fn fish(text: &str) -> String {
    let names: Vec<String> = subcommands();
    let unless =
        format!("complete -c tlsagen -n \"not __fish_tlsagen_using_subcommand {}\" -", names.join(" "));
    let patched = |line: &str| {
        let option = first_word_option(line);
        option.map_or_else(|| line.to_owned(), |option| format!("{unless}{option}"))
    };
    let mut text: String = text.lines().map(|line| patched(line) + "\n").collect();
    // For fish, clap_complete does not complete positional arguments.
    text.push_str(&format!(
        "complete -c tlsagen -n \"__fish_tlsagen_using_subcommand completions\" -f -a \"{}\"\n",
        Shell::value_variants().iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    ));
    text
}

/// Returns the part after [`FIRST_WORD`] of a line that offers an option as the first word; `None` for other lines.
fn first_word_option(line: &str) -> Option<&str> {
    line.strip_prefix(FIRST_WORD).filter(|rest| rest.starts_with("s ") || rest.starts_with("l "))
}

/// The zsh specification that offers subcommands as the first word.
const COMMANDS: &str = "\":: :_tlsagen_commands\"";

/// The end of zsh's `case` over the subcommands and of the enclosing function.
const END_OF_SUBCOMMANDS: &str = "        esac\n    ;;\nesac\n}\n";

/// The start and the end of the zsh command that completes the arguments of a command.
const ARGUMENTS: [&str; 2] = ["_arguments \"${_arguments_options[@]}\"", "&& ret=0\n"];

/// A replacement that escapes a colon: in zsh, an unescaped colon ends the name of a value.
const SERVER: [&str; 2] = [":SERVER[:PORT]:", ":SERVER[\\:PORT]:"];

/// A replacement that removes a colon: with two colons, zsh offers no options after the parameters.
const TRIPLES: [&str; 2] = ["'*::params", "'*:params"];

/// Returns the zsh completions: the first word is a subcommand or a file, and the arguments of record output follow a
/// file.
fn zsh() -> String {
    let after_chain = zsh_after_chain();
    let arguments = between(&after_chain, ARGUMENTS);
    let text = zsh_subcommands().replacen(COMMANDS, "\":: :{_tlsagen_commands; _files}\"", 1);
    let (before, after) = text.rsplit_once(END_OF_SUBCOMMANDS).unwrap_or((&text, ""));
    let text = format!("{before}(*)\n{arguments};;\n{END_OF_SUBCOMMANDS}{after}");
    [SERVER, TRIPLES].iter().fold(text, |text, [from, to]| text.replace(from, to))
}

/// Returns the output of clap_complete for the arguments of record output that follow the file.
fn zsh_after_chain() -> String {
    let all = RecordArgs::augment_args(Command::new("tlsagen"));
    let after_chain = all.get_arguments().filter(|argument| argument.get_id() != "chain");
    generated(Shell::Zsh, Command::new("tlsagen").args(after_chain))
}

/// Returns the output of clap_complete for the subcommands and for the options of a command line without a subcommand.
fn zsh_subcommands() -> String {
    let options = ChainArgs::augment_args(Command::new("tlsagen"));
    let options = options.get_arguments().filter(|argument| !argument.is_positional());
    generated(Shell::Zsh, Cli::command().args(options))
}

fn subcommands() -> Vec<String> {
    let mut command = command();
    command.build();
    command.get_subcommands().map(|subcommand| subcommand.get_name().to_owned()).collect()
}

/// Returns the text from the first `start` up to and including the next `end`.
fn between<'a>(text: &'a str, [start, end]: [&str; 2]) -> &'a str {
    let text = text.find(start).and_then(|at| text.get(at..)).unwrap_or_default();
    text.find(end).and_then(|at| text.get(..at + end.len())).unwrap_or_default()
}

/// These tests fail if the output of a new clap_complete no longer contains the text that a patch replaces.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_patch_of_bash_applies() {
        let text = generated(Shell::Bash, command());
        assert!(text.contains(LEVEL), "{text}");
        assert!(text.matches(WORDS).count() > 1, "{text}");
        let patched = bash(&text);
        assert!(!patched.contains(LEVEL) && !patched.contains(WORDS), "{patched}");
    }

    #[test]
    fn each_patch_of_fish_applies() {
        let text = generated(Shell::Fish, command());
        assert!(text.lines().any(|line| first_word_option(line).is_some()), "{text}");
        let patched = fish(&text);
        assert!(!patched.lines().any(|line| first_word_option(line).is_some()), "{patched}");
        // The patched and the added lines call these functions.
        for function in ["__fish_tlsagen_using_subcommand", "__fish_tlsagen_needs_command"] {
            assert!(text.contains(&format!("function {function}\n")), "{function}: {text}");
        }
    }

    #[test]
    fn each_patch_of_zsh_applies() {
        let text = zsh_subcommands();
        assert_eq!(text.matches(COMMANDS).count(), 1, "{text}");
        assert_eq!(text.matches(END_OF_SUBCOMMANDS).count(), 1, "{text}");
        assert!(text.contains("_tlsagen_commands()"), "{text}");
        assert_eq!(text.contains(SERVER[0]), cfg!(feature = "live"), "{text}");
        assert!(text.contains(TRIPLES[0]), "{text}");
        let after_chain = zsh_after_chain();
        let arguments = between(&after_chain, ARGUMENTS);
        assert!(arguments.contains("--format") && arguments.contains(TRIPLES[0]), "{after_chain}");
    }
}
