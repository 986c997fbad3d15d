//! A run that is killed.

use std::collections::HashMap;
use std::process::Stdio;
use std::time::Duration;

use partner_center_insights::emulator::Emulator;

use crate::{RESUME, cli, count, emulator, finish, paused, until};

const REPORTS: usize = 500;
const ARGS: [&str; 5] = ["resume", "--all-paused", "--yes", "--output", "ids"];

/// Waits until the requests of a killed client have arrived.
async fn settled(emulator: &Emulator) -> usize {
    let mut before = usize::MAX;
    loop {
        let now = count(emulator, RESUME);
        if now == before {
            return now;
        }
        before = now;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn killed_run_is_finished_by_the_next() {
    let emulator = emulator().reports(paused(REPORTS as u128)).start().await.unwrap();
    let mut child = cli(&emulator).args(ARGS).stdout(Stdio::null()).spawn().unwrap();
    until("half of the reports are resumed", || count(&emulator, RESUME) >= REPORTS / 2).await;
    child.kill().await.unwrap();
    let done = settled(&emulator).await;
    assert!((REPORTS / 2..REPORTS).contains(&done), "{done}");

    let finished = finish(cli(&emulator).args(ARGS)).await;
    assert_eq!((finished.code, finished.stderr), (Some(0), format!("{} resumed.\n", REPORTS - done)));
    assert_eq!(finished.stdout.lines().count(), REPORTS - done);
    assert!(emulator.reports().iter().all(|report| report.is_active()));
    let mut requests: HashMap<_, u32> = HashMap::new();
    for request in emulator.requests().into_iter().filter(|request| request.operation == Some(RESUME)) {
        *requests.entry(request.target).or_default() += 1;
    }
    assert_eq!(requests.len(), REPORTS);
    assert!(requests.values().all(|count| *count == 1), "a report was changed twice");
}
