//! The outcome of each report.

use std::time::Duration;

use partner_center_insights::emulator::{Emulator, Fault};
use partner_center_insights::{
    ErrorKind, Event, InsightsClient, Outcome, ReportStatus, RetryPolicy, Selection,
};

use crate::{LIST, RESUME, client, count, id, list, paused, report, start, words};

/// Long enough for two polls.
const SHORT: Duration = Duration::from_millis(1200);

#[tokio::test]
async fn outcome_depends_on_the_status() {
    let reports = [report(1, "Paused"), report(2, "Active"), report(3, "Inactive"), report(4, "Hibernating")];
    let (emulator, client) = start(Emulator::builder().reports(reports)).await;
    let plan =
        client.resume_all(Selection::ids([id(5), id(4), id(3), id(2), id(1), id(1)])).plan().await.unwrap();
    assert_eq!(plan.requests(), 1);
    let planned: Vec<_> = plan
        .steps()
        .iter()
        .map(|step| (step.report_id, step.name.clone(), step.status.as_ref().map(|s| s.to_string())))
        .collect();
    let read = |n, status: &str| (id(n), Some(format!("Report {n}")), Some(status.to_owned()));
    let expected = [
        (id(5), None, None),
        read(4, "Hibernating"),
        read(3, "Inactive"),
        read(2, "Active"),
        read(1, "Paused"),
    ];
    assert_eq!(planned, expected);
    let outcomes = plan.run().outcomes().await;
    assert_eq!(
        words(&outcomes),
        ["not-found", "not-resumable", "not-resumable", "already-active", "resumed"]
    );
    assert_eq!(emulator.report(id(1)).unwrap().report_status, Some(ReportStatus::Active));
    emulator.assert_requests(RESUME, 1);
}

#[tokio::test]
async fn all_selects_matching_paused_reports() {
    let mut named = report(1, "Paused");
    named.report_name = Some("Sales, weekly".into());
    named.query_id = Some("Q1".into());
    let (emulator, client) =
        start(Emulator::builder().reports([named, report(2, "Paused"), report(3, "Active")])).await;
    for (selection, expected) in [
        (Selection::changeable().name_matches("sales*"), vec![id(1)]),
        (Selection::changeable().name_matches("Sales"), vec![]),
        (Selection::changeable().query_id("q1"), vec![id(1)]),
        (Selection::ids([id(1), id(2)]).name_matches("*weekly"), vec![id(1)]),
        (Selection::changeable(), vec![id(1), id(2)]),
    ] {
        let plan = client.resume_all(selection).plan().await.unwrap();
        assert_eq!(plan.steps().iter().map(|step| step.report_id).collect::<Vec<_>>(), expected);
    }
    emulator.assert_requests(RESUME, 0);
}

#[tokio::test]
async fn matching_selects_reports_in_any_status() {
    let named = |number, status| {
        let mut report = report(number, status);
        report.report_name = Some(format!("Sales {number}"));
        report
    };
    let ended = named(3, "Inactive").with_schedule("2026-01-01T00:00:00Z", 24, 5);
    let mut once = named(5, "Inactive");
    (once.execute_now, once.recurrence_interval) = (Some(true), Some(-1));
    let reports = [
        named(1, "Paused"),
        named(2, "Active"),
        ended,
        named(4, "Suspended"),
        once,
        named(6, "Inactive"),
        report(7, "Paused"),
    ];
    let (emulator, client) = start(Emulator::builder().reports(reports)).await;
    let plan = client.resume_all(Selection::matching().name_matches("sales*")).plan().await.unwrap();
    assert_eq!((plan.matched(), plan.requests(), plan.left_out().len()), (6, 1, 1));
    let outcomes = plan.run().outcomes().await;
    let expected =
        ["resumed", "already-active", "not-resumable", "not-resumable", "completed", "not-resumable"];
    assert_eq!(words(&outcomes), expected);
    let reasons: Vec<_> = outcomes.iter().map(|report| report.reason.map(|r| r.to_string())).collect();
    let reason = |word: &str| Some(word.to_owned());
    assert_eq!(reasons, [None, None, reason("ended"), reason("unknown-status"), None, reason("inactive")]);
    assert!(outcomes[3].message().unwrap().contains("in status Suspended"), "{outcomes:?}");
    // The next execution is at most one interval of 24 hours away.
    let next = outcomes[0].next_execution.unwrap();
    let wait = next.duration_since(std::time::SystemTime::now()).unwrap();
    assert!(wait <= Duration::from_secs(24 * 3600), "{wait:?}");
    assert_eq!(outcomes[3].next_execution, None);
    emulator.assert_requests(RESUME, 1);
}

