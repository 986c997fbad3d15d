//! Interprets the outcome of one attempt: a decoded response, or an error with full context.

use std::error::Error as StdError;
use std::io;

use progenitor_client::{Error as Unread, ResponseValue};
use reqwest::header::LOCATION;
use serde::de::DeserializeOwned;

use crate::auth::AccessToken;
use crate::body::{self, Detail};
use crate::error::{Error, ErrorKind};
use crate::generated::types;
use crate::hooks::AttemptRecord;
use crate::proxy::ProxyFailure;
use crate::spec::Operation;
use crate::text::one_line;
use crate::transport::{causes, is_invalid_data, out_of_files, read_body, root_cause};

/// Maximum number of bytes read from an error body.
const ERROR_BODY_BYTES: usize = 64 << 10;

/// A successful response.
pub(crate) struct Response<T> {
    pub status: u16,
    /// The elements of the envelope.
    pub items: Vec<T>,
    /// The service accepted the request without an envelope.
    pub is_bare: bool,
    /// The envelope links to a further page.
    pub has_next_page: bool,
    pub is_mfa_compliant: Option<bool>,
}

impl<T> Response<T> {
    /// Returns the elements of a complete list.
    pub fn into_list(self, operation: &'static Operation) -> Result<Vec<T>, Error> {
        let problem = if self.is_bare {
            "the response is empty where a list was expected"
        } else if self.has_next_page {
            "the response is paginated (nextLink), which is not supported; refusing to return a partial list"
        } else {
            return Ok(self.items);
        };
        Err(invalid(self.status).with_operation(operation).with_message(problem))
    }
}

/// The fields of an envelope that matter here, whatever its elements are.
pub(crate) struct Fields<T> {
    value: Option<Vec<T>>,
    status_code: Option<i32>,
    message: Option<String>,
    next_link: Option<String>,
}

/// The response envelope of the service.
pub(crate) trait Envelope: DeserializeOwned {
    type Item: DeserializeOwned;
    fn into_fields(self) -> Fields<Self::Item>;
}

macro_rules! envelope {
    ($envelope:ident with $item:ident in $list:ident) => {
        impl Envelope for types::$envelope {
            type Item = types::$item;
            fn into_fields(self) -> Fields<Self::Item> {
                let Self { $list, status_code, message, next_link, .. } = self;
                Fields { value: $list, status_code, message, next_link }
            }
        }
    };
}

envelope!(ReportEnvelope with Report in value);
envelope!(ExecutionEnvelope with Execution in value);

/// Result of a generated method. Its error has no type of its own, because only successes are generated.
pub(crate) type Sent<E> = Result<ResponseValue<E>, Unread<()>>;

/// The attempt whose outcome is interpreted.
pub(crate) struct Attempted<'a> {
    /// Redacted from all text that the service sends back.
    pub token: &'a AccessToken,
    pub max_response_bytes: usize,
    pub record: AttemptRecord,
}

