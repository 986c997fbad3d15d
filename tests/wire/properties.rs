//! Random responses: the client never panics, hangs, or loses a status that it received.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use partner_center_insights::{Error, ErrorKind, InsightsClient};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::builder;
use crate::support::{ONE_REPORT, REPORT_ID, Server, TOKEN};

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
        // Rare, because a new client is needed after each of them, and is slow to build.
        1 => "Retry-After: [0-9A-Za-z ,:-]{0,30}",
        1 => "X-RateLimit-Remaining: [0-3-]{0,2}",
        16 => "MS-CorrelationId: [ -~]{0,60}",
        16 => "Location: [ -~]{0,60}",
        16 => "[A-Za-z-]{1,20}: [ -~]{0,60}",
    ];
    let body = prop_oneof![
        Just(ONE_REPORT.as_bytes().to_vec()),
        Just(br#"{"Value":null,"Message":"No item found","StatusCode":404}"#.to_vec()),
        Just(b"<html><title>no</title>".to_vec()),
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
            // The envelope of HTTP 200 may hold another status.
            let in_envelope = status == Some(200) && error.status().is_some_and(|status| status >= 400);
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
