//! Interprets the outcome of one attempt: a decoded response, or an error with full context.

mod success;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::io;

use bytes::Bytes;
use progenitor_client::{Error as Unread, ResponseValue};
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{StatusCode, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::auth::AccessToken;
use crate::body::failure::{self, Failure};
use crate::body::{self, charset, markup};
use crate::envelope::{Envelope, Plain};
use crate::error::{Error, ErrorKind};
use crate::hooks::AttemptRecord;
use crate::pages::signs::Pages;
use crate::proxy::ProxyFailure;
use crate::spec::Operation;
use crate::text::one_line;
use crate::transport::{causes, is_invalid_data, out_of_files, read_body, root_cause};
use crate::warning::Warning;

/// Help for a 403 that a gateway or proxy wrote.
const GATEWAY_HELP: &str = "a gateway or proxy seems to have written this response, not the service: check the proxy settings and the base URL; if neither is in between, give the user the role Executive report viewer";

/// An element of an envelope.
pub(crate) trait Item: DeserializeOwned + PartialEq {}

impl<T: DeserializeOwned + PartialEq> Item for T {}

/// Maximum number of bytes read from an error body.
const ERROR_BODY_BYTES: usize = 64 << 10;

/// A successful response.
pub(crate) struct Response<T> {
    pub status: u16,
    /// The URL of a request for a list, for relative links.
    url: Option<Box<Url>>,
    /// The elements of the envelope that could be read.
    pub items: Vec<T>,
    /// The number of elements without a usable id.
    unreadable: usize,
    /// What the response to a request for a list reports about other pages. `None` if it has no list and does not
    /// report an empty one.
    pages: Option<Box<Pages>>,
    pub is_mfa_compliant: Option<bool>,
    pub warnings: Vec<Warning>,
}

/// A list, and the number of its elements that could not be read.
#[derive(Debug)]
pub(crate) struct List<T> {
    pub items: Vec<T>,
    /// Elements without a usable id. The client has warned of them.
    pub unreadable: usize,
}

impl<T> List<T> {
    /// Returns the number of elements, with those that could not be read.
    pub fn received(&self) -> usize {
        self.items.len() + self.unreadable
    }
}

/// A page of a list, with its URL and what it reports about other pages.
pub(crate) struct Page<T> {
    pub url: Box<Url>,
    pub pages: Box<Pages>,
    pub list: List<T>,
}

impl<T> Response<T> {
    /// Returns the page of a list.
    pub fn into_page(self, operation: &'static Operation) -> Result<Page<T>, Error> {
        let list = List { items: self.items, unreadable: self.unreadable };
        match (self.url, self.pages) {
            (Some(url), Some(pages)) if self.status == 200 => Ok(Page { url, pages, list }),
            _ => {
                let problem = "the response has no list where one was expected";
                Err(invalid(self.status).with_operation(operation).with_message(problem))
            }
        }
    }
}

/// Result of a generated method. Its error has no payload type, because only successes are generated.
pub(crate) type Sent<T> = Result<ResponseValue<Envelope<T>>, Unread<()>>;

/// The attempt whose outcome is interpreted.
pub(crate) struct Attempted<'a> {
    /// Redacted from all text that the service sends back.
    pub token: &'a AccessToken,
    pub max_response_bytes: usize,
    pub record: AttemptRecord,
}