impl Attempted<'_> {
    /// Interprets the result of a generated method.
    pub async fn read<E: Envelope>(&self, sent: Sent<E>) -> Result<Response<E::Item>, Error> {
        let result = match sent {
            Ok(response) => self.open(response.into_inner()),
            // Boxed: a success need not reserve the space.
            Err(error) => Box::pin(self.failure::<E>(error)).await,
        };
        result.map_err(|error| {
            let wait = self.record.limit.retry_after.or(error.retry_after());
            error.with_retry_after(wait)
        })
    }

    /// The id under which the service knows the call, if it sent one.
    pub fn correlation_id(&self) -> Option<String> {
        let id = self.record.correlation_id.as_ref()?.to_str().ok()?;
        Some(self.clean_line(id, 80)).filter(|id| !id.is_empty())
    }

    /// Opens the envelope of a 200.
    fn open<E: Envelope>(&self, envelope: E) -> Result<Response<E::Item>, Error> {
        let Fields { value, status_code, message, next_link } = envelope.into_fields();
        match status_code {
            // Recorded traffic has HTTP 200 with 404 in the envelope.
            Some(status @ 400..) => {
                let status = u16::try_from(status).unwrap_or(599);
                let message = self.clean_line(&message.unwrap_or_default(), 300);
                Err(self.refusal(status, Detail { message: Some(message), ..Detail::default() }))
            }
            None if value.is_none() => Err(invalid(self.status()).with_message(
                "the service accepted the request, but the response is not the documented envelope",
            )),
            _ => Ok(Response {
                status: self.status(),
                items: value.unwrap_or_default(),
                is_bare: false,
                has_next_page: next_link.is_some_and(|link| !link.trim().is_empty()),
                is_mfa_compliant: self.record.is_mfa_compliant,
            }),
        }
    }

    /// Turns the error of a generated method into ours, or into a success without a body.
    async fn failure<E: Envelope>(&self, error: Unread<()>) -> Result<Response<E::Item>, Error> {
        match error {
            Unread::UnexpectedResponse(response) if response.status().is_success() => Ok(Response {
                status: self.status(),
                items: Vec::new(),
                is_bare: true,
                has_next_page: false,
                is_mfa_compliant: None,
            }),
            Unread::UnexpectedResponse(response) => Err(self.refused(response).await),
            Unread::InvalidResponsePayload(bytes, error) => {
                // progenitor does not skip a byte order mark.
                let unmarked = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
                match serde_json::from_slice::<E>(unmarked) {
                    Ok(envelope) => self.open(envelope),
                    Err(_) => Err(self.undecodable::<E>(unmarked, error)),
                }
            }
            Unread::CommunicationError(error) | Unread::ResponseBodyError(error) => {
                Err(self.transport(error).await)
            }
            // The rest cannot come from a request without a body and from hooks that do not fail.
            other => {
                Err(Error::new(ErrorKind::Configuration).with_message(one_line(&other.to_string(), 300)))
            }
        }
    }

    /// A response with an error status, or a redirect.
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
        let mut bytes = Vec::new();
        // The status is known; of a truncated body, what came is used.
        let _ = read_body(&mut response, ERROR_BODY_BYTES, &mut bytes).await;
        self.refusal(status.as_u16(), body::detail(&self.clean_bytes(bytes)))
    }

    /// A 200 that does not decode: a failure in disguise, or a response that does not match the spec.
    fn undecodable<E: Envelope>(&self, bytes: &[u8], error: serde_json::Error) -> Error {
        if let Some(damage) = &self.record.damage {
            let (kind, problem) = match damage.kind() {
                io::ErrorKind::UnexpectedEof => (ErrorKind::Connect, "was truncated"),
                _ => (ErrorKind::InvalidResponse, "is not in the coding that its header names"),
            };
            let status = self.status();
            let message = format!("the response body (HTTP {status}) {problem}: {damage}");
            return Error::new(kind).with_status(Some(status)).with_message(self.clean_line(&message, 300));
        }
        let bytes = &*self.clean_bytes(bytes.to_vec());
        let detail = body::detail(bytes);
        if let Some(status @ 400..) = detail.status {
            return self.refusal(status, detail);
        }
        if self.record.is_too_large {
            return invalid(self.status()).with_message(format!(
                "the service accepted the request, but the response is larger than max_response_bytes ({} bytes)",
                self.max_response_bytes
            ));
        }
        // Decoded again, on this path only, for the path of the field.
        let at =
            serde_path_to_error::deserialize::<_, E>(&mut serde_json::Deserializer::from_slice(bytes)).err();
        let path = at.as_ref().map(|at| at.path().to_string()).filter(|path| path != "." && path != "?");
        let problem = at.map_or(error, |at| at.into_inner()).to_string();
        let problem = path.into_iter().chain([problem]).collect::<Vec<_>>().join(": ");
        let message =
            format!("the service accepted the request, but the response cannot be decoded: {problem}");
        invalid(self.status()).with_message(self.clean_line(&message, 300))
    }

    /// An attempt without a response, or with half of one.
    async fn transport(&self, error: reqwest::Error) -> Error {
        let proxy = ProxyFailure::of(&error).await;
        // The URL may hold a filter; the operation says enough.
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

    /// Redacts the token, before the text is cut: a part of the token would be left.
    pub fn clean_line(&self, text: &str, limit: usize) -> String {
        one_line(&text.replace(self.token.expose(), "[token]"), limit)
    }

    fn clean_bytes(&self, bytes: Vec<u8>) -> Vec<u8> {
        let token = self.token.expose();
        if !bytes.windows(token.len().max(1)).any(|window| window == token.as_bytes()) {
            return bytes;
        }
        String::from_utf8_lossy(&bytes).replace(token, "[token]").into_bytes()
    }
}

/// Whether a 404 with this message says that a list is empty.
pub(crate) fn means_empty(error: &Error, message: &str) -> bool {
    error.status() == Some(404) && error.message().is_some_and(|m| m.to_ascii_lowercase().contains(message))
}

fn invalid(status: u16) -> Error {
    Error::new(ErrorKind::InvalidResponse).with_status(Some(status))
}

/// Whether the server sent something that is not HTTP.
fn is_not_http(error: &(dyn StdError + 'static)) -> bool {
    causes(error).filter_map(|cause| cause.downcast_ref::<hyper::Error>()).any(hyper::Error::is_parse)
}

/// Reads the body of a 200, as a call does.
#[cfg(fuzzing)]
pub(crate) fn read_bytes<E: Envelope>(bytes: &[u8]) -> Result<Response<E::Item>, Error> {
    let token = AccessToken::new("none");
    let attempted =
        Attempted { token: &token, max_response_bytes: usize::MAX, record: AttemptRecord::default() };
    match serde_json::from_slice::<E>(bytes) {
        Ok(envelope) => attempted.open(envelope),
        Err(error) => Err(attempted.undecodable::<E>(bytes, error)),
    }
}
