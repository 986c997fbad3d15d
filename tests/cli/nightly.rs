//! The nightly script in `examples/nightly`: green only if every report that it names runs and delivers.

use std::path::Path;
use std::time::{Duration, SystemTime};

use partner_center_insights::emulator::{Emulator, EmulatorBuilder, Fault, FileFault, Files, Scenario};
use partner_center_insights::{Report, ReportId, spec};
use serde_json::Value;
use tokio::process::Command;

use crate::{Finished, RESUME, TOKEN, cli, count, finish, id, until};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/nightly/nightly.sh");

/// An emulator with the clock of this machine, which `health` compares with.
fn emulator() -> EmulatorBuilder {
    Emulator::builder().token(TOKEN)
}

/// A daily report whose latest file is an hour old.
fn report(number: u128, name: &str, status: &str) -> Report {
    let start = SystemTime::now() - Duration::from_secs(3 * 24 * 3600 + 3600);
    let report = Report::new(id(number)).with_name(name).with_status(status.into());
    report.with_schedule(start, 24, 10_000_000)
}

/// Two reports that run, and one with another name.
fn running() -> Vec<Report> {
    vec![
        report(1, "Sales, daily", "Active"),
        report(2, "Sales, weekly", "Active"),
        report(3, "Usage", "Paused"),
    ]
}

fn some_paused() -> Vec<Report> {
    let mut reports = running();
    reports[1].report_status = Some("Paused".into());
    reports
}

