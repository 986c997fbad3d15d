//! Bodies of failures: status decides, detail is what can be had.

use partner_center_insights::ErrorKind::*;

use super::{ENVELOPE, Row, fails, gzip, gzipped, raw};
use crate::server::{http, json};

pub fn rows() -> Vec<Row> {
    let utf16: Vec<u8> = "bad".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let html = "<html><head><title>Access &amp; denied</title></head></html>";
    let deep = "[".repeat(100_000);
    vec![
        fails("envelope, camelCase", json("400 Bad Request", ENVELOPE), BadRequest, 400, 1, "why"),
        fails(
            "envelope, PascalCase",
            json("400 Bad Request", r#"{"Message":"why","StatusCode":400}"#),
            BadRequest,
            400,
            1,
            "why",
        ),
        fails(
            "gateway: statusCode and message",
            json("403 Forbidden", r#"{"statusCode":403,"message":"no"}"#),
            Forbidden,
            403,
            1,
            "no",
        ),
        fails(
            "gateway: code and description",
            json("400 Bad Request", r#"{"code":"2000","description":"odd","data":[]}"#),
            BadRequest,
            400,
            1,
            "odd",
        ),
        fails(
            "nested error",
            json("404 Not Found", r#"{"error":{"code":"NF","message":"gone"}}"#),
            NotFound,
            404,
            1,
            "gone",
        ),
        fails(
            "OAuth error",
            json("401 Unauthorized", r#"{"error":"invalid_token","error_description":"ended"}"#),
            Unauthenticated,
            401,
            1,
            "ended",
        ),
        fails(
            "problem details",
            http("409 Conflict", "application/problem+json", r#"{"title":"t","detail":"busy"}"#),
            Conflict,
            409,
            1,
            "busy",
        ),
        fails(
            "plain text",
            http("400 Bad Request", "text/plain", "plain\nwords"),
            BadRequest,
            400,
            1,
            "plain words",
        ),
        fails(
            "HTML gives its title",
            http("403 Forbidden", "text/html", html),
            Forbidden,
            403,
            1,
            "Access &amp; denied",
        ),
        fails("HTML as JSON", json("403 Forbidden", html), Forbidden, 403, 1, "Access"),
        fails("empty", json("401 Unauthorized", ""), Unauthenticated, 401, 1, ""),
        fails("broken JSON", json("400 Bad Request", r#"{"message":"half"#), BadRequest, 400, 1, ""),
        fails("JSON of another kind", json("400 Bad Request", "[1,2,3]"), BadRequest, 400, 1, ""),
        fails("null", json("400 Bad Request", "null"), BadRequest, 400, 1, ""),
        fails("very deep JSON", json("400 Bad Request", &deep), BadRequest, 400, 1, ""),
        fails(
            "byte order mark",
            json("400 Bad Request", &format!("\u{feff}{ENVELOPE}")),
            BadRequest,
            400,
            1,
            "why",
        ),
        fails(
            "another charset",
            raw("HTTP/1.1 400 Bad Request\r\nContent-Length: 6", &utf16),
            BadRequest,
            400,
            1,
            "",
        ),
        fails("compressed", gzipped("400 Bad Request", &gzip(ENVELOPE)), BadRequest, 400, 1, "why"),
        fails("said to be compressed", gzipped("400 Bad Request", b"not gzip"), BadRequest, 400, 1, ""),
        fails(
            "a message of a megabyte is cut",
            http("400 Bad Request", "text/plain", &"word ".repeat(200_000)),
            BadRequest,
            400,
            1,
            "word word",
        ),
        fails(
            "40 MB",
            http("400 Bad Request", "text/plain", &"x".repeat(40_000_000)),
            BadRequest,
            400,
            1,
            "xxx",
        ),
        fails(
            "a gzip bomb",
            gzipped("400 Bad Request", &gzip(vec![b' '; 5_000_000])),
            BadRequest,
            400,
            1,
            "",
        ),
        fails(
            "control characters",
            http("400 Bad Request", "text/plain", "a\x1b[31mred\x07"),
            BadRequest,
            400,
            1,
            "a [31mred",
        ),
    ]
}
