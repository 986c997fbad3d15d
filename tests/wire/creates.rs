//! Creating reports: the rules, the request, and lost responses.

use std::time::{Duration, SystemTime};

use partner_center_insights::{
    CallbackMethod, Dataset, Error, ErrorKind, InsightsClient, NewReport, Once, Program, ReportFormat,
    RetryPolicy, Scheduled, Timestamp, earliest_start,
};
use serde_json::{Value, json as value};

use crate::support::{EMPTY_LIST, REPORT_ID, Script, Server, Step, TOKEN, json, response};
use crate::{builder, client, quick_retries};

const QUERY_ID: &str = "5b1f7c52-0d0e-4a35-9c1e-2f9a6a1b0c11";
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Half a second after 2100-01-01.
fn later() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(4_102_444_800_500)
}

fn daily() -> NewReport<Scheduled> {
    NewReport::schedule("Sales", QUERY_ID, later(), DAY)
}

fn now() -> NewReport<Once> {
    NewReport::once("Sales", QUERY_ID)
}

fn report(name: &str, query_id: &str, created: Option<SystemTime>) -> Value {
    let created = created.map(|time| Timestamp::from(time).to_string());
    value!({ "reportId": REPORT_ID, "reportName": name, "queryId": query_id, "createdTime": created })
}

fn list(reports: &[Value]) -> String {
    value!({ "value": reports, "totalCount": reports.len(), "message": null, "statusCode": 200 }).to_string()
}

fn created() -> String {
    list(&[report("Sales", QUERY_ID, Some(SystemTime::now()))])
}

/// Lists nothing, plays this script for each POST, and sends this list afterwards.
async fn server(post: Script, list: String) -> Server {
    server_with(EMPTY_LIST.to_owned(), post, list).await
}

async fn server_with(before: String, post: Script, after: String) -> Server {
    Server::with_responder(None, move |number, request| match request.method.as_str() {
        "POST" => post.clone(),
        _ if number == 0 => vec![Step::Send(json(200, &before))],
        _ => vec![Step::Send(json(200, &after))],
    })
    .await
}

fn patient(server: &Server) -> InsightsClient {
    builder(server).retry(quick_retries()).timeout(Duration::from_millis(300)).build().unwrap()
}

fn posts(server: &Server) -> usize {
    server.requests().iter().filter(|request| request.method == "POST").count()
}

/// The body of the request that creates, which follows a list.
fn sent(server: &Server) -> Value {
    let [_, request] = &server.take_requests()[..] else { panic!("not a list and a request") };
    assert_eq!(request.line(), "POST /insights/v1/mpn/ScheduledReport");
    assert_eq!(request.header("content-type"), Some("application/json"));
    serde_json::from_str(&request.body).unwrap()
}

#[tokio::test]
async fn schedule_is_sent_as_documented() {
    let server = Server::sending(json(200, &created())).await;
    let report = daily().description("Daily").count(10).format(ReportFormat::Tsv);
    let report = report.callback("https://partner.example/hook", CallbackMethod::Get);
    assert_eq!(client(&server).create_report(report).await.unwrap().report_id.to_string(), REPORT_ID);
    let expected = value!({
        "ReportName": "Sales", "Description": "Daily", "QueryId": QUERY_ID, "StartTime": "2100-01-01T00:00:00Z",
        "RecurrenceInterval": 24, "RecurrenceCount": 10, "Format": "tsv",
        "CallbackUrl": "https://partner.example/hook", "CallbackMethod": "GET",
    });
    assert_eq!(sent(&server), expected);
}

#[tokio::test]
async fn absent_properties_are_left_out() {
    let server = Server::sending(json(200, &created())).await;
    client(&server).create_report(now()).await.unwrap();
    let expected = value!({ "ReportName": "Sales", "QueryId": QUERY_ID, "ExecuteNow": true });
    assert_eq!(sent(&server), expected);
}

#[tokio::test]
async fn time_span_is_written_in_whole_seconds() {
    let server = Server::sending(json(200, &created())).await;
    client(&server).create_report(now().time_span(later() - DAY, later())).await.unwrap();
    let body = sent(&server);
    assert_eq!(body["QueryStartTime"], "2099-12-31T00:00:00Z");
    assert_eq!(body["QueryEndTime"], "2100-01-01T00:00:00Z");
}

#[tokio::test]
async fn earliest_start_is_accepted() {
    let server = Server::sending(json(200, &created())).await;
    let report = NewReport::schedule("Sales", QUERY_ID, earliest_start(), 4 * HOUR);
    client(&server).create_report(report).await.unwrap();
    assert_eq!(sent(&server)["RecurrenceInterval"], 4);
}

