//! Saves a file under its name only when it is complete.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::future::IntoFuture;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::pin::Pin;

use bytes::Bytes;
use http::HeaderValue;

use super::decode::{Decoder, is_gzip};
use super::source::{Resumption, Source};
use super::{Download, damaged};
use crate::error::{Error, ErrorKind};

/// How much of a file is read at a time.
const BUFFER: usize = 64 << 10;

/// A download to a file, created by [`Download::save`] and begun when it is awaited.
#[must_use = "nothing is sent until it is awaited"]
pub struct Save {
    download: Download,
    path: PathBuf,
    on_progress: Option<Box<dyn Fn(&DownloadProgress) + Send + Sync>>,
}

/// How far a download is.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct DownloadProgress {
    /// How many bytes of the stored file are here.
    pub received: u64,
    /// The size of the stored file in bytes, if the store reports it.
    pub stored_size: Option<u64>,
}

/// A file that was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SavedFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its size in bytes, decompressed unless it was kept [`raw`](Download::raw).
    pub bytes: u64,
    /// How many bytes of the stored file an earlier download had left.
    pub continued_from: u64,
    /// Whether it has no line after the first one: a report without data has only its column names. `false` if it was kept
    /// raw.
    pub is_header_only: bool,
}

impl Save {
    pub(super) fn new(download: Download, path: PathBuf) -> Self {
        Self { download, path, on_progress: None }
    }

    /// Calls a function whenever a part has come.
    pub fn on_progress(mut self, on_progress: impl Fn(&DownloadProgress) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Box::new(on_progress));
        self
    }

    async fn send(self) -> Result<SavedFile, Error> {
        let part = Part::beside(&self.path);
        let resumption = part.resumption();
        let mut continued_from = resumption.as_ref().map_or(0, |resumption| resumption.position);
        match self.fetch(&part, resumption).await {
            // It changed, or cannot be continued: once more from the start.
            Err(error) if error.kind() == ErrorKind::FileDamaged => {
                continued_from = 0;
                part.remove();
                self.fetch(&part, None).await.inspect_err(|error| part.discard_if(error))?;
            }
            result => result?,
        }
        let (raw, path) = (self.download.raw, self.path);
        let complete = move || {
            let content = part.complete(&path, raw).inspect_err(|error| part.discard_if(error));
            content.map(|Content { bytes, is_header_only }| SavedFile {
                path,
                bytes,
                continued_from,
                is_header_only,
            })
        };
        tokio::task::spawn_blocking(complete).await.map_err(damaged)?
    }

    /// Receives the stored bytes into the part file.
    async fn fetch(&self, part: &Part, resumption: Option<Resumption>) -> Result<(), Error> {
        let Download { client, execution, .. } = self.download.clone();
        let is_new = resumption.is_none();
        let mut source = Source::open(client, execution, resumption).await?;
        let mut file = part.open(is_new, source.etag.as_ref()).map_err(|error| part.failed(error))?;
        while let Some(bytes) = source.next().await? {
            file.write_all(&bytes).map_err(|error| part.failed(error))?;
            if let Some(on_progress) = &self.on_progress {
                on_progress(&DownloadProgress { received: source.position, stored_size: source.length });
            }
        }
        file.sync_all().map_err(|error| part.failed(error))
    }
}

impl IntoFuture for Save {
    type Output = Result<SavedFile, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// The stored bytes so far, beside the file, and the validator of the file that they belong to.
struct Part {
    bytes: PathBuf,
    etag: PathBuf,
    decoded: PathBuf,
}

struct Content {
    bytes: u64,
    is_header_only: bool,
}

impl Part {
    fn beside(path: &Path) -> Self {
        let name = |suffix| {
            let mut name = OsString::from(".");
            name.push(path.file_name().unwrap_or_default());
            name.push(suffix);
            path.with_file_name(name)
        };
        Self { bytes: name(".part"), etag: name(".etag"), decoded: name(".tmp") }
    }

