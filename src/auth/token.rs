//! An access token and its lifetime.

use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use reqwest::header::HeaderValue;
use tokio::time::Instant;

use super::error::AuthError;
use super::pasted::{bare_token, not_a_token};
use super::secret::Secret;

/// An access token. `Debug` redacts it, and it cannot be serialized.
///
/// It is wiped from memory when its last clone is dropped; copies in the HTTP and TLS layers are not.
#[derive(Clone, Debug)]
pub struct AccessToken {
    value: Arc<Secret>,
    /// Built once, because every request carries it; `None` if the value is not a valid token.
    authorization: Option<HeaderValue>,
    obtained: Instant,
    life: Option<Life>,
}

/// A lifetime by two clocks: the monotonic clock may stop while the machine sleeps, and the system clock can be set.
#[derive(Clone, Copy, Debug)]
struct Life {
    length: Duration,
    expires_at: SystemTime,
}

impl AccessToken {
    /// Creates a token of unknown lifetime, which is used until the service rejects it.
    ///
    /// Whitespace and quotes around it and a leading `Bearer`, all common in pasted tokens, are removed.
    pub fn new(value: impl Into<String>) -> Self {
        let value = Secret::from(value.into());
        let bare = bare_token(value.expose());
        Self {
            authorization: authorization(bare),
            value: Arc::new(bare.into()),
            obtained: Instant::now(),
            life: None,
        }
    }

    /// Sets the lifetime, counted from now.
    pub fn with_lifetime(mut self, length: Duration) -> Self {
        self.obtained = Instant::now();
        // A lifetime beyond the range of the clock counts as unknown.
        self.life = SystemTime::now().checked_add(length).map(|expires_at| Life { length, expires_at });
        self
    }

    /// Sets the time of expiry. Prefer [`with_lifetime`](Self::with_lifetime), which does not depend on the local
    /// clock.
    pub fn with_expiry(mut self, expires_at: SystemTime) -> Self {
        self.obtained = Instant::now();
        let length = expires_at.duration_since(SystemTime::now()).unwrap_or_default();
        self.life = Some(Life { length, expires_at });
        self
    }

    /// Returns the time of expiry, if known.
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.life.map(|life| life.expires_at)
    }

    /// Returns the token itself.
    pub fn expose(&self) -> &str {
        self.value.expose()
    }

    pub(super) fn obtained(&self) -> Instant {
        self.obtained
    }

    /// Returns the whole lifetime, from the time when the token was obtained.
    pub(super) fn lifetime(&self) -> Option<Duration> {
        self.life.map(|life| life.length)
    }

    /// Returns the shorter of the remaining lifetimes by both clocks, and `None` if unknown.
    pub(super) fn remaining(&self) -> Option<Duration> {
        let life = self.life?;
        let by_clock = life.expires_at.duration_since(SystemTime::now()).unwrap_or_default();
        Some(life.length.saturating_sub(self.obtained.elapsed()).min(by_clock))
    }

    /// Returns the value of the `Authorization` header, marked as sensitive.
    pub(crate) fn authorization(&self) -> Result<HeaderValue, AuthError> {
        self.authorization.clone().ok_or_else(|| AuthError::InvalidToken {
            problem: not_a_token(self.expose()).unwrap_or("is too long"),
        })
    }
}

impl FromStr for AccessToken {
    type Err = AuthError;

    /// Parses a token in the same way as [`new`](Self::new). Fails if the text is not a token of RFC 6750 (section
    /// 2.1), such as the JSON of a token response.
    fn from_str(text: &str) -> Result<Self, AuthError> {
        let token = Self::new(text);
        token.authorization().map(|_| token)
    }
}

fn authorization(token: &str) -> Option<HeaderValue> {
    if not_a_token(token).is_some() {
        return None;
    }
    let mut value = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}
