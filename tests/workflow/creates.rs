//! Creating many reports while responses are lost.

use std::collections::BTreeSet;

use partner_center_insights::emulator::{Emulator, Fault};
use partner_center_insights::{InsightsClient, NewReport, RetryPolicy, spec};

const QUERY: &str = "5b1f7c52-0d0e-4a35-9c1e-2f9a6a1b0c11";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_responses_create_every_report_once() {
    let lost = Fault::disconnect_after().on(&spec::CREATE_REPORT).every(10);
    let emulator = Emulator::builder().reports([]).without_quotas().fault(lost).start().await.unwrap();
    let builder = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token());
    let client = builder.retry(RetryPolicy::never()).build().unwrap();
    let mut ids = BTreeSet::new();
    for number in 0..1000 {
        let created = client.create_report(NewReport::once(format!("Report {number}"), QUERY)).await.unwrap();
        ids.insert(created.report_id);
    }
    let stored: Vec<_> = emulator.reports().iter().map(|report| report.report_id).collect();
    let names: BTreeSet<_> = emulator.reports().into_iter().map(|report| report.report_name).collect();
    assert_eq!((stored.len(), names.len()), (1000, 1000));
    assert_eq!(ids, stored.into_iter().collect());
    emulator.assert_requests(&spec::CREATE_REPORT, 1000);
    // One look for each lost response.
    emulator.assert_requests(&spec::GET_REPORTS, 100);
}
