//! How it ends for each report.

use std::time::Duration;

use partner_center_insights::emulator::{Emulator, Fault};
use partner_center_insights::{
    ErrorKind, Event, InsightsClient, Outcome, ReportOutcome, ReportStatus, RetryPolicy, Selection, spec,
};

use crate::{client, finish, id, report, start};

fn words(outcomes: &[ReportOutcome]) -> Vec<&'static str> {
    outcomes.iter().map(|outcome| outcome.outcome.as_str()).collect()
}

#[tokio::test]
async fn ids_end_by_the_state_they_were_in() {
    let reports = [report(1, "Paused"), report(2, "Active"), report(3, "Inactive"), report(4, "Hibernating")];
    let (emulator, client) = start(Emulator::builder().reports(reports)).await;
    let plan =
        client.resume_all(Selection::ids([id(5), id(4), id(3), id(2), id(1), id(1)])).plan().await.unwrap();
    assert_eq!(plan.steps().len(), 5);
    assert_eq!(plan.requests(), 1);
    let planned: Vec<_> =
        plan.steps().map(|step| (step.report_id, step.name, step.status.map(|s| s.to_string()))).collect();
    let told = |n, status: &str| (id(n), Some(format!("Report {n}")), Some(status.to_owned()));
    let expected = [
        (id(5), None, None),
        told(4, "Hibernating"),
        told(3, "Inactive"),
        told(2, "Active"),
        told(1, "Paused"),
    ];
    assert_eq!(planned, expected);
    let outcomes = finish(plan.run()).await;
    assert_eq!(
        words(&outcomes),
        ["resumed", "already-active", "not-resumable", "not-resumable", "not-found"]
    );
    assert_eq!(emulator.report(id(1)).unwrap().report_status, Some(ReportStatus::Active));
    emulator.assert_requests(&spec::RESUME_REPORT_EXECUTIONS, 1);
    emulator.assert_requests(&spec::GET_REPORTS, 2);
}

#[tokio::test]
async fn all_means_those_that_are_paused_and_fit() {
    let mut named = report(1, "Paused");
    named.report_name = Some("Sales, weekly".into());
    named.query_id = Some("Q1".into());
    let (emulator, client) =
        start(Emulator::builder().reports([named, report(2, "Paused"), report(3, "Active")])).await;
    for (selection, expected) in [
        (Selection::all().name_matches("sales*"), vec![id(1)]),
        (Selection::all().name_matches("Sales"), vec![]),
        (Selection::all().query_id("q1"), vec![id(1)]),
        (Selection::ids([id(1), id(2)]).name_matches("*weekly"), vec![id(1)]),
        (Selection::all(), vec![id(1), id(2)]),
    ] {
        let plan = client.resume_all(selection).plan().await.unwrap();
        assert_eq!(plan.steps().map(|step| step.report_id).collect::<Vec<_>>(), expected);
    }
    emulator.assert_requests(&spec::RESUME_REPORT_EXECUTIONS, 0);
}

#[tokio::test]
async fn a_second_run_finds_nothing_to_do() {
    let (emulator, client) = start(Emulator::builder().reports((1..=20).map(|n| report(n, "Paused")))).await;
    let first = finish(client.resume_all(Selection::all()).plan().await.unwrap().run()).await;
    assert_eq!(words(&first), ["resumed"; 20]);
    let second = client.resume_all(Selection::all()).plan().await.unwrap();
    assert_eq!(second.steps().len(), 0);
    assert_eq!(finish(second.run()).await.len(), 0);
    emulator.assert_requests(&spec::RESUME_REPORT_EXECUTIONS, 20);
}

#[tokio::test]
async fn no_reports_at_all_is_no_error() {
    let (_emulator, client) = start(Emulator::builder().reports([])).await;
    assert_eq!(client.reports().await.unwrap(), []);
    let plan = client.resume_all(Selection::all()).plan().await.unwrap();
    assert_eq!(plan.steps().len(), 0);
    let mut run = plan.run();
    assert!(run.next().await.is_none());
    assert!(run.next().await.is_none(), "it was asked again after its end");
}

#[tokio::test]
async fn a_resume_that_arrived_is_resumed_although_its_answer_did_not() {
    for fault in [Fault::disconnect_after(), Fault::truncate(30)] {
        let builder = Emulator::builder().reports([report(1, "Paused")]);
        let emulator = builder.fault(fault.on(&spec::RESUME_REPORT_EXECUTIONS)).start().await.unwrap();
        let plan = client(&emulator, 1).resume_all(Selection::all()).plan().await.unwrap();
        let outcomes = finish(plan.run()).await;
        assert_eq!(words(&outcomes), ["resumed"]);
        assert!(outcomes[0].error.is_none());
        emulator.assert_requests(&spec::RESUME_REPORT_EXECUTIONS, 1);
    }
}

