//! Datasets, queries and reports in the emulator, over HTTP, as clients in any language use them.

mod faults;
mod files;
mod lifecycle;
mod queries;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use partner_center_insights::Timestamp;
use partner_center_insights::emulator::{Emulator, EmulatorBuilder};
use reqwest::Method;
use serde_json::{Value, json};

const OWN_QUERY: &str = "5b1f7c52-0d0e-4a35-9c1e-2f9a6a1b0c11";
const SYSTEM_QUERY: &str = "d8349f7b-a7d1-467e-b26d-434d4a50f26a";
const NO_ITEM: &str = "No item found with given filters.";
const HOUR: u64 = 60 * 60;
const NOON: u64 = 1_780_012_800;

/// An emulator with a clock of its own.
struct Service {
    emulator: Emulator,
    seconds: Arc<AtomicU64>,
    base: &'static str,
    http: reqwest::Client,
}

impl Service {
    async fn start() -> Self {
        Self::with(|builder| builder.reports([])).await
    }

    async fn with(settings: impl FnOnce(EmulatorBuilder) -> EmulatorBuilder) -> Self {
        let seconds = Arc::new(AtomicU64::new(NOON));
        let clock = seconds.clone();
        let clock = move || SystemTime::UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::Relaxed));
        let emulator = settings(Emulator::builder().clock(clock)).start().await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { emulator, seconds, base: "/insights/v1/mpn", http }
    }

    fn pass(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Ordering::Relaxed);
    }

    fn time(&self, hours: u64) -> String {
        let seconds = self.seconds.load(Ordering::Relaxed) + hours * HOUR;
        Timestamp::from(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).to_string()
    }

    async fn send(&self, method: Method, path: &str, body: Option<&str>) -> (u16, Value) {
        let url = format!("{}{}/{path}", self.emulator.base_url(), self.base);
        let mut request = self.http.request(method, url).bearer_auth(self.emulator.token());
        request = request.header("content-type", "Application/JSON");
        if let Some(body) = body {
            request = request.body(body.to_owned());
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["statusCode"], status);
        assert_eq!(body["totalCount"], body["value"].as_array().unwrap().len());
        (status, body)
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.send(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.send(Method::POST, path, Some(&body.to_string())).await
    }

    async fn put(&self, id: &str, body: &Value) -> (u16, Value) {
        self.send(Method::PUT, &format!("ScheduledReport/{id}"), Some(&body.to_string())).await
    }

    async fn delete(&self, path: &str) -> (u16, Value) {
        self.send(Method::DELETE, path, None).await
    }

    fn schedule(&self) -> Value {
        json!({ "ReportName": "Top customers", "QueryId": OWN_QUERY, "StartTime": self.time(4), "RecurrenceInterval": 24 })
    }

    /// Creates a report, and returns its id.
    async fn create(&self, body: &Value) -> String {
        id(&self.post("ScheduledReport", body).await, "reportId")
    }

    /// Lists the executions of a report, with this query string. Returns the status and the elements.
    async fn executions(&self, id: &str, query: &str) -> (u16, Vec<Value>) {
        let (status, body) = self.get(&format!("ScheduledReport/execution/{id}{query}")).await;
        (status, body["value"].as_array().unwrap().clone())
    }
}

fn once() -> Value {
    json!({ "ReportName": "Top customers", "QueryId": OWN_QUERY, "ExecuteNow": true })
}

fn with(mut body: Value, name: &str, value: impl Into<Value>) -> Value {
    body[name] = value.into();
    body
}

fn id((status, body): &(u16, Value), name: &str) -> String {
    assert_eq!(*status, 200, "{body}");
    body["value"][0][name].as_str().unwrap().to_owned()
}

#[track_caller]
fn refused((status, body): (u16, Value), expected: u16, message: &str) {
    assert_eq!((status, body["message"].as_str()), (expected, Some(message)), "{body}");
    assert_eq!(body["value"], json!([]));
}

