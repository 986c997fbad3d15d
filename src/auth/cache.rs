//! The token cache in front of every source.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::{AccessToken, AuthError, TokenRequest, TokenSource};

/// A token is refreshed this long before it expires, or after half of its lifetime if that is later.
const REFRESH_AHEAD: Duration = Duration::from_secs(300);
/// Pause after a failed refresh of a token that is still valid: Entra blocks clients that retry in a loop.
const REFRESH_PAUSE: Duration = Duration::from_secs(30);
/// How long a failure is cached, so that callers that waited for it do not fail one after another.
pub(crate) const FAILURE_LIFETIME: Duration = Duration::from_secs(1);

/// Caches the token of a source while it is valid.
pub(crate) struct TokenCache {
    source: Box<dyn TokenSource>,
    scope: String,
    /// Held during a request to the source.
    refreshing: tokio::sync::Mutex<()>,
    /// Never locked across an await.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    token: Option<AccessToken>,
    failure: Option<(Instant, AuthError)>,
    paused_until: Option<Instant>,
}

impl State {
    /// Returns a failure that occurred while a caller waited, or shortly before.
    fn failure_since(&self, began: Instant) -> Option<AuthError> {
        let (at, error) = self.failure.as_ref()?;
        (*at >= began || at.elapsed() < FAILURE_LIFETIME).then(|| error.clone())
    }
}

/// The result of a look-up in the cache.
enum Lookup {
    Valid(AccessToken),
    /// Valid, and due for a refresh.
    Due(AccessToken),
    Failed(AuthError),
    Missing,
}

impl TokenCache {
    pub(crate) fn new(source: Box<dyn TokenSource>, scope: String) -> Self {
        Self { source, scope, refreshing: tokio::sync::Mutex::default(), state: Mutex::default() }
    }

    /// Returns the cached token, unless it is due for a refresh.
    pub(crate) fn cached(&self) -> Option<AccessToken> {
        match self.lookup(None) {
            Lookup::Valid(token) => Some(token),
            Lookup::Due(_) | Lookup::Failed(_) | Lookup::Missing => None,
        }
    }

    /// Returns a valid token: the cached one, or a new one from the source.
    pub(crate) async fn token(&self) -> Result<AccessToken, AuthError> {
        let began = Instant::now();
        let refreshing = match self.lookup(Some(began)) {
            Lookup::Valid(token) => return Ok(token),
            Lookup::Failed(error) => return Err(error),
            // One caller refreshes early; the others use the token.
            Lookup::Due(token) => match self.refreshing.try_lock() {
                Ok(guard) => guard,
                Err(_) => return Ok(token),
            },
            Lookup::Missing => self.refreshing.lock().await,
        };
        // Another caller may have refreshed it in the meantime.
        let valid = match self.lookup(Some(began)) {
            Lookup::Valid(token) => return Ok(token),
            Lookup::Failed(error) => return Err(error),
            Lookup::Due(token) => Some(token),
            Lookup::Missing => None,
        };
        let obtained = self.source.token(TokenRequest::new(&self.scope)).await;
        let result = match (obtained, valid) {
            (Err(_), Some(token)) if token.remaining() != Some(Duration::ZERO) => {
                self.state().paused_until = Some(Instant::now() + REFRESH_PAUSE);
                Ok(token)
            }
            (obtained, _) => self.store(obtained),
        };
        drop(refreshing);
        result
    }

    /// Replaces this token, which the service rejected. Returns whether there is a different one now.
    pub(crate) async fn refresh(&self, rejected: &AccessToken) -> Result<bool, AuthError> {
        let began = Instant::now();
        let refreshing = self.refreshing.lock().await;
        {
            let mut state = self.state();
            if state.token.as_ref().is_some_and(|token| token.expose() != rejected.expose()) {
                return Ok(true);
            }
            // Another caller with the same token may have failed to replace it.
            if let Some(error) = state.failure_since(began) {
                return Err(error);
            }
            state.token = None;
        }
        let obtained = self.source.token(TokenRequest::new(&self.scope).force_refresh()).await;
        let result = self.store(obtained).map(|token| token.expose() != rejected.expose());
        drop(refreshing);
        result
    }

    /// Stores what the source returned.
    fn store(&self, obtained: Result<AccessToken, AuthError>) -> Result<AccessToken, AuthError> {
        let mut state = self.state();
        match &obtained {
            Ok(token) => *state = State { token: Some(token.clone()), ..State::default() },
            Err(error) => state.failure = Some((Instant::now(), error.clone())),
        }
        obtained
    }

    /// Looks up the token. `began` is when a caller began to wait for one.
    fn lookup(&self, began: Option<Instant>) -> Lookup {
        let state = self.state();
        if let Some(token) = &state.token {
            let (Some(remaining), Some(lifetime)) = (token.remaining(), token.lifetime()) else {
                return Lookup::Valid(token.clone());
            };
            let is_paused = state.paused_until.is_some_and(|until| Instant::now() < until);
            let is_new = began.is_some_and(|began| token.obtained() >= began);
            if is_new || remaining > REFRESH_AHEAD.min(lifetime / 2) {
                return Lookup::Valid(token.clone());
            }
            if !remaining.is_zero() {
                return if is_paused { Lookup::Valid(token.clone()) } else { Lookup::Due(token.clone()) };
            }
        }
        let failure = began.and_then(|began| state.failure_since(began));
        failure.map_or(Lookup::Missing, Lookup::Failed)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that holds the lock can panic halfway through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
