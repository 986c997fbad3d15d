//! How single responses are read.

use std::time::{Duration, SystemTime};

use partner_center_insights::{Error, ErrorKind, Report, ReportStatus};

use crate::support::{
    CORRELATION_ID, EMPTY_LIST, ONE_REPORT, REPORT_ID, Server, TOKEN, json, raw_response, response, text,
};
use crate::{builder, client};

async fn resume(response: impl Into<Vec<u8>>) -> Result<Option<Report>, Error> {
    client(&Server::sending(response).await).resume(REPORT_ID).await
}

const CAMEL_CASE: &str = r#"{"value":[{"reportId":"3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4","reportName":"Weekly","description":null,
"queryId":"8b0f6c1d-52e9-4a37-b8d4-1f7c3e90a265","query":"SELECT a\r\nFROM b","user":"someone@example.com",
"createdTime":"2024-01-01T08:00:00Z","modifiedTime":"2024-02-01T08:00:00Z","executeNow":false,"queryStartTime":null,
"queryEndTime":null,"startTime":"2024-01-01T14:00:00Z","reportStatus":"Active","recurrenceInterval":24,
"recurrenceCount":100,"callbackUrl":null,"callbackMethod":null,"format":"csv"}],
"nextLink":null,"totalCount":1,"message":null,"statusCode":200,"dataRedacted":false}"#;

/// The same body, with names as in the documentation.
fn pascal_case() -> String {
    let mut parts = CAMEL_CASE.split('"').map(str::to_owned).collect::<Vec<_>>();
    // Every second part is a string; one that a colon follows is a name.
    for i in (1..parts.len() - 1).step_by(2) {
        if parts[i + 1].starts_with(':') {
            parts[i] = parts[i][..1].to_uppercase() + &parts[i][1..];
        }
    }
    parts.join("\"")
}

#[tokio::test]
async fn both_spellings_give_the_same_report() {
    assert!(pascal_case().contains(r#""ReportStatus":"Active""#));
    let camel = resume(json(200, CAMEL_CASE)).await.unwrap().unwrap();
    let pascal = resume(json(200, &pascal_case())).await.unwrap().unwrap();
    assert_eq!(camel, pascal);
    assert_eq!(camel.report_id.to_string(), REPORT_ID);
    assert_eq!(camel.report_status, Some(ReportStatus::Active));
    assert_eq!(camel.query.as_deref(), Some("SELECT a\r\nFROM b"));
    assert_eq!(camel.recurrence_count, Some(100));
}

#[tokio::test]
async fn unexpected_field_values_are_accepted() {
    let body = format!(
        r#"{{"value":[{{"reportId":" {REPORT_ID} ","reportStatus":"Hibernating","createdTime":"2024-01-01T08:00:00",
        "startTime":"tomorrow","modifiedTime":null,"recurrenceInterval":-1,"newField":{{"a":[1]}},"user":"12345"}}],"another":1}}"#
    );
    let report = resume(json(200, &body)).await.unwrap().unwrap();
    assert_eq!(report.report_id.to_string(), REPORT_ID);
    assert_eq!(report.report_status, Some(ReportStatus::Other("Hibernating".into())));
    let created = SystemTime::UNIX_EPOCH + Duration::from_secs(1_704_096_000);
    assert_eq!(report.created_time.unwrap().to_system_time(), Some(created));
    assert_eq!(report.start_time.as_ref().unwrap().as_str(), "tomorrow");
    assert_eq!(report.start_time.unwrap().to_system_time(), None);
    assert_eq!((report.modified_time, report.recurrence_count), (None, None));
    assert_eq!(report.recurrence_interval, Some(-1));
}

#[tokio::test]
async fn byte_order_mark_is_ignored() {
    let marked = format!("\u{feff}{ONE_REPORT}");
    // With and without a length, which are read in different ways.
    for response in [json(200, &marked), raw_response("HTTP/1.1 200 OK", &marked)] {
        assert!(resume(response).await.unwrap().unwrap().is_active());
    }
}

#[tokio::test]
async fn success_without_a_report_is_none() {
    let server = Server::start(Vec::new()).await;
    let client = client(&server);
    for response in [
        json(202, ""),
        raw_response("HTTP/1.1 204 No Content", ""),
        json(200, r#"{"value":null,"message":"done","statusCode":200}"#),
        json(200, r#"{"Value":[],"TotalCount":0,"Message":null,"StatusCode":200}"#),
    ] {
        server.send_next(response);
        assert_eq!(client.resume(REPORT_ID).await.unwrap(), None);
    }
}

#[tokio::test]
async fn success_without_a_list_is_an_error() {
    let server = Server::start(Vec::new()).await;
    let client = client(&server);
    for response in
        [json(202, ""), json("203 Other", EMPTY_LIST), raw_response("HTTP/1.1 204 No Content", "")]
    {
        server.send_next(response);
        let error = client.reports().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidResponse);
    }
}

#[tokio::test]
async fn announced_length_is_not_allocated() {
    let response = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{ONE_REPORT}", 1_u64 << 50);
    let server = Server::sending(response).await;
    let client = builder(&server).max_response_bytes(usize::MAX).build().unwrap();
    let error = client.resume(REPORT_ID).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Connect, Some(200)), "{error}");
}

#[tokio::test]
async fn token_in_a_response_is_redacted() {
    let error = resume(text(500, &format!("bad header: Bearer {TOKEN}"))).await.unwrap_err();
    for shown in [format!("{error}"), format!("{error:#}"), format!("{error:?}"), format!("{error:#?}")] {
        assert!(!shown.contains(TOKEN), "{shown}");
        assert!(shown.contains("[token]"), "{shown}");
    }
}

#[tokio::test]
async fn truncated_token_is_redacted() {
    let token = "eyJ0eXAi".repeat(200);
    let server = Server::start(Vec::new()).await;
    let client = builder(&server).token(token.as_str()).build().unwrap();
    for response in [
        json(400, &format!(r#"{{"message":"bad token {token}"}}"#)),
        json(400, &format!(r#"{{"code":"{token}","description":"d"}}"#)),
        json(200, &format!(r#"{{"value":"{token}"}}"#)),
        json(200, &format!(r#"{{"value":[],"message":"{token}","statusCode":400}}"#)),
        String::from_utf8(json(500, "")).unwrap().replace(CORRELATION_ID, &token).into_bytes(),
        response(302, &format!("Location: /{token}\r\n"), ""),
    ] {
        server.send_next(response);
        let error = client.resume(REPORT_ID).await.unwrap_err();
        let shown = format!("{error} {error:#} {error:?}");
        assert!(!shown.contains("eyJ0eXAieyJ0eXAi"), "{shown}");
    }
}
