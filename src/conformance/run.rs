//! The requests of a run. All of them only read.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::Value;
use uuid::Uuid;

use super::{Exchange, Response};
use crate::client::InsightsClient;
use crate::error::{Error, ErrorKind};
use crate::retry::{Wait, WaitReason};
use crate::spec::{self, Operation};
use crate::throttle::Limit;
use crate::transport::{read_body, retry_after, root_cause};

/// Sends each request of the run once, one at a time, and returns the exchanges in this order. There are at most ten:
/// lists, one report and its executions, ids that do not exist or are malformed, and one without a token.
///
/// # Errors
///
/// Fails if there is no token, or no response. A response with an error status is an exchange like any other.
pub async fn run(client: &InsightsClient) -> Result<Vec<Exchange>, Error> {
    let (unknown, malformed) = (Uuid::new_v4().to_string(), "not-a-uuid");
    let (list, executions) = (&spec::GET_REPORTS, &spec::GET_REPORT_EXECUTIONS);
    let get = |operation, request, expected, id| send(client, operation, request, expected, id, true);
    let reports = get(list, "all", &[200, 404], None).await?;
    let first = first_id(&reports);
    let mut exchanges = vec![reports];
    exchanges.push(get(&spec::GET_DATASETS, "all", &[200, 404], None).await?);
    exchanges.push(get(&spec::GET_REPORT_QUERIES, "all", &[200, 404], None).await?);
    if let Some(id) = first.as_deref() {
        exchanges.push(get(list, "one report", &[200], Some(id)).await?);
        exchanges.push(get(executions, "one report", &[200, 404], Some(id)).await?);
    } else {
        exchanges.push(Exchange::new(list, "one report", &[200], None));
        exchanges.push(Exchange::new(executions, "one report", &[200, 404], None));
    }
    exchanges.push(get(list, "unknown id", &[404], Some(&unknown)).await?);
    exchanges.push(get(executions, "unknown id", &[404], Some(&unknown)).await?);
    exchanges.push(get(list, "malformed id", &[400], Some(malformed)).await?);
    exchanges.push(get(executions, "malformed id", &[400], Some(malformed)).await?);
    exchanges.push(send(client, list, "no token", &[401], None, false).await?);
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
async fn send(
    client: &InsightsClient,
    operation: &'static Operation,
    request: &'static str,
    expected: &'static [u16],
    id: Option<&str>,
    is_authorized: bool,
) -> Result<Exchange, Error> {
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
    if is_authorized {
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
    let response = Response { status, headers: headers.collect(), body };
    let exchange = Exchange::new(operation, request, expected, Some(response));
    Ok(Exchange { correlation_id: Some(correlation_id), ..exchange })
}