#[tokio::test]
async fn exceptions_are_left_out_of_every_selection() {
    let (_emulator, client) =
        start(Emulator::builder().reports([1, 2, 3].map(|n| report(n, "Paused")))).await;
    for selection in [Selection::changeable(), Selection::matching(), Selection::ids([1, 2, 3].map(id))] {
        let plan = client.resume_all(selection.except([id(2)])).plan().await.unwrap();
        let planned: Vec<_> = plan.steps().iter().map(|step| step.report_id).collect();
        assert_eq!(planned, [id(1), id(3)]);
    }
}

#[tokio::test]
async fn report_without_status_is_not_resumable() {
    let mut report = report(1, "Paused");
    report.report_status = None;
    let (emulator, client) = start(Emulator::builder().reports([report])).await;
    let outcomes = client.resume_all(Selection::changeable()).plan().await.unwrap().run().outcomes().await;
    assert_eq!(words(&outcomes), ["not-resumable"]);
    assert_eq!(outcomes[0].message().as_deref(), Some("the service reports no status"));
    emulator.assert_requests(RESUME, 0);
}

#[tokio::test]
async fn second_run_has_nothing_to_do() {
    let (emulator, client) = start(Emulator::builder().reports(paused(20))).await;
    let first = client.resume_all(Selection::changeable()).plan().await.unwrap().run().outcomes().await;
    assert_eq!(words(&first), ["resumed"; 20]);
    let second = client.resume_all(Selection::changeable()).plan().await.unwrap();
    assert_eq!(second.steps(), []);
    assert!(second.run().outcomes().await.is_empty());
    emulator.assert_requests(RESUME, 20);
}

#[tokio::test]
async fn empty_list_is_an_empty_run() {
    let (_emulator, client) = start(Emulator::builder().reports([])).await;
    assert_eq!(client.reports().await.unwrap(), []);
    let plan = client.resume_all(Selection::changeable()).plan().await.unwrap();
    assert_eq!(plan.steps(), []);
    let mut run = plan.run();
    assert!(run.next().await.is_none());
    assert!(run.next().await.is_none(), "polled after its end");
}

#[tokio::test]
async fn outcomes_are_in_the_order_of_the_plan() {
    let reports = [report(1, "Paused"), report(2, "Active"), report(3, "Paused")];
    let slow = Fault::delay(Duration::from_millis(100)).on(RESUME).report(id(1));
    let (_emulator, client) = start(Emulator::builder().reports(reports).fault(slow)).await;
    let plan = client.resume_all(Selection::ids([id(1), id(2), id(3)])).skip_verification().plan();
    let outcomes = plan.await.unwrap().run().outcomes().await;
    let ids: Vec<_> = outcomes.iter().map(|report| (report.index, report.report_id)).collect();
    assert_eq!(ids, [(0, id(1)), (1, id(2)), (2, id(3))]);
}

#[tokio::test]
async fn completed_reaches_the_total_despite_failures() {
    let reports = [report(1, "Paused"), report(2, "Paused"), report(3, "Active")];
    let fault = Fault::refuse(400).on(RESUME).report(id(1));
    let (_emulator, client) = start(Emulator::builder().reports(reports).fault(fault)).await;
    let selection = Selection::ids([id(1), id(2), id(3)]);
    let mut run = client.resume_all(selection).concurrency(1).plan().await.unwrap().run();
    let mut completed = Vec::new();
    while run.next().await.is_some() {
        completed.push(run.completed());
    }
    // One is skipped, one is refused, and one gets a response and is then verified.
    assert_eq!(completed, [1, 2, 3, 3]);
}

#[tokio::test]
async fn lost_response_has_outcome_resumed() {
    for fault in [Fault::disconnect_after(), Fault::truncate(30)] {
        let builder = Emulator::builder().reports(paused(1));
        let emulator = builder.fault(fault.on(RESUME)).start().await.unwrap();
        let plan = client(&emulator, 1).resume_all(Selection::changeable()).plan().await.unwrap();
        let outcomes = plan.run().outcomes().await;
        assert_eq!(words(&outcomes), ["resumed"]);
        assert!(outcomes[0].error.is_none());
        emulator.assert_requests(RESUME, 1);
    }
}

