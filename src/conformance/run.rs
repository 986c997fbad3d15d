//! Sends the requests of a run.

use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::Value;
use uuid::Uuid;

use super::{Exchange, Received, SentRequest};
use crate::client::InsightsClient;
use crate::error::{Error, ErrorKind};
use crate::retry::{Wait, WaitReason};
use crate::spec::{self, Operation};
use crate::throttle::Limit;
use crate::transport::{Extent, read_body, retry_after, root_cause};

/// A request of the run.
pub(super) struct Step {
    pub operation: &'static Operation,
    pub request: &'static str,
    pub expected: &'static [u16],
    id: Id,
}

#[derive(Clone, Copy)]
enum Id {
    None,
    /// The ID of the first report, or of the exercised one.
    Known,
    Unknown,
    Malformed,
}

const LIST: &Operation = &spec::GET_REPORTS;
const EXECUTIONS: &Operation = &spec::GET_REPORT_EXECUTIONS;
const PAUSE: &Operation = &spec::PAUSE_REPORT_EXECUTIONS;
const RESUME: &Operation = &spec::RESUME_REPORT_EXECUTIONS;
/// The request without a token.
const NO_TOKEN: &str = "no token";
/// Maximum number of attempts for a request that exceeds the rate limit.
const ATTEMPTS: usize = 3;

/// The requests that only read, in order. The first one lists reports.
static READS: [Step; 10] = [
    step(LIST, "all", &[200, 404], Id::None),
    step(&spec::GET_DATASETS, "all", &[200, 404], Id::None),
    step(&spec::GET_REPORT_QUERIES, "all", &[200, 404], Id::None),
    step(LIST, "one report", &[200], Id::Known),
    step(EXECUTIONS, "one report", &[200, 404], Id::Known),
    step(LIST, "unknown id", &[404], Id::Unknown),
    step(EXECUTIONS, "unknown id", &[404], Id::Unknown),
    step(LIST, "malformed id", &[400], Id::Malformed),
    step(EXECUTIONS, "malformed id", &[400], Id::Malformed),
    step(LIST, NO_TOKEN, &[401], Id::None),
];

/// Pauses an active report, twice, because the response to the second request is not documented.
pub(super) static PAUSES: [Step; 3] = [
    step(PAUSE, "active report", &[200], Id::Known),
    step(LIST, "paused report", &[200], Id::Known),
    step(PAUSE, "paused report", &[200, 400], Id::Known),
];

/// Resumes a paused report, also twice, for the same reason.
pub(super) static RESUMES: [Step; 3] = [
    step(RESUME, "paused report", &[200], Id::Known),
    step(LIST, "active report", &[200], Id::Known),
    step(RESUME, "active report", &[200, 400], Id::Known),
];

/// Returns the requests of all runs.
pub(super) fn steps() -> impl Iterator<Item = &'static Step> {
    READS.iter().chain(&PAUSES).chain(&RESUMES)
}

const fn step(
    operation: &'static Operation,
    request: &'static str,
    expected: &'static [u16],
    id: Id,
) -> Step {
    Step { operation, request, expected, id }
}

impl Step {
    /// Returns the exchange without a request and a response.
    pub(super) fn exchange(&self) -> Exchange {
        Exchange { request: self.request, expected: self.expected, ..Exchange::new(self.operation) }
    }
}

/// Sends a fixed sequence of ten requests that only read, and returns the exchanges in order. The requests are for
/// lists, for one report and its executions, with unknown and malformed IDs, and one without a token. If there are no
/// reports, two of the requests are not sent. A request that exceeds the rate limit is sent again.
///
/// # Errors
///
/// Fails if there is no token, or no response to the first request. Error statuses, and later requests without a
/// response, are not errors, but recorded as exchanges.
pub async fn run(client: &InsightsClient) -> Result<Vec<Exchange>, Error> {
    let mut exchanges: Vec<Exchange> = Vec::new();
    for step in &READS {
        let id = match step.id {
            Id::None => None,
            Id::Known => exchanges.iter().filter(|list| list.request == "all").find_map(first_id),
            Id::Unknown => Some(Uuid::new_v4().to_string()),
            Id::Malformed => Some("not-a-uuid".to_owned()),
        };
        if id.is_none() && matches!(step.id, Id::Known) {
            exchanges.push(step.exchange());
        } else {
            let lost = send(client, step, id.as_deref(), &mut exchanges).await?;
            // Without a response to the first request, the service is most likely unreachable.
            if let Some(error) = lost.filter(|_| exchanges.len() == 1) {
                return Err(error);
            }
        }
    }
    Ok(exchanges)
}