#[tokio::test]
async fn broken_rules_are_refused_before_sending() {
    let server = Server::sending(json(200, &created())).await;
    let client = client(&server);
    let soon = SystemTime::now() + 4 * HOUR - Duration::from_secs(60);
    let named = |name: &str| NewReport::schedule(name, QUERY_ID, later(), DAY);
    let every = |interval| NewReport::schedule("Sales", QUERY_ID, later(), interval);
    let rows = [
        (named(&"x".repeat(257)), "Limit ReportName and Description length to 256 characters or less"),
        (daily().description("é".repeat(257)), "Limit ReportName and Description length to 256"),
        (named("a;b"), "Invalid character (;) in ReportName"),
        (named(" "), "Null or missing value"),
        (NewReport::schedule("Sales", "", later(), DAY), "Null or missing value"),
        (
            NewReport::schedule("Sales", QUERY_ID, soon, DAY),
            "Start time of report should at least be 4 hours",
        ),
        (every(3 * HOUR), "Recurrence Interval must be between 4 and 2160"),
        (every(2161 * HOUR), "Recurrence Interval must be between 4 and 2160"),
        (every(24 * HOUR + Duration::from_millis(1)), "Recurrence Interval must be between 4 and 2160"),
        (daily().count(0), "Recurrence count has to be a positive integer value"),
        (daily().end(later()), "EndTime should be greater than StartTime"),
        (daily().callback("partner.example/hook", CallbackMethod::Post), "absolute http or https URL"),
        (daily().callback("ftp://partner.example/hook", CallbackMethod::Post), "absolute http or https URL"),
    ];
    for (report, message) in rows {
        let error = client.create_report(report).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{message}");
        assert!(error.to_string().contains(message), "{error}; expected {message}");
    }
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn interval_below_that_of_the_dataset_is_refused() {
    let mut dataset = Dataset::new("OfficeUsage");
    let every = |interval| NewReport::schedule("Sales", QUERY_ID, later(), interval);
    every(4 * HOUR).check(&dataset).unwrap();
    dataset.minimum_recurrence_interval = Some(24);
    every(DAY).check(&dataset).unwrap();
    let error = every(23 * HOUR).check(&dataset).unwrap_err();
    assert!(
        error.to_string().contains("between 24 and 2160 (whole hours); the dataset OfficeUsage"),
        "{error}"
    );
}

#[tokio::test]
async fn values_at_the_limits_are_accepted() {
    let server = Server::sending(json(200, &created())).await;
    let client = client(&server);
    let longest = NewReport::schedule("é".repeat(256), QUERY_ID, later(), 2160 * HOUR);
    client.create_report(longest.description("x".repeat(256)).count(1)).await.unwrap();
    assert_eq!(posts(&server), 1);
}

#[tokio::test]
async fn version_1_1_requires_a_count() {
    let server = Server::sending(json(200, &created())).await;
    let client = builder(&server).program(Program::Cmp).build().unwrap();
    let error = client.create_report(daily()).await.unwrap_err();
    assert_eq!((error.kind(), server.count()), (ErrorKind::InvalidArgument, 0));
    client.create_report(daily().count(180)).await.unwrap();
    assert_eq!(posts(&server), 1);
}

#[tokio::test]
async fn broken_assumed_rule_is_not_refused() {
    let server = Server::sending(json(200, &created())).await;
    let client = builder(&server).program(Program::Cmp).build().unwrap();
    let hourly = NewReport::schedule("Sales", QUERY_ID, later(), HOUR);
    client.create_report(hourly.count(100_000)).await.unwrap();
    client.create_report(now().callback("https://partner.example", CallbackMethod::Post)).await.unwrap();
    assert_eq!(posts(&server), 2);
}

#[tokio::test]
async fn lost_report_is_found_and_sent_once() {
    let rows = [
        ("lost connection", vec![]),
        ("reset connection", vec![Step::Reset]),
        ("timeout", vec![Step::Hang]),
        ("500", vec![Step::Send(json(500, r#"{"message":"Internal error","statusCode":500}"#))]),
        ("504", vec![Step::Send(response(504, "", ""))]),
        ("503 with a wait", vec![Step::Send(response(503, "Retry-After: 0\r\n", ""))]),
        ("no body", vec![Step::Send(response(200, "", ""))]),
        ("a page", vec![Step::Send(response(200, "Content-Type: text/html\r\n", "<html>"))]),
    ];
    for (name, script) in rows {
        let server = server(script, created()).await;
        let found =
            patient(&server).create_report(now()).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((found.report_id.to_string().as_str(), posts(&server)), (REPORT_ID, 1), "{name}");
    }
}

/// A report that was created just now.
fn like(number: u8) -> Value {
    let mut report = report("Sales", QUERY_ID, Some(SystemTime::now()));
    report["reportId"] = format!("11111111-0000-4000-8000-00000000000{number}").into();
    report
}

#[tokio::test]
async fn lost_report_is_the_one_that_is_new() {
    let after = list(&[like(1), like(3), like(2)]);
    let server = server_with(list(&[like(1), like(2)]), vec![], after).await;
    let found = patient(&server).create_report(now()).await.unwrap();
    assert_eq!(found.report_id.to_string(), like(3)["reportId"]);
}

#[tokio::test]
async fn result_is_unknown_among_several_new_ones() {
    let server = server(vec![], list(&[like(1), like(2)])).await;
    let error = patient(&server).create_report(now()).await.unwrap_err();
    assert!(error.to_string().contains("is unknown: 2 new items match"), "{error}");
    assert!(error.may_be_done());
}

#[tokio::test]
async fn report_that_is_not_listed_was_not_created() {
    let others = [like(1), report("Other", QUERY_ID, None), report("Sales", "other", None)];
    let lost = vec![Step::Send(json(500, r#"{"message":"Internal error","statusCode":500}"#))];
    let server = server_with(list(&[like(1)]), lost, list(&others)).await;
    let error = patient(&server).create_report(now()).await.unwrap_err();
    assert_eq!((error.kind(), posts(&server)), (ErrorKind::ServerError, 1));
    assert_eq!(error.message(), Some("Internal error; nothing was created"));
}

#[tokio::test]
async fn accepted_create_that_is_not_listed_is_unknown() {
    let server =
        server_with(EMPTY_LIST.to_owned(), vec![Step::Send(json(200, EMPTY_LIST))], EMPTY_LIST.to_owned());
    let error = patient(&server.await).create_report(now()).await.unwrap_err();
    assert!(error.to_string().contains("is unknown: it is not listed yet"), "{error}");
    assert!(error.may_be_done());
}

#[tokio::test]
async fn nothing_is_created_if_the_list_fails() {
    let server = Server::sending(json(500, "{}")).await;
    let client = builder(&server).retry(RetryPolicy::never()).build().unwrap();
    let error = client.create_report(now()).await.unwrap_err();
    assert_eq!((posts(&server), error.kind(), error.may_be_done()), (0, ErrorKind::ServerError, false));
}

#[tokio::test]
async fn result_is_unknown_if_the_second_list_fails() {
    let server = Server::with_responder(None, |number, request| match request.method.as_str() {
        "POST" => vec![],
        _ if number == 0 => vec![Step::Send(json(200, EMPTY_LIST))],
        _ => vec![Step::Send(json(403, "{}"))],
    })
    .await;
    let error = patient(&server).create_report(now()).await.unwrap_err();
    assert_eq!((error.kind(), posts(&server)), (ErrorKind::Connect, 1));
    assert!(error.to_string().contains("unknown: getReports: "), "{error}");
}

#[tokio::test]
async fn throttled_create_is_retried() {
    let limited = vec![Step::Send(response(429, "Retry-After: 0\r\n", ""))];
    let [empty, created] = [EMPTY_LIST, &created()].map(|list| vec![Step::Send(json(200, list))]);
    let server = Server::start(vec![empty, limited, created]).await;
    patient(&server).create_report(now()).await.unwrap();
    assert_eq!((server.count(), posts(&server)), (3, 2));
}

async fn refused(message: &str) -> (Error, Server) {
    let body = value!({ "value": [], "totalCount": 0, "message": message, "statusCode": 400 }).to_string();
    let server = server(vec![Step::Send(json(400, &body))], created()).await;
    (patient(&server).create_report(now()).await.unwrap_err(), server)
}

#[tokio::test]
async fn refused_create_is_not_searched_for() {
    let (error, server) = refused("Invalid QueryID").await;
    assert_eq!((error.kind(), server.count()), (ErrorKind::BadRequest, 2));
}

#[tokio::test]
async fn quotas_are_kinds_of_their_own() {
    let rows = [
        ("User has exceeded its report creation quota of 50 active reports", ErrorKind::ReportQuota),
        (
            "user has exceeded its EXECUTENOW report creation quota of 5 reports/60 mins",
            ErrorKind::OneTimeQuota,
        ),
        ("Number of queries exceeded. Delete few queries before creating new queries", ErrorKind::QueryQuota),
    ];
    for (message, kind) in rows {
        assert_eq!(refused(message).await.0.kind(), kind, "{message}");
    }
}

#[tokio::test]
async fn unsent_create_is_not_searched_for() {
    // Nothing listens at this address.
    let builder = InsightsClient::builder().token(TOKEN).base_url("http://127.0.0.1:1");
    let client = builder.retry(RetryPolicy::never()).build().unwrap();
    let error = client.create_report(now()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    let text = error.to_string();
    assert!(!text.contains("created") && !text.contains("carried out"), "{text}");
}

#[tokio::test]
async fn empty_list_means_that_nothing_was_created() {
    let server = server(vec![], EMPTY_LIST.to_owned()).await;
    let error = patient(&server).create_report(now()).await.unwrap_err();
    assert!(error.to_string().contains("nothing was created"), "{error}");
}
