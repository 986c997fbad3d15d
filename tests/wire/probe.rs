//! Asking the service whether a token proves multi-factor authentication.

use partner_center_insights::ErrorKind;

use crate::client;
use crate::support::{EMPTY_LIST, NO_ITEM_FOUND, REPORT_ID, Request, Server, json, response};

fn validates_mfa(request: &Request) -> bool {
    request.header("validatemfa") == Some("true")
}

#[tokio::test]
async fn probe_lists_reports_and_asks_for_mfa() {
    let server = Server::sending(json(200, EMPTY_LIST)).await;
    client(&server).probe().await.unwrap();
    let [request] = &server.requests()[..] else { panic!("{:?}", server.requests()) };
    assert_eq!(request.line(), "GET /insights/v1/mpn/ScheduledReport");
    assert!(validates_mfa(request));
}

#[tokio::test]
async fn other_calls_do_not_ask_for_mfa() {
    let server = Server::sending(json(200, EMPTY_LIST)).await;
    let client = client(&server);
    client.probe().await.unwrap();
    server.take_requests();
    client.reports().await.unwrap();
    client.executions(REPORT_ID).await.unwrap();
    client.resume(REPORT_ID).await.unwrap();
    client.pause(REPORT_ID).await.unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), 4);
    assert!(!requests.iter().any(validates_mfa), "{requests:?}");
}

#[tokio::test]
async fn mfa_verdict_ignores_case_and_invalid_values() {
    let server = Server::start(Vec::new()).await;
    let client = client(&server);
    for (header, verdict) in [
        ("isMfaCompliant: true\r\n", Some(true)),
        ("ISMFACOMPLIANT: TRUE\r\n", Some(true)),
        ("ismfacompliant:  True \r\n", Some(true)),
        ("IsMfaCompliant: False\r\n", Some(false)),
        ("isMfaCompliant: false\r\n", Some(false)),
        ("isMfaCompliant: perhaps\r\n", None),
        ("isMfaCompliant:\r\n", None),
        ("", None),
    ] {
        server.send_next(response(200, header, EMPTY_LIST));
        let probe = client.probe().await.unwrap();
        assert_eq!(probe.mfa_compliant, verdict, "{header:?}");
    }
}

#[tokio::test]
async fn probe_succeeds_without_reports() {
    let server = Server::sending(json(404, NO_ITEM_FOUND)).await;
    assert_eq!(client(&server).probe().await.unwrap().mfa_compliant, None);
}

#[tokio::test]
async fn refused_probe_keeps_the_kind_of_error() {
    let server = Server::start(Vec::new()).await;
    let client = client(&server);
    for (status, code, kind) in [
        (404, "", ErrorKind::NotFound),
        (401, "900421", ErrorKind::MfaRequired),
        (403, "900329", ErrorKind::AppOnlyNotAllowed),
        (401, "", ErrorKind::Unauthenticated),
    ] {
        let body = format!(r#"{{"code":"{code}","description":"Refused."}}"#);
        server.send_next(json(status, &body));
        let error = client.probe().await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (kind, Some("getReports")), "{code}");
    }
}
