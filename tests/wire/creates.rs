//! Creating, changing and deleting reports.

use std::time::{Duration, SystemTime};

use partner_center_insights::{
    CallbackMethod, Error, ErrorKind, NewReport, Program, Report, ReportFormat, ReportUpdate, Timestamp,
    earliest_start,
};
use serde_json::{Value, json};

use crate::support::{
    EMPTY_LIST, NO_ITEM_FOUND, REPORT_ID, Request, Script, Server, Step, TOKEN, html, json, response,
};
use crate::{builder, client, quick_retries};

const QUERY_ID: &str = "5b1f7c52-0d0e-4a35-9c1e-2f9a6a1b0c11";
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// 1 January 2100 at six o'clock, and a half second.
fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(4_102_466_400_500)
}

fn daily() -> NewReport {
    NewReport::schedule("Sales daily", QUERY_ID, start(), DAY)
}

fn envelope(value: &Value) -> String {
    let count = value.as_array().unwrap().len();
    json!({ "value": value, "totalCount": count, "message": null, "statusCode": 200 }).to_string()
}

fn body(request: &Request) -> Value {
    serde_json::from_str(&request.body).unwrap()
}

fn count(server: &Server, method: &str) -> usize {
    server.requests().iter().filter(|request| request.method == method).count()
}

/// Plays `lost` for a request that creates or changes, and lists these reports.
async fn losing(lost: Script, lists: Vec<Vec<u8>>) -> Server {
    let server = Server::start(Vec::new()).await;
    let looks = std::sync::atomic::AtomicUsize::new(0);
    server.respond_next(move |_, request| {
        if request.method != "GET" {
            return lost.clone();
        }
        let look = looks.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        vec![Step::Send(lists.get(look).or(lists.last()).unwrap().clone())]
    });
    server
}

/// Creates the daily report with retries, and a short timeout.
async fn create(server: &Server) -> Result<Report, Error> {
    let builder = builder(server).retry(quick_retries()).timeout(Duration::from_millis(400));
    builder.build().unwrap().create_report(daily()).await
}

/// A list in which only one report is the new one.
fn with_decoys() -> Vec<u8> {
    let report = |id: u8, changes: Value| {
        let id = format!("00000000-0000-4000-8000-0000000000{id:02}");
        let now = Timestamp::from(SystemTime::now()).to_string();
        let mut report = json!({ "reportId": id, "reportName": "Sales daily", "createdTime": now,
            "queryId": QUERY_ID.to_uppercase(), "executeNow": false });
        report.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        report
    };
    json(
        200,
        &envelope(&json!([
            report(1, json!({ "reportName": "Sales weekly" })),
            report(2, json!({ "queryId": "another" })),
            report(3, json!({ "createdTime": "2026-01-12T08:00:00Z" })),
            report(4, json!({ "executeNow": true })),
            report(5, json!({ "reportId": REPORT_ID })),
        ])),
    )
}

