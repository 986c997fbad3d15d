//! Which requests `resume` and `pause` send.

use crate::{ACTIVE, ALSO_PAUSED, INACTIVE, LIST, PAUSED, RESUME, bare, count, emulator, finish, run};

#[tokio::test]
async fn bulk_change_without_terminal_requires_yes() {
    let emulator = emulator().start().await.unwrap();
    for args in [
        &["resume", "--all-paused"][..],
        &["resume", "--all-paused", "--name", "*"],
        &["pause", "--all-active"],
    ] {
        let finished = run(&emulator, args).await;
        assert_eq!(finished.code, Some(2));
        assert!(finished.stderr.contains(" reports without confirmation"), "{}", finished.stderr);
        assert!(finished.stderr.contains("\nhint: pass --yes"), "{}", finished.stderr);
    }
    assert_eq!(count(&emulator, LIST), emulator.requests().len());
}

#[tokio::test]
async fn dry_run_shows_what_the_run_changes() {
    let emulator = emulator().start().await.unwrap();
    let ids = |text: &str| {
        let mut ids: Vec<_> = text.lines().map(str::to_owned).collect();
        ids.sort_unstable();
        ids
    };
    let would = run(&emulator, &["resume", "--all-paused", "--dry-run", "--output", "ids"]).await;
    assert_eq!(would.code, Some(0));
    assert_eq!((emulator.requests().len(), count(&emulator, LIST)), (1, 1));
    let did = run(&emulator, &["resume", "--all-paused", "--yes", "--output", "ids"]).await;
    assert_eq!(ids(&would.stdout), ids(&did.stdout));
    assert_eq!(ids(&did.stdout).len(), 5);
}

#[tokio::test]
async fn no_verify_with_ids_sends_only_the_requests() {
    let emulator = emulator().start().await.unwrap();
    let finished = run(&emulator, &["resume", PAUSED, ALSO_PAUSED, ACTIVE, "--no-verify"]).await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!((emulator.requests().len(), count(&emulator, RESUME)), (3, 3));
}

#[tokio::test]
async fn active_and_inactive_reports_get_no_request() {
    let emulator = emulator().start().await.unwrap();
    let finished = run(&emulator, &["resume", ACTIVE, INACTIVE]).await;
    assert_eq!(finished.code, Some(9));
    assert!(emulator.requests().iter().all(|request| request.method == "GET"));
}

#[tokio::test]
async fn emulator_needs_no_confirmation() {
    let finished = finish(bare().args(["resume", "--all-paused", "--emulator"])).await;
    let notes = "Using the emulator; no real data is read or changed, and it forgets everything at the end \
                 (`partner-insights emulator` starts one that stays).\n5 resumed.\n";
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), notes));
}
