//! The health of reports.

use std::time::{Duration, SystemTime};

use partner_center_insights::emulator::{Emulator, Fault};
use partner_center_insights::spec;
use partner_center_insights::{ErrorKind, Report, Verdict};

use crate::{client, id, report, start};

fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_268_800)
}

#[tokio::test]
async fn health_reads_one_list_and_the_active_reports() {
    let reports = (1..=5).map(|number| report(number, if number > 3 { "Paused" } else { "Active" }));
    let (emulator, client) = start(Emulator::builder().reports(reports).clock(noon)).await;
    let health = client.health().now(noon()).await.unwrap();
    let verdicts: Vec<_> = health.iter().map(|health| health.verdict).collect();
    assert_eq!(verdicts, [Verdict::Ok, Verdict::Ok, Verdict::Ok, Verdict::Paused, Verdict::Paused]);
    emulator.assert_requests(&spec::GET_REPORTS, 1);
    emulator.assert_requests(&spec::GET_REPORT_EXECUTIONS, 3);
    let first = &health[0];
    assert!(first.last.is_some() && first.next > Some(noon()), "{first:?}");
}

#[tokio::test]
async fn report_without_files_has_verdict_never_ran() {
    // The clock of the service is a year behind.
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    let builder = Emulator::builder().reports([report(1, "Active")]).clock(move || noon() - year);
    let (_emulator, client) = start(builder).await;
    let health = client.health().now(noon()).await.unwrap();
    assert_eq!(health[0].verdict, Verdict::NeverRan, "{}", health[0].message);
}

#[tokio::test]
async fn failed_list_of_executions_leaves_the_others() {
    let reports: Vec<Report> = vec![report(1, "Active"), report(2, "Active")];
    let fault = Fault::refuse(500).on(&spec::GET_REPORT_EXECUTIONS).first(1);
    let emulator = Emulator::builder().reports(reports).clock(noon).fault(fault).start().await.unwrap();
    let health = client(&emulator, 1).health().now(noon()).await.unwrap();
    let unknown = health.iter().find(|health| health.verdict == Verdict::Unknown).unwrap();
    assert_eq!(unknown.error.as_ref().unwrap().kind(), ErrorKind::ServerError);
    assert_eq!(health.iter().filter(|health| health.verdict == Verdict::Ok).count(), 1);
}

#[tokio::test]
async fn health_is_limited_to_a_name() {
    let (_emulator, client) =
        start(Emulator::builder().reports([report(1, "Paused"), report(2, "Paused")])).await;
    let health = client.health().name_matches("report 2").await.unwrap();
    assert_eq!(health.iter().map(|health| health.report.report_id).collect::<Vec<_>>(), [id(2)]);
}
