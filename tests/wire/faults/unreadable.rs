//! Bodies of HTTP 200 that cannot be read.

use partner_center_insights::ErrorKind::*;

use super::{check, fails, gzip, gzipped};
use crate::client;
use crate::support::{ONE_REPORT, REPORT_ID, Server, html, json, response, text};

#[tokio::test]
async fn unreadable_success_names_the_problem() {
    let name_only = r#"{"value":[{"reportName":"no id"}]}"#;
    check(vec![
        fails("empty", json(200, ""), InvalidResponse, 200, 1, "EOF"),
        fails(
            "HTML",
            html(200, "<html>Sign in</html>"),
            InvalidResponse,
            200,
            1,
            "received a web page instead: Sign in",
        ),
        fails("another object", json(200, r#"{"ok":true}"#), InvalidResponse, 200, 1, "envelope"),
        fails("array", json(200, "[]"), InvalidResponse, 200, 1, "expected an envelope"),
        fails(
            "invalid id",
            json(200, r#"{"value":[{"reportId":"sales"}]}"#),
            InvalidResponse,
            200,
            1,
            "value[0].reportId",
        ),
        fails(
            "another type",
            json(200, r#"{"value":[{"reportId":7}]}"#),
            InvalidResponse,
            200,
            1,
            "value[0].reportId",
        ),
        fails("missing id", json(200, name_only), InvalidResponse, 200, 1, "value[0]"),
        fails("deeply nested", json(200, &"[".repeat(100_000)), InvalidResponse, 200, 1, "accepted"),
        fails("mislabeled as gzip", gzipped(200, b"not gzip at all"), InvalidResponse, 200, 1, "HTTP 200"),
        fails("truncated gzip", gzipped(200, &gzip(ONE_REPORT)[..40]), Connect, 200, 3, "HTTP 200"),
    ])
    .await;
}

#[tokio::test]
async fn page_inside_a_success_is_quoted() {
    let portal = "<!doctype html><html><head><title>Guest Wi-Fi - sign in</title></head></html>";
    let message = "received a web page instead: Guest Wi-Fi - sign in";
    let utf16 = portal.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let row = |name, response, message| fails(name, response, InvalidResponse, 200, 1, message);
    check(vec![
        row("text/html", html(200, portal), message),
        row("application/json", json(200, portal), message),
        row("text/plain", text(200, portal), message),
        row("byte order mark", html(200, &format!("\u{feff}\n{portal}")), message),
        row("UTF-16", response(200, "", utf16), message),
        row("gzip", gzipped(200, &gzip(portal)), message),
        row(
            "heading",
            html(200, "<body><h1>Accept the terms</h1>"),
            "received a web page instead: Accept the terms",
        ),
        row("in a string", json(200, &serde_json::to_string(portal).unwrap()), message),
        row(
            "words",
            text(200, "Please sign in to continue"),
            "received text instead: Please sign in to continue",
        ),
        row(
            "XML",
            text(200, "<Error><Message>down</Message></Error>"),
            "received an XML document instead: down",
        ),
        fails("202", html(202, portal), InvalidResponse, 202, 1, message),
    ])
    .await;
}

#[tokio::test]
async fn response_over_the_default_limit_is_refused() {
    let spaces = " ".repeat(18_000_000);
    check(vec![
        fails("18 MB", json(200, &spaces), InvalidResponse, 200, 1, "16777216"),
        fails("gzip bomb", gzipped(200, &gzip(&spaces)), InvalidResponse, 200, 1, "16777216"),
    ])
    .await;
}

#[tokio::test]
async fn unreadable_success_says_it_was_accepted() {
    let server = Server::start(Vec::new()).await;
    let client = client(&server);
    for body in ["", "[]", r#"{"unrelated":true}"#, r#"{"value":[{"reportId":"sales"}]}"#] {
        server.send_next(json(200, body));
        let error = client.resume(REPORT_ID).await.unwrap_err();
        assert!(error.to_string().contains("accepted the request"), "{error}");
    }
}
