//! What a report costs in memory while many are changed.

use std::sync::mpsc;

use allocation_counter::measure;
use partner_center_insights::emulator::Emulator;
use partner_center_insights::{Event, InsightsClient, Outcome, Report, ReportId, Selection};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

/// Its id, its name and how far it is. The list alone, read as a whole, would take many times that.
const BYTES_A_REPORT: u64 = 100;
/// So many that the buffers of a connection, which differ from run to run, make few bytes a report of difference.
const FEW: u32 = 1 << 11;
const MANY: u32 = 1 << 13;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn id(number: u32) -> ReportId {
    uuid::Uuid::from_u128(0x3f0c_2a5e_6c1b_4d7f_9a43_0000_0000_0000 + u128::from(number)).into()
}

fn report(number: u32) -> Report {
    serde_json::from_value(json!({
        "ReportId": id(number), "ReportName": format!("Report {number}"), "ReportStatus": "Paused",
        "Description": "d".repeat(200), "Query": "SELECT * FROM Somewhere ".repeat(20),
        "StartTime": "2026-01-01T00:00:00Z", "RecurrenceInterval": 24,
    }))
    .unwrap()
}

/// The most memory that a client takes to resume so many reports. The emulator has a thread of its own, which is not
/// counted.
fn peak(reports: u32, selection: Selection) -> u64 {
    let (ready, started) = mpsc::channel();
    let (end, ended) = oneshot::channel::<()>();
    let emulator = std::thread::spawn(move || {
        runtime().block_on(async move {
            let emulator = Emulator::builder().reports((0..reports).map(report)).start().await.unwrap();
            ready.send((emulator.base_url().clone(), emulator.token().to_owned())).unwrap();
            let _ = ended.await;
        });
    });
    let (base_url, token) = started.recv().unwrap();
    let runtime = runtime();
    let memory = measure(|| {
        runtime.block_on(async {
            let client = InsightsClient::builder().base_url(base_url).token(token).build().unwrap();
            let mut run = client.resume_all(selection).concurrency(4).plan().await.unwrap().run();
            let mut resumed = 0;
            while let Some(event) = run.next().await {
                if let Event::Finished(report) = event {
                    assert_eq!(report.outcome, Outcome::Resumed);
                    resumed += 1;
                }
            }
            assert_eq!(resumed, reports);
        });
    });
    drop(end);
    emulator.join().unwrap();
    memory.bytes_max
}

#[test]
fn a_report_that_is_resumed_and_read_back_takes_no_more_than_what_is_told_of_it() {
    for selection in [|_| Selection::all(), |count| Selection::ids((0..count).map(id))] {
        let few = peak(FEW, selection(FEW));
        let many = peak(MANY, selection(MANY));
        let each = many.saturating_sub(few) / u64::from(MANY - FEW);
        assert!(each <= BYTES_A_REPORT, "{few} bytes, then {many}: {each} a report");
    }
}