    /// What an earlier download left, if it can be continued.
    fn resumption(&self) -> Option<Resumption> {
        let etag = HeaderValue::from_bytes(&fs::read(&self.etag).ok()?).ok()?;
        let mut file = File::open(&self.bytes).ok()?;
        let (mut position, mut md5, mut buffer) = (0, md5::Context::new(), vec![0; BUFFER]);
        loop {
            match file.read(&mut buffer).ok()? {
                0 => break,
                read => {
                    md5.consume(&buffer[..read]);
                    position += read as u64;
                }
            }
        }
        (position > 0).then_some(Resumption { position, etag, md5 })
    }

    fn open(&self, is_new: bool, etag: Option<&HeaderValue>) -> io::Result<File> {
        if !is_new {
            return OpenOptions::new().append(true).open(&self.bytes);
        }
        // In this order: bytes without their validator are never continued.
        let file = File::create(&self.bytes)?;
        match etag {
            Some(etag) => fs::write(&self.etag, etag)?,
            None => remove(&self.etag),
        }
        Ok(file)
    }

    /// Gives the file its name, decompressed unless it is to stay as it is.
    fn complete(&self, path: &Path, raw: bool) -> Result<Content, Error> {
        let failed = |error| self.failed(error);
        let mut start = Vec::new();
        File::open(&self.bytes).and_then(|file| file.take(2).read_to_end(&mut start)).map_err(failed)?;
        let content = if raw || !is_gzip(&start) {
            let bytes = fs::metadata(&self.bytes).map_err(failed)?.len();
            let is_header_only = !raw && !self.has_rows().map_err(failed)?;
            fs::rename(&self.bytes, path).map_err(failed)?;
            Content { bytes, is_header_only }
        } else {
            let content = self.decode()?;
            fs::rename(&self.decoded, path).map_err(failed)?;
            content
        };
        self.remove();
        Ok(content)
    }

    fn has_rows(&self) -> io::Result<bool> {
        let (mut file, mut lines, mut buffer) = (File::open(&self.bytes)?, Lines::default(), vec![0; BUFFER]);
        while !lines.has_rows {
            match file.read(&mut buffer)? {
                0 => break,
                read => lines.count(&buffer[..read]),
            }
        }
        Ok(lines.has_rows)
    }

    fn decode(&self) -> Result<Content, Error> {
        let failed = |error| self.failed(error);
        let mut stored = File::open(&self.bytes).map_err(failed)?;
        let mut file = File::create(&self.decoded).map_err(failed)?;
        let (mut decoder, mut lines, mut bytes) = (Decoder::new(), Lines::default(), 0);
        loop {
            let mut buffer = vec![0; BUFFER];
            let read = stored.read(&mut buffer).map_err(failed)?;
            buffer.truncate(read);
            match read {
                0 => decoder.end(),
                _ => decoder.feed(Bytes::from(buffer)),
            }
            while let Some(part) = decoder.next().map_err(damaged)? {
                lines.count(&part);
                bytes += part.len() as u64;
                file.write_all(&part).map_err(failed)?;
            }
            if read == 0 {
                break;
            }
        }
        file.sync_all().map_err(failed)?;
        Ok(Content { bytes, is_header_only: !lines.has_rows })
    }

    /// Bytes that are wrong must not be continued.
    fn discard_if(&self, error: &Error) {
        if error.kind() == ErrorKind::FileDamaged {
            self.remove();
        }
    }

    fn remove(&self) {
        for path in [&self.bytes, &self.etag, &self.decoded] {
            remove(path);
        }
    }

    fn failed(&self, error: io::Error) -> Error {
        let folder = self.bytes.parent().unwrap_or(&self.bytes).display();
        Error::new(ErrorKind::Io)
            .with_message(format!("cannot write to {folder:?}: {error}"))
            .with_source(error)
    }
}

/// Whether there is anything after the first line.
#[derive(Default)]
struct Lines {
    is_past_first: bool,
    has_rows: bool,
}

impl Lines {
    fn count(&mut self, part: &[u8]) {
        let mut rest = part;
        if !self.is_past_first {
            let Some(end) = part.iter().position(|byte| *byte == b'\n') else { return };
            self.is_past_first = true;
            rest = &part[end..];
        }
        self.has_rows = self.has_rows || rest.iter().any(|byte| !matches!(byte, b'\r' | b'\n'));
    }
}

/// What is not there need not be removed.
fn remove(path: &Path) {
    let _ = fs::remove_file(path);
}
