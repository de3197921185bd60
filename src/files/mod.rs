//! Reads files and standard input, and writes files and standard output. No other module opens files.

mod machine;
mod private;

use std::fmt;
use std::fs::{File, Metadata, Permissions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind, IsTerminal, Read, Seek, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::diagnostic::Advise;
pub use machine::{boot, host_name, machine_id};
pub use private::PrivateFile;

/// The largest input in octets; a typical chain has a few thousand octets.
const LARGEST: usize = 16 * 1024 * 1024;

/// The size of the first buffer in octets if the size of the input is not known.
const FIRST: usize = 16 * 1024;

/// Whether standard output is a terminal.
pub fn stdout_is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// The size of the standard library's buffer for standard input, in octets. Reads of at least this size bypass that
/// buffer, and therefore leave no secret in it.
const BUFFER: usize = 8 * 1024;

/// Reads a file, a FIFO or (`-`) standard input. Because the input may contain a private key, every copy of the octets
/// is wiped from memory. If the input looks like a private key, core dumps of this process are disabled.
///
/// Errors: the file cannot be read, or is larger than 16 MiB.
pub fn read(path: &str) -> Result<Zeroizing<Vec<u8>>, FileError> {
    octets(path).map(guarded)
}

/// Disables core dumps if the octets look like a private key.
fn guarded(octets: Zeroizing<Vec<u8>>) -> Zeroizing<Vec<u8>> {
    if may_be_private_key(&octets) {
        forbid_core_dumps();
    }
    octets
}

/// What [`read_in_parts`] gives a file to: the next part of the file that was not taken yet, whether the file ends after
/// it, and the size of the file in octets. Returns the number of octets taken.
pub type Take<'a> = &'a mut dyn FnMut(&[u8], bool, usize) -> usize;

/// The largest part in octets.
const PART: usize = 64 * 1024;

/// Reads a file as [`read()`] does, but gives a regular file to `take` in parts of at most 64 KiB. Returns `None` if
/// `take` took all of it, otherwise the whole file.
///
/// Errors: those of [`read()`].
pub fn read_in_parts(path: &str, take: Take<'_>) -> Result<Option<Zeroizing<Vec<u8>>>, FileError> {
    if path == "-" {
        return read(path).map(Some);
    }
    let (mut file, metadata) = open(path)?;
    let size = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    if metadata.is_file() && size <= LARGEST {
        if take_all(&mut file, size, take).map_err(FileError::Read)? {
            return Ok(None);
        }
        file.rewind().map_err(FileError::Read)?;
    }
    contents(file, &metadata).map(guarded).map(Some)
}

/// Returns whether `take` took the whole file, of which it may be given a part only.
fn take_all(file: &mut File, size: usize, take: Take<'_>) -> io::Result<bool> {
    let mut buffer = Zeroizing::new(vec![0; (size + 1).min(PART)]);
    let (mut waiting, mut total) = (0, 0);
    loop {
        let read = match file.read(buffer.get_mut(waiting..).unwrap_or_default()) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            read => read?,
        };
        waiting += read;
        total += read;
        let taken = take(buffer.get(..waiting).unwrap_or_default(), read == 0, size);
        let is_stuck = taken == 0 && waiting == buffer.len();
        match () {
            () if is_stuck || total > LARGEST => return Ok(false),
            () if read == 0 => return Ok(taken == waiting),
            () => {}
        }
        buffer.copy_within(taken..waiting, 0);
        waiting -= taken;
    }
}

/// Whether the octets contain a private key in PEM, or are DER that starts with a version number. In DER, private keys
/// start with a version number, and certificates do not.
fn may_be_private_key(octets: &[u8]) -> bool {
    let content = match octets {
        [0x30, length @ 0x81..=0x84, rest @ ..] => rest.get(usize::from(length & 0x7f)..),
        [0x30, _, rest @ ..] => Some(rest),
        _ => None,
    };
    const KEY: &[u8] = b"PRIVATE KEY";
    content.is_some_and(|content| content.starts_with(&[0x02]))
        || match octets.len() {
            // memmem asks the processor for its abilities, which is slow in a virtual machine.
            PART.. => memchr::memmem::find(octets, KEY).is_some(),
            _ => octets.windows(KEY.len()).any(|part| part == KEY),
        }
}

/// Disables core dumps, which would contain the key. On Linux, also prevents other processes of the same user from
/// attaching a debugger. Failures are ignored.
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
    let (file, metadata) = open(path)?;
    contents(file, &metadata)
}

fn open(path: &str) -> Result<(File, Metadata), FileError> {
    let file = File::open(path).map_err(FileError::Read)?;
    let metadata = file.metadata().map_err(FileError::Read)?;
    Ok((file, metadata))
}