#[tokio::test]
async fn broken_rule_is_refused_before_sending() {
    let server = Server::sending(json(200, EMPTY_LIST)).await;
    let named = |name: &str| NewReport::schedule(name, QUERY_ID, start(), DAY);
    let every = |interval| NewReport::schedule("Sales", QUERY_ID, start(), interval);
    let soon = SystemTime::now() + 4 * HOUR - Duration::from_secs(60);
    let rows = [
        (named(" "), "Null or missing value"),
        (named("a;b"), "Invalid character (;)"),
        (named(&"ü".repeat(257)), "256 characters or less"),
        (daily().description("a".repeat(257)), "256 characters or less"),
        (NewReport::schedule("Sales", "", start(), DAY), "Null or missing value"),
        (NewReport::schedule("Sales", QUERY_ID, soon, DAY), "at least be 4 hours"),
        (every(3 * HOUR), "between 4 and 2160"),
        (every(2161 * HOUR), "between 4 and 2160"),
        (every(HOUR * 9 / 2), "between 4 and 2160 (whole hours)"),
        (every(Duration::MAX), "between 4 and 2160"),
        (daily().count(0), "positive integer"),
        (daily().end(start()), "EndTime should be greater than StartTime"),
    ];
    for (report, rule) in rows {
        let error = client(&server).create_report(report).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidArgument, 0), "{rule}: {error}");
        assert!(error.message().unwrap().contains(rule), "{rule}: {error}");
        assert_eq!(error.operation(), Some("createReport"));
    }
    let once = NewReport::once("a;b", QUERY_ID);
    assert_eq!(client(&server).create_report(once).await.unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn rules_of_the_version_apply() {
    let server = Server::sending(json(200, &envelope(&json!([{ "reportId": REPORT_ID }])))).await;
    let client = builder(&server).program(Program::Cmp).build().unwrap();
    let hourly = NewReport::schedule("Sales", QUERY_ID, start(), HOUR);
    let error = client.create_report(hourly.clone()).await.unwrap_err();
    assert!(error.message().unwrap().contains("v1.1 requires a number of recurrences"), "{error}");
    assert_eq!(server.connections(), 0);
    client.create_report(hourly.count(100)).await.unwrap();
}

#[tokio::test]
async fn names_of_256_characters_are_sent() {
    let server = Server::sending(json(200, &envelope(&json!([{ "reportId": REPORT_ID }])))).await;
    let report = NewReport::schedule("ü".repeat(256), QUERY_ID, earliest_start(), 4 * HOUR);
    client(&server).create_report(report).await.unwrap();
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn schedule_is_sent_as_documented() {
    let server = Server::sending(json(200, &envelope(&json!([{ "reportId": REPORT_ID }])))).await;
    let report = daily().count(100).end(start() + 30 * DAY).format(ReportFormat::Tsv);
    let report = report.callback("https://partner.example/hook", CallbackMethod::Get);
    client(&server).create_report(report).await.unwrap();
    client(&server).create_report(daily()).await.unwrap();

    let [full, short] = &server.requests()[..] else { panic!("{:?}", server.requests()) };
    assert_eq!(full.line(), "POST /insights/v1/mpn/ScheduledReport");
    assert_eq!(full.header("content-type"), Some("application/json"));
    assert_eq!(full.header("content-length"), Some(&*full.body.len().to_string()));
    assert_eq!(
        body(full),
        json!({ "ReportName": "Sales daily", "QueryId": QUERY_ID, "StartTime": "2100-01-01T06:00:00Z",
            "RecurrenceInterval": 24, "RecurrenceCount": 100, "EndTime": "2100-01-31T06:00:00Z",
            "Format": "tsv", "CallbackUrl": "https://partner.example/hook", "CallbackMethod": "GET" })
    );
    assert_eq!(
        body(short),
        json!({ "ReportName": "Sales daily", "QueryId": QUERY_ID, "StartTime": "2100-01-01T06:00:00Z",
            "RecurrenceInterval": 24 })
    );
}

#[tokio::test]
async fn one_time_report_is_sent_without_a_schedule() {
    let server = Server::sending(json(200, &envelope(&json!([{ "reportId": REPORT_ID }])))).await;
    let report = NewReport::once("Sales now", QUERY_ID).time_span(start(), start() + DAY);
    client(&server).create_report(report).await.unwrap();
    assert_eq!(
        body(&server.requests()[0]),
        json!({ "ReportName": "Sales now", "QueryId": QUERY_ID, "ExecuteNow": true,
            "QueryStartTime": "2100-01-01T06:00:00Z", "QueryEndTime": "2100-01-02T06:00:00Z" })
    );
}

#[tokio::test]
async fn report_with_a_lost_response_is_found() {
    let empty = json(200, EMPTY_LIST);
    let rows = [
        ("disconnect", vec![Step::Reset]),
        ("closed without a response", Vec::new()),
        ("timeout", vec![Step::Hang]),
        ("500", vec![Step::Send(json(500, "{}"))]),
        ("502 of a gateway", vec![Step::Send(html(502, "<title>Bad gateway</title>"))]),
        ("503 with a wait", vec![Step::Send(response(503, "Retry-After: 1\r\n", ""))]),
        ("half a body", vec![Step::Send(json(200, EMPTY_LIST)[..150].to_vec())]),
        ("no JSON", vec![Step::Send(json(200, "created"))]),
        ("no report", vec![Step::Send(empty)]),
    ];
    for (name, lost) in rows {
        let server = losing(lost, vec![with_decoys()]).await;
        let report = create(&server).await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(report.report_id.to_string(), REPORT_ID, "{name}");
        assert_eq!((count(&server, "POST"), count(&server, "GET")), (1, 1), "{name}");
    }
}

#[tokio::test]
async fn report_that_appears_late_is_found() {
    let server = losing(vec![Step::Reset], vec![json(404, NO_ITEM_FOUND), with_decoys()]).await;
    assert_eq!(create(&server).await.unwrap().report_id.to_string(), REPORT_ID);
    assert_eq!((count(&server, "POST"), count(&server, "GET")), (1, 2));
}

#[tokio::test]
async fn create_without_a_result_says_so() {
    let failure = json(500, r#"{"message":"Internal error","statusCode":500}"#);
    let server = losing(vec![Step::Send(failure)], vec![json(404, NO_ITEM_FOUND)]).await;
    let error = create(&server).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::ServerError, Some(500)));
    assert_eq!(error.message(), Some("Internal error; nothing was created"));
    assert_eq!((count(&server, "POST"), count(&server, "GET")), (1, 3));
}

#[tokio::test]
async fn create_with_an_unknown_result_says_so() {
    let refused = json(403, r#"{"message":"No role","statusCode":403}"#);
    let server = losing(vec![Step::Reset], vec![refused]).await;
    let error = create(&server).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    let message = error.message().unwrap();
    assert!(
        message.contains("whether it was carried out is unknown") && message.contains("No role"),
        "{message}"
    );
}

#[tokio::test]
async fn refused_create_looks_for_nothing() {
    let server =
        losing(vec![Step::Send(json(400, r#"{"message":"Invalid QueryID"}"#))], vec![with_decoys()]).await;
    let error = create(&server).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::BadRequest, Some("Invalid QueryID")));
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn create_that_was_not_carried_out_is_repeated() {
    let throttled = response(429, "Retry-After: 0\r\n", "");
    let created = json(200, &envelope(&json!([{ "reportId": REPORT_ID }])));
    let server = Server::start([throttled, created].map(|bytes| vec![Step::Send(bytes)]).to_vec()).await;
    create(&server).await.unwrap();
    assert_eq!(count(&server, "POST"), 2);

    let url = server.url();
    drop(server);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let nobody = partner_center_insights::InsightsClient::builder().token(TOKEN).base_url(url);
    let error = nobody.retry(quick_retries()).build().unwrap().create_report(daily()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 3));
    let message = error.message().unwrap_or_default();
    assert!(!message.contains("carried out") && !message.contains("created"), "{message}");
}

#[tokio::test]
async fn quota_has_a_kind_of_its_own() {
    let server = Server::start(Vec::new()).await;
    for (message, kind, advice) in [
        (
            "User has exceeded its report creation quota of 50 active reports",
            ErrorKind::ReportQuota,
            "delete",
        ),
        (
            "User has exceeded its ExecuteNow report creation quota of 5 reports/60 mins",
            ErrorKind::OneTimeQuota,
            "60 minutes",
        ),
        (
            "Number of queries exceeded. Delete few queries before creating new queries",
            ErrorKind::QueryQuota,
            "delete queries",
        ),
    ] {
        let refusal =
            json!({ "value": [], "totalCount": 0, "message": message, "statusCode": 400 }).to_string();
        server.send_next(json(400, &refusal));
        let error = create(&server).await.unwrap_err();
        assert_eq!((error.kind(), error.message()), (kind, Some(message)));
        assert!(error.help().contains(advice), "{}", error.help());
        assert_eq!(server.count(), 1, "{message}");
    }
}

/// The report before an update.
fn current() -> Value {
    json!({ "reportId": REPORT_ID, "reportName": "Sales", "description": "Old", "queryId": QUERY_ID, "executeNow": false,
        "startTime": "2026-01-12T14:00:00", "endTime": null, "reportStatus": "Paused", "recurrenceInterval": 24,
        "recurrenceCount": 100, "callbackUrl": "https://partner.example/hook", "callbackMethod": "Post", "format": "CSV" })
}

#[tokio::test]
async fn update_sends_all_editable_members() {
    let changed = vec![Step::Send(json(200, &envelope(&json!([{ "reportId": REPORT_ID }]))))];
    let server = losing(changed, vec![json(200, &envelope(&json!([current()])))]).await;
    let update = ReportUpdate::new().count(200).name("Sales, long");
    let report = client(&server).update_report(REPORT_ID, update).await.unwrap();
    assert_eq!(report.unwrap().report_id.to_string(), REPORT_ID);

    let [read, put] = &server.requests()[..] else { panic!("{:?}", server.requests()) };
    assert_eq!(read.line(), format!("GET /insights/v1/mpn/ScheduledReport?reportId={REPORT_ID}"));
    assert_eq!(put.line(), format!("PUT /insights/v1/mpn/ScheduledReport/{REPORT_ID}"));
    assert_eq!(
        body(put),
        json!({ "ReportName": "Sales, long", "Description": "Old", "StartTime": "2026-01-12T14:00:00Z",
            "RecurrenceInterval": 24, "RecurrenceCount": 200, "Format": "csv",
            "CallbackUrl": "https://partner.example/hook", "CallbackMethod": "POST" })
    );
}

#[tokio::test]
async fn impossible_update_is_not_sent() {
    let mut once = current();
    once["executeNow"] = json!(true);
    let list = |report: Value| json(200, &envelope(&json!([report])));
    let rows = [
        (list(once), ReportUpdate::new().count(2), ErrorKind::Conflict),
        (json(404, NO_ITEM_FOUND), ReportUpdate::new().count(2), ErrorKind::NotFound),
        (list(json!({ "reportId": REPORT_ID })), ReportUpdate::new(), ErrorKind::InvalidArgument),
        (list(current()), ReportUpdate::new().name("a;b"), ErrorKind::InvalidArgument),
        (list(current()), ReportUpdate::new().every(3 * HOUR), ErrorKind::InvalidArgument),
        (list(current()), ReportUpdate::new().count(0), ErrorKind::InvalidArgument),
        (list(current()), ReportUpdate::new().end(SystemTime::UNIX_EPOCH), ErrorKind::InvalidArgument),
    ];
    for (read, update, kind) in rows {
        let server = Server::sending(read).await;
        let error = client(&server).update_report(REPORT_ID, update.clone()).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (kind, Some("updateReport")), "{update:?}: {error}");
        assert_eq!(count(&server, "PUT"), 0, "{update:?}");
    }
}

#[tokio::test]
async fn delete_that_finds_nothing_is_success_once_repeated() {
    let scripts = |responses: &[Vec<u8>]| -> Vec<Script> {
        responses.iter().map(|bytes| vec![Step::Send(bytes.clone())]).collect()
    };
    let (lost, gone) = (html(502, ""), json(404, NO_ITEM_FOUND));
    let server = Server::start(Vec::new()).await;
    let client = builder(&server).retry(quick_retries()).build().unwrap();

    server.play_next(scripts(&[lost.clone(), gone.clone()]));
    assert_eq!(client.delete_report(REPORT_ID).await.unwrap(), None);
    assert_eq!(server.requests()[1].line(), format!("DELETE /insights/v1/mpn/ScheduledReport/{REPORT_ID}"));
    server.play_next(scripts(&[lost, gone.clone()]));
    assert_eq!(client.delete_query(QUERY_ID).await.unwrap(), None);

    server.play_next(scripts(&[gone]));
    assert_eq!(client.delete_report(REPORT_ID).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(client.delete_query(QUERY_ID).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(server.count(), 2);
}
