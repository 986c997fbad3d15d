//! Data goes to standard output, everything else to standard error, and secrets to neither.

use partner_center_insights::emulator::{Fault, Scenario};
use serde_json::Value;

use tokio::io::{AsyncBufReadExt, BufReader};

use crate::{ACTIVE, INACTIVE, PAUSED, RESUME, TOKEN, UNKNOWN, cli, emulator, finish, paused, run};

#[tokio::test]
async fn json_output_stays_valid_when_reports_fail() {
    let gateway = Fault::respond(403, "text/html", "<title>Blocked</title>").on(RESUME);
    let emulator = emulator().fault(gateway).start().await.unwrap();
    let args = ["resume", PAUSED, ACTIVE, UNKNOWN, INACTIVE, "--output", "json"];
    let finished = run(&emulator, &args).await;
    let document = crate::document(&finished.stdout);
    let rows = document["reports"].as_array().unwrap();
    let outcomes: Vec<_> = rows.iter().map(|row| row["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["refused", "already-active", "not-found", "not-resumable"]);
    assert_eq!(rows[0]["error"]["status"], 403);
    assert_eq!(rows[0]["error"]["message"], "Blocked");
    assert_eq!((&rows[0]["reason"], &rows[0]["message"]), (&"forbidden".into(), &"Blocked".into()));
    assert_eq!((&rows[1]["reason"], &rows[1]["message"]), (&Value::Null, &Value::Null));
    assert_eq!((&rows[2]["reason"], &rows[3]["reason"]), (&"not-found".into(), &"one-time".into()));

    let finished = run(&emulator, &["resume", PAUSED, ACTIVE, "--output", "jsonl"]).await;
    assert_eq!(finished.stdout.lines().filter(|line| serde_json::from_str::<Value>(line).is_ok()).count(), 3);
}

#[tokio::test]
async fn failed_command_leaves_stdout_empty() {
    let emulator = emulator().scenario(Scenario::Mfa).start().await.unwrap();
    for args in [&["list", "--output", "json"][..], &["resume", PAUSED, "--output", "json"]] {
        let finished = run(&emulator, args).await;
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(4), ""));
        assert!(finished.stderr.contains("multi-factor"), "{}", finished.stderr);
    }
}

#[tokio::test]
async fn error_and_hint_are_on_lines_of_their_own() {
    let finished = run(&emulator().start().await.unwrap(), &["executions", UNKNOWN]).await;
    let lines: Vec<_> = finished.stderr.lines().collect();
    let [error, hint] = lines[..] else { panic!("{lines:?}") };
    assert!(error.starts_with("error: getReportExecutions: not found (HTTP 404)"), "{error}");
    assert!(hint.starts_with("hint: `partner-insights list`"), "{hint}");
    assert!(!error.contains("partner-insights list"), "{error}");
}

#[tokio::test]
async fn long_waits_are_reported() {
    let throttled = Fault::respond(429, "application/json", "{}").header("retry-after", "57");
    let emulator = emulator().fault(throttled).start().await.unwrap();
    let mut child = cli(&emulator).arg("list").spawn().unwrap();
    let mut notes = BufReader::new(child.stderr.take().unwrap()).lines();
    let note = notes.next_line().await.unwrap().unwrap();
    assert!(note.starts_with("Rate limited by the service; next try in 57 s"), "{note}");
    child.kill().await.unwrap();
}

