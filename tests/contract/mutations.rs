//! The test of the tests: one edit at a time, and the check that must notice it, by the name of the place.

use serde_json::{Value, json};

use crate::bodies;
use crate::conform::{self, Request};
use crate::coverage;
use crate::document::Document;
use crate::drivers::{ID, undriven};
use crate::exchanges::{self, examples};
use crate::recorder::{Answer, Recorder};
use crate::sound::CHECKS;

const REPORT: &str = "/components/schemas/Report";

/// Where the operation is that most edits are about.
fn resume() -> String {
    Document::ours().operation("resumeReportExecutions").unwrap().pointer()
}

/// What the checks of the document alone say.
fn unsound(document: &Document) -> Vec<String> {
    CHECKS.iter().flat_map(|(_, check)| check(document)).collect()
}

#[track_caller]
fn names(problems: &[String], place: &str) {
    assert!(problems.iter().any(|problem| problem.contains(place)), "nothing names {place}: {problems:#?}");
}

#[test]
fn an_unsound_document_is_named() {
    let resume = resume();
    let description = format!("{REPORT}/properties/User/description");
    let rows = [
        // A field that goes leaves an example with a field that nobody declared.
        (format!("{REPORT}/properties/CallbackMethod"), Value::Null, "CallbackMethod"),
        (format!("{REPORT}/requird"), json!(["ReportId"]), "/components/schemas/Report"),
        (format!("{resume}/responses/404"), Value::Null, "resumeReportExecutions 404"),
        (
            format!("{resume}/responses/409"),
            json!({ "description": "It runs." }),
            "resumeReportExecutions 409",
        ),
        (format!("{resume}/externalDocs"), Value::Null, "resumeReportExecutions: no externalDocs"),
        (format!("{resume}/security"), Value::Null, "resumeReportExecutions: no security"),
        (format!("{resume}/security"), json!([{}]), "resumeReportExecutions: no security"),
        (format!("{resume}/sumary"), json!("Resume."), "sumary"),
        (format!("{resume}/operationId"), json!("get_reports"), "same id"),
        (description, Value::Null, "Report.User: no description"),
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
fn an_example_that_does_not_fit_is_named() {
    let not_found = "/components/responses/NotFound/content/application~1json/example";
    let resume = resume();
    let first = format!("{resume}/responses/200/content/application~1json/example/Value/0");
    let rows = [
        (not_found.to_owned(), Value::Null, "resumeReportExecutions 404: no example"),
        (format!("{not_found}/StatusCode"), json!(400), "resumeReportExecutions 404: StatusCode"),
        (format!("{not_found}/TotalCount"), json!(1), "resumeReportExecutions 404: TotalCount"),
        (format!("{not_found}/Sorry"), json!(true), "resumeReportExecutions 404"),
        (format!("{first}/ReportId"), Value::Null, "/Value/0"),
        (format!("{first}/ReportStatus"), json!("Asleep"), "/Value/0/ReportStatus"),
        (format!("{first}/StartTime"), json!("2026-01-12"), "/Value/0/StartTime"),
        (format!("{first}/RecurrenceInterval"), json!(1_u64 << 31), "/Value/0/RecurrenceInterval"),
    ];
    for (pointer, value, place) in rows {
        names(&unsound(&Document::ours().edited(&pointer, value)), place);
    }
}

#[tokio::test]
async fn a_nullable_field_that_becomes_required_is_named() {
    for field in ["Description", "ModifiedTime"] {
        let document = Document::ours().edited(&format!("{REPORT}/required"), json!(["ReportId", field]));
        names(&bodies::accepted(&document).await, &format!("Report.{field}: `absent`"));
    }
}

#[tokio::test]
async fn a_renamed_status_is_named() {
    let document = Document::ours().renamed(&format!("{REPORT}/properties/ReportStatus"), "State");
    names(&unsound(&document), "ReportStatus");
    // Stripped of its examples, the document is sound, and the decoder notices.
    names(&bodies::refused(&document, 1, 10).await, "State");
}

#[tokio::test]
async fn a_path_in_another_spelling_is_named() {
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
async fn an_operation_without_a_driver_is_named() {
    let mut operation = Document::ours().0.pointer(&resume()).unwrap().clone();
    operation["operationId"] = json!("deleteReport");
    let path = json!({ "delete": operation });
    let document = Document::ours().edited("/paths/~1ScheduledReport~1delete~1{reportId}", path);
    assert_eq!(undriven(&document).await, ["deleteReport: no driver in tests/contract/drivers.rs"]);
}

#[tokio::test]
async fn an_answer_that_is_read_wrongly_is_named() {
    let mut exchanges = exchanges::all(&Document::ours()).await;
    exchanges.retain(|exchange| exchange.operation == "resumeReportExecutions");
    for exchange in &mut exchanges {
        match exchange.status {
            200 => exchange.example["Value"][0]["ReportName"] = json!("Another"),
            404 => exchange.example["Message"] = json!("Another"),
            429 => exchange.status = 500,
            _ => {}
        }
    }
    let problems = exchanges::read(&exchanges);
    for (place, said) in [("200", "read as"), ("404", "wrong message"), ("500", "wrong kind, status")] {
        names(&problems, &format!("resumeReportExecutions {place}: {said}"));
    }
    assert_eq!(problems.len(), 6, "each in both spellings: {problems:#?}");
}

#[tokio::test]
async fn a_status_that_nobody_exercised_and_one_that_nobody_declared_are_named() {
    let ours = Document::ours();
    let resume = resume();
    let without = ours.edited(&format!("{resume}/responses/404"), Value::Null);
    let directions = [coverage::Direction::Read];
    let (all, fewer) = (coverage::declared(&ours, &directions), coverage::declared(&without, &directions));
    assert_eq!(coverage::gaps(&all, &fewer), ["resumeReportExecutions 404: not exercised (Read)"]);
    assert_eq!(coverage::gaps(&fewer, &all), ["resumeReportExecutions 404: not in the document (Read)"]);
}

/// The request of `getReportExecutions` as the client really sends it.
async fn real_request() -> Request {
    let document = Document::ours();
    let operation = document.operation("getReportExecutions").unwrap();
    let (_, response) = operation.responses().swap_remove(0);
    let mut recorder = Recorder::start().await;
    let answer = Answer::json(200, examples(response)[0]);
    recorder.drive(operation.id, answer).await.0
}

#[tokio::test]
async fn a_request_that_strays_from_the_document_is_named() {
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
        ("bearer token", |r| r.headers.retain(|(name, _)| name != "authorization")),
        ("header `api-version`", |r| r.headers.push(("api-version".to_owned(), "1.0.0".to_owned()))),
        ("header `host` is sent twice", |r| r.headers.push(("host".to_owned(), "other".to_owned()))),
        ("a body is sent", |r| r.body = "{}".to_owned()),
    ];
    for (place, spoil) in rows {
        let mut request = good.clone();
        spoil(&mut request);
        names(&conform::request(&document, &request).unwrap_err(), place);
    }
    // The same from the other side: the document loses what the client sends.
    let fewer = format!("{}/parameters", document.operation("getReportExecutions").unwrap().pointer());
    let only_path = json!([{ "$ref": "#/components/parameters/ReportIdInPath" }]);
    let problems = conform::request(&document.edited(&fewer, only_path), &good).unwrap_err();
    assert_eq!(
        problems,
        ["getReportExecutions: query parameter `getLatestExecution` is not in the document"]
    );
}

#[test]
fn an_answer_that_strays_from_the_document_is_named() {
    let document = Document::ours();
    let operation = document.operation("resumeReportExecutions").unwrap();
    let (_, response) = operation.responses().into_iter().find(|(status, _)| *status == 200).unwrap();
    let good = examples(response)[0].clone();
    let headers = [
        ("content-type".to_owned(), "application/json; charset=utf-8".to_owned()),
        ("MS-CorrelationId".to_owned(), ID.to_owned()),
    ];
    let check = |status, headers: &[_], body: &Value| {
        conform::answer(&document, operation.id, status, headers, &body.to_string())
    };
    assert_eq!(check(200, &headers, &good), Vec::<String>::new());
    assert_eq!(check(200, &headers, &crate::document::camel(&good)), Vec::<String>::new());

    let rows: [(&str, fn(&mut Value)); 5] = [
        ("Colour", |body| body["Value"][0]["Colour"] = json!("red")),
        ("\"ReportId\" is a required property", |body| {
            drop(body["Value"][0].as_object_mut().unwrap().remove("ReportId"));
        }),
        ("/Value/0/ReportStatus", |body| body["Value"][0]["ReportStatus"] = json!("Asleep")),
        ("/Value/0/StartTime", |body| body["Value"][0]["StartTime"] = json!("2026-01-12T14:00:00")),
        ("/TotalCount", |body| body["TotalCount"] = json!("1")),
    ];
    for (place, spoil) in rows {
        let mut body = good.clone();
        spoil(&mut body);
        names(&check(200, &headers, &body), place);
    }
    names(&check(418, &headers, &good), "resumeReportExecutions 418: the status is not in the document");
    names(&check(200, &headers[1..], &good), "the media type");
    let odd = [&headers[..1], &[("ms-correlationid".to_owned(), "none".to_owned())]].concat();
    names(&check(200, &odd, &good), "header `MS-CorrelationId`");
    let more = [&headers[..], &[("x-powered-by".to_owned(), "axum".to_owned())]].concat();
    names(&check(200, &more, &good), "header `x-powered-by`");
    let text = conform::answer(&document, operation.id, 200, &headers, "<html>");
    names(&text, "no JSON");
}
