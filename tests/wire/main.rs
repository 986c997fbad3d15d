//! The client over real HTTP: the requests it sends, and how it handles every kind of response.

mod creates;
mod deletes;
#[cfg(feature = "download")]
mod downloads;
mod executions;
mod faults;
mod hidden_failures;
#[cfg(feature = "rustls")]
mod http2;
mod lenient;
mod limits;
mod lists;
mod logs;
mod pages;
mod probe;
mod properties;
mod queries;
mod redirects;
mod report;
mod requests;
mod responses;
#[path = "../support/mod.rs"]
mod support;
#[cfg(feature = "rustls")]
mod tls;
mod updates;
mod waits;

use std::time::Duration;

use partner_center_insights::{InsightsClient, InsightsClientBuilder, RetryPolicy};

use crate::support::{Server, TOKEN};

/// Settings of a client that makes one attempt per call.
pub fn builder(server: &Server) -> InsightsClientBuilder {
    InsightsClient::builder().token(TOKEN).base_url(server.url()).retry(RetryPolicy::never())
}

pub fn client(server: &Server) -> InsightsClient {
    builder(server).build().unwrap()
}

/// Three attempts, with almost no time between them.
pub fn quick_retries() -> RetryPolicy {
    let mut policy = RetryPolicy::default();
    policy.max_attempts = 3;
    policy.initial_backoff = Duration::from_millis(1);
    policy.max_elapsed = Duration::from_secs(20);
    policy
}