#[tokio::test]
async fn a_part_of_a_list_confirms_nothing() {
    let emulator = Emulator::builder()
        .reports([report(1, "Paused"), report(2, "Paused")])
        .fault(Fault::delay(Duration::ZERO).on(&spec::GET_REPORTS).first(1))
        // All of the first report, and some of the second.
        .fault(
            Fault::truncate(serde_json::to_string(&report(1, "Paused")).unwrap().len() + 200)
                .on(&spec::GET_REPORTS),
        )
        .start()
        .await
        .unwrap();
    let change =
        client(&emulator, 1).resume_all(Selection::ids([id(1)])).verify_timeout(Duration::from_millis(1200));
    let outcomes = finish(change.plan().await.unwrap().run()).await;
    assert_eq!(words(&outcomes), ["unconfirmed"]);
    let error = outcomes[0].error.as_ref().unwrap();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Connect, Some(200)));
}

#[tokio::test]
async fn a_resume_that_did_not_arrive_has_failed_with_its_error() {
    let builder = Emulator::builder()
        .reports([report(1, "Paused")])
        .fault(Fault::disconnect_before().on(&spec::RESUME_REPORT_EXECUTIONS));
    let emulator = builder.start().await.unwrap();
    let change =
        client(&emulator, 2).resume_all(Selection::all()).verify_timeout(Duration::from_millis(1200));
    let outcomes = finish(change.plan().await.unwrap().run()).await;
    assert_eq!(words(&outcomes), ["failed"]);
    let error = outcomes[0].error.as_ref().unwrap();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 2));
    assert_eq!(outcomes[0].status, Some(ReportStatus::Paused));
}

#[tokio::test]
async fn a_refusal_that_says_when_to_come_back_has_failed_at_once() {
    for status in [429, 503] {
        let fault = Fault::answer(status, "text/plain", "later")
            .header("retry-after", "3600")
            .on(&spec::RESUME_REPORT_EXECUTIONS);
        let (emulator, client) = start(Emulator::builder().reports([report(1, "Paused")]).fault(fault)).await;
        let outcomes = finish(client.resume_all(Selection::all()).plan().await.unwrap().run()).await;
        assert_eq!(words(&outcomes), ["failed"]);
        assert_eq!(outcomes[0].error.as_ref().unwrap().retry_after(), Some(Duration::from_secs(3600)));
        emulator.assert_requests(&spec::GET_REPORTS, 1);
    }
}

#[tokio::test]
async fn an_answer_that_is_not_followed_by_the_deed_is_unconfirmed() {
    let lie = r#"{"value":[],"totalCount":0,"message":"Report resumed","statusCode":200}"#;
    let fault = Fault::answer(200, "application/json", lie).on(&spec::RESUME_REPORT_EXECUTIONS);
    let (_emulator, client) = start(Emulator::builder().reports([report(1, "Paused")]).fault(fault)).await;
    let plan =
        client.resume_all(Selection::all()).verify_timeout(Duration::from_millis(1200)).plan().await.unwrap();
    let outcomes = finish(plan.run()).await;
    assert_eq!(words(&outcomes), ["unconfirmed"]);
    assert_eq!(outcomes[0].status, Some(ReportStatus::Paused));
}

#[tokio::test]
async fn without_confirmation_ids_are_the_bare_requests_and_nothing_else() {
    let (emulator, client) =
        start(Emulator::builder().reports([report(1, "Paused"), report(2, "Active")])).await;
    let change = client.resume_all(Selection::ids([id(1), id(2), id(3)])).skip_verification();
    let outcomes = finish(change.plan().await.unwrap().run()).await;
    assert_eq!(words(&outcomes), ["resumed", "resumed", "not-found"]);
    emulator.assert_requests(&spec::RESUME_REPORT_EXECUTIONS, 3);
    emulator.assert_requests(&spec::GET_REPORTS, 0);
}

#[tokio::test]
async fn without_confirmation_an_answer_that_shows_another_state_is_unconfirmed() {
    let paused = serde_json::json!({ "value": [report(1, "Paused")], "totalCount": 1, "statusCode": 200 });
    let fault =
        Fault::answer(200, "application/json", paused.to_string()).on(&spec::RESUME_REPORT_EXECUTIONS);
    let (_emulator, client) = start(Emulator::builder().reports([report(1, "Paused")]).fault(fault)).await;
    let change = client.resume_all(Selection::ids([id(1)])).skip_verification();
    let outcomes = finish(change.plan().await.unwrap().run()).await;
    assert_eq!(words(&outcomes), ["unconfirmed"]);
    assert_eq!(outcomes[0].status, Some(ReportStatus::Paused));
}

