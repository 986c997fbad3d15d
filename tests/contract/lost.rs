//! Lost responses of each operation: a create is not sent again, everything else is, and a second delete that finds
//! nothing is a success.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use partner_center_insights::{InsightsClient, RetryPolicy};
use serde_json::json;

use crate::document::{Document, Operation};
use crate::drivers::drive;
use crate::recorder::{TOKEN, current_report};
use crate::support::{EMPTY_LIST, NO_ITEM_FOUND, Server, Step, json as response};

/// Returns the operations that behave differently. Operations without a driver are skipped.
pub async fn mishandled(document: &Document) -> Vec<String> {
    let mut problems = Vec::new();
    for operation in document.operations() {
        let (method, success) = (operation.method.clone(), success(document, &operation));
        let read = json!({ "value": [current_report()], "totalCount": 1, "statusCode": 200 }).to_string();
        let sent = AtomicUsize::new(0);
        let server = Server::with_responder(None, move |_, request| {
            let response = if request.method == method {
                match (sent.fetch_add(1, Ordering::Relaxed), &*method) {
                    (0, _) => return Vec::new(),
                    (_, "DELETE") => response(404, NO_ITEM_FOUND),
                    _ => response(200, &success),
                }
            } else {
                // A list before the change, or the list that looks for the created item.
                match (&*method, sent.load(Ordering::Relaxed)) {
                    ("POST", 0) => response(200, EMPTY_LIST),
                    ("POST", _) => response(403, "{}"),
                    _ => response(200, &read),
                }
            };
            vec![Step::Send(response)]
        })
        .await;
        let retry = RetryPolicy::default().with_initial_backoff(Duration::from_millis(1));
        let builder = InsightsClient::builder().token(TOKEN).base_url(server.url()).retry(retry);
        let Some(outcome) = drive(&builder.build().unwrap(), operation.id).await else { continue };
        let sent = server.requests().iter().filter(|request| request.method == operation.method).count();
        let is_right = match &*operation.method {
            "POST" => sent == 1 && outcome.as_ref().is_err_and(partner_center_insights::Error::may_be_done),
            _ => sent == 2 && outcome.is_ok(),
        };
        if !is_right {
            let result = outcome.err().map_or_else(|| "success".to_owned(), |error| error.to_string());
            problems.push(format!(
                "{}: {sent} requests and `{result}` after a lost response; see src/unconfirmed.rs",
                operation.id
            ));
        }
    }
    problems
}

/// Returns the first example of a success.
fn success(document: &Document, operation: &Operation) -> String {
    let responses = operation.responses();
    let (_, success) = responses.iter().find(|(status, _)| *status == 200).unwrap();
    document.examples(&success.content)[0].to_string()
}
