//! `conformance --exercise`: the state of the report is restored, even after signals.

use std::time::Duration;

use partner_center_insights::emulator::{Emulator, Fault};
use partner_center_insights::spec;
use snapbox::{Data, assert_data_eq};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::{ACTIVE, Finished, INACTIVE, LIST, RESUME, cli, count, emulator, finish, until};

/// The CLI with a folder of its own for notes.
fn command(emulator: &Emulator, state: &TempDir, args: &[&str]) -> Command {
    let mut command = cli(emulator);
    for name in ["XDG_STATE_HOME", "HOME", "LOCALAPPDATA"] {
        command.env(name, state.path());
    }
    command.arg("conformance").args(args);
    command
}

fn is_active(emulator: &Emulator, id: &str) -> bool {
    emulator.report(id.parse().unwrap()).unwrap().is_active()
}

fn changes(emulator: &Emulator) -> usize {
    count(emulator, RESUME) + count(emulator, &spec::PAUSE_REPORT_EXECUTIONS)
}

async fn exercised(emulator: &Emulator, state: &TempDir, id: &str) -> Finished {
    finish(&mut command(emulator, state, &["--exercise", id, "--yes"])).await
}

/// Starts a run, and waits until the report is paused.
async fn paused(state: &TempDir) -> (Emulator, Child) {
    let emulator = emulator().fault(Fault::delay(Duration::from_secs(1)).on(RESUME)).start().await.unwrap();
    let child = command(&emulator, state, &["--exercise", ACTIVE, "--yes"]).spawn().unwrap();
    until("the report is paused twice", || count(&emulator, &spec::PAUSE_REPORT_EXECUTIONS) == 2).await;
    (emulator, child)
}

async fn signal(name: &str, child: &Child) {
    let id = child.id().unwrap().to_string();
    assert!(Command::new("kill").args([name, &id]).status().await.unwrap().success());
}

#[tokio::test]
async fn exercise_prints_checks_and_open_assumptions() {
    let mut text = String::new();
    for args in [&["--exercise", ACTIVE, "--yes"][..], &["--exercise", ACTIVE, "--yes", "--all"]] {
        let (state, emulator) = (tempfile::tempdir().unwrap(), emulator().start().await.unwrap());
        let Finished { code, stdout, stderr } = finish(&mut command(&emulator, &state, args)).await;
        text += &format!("$ partner-insights conformance {}\n{stdout}", args.join(" "));
        text.extend(stderr.lines().map(|line| format!("stderr: {line}\n")));
        text += &format!("exit: {}\n", code.unwrap());
        assert!(is_active(&emulator, ACTIVE));
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/golden/conformance.txt");
    assert_data_eq!(Data::text(text), Data::read_from(path.as_ref(), None).raw());
}

#[tokio::test]
async fn exercise_without_confirmation_changes_nothing() {
    let (state, emulator) = (tempfile::tempdir().unwrap(), emulator().start().await.unwrap());
    let finished = finish(&mut command(&emulator, &state, &["--exercise", ACTIVE])).await;
    assert_eq!((finished.code, changes(&emulator), count(&emulator, LIST)), (Some(2), 0, 1), "{finished:?}");
    let name = emulator.report(ACTIVE.parse().unwrap()).unwrap().report_name.unwrap();
    assert!(finished.stderr.contains(&name), "{finished:?}");
}

#[tokio::test]
async fn inactive_report_is_not_exercised() {
    let (state, emulator) = (tempfile::tempdir().unwrap(), emulator().start().await.unwrap());
    let finished = exercised(&emulator, &state, INACTIVE).await;
    assert_eq!((finished.code, changes(&emulator)), (Some(6), 0), "{finished:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn signal_restores_the_state() {
    for name in ["-INT", "-TERM"] {
        let state = tempfile::tempdir().unwrap();
        let (emulator, child) = paused(&state).await;
        signal(name, &child).await;
        let output = child.wait_with_output().await.unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(130), "{stderr}");
        assert!(stderr.contains(&format!("The report {ACTIVE} is Active again.")), "{stderr}");
        assert!(is_active(&emulator, ACTIVE));
        // Nothing is left to restore.
        let next = exercised(&emulator, &state, ACTIVE).await;
        assert_eq!((next.code, next.stderr.contains("earlier run")), (Some(0), false), "{}", next.stderr);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn next_run_after_a_kill_restores_the_state() {
    let state = tempfile::tempdir().unwrap();
    let (emulator, child) = paused(&state).await;
    signal("-KILL", &child).await;
    child.wait_with_output().await.unwrap();
    assert!(!is_active(&emulator, ACTIVE));
    // Any other run reports it.
    let reminded = finish(&mut command(&emulator, &state, &["--quiet"])).await;
    assert_eq!(reminded.code, Some(0), "{}", reminded.stderr);
    assert!(reminded.stderr.contains(&format!("partner-insights resume {ACTIVE}")), "{}", reminded.stderr);

    let next = exercised(&emulator, &state, ACTIVE).await;
    assert_eq!(next.code, Some(0), "{}", next.stderr);
    assert!(next.stderr.contains("it was Active and is now Paused"), "{}", next.stderr);
    assert!(is_active(&emulator, ACTIVE));
    let reminded = finish(&mut command(&emulator, &state, &["--quiet"])).await;
    assert_eq!(reminded.stderr, "");
}

#[tokio::test]
async fn unrestored_state_is_reported_and_noted() {
    let state = tempfile::tempdir().unwrap();
    let emulator = emulator().fault(Fault::refuse(403).on(RESUME).first(20)).start().await.unwrap();
    let failed = exercised(&emulator, &state, ACTIVE).await;
    assert_eq!(failed.code, Some(5), "{}", failed.stderr);
    // The rows are printed anyway.
    assert!(failed.stdout.contains("resumeReportExecutions"), "{failed:?}");
    assert!(
        failed.stderr.contains(&format!("the report {ACTIVE} was Active before an exercise")),
        "{failed:?}"
    );
    while count(&emulator, RESUME) < 20 {
        let _ = finish(cli(&emulator).args(["resume", ACTIVE])).await;
    }
    assert!(!is_active(&emulator, ACTIVE));
    assert_eq!(exercised(&emulator, &state, ACTIVE).await.code, Some(0));
    assert!(is_active(&emulator, ACTIVE));
}