#[tokio::test]
async fn a_resume_that_is_done_after_its_timeout_is_resumed() {
    let emulator = Emulator::builder()
        .reports([report(1, "Paused")])
        .fault(Fault::delay(Duration::from_secs(30)).on(&spec::RESUME_REPORT_EXECUTIONS).first(1))
        .start()
        .await
        .unwrap();
    let builder = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token());
    let client = builder.timeout(Duration::from_millis(200)).retry(RetryPolicy::never()).build().unwrap();
    let mut run = client.resume_all(Selection::all()).plan().await.unwrap().run();
    assert!(matches!(run.next().await, Some(Event::Answered(_))));
    // The first look finds it paused.
    assert!(tokio::time::timeout(Duration::from_millis(500), run.next()).await.is_err());
    // As if the service had come to it at last.
    self::client(&emulator, 1).resume(id(1)).await.unwrap();
    assert_eq!(words(&finish(run).await), ["resumed"]);
}

#[tokio::test]
async fn a_run_that_is_stopped_says_of_what_may_still_be_done_that_it_is_unconfirmed() {
    let emulator = Emulator::builder()
        .reports([report(1, "Paused"), report(2, "Paused")])
        .fault(Fault::answer(504, "text/html", "<title>Gateway timeout</title>").report(id(1)))
        .fault(Fault::answer(500, "text/plain", "oops").report(id(2)))
        .start()
        .await
        .unwrap();
    let mut run = client(&emulator, 1).resume_all(Selection::all()).plan().await.unwrap().run();
    assert!(matches!(run.next().await, Some(Event::Answered(_))));
    run.stop();
    assert_eq!(words(&finish(run).await), ["unconfirmed", "failed"]);
}

#[tokio::test]
async fn an_acceptance_that_breaks_off_is_not_failed() {
    // The list goes on to say what it said before.
    let stale = serde_json::json!({ "value": [report(1, "Paused")], "totalCount": 1, "statusCode": 200 });
    let emulator = Emulator::builder()
        .reports([report(1, "Paused")])
        .fault(Fault::truncate(30).on(&spec::RESUME_REPORT_EXECUTIONS))
        .fault(Fault::answer(200, "application/json", stale.to_string()).on(&spec::GET_REPORTS))
        .start()
        .await
        .unwrap();
    let change =
        client(&emulator, 1).resume_all(Selection::all()).verify_timeout(Duration::from_millis(1200));
    let outcomes = finish(change.plan().await.unwrap().run()).await;
    assert_eq!(words(&outcomes), ["unconfirmed"]);
    assert_eq!(outcomes[0].error.as_ref().unwrap().status(), Some(200));
}

#[tokio::test]
async fn an_acceptance_that_cannot_be_read_is_unconfirmed_and_not_failed() {
    let fault = Fault::answer(200, "application/json", "[").on(&spec::RESUME_REPORT_EXECUTIONS);
    let (_emulator, client) = start(Emulator::builder().reports([report(1, "Paused")]).fault(fault)).await;
    let change = client.resume_all(Selection::all()).verify_timeout(Duration::from_millis(1200));
    let outcomes = finish(change.plan().await.unwrap().run()).await;
    assert_eq!(words(&outcomes), ["unconfirmed"]);
    assert_eq!(outcomes[0].error.as_ref().unwrap().kind(), ErrorKind::InvalidResponse);
}

#[tokio::test]
async fn a_failure_of_one_report_does_not_stop_the_others() {
    let fault =
        Fault::answer(400, "application/json", r#"{"statusCode":400,"message":"quota"}"#).report(id(2));
    let (emulator, client) =
        start(Emulator::builder().reports((1..=9).map(|n| report(n, "Paused"))).fault(fault)).await;
    let outcomes = finish(client.resume_all(Selection::all()).plan().await.unwrap().run()).await;
    let refused: Vec<_> = outcomes.iter().filter(|o| o.outcome == Outcome::Refused).collect();
    assert_eq!(refused.iter().map(|o| o.report_id).collect::<Vec<_>>(), [id(2)]);
    assert_eq!(refused[0].error.as_ref().unwrap().message(), Some("quota"));
    assert_eq!(outcomes.iter().filter(|o| o.outcome == Outcome::Resumed).count(), 8);
    emulator.assert_requests(&spec::RESUME_REPORT_EXECUTIONS, 9);
}

#[tokio::test]
async fn a_pause_is_the_same_the_other_way_round() {
    let reports = [report(1, "Active"), report(2, "Paused"), report(3, "Inactive")];
    let (emulator, client) = start(Emulator::builder().reports(reports)).await;
    let outcomes =
        finish(client.pause_all(Selection::ids([id(1), id(2), id(3)])).plan().await.unwrap().run()).await;
    assert_eq!(words(&outcomes), ["paused", "already-paused", "not-pausable"]);
    assert_eq!(emulator.report(id(1)).unwrap().report_status, Some(ReportStatus::Paused));
}

#[tokio::test]
async fn executions_follow_from_the_report_and_none_is_not_an_error() {
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
