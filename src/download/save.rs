//! Saves a file under its name only when it is complete.

use std::future::IntoFuture;
use std::io::Write;
use std::path::PathBuf;
use std::pin::Pin;

use super::part::{Content, Part};
use super::source::{Resumption, Source, damaged};
use crate::client::InsightsClient;
use crate::error::{Error, ErrorKind};
use crate::report::Execution;

/// A download to a file, created by [`Download::save`](super::Download::save) and begun when it is awaited.
#[must_use = "nothing is sent until it is awaited"]
pub struct Save {
    client: InsightsClient,
    execution: Execution,
    raw: bool,
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
    /// Its size in bytes, decompressed unless it was kept [`raw`](super::Download::raw).
    pub bytes: u64,
    /// How many bytes of the stored file an earlier download had left.
    pub continued_from: u64,
    /// Whether it has no line after the first one: a report without data has only its column names. `false` if it was kept
    /// raw.
    pub is_header_only: bool,
}

impl Save {
    pub(super) fn new(client: InsightsClient, execution: Execution, raw: bool, path: PathBuf) -> Self {
        Self { client, execution, raw, path, on_progress: None }
    }

    /// Calls a function whenever a part has come.
    pub fn on_progress(mut self, on_progress: impl Fn(&DownloadProgress) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Box::new(on_progress));
        self
    }

    async fn send(self) -> Result<SavedFile, Error> {
        let mut part = Part::lock(&self.path, &self.execution.execution_id)?;
        let resumption = part.resumption();
        let mut continued_from = resumption.as_ref().map_or(0, |resumption| resumption.position);
        let mut result = self.fetch(&mut part, resumption).await;
        // It changed, or cannot be continued: once more from the start.
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

    /// Receives the stored bytes into the part file.
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
