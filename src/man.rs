//! The manual page: the options as clap has them, the rest as the help has it.

use std::io;

use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli;

/// The page in roff, for man(1).
///
/// Errors: none in practice, as it is written to memory.
pub fn page() -> io::Result<Vec<u8>> {
    let command = cli::command();
    let man = Man::new(command.clone()).manual("DANE TLSA records");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    let mut roff = Roff::new();
    paragraphs(&mut roff, cli::NOTES);
    roff.to_writer(&mut page)?;
    man.render_options_section(&mut page)?;

    let mut roff = Roff::new();
    roff.control("SH", ["SUBCOMMANDS"]);
    for subcommand in command.get_subcommands() {
        let about = subcommand.get_about().map(ToString::to_string).unwrap_or_default();
        roff.control("TP", []);
        roff.text([bold(subcommand.get_name())]);
        roff.text([roman(about)]);
    }
    roff.control("SH", ["EXAMPLES"]);
    roff.control("nf", []);
    for line in cli::EXAMPLES.lines().map(str::trim_start) {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    roff.control("SH", ["EXIT STATUS"]);
    paragraphs(&mut roff, cli::EXIT_STATUS);
    roff.control("SH", ["SEE ALSO"]);
    paragraphs(&mut roff, "RFC 6698, RFC 7671, RFC 7672; nsupdate(1), openssl(1)");
    roff.to_writer(&mut page)?;
    Ok(page)
}

fn paragraphs(roff: &mut Roff, text: &str) {
    for line in text.lines() {
        roff.control("PP", []);
        roff.text([roman(line)]);
    }
}