#[tokio::test]
async fn truncated_list_verifies_nothing() {
    let emulator = Emulator::builder()
        .reports(paused(2))
        .fault(Fault::delay(Duration::ZERO).on(LIST).first(1))
        // The truncated body has all of the first report, and a part of the second.
        .fault(Fault::truncate(serde_json::to_string(&report(1, "Paused")).unwrap().len() + 200).on(LIST))
        .start()
        .await
        .unwrap();
    let selection = Selection::changeable().name_matches("Report 1");
    let change = client(&emulator, 1).resume_all(selection).verify_timeout(SHORT);
    let outcomes = change.plan().await.unwrap().run().outcomes().await;
    assert_eq!(words(&outcomes), ["unconfirmed"]);
    let error = outcomes[0].error.as_ref().unwrap();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Connect, Some(200)));
}

#[tokio::test]
async fn lost_request_has_outcome_failed() {
    let builder = Emulator::builder().reports(paused(1)).fault(Fault::disconnect_before().on(RESUME));
    let emulator = builder.start().await.unwrap();
    let change = client(&emulator, 2).resume_all(Selection::changeable()).verify_timeout(SHORT);
    let outcomes = change.plan().await.unwrap().run().outcomes().await;
    assert_eq!(words(&outcomes), ["failed"]);
    let error = outcomes[0].error.as_ref().unwrap();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 2));
    assert_eq!(outcomes[0].status, Some(ReportStatus::Paused));
}

#[tokio::test]
async fn long_retry_after_fails_at_once() {
    for status in [429, 503] {
        let fault = Fault::respond(status, "text/plain", "later").header("retry-after", "3600").on(RESUME);
        let (emulator, client) = start(Emulator::builder().reports(paused(1)).fault(fault)).await;
        let outcomes =
            client.resume_all(Selection::changeable()).plan().await.unwrap().run().outcomes().await;
        assert_eq!(words(&outcomes), ["failed"]);
        assert_eq!(outcomes[0].error.as_ref().unwrap().retry_after(), Some(Duration::from_secs(3600)));
        emulator.assert_requests(LIST, 1);
    }
}

#[tokio::test]
async fn unchanged_status_is_unconfirmed() {
    let fault = Fault::respond(200, "application/json", list(&[])).on(RESUME);
    let (_emulator, client) = start(Emulator::builder().reports(paused(1)).fault(fault)).await;
    let change = client.resume_all(Selection::changeable()).verify_timeout(SHORT);
    let outcomes = change.plan().await.unwrap().run().outcomes().await;
    assert_eq!(words(&outcomes), ["unconfirmed"]);
    assert_eq!(outcomes[0].status, Some(ReportStatus::Paused));
}

#[tokio::test]
async fn skipped_verification_checks_the_response() {
    let fault = Fault::respond(200, "application/json", list(&[report(1, "Paused")])).on(RESUME);
    let (_emulator, client) = start(Emulator::builder().reports(paused(1)).fault(fault)).await;
    let change = client.resume_all(Selection::ids([id(1)])).skip_verification();
    let outcomes = change.plan().await.unwrap().run().outcomes().await;
    assert_eq!(words(&outcomes), ["unconfirmed"]);
    assert_eq!(outcomes[0].status, Some(ReportStatus::Paused));
}

#[tokio::test]
async fn unverified_status_is_what_was_seen() {
    let report = report(1, "Paused").with_schedule("2026-01-05T06:00:00Z", 24, 10_000_000);
    let fault = Fault::respond(200, "application/json", list(&[])).on(RESUME);
    let (_emulator, client) = start(Emulator::builder().reports([report]).fault(fault)).await;
    let before = std::time::SystemTime::now();
    let plan = client.resume_all(Selection::changeable()).skip_verification().plan().await.unwrap();
    let planned = std::time::SystemTime::now();
    let outcomes = plan.run().outcomes().await;
    assert_eq!((outcomes[0].outcome, &outcomes[0].status), (Outcome::Resumed, &Some(ReportStatus::Paused)));
    let seen = outcomes[0].seen_at.unwrap();
    assert!(before <= seen && seen <= planned, "{seen:?}");
    assert!(outcomes[0].next_execution.is_some());
}

