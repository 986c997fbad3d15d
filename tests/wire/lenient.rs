//! Elements and fields that do not match the spec are converted or left out, with a warning.

use std::sync::{Arc, Mutex};

use partner_center_insights::{Error, ErrorKind, Report, Warning};
use serde_json::{Value, json};

use crate::support::{self, REPORT_ID, Server, TOKEN};
use crate::{builder, logs};

const ODD_ID: &str = "8b0f6c1d-52e9-4a37-b8d4-1f7c3e90a265";

async fn list(body: impl AsRef<[u8]>) -> (Result<Vec<Report>, Error>, Vec<Warning>) {
    let server = Server::sending(support::response(200, "", body)).await;
    let warnings = Arc::<Mutex<Vec<Warning>>>::default();
    let seen = warnings.clone();
    let client =
        builder(&server).on_warning(move |warning| seen.lock().unwrap().push(warning.clone())).build();
    let result = client.unwrap().reports().await;
    let warnings = warnings.lock().unwrap().clone();
    (result, warnings)
}

/// A good report, and another one with these members.
fn with(odd: &str) -> String {
    format!(
        r#"{{"value":[{{"reportId":"{REPORT_ID}","reportStatus":"Paused"}},{{"reportStatus":"Active",{odd}}}],"totalCount":2,"statusCode":200}}"#
    )
}

fn field(report: &Report, name: &str) -> Value {
    serde_json::to_value(report).unwrap().as_object().unwrap().iter().fold(
        Value::Null,
        |found, (key, value)| {
            if key.eq_ignore_ascii_case(name) { value.clone() } else { found }
        },
    )
}

