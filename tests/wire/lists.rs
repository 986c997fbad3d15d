//! Lists, whose elements are read while the answer comes in.

use partner_center_insights::{ErrorKind, InsightsClient, Report, ReportStatus, RetryPolicy};
use serde_json::{Value, json};

use crate::server::{self, Server, Step};
use crate::{TOKEN, client, patient_client};

fn id(number: u8) -> String {
    format!("3f0c2a5e-6c1b-4d7f-9a43-0000000000{number:02x}")
}

fn element(number: u8) -> Value {
    // What a list is made of, in texts that are none of it.
    json!({ "reportId": id(number), "reportName": r#"a "]}, {" \ name, é"#, "reportStatus": "Paused",
        "newField": [[1, 2], { "value": [3] }] })
}

fn envelope(elements: &[Value]) -> Value {
    json!({ "value": elements, "totalCount": elements.len(), "message": null, "statusCode": 200 })
}

fn answer(body: &Value) -> Vec<u8> {
    server::json("200 OK", &body.to_string())
}

fn three() -> Vec<Value> {
    (1..=3).map(element).collect()
}

fn ids(reports: &[Report]) -> Vec<String> {
    reports.iter().map(|report| report.report_id.to_string()).collect()
}

#[tokio::test]
async fn a_list_that_comes_in_byte_by_byte_is_the_same_list() {
    let body = answer(&envelope(&three()));
    let server = Server::start(vec![vec![Step::Drip(body.clone())], vec![Step::Send(body)]]).await;
    let client = client(&server.url());
    let dripped = client.reports().await.unwrap();
    assert_eq!(ids(&dripped), [id(1), id(2), id(3)]);
    assert_eq!(dripped[2].report_name.as_deref(), element(3)["reportName"].as_str());
    assert_eq!(dripped, client.reports().await.unwrap());
}

#[tokio::test]
async fn the_list_may_stand_anywhere_in_the_envelope_and_be_spelled_either_way() {
    let pretty = serde_json::to_string_pretty(&envelope(&three())).unwrap();
    let pascal = format!(
        r#"{{"StatusCode":200, "TotalCount":1, "Message":"value", "Value" : [ {{"ReportId":{:?},"ReportStatus":"Paused"}} ]}}"#,
        id(1)
    );
    for (body, count) in [(pretty.as_str(), 3), (&pascal, 1), (&format!("\u{feff}{pascal}"), 1)] {
        let server = Server::sending(server::json("200 OK", body)).await;
        let reports = client(&server.url()).reports().await.unwrap();
        assert_eq!(reports.len(), count);
        assert!(reports.iter().all(Report::is_paused));
    }
}

#[tokio::test]
async fn a_list_that_broke_off_is_read_anew_and_no_report_is_there_twice() {
    let mut half = answer(&envelope(&three()));
    half.truncate(half.len() - 100);
    let whole = answer(&envelope(&three()));
    let server = Server::start(vec![vec![Step::Send(half)], vec![Step::Send(whole)]]).await;
    let reports = patient_client(&server.url()).reports().status(ReportStatus::Paused).await.unwrap();
    assert_eq!(ids(&reports), [id(1), id(2), id(3)]);
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn an_element_that_does_not_fit_is_named_by_its_place_in_the_list() {
    let mut elements = three();
    elements[1]["reportId"] = json!(7);
    let server = Server::sending(answer(&envelope(&elements))).await;
    let error = client(&server.url()).reports().await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::InvalidResponse, Some(200)));
    assert!(error.to_string().contains("value[1].reportId"), "{error}");
}

#[tokio::test]
async fn a_list_that_ends_in_an_element_is_told_by_the_field_and_what_the_service_sent_is_not_reworded() {
    let whole = envelope(&three()).to_string();
    let mut count = envelope(&three());
    count["totalCount"] = json!("[0]");
    let cut = whole.find(&id(3)).unwrap();
    for (body, told) in [(&whole[..cut], "value[2].reportId: EOF"), (&count.to_string(), r#"string "[0]""#)] {
        let server = Server::sending(server::json("200 OK", body)).await;
        let error = client(&server.url()).reports().await.unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
    }
}

#[tokio::test]
async fn what_the_envelope_says_counts_although_its_elements_were_read() {
    let mut next = envelope(&three());
    next["nextLink"] = json!("https://example.com/page2");
    let mut missing = envelope(&three());
    (missing["statusCode"], missing["message"]) = (json!(403), json!("not yours"));
    for (body, kind) in [(next, ErrorKind::InvalidResponse), (missing, ErrorKind::Forbidden)] {
        let server = Server::sending(answer(&body)).await;
        assert_eq!(client(&server.url()).reports().await.unwrap_err().kind(), kind);
    }
    let mut empty = envelope(&three());
    (empty["statusCode"], empty["message"]) = (json!(404), json!("No item found"));
    let server = Server::sending(answer(&empty)).await;
    assert_eq!(client(&server.url()).reports().await.unwrap(), []);
}

#[tokio::test]
async fn a_list_that_is_not_json_to_its_end_is_no_list() {
    let whole = envelope(&three()).to_string();
    let open = whole.strip_suffix("]}").unwrap();
    for body in [open, &format!("{open}]"), &format!("{open},]}}"), &whole.replacen("},{", "}{", 1)] {
        let server = Server::sending(server::json("200 OK", body)).await;
        let error = client(&server.url()).reports().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{body}");
        assert!(!error.to_string().contains("?:"), "{error}");
    }
}

#[tokio::test]
async fn a_list_may_be_as_large_as_the_limit_and_not_larger() {
    let body = envelope(&three()).to_string();
    let server = Server::sending(server::json("200 OK", &body)).await;
    let builder =
        || InsightsClient::builder().token(TOKEN).base_url(server.url()).retry(RetryPolicy::never());
    let client = builder().max_response_bytes(body.len()).build().unwrap();
    assert_eq!(client.reports().await.unwrap().len(), 3);
    let error = builder().max_response_bytes(body.len() - 1).build().unwrap().reports().await.unwrap_err();
    assert!(error.to_string().contains("larger than max_response_bytes"), "{error}");
}
