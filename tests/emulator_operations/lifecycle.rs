//! Reports over time: executions, quotas, updates and deletion.

use std::io::Read;
use std::time::{Duration, SystemTime};

use partner_center_insights::Report;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{HOUR, NO_ITEM, NOON, OWN_QUERY, Service, id, names, once, refused, with};

const DAY: u64 = 24 * HOUR;
const NO_EXECUTION: &str = "There are no executions that have occurred for the given filter conditions.";
const ALL: &str = "?getLatestExecution=false";

fn update(service: &Service) -> Value {
    json!({ "ReportName": "Top customers, weekly", "StartTime": service.time(DAY / HOUR), "RecurrenceInterval": 168 })
}

#[tokio::test]
async fn one_time_report_is_done_after_two_seconds() {
    let service = Service::start().await;
    let ignored = json!({ "RecurrenceInterval": 0, "RecurrenceCount": 0, "CallbackMethod": "post" });
    let mut body = with(once(), "CallbackUrl", "https://hooks.example");
    body.as_object_mut().unwrap().extend(ignored.as_object().unwrap().clone());
    let created = service.post("ScheduledReport", &body).await;
    let id = id(&created, "reportId");
    let report = &created.1["value"][0];
    assert_eq!((&report["reportStatus"], &report["recurrenceInterval"]), (&json!("Inactive"), &json!(-1)));
    assert_eq!((&report["startTime"], &report["recurrenceCount"]), (&report["createdTime"], &json!(1)));
    assert_eq!(report["callbackUrl"], Value::Null);

    let (status, pending) = service.executions(&id, "").await;
    assert_eq!((status, &pending[0]["executionStatus"]), (200, &json!("Pending")));
    assert_eq!(pending[0]["reportAccessSecureLink"], Value::Null);
    assert_eq!(service.executions(&id, "?executionStatus=Completed").await.0, 404);
    service.pass(2);
    let (_, done) = service.executions(&id, "").await;
    assert_eq!(
        (&done[0]["executionStatus"], &done[0]["executionId"]),
        (&json!("Completed"), &pending[0]["executionId"])
    );
    let link = done[0]["reportAccessSecureLink"].as_str().unwrap();
    assert!(link.starts_with(&service.emulator.base_url()));
    let file = reqwest::get(link).await.unwrap().bytes().await.unwrap();
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(&file[..]).read_to_string(&mut text).unwrap();
    assert!(text.lines().count() > 1, "{text}");
}

#[tokio::test]
async fn duration_of_one_time_reports_can_be_set() {
    let service = Service::with(|builder| builder.one_time_duration(Duration::ZERO)).await;
    let id = service.create(&once()).await;
    assert_eq!(service.executions(&id, "").await.1[0]["executionStatus"], "Completed");
}

#[tokio::test]
async fn schedule_runs_until_its_count_is_used_up() {
    let service = Service::start().await;
    let id = service.create(&with(service.schedule(), "RecurrenceCount", 2)).await;
    let (status, body) = service.get(&format!("ScheduledReport/execution/{id}")).await;
    refused((status, body), 404, NO_EXECUTION);
    let status = || service.emulator.reports()[0].report_status.clone().unwrap().to_string();
    service.pass(4 * HOUR);
    assert_eq!((service.executions(&id, ALL).await.1.len(), status()), (1, "Active".to_owned()));
    service.pass(DAY);
    assert_eq!((service.executions(&id, ALL).await.1.len(), status()), (2, "Inactive".to_owned()));
    service.pass(DAY);
    assert_eq!(service.executions(&id, ALL).await.1.len(), 2);
}

#[tokio::test]
async fn executions_are_listed_for_90_days() {
    let service = Service::start().await;
    // Runs daily, four hours from now for the first time.
    let daily = service.create(&service.schedule()).await;
    let single = service.create(&once()).await;
    let listed = async || service.executions(&daily, ALL).await.1.len();
    service.pass(90 * DAY + 4 * HOUR);
    assert_eq!(listed().await, 91);
    refused(service.get(&format!("ScheduledReport/execution/{single}")).await, 404, NO_EXECUTION);
    service.pass(1);
    assert_eq!(listed().await, 90);
    // Executions before an update expire, too.
    service.put(&daily, &update(&service)).await;
    service.pass(81 * DAY);
    assert_eq!(listed().await, 9 + 12);
}

