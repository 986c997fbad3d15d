//! What is sent, and what is not.

use partner_center_insights::spec;

use crate::{ACTIVE, ALSO_PAUSED, INACTIVE, PAUSED, RESUME, bare, count, emulator, end, run};

#[tokio::test]
async fn off_a_terminal_a_bulk_change_needs_yes_and_changes_nothing_without_it() {
    let emulator = emulator().start().await.unwrap();
    for args in [
        &["resume", "--all-paused"][..],
        &["resume", "--all-paused", "--name", "*"],
        &["pause", "--all-active"],
    ] {
        let ended = run(&emulator, args).await;
        assert_eq!(ended.code, Some(2));
        assert!(ended.stderr.contains("--yes") && ended.stderr.contains("3 reports"), "{}", ended.stderr);
    }
    assert_eq!(count(&emulator, &spec::GET_REPORTS), emulator.requests().len());
}

#[tokio::test]
async fn a_dry_run_changes_nothing_and_shows_what_the_run_then_does() {
    let emulator = emulator().start().await.unwrap();
    let ids = |text: &str| {
        let mut ids: Vec<_> = text.lines().map(str::to_owned).collect();
        ids.sort_unstable();
        ids
    };
    let would = run(&emulator, &["resume", "--all-paused", "--dry-run", "--output", "ids"]).await;
    assert_eq!(would.code, Some(0));
    assert_eq!((emulator.requests().len(), count(&emulator, &spec::GET_REPORTS)), (1, 1));
    let did = run(&emulator, &["resume", "--all-paused", "--yes", "--output", "ids"]).await;
    assert_eq!(ids(&would.stdout), ids(&did.stdout));
    assert_eq!(ids(&did.stdout).len(), 3);
}

#[tokio::test]
async fn no_verify_with_ids_sends_the_bare_requests_only() {
    let emulator = emulator().start().await.unwrap();
    let ended = run(&emulator, &["resume", PAUSED, ALSO_PAUSED, ACTIVE, "--no-verify"]).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!((emulator.requests().len(), count(&emulator, RESUME)), (3, 3));
}

#[tokio::test]
async fn what_runs_or_cannot_run_is_not_touched() {
    let emulator = emulator().start().await.unwrap();
    let ended = run(&emulator, &["resume", ACTIVE, INACTIVE]).await;
    assert_eq!(ended.code, Some(9));
    assert_eq!((emulator.requests().len(), count(&emulator, "getReports")), (2, 2));
}

#[tokio::test]
async fn on_the_emulator_nothing_is_asked_and_it_is_told_that_it_is_one() {
    let ended = end(bare().args(["resume", "--all-paused", "--emulator"])).await;
    let said = "On the emulated service; nothing real is read or changed.\n3 resumed.\n";
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), said));
}
