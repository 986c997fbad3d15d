//! Every response that a network can give, one row each.

mod bodies;
mod connections;
mod refusals;
mod statuses;
mod successes;
mod unreadable;

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use partner_center_insights::ErrorKind::Throttled;
use partner_center_insights::{Error, ErrorKind, Report};
use uuid::Uuid;

use crate::support::{CORRELATION_ID, REPORT_ID, Request, Script, Server, Step, TOKEN, response};
use crate::{builder, logs, quick_retries};

const ENVELOPE: &str = r#"{"value":[],"totalCount":0,"message":"why","statusCode":400}"#;

struct Row {
    name: &'static str,
    scripts: Vec<Script>,
    attempts: usize,
    /// None if the call succeeds.
    failure: Option<Failure>,
}

struct Failure {
    kind: ErrorKind,
    status: Option<u16>,
    /// A part of the message. If it is empty, an error with a status has no message.
    message: &'static str,
}

/// A response that makes the call fail.
fn fails(
    name: &'static str,
    response: impl Into<Vec<u8>>,
    kind: ErrorKind,
    status: u16,
    attempts: usize,
    message: &'static str,
) -> Row {
    breaks(name, vec![Step::Send(response.into())], kind, Some(status), attempts, message)
}

/// A script that makes the call fail.
fn breaks(
    name: &'static str,
    script: Script,
    kind: ErrorKind,
    status: Option<u16>,
    attempts: usize,
    message: &'static str,
) -> Row {
    let failure = Some(Failure { kind, status, message });
    Row { name, scripts: vec![script], attempts, failure }
}

/// Responses to as many attempts, the last of which succeeds.
fn succeeds(name: &'static str, responses: Vec<Vec<u8>>) -> Row {
    let attempts = responses.len();
    let scripts = responses.into_iter().map(|response| vec![Step::Send(response)]).collect();
    Row { name, scripts, attempts, failure: None }
}

fn gzip(text: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_ref()).unwrap();
    encoder.finish().unwrap()
}

fn gzipped(status: u16, body: &[u8]) -> Vec<u8> {
    response(status, "Content-Encoding: gzip\r\n", body)
}

/// Checks every row, and that no token is logged.
async fn check(rows: Vec<Row>) {
    logs::record();
    let server = Server::start(Vec::new()).await;
    let new_client = |milliseconds| {
        let builder = builder(&server).retry(quick_retries());
        builder.timeout(Duration::from_millis(milliseconds)).build().unwrap()
    };
    let mut client = new_client(10_000);
    let mut problems = Vec::new();
    for row in rows {
        let name = row.name;
        let hangs = row.scripts.iter().flatten().any(|step| matches!(step, Step::Hang));
        server.play_next(row.scripts.clone());
        let result = if hangs { new_client(250) } else { client.clone() }.resume(REPORT_ID).await;
        // A throttled client would wait before its next call.
        if result.as_ref().is_err_and(|error| error.kind() == Throttled || error.retry_after().is_some()) {
            client = new_client(10_000);
        }
        if let Err(problem) = check_row(row, result, &server.requests()) {
            problems.push(format!("{name}: {problem}"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));

    let log = logs::text();
    assert!(log.contains("resumeReportExecutions"), "nothing was logged");
    assert!(!log.contains(TOKEN), "the token was logged");
}

fn check_row(row: Row, result: Result<Option<Report>, Error>, requests: &[Request]) -> Result<(), String> {
    let ids: Vec<_> = requests.iter().map(|request| request.header("ms-requestid")).collect();
    if requests.len() != row.attempts || ids.iter().any(|id| *id != ids[0]) {
        return Err(format!("{} requests with ids {ids:?}; {result:?}", requests.len()));
    }
    let (error, expected) = match (result, row.failure) {
        (Ok(_), None) => return Ok(()),
        (Err(error), Some(failure)) => (error, failure),
        (result, failure) => {
            return Err(format!("expected {:?}, got {result:?}", failure.map(|failure| failure.kind)));
        }
    };
    let message = error.message().unwrap_or_default();
    let message_fits = match expected {
        Failure { status: Some(_), message: "", .. } => message.is_empty(),
        Failure { message: part, .. } => message.contains(part),
    };
    let all = format!("{error} | {error:#} | {error:?}");
    // Without a response, the id that was sent is reported.
    let correlation_id =
        error.status().map_or(requests[0].header("ms-correlationid"), |_| Some(CORRELATION_ID));
    let facts = [
        ("kind", error.kind() == expected.kind),
        ("status", error.status() == expected.status),
        ("attempts", usize::try_from(error.attempts()) == Ok(row.attempts)),
        ("message", message_fits),
        ("length of the message", message.chars().count() <= 301),
        ("request id", error.request_id() == ids[0] && ids[0].is_some_and(|id| Uuid::parse_str(id).is_ok())),
        ("correlation id", error.correlation_id() == correlation_id),
        ("operation", error.operation() == Some("resumeReportExecutions")),
        ("control characters", !error.to_string().contains(['\n', '\r', '\x1b'])),
        ("token", !all.contains(TOKEN)),
    ];
    let wrong: Vec<_> = facts.iter().filter(|(_, right)| !right).map(|(fact, _)| *fact).collect();
    if wrong.is_empty() { Ok(()) } else { Err(format!("wrong {}: {all}", wrong.join(", "))) }
}
