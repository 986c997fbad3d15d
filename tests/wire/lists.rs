//! How lists of reports are read.

use partner_center_insights::{Error, ErrorKind, Report, ReportStatus};
use serde_json::{Value, json};

use crate::support::{self, Server, Step};
use crate::{builder, client, quick_retries};

fn id(number: u8) -> String {
    format!("3f0c2a5e-6c1b-4d7f-9a43-0000000000{number:02x}")
}

fn three_reports() -> Value {
    let report = |number| json!({ "reportId": id(number), "reportStatus": "Paused" });
    let reports: Vec<_> = (1..=3).map(report).collect();
    json!({ "value": reports, "totalCount": 3, "message": null, "statusCode": 200 })
}

async fn list(body: &str) -> Result<Vec<Report>, Error> {
    client(&Server::sending(support::json(200, body)).await).reports().await
}

#[tokio::test]
async fn truncated_list_is_retried() {
    let whole = support::json(200, &three_reports().to_string());
    let half = whole[..whole.len() - 100].to_vec();
    let server = Server::start(vec![vec![Step::Send(half)], vec![Step::Send(whole)]]).await;
    let client = builder(&server).retry(quick_retries()).build().unwrap();
    let reports = client.reports().status(ReportStatus::Paused).await.unwrap();
    let ids: Vec<_> = reports.iter().map(|report| report.report_id.to_string()).collect();
    assert_eq!(ids, [id(1), id(2), id(3)]);
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn incomplete_list_error_names_the_field() {
    let body = three_reports().to_string();
    let error = list(&body[..body.find(&id(3)).unwrap()]).await.unwrap_err();
    assert!(error.to_string().contains("value[2].reportId: EOF"), "{error}");
}

#[tokio::test]
async fn malformed_list_is_an_error() {
    let body = three_reports().to_string();
    let open = body.strip_suffix("]}").unwrap();
    let server = Server::start(Vec::new()).await;
    let client = client(&server);
    for body in [open, &format!("{open},]}}"), &format!("{open}]"), &body.replacen("},{", "}{", 1)] {
        server.send_next(support::json(200, body));
        let error = client.reports().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{body}");
        assert!(!error.to_string().contains("?:"), "{error}");
    }
}

#[tokio::test]
async fn error_in_the_envelope_discards_the_list() {
    let mut body = three_reports();
    (body["statusCode"], body["message"]) = (json!(403), json!("not yours"));
    let error = list(&body.to_string()).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Forbidden, Some("not yours")));
}

#[tokio::test]
async fn no_item_found_in_the_envelope_is_an_empty_list() {
    assert_eq!(list(support::NO_ITEM_FOUND).await.unwrap(), []);
}

#[tokio::test]
async fn list_of_exactly_the_limit_is_read() {
    let body = three_reports().to_string();
    let server = Server::sending(support::json(200, &body)).await;
    let client = builder(&server).max_response_bytes(body.len()).build().unwrap();
    assert_eq!(client.reports().await.unwrap().len(), 3);
}

#[tokio::test]
async fn list_over_the_limit_is_refused() {
    let body = three_reports().to_string();
    let server = Server::sending(support::json(200, &body)).await;
    let limit = body.len() - 1;
    let client = builder(&server).max_response_bytes(limit).build().unwrap();
    let error = client.reports().await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::InvalidResponse, Some(200)));
    assert!(error.to_string().contains(&limit.to_string()), "{error}");
}

#[tokio::test]
async fn list_in_several_parts_has_the_same_limit() {
    let body = three_reports().to_string();
    let chunks: String = body
        .as_bytes()
        .chunks(100)
        .map(|chunk| format!("{:x}\r\n{}\r\n", chunk.len(), String::from_utf8_lossy(chunk)))
        .collect();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked";
    let response = support::raw_response(head, chunks + "0\r\n\r\n");
    let server = Server::sending(response).await;
    let list = async |limit| builder(&server).max_response_bytes(limit).build().unwrap().reports().await;
    assert_eq!(list(body.len()).await.unwrap().len(), 3);
    for limit in [body.len() - 1, 150, 99, 0] {
        let error = list(limit).await.unwrap_err();
        assert!(error.to_string().contains(&format!("({limit} bytes)")), "{error}");
    }
}
