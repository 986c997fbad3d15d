//! Ctrl-C: once to finish what is under way, twice to stop.

use std::process::Stdio;
use std::time::Duration;

use partner_center_insights::emulator::{Emulator, Fault};
use partner_center_insights::spec;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

use crate::{Ended, RESUME, count, emulator, paused, program, until};

/// More than any test waits for.
const FOREVER: Duration = Duration::from_secs(600);

async fn interrupt(child: &Child) {
    send("-INT", child).await;
}

async fn send(signal: &str, child: &Child) {
    let id = child.id().unwrap().to_string();
    assert!(Command::new("kill").args([signal, &id]).status().await.unwrap().success());
}

async fn ended(child: Child) -> Ended {
    let output = child.wait_with_output().await.unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Starts to resume many reports, slowly, and interrupts it when a few are done.
async fn interrupted(signal: &str, format: &str) -> (Emulator, Ended) {
    let slow = Fault::delay(Duration::from_millis(20)).on(RESUME);
    let emulator = emulator().reports(paused(1000)).fault(slow).start().await.unwrap();
    let mut command = program(&emulator);
    let child = command.args(["resume", "--all-paused", "--yes", "--output", format]).spawn().unwrap();
    until("some are resumed", || count(&emulator, RESUME) >= 3).await;
    send(signal, &child).await;
    let ended = ended(child).await;
    (emulator, ended)
}

pub async fn once() -> Ended {
    interrupted("-INT", "ids").await.1
}

#[tokio::test]
async fn interrupted_once_it_finishes_what_it_began_and_tells_all_that_is_known() {
    // A service manager that ends a job sends the other signal.
    for (signal, format) in [("-INT", "json"), ("-TERM", "jsonl")] {
        let (emulator, ended) = interrupted(signal, format).await;
        assert_eq!(ended.code, Some(130), "{}", ended.stderr);
        let rows: Vec<Value> = match format {
            "json" => serde_json::from_str(&ended.stdout).unwrap(),
            _ => ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
        };
        let active = emulator.reports().iter().filter(|report| report.is_active()).count();
        assert!(rows.iter().all(|row| row["outcome"] == "resumed"));
        assert_eq!((rows.len(), count(&emulator, RESUME)), (active, active));
        let summary = format!("{active} resumed, {} not tried.", 1000 - active);
        assert!(ended.stderr.contains(&summary), "{} lacks {summary}", ended.stderr);
        assert!((3..1000).contains(&active));
    }
}

#[tokio::test]
async fn interrupted_twice_it_stops_at_once_and_tells_what_is_known() {
    let quick = Fault::delay(Duration::ZERO).on(RESUME).first(3);
    let never = Fault::delay(FOREVER).on(RESUME);
    let emulator = emulator().reports(paused(10)).fault(quick).fault(never).start().await.unwrap();
    let mut command = program(&emulator);
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
    interrupt(&child).await;
    let note = notes.next_line().await.unwrap().unwrap();
    assert!(note.contains("Ctrl-C again stops"), "{note}");
    interrupt(&child).await;
    let ended = ended(child).await;
    assert_eq!(ended.code, Some(130));
    // What is known is told all the same.
    assert_eq!(serde_json::from_str::<Vec<Value>>(&ended.stdout).unwrap().len(), 3);
    assert_eq!(notes.next_line().await.unwrap().as_deref(), Some("3 resumed, 7 not known."));
    assert_eq!(notes.next_line().await.unwrap().as_deref(), Some("error: interrupted"));
}

#[tokio::test]
async fn given_up_what_was_answered_is_told_as_unconfirmed() {
    let quick = Fault::delay(Duration::ZERO).on(RESUME).first(3);
    let never = Fault::delay(FOREVER).on(RESUME);
    let emulator = emulator().reports(paused(10)).fault(quick).fault(never).start().await.unwrap();
    let mut command = program(&emulator);
    let mut child = command
        .args(["resume", "--all-paused", "--yes", "--concurrency", "1", "-o", "json"])
        .spawn()
        .unwrap();
    let mut notes = BufReader::new(child.stderr.take().unwrap()).lines();
    until("three are resumed", || count(&emulator, RESUME) == 3).await;
    interrupt(&child).await;
    notes.next_line().await.unwrap().unwrap();
    interrupt(&child).await;
    let rows: Vec<Value> = serde_json::from_str(&ended(child).await.stdout).unwrap();
    assert!(rows.iter().all(|row| row["outcome"] == "unconfirmed"));
    assert_eq!(rows.len(), 3);
    assert_eq!(notes.next_line().await.unwrap().as_deref(), Some("3 unconfirmed, 7 not known."));
}

#[tokio::test]
async fn a_command_that_waits_for_the_service_can_be_interrupted() {
    for (args, operation) in
        [(&["list"][..], &spec::GET_REPORTS), (&["resume", "--all-paused", "--yes"], &spec::GET_REPORTS)]
    {
        // The first attempt is dropped, so that the second one is known to be under way soon.
        let emulator = emulator()
            .fault(Fault::disconnect_before().on(operation).first(1))
            .fault(Fault::delay(FOREVER).on(operation))
            .start()
            .await
            .unwrap();
        let child = program(&emulator).args(args).spawn().unwrap();
        until("it has begun", || count(&emulator, operation) == 1).await;
        interrupt(&child).await;
        let ended = ended(child).await;
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(130), "error: interrupted\n"));
    }
}

#[tokio::test]
async fn waiting_for_ids_it_can_be_interrupted() {
    let emulator = emulator().start().await.unwrap();
    let mut command = program(&emulator);
    command.args(["resume", "--ids-file", "-", "--yes"]).stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // More than a pipe holds: when it is written, most of it has been read.
    stdin.write_all("# nothing yet\n".repeat(20_000).as_bytes()).await.unwrap();
    interrupt(&child).await;
    assert_eq!(child.wait().await.unwrap().code(), Some(130));
    drop(stdin);
    assert!(emulator.requests().is_empty());
}

#[tokio::test]
async fn waiting_for_standard_input_it_can_be_interrupted() {
    for args in [["list", "--token-file", "-"], ["emulator", "--reports", "-"]] {
        let mut child = crate::bare().args(args).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // More than a pipe holds.
        stdin.write_all(" ".repeat(300_000).as_bytes()).await.unwrap();
        interrupt(&child).await;
        let ended = ended(child).await;
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(130), "error: interrupted\n"), "{args:?}");
        drop(stdin);
    }
}

#[tokio::test]
async fn the_emulator_ends_well_when_it_is_told_to() {
    for signal in ["-INT", "-TERM"] {
        let mut child = crate::bare().arg("emulator").spawn().unwrap();
        let mut notes = BufReader::new(child.stderr.take().unwrap()).lines();
        assert!(notes.next_line().await.unwrap().unwrap().starts_with("Ready: "));
        send(signal, &child).await;
        assert_eq!(child.wait().await.unwrap().code(), Some(0), "{signal}");
    }
}
