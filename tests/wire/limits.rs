//! Requested waits and remaining calls in the headers of responses.

use std::time::Duration;

use partner_center_insights::ErrorKind;

use crate::support::{EMPTY_LIST, REPORT_ID, Server, Step, response};
use crate::{builder, client};

#[tokio::test]
async fn requested_wait_is_read_in_every_form() {
    let server = Server::start(Vec::new()).await;
    let dated = "Date: Sun, 06 Nov 1994 08:49:00 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    for (headers, milliseconds) in [
        ("Retry-After: 30\r\n", Some(30_000)),
        ("Retry-After: 2.5\r\n", Some(2_500)),
        ("Retry-After: 299.997\r\n", Some(299_997)),
        ("Retry-After: 3, 3\r\n", Some(3_000)),
        ("Retry-After: 3\r\nRetry-After: 5\r\n", Some(5_000)),
        ("Retry-After: \"30\"\r\n", Some(30_000)),
        ("Retry-After: +30\r\n", Some(30_000)),
        ("Retry-After: 30s\r\n", Some(30_000)),
        ("Retry-After: 30 seconds\r\n", Some(30_000)),
        ("Retry-After: 30; comment=x\r\n", Some(30_000)),
        ("Retry-After: 00:00:30\r\n", Some(30_000)),
        ("x-ms-retry-after: 30\r\n", Some(30_000)),
        ("X-Retry-After: 30\r\n", Some(30_000)),
        (&dated.replacen("GMT", "UTC", 1), Some(37_000)),
        (&dated.replace("37 GMT", "37 +0000"), Some(37_000)),
        (&dated.replace("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"), Some(37_000)),
        (&dated.replace("Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT"), Some(37_000)),
        (&dated.replace("Sun, 06 Nov 1994 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"), Some(37_000)),
        ("retry-after-ms: 1500\r\n", Some(1_500)),
        ("x-ms-retry-after-ms: 1500\r\nRetry-After: 2\r\n", Some(1_500)),
        ("x-ms-retry-after-ms: soon\r\nRetry-After: 2\r\n", Some(2_000)),
        // The clock of this machine is decades ahead of the `Date` header.
        (dated, Some(37_000)),
        ("Retry-After: -1\r\n", None),
        ("Retry-After: inf\r\n", None),
        ("Retry-After: 1e9\r\n", None),
        ("Retry-After:\r\n", None),
    ] {
        server.send_next(response(429, headers, ""));
        let error = client(&server).resume(REPORT_ID).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Throttled);
        assert_eq!(error.retry_after(), milliseconds.map(Duration::from_millis), "{headers}");
    }
}

#[tokio::test]
async fn odd_remaining_counts_do_not_block_calls() {
    let server = Server::start(Vec::new()).await;
    for headers in [
        "X-RateLimit-Remaining: -1\r\n",
        "X-RateLimit-Remaining: 0, 9\r\n",
        "X-RateLimit-Remaining: 9\r\nX-RateLimit-Remaining: 0\r\n",
        "X-RateLimit-Remaining: 0\r\n",
        "X-RateLimit-Remaining: many\r\n",
    ] {
        server.send_next(response(200, headers, EMPTY_LIST));
        let client = builder(&server).build().unwrap();
        for _ in 0..3 {
            client.resume(REPORT_ID).await.unwrap();
        }
        assert_eq!(server.count(), 3, "{headers}");
    }
}

#[tokio::test]
async fn connection_closed_on_reuse_is_not_a_failure() {
    // The first response lacks `Connection: close`, but the connection is closed.
    let kept = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{EMPTY_LIST}", EMPTY_LIST.len());
    let server = Server::start(vec![vec![Step::Send(kept.into_bytes())]]).await;
    let client = client(&server);
    for _ in 0..5 {
        client.resume(REPORT_ID).await.unwrap();
    }
    assert_eq!(server.count(), 5);
}
