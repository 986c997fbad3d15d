//! TLS, with test authorities.

use std::convert::Infallible;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use partner_center_insights::{ErrorKind, InsightsClient, InsightsClientBuilder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::quick_retries;
use crate::support::tls::{Identity, TRUSTED, UNKNOWN};
use crate::support::{EMPTY_LIST, ONE_REPORT, REPORT_ID, Server, TOKEN, json};

async fn server(identity: Identity) -> Server {
    Server::sending_over_tls(identity, json(200, EMPTY_LIST)).await
}

/// Settings of a client that trusts the authority and makes up to three attempts.
fn builder(base_url: impl Into<String>) -> InsightsClientBuilder {
    let builder = InsightsClient::builder().token(TOKEN).base_url(base_url).retry(quick_retries());
    builder.root_certificate(TRUSTED.pem())
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    (listener, url)
}

#[tokio::test]
async fn certificate_of_an_added_root_is_accepted() {
    let server = server(Identity::default()).await;
    builder(server.url()).build().unwrap().resume(REPORT_ID).await.unwrap();
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn invalid_certificate_fails_once_without_sending() {
    for (identity, cause) in [
        (Identity { authority: &UNKNOWN, ..Identity::default() }, "UnknownIssuer"),
        (Identity { name: "elsewhere.example", ..Identity::default() }, "not valid for name \"localhost\""),
        (Identity { expires: 2020, ..Identity::default() }, "expired"),
    ] {
        let server = server(identity).await;
        let error = builder(server.url()).build().unwrap().resume(REPORT_ID).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Tls, 1), "{cause}: {error:#}");
        assert!(error.message().is_some_and(|message| message.contains(cause)), "no {cause}: {error}");
        assert_eq!((server.connections(), server.count()), (1, 0), "{cause}");
    }
}

#[tokio::test]
async fn plain_http_server_is_a_tls_error() {
    let (listener, url) = listen().await;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
        }
    });
    let error = builder(url).build().unwrap().resume(REPORT_ID).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Tls, 1), "{error:#}");
}

#[tokio::test]
async fn unfinished_handshake_times_out_and_is_retried() {
    // Connections are established, but never accepted.
    let (_listener, url) = listen().await;
    let client = builder(url).connect_timeout(Duration::from_millis(50)).build().unwrap();
    let error = client.resume(REPORT_ID).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Connect), "{error:#}");
    assert_eq!(error.attempts(), 3);
}

#[tokio::test]
async fn http2_is_used_if_offered() {
    let protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = Identity { protocols, ..Identity::default() }.acceptor();
    let (listener, url) = listen().await;
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let stream = acceptor.accept(stream).await.unwrap();
        let respond = service_fn(|request: Request<Incoming>| async move {
            let length = request.headers().get("content-length").map(|length| length.as_bytes());
            assert_eq!((request.method(), length), (&Method::PUT, Some(&b"0"[..])));
            Ok::<_, Infallible>(Response::new(ONE_REPORT.to_owned()))
        });
        // This server connection supports only HTTP/2.
        http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), respond).await
    });
    let report = builder(url).build().unwrap().resume(REPORT_ID).await.unwrap().unwrap();
    assert!(report.is_active());
}

// On Linux only, because other platforms do not read `SSL_CERT_FILE`.
#[cfg(all(feature = "cli", target_os = "linux"))]
mod cli {
    use std::io::Write;

    use super::*;
    use crate::support::tls::Authority;

    /// The exit code and standard error of `list`, if the platform trusts `authority`.
    async fn list(server: &Server, authority: Option<&Authority>) -> (Option<i32>, String) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_partner-insights"));
        command.env_clear().env("PARTNER_CENTER_BASE_URL", server.url());
        command.env("PARTNER_CENTER_ACCESS_TOKEN", TOKEN).arg("list").stdin(std::process::Stdio::null());
        if let Some(authority) = authority {
            file.write_all(authority.pem().as_bytes()).unwrap();
            command.env("SSL_CERT_FILE", file.path());
        }
        let output = command.output().await.unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }

    #[tokio::test]
    async fn cli_refuses_an_unknown_authority() {
        let server = server(Identity::default()).await;
        for authority in [None, Some(&*UNKNOWN)] {
            let (code, stderr) = list(&server, authority).await;
            assert_eq!(code, Some(1), "{stderr}");
            assert!(stderr.contains("UnknownIssuer"), "{stderr}");
        }
        assert_eq!(server.count(), 0);
    }

    #[tokio::test]
    async fn cli_trusts_the_authorities_of_the_platform() {
        let server = server(Identity::default()).await;
        let (code, stderr) = list(&server, Some(&TRUSTED)).await;
        assert_eq!(code, Some(0), "{stderr}");
        assert_eq!(server.count(), 1);
    }
}
