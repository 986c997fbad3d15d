//! How each operation of the spec is called.

use std::pin::Pin;
use std::time::{Duration, SystemTime};

use partner_center_insights::{
    CallbackMethod, Error, ExecutionStatus, InsightsClient, NewQuery, NewReport, ReportFormat, ReportUpdate,
    RetryPolicy, TryQuery, earliest_start,
};
use serde::Serialize;
use serde_json::Value;

use crate::document::Document;

/// The id of the report in every call.
pub const ID: &str = "3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4";
const QUERY_ID: &str = "5b1f7c52-0d0e-4a35-9c1e-2f9a6a1b0c11";
const QUERY: &str = "SELECT CustomerTenantId, Month FROM OfficeUsage TIMESPAN LAST_6_MONTHS";
const CALLBACK: &str = "https://partner.example/hooks/insights?a=1";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The returned elements, serialized to JSON.
pub type Outcome = Result<Vec<Value>, Error>;

type Call<'a> = Pin<Box<dyn Future<Output = Outcome> + 'a>>;

/// Calls an operation. Returns nothing if it has no driver.
pub async fn drive(client: &InsightsClient, operation: &str) -> Option<Outcome> {
    Some(match operation {
        "getDatasets" => items(client.datasets().await),
        "getReportQueries" => items(client.queries().await),
        "createReportQuery" => items(client.create_query(NewQuery::new("Usage", QUERY)).await.map(Some)),
        "deleteReportQuery" => items(client.delete_query(QUERY_ID).await),
        "tryReportQuery" => items(client.try_query(TryQuery::text(QUERY)).await),
        "getReports" => items(client.reports().await),
        "createReport" => {
            // Version v1.1 requires a count.
            let report = NewReport::schedule("Usage, daily", QUERY_ID, earliest_start(), DAY);
            items(client.create_report(report.count(100)).await.map(Some))
        }
        "updateReport" => items(client.update_report(ID, ReportUpdate::new().count(52)).await),
        "deleteReport" => items(client.delete_report(ID).await),
        "pauseReportExecutions" => items(client.pause(ID).await),
        "resumeReportExecutions" => items(client.resume(ID).await),
        "getReportExecutions" => items(client.executions(ID).await),
        _ => return None,
    })
}

/// Returns calls of an operation that, together, send everything optional that the client can send.
pub fn drive_with_options<'a>(client: &'a InsightsClient, operation: &str) -> Vec<Call<'a>> {
    let start = earliest_start();
    let span = (SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + DAY);
    match operation {
        "getDatasets" => vec![Box::pin(async { items(client.datasets().name("OfficeUsage").await) })],
        "getReportQueries" => vec![
            Box::pin(async { items(client.queries().id(QUERY_ID).name("OfficeUsage").own().await) }),
            Box::pin(async { items(client.queries().system().await) }),
        ],
        "createReportQuery" => vec![Box::pin(async {
            let query = NewQuery::new("Usage", QUERY).description("Überschuß");
            items(client.create_query(query).await.map(Some))
        })],
        "tryReportQuery" => vec![
            Box::pin(async move {
                let query = TryQuery::text("SELECT A + '&' FROM \u{fc}").time_span(span.0, span.1);
                items(client.try_query(query).await)
            }),
            Box::pin(async { items(client.try_query(TryQuery::id(QUERY_ID)).await) }),
        ],
        "getReports" => vec![Box::pin(async { items(client.report(ID).await) })],
        "createReport" => vec![
            Box::pin(async move {
                let report =
                    NewReport::schedule("Usage", QUERY_ID, start, DAY).count(100).end(start + 50 * DAY);
                let report = report.description("Every day").format(ReportFormat::Tsv);
                let report = report.callback(CALLBACK, CallbackMethod::Post);
                items(client.create_report(report).await.map(Some))
            }),
            Box::pin(async move {
                let report = NewReport::once("Usage", QUERY_ID).time_span(span.0, span.1);
                items(client.create_report(report).await.map(Some))
            }),
        ],
        "updateReport" => vec![Box::pin(async move {
            let update =
                ReportUpdate::new().name("Usage").description("Every day").start(start).every(7 * DAY);
            let update = update.count(52).end(start + 400 * DAY).format(ReportFormat::Csv);
            items(
                client
                    .update_report(ID, update.callback_url(CALLBACK).callback_method(CallbackMethod::Get))
                    .await,
            )
        })],
        "getReportExecutions" => vec![Box::pin(async {
            let list = client.executions(ID).execution_id("c2d4f7a1-9e35-4b80-8f16-5a7b0c93e248");
            items(list.status(ExecutionStatus::Completed).latest().await)
        })],
        _ => Vec::new(),
    }
}

fn items<T: Serialize>(result: Result<impl IntoIterator<Item = T>, Error>) -> Outcome {
    result.map(|items| items.into_iter().map(|item| serde_json::to_value(item).unwrap()).collect())
}

/// Returns the operations without a driver. Nothing listens at the base URL, so that the calls fail at once.
pub async fn undriven(document: &Document) -> Vec<String> {
    let builder = InsightsClient::builder().token("a-token").base_url("http://127.0.0.1:1");
    let client = builder.retry(RetryPolicy::never()).build().unwrap();
    let mut undriven = Vec::new();
    for operation in document.operations() {
        if drive(&client, operation.id).await.is_none() {
            undriven.push(format!("{}: no driver in tests/contract/drivers.rs", operation.id));
        }
    }
    undriven
}
