//! A scripted HTTP server, and the constants that requests and responses of all test binaries share.

// Each test binary uses a part of this.
#![allow(dead_code)]

pub mod tls;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

pub const REPORT_ID: &str = "3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4";
/// The access token, which may appear only in `Authorization`.
pub const TOKEN: &str = "eyJ0eXAi.c2VjcmV0.c2lnbmF0dXJl";
/// The correlation id of every response.
pub const CORRELATION_ID: &str = "0b9a3a52-8a0d-4a8e-9a30-6a1f6c1f9d11";

pub const EMPTY_LIST: &str = r#"{"value":[],"totalCount":0,"message":null,"statusCode":200}"#;
pub const ONE_REPORT: &str = r#"{"value":[{"reportId":"3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4","reportStatus":"Active"}],"totalCount":1,"message":null,"statusCode":200}"#;
/// The body with which the service reports, with status 404, that a list is empty.
pub const NO_ITEM_FOUND: &str =
    r#"{"value":null,"totalCount":0,"message":"No item found with given filters.","statusCode":404}"#;

/// What the server does after it has received a request.
#[derive(Clone, Debug)]
pub enum Step {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends these bytes one at a time.
    Drip(Vec<u8>),
    Wait(Duration),
    /// Sends nothing more and leaves the connection open.
    Hang,
    /// Resets the connection instead of closing it.
    Reset,
}

/// The steps for one request. The connection is closed after the last one.
pub type Script = Vec<Step>;

/// Chooses the script for a request, given how many came before it.
type Responder = Box<dyn Fn(usize, &Request) -> Script + Send>;

/// Serves one request per connection, and records all of them.
pub struct Server {
    url: String,
    connections: Arc<AtomicUsize>,
    state: Arc<State>,
    task: JoinHandle<()>,
}

struct State {
    requests: Mutex<Vec<Request>>,
    responder: Mutex<Responder>,
}

impl Server {
    /// Plays one script per request over plain TCP, and the last one for all further requests.
    pub async fn start(scripts: Vec<Script>) -> Self {
        Self::with_responder(None, in_order(scripts)).await
    }

    /// Sends this response to every request.
    pub async fn sending(response: impl Into<Vec<u8>>) -> Self {
        Self::start(vec![vec![Step::Send(response.into())]]).await
    }

    /// Sends this response to every request, over TLS.
    pub async fn sending_over_tls(identity: tls::Identity, response: impl Into<Vec<u8>>) -> Self {
        Self::with_responder(Some(identity), in_order(vec![vec![Step::Send(response.into())]])).await
    }

    /// Plays what `responder` returns for the number of the request, from 0, and the request.
    pub async fn with_responder(
        identity: Option<tls::Identity>,
        responder: impl Fn(usize, &Request) -> Script + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let acceptor = identity.map(tls::Identity::acceptor);
        let url = match acceptor {
            None => format!("http://127.0.0.1:{port}"),
            Some(_) => format!("https://localhost:{port}"),
        };
        let state =
            Arc::new(State { requests: Mutex::default(), responder: Mutex::new(Box::new(responder)) });
        let connections = Arc::<AtomicUsize>::default();
        let task = tokio::spawn(accept(listener, acceptor, connections.clone(), state.clone()));
        Self { url, connections, state, task }
    }

    /// Starts over with an empty record and these scripts.
    pub fn play_next(&self, scripts: Vec<Script>) {
        self.respond_next(in_order(scripts));
    }

    /// Starts over with an empty record, and plays what `responder` returns.
    pub fn respond_next(&self, responder: impl Fn(usize, &Request) -> Script + Send + 'static) {
        self.take_requests();
        *self.state.responder.lock().unwrap() = Box::new(responder);
    }

    /// Starts over with an empty record, and sends this response to every request.
    pub fn send_next(&self, response: impl Into<Vec<u8>>) {
        self.play_next(vec![vec![Step::Send(response.into())]]);
    }

    pub fn url(&self) -> String {
        self.url.clone()
    }

    pub fn requests(&self) -> Vec<Request> {
        self.state.requests.lock().unwrap().clone()
    }

    /// Removes the requests from the record.
    pub fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.state.requests.lock().unwrap())
    }

    /// The number of requests.
    pub fn count(&self) -> usize {
        self.state.requests.lock().unwrap().len()
    }

    /// The number of TCP connections, including those without a request.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Plays one script per request, and the last one for all further requests.
