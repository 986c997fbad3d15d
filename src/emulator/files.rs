//! A file store that behaves like Azure Storage: signed links, ranges, ETags, errors in XML. Contents are generated
//! while they are sent, so that a file may have any size.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use axum::body::{Body, Bytes};
use axum::http::header::{
    ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, IF_MATCH,
    RANGE,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::{Compress, Compression, Crc, FlushCompress};
use futures_util::stream;

use crate::report::Timestamp;

/// The column names of every file.
const HEADER: &str = "Month,CustomerName,Quantity\r\n";
/// Rows are generated in blocks of this many; a file has at least one block.
const ROWS: u64 = 1000;
/// The header of a gzip file: no name, no time, an unknown system.
const GZIP_HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// Larger files have no checksum, because it would have to be computed first.
const MAX_MD5: u64 = 4 << 20;

/// How the emulator's store serves the files of executions.
///
/// ```
/// use partner_center_insights::emulator::{Emulator, FileFault, Files};
///
/// let files = Files::new().size(10 << 20).fault(FileFault::CutAfter(1 << 20));
/// let builder = Emulator::builder().files(files);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Files {
    size: u64,
    gzip: bool,
    validity: Duration,
    fault: Option<FileFault>,
}

/// A failure that the store simulates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileFault {
    /// The first response is cut off after this many bytes.
    CutAfter(u64),
    /// The first request with a valid link is refused, as if the link had expired.
    Expired,
    /// The first response is cut off after this many bytes, and then the file changes.
    ChangedAfter(u64),
    /// Range requests return the whole file.
    IgnoredRange,
    /// The file is declared as compressed, but is not.
    NotGzip,
    /// The checksum in the response does not match the file.
    WrongMd5,
    /// The file has column names only.
    HeaderOnly,
    /// The file was deleted.
    Deleted,
}

impl Files {
    /// Creates settings for compressed files of a thousand rows, with links that are valid for seven days.
    pub fn new() -> Self {
        Self { size: 0, gzip: true, validity: Duration::from_secs(7 * 24 * 60 * 60), fault: None }
    }

    /// Sets the size of a file in bytes before compression, rounded down to whole blocks of a thousand rows.
    pub fn size(mut self, bytes: u64) -> Self {
        self.size = bytes;
        self
    }

    /// Serves the files without compression.
    pub fn plain(mut self) -> Self {
        self.gzip = false;
        self
    }

    /// Sets how long a link is valid after the execution is listed.
    pub fn validity(mut self, time: Duration) -> Self {
        self.validity = time;
        self
    }

    /// Sets the failure to simulate.
    pub fn fault(mut self, fault: FileFault) -> Self {
        self.fault = Some(fault);
        self
    }
}

impl Default for Files {
    fn default() -> Self {
        Self::new()
    }
}

/// The store of one emulator.
pub(super) struct Store {
    settings: Files,
    secret: u64,
    /// The number of requests with a valid link so far.
    served: Mutex<u64>,
    content: Content,
}

/// A stored file: a start, a repeated block, and an end.
#[derive(Clone)]
struct Content {
    start: Bytes,
    block: Bytes,
    blocks: u64,
    end: Bytes,
}

impl Store {
    pub fn new(settings: Files, secret: u64) -> Self {
        let rows: String =
            (1..=ROWS).map(|row| format!("2026-10-01,Customer {row},{}\r\n", row % 97)).collect();
        let blocks = match settings.fault {
            Some(FileFault::HeaderOnly) => 0,
            _ => (settings.size / rows.len() as u64).max(1),
        };
        let is_gzip = settings.gzip && settings.fault != Some(FileFault::NotGzip);
        let content = if is_gzip { Content::gzip(&rows, blocks) } else { Content::plain(&rows, blocks) };
        Self { settings, secret, served: Mutex::new(0), content }
    }

