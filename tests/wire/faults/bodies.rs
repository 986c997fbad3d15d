//! Bodies of error responses: the status decides, and the body adds a message if it can be read.

use partner_center_insights::ErrorKind::*;

use super::{ENVELOPE, check, fails, gzip, gzipped};
use crate::support::{html, json, response, text};

#[tokio::test]
async fn error_message_is_found_in_every_shape() {
    let title = "<html><head><title>Access &amp; denied</title></head></html>";
    let problem = r#"{"title":"t","detail":"busy"}"#;
    check(vec![
        fails("envelope in camelCase", json(400, ENVELOPE), BadRequest, 400, 1, "why"),
        fails("envelope in PascalCase", json(400, r#"{"Message":"why"}"#), BadRequest, 400, 1, "why"),
        fails(
            "gateway: statusCode and message",
            json(403, r#"{"statusCode":403,"message":"no"}"#),
            Forbidden,
            403,
            1,
            "no",
        ),
        fails(
            "gateway: code and description",
            json(400, r#"{"code":"2000","description":"odd","data":[]}"#),
            BadRequest,
            400,
            1,
            "odd",
        ),
        fails(
            "nested error",
            json(404, r#"{"error":{"code":"NF","message":"gone"}}"#),
            NotFound,
            404,
            1,
            "gone",
        ),
        fails(
            "OAuth error",
            json(401, r#"{"error":"invalid_token","error_description":"ended"}"#),
            Unauthenticated,
            401,
            1,
            "ended",
        ),
        fails(
            "problem details",
            response(409, "Content-Type: application/problem+json\r\n", problem),
            Conflict,
            409,
            1,
            "busy",
        ),
        fails("plain text", text(400, "plain\nwords"), BadRequest, 400, 1, "plain words"),
        fails("title of HTML", html(403, title), Forbidden, 403, 1, "Access &amp; denied"),
        fails("HTML labeled as JSON", json(403, title), Forbidden, 403, 1, "Access"),
        fails("byte order mark", json(400, &format!("\u{feff}{ENVELOPE}")), BadRequest, 400, 1, "why"),
        fails("gzip", gzipped(400, &gzip(ENVELOPE)), BadRequest, 400, 1, "why"),
        fails("control characters", text(400, "a\x1b[31mred\x07"), BadRequest, 400, 1, "ared"),
    ])
    .await;
}

#[tokio::test]
async fn unreadable_error_body_leaves_the_status() {
    let utf16: Vec<u8> = "bad".encode_utf16().flat_map(u16::to_le_bytes).collect();
    check(vec![
        fails("empty", json(401, ""), Unauthenticated, 401, 1, ""),
        fails("malformed JSON", json(400, r#"{"message":"half"#), BadRequest, 400, 1, ""),
        fails("array", json(400, "[1,2,3]"), BadRequest, 400, 1, ""),
        fails("null", json(400, "null"), BadRequest, 400, 1, ""),
        fails("deeply nested JSON", json(400, &"[".repeat(100_000)), BadRequest, 400, 1, ""),
        fails("UTF-16", response(400, "", &utf16), BadRequest, 400, 1, ""),
        fails("mislabeled as gzip", gzipped(400, b"not gzip"), BadRequest, 400, 1, ""),
    ])
    .await;
}

#[tokio::test]
async fn huge_error_body_is_cut() {
    check(vec![
        fails("words", text(400, &"word ".repeat(200_000)), BadRequest, 400, 1, "word word"),
        fails("one word", text(400, &"x".repeat(40_000_000)), BadRequest, 400, 1, "xxx"),
        fails("gzip bomb", gzipped(400, &gzip(vec![b' '; 5_000_000])), BadRequest, 400, 1, ""),
    ])
    .await;
}
