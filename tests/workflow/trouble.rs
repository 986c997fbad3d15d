//! Many reports, and a service that is not well.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use partner_center_insights::emulator::{Emulator, Fault, Limit};
use partner_center_insights::{ErrorKind, Event, Outcome, Selection, spec};

use crate::{client, finish, id, report, start};

#[tokio::test]
async fn a_thousand_resumes_survive_throttling_resets_and_bursts_of_503() {
    let mut builder = Emulator::builder()
        .reports((0..1000).map(|n| report(n, "Paused")))
        .limit(Limit::bucket(200.0, 400))
        .fault(Fault::disconnect_before().on(&spec::RESUME_REPORT_EXECUTIONS).every(10));
    // Bursts of three.
    for call in (101..1000).step_by(150).flat_map(|start| start..start + 3) {
        builder = builder
            .fault(Fault::answer(503, "text/plain", "busy").on(&spec::RESUME_REPORT_EXECUTIONS).nth(call));
    }
    let (emulator, _) = start(builder).await;
    let client = client(&emulator, 8);
    let began = Instant::now();
    let plan = client.resume_all(Selection::all()).concurrency(16).plan().await.unwrap();
    let outcomes = finish(plan.run()).await;
    assert_eq!(outcomes.iter().filter(|o| o.outcome == Outcome::Resumed).count(), 1000);
    assert!(emulator.reports().iter().all(|report| report.is_active()));

    // Every attempt is accounted for: each report was resumed once, and every other request failed in a known way.
    let requests: Vec<_> = emulator
        .requests()
        .into_iter()
        .filter(|r| r.operation == Some(&spec::RESUME_REPORT_EXECUTIONS))
        .collect();
    let mut by_target: HashMap<_, Vec<_>> = HashMap::new();
    for request in &requests {
        by_target.entry(&request.target).or_default().push(request);
    }
    assert_eq!(by_target.len(), 1000);
    for attempts in by_target.values() {
        assert_eq!(attempts.last().unwrap().status, Some(200));
        assert!(
            attempts.iter().rev().skip(1).all(|attempt| matches!(attempt.status, None | Some(503 | 429)))
        );
        assert!(attempts.iter().all(|attempt| attempt.request_id == attempts[0].request_id));
    }
    let count = |status| requests.iter().filter(|request| request.status == status).count();
    assert_eq!(requests.len(), 1000 + count(None) + count(Some(503)) + count(Some(429)));
    // One of the 18 may have met the limit first.
    assert!(
        count(None) >= 100 && (12..=18).contains(&count(Some(503))),
        "{} dropped, {} busy",
        count(None),
        count(Some(503))
    );
    // 400 at once and 200 a second: the limit was met, and hardly ever run into.
    assert!(began.elapsed() >= Duration::from_secs(3), "the limit did not hold");
    assert!(count(Some(429)) <= 30, "{} calls were refused", count(Some(429)));
}

#[tokio::test]
async fn a_sign_in_that_ends_on_the_way_stops_the_rest_at_once_and_says_so() {
    let ended = r#"{"statusCode":401,"code":"900421","message":"The sign-in was not multi-factor"}"#;
    // Every 50th, so that what is sent after it would still be done.
    let fault = Fault::answer(401, "application/json", ended).on(&spec::RESUME_REPORT_EXECUTIONS).every(50);
    let (emulator, client) =
        start(Emulator::builder().reports((0..500).map(|n| report(n, "Paused"))).fault(fault)).await;
    let outcomes = finish(client.resume_all(Selection::all()).plan().await.unwrap().run()).await;
    assert_eq!(outcomes.len(), 500);
    let (resumed, failed): (Vec<_>, Vec<_>) = outcomes.iter().partition(|o| o.outcome == Outcome::Resumed);
    assert!((49..=52).contains(&resumed.len()), "{} were resumed", resumed.len());
    assert!(failed.iter().all(|o| o.error.as_ref().is_some_and(|e| e.kind() == ErrorKind::MfaRequired)));
    let untried =
        failed.iter().filter(|o| o.error.as_ref().unwrap().message().unwrap().starts_with("not tried"));
    assert_eq!(untried.count(), 500 - resumed.len() - 1);
    emulator.assert_requests(&spec::RESUME_REPORT_EXECUTIONS, resumed.len() + 1);
}

