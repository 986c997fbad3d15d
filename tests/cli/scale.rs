//! Ten thousand reports.

use std::collections::{HashMap, HashSet};
use std::process::Stdio;
use std::time::Duration;

use partner_center_insights::emulator::Emulator;

use crate::{RESUME, count, emulator, end, paused, program, until};

const MANY: usize = 10_000;
const ARGS: [&str; 7] = ["resume", "--all-paused", "--yes", "--concurrency", "64", "--output", "ids"];

/// Waits until nothing has come for a while: what a killed client had sent may still be on its way.
async fn settled(emulator: &Emulator) -> usize {
    let mut before = usize::MAX;
    loop {
        let now = count(emulator, RESUME);
        if now == before {
            return now;
        }
        before = now;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn ten_thousand() -> Emulator {
    emulator().reports(paused(MANY as u128)).start().await.unwrap()
}

/// Each report is active, after one request.
fn touched_once(emulator: &Emulator) {
    assert!(emulator.reports().iter().all(|report| report.is_active()));
    let mut touched: HashMap<_, u32> = HashMap::new();
    for request in emulator.requests().into_iter().filter(|request| request.operation == Some(RESUME)) {
        *touched.entry(request.target).or_default() += 1;
    }
    assert_eq!(touched.len(), MANY);
    assert!(touched.values().all(|times| *times == 1), "a report was touched twice");
}

#[tokio::test]
async fn ten_thousand_reports_resume_in_one_run() {
    let emulator = ten_thousand().await;
    let ended = end(program(&emulator).args(ARGS)).await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), "10000 resumed.\n"));
    assert_eq!(ended.stdout.lines().collect::<HashSet<_>>().len(), MANY);
    touched_once(&emulator);
}

#[tokio::test]
async fn a_run_killed_half_way_is_finished_by_the_next_and_nothing_is_touched_twice() {
    let emulator = ten_thousand().await;
    let mut child = program(&emulator).args(ARGS).stdout(Stdio::null()).spawn().unwrap();
    until("half of it is done", || count(&emulator, RESUME) >= MANY / 2).await;
    child.kill().await.unwrap();
    let done = settled(&emulator).await;
    assert!((MANY / 2..MANY).contains(&done), "{done}");

    let ended = end(program(&emulator).args(ARGS)).await;
    assert_eq!((ended.code, ended.stderr), (Some(0), format!("{} resumed.\n", MANY - done)));
    assert_eq!(ended.stdout.lines().count(), MANY - done);
    touched_once(&emulator);
}
