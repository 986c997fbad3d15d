//! Ctrl-C: once to finish requests in flight, twice to abort.

use std::process::Stdio;
use std::time::Duration;

use partner_center_insights::emulator::{Emulator, Fault};
use partner_center_insights::spec::DELETE_REPORT;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

use crate::{Finished, LIST, RESUME, cli, count, emulator, paused, until};

/// A delay that is longer than any test.
const FOREVER: Duration = Duration::from_secs(600);
/// Enough reports that a run is interrupted before it ends.
const REPORTS: usize = 300;

async fn interrupt(child: &Child) {
    send("-INT", child).await;
}

async fn send(signal: &str, child: &Child) {
    let id = child.id().unwrap().to_string();
    assert!(Command::new("kill").args([signal, &id]).status().await.unwrap().success());
}

async fn finished(child: Child) -> Finished {
    let output = child.wait_with_output().await.unwrap();
    Finished {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[tokio::test]
async fn interrupted_delete_reports_every_report() {
    let slow = Fault::delay(Duration::from_millis(20)).on(&DELETE_REPORT);
    let emulator = emulator().reports(paused(REPORTS as u128)).fault(slow).start().await.unwrap();
    let child = cli(&emulator).args(["delete", "--name", "*", "--yes", "--output", "json"]).spawn().unwrap();
    until("some are deleted", || count(&emulator, &DELETE_REPORT) >= 3).await;
    interrupt(&child).await;
    let finished = finished(child).await;
    assert_eq!(finished.code, Some(130), "{}", finished.stderr);
    let rows: Vec<Value> = serde_json::from_str(&finished.stdout).unwrap();
    let with = |outcome| rows.iter().filter(|row| row["outcome"] == outcome).count();
    let left = emulator.reports().len();
    assert_eq!((with("deleted"), with("not-tried")), (REPORTS - left, left));
    assert!((1..REPORTS).contains(&left));
    assert!(finished.stderr.contains("run the command again"), "{}", finished.stderr);
}

/// Waits until the request after a response is in flight, which the emulator does not show.
async fn in_flight() {
    tokio::time::sleep(Duration::from_secs(1)).await;
}

/// Interrupts a slow run when some reports are resumed.
async fn interrupted(signal: &str, format: &str) -> (Emulator, Finished) {
    let slow = Fault::delay(Duration::from_millis(20)).on(RESUME);
    let emulator = emulator().reports(paused(REPORTS as u128)).fault(slow).start().await.unwrap();
    let mut command = cli(&emulator);
    let child = command.args(["resume", "--all-paused", "--yes", "--output", format]).spawn().unwrap();
    until("some are resumed", || count(&emulator, RESUME) >= 3).await;
    send(signal, &child).await;
    let finished = finished(child).await;
    (emulator, finished)
}

pub async fn once() -> Finished {
    interrupted("-INT", "ids").await.1
}

#[tokio::test]
async fn first_interrupt_finishes_requests_in_flight() {
    // Service managers send SIGTERM.
    for (signal, format) in [("-INT", "json"), ("-TERM", "jsonl")] {
        let (emulator, finished) = interrupted(signal, format).await;
        assert_eq!(finished.code, Some(130), "{}", finished.stderr);
        let document = crate::document(&finished.stdout);
        let active = emulator.reports().iter().filter(|report| report.is_active()).count();
        assert_eq!(
            (document["summary"]["total"].as_u64(), count(&emulator, RESUME)),
            (Some(REPORTS as u64), active)
        );
        let outcomes = serde_json::json!({ "resumed": active, "not-tried": REPORTS - active });
        assert_eq!(
            (&document["summary"]["outcomes"], &document["summary"]["success"]),
            (&outcomes, &false.into())
        );
        let rows = document["reports"].as_array().unwrap();
        let is_tried = |row: &&Value| row["reason"] != "stopped" || row["outcome"] != "not-tried";
        assert_eq!((rows.len(), rows.iter().filter(is_tried).count()), (REPORTS, active));
        let summary = format!("{} not-tried, {active} resumed.", REPORTS - active);
        assert!(finished.stderr.contains(&summary), "{} lacks {summary}", finished.stderr);
        assert!((3..REPORTS).contains(&active));
    }
}

#[tokio::test]
async fn second_interrupt_prints_what_is_known() {
    let quick = Fault::delay(Duration::ZERO).on(RESUME).first(3);
    let never = Fault::delay(FOREVER).on(RESUME);
    let emulator = emulator().reports(paused(10)).fault(quick).fault(never).start().await.unwrap();
    let mut command = cli(&emulator);
    command.args([
        "resume",
        "--all-paused",
        "--yes",
        "--no-verify",
        "--concurrency",
        "1",
        "--output",
        "json",
    ]);
    let mut child = command.spawn().unwrap();
    let mut notes = BufReader::new(child.stderr.take().unwrap()).lines();
    until("three are resumed", || count(&emulator, RESUME) == 3).await;
    in_flight().await;
    interrupt(&child).await;
    let note = notes.next_line().await.unwrap().unwrap();
    assert!(note.contains("press Ctrl-C again to abort"), "{note}");
    interrupt(&child).await;
    let finished = finished(child).await;
    assert_eq!(finished.code, Some(130));
    // The fourth was in flight.
    let outcomes = serde_json::json!({ "not-tried": 6, "resumed": 3, "unconfirmed": 1 });
    assert_eq!(crate::document(&finished.stdout)["summary"]["outcomes"], outcomes);
    let mut last = String::new();
    while let Some(line) = notes.next_line().await.unwrap() {
        last = line;
    }
    let error: Value = serde_json::from_str(&last).unwrap();
    assert_eq!(error["error"]["kind"], "interrupted");
}

#[tokio::test]
async fn second_interrupt_leaves_reports_unconfirmed() {
    let quick = Fault::delay(Duration::ZERO).on(RESUME).first(3);
    let never = Fault::delay(FOREVER).on(RESUME);
    let emulator = emulator().reports(paused(10)).fault(quick).fault(never).start().await.unwrap();
    let mut command = cli(&emulator);
    let mut child = command
        .args(["resume", "--all-paused", "--yes", "--concurrency", "1", "-o", "json"])
        .spawn()
        .unwrap();
    let mut notes = BufReader::new(child.stderr.take().unwrap()).lines();
    until("three are resumed", || count(&emulator, RESUME) == 3).await;
    in_flight().await;
    interrupt(&child).await;
    notes.next_line().await.unwrap().unwrap();
    interrupt(&child).await;
    let document = crate::document(&finished(child).await.stdout);
    let rows = document["reports"].as_array().unwrap();
    assert_eq!(document["summary"]["outcomes"], serde_json::json!({ "not-tried": 6, "unconfirmed": 4 }));
    // The statuses in three responses are reported, with their times.
    assert!(rows[..4].iter().all(|row| row["outcome"] == "unconfirmed" && row["reason"] == "stopped"));
    let statuses: Vec<_> = rows[..4].iter().map(|row| row["reportStatus"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["Active", "Active", "Active", "Paused"]);
    assert!(rows[..4].iter().all(|row| row["seenAt"].as_str().unwrap().ends_with('Z')));
    assert!(rows[0]["message"].as_str().unwrap().ends_with("last seen: Active"), "{}", rows[0]);
    assert_eq!(notes.next_line().await.unwrap().as_deref(), Some("6 not-tried, 4 unconfirmed."));
}

#[tokio::test]
async fn interrupt_ends_a_wait_for_the_service() {
    for args in [&["list"][..], &["resume", "--all-paused", "--yes"]] {
        // The second attempt hangs.
        let emulator = emulator()
            .fault(Fault::disconnect_before().on(LIST).first(1))
            .fault(Fault::delay(FOREVER).on(LIST))
            .start()
            .await
            .unwrap();
        let child = cli(&emulator).args(args).spawn().unwrap();
        until("the first attempt", || count(&emulator, LIST) == 1).await;
        interrupt(&child).await;
        let finished = finished(child).await;
        assert_eq!((finished.code, finished.stderr.as_str()), (Some(130), "error: interrupted\n"));
    }
}

#[tokio::test]
async fn interrupt_ends_a_wait_for_ids() {
    let emulator = emulator().start().await.unwrap();
    let mut command = cli(&emulator);
    command.args(["resume", "--ids-file", "-", "--yes"]).stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // More than a pipe holds: when the write returns, most of it has been read.
    stdin.write_all("# nothing yet\n".repeat(20_000).as_bytes()).await.unwrap();
    interrupt(&child).await;
    assert_eq!(child.wait().await.unwrap().code(), Some(130));
    drop(stdin);
    assert!(emulator.requests().is_empty());
}

#[tokio::test]
async fn interrupt_ends_a_wait_for_stdin() {
    for args in [["list", "--token-file", "-"], ["emulator", "--reports", "-"]] {
        let mut child = crate::bare().args(args).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // More than a pipe holds: when the write returns, the CLI is reading.
        stdin.write_all(" ".repeat(300_000).as_bytes()).await.unwrap();
        interrupt(&child).await;
        let finished = finished(child).await;
        assert_eq!(
            (finished.code, finished.stderr.as_str()),
            (Some(130), "error: interrupted\n"),
            "{args:?}"
        );
        drop(stdin);
    }
}

#[tokio::test]
async fn emulator_exits_0_when_interrupted() {
    for signal in ["-INT", "-TERM"] {
        let mut child = crate::bare().arg("emulator").spawn().unwrap();
        let mut notes = BufReader::new(child.stderr.take().unwrap()).lines();
        assert!(notes.next_line().await.unwrap().unwrap().starts_with("Listening on "));
        send(signal, &child).await;
        assert_eq!(child.wait().await.unwrap().code(), Some(0), "{signal}");
    }
}
