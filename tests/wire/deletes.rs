//! Deleting reports and queries, also when the response is lost.

use partner_center_insights::ErrorKind;

use crate::support::{
    EMPTY_LIST, NO_ITEM_FOUND, ONE_REPORT, REPORT_ID, Script, Server, Step, json, response,
};
use crate::{builder, client, quick_retries};

fn not_found() -> Script {
    vec![Step::Send(json(404, NO_ITEM_FOUND))]
}

#[tokio::test]
async fn deleted_report_is_returned() {
    let server = Server::sending(json(200, ONE_REPORT)).await;
    let report = client(&server).delete_report(REPORT_ID).await.unwrap().unwrap();
    assert_eq!(report.report_id.to_string(), REPORT_ID);
    let [request] = &server.requests()[..] else { panic!("not one request") };
    assert_eq!(request.line(), format!("DELETE /insights/v1/mpn/ScheduledReport/{REPORT_ID}"));
    assert_eq!((request.header("content-type"), request.body.as_str()), (Some("application/json"), ""));
}

#[tokio::test]
async fn not_found_after_a_lost_delete_is_success() {
    let rows: [(&str, Script); 3] = [
        ("lost connection", vec![]),
        ("500", vec![Step::Send(response(500, "", ""))]),
        ("504", vec![Step::Send(response(504, "", ""))]),
    ];
    for (name, lost) in rows {
        let server = Server::start(vec![lost, not_found()]).await;
        let client = builder(&server).retry(quick_retries()).build().unwrap();
        assert!(client.delete_report(REPORT_ID).await.unwrap().is_none(), "{name}");
        server.take_requests();
        let query = client.delete_query("q").await;
        assert!(query.is_ok_and(|query| query.is_none()), "{name}");
        assert_eq!(server.count(), 2, "{name}");
    }
}

#[tokio::test]
async fn missing_report_is_not_found() {
    let server = Server::start(vec![not_found()]).await;
    let client = builder(&server).retry(quick_retries()).build().unwrap();
    assert_eq!(client.delete_report(REPORT_ID).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(client.delete_query("q").await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn not_found_after_a_refusal_is_not_found() {
    let limited = vec![Step::Send(response(429, "Retry-After: 0\r\n", ""))];
    let server = Server::start(vec![limited, not_found()]).await;
    let client = builder(&server).retry(quick_retries()).build().unwrap();
    let error = client.delete_report(REPORT_ID).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::NotFound, 2));
}

#[tokio::test]
async fn query_id_is_one_path_segment() {
    let server = Server::sending(json(200, EMPTY_LIST)).await;
    client(&server).delete_query("a/b c?").await.unwrap();
    assert_eq!(server.requests()[0].line(), "DELETE /insights/v1/mpn/ScheduledQueries/a%2Fb%20c%3F");
}

#[tokio::test]
async fn id_that_changes_the_path_is_not_sent() {
    let server = Server::sending(json(200, EMPTY_LIST)).await;
    for id in ["", " ", ".", ".."] {
        let error = client(&server).delete_query(id).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{id:?}");
    }
    assert_eq!(server.count(), 0);
}
