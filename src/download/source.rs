//! Reads the stored bytes of a file, in order and completely, over several connections if necessary.

use std::fmt::{self, Write};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::StatusCode;
use http::header::{
    CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MATCH, RANGE,
};
use reqwest::Url;
use tokio::time::Instant;

use crate::body;
use crate::client::InsightsClient;
use crate::error::{Error, ErrorKind};
use crate::report::{Execution, SecureLink};
use crate::retry::{Wait, WaitReason};
use crate::text::one_line;
use crate::transport::{self, backoff, is_loopback, read_body, retry_after};

/// Maximum number of bytes read from an error body.
const ERROR_BODY_BYTES: usize = 16 << 10;
/// Number of bytes that are hashed at a time.
const BUFFER: usize = 64 << 10;

/// The headers with MD5 checksums: of the body of the response, and of the whole file.
const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");
const BLOB_CONTENT_MD5: HeaderName = HeaderName::from_static("x-ms-blob-content-md5");

/// The state of an earlier download.
pub(super) struct Resumption {
    pub position: u64,
    pub etag: HeaderValue,
    /// The file with the bytes before the position.
    pub bytes: PathBuf,
}

pub(super) struct Source {
    client: InsightsClient,
    http: reqwest::Client,
    execution: Execution,
    link: SecureLink,
    is_renewed: bool,
    response: Option<reqwest::Response>,
    /// The number of bytes that were returned.
    pub position: u64,
    /// The number of bytes at the start of the response that precede the position.
    skip: u64,
    pub length: Option<u64>,
    /// The strong ETag, which is required to continue a download.
    pub etag: Option<HeaderValue>,
    /// The checksum of the bytes before the position, if the store reports the one of the file.
    md5: Option<md5::Context>,
    expected_md5: Option<[u8; 16]>,
    /// The number of consecutive attempts without a received byte, and when the first of them failed.
    failures: u32,
    failing_since: Instant,
}

impl Source {
    pub async fn open(
        client: InsightsClient,
        execution: Execution,
        resumption: Option<Resumption>,
    ) -> Result<Self, Error> {
        let link = link_of(&execution)?;
        let http = client.inner.store.client(&checked(&link)?)?;
        let (position, etag, bytes) = match resumption {
            Some(Resumption { position, etag, bytes }) => (position, Some(etag), Some(bytes)),
            None => (0, None, None),
        };
        let mut source = Self {
            client,
            http,
            execution,
            link,
            is_renewed: false,
            response: None,
            position,
            skip: 0,
            length: None,
            etag,
            md5: None,
            expected_md5: None,
            failures: 0,
            failing_since: Instant::now(),
        };
        source.connect().await?;
        if let Some(bytes) = bytes.filter(|_| source.expected_md5.is_some()) {
            let md5 = tokio::task::spawn_blocking(move || md5_of(&bytes));
            source.md5 = Some(md5.await.map_err(damaged)?.map_err(damaged)?);
        }
        Ok(source)
    }

