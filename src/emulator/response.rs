//! Responses of the service and of the gateway in front of it, and broken responses.

use std::future::ready;
use std::io;

use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{Error, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt};
use serde::Serialize;
use serde_json::{Value, json};

/// An error of the service.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub status: StatusCode,
    pub message: String,
}

impl Refusal {
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    pub fn respond(self) -> Response {
        let status = self.status.as_u16();
        let envelope = json!({ "value": [], "totalCount": 0, "message": self.message, "statusCode": status });
        self::envelope(self.status, &envelope)
    }
}

/// Marks a response that is not sent: the connection is closed instead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Disconnect;

/// Wraps elements in the envelope, without a message.
pub(super) fn success(value: &[impl Serialize]) -> Value {
    json!({ "value": value, "totalCount": value.len(), "statusCode": 200, "dataRedacted": false })
}

/// Wraps elements in the envelope, with a message.
pub(super) fn success_with(value: &[impl Serialize], message: &str) -> Value {
    let mut envelope = success(value);
    envelope["message"] = message.into();
    envelope
}

/// Returns the response with this envelope.
pub(super) fn envelope(status: StatusCode, envelope: &Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json; charset=utf-8")], envelope.to_string()).into_response()
}

/// Returns the gateway's 429 response, which has no envelope.
pub(super) fn throttled(retry_after: Option<u64>) -> Response {
    let hint = retry_after.map_or_else(String::new, |wait| format!(" Try again in {wait} seconds."));
    let body = json!({ "statusCode": 429, "message": format!("Rate limit is exceeded.{hint}") });
    let retry_after = retry_after.map(|seconds| [(RETRY_AFTER, seconds.to_string())]);
    let content_type = [(CONTENT_TYPE, "application/json")];
    (StatusCode::TOO_MANY_REQUESTS, content_type, retry_after, body.to_string()).into_response()
}

/// Returns the response that a fault specifies.
pub(super) fn custom(status: u16, headers: Vec<(String, String)>, body: String) -> Response {
    let builder = Response::builder().status(status);
    let builder = headers.into_iter().fold(builder, |builder, (name, value)| builder.header(name, value));
    let invalid = |error: Error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response();
    builder.body(Body::from(body)).unwrap_or_else(invalid)
}

/// Sets headers. Invalid ones are ignored.
pub(super) fn with_headers(mut response: Response, headers: Vec<(String, String)>) -> Response {
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

pub(super) fn disconnect() -> Response {
    let mut response = Response::default();
    response.extensions_mut().insert(Disconnect);
    response
}

/// Truncates the body after some bytes with an error, which closes the connection.
pub(super) async fn truncate(response: Response, bytes: usize) -> Response {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let start = stream::once(ready(Ok(body.slice(..bytes.min(body.len())))));
    let end = stream::once(async {
        // The server flushes what it has while the body is pending.
        tokio::task::yield_now().await;
        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
    });
    Response::from_parts(parts, Body::from_stream(start.chain(end)))
}
