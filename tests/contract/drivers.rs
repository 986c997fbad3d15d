//! How each operation of the spec is called.

use std::pin::Pin;

use partner_center_insights::{Error, ExecutionStatus, InsightsClient, RetryPolicy};
use serde::Serialize;
use serde_json::Value;

use crate::document::Document;

/// The report in every call.
pub const ID: &str = "3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4";

/// The returned elements, serialized to JSON.
pub type Outcome = Result<Vec<Value>, Error>;

/// Calls an operation. Returns nothing if it has no driver.
pub async fn drive(client: &InsightsClient, operation: &str) -> Option<Outcome> {
    Some(match operation {
        "getReports" => items(client.reports().await),
        "pauseReportExecutions" => items(client.pause(ID).await),
        "resumeReportExecutions" => items(client.resume(ID).await),
        "getReportExecutions" => items(client.executions(ID).await),
        _ => return None,
    })
}

/// Calls an operation with all optional parameters that the client sends. Returns nothing if there are none.
pub fn drive_with_options<'a>(
    client: &'a InsightsClient,
    operation: &str,
) -> Option<Pin<Box<dyn Future<Output = Outcome> + 'a>>> {
    Some(match operation {
        "getReports" => Box::pin(async { items(client.report(ID).await) }),
        "getReportExecutions" => Box::pin(async {
            let list = client.executions(ID).execution_id("c2d4f7a1-9e35-4b80-8f16-5a7b0c93e248");
            items(list.status(ExecutionStatus::Completed).latest().await)
        }),
        _ => return None,
    })
}

fn items<T: Serialize>(result: Result<impl IntoIterator<Item = T>, Error>) -> Outcome {
    result.map(|items| items.into_iter().map(|item| serde_json::to_value(item).unwrap()).collect())
}

/// Returns the operations without a driver. Nothing listens at the base URL, so that the calls fail at once.
pub async fn undriven(document: &Document) -> Vec<String> {
    let builder = InsightsClient::builder().token("none").base_url("http://127.0.0.1:1");
    let client = builder.retry(RetryPolicy::never()).build().unwrap();
    let mut undriven = Vec::new();
    for operation in document.operations() {
        if drive(&client, operation.id).await.is_none() {
            undriven.push(format!("{}: no driver in tests/contract/drivers.rs", operation.id));
        }
    }
    undriven
}
