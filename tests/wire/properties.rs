//! Random responses: the client never panics, hangs, or loses a status that it received.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use partner_center_insights::{Error, ErrorKind, InsightsClient, Warning};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::builder;
use crate::support::{ONE_REPORT, REPORT_ID, Server, TOKEN, json};

const TIMEOUT: Duration = Duration::from_millis(500);

fn client(server: &Server) -> InsightsClient {
    builder(server).timeout(TIMEOUT).build().unwrap()
}

/// Almost valid responses, with some bytes changed or the end missing.
fn responses() -> impl Strategy<Value = Vec<u8>> {
    let head = prop_oneof![
        Just("HTTP/1.1 200 OK\r\n".to_owned()),
        (100_u16..1000).prop_map(|status| format!("HTTP/1.1 {status} Word\r\n")),
        (0_u32..100_000).prop_map(|status| format!("HTTP/1.{} {status}\r\n", status % 3)),
        "[ -~]{0,40}\r\n",
    ];
    let header = prop_oneof![
        16 => Just("Content-Type: application/json".to_owned()),
        16 => (0_usize..400).prop_map(|length| format!("Content-Length: {length}")),
        16 => Just("Transfer-Encoding: chunked".to_owned()),
        16 => Just("Content-Encoding: gzip".to_owned()),
        // Rare, because each of them requires a new client, which is slow to build.
        1 => "Retry-After: [0-9A-Za-z ,:-]{0,30}",
        1 => "X-RateLimit-Remaining: [0-3-]{0,2}",
        16 => "MS-CorrelationId: [ -~]{0,60}",
        16 => "Location: [ -~]{0,60}",
        4 => "Link: <[a-z,;?]{0,9}>[ a-z=;,\"\\\\]{0,30}",
        4 => "WWW-Authenticate: Bearer [a-z=,\" \\\\]{0,40}",
        4 => "(X-Total-Count|X-Pagination|Content-Range): [0-9a-z{}\":/ -]{0,20}",
        16 => "[A-Za-z-]{1,20}: [ -~]{0,60}",
    ];
    let body = prop_oneof![
        Just(ONE_REPORT.as_bytes().to_vec()),
        Just(br#"{"Value":null,"Message":"No item found","StatusCode":404}"#.to_vec()),
        Just(b"<html><title>no</title>".to_vec()),
        Just(br#"{"error":{"code":"x","details":[{"message":"m"}]},"statusCode":"409"}"#.to_vec()),
        Just(br#"{"value":[{"reportId":null},{"reportId":"3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4","user":7}],"@nextLink":"?a=1","totalCount":"2"}"#.to_vec()),
        Just(b"\xff\xfe<\0h\0t\0m\0l\0>\0".to_vec()),
        Just(br#"{"value":[{"reportId":"3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4","executeNow":True,"user":NaN,"format":"\x",}]}"#.to_vec()),
        Just(br#"[{"error":{"code":"404"}}]"#.to_vec()),
        Just(br#"{"value":[],"statusCode":"404 Not Found","result":{"status":"Failed"}}"#.to_vec()),
        Just(b"Internal Server Error".to_vec()),
        "[{}\\[\\]\":,a-z0-9 ]{0,120}".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..200),
    ];
    let changes = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3);
    let cut = prop_oneof![3 => Just(None), 1 => any::<prop::sample::Index>().prop_map(Some)];
    (head, proptest::collection::vec(header, 0..5), body, changes, cut).prop_map(
        |(head, headers, body, changes, cut)| {
            let mut bytes = head.into_bytes();
            bytes.extend(headers.iter().flat_map(|header| header.bytes().chain(*b"\r\n")));
            bytes.extend_from_slice(b"\r\n");
            bytes.extend_from_slice(&body);
            for (index, byte) in changes {
                let index = index.index(bytes.len());
                bytes[index] = byte;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            bytes
        },
    )
}

/// The final status in the bytes, as an independent parser reads it.
fn final_status(mut bytes: &[u8]) -> Option<u16> {
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 100];
        let mut response = httparse::Response::new(&mut headers);
        let Ok(httparse::Status::Complete(length)) = response.parse(bytes) else { return None };
        match response.code {
            Some(100..=199) => bytes = &bytes[length..],
            code => return code,
        }
    }
}

fn check(
    bytes: &[u8],
    is_list: bool,
    result: &Result<(), Error>,
    took: Duration,
) -> Result<(), TestCaseError> {
    prop_assert!(took < TIMEOUT * 2, "took {took:?}");
    let status = final_status(bytes);
    match result {
        // With 404, the service may say that a list is empty.
        Ok(()) => prop_assert!(
            status.is_some_and(|status| (200..300).contains(&status) || is_list && status == 404),
            "success from {status:?}"
        ),
        Err(error) => {
            let invalid_http = error.kind() == ErrorKind::InvalidResponse && error.status().is_none();
            // The envelope in a successful response may state another status.
            let is_success = status.is_some_and(|status| (200..300).contains(&status));
            let in_envelope = is_success && error.status().is_some_and(|status| status >= 400);
            prop_assert!(
                status.is_none() || error.status() == status || in_envelope || invalid_http,
                "received {status:?}, reported {error:?}"
            );
            let shown = format!("{error:#} {error:?}");
            prop_assert!(!shown.contains(TOKEN));
        }
    }
    Ok(())
}

#[test]
fn random_responses_are_handled() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config { cases: 2000, failure_persistence: None, ..Config::default() };
    let seed = TestRng::from_seed(RngAlgorithm::ChaCha, b"partner-center-insights seed no1");
    let mut runner = TestRunner::new_with_rng(config, seed);
    let server = runtime.block_on(Server::start(Vec::new()));
    // One client for all, so that a response that affects later calls is noticed.
    let shared = RefCell::new(client(&server));
    let outcome = runner.run(&(responses(), any::<bool>()), |(bytes, is_list)| {
        server.send_next(bytes.clone());
        let began = Instant::now();
        let result = runtime.block_on(async {
            let client = shared.borrow().clone();
            if is_list { client.reports().await.map(drop) } else { client.resume(REPORT_ID).await.map(drop) }
        });
        let took = began.elapsed();
        let text = bytes.to_ascii_lowercase();
        // A throttled client would wait before its next call.
        if text.windows(22).any(|window| window == b"x-ratelimit-remaining:")
            || result
                .as_ref()
                .is_err_and(|error| error.kind() == ErrorKind::Throttled || error.retry_after().is_some())
        {
            shared.replace(client(&server));
        }
        check(&bytes, is_list, &result, took)
    });
    outcome.unwrap();
}

/// A member of a report, and whether it leaves the report usable.
fn members() -> impl Strategy<Value = (String, bool)> {
    let field = prop_oneof!["recurrenceInterval", "executeNow", "user", "reportName", "startTime", "other"];
    let value = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("24.0".to_owned()),
        Just("1e999".to_owned()),
        Just("\"\\ud83d\"".to_owned()),
        Just("[{}]".to_owned()),
        Just("NaN".to_owned()),
        Just("True".to_owned()),
        Just("007".to_owned()),
        Just("\"a\\x\\u12\"".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        "\"[ -!#-\\[\\]-~]{0,8}\"",
    ];
    let id = prop_oneof![
        4 => Just((format!("\"{REPORT_ID}\""), true)),
        1 => prop_oneof![Just("null"), Just("7"), Just("\"sales\""), Just("{}")].prop_map(|id| (id.to_owned(), false)),
    ];
    (id, proptest::collection::vec((field, value), 0..4)).prop_map(|((id, is_usable), fields)| {
        let fields: String = fields.iter().map(|(name, value)| format!(",\"{name}\":{value}")).collect();
        (format!("{{\"reportId\":{id}{fields}}}"), is_usable)
    })
}

#[test]
fn odd_lists_are_whole_or_an_error() {
    let signs = prop_oneof![
        6 => Just(("", false)),
        1 => Just((r#","nextLink":"https://example.com/2""#, true)),
        1 => Just((r#","@odata.nextLink":"//example.com""#, true)),
        1 => Just((r#","paging":{"cursor":"x"}"#, true)),
        1 => Just((r#","hasMore":"true""#, true)),
        1 => Just((r#","hasMoreRecords":1"#, true)),
        1 => Just((r#","nextOffset":5"#, true)),
        1 => Just((r#","totalRows":"1,031""#, true)),
        1 => Just((r#","pageInfo":{"hasNextPage":false,"endCursor":"x"}"#, false)),
    ];
    let lists = (proptest::collection::vec(members(), 0..5), 0_usize..8, any::<bool>(), signs);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config { cases: 500, failure_persistence: None, ..Config::default() };
    let seed = TestRng::from_seed(RngAlgorithm::ChaCha, b"partner-center-insights seed no2");
    let server = runtime.block_on(Server::start(Vec::new()));
    let left_out = Arc::<AtomicUsize>::default();
    let counter = left_out.clone();
    let count = move |warning: &Warning| {
        counter.fetch_add(usize::from(warning.problem.contains("whole element")), Ordering::Relaxed);
    };
    let client = builder(&server).on_warning(count).build().unwrap();
    let outcome = TestRunner::new_with_rng(config, seed).run(&lists, |(elements, total, as_text, sign)| {
        let value: Vec<_> = elements.iter().map(|(element, _)| &**element).collect();
        let total_text = if as_text { format!("\"{total}\"") } else { total.to_string() };
        let body = format!("{{\"value\":[{}],\"totalCount\":{total_text}{}}}", value.join(","), sign.0);
        server.send_next(json(200, &body));
        left_out.store(0, Ordering::Relaxed);
        let usable = elements.iter().filter(|(_, is_usable)| *is_usable).count();
        let is_whole = !sign.1 && total <= elements.len() && (usable > 0 || elements.is_empty());
        match runtime.block_on(async { client.reports().await }) {
            Ok(reports) => {
                prop_assert!(is_whole, "a partial list was returned");
                prop_assert_eq!(reports.len(), usable);
                prop_assert_eq!(left_out.load(Ordering::Relaxed), elements.len() - usable);
            }
            Err(error) => {
                prop_assert!(!is_whole, "{}", error);
                prop_assert_eq!(error.kind(), ErrorKind::InvalidResponse);
            }
        }
        Ok(())
    });
    outcome.unwrap();
}
