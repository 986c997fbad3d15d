//! What comes of each answer.

use std::time::{Duration, SystemTime};

use partner_center_insights::{Error, ErrorKind, InsightsClient, Report, ReportStatus, RetryPolicy};

use crate::server::{CORRELATION, Server, http, json};
use crate::{ID, TOKEN, client};

async fn resume(answer: impl Into<Vec<u8>>) -> Result<Option<Report>, Error> {
    let server = Server::sending(answer).await;
    client(&server.url()).resume(ID).await
}

const CAMEL: &str = r#"{"value":[{"reportId":"3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4","reportName":"Weekly","description":null,
"queryId":"8b0f6c1d-52e9-4a37-b8d4-1f7c3e90a265","query":"SELECT a\r\nFROM b","user":"someone@example.com",
"createdTime":"2024-01-01T08:00:00Z","modifiedTime":"2024-02-01T08:00:00Z","executeNow":false,"queryStartTime":null,
"queryEndTime":null,"startTime":"2024-01-01T14:00:00Z","reportStatus":"Active","recurrenceInterval":24,
"recurrenceCount":100,"callbackUrl":null,"callbackMethod":null,"format":"csv"}],
"nextLink":null,"totalCount":1,"message":null,"statusCode":200,"dataRedacted":false}"#;

/// The same body as the pages spell it.
fn pascal() -> String {
    let mut words = CAMEL.split('"').map(str::to_owned).collect::<Vec<_>>();
    // Every other piece is a text in quotes; it is a name if a colon follows.
    for i in (1..words.len() - 1).step_by(2) {
        if words[i + 1].starts_with(':') {
            words[i] = words[i][..1].to_uppercase() + &words[i][1..];
        }
    }
    words.join("\"")
}

#[tokio::test]
async fn both_spellings_give_the_same_report() {
    assert!(pascal().contains(r#""ReportStatus":"Active""#));
    let camel = resume(json("200 OK", CAMEL)).await.unwrap().unwrap();
    let pascal = resume(json("200 OK", &pascal())).await.unwrap().unwrap();
    assert_eq!(camel, pascal);
    assert_eq!(camel.report_id.to_string(), ID);
    assert_eq!(camel.report_status, Some(ReportStatus::Active));
    assert_eq!(camel.query.as_deref(), Some("SELECT a\r\nFROM b"));
    assert_eq!(camel.recurrence_count, Some(100));
}

#[tokio::test]
async fn odd_but_real_answers_are_read() {
    let body = format!(
        r#"{{"value":[{{"reportId":" {ID} ","reportStatus":"Hibernating","createdTime":"2024-01-01T08:00:00",
        "startTime":"tomorrow","modifiedTime":null,"recurrenceInterval":-1,"newField":{{"a":[1]}},"user":"12345"}}],"another":1}}"#
    );
    let report = resume(json("200 OK", &body)).await.unwrap().unwrap();
    assert_eq!(report.report_id.to_string(), ID);
    assert_eq!(report.report_status, Some(ReportStatus::Other("Hibernating".into())));
    let noon = SystemTime::UNIX_EPOCH + Duration::from_secs(1_704_096_000);
    assert_eq!(report.created_time.unwrap().to_system_time(), Some(noon));
    assert_eq!(report.start_time.as_ref().unwrap().as_str(), "tomorrow");
    assert_eq!(report.start_time.unwrap().to_system_time(), None);
    assert_eq!((report.modified_time, report.recurrence_count), (None, None));
    assert_eq!(report.recurrence_interval, Some(-1));
}

#[tokio::test]
async fn a_byte_order_mark_is_no_obstacle() {
    let report = resume(json("200 OK", &format!("\u{feff}{CAMEL}"))).await.unwrap();
    assert!(report.is_some());
}

