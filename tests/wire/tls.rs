//! Encrypted connections, with an authority of our own.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use partner_center_insights::{ErrorKind, InsightsClient, RetryPolicy};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::server::{Server, json};
use crate::{ID, TOKEN};

type Authority = CertifiedIssuer<'static, KeyPair>;

/// The authority that the client trusts.
static OURS: LazyLock<Authority> = LazyLock::new(|| authority("Ours"));
/// One that it has never heard of.
static FOREIGN: LazyLock<Authority> = LazyLock::new(|| authority("Foreign"));

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// What a server shows, and what it offers to speak.
struct Identity {
    authority: &'static Authority,
    name: &'static str,
    /// The year in which the certificate ends.
    until: i32,
    protocols: Vec<Vec<u8>>,
}

impl Default for Identity {
    fn default() -> Self {
        Self { authority: &OURS, name: "localhost", until: 4000, protocols: Vec::new() }
    }
}

impl Identity {
    fn acceptor(self) -> TlsAcceptor {
        let mut params = CertificateParams::new(vec![self.name.to_owned()]).unwrap();
        params.not_after = date_time_ymd(self.until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, self.authority).unwrap();
        let chain = vec![CertificateDer::from(certificate.der().to_vec())];
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap();
        let mut config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
        config.alpn_protocols = self.protocols;
        TlsAcceptor::from(Arc::new(config))
    }
}

/// Takes encrypted connections and hands on to a plain server what is in them.
struct Front {
    port: u16,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Front {
    async fn start(identity: Identity, behind: &str) -> Self {
        let behind: SocketAddr = behind.trim_start_matches("http://").parse().unwrap();
        let acceptor = identity.acceptor();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::<AtomicUsize>::default();
        let all = connections.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                all.fetch_add(1, Ordering::SeqCst);
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // A client that does not trust us hangs up here.
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let mut plain = TcpStream::connect(behind).await.unwrap();
                    let _ = copy_bidirectional(&mut stream, &mut plain).await;
                });
            }
        });
        Self { port, connections, task }
    }

    fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A client that trusts our authority, and would try three times.
fn client(base_url: &str) -> InsightsClient {
    let mut policy = RetryPolicy::default();
    policy.max_attempts = 3;
    policy.initial_backoff = Duration::from_millis(1);
    let builder = InsightsClient::builder().token(TOKEN).base_url(base_url).retry(policy);
    let builder = builder.connect_timeout(Duration::from_millis(300));
    builder.root_certificate(OURS.pem()).build().unwrap()
}

fn accepting() -> Vec<u8> {
    json("200 OK", r#"{"value":[],"statusCode":200}"#)
}

#[tokio::test]
async fn a_chain_to_a_given_authority_is_accepted() {
    let service = Server::sending(accepting()).await;
    let front = Front::start(Identity::default(), &service.url()).await;
    client(&front.url()).resume(ID).await.unwrap();
    assert!(service.requests()[0].contains(&format!("authorization: Bearer {TOKEN}\r\n")));
}

#[tokio::test]
async fn an_identity_that_does_not_hold_is_a_tls_error_in_one_attempt_and_no_request_is_sent() {
    let service = Server::sending(accepting()).await;
    for (identity, cause) in [
        (Identity { authority: &FOREIGN, ..Identity::default() }, "UnknownIssuer"),
        (Identity { name: "elsewhere.example", ..Identity::default() }, "not valid for name \"localhost\""),
        (Identity { until: 2020, ..Identity::default() }, "expired"),
    ] {
        let front = Front::start(identity, &service.url()).await;
        let error = client(&front.url()).resume(ID).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Tls, "{cause}: {error:#}");
        assert_eq!((error.attempts(), front.connections()), (1, 1), "{cause}");
        let message = error.message().unwrap_or_default();
        assert!(message.contains(cause), "{cause} is not told: {message}");
        assert!(error.to_string().contains("trust the authority"), "{error}");
    }
    assert_eq!(service.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn a_server_that_speaks_plain_http_is_a_tls_error_in_one_attempt() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let mut connections = 0;
        while let Ok(Ok((mut stream, _))) =
            tokio::time::timeout(Duration::from_secs(1), listener.accept()).await
        {
            connections += 1;
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
        }
        connections
    });
    let error = client(&format!("https://localhost:{port}")).resume(ID).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Tls, 1), "{error:#}");
    assert_eq!(server.await.unwrap(), 1);
}

#[tokio::test]
async fn a_server_that_never_begins_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let error = client(&url).resume(ID).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Connect), "{error:#}");
    assert_eq!(error.attempts(), 3);
}

#[tokio::test]
async fn http_2_is_spoken_with_a_server_that_offers_it() {
    let protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = Identity { protocols, ..Identity::default() }.acceptor();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let stream = acceptor.accept(stream).await.unwrap();
        let resumed = service_fn(|request: Request<Incoming>| async move {
            let length = request.headers().get("content-length").map(|length| length.as_bytes());
            assert_eq!((request.method(), length), (&Method::PUT, Some(&b"0"[..])));
            let body =
                format!(r#"{{"value":[{{"reportId":"{ID}","reportStatus":"Active"}}],"statusCode":200}}"#);
            Ok::<_, Infallible>(Response::new(body))
        });
        // It understands nothing else.
        http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), resumed).await
    });
    let report = client(&url).resume(ID).await.unwrap().unwrap();
    assert!(report.is_active());
}

#[cfg(feature = "cli")]
mod program {
    use std::io::Write;

    use partner_center_insights::emulator::Emulator;

    use super::*;

    async fn resume_all(url: &str, trusted: Option<&Authority>) -> (Option<i32>, String) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_partner-insights"));
        command.env_clear().env("PARTNER_CENTER_BASE_URL", url).env("PARTNER_CENTER_ACCESS_TOKEN", TOKEN);
        if let Some(authority) = trusted {
            file.write_all(authority.pem().as_bytes()).unwrap();
            command.env("SSL_CERT_FILE", file.path());
        }
        command.args(["resume", "--all-paused", "--yes"]).stdin(std::process::Stdio::null());
        let output = command.output().await.unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }

    #[tokio::test]
    async fn the_program_trusts_what_the_platform_is_told_to_trust_and_nothing_else() {
        let emulator = Emulator::builder().token(TOKEN).start().await.unwrap();
        let front = Front::start(Identity::default(), &emulator.base_url()).await;

        for trusted in [None, Some(&*FOREIGN)] {
            let (code, said) = resume_all(&front.url(), trusted).await;
            assert_eq!(code, Some(1), "{said}");
            assert!(said.contains("TLS failure") && said.contains("trust the authority"), "{said}");
            assert_eq!(said.lines().count(), 1, "{said}");
        }
        assert!(emulator.requests().is_empty());

        let (code, said) = resume_all(&front.url(), Some(&OURS)).await;
        assert_eq!(code, Some(0), "{said}");
        assert!(!emulator.reports().iter().any(|report| report.is_paused()));
    }
}
