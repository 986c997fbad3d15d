//! The requests of a run. All of them only read.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::Value;
use uuid::Uuid;

use super::{Exchange, Received};
use crate::client::InsightsClient;
use crate::error::{Error, ErrorKind};
use crate::retry::{Wait, WaitReason};
use crate::spec::{self, Operation};
use crate::throttle::Limit;
use crate::transport::{read_body, retry_after, root_cause};

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
    /// Of the first report.
    Known,
    Unknown,
    Malformed,
}

const LIST: &Operation = &spec::GET_REPORTS;
const EXECUTIONS: &Operation = &spec::GET_REPORT_EXECUTIONS;
/// The request without a token.
const NO_TOKEN: &str = "no token";

/// All requests, in order. The first one lists reports.
pub(super) const STEPS: [Step; 10] = [
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

const fn step(
    operation: &'static Operation,
    request: &'static str,
    expected: &'static [u16],
    id: Id,
) -> Step {
    Step { operation, request, expected, id }
}

/// Sends each request of the run once, one at a time, and returns the exchanges in this order. There are ten: lists, one
/// report and its executions, ids that do not exist or are malformed, and one without a token. Without a report, two of
/// them are not sent.
///
/// # Errors
///
/// Fails if there is no token, or no response. A response with an error status is an exchange like any other.
pub async fn run(client: &InsightsClient) -> Result<Vec<Exchange>, Error> {
    let mut exchanges: Vec<Exchange> = Vec::new();
    for step in &STEPS {
        let id = match step.id {
            Id::None => None,
            Id::Known => exchanges.first().and_then(first_id),
            Id::Unknown => Some(Uuid::new_v4().to_string()),
            Id::Malformed => Some("not-a-uuid".to_owned()),
        };
        exchanges.push(match id {
            None if matches!(step.id, Id::Known) => {
                Exchange::new(step.operation, step.request, step.expected, None)
            }
            id => send(client, step, id.as_deref()).await?,
        });
    }
    Ok(exchanges)
}

/// Returns the id of the first report that has a usable one, in either spelling.
fn first_id(reports: &Exchange) -> Option<String> {
    let body: Value = serde_json::from_slice(&reports.response.as_ref()?.body).ok()?;
    let member = |value: &Value, names: [&str; 2]| names.iter().find_map(|name| value.get(name).cloned());
    let items = member(&body, ["value", "Value"])?;
    items.as_array()?.iter().find_map(|report| {
        let id = member(report, ["reportId", "ReportId"])?;
        Uuid::try_parse(id.as_str()?).ok().map(|id| id.to_string())
    })
}

/// Sends one request, with the id where the operation has it, and without retries.
async fn send(client: &InsightsClient, step: &Step, id: Option<&str>) -> Result<Exchange, Error> {
    let operation = step.operation;
    let failed = |kind, message: String| Error::new(kind).with_message(message).with_operation(operation);
    let inner = &client.inner;
    let is_in_path = operation.path.contains("{reportId}");
    let path = operation.path.replace("{reportId}", id.unwrap_or_default());
    let correlation_id = Uuid::new_v4().to_string();
    let mut builder = inner
        .http
        .get(format!("{}{path}", inner.base_url))
        .header(CONTENT_TYPE, "application/json")
        .header("MS-RequestId", Uuid::new_v4().to_string())
        .header("MS-CorrelationId", &correlation_id);
    if let Some(id) = id.filter(|_| !is_in_path) {
        builder = builder.query(&[("reportId", id)]);
    }
    if step.request != NO_TOKEN {
        let token = inner.tokens.token().await;
        let authorization = token.and_then(|token| token.authorization());
        let authorization = authorization
            .map_err(|error| failed(ErrorKind::Credential, error.to_string()).with_source(error))?;
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
    let mut response = builder.send().await.map_err(lost)?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut body = Vec::new();
    // What is cut off or damaged is no JSON, which is a finding.
    let _ = read_body(&mut response, inner.max_response_bytes, &mut body).await.map_err(lost)?;
    let retry_after = retry_after(&headers);
    let remaining = headers.get("x-ratelimit-remaining").and_then(|left| left.to_str().ok()?.parse().ok());
    permit.release(Some(Limit { too_many: status == 429, refused: status == 429, retry_after, remaining }));
    let headers = headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let response = Received { status, headers: headers.collect(), body };
    let exchange = Exchange::new(operation, step.request, step.expected, Some(response));
    Ok(Exchange { correlation_id: Some(correlation_id), ..exchange })
}
