//! Successes that cannot be read.

use partner_center_insights::ErrorKind::*;

use super::{GOOD, Row, fails, gzip, gzipped};
use crate::server::{http, json};

pub fn rows() -> Vec<Row> {
    let accepted = "the service accepted the request";
    vec![
        fails("200, empty", json("200 OK", ""), InvalidResponse, 200, 1, accepted),
        fails(
            "200, HTML",
            http("200 OK", "text/html", "<html>Sign in</html>"),
            InvalidResponse,
            200,
            1,
            accepted,
        ),
        fails("200, other JSON", json("200 OK", r#"{"ok":true}"#), InvalidResponse, 200, 1, accepted),
        fails(
            "200, a field of another type",
            json("200 OK", r#"{"value":[{"reportId":7}]}"#),
            InvalidResponse,
            200,
            1,
            "value[0].reportId",
        ),
        fails("200, very deep", json("200 OK", &"[".repeat(100_000)), InvalidResponse, 200, 1, accepted),
        fails(
            "200, 20 MB",
            http("200 OK", "application/json", &" ".repeat(18_000_000)),
            InvalidResponse,
            200,
            1,
            "larger than max_response_bytes (16777216 bytes)",
        ),
        fails(
            "200, a gzip bomb",
            gzipped("200 OK", &gzip(vec![b' '; 18_000_000])),
            InvalidResponse,
            200,
            1,
            "larger than max_response_bytes (16777216 bytes)",
        ),
        fails(
            "200, said to be compressed",
            gzipped("200 OK", b"not gzip at all"),
            InvalidResponse,
            200,
            1,
            "HTTP 200",
        ),
        fails("200, compressed and cut", gzipped("200 OK", &gzip(GOOD)[..40]), Connect, 200, 3, "HTTP 200"),
    ]
}
