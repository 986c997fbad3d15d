//! Many reports under a rate limit: time compared with the minimum under that limit, and requests refused with 429.
//!
//! All rows run at the same time, three times each, because they mostly wait.

mod support;

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use partner_center_insights::emulator::{Emulator, Fault, Limit};
use partner_center_insights::{Event, InsightsClient, Outcome, Report, ReportId, Selection};
use support::{Spread, table};
use uuid::Uuid;

const ROUNDS: usize = 3;

#[derive(Clone, Copy)]
struct Row {
    name: &'static str,
    limit: Limit,
    latency: Duration,
    reports: u32,
    /// The earliest time at which the limit admits the last call.
    ideal: Duration,
}

/// A limit of `calls` in each window.
fn window(name: &'static str, calls: u32, seconds: u32, reports: u32) -> Row {
    let length = Duration::from_secs(seconds.into());
    let ideal = length * ((reports - 1) / calls);
    Row { name, limit: Limit::window(calls, length), latency: Duration::ZERO, reports, ideal }
}

/// A limit of `rate` calls a second, with a burst of `burst` calls after a pause.
fn bucket(name: &'static str, rate: u32, burst: u32, reports: u32) -> Row {
    let ideal = Duration::from_secs((reports - burst).into()) / rate;
    Row { name, limit: Limit::bucket(rate.into(), burst), latency: Duration::ZERO, reports, ideal }
}

impl Row {
    fn unreported(self) -> Self {
        Self { limit: self.limit.without_retry_after(), ..self }
    }

    fn latency(self, milliseconds: u64) -> Self {
        Self { latency: Duration::from_millis(milliseconds), ..self }
    }
}

fn rows() -> Vec<Row> {
    vec![
        bucket("10 a second, 10 at once", 10, 10, 1000),
        bucket("10 a second, 10 at once, wait not reported", 10, 10, 1000).unreported(),
        bucket("50 a second, 50 at once, wait not reported", 50, 50, 5000).unreported(),
        bucket("50 a second, 50 at once, 50 ms latency", 50, 50, 5000).latency(50),
        bucket("100 a second, 20 at once", 100, 20, 10_000),
        window("10 in 10 s", 10, 10, 110),
        window("10 in 10 s, wait not reported", 10, 10, 110).unreported(),
        window("10 in 2 s, wait not reported", 10, 2, 500).unreported(),
        window("10 in 2 s, wait not reported, 50 ms latency", 10, 2, 500).unreported().latency(50),
        window("100 in 5 s", 100, 5, 2000),
        window("100 in 5 s, wait not reported", 100, 5, 2000).unreported(),
    ]
}

struct Measured {
    time: f64,
    refused: f64,
}

/// Resumes all reports of a row.
async fn run(row: Row) -> Measured {
    let ids: Vec<ReportId> = (1..=row.reports.into()).map(|id| Uuid::from_u128(id).into()).collect();
    let report = |id: &ReportId| {
        serde_json::from_value::<Report>(serde_json::json!({ "ReportId": id, "ReportStatus": "Paused" }))
            .expect("a report")
    };
    let builder = Emulator::builder().reports(ids.iter().map(report)).limit(row.limit);
    let emulator = builder.fault(Fault::delay(row.latency)).start().await.expect("a free port");
    let client = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token());
    let client = client.build().expect("a client");
    let plan = client.resume_all(Selection::ids(ids)).skip_verification().plan().await;
    let mut run = plan.expect("a plan").run();
    let began = Instant::now();
    while let Some(event) = run.next().await {
        if let Event::Finished { report } = event {
            assert_eq!(report.outcome, Outcome::Resumed, "{:?}", report.error);
        }
    }
    let time = began.elapsed().as_secs_f64();
    let requests = f64::from(u32::try_from(emulator.request_count()).expect("fewer requests"));
    Measured { time, refused: 100.0 * (requests - f64::from(row.reports)) / requests }
}

#[tokio::main]
async fn main() {
    if !support::is_bench() {
        return;
    }
    let rows = rows();
    let runs = rows.iter().map(async |row| {
        let rounds: FuturesOrdered<_> = (0..ROUNDS).map(|_| tokio::spawn(run(*row))).collect();
        rounds.map(|measured| measured.expect("resumed reports")).collect::<Vec<_>>().await
    });
    let measured: Vec<Vec<Measured>> = runs.collect::<FuturesOrdered<_>>().collect().await;
    let mut table = table(&["limit", "reports", "ideal, s", "time, ideal = 1", "refused, % of requests"]);
    for (row, measured) in rows.iter().zip(measured) {
        let ideal = row.ideal.as_secs_f64();
        let ratios: Vec<_> = measured.iter().map(|measured| measured.time / ideal).collect();
        let refused: Vec<_> = measured.iter().map(|measured| measured.refused).collect();
        table.add_row([
            row.name.to_owned(),
            row.reports.to_string(),
            format!("{ideal:.1}"),
            format!("{:.3}", Spread::of(&ratios)),
            format!("{:.2}", Spread::of(&refused)),
        ]);
    }
    println!("{table}");
}