#[tokio::test]
async fn late_resume_has_outcome_resumed() {
    let emulator = Emulator::builder()
        .reports(paused(1))
        .fault(Fault::delay(Duration::from_secs(30)).on(RESUME).first(1))
        .start()
        .await
        .unwrap();
    let builder = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token());
    let client = builder.timeout(Duration::from_millis(200)).retry(RetryPolicy::never()).build().unwrap();
    let mut run = client.resume_all(Selection::changeable()).plan().await.unwrap().run();
    assert!(matches!(run.next().await, Some(Event::Responded { .. })));
    // The first poll still shows the report as paused.
    assert!(tokio::time::timeout(Duration::from_millis(500), run.next()).await.is_err());
    // As if the service had carried out the first request late.
    self::client(&emulator, 1).resume(id(1)).await.unwrap();
    assert_eq!(words(&run.outcomes().await), ["resumed"]);
}

#[tokio::test]
async fn truncated_acceptance_is_unconfirmed() {
    // The list always shows the first status.
    let emulator = Emulator::builder()
        .reports(paused(1))
        .fault(Fault::truncate(30).on(RESUME))
        .fault(Fault::respond(200, "application/json", list(&[report(1, "Paused")])).on(LIST))
        .start()
        .await
        .unwrap();
    let change = client(&emulator, 1).resume_all(Selection::changeable()).verify_timeout(SHORT);
    let outcomes = change.plan().await.unwrap().run().outcomes().await;
    assert_eq!(words(&outcomes), ["unconfirmed"]);
    assert_eq!(outcomes[0].error.as_ref().unwrap().status(), Some(200));
}

#[tokio::test]
async fn unreadable_acceptance_is_unconfirmed() {
    let fault = Fault::respond(200, "application/json", "[").on(RESUME);
    let (_emulator, client) = start(Emulator::builder().reports(paused(1)).fault(fault)).await;
    let change = client.resume_all(Selection::changeable()).verify_timeout(SHORT);
    let outcomes = change.plan().await.unwrap().run().outcomes().await;
    assert_eq!(words(&outcomes), ["unconfirmed"]);
    assert_eq!(outcomes[0].error.as_ref().unwrap().kind(), ErrorKind::InvalidResponse);
}

#[tokio::test]
async fn refusal_leaves_other_reports_alone() {
    let quota = r#"{"statusCode":400,"message":"quota"}"#;
    let fault = Fault::respond(400, "application/json", quota).report(id(2));
    let (emulator, client) = start(Emulator::builder().reports(paused(9)).fault(fault)).await;
    let outcomes = client.resume_all(Selection::changeable()).plan().await.unwrap().run().outcomes().await;
    assert_eq!((outcomes[1].report_id, outcomes[1].outcome), (id(2), Outcome::Refused));
    assert_eq!(outcomes[1].error.as_ref().unwrap().message(), Some("quota"));
    assert_eq!(count(&outcomes, Outcome::Resumed), 8);
    emulator.assert_requests(RESUME, 9);
}

#[tokio::test]
async fn pause_mirrors_resume() {
    let reports = [report(1, "Active"), report(2, "Paused"), report(3, "Inactive")];
    let (emulator, client) = start(Emulator::builder().reports(reports)).await;
    let change = client.pause_all(Selection::ids([id(1), id(2), id(3)]));
    let outcomes = change.plan().await.unwrap().run().outcomes().await;
    assert_eq!(words(&outcomes), ["paused", "already-paused", "not-pausable"]);
    assert_eq!(emulator.report(id(1)).unwrap().report_status, Some(ReportStatus::Paused));
}

#[tokio::test]
async fn executions_follow_the_schedule() {
    let mut future = report(2, "Active");
    future.start_time = Some("2100-01-01T00:00:00Z".into());
    let (_emulator, client) = start(Emulator::builder().reports([report(1, "Active"), future])).await;
    let all = client.executions(id(1)).await.unwrap();
    assert!(all.len() >= 89, "{}", all.len());
    assert_eq!(client.executions(id(1)).latest().await.unwrap(), all[..1]);
    assert!(!format!("{all:?}").contains("sig="));
    assert_eq!(client.executions(id(2)).await.unwrap(), []);
    assert_eq!(client.executions(id(2)).status("pending".into()).await.unwrap().len(), 1);
    assert_eq!(client.executions(id(3)).await.unwrap_err().kind(), ErrorKind::NotFound);
}
