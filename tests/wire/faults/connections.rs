//! Connections that do not do what HTTP asks of them.

use std::time::Duration;

use partner_center_insights::ErrorKind::*;

use super::{Row, played, raw};
use crate::server::Step;

pub fn rows() -> Vec<Row> {
    let half = |status: &str| raw(&format!("HTTP/1.1 {status}\r\nContent-Length: 1000"), "half of it");
    let send = |bytes: &[u8]| vec![Step::Send(bytes.to_vec())];
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
    vec![
        played("closed before the head", vec![], Connect, None, 3, ""),
        played("reset before the head", vec![Step::Reset], Connect, None, 3, ""),
        played("closed in the status line", send(b"HTTP/1.1 20"), Connect, None, 3, ""),
        played("closed in the head", send(b"HTTP/1.1 200 OK\r\nContent-Le"), Connect, None, 3, ""),
        played(
            "reset in the head",
            vec![
                Step::Send(b"HTTP/1.1 200 OK\r\n".to_vec()),
                Step::Wait(Duration::from_millis(20)),
                Step::Reset,
            ],
            Connect,
            None,
            3,
            "",
        ),
        played("half a body of a success", send(&half("200 OK")), Connect, Some(200), 3, "truncated"),
        played(
            "half a body of a refusal",
            send(&half("404 Not Found")),
            NotFound,
            Some(404),
            1,
            "half of it",
        ),
        played("half a body of a failure", send(&half("500 Oops")), ServerError, Some(500), 3, "half of it"),
        played(
            "reset in the body",
            vec![Step::Send(half("200 OK")), Step::Wait(Duration::from_millis(20)), Step::Reset],
            Connect,
            Some(200),
            3,
            "truncated",
        ),
        played("no answer", vec![Step::Hang], Timeout, None, 3, ""),
        played(
            "a head and no body",
            vec![Step::Send(head.to_vec()), Step::Hang],
            Timeout,
            Some(200),
            3,
            "timed out",
        ),
        played(
            "a refusal and no body",
            vec![Step::Send(half("404 Not Found")), Step::Hang],
            NotFound,
            Some(404),
            1,
            "half of it",
        ),
        played(
            "a chunk that is shorter than it says",
            send(&raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", "ff\r\n{}\r\n")),
            Connect,
            Some(200),
            3,
            "truncated",
        ),
        played(
            "a chunk without a length",
            send(&raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", "zz\r\n{}\r\n0\r\n\r\n")),
            InvalidResponse,
            Some(200),
            1,
            "HTTP 200",
        ),
        played("no HTTP", send(b"SSH-2.0-OpenSSH_9.2\r\n"), InvalidResponse, None, 1, ""),
        played("a status that is none", send(b"HTTP/1.1 ABC No\r\n\r\n"), InvalidResponse, None, 1, ""),
        played(
            "two lengths",
            send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}"),
            InvalidResponse,
            None,
            1,
            "",
        ),
        played(
            "a thousand headers",
            send(&[b"HTTP/1.1 200 OK\r\n".to_vec(), b"X-A: b\r\n".repeat(1000), b"\r\n".to_vec()].concat()),
            InvalidResponse,
            None,
            1,
            "",
        ),
        played(
            "a header without end",
            send(&[b"HTTP/1.1 200 OK\r\nX-A: ".to_vec(), vec![b'a'; 1_000_000]].concat()),
            InvalidResponse,
            None,
            1,
            "",
        ),
    ]
}