    /// Returns the next bytes, or `None` at the end of a complete file.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            let Some(response) = &mut self.response else {
                if self.length == Some(self.position) {
                    return self.finish().map(|()| None);
                }
                self.connect().await?;
                continue;
            };
            match response.chunk().await {
                Ok(Some(mut bytes)) => {
                    self.failures = 0;
                    let skipped = self.skip.min(bytes.len() as u64);
                    self.skip -= skipped;
                    let _ = bytes.split_to(usize::try_from(skipped).unwrap_or(bytes.len()));
                    self.position += bytes.len() as u64;
                    if let Some(md5) = &mut self.md5 {
                        md5.consume(&bytes);
                    }
                    if self.length.is_some_and(|length| self.position > length) {
                        return Err(damaged("the file is longer than the store announced"));
                    }
                    if !bytes.is_empty() {
                        return Ok(Some(bytes));
                    }
                }
                Ok(None) if self.length.is_none_or(|length| self.position == length) => {
                    self.response = None;
                    return self.finish().map(|()| None);
                }
                Ok(None) => {
                    self.lost(Error::new(ErrorKind::Connect).with_message("the file was cut off")).await?;
                }
                Err(error) => self.lost(transport_error(error)).await?,
            }
        }
    }

    /// Verifies the checksum, if there is one.
    fn finish(&self) -> Result<(), Error> {
        match self.expected_md5.zip(self.md5.as_ref()) {
            Some((expected, md5)) if expected != md5.clone().finalize().0 => {
                Err(damaged("the file does not match its MD5 checksum"))
            }
            _ => Ok(()),
        }
    }

    /// Waits before the next attempt, at least as long as the store requests. Returns the error after the last attempt,
    /// or if the wait would take too long.
    async fn lost(&mut self, error: Error) -> Result<(), Error> {
        self.response = None;
        if self.failures == 0 {
            self.failing_since = Instant::now();
        }
        self.failures += 1;
        let policy = &self.client.inner.retry;
        if self.failures >= policy.max_attempts || !error.is_retryable() {
            return Err(error.with_attempts(self.failures));
        }
        if self.position > 0 && self.etag.is_none() {
            return Err(damaged(format!("the download was interrupted and cannot be continued: {error}")));
        }
        let backoff = backoff(policy.initial_backoff, policy.max_backoff, self.failures, fastrand::f64());
        let duration = backoff.max(error.retry_after().unwrap_or_default());
        if self.failing_since.elapsed().saturating_add(duration) > policy.max_elapsed {
            return Err(error.with_attempts(self.failures));
        }
        tracing::debug!(position = self.position, error = %error, ?duration, "download interrupted");
        self.client.inner.announce(&Wait { duration, reason: WaitReason::Retry(&error) });
        tokio::time::sleep(duration).await;
        Ok(())
    }

    /// Requests the file, starting at the position.
    async fn connect(&mut self) -> Result<(), Error> {
        loop {
            let mut request = self.http.get(checked(&self.link)?);
            if self.position > 0 {
                request = request.header(RANGE, format!("bytes={}-", self.position));
                if let Some(etag) = &self.etag {
                    request = request.header(IF_MATCH, etag);
                }
            }
            let response = match request.send().await {
                Ok(response) => response,
                Err(error) => {
                    self.lost(transport_error(error)).await?;
                    continue;
                }
            };
            let status = response.status();
            match status {
                StatusCode::OK | StatusCode::PARTIAL_CONTENT => return self.accept(response),
                StatusCode::PRECONDITION_FAILED => return Err(changed()),
                StatusCode::RANGE_NOT_SATISFIABLE => {
                    // Either the earlier download was complete, or the file is shorter now.
                    self.length = range_total(response.headers());
                    return if self.length == Some(self.position) { Ok(()) } else { Err(changed()) };
                }
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if !self.is_renewed => self.renew().await?,
                _ => {
                    let error = refused(response).await;
                    self.lost(error).await?;
                }
            }
        }
    }

    fn accept(&mut self, response: reqwest::Response) -> Result<(), Error> {
        let headers = response.headers();
        let etag = headers.get(ETAG).filter(|etag| !etag.as_bytes().starts_with(b"W/"));
        if self.position > 0 && self.etag.is_some() && etag != self.etag.as_ref() {
            return Err(changed());
        }
        let is_part = response.status() == StatusCode::PARTIAL_CONTENT;
        let (length, md5) = if is_part {
            if range_start(headers) != Some(self.position) {
                return Err(damaged("the store sent a different range of the file than was requested"));
            }
            (range_total(headers), headers.get(BLOB_CONTENT_MD5))
        } else {
            self.skip = self.position;
            let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
            (length, headers.get(CONTENT_MD5).or(headers.get(BLOB_CONTENT_MD5)))
        };
        self.length = length.or(self.length);
        let md5 = md5.and_then(|md5| BASE64_STANDARD.decode(md5).ok()?.try_into().ok());
        self.expected_md5 = md5.or(self.expected_md5);
        if self.position == 0 {
            self.md5 = self.expected_md5.map(|_| md5::Context::new());
        }
        self.etag = etag.cloned();
        self.response = Some(response);
        Ok(())
    }

    /// Reads the execution again for a new link.
    async fn renew(&mut self) -> Result<(), Error> {
        self.is_renewed = true;
        let Some(report) = self.execution.report_id else { return Ok(()) };
        let executions = self.client.executions(report).execution_id(&self.execution.execution_id).await?;
        // A service that ignores the parameter returns every execution.
        let renewed = executions.iter().find(|e| e.execution_id == self.execution.execution_id);
        match renewed {
            Some(execution) => self.link = link_of(execution)?,
            None => return Err(no_file("the service no longer lists the execution")),
        }
        Ok(())
    }
}

