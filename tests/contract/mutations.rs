//! Tests of the checks: each notices one edit of the spec, of a request or of a response, and names the place.

use serde_json::{Value, json};

use crate::bodies;
use crate::conform::{self, Request};
use crate::coverage;
use crate::document::Document;
use crate::drivers::{ID, undriven};
use crate::exchanges::{self, examples};
use crate::recorder::{Recorder, Response};
use crate::sound::CHECKS;

const REPORT: &str = "/components/schemas/Report";

/// The JSON pointer to the operation that most edits change.
fn resume() -> String {
    Document::ours().operation("resumeReportExecutions").unwrap().pointer()
}

/// Returns the problems that the checks of the spec report.
fn unsound(document: &Document) -> Vec<String> {
    CHECKS.iter().flat_map(|(_, check)| check(document)).collect()
}

#[track_caller]
fn names(problems: &[String], place: &str) {
    assert!(problems.iter().any(|problem| problem.contains(place)), "{place} is not named: {problems:#?}");
}

#[test]
fn unsound_spec_is_noticed() {
    let resume = resume();
    let rows = [
        // The example still has the removed property.
        (format!("{REPORT}/properties/callbackMethod"), Value::Null, "callbackMethod"),
        (format!("{REPORT}/requird"), json!(["reportId"]), "/components/schemas/Report"),
        (format!("{resume}/responses/404"), Value::Null, "resumeReportExecutions 404"),
        (
            format!("{resume}/responses/409"),
            json!({ "description": "It runs." }),
            "resumeReportExecutions 409",
        ),
        (format!("{resume}/sumary"), json!("Resume."), "sumary"),
        (format!("{REPORT}/x-asumption"), json!("Probably."), "x-asumption"),
        ("/components/parameters/ReportIdInPath/description".to_owned(), Value::Null, "\"reportId\""),
        ("/components/parameters/ReportIdInPath/example".to_owned(), json!("sales"), "\"reportId\""),
        ("/components/responses/NotFound/description".to_owned(), Value::Null, "resumeReportExecutions 404"),
        ("/components/headers/Retry-After/example".to_owned(), json!("soon"), "Retry-After"),
    ];
    for (pointer, value, place) in rows {
        names(&unsound(&Document::ours().edited(&pointer, value)), place);
    }
}

#[test]
fn unfit_example_is_noticed() {
    let not_found = "/components/responses/NotFound/content/application~1json/example";
    let resume = resume();
    let first = format!("{resume}/responses/200/content/application~1json/example/value/0");
    let rows = [
        (not_found.to_owned(), Value::Null, "resumeReportExecutions 404: no example"),
        (format!("{not_found}/statusCode"), json!(400), "resumeReportExecutions 404: statusCode"),
        (format!("{not_found}/totalCount"), json!(1), "resumeReportExecutions 404: totalCount"),
        (format!("{not_found}/sorry"), json!(true), "resumeReportExecutions 404"),
        (format!("{first}/reportId"), Value::Null, "/value/0"),
        (format!("{first}/reportStatus"), json!("Asleep"), "/value/0/reportStatus"),
        (format!("{first}/startTime"), json!("2026-01-12"), "/value/0/startTime"),
        (format!("{first}/recurrenceInterval"), json!(1_u64 << 31), "/value/0/recurrenceInterval"),
    ];
    for (pointer, value, place) in rows {
        names(&unsound(&Document::ours().edited(&pointer, value)), place);
    }
}

#[tokio::test]
async fn newly_required_property_is_noticed() {
    let document = Document::ours().edited(&format!("{REPORT}/required"), json!(["reportId", "user"]));
    names(&bodies::accepted(&document).await, "Report.user: `absent`");
}

#[tokio::test]
async fn renamed_property_is_noticed() {
    let document = Document::ours().renamed(&format!("{REPORT}/properties/reportStatus"), "state");
    names(&unsound(&document), "reportStatus");
    // Bodies are generated from the schemas alone, without the examples.
    names(&bodies::refused(&document, 1, 10).await, "state");
}

