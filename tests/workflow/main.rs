//! Bulk changes against the emulator.

mod creates;
mod faults;
mod files;
mod health;
mod outcomes;
mod reads;
mod stops;

use std::time::Duration;

use partner_center_insights::emulator::{Emulator, EmulatorBuilder};
use partner_center_insights::spec::{self, Operation};
use partner_center_insights::{InsightsClient, Outcome, Report, ReportId, ReportOutcome, RetryPolicy};

pub const LIST: &Operation = &spec::GET_REPORTS;
pub const RESUME: &Operation = &spec::RESUME_REPORT_EXECUTIONS;

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

pub fn paused(count: u128) -> impl Iterator<Item = Report> {
    (1..=count).map(|number| report(number, "Paused"))
}

/// A response that lists reports.
pub fn list(reports: &[Report]) -> String {
    serde_json::json!({ "value": reports, "totalCount": reports.len(), "statusCode": 200 }).to_string()
}

pub async fn start(builder: EmulatorBuilder) -> (Emulator, InsightsClient) {
    let emulator = builder.start().await.unwrap();
    let client = client(&emulator, 4);
    (emulator, client)
}

/// A client with this many attempts and short waits.
pub fn client(emulator: &Emulator, attempts: u32) -> InsightsClient {
    let mut policy = RetryPolicy::default();
    policy.max_attempts = attempts;
    policy.initial_backoff = Duration::from_millis(1);
    policy.max_backoff = Duration::from_millis(20);
    let builder = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token());
    builder.retry(policy).build().unwrap()
}

pub fn words(outcomes: &[ReportOutcome]) -> Vec<&'static str> {
    outcomes.iter().map(|report| report.outcome.as_str()).collect()
}

pub fn count(outcomes: &[ReportOutcome], outcome: Outcome) -> usize {
    outcomes.iter().filter(|report| report.outcome == outcome).count()
}
