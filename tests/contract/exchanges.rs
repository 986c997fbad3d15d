//! Every operation with every declared answer, over real HTTP: what is sent conforms, what comes back is understood.

use partner_center_insights::{ErrorKind, InsightsClientBuilder, Program};
use serde_json::Value;

use crate::conform::{self, Request};
use crate::coverage::{Coverage, Direction};
use crate::document::{Document, camel, entries, pascal, without_nulls};
use crate::drivers::{Outcome, undriven};
use crate::recorder::{Answer, CORRELATION, Recorder};

/// What each failure means; with 200, these are the statuses that every operation declares.
pub const KINDS: [(u16, ErrorKind); 6] = [
    (400, ErrorKind::BadRequest),
    (401, ErrorKind::Unauthenticated),
    (403, ErrorKind::Forbidden),
    (404, ErrorKind::NotFound),
    (429, ErrorKind::Throttled),
    (500, ErrorKind::ServerError),
];

/// Failures that are no failure: the service says "nothing matches" with a status that also means "no such thing".
const EMPTY: [(&str, u16); 2] = [("getReports", 404), ("getReportExecutions", 404)];

/// One call, what it was answered, and what came of both.
pub struct Exchange {
    pub operation: String,
    pub status: u16,
    /// The body of the answer, as the document spells it.
    pub example: Value,
    pub request: Request,
    pub outcome: Outcome,
}

/// The examples of a response.
pub fn examples(response: &Value) -> Vec<&Value> {
    let content = &response["content"]["application/json"];
    let named = entries(&content["examples"]).map(|(_, example)| &example["value"]);
    content.get("example").into_iter().chain(named).collect()
}

/// Drives every operation with every example of the document, in both spellings.
pub async fn all(document: &Document) -> Vec<Exchange> {
    let mut recorder = Recorder::start().await;
    let mut exchanges = Vec::new();
    for operation in document.operations() {
        for (status, response) in operation.responses() {
            for example in examples(response) {
                for body in [example.clone(), camel(example)] {
                    let (request, outcome) = recorder.drive(operation.id, Answer::json(status, &body)).await;
                    exchanges.push(Exchange {
                        operation: operation.id.to_owned(),
                        status,
                        example: example.clone(),
                        request,
                        outcome,
                    });
                }
            }
        }
    }
    exchanges
}

/// What is wrong with the requests that were sent.
pub fn sent(document: &Document, exchanges: &[Exchange]) -> Vec<String> {
    let check = |exchange: &Exchange| match conform::request(document, &exchange.request) {
        Ok(operation) if operation == exchange.operation => Vec::new(),
        Ok(other) => vec![format!("{}: sent the request of {other}", exchange.operation)],
        Err(problems) => problems,
    };
    exchanges.iter().flat_map(check).collect()
}

/// What is wrong with the way the answers were read.
pub fn read(exchanges: &[Exchange]) -> Vec<String> {
    let check = |exchange: &Exchange| {
        let Exchange { operation, status, .. } = exchange;
        unexpected(exchange).map(|problem| format!("{operation} {status}: {problem}"))
    };
    exchanges.iter().filter_map(check).collect()
}

fn unexpected(Exchange { operation, status, example, request, outcome }: &Exchange) -> Option<String> {
    let empty = EMPTY.contains(&(operation, *status));
    match outcome {
        Ok(items) => {
            let expected = if empty { Value::Array(Vec::new()) } else { without_nulls(&example["Value"]) };
            let items = Value::from(items.clone());
            let same = (empty || *status == 200) && items == expected;
            (!same).then(|| format!("read as {items}, not as {expected}"))
        }
        Err(error) => {
            let kind = KINDS.iter().find(|(known, _)| known == status).map(|(_, kind)| *kind);
            let facts = [
                ("kind", kind == Some(error.kind()) && !empty),
                ("status", error.status() == Some(*status)),
                ("operation", error.operation() == Some(operation)),
                ("message", error.message() == example["Message"].as_str()),
                ("correlation id", error.correlation_id() == Some(CORRELATION)),
                ("request id", error.request_id() == request.header("ms-requestid")),
            ];
            let wrong: Vec<_> = facts.iter().filter(|(_, right)| !right).map(|(fact, _)| *fact).collect();
            (!wrong.is_empty()).then(|| format!("wrong {}: {error}", wrong.join(", ")))
        }
    }
}

/// What was really exercised: only exchanges in which nothing is wrong count.
pub fn coverage(document: &Document, exchanges: &[Exchange]) -> Coverage {
    let mut coverage = Coverage::default();
    for exchange in exchanges {
        let operation = exchange.operation.clone();
        if conform::request(document, &exchange.request).is_ok_and(|sent| sent == operation) {
            coverage.insert((operation.clone(), exchange.status, Direction::Sent));
        }
        if unexpected(exchange).is_none() {
            coverage.insert((operation, exchange.status, Direction::Read));
        }
    }
    coverage
}

#[tokio::test]
async fn every_operation_has_a_driver() {
    assert_eq!(undriven(&Document::ours()).await, Vec::<String>::new());
}

#[tokio::test]
async fn every_request_is_in_the_document() {
    let document = Document::ours();
    assert_eq!(sent(&document, &all(&document).await), Vec::<String>::new());
}

#[tokio::test]
async fn every_example_is_read_in_both_spellings() {
    let document = Document::ours();
    assert_eq!(read(&all(&document).await), Vec::<String>::new());
}

#[test]
fn every_answer_that_counts_as_empty_is_still_in_the_document() {
    let document = Document::ours();
    for (operation, status) in EMPTY {
        assert!(document.operation(operation).unwrap().responses().iter().any(|(known, _)| *known == status));
    }
}

#[tokio::test]
async fn the_request_stays_in_the_document_whatever_the_settings() {
    let document = Document::ours();
    let settings: [(&str, &str, fn(InsightsClientBuilder) -> InsightsClientBuilder); 4] = [
        ("/", "", |builder| builder),
        ("/gateway/", "/gateway", |builder| builder),
        ("", "", |builder| builder.program(Program::Cmp)),
        ("", "", |builder| builder.program(Program::Cmp).version("v1")),
    ];
    for (suffix, prefix, settings) in settings {
        let mut recorder = Recorder::with(suffix, settings).await;
        for operation in document.operations() {
            let (_, response) = operation.responses().swap_remove(0);
            let answer = Answer::json(200, examples(response)[0]);
            let (mut request, _) = recorder.drive(operation.id, answer).await;
            request.target = request.target.strip_prefix(prefix).unwrap().to_owned();
            assert_eq!(conform::request(&document, &request), Ok(operation.id.to_owned()));
        }
    }
}

#[test]
fn the_two_spellings_are_two_and_mean_the_same() {
    let body = serde_json::json!({ "Value": [{ "ReportId": "A", "Ünit": null }] });
    assert_eq!(camel(&body).to_string(), r#"{"value":[{"reportId":"A","Ünit":null}]}"#);
    assert_eq!(pascal(&camel(&body)), body);
}