#[tokio::test]
async fn changed_path_is_noticed() {
    let ours = Document::ours();
    let path = ours.operation("resumeReportExecutions").unwrap().path;
    let document = ours.renamed(&format!("/paths/{}", path.replace('/', "~1")), &path.to_lowercase());
    let exchanges = exchanges::all(&ours).await;
    names(
        &exchanges::sent(&document, &exchanges),
        "/resume/3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4 fits 0 operations",
    );
    let covered = exchanges::coverage(&document, &exchanges);
    let gaps = coverage::gaps(&coverage::declared(&document, &[coverage::Direction::Sent]), &covered);
    names(&gaps, "resumeReportExecutions 200: not exercised (Sent)");
}

#[tokio::test]
async fn missing_driver_is_noticed() {
    let mut operation = Document::ours().0.pointer(&resume()).unwrap().clone();
    operation["operationId"] = json!("deleteReport");
    let path = json!({ "delete": operation });
    let document = Document::ours().edited("/paths/~1ScheduledReport~1delete~1{reportId}", path);
    assert_eq!(undriven(&document).await, ["deleteReport: no driver in tests/contract/drivers.rs"]);
}

#[tokio::test]
async fn misread_response_is_noticed() {
    let mut exchanges = exchanges::all(&Document::ours()).await;
    exchanges.retain(|exchange| exchange.operation == "resumeReportExecutions");
    for exchange in &mut exchanges {
        match exchange.status {
            200 => exchange.example["value"][0]["reportName"] = json!("Another"),
            404 => exchange.example["message"] = json!("Another"),
            429 => exchange.status = 500,
            _ => {}
        }
    }
    let problems = exchanges::read(&exchanges);
    for (place, problem) in [("200", "read as"), ("404", "wrong message"), ("500", "wrong kind, status")] {
        names(&problems, &format!("resumeReportExecutions {place}: {problem}"));
    }
    assert_eq!(problems.len(), 6, "each in both spellings: {problems:#?}");
}

#[test]
fn unexercised_and_undeclared_statuses_are_noticed() {
    let ours = Document::ours();
    let resume = resume();
    let without = ours.edited(&format!("{resume}/responses/404"), Value::Null);
    let directions = [coverage::Direction::Read];
    let (all, fewer) = (coverage::declared(&ours, &directions), coverage::declared(&without, &directions));
    assert_eq!(coverage::gaps(&all, &fewer), ["resumeReportExecutions 404: not exercised (Read)"]);
    assert_eq!(coverage::gaps(&fewer, &all), ["resumeReportExecutions 404: not expected (Read)"]);
}

#[tokio::test]
async fn unsent_parameter_is_noticed() {
    let ours = Document::ours();
    let exercised = exchanges::coverage(&ours, &exchanges::all(&ours).await);
    let more = format!("{}/parameters", ours.operation("resumeReportExecutions").unwrap().pointer());
    let top = json!({ "name": "top", "in": "query", "schema": { "type": "integer" } });
    let declared = coverage::declared(&ours.edited(&more, json!([top])), &[coverage::Direction::Sent]);
    names(&coverage::gaps(&declared, &exercised), "resumeReportExecutions `top`: not exercised (Sent)");
}

/// Returns the request of `getReportExecutions` that the client sends.
async fn real_request() -> Request {
    let document = Document::ours();
    let operation = document.operation("getReportExecutions").unwrap();
    let (_, response) = operation.responses().swap_remove(0);
    let mut recorder = Recorder::start().await;
    let response = Response::json(200, examples(response)[0]);
    recorder.drive(operation.id, response).await.0
}