impl Attempted<'_> {
    /// Returns the correlation id of the response, if it has one.
    pub fn correlation_id(&self) -> Option<String> {
        let id = self.record.correlation_id()?;
        Some(self.clean_line(id, 80)).filter(|id| !id.is_empty())
    }

    /// Converts the error of a generated method to an [`Error`], or to a success that the method could not decode.
    pub async fn failure<T: Item>(&mut self, error: Unread<()>) -> Result<Response<T>, Error> {
        match error {
            Unread::UnexpectedResponse(response) if response.status().is_success() => {
                self.other_success(response).await
            }
            Unread::UnexpectedResponse(response) => Err(self.refused(response).await),
            Unread::InvalidResponsePayload(bytes, _) => self.read_leniently(&bytes),
            Unread::CommunicationError(error) | Unread::ResponseBodyError(error) => {
                Err(self.transport(error).await)
            }
            // The other errors concern invalid requests and failing hooks, and should not occur.
            other => {
                Err(Error::new(ErrorKind::Configuration).with_message(one_line(&other.to_string(), 300)))
            }
        }
    }

    /// Creates the error of a response with an error status, or of a redirect.
    async fn refused(&self, mut response: reqwest::Response) -> Error {
        let status = response.status();
        if status.is_redirection() {
            let target = response.headers().get(LOCATION).and_then(|target| target.to_str().ok());
            let target =
                target.and_then(|target| target.split(['?', '#']).next()).unwrap_or("an unknown URL");
            let message =
                self.clean_line(&format!("redirected to {target}; redirects are not followed"), 300);
            return invalid(status.as_u16()).with_message(message);
        }
        let mut bytes = Bytes::new();
        // The status is known, so a truncated body is used as far as it was received.
        let _ = read_body(&mut response, ERROR_BODY_BYTES, &mut bytes).await;
        let text = self.decode(&bytes);
        // Only a GET has a URL here.
        if status == StatusCode::NOT_FOUND
            && self.record.url.is_some()
            && let Ok(envelope) = serde_json::from_str::<Envelope<Plain>>(&text)
            && self.has_elements(&envelope)
        {
            return contradiction(status.as_u16());
        }
        let error = self.refusal(status.as_u16(), body::detail(&text));
        if error.kind() == ErrorKind::Forbidden && body::is_foreign(&text) {
            return error.with_help(Some(GATEWAY_HELP));
        }
        error
    }

    /// Whether the list has elements, on this page or on others.
    fn has_elements<T>(&self, envelope: &Envelope<T>) -> bool {
        let total = Pages::of(envelope, self.record.paging_headers()).total;
        envelope.value.as_ref().is_some_and(|value| !value.is_empty()) || total.is_some_and(|total| total > 0)
    }

    /// Creates the error of a failure in the members of a 2xx, with the status that they report, if any.
    fn hidden_failure(&self, failure: &Failure, members: Vec<(Cow<'static, str>, Value)>) -> Error {
        let members = members.into_iter().map(|(name, value)| (name.into_owned(), value)).collect();
        let detail = body::detail(&self.redact(&Value::Object(members).to_string()));
        if let Some(status) = failure.status {
            return self.refusal(status, detail);
        }
        // Without a status, only the service code can determine the kind.
        let kind = match ErrorKind::of(403, detail.code.as_deref()) {
            ErrorKind::Forbidden => ErrorKind::InvalidResponse,
            kind => kind,
        };
        let message = detail.message.unwrap_or_else(|| "no message".to_owned());
        Error::new(kind)
            .with_status(Some(self.status()))
            .with_service_code(detail.code)
            .with_message(format!("the response reports a failure: {message}"))
    }

    /// Creates the error of a 2xx that does not decode: a failure, or a response that does not match the spec.
    fn undecodable<T: Item>(&self, text: &str, error: serde_json::Error) -> Error {
        if let Some(damage) = &self.record.damage {
            let (kind, problem) = match damage.kind() {
                io::ErrorKind::UnexpectedEof => (ErrorKind::Connect, "was truncated"),
                io::ErrorKind::Unsupported => {
                    (ErrorKind::InvalidResponse, "has a coding that was not requested")
                }
                _ => (ErrorKind::InvalidResponse, "is not in the coding that its header names"),
            };
            let status = self.status();
            let message = format!("the response body (HTTP {status}) {problem}: {damage}");
            return Error::new(kind).with_status(Some(status)).with_message(self.clean_line(&message, 300));
        }
        if self.record.is_too_large {
            return invalid(self.status()).with_message(format!(
                "the service accepted the request, but the response is larger than max_response_bytes ({} bytes)",
                self.max_response_bytes
            ));
        }
        if let Ok(Plain(Value::Object(members))) = serde_json::from_str(text) {
            let members: Vec<_> = members.into_iter().map(|(name, value)| (name.into(), value)).collect();
            if let Some(failure) = failure::in_members(&members) {
                return self.hidden_failure(&failure, members);
            }
        }
        // A page may be wrapped in a JSON string.
        let inner = serde_json::from_str::<String>(text).ok().filter(|inner| markup::is_markup(inner));
        let text = inner.as_deref().unwrap_or(text);
        if markup::is_markup(text) {
            let page = markup::read(text);
            let what =
                if page.is_html { "received a web page instead" } else { "received an XML document instead" };
            let message = page.message.map_or(what.to_owned(), |message| format!("{what}: {message}"));
            return invalid(self.status()).with_message(self.clean_line(&message, 300));
        }
        let is_json =
            text.trim_start().starts_with(['{', '[', '"']) || serde_json::from_str::<Plain>(text).is_ok();
        let instead = match body::detail(text).message.filter(|_| !is_json) {
            Some(message) => Some(format!("received text instead: {message}")),
            None if text.starts_with('\u{1f}') => {
                Some("received compressed data without Content-Encoding".to_owned())
            }
            None => None,
        };
        if let Some(message) = instead {
            return invalid(self.status()).with_message(self.clean_line(&message, 300));
        }
        // Decoded a second time, to get the path of the field.
        let at =
            serde_path_to_error::deserialize::<_, Envelope<T>>(&mut serde_json::Deserializer::from_str(text));
        let at = at.err();
        let path = at.as_ref().map(|at| at.path().to_string()).filter(|path| path != "." && path != "?");
        let problem = at.map_or(error, |at| at.into_inner()).to_string();
        self.cannot_be_decoded(&path.into_iter().chain([problem]).collect::<Vec<_>>().join(": "))
    }

    fn cannot_be_decoded(&self, problem: &str) -> Error {
        let message =
            format!("the service accepted the request, but the response cannot be decoded: {problem}");
        invalid(self.status()).with_message(self.clean_line(&message, 300))
    }

    /// Creates the error of an attempt without a complete response.
    async fn transport(&self, error: reqwest::Error) -> Error {
        let proxy = ProxyFailure::of(&error).await;
        // The URL may contain a filter; the operation is shown instead.
        let host =
            error.url().and_then(|url| Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?)));
        let error = error.without_url();
        let invalid = is_invalid_data(&error);
        let kind = match self.record.status {
            _ if proxy.as_ref().is_some_and(|proxy| proxy.is_permanent()) => ErrorKind::Configuration,
            _ if error.is_timeout() => ErrorKind::Timeout,
            _ if error.is_builder() => ErrorKind::Configuration,
            None if is_not_http(&error) => ErrorKind::InvalidResponse,
            None if invalid => ErrorKind::Tls,
            Some(_) if invalid => ErrorKind::InvalidResponse,
            _ => ErrorKind::Connect,
        };
        let cause = root_cause(&error);
        let status = self.record.status.map(|status| status.as_u16());
        let proxy = proxy.map(|proxy| proxy.to_string());
        let help = out_of_files(&error);
        let message = match (status, host) {
            _ if proxy.is_some() => proxy.unwrap_or_default(),
            (Some(status), _) => format!("the response body (HTTP {status}) was truncated: {cause}"),
            _ if help.is_some() => format!("too few file descriptors: {cause}"),
            (None, Some(host)) => format!("{host}: {cause}"),
            (None, None) => cause,
        };
        let message = self.clean_line(&message, 300);
        Error::new(kind).with_status(status).with_message(message).with_help(help).with_source(error)
    }

    fn status(&self) -> u16 {
        self.record.status.map_or(200, |status| status.as_u16())
    }

    /// Decodes a body, and redacts the token. Truncating the text first could leave a part of the token.
    fn decode(&self, bytes: &[u8]) -> String {
        let text = charset::decode(bytes, self.record.headers.get(CONTENT_TYPE));
        self.redact(&text).into_owned()
    }

    pub fn clean_line(&self, text: &str, limit: usize) -> String {
        one_line(&self.redact(text), limit)
    }

    fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let token = self.token.expose();
        if token.is_empty() || !text.contains(token) {
            text.into()
        } else {
            text.replace(token, "[token]").into()
        }
    }
}

