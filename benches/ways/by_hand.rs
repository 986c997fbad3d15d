//! What a user would write instead of using a crate.

use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use uuid::Uuid;

use super::report::camel::{Envelope, Report};

pub struct Client {
    http: reqwest::Client,
    base_url: String,
    token: String,
}

impl Client {
    pub fn new(base_url: String, token: String) -> Self {
        Self { http: http(), base_url, token }
    }

    pub async fn resume(&self, id: Uuid) -> Result<Option<Report>, Box<dyn std::error::Error>> {
        let response = self
            .http
            .put(format!("{}/ScheduledReport/resume/{id}", self.base_url))
            .bearer_auth(&self.token)
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/json")
            .header(CONTENT_LENGTH, "0")
            .header("MS-RequestId", Uuid::new_v4().to_string())
            .header("MS-CorrelationId", Uuid::new_v4().to_string())
            .send()
            .await?;
        if !response.status().is_success() {
            return Err(format!("{}: {}", response.status(), response.text().await?).into());
        }
        let envelope: Envelope = response.json().await?;
        Ok(envelope.value.into_iter().next())
    }
}

/// As the library sets it up, for who leaves out the timeouts and the redirects regrets it.
pub fn http() -> reqwest::Client {
    let builder = reqwest::Client::builder()
        .user_agent(super::USER_AGENT)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(super::CONNECT_TIMEOUT)
        .timeout(super::TIMEOUT)
        .no_proxy();
    builder.build().expect("an HTTP client")
}
