//! A client as one would write it without this crate, with reqwest and serde.

use reqwest::RequestBuilder;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue};
use uuid::Uuid;

use super::report::camel::{Envelope, Report};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

pub struct Client {
    http: reqwest::Client,
    base_url: String,
    token: String,
}

impl Client {
    pub fn new(base_url: String, token: String) -> Self {
        Self { http: http(), base_url, token }
    }

    pub async fn resume(&self, id: Uuid) -> Result<Option<Report>> {
        let request = self.http.put(format!("{}/ScheduledReport/resume/{id}", self.base_url));
        Ok(self.send(request.header(CONTENT_LENGTH, "0")).await?.value.into_iter().next())
    }

    pub async fn reports(&self) -> Result<Vec<Report>> {
        Ok(self.send(self.http.get(format!("{}/ScheduledReport", self.base_url))).await?.value)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Envelope> {
        let response = request
            .bearer_auth(&self.token)
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/json")
            .header("MS-RequestId", Uuid::new_v4().to_string())
            .header("MS-CorrelationId", Uuid::new_v4().to_string())
            .send()
            .await?;
        if !response.status().is_success() {
            return Err(format!("{}: {}", response.status(), response.text().await?).into());
        }
        Ok(response.json().await?)
    }
}

/// An HTTP client with the settings of the library.
pub fn http() -> reqwest::Client {
    let builder = reqwest::Client::builder()
        .user_agent(super::USER_AGENT)
        .default_headers(HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("gzip"))]))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(super::CONNECT_TIMEOUT)
        .timeout(super::TIMEOUT)
        .no_proxy();
    builder.build().expect("an HTTP client")
}
