//! How reports are read before and after a change: one by one, as a list, or not at all.

use partner_center_insights::emulator::{Emulator, Fault};
use partner_center_insights::{ErrorKind, ReportId, Selection};

use crate::{LIST, RESUME, id, list, paused, report, start, words};

const REPORTS: &str = "/insights/v1/mpn/ScheduledReport";

fn targets(emulator: &Emulator) -> Vec<String> {
    emulator.requests().iter().map(|request| format!("{} {}", request.method, request.target)).collect()
}

fn look_up(id: ReportId) -> String {
    format!("GET {REPORTS}?reportId={id}")
}

fn resume(id: ReportId) -> String {
    format!("PUT {REPORTS}/resume/{id}")
}

#[tokio::test]
async fn one_id_is_a_put_between_two_look_ups() {
    let (emulator, client) = start(Emulator::builder().reports(paused(9))).await;
    let plan = client.resume_all(Selection::ids([id(7)])).plan().await.unwrap();
    assert_eq!(plan.steps()[0].name.as_deref(), Some("Report 7"));
    assert_eq!(words(&plan.run().outcomes().await), ["resumed"]);
    assert_eq!(targets(&emulator), [look_up(id(7)), resume(id(7)), look_up(id(7))]);
}

#[tokio::test]
async fn three_ids_are_looked_up_one_by_one() {
    let (emulator, client) = start(Emulator::builder().reports(paused(9))).await;
    let change = client.resume_all(Selection::ids([id(1), id(2), id(3)])).concurrency(1);
    let outcomes = change.plan().await.unwrap().run().outcomes().await;
    assert_eq!(words(&outcomes), ["resumed"; 3]);
    let look_ups = [1, 2, 3].map(|number| look_up(id(number)));
    let resumes = [1, 2, 3].map(|number| resume(id(number)));
    assert_eq!(targets(&emulator), [&look_ups[..], &resumes, &look_ups].concat());
}

#[tokio::test]
async fn four_ids_are_read_from_the_list() {
    let (emulator, client) = start(Emulator::builder().reports(paused(9))).await;
    let change = client.resume_all(Selection::ids((1..=4).map(id)));
    let outcomes = change.plan().await.unwrap().run().outcomes().await;
    assert_eq!(words(&outcomes), ["resumed"; 4]);
    let mut targets = targets(&emulator);
    targets.retain(|target| target.starts_with("GET"));
    assert_eq!(targets, [format!("GET {REPORTS}"), format!("GET {REPORTS}")]);
}

#[tokio::test]
async fn all_reports_are_read_from_the_list() {
    let (emulator, client) = start(Emulator::builder().reports(paused(1))).await;
    let change = client.resume_all(Selection::changeable());
    assert_eq!(words(&change.plan().await.unwrap().run().outcomes().await), ["resumed"]);
    let list = format!("GET {REPORTS}");
    assert_eq!(targets(&emulator), [list.clone(), resume(id(1)), list]);
}

#[tokio::test]
async fn ignored_filter_makes_no_difference() {
    let before = list(&[report(1, "Active"), report(2, "Paused"), report(3, "Inactive")]);
    let after = list(&[report(1, "Paused"), report(2, "Active"), report(3, "Inactive")]);
    let (_emulator, client) = start(
        Emulator::builder()
            .reports(paused(3))
            .fault(Fault::respond(200, "application/json", before).on(LIST).first(1))
            .fault(Fault::respond(200, "application/json", after).on(LIST)),
    )
    .await;
    let plan = client.resume_all(Selection::ids([id(2)])).plan().await.unwrap();
    assert_eq!((plan.steps().len(), plan.requests()), (1, 1));
    assert_eq!(words(&plan.run().outcomes().await), ["resumed"]);
}

#[tokio::test]
async fn empty_look_up_has_outcome_not_found() {
    let not_found = Fault::refuse(404).on(LIST);
    let empty = Fault::respond(200, "application/json", list(&[])).on(LIST);
    for fault in [not_found, empty] {
        let (emulator, client) = start(Emulator::builder().reports(paused(2)).fault(fault)).await;
        let plan = client.resume_all(Selection::ids([id(1)])).plan().await.unwrap();
        assert_eq!(words(&plan.run().outcomes().await), ["not-found"]);
        emulator.assert_requests(RESUME, 0);
    }
}

#[tokio::test]
async fn failed_look_up_fails_the_plan() {
    let (emulator, client) = start(Emulator::builder().fault(Fault::refuse(403).on(LIST))).await;
    let error = client.resume_all(Selection::ids([id(1)])).plan().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    emulator.assert_requests(RESUME, 0);
}

#[tokio::test]
async fn failed_look_up_leaves_other_reports_alone() {
    // Two look-ups of the plan, then two of the first poll: one fails, one shows the old status.
    let stale = list(&[report(2, "Paused")]);
    let builder = Emulator::builder().reports(paused(2)).fault(Fault::refuse(400).on(LIST).nth(3));
    let stale = Fault::respond(200, "application/json", stale).on(LIST).nth(4);
    let (_emulator, client) = start(builder.fault(stale)).await;
    let change = client.resume_all(Selection::ids([id(1), id(2)])).concurrency(1);
    let outcomes = change.plan().await.unwrap().run().outcomes().await;
    assert_eq!(words(&outcomes), ["unconfirmed", "resumed"]);
    assert_eq!(outcomes[0].error.as_ref().unwrap().kind(), ErrorKind::BadRequest);
}

#[tokio::test]
async fn skipped_verification_reads_nothing() {
    let (emulator, client) =
        start(Emulator::builder().reports([report(1, "Paused"), report(2, "Active")])).await;
    let change = client.resume_all(Selection::ids([id(1), id(2), id(3)])).skip_verification();
    let outcomes = change.plan().await.unwrap().run().outcomes().await;
    assert_eq!(words(&outcomes), ["resumed", "resumed", "not-found"]);
    emulator.assert_requests(RESUME, 3);
    emulator.assert_requests(LIST, 0);
}

#[tokio::test]
async fn skipped_verification_still_applies_filters() {
    let (emulator, client) = start(Emulator::builder().reports(paused(2))).await;
    let selection = Selection::ids([id(1), id(2)]).name_matches("Report 2");
    let plan = client.resume_all(selection).skip_verification().plan().await.unwrap();
    assert_eq!(words(&plan.run().outcomes().await), ["resumed"]);
    assert!(emulator.report(id(1)).unwrap().is_paused());
}
