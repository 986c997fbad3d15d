//! Downloads the files of executions: streams and decompresses them, and continues after interruptions.

mod decode;
mod lock;
mod part;
mod save;
mod source;
pub(crate) mod store;

use std::fmt;

use bytes::Bytes;
use futures_util::{Stream, stream};

pub use save::{DownloadProgress, Save, SavedFile};

use crate::client::InsightsClient;
use crate::error::Error;
use crate::report::Execution;
use decode::Decoder;
use source::{Source, damaged};

impl InsightsClient {
    /// Downloads the file of an execution.
    ///
    /// Requests the link of the execution without the access token, over `https` only (`http` for loopback addresses).
    /// Does not follow redirects. Renews an expired link once, by reading the execution again. After a failure, continues
    /// by the client's [`RetryPolicy`](crate::RetryPolicy), which counts from the last received part. Sends nothing
    /// before the download is opened or saved.
    ///
    /// ```no_run
    /// # async fn run(client: partner_center_insights::InsightsClient) -> Result<(), partner_center_insights::Error> {
    /// let executions = client.executions("3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4").latest().await?;
    /// for execution in &executions {
    ///     let saved = client.download(execution).save("sales.csv").await?;
    ///     println!("{} bytes", saved.bytes);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn download(&self, execution: &Execution) -> Download {
        Download { client: self.clone(), execution: execution.clone(), raw: false }
    }
}

/// A download, created by [`InsightsClient::download`].
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until it is opened or saved"]
pub struct Download {
    client: InsightsClient,
    execution: Execution,
    raw: bool,
}

impl Download {
    /// Returns the file as stored. By default, a gzip-compressed file is decompressed.
    pub fn raw(mut self) -> Self {
        self.raw = true;
        self
    }

    /// Opens the file for reading in parts.
    ///
    /// # Errors
    ///
    /// [`LinkRefused`](crate::ErrorKind::LinkRefused) if the store refuses a renewed link too,
    /// [`FileNotFound`](crate::ErrorKind::FileNotFound) if the execution has no file or the file was deleted. For other
    /// errors, see [`ErrorKind`](crate::ErrorKind).
    pub async fn open(self) -> Result<FileStream, Error> {
        let source = Source::open(self.client, self.execution, None).await?;
        let decoder = if self.raw { Decoder::raw() } else { Decoder::new() };
        Ok(FileStream { source, decoder, is_ended: false })
    }

    /// Saves the file under this path.
    ///
    /// Writes to a temporary file in the same directory, which must exist, and renames it when it is complete. Continues an earlier,
    /// interrupted download if the store supports it and the file did not change. Fails if another download to the same
    /// path is in progress.
    ///
    /// Like other programs that download files, it does not wait until the disk has stored the file: after a power
    /// failure, a file that was saved shortly before may be empty.
    pub fn save(self, path: impl Into<std::path::PathBuf>) -> Save {
        Save::new(self.client, self.execution, self.raw, path.into())
    }
}

/// The content of a file, in parts of at most a few megabytes.
pub struct FileStream {
    source: Source,
    decoder: Decoder,
    is_ended: bool,
}

impl FileStream {
    /// Returns the size of the stored file in bytes, if the store reports it. The content of a compressed file is
    /// larger.
    pub fn stored_size(&self) -> Option<u64> {
        self.source.length
    }

    /// Returns the number of bytes of the stored file that were received.
    pub fn received(&self) -> u64 {
        self.source.position
    }

    /// Reads the next part, or `None` at the end.
    ///
    /// # Errors
    ///
    /// [`FileDamaged`](crate::ErrorKind::FileDamaged) if the file is not complete, does not match its checksum, or changed
    /// since the download started. Discard all parts in this case.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            if let Some(part) = self.decoder.next().map_err(damaged)? {
                return Ok(Some(part));
            }
            if self.is_ended {
                return Ok(None);
            }
            if let Some(stored) = self.source.next().await? {
                self.decoder.feed(stored);
            } else {
                self.is_ended = true;
                self.decoder.end();
            }
        }
    }

    /// Converts the file into a stream of parts, which ends after an error.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, Error>> + Send {
        stream::try_unfold(self, async |mut file| Ok(file.chunk().await?.map(|part| (part, file))))
    }
}

impl fmt::Debug for FileStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStream").field("received", &self.received()).finish_non_exhaustive()
    }
}
