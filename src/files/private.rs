//! A file that only its owner may change, held under a lock and replaced as a whole.

use std::fs::{File, Metadata, OpenOptions, remove_file, symlink_metadata};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use super::{FileError, NewFile};

/// A locked file of this user. The lock ends when the value is dropped.
#[derive(Debug)]
pub struct PrivateFile {
    path: String,
    _locked: File,
}

/// The largest file in octets.
const LARGEST: u64 = 1024 * 1024;

impl PrivateFile {
    /// Opens the file, or creates it empty with mode 0600; waits until no other process holds its lock. Returns the
    /// file and its text.
    ///
    /// Errors: the file cannot be opened, is a symbolic link or no regular file, belongs to another user, can be written
    /// by others, or is larger than 1 MiB.
    pub fn open(path: &str) -> Result<(Self, String), FileError> {
        loop {
            let mut file = open(path)?;
            file.lock().map_err(FileError::Read)?;
            let metadata = file.metadata().map_err(FileError::Read)?;
            check(&metadata)?;
            // Another process may have replaced the file while this one waited.
            let is_current = symlink_metadata(path).is_ok_and(|current| is_same(&current, &metadata));
            if !is_current {
                continue;
            }
            let mut octets = Vec::new();
            file.by_ref().take(LARGEST + 1).read_to_end(&mut octets).map_err(FileError::Read)?;
            if u64::try_from(octets.len()).is_ok_and(|length| length > LARGEST) {
                return Err(FileError::TooLarge);
            }
            let text = String::from_utf8_lossy(&octets).into_owned();
            return Ok((Self { path: path.to_owned(), _locked: file }, text));
        }
    }

    /// Replaces the file, completely or not at all. Returns when the new text is on the disk.
    ///
    /// Errors: the file cannot be written.
    pub fn replace(&self, text: &str) -> Result<(), FileError> {
        // Nobody else writes this file during the lock, except a call that was killed and left it behind.
        let temporary = |path: &Path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let temporary = path.with_file_name(format!(".{name}.tlsagen"));
            match remove_file(&temporary) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            File::create_new(&temporary).map(|file| (temporary, file))
        };
        NewFile::begin(&self.path, temporary)?.finish(text)
    }
}

#[cfg(unix)]
fn open(path: &str) -> Result<File, FileError> {
    use std::os::unix::fs::OpenOptionsExt;
    let no_follow = i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or(0);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(no_follow);
    options.open(path).map_err(|error| match symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => FileError::Untrusted("it is a symbolic link"),
        Ok(metadata) if !metadata.is_file() => FileError::NotRegular,
        _ => unwritable(error),
    })
}

#[cfg(not(unix))]
fn open(path: &str) -> Result<File, FileError> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(unwritable)
}

fn unwritable(error: io::Error) -> FileError {
    match error.kind() {
        ErrorKind::NotFound => {
            FileError::WriteFile(io::Error::new(error.kind(), "its folder does not exist"))
        }
        _ => FileError::WriteFile(error),
    }
}

#[cfg(unix)]
fn check(metadata: &Metadata) -> Result<(), FileError> {
    use std::os::unix::fs::MetadataExt;
    match () {
        () if !metadata.is_file() => Err(FileError::NotRegular),
        () if metadata.uid() != rustix::process::geteuid().as_raw() => {
            Err(FileError::Untrusted("it belongs to another user"))
        }
        () if metadata.mode() & 0o022 != 0 => Err(FileError::Untrusted("group or others can write it")),
        () => Ok(()),
    }
}

#[cfg(not(unix))]
fn check(metadata: &Metadata) -> Result<(), FileError> {
    if metadata.is_file() { Ok(()) } else { Err(FileError::NotRegular) }
}

#[cfg(unix)]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same(_: &Metadata, _: &Metadata) -> bool {
    true
}