#[tokio::test]
async fn shared_error_is_printed_once() {
    let expired = Fault::respond(401, "application/json", r#"{"code":401,"message":"Token expired"}"#);
    let emulator = emulator().reports(paused(100)).fault(expired.on(RESUME)).start().await.unwrap();
    // One at a time, so that only the first report is tried.
    let args = ["resume", "--all-paused", "--yes", "--concurrency", "1"];
    let table = run(&emulator, &args).await;
    let lines: Vec<_> = table.stderr.lines().collect();
    assert_eq!((table.code, lines[0], lines.len()), (Some(4), "1 failed, 99 not-tried.", 2));
    assert!(lines[1].starts_with("hint: `partner-insights auth check` says what is wrong"), "{lines:?}");
    let ids = finish(cli(&emulator).args(args).args(["--output", "ids", "--quiet"])).await;
    assert_eq!((ids.code, ids.stdout.as_str()), (Some(4), ""));
    for text in [table.stdout, ids.stderr] {
        let shared: Vec<_> = text.lines().filter(|line| line.contains("not tried")).collect();
        assert_eq!(shared.len(), 1, "{shared:?}");
        assert!(shared[0].contains(" and 98 more: ") && shared[0].contains("Token expired"), "{shared:?}");
        assert_eq!(text.lines().filter(|line| line.contains("  not-tried  ")).count(), 99, "{text}");
    }
}

#[tokio::test]
async fn ids_output_prints_failures_to_stderr() {
    let emulator = emulator().start().await.unwrap();
    let finished = run(&emulator, &["resume", PAUSED, UNKNOWN, "--output", "ids", "--quiet"]).await;
    assert_eq!((finished.code, finished.stdout), (Some(9), format!("{PAUSED}\n")));
    assert_eq!(finished.stderr, format!("{UNKNOWN}  not-found\n{UNKNOWN}: no report has this ID\n"));
}

#[tokio::test]
async fn quiet_prints_only_errors() {
    let emulator = emulator().start().await.unwrap();
    for args in [
        &["list", "--name", "Power BI usage", "--status", "inactive", "--quiet"][..],
        &["resume", "--all-paused", "--dry-run", "--quiet", "--output", "ids"],
        &["resume", "--all-paused", "--yes", "-q"],
        &["executions", INACTIVE, "--status", "running", "-q"],
    ] {
        let finished = run(&emulator, args).await;
        assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{args:?}");
    }
    let finished = run(&emulator, &["executions", UNKNOWN, "--quiet"]).await;
    assert!(finished.stderr.starts_with("error: "), "{}", finished.stderr);
}

#[tokio::test]
async fn closed_stdout_does_not_stop_the_run() {
    for format in ["table", "json", "jsonl", "ids"] {
        let emulator = emulator().reports(paused(20)).start().await.unwrap();
        let mut command = cli(&emulator);
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
async fn closed_stderr_keeps_the_exit_code() {
    let emulator = emulator().start().await.unwrap();
    for (args, code) in [(&["resume", PAUSED][..], 0), (&["executions", UNKNOWN], 3), (&["list", "-vv"], 0)] {
        let mut child = cli(&emulator).args(args).spawn().unwrap();
        drop(child.stderr.take());
        assert_eq!(child.wait_with_output().await.unwrap().status.code(), Some(code), "{args:?}");
    }
}

#[tokio::test]
async fn token_is_in_no_output() {
    // The service quotes the token.
    let echo = Fault::respond(400, "text/plain", format!("no such bearer: {TOKEN}")).on(RESUME);
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
        let finished = run(&emulator, args).await;
        let all = format!("{}{}", finished.stdout, finished.stderr);
        assert!(!all.contains(TOKEN) && !all.contains("c2VjcmV0"), "{args:?}: {all}");
        assert!(!all.is_empty());
    }
}

#[tokio::test]
async fn piped_output_is_colored_only_on_request() {
    let emulator = emulator().start().await.unwrap();
    for (args, environment, colored) in [
        (&["list"][..], None, false),
        (&["list", "--color", "never"], None, false),
        (&["list", "--color", "always"], None, true),
        // A flag overrides the environment.
        (&["list", "--color", "always"], Some(("NO_COLOR", "1")), true),
        (&["list"], Some(("PARTNER_CENTER_COLOR", "always")), true),
        (&["list", "--color", "never"], Some(("PARTNER_CENTER_COLOR", "always")), false),
        (&["list", "--color", "always", "--output", "json"], None, false),
    ] {
        let finished = finish(cli(&emulator).args(args).envs(environment)).await;
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        assert_eq!(finished.stdout.contains('\u{1b}'), colored, "{args:?} {environment:?}");
        assert_eq!(finished.stdout.contains("\u{1b}[38;5;"), colored, "{args:?} {environment:?}");
    }
}

#[tokio::test]
async fn control_characters_in_names_are_replaced() {
    let mut report = paused(1).next().unwrap();
    report.report_name = Some("Sales\u{1b}]0;owned\u{7}\r\nweekly\u{9b}2J\u{202e}\u{2028}".to_owned());
    let emulator = emulator().reports([report]).start().await.unwrap();
    for args in [&["list"][..], &["resume", "--all-paused", "--dry-run"]] {
        let finished = run(&emulator, args).await;
        let acts = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202e}' | '\u{2028}');
        let odd = finished.stdout.chars().any(acts);
        assert!(!odd && finished.stdout.contains("weekly"), "{:?}", finished.stdout);
        assert_eq!(finished.stdout.lines().count(), 2, "{:?}", finished.stdout);
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn full_disk_is_an_error() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let emulator = emulator().start().await.unwrap();
    let mut command = cli(&emulator);
    let child = command.arg("list").stdout(std::process::Stdio::from(full)).spawn().unwrap();
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: "));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn full_disk_stops_a_run() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let emulator = emulator().reports(paused(200)).start().await.unwrap();
    let mut command = cli(&emulator);
    command.args(["resume", "--all-paused", "--yes", "--no-verify", "--output", "ids"]);
    let child = command.stdout(std::process::Stdio::from(full)).spawn().unwrap();
    let output = child.wait_with_output().await.unwrap();
    let notes = String::from_utf8_lossy(&output.stderr);
    let done = emulator.reports().iter().filter(|report| report.is_active()).count();
    assert!((1..200).contains(&done), "{done} were resumed");
    let summary = format!("\n{} not-tried, {done} resumed.\nhint: ", 200 - done);
    assert!(notes.contains(&summary), "{notes}");
    assert!(notes.contains("\nerror: "), "{notes}");
    assert_eq!(output.status.code(), Some(1));
}
