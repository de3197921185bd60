//! Path or `-` to octets, and octets to standard output; the only user of files.

use std::fmt;
use std::fs::{File, Permissions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::diagnostic::Advise;

/// Octets of the largest input; a chain has a few thousand.
const LARGEST: usize = 16 * 1024 * 1024;

/// Octets of the first buffer where the size is not known.
const FIRST: usize = 16 * 1024;

/// Whether standard output is a terminal.
pub fn stdout_is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Octets of the standard library's buffer for standard input. Reads of that size pass it by, so that no secret
/// is left there.
const BUFFER: usize = 8 * 1024;

/// The octets of the file, a FIFO or (`-`) standard input. They may hold a private key: every copy is wiped, and if
/// they do, this process leaves no core dump from here on.
///
/// Errors: it cannot be read, or has more than 16 MiB.
pub fn read(path: &str) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let octets = octets(path)?;
    if may_be_private_key(&octets) {
        forbid_core_dumps();
    }
    Ok(octets)
}

/// Whether there is a private key in PEM, or DER that starts with a version, as a private key and no certificate does.
fn may_be_private_key(octets: &[u8]) -> bool {
    let content = match octets {
        [0x30, length @ 0x81..=0x84, rest @ ..] => rest.get(usize::from(length & 0x7f)..),
        [0x30, _, rest @ ..] => Some(rest),
        _ => None,
    };
    content.is_some_and(|content| content.starts_with(&[0x02]))
        || memchr::memmem::find(octets, b"PRIVATE KEY").is_some()
}

/// No core dump, which would hold the key; on Linux no debugger of the same user either. A system that refuses it is
/// no reason to fail.
#[cfg(unix)]
fn forbid_core_dumps() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

#[cfg(not(unix))]
fn forbid_core_dumps() {}

fn octets(path: &str) -> Result<Zeroizing<Vec<u8>>, FileError> {
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

/// Writes a file, whole or not at all: a new one is renamed to `path` when it is complete. It takes the place of a
/// regular file there, with that one's permissions, or of a symbolic link, whose target is left alone.
///
/// Errors: it cannot be written, or a directory, device or the like is there.
pub fn write(path: &str, text: &str) -> Result<(), FileError> {
    NewFile::begin(path)?.finish(text)
}

/// Whether [`write()`] would find a way to `path`; nothing is left there.
///
/// Errors: it would not.
pub fn check_writable(path: &str) -> Result<(), FileError> {
    NewFile::begin(path).map(drop)
}

/// A file beside the path that it is to have.
struct NewFile {
    path: PathBuf,
    temporary: PathBuf,
    file: File,
    /// Those of the file that it takes the place of.
    permissions: Option<Permissions>,
}

impl NewFile {
    /// Begins a file for `path`, where nothing changes yet.
    fn begin(path: &str) -> Result<Self, FileError> {
        let permissions = match std::fs::metadata(path) {
            Ok(metadata) if !metadata.is_file() => return Err(FileError::NotRegular),
            Ok(metadata) => Some(metadata.permissions()),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(FileError::WriteFile(error)),
        };
        let is_link = std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
        let path = PathBuf::from(path);
        let (temporary, file) = temporary_beside(&path).map_err(FileError::WriteFile)?;
        Ok(Self { path, temporary, file, permissions: permissions.filter(|_| !is_link) })
    }

    /// Writes `text` and puts the file in its place.
    fn finish(mut self, text: &str) -> Result<(), FileError> {
        let written = self.file.write_all(text.as_bytes()).and_then(|()| match self.permissions.take() {
            Some(permissions) => self.file.set_permissions(permissions),
            None => Ok(()),
        });
        let renamed = written.and_then(|()| std::fs::rename(&self.temporary, &self.path));
        renamed.map_err(FileError::WriteFile)
    }
}

/// What was not put in its place goes.
impl Drop for NewFile {
    fn drop(&mut self) {
        // Once it is in its place there is none of this name.
        let _ = std::fs::remove_file(&self.temporary);
    }
}

/// A new file in the folder of `path`.
fn temporary_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    let mut tries = 0;
    loop {
        // Seeded by the system, so that nobody can be there first time and again.
        let number = RandomState::new().hash_one(tries);
        let temporary = path.with_file_name(format!(".tlsagen-{number:016x}"));
        match File::create_new(&temporary) {
            Ok(file) => return Ok((temporary, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && tries < 8 => tries += 1,
            Err(error) => return Err(error),
        }
    }
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
    /// What is to be written over is not a regular file.
    NotRegular,
    /// A file cannot be written.
    WriteFile(io::Error),
    /// Standard output cannot be written.
    Write(io::Error),
}

impl Advise for FileError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Read(error) if error.kind() == ErrorKind::NotFound => Some(
                "is the path right? CHAIN, a file such as fullchain.pem, comes before HOST; - is standard input",
            ),
            Self::Read(error) if error.kind() == ErrorKind::PermissionDenied => {
                Some("run this as a user who may read the file; certificates are no secret, private keys are")
            }
            Self::Directory => Some("name the file in it, such as fullchain.pem"),
            Self::TooLarge => Some("is it really a certificate chain?"),
            Self::NotRegular => Some("give the name of a new file, or of one that may be replaced"),
            _ => None,
        };
        hint.map(str::to_owned)
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => write!(f, "cannot read it: {error}"),
            Self::Directory => f.write_str("cannot read it: it is a directory"),
            Self::TooLarge => f.write_str("more than 16 MiB"),
            Self::NotRegular => f.write_str("cannot write it: a directory, device or the like is there"),
            Self::WriteFile(error) => write!(f, "cannot write it: {error}"),
            Self::Write(error) => write!(f, "cannot write to standard output: {error}"),
        }
    }
}

impl std::error::Error for FileError {}
