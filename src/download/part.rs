//! The part file of a download, which contains the received bytes until the download is complete.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use http::HeaderValue;

use super::decode::is_gzip;
use super::lock::lock;
use super::source::{Resumption, damaged};
use crate::error::{Error, ErrorKind};

/// Number of bytes that are read from a file at a time.
const BUFFER: usize = 64 << 10;
/// Maximum length of a name before a suffix is added. File systems allow 255 bytes.
const MAX_NAME: usize = 240;

/// The files of an incomplete download, locked against other downloads.
pub(super) struct Part {
    /// The path of the complete file.
    path: PathBuf,
    /// The path of the received bytes.
    bytes: PathBuf,
    /// The path of the decompressed bytes.
    decoded: PathBuf,
    /// The path of the file with the ETag of the received bytes, and with their execution.
    origin_path: PathBuf,
    origin: File,
    execution_id: String,
    can_continue: bool,
}

/// Facts about the content of a file.
pub(super) struct Content {
    pub bytes: u64,
    pub is_header_only: bool,
}

impl Part {
    /// Locks the part file of a download to this path.
    pub fn lock(path: &Path, execution_id: &str) -> Result<Self, Error> {
        let name = |suffix| {
            let mut name = OsString::from(".");
            name.push(shortened(path.file_name().unwrap_or_default()));
            name.push(suffix);
            path.with_file_name(name)
        };
        if fs::metadata(path).is_ok_and(|target| !target.is_file()) {
            return Err(
                Error::new(ErrorKind::Io).with_message(format!("{} is not a regular file", path.display()))
            );
        }
        let origin_path = name(".etag");
        let origin = lock(&origin_path).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => Error::new(ErrorKind::Io)
                .with_message(format!("another download is writing {}", path.display())),
            _ => failed(path, error),
        })?;
        Ok(Self {
            path: path.to_owned(),
            bytes: name(".part"),
            decoded: name(".tmp"),
            origin_path,
            origin,
            execution_id: execution_id.to_owned(),
            can_continue: false,
        })
    }

    /// Returns the position and the bytes of an earlier download, if it can be continued.
    pub fn resumption(&mut self) -> Option<Resumption> {
        let mut origin = String::new();
        self.origin.read_to_string(&mut origin).ok()?;
        let (etag, execution_id) = origin.split_once('\n')?;
        let etag = HeaderValue::from_str(etag).ok()?;
        let position = fs::metadata(&self.bytes).ok()?.len();
        self.can_continue = execution_id == self.execution_id && position > 0;
        self.can_continue.then(|| Resumption { position, etag, bytes: self.bytes.clone() })
    }

    /// Opens the file for the received bytes: a new one, or that of an earlier download.
    pub fn open(&mut self, is_new: bool, etag: Option<&HeaderValue>) -> Result<File, Error> {
        let open = |part: &mut Self| {
            if !is_new {
                return OpenOptions::new().append(true).open(&part.bytes);
            }
            // Truncates the bytes before it writes the new origin, so that old bytes are never continued with it.
            let file = File::create(&part.bytes)?;
            part.origin.rewind()?;
            part.origin.set_len(0)?;
            if let Some(etag) = etag {
                let origin = [etag.as_bytes(), b"\n", part.execution_id.as_bytes()].concat();
                part.origin.write_all(&origin)?;
            }
            part.can_continue = etag.is_some();
            Ok(file)
        };
        open(self).map_err(|error| self.failed(error))
    }

    /// Decompresses the file unless `raw`, and renames it to its path.
    pub fn complete(&mut self, raw: bool) -> Result<Content, Error> {
        let mut start = Vec::new();
        let read = File::open(&self.bytes).and_then(|file| file.take(2).read_to_end(&mut start));
        read.map_err(|error| self.failed(error))?;
        let (content, complete) = if raw || !is_gzip(&start) {
            (self.scan(raw).map_err(|error| self.failed(error))?, &self.bytes)
        } else {
            (self.decode()?, &self.decoded)
        };
        fs::rename(complete, &self.path).map_err(|error| self.failed(error))?;
        self.can_continue = false;
        Ok(content)
    }

    fn scan(&self, raw: bool) -> io::Result<Content> {
        let mut file = File::open(&self.bytes)?;
        let (mut lines, mut buffer) = (Lines::default(), vec![0; BUFFER]);
        while !raw && !lines.has_rows {
            match file.read(&mut buffer)? {
                0 => break,
                read => lines.count(&buffer[..read]),
            }
        }
        Ok(Content { bytes: file.metadata()?.len(), is_header_only: !raw && !lines.has_rows })
    }

    fn decode(&self) -> Result<Content, Error> {
        let failed = |error| self.failed(error);
        let stored = BufReader::with_capacity(BUFFER, File::open(&self.bytes).map_err(failed)?);
        let mut file = File::create(&self.decoded).map_err(failed)?;
        let (mut decoder, mut lines) = (MultiGzDecoder::new(stored), Lines::default());
        let (mut bytes, mut buffer) = (0, vec![0; BUFFER]);
        loop {
            let read = match decoder.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                // Errors of the decoder have no code of the operating system.
                Err(error) if error.raw_os_error().is_none() => return Err(damaged(error)),
                Err(error) => return Err(failed(error)),
            };
            lines.count(&buffer[..read]);
            bytes += read as u64;
            file.write_all(&buffer[..read]).map_err(failed)?;
        }
        Ok(Content { bytes, is_header_only: !lines.has_rows })
    }

    /// Discards bytes that are damaged, or useless because the file is gone.
    pub fn discard_if(&mut self, error: &Error) {
        if matches!(error.kind(), ErrorKind::FileDamaged | ErrorKind::FileNotFound) {
            self.discard();
        }
    }

    pub fn discard(&mut self) {
        self.can_continue = false;
        remove(&self.bytes);
    }

    pub fn failed(&self, error: io::Error) -> Error {
        failed(&self.path, error)
    }
}

impl Drop for Part {
    /// Keeps only files that the next download can continue. The lock is released afterwards.
    fn drop(&mut self) {
        remove(&self.decoded);
        if !self.can_continue {
            remove(&self.bytes);
            remove(&self.origin_path);
        }
    }
}

/// Shortens a name so that a suffix fits. A collision is harmless, because a download continues only its own execution.
fn shortened(name: &OsStr) -> OsString {
    if name.len() <= MAX_NAME {
        return name.to_owned();
    }
    let mut name = name.to_string_lossy().into_owned();
    while name.len() > MAX_NAME {
        name.pop();
    }
    name.into()
}

fn failed(path: &Path, error: io::Error) -> Error {
    Error::new(ErrorKind::Io)
        .with_message(format!("cannot write {}: {error}", path.display()))
        .with_source(error)
}

/// Finds out whether there is anything after the first line.
#[derive(Default)]
struct Lines {
    is_past_first: bool,
    has_rows: bool,
}

impl Lines {
    fn count(&mut self, part: &[u8]) {
        if self.has_rows {
            return;
        }
        let mut rest = part;
        if !self.is_past_first {
            let Some(end) = part.iter().position(|byte| *byte == b'\n') else { return };
            self.is_past_first = true;
            rest = &part[end..];
        }
        self.has_rows = rest.iter().any(|byte| !matches!(byte, b'\r' | b'\n'));
    }
}

/// Removes a file. Ignores errors, such as that it does not exist.
fn remove(path: &Path) {
    let _ = fs::remove_file(path);
}
