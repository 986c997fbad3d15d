//! Data goes to standard output, everything else to standard error, and a secret to neither.

use partner_center_insights::emulator::{Fault, Scenario};
use serde_json::Value;

use crate::{ACTIVE, INACTIVE, PAUSED, RESUME, TOKEN, UNKNOWN, emulator, end, paused, program, run};

#[tokio::test]
async fn json_stays_json_when_reports_fail() {
    let gateway = Fault::answer(403, "text/html", "<title>Blocked</title>").on(RESUME);
    let emulator = emulator().fault(gateway).start().await.unwrap();
    let args = ["resume", PAUSED, ACTIVE, UNKNOWN, INACTIVE, "--output", "json"];
    let ended = run(&emulator, &args).await;
    let rows: Vec<Value> = serde_json::from_str(&ended.stdout).unwrap();
    let outcomes: Vec<_> = rows.iter().map(|row| row["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["refused", "already-active", "not-found", "not-resumable"]);
    assert_eq!(rows[0]["error"]["status"], 403);
    assert_eq!(rows[0]["error"]["message"], "Blocked");

    let ended = run(&emulator, &["resume", PAUSED, ACTIVE, "--output", "jsonl"]).await;
    assert_eq!(ended.stdout.lines().filter(|line| serde_json::from_str::<Value>(line).is_ok()).count(), 2);
}

#[tokio::test]
async fn a_failure_of_the_whole_leaves_standard_output_empty() {
    let emulator = emulator().scenario(Scenario::Mfa).start().await.unwrap();
    for args in [&["list", "--output", "json"][..], &["resume", PAUSED, "--output", "json"]] {
        let ended = run(&emulator, args).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(4), ""));
        assert!(ended.stderr.contains("multi-factor"), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn a_long_table_has_one_head_and_straight_columns() {
    let mut reports: Vec<_> = paused(1000).collect();
    reports[1].report_status = Some("Hibernating over the winter".into());
    let emulator = emulator().reports(reports).start().await.unwrap();
    let ended = run(&emulator, &["list"]).await;
    let mut lines = ended.stdout.lines();
    let name = lines.next().unwrap().find("NAME").unwrap();
    for number in 0..1000 {
        assert_eq!(lines.next().unwrap().split_at(name).1, format!("Report {number}"));
    }
    assert_eq!(lines.next(), None);
}

#[tokio::test]
async fn one_cause_of_many_failures_is_told_once() {
    let expired = Fault::answer(401, "application/json", r#"{"code":401,"message":"Token expired"}"#);
    let emulator = emulator().reports(paused(100)).fault(expired.on(RESUME)).start().await.unwrap();
    // One at a time, so that nothing else is told between what is the same.
    let args = ["resume", "--all-paused", "--yes", "--concurrency", "1"];
    let table = run(&emulator, &args).await;
    assert_eq!((table.code, table.stderr.as_str()), (Some(4), "100 failed.\n"));
    let ids = end(program(&emulator).args(args).args(["--output", "ids", "--quiet"])).await;
    assert_eq!((ids.code, ids.stdout.as_str()), (Some(4), ""));
    for text in [table.stdout, ids.stderr] {
        let told: Vec<_> = text.lines().filter(|line| line.contains("not tried")).collect();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].contains(" and 98 more: unauthenticated (HTTP 401): ")
                && told[0].contains("Token expired")
        );
        assert_eq!(text.lines().filter(|line| line.contains("failed  ")).count(), 100, "{text}");
    }
}

#[tokio::test]
async fn what_is_left_out_of_ids_alone_is_told_to_the_person() {
    let emulator = emulator().start().await.unwrap();
    let ended = run(&emulator, &["resume", PAUSED, UNKNOWN, "--output", "ids", "--quiet"]).await;
    assert_eq!((ended.code, ended.stdout), (Some(9), format!("{PAUSED}\n")));
    assert_eq!(ended.stderr, format!("{UNKNOWN}  not-found\n"));
}

#[tokio::test]
async fn quiet_is_silent_but_for_errors() {
    let emulator = emulator().start().await.unwrap();
    for args in [
        &["list", "--name", "nothing", "--quiet"][..],
        &["resume", "--all-paused", "--dry-run", "--quiet", "--output", "ids"],
        &["resume", "--all-paused", "--yes", "-q"],
        &["executions", INACTIVE, "--status", "running", "-q"],
    ] {
        let ended = run(&emulator, args).await;
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{args:?}");
    }
    let ended = run(&emulator, &["executions", UNKNOWN, "--quiet"]).await;
    assert!(ended.stderr.starts_with("error: "), "{}", ended.stderr);
}

#[tokio::test]
async fn a_reader_that_goes_away_does_not_stop_the_work() {
    for format in ["table", "json", "jsonl", "ids"] {
        let emulator = emulator().reports(paused(20)).start().await.unwrap();
        let mut command = program(&emulator);
        command.args(["resume", "--all-paused", "--yes", "--output", format]);
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().await.unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "20 resumed.\n");
        assert_eq!(output.status.code(), Some(0), "{format}");
        assert!(emulator.reports().iter().all(|report| report.is_active()));
    }
}

#[tokio::test]
async fn without_anyone_to_read_the_notes_the_exit_code_is_the_same() {
    let emulator = emulator().start().await.unwrap();
    for (args, code) in [(&["resume", PAUSED][..], 0), (&["executions", UNKNOWN], 3), (&["list", "-vv"], 0)] {
        let mut child = program(&emulator).args(args).spawn().unwrap();
        drop(child.stderr.take());
        assert_eq!(child.wait_with_output().await.unwrap().status.code(), Some(code), "{args:?}");
    }
}

#[tokio::test]
async fn the_token_is_in_no_output_however_much_is_logged() {
    // A service that repeats what it was sent.
    let echo = Fault::answer(400, "text/plain", format!("no such bearer: {TOKEN}")).on(RESUME);
    let emulator = emulator().fault(echo).start().await.unwrap();
    for args in [
        &["list", "-vv"][..],
        &["list", "-v", "--output", "json"],
        &["resume", "--all-paused", "--yes", "-vv"],
        &["resume", PAUSED, "--no-verify", "-vv", "--output", "json"],
        &["executions", UNKNOWN, "-vv"],
        &["list", "--base-url", "http://service.example", "-vv"],
        &["--help"],
        &["resme"],
    ] {
        let ended = run(&emulator, args).await;
        let all = format!("{}{}", ended.stdout, ended.stderr);
        assert!(!all.contains(TOKEN) && !all.contains("c2VjcmV0"), "{args:?}: {all}");
        assert!(!all.is_empty());
    }
}

#[tokio::test]
async fn colours_come_when_asked_for_and_never_into_a_pipe_by_themselves() {
    let emulator = emulator().start().await.unwrap();
    for (args, environment, colored) in [
        (&["list"][..], None, false),
        (&["list", "--color", "never"], None, false),
        (&["list", "--color", "always"], None, true),
        // The flag is closer than the environment.
        (&["list", "--color", "always"], Some(("NO_COLOR", "1")), true),
        (&["list"], Some(("PARTNER_CENTER_COLOR", "always")), true),
        (&["list", "--color", "never"], Some(("PARTNER_CENTER_COLOR", "always")), false),
        (&["list", "--color", "always", "--output", "json"], None, false),
    ] {
        let ended = end(program(&emulator).args(args).envs(environment)).await;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert_eq!(ended.stdout.contains('\u{1b}'), colored, "{args:?} {environment:?}");
        assert_eq!(ended.stdout.contains("\u{1b}[38;5;"), colored, "{args:?} {environment:?}");
    }
}

#[tokio::test]
async fn a_name_cannot_act_on_the_terminal() {
    let mut report = paused(1).next().unwrap();
    report.report_name = Some("Sales\u{1b}]0;owned\u{7}\r\nweekly\u{9b}2J\u{202e}\u{2028}".to_owned());
    let emulator = emulator().reports([report]).start().await.unwrap();
    for args in [&["list"][..], &["resume", "--all-paused", "--dry-run"]] {
        let ended = run(&emulator, args).await;
        let acts = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202e}' | '\u{2028}');
        let odd = ended.stdout.chars().any(acts);
        assert!(!odd && ended.stdout.contains("weekly"), "{:?}", ended.stdout);
        assert_eq!(ended.stdout.lines().count(), 2, "{:?}", ended.stdout);
    }
}

/// Linux has a device that is always full.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_is_an_error() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let emulator = emulator().start().await.unwrap();
    let mut command = program(&emulator);
    let child = command.arg("list").stdout(std::process::Stdio::from(full)).spawn().unwrap();
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: "));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn on_a_full_disk_no_more_is_begun_and_what_was_done_is_told() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let emulator = emulator().reports(paused(200)).start().await.unwrap();
    let mut command = program(&emulator);
    command.args(["resume", "--all-paused", "--yes", "--no-verify", "--output", "ids"]);
    let child = command.stdout(std::process::Stdio::from(full)).spawn().unwrap();
    let output = child.wait_with_output().await.unwrap();
    let notes = String::from_utf8_lossy(&output.stderr);
    let done = emulator.reports().iter().filter(|report| report.is_active()).count();
    assert!((1..200).contains(&done), "{done} were resumed");
    assert!(notes.starts_with(&format!("{done} resumed, {} not tried.\nerror: ", 200 - done)), "{notes}");
    assert_eq!(output.status.code(), Some(1));
}