#[tokio::test]
async fn reports_for_which_the_service_fails_do_not_stop_the_others() {
    let mut builder = Emulator::builder().reports((0..40).map(|n| report(n, "Paused")));
    for number in 0..20 {
        builder = builder.fault(Fault::answer(500, "text/plain", "oops").report(id(number)));
    }
    let emulator = builder.start().await.unwrap();
    let change = client(&emulator, 1).resume_all(Selection::all());
    let outcomes = finish(change.plan().await.unwrap().run()).await;
    assert_eq!(outcomes.iter().filter(|o| o.outcome == Outcome::Resumed).count(), 20);
    emulator.assert_requests(&spec::RESUME_REPORT_EXECUTIONS, 40);
}

#[tokio::test]
async fn a_run_that_is_stopped_finishes_what_is_under_way_and_begins_nothing_new() {
    let fault = Fault::delay(Duration::from_millis(30)).on(&spec::RESUME_REPORT_EXECUTIONS);
    let (emulator, client) =
        start(Emulator::builder().reports((0..100).map(|n| report(n, "Paused"))).fault(fault)).await;
    let mut run = client.resume_all(Selection::all()).concurrency(5).plan().await.unwrap().run();
    let mut resumed = Vec::new();
    while let Some(event) = run.next().await {
        run.stop();
        if let Event::Finished(outcome) = event {
            assert_eq!(outcome.outcome, Outcome::Resumed);
            resumed.push(outcome.report_id);
        }
    }
    let active: Vec<_> = emulator.reports().into_iter().filter(|report| report.is_active()).collect();
    assert_eq!(active.len(), resumed.len(), "what was done was not told, or the other way round");
    assert!((5..=11).contains(&resumed.len()), "{} were begun", resumed.len());

    // The same again finishes the rest and touches nothing twice.
    let rest = finish(client.resume_all(Selection::all()).plan().await.unwrap().run()).await;
    assert_eq!(rest.len() + resumed.len(), 100);
    emulator.assert_requests(&spec::RESUME_REPORT_EXECUTIONS, 100);
}

#[tokio::test]
async fn a_run_that_is_stopped_does_not_wait_for_long_for_what_is_under_way() {
    let resume = &spec::RESUME_REPORT_EXECUTIONS;
    let slow = Fault::delay(Duration::from_secs(600)).on(resume);
    let throttled = Fault::answer(429, "application/json", "{}").header("Retry-After", "25").on(resume);
    let runs = [(slow.clone(), true), (slow, false), (throttled, true)].map(|(fault, confirms)| async move {
        let builder = Emulator::builder().reports([report(1, "Paused"), report(2, "Paused")]).fault(fault);
        let emulator = builder.start().await.unwrap();
        let change = client(&emulator, 3).resume_all(Selection::ids([id(1), id(2)]));
        let change = if confirms { change } else { change.skip_verification() };
        let mut run = change.plan().await.unwrap().run();
        assert!(tokio::time::timeout(Duration::from_millis(300), run.next()).await.is_err());
        run.stop();
        let outcomes = tokio::time::timeout(Duration::from_secs(15), finish(run)).await.unwrap();
        assert_eq!(outcomes.len(), 2);
        for outcome in outcomes {
            assert_eq!(outcome.outcome, Outcome::Unconfirmed);
            assert!(outcome.error.unwrap().to_string().contains("stopped"));
        }
    });
    join_all(runs).await;
}

#[tokio::test]
async fn a_stop_while_it_waits_for_confirmation_is_heeded_at_once() {
    let lie = r#"{"value":[],"totalCount":0,"message":null,"statusCode":200}"#;
    let fault = Fault::answer(200, "application/json", lie).on(&spec::RESUME_REPORT_EXECUTIONS);
    let (emulator, client) = start(Emulator::builder().reports([report(1, "Paused")]).fault(fault)).await;
    let change = client.resume_all(Selection::all()).verify_timeout(Duration::from_secs(600));
    let mut run = change.plan().await.unwrap().run();
    assert!(matches!(run.next().await, Some(Event::Answered(_))));
    // Until the first look has been taken and the run waits for the next.
    let waiting = tokio::time::timeout(Duration::from_millis(500), run.next()).await;
    assert!(waiting.is_err());
    let looks = emulator.requests().len();
    run.stop();
    let outcomes = tokio::time::timeout(Duration::from_secs(5), finish(run)).await.unwrap();
    assert_eq!(outcomes[0].outcome, Outcome::Unconfirmed);
    assert!(emulator.requests().len() <= looks + 1);
}

