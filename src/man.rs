//! Writes the manual page: the options come from clap, all other text comes from `cli::notes`.

use std::collections::HashMap;

use clap::{Arg, Command};
use roff::{Inline, Roff, bold, italic, roman};

use crate::cli::{self, notes};

/// The longest line of the page's source in octets; man(7) allows 80 at most.
const WIDTH: usize = 78;

/// Returns the manual page in roff, for man(1).
pub fn page() -> String {
    let mut command = cli::command();
    command.build();
    let version = format!("tlsagen {}", command.get_version().unwrap_or_default());
    let about = about(&command);
    let mut page = Page { roff: Roff::new(), under_heading: true, known: HashMap::new() };
    page.roff.control("TH", ["TLSAGEN", "1", notes::DATE, &version, "DANE TLSA records"]);
    // No hyphenation: a reader searches for `--origin`, which must not be printed as `--ori-` and `gin`.
    page.roff.control("nr", ["HY", "0"]);
    page.heading("SH", "NAME");
    page.text(&format!("tlsagen - {about}"));
    page.heading("SH", "SYNOPSIS");
    page.synopsis(&command);
    page.heading("SH", "DESCRIPTION");
    page.paragraph(&format!("{about}."));
    page.prose(notes::NOTES);
    page.heading("SH", "OPTIONS");
    page.arguments(&command);
    page.heading("SH", "SUBCOMMANDS");
    page.prose(notes::SUBCOMMANDS);
    for subcommand in command.get_subcommands().filter(|subcommand| subcommand.get_name() != "help") {
        page.heading("SS", &format!("tlsagen {}", subcommand.get_name()));
        page.paragraph(&self::about(subcommand));
        page.prose(&subcommand.get_before_help().map(ToString::to_string).unwrap_or_default());
        page.arguments(subcommand);
    }
    page.heading("SH", "WORDS IN REPORTS");
    page.list(notes::WORDS);
    if cfg!(feature = "live") {
        page.list(notes::PROBE_WORDS);
    }
    page.heading("SH", "EXIT STATUS");
    let statuses = notes::EXIT_STATUS
        .trim_end_matches('.')
        .split(';')
        .filter_map(|status| status.trim().split_once(' '));
    page.list(statuses);
    page.heading("SH", "ENVIRONMENT");
    page.list(notes::ENVIRONMENT);
    if cfg!(feature = "live") {
        page.heading("SH", "FILES");
        page.list(notes::FILES);
    }
    page.heading("SH", "DIAGNOSTICS");
    page.prose(notes::DIAGNOSTICS);
    for (stage, codes) in notes::stages() {
        page.heading("SS", &stage.to_string());
        for code in codes {
            let advice = format!("{} {}", code.meaning(), code.advice());
            page.list([(code.name(), advice.as_str())]);
        }
    }
    page.heading("SH", "TROUBLESHOOTING");
    page.list(notes::troubleshooting());
    page.heading("SH", "EXAMPLES");
    page.prose(&notes::examples());
    page.heading("SH", "HOOKS AND ROLLOVERS");
    page.topic(&notes::hooks());
    page.heading("SH", "JSON");
    page.prose(notes::JSON);
    page.heading("SH", "SEE ALSO");
    page.prose(notes::SEE_ALSO);
    page.roff.render()
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

struct Page {
    roff: Roff,
    /// Whether the last heading has no text yet. The first paragraph after a heading needs no `.PP`.
    under_heading: bool,
    /// The name and help of each argument described so far, by the argument's identifier.
    known: HashMap<String, (Vec<Inline>, String)>,
}

impl Page {
    fn heading(&mut self, level: &str, title: &str) {
        self.roff.control(level, [title]);
        self.under_heading = true;
    }

    /// Writes text in lines of at most `WIDTH` octets. Each sentence ends at the end of a line.
    fn text(&mut self, text: &str) {
        let octets = |word: &str| word.len() + word.matches('-').count() + 4 * word.matches('\'').count();
        let mut lines: Vec<String> = Vec::new();
        let mut room = 0;
        for word in text.split_whitespace() {
            let needed = octets(word) + 1;
            match lines.last_mut() {
                Some(line) if needed <= room => {
                    line.push(' ');
                    line.push_str(word);
                    room -= needed;
                }
                _ => {
                    lines.push(word.to_owned());
                    room = WIDTH.saturating_sub(needed);
                }
            }
            if word.ends_with(['.', '?']) {
                room = 0;
            }
        }
        self.roff.text([roman(lines.join("\n"))]);
        self.under_heading = false;
    }

    fn open_paragraph(&mut self) {
        if !self.under_heading {
            self.roff.control("PP", []);
        }
        self.under_heading = false;
    }

    fn paragraph(&mut self, text: &str) {
        self.open_paragraph();
        self.text(text);
    }

    /// Writes each word with its meaning.
    fn list<'a>(&mut self, items: impl IntoIterator<Item = (&'a str, &'a str)>) {
        for (word, meaning) in items {
            self.item(vec![bold(word)], meaning);
        }
    }

    fn item(&mut self, name: Vec<Inline>, text: &str) {
        self.roff.control("TP", []);
        self.roff.text(name);
        self.text(text);
    }

    /// Writes a text of paragraphs, separated by empty lines, and indented examples.
    fn prose(&mut self, text: &str) {
        for block in
            text.lines().collect::<Vec<_>>().chunk_by(|line, next| is_example(line) == is_example(next))
        {
            if block.first().is_some_and(|line| is_example(line)) {
                self.examples(block);
                continue;
            }
            for paragraph in block.split(|line| line.is_empty()).filter(|lines| !lines.is_empty()) {
                self.paragraph(&paragraph.join(" "));
            }
        }
    }

    /// Writes a topic of the help: lines in capitals are headings, and fenced text is printed unchanged.
    fn topic(&mut self, text: &str) {
        for (place, part) in text.split("```").enumerate() {
            if place % 2 == 1 {
                self.verbatim(part.split_once('\n').map_or(part, |(_, lines)| lines));
                continue;
            }
            for paragraph in part.split("\n\n").map(|paragraph| paragraph.trim_matches('\n')) {
                match is_heading(paragraph) {
                    true => self.heading("SS", paragraph),
                    false => self.prose(paragraph),
                }
            }
        }
    }

    fn verbatim(&mut self, text: &str) {
        self.open_paragraph();
        self.roff.control("EX", []);
        for line in text.lines() {
            self.roff.text([roman(line)]);
        }
        self.roff.control("EE", []);
    }

    /// Writes example commands, each with its purpose on the same line or on the next line.
    fn examples(&mut self, lines: &[&str]) {
        let mut examples: Vec<(&str, &str)> = Vec::new();
        for line in lines {
            match (line.trim_start().split_once("  "), examples.last_mut()) {
                (Some((command, comment)), _) => examples.push((command, comment.trim_start())),
                (None, Some((_, comment))) if line.starts_with("      ") => *comment = line.trim_start(),
                (None, _) => examples.push((line.trim_start(), "")),
            }
        }
        if examples.iter().all(|(_, comment)| comment.is_empty()) {
            self.open_paragraph();
            self.roff.control("RS", ["4"]).control("nf", []);
            for (command, _) in examples {
                self.roff.text([bold(command)]);
            }
            self.roff.control("fi", []).control("RE", []);
            return;
        }
        self.list(examples);
    }

    /// Writes the synopsis, which contains each command line of clap's usage.
    fn synopsis(&mut self, command: &Command) {
        let usage = command.clone().render_usage().to_string();
        for call in usage.trim_start_matches("Usage:").lines().map(str::trim) {
            let is_name = |word: &&str| word.bytes().all(|octet| octet.is_ascii_lowercase());
            let name = call.split(' ').take_while(is_name).collect::<Vec<_>>().join(" ");
            self.roff.control("SY", [name.as_str()]);
            self.text(call.strip_prefix(&name).unwrap_or(call));
            self.roff.control("YS", []);
        }
    }

    /// Writes each argument with its help, or only its name if an earlier section describes the same argument.
    fn arguments(&mut self, command: &Command) {
        let (positional, options): (Vec<&Arg>, Vec<&Arg>) =
            command.get_arguments().partition(|argument| argument.is_positional());
        let all = positional.into_iter().chain(options);
        let (known, new): (Vec<&Arg>, Vec<&Arg>) = all.partition(|argument| {
            self.known.get(argument.get_id().as_str()) == Some(&(name(argument), help(argument)))
        });
        for (place, argument) in known.iter().enumerate() {
            if place == 0 {
                self.paragraph("Described above:");
            }
            let end = if place + 1 == known.len() { "." } else { "," };
            self.roff.text([short_name(argument), roman(end)]);
        }
        for argument in new {
            let (name, help) = (name(argument), help(argument));
            self.item(name.clone(), &help);
            self.known.insert(argument.get_id().to_string(), (name, help));
        }
    }
}

