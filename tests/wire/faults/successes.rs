//! Odd answers that are good ones, and failures that pass.

use super::{GOOD, Row, gzip, gzipped, ok, raw, succeeds};
use crate::server::{Step, http, json};

pub fn rows() -> Vec<Row> {
    let answer = |head: &str| raw(head, GOOD);
    let length = GOOD.len();
    let throttled =
        |wait: &str| raw(&format!("HTTP/1.1 429 Too Many\r\nRetry-After: {wait}\r\nContent-Length: 0"), "");
    vec![
        succeeds("a good answer", vec![ok()]),
        Row { scripts: vec![vec![Step::Drip(ok())]], ..succeeds("one byte at a time", vec![ok()]) },
        succeeds("100 Continue first", vec![[b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(), ok()].concat()]),
        succeeds(
            "103 Early Hints first",
            vec![[b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n".to_vec(), ok()].concat()],
        ),
        succeeds(
            "90 headers",
            vec![answer(&format!("HTTP/1.1 200 OK\r\n{}Content-Length: {length}", "X-A: b\r\n".repeat(90)))],
        ),
        succeeds("HTTP/1.0 and no length", vec![answer("HTTP/1.0 200 OK")]),
        succeeds(
            "chunked",
            vec![raw(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked",
                format!("{length:x}\r\n{GOOD}\r\n0\r\n\r\n"),
            )],
        ),
        succeeds("compressed", vec![gzipped("200 OK", &gzip(GOOD))]),
        succeeds("no reason phrase", vec![answer(&format!("HTTP/1.1 200 \r\nContent-Length: {length}"))]),
        succeeds("another media type", vec![http("200 OK", "text/plain", GOOD)]),
        succeeds("202", vec![json("202 Accepted", "")]),
        succeeds("204", vec![raw("HTTP/1.1 204 No Content", "")]),
        succeeds("503, then good", vec![json("503 Busy", ""), ok()]),
        succeeds("500 twice, then good", vec![json("500 Oops", ""), json("500 Oops", ""), ok()]),
        succeeds("429, then good", vec![throttled("0"), ok()]),
        succeeds("closed, then good", vec![vec![], ok()]),
        succeeds("half a body, then good", vec![raw("HTTP/1.1 200 OK\r\nContent-Length: 99", "{"), ok()]),
    ]
}
