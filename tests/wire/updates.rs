//! Updating reports: read the report, replace properties, and send all of them.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use partner_center_insights::{CallbackMethod, Dataset, ErrorKind, ReportFormat, ReportUpdate};
use serde_json::{Value, json as value};

use crate::support::{EMPTY_LIST, NO_ITEM_FOUND, REPORT_ID, Script, Server, Step, json};
use crate::{builder, client, quick_retries};

/// Half a second after 2100-01-01.
fn later() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(4_102_444_800_500)
}

fn current() -> Value {
    // As in a published sample, the start lacks its `Z`.
    value!({
        "reportId": REPORT_ID, "reportName": "Sales", "description": null, "queryId": "q", "query": "SELECT",
        "user": "reports@partner.example", "createdTime": "2026-01-12T08:05:00Z", "modifiedTime": null,
        "executeNow": false, "startTime": "2026-01-13T06:00:00", "reportStatus": "Active", "recurrenceInterval": 24,
        "recurrenceCount": 100, "callbackUrl": "https://partner.example/hook", "callbackMethod": "post",
        "format": "CSV",
    })
}

fn one(report: &Value) -> String {
    value!({ "value": [report], "totalCount": 1, "message": null, "statusCode": 200 }).to_string()
}

async fn server(current: &Value, put: Vec<Script>) -> Server {
    let get = vec![Step::Send(json(200, &one(current)))];
    Server::start([vec![get], put].concat()).await
}

fn updated() -> Script {
    vec![Step::Send(json(200, &one(&current())))]
}

#[tokio::test]
async fn all_editable_properties_are_sent() {
    let server = server(&current(), vec![updated()]).await;
    let report = client(&server).update_report(REPORT_ID, ReportUpdate::new().count(200)).await.unwrap();
    assert_eq!(report.unwrap().report_id.to_string(), REPORT_ID);
    let requests = server.requests();
    assert_eq!(requests[1].line(), format!("PUT /insights/v1/mpn/ScheduledReport/{REPORT_ID}"));
    let expected = value!({
        "ReportName": "Sales", "StartTime": "2026-01-13T06:00:00Z", "RecurrenceInterval": 24, "RecurrenceCount": 200,
        "Format": "csv", "CallbackUrl": "https://partner.example/hook", "CallbackMethod": "POST",
    });
    assert_eq!(serde_json::from_str::<Value>(&requests[1].body).unwrap(), expected);
}

#[tokio::test]
async fn every_property_can_be_replaced() {
    let server = server(&current(), vec![updated()]).await;
    let day = Duration::from_secs(24 * 60 * 60);
    let update =
        ReportUpdate::new().name("Weekly").description("New").start(later()).every(7 * day).count(52);
    let update = update.end(later() + day).format(ReportFormat::Tsv);
    let update = update.callback_url("https://partner.example/new").callback_method(CallbackMethod::Get);
    client(&server).update_report(REPORT_ID, update).await.unwrap();
    let expected = value!({
        "ReportName": "Weekly", "Description": "New", "StartTime": "2100-01-01T00:00:00Z", "RecurrenceInterval": 168,
        "RecurrenceCount": 52, "EndTime": "2100-01-02T00:00:00Z", "Format": "tsv",
        "CallbackUrl": "https://partner.example/new", "CallbackMethod": "GET",
    });
    assert_eq!(serde_json::from_str::<Value>(&server.requests()[1].body).unwrap(), expected);
}

#[tokio::test]
async fn unknown_word_left_out_of_an_update_is_a_warning() {
    let mut current = current();
    current["callbackMethod"] = "PATCH".into();
    current["format"] = "parquet".into();
    let server = server(&current, vec![updated()]).await;
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = seen.clone();
    let client = builder(&server).on_warning(move |warning| log.lock().unwrap().push(warning.to_string()));
    client.build().unwrap().update_report(REPORT_ID, ReportUpdate::new().count(200)).await.unwrap();
    let body: Value = serde_json::from_str(&server.requests()[1].body).unwrap();
    assert_eq!((body.get("CallbackMethod"), body.get("Format")), (None, None));
    let left_out = "a word that the spec does not have; left out of the update";
    let warnings = ["callbackMethod", "format"].map(|field| format!("{REPORT_ID}: {field}: {left_out}"));
    assert_eq!(*seen.lock().unwrap(), warnings);
}

