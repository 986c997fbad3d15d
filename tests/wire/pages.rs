//! Lists in several pages: all of them, or an error.

use partner_center_insights::{ErrorKind, InsightsClient, Report};
use serde_json::{Value, json};

use crate::support::{self, REPORT_ID, Request, Server, Step, TOKEN, response};
use crate::{builder, client, quick_retries};

const OTHER_ID: &str = "8b0f6c1d-52e9-4a37-b8d4-1f7c3e90a265";

fn body(id: &str, more: Value) -> Value {
    let mut body = json!({ "value": [{ "reportId": id, "reportStatus": "Active" }], "statusCode": 200 });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// A server whose first page has these members, and whose second page is another report.
async fn two_pages(first: impl Fn(&str) -> Vec<u8> + Send + 'static) -> Server {
    let second = support::json(200, &body(OTHER_ID, json!({ "totalCount": 1 })).to_string());
    Server::with_responder(None, move |_, request: &Request| {
        let host = request.header("host").unwrap();
        let is_second = request.target.contains("skip=1");
        vec![Step::Send(if is_second { second.clone() } else { first(host) })]
    })
    .await
}

fn with(members: Value) -> impl Fn(&str) -> Vec<u8> + Send + 'static {
    move |host| {
        let page = body(REPORT_ID, members.clone()).to_string().replace("HOST", host);
        support::json(200, &page)
    }
}

fn ids(reports: &[Report]) -> Vec<String> {
    reports.iter().map(|report| report.report_id.to_string()).collect()
}

#[tokio::test]
async fn next_page_is_followed() {
    let url = "http://HOST/insights/v1/mpn/ScheduledReport?$skip=1";
    for members in [
        json!({ "nextLink": url }),
        json!({ "NextLink": "ScheduledReport?$skip=1" }),
        json!({ "@nextLink": "?$skip=1" }),
        json!({ "@odata.nextLink": "/insights/v1/mpn/ScheduledReport?$skip=1" }),
        json!({ "odata.nextLink": url }),
        json!({ "nextlink": url, "totalCount": 2 }),
        json!({ "next_link": url }),
        json!({ "value@odata.nextLink": url }),
        json!({ "next": url, "hasMore": true }),
        json!({ "links": { "self": { "uri": "x" }, "next": { "uri": url, "method": "GET", "headers": [] } } }),
        json!({ "_links": { "next": { "href": url } } }),
        json!({ "links": [{ "rel": "self", "href": "x" }, { "rel": "next", "href": url }] }),
        json!({ "paging": { "next": url } }),
        json!({ "__next": url }),
        json!({ "next_page_url": url, "current_page": 1, "last_page": 2 }),
        json!({ "nextLink": url, "pageInfo": { "totalPages": 2, "endCursor": "x" } }),
        json!({ "nextLink": url.replace("http://", "HTTP://") + "#part", "continuationToken": "abc" }),
    ] {
        let server = two_pages(with(members.clone())).await;
        let reports = client(&server).reports().await.unwrap();
        assert_eq!(ids(&reports), [REPORT_ID, OTHER_ID], "{members}");
        let [_, second] = &server.requests()[..] else { panic!("{members}") };
        assert_eq!(second.line(), "GET /insights/v1/mpn/ScheduledReport?$skip=1", "{members}");
        assert_eq!(second.header("authorization"), Some(&*format!("Bearer {TOKEN}")));
    }
}

#[tokio::test]
async fn link_header_is_followed() {
    for links in [
        "Link: </a>; rel=\"prev\", <?skip=1>; rel=\"next\"\r\n",
        "Link: </a>; rel=prev\r\nLink: <?skip=1>; rel=next\r\n",
        "Link: <?a=1,2;3&skip=1>; rel=next\r\n",
        "Link: <?skip=1>; title=\"a, b; rel=prev\"; REL=\"NEXT\"\r\n",
    ] {
        let page = body(REPORT_ID, json!({})).to_string();
        let server = two_pages(move |_| response(200, links, &page)).await;
        assert_eq!(client(&server).reports().await.unwrap().len(), 2, "{links}");
    }
}

