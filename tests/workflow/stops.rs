//! Runs that are stopped, aborted or dropped.

use std::time::Duration;

use partner_center_insights::emulator::{Emulator, Fault};
use partner_center_insights::{Event, Outcome, Reason, ReportStatus, Selection};
use tokio::time::timeout;

use crate::{LIST, RESUME, client, id, list, paused, report, start, words};

const NEVER: Duration = Duration::from_secs(600);

#[tokio::test]
async fn stop_finishes_requests_in_flight() {
    let fault = Fault::delay(Duration::from_millis(30)).on(RESUME);
    let (emulator, client) = start(Emulator::builder().reports(paused(100)).fault(fault)).await;
    let mut run = client.resume_all(Selection::changeable()).concurrency(5).plan().await.unwrap().run();
    assert!(run.next().await.is_some());
    run.stop();
    let outcomes = run.outcomes().await;
    assert_eq!(outcomes.len(), 100);
    let (resumed, rest): (Vec<_>, Vec<_>) =
        outcomes.iter().partition(|report| report.outcome == Outcome::Resumed);
    assert!(rest.iter().all(|report| report.outcome == Outcome::NotTried));
    assert!(rest.iter().all(|report| report.reason == Some(Reason::Stopped)));
    let active = emulator.reports().iter().filter(|report| report.is_active()).count();
    assert_eq!(active, resumed.len());
    assert!((5..=10).contains(&active), "{active} requests were sent");

    // A second run resumes the rest and sends nothing twice.
    let rest = client.resume_all(Selection::changeable()).plan().await.unwrap().run().outcomes().await;
    assert_eq!(rest.len() + resumed.len(), 100);
    emulator.assert_requests(RESUME, 100);
}

#[tokio::test]
async fn stop_has_a_grace_period() {
    let slow = Fault::delay(NEVER).on(RESUME);
    let throttled = Fault::respond(429, "application/json", "{}").header("Retry-After", "25").on(RESUME);
    for (fault, verifies) in [(slow.clone(), true), (slow, false), (throttled, true)] {
        let emulator = Emulator::builder().reports(paused(2)).fault(fault).start().await.unwrap();
        let change = client(&emulator, 3).resume_all(Selection::ids([id(1), id(2)]));
        let change = if verifies { change } else { change.skip_verification() };
        let mut run = change.plan().await.unwrap().run();
        assert!(timeout(Duration::from_millis(300), run.next()).await.is_err());
        run.stop();
        // Only timers are left to wait for.
        tokio::time::pause();
        let stopped = tokio::time::Instant::now();
        let outcomes = run.outcomes().await;
        let grace = stopped.elapsed().as_secs();
        tokio::time::resume();
        assert!((5..=15).contains(&grace), "ended after {grace} s");
        assert_eq!(words(&outcomes), ["unconfirmed"; 2]);
        assert!(outcomes.iter().all(|report| report.error.as_ref().unwrap().to_string().contains("stopped")));
    }
}

#[tokio::test]
async fn stop_leaves_gateway_timeouts_unconfirmed() {
    let emulator = Emulator::builder()
        .reports(paused(2))
        .fault(Fault::respond(504, "text/html", "<title>Gateway timeout</title>").report(id(1)))
        .fault(Fault::respond(500, "text/plain", "oops").report(id(2)))
        .start()
        .await
        .unwrap();
    let mut run = client(&emulator, 1).resume_all(Selection::changeable()).plan().await.unwrap().run();
    assert!(matches!(run.next().await, Some(Event::Responded { .. })));
    run.stop();
    assert_eq!(words(&run.outcomes().await), ["unconfirmed", "failed"]);
}

#[tokio::test]
async fn stop_interrupts_the_pause_between_polls() {
    let fault = Fault::respond(200, "application/json", list(&[])).on(RESUME);
    let (emulator, client) = start(Emulator::builder().reports(paused(1)).fault(fault)).await;
    let change = client.resume_all(Selection::changeable()).verify_timeout(NEVER);
    let mut run = change.plan().await.unwrap().run();
    assert!(matches!(run.next().await, Some(Event::Responded { .. })));
    // The first poll ends, and the run pauses before the second.
    assert!(timeout(Duration::from_millis(500), run.next()).await.is_err());
    let requests = emulator.requests().len();
    run.stop();
    let outcomes = timeout(Duration::from_secs(5), run.outcomes()).await.unwrap();
    assert_eq!(words(&outcomes), ["unconfirmed"]);
    assert!(emulator.requests().len() <= requests + 1);
}

#[tokio::test]
async fn skipped_reports_come_before_any_request() {
    let (emulator, client) = start(Emulator::builder().reports(paused(3).chain([report(4, "Active")]))).await;
    let mut run = client.resume_all(Selection::ids((1..=5).map(id))).plan().await.unwrap().run();
    for skipped in [(3, Outcome::AlreadyActive), (4, Outcome::NotFound)] {
        let Some(Event::Finished { report }) = run.next().await else { panic!("no outcome for {skipped:?}") };
        assert_eq!((report.index, report.outcome), skipped);
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    emulator.assert_requests(RESUME, 0);
}

#[tokio::test]
async fn abort_ends_with_the_responses_so_far() {
    let quick = Fault::delay(Duration::ZERO).on(RESUME).first(3);
    let builder = Emulator::builder().reports(paused(10)).fault(quick);
    let emulator = builder.fault(Fault::delay(NEVER).on(RESUME)).start().await.unwrap();
    let change = client(&emulator, 1).resume_all(Selection::changeable()).concurrency(2);
    let mut run = change.plan().await.unwrap().run();
    while run.completed() < 3 {
        assert!(matches!(run.next().await, Some(Event::Responded { .. })));
    }
    run.abort();
    let outcomes = timeout(Duration::from_secs(5), run.outcomes()).await.unwrap();
    // Three responded, two were in flight.
    let (unconfirmed, rest) = outcomes.split_at(5);
    assert_eq!(words(unconfirmed), ["unconfirmed"; 5]);
    assert_eq!(words(rest), ["not-tried"; 5]);
    assert_eq!(unconfirmed.iter().filter(|report| report.status == Some(ReportStatus::Active)).count(), 3);
    assert!(outcomes.iter().all(|report| report.reason == Some(Reason::Stopped)));
    assert!(outcomes.iter().all(|report| report.error.is_none()));
    emulator.assert_requests(LIST, 1);
}

#[tokio::test]
async fn dropped_run_sends_nothing_more() {
    let fault = Fault::delay(Duration::from_millis(20)).on(RESUME);
    let (emulator, client) = start(Emulator::builder().reports(paused(100)).fault(fault)).await;
    let mut run = client.resume_all(Selection::changeable()).concurrency(2).plan().await.unwrap().run();
    assert!(run.next().await.is_some());
    drop(run);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(emulator.requests().len() <= 5, "{} requests were sent", emulator.requests().len());
}