/// The script, for this emulator and with this pattern.
fn nightly(emulator: &Emulator, pattern: &str) -> Command {
    let folder = Path::new(env!("CARGO_BIN_EXE_partner-insights")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let settings = cli(emulator);
    let settings = settings.as_std().get_envs().filter_map(|(name, value)| Some((name, value?)));
    let mut command = Command::new("sh");
    command.env_clear().envs(settings).env("PATH", path).kill_on_drop(true);
    command.stdin(std::process::Stdio::null());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    command.arg(SCRIPT).arg(pattern);
    command
}

async fn night(builder: EmulatorBuilder, pattern: &str) -> Finished {
    let emulator = builder.start().await.unwrap();
    finish(&mut nightly(&emulator, pattern)).await
}

/// The output of `resume`, which ends with its summary.
fn resumed(stdout: &str) -> Value {
    let end = stdout.find("{\"summary\"").unwrap();
    crate::document(&stdout[..end + stdout[end..].find('\n').unwrap()])
}

fn outcomes(finished: &Finished) -> Vec<(ReportId, String)> {
    let rows = resumed(&finished.stdout)["reports"].take();
    let outcome = |row: &Value| {
        (row["reportId"].as_str().unwrap().parse().unwrap(), row["outcome"].as_str().unwrap().to_owned())
    };
    rows.as_array().unwrap().iter().map(outcome).collect()
}

fn error(finished: &Finished) -> String {
    let line = finished.stderr.lines().find(|line| line.starts_with("{\"error\":")).unwrap();
    let error: Value = serde_json::from_str(line).unwrap();
    error["error"]["kind"].as_str().unwrap().to_owned()
}

#[test]
fn nightly_script_has_ten_lines() {
    assert_eq!(std::fs::read_to_string(SCRIPT).unwrap().lines().count(), 10);
}

#[tokio::test]
async fn nightly_is_green_if_all_run() {
    let finished = night(emulator().reports(running()), "Sales*").await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let active = |number| (id(number), "already-active".to_owned());
    assert_eq!(outcomes(&finished), [active(1), active(2)]);
}

#[tokio::test]
async fn nightly_is_green_if_the_paused_are_resumed() {
    let emulator = emulator().reports(some_paused()).start().await.unwrap();
    let finished = finish(&mut nightly(&emulator, "Sales*")).await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(emulator.report(id(1)).unwrap().is_active() && emulator.report(id(2)).unwrap().is_active());
    assert!(emulator.report(id(3)).unwrap().is_paused());
}

#[tokio::test]
async fn nightly_is_red_for_a_typo() {
    let finished = night(emulator().reports(some_paused()), "Slaes*").await;
    assert_eq!((finished.code, error(&finished).as_str()), (Some(3), "no-match"));
    assert!(finished.stderr.contains("Sales, daily"), "{}", finished.stderr);
}

#[tokio::test]
async fn nightly_is_red_if_a_report_has_ended() {
    let ended = report(4, "Sales by region", "Inactive").with_schedule("2026-01-05T06:00:00Z", 24, 30);
    let finished = night(emulator().reports(some_paused().into_iter().chain([ended])), "Sales*").await;
    assert_eq!(finished.code, Some(11), "{}", finished.stderr);
    assert!(outcomes(&finished).contains(&(id(4), "not-resumable".to_owned())), "{}", finished.stdout);
}

#[tokio::test]
async fn nightly_is_red_without_a_login() {
    let expired = emulator().reports(some_paused()).token("another");
    let finished = night(expired, "Sales*").await;
    assert_eq!((finished.code, error(&finished).as_str()), (Some(4), "unauthenticated"));
    let finished = night(emulator().reports(some_paused()).scenario(Scenario::Mfa), "Sales*").await;
    assert_eq!((finished.code, error(&finished).as_str()), (Some(4), "mfa-required"));

    let emulator = emulator().start().await.unwrap();
    let mut none = nightly(&emulator, "Sales*");
    let finished =
        finish(none.env_remove("PARTNER_CENTER_ACCESS_TOKEN").env("PARTNER_CENTER_AUTH", "token")).await;
    assert_eq!((finished.code, error(&finished).as_str()), (Some(4), "no-credential"));
}

#[tokio::test]
async fn nightly_is_red_if_the_service_is_unavailable() {
    let away = Fault::respond(503, "text/plain", "busy").header("retry-after", "3600");
    let finished = night(emulator().reports(some_paused()).fault(away.clone()), "Sales*").await;
    assert_eq!((finished.code, error(&finished).as_str()), (Some(7), "unavailable"));

    // Unavailable after the list.
    let finished = night(emulator().reports(some_paused()).fault(away.on(RESUME)), "Sales*").await;
    assert_eq!(finished.code, Some(11), "{}", finished.stderr);
    assert!(outcomes(&finished).contains(&(id(2), "failed".to_owned())), "{}", finished.stdout);
}

#[tokio::test]
async fn nightly_is_red_if_a_file_is_missing() {
    let silent = Fault::respond(200, "application/json", r#"{"value": [], "totalCount": 0}"#);
    let silent = silent.on(&spec::GET_REPORT_EXECUTIONS);
    let finished = night(emulator().reports(running()).fault(silent), "Sales*").await;
    assert_eq!(finished.code, Some(11), "{}", finished.stderr);
    assert!(finished.stdout.contains("\"verdict\":\"never-ran\""), "{}", finished.stdout);
}

#[tokio::test]
async fn nightly_saves_each_new_file_once() {
    let emulator = emulator().reports(running()).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let run = || async { finish(nightly(&emulator, "Sales*").env("REPORTS", folder.path())).await };
    let files = || folder.path().read_dir().unwrap().count();

    let first = run().await;
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    let saved = files();
    assert!(saved >= 6, "{saved} files of two reports with four executions each");
    let second = run().await;
    assert_eq!((second.code, files()), (Some(0), saved), "{}", second.stderr);
    assert_eq!(second.stdout.matches("\"path\":").count(), 0, "{}", second.stdout);
}

#[tokio::test]
async fn nightly_is_red_if_a_file_is_not_saved() {
    let files = Files::new().fault(FileFault::Deleted);
    let emulator = emulator().reports(running()).files(files).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let finished = finish(nightly(&emulator, "Sales*").env("REPORTS", folder.path())).await;
    assert_eq!((finished.code, error(&finished).as_str()), (Some(3), "no-file"));
}

#[tokio::test]
async fn nightly_is_red_if_it_is_stopped() {
    let reports = (0..300).map(|number| report(number, "Sales", "Paused"));
    let slow = Fault::delay(Duration::from_millis(20)).on(RESUME);
    let emulator = emulator().reports(reports).fault(slow).start().await.unwrap();
    let mut command = nightly(&emulator, "Sales*");
    let child = command.process_group(0).spawn().unwrap();
    until("some are resumed", || count(&emulator, RESUME) >= 3).await;
    // Signals the whole process group, as a terminal or a service manager does.
    let group = format!("-{}", child.id().unwrap());
    let killed = Command::new("kill").args(["-INT", "--", &group]).status().await.unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().await.unwrap();
    assert!(!output.status.success());
    let document = resumed(&String::from_utf8(output.stdout).unwrap());
    let outcomes = &document["summary"]["outcomes"];
    assert!(outcomes["not-tried"].as_u64() > Some(0) && outcomes["resumed"].as_u64() > Some(0), "{outcomes}");
}

#[tokio::test]
async fn nightly_is_red_without_names() {
    let emulator = emulator().start().await.unwrap();
    let settings = nightly(&emulator, "");
    let mut command = Command::new("sh");
    let finished =
        finish(command.arg(SCRIPT).envs(settings.as_std().get_envs().filter_map(|(k, v)| Some((k, v?)))))
            .await;
    assert_eq!(finished.code, Some(2));
    assert!(emulator.requests().is_empty());
}

#[tokio::test]
async fn nightly_stops_after_an_interrupt() {
    let folder = tempfile::tempdir().unwrap();
    let stub = folder.path().join("partner-insights");
    std::fs::write(&stub, "#!/bin/sh\necho \"$3\"\nexit 130\n").unwrap();
    std::fs::set_permissions(&stub, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let finished = finish(Command::new("sh").arg(SCRIPT).args(["Sales*", "Usage*"]).env("PATH", path)).await;
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(130), "Sales*\n"));
}

#[test]
fn failed_unit_triggers_an_alert() {
    let file = |name| std::fs::read_to_string(Path::new(SCRIPT).with_file_name(name)).unwrap();
    assert!(file("partner-insights.service").contains("\nOnFailure=partner-insights-failed@%n.service\n"));
    assert!(file("partner-insights-failed@.service").contains("\nExecStart="));
    // The job installs from the clone, because nothing is published to a registry yet.
    assert!(file("github.yml").contains("cargo install --path . --features cli --locked"));
}
