//! Responses recorded or published elsewhere, with invented values.

use partner_center_insights::ErrorKind;
use serde_json::{Value, json};

use crate::document::without_nulls;
use crate::recorder::{Recorder, Response};

const REPORTS: &str = "getReports";
const EXECUTIONS: &str = "getReportExecutions";

/// Description, operation, body, and the elements that the client must return.
fn successes() -> Vec<(&'static str, &'static str, Value, Value)> {
    let a = "7d1b42f0-93c6-4e58-8a2d-60f4b9c1e7a5";
    let b = "e05c8a36-1f7d-49b2-b6e4-2c93d7a8f410";
    vec![
        (
            "a recorded one-time report of the marketplace",
            REPORTS,
            json!({ "value": [{
                "reportId": a, "reportName": "Orders_once", "description": null, "queryId": b,
                "query": "SELECT OrderId\r\nFROM ISVOrder", "user": "104220871", "createdTime": "2025-03-04T05:06:07Z",
                "modifiedTime": null, "executeNow": true, "queryStartTime": null, "queryEndTime": null,
                "startTime": "2025-03-04T05:06:07Z", "reportStatus": "Inactive", "recurrenceInterval": -1,
                "recurrenceCount": 1, "callbackUrl": null, "callbackMethod": null, "format": "csv",
            }], "nextLink": null, "totalCount": 1, "message": "Report created successfully", "statusCode": 200,
                "dataRedacted": false }),
            json!([{
                "reportId": a, "reportName": "Orders_once", "queryId": b, "query": "SELECT OrderId\r\nFROM ISVOrder",
                "user": "104220871", "createdTime": "2025-03-04T05:06:07Z", "executeNow": true,
                "startTime": "2025-03-04T05:06:07Z", "reportStatus": "Inactive", "recurrenceInterval": -1,
                "recurrenceCount": 1, "format": "csv",
            }]),
        ),
        (
            "a PascalCase envelope with a camelCase report with one PascalCase field",
            REPORTS,
            json!({ "Value": [{ "reportId": a, "reportStatus": "Paused", "CallbackMethod": "GET" }],
                "TotalCount": 1, "Message": "ok", "StatusCode": 200 }),
            json!([{ "reportId": a, "reportStatus": "Paused", "callbackMethod": "GET" }]),
        ),
        (
            "a published PascalCase report with a camelCase field and a name that starts with a space",
            REPORTS,
            json!({ "Value": [{ "ReportId": a, "executeNow": false, " RecurrenceCount": 20 }], "StatusCode": 200 }),
            json!([{ "reportId": a, "executeNow": false }]),
        ),
        (
            "a time without an offset, an id with a trailing space",
            REPORTS,
            json!({ "value": [{ "reportId": format!("{a} "), "createdTime": "2025-03-04T05:06:07" }] }),
            json!([{ "reportId": a, "createdTime": "2025-03-04T05:06:07" }]),
        ),
        (
            "fields of old samples and of newer versions, an undocumented status",
            REPORTS,
            json!({ "value": [{ "reportId": a, "isPublicInOrg": true, "executionStatus": "Pending",
                "endTime": "2027-01-01T00:00:00Z", "remainingCount": 3, "reportStatus": "Suspended" }],
                "statusCode": 200, "traceId": "x" }),
            json!([{ "reportId": a, "endTime": "2027-01-01T00:00:00Z", "reportStatus": "Suspended" }]),
        ),
        (
            "a pending execution",
            EXECUTIONS,
            json!({ "value": [{ "executionId": b, "reportId": a, "recurrenceInterval": 24, "recurrenceCount": 100,
                "callbackUrl": null, "format": "tsv", "executionStatus": "Pending", "reportAccessSecureLink": null,
                "reportExpiryTime": null, "reportGeneratedTime": null }],
                "nextLink": null, "totalCount": 1, "message": null, "statusCode": 200, "dataRedacted": false }),
            json!([{ "executionId": b, "reportId": a, "recurrenceInterval": 24, "recurrenceCount": 100,
                "format": "tsv", "executionStatus": "Pending" }]),
        ),
        (
            "a completed execution with a link, and one with a status of a sibling service",
            EXECUTIONS,
            json!({ "value": [
                { "executionId": b, "reportId": a, "executionStatus": "Completed",
                  "reportLocation": "https://files.example/exports/b.csv",
                  "reportAccessSecureLink": "https://files.example/exports/b.csv?se=2025-03-11&sp=r&sig=x%2By",
                  "reportExpiryTime": null, "reportGeneratedTime": "2025-03-04T05:14:40Z" },
                { "executionId": a, "executionStatus": "Failed" },
            ], "totalCount": 2, "statusCode": 200 }),
            json!([
                { "executionId": b, "reportId": a, "executionStatus": "Completed",
                  "reportLocation": "https://files.example/exports/b.csv",
                  "reportAccessSecureLink": "https://files.example/exports/b.csv?se=2025-03-11&sp=r&sig=x%2By",
                  "reportGeneratedTime": "2025-03-04T05:14:40Z" },
                { "executionId": a, "executionStatus": "Failed" },
            ]),
        ),
        (
            "404 in an envelope without elements, which means an empty list",
            REPORTS,
            json!({ "value": null, "totalCount": 0, "message": "No item found with given filters.", "statusCode": 404 }),
            json!([]),
        ),
    ]
}

