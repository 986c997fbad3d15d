//! The requests that are sent.

use std::collections::BTreeMap;

use partner_center_insights::auth::StaticToken;
use partner_center_insights::{ErrorKind, InsightsClient, Program};
use uuid::Uuid;

use crate::support::{EMPTY_LIST, REPORT_ID, Server, TOKEN, json};
use crate::{builder, client};

async fn server() -> Server {
    Server::sending(json(200, EMPTY_LIST)).await
}

fn lines(server: &Server) -> Vec<String> {
    server.requests().iter().map(|request| request.line()).collect()
}

#[tokio::test]
async fn resume_sends_the_documented_request() {
    let server = server().await;
    client(&server).resume(REPORT_ID).await.unwrap();

    let [request] = &server.requests()[..] else { panic!("{:?}", server.requests()) };
    assert_eq!(request.line(), format!("PUT /insights/v1/mpn/ScheduledReport/resume/{REPORT_ID}"));
    assert_eq!(request.body, "");

    let mut headers: BTreeMap<_, _> = request.headers.iter().cloned().collect();
    assert_eq!(headers.len(), request.headers.len(), "a header was sent twice: {request:?}");
    let mut take = |name: &str| headers.remove(name).unwrap_or_else(|| panic!("no {name}: {request:?}"));
    assert_eq!(take("authorization"), format!("Bearer {TOKEN}"));
    assert_eq!(take("content-type"), "application/json");
    assert_eq!(take("content-length"), "0");
    assert_eq!(take("accept"), "application/json");
    assert_eq!(take("host"), server.url().trim_start_matches("http://"));
    assert!(take("user-agent").starts_with("partner-center-insights/"));
    assert!(Uuid::parse_str(&take("ms-requestid")).is_ok());
    assert!(Uuid::parse_str(&take("ms-correlationid")).is_ok());
    assert_eq!(take("accept-encoding"), "gzip");
    assert!(headers.is_empty(), "also sent: {headers:?}");
}

#[tokio::test]
async fn each_operation_uses_its_own_path() {
    let server = server().await;
    let client = client(&server);
    client.pause(REPORT_ID).await.unwrap();
    client.reports().await.unwrap();
    client.executions(REPORT_ID).await.unwrap();
    assert_eq!(
        lines(&server),
        [
            format!("PUT /insights/v1/mpn/ScheduledReport/pause/{REPORT_ID}"),
            "GET /insights/v1/mpn/ScheduledReport".to_owned(),
            format!("GET /insights/v1/mpn/ScheduledReport/execution/{REPORT_ID}?getLatestExecution=false"),
        ]
    );
}

#[tokio::test]
async fn path_follows_base_url_program_and_version() {
    let server = server().await;
    for (suffix, program, version, path) in [
        ("/", Program::Mpn, None, "/insights/v1/mpn"),
        ("/gateway", Program::Mpn, None, "/gateway/insights/v1/mpn"),
        ("/gateway/", Program::Cmp, None, "/gateway/insights/v1.1/cmp"),
        ("", Program::Cmp, Some("v1"), "/insights/v1/cmp"),
        ("/insights/v1/mpn", Program::Mpn, None, "/insights/v1/mpn"),
        ("/Insights/V1/MPN/", Program::Mpn, None, "/insights/v1/mpn"),
        ("/gateway/insights/v1.1/cmp", Program::Cmp, None, "/gateway/insights/v1.1/cmp"),
        ("/insights/v1", Program::Mpn, None, "/insights/v1/mpn"),
        ("/insights/", Program::Cmp, None, "/insights/v1.1/cmp"),
        ("/insights-gateway", Program::Mpn, None, "/insights-gateway/insights/v1/mpn"),
    ] {
        let builder = builder(&server).base_url(server.url() + suffix).program(program);
        let builder = match version {
            Some(version) => builder.version(version),
            None => builder,
        };
        builder.build().unwrap().resume(REPORT_ID).await.unwrap();
        let line = format!("PUT {path}/ScheduledReport/resume/{REPORT_ID}");
        assert_eq!(lines(&server).last(), Some(&line));
    }
}

#[tokio::test]
async fn invalid_report_id_is_refused_before_sending() {
    let server = server().await;
    let client = client(&server);
    for id in ["", "..", "../pause", "sales", "3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c", "3f0c2a5e/6c1b"] {
        let error = client.resume(id).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidArgument, 0), "{id}");
        assert!(error.to_string().contains(&format!("{id:?}")), "{error}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn report_id_is_sent_trimmed_and_in_lower_case() {
    let server = server().await;
    client(&server).resume(format!(" {} ", REPORT_ID.to_uppercase())).await.unwrap();
    assert_eq!(lines(&server), [format!("PUT /insights/v1/mpn/ScheduledReport/resume/{REPORT_ID}")]);
}

