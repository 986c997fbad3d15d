//! Every answer that the network can give: one row each.

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use partner_center_insights::{ErrorKind, ErrorKind::*};

use crate::server::{CORRELATION, Script, Server, Step, http, json};
use crate::{ID, TOKEN, logs, patient_client};

const GOOD: &str = r#"{"value":[{"reportId":"3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4","reportStatus":"Active"}],"totalCount":1,"message":null,"statusCode":200}"#;
const ENVELOPE: &str = r#"{"value":[],"totalCount":0,"message":"why","statusCode":400}"#;

struct Row {
    name: &'static str,
    scripts: Vec<Script>,
    /// Nothing if the call succeeds.
    kind: Option<ErrorKind>,
    status: Option<u16>,
    attempts: usize,
    /// A part of the message; an empty one means that there is none.
    message: Option<&'static str>,
}

/// A failure: name, answer, kind, status, attempts, part of the message.
fn fails(
    name: &'static str,
    answer: impl Into<Vec<u8>>,
    kind: ErrorKind,
    status: u16,
    attempts: usize,
    message: &'static str,
) -> Row {
    played(name, vec![Step::Send(answer.into())], kind, Some(status), attempts, message)
}

/// A failure after a script.
fn played(
    name: &'static str,
    script: Script,
    kind: ErrorKind,
    status: Option<u16>,
    attempts: usize,
    message: &'static str,
) -> Row {
    Row { name, scripts: vec![script], kind: Some(kind), status, attempts, message: Some(message) }
}

/// A success after these answers.
fn succeeds(name: &'static str, answers: Vec<Vec<u8>>) -> Row {
    let attempts = answers.len();
    let scripts = answers.into_iter().map(|answer| vec![Step::Send(answer)]).collect();
    Row { name, scripts, kind: None, status: None, attempts, message: None }
}

/// A head with these lines, and a body that nothing is added to.
fn raw(head: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let mut bytes = format!("{head}\r\nMS-CorrelationId: {CORRELATION}\r\n\r\n").into_bytes();
    bytes.extend_from_slice(body.as_ref());
    bytes
}

fn gzip(text: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_ref()).unwrap();
    encoder.finish().unwrap()
}

fn gzipped(status: &str, body: &[u8]) -> Vec<u8> {
    raw(&format!("HTTP/1.1 {status}\r\nContent-Encoding: gzip\r\nContent-Length: {}", body.len()), body)
}

fn ok() -> Vec<u8> {
    json("200 OK", GOOD)
}

