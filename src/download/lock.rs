//! A lock on a file, released when the file is closed or the process ends.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Opens a file, or creates it, and locks it.
///
/// # Errors
///
/// `WouldBlock` if another process, or another download of this process, holds the lock.
#[cfg(unix)]
pub(super) fn lock(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::MetadataExt;

    use rustix::fs::{FlockOperation, flock};
    use rustix::io::Errno;

    loop {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            // Some network file systems do not support locks.
            Ok(()) | Err(Errno::NOTSUP | Errno::NOSYS | Errno::NOLCK) => {}
            Err(error) => return Err(error.into()),
        }
        // The previous owner may have removed the file after it was opened here.
        if file.metadata()?.nlink() > 0 {
            return Ok(file);
        }
    }
}

/// Opens a file, or creates it, exclusively.
#[cfg(windows)]
pub(super) fn lock(path: &Path) -> io::Result<File> {
    use std::os::windows::fs::OpenOptionsExt;

    // Allow deletion, because the owner deletes the file at the end.
    const FILE_SHARE_DELETE: u32 = 4;
    const ERROR_SHARING_VIOLATION: i32 = 32;

    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).share_mode(FILE_SHARE_DELETE);
    options.open(path).map_err(|error| match error.raw_os_error() {
        Some(ERROR_SHARING_VIOLATION) => io::ErrorKind::WouldBlock.into(),
        _ => error,
    })
}