#[tokio::test]
async fn a_run_tells_first_what_is_skipped_and_given_up_ends_at_once_with_what_was_answered() {
    let resume = &spec::RESUME_REPORT_EXECUTIONS;
    let mut builder =
        Emulator::builder().reports((0..10).map(|n| report(n, "Paused")).chain([report(10, "Active")]));
    for number in 3..10 {
        builder = builder.fault(Fault::delay(Duration::from_secs(600)).on(resume).report(id(number)));
    }
    let emulator = builder.start().await.unwrap();
    let change = client(&emulator, 1).resume_all(Selection::ids((0..=11).map(id))).concurrency(2);
    let mut run = change.plan().await.unwrap().run();
    for skipped in [(10, Outcome::AlreadyActive), (11, Outcome::NotFound)] {
        let Some(Event::Finished(report)) = run.next().await else {
            panic!("something came before {skipped:?}")
        };
        assert_eq!((report.index, report.outcome), skipped);
    }
    emulator.assert_requests(resume, 0);
    while run.answered() < 5 {
        assert!(matches!(run.next().await, Some(Event::Answered(_))));
    }
    run.abort();
    let outcomes = tokio::time::timeout(Duration::from_secs(5), finish(run)).await.unwrap();
    // Of the two that were under way nobody knows.
    assert!(outcomes.iter().all(|o| o.outcome == Outcome::Unconfirmed && o.error.is_none()));
    let indexes: Vec<_> = outcomes.iter().map(|outcome| (outcome.report_id, outcome.index)).collect();
    assert_eq!(indexes, [(id(0), 0), (id(1), 1), (id(2), 2)]);
    emulator.assert_requests(&spec::GET_REPORTS, 1);
}

#[tokio::test]
async fn a_service_that_is_gone_stops_a_long_run_early() {
    let builder = Emulator::builder().reports((0..300).map(|n| report(n, "Paused")));
    let emulator =
        builder.fault(Fault::disconnect_before().on(&spec::RESUME_REPORT_EXECUTIONS)).start().await.unwrap();
    let change =
        client(&emulator, 2).resume_all(Selection::all()).verify_timeout(Duration::from_millis(1200));
    let outcomes = finish(change.plan().await.unwrap().run()).await;
    assert_eq!(outcomes.iter().filter(|o| o.outcome == Outcome::Failed).count(), 300);
    let sent =
        emulator.requests().iter().filter(|r| r.operation == Some(&spec::RESUME_REPORT_EXECUTIONS)).count();
    assert!(sent <= 40, "{sent} requests were sent to a service that is gone");
}

#[tokio::test]
async fn when_one_call_is_told_to_wait_all_wait() {
    let builder = Emulator::builder().reports((0..12).map(|n| report(n, "Paused")));
    let (emulator, client) = start(builder.limit(Limit::window(6, Duration::from_secs(2)))).await;
    let began = Instant::now();
    let change = client.resume_all(Selection::ids((0..12).map(id))).concurrency(12).skip_verification();
    let outcomes = finish(change.plan().await.unwrap().run()).await;
    assert!(outcomes.iter().all(|o| o.outcome == Outcome::Resumed));
    assert!(began.elapsed() >= Duration::from_secs(2));
    // The first burst runs into the limit before anything is known of it; from then on nobody does.
    let refused = emulator.requests().iter().filter(|request| request.status == Some(429)).count();
    assert!(refused <= 8, "{refused} calls were refused");
}

#[tokio::test]
async fn refusals_while_the_window_is_not_known_fail_no_report() {
    let builder = Emulator::builder().reports((0..12).map(|n| report(n, "Paused")));
    let limit = Limit::window(6, Duration::from_secs(1)).without_retry_after();
    let emulator = builder.limit(limit).start().await.unwrap();
    let change = client(&emulator, 2).resume_all(Selection::ids((0..12).map(id))).concurrency(1);
    let outcomes = finish(change.skip_verification().plan().await.unwrap().run()).await;
    assert!(outcomes.iter().all(|o| o.outcome == Outcome::Resumed), "{outcomes:?}");
    // More than one call has attempts.
    assert!(emulator.requests().iter().filter(|request| request.status == Some(429)).count() > 2);
}
