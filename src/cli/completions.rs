//! Shell completions: the output of clap_complete, adapted to this command line. The first word is a subcommand or a
//! file, most calls have no subcommand, and options may also follow the files.

use clap::{Args, Command, CommandFactory, ValueEnum, ValueHint};
use clap_complete::Shell;

use super::args::{ChainArgs, Cli, RecordArgs};
use super::command;

/// The completions for `shell`.
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

/// Completes file names for arguments that are files, and for no others.
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

/// Completes options after a dash only, file names otherwise, and subcommands for the first word only.
fn bash(text: &str) -> String {
    const WORDS: &str = "\n            COMPREPLY=( $(compgen -W \"${opts}\" -- \"${cur}\") )\n";
    const NO_OPTIONS: &str = "\n            COMPREPLY=( $(compgen -W \"${opts}\" -X '-*' -- \"${cur}\") )\n";
    // bash completes file names itself only if there is no reply; the first word may be a subcommand or a file.
    const FIRST: &str = "
            if [[ ${COMP_CWORD} -eq 1 ]] ; then
                COMPREPLY=( $(compgen -W \"${opts}\" -X '-*' -- \"${cur}\") )
                while IFS= read -r i; do
                    COMPREPLY+=( \"${i}\" )
                done < <(compgen -f -- \"${cur}\")
                compopt -o filenames 2>/dev/null
            fi
";
    let text = (1..=3).fold(text.to_owned(), |text, level| {
        text.replace(&format!(" || ${{COMP_CWORD}} -eq {level} ]]"), " ]]")
    });
    text.replacen(WORDS, FIRST, 1).replace(WORDS, NO_OPTIONS)
}

/// Completes the options of record output after the first word too, unless it is a subcommand; and names of shells.
fn fish(text: &str) -> String {
    const FIRST_WORD: &str = "complete -c tlsagen -n \"__fish_tlsagen_needs_command\" -";
    let names: Vec<String> = subcommands();
    let unless =
        format!("complete -c tlsagen -n \"not __fish_tlsagen_using_subcommand {}\" -", names.join(" "));
    let patch = |line: &str| {
        let option =
            line.strip_prefix(FIRST_WORD).filter(|rest| rest.starts_with("s ") || rest.starts_with("l "));
        option.map_or_else(|| line.to_owned(), |option| format!("{unless}{option}"))
    };
    let mut text: String = text.lines().map(|line| patch(line) + "\n").collect();
    // clap_complete completes options only.
    text.push_str(&format!(
        "complete -c tlsagen -n \"__fish_tlsagen_using_subcommand completions\" -f -a \"{}\"\n",
        Shell::value_variants().iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    ));
    text
}

/// Completes a subcommand or a file first; after a file, the arguments of record output.
fn zsh() -> String {
    const END_OF_SUBCOMMANDS: &str = "        esac\n    ;;\nesac\n}\n";
    let shell = Shell::Zsh;
    let all = RecordArgs::augment_args(Command::new("tlsagen"));
    let after_chain = all.get_arguments().filter(|argument| argument.get_id() != "chain");
    let after_chain = generated(shell, Command::new("tlsagen").args(after_chain));
    let arguments = between(&after_chain, "_arguments \"${_arguments_options[@]}\"", "&& ret=0\n");

    let options = ChainArgs::augment_args(Command::new("tlsagen"));
    let options = options.get_arguments().filter(|argument| !argument.is_positional());
    let text = generated(shell, Cli::command().args(options));
    let text = text.replacen("\":: :_tlsagen_commands\"", "\":: :{_tlsagen_commands; _files}\"", 1);
    let (before, after) = text.rsplit_once(END_OF_SUBCOMMANDS).unwrap_or((&text, ""));
    let text = format!("{before}(*)\n{arguments};;\n{END_OF_SUBCOMMANDS}{after}");
    // A colon ends the name of a value; two colons would hide the options from the words that follow.
    text.replace(":SERVER[:PORT]:", ":SERVER[\\:PORT]:").replace("'*::params", "'*:params")
}

fn subcommands() -> Vec<String> {
    let mut command = command();
    command.build();
    command.get_subcommands().map(|subcommand| subcommand.get_name().to_owned()).collect()
}

/// The text from the first `start` up to and including the next `end`.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let text = text.find(start).and_then(|at| text.get(at..)).unwrap_or_default();
    text.find(end).and_then(|at| text.get(..at + end.len())).unwrap_or_default()
}
