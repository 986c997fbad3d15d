//! Saves a file, which appears under its name only when it is complete.

use std::future::IntoFuture;
use std::io::Write;
use std::path::PathBuf;
use std::pin::Pin;

use super::part::{Content, Part};
use super::source::{Resumption, Source, damaged};
use crate::client::InsightsClient;
use crate::error::{Error, ErrorKind};
use crate::report::Execution;

/// A download to a file, created by [`Download::save`](super::Download::save). Await it to start it.
#[must_use = "nothing is sent until it is awaited"]
pub struct Save {
    client: InsightsClient,
    execution: Execution,
    raw: bool,
    path: PathBuf,
    on_progress: Option<Box<dyn Fn(&DownloadProgress) + Send + Sync>>,
}

/// The progress of a download.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct DownloadProgress {
    /// The number of bytes of the stored file that were received.
    pub received: u64,
    /// The size of the stored file in bytes, if the store reports it.
    pub stored_size: Option<u64>,
}

/// A saved file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SavedFile {
    /// The path of the file.
    pub path: PathBuf,
    /// The size of the saved file in bytes, which is the decompressed size unless it is [`raw`](super::Download::raw).
    pub bytes: u64,
    /// The number of bytes of the stored file that an earlier, interrupted download had received.
    pub continued_from: u64,
    /// Whether the file has no line after the first one, because a report without data has only column names. Always
    /// `false` for raw files.
    pub is_header_only: bool,
}

impl Save {
    pub(super) fn new(client: InsightsClient, execution: Execution, raw: bool, path: PathBuf) -> Self {
        Self { client, execution, raw, path, on_progress: None }
    }

    /// Calls a function after each received part.
    pub fn on_progress(mut self, on_progress: impl Fn(&DownloadProgress) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Box::new(on_progress));
        self
    }

    async fn send(self) -> Result<SavedFile, Error> {
        let mut part = Part::lock(&self.path, &self.execution.execution_id)?;
        let resumption = part.resumption();
        let mut continued_from = resumption.as_ref().map_or(0, |resumption| resumption.position);
        let mut result = self.fetch(&mut part, resumption).await;
        // The file changed, or cannot be continued: start again, once.
        if result.as_ref().is_err_and(|error| error.kind() == ErrorKind::FileDamaged) {
            continued_from = 0;
            part.discard();
            result = self.fetch(&mut part, None).await;
        }
        result.inspect_err(|error| part.discard_if(error))?;
        let (raw, path) = (self.raw, self.path);
        let complete = move || {
            let content = part.complete(raw).inspect_err(|error| part.discard_if(error));
            content.map(|Content { bytes, is_header_only }| SavedFile {
                path,
                bytes,
                continued_from,
                is_header_only,
            })
        };
        tokio::task::spawn_blocking(complete).await.map_err(damaged)?
    }

    /// Downloads the stored bytes to the part file.
    async fn fetch(&self, part: &mut Part, resumption: Option<Resumption>) -> Result<(), Error> {
        let is_new = resumption.is_none();
        let mut source = Source::open(self.client.clone(), self.execution.clone(), resumption).await?;
        let mut file = part.open(is_new, source.etag.as_ref())?;
        while let Some(bytes) = source.next().await? {
            file.write_all(&bytes).map_err(|error| part.failed(error))?;
            if let Some(on_progress) = &self.on_progress {
                on_progress(&DownloadProgress { received: source.position, stored_size: source.length });
            }
        }
        Ok(())
    }
}

impl IntoFuture for Save {
    type Output = Result<SavedFile, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
