//! The emulator responds as the spec says, and refuses what the spec does not allow.

use std::time::Duration;

use partner_center_insights::Report;
use partner_center_insights::emulator::{Emulator, EmulatorBuilder, Fault, Limit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::conform::{self, Request};
use crate::coverage::{Coverage, Direction, Part};
use crate::document::{Document, Operation, entries};
use crate::strays;

/// Returns the report in the example of the spec.
fn report(document: &Document) -> Report {
    let list = document.operation("getReports").unwrap();
    let responses = list.responses();
    let (_, success) = responses.iter().find(|(status, _)| *status == 200).unwrap();
    let (_, example) = entries(&success["content"]["application/json"]["examples"]).next().unwrap();
    serde_json::from_value(document.resolve(example)["value"]["value"][0].clone()).unwrap()
}

/// Returns an emulator with this report, at a time when it has executions.
fn builder(document: &Document) -> EmulatorBuilder {
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
    later(&request)
}

/// Moves the start of a new report, which the examples have before the time of the emulator.
fn later(request: &Request) -> Request {
    strays::with_body(request, request.body.replace("2026-01-13T", "2030-01-13T"))
}

/// Returns the request for something that does not exist; the same request if none is named in the target.
fn unknown(document: &Document, request: &Request) -> Request {
    let mut target = request.target.replace("datasetName=OfficeUsage", "datasetName=Nowhere");
    for id in [&report(document).report_id.to_string(), "5b1f7c52-0d0e-4a35-9c1e-2f9a6a1b0c11"] {
        target = target.replace(id, "00000000-0000-0000-0000-000000000000");
    }
    Request { target, ..request.clone() }
}

/// Returns the responses that the emulator gives, and what is wrong with them.
pub async fn given(document: &Document) -> (Coverage, Vec<String>) {
    let mut coverage = Coverage::new();
    let mut problems = Vec::new();
    for operation in document.operations() {
        let mut check = |received: Received, status: u16| {
            let Received { status: actual, headers, body } = received;
            if actual != status {
                problems.push(format!("{} {status}: the status is {actual}: {body}", operation.id));
            }
            problems.extend(conform::response(document, operation.id, actual, &headers, &body));
            coverage.insert((operation.id.to_owned(), Part::Status(actual), Direction::Given));
        };
        let emulator = builder(document).start().await.unwrap();
        let request = good(document, &operation, &emulator);
        check(send(&emulator, &request).await, 200);
        let mut anonymous = request.clone();
        anonymous.headers.retain(|(name, _)| name != "authorization");
        check(send(&emulator, &anonymous).await, 401);
        check(send(&emulator, &strays::with_query(&request, "top", "1")).await, 400);
        let unknown = unknown(document, &request);
        if unknown.target != request.target {
            check(send(&emulator, &unknown).await, 404);
        } else if operation.responses().iter().any(|(status, _)| *status == 404) {
            let emulator = builder(document).fault(Fault::refuse(404)).start().await.unwrap();
            check(send(&emulator, &request).await, 404);
        }
        for status in [403, 500] {
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
        let Received { status, headers, body } = send(&emulator, &later(&stray.request)).await;
        assert!((400..500).contains(&status), "{}: {status}", stray.what);
        if let Some(operation) = stray.operation {
            let problems = conform::response(&document, &operation, status, &headers, &body);
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
