//! A file store that behaves like Azure Storage: signed links, ranges, ETags, errors in XML.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use axum::http::header::{
    ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, IF_MATCH,
    RANGE,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::catalog::Catalog;
use super::content::Content;
use super::range::{self, Unsatisfiable};
use super::table::Table;
use crate::report::Timestamp;

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
    /// Creates settings for compressed files of a thousand rows, with links that are valid for seven days. A file has
    /// fewer rows if the `LIMIT` of its query is lower.
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
    /// The file of each query, by its text and whether it is TSV.
    contents: Mutex<HashMap<(String, bool), Content>>,
}

impl Store {
    pub fn new(settings: Files, secret: u64) -> Self {
        Self { settings, secret, served: Mutex::new(0), contents: Mutex::default() }
    }

    /// Returns the file of a query.
    pub fn content(&self, query: &str, is_tsv: bool, catalog: &Catalog) -> Content {
        let create = || {
            let table = Table::new(query, is_tsv, catalog);
            let is_gzip = self.settings.gzip && self.settings.fault != Some(FileFault::NotGzip);
            match self.settings.fault {
                Some(FileFault::HeaderOnly) => Content::header_only(&table, is_gzip),
                _ => Content::new(&table, self.settings.size, is_gzip),
            }
        };
        let mut contents = self.contents.lock().unwrap_or_else(PoisonError::into_inner);
        contents.entry((query.to_owned(), is_tsv)).or_insert_with(create).clone()
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

    /// Responds to a request for a file, whose content is generated if the link is valid. Without content, the file was
    /// deleted.
    pub fn serve(
        &self,
        name: &str,
        query: &str,
        headers: &HeaderMap,
        now: SystemTime,
        content: impl FnOnce() -> Option<Content>,
    ) -> Response {
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
            Some(FileFault::Deleted) => not_found(),
            fault => {
                let Some(content) = content() else { return not_found() };
                let mut response = self.respond(fault, is_first, headers, &content);
                let kind = if is_tsv(name) { "text/tab-separated-values" } else { "text/csv" };
                response.headers_mut().entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(kind));
                response
            }
        }
    }

    fn respond(
        &self,
        fault: Option<FileFault>,
        is_first: bool,
        headers: &HeaderMap,
        content: &Content,
    ) -> Response {
        let length = content.length();
        let has_changed = matches!(fault, Some(FileFault::ChangedAfter(_))) && !is_first;
        let etag = if has_changed { "\"0x8DE000000000002\"" } else { "\"0x8DE000000000001\"" };
        if headers.get(IF_MATCH).is_some_and(|wanted| wanted != etag && wanted != "*") {
            return refused(StatusCode::PRECONDITION_FAILED, "ConditionNotMet", "The condition was not met.");
        }
        let range = headers.get(RANGE).filter(|_| fault != Some(FileFault::IgnoredRange));
        let requested = match range.and_then(|range| range::requested(range, length)) {
            Some(Ok(part)) => Some(part),
            Some(Err(Unsatisfiable)) => {
                let range = [(CONTENT_RANGE, format!("bytes */{length}"))];
                let response =
                    refused(StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange", "The range is invalid.");
                return (range, response).into_response();
            }
            None => None,
        };
        let cut = match fault {
            Some(FileFault::CutAfter(bytes) | FileFault::ChangedAfter(bytes)) if is_first => bytes,
            _ => u64::MAX,
        };
        let part = requested.clone().unwrap_or(0..length);
        let mut response = Response::new(content.body(part.clone(), cut));
        let fields = response.headers_mut();
        fields.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        fields.insert(ETAG, HeaderValue::from_static(etag));
        fields.insert(CONTENT_LENGTH, (part.end - part.start).into());
        if self.settings.gzip {
            fields.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        if let Some(md5) = content.md5(fault == Some(FileFault::WrongMd5)) {
            fields.insert("x-ms-blob-content-md5", md5);
        }
        if requested.is_some() {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let range = format!("bytes {}-{}/{length}", part.start, part.end - 1);
            response
                .headers_mut()
                .extend(HeaderValue::from_str(&range).ok().map(|range| (CONTENT_RANGE, range)));
        }
        response
    }
}

/// Whether a file is in TSV: its name ends with the format of the execution.
#[allow(clippy::case_sensitive_file_extension_comparisons, reason = "formats are in lower case")]
pub(super) fn is_tsv(name: &str) -> bool {
    name.ends_with(".tsv")
}

fn not_found() -> Response {
    refused(StatusCode::NOT_FOUND, "BlobNotFound", "The specified blob does not exist.")
}

/// Returns an error of the store.
fn refused(status: StatusCode, code: &'static str, message: &str) -> Response {
    let body = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    let headers = [(CONTENT_TYPE, HeaderValue::from_static("application/xml"))];
    (status, headers, [("x-ms-error-code", code)], body).into_response()
}