fn link_of(execution: &Execution) -> Result<SecureLink, Error> {
    let link = execution.report_access_secure_link.clone();
    link.ok_or_else(|| no_file("the execution has no link to a file; only completed executions have one"))
}

/// Parses the URL of a link. Fails unless it is safe to use.
fn checked(link: &SecureLink) -> Result<Url, Error> {
    // The link is a secret, so the message does not repeat it.
    let invalid = |problem| Error::new(ErrorKind::LinkRefused).with_message(problem);
    let url = Url::parse(link.expose()).map_err(|_| invalid("the link is not a URL"))?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        _ => Err(invalid("the link does not use https")),
    }
}

/// Converts an error response of the store. Azure sends XML with a code, and repeats the code in a header.
async fn refused(mut response: reqwest::Response) -> Error {
    let status = response.status();
    let kind = match status.as_u16() {
        401 | 403 => ErrorKind::LinkRefused,
        404 | 410 => ErrorKind::FileNotFound,
        300..=399 => {
            let message = "the store redirected; redirects are not followed";
            return Error::new(ErrorKind::LinkRefused)
                .with_status(Some(status.as_u16()))
                .with_message(message);
        }
        status => ErrorKind::of(status, None),
    };
    let code =
        response.headers().get("x-ms-error-code").and_then(|code| code.to_str().ok()).map(str::to_owned);
    let wait = retry_after(response.headers());
    let mut bytes = Bytes::new();
    let _ = read_body(&mut response, ERROR_BODY_BYTES, &mut bytes).await;
    let body::Detail { message, code: body_code, .. } = body::detail(&String::from_utf8_lossy(&bytes));
    let mut text = code.or(body_code).unwrap_or_default();
    if let Some(message) = message {
        let separator = if text.is_empty() { "" } else { ": " };
        let _ = write!(text, "{separator}{message}");
    }
    // Azure repeats parts of the link in some messages.
    let text = text.split("sig=").next().unwrap_or_default();
    Error::new(kind)
        .with_status(Some(status.as_u16()))
        .with_message(one_line(text, 300))
        .with_retry_after(wait)
}

fn transport_error(error: reqwest::Error) -> Error {
    let error = error.without_url();
    let kind = if error.is_timeout() { ErrorKind::Timeout } else { ErrorKind::Connect };
    Error::new(kind).with_message(one_line(&transport::root_cause(&error), 300)).with_source(error)
}

fn changed() -> Error {
    damaged("the file changed since the download began")
}

fn no_file(message: &str) -> Error {
    Error::new(ErrorKind::FileNotFound).with_message(message)
}

/// Hashes the bytes of an earlier download.
fn md5_of(path: &Path) -> io::Result<md5::Context> {
    let (mut file, mut md5, mut buffer) = (File::open(path)?, md5::Context::new(), vec![0; BUFFER]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(md5),
            read => md5.consume(&buffer[..read]),
        }
    }
}

/// Parses the first position in `Content-Range`, such as 100 in `bytes 100-199/200`.
fn range_start(headers: &HeaderMap) -> Option<u64> {
    let range = headers.get(CONTENT_RANGE)?.to_str().ok()?.strip_prefix("bytes ")?;
    range.split_once('-')?.0.trim().parse().ok()
}

/// Parses the length of the whole file in `Content-Range`.
fn range_total(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_RANGE)?.to_str().ok()?.rsplit_once('/')?.1.trim().parse().ok()
}

pub(super) fn damaged(error: impl fmt::Display) -> Error {
    Error::new(ErrorKind::FileDamaged).with_message(error.to_string())
}
