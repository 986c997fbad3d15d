//! Which requests `resume` and `pause` send.

use std::time::{Duration, Instant};

use partner_center_insights::emulator::Fault;

use crate::{
    ACTIVE, ALSO_PAUSED, INACTIVE, LIST, PAUSED, RESUME, UNKNOWN, bare, count, emulator, finish, id, paused,
    run,
};

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
        let message = finished.stderr.lines().next().unwrap();
        assert!(message.contains(" reports ") && message.contains("without confirmation"), "{message}");
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
async fn exceptions_are_not_changed() {
    let emulator = emulator().reports(paused(3)).start().await.unwrap();
    let (kept, unknown) = (id(1).to_string(), UNKNOWN);
    let all = ["resume", "--all-paused", "--yes", "--output", "ids", "--except"];
    let mistyped = run(&emulator, &[&all[..], &[&kept, "--except", unknown]].concat()).await;
    assert!(mistyped.code == Some(3) && mistyped.stderr.contains(unknown), "{mistyped:?}");
    assert_eq!(count(&emulator, RESUME), 0);
    let finished = run(&emulator, &[&all[..], &[&kept]].concat()).await;
    assert_eq!(finished.stdout.lines().collect::<Vec<_>>(), [id(0).to_string(), id(2).to_string()]);
    let again = run(&emulator, &[&all[..], &[&kept]].concat()).await;
    assert!(again.code == Some(0) && again.stderr.contains("except those of --except"), "{again:?}");
}

#[tokio::test]
async fn emulator_needs_no_confirmation() {
    let finished = finish(bare().args(["resume", "--all-paused", "--emulator"])).await;
    let notes = "Using the emulator; no real data is read or changed. It stops with this command \
                 (`partner-insights emulator` starts one that keeps running).\n5 resumed.\n";
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), notes));
}

#[tokio::test]
async fn timeout_bounds_the_whole_run() {
    // The first resume succeeds, and the second waits for the rate limit.
    let throttled = Fault::respond(429, "application/json", "{}").header("retry-after", "25");
    let quick = Fault::delay(Duration::ZERO).on(RESUME).first(1);
    let emulator =
        emulator().reports(paused(3)).fault(quick).fault(throttled.on(RESUME)).start().await.unwrap();
    let args = ["resume", "--all-paused", "--yes", "--concurrency", "1", "--timeout", "2s", "-o", "jsonl"];
    let start = Instant::now();
    let finished = run(&emulator, &args).await;
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    assert_eq!(finished.code, Some(9), "{}", finished.stderr);
    let document = crate::document(&finished.stdout);
    let rows = document["reports"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["reason"] == "timeout"), "{rows:?}");
    assert!(rows.iter().all(|row| row["message"].as_str().unwrap().contains("--timeout")), "{rows:?}");
    let outcomes = serde_json::json!({ "not-tried": 1, "unconfirmed": 2 });
    assert_eq!(document["summary"]["outcomes"], outcomes);
}

#[tokio::test]
async fn timeout_bounds_the_plan() {
    let emulator = emulator().fault(Fault::delay(Duration::from_secs(600)).on(LIST)).start().await.unwrap();
    let finished =
        run(&emulator, &["resume", "--all-paused", "--yes", "--timeout", "1s", "-o", "json"]).await;
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(7), ""));
    assert!(finished.stderr.starts_with(r#"{"error":{"kind":"timeout""#), "{}", finished.stderr);
    assert!(finished.stderr.contains("nothing was changed"), "{}", finished.stderr);
}

#[tokio::test]
async fn json_rows_say_when_reports_run_next() {
    let report = paused(1).next().unwrap().with_schedule("2026-01-05T06:00:00Z", 24, 10_000_000);
    for verify in [None, Some("--no-verify")] {
        let emulator = emulator().reports([report.clone()]).start().await.unwrap();
        let id = report.report_id.to_string();
        let args: Vec<_> = ["resume", &id, "--output", "json"].into_iter().chain(verify).collect();
        let finished = run(&emulator, &args).await;
        let row = crate::document(&finished.stdout)["reports"][0].take();
        let next = row["nextExecution"].as_str().unwrap();
        assert!(next.ends_with("T06:00:00Z"), "{row}");
        assert!(
            finished.stderr.ends_with(&format!("1 resumed. Next execution: {next}.\n")),
            "{}",
            finished.stderr
        );
    }
}

#[tokio::test]
async fn resume_reads_what_resume_prints() {
    let emulator = emulator().start().await.unwrap();
    for format in ["json", "jsonl"] {
        let planned = run(&emulator, &["resume", "--all-paused", "--dry-run", "--output", format]).await;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), planned.stdout).unwrap();
        let path = file.path().to_str().unwrap();
        let finished = run(&emulator, &["resume", "--ids-file", path, "--dry-run", "--output", "ids"]).await;
        assert_eq!((finished.code, finished.stdout.lines().count()), (Some(0), 5), "{}", finished.stderr);
    }
}

#[tokio::test]
async fn rows_have_the_same_members_without_verify() {
    let mut shapes = Vec::new();
    for args in [&[][..], &["--no-verify"]] {
        let emulator = emulator().start().await.unwrap();
        let ids = ["resume", PAUSED, INACTIVE, UNKNOWN, "--output", "json"];
        let finished = run(&emulator, &[&ids[..], args].concat()).await;
        let rows = crate::document(&finished.stdout)["reports"].take();
        for (row, is_success) in rows.as_array().unwrap().iter().zip([true, false, false]) {
            assert_eq!(
                (row["reason"].is_null(), row["message"].is_null()),
                (is_success, is_success),
                "{row}"
            );
            shapes.push(row.as_object().unwrap().keys().cloned().collect::<Vec<_>>());
        }
    }
    assert_eq!(shapes.len(), 6);
    assert!(shapes.iter().all(|shape| *shape == shapes[0]), "{shapes:?}");
}
