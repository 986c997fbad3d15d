//! An exercise restores the state of the report, whatever the service does.

use std::time::Duration;

use futures_util::future::join_all;
use partner_center_insights::conformance::{Conformity, Exercise, assumptions};
use partner_center_insights::emulator::{Emulator, EmulatorBuilder, Fault, Scenario};
use partner_center_insights::{ErrorKind, Report, ReportId, ReportStatus, spec};

use crate::conform::deviations;
use crate::targets::client;

const STATES: [ReportStatus; 2] = [ReportStatus::Active, ReportStatus::Paused];

fn id(number: u128) -> ReportId {
    uuid::Uuid::from_u128(0x3f0c_2a5e_6c1b_4d7f_9a43_0000_0000_0000 + number).into()
}

/// An emulator with a report in this state, and two others.
fn builder(status: &ReportStatus) -> EmulatorBuilder {
    let others =
        STATES.iter().zip(2..).map(|(status, number)| Report::new(id(number)).with_status(status.clone()));
    Emulator::builder().reports(others.chain([Report::new(id(1)).with_status(status.clone())]))
}

/// Exercises the report. Returns whether that was possible.
async fn exercise(emulator: &Emulator) -> bool {
    let Ok(mut exercise) = Exercise::new(&client(emulator), id(1)).await else { return false };
    while exercise.advance().await.unwrap_or_default() {}
    exercise.restore().await.unwrap();
    true
}

fn changes(emulator: &Emulator) -> usize {
    emulator.requests().iter().filter(|request| request.method == "PUT").count()
}

async fn restores(name: String, builder: EmulatorBuilder, status: ReportStatus, shift: u64) {
    let emulator = builder.start().await.unwrap();
    let client = client(&emulator);
    // Shifts faults that count requests to other requests of the exercise.
    for _ in 0..shift {
        let _ = client.resume(id(2)).await;
        let _ = client.pause(id(3)).await;
    }
    let before = changes(&emulator);
    let is_possible = exercise(&emulator).await;
    let after = emulator.report(id(1)).unwrap().report_status;
    assert_eq!(after, Some(status), "{name}");
    assert!(is_possible || changes(&emulator) == before, "{name}");
}

#[tokio::test]
async fn state_is_restored_in_every_scenario() {
    let mut runs = Vec::new();
    for status in &STATES {
        for scenario in Scenario::ALL {
            let seeds = match scenario {
                Scenario::Flaky => 0..8,
                Scenario::Partial => 0..3,
                _ => 0..1,
            };
            for seed in seeds {
                let builder = builder(status).scenario(*scenario).seed(seed);
                let shift = if *scenario == Scenario::Partial { seed } else { 0 };
                runs.push(restores(format!("{scenario:?} {seed} {status}"), builder, status.clone(), shift));
            }
        }
    }
    join_all(runs).await;
}

#[tokio::test]
async fn state_is_restored_after_each_fault() {
    let faults = [
        Fault::respond(503, "text/plain", "busy"),
        Fault::refuse(403),
        Fault::disconnect_before(),
        Fault::disconnect_after(),
        Fault::truncate(10),
        Fault::delay(Duration::from_secs(6)),
    ];
    let mut runs = Vec::new();
    for status in &STATES {
        for fault in &faults {
            for operation in [&spec::PAUSE_REPORT_EXECUTIONS, &spec::RESUME_REPORT_EXECUTIONS] {
                for number in 1..=2 {
                    let name = format!("{fault:?} {} {number} {status}", operation.id);
                    let builder = builder(status).fault(fault.clone().on(operation).nth(number));
                    runs.push(restores(name, builder, status.clone(), 0));
                }
            }
        }
    }
    join_all(runs).await;
}

#[tokio::test]
async fn initial_status_is_restored() {
    let emulator = builder(&ReportStatus::Paused).start().await.unwrap();
    let exercise = Exercise::new(&client(&emulator), id(1)).await.unwrap();
    let mut exercise = exercise.with_initial_status(ReportStatus::Active);
    while exercise.advance().await.unwrap() {}
    exercise.restore().await.unwrap();
    assert_eq!(emulator.report(id(1)).unwrap().report_status, Some(ReportStatus::Active));
}

#[tokio::test]
async fn state_that_cannot_be_restored_is_an_error() {
    let refused = Fault::refuse(403).on(&spec::RESUME_REPORT_EXECUTIONS);
    let emulator = builder(&ReportStatus::Active).fault(refused).start().await.unwrap();
    let mut exercise = Exercise::new(&client(&emulator), id(1)).await.unwrap();
    while exercise.advance().await.unwrap() {}
    assert_eq!(exercise.restore().await.unwrap_err().kind(), ErrorKind::Forbidden);
    // The last requests were not sent.
    assert!(exercise.exchanges()[4..].iter().all(|exchange| exchange.sent.is_none()));
}

#[tokio::test]
async fn inactive_or_unknown_report_is_not_exercised() {
    let emulator = builder(&ReportStatus::Inactive).start().await.unwrap();
    for (report, kind) in [(id(1), ErrorKind::Conflict), (id(9), ErrorKind::NotFound)] {
        assert_eq!(Exercise::new(&client(&emulator), report).await.unwrap_err().kind(), kind);
    }
    assert_eq!(changes(&emulator), 0);
}

#[tokio::test]
async fn exercise_answers_what_is_assumed_about_changes() {
    for status in STATES {
        let emulator = builder(&status).start().await.unwrap();
        let mut exercise = Exercise::new(&client(&emulator), id(1)).await.unwrap();
        while exercise.advance().await.unwrap() {}
        assert_eq!(exercise.exchanges().iter().flat_map(deviations).collect::<Vec<_>>(), []);
        let answered = assumptions(exercise.exchanges()).answered;
        let answer = |place: &str| answered.iter().find(|answer| answer.place == place).unwrap();
        for (place, found) in [
            ("paths./ScheduledReport/resume/{reportId}.put", "200, status Active"),
            ("paths./ScheduledReport/pause/{reportId}.put", "200, status Paused"),
        ] {
            assert_eq!((&*answer(place).found, answer(place).conformity), (found, Conformity::AsDocumented));
        }
        assert_eq!(answer("components.responses.ChangedReport").conformity, Conformity::AsDocumented);
    }
}
