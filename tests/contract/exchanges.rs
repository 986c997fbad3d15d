//! Every operation with every declared response, over real HTTP: requests conform, and responses are read correctly.

use partner_center_insights::{
    Error, ErrorKind, InsightsClient, InsightsClientBuilder, Program, RetryPolicy,
};
use serde_json::Value;

use crate::conform::{self, Request};
use crate::coverage::{Coverage, Direction, Part};
use crate::document::{Document, entries, pascal, without_nulls};
use crate::drivers::{Outcome, drive_with_options};
use crate::recorder::{CORRELATION, Recorder, Response, TOKEN};

/// The kind of error for each status. Every operation declares 200 and these, with the exceptions in `sound.rs`.
pub const KINDS: [(u16, ErrorKind); 6] = [
    (400, ErrorKind::BadRequest),
    (401, ErrorKind::Unauthenticated),
    (403, ErrorKind::Forbidden),
    (404, ErrorKind::NotFound),
    (429, ErrorKind::Throttled),
    (500, ErrorKind::ServerError),
];

/// Statuses that mean an empty list, not an error.
const EMPTY: [(&str, u16); 4] =
    [("getDatasets", 404), ("getReportQueries", 404), ("getReports", 404), ("getReportExecutions", 404)];

/// Headers that every request must have.
const IDS: [&str; 2] = ["ms-requestid", "ms-correlationid"];

/// One call: its request, the response, and the result.
pub struct Exchange {
    pub operation: String,
    pub status: u16,
    /// The body of the response, in camelCase.
    pub example: Value,
    pub request: Request,
    pub outcome: Outcome,
}

impl Exchange {
    /// The parameters, and the members of the body, in a request that conforms.
    fn parts(&self, document: &Document) -> Vec<Part> {
        let in_query = self.request.query();
        let is_sent = |name: &str, place: &str| match place {
            "query" => in_query.contains_key(name),
            "header" => self.request.header(&name.to_lowercase()).is_some(),
            _ => true,
        };
        let declared = document.operation(&self.operation).unwrap().parameters();
        let parameters = declared.iter().filter(|parameter| is_sent(&parameter.data.name, parameter.place));
        let body: Value = serde_json::from_str(&self.request.body).unwrap_or_default();
        let members = entries(&body).map(|(name, _)| Part::Member(name.to_owned()));
        parameters.map(|parameter| Part::Parameter(parameter.data.name.clone())).chain(members).collect()
    }
}

/// Drives every operation with every example of the spec in both spellings, and with everything optional.
pub async fn all(document: &Document) -> Vec<Exchange> {
    let mut recorder = Recorder::start().await;
    let builder = InsightsClient::builder().token(TOKEN).base_url(format!("http://{}", recorder.address));
    let client = builder.retry(RetryPolicy::never()).build().unwrap();
    let mut exchanges = Vec::new();
    for operation in document.operations() {
        for (status, response) in operation.responses() {
            for example in document.examples(&response.content) {
                let mut push = |(request, outcome)| {
                    let (operation, example) = (operation.id.to_owned(), example.clone());
                    exchanges.push(Exchange { operation, status, example, request, outcome });
                };
                for body in [example.clone(), pascal(example)] {
                    push(recorder.drive(operation.id, Response::json(status, &body)).await);
                }
                if status == 200 {
                    for call in drive_with_options(&client, operation.id) {
                        push(recorder.exchange(operation.id, Response::json(status, example), call).await);
                    }
                }
                if status == 200 && operation.id == "getReports" {
                    let response = Response::json(status, example);
                    let (request, probe) = recorder.exchange(operation.id, response, client.probe()).await;
                    // A probe returns no reports.
                    push((
                        request,
                        probe.map(|_| {
                            example["value"].as_array().unwrap().iter().map(without_nulls).collect()
                        }),
                    ));
                }
            }
        }
    }
    exchanges
}

/// Returns what is wrong with the requests.
pub fn sent(exchanges: &[Exchange]) -> Vec<String> {
    let check = |exchange: &Exchange| match conform::request(&exchange.request) {
        Ok(operation) if operation == exchange.operation => {
            let missing = IDS.iter().filter(|name| exchange.request.header(name).is_none());
            missing.map(|name| format!("{operation}: header `{name}` is not sent")).collect()
        }
        Ok(other) => vec![format!("{}: sent the request of {other}", exchange.operation)],
        Err(problems) => problems,
    };
    exchanges.iter().flat_map(check).collect()
}

/// Returns which responses were read incorrectly.
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
            let expected = if empty { Value::Array(Vec::new()) } else { without_nulls(&example["value"]) };
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
                ("message", is_stated(error, example["message"].as_str())),
                ("correlation id", error.correlation_id() == Some(CORRELATION)),
                ("request id", error.request_id() == request.header("ms-requestid")),
            ];
            let wrong: Vec<_> = facts.iter().filter(|(_, right)| !right).map(|(fact, _)| *fact).collect();
            (!wrong.is_empty()).then(|| format!("wrong {}: {error}", wrong.join(", ")))
        }
    }
}

/// Whether the message of an error is that of the response. The message of a failed create may also say that its result
/// is unknown.
pub fn is_stated(error: &Error, message: Option<&str>) -> bool {
    let unknown = "whether it was carried out is unknown: ";
    match error.message().and_then(|message| message.split_once(unknown)) {
        Some((stated, reason)) => {
            let is_create = error.operation().is_some_and(|operation| operation.starts_with("create"));
            is_create
                && reason.contains("No role")
                && stated == message.map_or(String::new(), |m| m.to_owned() + "; ")
        }
        None => error.message() == message,
    }
}

/// Returns what was exercised. Only requests and responses without a problem count.
pub fn coverage(document: &Document, exchanges: &[Exchange]) -> Coverage {
    let mut coverage = Coverage::default();
    for exchange in exchanges {
        let id = &exchange.operation;
        let mut insert = |part, direction| coverage.insert((id.clone(), part, direction));
        if conform::request(&exchange.request).is_ok_and(|sent| sent == *id) {
            insert(Part::Status(exchange.status), Direction::Sent);
            for part in exchange.parts(document) {
                insert(part, Direction::Sent);
            }
        }
        if unexpected(exchange).is_none() {
            insert(Part::Status(exchange.status), Direction::Read);
        }
    }
    coverage
}

#[tokio::test]
async fn requests_conform() {
    let document = Document::ours();
    assert_eq!(sent(&all(&document).await), Vec::<String>::new());
}

#[tokio::test]
async fn examples_are_read_in_both_spellings() {
    let document = Document::ours();
    assert_eq!(read(&all(&document).await), Vec::<String>::new());
}

#[tokio::test]
async fn requests_conform_with_other_settings() {
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
            let (_, declared) = operation.responses().swap_remove(0);
            let response = Response::json(200, document.examples(&declared.content)[0]);
            let (mut request, _) = recorder.drive(operation.id, response).await;
            request.target = request.target.strip_prefix(prefix).unwrap().to_owned();
            assert_eq!(conform::request(&request), Ok(operation.id.to_owned()));
        }
    }
}