#[tokio::test]
async fn resumed_report_of_unknown_status_runs() {
    let id = "3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4";
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(NOON + HOUR);
    let report =
        Report::new(id.parse().unwrap()).with_status("Suspended".into()).with_schedule(start, 24, 10);
    let service = Service::with(|builder| builder.reports([report])).await;
    service.send(Method::PUT, &format!("ScheduledReport/resume/{id}"), None).await;
    service.pass(2 * HOUR);
    assert_eq!(service.executions(id, "?executionStatus=Completed").await.1.len(), 1);
}

#[tokio::test]
async fn schedule_ends_at_its_end_time() {
    let mut service = Service::start().await;
    service.base = "/insights/v1.1/mpn";
    let body = with(with(service.schedule(), "RecurrenceCount", 10), "EndTime", service.time(5));
    let id = service.create(&body).await;
    service.pass(5 * DAY);
    assert_eq!(service.executions(&id, ALL).await.1.len(), 1);
    assert!(!service.emulator.reports()[0].is_active());
}

#[tokio::test]
async fn active_quota_is_freed_by_deleting_or_pausing() {
    let service = Service::start().await;
    let body = service.schedule();
    let mut ids = Vec::new();
    for _ in 0..50 {
        ids.push(service.create(&body).await);
    }
    let quota = "User has exceeded its report creation quota of 50 active reports";
    refused(service.post("ScheduledReport", &body).await, 400, quota);
    service.create(&once()).await;
    service.delete(&format!("ScheduledReport/{}", ids[0])).await;
    service.create(&body).await;
    refused(service.post("ScheduledReport", &body).await, 400, quota);
    id(&service.send(Method::PUT, &format!("ScheduledReport/pause/{}", ids[1]), None).await, "reportId");
    service.create(&body).await;
}

#[tokio::test]
async fn one_time_quota_is_freed_by_time_only() {
    let service = Service::start().await;
    let first = service.create(&once()).await;
    service.pass(HOUR / 2);
    for _ in 0..4 {
        service.create(&once()).await;
    }
    service.delete(&format!("ScheduledReport/{first}")).await;
    let quota = "User has exceeded its ExecuteNow report creation quota of 5 reports/60 mins";
    refused(service.post("ScheduledReport", &once()).await, 400, quota);
    service.create(&service.schedule()).await;
    service.pass(HOUR / 2);
    service.create(&once()).await;
    refused(service.post("ScheduledReport", &once()).await, 400, quota);
}

#[tokio::test]
async fn quotas_can_be_removed() {
    let service = Service::with(|builder| builder.without_quotas()).await;
    for _ in 0..6 {
        service.create(&once()).await;
    }
    for _ in 0..51 {
        service.create(&service.schedule()).await;
    }
}

#[tokio::test]
async fn update_changes_the_schedule_and_keeps_the_rest() {
    let service = Service::start().await;
    let id = service.create(&with(service.schedule(), "RecurrenceCount", 50)).await;
    service.pass(2 * DAY);
    let ids = async || {
        let executions = service.executions(&id, ALL).await.1;
        executions.iter().map(|execution| execution["executionId"].clone()).collect::<Vec<_>>()
    };
    let before = ids().await;
    let (_, updated) = service.put(&id, &update(&service)).await;
    let report = &updated["value"][0];
    assert_eq!(
        (&report["reportName"], &report["recurrenceInterval"]),
        (&json!("Top customers, weekly"), &json!(168))
    );
    assert_eq!((&report["recurrenceCount"], &report["queryId"]), (&json!(50), &json!(OWN_QUERY)));
    assert_eq!(report["modifiedTime"], service.time(0));
    assert_eq!(ids().await, before);
    service.pass(2 * DAY);
    let after = ids().await;
    assert_eq!((after.len(), &after[1..]), (before.len() + 1, &before[..]));
}

#[tokio::test]
async fn update_with_the_old_start_repeats_no_execution() {
    let service = Service::start().await;
    let body = with(service.schedule(), "RecurrenceCount", 1);
    let id = service.create(&body).await;
    service.pass(DAY);
    assert_eq!(service.put(&id, &with(body, "RecurrenceCount", 9)).await.0, 200);
    assert_eq!(service.executions(&id, ALL).await.1.len(), 1);
    assert!(!service.emulator.reports()[0].is_active(), "an update does not reactivate an ended report");
}