/// Whether the error is a 404 with this message, which means that a list is empty.
pub(crate) fn means_empty(error: &Error, message: &str) -> bool {
    error.status() == Some(404) && error.message().is_some_and(|m| m.to_ascii_lowercase().contains(message))
}

/// Creates the error of a "not found" whose list has elements.
fn contradiction(status: u16) -> Error {
    invalid(status).with_message("contradictory response: not found, but the list has elements")
}

fn invalid(status: u16) -> Error {
    Error::new(ErrorKind::InvalidResponse).with_status(Some(status))
}

/// Whether the server sent something that is not HTTP.
fn is_not_http(error: &(dyn StdError + 'static)) -> bool {
    causes(error).filter_map(|cause| cause.downcast_ref::<hyper::Error>()).any(hyper::Error::is_parse)
}

/// Reads the body of a 200, as a call does.
#[cfg(any(fuzzing, test))]
pub(crate) fn read_bytes<T: Item>(bytes: &[u8]) -> Result<Response<T>, Error> {
    let token = AccessToken::new("none");
    let mut attempted =
        Attempted { token: &token, max_response_bytes: usize::MAX, record: AttemptRecord::default() };
    match serde_json::from_slice(bytes) {
        Ok(envelope) => attempted.open(envelope, Vec::new(), &[]),
        Err(_) => attempted.read_leniently(bytes),
    }
}