#[tokio::test]
async fn pasted_token_is_trimmed() {
    let server = server().await;
    for pasted in [
        format!(" Bearer {TOKEN}\n"),
        format!("\"{TOKEN}\"\r\n"),
        format!("'{TOKEN}'"),
        format!("\"Bearer {TOKEN}\""),
        format!("bearer \"{TOKEN}\""),
        format!("Authorization: Bearer {TOKEN}"),
        format!("\u{feff}{TOKEN}\u{200b}"),
    ] {
        builder(&server).token(&pasted).build().unwrap().resume(REPORT_ID).await.unwrap();
        let sent = format!("Bearer {TOKEN}");
        assert_eq!(server.take_requests()[0].header("authorization"), Some(&*sent), "{pasted:?}");
    }
}

#[tokio::test]
async fn invalid_token_is_refused_and_not_shown() {
    let server = server().await;
    for token in [
        "",
        "  ",
        "\"\"",
        r#"{"access_token":"x","refresh_token":"s3cr3t"}"#,
        r#"["x"]"#,
        "two words",
        "line\r\nX-Injected: 1",
        "tökén",
        "“eyJ0.eyJ0.c2ln”",
        "'“eyJ0.eyJ0.c2ln”'",
        "@{AccessToken=x}",
        "@{AccessToken=x; ExpiresOn=y}",
        "${TOKEN}",
        "$TOKEN",
        "$(az_token)",
        "%TOKEN%",
        "{{TOKEN}}",
        "<token>",
        "null",
        "Undefined",
        "Bearer null",
        "None",
        "System.Security.SecureString",
        "Microsoft.Azure.Commands.Profile.Models.PSSecureAccessToken",
        "[object Object]",
        "access_token=x",
        "x=y=",
        "==",
        "a,b",
    ] {
        let early = builder(&server).token(token).build().unwrap_err();
        // The token of a source is known only when it is needed.
        let client = builder(&server).token(token).token_source(StaticToken::new(token)).build().unwrap();
        let late = client.resume(REPORT_ID).await.unwrap_err();
        for error in [early, late] {
            assert_eq!(error.kind(), ErrorKind::Credential);
            let shown = format!("{error} {error:#} {error:?}");
            let bare = token.trim_matches([' ', '"']);
            assert!(bare.len() < 5 || !shown.contains(bare), "{shown}");
        }
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn debug_output_hides_the_token() {
    let builder = InsightsClient::builder().token(TOKEN);
    assert!(!format!("{builder:?}").contains(TOKEN));
    assert!(!format!("{:?}", builder.build().unwrap()).contains(TOKEN));
}

#[test]
fn https_and_loopback_base_urls_are_accepted() {
    for url in [
        "https://api.partnercenter.microsoft.com",
        "https://proxy.example:8443/partner",
        "http://localhost:1",
        "http://LOCALHOST:1",
        "http://127.0.0.1:1",
        "http://127.8.9.1:1",
        "http://[::1]:1",
    ] {
        let builder = InsightsClient::builder().token(TOKEN).base_url(url);
        assert!(builder.build().is_ok(), "{url}");
    }
}

#[test]
fn other_base_urls_are_refused_without_the_password() {
    for url in [
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
        let error = InsightsClient::builder().token(TOKEN).base_url(url).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{url}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}

#[test]
fn base_url_with_another_path_of_the_api_is_refused() {
    for path in [
        "/insights/v1/cmp",
        "/insights/v1.1/mpn",
        "/insights/v1/mpn/ScheduledReport",
        "/insights/v2",
        "/insights/v1/mpn/insights/v1/mpn",
        "/gateway/insights/v1/m",
    ] {
        let builder = InsightsClient::builder().token(TOKEN);
        let error = builder.base_url(format!("https://api.example{path}")).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{path}");
        let message = error.message().unwrap();
        assert!(message.contains("expected https://api.example, with"), "{message}");
    }
}

#[test]
fn client_without_a_token_is_refused() {
    assert_eq!(InsightsClient::builder().build().unwrap_err().kind(), ErrorKind::Configuration);
}

#[test]
fn invalid_version_is_refused() {
    let builder = InsightsClient::builder().token(TOKEN).version("v1/../..");
    assert_eq!(builder.build().unwrap_err().kind(), ErrorKind::InvalidArgument);
}
