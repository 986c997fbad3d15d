//! Stand-ins for Entra and the service: the shared server over TLS.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::time::Duration;

use serde_json::Value;

use crate::support::tls::{Identity, TRUSTED};
use crate::support::{self, Script, Step};

/// The certificate of the authority that signed the servers' certificates, as PEM.
pub fn root() -> String {
    TRUSTED.pem()
}

/// A response, and how long the server waits before it.
#[derive(Clone, Debug)]
pub struct Response {
    bytes: Vec<u8>,
    delay: Duration,
}

impl Response {
    pub fn new(status: u16, headers: &str, body: &str) -> Self {
        Self { bytes: support::response(status, headers, body), delay: Duration::ZERO }
    }

    pub fn json(status: u16, body: &Value) -> Self {
        Self { bytes: support::json(status, &body.to_string()), delay: Duration::ZERO }
    }

    /// A response of these bytes.
    pub fn of(bytes: Vec<u8>) -> Self {
        Self { bytes, delay: Duration::ZERO }
    }

    /// Cuts off the last `count` bytes.
    pub fn without_the_last(mut self, count: usize) -> Self {
        self.bytes.truncate(self.bytes.len() - count);
        self
    }

    pub fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    fn script(self) -> Script {
        vec![Step::Wait(self.delay), Step::Send(self.bytes)]
    }
}

/// The parts of a request that these tests check.
#[derive(Clone, Debug)]
pub struct Request {
    pub line: String,
    pub authorization: Option<String>,
    pub validate_mfa: Option<String>,
    pub form: BTreeMap<String, String>,
}

impl From<&support::Request> for Request {
    fn from(request: &support::Request) -> Self {
        Self {
            line: format!("{} HTTP/1.1", request.line()),
            authorization: request.header("authorization").map(str::to_owned),
            validate_mfa: request.header("validatemfa").map(str::to_owned),
            form: request.form(),
        }
    }
}

pub struct Server(support::Server);

impl Server {
    /// Sends one response per request, and the last one to all further requests.
    pub async fn start(responses: Vec<Response>) -> Self {
        let play = support::in_order(responses.into_iter().map(Response::script).collect());
        Self(support::Server::with_responder(Some(Identity::default()), play).await)
    }

    /// Sends what `respond` returns. Its arguments are the number of the request, from 0, and the request.
    pub async fn responding(respond: impl Fn(usize, &Request) -> Response + Send + 'static) -> Self {
        let play = move |number, request: &support::Request| respond(number, &request.into()).script();
        Self(support::Server::with_responder(Some(Identity::default()), play).await)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.0.requests().iter().map(Request::from).collect()
    }
}

impl Deref for Server {
    type Target = support::Server;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}
