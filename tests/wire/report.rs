//! Requesting one report.

use partner_center_insights::{Error, ErrorKind, Report};

use crate::client;
use crate::support::{EMPTY_LIST, NO_ITEM_FOUND, ONE_REPORT, REPORT_ID, Server, json};

const OTHER_ID: &str = "8b0f6c1d-52e9-4a37-b8d4-1f7c3e90a265";

async fn report(response: Vec<u8>) -> Result<Option<Report>, Error> {
    client(&Server::sending(response).await).report(REPORT_ID).await
}

#[tokio::test]
async fn report_is_requested_by_its_id() {
    let server = Server::sending(json(200, ONE_REPORT)).await;
    let report = client(&server).report(REPORT_ID.to_uppercase()).await.unwrap().unwrap();
    assert_eq!(report.report_id.to_string(), REPORT_ID);
    let lines: Vec<_> = server.requests().iter().map(|request| request.line()).collect();
    assert_eq!(lines, [format!("GET /insights/v1/mpn/ScheduledReport?reportId={REPORT_ID}")]);
}

#[tokio::test]
async fn report_is_found_if_the_filter_is_ignored() {
    let other = format!(r#"{{"reportId":"{OTHER_ID}","reportStatus":"Paused"}},{{"reportId""#);
    let body = ONE_REPORT.replacen(r#"{"reportId""#, &other, 1);
    let report = report(json(200, &body)).await.unwrap().unwrap();
    assert_eq!(report.report_id.to_string(), REPORT_ID);
    assert!(report.is_active());
}

#[tokio::test]
async fn report_is_none_if_only_others_are_listed() {
    let body = ONE_REPORT.replace(REPORT_ID, OTHER_ID);
    assert_eq!(report(json(200, &body)).await.unwrap(), None);
}

#[tokio::test]
async fn report_is_none_if_the_list_is_empty() {
    assert_eq!(report(json(200, EMPTY_LIST)).await.unwrap(), None);
}

#[tokio::test]
async fn report_is_none_if_no_item_is_found() {
    assert_eq!(report(json(404, NO_ITEM_FOUND)).await.unwrap(), None);
}

#[tokio::test]
async fn any_other_404_is_an_error() {
    let body = r#"{"code":"404","description":"No such page."}"#;
    let error = report(json(404, body)).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::NotFound, Some("getReports")));
}
