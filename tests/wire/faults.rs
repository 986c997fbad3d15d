//! Every answer that the network can give: one row each.

mod bodies;
mod connections;
mod statuses;
mod successes;
mod unreadable;

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use partner_center_insights::ErrorKind;

use crate::server::{CORRELATION, Script, Server, Step, json};
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

#[tokio::test]
async fn every_answer_ends_as_its_row_says_and_no_row_leaks_the_token() {
    logs::keep();
    let rows: Vec<Row> =
        [bodies::rows(), statuses::rows(), unreadable::rows(), connections::rows(), successes::rows()]
            .into_iter()
            .flatten()
            .collect();
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
