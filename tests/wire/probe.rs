//! Asking the service whether a token proves a multi-factor sign-in.

use partner_center_insights::ErrorKind;

use crate::server::{Server, json};
use crate::{ID, client};

const EMPTY: &str = r#"{"value":[],"totalCount":0,"message":null,"statusCode":200}"#;

/// An answer with this line in its head.
fn with(header: &str) -> Vec<u8> {
    let answer = String::from_utf8(json("200 OK", EMPTY)).unwrap();
    answer.replacen("\r\n", &format!("\r\n{header}"), 1).into_bytes()
}

fn asks(request: &str) -> bool {
    request.to_ascii_lowercase().contains("\r\nvalidatemfa: true\r\n")
}

#[tokio::test]
async fn only_the_probe_asks_and_it_reads_nothing_but_the_list_of_reports() {
    let server = Server::sending(json("200 OK", EMPTY)).await;
    let client = client(&server.url());
    client.probe().await.unwrap();
    client.reports().await.unwrap();
    client.executions(ID).await.unwrap();
    client.resume(ID).await.unwrap();
    client.pause(ID).await.unwrap();
    client.clone().probe().await.unwrap();

    let requests = server.requests();
    let asking: Vec<_> = requests.iter().map(|request| asks(request)).collect();
    assert_eq!(asking, [true, false, false, false, false, true]);
    assert!(requests[0].starts_with("GET /insights/v1/mpn/ScheduledReport HTTP/1.1\r\n"), "{}", requests[0]);
}

#[tokio::test]
async fn the_verdict_is_read_in_any_letter_case_and_anything_else_is_none() {
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
        let server = Server::sending(with(header)).await;
        assert_eq!(client(&server.url()).probe().await.unwrap().mfa_compliant, verdict, "{header:?}");
    }
}

#[tokio::test]
async fn having_no_reports_is_no_refusal_and_a_refusal_says_why() {
    let nothing =
        r#"{"value":null,"totalCount":0,"message":"No item found with given filters.","statusCode":404}"#;
    let server = Server::sending(json("404 Not Found", nothing)).await;
    assert_eq!(client(&server.url()).probe().await.unwrap().mfa_compliant, None);

    for (status, code, kind) in [
        ("404 Not Found", "", ErrorKind::NotFound),
        ("401 Unauthorized", "900421", ErrorKind::MfaRequired),
        ("403 Forbidden", "900329", ErrorKind::AppOnlyNotAllowed),
        ("401 Unauthorized", "", ErrorKind::Unauthenticated),
    ] {
        let body = format!(r#"{{"code":"{code}","description":"Refused."}}"#);
        let server = Server::sending(json(status, &body)).await;
        let error = client(&server.url()).probe().await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (kind, Some("getReports")), "{code}");
        assert_eq!(server.requests().len(), 1);
    }
}
