//! Queries and datasets.

use std::time::{Duration, SystemTime};

use partner_center_insights::{ErrorKind, NewQuery, Timestamp, TryQuery};
use serde_json::{Value, json};

use crate::support::{EMPTY_LIST, Server, Step, html, json};
use crate::{builder, client, quick_retries};

const TEXT: &str = "SELECT CustomerName, Month\nFROM OfficeUsage TIMESPAN LAST_6_MONTHS";
const QUERY_ID: &str = "5b1f7c52-0d0e-4a35-9c1e-2f9a6a1b0c11";

fn envelope(value: &Value) -> String {
    let count = value.as_array().unwrap().len();
    json!({ "value": value, "totalCount": count, "message": null, "statusCode": 200 }).to_string()
}

#[tokio::test]
async fn query_is_sent_without_absent_members() {
    let server = Server::sending(json(200, &envelope(&json!([{ "queryId": QUERY_ID }])))).await;
    let query = client(&server).create_query(NewQuery::new("Usage", TEXT)).await.unwrap();
    assert_eq!(query.query_id, QUERY_ID);
    client(&server).create_query(NewQuery::new("Usage", TEXT).description("Six months")).await.unwrap();

    let [short, full] = &server.requests()[..] else { panic!("{:?}", server.requests()) };
    assert_eq!(short.line(), "POST /insights/v1/mpn/ScheduledQueries");
    let body = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(body(&short.body), json!({ "Name": "Usage", "Query": TEXT }));
    assert_eq!(body(&full.body), json!({ "Name": "Usage", "Query": TEXT, "Description": "Six months" }));
}

#[tokio::test]
async fn query_without_name_or_text_is_refused_before_sending() {
    let server = Server::sending(json(200, EMPTY_LIST)).await;
    for query in [NewQuery::new(" ", TEXT), NewQuery::new("Usage", "\n")] {
        let error = client(&server).create_query(query).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.operation()),
            (ErrorKind::InvalidArgument, Some("createReportQuery"))
        );
        assert!(error.message().unwrap().contains("Null or missing value"), "{error}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn query_with_a_lost_response_is_found() {
    let now = Timestamp::from(SystemTime::now()).to_string();
    let query = |id: &str, name: &str, text: &str, created: &str| json!({ "queryId": id, "name": name, "query": text, "createdTime": created });
    let list = json(
        200,
        &envelope(&json!([
            query("other-name", "Sales", TEXT, &now),
            query("other-text", "Usage", "SELECT A FROM B", &now),
            query("too-old", "Usage", TEXT, "2026-01-12T08:00:00Z"),
            query(QUERY_ID, "Usage", &TEXT.replace('\n', "\r\n"), &now),
        ])),
    );
    let server = Server::with_responder(None, move |_, request| {
        vec![Step::Send(if request.method == "POST" { html(502, "") } else { list.clone() })]
    })
    .await;
    let client = builder(&server).retry(quick_retries()).build().unwrap();
    let found = client.create_query(NewQuery::new("Usage", TEXT)).await.unwrap();
    assert_eq!(found.query_id, QUERY_ID);
    let lines: Vec<_> = server.requests().iter().map(|request| request.line()).collect();
    assert_eq!(
        lines,
        [
            "POST /insights/v1/mpn/ScheduledQueries",
            "GET /insights/v1/mpn/ScheduledQueries?includeSystemQueries=false"
        ]
    );
}

#[tokio::test]
async fn list_sends_one_switch_at_most() {
    let server = Server::sending(json(200, EMPTY_LIST)).await;
    let client = client(&server);
    client.queries().await.unwrap();
    client.queries().own().name("A & B").await.unwrap();
    client.queries().own().system().id(QUERY_ID).await.unwrap();
    let sent: Vec<_> = server.requests().iter().map(|request| json!(request.query())).collect();
    assert_eq!(
        sent,
        [
            json!({}),
            json!({ "includeSystemQueries": "false", "queryName": "A & B" }),
            json!({ "includeOnlySystemQueries": "true", "queryId": QUERY_ID })
        ]
    );
}

#[tokio::test]
async fn query_id_stays_one_segment_of_the_path() {
    let server = Server::sending(json(200, EMPTY_LIST)).await;
    let client = client(&server);
    client.delete_query("top ten/a?b").await.unwrap();
    assert_eq!(server.requests()[0].line(), "DELETE /insights/v1/mpn/ScheduledQueries/top%20ten%2Fa%3Fb");
    for id in ["", " ", ".", ".."] {
        let error = client.delete_query(id).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{id}");
    }
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn try_sends_the_text_or_the_id() {
    let server = Server::sending(json(200, EMPTY_LIST)).await;
    let (start, end) = (Duration::from_millis(1_767_225_600_900), Duration::from_secs(1_769_904_000));
    let [start, end] = [start, end].map(|time| SystemTime::UNIX_EPOCH + time);
    client(&server).try_query(TryQuery::text("SELECT A + 'ü&' FROM B").time_span(start, end)).await.unwrap();
    client(&server).try_query(TryQuery::id(QUERY_ID)).await.unwrap();
    let requests = server.requests();
    assert!(requests[0].target.starts_with("/insights/v1/mpn/ScheduledQueries/testQueryResult?"));
    let sent: Vec<_> = requests.iter().map(|request| json!(request.query())).collect();
    assert_eq!(
        sent,
        [
            json!({ "exportQuery": "SELECT A + 'ü&' FROM B", "startTime": "2026-01-01T00:00:00Z",
                "endTime": "2026-02-01T00:00:00Z" }),
            json!({ "queryId": QUERY_ID })
        ]
    );
}

#[tokio::test]
async fn tried_rows_keep_names_types_and_nulls() {
    let rows = json!([{ "customername": "A", "PaidUnits": 7.5, "Month": null, "isNew": true }, {}]);
    let server = Server::sending(json(200, &envelope(&rows))).await;
    let read = client(&server).try_query(TryQuery::id(QUERY_ID)).await.unwrap();
    assert_eq!(json!(read), rows);
    assert_eq!(read[0]["PaidUnits"], 7.5);
}

#[tokio::test]
async fn tried_query_outlasts_the_timeout_of_the_client() {
    let late = vec![Step::Wait(Duration::from_millis(800)), Step::Send(json(200, EMPTY_LIST))];
    let server = Server::start(vec![late]).await;
    let client = builder(&server).timeout(Duration::from_millis(200)).build().unwrap();
    client.try_query(TryQuery::text(TEXT)).await.unwrap();
    assert_eq!(client.queries().await.unwrap_err().kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn datasets_are_filtered_by_name() {
    let sets = json!([{ "datasetName": "OfficeUsage", "selectableColumns": ["Month"], "availableMetrics": [] },
        { "DatasetName": "AzureUsage", "AvailableMetrics": null }]);
    let server = Server::sending(json(200, &envelope(&sets))).await;
    assert_eq!(client(&server).datasets().await.unwrap().len(), 2);
    // The service may ignore the parameter.
    let [set] = &client(&server).datasets().name("officeusage").await.unwrap()[..] else { panic!() };
    assert_eq!(set.columns().collect::<Vec<_>>(), ["Month"]);
    let lines: Vec<_> = server.requests().iter().map(|request| request.line()).collect();
    let list = "GET /insights/v1/mpn/ScheduledDataset";
    assert_eq!(lines, [list.to_owned(), format!("{list}?datasetName=officeusage")]);
}
