//! The client. Each resource has a file with its operations.

mod builder;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

pub use builder::InsightsClientBuilder;

use reqwest::Url;
use uuid::{Builder, Uuid};

use crate::auth::TokenCache;
use crate::retry::{RetryPolicy, Wait};
use crate::throttle::Throttle;
use crate::warning::Warning;

/// A client for the scheduled reports of one program.
///
/// Cloning is cheap: all clones share one connection pool, token cache and throttle.
///
/// ```no_run
/// # async fn run(token: String) -> Result<(), partner_center_insights::Error> {
/// use partner_center_insights::InsightsClient;
///
/// let client = InsightsClient::builder().token(token).build()?;
/// let report = client.resume("3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct InsightsClient {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    /// Origin, prefix and base path, with a trailing slash.
    pub base_url: Arc<Url>,
    /// The API version, such as `v1`.
    pub version: String,
    pub http: reqwest::Client,
    pub tokens: TokenCache,
    pub retry: RetryPolicy,
    pub throttle: Throttle,
    /// Held during a create, so that creates are sent one at a time.
    pub creating: tokio::sync::Mutex<()>,
    pub max_response_bytes: usize,
    /// Generates ids. Seeded by the system.
    random: Mutex<fastrand::Rng>,
    on_wait: Option<OnWait>,
    #[cfg(feature = "download")]
    pub store: crate::download::store::StoreSettings,
    on_warning: Option<OnWarning>,
}

type OnWait = Box<dyn Fn(&Wait<'_>) + Send + Sync>;
type OnWarning = Box<dyn Fn(&Warning) + Send + Sync>;

impl InsightsClient {
    /// Creates a builder. Only a token is required.
    pub fn builder() -> InsightsClientBuilder {
        InsightsClientBuilder::default()
    }
}

impl Inner {
    /// Creates an id for a call. Ids must be unique but not secret, so the generator of the system is not needed.
    pub fn new_id(&self) -> Uuid {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        Builder::from_random_bytes(random.u128(..).to_ne_bytes()).into_uuid()
    }

    /// Calls the `on_wait` callback.
    pub fn announce(&self, wait: &Wait<'_>) {
        if let Some(on_wait) = &self.on_wait {
            on_wait(wait);
        }
    }

    /// Logs a warning, and calls the `on_warning` callback.
    pub fn warn(&self, warning: &Warning) {
        tracing::warn!(
            id = warning.id,
            field = warning.field,
            problem = warning.problem,
            "does not match the spec"
        );
        if let Some(on_warning) = &self.on_warning {
            on_warning(warning);
        }
    }
}

impl fmt::Debug for InsightsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InsightsClient")
            .field("base_url", &self.inner.base_url.as_str())
            .finish_non_exhaustive()
    }
}
