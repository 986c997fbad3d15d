//! The emulator answers as the document says, and refuses what the document does not allow.

use std::time::Duration;

use partner_center_insights::Report;
use partner_center_insights::emulator::{Emulator, EmulatorBuilder, Fault, Limit, Scenario};
use serde_json::{Value, json};

use crate::conform::{self, Request};
use crate::coverage::{Coverage, Direction};
use crate::document::{Document, Operation};
use crate::strays::{self, Received};

/// The report of the document's example.
fn report(document: &Document) -> Report {
    let list = document.operation("getReports").unwrap();
    let responses = list.responses();
    let (_, success) = responses.iter().find(|(status, _)| *status == 200).unwrap();
    let report = success["content"]["application/json"]["example"]["Value"][0].clone();
    serde_json::from_value(report).unwrap()
}

/// An emulator that holds it, at a time when it has had executions.
fn builder(document: &Document) -> EmulatorBuilder {
    let report = report(document);
    let soon =
        report.modified_time.as_ref().unwrap().to_system_time().unwrap() + Duration::from_secs(24 * 60 * 60);
    Emulator::builder().reports([report]).clock(move || soon)
}

fn address(emulator: &Emulator) -> String {
    emulator.base_url().replace("http://", "")
}

async fn send(emulator: &Emulator, request: &Request) -> Received {
    strays::send(&address(emulator), request).await
}

/// The request of an operation, answered with 200 by the emulator above.
fn good(document: &Document, operation: &Operation, emulator: &Emulator) -> Request {
    let mut request = strays::good(document, operation, emulator.token());
    if let Some((path, query)) = request.target.clone().split_once('?') {
        // Ids of executions are the emulator's own.
        let kept: Vec<_> = query.split('&').filter(|pair| !pair.starts_with("executionId=")).collect();
        request.target = format!("{path}?{}", kept.join("&"));
    }
    request
}

/// Every answer of the contract that the emulator can give, with what is wrong with it.
pub async fn given(document: &Document) -> (Coverage, Vec<String>) {
    let mut coverage = Coverage::new();
    let mut problems = Vec::new();
    for operation in document.operations() {
        let mut check = |received: Received, status: u16| {
            let Received { status: answered, headers, body } = received;
            if answered != status {
                problems.push(format!("{} {status}: the emulator answers {answered}: {body}", operation.id));
            }
            problems.extend(conform::answer(document, operation.id, answered, &headers, &body));
            coverage.insert((operation.id.to_owned(), answered, Direction::Given));
        };
        for spelling in [Scenario::Camel, Scenario::Pascal] {
            let emulator = builder(document).scenario(spelling).start().await.unwrap();
            let request = good(document, &operation, &emulator);
            check(send(&emulator, &request).await, 200);
            let mut anonymous = request.clone();
            anonymous.headers.retain(|(name, _)| name != "authorization");
            check(send(&emulator, &anonymous).await, 401);
            let nobody = "00000000-0000-0000-0000-000000000000";
            let id = report(document).report_id.to_string();
            let unknown = Request { target: request.target.replace(&id, nobody), ..request.clone() };
            check(send(&emulator, &unknown).await, 404);
            let bad = Request { target: request.target.replace(&id, "sales"), ..request.clone() };
            check(send(&emulator, &bad).await, 400);
        }
        // What only trouble brings.
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
async fn every_answer_of_the_emulator_conforms() {
    let (_, problems) = given(&Document::ours()).await;
    assert_eq!(problems, Vec::<String>::new());
}

#[tokio::test]
async fn every_request_that_the_document_does_not_allow_is_refused_by_name() {
    let document = Document::ours();
    let emulator = builder(&document).start().await.unwrap();
    for stray in strays::all(&document, emulator.token()) {
        let received = send(&emulator, &stray.request).await;
        assert!((400..500).contains(&received.status), "{}: {}", stray.what, received.status);
        if let Some(operation) = stray.operation {
            let problems =
                conform::answer(&document, &operation, received.status, &received.headers, &received.body);
            assert_eq!(problems, Vec::<String>::new(), "{}", stray.what);
        }
        if stray.what.contains("unknown parameter") {
            assert!(received.body.contains("'top'"), "{}", received.body);
        }
    }
}

#[tokio::test]
async fn an_answer_with_a_field_too_many_or_too_few_is_noticed() {
    let document = Document::ours();
    let emulator = builder(&document).start().await.unwrap();
    let operation = document.operation("resumeReportExecutions").unwrap();
    let Received { status, headers, body } = send(&emulator, &good(&document, &operation, &emulator)).await;
    let check = |change: &dyn Fn(&mut Value)| {
        let mut body: Value = serde_json::from_str(&body).unwrap();
        change(&mut body["value"][0]);
        conform::answer(&document, operation.id, status, &headers, &body.to_string())
    };
    assert_eq!(check(&|_| ()), Vec::<String>::new());
    assert!(check(&|report| report["color"] = json!("red")).iter().any(|problem| problem.contains("olor")));
    let without_id = check(&|report| drop(report.as_object_mut().unwrap().remove("reportId")));
    assert!(without_id.iter().any(|problem| problem.contains("ReportId")), "{without_id:?}");
}
