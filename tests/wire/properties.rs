//! Whatever bytes come back: no panic, no hanging, and no status that was seen is lost.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use partner_center_insights::{Error, ErrorKind, InsightsClient, RetryPolicy};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::server::{Server, json};
use crate::{ID, TOKEN};

const TIMEOUT: Duration = Duration::from_millis(500);

fn impatient_client(base_url: &str) -> InsightsClient {
    let builder = InsightsClient::builder().token(TOKEN).base_url(base_url).retry(RetryPolicy::never());
    builder.timeout(TIMEOUT).build().unwrap()
}

/// Heads and bodies that are nearly right, cut, joined and scratched.
fn answers() -> impl Strategy<Value = Vec<u8>> {
    let head = prop_oneof![
        Just("HTTP/1.1 200 OK\r\n".to_owned()),
        (100_u16..1000).prop_map(|status| format!("HTTP/1.1 {status} Word\r\n")),
        (0_u32..100_000).prop_map(|status| format!("HTTP/1.{} {status}\r\n", status % 3)),
        "[ -~]{0,40}\r\n",
    ];
    let header = prop_oneof![
        Just("Content-Type: application/json".to_owned()),
        (0_usize..400).prop_map(|length| format!("Content-Length: {length}")),
        Just("Transfer-Encoding: chunked".to_owned()),
        Just("Content-Encoding: gzip".to_owned()),
        "Retry-After: [0-9A-Za-z ,:-]{0,30}",
        "X-RateLimit-Remaining: [0-3-]{0,2}",
        "MS-CorrelationId: [ -~]{0,60}",
        "Location: [ -~]{0,60}",
        "[A-Za-z-]{1,20}: [ -~]{0,60}",
    ];
    let body = prop_oneof![
        Just(br#"{"value":[{"reportId":"3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4","reportStatus":"Active"}],"statusCode":200}"#.to_vec()),
        Just(br#"{"Value":null,"Message":"No item found","StatusCode":404}"#.to_vec()),
        Just(b"<html><title>no</title>".to_vec()),
        "[{}\\[\\]\":,a-z0-9 ]{0,120}".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..200),
    ];
    let scratches = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3);
    let cut = prop_oneof![3 => Just(None), 1 => any::<prop::sample::Index>().prop_map(Some)];
    (head, proptest::collection::vec(header, 0..5), body, scratches, cut).prop_map(
        |(head, headers, body, scratches, cut)| {
            let mut bytes = head.into_bytes();
            bytes.extend(headers.iter().flat_map(|header| header.bytes().chain(*b"\r\n")));
            bytes.extend_from_slice(b"\r\n");
            bytes.extend_from_slice(&body);
            for (place, byte) in scratches {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            bytes
        },
    )
}

/// The final status that a parser of its own sees in the bytes.
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

fn check(bytes: &[u8], result: &Result<(), Error>, took: Duration) -> Result<(), TestCaseError> {
    prop_assert!(took < TIMEOUT * 2, "took {took:?}");
    let status = final_status(bytes);
    match result {
        Ok(()) => prop_assert!(
            status.is_some_and(|status| (200..300).contains(&status)),
            "success out of {status:?}"
        ),
        Err(error) => {
            let refused_by_http = error.kind() == ErrorKind::InvalidResponse && error.status().is_none();
            // The envelope inside HTTP 200 may state another one.
            let stated = status == Some(200) && error.status().is_some_and(|status| status >= 400);
            prop_assert!(
                status.is_none() || error.status() == status || stated || refused_by_http,
                "saw {status:?}, kept {error:?}"
            );
            let shown = format!("{error:#} {error:?}");
            prop_assert!(!shown.contains(TOKEN));
        }
    }
    Ok(())
}

#[test]
fn no_bytes_make_the_client_panic_or_hang_or_lose_the_status() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config { cases: 2000, failure_persistence: None, ..Config::default() };
    let seed = TestRng::from_seed(RngAlgorithm::ChaCha, b"partner-center-insights seed no1");
    let mut runner = TestRunner::new_with_rng(config, seed);
    // One client for all, as a long run has: no answer may spoil the next call.
    let server = runtime.block_on(Server::sending(json("200 OK", "{}")));
    let client = RefCell::new(impatient_client(&server.url()));
    let outcome = runner.run(&answers(), |bytes| {
        server.send_next(bytes.clone());
        // An answer that asks to wait closes the gate for the calls after it, as it should; they get a new one.
        let empty = bytes.to_ascii_lowercase().windows(22).any(|w| w == b"x-ratelimit-remaining:");
        for is_list in [false, true] {
            let began = Instant::now();
            let now = client.borrow().clone();
            let result = runtime.block_on(async {
                if is_list { now.reports().await.map(drop) } else { now.resume(ID).await.map(drop) }
            });
            let took = began.elapsed();
            if empty || result.as_ref().is_err_and(|error| error.retry_after().is_some()) {
                client.replace(impatient_client(&server.url()));
            }
            check(&bytes, &result, took)?;
        }
        Ok(())
    });
    outcome.unwrap();
}
