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
pub struct AccessToken(Arc<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    value: Secret,
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
        let authorization = authorization(bare);
        Self(Arc::new(Inner { value: bare.into(), authorization, obtained: Instant::now(), life: None }))
    }

    /// Sets the lifetime, counted from now.
    pub fn with_lifetime(self, length: Duration) -> Self {
        // A lifetime beyond the range of the clock counts as unknown.
        let expires_at = SystemTime::now().checked_add(length);
        self.with_life(expires_at.map(|expires_at| Life { length, expires_at }))
    }

    /// Sets the time of expiry. Prefer [`with_lifetime`](Self::with_lifetime), which does not depend on the local
    /// clock.
    pub fn with_expiry(self, expires_at: SystemTime) -> Self {
        let length = expires_at.duration_since(SystemTime::now()).unwrap_or_default();
        self.with_life(Some(Life { length, expires_at }))
    }

    fn with_life(mut self, life: Option<Life>) -> Self {
        let inner = Arc::make_mut(&mut self.0);
        inner.obtained = Instant::now();
        inner.life = life;
        self
    }

    /// Returns the time of expiry, if known.
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.0.life.map(|life| life.expires_at)
    }

    /// Returns the token itself.
    pub fn expose(&self) -> &str {
        self.0.value.expose()
    }

    pub(super) fn obtained(&self) -> Instant {
        self.0.obtained
    }

    /// Returns the whole lifetime, from the time when the token was obtained.
    pub(super) fn lifetime(&self) -> Option<Duration> {
        self.0.life.map(|life| life.length)
    }

    /// Returns the shorter of the remaining lifetimes by both clocks, and `None` if unknown.
    pub(super) fn remaining(&self) -> Option<Duration> {
        let life = self.0.life?;
        let by_clock = life.expires_at.duration_since(SystemTime::now()).unwrap_or_default();
        Some(life.length.saturating_sub(self.0.obtained.elapsed()).min(by_clock))
    }

    /// Returns the value of the `Authorization` header, marked as sensitive.
    pub(crate) fn authorization(&self) -> Result<HeaderValue, AuthError> {
        self.0.authorization.clone().ok_or_else(|| AuthError::InvalidToken {
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
