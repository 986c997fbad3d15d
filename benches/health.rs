//! The health of 50 active reports: requests, and time compared with the ideal, which is the number of requests divided
//! by their concurrency, times the latency of one.

mod support;

use std::time::{Duration, Instant};

use partner_center_insights::emulator::{Emulator, Fault};
use partner_center_insights::{InsightsClient, Report};
use support::Spread;
use uuid::Uuid;

const REPORTS: u32 = 50;
const CONCURRENCY: f64 = 5.0;
const LATENCY: Duration = Duration::from_millis(20);
const ROUNDS: usize = 21;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if !support::is_bench() {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    // Weekly, because the emulator takes a while for the executions of a daily report.
    let reports = (0..REPORTS).map(|number| {
        serde_json::from_value::<Report>(serde_json::json!({
            "ReportId": Uuid::from_u128(number.into()), "ReportName": format!("Report {number}"), "Format": "csv",
            "ReportStatus": "Active", "StartTime": "2026-01-01T00:00:00Z", "RecurrenceInterval": 168,
        }))
    });
    let builder = Emulator::builder().reports(reports.collect::<Result<Vec<_>, _>>()?);
    let emulator = runtime.block_on(builder.fault(Fault::delay(LATENCY)).start())?;
    let client = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build()?;

    let mut requests = 0;
    let mut health = || {
        let before = emulator.request_count();
        let (began, health) = (Instant::now(), runtime.block_on(async { client.health().await }));
        let time = began.elapsed();
        assert!(health.is_ok_and(|health| health.iter().all(|report| report.verdict.is_healthy())));
        requests = emulator.request_count() - before;
        time.as_secs_f64() * 1e3
    };
    let id = Uuid::nil().to_string();
    let mut latency = || {
        let (began, one) = (Instant::now(), runtime.block_on(async { client.executions(&*id).await }));
        assert!(one.is_ok());
        began.elapsed().as_secs_f64() * 1e3
    };
    let results = support::rounds(ROUNDS, &mut [&mut health, &mut latency]);
    let [health, latency] = &results[..] else { return Err("expected two results".into()) };
    let ideal: Vec<_> = latency.iter().map(|latency| latency * requests as f64 / CONCURRENCY).collect();
    let mut table = support::table(&["health of 50 reports", "ms", "ratio to the ideal", "requests"]);
    let (time, ratio) = (Spread::of(health), Spread::of_ratio(health, &ideal));
    table.add_row(["20 ms latency".to_owned(), time.to_string(), ratio.to_string(), requests.to_string()]);
    println!("{table}");
    Ok(())
}
