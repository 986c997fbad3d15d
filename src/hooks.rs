//! What the generated client calls: hooks that set the headers of each request and record each response, and functions
//! that create its URL and read its body.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use progenitor_client::{ClientHooks, ClientInfo, Error as Unread, OperationInfo, QueryParam, ResponseValue};
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::generated::Client;
use crate::refusal::evidence::Evidence;
use crate::throttle::Limit;
use crate::transport::{Extent, read_body, retry_after};

const REQUEST_ID: HeaderName = HeaderName::from_static("ms-requestid");
const CORRELATION_ID: HeaderName = HeaderName::from_static("ms-correlationid");
const RATE_LIMIT_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
/// Requests [`IS_MFA_COMPLIANT`] in the response.
const VALIDATE_MFA: HeaderName = HeaderName::from_static("validatemfa");
const IS_MFA_COMPLIANT: HeaderName = HeaderName::from_static("ismfacompliant");

/// What the hooks need to send one request, and where they record its response.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    /// With a trailing slash.
    pub base_url: Arc<Url>,
    pub authorization: HeaderValue,
    pub request_id: Uuid,
    pub correlation_id: Uuid,
    /// Asks whether the token proves a multi-factor sign-in.
    pub validate_mfa: bool,
    /// Overrides the client's timeout.
    pub timeout: Option<Duration>,
    pub max_response_bytes: usize,
    pub record: Arc<Mutex<AttemptRecord>>,
}

/// The parts of a response that progenitor's results do not contain.
#[derive(Debug, Default)]
pub(crate) struct AttemptRecord {
    /// `None` if there was no response.
    pub status: Option<StatusCode>,
    /// Those of a 200 are recorded after its body.
    pub headers: HeaderMap,
    /// The URL of a request for a list, against which its links are resolved.
    pub url: Option<Box<Url>>,
    /// `None` unless the response is an error.
    pub evidence: Option<Box<Evidence>>,
    /// Whether the body was larger than `max_response_bytes`.
    pub is_too_large: bool,
    /// Why the body could not be decoded.
    pub damage: Option<io::Error>,
    /// The answer to `validate_mfa`.
    pub is_mfa_compliant: Option<bool>,
}

impl AttemptRecord {
    /// Takes the record, and leaves an empty one.
    pub fn take(record: &Mutex<Self>) -> Self {
        std::mem::take(&mut *record.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the id under which the service knows the call.
    pub fn correlation_id(&self) -> Option<&str> {
        text(&self.headers, &CORRELATION_ID)
    }

    /// Returns the headers that may be about further pages: only a list, which has a URL here, has any.
    pub fn paging_headers(&self) -> Option<&HeaderMap> {
        self.url.as_ref().map(|_| &self.headers)
    }

    /// Returns the wait that the response asks for.
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(&self.headers)
    }

    /// Returns what the response reports about the rate limit. `None` for the error page of a gateway, which reports
    /// nothing.
    pub fn limit(&self) -> Option<Limit> {
        let status = self.status?;
        let remaining = text(&self.headers, &RATE_LIMIT_REMAINING);
        let remaining = remaining.and_then(|left| left.trim().parse().ok());
        if status.is_success() && remaining != Some(0) {
            return Some(Limit { remaining, ..Limit::default() });
        }
        let retry_after = self.retry_after();
        // A gateway may refuse an exceeded quota with 403.
        let too_many = status == StatusCode::TOO_MANY_REQUESTS
            || (status == StatusCode::FORBIDDEN && retry_after.is_some());
        let refused = too_many || (status.is_server_error() && retry_after.is_some());
        let is_error_page = status.is_server_error() && !refused && remaining.is_none();
        (!is_error_page).then_some(Limit { too_many, refused, retry_after, remaining })
    }
}

impl Attempt {
    /// Returns the URL of a path; the generated methods call this.
    #[allow(clippy::result_large_err, reason = "the error of the generated methods")]
    pub fn url<E>(&self, path: &str) -> Result<Url, Unread<E>> {
        let url = self.base_url.join(path.trim_start_matches('/'));
        url.map_err(|error| Unread::InvalidRequest(error.to_string()))
    }