#[tokio::test]
async fn odd_field_is_read_or_left_out() {
    for (name, odd, expected) in [
        ("recurrenceInterval", r#""24""#, json!(24)),
        ("recurrenceInterval", r#"" 24 ""#, json!(24)),
        ("recurrenceInterval", "24.0", json!(24)),
        ("recurrenceInterval", r#""24.0""#, json!(24)),
        ("recurrenceInterval", "2.4e1", json!(24)),
        ("recurrenceInterval", "24.5", Value::Null),
        ("recurrenceInterval", r#""""#, Value::Null),
        ("recurrenceInterval", r#""daily""#, Value::Null),
        ("recurrenceInterval", "[24]", Value::Null),
        ("recurrenceCount", "2147483648", Value::Null),
        ("recurrenceCount", "1e999", Value::Null),
        ("recurrenceCount", r#""99999999999""#, Value::Null),
        ("executeNow", r#""False""#, json!(false)),
        ("executeNow", r#""true""#, json!(true)),
        ("executeNow", "1", json!(true)),
        ("executeNow", r#""maybe""#, Value::Null),
        ("user", "142344300", json!("142344300")),
        ("user", "12345678901234567890", json!("12345678901234567890")),
        ("user", "true", json!("true")),
        ("user", "{}", Value::Null),
        ("reportName", r#""a \ud800 b""#, json!("a \u{fffd} b")),
        ("createdTime", "5", json!("5")),
        ("query", r#"["SELECT"]"#, Value::Null),
        ("recurrenceInterval", r#""+24""#, json!(24)),
        ("recurrenceInterval", r#""1,000""#, Value::Null),
        ("executeNow", r#""yes""#, Value::Null),
        // Ids and statuses are never converted.
        ("reportStatus", "1", Value::Null),
        ("queryId", "7", Value::Null),
    ] {
        let odd = match name {
            "reportStatus" => format!(r#""reportId":"{ODD_ID}","#),
            name => format!(r#""reportId":"{ODD_ID}","{name}":{odd}"#),
        };
        let body = match name {
            "reportStatus" => with(odd.trim_end_matches(',')).replace(r#""Active""#, "1"),
            _ => with(&odd),
        };
        let (reports, warnings) = list(body).await;
        let reports = reports.unwrap_or_else(|error| panic!("{odd}: {error}"));
        assert_eq!((reports.len(), field(&reports[1], name)), (2, expected), "{odd}");
        let [warning] = &warnings[..] else { panic!("{odd}: {warnings:?}") };
        assert_eq!(warning.id.as_deref(), Some(ODD_ID), "{odd}");
        assert_eq!(warning.field, format!("value[1].{name}"), "{odd}");
    }
}

#[tokio::test]
async fn invalid_json_field_keeps_the_other_reports() {
    for (name, odd, expected) in [
        ("recurrenceInterval", "NaN", Value::Null),
        ("recurrenceInterval", "-Infinity", Value::Null),
        ("recurrenceInterval", "024", json!(24)),
        ("recurrenceInterval", "+24", json!(24)),
        ("executeNow", "True", json!(true)),
        ("executeNow", "undefined", Value::Null),
        ("queryId", "None", json!("None")),
        ("reportName", r#""a\xb""#, json!("a\\xb")),
        ("reportName", r#""C:\Data\u12""#, json!("C:\\Data\\u12")),
        ("reportName", r#""a","#, json!("a")),
    ] {
        let (reports, warnings) = list(with(&format!(r#""reportId":"{ODD_ID}","{name}":{odd}"#))).await;
        let reports = reports.unwrap_or_else(|error| panic!("{odd}: {error}"));
        assert_eq!((reports.len(), field(&reports[1], name)), (2, expected), "{odd}");
        assert_eq!(warnings[0].field, "the response", "{odd}: {warnings:?}");
    }
    let (reports, warnings) = list(with(&format!(r#""reportId":"{ODD_ID}""#)) + "\0\0").await;
    assert_eq!((reports.unwrap().len(), warnings.len()), (2, 1));
}

#[tokio::test]
async fn deeply_nested_field_keeps_the_other_reports() {
    for name in ["user", "unknown"] {
        let nested = format!("{}{}", "[".repeat(300), "]".repeat(300));
        let (reports, _) = list(with(&format!(r#""reportId":"{ODD_ID}","{name}":{nested}"#))).await;
        assert_eq!(reports.unwrap().len(), 2, "{name}");
    }
}

#[tokio::test]
async fn repeated_field_is_read_if_unambiguous() {
    for (odd, name, is_warned) in [
        (r#""format":"csv","format":"csv""#, Some("csv"), false),
        (r#""format":"csv","Format":"csv""#, Some("csv"), false),
        (r#""format":null,"Format":"csv""#, Some("csv"), false),
        (r#""format":"csv","Format":"tsv""#, None, true),
        (r#""format":"csv","format":"tsv""#, None, true),
    ] {
        let (reports, warnings) = list(with(&format!(r#""reportId":"{ODD_ID}",{odd}"#))).await;
        assert_eq!(reports.unwrap()[1].format.as_deref(), name, "{odd}");
        assert_eq!(!warnings.is_empty(), is_warned, "{odd}: {warnings:?}");
    }
}

#[tokio::test]
async fn report_without_a_usable_id_is_left_out() {
    for odd in [
        r#""reportId":null"#,
        r#""reportId":"""#,
        r#""reportId":7"#,
        r#""reportId":"sales""#,
        r#""reportName":"no id","recurrenceInterval":"x""#,
        &format!(r#""reportId":"{ODD_ID}","ReportId":"{REPORT_ID}""#),
        &format!(r#""reportid":"{ODD_ID}""#),
    ] {
        let (reports, warnings) = list(with(odd)).await;
        assert_eq!(reports.unwrap().len(), 1, "{odd}");
        let [warning] = &warnings[..] else { panic!("{odd}: {warnings:?}") };
        assert!(warning.field.starts_with("value[1]"), "{warning}");
        assert!(warning.problem.contains("left out"), "{warning}");
    }
    for element in ["null", "7", "[]", r#""text""#] {
        let body = with("").replace(r#"{"reportStatus":"Active",}"#, element);
        let (reports, warnings) = list(body).await;
        assert_eq!((reports.unwrap().len(), warnings.len()), (1, 1), "{element}");
    }
}

#[tokio::test]
async fn list_of_unreadable_reports_is_an_error() {
    for body in [r#"{"value":[{"name":"x"}],"totalCount":1}"#, r#"{"value":[null,null]}"#, r#"{"value":[1]}"#]
    {
        let error = list(body).await.0.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{body}");
        assert!(error.to_string().contains("value[0]"), "{error}");
    }
}

#[tokio::test]
async fn odd_envelope_is_read() {
    for (from, to, is_warned) in [
        (r#""totalCount":2"#, r#""totalCount":"2""#, true),
        (r#""totalCount":2"#, r#""totalCount":2.0"#, true),
        (r#""totalCount":2"#, r#""totalCount":[]"#, true),
        (r#""totalCount":2"#, r#""totalCount":1"#, true),
        (r#""totalCount":2"#, r#""totalCount":2,"TotalCount":2"#, false),
        (r#""statusCode":200"#, r#""statusCode":"200""#, true),
        (r#""statusCode":200"#, r#""statusCode":"OK""#, true),
        (r#""statusCode":200"#, r#""message":{}"#, true),
        (r#""statusCode":200"#, r#""message":"\udc00""#, false),
        (r#""statusCode":200"#, r#""dataRedacted":"no""#, true),
        (r#""statusCode":200"#, r#""another":[[[[1]]]]"#, false),
    ] {
        let body = with(&format!(r#""reportId":"{ODD_ID}""#)).replace(from, to);
        let (reports, warnings) = list(&body).await;
        assert_eq!(reports.unwrap_or_else(|error| panic!("{to}: {error}")).len(), 2);
        assert_eq!(!warnings.is_empty(), is_warned, "{to}: {warnings:?}");
    }
}

#[tokio::test]
async fn undecodable_text_is_replaced() {
    let id = format!(r#""reportId":"{ODD_ID}","reportName":"#);
    let mut latin = with(&format!("{id}\"f?r\"")).into_bytes();
    let at = latin.iter().position(|byte| *byte == b'?').unwrap();
    latin[at] = 0xfc;
    let (reports, warnings) = list(latin).await;
    assert_eq!(reports.unwrap()[1].report_name.as_deref(), Some("f\u{fffd}r"));
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let (reports, warnings) = list(with(&format!("{id}\"a\r\n\tb\""))).await;
    assert_eq!(reports.unwrap()[1].report_name.as_deref(), Some("a\r\n\tb"));
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let utf16 = with(&format!("{id}\"für\"")).encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    assert_eq!(list(utf16).await.0.unwrap()[1].report_name.as_deref(), Some("für"));
}

#[tokio::test]
async fn warnings_hold_no_values() {
    logs::record();
    let secret = "sig=very-secret";
    let (reports, warnings) = list(with(&format!(
        r#""reportId":"{ODD_ID}","recurrenceInterval":"{secret}","executeNow":"{secret}","startTime":["{TOKEN}"],"{TOKEN}":"\ud800","queryId":{{"x":"{secret}"}}"#
    )))
    .await;
    assert_eq!(reports.unwrap().len(), 2);
    assert_eq!(warnings.len(), 5, "{warnings:?}");
    let shown = format!("{warnings:?} {}", logs::text());
    assert!(!shown.contains(secret) && !shown.contains(TOKEN), "{shown}");
}

#[tokio::test]
async fn odd_executions_and_resumed_reports_are_read() {
    let server = Server::start(Vec::new()).await;
    let client = builder(&server).build().unwrap();
    server.send_next(support::json(
        200,
        r#"{"value":[{"executionId":"e1","recurrenceCount":"7"},{"executionId":7}]}"#,
    ));
    let executions = client.executions(REPORT_ID).await.unwrap();
    assert_eq!((executions.len(), executions[0].recurrence_count), (1, Some(7)));
    let body = format!(
        r#"{{"value":[{{"reportId":"{REPORT_ID}","reportStatus":"Active","user":7}}],"statusCode":"200"}}"#
    );
    server.send_next(support::json(200, &body));
    assert!(client.resume(REPORT_ID).await.unwrap().unwrap().is_active());
    // The report whose id cannot be read may be the requested one.
    server.send_next(support::json(200, &with(r#""reportId":null"#)));
    assert!(client.report(REPORT_ID).await.unwrap().is_some());
    assert_eq!(client.report(ODD_ID).await.unwrap_err().kind(), ErrorKind::InvalidResponse);
}
