//! HTTP/2 connections and streams that end early, frame by frame (RFC 9113).

use std::sync::{Arc, Mutex};

use partner_center_insights::{ErrorKind, InsightsClient, NewQuery};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::quick_retries;
use crate::support::tls::{Identity, TRUSTED};
use crate::support::{EMPTY_LIST, REPORT_ID, TOKEN};

const NO_ERROR: u32 = 0;
const INTERNAL_ERROR: u32 = 2;
const REFUSED_STREAM: u32 = 7;
const CANCEL: u32 = 8;
const ENHANCE_YOUR_CALM: u32 = 11;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// `:status 200`, from the static table of HPACK.
fn head() -> Vec<u8> {
    frame(1, 4, 1, &[0x88])
}

fn data(text: &str, is_last: bool) -> Vec<u8> {
    frame(0, u8::from(is_last), 1, text.as_bytes())
}

fn whole() -> Vec<u8> {
    [head(), data(EMPTY_LIST, true)].concat()
}

fn half() -> Vec<u8> {
    [head(), data(&EMPTY_LIST[..20], false)].concat()
}

fn reset(code: u32) -> Vec<u8> {
    frame(3, 0, 1, &code.to_be_bytes())
}

/// Closes the connection for streams after `last`.
fn goaway(last: u32, code: u32) -> Vec<u8> {
    frame(7, 0, 0, &[last.to_be_bytes(), code.to_be_bytes()].concat())
}

/// A server that sends these bytes to the first request, and a whole response to those on other connections. Returns
/// the number of requests of each connection.
async fn serve(first: Vec<u8>) -> (InsightsClient, Arc<Mutex<Vec<usize>>>) {
    serve_each(vec![first, whole()]).await
}

/// Sends the next of the responses on each connection, and the last one on all that follow.
async fn serve_each(responses: Vec<Vec<u8>>) -> (InsightsClient, Arc<Mutex<Vec<usize>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let acceptor = Identity { protocols: vec![b"h2".to_vec()], ..Identity::default() }.acceptor();
    let requests = Arc::<Mutex<Vec<usize>>>::default();
    let seen = requests.clone();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let Ok(mut tls) = acceptor.accept(tcp).await else { continue };
            let number = seen.lock().unwrap().len();
            seen.lock().unwrap().push(0);
            let response = responses[number.min(responses.len() - 1)].clone();
            let mut preface = [0; 24];
            tls.read_exact(&mut preface).await.unwrap();
            tls.write_all(&frame(4, 0, 0, &[])).await.unwrap();
            let mut head = [0; 9];
            while tls.read_exact(&mut head).await.is_ok() {
                let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
                tls.read_exact(&mut vec![0; length]).await.unwrap();
                match (head[3], head[4] & 1) {
                    // HEADERS. Later streams get no response.
                    (1, _) => {
                        seen.lock().unwrap()[number] += 1;
                        let _ = tls.write_all(&response).await;
                        break;
                    }
                    (4, 0) => tls.write_all(&frame(4, 1, 0, &[])).await.unwrap(),
                    _ => {}
                }
            }
            let _ = tls.shutdown().await;
        }
    });
    let client = InsightsClient::builder().token(TOKEN).base_url(url).retry(quick_retries());
    (client.root_certificate(TRUSTED.pem()).build().unwrap(), requests)
}

#[tokio::test]
async fn ended_http2_stream_is_retried() {
    for (name, first) in [
        ("GOAWAY, not processed", goaway(0, NO_ERROR)),
        ("GOAWAY, processed", goaway(1, NO_ERROR)),
        ("GOAWAY, too many requests", goaway(0, ENHANCE_YOUR_CALM)),
        ("GOAWAY, server error", goaway(1, INTERNAL_ERROR)),
        ("GOAWAY in the body", [half(), goaway(1, NO_ERROR)].concat()),
        ("GOAWAY with an error in the body", [half(), goaway(1, INTERNAL_ERROR)].concat()),
        ("RST_STREAM, refused", reset(REFUSED_STREAM)),
        ("RST_STREAM, server error", reset(INTERNAL_ERROR)),
        ("RST_STREAM, canceled", reset(CANCEL)),
        ("RST_STREAM in the body", [half(), reset(CANCEL)].concat()),
        ("closed", Vec::new()),
        ("closed in the body", half()),
    ] {
        let (client, requests) = serve(first).await;
        client.resume(REPORT_ID).await.unwrap_or_else(|error| panic!("{name}: {error:#}"));
        assert_eq!(*requests.lock().unwrap(), [1, 1], "{name}");
    }
}

#[tokio::test]
async fn complete_http2_response_counts_despite_its_end() {
    for (name, first) in [
        ("GOAWAY first", [goaway(1, NO_ERROR), whole()].concat()),
        ("GOAWAY in the body", [half(), goaway(1, NO_ERROR), data(&EMPTY_LIST[20..], true)].concat()),
        ("GOAWAY after it", [whole(), goaway(1, NO_ERROR)].concat()),
        ("RST_STREAM after it", [whole(), reset(NO_ERROR)].concat()),
    ] {
        let (client, requests) = serve(first).await;
        client.resume(REPORT_ID).await.unwrap_or_else(|error| panic!("{name}: {error:#}"));
        assert_eq!(*requests.lock().unwrap(), [1], "{name}");
    }
}

#[tokio::test]
async fn create_over_http2_is_retried_if_refused() {
    let created = r#"{"value":[{"queryId":"q1"}],"statusCode":200}"#;
    for first in [goaway(0, NO_ERROR), reset(REFUSED_STREAM)] {
        // The client lists the queries before it creates one.
        let (client, requests) =
            serve_each(vec![whole(), first, [head(), data(created, true)].concat()]).await;
        let query = NewQuery::new("name", "SELECT a FROM b TIMESPAN LAST_MONTH");
        assert_eq!(client.create_query(query).await.unwrap().query_id, "q1");
        assert_eq!(*requests.lock().unwrap(), [1, 1, 1]);
    }
}

#[tokio::test]
async fn http2_stream_that_ends_early_is_an_error() {
    // The HTTP client treats this reset as the end of the body.
    let (client, _) = serve([half(), reset(NO_ERROR)].concat()).await;
    assert_eq!(client.resume(REPORT_ID).await.unwrap_err().kind(), ErrorKind::InvalidResponse);
}
