//! Failures in responses with a success status.

use partner_center_insights::ErrorKind::{self, *};

use crate::client;
use crate::support::{ONE_REPORT, REPORT_ID, Server, json};

#[tokio::test]
async fn missing_list_is_not_an_empty_list() {
    let server = Server::start(Vec::new()).await;
    let client = client(&server);
    let report = r#"[{"reportId":"3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4"}]"#;
    for body in [
        r#"{"statusCode":200,"message":"OK","totalCount":3}"#,
        r#"{"statusCode":200,"message":"OK"}"#,
        r#"{"value":null,"totalCount":3,"statusCode":200}"#,
        r#"{"value":null,"totalCount":"3","statusCode":200}"#,
        r#"{"value":null,"statusCode":200}"#,
        r#"{"value":[],"totalCount":3,"statusCode":200}"#,
        r#"{"value":{},"totalCount":0,"statusCode":200}"#,
        r#"{"value":"","totalCount":0,"statusCode":200}"#,
        "{}",
        "null",
        &format!(r#"{{"VALUE":{report},"totalCount":1,"statusCode":200}}"#),
        &format!(r#"{{"items":{report},"statusCode":200}}"#),
        &format!(r#"{{"reports":{report},"statusCode":200,"totalCount":0}}"#),
        &format!(r#"{{"value":[],"items":{report},"statusCode":200,"totalCount":0}}"#),
        &format!(r#"{{"d":{{"results":{report}}},"statusCode":200,"totalCount":0}}"#),
        &format!(r#"{{"value":{{"reports":{report}}},"statusCode":200}}"#),
        &format!(r#"{{"value":[],"value":{report},"statusCode":200}}"#),
        report,
    ] {
        server.send_next(json(200, body));
        for result in [
            client.reports().await.map(drop),
            client.report(REPORT_ID).await.map(drop),
            client.executions(REPORT_ID).await.map(drop),
        ] {
            assert_eq!(result.unwrap_err().kind(), InvalidResponse, "{body}");
        }
    }
}

#[tokio::test]
async fn documented_empty_list_is_empty() {
    let server = Server::start(Vec::new()).await;
    let client = client(&server);
    for body in [
        r#"{"value":[],"totalCount":0,"message":null,"statusCode":200}"#,
        r#"{"Value":null,"TotalCount":0,"StatusCode":200}"#,
        r#"{"value":[]}"#,
        r#"{"value":[],"Value":[],"statusCode":200,"links":[{"rel":"self","href":"x"}]}"#,
        r#"{"value":[],"errors":[],"error":null,"success":true,"statusCode":200}"#,
    ] {
        server.send_next(json(200, body));
        assert_eq!(client.reports().await.unwrap(), [], "{body}");
        assert_eq!(client.executions(REPORT_ID).await.unwrap(), [], "{body}");
    }
}

#[tokio::test]
async fn failure_in_any_2xx_counts() {
    let with_report = |more: &str| ONE_REPORT.replacen('{', &format!("{{{more},"), 1);
    let rows: Vec<(String, ErrorKind, Option<u16>)> = vec![
        (r#"{"value":[],"statusCode":404,"message":"gone"}"#.into(), NotFound, Some(404)),
        (r#"{"value":null,"StatusCode":"403"}"#.into(), Forbidden, Some(403)),
        (r#"{"statusCode":409.0}"#.into(), Conflict, Some(409)),
        (" \n{\"statusCode\":409}".into(), Conflict, Some(409)),
        (r#"{"status":400,"title":"Bad"}"#.into(), BadRequest, Some(400)),
        (ONE_REPORT.replace(r#""statusCode":200"#, r#""statusCode":404"#), NotFound, Some(404)),
        (with_report(r#""StatusCode":404"#), NotFound, Some(404)),
        (r#"{"error":{"code":404,"message":"gone"}}"#.into(), NotFound, Some(404)),
        (r#"{"error":{"code":"X","message":"boom"}}"#.into(), InvalidResponse, None),
        (r#"{"error":"boom"}"#.into(), InvalidResponse, None),
        (r#"{"errors":[{"message":"boom"}],"value":[],"statusCode":200}"#.into(), InvalidResponse, None),
        (r#"{"fault":{"faultstring":"boom"},"statusCode":200}"#.into(), InvalidResponse, None),
        (r#"{"success":false,"message":"boom","statusCode":200}"#.into(), InvalidResponse, None),
        (with_report(r#""error":{"message":"boom"}"#), InvalidResponse, None),
        (r#"{"code":"900421","description":"sign in again"}"#.into(), MfaRequired, None),
        (r#"{"code":500,"message":"boom"}"#.into(), InvalidResponse, None),
        (r#"{"value":"?","statusCode":404}"#.into(), NotFound, Some(404)),
        ("{\"value\":[],\"statusCode\":404,\"message\":\"\\ud800\"}".into(), NotFound, Some(404)),
        (r#"{"value":[],"statusCode":"NotFound"}"#.into(), NotFound, Some(404)),
        (r#"{"value":[],"statusCode":"403 Forbidden"}"#.into(), Forbidden, Some(403)),
        (r#"{"value":[],"status":"Failed","statusCode":200}"#.into(), InvalidResponse, None),
        (r#"{"status":"error","message":"boom"}"#.into(), InvalidResponse, None),
        (r#"{"responseCode":404,"message":"gone"}"#.into(), NotFound, Some(404)),
        (r#"{"result":"failure","value":[]}"#.into(), InvalidResponse, None),
        (r#"{"success":"False","value":[]}"#.into(), InvalidResponse, None),
        (r#"{"d":{"error":{"code":404}}}"#.into(), NotFound, Some(404)),
        (r#"{"result":{"statusCode":409},"value":[]}"#.into(), Conflict, Some(409)),
    ];
    let server = Server::start(Vec::new()).await;
    let client = client(&server);
    for http in [200, 201, 202, 203, 206] {
        for (body, kind, status) in &rows {
            server.send_next(json(http, body));
            let error = client.resume(REPORT_ID).await.unwrap_err();
            assert_eq!((error.kind(), error.status()), (*kind, status.or(Some(http))), "{http} {body}");
        }
    }
}

#[tokio::test]
async fn failure_without_an_envelope_counts() {
    for (body, kind) in [
        (r#"[{"error":"boom"}]"#, InvalidResponse),
        (r#"[{"statusCode":404}]"#, NotFound),
        (r#""Error: the report is gone""#, InvalidResponse),
        ("Forbidden", Forbidden),
        ("Failed to resume", InvalidResponse),
    ] {
        let server = Server::sending(json(202, body)).await;
        assert_eq!(client(&server).resume(REPORT_ID).await.unwrap_err().kind(), kind, "{body}");
    }
    let server = Server::sending(json(207, ONE_REPORT)).await;
    assert_eq!(client(&server).resume(REPORT_ID).await.unwrap_err().kind(), InvalidResponse);
}

#[tokio::test]
async fn not_found_with_elements_is_not_an_empty_list() {
    let none = "No item found with given filters.";
    let server = Server::start(Vec::new()).await;
    for body in [
        format!(r#"{{"value":null,"totalCount":3,"message":"{none}","statusCode":404}}"#),
        format!(r#"{{"value":[{{"reportId":"{REPORT_ID}"}}],"message":"{none}","statusCode":404}}"#),
    ] {
        for status in [200, 404] {
            server.send_next(json(status, &body));
            let error = client(&server).reports().await.unwrap_err();
            assert_eq!(error.kind(), InvalidResponse, "{status} {body}");
        }
    }
}

#[tokio::test]
async fn report_in_any_2xx_is_returned() {
    for http in [200, 201, 202, 203] {
        let server = Server::sending(json(http, ONE_REPORT)).await;
        assert!(client(&server).resume(REPORT_ID).await.unwrap().unwrap().is_active(), "{http}");
    }
}

#[tokio::test]
async fn accepted_without_an_envelope_is_none() {
    let server = Server::start(Vec::new()).await;
    let client = client(&server);
    for body in
        ["", " \r\n", "Accepted", r#""Accepted""#, r#"{"message":"Accepted"}"#, r#"{"status":"Accepted"}"#]
    {
        server.send_next(json(202, body));
        assert_eq!(client.resume(REPORT_ID).await.unwrap(), None, "{body}");
    }
}

#[tokio::test]
async fn broken_body_of_any_2xx_is_an_error() {
    for body in [&ONE_REPORT[..40], "{", r#"{"value":7}"#] {
        let server = Server::sending(json(202, body)).await;
        let error = client(&server).resume(REPORT_ID).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (InvalidResponse, Some(202)), "{body}");
    }
}
