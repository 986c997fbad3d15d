//! Plan, change, verify, against the emulator.

mod outcomes;
mod trouble;

use std::time::Duration;

use partner_center_insights::emulator::{Emulator, EmulatorBuilder};
use partner_center_insights::{Event, InsightsClient, Report, ReportId, ReportOutcome, RetryPolicy, Run};

/// The id with this number.
pub fn id(number: u128) -> ReportId {
    uuid::Uuid::from_u128(0x3f0c_2a5e_6c1b_4d7f_9a43_0000_0000_0000 + number).into()
}

pub fn report(number: u128, status: &str) -> Report {
    let report = serde_json::json!({
        "ReportId": id(number), "ReportName": format!("Report {number}"), "ReportStatus": status,
        "StartTime": "2026-01-01T00:00:00Z", "RecurrenceInterval": 24,
    });
    serde_json::from_value(report).unwrap()
}

pub async fn start(builder: EmulatorBuilder) -> (Emulator, InsightsClient) {
    let emulator = builder.start().await.unwrap();
    let client = client(&emulator, 4);
    (emulator, client)
}

/// A client that tries so many times, without waiting long.
pub fn client(emulator: &Emulator, attempts: u32) -> InsightsClient {
    let mut policy = RetryPolicy::default();
    policy.max_attempts = attempts;
    policy.initial_backoff = Duration::from_millis(1);
    policy.max_backoff = Duration::from_millis(20);
    let builder = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token());
    builder.retry(policy).build().unwrap()
}

pub async fn finish(mut run: Run) -> Vec<ReportOutcome> {
    let mut outcomes = Vec::new();
    while let Some(event) = run.next().await {
        if let Event::Finished(outcome) = event {
            outcomes.push(outcome);
        }
    }
    outcomes.sort_by_key(|outcome| outcome.report_id);
    outcomes
}