#[tokio::test]
async fn broken_rules_of_updates_are_not_sent() {
    let hours = |hours: u64| Duration::from_secs(hours * 60 * 60);
    let rows = [
        (ReportUpdate::new().name("a;b"), "Invalid character (;) in ReportName"),
        (ReportUpdate::new().description("x".repeat(257)), "256 characters or less"),
        (ReportUpdate::new().every(hours(1)), "Recurrence Interval must be between 4 and 2160"),
        (ReportUpdate::new().count(-1), "Recurrence count has to be a positive integer value"),
        (ReportUpdate::new().callback_url("/hook"), "absolute http or https URL"),
        (ReportUpdate::new().start(later()).end(later()), "EndTime should be greater than StartTime"),
    ];
    for (update, message) in rows {
        let server = server(&current(), vec![updated()]).await;
        let error = client(&server).update_report(REPORT_ID, update).await.unwrap_err();
        assert_eq!((error.kind(), server.count()), (ErrorKind::InvalidArgument, 1), "{message}");
        assert!(error.to_string().contains(message), "{error}; expected {message}");
    }
}

#[tokio::test]
async fn prepared_update_shows_what_it_sends() {
    let server = server(&current(), vec![updated()]).await;
    let prepared = client(&server).prepare_update(REPORT_ID, ReportUpdate::new().count(200)).await.unwrap();
    assert_eq!((server.count(), prepared.current().recurrence_count), (1, Some(100)));
    let mut dataset = Dataset::new("OfficeUsage");
    prepared.check(&dataset).unwrap();
    dataset.minimum_recurrence_interval = Some(25);
    assert_eq!(prepared.check(&dataset).unwrap_err().kind(), ErrorKind::InvalidArgument);
    let shown = serde_json::to_value(&prepared).unwrap();
    prepared.send().await.unwrap();
    assert_eq!(serde_json::from_str::<Value>(&server.requests()[1].body).unwrap(), shown);
}

#[tokio::test]
async fn early_start_of_an_update_is_sent() {
    let server = server(&current(), vec![updated()]).await;
    let update = ReportUpdate::new().start(SystemTime::now());
    client(&server).update_report(REPORT_ID, update).await.unwrap();
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn one_time_report_cannot_be_updated() {
    let mut once = current();
    once["executeNow"] = true.into();
    let server = server(&once, vec![updated()]).await;
    let error = client(&server).update_report(REPORT_ID, ReportUpdate::new().count(2)).await.unwrap_err();
    assert_eq!((error.kind(), server.count()), (ErrorKind::Conflict, 1));
}

#[tokio::test]
async fn report_without_a_readable_start_needs_one() {
    let mut odd = current();
    odd["startTime"] = "soon".into();
    let server = server(&odd, vec![updated()]).await;
    let error = client(&server).update_report(REPORT_ID, ReportUpdate::new().count(2)).await.unwrap_err();
    assert_eq!((error.kind(), server.count()), (ErrorKind::InvalidArgument, 1));
}

#[tokio::test]
async fn missing_report_is_not_updated() {
    for list in [json(200, EMPTY_LIST), json(404, NO_ITEM_FOUND)] {
        let server = Server::sending(list).await;
        let error = client(&server).update_report(REPORT_ID, ReportUpdate::new().count(2)).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::NotFound, Some("updateReport")));
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn lost_update_is_retried() {
    let server = server(&current(), vec![vec![], updated()]).await;
    let client = builder(&server).retry(quick_retries()).build().unwrap();
    client.update_report(REPORT_ID, ReportUpdate::new().count(200)).await.unwrap();
    let requests = server.requests();
    assert_eq!((requests.len(), &requests[1].body), (3, &requests[2].body));
}