#[tokio::test]
async fn recorded_responses_are_read() {
    let mut recorder = Recorder::start().await;
    for (what, operation, body, expected) in successes() {
        let status = if body["statusCode"] == 404 { 404 } else { 200 };
        let (_, outcome) = recorder.drive(operation, Response::json(status, &body)).await;
        let items = outcome.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(Value::from(items), without_nulls(&expected), "{what}");
    }
}

#[tokio::test]
async fn recorded_failures_keep_status_code_and_message() {
    let json = "application/json; charset=utf-8";
    let rows: [(u16, &str, &str, ErrorKind, Option<&str>, Option<&str>); 14] = [
        (
            400,
            json,
            r#"{"value":[],"totalCount":0,"message":"Quota of 50 active reports is used up","statusCode":400}"#,
            ErrorKind::BadRequest,
            None,
            Some("Quota of 50 active reports is used up"),
        ),
        (
            404,
            json,
            r#"{"statusCode":404,"message":"Resource not found"}"#,
            ErrorKind::NotFound,
            None,
            Some("Resource not found"),
        ),
        (
            429,
            json,
            r#"{ "statusCode": 429, "message": "Rate limit is exceeded. Try again in 31 seconds." }"#,
            ErrorKind::Throttled,
            None,
            Some("Rate limit is exceeded. Try again in 31 seconds."),
        ),
        (
            401,
            json,
            r#"{"code":"900421","description":"A second factor is required.","data":[],"source":"Gateway"}"#,
            ErrorKind::MfaRequired,
            Some("900421"),
            Some("A second factor is required."),
        ),
        (
            401,
            json,
            r#"{"code":900420,"description":"The audience is not accepted.","data":[]}"#,
            ErrorKind::WrongAudience,
            Some("900420"),
            Some("The audience is not accepted."),
        ),
        (
            403,
            json,
            r#"{"error":{"code":"AccessDenied","message":"No role"}}"#,
            ErrorKind::Forbidden,
            Some("AccessDenied"),
            Some("No role"),
        ),
        (
            401,
            json,
            r#"{"error":"invalid_token","error_description":"The token has ended"}"#,
            ErrorKind::Unauthenticated,
            Some("invalid_token"),
            Some("The token has ended"),
        ),
        (401, json, "", ErrorKind::Unauthenticated, None, None),
        (
            500,
            json,
            r#"{"Value":null,"Message":"Internal error. Correlation ID <6a1f>","StatusCode":500}"#,
            ErrorKind::ServerError,
            None,
            Some("Internal error. Correlation ID <6a1f>"),
        ),
        (500, json, r#"{"message":"broken o"#, ErrorKind::ServerError, None, None),
        (
            503,
            "text/html",
            "<html><head><title>Service Unavailable</title></head></html>",
            ErrorKind::Unavailable,
            None,
            Some("Service Unavailable"),
        ),
        (502, "text/plain", "upstream gone\r\n", ErrorKind::Unavailable, None, Some("upstream gone")),
        (302, "text/html", "<title>Sign in</title>", ErrorKind::InvalidResponse, None, Some("redirected")),
        // The HTTP status is 200, but the envelope states a failure.
        (
            200,
            json,
            r#"{"value":[],"totalCount":0,"message":"Forbidden","statusCode":403}"#,
            ErrorKind::Forbidden,
            None,
            Some("Forbidden"),
        ),
    ];
    let document = crate::document::Document::ours();
    let mut recorder = Recorder::start().await;
    for operation in document.operations() {
        for (status, content_type, body, kind, code, message) in rows {
            let response = Response { status, content_type, body: body.to_owned() };
            let (_, outcome) = recorder.drive(operation.id, response).await;
            let error = outcome.unwrap_err();
            let shown = format!("{}, {status} {body}: {error}", operation.id);
            assert_eq!(error.kind(), kind, "{shown}");
            let stated = if status == 200 { 403 } else { status };
            assert_eq!(error.status(), Some(stated), "{shown}");
            // After a response that may hide a success, a create lists to find its result.
            let lost =
                error.message().and_then(|text| text.split_once("whether it was carried out is unknown"));
            let is_lost = operation.method == "POST" && (status >= 500 || status == 302);
            assert_eq!(lost.is_some(), is_lost, "{shown}");
            assert_eq!(error.service_code(), code, "{shown}");
            let said =
                lost.map_or(error.message(), |(before, _)| Some(before)).filter(|text| !text.is_empty());
            let starts = |text: &str| said.is_some_and(|message| message.starts_with(text));
            assert!(message.map_or(said.is_none(), starts), "{shown}");
            assert_eq!(error.operation(), Some(operation.id), "{shown}");
        }
    }
}
