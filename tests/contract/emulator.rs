//! The emulator responds as the spec says, and refuses what the spec does not allow.

use std::time::Duration;

use partner_center_insights::Report;
use partner_center_insights::emulator::{Emulator, EmulatorBuilder, Fault, Limit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::conform::{self, Request};
use crate::coverage::{Coverage, Direction, Part};
use crate::document::{Document, Operation};
use crate::strays;

/// Returns the report in the example of the spec.
fn report(document: &Document) -> Report {
    let list = document.operation("getReports").unwrap();
    let responses = list.responses();
    let (_, success) = responses.iter().find(|(status, _)| *status == 200).unwrap();
    let report = document.examples(&success.content)[0]["value"][0].clone();
    serde_json::from_value(report).unwrap()
}

/// Returns an emulator with this report, at a time when it has executions.
pub fn builder(document: &Document) -> EmulatorBuilder {
    let report = report(document);
    let soon =
        report.modified_time.as_ref().unwrap().to_system_time().unwrap() + Duration::from_secs(24 * 60 * 60);
    Emulator::builder().reports([report]).clock(move || soon)
}

/// A response as received.
struct Received {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

async fn send(emulator: &Emulator, request: &Request) -> Received {
    let address = emulator.base_url().replace("http://", "");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let headers: String =
        request.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let Request { method, target, body, .. } = request;
    let bytes = format!("{method} {target} HTTP/1.1\r\n{headers}connection: close\r\n\r\n{body}");
    stream.write_all(bytes.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("truncated: {text}"));
    let headers = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    Received {
        status: head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap(),
        headers: headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect(),
        body: body.to_owned(),
    }
}

/// Returns a request to which the emulator responds with 200.
fn good(document: &Document, operation: &Operation, emulator: &Emulator) -> Request {
    let mut request = strays::good(document, operation, emulator.token());
    if let Some((path, query)) = request.target.clone().split_once('?') {
        // The emulator has execution ids of its own.
        let rest: Vec<_> = query.split('&').filter(|pair| !pair.starts_with("executionId=")).collect();
        request.target = format!("{path}?{}", rest.join("&"));
    }
    request
}

/// Returns the operations that the emulator does not handle.
pub async fn unhandled(document: &Document) -> Vec<String> {
    let emulator = builder(document).start().await.unwrap();
    let mut problems = Vec::new();
    for operation in document.operations() {
        let is_handled = send(&emulator, &good(document, &operation, &emulator)).await.status != 501;
        if !is_handled {
            problems.push(format!("{}: no handler in src/emulator/service.rs", operation.id));
        }
    }
    problems
}

/// Returns which responses the emulator sends, and what is wrong with them.
pub async fn given(document: &Document) -> (Coverage, Vec<String>) {
    let mut coverage = Coverage::new();
    let mut problems = Vec::new();
    for operation in document.operations() {
        let mut check = |received: Received, status: u16| {
            let Received { status: actual, headers, body } = received;
            if actual != status {
                problems.push(format!("{} {status}: the status is {actual}: {body}", operation.id));
            }
            problems.extend(conform::response(operation.id, actual, &headers, &body));
            coverage.insert((operation.id.to_owned(), Part::Status(actual), Direction::Given));
        };
        let emulator = builder(document).start().await.unwrap();
        let request = good(document, &operation, &emulator);
        check(send(&emulator, &request).await, 200);
        let mut anonymous = request.clone();
        anonymous.headers.retain(|(name, _)| name != "authorization");
        check(send(&emulator, &anonymous).await, 401);
        let mut refused = vec![400, 403, 404, 500];
        let unknown_id = "00000000-0000-0000-0000-000000000000";
        let id = report(document).report_id.to_string();
        if request.target.contains(&id) {
            let unknown = Request { target: request.target.replace(&id, unknown_id), ..request.clone() };
            check(send(&emulator, &unknown).await, 404);
            let bad = Request { target: request.target.replace(&id, "sales"), ..request.clone() };
            check(send(&emulator, &bad).await, 400);
            refused.retain(|status| ![400, 404].contains(status));
        }
        refused.retain(|status| operation.responses().iter().any(|(declared, _)| declared == status));
        for status in refused {
            let emulator = builder(document).fault(Fault::refuse(status)).start().await.unwrap();
            check(send(&emulator, &good(document, &operation, &emulator)).await, status);
        }
        let limit = Limit::window(1, Duration::from_secs(60));
        let emulator = builder(document).limit(limit).start().await.unwrap();
        let request = good(document, &operation, &emulator);
        check(send(&emulator, &request).await, 200);
        check(send(&emulator, &request).await, 429);
    }
    (coverage, problems)
}

#[tokio::test]
async fn responses_conform() {
    let (_, problems) = given(&Document::ours()).await;
    assert_eq!(problems, Vec::<String>::new());
}

#[tokio::test]
async fn stray_requests_are_refused_as_the_spec_says() {
    let document = Document::ours();
    let emulator = builder(&document).start().await.unwrap();
    for stray in strays::all(&document, emulator.token()) {
        let Received { status, headers, body } = send(&emulator, &stray.request).await;
        assert!((400..500).contains(&status), "{}: {status}", stray.what);
        if let Some(operation) = stray.operation {
            let problems = conform::response(&operation, status, &headers, &body);
            assert_eq!(problems, Vec::<String>::new(), "{}", stray.what);
        }
    }
}

#[tokio::test]
async fn unknown_parameter_is_named() {
    let document = Document::ours();
    let emulator = builder(&document).start().await.unwrap();
    let mut strays = strays::all(&document, emulator.token());
    strays.retain(|stray| stray.what.contains("an unknown parameter"));
    assert_eq!(strays.len(), document.operations().len());
    for stray in strays {
        let body = send(&emulator, &stray.request).await.body;
        assert!(body.contains("'top'"), "{}: {body}", stray.what);
    }
}
