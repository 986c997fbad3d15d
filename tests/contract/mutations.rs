//! Tests of the checks: each notices one edit of the spec, of a request or of a response, and names the place.

use serde_json::{Value, json};

use crate::bodies;
use crate::conform::{self, Request};
use crate::coverage;
use crate::document::Document;
use crate::drivers::ID;
use crate::exchanges;
use crate::recorder::{Recorder, Response};
use crate::registration;
use crate::sound::CHECKS;

const REPORT: &str = "/components/schemas/Report";

/// The JSON pointer to the operation that most edits change.
fn resume() -> String {
    Document::ours().operation("resumeReportExecutions").unwrap().pointer()
}

/// The JSON pointer to the body of the request that creates a report.
fn create_body() -> String {
    Document::ours().operation("createReport").unwrap().pointer() + "/requestBody"
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
        (
            "/components/parameters/ReportIdInPath/description".to_owned(),
            Value::Null,
            "reportId: no description",
        ),
        ("/components/parameters/ReportIdInPath/example".to_owned(), json!("sales"), "Executions reportId: "),
        (
            "/components/responses/NotFound/description".to_owned(),
            Value::Null,
            "/components/responses/NotFound",
        ),
        (format!("{}/description", create_body()), Value::Null, "createReport request body"),
        ("/components/headers/Retry-After/example".to_owned(), json!("soon"), "Retry-After"),
    ];
    for (pointer, value, place) in rows {
        names(&unsound(&Document::ours().edited(&pointer, value)), place);
    }
}

