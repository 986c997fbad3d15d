//! Bulk changes against a service with limits and failures.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use partner_center_insights::emulator::{Emulator, Fault, Limit};
use partner_center_insights::{ErrorKind, Outcome, Reason, Selection};

use crate::{RESUME, client, count, id, paused, start};

#[tokio::test]
async fn thousand_resumes_survive_faults_and_a_limit() {
    let mut builder = Emulator::builder()
        .reports(paused(1000))
        .limit(Limit::bucket(200.0, 400))
        .fault(Fault::disconnect_before().on(RESUME).every(10));
    // Status 503 in bursts of three.
    for call in (101..1000).step_by(150).flat_map(|start| start..start + 3) {
        builder = builder.fault(Fault::respond(503, "text/plain", "busy").on(RESUME).nth(call));
    }
    let (emulator, _) = start(builder).await;
    let client = client(&emulator, 8);
    let start = Instant::now();
    let plan = client.resume_all(Selection::changeable()).concurrency(16).plan().await.unwrap();
    let outcomes = plan.run().outcomes().await;
    assert_eq!(count(&outcomes, Outcome::Resumed), 1000);
    assert!(emulator.reports().iter().all(|report| report.is_active()));

    // Every attempt is accounted for: each report was resumed once, and all other requests failed
    // because of a fault or the limit.
    let requests: Vec<_> =
        emulator.requests().into_iter().filter(|request| request.operation == Some(RESUME)).collect();
    let mut by_target: HashMap<_, Vec<_>> = HashMap::new();
    for request in &requests {
        by_target.entry(&request.target).or_default().push(request);
    }
    assert_eq!(by_target.len(), 1000);
    for attempts in by_target.values() {
        let (last, failed) = attempts.split_last().unwrap();
        assert_eq!(last.status, Some(200));
        assert!(failed.iter().all(|attempt| matches!(attempt.status, None | Some(503 | 429))));
        assert!(failed.iter().all(|attempt| attempt.request_id == last.request_id));
    }
    let count = |status| requests.iter().filter(|request| request.status == status).count();
    assert_eq!(requests.len(), 1000 + count(None) + count(Some(503)) + count(Some(429)));
    // The limit may have refused a few of the 18 first.
    assert!(
        count(None) >= 100 && (12..=18).contains(&count(Some(503))),
        "{} disconnected, {} busy",
        count(None),
        count(Some(503))
    );
    // 400 at once, then 200 a second: the client reaches the limit, but is rarely refused.
    assert!(start.elapsed() >= Duration::from_secs(3), "the limit did not hold");
    assert!(count(Some(429)) <= 30, "{} calls were refused", count(Some(429)));
}

#[tokio::test]
async fn mfa_refusal_ends_the_run() {
    let refusal = r#"{"statusCode":401,"code":"900421","message":"The sign-in was not multi-factor"}"#;
    // Only every 50th request is refused, so that any request sent after a refusal would succeed.
    let fault = Fault::respond(401, "application/json", refusal).on(RESUME).every(50);
    let (emulator, client) = start(Emulator::builder().reports(paused(500)).fault(fault)).await;
    let outcomes = client.resume_all(Selection::changeable()).plan().await.unwrap().run().outcomes().await;
    assert_eq!(outcomes.len(), 500);
    let (resumed, failed): (Vec<_>, Vec<_>) = outcomes.iter().partition(|o| o.outcome == Outcome::Resumed);
    assert!((49..=52).contains(&resumed.len()), "{} were resumed", resumed.len());
    assert!(failed.iter().all(|o| o.error.as_ref().is_some_and(|e| e.kind() == ErrorKind::MfaRequired)));
    let not_tried =
        failed.iter().filter(|o| o.error.as_ref().unwrap().message().unwrap().starts_with("not tried"));
    assert_eq!(not_tried.count(), 500 - resumed.len() - 1);
    let not_tried = failed.iter().filter(|o| o.outcome == Outcome::NotTried);
    assert!(not_tried.clone().all(|o| o.reason == Some(Reason::OtherRequest)));
    assert_eq!(not_tried.count(), failed.len() - 1);
    emulator.assert_requests(RESUME, resumed.len() + 1);
}

#[tokio::test]
async fn server_errors_leave_other_reports_alone() {
    let mut builder = Emulator::builder().reports(paused(40));
    for number in 1..=20 {
        builder = builder.fault(Fault::respond(500, "text/plain", "oops").report(id(number)));
    }
    let emulator = builder.start().await.unwrap();
    let change = client(&emulator, 1).resume_all(Selection::changeable());
    let outcomes = change.plan().await.unwrap().run().outcomes().await;
    assert_eq!(count(&outcomes, Outcome::Resumed), 20);
    emulator.assert_requests(RESUME, 40);
}

#[tokio::test]
async fn connection_failures_end_the_run() {
    let builder = Emulator::builder().reports(paused(300));
    let emulator = builder.fault(Fault::disconnect_before().on(RESUME)).start().await.unwrap();
    let change =
        client(&emulator, 2).resume_all(Selection::changeable()).verify_timeout(Duration::from_millis(1200));
    let outcomes = change.plan().await.unwrap().run().outcomes().await;
    let (failed, not_tried) = (count(&outcomes, Outcome::Failed), count(&outcomes, Outcome::NotTried));
    assert!(failed >= 8 && failed + not_tried == 300, "{failed} failed, {not_tried} were not tried");
    let sent = emulator.requests().iter().filter(|request| request.operation == Some(RESUME)).count();
    assert!(sent <= 40, "{sent} requests were sent");
}

#[tokio::test]
async fn throttled_call_makes_all_calls_wait() {
    let limit = Limit::window(6, Duration::from_secs(2));
    let (emulator, client) = start(Emulator::builder().reports(paused(12)).limit(limit)).await;
    let start = Instant::now();
    let change = client.resume_all(Selection::ids((1..=12).map(id))).concurrency(12).skip_verification();
    let outcomes = change.plan().await.unwrap().run().outcomes().await;
    assert_eq!(count(&outcomes, Outcome::Resumed), 12);
    assert!(start.elapsed() >= Duration::from_secs(2));
    // Only the first burst is refused, before the client knows of the limit.
    let refused = emulator.requests().iter().filter(|request| request.status == Some(429)).count();
    assert!(refused <= 8, "{refused} calls were refused");
}

#[tokio::test]
async fn unknown_rate_window_fails_no_report() {
    let limit = Limit::window(6, Duration::from_secs(2)).without_retry_after();
    let emulator = Emulator::builder().reports(paused(12)).limit(limit).start().await.unwrap();
    let change = client(&emulator, 2).resume_all(Selection::ids((1..=12).map(id))).concurrency(1);
    let outcomes = change.skip_verification().plan().await.unwrap().run().outcomes().await;
    assert_eq!(count(&outcomes, Outcome::Resumed), 12, "{outcomes:?}");
    // These are more refusals than one call has attempts.
    assert!(emulator.requests().iter().filter(|request| request.status == Some(429)).count() > 2);
}