    /// Signs a link to the file of an execution.
    pub fn link(&self, origin: &str, name: &str, now: SystemTime) -> String {
        let end = Timestamp::from(now.checked_add(self.settings.validity).unwrap_or(now));
        let signature = self.signature(name, end.as_str());
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("sv", "2018-03-28"),
                ("sr", "b"),
                ("sig", &signature),
                ("se", end.as_str()),
                ("sp", "r"),
            ])
            .finish();
        format!("{origin}/files/{name}?{query}")
    }

    fn signature(&self, name: &str, end: &str) -> String {
        BASE64_STANDARD.encode(md5::compute(format!("{}\n{name}\n{end}", self.secret)).0)
    }

    /// Responds to a request for a file.
    pub fn serve(&self, name: &str, query: &str, headers: &HeaderMap, now: SystemTime) -> Response {
        let parameter = |wanted| url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == wanted);
        let value = |wanted| parameter(wanted).map(|(_, value)| value.into_owned()).unwrap_or_default();
        let (signature, end) = (value("sig"), value("se"));
        let is_valid = Timestamp::from(&*end).to_system_time().is_some_and(|end| now < end);
        if signature != self.signature(name, &end) || !is_valid {
            return refused(
                StatusCode::FORBIDDEN,
                "AuthenticationFailed",
                "Server failed to authenticate the request.",
            );
        }
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = *served == 0;
        *served += 1;
        match self.settings.fault {
            Some(FileFault::Expired) if is_first => refused(
                StatusCode::FORBIDDEN,
                "AuthenticationFailed",
                "Signature not valid in the specified time frame.",
            ),
            Some(FileFault::Deleted) => {
                refused(StatusCode::NOT_FOUND, "BlobNotFound", "The specified blob does not exist.")
            }
            fault => self.respond(fault, is_first, headers),
        }
    }

    fn respond(&self, fault: Option<FileFault>, is_first: bool, headers: &HeaderMap) -> Response {
        let length = self.content.length();
        let has_changed = matches!(fault, Some(FileFault::ChangedAfter(_))) && !is_first;
        let etag = if has_changed { "\"0x8DE000000000002\"" } else { "\"0x8DE000000000001\"" };
        if headers.get(IF_MATCH).is_some_and(|wanted| wanted != etag && wanted != "*") {
            return refused(StatusCode::PRECONDITION_FAILED, "ConditionNotMet", "The condition was not met.");
        }
        let range = headers.get(RANGE).filter(|_| fault != Some(FileFault::IgnoredRange));
        let start = range
            .and_then(|range| range.to_str().ok()?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
        if start.is_some_and(|start| start >= length) {
            let range = [(CONTENT_RANGE, format!("bytes */{length}"))];
            let response =
                refused(StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange", "The range is invalid.");
            return (range, response).into_response();
        }
        let cut = match fault {
            Some(FileFault::CutAfter(bytes) | FileFault::ChangedAfter(bytes)) if is_first => bytes,
            _ => u64::MAX,
        };
        let first: u64 = start.unwrap_or_default();
        let mut response = Response::new(self.content.body(first, cut));
        let fields = response.headers_mut();
        fields.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv"));
        fields.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        fields.insert(ETAG, HeaderValue::from_static(etag));
        fields.insert(CONTENT_LENGTH, (length - first).into());
        if self.settings.gzip {
            fields.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        if let Some(md5) = self.content.md5(fault == Some(FileFault::WrongMd5)) {
            fields.insert("x-ms-blob-content-md5", md5);
        }
        if start.is_some() {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let range = format!("bytes {first}-{}/{length}", length - 1);
            response
                .headers_mut()
                .extend(HeaderValue::from_str(&range).ok().map(|range| (CONTENT_RANGE, range)));
        }
        response
    }
}

impl Content {
    fn plain(rows: &str, blocks: u64) -> Self {
        let (start, block) = (HEADER.as_bytes().into(), Bytes::copy_from_slice(rows.as_bytes()));
        Self { start, block, blocks, end: Bytes::new() }
    }

    /// Creates one gzip member (RFC 1952), whose blocks are independent of each other.
    fn gzip(rows: &str, blocks: u64) -> Self {
        let (mut checksum, mut of_block) = (Crc::new(), Crc::new());
        checksum.update(HEADER.as_bytes());
        of_block.update(rows.as_bytes());
        (0..blocks).for_each(|_| checksum.combine(&of_block));
        let start = [&GZIP_HEAD, &*deflate(HEADER, FlushCompress::Full)].concat();
        let end = deflate("", FlushCompress::Finish);
        let end = [&*end, &checksum.sum().to_le_bytes(), &checksum.amount().to_le_bytes()].concat();
        let block = deflate(rows, FlushCompress::Full);
        Self { start: start.into(), block: block.into(), blocks, end: end.into() }
    }

    fn length(&self) -> u64 {
        (self.start.len() + self.end.len()) as u64 + self.blocks * self.block.len() as u64
    }

    /// Returns the bytes from a position to the end of the block that it is in.
    fn at(&self, position: u64) -> Bytes {
        let start = self.start.len() as u64;
        let offset = |position: u64| usize::try_from(position).unwrap_or_default();
        let body = self.blocks * self.block.len() as u64;
        match position.checked_sub(start) {
            None => self.start.slice(offset(position)..),
            Some(position) if position < body => {
                self.block.slice(offset(position % self.block.len() as u64)..)
            }
            Some(position) => self.end.slice(offset(position - body).min(self.end.len())..),
        }
    }

    /// Sends the bytes from a position, and fails after `cut` bytes.
    fn body(&self, position: u64, cut: u64) -> Body {
        let end = position.saturating_add(cut);
        let unfold = stream::try_unfold((self.clone(), position), move |(content, position)| async move {
            if position >= end {
                // The server flushes what it has while the body is pending.
                tokio::task::yield_now().await;
                return Err(std::io::Error::from(std::io::ErrorKind::ConnectionAborted));
            }
            let mut part = content.at(position);
            part.truncate(usize::try_from(end - position).unwrap_or(usize::MAX));
            let next = position + part.len() as u64;
            Ok((!part.is_empty()).then_some((part, (content, next))))
        });
        Body::from_stream(unfold)
    }

    fn md5(&self, is_wrong: bool) -> Option<HeaderValue> {
        if self.length() > MAX_MD5 {
            return None;
        }
        let mut md5 = md5::Context::new();
        md5.consume(&self.start);
        (0..self.blocks).for_each(|_| md5.consume(&self.block));
        md5.consume(&self.end);
        if is_wrong {
            md5.consume(b"something else");
        }
        HeaderValue::from_str(&BASE64_STANDARD.encode(md5.finalize().0)).ok()
    }
}

/// Returns an error of the store.
fn refused(status: StatusCode, code: &'static str, message: &str) -> Response {
    let body = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    let headers = [(CONTENT_TYPE, HeaderValue::from_static("application/xml"))];
    (status, headers, [("x-ms-error-code", code)], body).into_response()
}

/// Compresses a text to deflate blocks.
fn deflate(text: &str, flush: FlushCompress) -> Vec<u8> {
    // Enough for any text, even one that does not compress.
    let mut blocks = Vec::with_capacity(text.len() + 64);
    // Cannot fail while the capacity suffices.
    let _ = Compress::new(Compression::default(), false).compress_vec(text.as_bytes(), &mut blocks, flush);
    blocks
}
