//! Datasets and queries: listing, creating, deleting, trying.

use std::time::{Duration, SystemTime};

use partner_center_insights::{ErrorKind, NewQuery, Timestamp, TryQuery};
use serde_json::{Value, json as value};

use crate::support::{EMPTY_LIST, NO_ITEM_FOUND, Server, Step, json};
use crate::{builder, client, quick_retries};

const QUERY_ID: &str = "5b1f7c52-0d0e-4a35-9c1e-2f9a6a1b0c11";
const TEXT: &str = "SELECT CustomerName FROM OfficeUsage TIMESPAN LAST_MONTH";

fn list(items: Value) -> String {
    value!({ "value": items, "totalCount": items.as_array().unwrap().len(), "message": null, "statusCode": 200 })
        .to_string()
}

fn query(text: &str, created: SystemTime) -> Value {
    let created = Timestamp::from(created).to_string();
    value!({ "queryId": QUERY_ID, "name": "Office usage", "query": text, "createdTime": created })
}

#[tokio::test]
async fn query_is_sent_without_null() {
    let server = Server::sending(json(200, &list(value!([query(TEXT, SystemTime::now())])))).await;
    let client = client(&server);
    let created = client.create_query(NewQuery::new("Office usage", TEXT)).await.unwrap();
    assert_eq!(created.query_id, QUERY_ID);
    client.create_query(NewQuery::new("Office usage", TEXT).description("Last month")).await.unwrap();
    let posts = server.requests().into_iter().filter(|request| request.method == "POST");
    let bodies = posts.map(|request| {
        assert_eq!(request.line(), "POST /insights/v1/mpn/ScheduledQueries");
        serde_json::from_str::<Value>(&request.body).unwrap()
    });
    let plain = value!({ "Name": "Office usage", "Query": TEXT });
    let described = value!({ "Name": "Office usage", "Query": TEXT, "Description": "Last month" });
    assert_eq!(bodies.collect::<Vec<_>>(), [plain, described]);
}

#[tokio::test]
async fn query_without_name_or_text_is_not_sent() {
    let server = Server::sending(json(200, EMPTY_LIST)).await;
    for query in [NewQuery::new("", TEXT), NewQuery::new("Office usage", " ")] {
        let error = client(&server).create_query(query).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn lost_query_is_found_among_own_queries() {
    // The service returns line breaks as CR LF.
    let text = "SELECT CustomerName\nFROM OfficeUsage";
    let found = list(value!([query("SELECT CustomerName\r\nFROM OfficeUsage", SystemTime::now())]));
    let none = vec![Step::Send(json(200, EMPTY_LIST))];
    let server = Server::start(vec![none, vec![], vec![Step::Send(json(200, &found))]]).await;
    let client = builder(&server).retry(quick_retries()).build().unwrap();
    assert_eq!(client.create_query(NewQuery::new("Office usage", text)).await.unwrap().query_id, QUERY_ID);
    let lines: Vec<_> = server.requests().iter().map(|request| request.line()).collect();
    let list = "GET /insights/v1/mpn/ScheduledQueries?includeSystemQueries=false";
    assert_eq!(lines, [list, "POST /insights/v1/mpn/ScheduledQueries", list]);
}

#[tokio::test]
async fn older_query_is_not_the_lost_one() {
    let found = vec![Step::Send(json(200, &list(value!([query(TEXT, SystemTime::now())]))))];
    let server = Server::start(vec![found.clone(), vec![], found]).await;
    let error = client(&server).create_query(NewQuery::new("Office usage", TEXT)).await.unwrap_err();
    assert!(error.to_string().contains("nothing was created"), "{error}");
}

#[tokio::test]
async fn filters_of_queries_are_sent() {
    let server = Server::sending(json(200, EMPTY_LIST)).await;
    let client = client(&server);
    client.queries().await.unwrap();
    client.queries().own().await.unwrap();
    client.queries().system().name("a b").id("q9").await.unwrap();
    let requests = server.requests();
    let queries: Vec<_> = requests.iter().map(|request| value!(request.query())).collect();
    let system = value!({ "includeOnlySystemQueries": "true", "queryName": "a b", "queryId": "q9" });
    assert_eq!(queries, [value!({}), value!({ "includeSystemQueries": "false" }), system]);
}

#[tokio::test]
async fn empty_list_is_not_an_error() {
    let server = Server::sending(json(404, NO_ITEM_FOUND)).await;
    let client = client(&server);
    assert!(client.queries().await.unwrap().is_empty());
    assert!(client.datasets().name("Nothing").await.unwrap().is_empty());
}

#[tokio::test]
async fn dataset_is_chosen_by_name() {
    let datasets = value!([{ "datasetName": "Profile" }, {
        "datasetName": "OfficeUsage", "selectableColumns": ["Month"], "availableMetrics": ["CustomerCount"],
        "availableDateRanges": ["LAST_MONTH"], "minimumRecurrenceInterval": 24,
    }]);
    let server = Server::sending(json(200, &list(datasets))).await;
    let found = client(&server).datasets().name("officeusage").await.unwrap();
    let names: Vec<_> = found.iter().map(|dataset| dataset.dataset_name.as_str()).collect();
    assert_eq!(names, ["OfficeUsage"]);
    assert_eq!(found[0].columns().collect::<Vec<_>>(), ["Month", "CustomerCount"]);
    assert_eq!(server.requests()[0].line(), "GET /insights/v1/mpn/ScheduledDataset?datasetName=officeusage");
}

#[tokio::test]
async fn tried_query_returns_its_rows() {
    let rows = value!([{ "customername": "Contoso", "Units": 3, "Month": null }]);
    let server = Server::sending(json(200, &list(rows))).await;
    let client = client(&server);
    let start = SystemTime::UNIX_EPOCH;
    let query = TryQuery::text(TEXT).time_span(start, start + Duration::from_secs(60));
    let rows = client.try_query(query).await.unwrap();
    let expected = value!([{ "customername": "Contoso", "Units": 3, "Month": null }]);
    assert_eq!(serde_json::to_value(&rows).unwrap(), expected);
    client.try_query(TryQuery::id(QUERY_ID)).await.unwrap();
    let requests = server.requests();
    assert!(requests[0].line().starts_with("GET /insights/v1/mpn/ScheduledQueries/testQueryResult?"));
    let queries: Vec<_> = requests.iter().map(|request| value!(request.query())).collect();
    let by_text = value!({
        "exportQuery": TEXT, "startTime": "1970-01-01T00:00:00Z", "endTime": "1970-01-01T00:01:00Z",
    });
    assert_eq!(queries, [by_text, value!({ "queryId": QUERY_ID })]);
}
