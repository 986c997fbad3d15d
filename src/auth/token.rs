//! An access token, and the source of one that never changes.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use super::{AuthError, TokenFuture, TokenRequest, TokenSource};

/// An access token. `Debug` does not show it, and it cannot be serialised.
///
/// It is wiped from memory when its last clone is dropped. The header and the encrypted connection that it travels in are
/// ordinary memory.
#[derive(Clone)]
pub struct AccessToken {
    value: Arc<SecretString>,
    /// Made once, because every request carries it; nothing if the value cannot be a token.
    authorization: Option<HeaderValue>,
    obtained: Instant,
    life: Option<Life>,
}

/// Two clocks, because each fails in its way: one does not count while the machine sleeps, the other may be set.
#[derive(Clone, Copy)]
struct Life {
    length: Duration,
    expires_at: SystemTime,
}

impl AccessToken {
    /// A token whose life is not known. It is used until the service refuses it.
    ///
    /// Blanks around it and a leading `Bearer` are dropped, because both come along when a token is pasted.
    pub fn new(value: impl Into<SecretString>) -> Self {
        let value = value.into();
        let text = value.expose_secret().trim();
        let bare = match text.split_at_checked(7) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer ") => rest.trim_start(),
            _ => text,
        };
        Self {
            authorization: authorization(bare),
            value: Arc::new(SecretString::from(bare)),
            obtained: Instant::now(),
            life: None,
        }
    }

    /// The same token, which lives so long from now on.
    pub fn with_lifetime(mut self, length: Duration) -> Self {
        self.obtained = Instant::now();
        // An absurd length is as good as none.
        self.life = SystemTime::now().checked_add(length).map(|expires_at| Life { length, expires_at });
        self
    }

    /// The same token with the end of its life. [`with_lifetime`](Self::with_lifetime) is better where the length is
    /// known, because it does not depend on whether the clock of this machine is right.
    pub fn with_expiry(mut self, expires_at: SystemTime) -> Self {
        self.obtained = Instant::now();
        let length = expires_at.duration_since(SystemTime::now()).unwrap_or_default();
        self.life = Some(Life { length, expires_at });
        self
    }

    /// When the token ends, if that is known.
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.life.map(|life| life.expires_at)
    }

    /// The token itself.
    pub fn expose(&self) -> &str {
        self.value.expose_secret()
    }

    pub(super) fn obtained(&self) -> Instant {
        self.obtained
    }

    /// The length of its life when it was obtained.
    pub(super) fn lifetime(&self) -> Option<Duration> {
        self.life.map(|life| life.length)
    }

    /// What is left of its life by the less favourable clock; nothing if its end is not known.
    pub(super) fn remaining(&self) -> Option<Duration> {
        let life = self.life?;
        let by_clock = life.expires_at.duration_since(SystemTime::now()).unwrap_or_default();
        Some(life.length.saturating_sub(self.obtained.elapsed()).min(by_clock))
    }

    /// The value of an `Authorization` header, marked as sensitive.
    pub(crate) fn authorization(&self) -> Result<HeaderValue, AuthError> {
        self.authorization.clone().ok_or(AuthError::InvalidToken)
    }
}

fn authorization(token: &str) -> Option<HeaderValue> {
    // RFC 6750, section 2.1: a token is one word of visible ASCII.
    if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) {
        return None;
    }
    let mut value = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("value", &"[redacted]")
            .field("expires_at", &self.expires_at())
            .finish()
    }
}

/// A token that never changes. Tokens live for about an hour.
#[derive(Clone, Debug)]
pub struct StaticToken(AccessToken);

impl StaticToken {
    /// A source of this token.
    ///
    /// Blanks around it and a leading `Bearer` are dropped.
    pub fn new(token: impl Into<SecretString>) -> Self {
        Self(AccessToken::new(token))
    }
}

impl TokenSource for StaticToken {
    fn token<'a>(&'a self, _: TokenRequest<'a>) -> TokenFuture<'a> {
        // What somebody pasted is looked at before it is used or shown as a token.
        Box::pin(async { self.0.authorization().map(|_| self.0.clone()) })
    }
}
