//! What is sent, byte for byte.

use std::collections::BTreeMap;

use partner_center_insights::{ErrorKind, InsightsClient, Program, RetryPolicy};

use crate::server::{Server, json};
use crate::{ID, TOKEN, client};

const EMPTY: &str = r#"{"value":[],"totalCount":0,"message":null,"statusCode":200}"#;

/// The request line, the headers by lower-case name, and the body.
fn parts(request: &str) -> (String, BTreeMap<String, String>, String) {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut lines = head.split("\r\n");
    let line = lines.next().unwrap().to_owned();
    let headers: Vec<_> = lines.map(|line| line.split_once(": ").unwrap()).collect();
    let map: BTreeMap<_, _> =
        headers.iter().map(|(name, value)| (name.to_lowercase(), (*value).to_owned())).collect();
    assert_eq!(headers.len(), map.len(), "a header was sent twice: {request}");
    (line, map, body.to_owned())
}

#[tokio::test]
async fn a_resume_is_exactly_the_documented_request() {
    let server = Server::sending(json("200 OK", EMPTY)).await;
    client(&server.url()).resume(ID).await.unwrap();

    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    let (line, mut headers, body) = parts(&requests[0]);
    assert_eq!(line, format!("PUT /insights/v1/mpn/ScheduledReport/resume/{ID} HTTP/1.1"));
    assert_eq!(body, "");

    let mut take =
        |name: &str| headers.remove(name).unwrap_or_else(|| panic!("no {name} in {}", requests[0]));
    assert_eq!(take("authorization"), format!("Bearer {TOKEN}"));
    assert_eq!(take("content-type"), "application/json");
    assert_eq!(take("content-length"), "0");
    assert_eq!(take("accept"), "application/json");
    assert_eq!(take("host"), server.url().trim_start_matches("http://"));
    assert!(take("user-agent").starts_with("partner-center-insights/"));
    assert!(uuid::Uuid::parse_str(&take("ms-requestid")).is_ok());
    assert!(uuid::Uuid::parse_str(&take("ms-correlationid")).is_ok());
    assert_eq!(take("accept-encoding"), "gzip");
    assert!(headers.is_empty(), "also sent: {headers:?}");
}

#[tokio::test]
async fn every_operation_takes_its_own_path() {
    let server = Server::sending(json("200 OK", EMPTY)).await;
    let client = client(&server.url());
    client.pause(ID).await.unwrap();
    client.reports().await.unwrap();
    client.executions(ID).await.unwrap();

    let lines: Vec<_> = server.requests().iter().map(|request| parts(request).0).collect();
    assert_eq!(
        lines,
        [
            format!("PUT /insights/v1/mpn/ScheduledReport/pause/{ID} HTTP/1.1"),
            "GET /insights/v1/mpn/ScheduledReport HTTP/1.1".to_owned(),
            format!("GET /insights/v1/mpn/ScheduledReport/execution/{ID}?getLatestExecution=false HTTP/1.1"),
        ]
    );
}

#[tokio::test]
async fn a_slash_a_prefix_the_program_and_the_version_shape_the_path() {
    let server = Server::sending(json("200 OK", EMPTY)).await;
    for (suffix, program, version, path) in [
        ("/", Program::Mpn, None, "/insights/v1/mpn"),
        ("/gateway", Program::Mpn, None, "/gateway/insights/v1/mpn"),
        ("/gateway/", Program::Cmp, None, "/gateway/insights/v1.1/cmp"),
        ("", Program::Cmp, Some("v1"), "/insights/v1/cmp"),
    ] {
        let builder = InsightsClient::builder().token(TOKEN).base_url(server.url() + suffix).program(program);
        let builder = match version {
            Some(version) => builder.version(version),
            None => builder,
        };
        builder.build().unwrap().resume(ID).await.unwrap();
        let (line, ..) = parts(server.requests().last().unwrap());
        assert_eq!(line, format!("PUT {path}/ScheduledReport/resume/{ID} HTTP/1.1"));
    }
}

#[tokio::test]
async fn a_bad_report_id_is_refused_before_anything_is_sent() {
    let server = Server::sending(json("200 OK", EMPTY)).await;
    let client = client(&server.url());
    for bad in ["", "..", "../pause", "sales", "3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c", "3f0c2a5e/6c1b"] {
        let error = client.resume(bad).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{bad}");
        let message = error.to_string();
        assert!(message.contains("is not a report id") && message.contains(ID), "{message}");
    }
    assert_eq!(server.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn an_id_in_another_spelling_is_sent_in_the_usual_one() {
    let server = Server::sending(json("200 OK", EMPTY)).await;
    client(&server.url()).resume(format!(" {} ", ID.to_uppercase())).await.unwrap();
    assert!(server.requests()[0].starts_with(&format!("PUT /insights/v1/mpn/ScheduledReport/resume/{ID} ")));
}

#[tokio::test]
async fn a_pasted_token_is_cleaned_and_one_that_is_none_is_refused_without_being_shown() {
    let server = Server::sending(json("200 OK", EMPTY)).await;
    let with = |token: String| {
        let builder =
            InsightsClient::builder().token(token).base_url(server.url()).retry(RetryPolicy::never());
        builder.build().unwrap()
    };
    with(format!(" Bearer {TOKEN}\n")).resume(ID).await.unwrap();
    assert!(server.requests()[0].contains(&format!("authorization: Bearer {TOKEN}\r\n")));

    for bad in ["", "  ", "{\"access_token\": \"x\"}", "two words", "line\r\nX-Injected: 1", "tökén"] {
        let error = with(bad.to_owned()).resume(ID).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credential);
        let shown = format!("{error} {error:#} {error:?}");
        assert!(bad.trim().is_empty() || !shown.contains(bad), "{shown}");
    }
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn only_https_and_this_machine_are_addresses_for_a_token() {
    let build = |url: &str| InsightsClient::builder().token(TOKEN).base_url(url).build();
    for good in [
        "https://api.partnercenter.microsoft.com",
        "https://proxy.example:8443/partner",
        "http://localhost:1",
        "http://LOCALHOST:1",
        "http://127.0.0.1:1",
        "http://127.8.9.1:1",
        "http://[::1]:1",
    ] {
        assert!(build(good).is_ok(), "{good}");
    }
    for bad in [
        "http://api.partnercenter.microsoft.com",
        "http://localhost.example",
        "http://[2001:db8::1]",
        "http://128.0.0.1",
        "ftp://localhost",
        "api.partnercenter.microsoft.com",
        "https://",
        "",
        "https://host/?api=1",
        "https://host/#fragment",
        "https://user:hunter2@host",
        "https://user@host",
        "file:///etc/passwd",
    ] {
        let error = build(bad).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{bad}");
        assert!(!error.to_string().contains("hunter2"));
    }
    assert_eq!(InsightsClient::builder().build().unwrap_err().kind(), ErrorKind::Configuration);
    let version = InsightsClient::builder().token(TOKEN).version("v1/../..").build();
    assert_eq!(version.unwrap_err().kind(), ErrorKind::InvalidArgument);
}
