//! The parameters of a list of executions.

use std::collections::BTreeMap;

use partner_center_insights::{ExecutionStatus, InsightsClient};

use crate::client;
use crate::support::{EMPTY_LIST, REPORT_ID, Server, json};

const EXECUTION_ID: &str = "8b0f6c1d-52e9-4a37-b8d4-1f7c3e90a265";

/// The query that a call sends.
async fn query(call: impl AsyncFnOnce(InsightsClient)) -> BTreeMap<String, String> {
    let server = Server::sending(json(200, EMPTY_LIST)).await;
    call(client(&server)).await;
    let [request] = &server.requests()[..] else { panic!("{:?}", server.requests()) };
    let path = format!("/insights/v1/mpn/ScheduledReport/execution/{REPORT_ID}?");
    assert!(request.target.starts_with(&path), "{}", request.target);
    request.query()
}

fn parameters(expected: &[(&str, &str)]) -> BTreeMap<String, String> {
    expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn all_executions_are_requested_by_default() {
    let sent = query(async |client| drop(client.executions(REPORT_ID).await.unwrap())).await;
    assert_eq!(sent, parameters(&[("getLatestExecution", "false")]));
}

#[tokio::test]
async fn execution_id_is_sent() {
    let sent = query(async |client| {
        client.executions(REPORT_ID).execution_id(EXECUTION_ID).await.unwrap();
    });
    let expected = [("executionId", EXECUTION_ID), ("getLatestExecution", "false")];
    assert_eq!(sent.await, parameters(&expected));
}

#[tokio::test]
async fn latest_execution_is_requested() {
    let sent = query(async |client| drop(client.executions(REPORT_ID).latest().await.unwrap())).await;
    assert_eq!(sent, parameters(&[("getLatestExecution", "true")]));
}

#[tokio::test]
async fn execution_status_is_sent() {
    let sent = query(async |client| {
        client.executions(REPORT_ID).status(ExecutionStatus::Pending).await.unwrap();
    });
    let expected = [("executionStatus", "Pending"), ("getLatestExecution", "false")];
    assert_eq!(sent.await, parameters(&expected));
}

#[tokio::test]
async fn execution_parameters_are_sent_escaped() {
    let sent = query(async |client| {
        let status = ExecutionStatus::Other("Not & Yet".into());
        client.executions(REPORT_ID).execution_id("a/b&c=d").status(status).latest().await.unwrap();
    });
    let expected =
        [("executionId", "a/b&c=d"), ("executionStatus", "Not & Yet"), ("getLatestExecution", "true")];
    assert_eq!(sent.await, parameters(&expected));
}
