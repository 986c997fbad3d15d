//! Answers in the service's envelope.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::generated::types::{ErrorEnvelope, Execution, ExecutionEnvelope, Report, ReportEnvelope};

/// How the names of fields are spelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// As seen on the wire.
    #[default]
    Camel,
    /// As on the pages.
    Pascal,
}

/// A failure as the service words it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub status: StatusCode,
    pub message: String,
}

impl Refusal {
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }
}

impl Refusal {
    pub fn answer(self, spelling: Spelling) -> Response {
        let envelope = ErrorEnvelope {
            value: Some(Vec::new()),
            total_count: Some(0),
            message: Some(self.message),
            status_code: i32::from(self.status.as_u16()),
        };
        json(self.status, &envelope, spelling)
    }
}

pub(crate) fn reports(reports: Vec<Report>, spelling: Spelling) -> Response {
    let envelope = ReportEnvelope {
        total_count: i64::try_from(reports.len()).ok(),
        value: Some(reports),
        message: None,
        status_code: Some(200),
        next_link: None,
        data_redacted: Some(false),
    };
    json(StatusCode::OK, &envelope, spelling)
}

pub(crate) fn executions(executions: Vec<Execution>, spelling: Spelling) -> Response {
    let envelope = ExecutionEnvelope {
        total_count: i64::try_from(executions.len()).ok(),
        value: Some(executions),
        message: None,
        status_code: Some(200),
        next_link: None,
        data_redacted: Some(false),
    };
    json(StatusCode::OK, &envelope, spelling)
}

fn json(status: StatusCode, envelope: &impl Serialize, spelling: Spelling) -> Response {
    let value = match (serde_json::to_value(envelope), spelling) {
        (Ok(value), Spelling::Camel) => camel_case(value),
        (Ok(value), Spelling::Pascal) => value,
        (Err(error), _) => return (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    };
    let content_type = HeaderValue::from_static("application/json; charset=utf-8");
    (status, [(CONTENT_TYPE, content_type)], value.to_string()).into_response()
}

fn camel_case(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.into_iter().map(|(key, value)| (lower_first(&key), camel_case(value))).collect::<Map<_, _>>(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(camel_case).collect()),
        other => other,
    }
}

fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(chars).collect()
}
