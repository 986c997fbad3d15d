//! A listener that plays a script: for each request, some bytes and what happens around them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the server does with one request that it has read.
#[derive(Clone, Debug)]
pub enum Step {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends these bytes one at a time.
    Drip(Vec<u8>),
    /// Waits.
    Wait(Duration),
    /// Says nothing more and keeps the connection open.
    Hang,
    /// Ends the connection with a reset instead of a close.
    Reset,
}

/// The steps for one request; the connection is closed after them.
pub type Script = Vec<Step>;

pub struct Server {
    address: std::net::SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    scripts: Arc<Mutex<Vec<Script>>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Plays one script for each request, the last one for all that follow.
    pub async fn start(scripts: Vec<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        let scripts = Arc::new(Mutex::new(scripts));
        let played = scripts.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, seen.clone(), played.clone()));
            }
        });
        Self { address, requests, scripts, task }
    }

    pub async fn sending(answer: impl Into<Vec<u8>>) -> Self {
        Self::start(vec![vec![Step::Send(answer.into())]]).await
    }

    /// Sends these bytes to every request from now on.
    pub fn send_next(&self, answer: Vec<u8>) {
        *self.scripts.lock().unwrap() = vec![vec![Step::Send(answer)]];
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request as it came, head and body.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, seen: Arc<Mutex<Vec<String>>>, scripts: Arc<Mutex<Vec<Script>>>) {
    let Some(request) = read_request(&mut stream).await else { return };
    let number = {
        let mut seen = seen.lock().unwrap();
        seen.push(request);
        seen.len() - 1
    };
    let script = {
        let scripts = scripts.lock().unwrap();
        scripts.get(number).or(scripts.last()).cloned().unwrap_or_default()
    };
    for step in &script {
        // A client that hangs up early is part of some tests.
        let _ = match step {
            Step::Send(bytes) => stream.write_all(bytes).await,
            Step::Drip(bytes) => {
                for byte in bytes {
                    let _ = stream.write_all(std::slice::from_ref(byte)).await;
                    tokio::task::yield_now().await;
                }
                Ok(())
            }
            Step::Wait(time) => {
                tokio::time::sleep(*time).await;
                Ok(())
            }
            Step::Hang => std::future::pending().await,
            Step::Reset => stream.set_zero_linger(),
        };
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let head = loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    let length =
        text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0_usize);
    while bytes.len() < head + length {
        stream.read_buf(&mut bytes).await.ok()?;
    }
    // A body where none belongs comes in the same packet; what is there already is taken along.
    let mut rest = [0; 1024];
    if let Ok(read) = stream.try_read(&mut rest) {
        bytes.extend_from_slice(&rest[..read]);
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// An answer with a body and its length.
pub fn http(status: &str, content_type: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nMS-CorrelationId: {CORRELATION}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

pub fn json(status: &str, body: &str) -> Vec<u8> {
    http(status, "application/json; charset=utf-8", body)
}

/// The correlation id that the answers of these tests carry.
pub const CORRELATION: &str = "0b9a3a52-8a0d-4a8e-9a30-6a1f6c1f9d11";
