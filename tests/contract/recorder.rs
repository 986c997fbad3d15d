//! A client and the server that it calls, for one exchange after the other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use partner_center_insights::{InsightsClient, InsightsClientBuilder, RetryPolicy, spec};
use serde_json::json;
use tokio::time::timeout;

use crate::conform::Request;
use crate::drivers::{ID, Outcome, drive};
pub use crate::support::{CORRELATION_ID as CORRELATION, TOKEN};
use crate::support::{Server, Step, response};

/// A response that is not serialized yet.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub content_type: &'static str,
    pub body: String,
}

impl Response {
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self { status, content_type: "application/json; charset=utf-8", body: body.to_string() }
    }
}

/// The report that an update changes.
pub fn current_report() -> serde_json::Value {
    json!({ "reportId": ID, "reportName": "Usage", "startTime": "2026-01-12T14:00:00Z", "recurrenceInterval": 24,
        "description": null, "format": "csv", "callbackUrl": null, "reportStatus": "Active" })
}

pub struct Recorder {
    /// Host and port.
    pub address: String,
    client: InsightsClient,
    new_client: Box<dyn Fn() -> InsightsClient>,
    server: Server,
}

impl Recorder {
    pub async fn start() -> Self {
        Self::with("", |builder| builder).await
    }

    /// Starts a recorder with a base URL that ends with `suffix`, and a client with these settings.
    pub async fn with(
        suffix: &str,
        settings: impl Fn(InsightsClientBuilder) -> InsightsClientBuilder + 'static,
    ) -> Self {
        let server = Server::start(Vec::new()).await;
        let url = format!("{}{suffix}", server.url());
        let new_client = move || {
            let builder = InsightsClient::builder().token(TOKEN).base_url(&url).retry(RetryPolicy::never());
            settings(builder).build().unwrap()
        };
        let address = server.url().replace("http://", "");
        Self { address, client: new_client(), new_client: Box::new(new_client), server }
    }

    /// Calls an operation and responds to it. Returns the request, and the result of the call.
    pub async fn drive(&mut self, operation: &str, answer: Response) -> (Request, Outcome) {
        let client = self.client.clone();
        let call =
            async { drive(&client, operation).await.unwrap_or_else(|| panic!("{operation} has no driver")) };
        let is_throttled = answer.status == 429;
        let exchange = self.exchange(operation, answer, call).await;
        if is_throttled {
            // A throttled client would wait before its next call.
            self.client = (self.new_client)();
        }
        exchange
    }

    /// Makes any call of an operation and responds to it. Returns the request, and the result of the call.
    ///
    /// An update reads the report first, and receives `current_report`. A create lists first, and receives an empty
    /// list; if its response cannot be read, it lists again, which is refused, so that the result remains unknown.
    pub async fn exchange<T>(
        &mut self,
        operation: &str,
        answer: Response,
        call: impl Future<Output = T>,
    ) -> (Request, T) {
        let method = spec::OPERATIONS.iter().find(|known| known.id == operation).unwrap().method;
        let reads = operation == "updateReport" || method == "POST";
        let bytes = |answer: Response| {
            let headers = format!("Content-Type: {}\r\n", answer.content_type);
            response(answer.status, &headers, answer.body)
        };
        let read = match method {
            "POST" => Response::json(403, &json!({ "message": "No role", "statusCode": 403 })),
            _ => Response::json(
                200,
                &json!({ "value": [current_report()], "totalCount": 1, "statusCode": 200 }),
            ),
        };
        let empty = Response::json(200, &json!({ "value": [], "totalCount": 0, "statusCode": 200 }));
        let (answer, read, empty) = (bytes(answer), bytes(read), bytes(empty));
        let is_sent = AtomicBool::new(false);
        self.server.respond_next(move |_, request| {
            let response = match &*request.method {
                "GET" if method == "POST" && !is_sent.load(Ordering::Relaxed) => &empty,
                "GET" if reads => &read,
                _ => {
                    is_sent.store(true, Ordering::Relaxed);
                    &answer
                }
            };
            vec![Step::Send(response.clone())]
        });
        let result = timeout(Duration::from_secs(10), call).await.expect("the call does not end");
        let mut requests = self.server.take_requests();
        requests.retain(|request| !reads || request.method != "GET");
        assert_eq!(requests.len(), 1, "{requests:?}");
        (requests.remove(0), result)
    }
}
