//! Waiting for a file. The client polls after two seconds, so each test has at most one pause.

use std::time::{Duration, SystemTime};

use partner_center_insights::{Error, ErrorKind, Execution, Timestamp};

use crate::client;
use crate::support::{EMPTY_LIST, NO_ITEM_FOUND, REPORT_ID, Script, Server, Step, json};

const NO_EXECUTIONS: &str = r#"{"value":null,"totalCount":0,"message":"There are no executions that have occurred for the given filter conditions.","statusCode":404}"#;

fn execution(id: &str, status: &str, generated: &str) -> String {
    format!(r#"{{"executionId":"{id}","executionStatus":"{status}","reportGeneratedTime":"{generated}"}}"#)
}

fn list(elements: &[String]) -> Script {
    let body =
        format!(r#"{{"value":[{}],"totalCount":{},"statusCode":200}}"#, elements.join(","), elements.len());
    vec![Step::Send(json(200, &body))]
}

/// Sends these lists of executions one after the other, and a report with these fields.
async fn server(report: &str, executions: Vec<Script>) -> Server {
    let report = list(&[format!(r#"{{"reportId":"{REPORT_ID}",{report}}}"#)]);
    let served = std::sync::atomic::AtomicUsize::new(0);
    Server::with_responder(None, move |_, request| {
        if !request.target.contains("/execution/") {
            return report.clone();
        }
        let number = served.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        executions[number.min(executions.len() - 1)].clone()
    })
    .await
}

const ACTIVE: &str = r#""reportStatus":"Active","startTime":"2026-01-01T00:00:00Z""#;
const ONCE: &str = r#""reportStatus":"Inactive","executeNow":true"#;

fn old() -> String {
    execution("old", "Completed", "2026-01-01T00:00:00Z")
}

fn new() -> String {
    execution("new", "Completed", "2026-01-02T00:00:00Z")
}

async fn wait(server: &Server) -> Result<Execution, Error> {
    client(server).wait_for_execution(REPORT_ID).timeout(Duration::from_secs(10)).await
}

#[tokio::test]
async fn wait_returns_the_new_execution() {
    let server = server(ACTIVE, vec![list(&[old()]), list(&[old(), new()])]).await;
    assert_eq!(wait(&server).await.unwrap().execution_id, "new");
}

#[tokio::test]
async fn wait_treats_404_and_pending_as_not_ready() {
    let pending = execution("new", "Pending", "");
    for not_yet in [
        vec![Step::Send(json(404, NO_EXECUTIONS))],
        vec![Step::Send(json(404, NO_ITEM_FOUND))],
        vec![Step::Send(json(200, EMPTY_LIST))],
        list(&[pending]),
    ] {
        let server = server(ONCE, vec![not_yet, list(&[new()])]).await;
        assert_eq!(wait(&server).await.unwrap().execution_id, "new");
    }
}

#[tokio::test]
async fn wait_survives_lost_connections() {
    let server = server(ACTIVE, vec![vec![Step::Reset], list(&[]), list(&[new()])]).await;
    assert_eq!(wait(&server).await.unwrap().execution_id, "new");
}

#[tokio::test]
async fn finished_one_time_report_needs_no_wait() {
    let server = server(ONCE, vec![list(&[new()])]).await;
    assert_eq!(wait(&server).await.unwrap().execution_id, "new");
}

#[tokio::test]
async fn wait_after_a_time_ignores_older_files() {
    let server = server(ACTIVE, vec![list(&[old(), new()])]).await;
    let after = |text: &str| {
        let after = Timestamp::from(text).to_system_time().unwrap();
        let wait = client(&server).wait_for_execution(REPORT_ID).after(after);
        wait.timeout(Duration::ZERO)
    };
    assert_eq!(after("2026-01-02T00:00:00.9Z").await.unwrap().execution_id, "new");
    assert_eq!(after("2026-01-02T00:00:01Z").await.unwrap_err().kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn first_of_several_new_executions_is_returned() {
    let newer = execution("newer", "Completed", "2026-01-03T00:00:00Z");
    // The service lists the newest first.
    let server = server(ACTIVE, vec![list(&[old()]), list(&[newer, new(), old()])]).await;
    assert_eq!(wait(&server).await.unwrap().execution_id, "new");
    let after = Timestamp::from("2026-01-01T00:00:01Z").to_system_time().unwrap();
    let execution = client(&server).wait_for_execution(REPORT_ID).after(after).await.unwrap();
    assert_eq!(execution.execution_id, "new");
}

#[tokio::test]
async fn wait_for_a_stopped_report_is_a_conflict() {
    for report in [r#""reportStatus":"Paused""#, r#""reportStatus":"Inactive""#] {
        let server = server(report, vec![list(&[old()])]).await;
        let error = wait(&server).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{report}: {error}");
    }
}

#[tokio::test]
async fn wait_for_an_unknown_report_is_not_found() {
    let server = Server::sending(json(404, NO_ITEM_FOUND)).await;
    assert_eq!(wait(&server).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn wait_sleeps_until_the_report_is_due() {
    let due = SystemTime::now() + Duration::from_secs(3600);
    let report =
        format!(r#""reportStatus":"Active","recurrenceInterval":24,"startTime":"{}""#, Timestamp::from(due));
    let server = server(&report, vec![list(&[])]).await;
    let (sender, polls) = std::sync::mpsc::channel();
    let wait = client(&server).wait_for_execution(REPORT_ID);
    let wait = wait.on_progress(move |poll| sender.send((poll.due, poll.next)).unwrap());
    tokio::time::timeout(Duration::from_secs(3), async { wait.await }).await.unwrap_err();
    let due = Timestamp::from(due).to_system_time().unwrap();
    assert_eq!(polls.iter().collect::<Vec<_>>(), [(Some(due), due)]);
}