#[tokio::test]
async fn success_without_a_report_is_success() {
    for answer in [
        json("202 Accepted", ""),
        b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(),
        json("200 OK", r#"{"value":null,"message":"done","statusCode":200}"#),
        json("200 OK", r#"{"Value":[],"TotalCount":0,"Message":null,"StatusCode":200}"#),
    ] {
        assert_eq!(resume(answer).await.unwrap(), None);
    }
}

#[tokio::test]
async fn failures_keep_status_message_and_ids_whatever_their_body_is() {
    let html = "<html><head><title>Request\n blocked</title></head><body><p>no</p></body></html>";
    let rows = [
        (http("401 Unauthorized", "text/plain", ""), ErrorKind::Unauthenticated, 401, None),
        (http("403 Forbidden", "text/html", html), ErrorKind::Forbidden, 403, Some("Request blocked")),
        (
            http("500 Internal Server Error", "text/plain", "it broke"),
            ErrorKind::ServerError,
            500,
            Some("it broke"),
        ),
        (
            json("200 OK", r#"{"value":[],"message":"No item","statusCode":404}"#),
            ErrorKind::NotFound,
            404,
            Some("No item"),
        ),
        (
            json("200 OK", r#"{"Message":"No item","StatusCode":404}"#),
            ErrorKind::NotFound,
            404,
            Some("No item"),
        ),
        (
            json("200 OK", r#"{"Value":"?","Message":"No item","StatusCode":404}"#),
            ErrorKind::NotFound,
            404,
            Some("No item"),
        ),
    ];
    for (answer, kind, status, message) in rows {
        let shown = String::from_utf8_lossy(&answer).into_owned();
        let error = resume(answer).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{shown}");
        assert_eq!(error.status(), Some(status), "{shown}");
        assert_eq!(error.message(), message, "{shown}");
        assert_eq!(error.correlation_id(), Some(CORRELATION), "{shown}");
        assert!(error.request_id().is_some_and(|id| uuid::Uuid::parse_str(id).is_ok()), "{shown}");
        assert_eq!(error.operation(), Some("resumeReportExecutions"));
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_says_that_the_request_was_accepted() {
    for (body, place) in [
        ("", "EOF"),
        ("<html>", "expected value"),
        (r#"{"value":[{"reportId":"sales"}]}"#, "value[0].reportId"),
        (r#"{"value":[{"reportName":"no id"}]}"#, "value[0]"),
        (r#"{"unrelated":true}"#, "envelope"),
        ("[]", "ReportEnvelope"),
    ] {
        let error = resume(json("200 OK", body)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{body}");
        assert_eq!(error.status(), Some(200), "{body}");
        let message = error.to_string();
        assert!(message.contains("the service accepted the request") && message.contains(place), "{message}");
    }
}

#[tokio::test]
async fn a_long_token_is_in_no_error_not_even_in_part() {
    let token = "eyJ0eXAi".repeat(200);
    for answer in [
        json("400 Bad Request", &format!(r#"{{"message":"bad token {token}"}}"#)),
        json("400 Bad Request", &format!(r#"{{"code":"{token}","description":"d"}}"#)),
        json("200 OK", &format!(r#"{{"value":"{token}"}}"#)),
        json("200 OK", &format!(r#"{{"value":[],"message":"{token}","statusCode":400}}"#)),
        format!("HTTP/1.1 500 Oops\r\nMS-CorrelationId: {token}\r\nContent-Length: 0\r\n\r\n").into_bytes(),
        format!("HTTP/1.1 302 Found\r\nLocation: /{token}\r\nContent-Length: 0\r\n\r\n").into_bytes(),
    ] {
        let server = Server::sending(answer.clone()).await;
        let builder = InsightsClient::builder().token(token.as_str());
        let builder = builder.base_url(server.url()).retry(RetryPolicy::never());
        let error = builder.build().unwrap().resume(ID).await.unwrap_err();
        let shown = format!("{error} {error:#} {error:?}");
        assert!(!shown.contains("eyJ0eXAieyJ0eXAi"), "{shown}");
    }
}

#[tokio::test]
async fn an_answer_may_be_as_large_as_the_limit_and_not_larger() {
    let server = Server::sending(json("200 OK", CAMEL)).await;
    let builder =
        || InsightsClient::builder().token(TOKEN).base_url(server.url()).retry(RetryPolicy::never());
    let client = builder().max_response_bytes(CAMEL.len()).build().unwrap();
    assert!(client.resume(ID).await.unwrap().unwrap().is_active());
    let error = builder().max_response_bytes(CAMEL.len() - 1).build().unwrap().resume(ID).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::InvalidResponse, Some(200)));
    let limit = format!("larger than max_response_bytes ({} bytes)", CAMEL.len() - 1);
    assert!(error.to_string().contains(&limit), "{error}");
}

#[tokio::test]
async fn a_length_that_there_is_no_memory_for_is_only_a_word() {
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{CAMEL}", 1_u64 << 50);
    let server = Server::sending(answer).await;
    let builder = InsightsClient::builder().token(TOKEN).base_url(server.url()).retry(RetryPolicy::never());
    let error = builder.max_response_bytes(usize::MAX).build().unwrap().resume(ID).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Connect, Some(200)), "{error}");
}

#[tokio::test]
async fn a_success_without_a_list_is_no_empty_list() {
    for answer in
        [json("202 Accepted", ""), json("203 Other", CAMEL), b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()]
    {
        let server = Server::sending(answer).await;
        let error = client(&server.url()).reports().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidResponse);
    }
}

#[tokio::test]
async fn the_token_is_in_no_error_even_if_the_service_repeats_it() {
    let error =
        resume(http("500 Oops", "text/plain", &format!("bad header: Bearer {TOKEN}"))).await.unwrap_err();
    for shown in [format!("{error}"), format!("{error:#}"), format!("{error:?}"), format!("{error:#?}")] {
        assert!(!shown.contains(TOKEN), "{shown}");
        assert!(shown.contains("[token]"), "{shown}");
    }
    let client = client("http://localhost:1");
    assert!(!format!("{client:?}").contains(TOKEN));
}
