//! Files of executions: streamed, decompressed, continued after interruptions.

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
    /// The link of the execution is used without the access token, over `https` only (`http` for loopback addresses).
    /// Redirects are not followed. A link that expired is renewed once, by reading the execution again. Nothing is sent
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
    /// Keeps the file as it is stored. Without it, a gzip-compressed file is decompressed.
    pub fn raw(mut self) -> Self {
        self.raw = true;
        self
    }

    /// Opens the file, to be read in parts.
    ///
    /// # Errors
    ///
    /// [`LinkRefused`](crate::ErrorKind::LinkRefused) if the store refuses a renewed link too, [`FileNotFound`](crate::ErrorKind::FileNotFound)
    /// if the execution has no file or the file was deleted, and otherwise as for a call.
    pub async fn open(self) -> Result<FileStream, Error> {
        let source = Source::open(self.client, self.execution, None).await?;
        let decoder = if self.raw { Decoder::raw() } else { Decoder::new() };
        Ok(FileStream { source, decoder, ends: false })
    }

    /// Saves the file under this path.
    ///
    /// The file is written beside the path, and renamed when it is complete. What an earlier, interrupted download left
    /// is continued if the store allows it and the file did not change. While one download writes a file, another one to
    /// the same path is an error.
    pub fn save(self, path: impl Into<std::path::PathBuf>) -> Save {
        Save::new(self.client, self.execution, self.raw, path.into())
    }
}

/// The content of a file, in parts of at most a few megabytes.
pub struct FileStream {
    source: Source,
    decoder: Decoder,
    ends: bool,
}

impl FileStream {
    /// Returns the size of the stored file in bytes, if the store reports it. A compressed file is larger when it is read.
    pub fn stored_size(&self) -> Option<u64> {
        self.source.length
    }

    /// Returns how many bytes of the stored file were received.
    pub fn received(&self) -> u64 {
        self.source.position
    }

    /// Reads the next part, or `None` at the end.
    ///
    /// # Errors
    ///
    /// [`FileDamaged`](crate::ErrorKind::FileDamaged) if the file is not complete, does not match its checksum, or changed since the
    /// download began. Do not use the parts then.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            if let Some(part) = self.decoder.next().map_err(damaged)? {
                return Ok(Some(part));
            }
            if self.ends {
                return Ok(None);
            }
            if let Some(stored) = self.source.next().await? {
                self.decoder.feed(stored);
            } else {
                self.ends = true;
                self.decoder.end();
            }
        }
    }

    /// Converts it into a stream, which ends after an error.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, Error>> + Send {
        stream::try_unfold(self, async |mut file| Ok(file.chunk().await?.map(|part| (part, file))))
    }
}

impl fmt::Debug for FileStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStream").field("received", &self.received()).finish_non_exhaustive()
    }
}
