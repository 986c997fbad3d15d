//! The hooks of the generated client: what is stamped on each request, and what is noted of each answer.

use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use progenitor_client::{ClientHooks, ClientInfo, OperationInfo};
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Method, ResponseBuilderExt, StatusCode};

use crate::auth::AccessToken;
use crate::generated::Client;
use crate::text::one_line;
use crate::throttle::Limit;
use crate::transport::retry_after;

const REQUEST_ID: HeaderName = HeaderName::from_static("ms-requestid");
const CORRELATION_ID: HeaderName = HeaderName::from_static("ms-correlationid");
const RATE_LIMIT_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
/// Asks for [`IS_MFA_COMPLIANT`] in the answer.
const VALIDATE_MFA: HeaderName = HeaderName::from_static("validatemfa");
const IS_MFA_COMPLIANT: HeaderName = HeaderName::from_static("ismfacompliant");
const API_VERSION: HeaderName = HeaderName::from_static("api-version");

/// What the hook stamps on one request, and where it notes what came back.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub authorization: HeaderValue,
    pub request_id: HeaderValue,
    pub correlation_id: HeaderValue,
    /// Set by a call that asks whether the token proves a multi-factor sign-in.
    pub validate_mfa: bool,
    pub seen: Arc<AttemptRecord>,
}

/// What was seen of an answer, kept here because progenitor's errors lose it.
#[derive(Debug)]
pub(crate) struct AttemptRecord {
    /// The token that was sent; it is taken out of whatever came back before anything of that is kept.
    pub token: AccessToken,
    /// At most so much of an answer is read; the rest of a larger one is left on the wire.
    pub max_response_bytes: usize,
    pub head: OnceLock<Head>,
    pub too_large: OnceLock<()>,
}

impl AttemptRecord {
    pub fn new(token: AccessToken, max_response_bytes: usize) -> Self {
        Self { token, max_response_bytes, head: OnceLock::new(), too_large: OnceLock::new() }
    }

    /// The id under which the service knows the call; only failures tell it.
    pub fn correlation_id(&self) -> Option<String> {
        let id = self.head.get()?.correlation_id.as_ref()?.to_str().ok()?;
        Some(one_line(&self.clean(id), 80)).filter(|id| !id.is_empty())
    }

    /// The text without the token. Before a text is cut, or a part of the token would stay.
    pub fn clean(&self, text: &str) -> String {
        text.replace(self.token.expose(), "[token]")
    }

    pub fn clean_bytes(&self, bytes: Vec<u8>) -> Vec<u8> {
        let token = self.token.expose().as_bytes();
        if !bytes.windows(token.len().max(1)).any(|window| window == token) {
            return bytes;
        }
        self.clean(&String::from_utf8_lossy(&bytes)).into_bytes()
    }
}

#[derive(Debug)]
pub(crate) struct Head {
    pub status: StatusCode,
    /// As it came.
    correlation_id: Option<HeaderValue>,
    pub is_mfa_compliant: Option<bool>,
    pub limit: Limit,
}

impl Head {
    fn of(response: &reqwest::Response) -> Self {
        let text = |name: &HeaderName| response.headers().get(name).and_then(|value| value.to_str().ok());
        let status = response.status();
        let retry_after = text(&RETRY_AFTER).and_then(|wait| retry_after(wait, SystemTime::now()));
        let told_to_wait = status.is_server_error() && retry_after.is_some();
        Self {
            status,
            correlation_id: response.headers().get(CORRELATION_ID).cloned(),
            is_mfa_compliant: text(&IS_MFA_COMPLIANT)
                .and_then(|word| word.trim().to_ascii_lowercase().parse().ok()),
            limit: Limit {
                too_many: status == StatusCode::TOO_MANY_REQUESTS,
                refused: status == StatusCode::TOO_MANY_REQUESTS || told_to_wait,
                retry_after,
                remaining: text(&RATE_LIMIT_REMAINING).and_then(|left| left.trim().parse().ok()),
            },
        }
    }
}

impl Head {
    /// The error page of a gateway knows nothing of the limit behind it.
    pub fn tells_limit(&self) -> bool {
        !self.status.is_server_error() || self.limit.refused || self.limit.remaining.is_some()
    }
}

impl ClientHooks<Attempt> for Client {
    async fn pre<E>(
        &self,
        request: &mut reqwest::Request,
        _: &OperationInfo,
    ) -> Result<(), progenitor_client::Error<E>> {
        let attempt = self.inner();
        // progenitor sends the contract's version, a header that the service does not know.
        request.headers_mut().remove(API_VERSION);
        // hyper sends no length for an absent body, and front ends of this kind answer 411 to that.
        if request.body().is_none() && matches!(*request.method(), Method::PUT | Method::POST | Method::PATCH)
        {
            request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let headers = request.headers_mut();
        // Listed for every operation, with or without a body.
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(AUTHORIZATION, attempt.authorization.clone());
        headers.insert(REQUEST_ID, attempt.request_id.clone());
        headers.insert(CORRELATION_ID, attempt.correlation_id.clone());
        if attempt.validate_mfa {
            headers.insert(VALIDATE_MFA, HeaderValue::from_static("true"));
        }
        Ok(())
    }

    async fn exec(&self, request: reqwest::Request, _: &OperationInfo) -> reqwest::Result<reqwest::Response> {
        let seen = &self.inner().seen;
        let mut response = self.client().execute(request).await?;
        let _ = seen.head.set(Head::of(&response));
        if response.status() != StatusCode::OK {
            return Ok(response);
        }
        // Read here, because progenitor reads without a limit and stumbles over a byte order mark.
        let expected =
            response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
        let mut bytes = Vec::new();
        // Any length may be announced; what there is no room for is not begun with.
        let _ = bytes.try_reserve_exact(expected.min(seen.max_response_bytes));
        while let Some(chunk) = response.chunk().await? {
            if bytes.len() + chunk.len() > seen.max_response_bytes {
                let _ = seen.too_large.set(());
                bytes.clear();
                break;
            }
            bytes.extend_from_slice(&chunk);
        }
        if bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
        }
        // Without an address, reqwest would parse one in its place.
        let read = http::Response::builder().url(response.url().clone());
        Ok(read.body(bytes).unwrap_or_default().into())
    }
}
