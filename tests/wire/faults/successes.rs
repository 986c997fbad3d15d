//! Unusual responses that are valid, and transient failures.

use super::{Row, check, gzip, gzipped, succeeds};
use crate::support::{ONE_REPORT, Step, json, raw_response, response, text};

fn ok() -> Vec<u8> {
    json(200, ONE_REPORT)
}

#[tokio::test]
async fn unusual_but_valid_responses_are_read() {
    let length = ONE_REPORT.len();
    let chunks = format!("{length:x}\r\n{ONE_REPORT}\r\n0\r\n\r\n");
    let hints = b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n".to_vec();
    check(vec![
        succeeds("usual", vec![ok()]),
        Row { scripts: vec![vec![Step::Drip(ok())]], ..succeeds("one byte at a time", vec![ok()]) },
        succeeds("100 Continue first", vec![[b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(), ok()].concat()]),
        succeeds("103 Early Hints first", vec![[hints, ok()].concat()]),
        succeeds("90 headers", vec![response(200, &"X-A: b\r\n".repeat(90), ONE_REPORT)]),
        succeeds("HTTP/1.0 without a length", vec![raw_response("HTTP/1.0 200 OK", ONE_REPORT)]),
        succeeds("chunked", vec![raw_response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", chunks)]),
        succeeds("gzip", vec![gzipped(200, &gzip(ONE_REPORT))]),
        succeeds("a reason phrase", vec![json("200 Fine", ONE_REPORT)]),
        succeeds("another media type", vec![text(200, ONE_REPORT)]),
        succeeds("202", vec![json(202, "")]),
        succeeds("204", vec![raw_response("HTTP/1.1 204 No Content", "")]),
    ])
    .await;
}

#[tokio::test]
async fn retry_succeeds_after_a_transient_failure() {
    let half = raw_response("HTTP/1.1 200 OK\r\nContent-Length: 99", "{");
    check(vec![
        succeeds("503", vec![json(503, ""), ok()]),
        succeeds("500 twice", vec![json(500, ""), json(500, ""), ok()]),
        succeeds("429", vec![response(429, "Retry-After: 0\r\n", ""), ok()]),
        succeeds("closed", vec![vec![], ok()]),
        succeeds("half a body", vec![half, ok()]),
    ])
    .await;
}