#[tokio::test]
async fn partial_list_is_refused() {
    for members in [
        json!({ "totalCount": 31 }),
        json!({ "TotalCount": "31" }),
        json!({ "totalCount": 31.0 }),
        json!({ "totalCount": 1, "@odata.count": 2 }),
        json!({ "count": 2 }),
        json!({ "continuationToken": "abc" }),
        json!({ "skipToken": "abc" }),
        json!({ "$skipToken": 4 }),
        json!({ "nextPageToken": "abc" }),
        json!({ "hasMore": true }),
        json!({ "hasNextPage": "True" }),
        json!({ "pagination": { "totalPages": 3 } }),
        json!({ "paging": { "cursors": {}, "nextCursor": "abc" } }),
        json!({ "meta": { "page": { "total": 31 } } }),
        json!({ "@odata.count": 31 }),
        json!({ "totalCount": "1,031" }),
        json!({ "totalCount": "1.031" }),
        json!({ "totalRows": 31 }),
        json!({ "total_hits": "31" }),
        json!({ "recordsTotal": 31 }),
        json!({ "numFound": 31 }),
        json!({ "remainingCount": 30 }),
        json!({ "statusCode": 206 }),
        json!({ "hasMoreItems": 1 }),
        json!({ "hasMore": "yes" }),
        json!({ "moreRecords": true }),
        json!({ "@Microsoft.Dynamics.CRM.morerecords": true }),
        json!({ "resultSetTruncated": true }),
        json!({ "incomplete_results": true }),
        json!({ "partial": true }),
        json!({ "lastPage": false }),
        json!({ "current_page": 1, "last_page": 4 }),
        json!({ "currentPage": 1, "pageCount": 4 }),
        json!({ "nextOffset": 1 }),
        json!({ "nextPageRequest": "abc" }),
        json!({ "nextId": "abc" }),
        json!({ "paging": { "cursors": { "after": "abc" } } }),
        json!({ "next": 4 }),
        json!({ "nextLink": { "token": "abc" } }),
        json!({ "links": { "next": { "uri": "?skip=1", "headers": [{ "key": "MS-ContinuationToken" }] } } }),
        json!({ "links": { "next": { "uri": "?skip=1", "method": "POST" } } }),
        json!({ "nextLink": "https://example.com/page2" }),
        json!({ "nextLink": "https://HOST/insights/v1/mpn/ScheduledReport?$skip=1" }),
        json!({ "nextLink": "//example.com/page2" }),
        json!({ "nextLink": "http://user:word@HOST/insights/v1/mpn/ScheduledReport?$skip=1" }),
        json!({ "nextLink": "file:///etc/passwd" }),
        json!({ "nextLink": "http://[" }),
    ] {
        let server = two_pages(with(members.clone())).await;
        let error = client(&server).reports().await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::InvalidResponse, Some(200)), "{members}");
        assert_eq!(server.count(), 1, "{members}");
    }
}

#[tokio::test]
async fn headers_can_announce_further_pages() {
    for (header, is_whole) in [
        ("MS-ContinuationToken: abc", false),
        ("x-ms-continuation-token: abc", false),
        ("X-Next-Page: 2", false),
        ("X-Total-Count: 31", false),
        ("X-Total-Pages: 4", false),
        ("X-Pagination: {\"TotalCount\":31}", false),
        ("X-Has-More: true", false),
        ("Content-Range: items 0-0/31", false),
        ("Content-Range: items 0-0/1", true),
        ("Content-Range: bytes 0-99/200", true),
        ("X-Total-Count: 1", true),
        ("X-Next-Page: ", true),
        ("X-Total-Time: 31", true),
    ] {
        let page = body(REPORT_ID, json!({})).to_string();
        let server = Server::sending(response(200, &format!("{header}\r\n"), page)).await;
        let result = client(&server).reports().await.map_err(|error| error.kind());
        assert_eq!(
            result.map(drop),
            if is_whole { Ok(()) } else { Err(ErrorKind::InvalidResponse) },
            "{header}"
        );
    }
}

#[tokio::test]
async fn marks_without_a_next_page_end_the_list() {
    for members in [
        json!({ "nextLink": null, "totalCount": 1 }),
        json!({ "totalCount": "1.0" }),
        json!({ "nextLink": "", "@odata.nextLink": " " }),
        json!({ "hasMore": false, "continuationToken": "", "cursor": null, "isLastPage": true }),
        json!({ "links": { "self": { "uri": "x" }, "next": null }, "totalPages": 1 }),
        json!({ "pageInfo": { "hasNextPage": false, "endCursor": "abc" } }),
        json!({ "current_page": 1, "last_page": 1, "next_page_url": null }),
        json!({ "@odata.deltaLink": "x", "@odata.context": "https://x/$metadata" }),
        json!({ "totalTimeMs": 53, "limit": 100, "nextRunTime": "2026-12-01T06:00:00Z" }),
        json!({ "links": [{ "rel": "self", "href": "x" }], "paging": {} }),
    ] {
        let server = two_pages(with(members.clone())).await;
        assert_eq!(client(&server).reports().await.unwrap().len(), 1, "{members}");
    }
}