fn names(body: &Value, member: &str) -> Vec<String> {
    body["value"].as_array().unwrap().iter().map(|item| item[member].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn created_schedule_is_active_and_complete() {
    let service = Service::start().await;
    let body = with(with(service.schedule(), "Format", "TSV"), "CallbackUrl", "https://hooks.example");
    let (_, created) = service.post("ScheduledReport", &body).await;
    assert_eq!(created["message"], "Report created successfully");
    let report = &created["value"][0];
    for (name, value) in [
        ("reportStatus", json!("Active")),
        ("format", json!("tsv")),
        ("callbackMethod", json!("POST")),
        ("startTime", json!(service.time(4))),
        ("createdTime", json!(service.time(0))),
        ("executeNow", json!(false)),
        ("recurrenceInterval", json!(24)),
    ] {
        assert_eq!(report[name], value, "{name}: {report}");
    }
    assert!(report["query"].as_str().unwrap().starts_with("SELECT CustomerName"));
    let (_, listed) = service.get(&format!("ScheduledReport?queryId={OWN_QUERY}")).await;
    assert_eq!(listed["value"], created["value"]);
}

#[tokio::test]
async fn invalid_report_is_refused_in_documented_words() {
    let service = Service::start().await;
    let create = async |name: &str, value: Value| {
        service.post("ScheduledReport", &with(service.schedule(), name, value)).await
    };
    let long = "a".repeat(257);
    for (name, value, message) in [
        ("ReportName", json!(long), "Limit ReportName and Description length to 256 characters or less"),
        ("Description", json!(long), "Limit ReportName and Description length to 256 characters or less"),
        ("ReportName", json!("a;b"), "Invalid character (;) in ReportName"),
        (
            "StartTime",
            json!(service.time(3)),
            "Start time of report should at least be 4 hours from current UTC time",
        ),
        ("StartTime", json!("2030-01-01 00:00:00"), "StartTime should follow format: yyyy-MM-ddTHH:mm:ssZ"),
        ("EndTime", json!("2030-01-01"), "EndTime should follow format: yyyy-MM-ddTHH:mm:ssZ"),
        ("EndTime", json!(service.time(4)), "EndTime should be greater than StartTime"),
        ("RecurrenceCount", json!(0), "Recurrence count has to be a positive integer value"),
        ("CallbackMethod", json!("PUT"), "CallbackMethod can only be GET or POST"),
    ] {
        let message = format!("Invalid report parameters for creation - {message}");
        refused(create(name, value).await, 400, &message);
    }
    for (name, value, message) in [
        ("QueryId", json!("none"), "Invalid QueryId"),
        ("QueryId", json!(null), "Null or missing value"),
        ("ReportName", json!(""), "Null or missing value"),
        ("RecurrenceInterval", json!(3), "Recurrence Interval must be between 4 and 2160"),
        ("RecurrenceInterval", json!(2161), "Recurrence Interval must be between 4 and 2160"),
        ("RecurrenceInterval", json!(4), "Invalid report parameters"),
        ("RecurrenceInterval", json!("daily"), "'RecurrenceInterval' has a wrong type."),
        ("Format", json!("xlsx"), "Requested value 'xlsx' not found"),
        ("CallbackUrl", json!("string"), "Requested value 'string' not found"),
    ] {
        refused(create(name, value).await, 400, message);
    }
    let internal = "Internal error encountered while creating report. Correlation ID <>";
    refused(create("StartTime", json!("soon")).await, 500, internal);
    for member in ["ReportName", "QueryId", "StartTime", "RecurrenceInterval"] {
        let mut body = service.schedule();
        body.as_object_mut().unwrap().remove(member);
        refused(service.post("ScheduledReport", &body).await, 400, "Null or missing value");
    }
    assert_eq!(service.emulator.reports(), []);
}

#[tokio::test]
async fn v1_1_requires_a_count_and_allows_one_hour() {
    let mut service = Service::start().await;
    service.base = "/insights/v1.1/cmp";
    let usage = "2c6f384b-ad52-4aed-965f-32bfa09b3778";
    let hourly = with(with(service.schedule(), "QueryId", usage), "RecurrenceInterval", 1);
    refused(service.post("ScheduledReport", &hourly).await, 400, "Null or missing value");
    service.create(&with(hourly, "RecurrenceCount", 720)).await;
}

#[tokio::test]
async fn body_that_is_not_an_object_is_refused() {
    let service = Service::start().await;
    for body in ["", "{", "[]", "7", "\"text\"", "{\"Name\":}"] {
        for path in ["ScheduledQueries", "ScheduledReport"] {
            let response = service.send(Method::POST, path, Some(body)).await;
            refused(response, 400, "The request payload is not a JSON object.");
        }
    }
}

#[tokio::test]
async fn members_are_accepted_in_camel_case() {
    let service = Service::start().await;
    let body = json!({ "reportName": "Once", "queryId": OWN_QUERY, "executeNow": true });
    service.create(&body).await;
}