/// Reads the contents of an open file.
fn contents(mut file: File, metadata: &Metadata) -> Result<Zeroizing<Vec<u8>>, FileError> {
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

/// Reads to the end. The first buffer has `room` octets, and each read has space for at least `least` octets.
fn read_all(reader: &mut dyn Read, room: usize, least: usize) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let mut octets = Zeroizing::new(vec![0; room]);
    let mut length = 0;
    loop {
        if octets.len() - length < least {
            // Resizing the buffer itself could leave a copy that is not wiped.
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

/// Whether the file does not exist; standard input always exists.
pub fn is_missing(path: &str) -> bool {
    path != "-" && std::fs::metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

/// Writes all of `text` to standard output. It is not an error if the reader has closed the pipe.
///
/// Errors: standard output cannot be written, for example because the disk is full.
pub fn write_stdout(text: &[u8]) -> Result<(), FileError> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(FileError::Write(error)),
        _ => Ok(()),
    }
}

/// Writes a file completely or not at all: a temporary file is renamed to `path` when it is complete. The
/// new file has the permissions of a regular file that it replaces. If `path` is a symbolic link, the link is replaced
/// and its target is not changed.
///
/// Errors: the file cannot be written, or `path` is a directory or a special file such as a device.
pub fn write(path: &str, text: &str) -> Result<(), FileError> {
    NewFile::begin(path, temporary_beside)?.finish(text)
}

/// Checks that [`write()`] can write to `path`; leaves no new file.
///
/// Errors: those of [`write()`].
pub fn check_writable(path: &str) -> Result<(), FileError> {
    NewFile::begin(path, temporary_beside).map(drop)
}

/// A temporary file in the folder of its final path.
struct NewFile {
    path: PathBuf,
    /// The temporary file, until it is renamed.
    temporary: Option<PathBuf>,
    file: File,
    /// The permissions of the file to replace.
    permissions: Option<Permissions>,
}

impl NewFile {
    /// Creates the temporary file with `temporary`; `path` does not change yet.
    fn begin(
        path: &str,
        temporary: impl Fn(&Path) -> io::Result<(PathBuf, File)>,
    ) -> Result<Self, FileError> {
        let permissions = match std::fs::metadata(path) {
            Ok(metadata) if !metadata.is_file() => return Err(FileError::NotRegular),
            Ok(metadata) => Some(metadata.permissions()),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(FileError::WriteFile(error)),
        };
        let is_link = std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
        let path = PathBuf::from(path);
        let (temporary, file) = temporary(&path).map_err(FileError::WriteFile)?;
        let (temporary, permissions) = (Some(temporary), permissions.filter(|_| !is_link));
        Ok(Self { path, temporary, file, permissions })
    }

    /// Writes `text`, and renames the file to its final path when the text is on the disk.
    fn finish(mut self, text: &str) -> Result<(), FileError> {
        let written = self.file.write_all(text.as_bytes()).and_then(|()| match self.permissions.take() {
            Some(permissions) => self.file.set_permissions(permissions),
            None => Ok(()),
        });
        let written = written.and_then(|()| self.file.sync_all());
        let renamed = written.and_then(|()| match &self.temporary {
            Some(temporary) => std::fs::rename(temporary, &self.path),
            None => Ok(()),
        });
        if renamed.is_ok() {
            // From now on, a file of that name belongs to another call.
            self.temporary = None;
        }
        renamed.and_then(|()| sync_folder(&self.path)).map_err(FileError::WriteFile)
    }
}

/// Removes a file that was not renamed.
impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            // A failure cannot be reported.
            let _ = std::fs::remove_file(temporary);
        }
    }
}

/// Writes the entries of the folder of `path` to the disk.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match cfg!(unix) {
        true => File::open(folder.unwrap_or(Path::new(".")))?.sync_all(),
        // Folders cannot be opened as files.
        false => Ok(()),
    }
}

/// Creates a new file in the folder of `path`.
fn temporary_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    let mut tries = 0;
    loop {
        // The operating system seeds this number, so nobody can guess the file name and create that file first.
        let number = RandomState::new().hash_one(tries);
        let temporary = path.with_file_name(format!(".tlsagen-{number:016x}"));
        match File::create_new(&temporary) {
            Ok(file) => return Ok((temporary, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && tries < 8 => tries += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Shows a progress line, which the next progress line overwrites. Does nothing if standard error is not a terminal.
pub fn progress(text: &str) {
    if io::stderr().is_terminal() {
        write_stderr(&format!("\r\u{1b}[K{text}"));
    }
}

/// Writes a message to standard error. A failure is ignored, because it cannot be reported anywhere.
pub fn write_stderr(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Why a file cannot be read or written.
#[derive(Debug)]
pub enum FileError {
    /// The file cannot be read.
    Read(io::Error),
    /// The file to read is a directory.
    Directory,
    /// The file is larger than 16 MiB.
    TooLarge,
    /// The file to replace is not a regular file.
    NotRegular,
    /// A file that others may have changed: why.
    Untrusted(&'static str),
    /// The file cannot be written.
    WriteFile(io::Error),
    /// Standard output cannot be written.
    Write(io::Error),
}

impl Advise for FileError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Read(error) if error.kind() == ErrorKind::NotFound => Some("check the file name"),
            Self::Read(error) if error.kind() == ErrorKind::PermissionDenied => {
                Some("run this as a user who may read the file")
            }
            Self::Directory => Some("give a file in the directory, such as fullchain.pem"),
            Self::TooLarge => Some("check that the file is a certificate chain"),
            Self::Untrusted(_) => {
                Some("make it a regular file of this user that nobody else can write, or give another file")
            }
            Self::NotRegular => Some("give a file that does not exist yet, or a regular file to overwrite"),
            _ => None,
        };
        hint.map(str::to_owned)
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => write!(f, "cannot read it: {}", in_words(error)),
            Self::Directory => f.write_str("cannot read it: it is a directory"),
            Self::TooLarge => f.write_str("it is larger than 16 MiB"),
            Self::NotRegular => {
                f.write_str("cannot write it: it is a directory or a special file such as a device")
            }
            Self::Untrusted(why) => write!(f, "not trusted: {why}"),
            Self::WriteFile(error) => write!(f, "cannot write it: {}", in_words(error)),
            Self::Write(error) => write!(f, "cannot write to standard output: {}", in_words(error)),
        }
    }
}

/// The system's message without the number of the error.
fn in_words(error: &io::Error) -> String {
    let text = error.to_string();
    text.split_once(" (os error").map_or(text.as_str(), |(message, _)| message).to_owned()
}

impl std::error::Error for FileError {}
