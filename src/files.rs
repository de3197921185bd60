//! Path or `-` to octets, and octets to standard output; the only user of files.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Read, Write};

use zeroize::Zeroizing;

use crate::text::file_name;

/// Octets of the largest input; a chain has a few thousand.
const LARGEST: usize = 16 * 1024 * 1024;

/// Octets of the first buffer where the size is not known.
const FIRST: usize = 16 * 1024;

/// What a file is called in messages.
pub fn name(path: &str) -> String {
    if path == "-" { "standard input".to_owned() } else { file_name(path) }
}

/// Whether standard output is a terminal.
pub fn stdout_is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Octets of the standard library's buffer for standard input. Reads of that size pass it by, so that no secret
/// is left there.
const BUFFER: usize = 8 * 1024;

/// The octets of the file, a FIFO or (`-`) standard input. They may hold a private key: every copy is wiped.
///
/// Errors: it cannot be read, or has more than 16 MiB.
pub fn read(path: &str) -> Result<Zeroizing<Vec<u8>>, FileError> {
    if path == "-" {
        return read_all(&mut io::stdin().lock(), FIRST, BUFFER);
    }
    let mut file = File::open(path).map_err(FileError::Read)?;
    let metadata = file.metadata().map_err(FileError::Read)?;
    if metadata.is_dir() {
        return Err(FileError::Directory);
    }
    let size = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    match size {
        _ if size > LARGEST => Err(FileError::TooLarge),
        _ if metadata.is_file() => read_all(&mut file, (size + 1).max(1024), 1),
        _ => read_all(&mut file, FIRST, 1),
    }
}

/// Reads to the end; the first buffer has `room` octets, and each read is offered `least` of them at least.
fn read_all(reader: &mut dyn Read, room: usize, least: usize) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let mut octets = Zeroizing::new(vec![0; room]);
    let mut length = 0;
    loop {
        if octets.len() - length < least {
            // Not resized in place: that would leave a copy behind.
            let mut larger = Zeroizing::new(vec![0; 2 * octets.len()]);
            for (to, from) in larger.iter_mut().zip(octets.iter()) {
                *to = *from;
            }
            octets = larger;
        }
        let room = octets.get_mut(length..).unwrap_or_default();
        match reader.read(room) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(FileError::Read(error)),
        }
        if length > LARGEST {
            return Err(FileError::TooLarge);
        }
    }
    octets.truncate(length);
    Ok(octets)
}

/// Writes all of `text` to standard output. A reader that left early is no error.
///
/// Errors: it cannot be written, as on a full disk.
pub fn write_stdout(text: &[u8]) -> Result<(), FileError> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(FileError::Write(error)),
        _ => Ok(()),
    }
}

/// Writes a new file, or over an old one.
///
/// Errors: it cannot be written.
pub fn write(path: &str, text: &str) -> Result<(), FileError> {
    std::fs::write(path, text).map_err(FileError::WriteFile)
}

/// One line on a terminal that the next one takes the place of; nothing where standard error is no terminal.
pub fn progress(text: &str) {
    if io::stderr().is_terminal() {
        write_stderr(&format!("\r\u{1b}[K{text}"));
    }
}

/// Writes a message to standard error; if even that fails, there is nobody left to tell.
pub fn write_stderr(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Why octets did not come or go.
#[derive(Debug)]
pub enum FileError {
    /// It cannot be read.
    Read(io::Error),
    /// A folder.
    Directory,
    /// More than 16 MiB.
    TooLarge,
    /// A file cannot be written.
    WriteFile(io::Error),
    /// Standard output cannot be written.
    Write(io::Error),
}

impl FileError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Read(error) if error.kind() == ErrorKind::NotFound => Some(
                "is the path right? CHAIN, a file such as fullchain.pem, comes before HOST; - is standard input",
            ),
            Self::Read(error) if error.kind() == ErrorKind::PermissionDenied => {
                Some("run this as a user who may read the file; certificates are no secret, private keys are")
            }
            Self::Directory => Some("name the file in it, such as fullchain.pem"),
            Self::TooLarge => Some("is it really a certificate chain?"),
            _ => None,
        }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => write!(f, "cannot read it: {error}"),
            Self::Directory => f.write_str("cannot read it: it is a directory"),
            Self::TooLarge => f.write_str("more than 16 MiB"),
            Self::WriteFile(error) => write!(f, "cannot write it: {error}"),
            Self::Write(error) => write!(f, "cannot write to standard output: {error}"),
        }
    }
}

impl std::error::Error for FileError {}