/// Bodies of failures: status decides, detail is what can be had.
fn bodies() -> Vec<Row> {
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

/// Statuses, and the codes that tell some of them apart.
fn statuses() -> Vec<Row> {
    let code = |code: &str| json("401 Unauthorized", &format!(r#"{{"code":"{code}","description":"d"}}"#));
    vec![
        fails("402", json("402 Payment Required", ""), BadRequest, 402, 1, ""),
        fails("405", json("405 Method Not Allowed", ""), BadRequest, 405, 1, ""),
        fails("408 is repeated", json("408 Request Timeout", ""), Unavailable, 408, 3, ""),
        fails("410", json("410 Gone", ""), NotFound, 410, 1, ""),
        fails(
            "411",
            http("411 Length Required", "text/html", "<title>Length Required</title>"),
            BadRequest,
            411,
            1,
            "Length",
        ),
        fails("412", json("412 Precondition Failed", ""), Conflict, 412, 1, ""),
        fails(
            "429 is repeated",
            raw("HTTP/1.1 429 Too Many\r\nRetry-After: 0\r\nContent-Length: 0", ""),
            Throttled,
            429,
            3,
            "",
        ),
        fails("451", json("451 Unavailable For Legal Reasons", ""), BadRequest, 451, 1, ""),
        fails("500 is repeated", json("500 Internal Server Error", ENVELOPE), ServiceFailure, 500, 3, "why"),
        fails("501 is repeated", json("501 Not Implemented", ""), ServiceFailure, 501, 3, ""),
        fails(
            "502 is repeated",
            http("502 Bad Gateway", "text/html", "<title>502</title>"),
            Unavailable,
            502,
            3,
            "502",
        ),
        fails("503 is repeated", json("503 Service Unavailable", ""), Unavailable, 503, 3, ""),
        fails("504 is repeated", json("504 Gateway Timeout", ""), Unavailable, 504, 3, ""),
        fails("520", json("520 Unknown", ""), ServiceFailure, 520, 3, ""),
        fails("999", json("999 Odd", ""), BrokenContract, 999, 1, ""),
        fails("304", raw("HTTP/1.1 304 Not Modified", ""), BrokenContract, 304, 1, "redirected"),
        fails("900421 needs another sign-in", code("900421"), MfaRequired, 401, 1, "d"),
        fails("900420 needs another audience", code("900420"), WrongAudience, 401, 1, "d"),
        fails(
            "900329 needs a user",
            json("403 Forbidden", r#"{"code":900329}"#),
            AppOnlyNotAllowed,
            403,
            1,
            "",
        ),
        fails(
            "200 that says 429 is repeated",
            json("200 OK", r#"{"statusCode":429,"message":"slow"}"#),
            Throttled,
            429,
            3,
            "slow",
        ),
        fails(
            "200 that says 403",
            json("200 OK", r#"{"StatusCode":403,"Message":"no"}"#),
            Forbidden,
            403,
            1,
            "no",
        ),
        fails(
            "200 that says an absurd status",
            json("200 OK", r#"{"statusCode":70000}"#),
            ServiceFailure,
            599,
            3,
            "",
        ),
        fails(
            "a long wait fails at once",
            raw("HTTP/1.1 429 Too Many\r\nRetry-After: 3600\r\nContent-Length: 0", ""),
            Throttled,
            429,
            1,
            "",
        ),
        fails(
            "a date far away fails at once",
            raw("HTTP/1.1 503 Busy\r\nRetry-After: Fri, 31 Dec 2100 23:59:59 GMT\r\nContent-Length: 0", ""),
            Unavailable,
            503,
            1,
            "",
        ),
        fails(
            "an absurd wait fails at once",
            raw("HTTP/1.1 429 Too Many\r\nRetry-After: 18446744073709551615\r\nContent-Length: 0", ""),
            Throttled,
            429,
            1,
            "",
        ),
        fails(
            "a wait that is none is ignored",
            raw("HTTP/1.1 503 Busy\r\nRetry-After: soon\r\nContent-Length: 0", ""),
            Unavailable,
            503,
            3,
            "",
        ),
        fails(
            "a negative wait is ignored",
            raw("HTTP/1.1 503 Busy\r\nRetry-After: -5\r\nContent-Length: 0", ""),
            Unavailable,
            503,
            3,
            "",
        ),
        fails(
            "a date in the past is no wait",
            raw("HTTP/1.1 503 Busy\r\nRetry-After: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 0", ""),
            Unavailable,
            503,
            3,
            "",
        ),
    ]
}

/// Successes that cannot be read.
fn unreadable() -> Vec<Row> {
    let accepted = "the service accepted the request";
    vec![
        fails("200, empty", json("200 OK", ""), BrokenContract, 200, 1, accepted),
        fails(
            "200, HTML",
            http("200 OK", "text/html", "<html>Sign in</html>"),
            BrokenContract,
            200,
            1,
            accepted,
        ),
        fails("200, other JSON", json("200 OK", r#"{"ok":true}"#), BrokenContract, 200, 1, accepted),
        fails(
            "200, a field of another type",
            json("200 OK", r#"{"value":[{"reportId":7}]}"#),
            BrokenContract,
            200,
            1,
            "value[0].reportId",
        ),
        fails("200, very deep", json("200 OK", &"[".repeat(100_000)), BrokenContract, 200, 1, accepted),
        fails(
            "200, 20 MB",
            http("200 OK", "application/json", &" ".repeat(18_000_000)),
            BrokenContract,
            200,
            1,
            "larger than the answer_limit of 16777216 bytes",
        ),
        fails(
            "200, a gzip bomb",
            gzipped("200 OK", &gzip(vec![b' '; 18_000_000])),
            BrokenContract,
            200,
            1,
            "larger than the answer_limit of 16777216 bytes",
        ),
        fails(
            "200, said to be compressed",
            gzipped("200 OK", b"not gzip at all"),
            BrokenContract,
            200,
            1,
            "HTTP 200",
        ),
        fails("200, compressed and cut", gzipped("200 OK", &gzip(GOOD)[..40]), Connect, 200, 3, "HTTP 200"),
    ]
}

/// Connections that do not do what HTTP asks of them.
fn connections() -> Vec<Row> {
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
        played("half a body of a success", send(&half("200 OK")), Connect, Some(200), 3, "broke off"),
        played(
            "half a body of a refusal",
            send(&half("404 Not Found")),
            NotFound,
            Some(404),
            1,
            "half of it",
        ),
        played(
            "half a body of a failure",
            send(&half("500 Oops")),
            ServiceFailure,
            Some(500),
            3,
            "half of it",
        ),
        played(
            "reset in the body",
            vec![Step::Send(half("200 OK")), Step::Wait(Duration::from_millis(20)), Step::Reset],
            Connect,
            Some(200),
            3,
            "broke off",
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
            "broke off",
        ),
        played(
            "a chunk without a length",
            send(&raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", "zz\r\n{}\r\n0\r\n\r\n")),
            BrokenContract,
            Some(200),
            1,
            "HTTP 200",
        ),
        played("no HTTP", send(b"SSH-2.0-OpenSSH_9.2\r\n"), BrokenContract, None, 1, ""),
        played("a status that is none", send(b"HTTP/1.1 ABC No\r\n\r\n"), BrokenContract, None, 1, ""),
        played(
            "two lengths",
            send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}"),
            BrokenContract,
            None,
            1,
            "",
        ),
        played(
            "a thousand headers",
            send(&[b"HTTP/1.1 200 OK\r\n".to_vec(), b"X-A: b\r\n".repeat(1000), b"\r\n".to_vec()].concat()),
            BrokenContract,
            None,
            1,
            "",
        ),
        played(
            "a header without end",
            send(&[b"HTTP/1.1 200 OK\r\nX-A: ".to_vec(), vec![b'a'; 1_000_000]].concat()),
            BrokenContract,
            None,
            1,
            "",
        ),
    ]
}

/// Odd answers that are good ones, and failures that pass.
fn successes() -> Vec<Row> {
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

#[tokio::test]
async fn every_answer_ends_as_its_row_says_and_no_row_leaks_the_token() {
    logs::keep();
    let rows: Vec<Row> =
        [bodies(), statuses(), unreadable(), connections(), successes()].into_iter().flatten().collect();
    assert!(rows.len() >= 60);
    let mut wrong = Vec::new();
    for row in rows {
        let name = row.name;
        if let Err(problem) = check(row).await {
            wrong.push(format!("{name}: {problem}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let log = logs::text();
    assert!(log.contains("resumeReportExecutions"), "nothing was logged");
    assert!(!log.contains(TOKEN), "the token was logged");
}

async fn check(row: Row) -> Result<(), String> {
    let server = Server::start(row.scripts).await;
    let result = patient_client(&server.url()).resume(ID).await;
    let requests = server.requests();
    let ids: Vec<_> = requests.iter().map(|request| header(request, "ms-requestid")).collect();
    if requests.len() != row.attempts || ids.iter().any(|id| *id != ids[0]) {
        return Err(format!("{} requests with ids {ids:?}; {result:?}", requests.len()));
    }
    let (error, kind) = match (result, row.kind) {
        (Ok(_), None) => return Ok(()),
        (Err(error), Some(kind)) => (error, kind),
        (result, kind) => return Err(format!("expected {kind:?}, got {result:?}")),
    };
    let shown = format!("{error} | {error:#} | {error:?}");
    let message = error.message().unwrap_or_default();
    let fits = error.kind() == kind
        && error.status() == row.status
        && error.attempts() == u32::try_from(row.attempts).unwrap()
        && (if row.message == Some("") {
            row.status.is_none() || message.is_empty()
        } else {
            message.contains(row.message.unwrap())
        })
        && message.chars().count() <= 301
        && error.request_id() == ids[0].as_deref()
        && error.operation() == Some("resumeReportExecutions")
        && !error.to_string().contains(['\n', '\r', '\x1b'])
        && !shown.contains(TOKEN);
    // The id of the answer if one came that far, or else the one that was sent.
    let correlation = error.correlation_id();
    let known = correlation == Some(CORRELATION)
        || correlation == header(&requests[0], "ms-correlationid").as_deref();
    if fits && known { Ok(()) } else { Err(shown) }
}

fn header(request: &str, name: &str) -> Option<String> {
    request.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned))
}
