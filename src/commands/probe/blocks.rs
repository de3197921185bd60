//! Prints the result of each host on standard output, in order and as early as possible.

use crate::files::{self, FileError};
use crate::live::Host;
use crate::render::{self, Palette};

/// The result of each host, in order; `None` until the host is done.
pub(super) struct Blocks {
    hosts: Vec<Option<Host>>,
    /// The number of hosts printed.
    printed: usize,
    /// The number of hosts done.
    known: usize,
    /// The colours of the lines; `None` to print nothing.
    palette: Option<Palette>,
}

impl Blocks {
    /// Creates an empty entry for each of `hosts` hosts.
    pub(super) fn new(hosts: usize, palette: Option<Palette>) -> Self {
        let blocks = Self { hosts: (0..hosts).map(|_| None).collect(), printed: 0, known: 0, palette };
        blocks.progress();
        blocks
    }

    /// Prints `text` before the first host.
    ///
    /// Errors: standard output cannot be written; a closed pipe is not an error.
    pub(super) fn begin(&self, text: &str) -> Result<(), FileError> {
        match self.palette {
            Some(_) if !text.is_empty() => {
                files::progress("");
                files::write_stdout(text.as_bytes())?;
                self.progress();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Adds the result of a host, and prints the next hosts up to the first host that is not done.
    ///
    /// Errors: standard output cannot be written; a closed pipe is not an error.
    pub(super) fn add(&mut self, place: usize, host: Host) -> Result<(), FileError> {
        let Some(entry) = self.hosts.get_mut(place) else { return Ok(()) };
        *entry = Some(host);
        self.known += 1;
        let ready = self.hosts.iter().skip(self.printed).map_while(Option::as_ref);
        let ready: Vec<&Host> = ready.collect();
        if let (Some(palette), false) = (self.palette, ready.is_empty()) {
            let text: String = ready.iter().map(|host| render::probe_host(host, palette)).collect();
            // Clear the progress line: standard error and standard output may be the same terminal.
            files::progress("");
            files::write_stdout(text.as_bytes())?;
        }
        self.printed += ready.len();
        self.progress();
        Ok(())
    }

    /// Clears the progress line and returns the hosts in order.
    pub(super) fn finish(self) -> Vec<Host> {
        files::progress("");
        self.hosts.into_iter().flatten().collect()
    }

    fn progress(&self) {
        if self.known < self.hosts.len() {
            files::progress(&format!("probing, {} of {} services done ...", self.known, self.hosts.len()));
        }
    }
}