    /// Adds a query parameter; the generated methods call this.
    #[allow(clippy::unused_self, reason = "the generated methods have only this path to the library")]
    pub fn query<T: Serialize>(
        &self,
        request: RequestBuilder,
        name: &str,
        value: Option<&T>,
    ) -> RequestBuilder {
        match value {
            Some(value) => request.query(&QueryParam::new(name, value)),
            None => request,
        }
    }

    /// Reads and decodes the body of a 200; the generated methods call this.
    #[allow(clippy::manual_async_fn, reason = "the future of an async fn would contain the response twice")]
    pub fn read<T: DeserializeOwned, E>(
        &self,
        mut response: reqwest::Response,
    ) -> impl Future<Output = Result<ResponseValue<T>, Unread<E>>> {
        async move {
            let mut bytes = Bytes::new();
            let extent = read_body(&mut response, self.max_response_bytes, &mut bytes).await;
            self.record().headers = std::mem::take(response.headers_mut());
            match extent.map_err(Unread::ResponseBodyError)? {
                Extent::Whole => {}
                Extent::TooLarge => {
                    self.record().is_too_large = true;
                    bytes.clear();
                }
                Extent::Damaged(error) => {
                    self.record().damage = Some(error);
                    bytes.clear();
                }
            }
            match serde_json::from_slice(&bytes) {
                Ok(value) => Ok(ResponseValue::new(value, response.status(), HeaderMap::new())),
                Err(error) => Err(Unread::InvalidResponsePayload(bytes, error)),
            }
        }
    }

    pub fn record(&self) -> MutexGuard<'_, AttemptRecord> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientHooks<Attempt> for Client {
    async fn pre<E>(&self, request: &mut reqwest::Request, _: &OperationInfo) -> Result<(), Unread<E>> {
        let attempt = self.inner();
        let has_no_body = request.body().is_none()
            && matches!(*request.method(), Method::PUT | Method::POST | Method::PATCH);
        let headers = request.headers_mut();
        // hyper sends no length for an absent body, and some gateways reject that with 411.
        if has_no_body {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        // Documented for every operation, with or without a body.
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(AUTHORIZATION, attempt.authorization.clone());
        headers.insert(REQUEST_ID, header(attempt.request_id));
        headers.insert(CORRELATION_ID, header(attempt.correlation_id));
        if attempt.timeout.is_some() {
            *request.timeout_mut() = attempt.timeout;
        }
        let headers = request.headers_mut();
        if attempt.validate_mfa {
            headers.insert(VALIDATE_MFA, HeaderValue::from_static("true"));
        }
        Ok(())
    }

    fn exec(
        &self,
        request: reqwest::Request,
        _: &OperationInfo,
    ) -> impl Future<Output = reqwest::Result<reqwest::Response>> {
        let attempt = self.inner();
        if request.method() == Method::GET {
            attempt.record().url = Some(request.url().clone().into());
        }
        // Called outside of the future, which then does not contain the request.
        let sent = self.client().execute(request);
        async move {
            let response = sent.await?;
            let mut record = attempt.record();
            record.status = Some(response.status());
            record.evidence = Evidence::of(&response);
            if attempt.validate_mfa {
                record.is_mfa_compliant = is_mfa_compliant(response.headers());
            }
            // `read` takes those of a 200.
            if response.status() != StatusCode::OK {
                record.headers = response.headers().clone();
            }
            drop(record);
            Ok(response)
        }
    }
}

fn is_mfa_compliant(headers: &HeaderMap) -> Option<bool> {
    text(headers, &IS_MFA_COMPLIANT)?.trim().to_ascii_lowercase().parse().ok()
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn header(id: Uuid) -> HeaderValue {
    let text = id.hyphenated().encode_lower(&mut Uuid::encode_buffer()).to_owned();
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}