#[tokio::test]
async fn pages_in_a_loop_are_refused() {
    for link in ["?", "ScheduledReport", "?$skip=2"] {
        let server = Server::sending(with(json!({ "nextLink": link }))("")).await;
        let error = client(&server).reports().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{link}");
        assert!(server.count() <= 3, "{link}: {}", server.count());
    }
}

#[tokio::test]
async fn endless_pages_are_refused() {
    let server = Server::with_responder(None, |number, _| {
        let page = body(REPORT_ID, json!({ "nextLink": format!("?page={number}") }));
        vec![Step::Send(support::json(200, &page.to_string()))]
    })
    .await;
    let error = client(&server).reports().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
    assert_eq!(server.count(), 1000);
}

#[tokio::test]
async fn total_counts_all_pages() {
    let link = "?$skip=1";
    for (total, is_whole) in [(2, true), (3, false)] {
        let server = two_pages(with(json!({ "nextLink": link, "totalCount": total }))).await;
        assert_eq!(client(&server).reports().await.is_ok(), is_whole, "{total}");
    }
}

/// A server that sends these responses, one after the other, to requests for the second page.
async fn second_page(responses: Vec<Vec<u8>>) -> (InsightsClient, Server) {
    let first = with(json!({ "nextLink": "?$skip=1" }))("");
    let scripts = std::iter::once(first).chain(responses).map(|response| vec![Step::Send(response)]);
    let server = Server::start(scripts.collect()).await;
    (builder(&server).retry(quick_retries()).build().unwrap(), server)
}

#[tokio::test]
async fn next_page_is_retried() {
    let page = support::json(200, &body(OTHER_ID, json!({})).to_string());
    let (client, server) = second_page(vec![support::json(503, ""), page]).await;
    assert_eq!(client.reports().await.unwrap().len(), 2);
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn missing_next_page_is_an_error() {
    for (response, kind) in [
        (support::json(404, support::NO_ITEM_FOUND), ErrorKind::InvalidResponse),
        (support::json(200, support::NO_ITEM_FOUND), ErrorKind::InvalidResponse),
        (support::json(400, ""), ErrorKind::InvalidResponse),
        (support::json(202, ""), ErrorKind::InvalidResponse),
        (support::json(200, r#"{"statusCode":200}"#), ErrorKind::InvalidResponse),
        (support::json(403, ""), ErrorKind::Forbidden),
        (support::json(500, ""), ErrorKind::ServerError),
    ] {
        let (client, _server) = second_page(vec![response]).await;
        assert_eq!(client.reports().await.unwrap_err().kind(), kind);
    }
}

#[tokio::test]
async fn one_report_is_found_in_a_partial_list() {
    let server = two_pages(with(json!({ "totalCount": 31 }))).await;
    let client = client(&server);
    assert!(client.report(REPORT_ID).await.unwrap().is_some());
    // Another report may be on a page that was not received.
    assert_eq!(client.report(OTHER_ID).await.unwrap_err().kind(), ErrorKind::InvalidResponse);
    let server = two_pages(with(json!({ "nextLink": "?$skip=1" }))).await;
    assert!(crate::client(&server).report(OTHER_ID).await.unwrap().is_some());
}

#[tokio::test]
async fn partial_list_of_executions_is_refused() {
    let body = r#"{"value":[{"executionId":"e1"}],"totalCount":2,"statusCode":200}"#;
    let server = Server::sending(support::json(200, body)).await;
    let client = client(&server);
    assert_eq!(client.executions(REPORT_ID).await.unwrap_err().kind(), ErrorKind::InvalidResponse);
    // Only one execution is requested.
    assert_eq!(client.executions(REPORT_ID).latest().await.unwrap().len(), 1);
    assert_eq!(client.executions(REPORT_ID).execution_id("e1").await.unwrap().len(), 1);
}

#[tokio::test]
async fn pages_of_executions_are_followed() {
    for link in ["?$skip=1", &*format!("ScheduledReport/execution/{REPORT_ID}?$skip=1")] {
        let page = |id: &str, link: &str| {
            let body = json!({ "value": [{ "executionId": id }], "nextLink": link });
            vec![Step::Send(support::json(200, &body.to_string()))]
        };
        let server = Server::start(vec![page("e1", link), page("e2", "")]).await;
        assert_eq!(client(&server).executions(REPORT_ID).await.unwrap().len(), 2, "{link}");
        let line = format!("GET /insights/v1/mpn/ScheduledReport/execution/{REPORT_ID}?$skip=1");
        assert_eq!(server.requests()[1].line(), line);
    }
}