#[tokio::test]
async fn stray_request_is_noticed() {
    let document = Document::ours();
    let good = real_request().await;
    assert_eq!(conform::request(&document, &good), Ok("getReportExecutions".to_owned()));
    let rows: [(&str, fn(&mut Request)); 13] = [
        ("query parameter `top`", |r| r.target += "&top=1"),
        ("`getLatestExecution`: \"maybe\"", |r| r.target = r.target.replace("=false", "=maybe")),
        ("\"getLatestExecution\" is sent 2 times", |r| r.target += "&getLatestExecution=true"),
        ("`executionStatus`", |r| r.target += "&executionStatus=Asleep"),
        ("path parameter `reportId`", |r| r.target = r.target.replace(ID, "sales")),
        ("path parameter `reportId`", |r| r.target = r.target.replace(ID, &ID.replace('-', ""))),
        ("fits 0 operations", |r| r.target = r.target.replace("/execution/", "/Execution/")),
        ("fits 0 operations", |r| r.target = r.target.replace("/mpn/", "/xyz/")),
        ("fits 0 operations", |r| r.method = "POST".to_owned()),
        ("bearer token is missing", |r| r.headers.retain(|(name, _)| name != "authorization")),
        ("header `api-version`", |r| r.headers.push(("api-version".to_owned(), "1.0.0".to_owned()))),
        ("header `host` is sent twice", |r| r.headers.push(("host".to_owned(), "other".to_owned()))),
        ("has a body", |r| r.body = "{}".to_owned()),
    ];
    for (place, spoil) in rows {
        let mut request = good.clone();
        spoil(&mut request);
        names(&conform::request(&document, &request).unwrap_err(), place);
    }
}

#[tokio::test]
async fn parameter_removed_from_the_spec_is_noticed() {
    let document = Document::ours();
    let fewer = format!("{}/parameters", document.operation("getReportExecutions").unwrap().pointer());
    let only_path = json!([{ "$ref": "#/components/parameters/ReportIdInPath" }]);
    let request = real_request().await;
    let problems = conform::request(&document.edited(&fewer, only_path), &request).unwrap_err();
    assert_eq!(problems, ["getReportExecutions: query parameter `getLatestExecution` is not in the spec"]);
}

#[test]
fn stray_response_is_noticed() {
    let document = Document::ours();
    let operation = document.operation("resumeReportExecutions").unwrap();
    let (_, response) = operation.responses().into_iter().find(|(status, _)| *status == 200).unwrap();
    let good = examples(response)[0].clone();
    let headers = [
        ("content-type".to_owned(), "application/json; charset=utf-8".to_owned()),
        ("MS-CorrelationId".to_owned(), ID.to_owned()),
    ];
    let check = |status, headers: &[_], body: &Value| {
        conform::response(&document, operation.id, status, headers, &body.to_string())
    };
    assert_eq!(check(200, &headers, &good), Vec::<String>::new());
    names(&check(200, &headers, &crate::document::pascal(&good)), "Value");

    let rows: [(&str, fn(&mut Value)); 5] = [
        ("color", |body| body["value"][0]["color"] = json!("red")),
        ("\"reportId\" is a required property", |body| {
            drop(body["value"][0].as_object_mut().unwrap().remove("reportId"));
        }),
        ("/value/0/reportStatus", |body| body["value"][0]["reportStatus"] = json!("Asleep")),
        ("/value/0/startTime", |body| body["value"][0]["startTime"] = json!("2026-01-12T14:00:00")),
        ("/totalCount", |body| body["totalCount"] = json!("1")),
    ];
    for (place, spoil) in rows {
        let mut body = good.clone();
        spoil(&mut body);
        names(&check(200, &headers, &body), place);
    }
    names(&check(418, &headers, &good), "resumeReportExecutions 418: the status is not in the spec");
    names(&check(200, &headers[1..], &good), "the media type");
    let malformed = [&headers[..1], &[("ms-correlationid".to_owned(), "none".to_owned())]].concat();
    names(&check(200, &malformed, &good), "header `MS-CorrelationId`");
    let more = [&headers[..], &[("x-powered-by".to_owned(), "axum".to_owned())]].concat();
    names(&check(200, &more, &good), "header `x-powered-by`");
    let text = conform::response(&document, operation.id, 200, &headers, "<html>");
    names(&text, "not JSON");
}