#[tokio::test]
async fn invalid_update_is_refused() {
    const NO_TIME: &str =
        "Invalid report parameters for creation - StartTime should follow format: yyyy-MM-ddTHH:mm:ssZ";
    let service = Service::start().await;
    let report = service.create(&service.schedule()).await;
    let single = service.create(&once()).await;
    let good = update(&service);
    for (name, value, message) in [
        ("ReportName", json!(null), "Null or missing value"),
        ("StartTime", json!(null), "Null or missing value"),
        ("RecurrenceInterval", json!(2161), "Recurrence Interval must be between 4 and 2160"),
        ("Format", json!("string"), "Requested value 'string' not found"),
        ("StartTime", json!("soon"), NO_TIME),
        ("StartTime", json!("2030-01-01T06:00:00+01:00"), NO_TIME),
    ] {
        refused(service.put(&report, &with(good.clone(), name, value)).await, 400, message);
    }
    refused(service.put(&report, &json!({ "ReportName": "A" })).await, 400, "Null or missing value");
    refused(service.put(&single, &good).await, 400, "Invalid report parameters");
    refused(service.put("00000000-0000-0000-0000-000000000000", &good).await, 404, NO_ITEM);
    assert_eq!(service.emulator.reports()[0].modified_time, None);
}

#[tokio::test]
async fn deleting_a_report_deletes_its_executions() {
    let service = Service::start().await;
    let created = service.post("ScheduledReport", &once()).await;
    let report = id(&created, "reportId");
    service.pass(2);
    assert_eq!(service.executions(&report, "").await.0, 200);
    let path = format!("ScheduledReport/{report}");
    assert_eq!(service.delete(&path).await.1["value"], created.1["value"]);
    refused(service.get(&format!("ScheduledReport/execution/{report}")).await, 404, NO_ITEM);
    refused(service.delete(&path).await, 404, NO_ITEM);
    assert_eq!(service.get(&format!("ScheduledQueries?queryId={OWN_QUERY}")).await.0, 200);
}

#[tokio::test]
async fn deleting_a_query_keeps_its_reports() {
    let service = Service::start().await;
    let report = service.create(&service.schedule()).await;
    service.delete(&format!("ScheduledQueries/{OWN_QUERY}")).await;
    service.pass(4 * HOUR);
    assert_eq!(service.executions(&report, "").await.0, 200);
    assert!(service.emulator.reports()[0].query.is_some());
    refused(service.post("ScheduledReport", &service.schedule()).await, 400, "Invalid QueryId");
}

#[tokio::test]
async fn members_without_a_value_are_null() {
    let service = Service::start().await;
    let created = service.post("ScheduledReport", &once()).await;
    let report = id(&created, "reportId");
    let pending = service.get(&format!("ScheduledReport/execution/{report}")).await.1;
    let queries = service.get("ScheduledQueries").await.1;
    for (body, names) in [
        (&created.1, &["nextLink"][..]),
        (&pending, &["nextLink", "message"]),
        (
            &created.1["value"][0],
            &["description", "modifiedTime", "queryStartTime", "callbackUrl", "callbackMethod"],
        ),
        (
            &pending["value"][0],
            &[
                "reportLocation",
                "reportAccessSecureLink",
                "reportExpiryTime",
                "reportGeneratedTime",
                "callbackUrl",
            ],
        ),
        (&queries["value"][0], &["modifiedTime", "user"]),
    ] {
        for name in names {
            assert_eq!(body.get(name), Some(&Value::Null), "{name}: {body}");
        }
    }
    assert_eq!(created.1["value"][0].get("endTime"), None, "v1.1 only");
}

#[tokio::test]
async fn one_time_report_ignores_any_schedule() {
    let service = Service::with(|builder| builder.reports([]).without_quotas()).await;
    for start in ["", "soon", "2030-01-01", "2020-01-01T00:00:00Z"] {
        let created = service.post("ScheduledReport", &with(once(), "StartTime", start)).await;
        assert_eq!(created.0, 200, "{start}: {}", created.1);
        assert_eq!(created.1["value"][0]["startTime"], service.time(0));
    }
    for (name, value) in [("RecurrenceInterval", -7), ("RecurrenceCount", -7)] {
        service.create(&with(once(), name, value)).await;
    }
    let typed = service.post("ScheduledReport", &with(once(), "StartTime", 7)).await;
    refused(typed, 400, "'StartTime' has a wrong type.");
}

#[tokio::test]
async fn v1_1_lists_several_reports_by_id() {
    let mut service = Service::start().await;
    let (first, second) = (service.create(&once()).await, service.create(&once()).await);
    service.create(&once()).await;
    let path = format!("ScheduledReport?reportId={first};{second}");
    refused(service.get(&path).await, 400, "Parameter 'reportId' must be a UUID.");
    service.base = "/insights/v1.1/cmp";
    assert_eq!(names(&service.get(&path).await.1, "reportId"), [first, second]);
    let invalid = service.get(&format!("{path};none")).await;
    refused(invalid, 400, "Parameter 'reportId' must be a UUID.");
}
