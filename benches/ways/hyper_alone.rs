//! The lower bound: no pool, no timeouts, one connection for each call in flight.

use std::cell::RefCell;
use std::net::SocketAddr;

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use uuid::Uuid;

use super::report::camel::{Envelope, Report};

pub struct Client {
    connections: Vec<RefCell<SendRequest<Empty<Bytes>>>>,
    host: String,
    authorization: String,
}

impl Client {
    pub async fn new(address: SocketAddr, in_flight: usize) -> Self {
        let mut connections = Vec::with_capacity(in_flight);
        for _ in 0..in_flight {
            let stream = TcpStream::connect(address).await.expect("a connection");
            stream.set_nodelay(true).expect("a connection without delay");
            let (send, connection) = handshake(TokioIo::new(stream)).await.expect("HTTP/1.1");
            tokio::spawn(connection);
            connections.push(RefCell::new(send));
        }
        let authorization = format!("Bearer {}", super::token());
        Self { connections, host: address.to_string(), authorization }
    }

    /// Makes a call over the connection with this index, which has no other call in flight.
    #[allow(clippy::await_holding_refcell_ref)]
    pub async fn resume(
        &self,
        connection: usize,
        id: Uuid,
    ) -> Result<Option<Report>, Box<dyn std::error::Error>> {
        let request = Request::builder()
            .method(Method::PUT)
            .uri(format!("{}/ScheduledReport/resume/{id}", super::BASE_PATH))
            .header(header::HOST, &self.host)
            .header(header::USER_AGENT, super::USER_AGENT)
            .header(header::AUTHORIZATION, &self.authorization)
            .header(header::ACCEPT, "application/json")
            .header(header::ACCEPT_ENCODING, "gzip")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::CONTENT_LENGTH, "0")
            .header("ms-requestid", Uuid::new_v4().to_string())
            .header("ms-correlationid", Uuid::new_v4().to_string())
            .body(Empty::new())?;
        let mut connection = self.connections[connection].borrow_mut();
        connection.ready().await?;
        let response = connection.send_request(request).await?;
        if response.status() != StatusCode::OK {
            return Err(response.status().to_string().into());
        }
        let body = response.into_body().collect().await?.to_bytes();
        let envelope: Envelope = serde_json::from_slice(&body)?;
        Ok(envelope.value.into_iter().next())
    }
}
