//! Connections that break or do not speak HTTP.

use std::time::Duration;

use partner_center_insights::ErrorKind::*;

use super::{breaks, check};
use crate::support::{Step, raw_response};

fn send(bytes: impl Into<Vec<u8>>) -> Vec<Step> {
    vec![Step::Send(bytes.into())]
}

fn half_a_body(status: &str) -> Vec<u8> {
    raw_response(&format!("HTTP/1.1 {status}\r\nContent-Length: 1000"), "half of it")
}

#[tokio::test]
async fn lost_connections_are_retried() {
    // Without this pause, the reset may arrive before the bytes.
    let pause = Step::Wait(Duration::from_millis(20));
    let chunk = raw_response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", "ff\r\n{}\r\n");
    check(vec![
        breaks("closed before the head", vec![], Connect, None, 3, ""),
        breaks("reset before the head", vec![Step::Reset], Connect, None, 3, ""),
        breaks("closed in the status line", send("HTTP/1.1 20"), Connect, None, 3, ""),
        breaks("closed in the head", send("HTTP/1.1 200 OK\r\nContent-Le"), Connect, None, 3, ""),
        breaks(
            "reset in the head",
            vec![Step::Send(b"HTTP/1.1 200 OK\r\n".to_vec()), pause.clone(), Step::Reset],
            Connect,
            None,
            3,
            "",
        ),
        breaks("closed in the body", send(half_a_body("200 OK")), Connect, Some(200), 3, "HTTP 200"),
        breaks(
            "reset in the body",
            vec![Step::Send(half_a_body("200 OK")), pause, Step::Reset],
            Connect,
            Some(200),
            3,
            "HTTP 200",
        ),
        breaks("closed in a chunk", send(chunk), Connect, Some(200), 3, "HTTP 200"),
    ])
    .await;
}

#[tokio::test]
async fn missing_response_times_out_and_is_retried() {
    let head = raw_response("HTTP/1.1 200 OK\r\nContent-Length: 100", "");
    check(vec![
        breaks("no response", vec![Step::Hang], Timeout, None, 3, ""),
        breaks("no body", vec![Step::Send(head), Step::Hang], Timeout, Some(200), 3, "HTTP 200"),
    ])
    .await;
}

#[tokio::test]
async fn error_status_counts_despite_a_broken_body() {
    let hang = vec![Step::Send(half_a_body("404 Not Found")), Step::Hang];
    check(vec![
        breaks("404", send(half_a_body("404 Not Found")), NotFound, Some(404), 1, "half of it"),
        breaks("500", send(half_a_body("500 Oops")), ServerError, Some(500), 3, "half of it"),
        breaks("404 and no end", hang, NotFound, Some(404), 1, "half of it"),
    ])
    .await;
}

#[tokio::test]
async fn invalid_http_is_not_retried() {
    let lengths = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}";
    let headers = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X-A: b\r\n".repeat(1000));
    let header = format!("HTTP/1.1 200 OK\r\nX-A: {}", "a".repeat(1_000_000));
    let chunk = raw_response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", "zz\r\n{}\r\n0\r\n\r\n");
    check(vec![
        breaks("SSH", send("SSH-2.0-OpenSSH_9.2\r\n"), InvalidResponse, None, 1, ""),
        breaks("invalid status", send("HTTP/1.1 ABC No\r\n\r\n"), InvalidResponse, None, 1, ""),
        breaks("two lengths", send(lengths), InvalidResponse, None, 1, ""),
        breaks("a thousand headers", send(headers), InvalidResponse, None, 1, ""),
        breaks("a header of a megabyte", send(header), InvalidResponse, None, 1, ""),
        breaks("a chunk without a length", send(chunk), InvalidResponse, Some(200), 1, "HTTP 200"),
    ])
    .await;
}