/// Returns the first valid report ID in a response, in camelCase or PascalCase.
fn first_id(reports: &Exchange) -> Option<String> {
    let body: Value = serde_json::from_slice(&reports.response.as_ref()?.body).ok()?;
    let member = |value: &Value, names: [&str; 2]| names.iter().find_map(|name| value.get(name).cloned());
    let items = member(&body, ["value", "Value"])?;
    items.as_array()?.iter().find_map(|report| {
        let id = member(report, ["reportId", "ReportId"])?;
        Uuid::try_parse(id.as_str()?).ok().map(|id| id.to_string())
    })
}

/// Sends a request, and repeats it if it exceeds the rate limit. Adds each exchange. Returns the error if there is no
/// response.
pub(super) async fn send(
    client: &InsightsClient,
    step: &Step,
    id: Option<&str>,
    exchanges: &mut Vec<Exchange>,
) -> Result<Option<Error>, Error> {
    for _ in 0..ATTEMPTS {
        let mut exchange = step.exchange();
        let result = send_once(client, step, id, &mut exchange).await;
        if exchange.sent.is_none() {
            return result.map(|()| None);
        }
        let is_limited = exchange.response.as_ref().is_some_and(|response| response.status == 429);
        exchange.failure = result.as_ref().err().map(Error::kind);
        exchanges.push(exchange);
        if !is_limited {
            return Ok(result.err());
        }
    }
    Ok(None)
}

/// Sends one request, with the ID in the path or in the query, and stores the request and its response.
async fn send_once(
    client: &InsightsClient,
    step: &Step,
    id: Option<&str>,
    exchange: &mut Exchange,
) -> Result<(), Error> {
    let operation = step.operation;
    let failed = |kind, message: String| Error::new(kind).with_message(message).with_operation(operation);
    let inner = &client.inner;
    let is_in_path = operation.path.contains("{reportId}");
    let path = operation.path.trim_start_matches('/').replace("{reportId}", id.unwrap_or_default());
    let is_read = operation.method == "GET";
    let method = if is_read { Method::GET } else { Method::PUT };
    let mut builder = inner
        .http
        .request(method, format!("{}{path}", inner.base_url))
        .header(CONTENT_TYPE, "application/json")
        .header("MS-RequestId", Uuid::new_v4().to_string())
        .header("MS-CorrelationId", Uuid::new_v4().to_string());
    if !is_read {
        // Front ends refuse a PUT without it, so the client sends it too.
        builder = builder.header(CONTENT_LENGTH, "0");
    }
    if let Some(id) = id.filter(|_| !is_in_path) {
        builder = builder.query(&[("reportId", id)]);
    }
    if step.request != NO_TOKEN {
        let token = inner.tokens.token().await;
        let authorization = token.and_then(|token| token.authorization());
        let authorization =
            authorization.map_err(|error| failed(error.kind(), error.to_string()).with_source(error))?;
        builder = builder.header(AUTHORIZATION, authorization);
    }
    let announce = |duration: Duration| inner.announce(&Wait { duration, reason: WaitReason::RateLimit });
    let permit = inner.throttle.acquire(inner.retry.max_elapsed, announce).await.map_err(|wait| {
        failed(ErrorKind::Throttled, "rate limited: the requested delay is too long".to_owned())
            .with_retry_after(wait)
    })?;
    let lost = |error: reqwest::Error| {
        let kind = if error.is_timeout() { ErrorKind::Timeout } else { ErrorKind::Connect };
        failed(kind, root_cause(&error))
    };
    let request = builder.build().map_err(lost)?;
    exchange.sent = Some(SentRequest {
        method: request.method().to_string(),
        target: match request.url().query() {
            Some(query) => format!("{}?{query}", request.url().path()),
            None => request.url().path().to_owned(),
        },
        headers: texts(request.headers()),
        body: Vec::new(),
    });
    let mut response = inner.http.execute(request).await.map_err(lost)?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut body = Bytes::new();
    let extent = read_body(&mut response, inner.max_response_bytes, &mut body).await;
    let retry_after = retry_after(&headers);
    let remaining = headers.get("x-ratelimit-remaining").and_then(|left| left.to_str().ok()?.parse().ok());
    permit.release(Some(Limit { too_many: status == 429, refused: status == 429, retry_after, remaining }));
    let is_incomplete = !matches!(extent, Ok(Extent::Whole));
    exchange.response = Some(Received { status, headers: texts(&headers), body: body.into(), is_incomplete });
    Ok(())
}

/// Returns the names and values of headers, with a placeholder for the token.
fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| {
        let text = String::from_utf8_lossy(value.as_bytes());
        if value.is_sensitive() { "Bearer hidden".to_owned() } else { text.into_owned() }
    };
    headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}