#[test]
fn invalid_example_is_noticed() {
    let not_found = "/components/responses/NotFound/content/application~1json/example";
    let first = "/components/examples/Report/value/value/0";
    let sent = format!("{}/content/application~1json/example", create_body());
    let rows = [
        (not_found.to_owned(), Value::Null, "resumeReportExecutions 404: no example"),
        (format!("{not_found}/statusCode"), json!(400), "resumeReportExecutions 404: statusCode"),
        (format!("{not_found}/totalCount"), json!(1), "resumeReportExecutions 404: totalCount"),
        (format!("{not_found}/sorry"), json!(true), "resumeReportExecutions 404"),
        (format!("{sent}/QueryId"), Value::Null, "createReport request body"),
        (format!("{sent}/reportName"), json!("Sales"), "createReport request body"),
        (sent.clone(), Value::Null, "createReport request body: no example"),
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
async fn request_to_another_path_is_noticed() {
    let document = Document::ours();
    let mut exchanges = exchanges::all(&document).await;
    for exchange in &mut exchanges {
        exchange.request.target = exchange.request.target.replace("/resume/", "/Resume/");
    }
    names(
        &exchanges::sent(&exchanges),
        "/Resume/3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4 fits no operation of the spec",
    );
    let covered = exchanges::coverage(&document, &exchanges);
    let gaps = coverage::gaps(&coverage::declared(&document, &[coverage::Direction::Sent]), &covered);
    names(&gaps, "resumeReportExecutions 200: not exercised (Sent)");
}

#[tokio::test]
async fn unregistered_operation_is_noticed() {
    let mut operation = Document::ours().0.pointer(&resume()).unwrap().clone();
    operation["operationId"] = json!("copyReport");
    let path = json!({ "put": operation });
    let document = Document::ours().edited("/paths/~1ScheduledReport~1copy~1{reportId}", path);
    let missing = registration::missing(&document).await;
    names(&missing, "copyReport: no driver in tests/contract/drivers.rs");
    names(&missing, "copyReport: no method in src/*.rs uses spec::COPY_REPORT");
    names(&missing, "copyReport: no row with its command in tests/cli/parity.rs");
    names(&missing, "copyReport: no line with its command in tests/outside/prism.sh");
    assert_eq!(missing.len(), 4, "{missing:?}");
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

/// Returns the request of an operation that the client sends.
async fn real_request(operation: &str) -> Request {
    let document = Document::ours();
    let operation = document.operation(operation).unwrap();
    let (_, response) = operation.responses().swap_remove(0);
    let mut recorder = Recorder::start().await;
    let response = Response::json(200, document.examples(&response.content)[0]);
    recorder.drive(operation.id, response).await.0
}

#[tokio::test]
async fn stray_request_is_noticed() {
    let good = real_request("getReportExecutions").await;
    assert_eq!(conform::request(&good), Ok("getReportExecutions".to_owned()));
    let rows: [(&str, fn(&mut Request)); 14] = [
        ("query top", |r| r.target += "&top=1"),
        ("query getLatestExecution: another value", |r| r.target = r.target.replace("=false", "=maybe")),
        ("query getLatestExecution: several values", |r| r.target += "&getLatestExecution=true"),
        ("query executionStatus: another value", |r| r.target += "&executionStatus=Asleep"),
        ("path reportId: another value", |r| r.target = r.target.replace(ID, "sales")),
        ("path reportId: another value", |r| r.target = r.target.replace(ID, &ID.replace('-', ""))),
        ("fits no operation", |r| r.target = r.target.replace("/execution/", "/Execution/")),
        ("fits no operation", |r| r.target = r.target.replace("/mpn/", "/xyz/")),
        ("fits no operation", |r| r.method = "POST".to_owned()),
        ("header authorization: no bearer token", |r| r.headers.retain(|(name, _)| name != "authorization")),
        ("header api-version: present", |r| r.headers.push(("api-version".to_owned(), "1.0.0".to_owned()))),
        ("header host: several values", |r| r.headers.push(("host".to_owned(), "other".to_owned()))),
        ("body: a body", |r| r.body = "{}".to_owned()),
        ("header ms-requestid: another value", |r| {
            r.headers.retain(|(name, _)| name != "ms-requestid");
            r.headers.push(("ms-requestid".to_owned(), "1".to_owned()));
        }),
    ];
    for (place, spoil) in rows {
        let mut request = good.clone();
        spoil(&mut request);
        names(&conform::request(&request).unwrap_err(), place);
    }
}

#[tokio::test]
async fn stray_body_is_noticed() {
    let good = real_request("createReport").await;
    assert_eq!(conform::request(&good), Ok("createReport".to_owned()));
    let rows: [(&str, fn(&mut Request)); 6] = [
        ("body: no JSON", |r| r.body.clear()),
        ("body: another media type", |r| {
            r.headers.retain(|(name, _)| name != "content-type");
            r.headers.push(("content-type".to_owned(), "text/plain".to_owned()));
        }),
        ("body reportName", |r| r.body = r.body.replace("ReportName", "reportName")),
        ("body RecurrenceCount: null", |r| {
            r.body = r.body.replace("\"RecurrenceCount\":100", "\"RecurrenceCount\":null");
        }),
        ("body RecurrenceInterval: integer; expected minimum", |r| {
            r.body = r.body.replace("\"RecurrenceInterval\":24", "\"RecurrenceInterval\":-1");
        }),
        ("body StartTime: other text", |r| r.body = r.body.replace("Z\"", "\"")),
    ];
    for (place, spoil) in rows {
        let mut request = good.clone();
        spoil(&mut request);
        names(&conform::request(&request).unwrap_err(), place);
    }
}

#[tokio::test]
async fn unsent_member_of_a_body_is_noticed() {
    let ours = Document::ours();
    let exercised = exchanges::coverage(&ours, &exchanges::all(&ours).await);
    let color = "/components/schemas/UpdateReportRequest/properties/Color";
    let more = ours.edited(color, json!({ "type": "string", "description": "A color." }));
    let declared = coverage::declared(&more, &[coverage::Direction::Sent]);
    names(&coverage::gaps(&declared, &exercised), "updateReport `Color`: not exercised (Sent)");
}

#[test]
fn stray_response_is_noticed() {
    let document = Document::ours();
    let operation = document.operation("resumeReportExecutions").unwrap();
    let (_, response) = operation.responses().into_iter().find(|(status, _)| *status == 200).unwrap();
    let good = document.examples(&response.content)[0].clone();
    let headers = [
        ("content-type".to_owned(), "application/json; charset=utf-8".to_owned()),
        ("MS-CorrelationId".to_owned(), ID.to_owned()),
    ];
    let check = |status, headers: &[_], body: &Value| {
        conform::response(operation.id, status, headers, &body.to_string())
    };
    assert_eq!(check(200, &headers, &good), Vec::<String>::new());
    names(&check(200, &headers, &crate::document::pascal(&good)), "spelling value: Value");

    let rows: [(&str, fn(&mut Value)); 5] = [
        ("fields value[].color", |body| body["value"][0]["color"] = json!("red")),
        ("schema value[].reportId: absent", |body| {
            drop(body["value"][0].as_object_mut().unwrap().remove("reportId"));
        }),
        ("words value[].reportStatus", |body| body["value"][0]["reportStatus"] = json!("Asleep")),
        ("schema value[].startTime", |body| body["value"][0]["startTime"] = json!("2026-01-12T14:00:00")),
        ("schema totalCount", |body| body["totalCount"] = json!("1")),
    ];
    for (place, spoil) in rows {
        let mut body = good.clone();
        spoil(&mut body);
        names(&check(200, &headers, &body), place);
    }
    names(&check(418, &headers, &good), "resumeReportExecutions 418: status : 418 (undocumented)");
    names(&check(200, &headers[1..], &good), "content-type Content-Type: absent");
    names(&check(200, &headers[..1], &good), "header MS-CorrelationId: absent");
    let malformed = [&headers[..1], &[("ms-correlationid".to_owned(), "none".to_owned())]].concat();
    names(&check(200, &malformed, &good), "header MS-CorrelationId: other text");
    let more = [&headers[..], &[("x-powered-by".to_owned(), "axum".to_owned())]].concat();
    names(&check(200, &more, &good), "header : x-powered-by");
    let text = conform::response(operation.id, 200, &headers, "<html>");
    names(&text, "json : no JSON");
}
