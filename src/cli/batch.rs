//! The arguments of `batch`, and the calls that the lines of its file describe.

use super::args::{BatchArgs, OutputArgs};
use super::{Request, Shared, UsageError, are_paths, endpoints, params};
use crate::tlsa::Params;

/// The arguments of `batch`.
#[derive(Debug)]
pub struct BatchRequest {
    /// The file of lines, `-` for standard input.
    pub file: String,
    /// Whether to print the records of the good lines although other lines are bad.
    pub keep_going: bool,
    /// The number of threads; `None` for one for each processor.
    pub jobs: Option<usize>,
    /// The options, which count for all lines.
    shared: Shared,
    output: OutputArgs,
}

impl BatchArgs {
    pub(super) fn request(self) -> Result<BatchRequest, UsageError> {
        are_paths(&[("FILE", Some(&self.file))])?;
        self.output.check(self.owner.origin.as_deref())?;
        Ok(BatchRequest {
            keep_going: self.keep_going,
            jobs: self.jobs.map(usize::from),
            shared: Shared::new(self.owner, self.run)?,
            output: self.output,
            file: self.file,
        })
    }
}

impl BatchRequest {
    /// Returns the lines of the file that describe a call, each with its number, counted from 1.
    pub fn lines(text: &str) -> Vec<(usize, &str)> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim_ascii()));
        lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')).collect()
    }

    /// Returns the call that a line describes: `CHAIN HOST[:PORT][,...] [USAGE SELECTOR MTYPE]...`.
    ///
    /// Errors: a usage error, with a hint.
    pub fn call(&self, line: &str) -> Result<(Request, Vec<Params>), UsageError> {
        let wrong = |message: &str, hint| Err(UsageError::new(message.to_owned(), hint));
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        if words.iter().any(|word| word.len() > 1 && word.starts_with('-')) {
            return wrong(
                "the line contains an option",
                "give options on the command line: they count for all lines; write ./ before a file name that starts with -",
            );
        }
        let (chain, hosts, triples) = match words.as_slice() {
            ["-", ..] => return wrong("standard input cannot be the CHAIN of a line", "give a file"),
            [chain, hosts, triples @ ..] => (*chain, *hosts, triples),
            _ => {
                return wrong(
                    "HOST is missing",
                    "give CHAIN HOST on each line, such as fullchain.pem mx.example",
                );
            }
        };
        let endpoints = endpoints(chain, hosts, &[], &[])?;
        let common = self.shared.clone().common(chain.to_owned(), Vec::new(), endpoints);
        Ok((Request { single_line: true, ..Request::new(common, &self.output) }, params(triples)?))
    }
}
