//! Creating many reports while responses are lost.

use std::collections::BTreeSet;

use futures_util::StreamExt;
use partner_center_insights::emulator::{Emulator, Fault};
use partner_center_insights::{InsightsClient, NewReport, RetryPolicy, spec};

const QUERY: &str = "5b1f7c52-0d0e-4a35-9c1e-2f9a6a1b0c11";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_responses_create_every_report_once() {
    // The client loses both responses, but only creates of the second kind are carried out.
    let refused = Fault::disconnect_before().on(&spec::CREATE_REPORT).first(1);
    let lost = Fault::disconnect_after().on(&spec::CREATE_REPORT).every(10);
    let builder = Emulator::builder().reports([]).without_quotas();
    let emulator = builder.fault(refused).fault(lost).start().await.unwrap();
    let builder = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token());
    let client = builder.retry(RetryPolicy::never()).build().unwrap();
    let mut ids = BTreeSet::new();
    let mut failures = Vec::new();
    for _ in 0..10 {
        // Four at a time; ten reports have the same name and query.
        let create =
            async |number| client.create_report(NewReport::once(format!("{}", number % 10), QUERY)).await;
        let created: Vec<_> =
            futures_util::stream::iter(0..100).map(create).buffer_unordered(4).collect().await;
        let new: BTreeSet<_> = created.iter().flatten().map(|report| report.report_id).collect();
        failures.extend(created.into_iter().filter_map(Result::err));
        assert_eq!(new, emulator.reports().iter().map(|report| report.report_id).collect());
        // Deletes the reports, so that lists stay short.
        for id in &new {
            client.delete_report(*id).await.unwrap();
        }
        ids.extend(new);
    }
    assert_eq!(ids.len(), 999);
    let [failure] = &failures[..] else { panic!("{failures:?}") };
    assert!(failure.to_string().contains("nothing was created") && !failure.may_be_done(), "{failure}");
    emulator.assert_requests(&spec::CREATE_REPORT, 1000);
}