pub fn in_order(scripts: Vec<Script>) -> impl Fn(usize, &Request) -> Script + Send + 'static {
    move |number, _| scripts.get(number).or(scripts.last()).cloned().unwrap_or_default()
}

async fn accept(
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    connections: Arc<AtomicUsize>,
    state: Arc<State>,
) {
    while let Ok((stream, _)) = listener.accept().await {
        connections.fetch_add(1, Ordering::SeqCst);
        let (acceptor, state) = (acceptor.clone(), state.clone());
        tokio::spawn(async move {
            let Some(acceptor) = acceptor else { return state.serve(stream, |tcp| tcp).await };
            // The handshake fails if the client does not trust the certificate.
            if let Ok(stream) = acceptor.accept(stream).await {
                state.serve(stream, |tls| tls.get_ref().0).await;
            }
        });
    }
}

impl State {
    async fn serve<S: AsyncRead + AsyncWrite + Unpin>(&self, mut stream: S, tcp: fn(&S) -> &TcpStream) {
        let Some(request) = Request::read(&mut stream).await else { return };
        let number = {
            let mut requests = self.requests.lock().unwrap();
            requests.push(request.clone());
            requests.len() - 1
        };
        let script = self.responder.lock().unwrap()(number, &request);
        for step in script {
            // Some clients close the connection early.
            let _ = match step {
                Step::Send(bytes) => stream.write_all(&bytes).await,
                Step::Drip(bytes) => {
                    for byte in bytes {
                        let _ = stream.write_all(&[byte]).await;
                        tokio::task::yield_now().await;
                    }
                    Ok(())
                }
                Step::Wait(duration) => {
                    tokio::time::sleep(duration).await;
                    Ok(())
                }
                Step::Hang => std::future::pending().await,
                Step::Reset => return tcp(&stream).set_zero_linger().unwrap_or_default(),
            };
        }
        let _ = stream.shutdown().await;
    }
}

/// A request as the server received it.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Self> {
        // One read receives a whole packet, so that a body without a length is recorded too.
        let mut bytes = Vec::with_capacity(64 << 10);
        let end = loop {
            if stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break end;
            }
        };
        let mut request = Self::parse(&String::from_utf8_lossy(&bytes[..end]));
        let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
        while bytes.len() < end + 4 + length {
            if stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        }
        request.body = String::from_utf8_lossy(&bytes[end + 4..]).into_owned();
        Some(request)
    }

    fn parse(head: &str) -> Self {
        let mut lines = head.split("\r\n");
        let mut words = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
        let headers = lines.map(|line| line.split_once(": ").unwrap_or((line, "")));
        Self {
            method: words.next().unwrap_or_default(),
            target: words.next().unwrap_or_default(),
            headers: headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect(),
            body: String::new(),
        }
    }

    /// Method and target.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The parameters of the query.
    pub fn query(&self) -> BTreeMap<String, String> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }

    /// The fields of a form in the body.
    pub fn form(&self) -> BTreeMap<String, String> {
        url::form_urlencoded::parse(self.body.as_bytes()).into_owned().collect()
    }
}

/// A response with these header lines, each ending in CRLF, and a body of the announced length.
pub fn response(status: impl Display, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let length = body.as_ref().len();
    raw_response(&format!("HTTP/1.1 {status} \r\nContent-Length: {length}\r\n{headers}"), body)
}

/// A response with this head and body. Only the correlation id and `Connection: close` are added.
pub fn raw_response(head: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let added = format!("MS-CorrelationId: {CORRELATION_ID}\r\nConnection: close");
    let head = format!("{}\r\n{added}\r\n\r\n", head.trim_end());
    [head.as_bytes(), body.as_ref()].concat()
}

pub fn json(status: impl Display, body: &str) -> Vec<u8> {
    response(status, "Content-Type: application/json; charset=utf-8\r\n", body)
}

pub fn html(status: impl Display, body: &str) -> Vec<u8> {
    response(status, "Content-Type: text/html\r\n", body)
}

pub fn text(status: impl Display, body: &str) -> Vec<u8> {
    response(status, "Content-Type: text/plain\r\n", body)
}
