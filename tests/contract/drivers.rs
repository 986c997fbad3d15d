//! How each operation of the contract is called.

use partner_center_insights::{Error, InsightsClient};
use serde::Serialize;
use serde_json::Value;

use crate::document::Document;

/// The report that all calls are about.
pub const ID: &str = "3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4";

/// The elements that came out, written as JSON again.
pub type Outcome = Result<Vec<Value>, Error>;

/// Calls an operation; nothing if there is no driver for it.
pub async fn drive(client: &InsightsClient, operation: &str) -> Option<Outcome> {
    Some(match operation {
        "getReports" => items(client.reports().await),
        "pauseReportExecutions" => items(client.pause(ID).await),
        "resumeReportExecutions" => items(client.resume(ID).await),
        "getReportExecutions" => items(client.executions(ID).await),
        _ => return None,
    })
}

fn items<T: Serialize>(result: Result<impl IntoIterator<Item = T>, Error>) -> Outcome {
    result.map(|items| items.into_iter().map(|item| serde_json::to_value(item).unwrap()).collect())
}

/// The operations that nothing drives. The address leads nowhere; a driver fails there, and that it is one shows.
pub async fn undriven(document: &Document) -> Vec<String> {
    let nowhere = InsightsClient::builder().token("none").base_url("http://127.0.0.1:1");
    let nowhere = nowhere.retry(partner_center_insights::RetryPolicy::never()).build().unwrap();
    let mut undriven = Vec::new();
    for operation in document.operations() {
        if drive(&nowhere, operation.id).await.is_none() {
            undriven.push(format!("{}: no driver in tests/contract/drivers.rs", operation.id));
        }
    }
    undriven
}
