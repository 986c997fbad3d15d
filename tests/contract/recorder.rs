//! A plain listener that gives the answer it is told to give, and keeps what it was asked.

use std::time::Duration;

use partner_center_insights::{InsightsClient, InsightsClientBuilder, RetryPolicy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

use crate::conform::Request;
use crate::drivers::{Outcome, drive};

/// An answer, before it is bytes.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub content_type: &'static str,
    pub body: String,
}

impl Answer {
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self { status, content_type: "application/json; charset=utf-8", body: body.to_string() }
    }

    fn bytes(&self) -> Vec<u8> {
        format!(
            "HTTP/1.1 {} \r\nContent-Type: {}\r\nContent-Length: {}\r\nMS-CorrelationId: {CORRELATION}\r\nConnection: close\r\n\r\n{}",
            self.status,
            self.content_type,
            self.body.len(),
            self.body
        )
        .into_bytes()
    }
}

/// The correlation id of every answer.
pub const CORRELATION: &str = "0b9a3a52-8a0d-4a8e-9a30-6a1f6c1f9d11";
/// The token of every request.
pub const TOKEN: &str = "eyJ0eXAi.Y29udHJhY3Q.c2lnbmF0dXJl";

/// A client of a listener, for one exchange after the other.
pub struct Recorder {
    /// Host and port.
    pub address: String,
    client: InsightsClient,
    /// Makes another one like it.
    anew: Box<dyn Fn() -> InsightsClient>,
    answers: UnboundedSender<Answer>,
    requests: UnboundedReceiver<String>,
}

impl Recorder {
    pub async fn start() -> Self {
        Self::with("", |builder| builder).await
    }

    /// A recorder whose address ends with `suffix`, and whose client is set up further.
    pub async fn with(
        suffix: &str,
        settings: impl Fn(InsightsClientBuilder) -> InsightsClientBuilder + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let url = format!("http://{address}{suffix}");
        let (answers, mut next_answer) = unbounded_channel::<Answer>();
        let (seen, requests) = unbounded_channel();
        tokio::spawn(async move {
            while let Some(answer) = next_answer.recv().await {
                let (stream, _) = listener.accept().await.unwrap();
                let _ = seen.send(serve(stream, &answer.bytes()).await);
            }
        });
        let anew = move || {
            let builder = InsightsClient::builder().token(TOKEN).base_url(&url).retry(RetryPolicy::never());
            settings(builder).build().unwrap()
        };
        Self { address, client: anew(), anew: Box::new(anew), answers, requests }
    }

    /// Calls an operation that is answered like this; what was sent, and what came of it.
    pub async fn drive(&mut self, operation: &str, answer: Answer) -> (Request, Outcome) {
        let client = self.client.clone();
        let call =
            async { drive(&client, operation).await.unwrap_or_else(|| panic!("{operation} has no driver")) };
        let throttled = answer.status == 429;
        let exchanged = self.exchange(answer, call).await;
        if throttled {
            // A client that was told so waits before its next call, as it should; the next exchange need not.
            self.client = (self.anew)();
        }
        exchanged
    }

    /// The same for any other call.
    pub async fn exchange<T>(&mut self, answer: Answer, call: impl Future<Output = T>) -> (Request, T) {
        self.answers.send(answer).unwrap();
        let limit = Duration::from_secs(10);
        let result = timeout(limit, call).await.expect("the call does not end");
        let request = timeout(limit, self.requests.recv()).await.expect("nothing was sent").unwrap();
        (Request::parse(&request), result)
    }
}

/// Answers one request, and reads on until the client closes: a body that does not belong there is seen as well.
async fn serve(mut stream: TcpStream, answer: &[u8]) -> String {
    let mut bytes = Vec::new();
    while !bytes.windows(4).any(|window| window == b"\r\n\r\n") {
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "half a request");
    }
    stream.write_all(answer).await.unwrap();
    stream.shutdown().await.unwrap();
    // A client that resets the connection has said everything as well.
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}
