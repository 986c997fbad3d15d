//! The real client against a plain TCP listener: what goes out byte for byte, and what comes of every answer.

mod answers;
mod faults;
mod lists;
mod logs;
mod probe;
mod properties;
mod redirects;
mod requests;
mod server;
#[cfg(feature = "rustls")]
mod tls;

use std::time::Duration;

use partner_center_insights::{InsightsClient, RetryPolicy};

/// The token of all these tests. It must turn up nowhere but in `Authorization`.
pub const TOKEN: &str = "eyJ0eXAi.c2VjcmV0.c2lnbmF0dXJl";
pub const ID: &str = "3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4";

/// A client that tries three times, without waiting long.
pub fn patient_client(base_url: &str) -> InsightsClient {
    let mut policy = RetryPolicy::default();
    policy.max_attempts = 3;
    policy.initial_backoff = Duration::from_millis(1);
    policy.max_elapsed = Duration::from_secs(20);
    let builder = InsightsClient::builder().token(TOKEN).base_url(base_url).retry(policy);
    builder.timeout(Duration::from_millis(400)).build().unwrap()
}

/// A client that tries once.
pub fn client(base_url: &str) -> InsightsClient {
    let builder = InsightsClient::builder().token(TOKEN).base_url(base_url).retry(RetryPolicy::never());
    builder.build().unwrap()
}