fn is_heading(paragraph: &str) -> bool {
    let is_capital = |letter: char| !letter.is_lowercase();
    !paragraph.is_empty() && !paragraph.starts_with(' ') && paragraph.chars().all(is_capital)
}

fn is_example(line: &str) -> bool {
    line.starts_with("  ")
}

fn value_name(argument: &Arg) -> Option<Inline> {
    let takes_value = argument.is_positional() || argument.get_action().takes_values();
    let names = argument.get_value_names().filter(|_| takes_value)?;
    Some(italic(names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" ")))
}

fn name(argument: &Arg) -> Vec<Inline> {
    let short = argument.get_short().map(|short| bold(format!("-{short}")));
    let long = argument.get_long().map(|long| bold(format!("--{long}")));
    let mut name = Vec::new();
    for (part, before) in [(short, ""), (long, ", "), (value_name(argument), " ")] {
        if let Some(part) = part {
            if !name.is_empty() {
                name.push(roman(before));
            }
            name.push(part);
        }
    }
    name
}

fn short_name(argument: &Arg) -> Inline {
    match (argument.get_long(), argument.get_short()) {
        (Some(long), _) => bold(format!("--{long}")),
        (None, Some(short)) => bold(format!("-{short}")),
        (None, None) => value_name(argument).unwrap_or_else(|| roman("")),
    }
}

fn help(argument: &Arg) -> String {
    let mut help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let defaults = argument.get_default_values().iter().map(|value| value.to_string_lossy().into_owned());
    let possible = argument.get_possible_values();
    let possible = possible.iter().map(|value| value.get_name().to_owned());
    for (what, values) in [("default", defaults.collect::<Vec<_>>()), ("possible values", possible.collect())]
    {
        if !values.is_empty() && argument.get_action().takes_values() {
            help.push_str(&format!(" [{what}: {}]", values.join(", ")));
        }
    }
    help
}
